//! The report, put together.

use std::collections::BTreeMap;

use purser_core::money::Nano;
use purser_core::package::Exact;
use purser_core::roi::{Case, Comparison, GROUP_MIN, GROUPS_MAX, RESAMPLES};
use purser_core::snapshot::Snapshot;
use purser_store::Day;

use super::ask::{Of, ReturnAsk};
use super::count::{OfKind, Somebody, compared, compared_weeks, outcomes, people};
use super::what_if::{Multiplier, shown_case, thousandths};
use crate::access::{Confidential, Whose, Within};
use crate::control::{Inner, stored};
use crate::error::Error;
use crate::outcomes::Tallies;
use crate::shape::{Against, Basis, Compared, OutcomeLine, ReturnBy, ReturnReport, ReturnRow};
use crate::usage::date_of;

/// From which the random draws of intervals follow: the same question has the same answer.
const SEED: u64 = 20_261_127;

/// Sums of some people.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    people: usize,
    known: usize,
    cost: Nano,
    tokens: Nano,
    tokens_of_known: Nano,
}

impl Sums {
    fn of<'a>(people: impl IntoIterator<Item = &'a Somebody>) -> Self {
        people.into_iter().fold(Self::default(), |mut sums, one| {
            sums.people += 1;
            sums.tokens = sums.tokens.saturating_add(one.tokens);
            if let Some(cost) = one.cost {
                sums.known += 1;
                sums.cost = sums.cost.saturating_add(cost);
                sums.tokens_of_known = sums.tokens_of_known.saturating_add(one.tokens);
            }
            sums
        })
    }

    /// The case of those whose cost is known.
    fn case(&self) -> Option<Case> {
        (self.known > 0).then(|| Case::worth_its_cost(Exact::of(self.cost), Exact::of(self.tokens_of_known)))
    }
}

impl Inner {
    /// Answers a question.
    pub(super) fn returns(&self, snapshot: &Snapshot, within: &Within, ask: &ReturnAsk) -> Result<ReturnReport, Error> {
        let end = Day(ask.days.end).start();
        let only = if let Of::Person(one) = ask.of { Some(one) } else { None };
        let counts = |person: &purser_core::directory::Person| {
            within.counts(&snapshot.directory, person.id) && ask.of.counts(snapshot, person, end)
        };
        let all = people(self, snapshot, (&ask.days, &ask.before), only, counts)?;
        let mut report = self.empty(snapshot, ask);
        if !ask.own && only.is_none() && all.len() < GROUP_MIN {
            report.hidden = true;
            report.notes.push(format!("of fewer than {GROUP_MIN} people nothing is told"));
            return Ok(report);
        }
        let sums = Sums::of(&all);
        let whose = whose(ask);
        let case = sums.case();
        report.people = Some(sums.people);
        report.cost_known = Some(sums.known);
        report.tokens = Some(sums.tokens);
        report.tokens_of_known = Some(sums.tokens_of_known);
        report.cost = Confidential::new((sums.known > 0).then_some(sums.cost), &whose);
        report.break_even = Confidential::new(case.and_then(|case| case.break_even()).map(thousandths), &whose);
        let (kinds, lines) = self
            .with_tallies(|tallies| {
                let kinds = outcomes(tallies, &all, &ask.days, &ask.before, ask.kind.as_deref());
                let lines: Vec<(OutcomeLine, Option<Comparison>)> =
                    kinds.iter().map(|of| line(tallies, &all, of, ask, &sums, &whose)).collect();
                (kinds, lines)
            })
            .map_err(stored)?;
        let mut multipliers = ask.multipliers.clone();
        if let [(line, Some(comparison))] = lines.as_slice() {
            multipliers.extend(measured(&line.kind, comparison));
        }
        let shown = |at: &Multiplier| shown_case(case.as_ref(), at, |figures| Confidential::new(figures, &whose));
        report.cases = multipliers.iter().map(shown).collect();
        report.outcomes = lines.into_iter().map(|(line, _)| line).collect();
        if let Some(by) = ask.by {
            report.rows = self.return_rows(by, &all, &kinds, &whose);
        }
        report.notes.extend(notes(ask, &sums, report.outcomes.len()));
        Ok(report)
    }

