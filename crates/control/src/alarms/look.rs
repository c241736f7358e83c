//! Who sees which alarm, and as what.

use purser_core::alarm::{AlarmKind, AlarmOf, AlarmOn};
use purser_core::directory::Directory;
use purser_core::id::{AlarmId, PersonId, UnitId};
use purser_core::time::Instant;

use super::event::{Alarms, Muted, Raised};
use crate::access::{Permission, Within, forbidden};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{Alarm, AlarmLook, AlarmRules, AlarmState, Mute, Page, WantedAlarms};

/// What whoever asks may see.
pub(super) struct Sees {
    /// Alarms about money that goes.
    pub(super) money: Within,
    /// Those about money that does not: for the person, and for whoever can help.
    pub(super) under_use: Within,
    /// Whoever asks.
    pub(super) own: Option<PersonId>,
}

impl Sees {
    pub(super) const fn of(&self, kind: AlarmKind) -> &Within {
        match kind {
            AlarmKind::UnderUse => &self.under_use,
            AlarmKind::Used | AlarmKind::RunsOut | AlarmKind::Speed => &self.money,
        }
    }

    pub(super) fn alarm(&self, directory: &Directory, kind: AlarmKind, on: AlarmOn) -> bool {
        covers(self.of(kind), directory, on)
    }
}

/// Does a right cover somebody's alarms?
pub(super) fn covers(within: &Within, directory: &Directory, on: AlarmOn) -> bool {
    match on {
        AlarmOn::Company => within.is_everything(),
        AlarmOn::Unit(unit) => within.unit(directory, unit),
        AlarmOn::Person(person) => within.person(directory, person),
    }
}

impl Control {
    pub(super) fn sees(&self, now: Instant) -> Sees {
        Sees {
            money: self.acting.within(Permission::AlarmsRead, now),
            under_use: self.acting.within(Permission::UnderUseRead, now),
            own: self.acting.person,
        }
    }

    /// Alarms of whoever is covered, the latest first, in pages.
    ///
    /// # Errors
    /// Nobody of that name among them.
    pub(crate) fn alarms_page(&self, within: &Within, wanted: WantedAlarms) -> Result<Page<Alarm>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let person = wanted.person.as_deref().map(|who| self.covered_person(within, who)).transpose()?;
        let (sees, directory) = (self.sees(now), &snapshot.directory);
        let admins = self.inner.admins.read();
        let alarms = &admins.alarms;
        let mut some: Vec<(AlarmId, &Raised, AlarmState)> = alarms
            .raised
            .iter()
            .filter(|(_, raised)| {
                wanted.kind.is_none_or(|kind| raised.found.kind == kind)
                    && person.is_none_or(|person| raised.found.on == AlarmOn::Person(person))
                    && sees.alarm(directory, raised.found.kind, raised.found.on)
            })
            .map(|(id, raised)| (*id, raised, state_of(alarms, directory, raised, sees.own, now)))
            .filter(|(.., state)| wanted.all || *state == AlarmState::Open)
            .collect();
        some.sort_unstable_by_key(|(id, raised, _)| (std::cmp::Reverse((raised.at, raised.found.level)), *id));
        let part = Part::new(wanted.limit, wanted.after);
        part.of(&some, |(id, ..)| id.to_string(), |(id, raised, state)| Ok(self.inner.show_alarm(*id, raised, *state)))
    }

    /// One alarm, whatever has become of it.
    ///
    /// # Errors
    /// No such alarm among those that are covered.
    pub(crate) fn alarm(&self, within: &Within, id: &str) -> Result<Alarm, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let (sees, directory) = (self.sees(now), &snapshot.directory);
        let admins = self.inner.admins.read();
        let known = id.trim().parse().ok().and_then(|id: AlarmId| Some((id, admins.alarms.raised.get(&id)?)));
        let seen = known.filter(|(_, raised)| sees.alarm(directory, raised.found.kind, raised.found.on));
        let Some((id, raised)) = seen else {
            let hint = "`purser alarm list --all` shows the ids; alarms are kept for 92 days after their time";
            if within.is_everything() {
                return Err(Refused::new(Code::NotFound, "there is no such alarm").hint(hint).into());
            }
            return Err(forbidden("no alarm that you may see is called that"));
        };
        Ok(self.inner.show_alarm(id, raised, state_of(&admins.alarms, directory, raised, sees.own, now)))
    }

    /// What is muted, of whoever is covered, in pages.
    pub(crate) fn mutes_page(&self, part: &Part) -> Result<Page<Mute>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let sees = self.sees(now);
        let admins = self.inner.admins.read();
        let seen = |muted: &&Muted| {
            let any = muted.kinds.iter().any(|kind| sees.alarm(&snapshot.directory, *kind, muted.on));
            now < muted.until && any
        };
        let mut mutes: Vec<&Muted> = admins.alarms.mutes.values().filter(seen).collect();
        mutes.sort_unstable_by_key(|muted| (muted.at, muted.id));
        part.of(&mutes, |muted| muted.id.to_string(), |muted| Ok(self.inner.show_mute(muted)))
    }

    /// The rules in force.
    pub(crate) fn alarm_rules(&self) -> AlarmRules {
        self.inner.show_rules()
    }
}

