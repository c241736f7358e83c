//! Budgets by themselves: which period runs, what it allows, and when it begins anew.

use purser_core::account::Period;
use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::money::Nano;
use purser_core::time::Instant;

use crate::company::{at, budget, money, start};

#[test]
fn a_budget_for_once_has_one_period_from_when_it_was_set() {
    let once = Budget { cadence: Cadence::Once, ..budget(1, BudgetOn::Company) };
    let later = at("2031-07-04T12:00:00Z");
    assert_eq!(once.period_at(later), Period { start: start(), end: Instant::FAR_FUTURE });
    assert_eq!((once.limit_at(later), once.next_release(later)), (money("1000"), None));
}

#[test]
fn a_budget_has_ended_in_the_very_instant_in_which_it_ends() {
    let ended = at("2026-05-01T00:00:00Z");
    let budget = Budget { ended_at: Some(ended), ..budget(1, BudgetOn::Company) };
    let just_before = Instant::from_micros(ended.as_micros() - 1);
    assert!(budget.is_in_force(just_before) && !budget.is_in_force(ended));
}

#[test]
fn a_day_that_does_not_count_allows_nothing() {
    let budget = Budget { cadence: Cadence::Day, days: Days::Workdays, ..budget(1, BudgetOn::Company) };
    let [friday, saturday] = ["2026-05-08T12:00:00Z", "2026-05-09T12:00:00Z"].map(at);
    assert_eq!((budget.limit_at(friday), budget.limit_at(saturday)), (money("1000"), Nano::ZERO));
    assert_eq!(budget.next_release(friday), Some(at("2026-05-10T22:00:00Z")), "on Monday, by the clock in Berlin");
}
