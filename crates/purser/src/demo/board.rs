//! What the clients saw, as they saw it: the view reads it, the ledger knows nothing of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use purser_core::money::Nano;
use purser_core::time::Instant;

/// Among so many of the latest, a denial like one before is counted there.
const ALIKE_WITHIN: usize = 12;
/// Decisions kept for the view.
const DECISIONS_MAX: usize = 64;

/// How a call ended for its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered and paid.
    Paid {
        /// What it cost, where it was told.
        charge: Option<Nano>,
        /// The answer was cut down to so many tokens to fit the budget.
        cut_to: Option<String>,
    },
    /// The client hung up; the rest is read and paid without it.
    HungUp,
    /// Purser said no.
    Denied {
        /// The stable code.
        code: String,
        /// The sentence that the client was shown.
        sentence: String,
    },
    /// The provider answered with an error of its own.
    Fault {
        /// Its status.
        status: u16,
    },
    /// No answer came.
    Lost {
        /// Why.
        why: String,
    },
}

/// Who made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// A place in the list of roles.
    pub(crate) role: usize,
    /// The agent, when it was one.
    pub(crate) agent: Option<&'static str>,
    /// The model asked for.
    pub(crate) model: &'static str,
}

/// One call and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// When.
    pub(crate) at: Instant,
    /// Whose.
    pub(crate) caller: Caller,
    /// How.
    pub(crate) outcome: Outcome,
    /// So many alike, one after another.
    pub(crate) times: u64,
}

/// Counts of one role, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Answered and paid.
    pub(crate) paid: u64,
    /// The client hung up.
    pub(crate) hung_up: u64,
    /// Denied for good: the money is gone.
    pub(crate) denied: u64,
    /// Told to try again: the money was only set aside by other calls.
    pub(crate) held: u64,
    /// Errors of the provider.
    pub(crate) faults: u64,
    /// No answer came: never right.
    pub(crate) lost: u64,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        let field = match outcome {
            Outcome::Paid { .. } => &mut self.paid,
            Outcome::HungUp => &mut self.hung_up,
            Outcome::Denied { code, .. } if code == HELD => &mut self.held,
            Outcome::Denied { .. } => &mut self.denied,
            Outcome::Fault { .. } => &mut self.faults,
            Outcome::Lost { .. } => &mut self.lost,
        };
        *field += 1;
    }

    /// Sums.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            paid: self.paid + other.paid,
            hung_up: self.hung_up + other.hung_up,
            denied: self.denied + other.denied,
            held: self.held + other.held,
            faults: self.faults + other.faults,
            lost: self.lost + other.lost,
        }
    }

    /// All calls that were made.
    pub(crate) const fn all(&self) -> u64 {
        self.paid + self.hung_up + self.denied + self.held + self.faults + self.lost
    }
}

/// An agent whose end is of interest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Track {
    /// When it was let loose.
    pub(crate) began: Option<Instant>,
    /// Its last answer that was paid.
    pub(crate) paid_last: Option<Instant>,
    /// When it was first told that its money is gone.
    pub(crate) stopped: Option<Instant>,
    /// How often it was told so.
    pub(crate) denied: u64,
    /// In which words.
    pub(crate) sentence: String,
}

impl Track {
    fn follow(&mut self, at: Instant, outcome: &Outcome) {
        match outcome {
            Outcome::Paid { .. } => self.paid_last = Some(at),
            Outcome::Denied { code, sentence } if code == EXHAUSTED => {
                if self.stopped.is_none() {
                    self.stopped = Some(at);
                    self.sentence.clone_from(sentence);
                }
                self.denied += 1;
            }
            _ => {}
        }
    }
}

/// The code of a refusal because the money is gone.
const EXHAUSTED: &str = "budget_exhausted";
/// The code of a refusal because other calls have set the money aside.
const HELD: &str = "budget_held";

/// The board that all clients write on.
#[derive(Debug)]
pub(crate) struct Board {
    /// The agent whose end is of interest.
    watched: &'static str,
    inner: Mutex<Seen>,
}

/// What stands on the board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// By role.
    pub(crate) tallies: Vec<Tally>,
    /// By role: was the latest call, the watched agent's apart, denied because the money is gone?
    pub(crate) out: Vec<bool>,
    /// The latest decisions, newest first.
    pub(crate) decisions: VecDeque<Decision>,
    /// The watched agent.
    pub(crate) track: Track,
    /// Roles whose morning is not made good yet.
    pub(crate) mornings: usize,
}

