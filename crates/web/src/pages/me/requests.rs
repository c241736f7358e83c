//! `/me/requests`: asking for more, and what became of it.

use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{AskTopUp, Page, TopUp, TopUpState};
use purser_core::money::Nano;

use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, money, when};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "me/requests.html")]
struct Requests {
    frame: Frame,
    currency: String,
    wrong: Option<Wrong>,
    amount: String,
    reason: String,
    until: String,
    purpose: String,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    id: String,
    amount: Markup,
    given: Option<Markup>,
    purpose: Option<String>,
    reason: Option<String>,
    until: String,
    asked: Markup,
    by_agent: bool,
    state: &'static str,
    mark: &'static str,
    is_open: bool,
    closes: Markup,
    by: Option<String>,
    why: Option<String>,
    grant: Option<String>,
}

/// `GET /me/requests`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked, &Fields::default(), None).await)
}

async fn look(visitor: &Visitor, asked: &Fields, filled: &Fields, wrong: Option<Wrong>) -> Result<Requests, Problem> {
    let person = visitor.own()?.id.to_string();
    let all = to(&["top-ups"]).with("person", &person);
    let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<TopUp> = visitor.ask.get(&some).await?;
    let text = |name: &str| filled.text(name).to_owned();
    Ok(Requests {
        frame: visitor.frame("Ask for more").having(super::done(asked.text("done"))),
        currency: visitor.currency.code().to_owned(),
        wrong,
        amount: text("amount"),
        reason: text("reason"),
        until: text("until"),
        purpose: text("purpose"),
        rows: page.items.iter().map(|top_up| row(top_up, visitor)).collect(),
        pager: Pager::new("/me/requests", &[], &page, asked.some("after").is_some(), all.link()),
    })
}

fn row(top_up: &TopUp, visitor: &Visitor) -> Row {
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let (state, mark) = state(top_up.state);
    Row {
        id: top_up.id.to_string(),
        amount: money(top_up.amount, currency),
        given: top_up.given.map(|given| money(given, currency)),
        purpose: top_up.purpose.clone(),
        reason: top_up.reason.clone(),
        until: top_up.until.clone(),
        asked: when(top_up.asked, zone, now),
        by_agent: top_up.by_agent,
        state,
        mark,
        is_open: top_up.state == TopUpState::Open,
        closes: when(top_up.closes, zone, now),
        by: top_up.decided_by_name.clone().or_else(|| top_up.mandate_name.clone()),
        why: top_up.why.clone(),
        grant: top_up.grant.map(|grant| grant.to_string()),
    }
}

/// What became of a request, in a word, and how it is marked.
pub(crate) const fn state(state: TopUpState) -> (&'static str, &'static str) {
    match state {
        TopUpState::Open => ("waits", "warn"),
        TopUpState::Approved => ("approved", "good"),
        TopUpState::Denied => ("denied", "bad"),
        TopUpState::Cancelled => ("taken back", ""),
        TopUpState::Expired => ("not answered", ""),
    }
}

/// `POST /me/requests`
pub(crate) async fn ask(Sent { by, fields, once }: Sent) -> Response {
    let asked = match filled(&by, &fields) {
        Ok(new) => by.ask.done::<TopUp>(Method::POST, &to(&["top-ups"]), &once, &new).await.map_err(Wrong::of),
        Err(wrong) => Err(wrong),
    };
    match asked {
        Ok(top_up) if top_up.state == TopUpState::Approved => see("/me/requests?done=approved"),
        Ok(_) => see("/me/requests?done=asked"),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, look(&by, &Fields::default(), &fields, Some(wrong)).await)
        }
    }
}

fn filled(by: &Visitor, fields: &Fields) -> Result<AskTopUp, Wrong> {
    let amount = fields.text("amount").replace(',', "");
    let amount: Nano = amount.parse().map_err(|_| {
        Wrong::in_field("amount", "an amount is a number, such as 25 or 12.50", StatusCode::BAD_REQUEST)
    })?;
    let person = by.own().map_err(Wrong::of)?.id.to_string();
    let (until, purpose) = (fields.some("until"), fields.some("purpose"));
    Ok(AskTopUp { person: Some(person), amount, reason: fields.text("reason").to_owned(), until, purpose })
}

/// `POST /me/requests/{id}/cancel`
pub(crate) async fn cancel(Path(id): Path<String>, Sent { by, once, .. }: Sent) -> Response {
    let address = to(&["top-ups", &id, "cancel"]);
    match by.ask.done::<TopUp>(Method::POST, &address, &once, &()).await {
        Ok(_) => see("/me/requests?done=cancelled"),
        Err(problem) => by.answer::<Requests>(Err(problem)),
    }
}
