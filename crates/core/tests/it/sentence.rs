//! What people read in their own tool.

use std::fmt::Write as _;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::decision::{Decision, Figures, LimitMet, LimitOf, Names, Refused};
use purser_core::event::Event;
use purser_core::grant::Grant;
use purser_core::id::{GrantId, RunId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::scope::CallScope;
use purser_core::time::Instant;

use crate::company::{ANALYST, KEY, TEAM, at, budget, directory, grant, key, money, zone};

/// Names and somebody to ask.
struct Known;

impl Names for Known {
    fn unit(&self, id: UnitId) -> Option<String> {
        (id == TEAM).then(|| "Research".to_owned())
    }

    fn ask_more(&self) -> Option<&str> {
        Some("the platform team")
    }
}

struct Page;

impl Names for Page {
    fn ask_more(&self) -> Option<&str> {
        Some("https://purser.example/more")
    }
}

fn noon() -> Instant {
    at("2026-11-24T12:00:00Z")
}

/// `code: sentence`, which is always one line.
fn told(decision: &Decision, names: &dyn Names) -> String {
    let sentence = decision.sentence(&zone("Europe/Berlin"), &Currency::usd(), names);
    assert!(!sentence.contains('\n') && sentence.ends_with(['.', '?']), "{sentence}");
    format!("{}: {sentence}", decision.code())
}

fn figures(limit: &str, spent: &str, held: &str, suspense: &str) -> Figures {
    Figures { limit: money(limit), spent: money(spent), held: money(held), suspense: money(suspense) }
}

/// The limit of one grant of the analyst's, as the plan of a call at noon has it.
fn of_grant(grant: Grant, figures: Figures, needed: &str) -> LimitMet {
    let directory = directory(&[Event::GrantMade(grant)]);
    let call = CallScope { provider: "anthropic", model: "claude-sonnet", tool: "other" };
    let plan = directory.plan(&key(&directory), &call, noon()).unwrap();
    LimitMet::of_grants(ANALYST, &plan.grants, &[figures], money(needed))
}

fn of_budget(budget: Budget, figures: Figures) -> LimitMet {
    let directory = directory(&[Event::GrantMade(grant(1)), Event::BudgetSet(budget)]);
    let call = CallScope { provider: "anthropic", model: "claude-sonnet", tool: "codex" };
    let plan = directory.plan(&key(&directory), &call, noon()).unwrap();
    LimitMet::of_leg(&plan.ceilings[0], figures, money("0.50"))
}

#[test]
fn money_that_is_gone_or_set_aside() {
    let every = |cadence, days| Grant { cadence, days, ..grant(1) };
    let gone = figures("20", "20", "0", "0");
    let mut lines = String::new();
    let mut add = |decision: Decision, names: &dyn Names| writeln!(lines, "{}", told(&decision, names)).unwrap();

    add(Decision::Allowed, &());
    add(of_grant(every(Cadence::Day, Days::All), gone, "0.50").decide(), &Known);
    add(of_grant(every(Cadence::Day, Days::All), figures("20", "19.60", "0", "0.40"), "0.50").decide(), &Known);
    add(of_grant(every(Cadence::Day, Days::All), figures("20", "19.876543219", "0", "0"), "0.500001").decide(), &());
    add(of_grant(every(Cadence::Day, Days::Workdays), gone, "0.50").decide(), &Page);
    add(of_grant(every(Cadence::Week, Days::All), gone, "0.50").decide(), &());
    add(of_grant(every(Cadence::Month, Days::All), gone, "0.50").decide(), &Known);
    add(of_grant(every(Cadence::Quarter, Days::All), gone, "0.50").decide(), &Known);
    add(of_grant(every(Cadence::Year, Days::All), gone, "0.50").decide(), &Known);
    add(of_grant(every(Cadence::Once, Days::All), gone, "0.50").decide(), &Known);
    let mut elsewhere = of_grant(grant(1), gone, "0.50");
    elsewhere.not_covering.push(GrantId::new(2));
    add(elsewhere.decide(), &Known);

    add(of_grant(grant(1), figures("20", "12", "8", "0"), "0.50").decide(), &Known);
    add(of_grant(grant(1), figures("20", "11.60", "8", "0.40"), "0.50").decide(), &Known);

    let full = figures("1000", "1000", "0", "0");
    add(of_budget(budget(1, BudgetOn::Unit(TEAM)), full).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Unit(TEAM)), full).decide(), &());
    add(of_budget(budget(1, BudgetOn::Unit(TEAM)), figures("1000", "999", "1", "0")).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Company), full).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Company), figures("1000", "999.90", "0", "0")).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Key(KEY)), full).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Person(ANALYST)), full).decide(), &Known);
    add(of_budget(budget(1, BudgetOn::Person(ANALYST)), figures("1000", "999.90", "0", "0")).decide(), &());
    let run = LimitMet {
        of: LimitOf::Run(RunId::new(1)),
        resets_at: None,
        cadence: None,
        ..of_grant(grant(1), gone, "0.50")
    };
    add(run.decide(), &Known);
    insta::assert_snapshot!(lines);
}

