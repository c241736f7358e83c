//! Near the limit, one uncertain call at a time: what keeps the overrun of `calibrated` admission to one call.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use purser_core::id::PersonId;

/// Who has an uncertain call under way: one that was let out on less than its bound, with less than the rest of the
/// bound left to grow into.
#[derive(Clone, Default)]
pub(crate) struct Uncertain {
    people: Arc<Mutex<HashSet<PersonId>>>,
}

/// The one place of a person; given back when dropped.
pub(crate) struct OnlyOne {
    uncertain: Uncertain,
    person: PersonId,
}

impl Uncertain {
    /// Takes the person's place, or `None` while another call has it.
    pub(crate) fn enter(&self, person: PersonId) -> Option<OnlyOne> {
        self.people.lock().insert(person).then(|| OnlyOne { uncertain: self.clone(), person })
    }
}

impl Drop for OnlyOne {
    fn drop(&mut self) {
        self.uncertain.people.lock().remove(&self.person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_for_each_person() {
        let (uncertain, somebody) = (Uncertain::default(), PersonId::new(1));
        let place = uncertain.enter(somebody).unwrap();
        assert!(uncertain.enter(somebody).is_none());
        assert!(uncertain.enter(PersonId::new(2)).is_some(), "others are not concerned");
        drop(place);
        assert!(uncertain.enter(somebody).is_some());
    }
}
