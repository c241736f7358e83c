//! `/me`: what is left today, until when, and what is going on.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Balance, DenialPage, Forecast, ForecastPeriod, Grant, Overview, Page, Run};
use purser_core::money::{Currency, Nano};
use purser_core::time::Instant;

use super::{denial, lasting};
use crate::ask::to;
use crate::form::Asked;
use crate::frame::Frame;
use crate::pages::runs::label;
use crate::say::{self, Markup, day, money, percent, span, tokens, when};
use crate::visitor::Visitor;

/// Runs that are shown here; all of them are a click away.
const RUNS_MAX: usize = 8;
/// How far back a refusal is of interest, and what is used to say how many tokens money is.
const DAYS_BACK: u64 = 30;

#[derive(Template)]
#[template(path = "me/today.html")]
struct Today {
    frame: Frame,
    left: Markup,
    in_tokens: Option<Markup>,
    resets: Option<Markup>,
    used: Markup,
    set_aside: Option<Markup>,
    bounded: Option<Markup>,
    used_percent: u8,
    is_out: bool,
    period: Option<Period>,
    burn_down: Option<Markup>,
    month: Option<Month>,
    runs: Vec<RunRow>,
    more_runs: bool,
    grants: Vec<GrantRow>,
    refusal: Option<Refusal>,
}

struct Period {
    ends: Markup,
    left: Markup,
    expected: Markup,
    range: Option<(Markup, Markup)>,
    gone: Option<Markup>,
    within: u8,
}

struct Month {
    spent: Markup,
    expected: Markup,
    workday: Markup,
    today: Markup,
}

struct RunRow {
    id: String,
    label: String,
    charge: Markup,
    calls: String,
    last: String,
    stopped: bool,
}

struct GrantRow {
    amount: Markup,
    per: String,
    left: Markup,
    used_percent: u8,
    resets: Option<Markup>,
    ends: Option<Markup>,
    guaranteed: bool,
    id: String,
}

struct Refusal {
    what: &'static str,
    next: &'static str,
    is_money: bool,
    when: Markup,
    code: String,
    times: u64,
}

/// `GET /me`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, asked.text("done")).await)
}

async fn look(visitor: &Visitor, word: &str) -> Result<Today, Problem> {
    let person = visitor.own()?.id.to_string();
    let of = |what: &str| to(&[what]).with("person", &person);
    let ask = &visitor.ask;
    let since = visitor.now.saturating_sub(std::time::Duration::from_hours(24 * DAYS_BACK));
    let balances: Page<Balance> = ask.get(&of("balances")).await?;
    let grants: Page<Grant> = ask.get(&of("grants")).await?;
    let forecasts: Page<Forecast> = ask.get(&of("forecast")).await?;
    let runs: Page<Run> = ask.get(&of("runs").with("active", true).with("limit", RUNS_MAX)).await?;
    let denials: DenialPage = ask.get(&of("denials").with("from", since).with("limit", 1)).await?;
    let usage: Overview = ask.get(&of("usage").with("from", since)).await?;

    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let balance = balances.items.into_iter().next();
    let funds = balance.as_ref().map(|balance| balance.funds).unwrap_or_default();
    let spendable = balance.as_ref().map_or(Nano::default(), |balance| balance.spendable);
    let used = funds.posted.saturating_add(funds.suspense);
    let forecast = forecasts.items.into_iter().next();
    let burn_down = match &forecast {
        Some(forecast) => lasting::burn_down(visitor, &person, (forecast, balance.as_ref(), &grants.items)).await?,
        None => None,
    };
    Ok(Today {
        burn_down,
        frame: visitor.frame("Your budget today").having(super::done(word)),
        left: money(spendable, currency),
        in_tokens: worth(spendable, &usage).map(tokens),
        resets: balance.as_ref().and_then(|balance| balance.resets_at).map(|at| when(at, zone, now)),
        used: money(used, currency),
        set_aside: funds.held.is_positive().then(|| money(funds.held, currency)),
        bounded: (spendable < funds.available).then(|| money(funds.available, currency)),
        used_percent: percent(used.saturating_add(funds.held), funds.limit),
        is_out: !spendable.is_positive(),
        period: forecast.as_ref().and_then(|forecast| period(forecast, visitor)),
        month: forecast.as_ref().map(|forecast| Month {
            spent: money(forecast.month.spent, currency),
            expected: money(forecast.month.expected, currency),
            workday: money(forecast.workday, currency),
            today: money(forecast.today, currency),
        }),
        more_runs: runs.next.is_some(),
        runs: runs.items.iter().map(|run| run_row(run, currency, now)).collect(),
        grants: balance.map(|balance| grant_rows(&balance, &grants.items, visitor)).unwrap_or_default(),
        refusal: denials.items.into_iter().next().map(|denied| {
            let why = denial::of(&denied.reason);
            let (what, next, is_money) = (why.what, why.next, why.is_money);
            Refusal {
                what,
                next,
                is_money,
                when: when(denied.minute, zone, now),
                code: denied.reason,
                times: denied.count,
            }
        }),
    })
}

