//! What the journal says of alarms, and what it amounts to.

use std::collections::BTreeMap;
use std::time::Duration;

use purser_core::alarm::{AlarmKind, AlarmOn, Found, Rules};
use purser_core::directory::Directory;
use purser_core::id::{AlarmId, MuteId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::Party;

/// How long alarms are kept in memory after their time is over. The journal keeps them for good.
const KEPT: Duration = Duration::from_hours(92 * 24);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AlarmEvent {
    /// Alarms were raised.
    Raised {
        /// Which.
        alarms: Vec<Found>,
        /// When.
        at: Instant,
    },
    /// Somebody has looked.
    Acknowledged {
        /// At which.
        alarm: AlarmId,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
    /// None are raised for a while.
    Muted {
        /// Its id.
        mute: MuteId,
        /// Whose.
        on: AlarmOn,
        /// Of which kinds.
        kinds: Vec<AlarmKind>,
        /// Until when.
        until: Instant,
        /// Who said so.
        by: Party,
        /// When.
        at: Instant,
    },
    /// They are raised again.
    Unmuted {
        /// Which.
        mute: MuteId,
        /// Who said so.
        by: Party,
        /// When.
        at: Instant,
    },
    /// Other rules hold.
    RulesSet {
        /// Which version they are.
        version: u32,
        /// The rules, all of them.
        rules: Rules,
        /// Who set them.
        by: Party,
        /// When.
        at: Instant,
    },
}

/// An alarm that was raised.
#[derive(Clone, Debug)]
pub(super) struct Raised {
    pub(super) found: Found,
    pub(super) at: Instant,
    /// Who has looked, and when; each once.
    pub(super) looks: Vec<(Party, Instant)>,
}

/// Something that mutes alarms.
#[derive(Clone, Debug)]
pub(super) struct Muted {
    pub(super) id: MuteId,
    pub(super) on: AlarmOn,
    pub(super) kinds: Vec<AlarmKind>,
    pub(super) until: Instant,
    pub(super) by: Party,
    pub(super) at: Instant,
}

/// The alarms of this ledger.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    pub(super) raised: BTreeMap<AlarmId, Raised>,
    pub(super) mutes: BTreeMap<MuteId, Muted>,
    pub(super) rules: Rules,
    pub(super) version: u32,
    pub(super) set: Option<(Party, Instant)>,
}

impl Alarms {
    pub(crate) fn apply(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Raised { alarms, at } => {
                self.raised.retain(|_, raised| raised.found.window.to.saturating_add(KEPT) > *at);
                for found in alarms {
                    let raised = Raised { found: found.clone(), at: *at, looks: Vec::new() };
                    self.raised.entry(found.name()).or_insert(raised);
                }
            }
            AlarmEvent::Acknowledged { alarm, by, at } => {
                if let Some(raised) = self.raised.get_mut(alarm) {
                    raised.looks.push((*by, *at));
                }
            }
            AlarmEvent::Muted { mute, on, kinds, until, by, at } => {
                self.mutes.retain(|_, muted| muted.until > *at);
                let muted = Muted { id: *mute, on: *on, kinds: kinds.clone(), until: *until, by: *by, at: *at };
                self.mutes.insert(*mute, muted);
            }
            AlarmEvent::Unmuted { mute, .. } => {
                self.mutes.remove(mute);
            }
            AlarmEvent::RulesSet { version, rules, by, at } => {
                (self.version, self.set) = (*version, Some((*by, *at)));
                self.rules.clone_from(rules);
            }
        }
    }

    /// Is such an alarm muted?
    pub(super) fn is_muted(&self, directory: &Directory, found: &Found, at: Instant) -> bool {
        let covers = |muted: &&Muted| match (muted.on, found.on) {
            (AlarmOn::Company, _) => true,
            (AlarmOn::Unit(unit), AlarmOn::Unit(of)) => directory.units_above(of).any(|above| above.id == unit),
            (AlarmOn::Unit(unit), AlarmOn::Person(person)) => directory.person(person).is_some_and(|person| {
                directory.units_above(directory.unit_of(person, at)).any(|above| above.id == unit)
            }),
            (on, of) => on == of,
        };
        let in_force = |muted: &&Muted| at < muted.until && muted.kinds.contains(&found.kind);
        self.mutes.values().filter(in_force).any(|muted| covers(&muted))
    }
}