impl Board {
    /// An empty board for so many roles.
    pub(crate) fn new(roles: usize, watched: &'static str) -> Self {
        let seen = Seen {
            tallies: vec![Tally::default(); roles],
            out: vec![false; roles],
            mornings: roles,
            ..Seen::default()
        };
        Self { watched, inner: Mutex::new(seen) }
    }

    /// A panic elsewhere leaves the board as readable as before.
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody's morning is made good.
    pub(crate) fn morning_is_over(&self) {
        let mut seen = self.lock();
        seen.mornings = seen.mornings.saturating_sub(1);
    }

    /// The watched agent is let loose.
    pub(crate) fn let_loose(&self, at: Instant) {
        self.lock().track.began = Some(at);
    }

    /// Writes a call down.
    pub(crate) fn note(&self, at: Instant, caller: Caller, outcome: Outcome) {
        let mut inner = self.lock();
        if let Some(tally) = inner.tallies.get_mut(caller.role) {
            tally.count(&outcome);
        }
        if caller.agent == Some(self.watched) {
            inner.track.follow(at, &outcome);
        } else if let Some(out) = inner.out.get_mut(caller.role) {
            *out = matches!(&outcome, Outcome::Denied { code, .. } if code == EXHAUSTED);
        }
        // Somebody who knocks at a closed door again and again is one line.
        if let Some(last) = inner.decisions.iter_mut().take(ALIKE_WITHIN).find(|last| last.caller == caller)
            && is_same_refusal(&last.outcome, &outcome)
        {
            last.at = at;
            last.outcome = outcome;
            last.times += 1;
            return;
        }
        inner.decisions.push_front(Decision { at, caller, outcome, times: 1 });
        inner.decisions.truncate(DECISIONS_MAX);
    }

    /// What stands on it.
    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }
}

fn is_same_refusal(one: &Outcome, other: &Outcome) -> bool {
    matches!(
        (one, other),
        (Outcome::Denied { code: one, .. }, Outcome::Denied { code: other, .. }) if one == other
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knocking_again_is_one_line_and_still_counted() {
        let board = Board::new(2, "night shift");
        let caller = Caller { role: 1, agent: None, model: "m" };
        let no =
            |sentence: &str| Outcome::Denied { code: "budget_exhausted".to_owned(), sentence: sentence.to_owned() };
        board.note(Instant::from_micros(1), caller, Outcome::Paid { charge: None, cut_to: None });
        board.note(Instant::from_micros(2), caller, no("No."));
        board.note(Instant::from_micros(3), Caller { role: 0, ..caller }, Outcome::HungUp);
        board.note(Instant::from_micros(4), caller, no("Still no."));
        let seen = board.seen();
        assert_eq!(seen.tallies[1], Tally { paid: 1, denied: 2, ..Tally::default() });
        assert_eq!(seen.decisions.len(), 3);
        let knocked = seen.decisions.iter().find(|decision| decision.times == 2).unwrap();
        assert_eq!((knocked.at, &knocked.outcome), (Instant::from_micros(4), &no("Still no.")));
        assert_eq!(seen.out, [false, true]);
    }

    #[test]
    fn the_watched_agent_is_followed_to_its_end_and_is_not_its_owner() {
        let board = Board::new(1, "night shift");
        let caller = Caller { role: 0, agent: Some("night shift"), model: "m" };
        let no = |sentence: &str| Outcome::Denied { code: EXHAUSTED.to_owned(), sentence: sentence.to_owned() };
        board.let_loose(Instant::from_micros(1));
        board.note(Instant::from_micros(2), caller, Outcome::Paid { charge: None, cut_to: None });
        board.note(Instant::from_micros(3), caller, no("No."));
        board.note(Instant::from_micros(4), caller, no("Still no."));
        let seen = board.seen();
        let track = Track {
            began: Some(Instant::from_micros(1)),
            paid_last: Some(Instant::from_micros(2)),
            stopped: Some(Instant::from_micros(3)),
            denied: 2,
            sentence: "No.".to_owned(),
        };
        assert_eq!((seen.track, seen.out), (track, vec![false]));
    }
}
