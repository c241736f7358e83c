//! `/people`: who there is, as far as whoever asks may see them.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Page, Person};

use super::one;
use crate::ask::to;
use crate::drawer::Rows;
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, Pager, day};
use crate::visitor::Visitor;

/// Rows of a page.
const ROWS: usize = 50;
/// Whom one may look for: words of addresses, of people, and what the API is asked.
const STATES: [(&str, &str, Option<bool>); 3] =
    [("here", "Here", Some(true)), ("left", "Left", Some(false)), ("all", "Everybody", None)];

#[derive(Template)]
#[template(path = "people/list.html")]
struct People {
    frame: Frame,
    find: String,
    states: Vec<(&'static str, &'static str, bool)>,
    open: Rows,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    id: String,
    name: String,
    role: Option<String>,
    unit: String,
    moves: Option<(String, Markup)>,
    zone: String,
    active: bool,
}

/// `GET /people`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let mut rows = Rows::of(&visitor.here);
    if let Some(id) = rows.wanted() {
        rows.show(one::detail(&visitor, id, rows.place(&visitor)).await);
    }
    visitor.answer_with(rows.status(), look(&visitor, &asked, rows).await)
}

async fn look(visitor: &Visitor, asked: &Fields, open: Rows) -> Result<People, Problem> {
    let wanted = asked.text("state");
    let (state, _, active) = STATES.into_iter().find(|(word, ..)| *word == wanted).unwrap_or(STATES[0]);
    let all = to(&["people"]).with_some("find", asked.some("find")).with_some("active", active);
    let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<Person> = visitor.ask.get(&some).await?;
    let query = [("find", asked.text("find").to_owned()), ("state", state.to_owned())];
    Ok(People {
        frame: visitor.frame("People").having(one::done(asked.text("done"))).beside(&open),
        open,
        find: asked.text("find").to_owned(),
        states: STATES.map(|(word, label, _)| (word, label, word == state)).to_vec(),
        rows: page.items.iter().map(|person| row(person, visitor)).collect(),
        pager: Pager::new("/people", &query, &page, asked.some("after").is_some(), all.link()),
    })
}

fn row(person: &Person, visitor: &Visitor) -> Row {
    let next = person.next_unit_name.clone().zip(person.moves);
    Row {
        id: person.id.to_string(),
        name: name(person),
        role: person.role.as_ref().map(super::role::word),
        unit: person.unit_name.clone().unwrap_or_default(),
        moves: next.map(|(unit, at)| (unit, day(at, &visitor.zone))),
        zone: person.zone.clone(),
        active: person.active,
    }
}

/// How somebody is called; the id of whoever was erased.
pub(super) fn name(person: &Person) -> String {
    person.name.clone().unwrap_or_else(|| person.id.to_string())
}
