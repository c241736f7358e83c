//! `/team`: who is blocked, who is about to run out, who may want help; in the works council's profile sums alone.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use purser_control::shape::{Alarm, Balance, Budget, Forecast, Page, PrivacySettings, TopUp};
use purser_control::{Code, Permission, Problem, Profile, Role};

use crate::ask::to;
use crate::frame::Frame;
use crate::say::{Markup, money, percent, when};
use crate::visitor::Visitor;

/// Rows of each list; how many there are is said above.
const FEW: usize = 6;
/// Rows of the table of everybody, and of budgets.
const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "team/team.html")]
struct Team {
    frame: Frame,
    people: usize,
    blocked: Vec<Somebody>,
    blocked_count: usize,
    running_out: Vec<Somebody>,
    running_out_count: usize,
    under: Vec<Quiet>,
    under_count: usize,
    under_hint: Option<String>,
    sums_only: bool,
    waiting: usize,
    budgets: Vec<BudgetRow>,
    units: Vec<UnitRow>,
    everybody: Vec<Somebody>,
    json: String,
}

struct Somebody {
    name: String,
    left: Markup,
    released: Markup,
    used_percent: u8,
    when: Option<Markup>,
}

struct Quiet {
    name: String,
    seen: String,
}

struct BudgetRow {
    owner: String,
    per: String,
    left: Markup,
    amount: Markup,
    held: Markup,
    used_percent: u8,
}

struct UnitRow {
    name: String,
    today: Markup,
    spent: Markup,
    expected: Markup,
}

/// `GET /team`
pub(crate) async fn show(visitor: Visitor) -> Response {
    visitor.answer(look(&visitor).await)
}

async fn look(visitor: &Visitor) -> Result<Team, Problem> {
    if visitor.me.roles.iter().all(|given| given.role == Role::Employee) {
        return Err(Problem {
            code: Code::Forbidden,
            message: "you lead nobody here: what is your own is under “My budget”".to_owned(),
            hint: None,
        });
    }
    let (ask, currency) = (&visitor.ask, &visitor.currency);
    let all = to(&["balances"]);
    let balances: Page<Balance> = ask.get(&all).await?;
    let forecasts: Page<Forecast> = ask.get(&to(&["forecast"]).with("by", "person")).await?;
    let units: Page<Forecast> = ask.get(&to(&["forecast"]).with("by", "unit")).await?;
    let budgets: Page<Budget> = ask.get(&to(&["budgets"])).await?;
    let waiting: Page<TopUp> = ask.get(&to(&["top-ups"]).with("state", "open").with("limit", 1)).await?;
    let privacy: PrivacySettings = ask.get(&to(&["privacy"])).await?;
    let mut quiet: Vec<Alarm> = Vec::new();
    if visitor.may(Permission::UnderUseRead) {
        quiet = ask.get::<Page<Alarm>>(&to(&["alarms"]).with("kind", "under_use")).await?.items;
    }
    // Whoever has the least of what they were given comes first.
    let forecast_of: HashMap<&str, &Forecast> =
        forecasts.items.iter().filter_map(|forecast| Some((forecast.id.as_deref()?, forecast))).collect();
    let mut people: Vec<(&Balance, Option<&Forecast>)> = balances
        .items
        .iter()
        .map(|balance| (balance, forecast_of.get(balance.person.to_string().as_str()).copied()))
        .collect();
    people.sort_by_key(|(balance, _)| (!balance.funds.limit.is_positive(), 100 - used(balance), balance.spendable));
    let is_blocked = |balance: &Balance| balance.funds.limit.is_positive() && !balance.spendable.is_positive();
    let gone = |forecast: Option<&Forecast>| forecast.and_then(|forecast| forecast.period.as_ref()?.gone);
    let shown = |(balance, forecast): &(&Balance, Option<&Forecast>)| Somebody {
        name: balance.name.clone().unwrap_or_else(|| balance.person.to_string()),
        left: money(balance.spendable, currency),
        released: money(balance.funds.limit, currency),
        used_percent: used(balance),
        when: gone(*forecast).or(balance.resets_at).map(|at| when(at, &visitor.zone, visitor.now)),
    };
    let blocked: Vec<_> = people.iter().filter(|(balance, _)| is_blocked(balance)).collect();
    let running_out: Vec<_> =
        people.iter().filter(|(balance, forecast)| !is_blocked(balance) && gone(*forecast).is_some()).collect();
    Ok(Team {
        frame: visitor.frame("Team"),
        people: balances.total,
        sums_only: privacy.profile == Profile::WorksCouncil,
        blocked_count: blocked.len(),
        blocked: blocked.into_iter().take(FEW).map(shown).collect(),
        running_out_count: running_out.len(),
        running_out: running_out.into_iter().take(FEW).map(shown).collect(),
        under_count: quiet.len(),
        under_hint: quiet.first().map(|alarm| alarm.hint.clone()),
        under: quiet.into_iter().take(FEW).map(hardly).collect(),
        waiting: waiting.total,
        budgets: budgets
            .items
            .iter()
            .filter(|budget| budget.ended.is_none())
            .take(ROWS)
            .filter_map(|budget| of(budget, visitor))
            .collect(),
        units: units
            .items
            .iter()
            .map(|unit| UnitRow {
                name: unit.name.clone().unwrap_or_default(),
                today: money(unit.today, currency),
                spent: money(unit.month.spent, currency),
                expected: money(unit.month.expected, currency),
            })
            .collect(),
        everybody: people.iter().take(ROWS).map(shown).collect(),
        json: all.link().to_owned(),
    })
}

fn used(balance: &Balance) -> u8 {
    percent(balance.funds.posted.saturating_add(balance.funds.held), balance.funds.limit)
}

fn hardly(alarm: Alarm) -> Quiet {
    Quiet { name: alarm.name.unwrap_or_default(), seen: alarm.seen }
}

fn of(budget: &Budget, visitor: &Visitor) -> Option<BudgetRow> {
    let funds = budget.funds?;
    Some(BudgetRow {
        owner: budget.owner_name.clone().unwrap_or_else(|| budget.owner.clone()),
        per: crate::say::per(&budget.per, &budget.days),
        left: money(funds.available, &visitor.currency),
        amount: money(budget.amount, &visitor.currency),
        held: money(funds.held.saturating_add(funds.suspense), &visitor.currency),
        used_percent: percent(funds.limit.saturating_sub(funds.available), funds.limit),
    })
}
