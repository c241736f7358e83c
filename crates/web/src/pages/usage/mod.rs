//! Usage over time: one's own (`/me/usage`), and what one may see of others' (`/explore`). What is asked stands in the
//! address, so that a link shows the same to whoever may see it.

mod asked;
mod charts;

use askama::Template;
use axum::response::Response;
use purser_control::shape::{Overview, UsageHistory, UsageRow};
use purser_control::{Code, Problem};
use purser_core::zone::Zone;

use self::asked::{Choice, Looked};
use crate::ask::{To, to};
use crate::csv;
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, count, escaped, money, percent, tokens};
use crate::visitor::Visitor;

/// Rows of the table.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "usage/usage.html")]
struct UsagePage {
    frame: Frame,
    path: &'static str,
    looked: Looked,
    person: Option<String>,
    may_ask_of: bool,
    charge: Markup,
    calls: String,
    stacked: Option<Markup>,
    calendar: Option<Markup>,
    head: &'static str,
    rows: Vec<Row>,
    observed: Option<Markup>,
    first: Option<String>,
    next: Option<String>,
    json: String,
    csv: String,
    history_json: String,
    history_csv: String,
}

struct Row {
    name: Markup,
    calls: String,
    input: Markup,
    cached: Markup,
    output: Markup,
    charge: Markup,
    share: u8,
}

/// `GET /me/usage`
pub(crate) async fn own(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look_at_own(&visitor, &asked).await)
}

async fn look_at_own(visitor: &Visitor, asked: &Fields) -> Result<UsagePage, Problem> {
    let person = visitor.own()?.id.to_string();
    let looked = Looked::of(asked, visitor.now, &Choice::OWN);
    look(visitor, asked, Page { path: "/me/usage", title: "Your usage", person: Some(person), looked }).await
}

/// `GET /explore`
pub(crate) async fn explore(visitor: Visitor, Asked(asked): Asked) -> Response {
    let looked = Looked::of(&asked, visitor.now, &Choice::ALL);
    let page = Page { path: "/explore", title: "Usage", person: asked.some("person"), looked };
    visitor.answer(look(&visitor, &asked, page).await)
}

struct Page {
    path: &'static str,
    title: &'static str,
    person: Option<String>,
    looked: Looked,
}

async fn look(visitor: &Visitor, asked: &Fields, page: Page) -> Result<UsagePage, Problem> {
    let Page { path, title, person, mut looked } = page;
    let range = (looked.from, looked.to);
    let within = |to: To| to.with_some("person", person.as_ref()).with("from", range.0).with("to", range.1);
    let history_at = within(to(&["usage", "history"])).with("per", looked.per.word());
    let history: Option<UsageHistory> = match visitor.ask.get(&history_at).await {
        Ok(history) => Some(history),
        // Whoever sees the people of a unit sees them one by one.
        Err(problem) if problem.code == Code::Forbidden && person.is_none() => None,
        Err(problem) => return Err(problem),
    };
    if history.is_none() {
        looked.by = Choice::Person;
    }
    let rows_at = within(to(&["usage"])).with("by", looked.by.word());
    let after = asked.some("after");
    let usage: Overview =
        visitor.ask.get(&rows_at.clone().with("limit", ROWS).with_some("after", after.as_ref())).await?;
    let calendar = match path {
        "/me/usage" => Some(charts::calendar(visitor, person.as_deref()).await?),
        _ => None,
    };
    let here = looked.address(path, asked.some("person").as_deref());
    let seen = &usage.observed;
    Ok(UsagePage {
        frame: visitor.frame(title),
        path,
        may_ask_of: path == "/explore",
        person: asked.some("person"),
        charge: money(usage.charge, &visitor.currency),
        calls: count(usage.calls),
        stacked: history.as_ref().map(|history| charts::stacked(history, &looked, visitor)),
        calendar,
        head: looked.by.label(),
        rows: usage.items.iter().map(|row| shown(row, &usage, &looked, visitor)).collect(),
        observed: (seen.requests > 0).then(|| money(seen.charge, &visitor.currency)),
        first: after.is_some().then(|| here.clone()),
        next: usage.next.as_deref().map(|next| {
            let mut address = format!("{here}&after=");
            crate::ask::escape(next, &mut address);
            address
        }),
        json: rows_at.link().to_owned(),
        csv: csv::link(&rows_at),
        history_json: history_at.link().to_owned(),
        history_csv: csv::link(&history_at),
        looked,
    })
}

fn shown(row: &UsageRow, all: &Overview, looked: &Looked, visitor: &Visitor) -> Row {
    let name = escaped(row.name.as_deref().unwrap_or(&row.key));
    Row {
        name: match looked.by {
            Choice::Person => {
                let link = looked.address("/explore", Some(&row.key));
                Markup::new(format!("<a href=\"{}\">{name}</a>", escaped(&link)))
            }
            _ => Markup::new(name),
        },
        calls: count(row.calls),
        input: tokens(row.input_tokens),
        cached: tokens(row.cached_tokens),
        output: tokens(row.output_tokens),
        charge: money(row.charge, &visitor.currency),
        share: percent(row.charge, all.charge),
    }
}

/// The day that a moment is in, as usage counts days.
fn today(visitor: &Visitor) -> jiff::civil::Date {
    Zone::UTC.date(visitor.now)
}
