//! Somebody's role on their page: what it is, and the form that says another.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{Person, PersonRole, RoleSource};
use purser_control::{Permission, Problem};
use purser_core::role::Roles;
use serde_json::json;

use super::one::address;
use crate::ask::to;
use crate::drawer::sent_from;
use crate::form::Sent;
use crate::frame::Refused;
use crate::say::{Markup, day, escaped};
use crate::visitor::{Visitor, see};

#[derive(Template)]
#[template(path = "people/role.html")]
struct Form {
    id: String,
    hidden: Markup,
    heading: u8,
    family: String,
    level: String,
    /// Was it set, so that it can be taken back?
    is_set: bool,
    /// The families that something is set for.
    families: Vec<String>,
}

/// The form, for whoever may change people and of whoever is here. `hidden` is what every form of the page carries.
///
/// # Errors
/// What the API says of the families.
pub(super) async fn form(
    visitor: &Visitor,
    person: &Person,
    hidden: Markup,
    heading: u8,
) -> Result<Option<Markup>, Problem> {
    if !person.active || !visitor.may(Permission::PeopleChange) {
        return Ok(None);
    }
    let families = if visitor.may(Permission::RolesRead) {
        visitor.ask.get::<Roles>(&to(&["roles"])).await?.families.keys().map(ToString::to_string).collect()
    } else {
        Vec::new()
    };
    let role = person.role.as_ref();
    let form = Form {
        id: person.id.to_string(),
        hidden,
        heading,
        family: role.map_or_else(String::new, |role| role.family.to_string()),
        level: role.and_then(|role| role.level).map_or_else(String::new, |level| level.to_string()),
        is_set: role.is_some_and(|role| role.source == RoleSource::Set),
        families,
    };
    Ok(form.render().ok().map(Markup::new))
}

/// A family and a level in a few letters.
pub(super) fn word(role: &PersonRole) -> String {
    role.level.map_or_else(|| role.family.to_string(), |level| format!("{} {level}", role.family))
}

/// Their role, who said it and since when.
pub(super) fn fact(role: &PersonRole, visitor: &Visitor) -> Markup {
    let by = match role.source {
        RoleSource::Offer => "by the offer they accepted",
        RoleSource::Set => "set for them",
    };
    let since = day(role.since, &visitor.zone);
    let unknown = if role.known { "" } else { "; nothing is set for this family" };
    Markup::new(format!("{} <small>{by}, since {since}{unknown}</small>", escaped(&word(role))))
}

/// `POST /people/{id}/role`
pub(crate) async fn set(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let (family, level) = match fields.text("none") {
        "" => (fields.some("family"), fields.some("level")),
        _ => (None, None),
    };
    let wanted = json!({ "family": family, "level": level });
    let set: Result<Person, Problem> = by.ask.done(Method::PUT, &to(&["people", &id, "role"]), &once, &wanted).await;
    match set {
        Ok(person) => see(&sent_from(fields.text("back"), &address(&person.id.to_string()), "role").to_string()),
        Err(problem) => by.answer::<Refused>(Err(problem)),
    }
}
