//! `/me/connect`: keys, and what to paste into a tool.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{Key, NewKey, Page};
use purser_control::{Permission, Problem};

use crate::ask::to;
use crate::form::{Asked, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, day};
use crate::visitor::{Visitor, see};

/// Keys that are shown.
const KEYS_MAX: usize = 100;
/// What stands where a key goes.
const NO_KEY: &str = "YOUR-KEY";

#[derive(Template)]
#[template(path = "me/connect.html")]
struct Connect {
    frame: Frame,
    gateway: Option<String>,
    made: Option<Made>,
    wrong: Option<Wrong>,
    may_make: bool,
    keys: Vec<Row>,
    snippets: Vec<Snippet>,
}

/// A key that was made just now.
struct Made {
    key: Option<String>,
}

struct Row {
    id: String,
    label: String,
    limits: String,
    expires: Option<Markup>,
    active: bool,
}

/// What to paste for one tool.
struct Snippet {
    id: &'static str,
    tool: &'static str,
    text: String,
}

/// `GET /me/connect`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let done = match asked.text("done") {
        "revoked" => Some("The key no longer works."),
        _ => None,
    };
    visitor.answer(look(&visitor, done, None, None).await)
}

async fn look(
    visitor: &Visitor,
    done: Option<&'static str>,
    made: Option<Made>,
    wrong: Option<Wrong>,
) -> Result<Connect, Problem> {
    let person = visitor.own()?.id;
    let mut keys = Vec::new();
    if visitor.may(Permission::KeysRead) {
        let page: Page<Key> = visitor.ask.get(&to(&["keys"]).with("limit", KEYS_MAX)).await?;
        keys.extend(page.items.iter().filter(|key| key.person == person).map(|key| row(key, visitor)));
    }
    keys.sort_by_key(|row: &Row| !row.active);
    let gateway = visitor.status.gateway.clone();
    let secret = made.as_ref().and_then(|made| made.key.as_deref()).unwrap_or(NO_KEY);
    let snippets = snippets(gateway.as_deref().unwrap_or("http://GATEWAY"), secret);
    Ok(Connect {
        frame: visitor.frame("Connect a tool").having(done),
        gateway,
        made,
        wrong,
        may_make: visitor.may(Permission::KeysChange),
        keys,
        snippets,
    })
}

fn row(key: &Key, visitor: &Visitor) -> Row {
    let mut limits = Vec::new();
    for (what, only) in [("models", &key.models), ("providers", &key.providers), ("tools", &key.tools)] {
        if !only.is_empty() {
            limits.push(format!("{what}: {}", only.join(", ")));
        }
    }
    if let Some(rpm) = key.rpm {
        limits.push(format!("{rpm} requests a minute"));
    }
    Row {
        id: key.id.to_string(),
        label: key.agent.clone().or_else(|| key.tool.clone()).unwrap_or_else(|| "By hand".to_owned()),
        limits: if limits.is_empty() { "none".to_owned() } else { limits.join("; ") },
        expires: key.expires.map(|at| day(at, &visitor.zone)),
        active: key.active,
    }
}

fn snippets(gateway: &str, key: &str) -> Vec<Snippet> {
    let snippet = |id, tool, text: String| Snippet { id, tool, text };
    vec![
        snippet(
            "claude",
            "Claude Code, SDKs of Anthropic",
            format!("export ANTHROPIC_BASE_URL={gateway}\nexport ANTHROPIC_AUTH_TOKEN={key}"),
        ),
        snippet(
            "openai",
            "SDKs of OpenAI, and most other tools",
            format!("export OPENAI_BASE_URL={gateway}/v1\nexport OPENAI_API_KEY={key}"),
        ),
        snippet(
            "gemini",
            "Gemini CLI, SDKs of Google",
            format!("export GOOGLE_GEMINI_BASE_URL={gateway}\nexport GEMINI_API_KEY={key}"),
        ),
        snippet(
            "curl",
            "A first call, by hand",
            format!(
                "curl {gateway}/v1/messages -H 'x-api-key: {key}' -H 'anthropic-version: 2023-06-01' \\\n  -H 'content-type: \
                 application/json' \\\n  -d '{{\"model\": \"claude-haiku-4-5\", \"max_tokens\": 50, \"messages\": [{{\"role\": \
                 \"user\", \"content\": \"Hello\"}}]}}'"
            ),
        ),
    ]
}

/// `POST /me/connect`: makes a key. It is shown once, so this is no redirect; sent again, the form makes no second key.
pub(crate) async fn make(Sent { by, fields, once }: Sent) -> Response {
    let person = match by.own() {
        Ok(person) => person.id.to_string(),
        Err(problem) => return by.answer::<Connect>(Err(problem)),
    };
    let new = NewKey {
        person,
        agent: fields.some("agent"),
        models: Vec::new(),
        providers: Vec::new(),
        tools: Vec::new(),
        tool: None,
        project: fields.some("project"),
        rpm: None,
        expires: fields.some("expires"),
    };
    match by.ask.done::<Key>(Method::POST, &to(&["keys"]), &once, &new).await {
        Ok(key) => by.answer(look(&by, None, Some(Made { key: key.key }), None).await),
        Err(problem) => {
            let wrong = Wrong::of(problem);
            by.answer_with(wrong.status(), look(&by, None, None, Some(wrong)).await)
        }
    }
}

/// `POST /me/keys/{id}/revoke`
pub(crate) async fn revoke(Path(id): Path<String>, Sent { by, once, .. }: Sent) -> Response {
    match by.ask.done::<Key>(Method::DELETE, &to(&["keys", &id]), &once, &()).await {
        Ok(_) => see("/me/connect?done=revoked"),
        Err(problem) => by.answer::<Connect>(Err(problem)),
    }
}
