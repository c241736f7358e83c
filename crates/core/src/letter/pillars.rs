//! The clauses about everything but tokens.

use super::{Amounts, Said, Section, clause};
use crate::offer::Content;
use crate::package::{Bonus, Exact, Pillar};

pub(super) fn dates(content: &Content) -> Section {
    let zone = content.zone.name();
    let share = content.package.working_share;
    let time = if share.is_one() {
        "Full working time.".to_owned()
    } else {
        format!("The working share is {share} of full working time. Salary and token budget below are scaled by it.")
    };
    let starts = format!("The first day is {}. Days begin at 00:00 in the time zone {zone}.", content.starts);
    let expires =
        format!("This offer can be accepted before {}; from 00:00 on that day it has expired.", content.expires);
    let clauses =
        vec![clause(1, 1, "Start", starts), clause(1, 2, "Working time", time), clause(1, 3, "Expiry", expires)];
    Section { number: 1, title: "Dates and working time", clauses }
}

pub(super) fn salary(content: &Content, said: &Said<'_>) -> Section {
    let text = match content.package.salary {
        None => "This offer has no salary.".to_owned(),
        Some(full) if content.package.working_share.is_one() => {
            format!("{} for each year.", said.amount(Exact::of(full)))
        }
        Some(full) => format!(
            "{} for each year: {} at full working time, by the working share.",
            said.amount(said.annual.salary),
            said.amount(Exact::of(full))
        ),
    };
    Section { number: 2, title: "Salary", clauses: vec![clause(2, 1, "Amount", text)] }
}

pub(super) fn bonus(content: &Content, said: &Said<'_>) -> Section {
    let text = match content.package.bonus {
        None => "This offer has no bonus.".to_owned(),
        Some(Bonus::Amount(amount)) => {
            format!("{} for each year, for results that are met.", said.amount(Exact::of(amount)))
        }
        Some(Bonus::OfBase(percent)) => format!(
            "{} % of the salary for each year, for results that are met: {}.",
            said.figure(percent),
            said.amount(said.annual.bonus)
        ),
    };
    Section { number: 3, title: "Bonus", clauses: vec![clause(3, 1, "Amount", text)] }
}

pub(super) fn equity(content: &Content, said: &Said<'_>) -> Section {
    let Some(equity) = &content.package.equity else {
        let none = clause(4, 1, "Value", "This offer has no equity.".to_owned());
        return Section { number: 4, title: "Equity", clauses: vec![none] };
    };
    let vesting = equity.vesting;
    let cliff = match vesting.cliff_months {
        0 => String::new(),
        months => format!(" Nothing vests before {months} months; then all of it until there at once."),
    };
    let vests = format!(
        "It vests over {} months, in steps of {} months.{cliff} Its value for one year is {}.",
        vesting.months,
        vesting.every_months,
        said.amount(said.annual.equity)
    );
    let value = format!("{}, the value this offer puts on it.", said.amount(Exact::of(equity.value)));
    let clauses = vec![clause(4, 1, "Value", value), clause(4, 2, "Vesting", vests)];
    Section { number: 4, title: "Equity", clauses }
}

pub(super) fn whole(content: &Content, said: &Said<'_>) -> Section {
    let share =
        said.annual.share(Pillar::Tokens).map(|share| format!("The token budget is {} of it.", said.figure(share)));
    let sum = format!(
        "A whole year of this package is worth {} with the token budget and {} without it. {}",
        said.amount(said.annual.total),
        said.amount(said.annual.without_tokens),
        share.unwrap_or_default()
    );
    let mut clauses = vec![clause(6, 1, "By the year", sum.trim_end().to_owned())];
    if let Some(rate) = &content.package.rate {
        let source = rate.source.as_deref().map(|source| format!(" ({source})")).unwrap_or_default();
        let text = format!(
            "One {} is {} {}, the rate of {}{source}, fixed for this version. A later rate changes nothing in it.",
            content.package.currency.code(),
            rate.rate,
            rate.to.code(),
            rate.on
        );
        clauses.push(clause(6, 2, "Exchange rate", text));
    }
    Section { number: 6, title: "The whole package", clauses }
}

pub(super) fn notes(content: &Content, amounts: Amounts) -> Section {
    let text = match (&content.notes, amounts) {
        (None, _) => "Nothing else is agreed.".to_owned(),
        (Some(_), Amounts::Hidden) => "hidden".to_owned(),
        (Some(notes), Amounts::Shown) => notes.clone(),
    };
    Section { number: 7, title: "Notes", clauses: vec![clause(7, 1, "Notes", text)] }
}
