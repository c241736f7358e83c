//! Boards: who gets how much out of their tokens, among those who want to be compared.
//!
//! **Model.** A [`Window`] is a month. Everybody there might be is an [`Entrant`]; [`people`] and [`teams`] make a board of
//! those who joined. A board ranks what came of money or how evenly somebody works, never tokens and never money.
//!
//! **Owns** who is on a board, what is left out as load for show, when a board is hidden, and how figures are shown.
//!
//! **Does not own** where figures come from, who may see boards and what members are called there: names are made by
//! [`pseudonym`] from a secret that `control` has.
//!
//! **Invariants.** Whoever did not join changes nothing of any board. No board, and no team on one, stands for fewer than
//! [`MEMBERS_MIN`] people. What is shown is rounded, so that a board before and after somebody left does not tell their
//! figure. Load that is flagged counts for nothing, on either side of a ratio.
//!
//! Opting in, pseudonyms, a threshold of five and no boards of all time are what is asked of such boards wherever works
//! councils or data protection have a word; that ranking raw tokens makes people burn them is what companies that tried it
//! tell (the leaderboards of 2026).

pub mod pseudonym;
mod rank;
mod score;

#[cfg(test)]
mod tests;

pub use rank::{MEMBERS_MIN, PersonRow, TeamRow, Why, people, teams, why_not};
pub use score::{Counted, Metric, Score};

use crate::id::{PersonId, UnitId};
use crate::time::Instant;

/// The month of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Its first instant (UTC).
    pub start: Instant,
    /// The first instant after it.
    pub end: Instant,
}

/// Somebody who may be on a board or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrant {
    /// Who.
    pub person: PersonId,
    /// Their team.
    pub team: UnitId,
    /// Since when they want to be on boards; `None` for whoever does not, or no longer.
    pub joined: Option<Instant>,
    /// May they be: they are still here, and boards are on where they work.
    pub eligible: bool,
    /// What they did in the window.
    pub counted: Counted,
}

impl Entrant {
    /// Are they on boards of the window? From the month on in which they joined; a month before it is nobody's to show.
    pub fn is_member(&self, window: &Window) -> bool {
        self.eligible && self.joined.is_some_and(|joined| joined < window.end)
    }
}