/// What has become of an alarm, for whoever asks: that its own person has looked settles it for nobody else, and that
/// somebody else has settles it for them.
pub(super) fn state_of(
    alarms: &Alarms,
    directory: &Directory,
    raised: &Raised,
    own: Option<PersonId>,
    now: Instant,
) -> AlarmState {
    let whose = match raised.found.on {
        AlarmOn::Person(person) => Some(person),
        _ => None,
    };
    let counts = |by: Option<PersonId>| whose.is_none() || by != whose || own == whose;
    if raised.looks.iter().any(|(by, _)| counts(by.person)) {
        AlarmState::Acknowledged
    } else if raised.found.window.to <= now {
        AlarmState::Past
    } else if alarms.is_muted(directory, &raised.found, now) {
        AlarmState::Muted
    } else {
        AlarmState::Open
    }
}

impl Inner {
    pub(super) fn show_alarm(&self, id: AlarmId, raised: &Raised, state: AlarmState) -> Alarm {
        let found = &raised.found;
        let (person, unit, name) = self.whose_alarm(found.on);
        let (grant, budget) = match found.of {
            Some(AlarmOf::Grant(grant)) => (Some(grant), None),
            Some(AlarmOf::Budget(budget)) => (None, Some(budget)),
            None => (None, None),
        };
        let looks = raised.looks.iter().map(|(by, at)| AlarmLook {
            by: by.actor.to_string(),
            name: by.person.and_then(|person| self.names.read().person_name(person)),
            at: *at,
        });
        Alarm {
            id,
            kind: found.kind,
            level: found.level,
            state,
            person,
            unit,
            name,
            grant,
            budget,
            from: found.window.from,
            to: found.window.to,
            percent: found.percent,
            used: found.used,
            out_of: found.out_of,
            gone: found.gone,
            raised: raised.at,
            seen: found.sentence(),
            hint: found.kind.hint().to_owned(),
            acknowledged: looks.collect(),
        }
    }

    pub(super) fn show_mute(&self, muted: &Muted) -> Mute {
        let (person, unit, name) = self.whose_alarm(muted.on);
        let (kinds, by) = (muted.kinds.clone(), muted.by.actor.to_string());
        Mute { id: muted.id, person, unit, name, kinds, until: muted.until, by, at: muted.at }
    }

    pub(super) fn show_rules(&self) -> AlarmRules {
        let admins = self.admins.read();
        let alarms = &admins.alarms;
        let (by, at) = alarms.set.map_or((None, None), |(by, at)| (Some(by.actor.to_string()), Some(at)));
        AlarmRules { version: alarms.version, rules: alarms.rules.clone(), by, at }
    }

    fn whose_alarm(&self, on: AlarmOn) -> (Option<PersonId>, Option<UnitId>, Option<String>) {
        let names = self.names.read();
        match on {
            AlarmOn::Company => (None, None, None),
            AlarmOn::Unit(unit) => (None, Some(unit), names.unit_name(unit)),
            AlarmOn::Person(person) => (Some(person), None, names.person_name(person)),
        }
    }
}
