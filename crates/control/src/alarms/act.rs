//! What is done about alarms: looked at, muted, ruled.

use purser_core::alarm::{AlarmKind, AlarmOn, Found, Preview, Rules};
use purser_core::id::{AlarmId, MuteId};

use super::event::AlarmEvent;
use super::look::{covers, state_of};
use crate::access::{Within, forbidden};
use crate::admins::AdminEvent;
use crate::change::{CommandName, reused};
use crate::control::Control;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{Alarm, AlarmPreview, AlarmPreviewKind, AlarmRules, Mute, NewMute};

/// Mutes that are in force at most: each is looked at for every alarm.
const MUTES_MAX: usize = 1_000;

impl Control {
    /// Somebody has looked at an alarm.
    ///
    /// # Errors
    /// No such alarm among those that are covered; the journal.
    pub(crate) async fn acknowledge_alarm(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
    ) -> Result<Alarm, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let sees = self.sees(now);
        let known = id.trim().parse::<AlarmId>().ok().filter(|id| {
            let admins = self.inner.admins.read();
            admins.alarms.raised.get(id).is_some_and(|raised| {
                let (kind, on) = (raised.found.kind, raised.found.on);
                sees.alarm(&snapshot.directory, kind, on) && covers(&within, &snapshot.directory, on)
            })
        });
        let Some(id) = known else { return Err(no_such(&within, "alarm", "`purser alarm list --all` shows the ids")) };
        self.change(name, move |turn| {
            let by = turn.acting().party();
            let looked = {
                let admins = turn.control().admins.read();
                admins.alarms.raised.get(&id).is_some_and(|one| one.looks.iter().any(|(who, _)| turn.acting().is(who)))
            };
            if !looked {
                let at = turn.now;
                turn.commit_admin(&AdminEvent::Alarm(AlarmEvent::Acknowledged { alarm: id, by, at }))?;
            }
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let admins = control.admins.read();
            let raised = admins.alarms.raised.get(&id);
            let raised = raised.ok_or_else(|| Refused::new(Code::NotFound, "there is no such alarm any more"))?;
            let state = state_of(&admins.alarms, &snapshot.directory, raised, by.person, turn.now);
            Ok(control.show_alarm(id, raised, state))
        })
        .await
    }

    /// Mutes alarms for everybody until a day. Whom they are about can see it.
    ///
    /// # Errors
    /// Nobody of that name or no such unit among those that are covered, a kind that one may not see, a day that is over or
    /// can't be read, [`Code::Conflict`] when there are too many; the journal.
    pub(crate) async fn mute_alarms(
        &self,
        name: Option<CommandName>,
        within: Within,
        new: NewMute,
    ) -> Result<Mute, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let invalid = |message: String, hint: &str| Error::from(Refused::new(Code::Invalid, message).hint(hint));
        let on = match (&new.person, &new.unit) {
            (Some(_), Some(_)) => {
                return Err(invalid("a person and a unit are named".to_owned(), "name one, or neither for everybody"));
            }
            (Some(who), None) => AlarmOn::Person(self.covered_person(&within, who)?),
            (None, Some(unit)) => {
                let unit = self.inner.find_unit(&snapshot, unit);
                match unit {
                    Ok(unit) if within.unit(&snapshot.directory, unit) => AlarmOn::Unit(unit),
                    Err(error) if within.is_everything() => return Err(error),
                    _ => return Err(forbidden("no unit whose alarms you may mute is called that")),
                }
            }
            (None, None) if within.is_everything() => AlarmOn::Company,
            (None, None) => {
                return Err(forbidden("your role sees the people of a unit: name one of them, or the unit"));
            }
        };
        let (sees, directory) = (self.sees(now), &snapshot.directory);
        let seen = AlarmKind::ALL.into_iter().filter(|kind| sees.alarm(directory, *kind, on));
        let kinds: Vec<AlarmKind> = seen.filter(|kind| new.kind.is_none_or(|wanted| wanted == *kind)).collect();
        if kinds.is_empty() {
            return Err(forbidden("alarms that you don't see are not yours to mute"));
        }
        let until = dates::instant(&new.until)?;
        if until <= now {
            return Err(invalid(format!("{until} is over"), "name the first day on which they are raised again"));
        }
        self.change(name, move |turn| {
            let (id, by, at) = (MuteId::new(turn.command.get()), turn.acting().party(), turn.now);
            let (known, full) = {
                let admins = turn.control().admins.read();
                (admins.alarms.mutes.get(&id).cloned(), admins.alarms.mutes.len() >= MUTES_MAX)
            };
            if let Some(known) = known {
                let same = known.on == on && known.kinds == kinds && known.until == until;
                return if same { Ok(turn.control().show_mute(&known)) } else { Err(reused()) };
            }
            if full {
                let message = format!("{MUTES_MAX} mutes are in force");
                return Err(Refused::new(Code::Conflict, message).hint("end some, or mute a whole unit").into());
            }
            turn.commit_admin(&AdminEvent::Alarm(AlarmEvent::Muted { mute: id, on, kinds, until, by, at }))?;
            let admins = turn.control().admins.read();
            let muted = admins.alarms.mutes.get(&id);
            let muted = muted.ok_or_else(|| Refused::new(Code::NotFound, "there is no such mute"))?;
            Ok(turn.control().show_mute(muted))
        })
        .await
    }

    /// Lets alarms be raised again.
    ///
    /// # Errors
    /// No such mute among those that are covered; the journal.
    pub(crate) async fn end_mute(&self, name: Option<CommandName>, within: Within, id: &str) -> Result<Mute, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let sees = self.sees(now);
        let known = id.trim().parse::<MuteId>().ok().and_then(|id| {
            let admins = self.inner.admins.read();
            let muted = admins.alarms.mutes.get(&id).cloned();
            muted.filter(|muted| {
                let all = muted.kinds.iter().all(|kind| sees.alarm(&snapshot.directory, *kind, muted.on));
                all && covers(&within, &snapshot.directory, muted.on)
            })
        });
        let Some(muted) = known else { return Err(no_such(&within, "mute", "`purser alarm mutes` shows the ids")) };
        self.change(name, move |turn| {
            let there = turn.control().admins.read().alarms.mutes.contains_key(&muted.id);
            if there {
                let (by, at) = (turn.acting().party(), turn.now);
                turn.commit_admin(&AdminEvent::Alarm(AlarmEvent::Unmuted { mute: muted.id, by, at }))?;
            }
            Ok(turn.control().show_mute(&muted))
        })
        .await
    }

    /// Sets the rules, all of them, as their next version.
    ///
    /// # Errors
    /// Rules that can't be; the journal.
    pub(crate) async fn set_alarm_rules(&self, name: Option<CommandName>, rules: Rules) -> Result<AlarmRules, Error> {
        checked(&rules)?;
        self.change(name, move |turn| {
            let (before, version) = {
                let admins = turn.control().admins.read();
                (admins.alarms.rules.clone(), admins.alarms.version)
            };
            if before != rules || version == 0 {
                let (version, by, at) = (version.saturating_add(1), turn.acting().party(), turn.now);
                turn.commit_admin(&AdminEvent::Alarm(AlarmEvent::RulesSet { version, rules, by, at }))?;
            }
            Ok(turn.control().show_rules())
        })
        .await
    }

    /// What rules would find now, of everybody. Counts alone: whose alarms they are is not said.
    ///
    /// # Errors
    /// Rules that can't be; the projection.
    pub(crate) async fn preview_alarms(&self, rules: Rules) -> Result<AlarmPreview, Error> {
        checked(&rules)?;
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        self.report(move |inner| {
            inner.read_all_pay(&snapshot)?;
            let directory = &snapshot.directory;
            let in_force = inner.admins.read().alarms.rules.clone();
            let people = directory.people().filter(|person| !person.has_left(now)).count();
            let counted = |rules: &Rules| {
                let found = inner.found(directory, rules, true, now)?;
                let admins = inner.admins.read();
                let told = |one: &&Found| !admins.alarms.is_muted(directory, one, now);
                Ok::<_, Error>(Preview::of(people, found.iter().filter(told)))
            };
            let preview = counted(&rules)?;
            let now_alarmed = if rules == in_force { preview.alarmed } else { counted(&in_force)?.alarmed };
            let kinds = preview.kinds.iter().map(|(kind, share)| AlarmPreviewKind {
                kind: *kind,
                people: share.people,
                alarms: share.alarms,
                critical: share.critical,
            });
            Ok(AlarmPreview {
                said: preview.sentence(),
                people: preview.people,
                alarmed: preview.alarmed,
                alarmed_now: now_alarmed,
                noise: preview.is_noise(),
                kinds: kinds.collect(),
            })
        })
        .await
    }
}

fn checked(rules: &Rules) -> Result<(), Error> {
    let refused = |error: purser_core::alarm::RulesError| Refused::new(Code::Invalid, error.to_string());
    rules.check().map_err(|error| refused(error).into())
}

/// To whom not everything is covered, nothing else is there.
fn no_such(within: &Within, what: &str, hint: &str) -> Error {
    if within.is_everything() {
        return Refused::new(Code::NotFound, format!("there is no such {what}")).hint(hint).into();
    }
    forbidden(format!("no {what} that you may do something about is called that"))
}
