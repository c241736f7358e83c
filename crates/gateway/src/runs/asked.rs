//! Limits that a request sets for its run. They can only lower what the policy allows.

use std::str::FromStr;

use purser_core::money::Nano;
use purser_core::run::RunLimits;
use purser_providers::RunFacts;

use crate::refuse::Refused;

/// The limits in the request's headers.
pub(crate) fn limits(said: &RunFacts<'_>) -> Result<RunLimits, Refused> {
    Ok(RunLimits {
        money: said.budget.map(money).transpose()?,
        tokens: number("x-purser-run-tokens", said.tokens)?,
        requests: number("x-purser-run-requests", said.requests)?,
        minutes: number("x-purser-run-minutes", said.minutes)?,
        depth: number("x-purser-run-depth", said.depth)?,
        children: number("x-purser-run-children", said.children)?,
    })
}

fn money(text: &str) -> Result<Nano, Refused> {
    let amount = text.parse::<Nano>().ok().filter(|amount| !amount.is_negative());
    amount.ok_or_else(|| Refused::bad_limit("x-purser-run-budget", text, "an amount such as 5.00"))
}

fn number<T: FromStr>(header: &str, text: Option<&str>) -> Result<Option<T>, Refused> {
    let read = |text: &str| text.trim().parse().map_err(|_| Refused::bad_limit(header, text, "a whole number"));
    text.map(read).transpose()
}
