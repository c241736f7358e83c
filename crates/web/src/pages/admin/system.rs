//! `/admin/system`: how Purser is, what calls left in suspense, which months are closed.

use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{List, Page, Period, Resolve, Suspended};
use purser_control::{Permission, Problem};
use purser_core::money::Nano;

use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, count, escaped, money, span, when};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 25;
/// Closed months that are shown, the latest.
const MONTHS: usize = 14;

#[derive(Template)]
#[template(path = "admin/system.html")]
struct System {
    frame: Frame,
    facts: Vec<(&'static str, Markup)>,
    whole: bool,
    suspense: Vec<Row>,
    pager: Pager,
    may_resolve: bool,
    months: Vec<(String, Markup, String, Markup)>,
    wrong: Option<Wrong>,
}

struct Row {
    id: String,
    amount: Markup,
    since: Markup,
    moves: Markup,
    burdens: String,
    hold: Option<String>,
}

/// `GET /admin/system`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked, None).await)
}

async fn look(visitor: &Visitor, asked: &Fields, wrong: Option<Wrong>) -> Result<System, Problem> {
    let ask = &visitor.ask;
    let all = to(&["suspense"]);
    let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<Suspended> = ask.get(&some).await?;
    let periods: List<Period> = ask.get(&to(&["periods"])).await?;
    let (zone, now, currency) = (&visitor.zone, visitor.now, &visitor.currency);
    let months = periods.items.into_iter().rev().take(MONTHS).map(|period| {
        (period.month, when(period.closed, zone, now), count(period.statements), money(period.used, currency))
    });
    Ok(System {
        frame: visitor.frame("System").having(match asked.text("done") {
            "resolved" => Some("It is resolved: the money is where you said."),
            _ => None,
        }),
        facts: facts(visitor),
        whole: visitor.status.written == visitor.status.durable && visitor.status.written == visitor.status.projected,
        suspense: page
            .items
            .iter()
            .map(|one| Row {
                id: one.id.clone(),
                amount: money(one.amount, currency),
                since: when(one.since, zone, now),
                moves: when(one.moves_at, zone, now),
                burdens: one.burdens.join(", "),
                hold: one.hold.clone(),
            })
            .collect(),
        pager: Pager::new("/admin/system", &[], &page, asked.some("after").is_some(), all.link()),
        may_resolve: visitor.may(Permission::SuspenseChange),
        months: months.collect(),
        wrong,
    })
}

fn facts(visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let status = &visitor.status;
    let people = u64::try_from(status.people).unwrap_or(u64::MAX);
    let keys = u64::try_from(status.keys).unwrap_or(u64::MAX);
    vec![
        ("Version", Markup::new(escaped(&status.version))),
        ("Running since", when(status.started, &visitor.zone, visitor.now)),
        ("For", Markup::new(span(status.started, visitor.now))),
        ("Gateway", Markup::new(status.gateway.as_deref().map_or("nobody serves it".to_owned(), escaped))),
        ("Currency", Markup::new(escaped(&status.currency))),
        ("People who can spend", Markup::new(count(people))),
        ("Keys that work", Markup::new(count(keys))),
        ("Journal, written", Markup::new(count(status.written))),
        ("On disk", Markup::new(count(status.durable))),
        ("In reports", Markup::new(count(status.projected))),
    ]
}

/// `POST /admin/suspense/{id}/resolve`
pub(crate) async fn resolve(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::SuspenseChange) {
        return by.answer::<System>(Err(problem));
    }
    let how = match fields.some("charge") {
        None => Ok(Resolve::Unaccounted),
        Some(text) => text.replace(',', "").parse::<Nano>().map(Resolve::Charge),
    };
    let resolved = match how {
        Ok(how) => {
            let address = to(&["suspense", &id, "resolve"]);
            by.ask.done::<Suspended>(Method::POST, &address, &once, &how).await.map_err(Wrong::of)
        }
        Err(_) => Err(Wrong::in_field("", "what the call cost is a number, such as 12.50", StatusCode::BAD_REQUEST)),
    };
    match resolved {
        Ok(_) => see("/admin/system?done=resolved"),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, look(&by, &Fields::default(), Some(wrong)).await)
        }
    }
}
