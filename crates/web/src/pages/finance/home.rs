//! `/finance`: is the month on budget, and does the ledger match the bill?

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use purser_control::Problem;
use purser_control::shape::{
    Budget, Forecast, Liability, LiabilityRow, List, Overview, Page, ProviderReconciled, Reconciliation,
};
use purser_core::bill::Cause;
use purser_core::money::Nano;
use purser_core::zone::Zone;

use crate::ask::to;
use crate::chart::{self, BurnDown, Kind, Left, Outlook, Spec, Step, Unit, Waterfall};
use crate::frame::Frame;
use crate::say::{Markup, count, money, percent};
use crate::visitor::Visitor;

/// Rows of a table here.
const ROWS: usize = 10;
/// Models that have a step of their own in the waterfall.
const STEPS: usize = 4;

#[derive(Template)]
#[template(path = "finance/home.html")]
struct Home {
    frame: Frame,
    spent: Markup,
    expected: Option<Markup>,
    range: Option<(Markup, Markup, u8)>,
    budget: Option<BudgetLine>,
    providers: Vec<ProviderLine>,
    invoices: (usize, usize),
    year: i16,
    total: LiabilityLine,
    unfunded: Option<Markup>,
    pools: Vec<LiabilityLine>,
    units: Vec<UnitLine>,
    units_total: Markup,
    burn_down: Option<Markup>,
    change: Markup,
}

struct BudgetLine {
    amount: Markup,
    available: Markup,
    used_percent: u8,
}

/// How the ledger stands to one provider's reports.
pub(crate) struct ProviderLine {
    pub(crate) name: String,
    pub(crate) word: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) ledger: Markup,
    pub(crate) bill: Markup,
    pub(crate) difference: Markup,
    pub(crate) days: String,
}

struct LiabilityLine {
    name: String,
    grants: usize,
    granted: Markup,
    used: Markup,
    outstanding: Markup,
}

struct UnitLine {
    name: String,
    calls: String,
    charge: Markup,
    share: u8,
}

/// `GET /finance`
pub(crate) async fn show(visitor: Visitor) -> Response {
    visitor.answer(look(&visitor).await)
}

async fn look(visitor: &Visitor) -> Result<Home, Problem> {
    let ask = &visitor.ask;
    let bill: Reconciliation = ask.get(&to(&["bills", "reconciliation"]).with("limit", 1)).await?;
    let owed: Liability = ask.get(&to(&["pools", "liability"]).with("limit", ROWS)).await?;
    let budgets: List<Budget> = ask.get(&to(&["budgets"])).await?;
    let forecasts: Page<Forecast> = ask.get(&to(&["forecast"]).with("by", "company")).await?;
    let units: Overview = ask.get(&to(&["usage"]).with("by", "unit").with("limit", ROWS)).await?;
    let days: Overview = ask.get(&to(&["usage"]).with("by", "day")).await?;

    let currency = &visitor.currency;
    let amount = |nano: Nano| money(nano, currency);
    let budget = budgets.items.iter().find(|budget| {
        budget.owner == "company" && budget.tool.is_none() && budget.per == "month" && budget.ended.is_none()
    });
    let forecast = forecasts.items.first();
    let month = forecast.map(|forecast| &forecast.month);
    let today = Zone::UTC.date(visitor.now);
    Ok(Home {
        frame: visitor.frame("Finance"),
        spent: amount(days.charge),
        expected: month.map(|month| amount(month.expected)),
        range: month.and_then(|month| {
            Some((amount(month.low?), amount(month.high?), forecast.map_or(0, |forecast| forecast.within_percent)))
        }),
        budget: budget.map(|budget| BudgetLine {
            amount: amount(budget.amount),
            available: amount(budget.funds.as_ref().map_or(budget.amount, |funds| funds.available)),
            used_percent: percent(budget.funds.as_ref().map_or(Nano::ZERO, |funds| funds.posted), budget.amount),
        }),
        providers: bill.providers.iter().map(|provider| provider_line(provider, visitor)).collect(),
        invoices: (bill.invoices.iter().filter(|invoice| !invoice.agrees).count(), bill.invoices.len()),
        year: owed.year,
        total: liability(&owed.total, visitor),
        unfunded: owed.unfunded.outstanding.is_positive().then(|| amount(owed.unfunded.outstanding)),
        pools: owed.items.iter().map(|row| liability(row, visitor)).collect(),
        units: units
            .items
            .iter()
            .map(|row| UnitLine {
                name: row
                    .name
                    .clone()
                    .unwrap_or_else(|| if row.key.is_empty() { "no unit".to_owned() } else { row.key.clone() }),
                calls: count(row.calls),
                charge: amount(row.charge),
                share: percent(row.charge, units.charge),
            })
            .collect(),
        units_total: amount(units.charge),
        burn_down: budget.map(|budget| burn_down(budget, &days, forecast, today, visitor)),
        change: change(visitor, today).await?,
    })
}

