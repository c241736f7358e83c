//! `/offers`: all offers by how far they are, or one state of them as a list.

use askama::Template;
use axum::response::Response;
use purser_control::shape::{OfferReport, OfferRow, Page, Unit};
use purser_control::{Permission, Problem};

use crate::ask::to;
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, Pager, day, span};
use crate::visitor::Visitor;

/// Offers of a column; all of them are one click away.
const FEW: usize = 6;
/// Rows of a list.
const ROWS: usize = 25;

/// The columns: word in addresses, what people call it, the states that the API has for it.
const COLUMNS: [(&str, &str, &str); 7] = [
    ("draft", "Drafts", "draft"),
    ("approval", "Approval", "approval,approved"),
    ("sent", "Sent", "sent"),
    ("viewed", "Looked at", "viewed"),
    ("countered", "Countered", "countered"),
    ("accepted", "Accepted", "accepted"),
    ("ended", "Came to nothing", "declined,expired,withdrawn"),
];

#[derive(Template)]
#[template(path = "offers/board.html")]
struct Board {
    frame: Frame,
    may_write: bool,
    share: Option<String>,
    units: Vec<(String, String, bool)>,
    choices: Vec<(&'static str, &'static str, bool)>,
    columns: Vec<Column>,
    list: Option<(Vec<Card>, Pager)>,
}

struct Column {
    word: &'static str,
    label: &'static str,
    all: String,
    total: usize,
    flagged: usize,
    cards: Vec<Card>,
}

struct Card {
    id: String,
    who: String,
    unit: String,
    family: String,
    state: &'static str,
    mark: &'static str,
    since: String,
    expires: Option<Markup>,
    line: &'static str,
    flags: Vec<(String, &'static str, String)>,
}

/// `GET /offers`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked).await)
}

async fn look(visitor: &Visitor, asked: &Fields) -> Result<Board, Problem> {
    let (word, unit) = (asked.text("state"), asked.some("unit"));
    let chosen = COLUMNS.into_iter().find(|(column, ..)| *column == word);
    let of =
        |states: &str| to(&["offers"]).with("state", states).with("latest", true).with_some("unit", unit.as_deref());
    let (mut columns, mut list) = (Vec::new(), None);
    if let Some((state, _, states)) = chosen {
        let all = of(states);
        let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
        let page: Page<OfferRow> = visitor.ask.get(&some).await?;
        let query: Vec<_> =
            [("state", state.to_owned())].into_iter().chain(unit.clone().map(|unit| ("unit", unit))).collect();
        let pager = Pager::new("/offers", &query, &page, asked.some("after").is_some(), all.link());
        list = Some((page.items.iter().map(|row| card(row, visitor)).collect(), pager));
    } else {
        for (word, label, states) in COLUMNS {
            let page: Page<OfferRow> = visitor.ask.get(&of(states).with("limit", FEW)).await?;
            let cards: Vec<Card> = page.items.iter().map(|row| card(row, visitor)).collect();
            let mut all = format!("/offers?state={word}");
            if let Some(unit) = &unit {
                all.push_str("&unit=");
                crate::ask::escape(unit, &mut all);
            }
            let flagged = cards.iter().filter(|card| card.flags.iter().any(|(_, mark, _)| !mark.is_empty())).count();
            columns.push(Column { word, label, all, total: page.total, flagged, cards });
        }
    }
    let units: Page<Unit> = visitor.ask.get(&to(&["units"])).await?;
    let report: OfferReport = visitor.ask.get(&to(&["offers", "report"])).await?;
    let named = |unit: &Unit| unit.name.clone().unwrap_or_else(|| unit.id.to_string());
    let mut units: Vec<_> = units
        .items
        .iter()
        .map(|it| (it.id.to_string(), named(it), unit.as_deref() == Some(&*it.id.to_string())))
        .collect();
    units.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(Board {
        frame: visitor.frame("Offers").having(super::done(asked.text("done"))),
        may_write: visitor.may(Permission::OffersChange),
        share: (report.open.offers > 0)
            .then(|| format!("{} of {} open offers have a token line.", report.open.with_tokens, report.open.offers)),
        units,
        choices: COLUMNS.map(|(word, label, _)| (word, label, chosen.is_some_and(|(it, ..)| it == word))).to_vec(),
        columns,
        list,
    })
}

fn card(row: &OfferRow, visitor: &Visitor) -> Card {
    let (state, mark) = super::state(&row.state);
    Card {
        id: row.id.to_string(),
        who: row.candidate.clone().unwrap_or_else(|| "Erased".to_owned()),
        unit: row.unit_name.clone().unwrap_or_else(|| row.unit.to_string()),
        family: row.family.clone(),
        state,
        mark,
        since: span(row.since, visitor.now),
        expires: row.expires.map(|expires| day(expires, &visitor.zone)),
        line: match (row.has_tokens, row.guaranteed) {
            (false, _) => "no token line",
            (true, true) => "tokens guaranteed",
            (true, false) => "tokens, not guaranteed",
        },
        flags: row.flags.iter().map(super::flag).collect(),
    }
}