/// How many tokens an amount was good for lately, at the mix of models and caches of the person's own calls.
fn worth(amount: Nano, usage: &Overview) -> Option<u64> {
    let used: u64 = usage.items.iter().map(|row| row.input_tokens.saturating_add(row.output_tokens)).sum();
    let (amount, charge) = (u128::try_from(amount.get()).ok()?, u128::try_from(usage.charge.get()).ok()?);
    if used == 0 || usage.next.is_some() {
        return None;
    }
    u64::try_from((amount * u128::from(used)).checked_div(charge)?).ok().filter(|tokens| *tokens > 0)
}

fn period(forecast: &Forecast, visitor: &Visitor) -> Option<Period> {
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let ForecastPeriod { ends, left, comes, expected, low, high, gone, .. } = forecast.period.clone()?;
    Some(Period {
        ends: when(ends, zone, now),
        left: money(left.saturating_add(comes), currency),
        expected: money(expected, currency),
        range: low.zip(high).map(|(low, high)| (money(low, currency), money(high, currency))),
        gone: gone.map(|at| when(at, zone, now)),
        within: forecast.within_percent,
    })
}

fn run_row(run: &Run, currency: &Currency, now: Instant) -> RunRow {
    RunRow {
        id: run.id.to_string(),
        label: label(run),
        charge: money(run.charge, currency),
        calls: say::count(run.calls),
        last: span(run.last, now),
        stopped: run.stop.is_some(),
    }
}

fn grant_rows(balance: &Balance, grants: &[Grant], visitor: &Visitor) -> Vec<GrantRow> {
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let rows = balance.grants.iter().filter_map(|row| {
        let grant = grants.iter().find(|grant| grant.id == row.grant)?;
        let used = row.funds.posted.saturating_add(row.funds.held).saturating_add(row.funds.suspense);
        Some(GrantRow {
            amount: money(grant.amount, currency),
            per: say::per(&grant.per, &grant.days),
            left: money(row.funds.available, currency),
            used_percent: percent(used, row.funds.limit),
            resets: row.resets_at.map(|at| when(at, zone, now)),
            ends: grant.end.map(|at| day(at, zone)),
            guaranteed: grant.guaranteed,
            id: grant.id.to_string(),
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_worth_the_tokens_that_it_bought() {
        let usage = |charge: &str| -> Overview {
            serde_json::from_value(serde_json::json!({
                "items": [{"key": "m", "name": null, "calls": 2, "input_tokens": 900_000, "cached_tokens": 0,
                    "output_tokens": 100_000, "charge": charge}],
                "from": "2026-11-01T00:00:00Z", "to": "2026-11-24T00:00:00Z", "charge": charge, "calls": 2
            }))
            .unwrap()
        };
        assert_eq!(worth(Nano::new(5_000_000_000), &usage("2.50")), Some(2_000_000));
        assert_eq!(worth(Nano::new(5_000_000_000), &usage("0.00")), None);
        assert_eq!(worth(Nano::new(0), &usage("2.50")), None);
    }
}
