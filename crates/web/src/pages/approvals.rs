//! Requests for more money, for whoever decides: the queue, what there is to know about one, yes and no.

use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{ApproveTopUp, DenyTopUp, Page, TopUp, TopUpContext, TopUpDesk, TopUpDetail, TopUpState};
use purser_control::{Permission, Problem};

use super::me::requests::state;
use crate::ask::{escape, to};
use crate::drawer::{Detail, OPEN, Place, Rows, sent_from};
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, day, money, percent, span, when};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 25;
/// What may be looked at: words of addresses, and of people.
const STATES: [(&str, &str); 5] = [
    ("open", "Waiting"),
    ("approved", "Approved"),
    ("denied", "Denied"),
    ("expired", "Not answered"),
    ("cancelled", "Taken back"),
];

#[derive(Template)]
#[template(path = "approvals/list.html")]
struct List {
    frame: Frame,
    states: Vec<(&'static str, &'static str, bool)>,
    state: &'static str,
    open: Rows,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    id: String,
    who: String,
    is_own: bool,
    amount: Markup,
    given: Option<Markup>,
    purpose: Option<String>,
    waits: String,
    closes: Markup,
    desk: &'static str,
    by_agent: bool,
    by: Option<String>,
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "approved" => Some("Approved: the money is there now."),
        "denied" => Some("Denied, with your reason."),
        _ => None,
    }
}

/// `GET /approvals`
pub(crate) async fn list(visitor: Visitor, Asked(asked): Asked) -> Response {
    let mut rows = Rows::of(&visitor.here);
    if let Some(id) = rows.wanted() {
        rows.show(detail(&visitor, id, rows.place(&visitor), None, Fields::default()).await);
    }
    visitor.answer_with(rows.status(), look_at_all(&visitor, &asked, rows).await)
}

async fn look_at_all(visitor: &Visitor, asked: &Fields, open: Rows) -> Result<List, Problem> {
    let wanted = asked.text("state");
    let (state, _) = STATES.into_iter().find(|(word, _)| *word == wanted).unwrap_or(STATES[0]);
    let all = to(&["top-ups"]).with("state", state);
    let some = all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<TopUp> = visitor.ask.get(&some).await?;
    let query = [("state", state.to_owned())];
    Ok(List {
        frame: visitor.frame("Approvals").having(done(asked.text("done"))).beside(&open),
        open,
        states: STATES.map(|(word, label)| (word, label, word == state)).to_vec(),
        state,
        rows: page.items.iter().map(|top_up| row(top_up, visitor)).collect(),
        pager: Pager::new("/approvals", &query, &page, asked.some("after").is_some(), all.link()),
    })
}

fn row(top_up: &TopUp, visitor: &Visitor) -> Row {
    Row {
        id: top_up.id.to_string(),
        who: name(top_up),
        is_own: visitor.me.person == Some(top_up.person),
        amount: money(top_up.amount, &visitor.currency),
        given: top_up.given.map(|given| money(given, &visitor.currency)),
        purpose: top_up.purpose.clone(),
        waits: span(top_up.asked, top_up.decided.unwrap_or(visitor.now)),
        closes: when(top_up.closes, &visitor.zone, visitor.now),
        desk: desk(top_up.desk),
        by_agent: top_up.by_agent,
        by: top_up.decided_by_name.clone().or_else(|| top_up.decided_by.clone()),
    }
}

fn name(top_up: &TopUp) -> String {
    top_up.person_name.clone().unwrap_or_else(|| top_up.person.to_string())
}

const fn desk(desk: TopUpDesk) -> &'static str {
    match desk {
        TopUpDesk::Manager => "manager",
        TopUpDesk::Finance => "finance",
        TopUpDesk::Admin => "administrator",
    }
}

#[derive(Template)]
#[template(path = "approvals/detail.html")]
struct TopUpBody {
    place: Place,
    id: String,
    who: String,
    is_own: bool,
    may_decide: bool,
    is_open: bool,
    state: &'static str,
    mark: &'static str,
    amount: Markup,
    plain_amount: String,
    reason: Option<String>,
    why: Option<String>,
    purpose: Option<String>,
    until: String,
    facts: Vec<(&'static str, Markup)>,
    budgets: Vec<(String, Markup, Markup, u8)>,
    pools: Vec<(String, String, Markup)>,
    last: Vec<(Markup, Markup, &'static str, &'static str)>,
    wrong: Option<Wrong>,
    filled: Fields,
    grant: Option<String>,
}

/// `GET /approvals/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>) -> Response {
    let found = detail(&visitor, &id, Place::page(&visitor, ""), None, Fields::default()).await;
    visitor.answer(found.map(|detail| detail.page(&visitor, None)))
}

