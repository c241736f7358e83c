//! Search: pages by their words, and people, runs and requests as far as the API shows them to whoever looks.

use askama::Template;
use axum::response::Response;
use purser_control::shape::{Page, Person, RunTree, TopUpDetail};
use purser_control::{Permission, Problem};
use purser_core::id::{RunId, TopUpId};

use crate::ask::{escape, to};
use crate::form::Asked;
use crate::frame::Frame;
use crate::nav::AREAS;
use crate::visitor::Visitor;

/// People that are shown.
const HITS_MAX: usize = 50;

struct Hit {
    kind: &'static str,
    label: String,
    path: Option<String>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Found {
    frame: Frame,
    asked: String,
    hits: Vec<Hit>,
}

/// `GET /search`
pub(crate) async fn show(visitor: Visitor, Asked(fields): Asked) -> Response {
    let asked = fields.text("q").to_owned();
    let page = look(&visitor, &asked).await;
    let page = page.map(|hits| Found { frame: visitor.frame("Search"), asked, hits });
    visitor.answer(page)
}

async fn look(visitor: &Visitor, asked: &str) -> Result<Vec<Hit>, Problem> {
    let mut hits = Vec::new();
    if asked.is_empty() {
        return Ok(hits);
    }
    let wanted = asked.to_lowercase();
    for area in AREAS.iter().filter(|area| area.who.is(&visitor.me)) {
        let mut pages = area.open_tabs(&visitor.me);
        if pages.is_empty() {
            pages.push((area.label, area.path));
        }
        for (label, path) in pages {
            let is_known = hits.iter().any(|hit: &Hit| hit.path.as_deref() == Some(path));
            if label.to_lowercase().contains(&wanted) && !is_known {
                hits.push(Hit { kind: "page", label: label.to_owned(), path: Some(path.to_owned()) });
            }
        }
    }
    if asked.starts_with(RunId::PREFIX) && visitor.ask.get::<RunTree>(&to(&["runs", asked])).await.is_ok() {
        hits.push(Hit { kind: "run", label: asked.to_owned(), path: Some(under("/runs/", asked)) });
    }
    if asked.starts_with(TopUpId::PREFIX) && visitor.ask.get::<TopUpDetail>(&to(&["top-ups", asked])).await.is_ok() {
        hits.push(Hit { kind: "request", label: asked.to_owned(), path: Some(super::approvals::address(asked)) });
    }
    if visitor.may(Permission::PeopleRead) {
        people(visitor, &wanted, &mut hits).await?;
    }
    Ok(hits)
}

async fn people(visitor: &Visitor, wanted: &str, hits: &mut Vec<Hit>) -> Result<(), Problem> {
    let found = to(&["people"]).with("find", wanted).with("limit", HITS_MAX);
    let page: Page<Person> = visitor.ask.get(&found).await?;
    for person in page.items {
        let is_own = visitor.me.person == Some(person.id);
        let id = person.id.to_string();
        let path = if is_own { "/me".to_owned() } else { under("/people/", &id) };
        let unit = person.unit_name.map(|unit| format!(", {unit}")).unwrap_or_default();
        let label = format!("{}{unit}", person.name.unwrap_or(id));
        hits.push(Hit { kind: "person", label, path: Some(path) });
    }
    Ok(())
}

pub(crate) fn under(path: &str, id: &str) -> String {
    let mut address = path.to_owned();
    escape(id, &mut address);
    address
}
