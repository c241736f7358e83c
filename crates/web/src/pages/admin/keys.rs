//! `/admin/keys`: keys that calls are made with, and those of scripts. A secret is shown once, where it is made.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{AdminKey, Key, NewAdminKey, NewKey, Page};
use purser_control::{Permission, Problem};

use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, day};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct KeysPage {
    frame: Frame,
    made: Option<(String, &'static str)>,
    keys: Vec<Row>,
    pager: Pager,
    may_change: bool,
    scripts: Option<Vec<Script>>,
    may_change_scripts: bool,
    form: &'static str,
    wrong: Option<Wrong>,
    filled: Fields,
}

struct Row {
    id: String,
    person: String,
    name: String,
    label: String,
    scopes: String,
    expires: Option<Markup>,
    active: bool,
}

struct Script {
    id: String,
    label: String,
    roles: String,
    made: Markup,
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "revoked" => Some("The key no longer works."),
        _ => None,
    }
}

/// `GET /admin/keys`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked, None, "", None, Fields::default()).await)
}

async fn look(
    visitor: &Visitor,
    asked: &Fields,
    made: Option<(String, &'static str)>,
    form: &'static str,
    wrong: Option<Wrong>,
    filled: Fields,
) -> Result<KeysPage, Problem> {
    let all = to(&["keys"]);
    let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<Key> = visitor.ask.get(&some).await?;
    let scripts = if visitor.may(Permission::AccessRead) {
        let keys: Page<AdminKey> = visitor.ask.get(&to(&["admin-keys"])).await?;
        Some(keys.items.iter().map(|key| script(key, visitor)).collect())
    } else {
        None
    };
    Ok(KeysPage {
        frame: visitor.frame("Keys").having(done(asked.text("done"))),
        made,
        keys: page.items.iter().map(|key| row(key, visitor)).collect(),
        pager: Pager::new("/admin/keys", &[], &page, asked.some("after").is_some(), all.link()),
        may_change: visitor.may(Permission::KeysChange),
        scripts,
        may_change_scripts: visitor.may(Permission::AccessChange),
        form,
        wrong,
        filled,
    })
}

fn row(key: &Key, visitor: &Visitor) -> Row {
    let mut scopes = Vec::new();
    for (what, only) in [("models", &key.models), ("providers", &key.providers), ("tools", &key.tools)] {
        if !only.is_empty() {
            scopes.push(format!("{what}: {}", only.join(", ")));
        }
    }
    scopes.extend(key.project.as_ref().map(|project| format!("project: {project}")));
    scopes.extend(key.rpm.map(|rpm| format!("{rpm} requests a minute")));
    Row {
        id: key.id.to_string(),
        person: key.person.to_string(),
        name: key.person_name.clone().unwrap_or_else(|| key.person.to_string()),
        label: key.agent.clone().or_else(|| key.tool.clone()).unwrap_or_else(|| "By hand".to_owned()),
        scopes: if scopes.is_empty() { "everything".to_owned() } else { scopes.join("; ") },
        expires: key.expires.map(|at| day(at, &visitor.zone)),
        active: key.active,
    }
}

fn script(key: &AdminKey, visitor: &Visitor) -> Script {
    let roles: Vec<String> = key.roles.iter().map(ToString::to_string).collect();
    Script {
        id: key.id.to_string(),
        label: key.label.clone().unwrap_or_default(),
        roles: roles.join(", "),
        made: day(key.made, &visitor.zone),
    }
}

/// `POST /admin/keys`: a key for somebody. Its secret is in the answer alone, so this is no redirect.
pub(crate) async fn make(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::KeysChange) {
        return by.answer::<KeysPage>(Err(problem));
    }
    let only =
        |name: &str| fields.text(name).split([',', ' ']).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    // Whoever may make their own alone, and names nobody, means themselves.
    let own = by.me.person.filter(|_| fields.text("person").is_empty()).map(|person| person.to_string());
    let new = NewKey {
        person: own.unwrap_or_else(|| fields.text("person").to_owned()),
        agent: fields.some("agent"),
        models: only("models"),
        providers: only("providers"),
        tools: Vec::new(),
        tool: None,
        project: fields.some("project"),
        rpm: None,
        expires: fields.some("expires"),
    };
    let made = by.ask.done::<Key>(Method::POST, &to(&["keys"]), &once, &new).await;
    answer(&by, "key", made.map(|key| key.key.unwrap_or_default()), fields).await
}

/// `POST /admin/scripts`: a key for a script, with roles.
pub(crate) async fn make_script(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AccessChange) {
        return by.answer::<KeysPage>(Err(problem));
    }
    let roles = fields.text("roles").split([',', ' ']).filter(|role| !role.is_empty()).map(str::to_owned).collect();
    let new = NewAdminKey { label: fields.text("label").to_owned(), roles, person: None };
    let made = by.ask.done::<AdminKey>(Method::POST, &to(&["admin-keys"]), &once, &new).await;
    answer(&by, "script", made.map(|key| key.key.unwrap_or_default()), fields).await
}

async fn answer(by: &Visitor, form: &'static str, made: Result<String, Problem>, fields: Fields) -> Response {
    let asked = Fields::default();
    match made {
        Ok(secret) => by.answer(look(by, &asked, Some((secret, form)), "", None, asked.clone()).await),
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            wrong.field = match (form, wrong.field) {
                ("key", "expires") => "expires",
                ("key", "agent") => "agent",
                _ => "",
            };
            let status = wrong.status();
            by.answer_with(status, look(by, &asked, None, form, Some(wrong), fields).await)
        }
    }
}

/// `POST /admin/keys/{id}/revoke`
pub(crate) async fn revoke(Path(id): Path<String>, Sent { by, once, .. }: Sent) -> Response {
    match by.ask.done::<Key>(Method::DELETE, &to(&["keys", &id]), &once, &()).await {
        Ok(_) => see("/admin/keys?done=revoked"),
        Err(problem) => by.answer::<KeysPage>(Err(problem)),
    }
}

/// `POST /admin/scripts/{id}/revoke`
pub(crate) async fn revoke_script(Path(id): Path<String>, Sent { by, once, .. }: Sent) -> Response {
    match by.ask.done::<AdminKey>(Method::DELETE, &to(&["admin-keys", &id]), &once, &()).await {
        Ok(_) => see("/admin/keys?done=revoked"),
        Err(problem) => by.answer::<KeysPage>(Err(problem)),
    }
}
