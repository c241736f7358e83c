//! People, their days, what they cost, what their tokens cost, what they achieved.

use std::collections::HashMap;
use std::ops::Range;

use purser_core::directory::{Directory, Person};
use purser_core::id::{GrantId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::roi::{Comparison, Counted, Pair, before_after, with_without};
use purser_core::role::Family;
use purser_core::snapshot::Snapshot;
use purser_store::{Day, Scope};

use crate::control::{Inner, stored};
use crate::error::Error;
use crate::outcomes::Tallies;
use crate::shape::Against;

/// Days of a year, for what of a year's cost is some days' cost.
const YEAR_DAYS: i128 = 365;
/// Days of a week.
const WEEK: i64 = 7;

/// Days since 1970, the last excluded.
pub(super) type Days = Range<i64>;

/// One person in the report.
#[derive(Clone, Debug)]
pub(super) struct Somebody {
    pub(super) id: PersonId,
    pub(super) unit: UnitId,
    pub(super) family: Option<Family>,
    /// The days between which they are here.
    span: (i64, i64),
    /// Days on which they were here, of those that are asked about and of those before.
    here: [u64; 2],
    /// Were they here on all of both?
    throughout: bool,
    /// What they cost in the days that are asked about.
    pub(super) cost: Option<Nano>,
    /// What their tokens cost then.
    pub(super) tokens: Nano,
}

/// Outcomes of one kind, of everybody by their places.
#[derive(Clone, Debug)]
pub(super) struct OfKind {
    pub(super) kind: String,
    /// In the days that are asked about, and in those before.
    counts: Vec<[u64; 2]>,
    pub(super) taken_back: u64,
    pub(super) value: Option<Nano>,
}

impl OfKind {
    /// How many, of those at some places.
    pub(super) fn outcomes(&self, places: impl IntoIterator<Item = usize>) -> u64 {
        let now = |place| self.counts.get(place).map_or(0, |counts: &[u64; 2]| counts[0]);
        places.into_iter().fold(0, |sum, place| sum.saturating_add(now(place)))
    }
}

/// The days of somebody's that lie in some days.
fn here((came, left): (i64, i64), days: &Days) -> u64 {
    u64::try_from(days.end.min(left).saturating_sub(days.start.max(came))).unwrap_or(0)
}

/// The days between which somebody is here: from the first of the offer by which they came, else from when they were added.
fn span(directory: &Directory, person: &Person) -> (i64, i64) {
    // Whoever is made by an acceptance has the bits of the offer, and so has its grant.
    let hired = directory.grant(GrantId::new(person.id.get())).filter(|grant| grant.person == person.id);
    let begins = hired.map_or(i64::MIN, |grant| Day::of(grant.zone.first_instant(grant.starts)).0);
    (Day::of(person.added_at).0.max(begins), person.left_at.map_or(i64::MAX, |left| Day::of(left).0))
}

/// A year's amount for some of its days, half to even.
fn some_days(year: Nano, days: u64) -> Nano {
    let all = i128::from(year.get()).saturating_mul(i128::from(days));
    let (whole, rest) = (all.div_euclid(YEAR_DAYS), all.rem_euclid(YEAR_DAYS));
    let up = rest.saturating_mul(2) > YEAR_DAYS || (rest.saturating_mul(2) == YEAR_DAYS && whole % 2 != 0);
    Nano::new(i64::try_from(whole.saturating_add(i128::from(up))).unwrap_or(i64::MAX))
}

/// Those who were here on some of the days, with what they and their tokens cost.
pub(super) fn people(
    inner: &Inner,
    snapshot: &Snapshot,
    (days, before): (&Days, &Days),
    only: Option<PersonId>,
    counts: impl Fn(&Person) -> bool,
) -> Result<Vec<Somebody>, Error> {
    inner.read_all_pay(snapshot)?;
    let directory = &snapshot.directory;
    let scope = only.map_or(Scope::Company, Scope::Person);
    let spent = inner.reader.usage_by_person(scope, Day(days.start)..Day(days.end)).map_err(stored)?;
    let spent: HashMap<PersonId, Nano> = spent.into_iter().map(|line| (line.of, line.charge)).collect();
    let end = Day(days.end).start();
    let mut all = Vec::new();
    let everybody = directory.people().filter(|person| only.is_none_or(|only| only == person.id));
    for person in everybody.filter(|person| counts(person)) {
        let span = span(directory, person);
        let on = here(span, days);
        if on == 0 {
            continue;
        }
        let was = here(span, before);
        let whole = |days: &Days| u64::try_from(days.end.saturating_sub(days.start)).unwrap_or(0);
        all.push(Somebody {
            id: person.id,
            span,
            unit: directory.unit_of(person, end),
            family: directory.role_of(person.id).map(|role| role.family.clone()),
            here: [on, was],
            throughout: on == whole(days) && was == whole(before),
            cost: inner.yearly_cost(directory, person.id)?.map(|year| some_days(year, on)),
            tokens: spent.get(&person.id).copied().unwrap_or_default(),
        });
    }
    Ok(all)
}

/// What they achieved, by kind, in the order of the kinds' names; of one kind where one is named.
pub(super) fn outcomes(
    tallies: &Tallies,
    people: &[Somebody],
    days: &Days,
    before: &Days,
    kind: Option<&str>,
) -> Vec<OfKind> {
    let places: HashMap<PersonId, usize> = people.iter().enumerate().map(|(place, one)| (one.id, place)).collect();
    let mut kinds: Vec<Option<OfKind>> = tallies.kinds().iter().map(|_| None).collect();
    let both = days.start.min(before.start)..days.end.max(before.end);
    tallies.each(&both, |tally| {
        let Some(place) = places.get(&tally.person) else { return };
        let Some(word) = tallies.kinds().get(tally.kind).filter(|word| kind.is_none_or(|kind| kind == *word)) else {
            return;
        };
        let Some(of) = kinds.get_mut(tally.kind) else { return };
        let of = of.get_or_insert_with(|| OfKind {
            kind: word.clone(),
            counts: vec![[0; 2]; people.len()],
            taken_back: 0,
            value: None,
        });
        let count = u64::from(tally.count);
        let (now, was) = (days.contains(&tally.day), before.contains(&tally.day));
        if tally.back {
            of.taken_back = of.taken_back.saturating_add(if now { count } else { 0 });
            return;
        }
        if let Some([after, before]) = of.counts.get_mut(*place) {
            *after = after.saturating_add(if now { count } else { 0 });
            *before = before.saturating_add(if was { count } else { 0 });
        }
        if now && tally.value.is_positive() {
            of.value = Some(of.value.unwrap_or_default().saturating_add(tally.value));
        }
    });
    let mut kinds: Vec<OfKind> = kinds.into_iter().flatten().collect();
    kinds.sort_by(|a, b| a.kind.cmp(&b.kind));
    kinds
}

/// Of a group: with the same people before, or with those who spent nothing. How many are on the smaller side beside it.
pub(super) fn compared(people: &[Somebody], of: &OfKind, against: Against, seed: u64) -> (Comparison, usize) {
    let counted = |place: usize, time: usize, days: u64| Counted {
        outcomes: of.counts.get(place).and_then(|counts| counts.get(time)).copied().unwrap_or(0),
        days,
    };
    match against {
        Against::Before => {
            let same = people.iter().enumerate().filter(|(_, one)| one.throughout);
            let pairs: Vec<Pair> = same
                .map(|(place, one)| Pair {
                    after: counted(place, 0, one.here[0]),
                    before: counted(place, 1, one.here[1]),
                })
                .collect();
            (before_after(&pairs, seed), pairs.len())
        }
        Against::Without => {
            let side = |with: bool| -> Vec<Counted> {
                let those = people.iter().enumerate().filter(|(_, one)| one.tokens.is_positive() == with);
                those.map(|(place, one)| counted(place, 0, one.here[0])).collect()
            };
            let (with, without) = (side(true), side(false));
            (with_without(&with, &without, seed), with.len().min(without.len()))
        }
    }
}

/// Of one person: the weeks of both times, one beside the other.
pub(super) fn compared_weeks(
    tallies: &Tallies,
    one: &Somebody,
    kind: &str,
    (days, before): (&Days, &Days),
    seed: u64,
) -> Comparison {
    let week = |time: &Days, day: i64| usize::try_from(day.saturating_sub(time.start).div_euclid(WEEK)).ok();
    let weeks = |time: &Days| -> Vec<Counted> {
        let mut weeks = Vec::new();
        let mut start = time.start;
        while start < time.end {
            let end = start.saturating_add(WEEK).min(time.end);
            weeks.push(Counted { outcomes: 0, days: here(one.span, &(start..end)) });
            start = end;
        }
        weeks
    };
    let (mut after, mut earlier) = (weeks(days), weeks(before));
    let both = days.start.min(before.start)..days.end.max(before.end);
    tallies.each(&both, |tally| {
        let is_kind = tallies.kinds().get(tally.kind).is_some_and(|word| word == kind);
        if tally.back || tally.person != one.id || !is_kind {
            return;
        }
        for (time, counted) in [(days, &mut after), (before, &mut earlier)] {
            if time.contains(&tally.day)
                && let Some(week) = week(time, tally.day).and_then(|week| counted.get_mut(week))
            {
                week.outcomes = week.outcomes.saturating_add(u64::from(tally.count));
            }
        }
    });
    let lived = |weeks: Vec<Counted>| -> Vec<Counted> { weeks.into_iter().filter(|week| week.days > 0).collect() };
    with_without(&lived(after), &lived(earlier), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_years_days_are_the_year() {
        let year: Nano = "500000".parse().unwrap();
        assert_eq!(some_days(year, 365), year);
        assert_eq!(some_days(year, 73), "100000".parse().unwrap());
        assert_eq!(some_days(Nano::new(365), 1), Nano::new(1));
        assert_eq!(some_days(year, 1), "1369.863013699".parse().unwrap());
    }
}
