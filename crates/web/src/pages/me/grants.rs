//! `/me/grants`: what one was granted, in the order in which it is spent.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Balance, DayRemedy, Grant, Page};

use crate::ask::to;
use crate::frame::Frame;
use crate::say::{self, Markup, day, money, percent, when};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "me/grants.html")]
struct Grants {
    frame: Frame,
    running: Vec<Row>,
    others: Vec<Row>,
    json: String,
}

struct Row {
    id: String,
    place: usize,
    amount: Markup,
    per: String,
    left: Option<Markup>,
    released: Option<Markup>,
    used_percent: u8,
    observed: Option<Markup>,
    resets: Option<Markup>,
    start: Markup,
    end: Option<Markup>,
    state: &'static str,
    notes: Vec<String>,
}

/// `GET /me/grants`
pub(crate) async fn show(visitor: Visitor) -> Response {
    visitor.answer(look(&visitor).await)
}

async fn look(visitor: &Visitor) -> Result<Grants, Problem> {
    let person = visitor.own()?.id.to_string();
    let all = to(&["grants"]).with("person", &person);
    let grants: Page<Grant> = visitor.ask.get(&all).await?;
    let balances: Page<Balance> = visitor.ask.get(&to(&["balances"]).with("person", &person)).await?;
    let balance = balances.items.into_iter().next();
    let rows = balance.map(|balance| balance.grants).unwrap_or_default();
    // The API's order is the order in which they are spent.
    let find = |id| grants.items.iter().find(|grant| grant.id == id);
    let running: Vec<Row> = rows
        .iter()
        .filter_map(|row| Some((find(row.grant)?, row)))
        .enumerate()
        .map(|(place, (grant, of))| {
            let used = of.funds.posted.saturating_add(of.funds.held).saturating_add(of.funds.suspense);
            Row {
                left: Some(money(of.funds.available, &visitor.currency)),
                released: Some(money(of.funds.limit, &visitor.currency)),
                used_percent: percent(used, of.funds.limit),
                observed: of.observed.is_positive().then(|| money(of.observed, &visitor.currency)),
                resets: of.resets_at.map(|at| when(at, &visitor.zone, visitor.now)),
                place: place + 1,
                ..row(grant, visitor)
            }
        })
        .collect();
    let runs = |grant: &Grant| rows.iter().any(|row| row.grant == grant.id);
    let others = grants.items.iter().filter(|grant| !runs(grant)).map(|grant| row(grant, visitor)).collect();
    Ok(Grants { frame: visitor.frame("Your grants"), running, others, json: all.link().to_owned() })
}

fn row(grant: &Grant, visitor: &Visitor) -> Row {
    let now = visitor.now;
    let state = match grant {
        Grant { voided: Some(_), .. } => "voided",
        Grant { end: Some(end), .. } if *end <= now => "over",
        Grant { start, .. } if *start > now => "not begun",
        Grant { guaranteed: true, .. } => "guaranteed",
        _ => "",
    };
    Row {
        id: grant.id.to_string(),
        place: 0,
        amount: money(grant.amount, &visitor.currency),
        per: say::per(&grant.per, &grant.days),
        left: None,
        released: None,
        used_percent: 0,
        observed: None,
        resets: None,
        start: day(grant.start, &visitor.zone),
        end: grant.end.map(|at| day(at, &visitor.zone)),
        state,
        notes: notes(grant, visitor),
    }
}

/// What is special about a grant, a sentence each.
fn notes(grant: &Grant, visitor: &Visitor) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(pool) = &grant.pool_name {
        notes.push(format!("The pool “{pool}” has the money for it set aside."));
    }
    if let Some(amount) = grant.rollover {
        let amount = say::money_text(amount, &visitor.currency);
        let periods = grant.rollover_periods.unwrap_or(1);
        let lives = if periods == 1 { "one period more".to_owned() } else { format!("{periods} periods more") };
        notes.push(format!("Up to {amount} of what is unused lives on for {lives}."));
    }
    match grant.remedy {
        Some(DayRemedy::Extends) => notes.push("A day on which it could not be used is added at its end.".to_owned()),
        Some(DayRemedy::Credits) => notes.push("A day on which it could not be used is credited.".to_owned()),
        None => {}
    }
    if grant.share != "100%" {
        notes.push(format!("For {} of a whole working time.", grant.share));
    }
    if let Some(since) = &grant.away_since {
        notes.push(format!("It rests since {since}: you are away."));
    }
    for (what, only) in [("models", &grant.models), ("providers", &grant.providers), ("tools", &grant.tools)] {
        if !only.is_empty() {
            notes.push(format!("It pays for these {what} only: {}.", only.join(", ")));
        }
    }
    notes
}
