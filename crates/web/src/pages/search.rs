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

/// People that are looked at by name.
const PAGES_MAX: usize = 20;
/// Hits that are shown.
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
        let own = [(area.label, area.path)];
        let pages = if area.tabs.is_empty() { &own[..] } else { area.tabs };
        for (label, path) in pages {
            if label.to_lowercase().contains(&wanted) {
                hits.push(Hit { kind: "page", label: (*label).to_owned(), path: Some((*path).to_owned()) });
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
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let page: Page<Person> = visitor.ask.get(&to(&["people"]).with_some("after", after)).await?;
        for person in page.items {
            let Some(name) = person.name.filter(|name| name.to_lowercase().contains(wanted)) else { continue };
            let is_own = visitor.me.person == Some(person.id);
            let path = is_own.then(|| "/me".to_owned());
            let unit = person.unit_name.map(|unit| format!(", {unit}")).unwrap_or_default();
            hits.push(Hit { kind: "person", label: format!("{name}{unit}"), path });
            if hits.len() >= HITS_MAX {
                return Ok(());
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn under(path: &str, id: &str) -> String {
    let mut address = path.to_owned();
    escape(id, &mut address);
    address
}