    /// A report that tells of nobody yet.
    fn empty(&self, snapshot: &Snapshot, ask: &ReturnAsk) -> ReturnReport {
        let names = self.names.read();
        let about = match &ask.of {
            Of::Everybody => "everybody whom you may ask about".to_owned(),
            Of::Person(one) => names.person_name(*one).unwrap_or_else(|| one.to_string()),
            Of::Unit(unit) => names.unit_name(*unit).unwrap_or_else(|| unit.to_string()),
            Of::Family(family) => family.to_string(),
        };
        let nothing = Whose::new("returns", None, None);
        ReturnReport {
            about,
            from: date_of(Day(ask.days.start)),
            to: date_of(Day(ask.days.end)),
            currency: snapshot.currency.code().to_owned(),
            hidden: false,
            people: None,
            cost_known: None,
            cost: Confidential::new(None, &nothing),
            tokens: None,
            tokens_of_known: None,
            break_even: Confidential::new(None, &nothing),
            cases: Vec::new(),
            outcomes: Vec::new(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn return_rows(&self, by: ReturnBy, all: &[Somebody], kinds: &[OfKind], whose: &Whose) -> Vec<ReturnRow> {
        let mut groups = BTreeMap::<(String, Option<String>), Vec<usize>>::new();
        let names = self.names.read();
        for (place, one) in all.iter().enumerate() {
            let of = match by {
                ReturnBy::Unit => (one.unit.to_string(), names.unit_name(one.unit)),
                ReturnBy::Family => (one.family.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string), None),
            };
            groups.entry(of).or_default().push(place);
        }
        let hidden = hidden(&groups.values().map(Vec::len).collect::<Vec<_>>());
        let rows = groups.into_iter().zip(hidden).map(|(((of, name), places), hidden)| {
            let sums = Sums::of(places.iter().filter_map(|place| all.get(*place)));
            let count = kinds.iter().fold(0_u64, |sum, kind| sum.saturating_add(kind.outcomes(places.iter().copied())));
            let told = |amount| (!hidden).then_some(amount);
            let break_even = sums.case().and_then(|case| case.break_even()).map(thousandths);
            ReturnRow {
                of,
                name,
                hidden,
                people: told(sums.people),
                tokens: (!hidden).then_some(sums.tokens),
                outcomes: (!hidden).then_some(count),
                tokens_per_outcome: each(sums.tokens, count).filter(|_| !hidden),
                break_even: Confidential::new(break_even.filter(|_| !hidden), whose),
            }
        });
        rows.collect()
    }
}

/// Who may see what tells the cost.
fn whose(ask: &ReturnAsk) -> Whose {
    match &ask.of {
        Of::Person(one) => Whose::new(one, Some(*one), None),
        Of::Unit(unit) => Whose::new(unit, None, Some(*unit)),
        Of::Everybody | Of::Family(_) => Whose::new("returns", None, None),
    }
}

/// Which of some groups are hidden: those of fewer than five, and where those together are fewer than five still, the smallest
/// of the others too. Else the few would be what is left of the whole.
fn hidden(sizes: &[usize]) -> Vec<bool> {
    let mut hidden: Vec<bool> = sizes.iter().map(|size| *size < GROUP_MIN).collect();
    let few: usize = sizes.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(size, _)| size).sum();
    if (1..GROUP_MIN).contains(&few) {
        let others = sizes.iter().enumerate().filter(|(place, _)| !hidden.get(*place).copied().unwrap_or(true));
        let smallest = others.min_by_key(|(_, size)| **size).map(|(place, _)| place);
        if let Some(hide) = smallest.and_then(|place| hidden.get_mut(place)) {
            *hide = true;
        }
    }
    hidden
}

/// An amount for each of a count; `None` of none.
fn each(amount: Nano, count: u64) -> Option<Nano> {
    Exact::of(amount).over(i64::try_from(count).ok()?)?.round()
}

fn line(
    tallies: &Tallies,
    all: &[Somebody],
    of: &OfKind,
    ask: &ReturnAsk,
    sums: &Sums,
    whose: &Whose,
) -> (OutcomeLine, Option<Comparison>) {
    let count = of.outcomes(0..all.len());
    let known = all.iter().enumerate().filter(|(_, one)| one.cost.is_some()).map(|(place, _)| place);
    let of_known = of.outcomes(known);
    let cost_and_tokens = sums.cost.saturating_add(sums.tokens_of_known);
    let (comparison, clusters, unit) = if let (Of::Person(_), [one]) = (&ask.of, all) {
        let times = (&ask.days, &ask.before);
        (compared_weeks(tallies, one, &of.kind, times, SEED), usize::MAX, "weeks")
    } else {
        let (comparison, smaller) = compared(all, of, ask.against, SEED);
        (comparison, smaller, "people")
    };
    // A side of a few would tell of them.
    let told = clusters >= GROUP_MIN;
    let against = if unit == "weeks" { Against::Before } else { ask.against };
    let line = OutcomeLine {
        kind: of.kind.clone(),
        outcomes: count,
        taken_back: of.taken_back,
        value: of.value,
        tokens_per_outcome: each(sums.tokens, count),
        cost_per_outcome: Confidential::new(each(cost_and_tokens, of_known).filter(|_| sums.known > 0), whose),
        compared: told.then(|| shown(&comparison, against, unit)),
    };
    (line, told.then_some(comparison))
}

fn shown(comparison: &Comparison, against: Against, unit: &str) -> Compared {
    let interval = comparison.ratio.as_ref().ok();
    let says = match &comparison.ratio {
        Err(too_few) => too_few.to_string(),
        Ok(interval) => {
            let one = Exact::whole(1);
            let beside = if against == Against::Before { "before" } else { "without" };
            if interval.low > one {
                format!("more than {beside}")
            } else if interval.high < one {
                format!("less than {beside}")
            } else {
                format!("can't be told from as many as {beside}")
            }
        }
    };
    Compared {
        against,
        compared: comparison.clusters,
        unit: unit.to_owned(),
        before: comparison.before.outcomes,
        before_days: comparison.before.days,
        after: comparison.after.outcomes,
        after_days: comparison.after.days,
        ratio: interval.map(|interval| thousandths(interval.ratio)),
        low: interval.map(|interval| thousandths(interval.low)),
        high: interval.map(|interval| thousandths(interval.high)),
        says,
        made: interval.map(|_| {
            let of = if comparison.clusters > GROUPS_MAX {
                format!("{GROUPS_MAX} groups made by lot of {unit}")
            } else {
                unit.to_owned()
            };
            format!("95 %, by drawing {RESAMPLES} times from {of} (expanded percentile bootstrap)")
        }),
    }
}

/// What was counted, as multipliers.
fn measured(kind: &str, comparison: &Comparison) -> Vec<Multiplier> {
    let Ok(interval) = &comparison.ratio else { return Vec::new() };
    let at = |basis, what: &str, number| Multiplier {
        basis,
        label: format!("{what} of what was counted here: {kind}"),
        source: None,
        number,
    };
    vec![
        at(Basis::Measured, "the ratio", interval.ratio),
        at(Basis::MeasuredLow, "the lower end", interval.low),
        at(Basis::MeasuredHigh, "the upper end", interval.high),
    ]
}

/// What to know about the figures.
fn notes(ask: &ReturnAsk, sums: &Sums, kinds: usize) -> Vec<String> {
    let mut notes = vec![
        "output is taken to be worth what the people cost; a multiplier says how much more of it there is".to_owned(),
    ];
    let unknown = sums.people.saturating_sub(sums.known);
    if unknown > 0 {
        let are = if unknown == 1 { "person" } else { "people" };
        notes.push(format!("the cost of {unknown} {are} is not known: cases leave them and their tokens out"));
    }
    if kinds > 1 {
        notes.push("kinds are not added up: name one (`kind`) to see cases at what was counted of it".to_owned());
    }
    if kinds > 0 {
        notes.push(match ask.against {
            Against::Before => {
                "before and after differ in more than tokens: seasons, projects, people who learn".to_owned()
            }
            Against::Without => "whoever spends nothing may do other work: this is no trial by lot".to_owned(),
        });
    }
    if sums.tokens.is_zero() {
        notes.push("nothing was spent on tokens in these days".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_few_are_not_what_is_left_of_the_whole() {
        assert_eq!(hidden(&[10, 7, 4]), [false, true, true]);
        assert_eq!(hidden(&[10, 4, 3]), [false, true, true], "seven together tell of nobody");
        assert_eq!(hidden(&[10, 7]), [false, false]);
        assert_eq!(hidden(&[3]), [true]);
        assert!(hidden(&[]).is_empty());
    }
}
