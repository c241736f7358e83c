//! What a run did, so that a run that exercised nothing is seen.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

/// Every fault and event that must have happened in a long run.
pub const EXPECTED: [&str; 61] = [
    "answers: another model served",
    "answers: beyond belief",
    "answers: cut",
    "answers: doubled by a lie",
    "answers: lost",
    "answers: repeated",
    "answers: stalled",
    "answers: whole",
    "audited: acknowledgements, none before its sync",
    "audited: denials",
    "audited: records",
    "calls: acknowledged",
    "calls: clamped",
    "calls: denied for good",
    "calls: denied for now",
    "calls: fell back",
    "calls: grew",
    "calls: overran",
    "calls: parked",
    "calls: period over",
    "calls: released",
    "calls: settled",
    "changes: below a floor",
    "changes: in several records",
    "changes: lost in a crash",
    "changes: no room for a guarantee",
    "changes: refused",
    "clock: jumps ahead",
    "clock: jumps back",
    "clock: midnights",
    "closings",
    "commands: adjust",
    "commands: conflict refused",
    "commands: event",
    "commands: repeated",
    "commands: resolve",
    "commands: reverse",
    "commands: write-off",
    "crash: failed start",
    "crash: in the middle of a sync",
    "crash: kill",
    "crash: power loss",
    "crash: rest",
    "disk: early pages",
    "disk: failed syncs",
    "disk: full",
    "disk: garbage pages",
    "disk: lost pages",
    "disk: stray pages",
    "disk: syncs",
    "disk: syncs taking time",
    "disk: torn pages",
    "event: grant.calendar_set",
    "event: grant.given",
    "event: offer.accepted",
    "event: pool.accounted",
    "guarantees: beside other money in one call",
    "guarantees: where others have nothing left",
    "limits changed",
    "snapshots: started from",
    "suspense: slices",
];

impl Tally {
    /// One more.
    pub fn note(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    /// So many more.
    pub fn add(&mut self, what: &'static str, by: u64) {
        *self.0.entry(what).or_default() += by;
    }

    /// How many.
    #[must_use]
    pub fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.add(what, *count));
    }

    /// What of [`EXPECTED`] never happened.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        EXPECTED.into_iter().filter(|what| self.count(what) == 0).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, count)| writeln!(f, "{count:>12}  {what}"))
    }
}
