//! What rules would do, before they are set.

use std::collections::{BTreeMap, BTreeSet};

use super::{AlarmKind, AlarmOn, Found};
use crate::id::PersonId;

/// What rules would find at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// How many people there are.
    pub people: usize,
    /// People with any alarm.
    pub alarmed: usize,
    /// By kind.
    pub kinds: BTreeMap<AlarmKind, Share>,
}

/// What one kind comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// People with such an alarm.
    pub people: usize,
    /// Such alarms, those of units and of the company too.
    pub alarms: usize,
    /// Of them critical.
    pub critical: usize,
}

impl Preview {
    /// Counts what was found among so many people.
    pub fn of<'a>(people: usize, found: impl IntoIterator<Item = &'a Found>) -> Self {
        let (mut all, mut by_kind) = (BTreeSet::new(), BTreeMap::<AlarmKind, BTreeSet<PersonId>>::new());
        let mut kinds = BTreeMap::<AlarmKind, Share>::new();
        for one in found {
            let share = kinds.entry(one.kind).or_default();
            share.alarms = share.alarms.saturating_add(1);
            share.critical = share.critical.saturating_add(usize::from(one.level == super::Level::Critical));
            if let AlarmOn::Person(person) = one.on {
                all.insert(person);
                by_kind.entry(one.kind).or_default().insert(person);
            }
        }
        for (kind, whose) in by_kind {
            kinds.entry(kind).or_default().people = whose.len();
        }
        Self { people, alarmed: all.len(), kinds }
    }

    /// As people read it: `with these rules 93 of 100 people alarm`.
    pub fn sentence(&self) -> String {
        let Self { people, alarmed, .. } = self;
        format!("with these rules {alarmed} of {people} people alarm")
    }

    /// Do so many alarm that nobody will look at any of it?
    pub fn is_noise(&self) -> bool {
        self.people > 0 && self.alarmed.saturating_mul(4) >= self.people
    }
}