/// What there is to know of a request, and the two ways to decide about it.
async fn detail(
    visitor: &Visitor,
    id: &str,
    place: Place,
    wrong: Option<Wrong>,
    filled: Fields,
) -> Result<Detail, Problem> {
    let TopUpDetail { top_up, context } = visitor.ask.get(&to(&["top-ups", id])).await?;
    let currency = &visitor.currency;
    let (word, mark) = state(top_up.state);
    let body = TopUpBody {
        place,
        id: top_up.id.to_string(),
        who: name(&top_up),
        is_own: visitor.me.person == Some(top_up.person),
        may_decide: visitor.may(Permission::TopUpsDecide),
        is_open: top_up.state == TopUpState::Open,
        state: word,
        mark,
        amount: money(top_up.amount, currency),
        plain_amount: top_up.amount.to_string(),
        reason: top_up.reason.clone(),
        why: top_up.why.clone(),
        purpose: top_up.purpose.clone(),
        until: top_up.until.clone(),
        facts: facts(&top_up, &context, visitor),
        budgets: context
            .budgets
            .iter()
            .map(|budget| {
                let owner = budget.owner_name.clone().unwrap_or_else(|| "The company".to_owned());
                let used = percent(budget.most.saturating_sub(budget.left), budget.most);
                (format!("{owner}, {}", budget.per), money(budget.left, currency), money(budget.most, currency), used)
            })
            .collect(),
        pools: context
            .pools
            .iter()
            .map(|pool| (pool.pool.to_string(), pool.name.clone().unwrap_or_default(), money(pool.free, currency)))
            .collect(),
        last: context
            .last
            .iter()
            .map(|last| {
                let (word, mark) = state(last.state);
                (day(last.asked, &visitor.zone), money(last.amount, currency), word, mark)
            })
            .collect(),
        wrong,
        filled,
        grant: top_up.grant.map(|grant| grant.to_string()),
    };
    Detail::try_new(format!("{} asks for more", body.who), Some(address(&body.id)), &body)
}

fn facts(top_up: &TopUp, context: &TopUpContext, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let mut facts = vec![
        ("Has now", money(context.left, currency)),
        ("A day cost on average", money(context.per_day, currency)),
        ("Spent", Markup::new(format!("{} in {} days", money(context.spent, currency), context.days))),
        ("Given in 30 days", money(context.given_in_30_days, currency)),
    ];
    if let Some(at) = context.refills_at {
        facts.push(("Next money comes", when(at, zone, now)));
    }
    if let Some(at) = context.gone {
        facts.push(("Gone at this pace", when(at, zone, now)));
    }
    if let Some((peers, per_day)) = context.peers.zip(context.peers_per_day) {
        facts.push(("The middle one of peers", Markup::new(format!("{} a day, of {peers}", money(per_day, currency)))));
    }
    facts.push(("Asked", when(top_up.asked, zone, now)));
    if top_up.state == TopUpState::Open {
        facts.push(("Closes undecided", when(top_up.closes, zone, now)));
        facts.push(("Lies with", Markup::new(desk(top_up.desk))));
    }
    facts
}

/// `POST /approvals/{id}/approve`
pub(crate) async fn approve(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let Ok(amount) = fields.some("amount").map(|text| text.replace(',', "").parse()).transpose() else {
        let what = "an amount is a number, such as 25 or 12.50";
        return again(&by, &id, Wrong::in_field("amount", what, StatusCode::BAD_REQUEST), fields).await;
    };
    let how = ApproveTopUp { amount, reason: fields.some("reason"), pool: fields.some("pool") };
    decide(&by, &id, "approve", &once, &how, fields).await
}

/// `POST /approvals/{id}/deny`
pub(crate) async fn deny(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let why = DenyTopUp { reason: fields.text("why").to_owned() };
    decide(&by, &id, "deny", &once, &why, fields).await
}

async fn decide(
    by: &Visitor,
    id: &str,
    what: &'static str,
    once: &str,
    body: &impl serde::Serialize,
    fields: Fields,
) -> Response {
    match by.ask.done::<TopUp>(Method::POST, &to(&["top-ups", id, what]), once, body).await {
        // What is decided leaves the queue.
        Ok(_) => {
            let word = if what == "deny" { "denied" } else { "approved" };
            see(&sent_from(fields.text("back"), "/approvals", word).without(OPEN).to_string())
        }
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            if what == "deny" && wrong.field == "reason" {
                wrong.field = "why";
            }
            again(by, id, wrong, fields).await
        }
    }
}

/// The form again with what was wrong: where it was sent from, at the right of the queue or on its own page.
async fn again(by: &Visitor, id: &str, wrong: Wrong, fields: Fields) -> Response {
    let status = wrong.status();
    let mut rows = Rows::sent_from(fields.text("back"), "/approvals");
    if rows.wanted() != Some(id) {
        let found = detail(by, id, Place::page(by, ""), Some(wrong), fields).await;
        return by.answer_with(status, found.map(|detail| detail.page(by, None)));
    }
    rows.show(detail(by, id, rows.place(by), Some(wrong), fields).await);
    by.answer_with(status, look_at_all(by, &rows.asked(), rows).await)
}

/// Where one request is decided.
pub(crate) fn address(id: &str) -> String {
    let mut address = "/approvals/".to_owned();
    escape(id, &mut address);
    address
}
