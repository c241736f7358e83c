//! A call without any money left waits, where policy says so, for the decision about what its person has asked for.

use std::time::Duration;

use purser_core::directory::Directory;
use purser_core::id::{PersonId, TopUpId};
use purser_core::money::Currency;
use purser_core::time::Instant;
use purser_core::top_up::State;
use smallvec::SmallVec;

/// The requests that a call has found open.
#[derive(Debug, Default)]
pub(crate) struct Awaited(SmallVec<[TopUpId; 2]>);

/// What there is to wait for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Somebody may still decide.
    Undecided,
    /// Nothing, and nothing was waited for.
    Nothing,
    /// What was waited for came to nothing, in a sentence.
    InVain(String),
}

impl Awaited {
    /// How long a call may wait whose money is gone; nothing where nobody can decide anything.
    pub(crate) fn wait_max(directory: &Directory, person: PersonId, at: Instant) -> Duration {
        let hold = directory.policy_of(person).top_ups.hold;
        let is_open = || directory.undecided_top_ups(person).any(|known| known.is_open(at));
        if hold.is_zero() || !is_open() { Duration::ZERO } else { hold }
    }

    /// Looks what became of the requests, for a call that still has too little.
    pub(crate) fn look(&mut self, directory: &Directory, person: PersonId, currency: &Currency, at: Instant) -> Wait {
        if !directory.policy_of(person).top_ups.hold.is_zero() {
            let open = directory.undecided_top_ups(person).filter(|known| known.is_open(at)).map(|known| known.id);
            let new: SmallVec<[TopUpId; 2]> = open.filter(|id| !self.0.contains(id)).collect();
            self.0.extend(new);
        }
        let known = |id: &TopUpId| directory.top_up(*id);
        if self.0.iter().filter_map(known).any(|known| known.is_open(at)) {
            return Wait::Undecided;
        }
        let last = self.0.iter().rev().filter_map(known).find(|known| !matches!(known.state, State::Approved { .. }));
        last.map_or(Wait::Nothing, |known| {
            let what = match known.state {
                State::Denied(_) => "was denied",
                State::Cancelled { .. } => "was cancelled",
                _ => "was not decided in time",
            };
            let amount = known.amount.for_people(currency);
            Wait::InVain(format!("The request for {amount} more that this call waited for {what}. "))
        })
    }
}
