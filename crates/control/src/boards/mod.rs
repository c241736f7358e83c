//! Boards: off until somebody switches them on; on them is who joined, under another name each month, until they leave.
//!
//! The journal has who joined and left, since that is what somebody consented to; it never has what they are called. Names
//! are made from a keyed hash whenever a board is shown, so there is no list of them. Which words somebody chose stands
//! where it can be erased, under an id that only the hash's key leads to.
//!
//! Ranks are rules of `core` (`purser_core::board`); whoever may see a person's outcomes and usage could work a figure out
//! without any board, and boards give them nothing more: no person's id is in an answer, and figures are rounded.

mod load;
mod member;
mod settings;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use purser_core::directory::Directory;
use purser_core::id::{NoteId, PersonId, UnitId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::control::Inner;

pub(crate) use load::Counts;

/// What the journal says about boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum BoardEvent {
    /// Boards are switched on or off.
    Set {
        /// Are there any?
        on: bool,
        /// Units whose people are on none, with all below them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        without: BTreeSet<UnitId>,
        /// When.
        at: Instant,
    },
    /// Somebody wants to be on boards.
    Joined {
        /// Who.
        person: PersonId,
        /// When.
        at: Instant,
    },
    /// Somebody does not want to be on boards any more, or is not here any more.
    Left {
        /// Who.
        person: PersonId,
        /// When.
        at: Instant,
    },
}

/// Who is on boards, if there are any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Boards {
    on: bool,
    without: BTreeSet<UnitId>,
    /// Since when each.
    members: BTreeMap<PersonId, Instant>,
}

impl Boards {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &BoardEvent) {
        match event {
            BoardEvent::Set { on, without, .. } => {
                self.on = *on;
                self.without.clone_from(without);
                // Whoever joined boards that were there then did not join those of later.
                if !on {
                    self.members.clear();
                }
            }
            BoardEvent::Joined { person, at } => {
                self.members.entry(*person).or_insert(*at);
            }
            BoardEvent::Left { person, .. } => {
                self.members.remove(person);
            }
        }
    }

    /// May the people of a unit be on boards?
    fn are_on_in(&self, directory: &Directory, unit: UnitId) -> bool {
        self.on && !directory.units_above(unit).any(|above| self.without.contains(&above.id))
    }
}

impl Inner {
    /// Are there boards? The one switch: whatever shows or changes boards asks here.
    pub(crate) fn boards_are_on(&self) -> bool {
        self.admins.read().boards.on
    }

    /// Bits that only this ledger's key gives: the same for a member on one board, without a likeness to any other's.
    fn board_bits(&self, of: &str, person: PersonId, month: &str) -> u128 {
        let hash = self.keyed_hash(format!("board {of} {month} {person}").as_bytes());
        hash.0.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
    }

    /// Where the words stand that somebody chose for a month.
    fn board_words(&self, person: PersonId, month: &str) -> NoteId {
        NoteId::new(self.board_bits("words", person, month))
    }
}