/// Nothing but roundings, and there is a bill: it agrees.
pub(crate) fn provider_line(provider: &ProviderReconciled, visitor: &Visitor) -> ProviderLine {
    let is_rounding = provider.causes.iter().all(|sum| sum.cause == Cause::Rounding);
    let (word, mark) = match provider.cost_days {
        0 => ("no bill yet", "warn"),
        _ if is_rounding => ("agrees", "good"),
        _ => ("differs", "bad"),
    };
    ProviderLine {
        name: provider.provider.clone(),
        word,
        mark,
        ledger: money(provider.ledger, &visitor.currency),
        bill: money(provider.bill, &visitor.currency),
        difference: money(provider.difference, &visitor.currency),
        days: format!("{} of {}", provider.cost_days, provider.ledger_days.max(provider.cost_days)),
    }
}

fn liability(row: &LiabilityRow, visitor: &Visitor) -> LiabilityLine {
    LiabilityLine {
        name: row
            .name
            .clone()
            .unwrap_or_else(|| if row.key.is_empty() { "without a pool".to_owned() } else { row.key.clone() }),
        grants: row.grants,
        granted: money(row.granted, &visitor.currency),
        used: money(row.used, &visitor.currency),
        outstanding: money(row.outstanding, &visitor.currency),
    }
}

fn drawn(id: &str, title: &str, kind: Kind) -> Markup {
    Markup::new(chart::svg(&Spec { id: id.to_owned(), title: title.to_owned(), kind }).html())
}

/// The company's budget of the month, by what was charged on each day; of the forecast the month's end is known.
fn burn_down(budget: &Budget, days: &Overview, forecast: Option<&Forecast>, today: Date, visitor: &Visitor) -> Markup {
    let mut charged: Vec<(Date, i64)> =
        days.items.iter().filter_map(|row| Some((row.key.parse().ok()?, row.charge.get()))).collect();
    charged.sort_unstable_by_key(|(date, _)| *date);
    let whole = budget.amount.get();
    let mut left = whole;
    let mut line = Vec::new();
    let mut charged = charged.into_iter().peekable();
    let mut date = today.first_of_month();
    while date <= today {
        while let Some((_, charge)) = charged.next_if(|(on, _)| *on <= date) {
            left = left.saturating_sub(charge);
        }
        line.push(Left { date, left });
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    let ends = today.last_of_month();
    let month = forecast.map(|forecast| &forecast.month).filter(|_| today < ends);
    let outlook = month.and_then(|month| {
        let left = |spent: Nano| whole.saturating_sub(spent.get());
        Some(Outlook { date: ends, low: left(month.high?), middle: left(month.expected), high: left(month.low?) })
    });
    drawn(
        "month",
        "What is left of the company's month",
        Kind::BurnDown(BurnDown {
            unit: Unit::Money(visitor.currency.clone()),
            starts: today.first_of_month(),
            ends,
            released: whole,
            floor: None,
            left: line,
            forecast: outlook.into_iter().collect(),
            within: forecast.map_or(0, |forecast| forecast.within_percent),
            runs_out: None,
        }),
    )
}

/// This month so far beside as many days of the month before, model by model.
async fn change(visitor: &Visitor, today: Date) -> Result<Markup, Problem> {
    let first = today.first_of_month();
    let tomorrow = today.tomorrow().unwrap_or(today);
    let before = first.yesterday().map_or(first, Date::first_of_month);
    // As many days, as far as the month before has them.
    let before_to = jiff::Span::new().try_days(i64::from(today.day())).and_then(|days| before.checked_add(days));
    let before_to = before_to.unwrap_or(first).min(first);
    let asked = |from: Date, to_day: Date| to(&["usage"]).with("by", "model").with("from", from).with("to", to_day);
    let now: Overview = visitor.ask.get(&asked(first, tomorrow)).await?;
    let then: Overview = visitor.ask.get(&asked(before, before_to)).await?;
    let mut changes = std::collections::BTreeMap::<&str, i64>::new();
    for (rows, sign) in [(&now.items, 1), (&then.items, -1)] {
        for row in rows {
            let change = changes.entry(row.name.as_deref().unwrap_or(&row.key)).or_default();
            *change = change.saturating_add(row.charge.get().saturating_mul(sign));
        }
    }
    let mut changes: Vec<(&str, i64)> = changes.into_iter().filter(|(_, change)| *change != 0).collect();
    changes.sort_by_key(|(_, change)| std::cmp::Reverse(change.unsigned_abs()));
    let mut steps: Vec<Step> =
        changes.iter().take(STEPS).map(|(name, change)| Step { name: (*name).to_owned(), change: *change }).collect();
    let named = steps.iter().fold(0_i64, |sum, step| sum.saturating_add(step.change));
    let rest = now.charge.saturating_sub(then.charge).get().saturating_sub(named);
    if rest != 0 {
        steps.push(Step { name: "others".to_owned(), change: rest });
    }
    let name = |date: Date, last: Date| format!("{}–{}", date.strftime("%-d"), last.strftime("%-d %b"));
    Ok(drawn(
        "change",
        "From the month before to this one",
        Kind::Waterfall(Waterfall {
            unit: Unit::Money(visitor.currency.clone()),
            from: name(before, before_to.yesterday().unwrap_or(before_to)),
            first: then.charge.get(),
            steps,
            to: name(first, today),
        }),
    ))
}
