//! What was settled and commanded lately, so that the same one twice changes nothing more.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::Aside;
use crate::number::{HoldId, Lsn, NumberMap};
use crate::record::Window;

/// A hold that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) at: Instant,
    pub(crate) lsn: Lsn,
    /// What was paid (`amount`), by whom; all eligible grants are kept, for what an adjustment may take.
    pub(crate) paid: Aside,
    pub(crate) overrun: Nano,
}

/// A command that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) at: Instant,
    pub(crate) input: u64,
    pub(crate) lsn: Lsn,
    /// What the call costs since, and the overrun in it; zero for events.
    pub(crate) charge: Nano,
    pub(crate) overrun: Nano,
}

/// Both, and in which order to forget them. Forgetting depends on journal time and counts alone, so replay forgets
/// what the live ledger forgot.
///
/// Ended holds stand in a row, because each is written once, seldom looked at and forgotten in order: only their places
/// are looked up by name, in a table small enough for a processor's cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remembered {
    ended: VecDeque<(HoldId, Ended)>,
    /// Where an ended hold stands, counted from the first that there ever was.
    places: NumberMap<HoldId, u64>,
    /// The place of the first that is still there.
    first: u64,
    /// Hashed with the standard hasher: command ids come from outside.
    done: HashMap<CommandId, Done>,
    done_order: VecDeque<CommandId>,
}

impl Remembered {
    pub(crate) fn ended(&self, id: HoldId) -> Option<&Ended> {
        self.ended.get(self.index(id)?).map(|(_, ended)| ended)
    }

    pub(crate) fn ended_mut(&mut self, id: HoldId) -> Option<&mut Ended> {
        let index = self.index(id)?;
        self.ended.get_mut(index).map(|(_, ended)| ended)
    }

    fn index(&self, id: HoldId) -> Option<usize> {
        usize::try_from(self.places.get(&id)?.checked_sub(self.first)?).ok()
    }

    pub(crate) fn done(&self, command: CommandId) -> Option<&Done> {
        self.done.get(&command)
    }

    /// A hold ends once: the state names no other of the same name.
    pub(crate) fn end(&mut self, id: HoldId, ended: Ended, window: Window) {
        let now = ended.at;
        self.restore_ended(id, ended);
        while let Some((first, oldest)) = self.ended.front() {
            if !is_old(oldest.at, now, window) && !is_over(self.ended.len(), window.settled_max) {
                break;
            }
            self.places.remove(first);
            self.ended.pop_front();
            self.first = self.first.saturating_add(1);
        }
    }

    pub(crate) fn finish(&mut self, command: CommandId, done: Done, window: Window) {
        let now = done.at;
        self.done.insert(command, done);
        self.done_order.push_back(command);
        while let Some(first) = self.done_order.front() {
            let old = self.done.get(first).is_none_or(|d| is_old(d.at, now, window));
            if !old && !is_over(self.done_order.len(), window.commands_max) {
                break;
            }
            self.done.remove(first);
            self.done_order.pop_front();
        }
    }

    /// Oldest first.
    pub(crate) fn all_ended(&self) -> impl ExactSizeIterator<Item = (HoldId, &Ended)> {
        self.ended.iter().map(|(id, ended)| (*id, ended))
    }

    /// Oldest first.
    pub(crate) fn all_done(&self) -> impl ExactSizeIterator<Item = (CommandId, &Done)> {
        self.done_order.iter().map(|id| (*id, self.done.get(id).expect("the order names only what is there")))
    }

    /// Puts one back from a snapshot. `false` when it is there already.
    pub(crate) fn restore_ended(&mut self, id: HoldId, ended: Ended) -> bool {
        let place =
            u64::try_from(self.ended.len()).ok().and_then(|len| self.first.checked_add(len)).unwrap_or(u64::MAX);
        self.ended.push_back((id, ended));
        self.places.insert(id, place).is_none()
    }

    /// Puts one back from a snapshot. `false` when it is there already.
    pub(crate) fn restore_done(&mut self, command: CommandId, done: Done) -> bool {
        self.done_order.push_back(command);
        self.done.insert(command, done).is_none()
    }
}

fn is_old(at: Instant, now: Instant, window: Window) -> bool {
    now.since(at) > Duration::from_secs(u64::from(window.age_s))
}

fn is_over(count: usize, max: u32) -> bool {
    u32::try_from(count).is_ok_and(|count| count > max)
}
