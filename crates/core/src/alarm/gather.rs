//! Where hardly anybody uses what they were given, it is not about persons.

use super::{AlarmKind, AlarmOn, Found, Level, Window};
use crate::money::Nano;

/// So many at least, and one of so many people: then it is the budgets, the access or the rule. Judgements.
const AT_LEAST: usize = 10;
const PART: usize = 4;

/// The same, but where a quarter of all people would be asked whether anything is missing, nobody is, and the company is told
/// once. What is critical stays as it is.
pub fn gathered(found: Vec<Found>, people: usize) -> Vec<Found> {
    let is_one = |one: &Found| {
        one.kind == AlarmKind::UnderUse && one.level == Level::Warn && matches!(one.on, AlarmOn::Person(_))
    };
    let (told, mut rest): (Vec<Found>, Vec<Found>) = found.into_iter().partition(is_one);
    let Some(window) = told.first().map(|one| one.window) else { return rest };
    if told.len() < AT_LEAST || told.len().saturating_mul(PART) < people {
        rest.extend(told);
        return rest;
    }
    rest.push(of_company(&told, people, window));
    rest
}

fn of_company(told: &[Found], people: usize, window: Window) -> Found {
    let sum = |amount: fn(&Found) -> Nano| told.iter().map(amount).fold(Nano::ZERO, Nano::saturating_add);
    let seen = format!(
        "{} of {people} people hardly use what was there in the last weeks: so many that it is the budgets, the access or the \
         rule, and no person was asked",
        told.len()
    );
    Found {
        kind: AlarmKind::UnderUse,
        level: Level::Warn,
        on: AlarmOn::Company,
        of: None,
        window,
        percent: None,
        used: sum(|one| one.used),
        out_of: sum(|one| one.out_of),
        gone: None,
        seen: Some(seen),
    }
}