#[test]
fn what_is_kept_for_guarantees_is_said_where_it_is_why() {
    let told_of = |kept: &str, spent: &str| {
        let met = of_budget(budget(1, BudgetOn::Company), figures("600", spent, "0", "0"));
        told(&LimitMet { kept: money(kept), ..met }.decide(), &Known)
    };
    assert!(told_of("400", "600").contains(" $400.00 more is kept for what is guaranteed to others."));
    assert!(told_of("0.40", "599.90").contains(" $0.40 more is kept for what is guaranteed to others."));
    assert!(!told_of("0.30", "599.90").contains("is kept"), "it would not fit with it either");
    assert!(!told_of("0", "600").contains("is kept"));
}

#[test]
fn an_empty_weekend() {
    let sunday = at("2026-11-22T12:00:00Z");
    let directory = directory(&[Event::GrantMade(Grant { days: Days::Workdays, ..grant(1) })]);
    let plan =
        directory.plan(&key(&directory), &CallScope { provider: "a", model: "b", tool: "other" }, sunday).unwrap();
    let met = LimitMet::of_grants(ANALYST, &plan.grants, &[Figures::default()], money("0.01"));
    insta::assert_snapshot!(told(&met.decide(), &Known));
}

/// Grants with different periods are met together: no word for the period, the soonest reset.
#[test]
fn several_grants_at_once() {
    let month = Grant { cadence: Cadence::Month, amount: money("300"), ..grant(2) };
    let directory = directory(&[Event::GrantMade(grant(1)), Event::GrantMade(month)]);
    let plan =
        directory.plan(&key(&directory), &CallScope { provider: "a", model: "b", tool: "other" }, noon()).unwrap();
    let each = [figures("20", "20", "0", "0"), figures("300", "299.80", "0", "0.20")];
    let met = LimitMet::of_grants(ANALYST, &plan.grants, &each, money("0.01"));
    insta::assert_snapshot!(told(&met.decide(), &Known));
}

#[test]
fn what_may_not_be_done_at_all() {
    let at = noon();
    let text = |text: &str| text.to_owned();
    let refusals = [
        Refused::KeyUnknown,
        Refused::KeyRevoked { revoked_at: at },
        Refused::KeyExpired { expired_at: at },
        Refused::PersonLeft { left_at: at },
        Refused::ProviderNotAllowed { provider: text("openai"), allowed: text("every model of anthropic") },
        Refused::ModelNotAllowed { model: text("gpt-5"), allowed: text("claude-*") },
        Refused::NoGrant,
        Refused::GrantNotStarted { starts_at: at },
        Refused::GrantEnded { ended_at: at },
        Refused::NotCovered { model: text("gpt-5"), provider: text("openai"), grants: vec![] },
        Refused::NotCovered { model: text("gpt-5"), provider: text("openai"), grants: vec![GrantId::new(1)] },
        Refused::UnknownModel {
            model: text("claude-sonet"),
            nearest: vec![text("claude-sonnet"), text("claude-opus")],
        },
        Refused::UnknownModel { model: format!("evil`\n{}", "x".repeat(300)), nearest: vec![] },
        Refused::Unmetered { what: text("a stored conversation") },
        Refused::Stopped { what: text("Provider openai") },
        Refused::RateLimited { per_minute: 60, retry_at: Instant::from_micros(at.as_micros() + 1) },
    ];
    let lines: Vec<String> = refusals.iter().map(|refused| told(&refused.clone().into(), &Known)).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let final_ones = refusals.iter().filter(|refused| Decision::from((*refused).clone()).is_final()).count();
    assert_eq!(final_ones, refusals.len() - 1, "all but the rate limit");
}

/// Held as long as it would fit were everything held given back, exhausted from then on.
#[test]
fn the_line_between_held_and_exhausted() {
    let decide = |spent: &str, suspense: &str, needed: &str| {
        of_grant(grant(1), figures("20", spent, "0.10", suspense), needed).decide().code()
    };
    assert_eq!(decide("19.50", "0", "0.50"), "budget_held");
    assert_eq!(decide("19.50", "0", "0.500000001"), "budget_exhausted");
    assert_eq!(decide("19.40", "0.10", "0.50"), "budget_held");
    assert_eq!(decide("19.40", "0.11", "0.50"), "budget_exhausted");
    assert_eq!(decide("20", "0", "0"), "budget_exhausted");
    assert_eq!(decide("21", "0", "0.50"), "budget_exhausted", "overrun");
    assert_eq!(of_grant(grant(1), figures("20", "21", "0", "0"), "1").left(), Nano::ZERO);
}
