//! Grants: made, listed, voided.

use std::num::NonZeroU8;
use std::sync::Arc;

use jiff::civil::Date;
use purser_core::event::{Event, GrantChange, GrantEvent};
use purser_core::grant::{Grant as Terms, GrantSource, Priority, Release, Rollover, WorkShare};
use purser_core::id::GrantId;
use purser_core::package::Remedy;
use purser_core::role::{FixedCalendar, Place};
use purser_core::scope::{Pattern, Scope};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use crate::access::Within;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::gifts;
use crate::pages::{Part, whole};
use crate::people::known;
use crate::shape::{self, ChangeGrant, DayRemedy, Grant, List, NewGrant, Page, VoidGrant};

impl Control {
    /// Grants of one person or of everybody, in the order they were made.
    ///
    /// # Errors
    /// Nobody or several people are called that.
    pub fn grants(&self, who: Option<&str>) -> Result<List<Grant>, Error> {
        self.grants_page(&Within::Everything, who, &Part::ALL).map(whole)
    }

    /// The same, of those who are covered, in pages.
    pub(crate) fn grants_page(&self, within: &Within, who: Option<&str>, part: &Part) -> Result<Page<Grant>, Error> {
        let snapshot = self.snapshot();
        let mut grants: Vec<Arc<Terms>> = match who {
            Some(who) => snapshot.directory.grants_of(self.inner.find_person(&snapshot, who)?).to_vec(),
            None => snapshot.directory.people().flat_map(|person| person.grants.iter().cloned()).collect(),
        };
        grants.retain(|grant| within.person(&snapshot.directory, grant.person));
        grants.sort_unstable_by_key(|grant| (grant.created_at, grant.id));
        let now = self.inner.clock.now();
        part.of(&grants, |grant| grant.id.to_string(), |grant| Ok(self.inner.show_grant(&snapshot, grant, now)))
    }

    /// Makes a grant.
    ///
    /// # Errors
    /// Nobody of that name, terms that make no sense, or the journal.
    pub async fn add_grant(&self, name: Option<CommandName>, new: NewGrant) -> Result<Grant, Error> {
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let id = GrantId::new(turn.command.get());
            let mut terms = terms(turn, &snapshot, id, &new)?;
            if let Some(made) = snapshot.directory.grant(id) {
                // What only the moment of asking decided is the first asking's.
                terms.created_at = made.created_at;
                terms.calendar.clone_from(&made.calendar);
                terms.life.clone_from(&made.life);
                if new.start.is_none() {
                    terms.starts = made.starts;
                }
                terms.voided_at = made.voided_at;
                let same = terms == **made;
                return if same { Ok(turn.control().show_grant(&snapshot, made, turn.now)) } else { Err(reused()) };
            }
            turn.commit(&Event::GrantMade(terms))?;
            shown(turn, id)
        })
        .await
    }

    /// Voids a grant. One that is void already stays as it is. What it would have released is free in its pool again.
    ///
    /// # Errors
    /// [`Code::Guaranteed`] for a guaranteed grant of somebody who is here and has not agreed, [`Code::Floor`] for one whose
    /// letter has a floor; no such grant, or the journal.
    pub async fn void_grant(&self, name: Option<CommandName>, id: &str, how: VoidGrant) -> Result<Grant, Error> {
        let id = grant_id(id)?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let grant = known(snapshot.directory.grant(id), "grant", &id)?;
            if grant.voided_at.is_none() {
                let person = known(snapshot.directory.person(grant.person), "person", &grant.person)?;
                let is_over = grant.ends_at(&person.zones).is_some_and(|end| end <= turn.now);
                if grant.guaranteed && !how.agreed && !is_over && !person.has_left(turn.now) {
                    return Err(Refused::new(
                        Code::Guaranteed,
                        format!("grant {id} is guaranteed until its term ends"),
                    )
                    .hint("void it with the person's agreement (`--agreed`), or let the person leave")
                    .into());
                }
                let event = Event::GrantVoided { grant: id, at: turn.now };
                above_floor(&snapshot, &event, how.agreed, turn.now)?;
                turn.commit(&event)?;
            }
            shown(turn, id)
        })
        .await
    }
}

impl Control {
    /// Changes a grant by what happens to its person, or shows what it would be: both by the same rules.
    ///
    /// # Errors
    /// [`Code::PoolShort`] when its pool can't pay for it, [`Code::Guaranteed`] and [`Code::Floor`] when it would cut what was
    /// promised and the person has not agreed; no such grant, a day or amount that can't be, or the journal.
    pub async fn change_grant(&self, name: Option<CommandName>, id: &str, asked: ChangeGrant) -> Result<Grant, Error> {
        let id = grant_id(id)?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let grant = known(snapshot.directory.grant(id), "grant", &id)?;
            let person = known(snapshot.directory.person(grant.person), "person", &grant.person)?;
            let change = life_change(&snapshot, &asked.change, grant.day_at(&person.zones, turn.now))?;
            if let Some(made) = grant.life.as_ref().and_then(|life| life.made_by(turn.command)) {
                // Where no day was named it is the first asking's.
                let same = life_change(&snapshot, &asked.change, made.day)? == made.asked;
                return if same { shown(turn, id) } else { Err(reused()) };
            }
            if let GrantChange::ShareSet { share, from } = change.clone()
                && grant.guaranteed
                && share < grant.share_on(from)
                && !asked.agreed
            {
                let message = format!("grant {id} is guaranteed; a smaller working share would cut it");
                return Err(Refused::new(Code::Guaranteed, message)
                    .hint("set it with the person's agreement (`--agreed`)")
                    .into());
            }
            let gift = if let GrantChange::Given { amount, .. } = &change { Some(*amount) } else { None };
            if gift.is_some() && grant.guaranteed && !asked.agreed {
                let message = format!("grant {id} is guaranteed; to give of it would cut it");
                return Err(Refused::new(Code::Guaranteed, message)
                    .hint("give it with the person's agreement (`--agreed`)")
                    .into());
            }
            let event = Event::Grant(GrantEvent { grant: id, command: turn.command, change, at: turn.now });
            above_floor(&snapshot, &event, asked.agreed, turn.now)?;
            let next = turn.preview(&event)?;
            let after = known(next.directory.grant(id), "grant", &id)?;
            if let Some(amount) = gift {
                gifts::has(&turn.control().ledger, grant, person, amount, turn.now)?;
            }
            if asked.preview {
                return Ok(turn.control().show_grant(&next, after, turn.now));
            }
            let kept = gift.map(|amount| gifts::set_aside(turn, grant, person, amount)).transpose()?;
            let done = turn.commit(&event);
            if let Some(kept) = kept {
                gifts::hand_over(turn, if done.is_ok() { after } else { grant }, person, kept)?;
            }
            done?;
            shown(turn, id)
        })
        .await
    }
}

/// Refuses to cut a grant below its letter's floor where its person has not agreed.
fn above_floor(snapshot: &Snapshot, event: &Event, agreed: bool, now: Instant) -> Result<(), Error> {
    if agreed {
        return Ok(());
    }
    snapshot.directory.check_floor(event, now).map_err(|below| {
        Refused::new(Code::Floor, below.to_string())
            .hint("cut it less, or with the person's agreement (`--agreed`)")
            .into()
    })
}

/// What a request stands for, on a day of the person's.
fn life_change(snapshot: &Snapshot, asked: &shape::GrantChange, today: Date) -> Result<GrantChange, Error> {
    let day = |text: &Option<String>| text.as_deref().map_or(Ok(today), dates::day);
    Ok(match asked {
        shape::GrantChange::Share { share, from } => {
            GrantChange::ShareSet { share: work_share(share)?, from: day(from)? }
        }
        shape::GrantChange::Leave { from } => GrantChange::LeaveBegun { from: day(from)? },
        shape::GrantChange::Back { on } => GrantChange::LeaveEnded { on: day(on)? },
        shape::GrantChange::Extend { days } => GrantChange::Extended { days: *days },
        shape::GrantChange::Credit { amount } => GrantChange::Credited { amount: *amount },
        shape::GrantChange::Advance { amount } => GrantChange::Advanced { amount: *amount },
        shape::GrantChange::Remedy { day: on } => GrantChange::Remedied { day: day(on)? },
        shape::GrantChange::Calendar { place } => {
            let calendar = calendar(snapshot, place, today)?;
            GrantChange::CalendarSet { calendar }
        }
        shape::GrantChange::Give { to, amount } => GrantChange::Given { to: grant_id(to)?, amount: *amount },
    })
}

/// The calendar that a place has now, for what begins on a day.
fn calendar(snapshot: &Snapshot, place: &str, begins: Date) -> Result<Arc<FixedCalendar>, Error> {
    let invalid = |message: String| Error::from(Refused::new(Code::Invalid, message));
    let place: Place = place.parse().map_err(|error: purser_core::role::NameError| invalid(error.to_string()))?;
    let found = snapshot.directory.roles().places.get(&place).ok_or_else(|| {
        Refused::new(Code::NotFound, format!("there is no calendar of `{place}`"))
            .hint("`purser role list` shows the places that have one")
    })?;
    Ok(Arc::new(found.fixed(&place, begins)))
}

/// What lives on, where that was asked for.
fn rollover(new: &NewGrant) -> Result<Option<Rollover>, Error> {
    let Some(max) = new.rollover else {
        return match new.rollover_periods {
            None => Ok(None),
            Some(_) => Err(Refused::new(Code::Invalid, "periods of a rollover stand without its cap")
                .hint("say how much of a period may live on: `--rollover 100`")
                .into()),
        };
    };
    let periods = NonZeroU8::new(new.rollover_periods.unwrap_or(1));
    let periods =
        periods.ok_or_else(|| Refused::new(Code::Invalid, "a rollover of no periods is none; leave it out"))?;
    Ok(Some(Rollover { max, periods }))
}

/// `80%`
fn work_share(text: &str) -> Result<WorkShare, Error> {
    text.parse().map_err(|message: String| Refused::new(Code::Invalid, message).into())
}

impl Inner {
    pub(crate) fn show_grant(&self, snapshot: &Snapshot, grant: &Terms, now: Instant) -> Grant {
        let whose = snapshot.directory.person(grant.person);
        let today = whose.map_or(&grant.zone, |person| person.zone(now)).date(now);
        let rhythm = whose.map(|person| grant.rhythm(&person.zones));
        let ends = grant.term().ends.map(|ends| grant.zone.first_instant(ends));
        let ends = ends.filter(|end| *end < Instant::FAR_FUTURE);
        let running = rhythm.and_then(|rhythm| rhythm.period_at(now)).filter(|_| !grant.is_voided(now));
        Grant {
            id: grant.id,
            person: grant.person,
            person_name: self.names.read().person_name(grant.person),
            amount: grant.amount,
            per: word(grant.cadence),
            days: word(grant.days),
            place: grant.calendar_now().map(|calendar| calendar.place.to_string()),
            calendar_version: grant.calendar_now().map(|calendar| calendar.version),
            start: rhythm.map_or_else(|| grant.zone.first_instant(grant.starts), |rhythm| rhythm.starts_at()),
            end: ends,
            priority: grant.priority.get(),
            models: patterns_shown(&grant.scope.models),
            providers: patterns_shown(&grant.scope.providers),
            tools: patterns_shown(&grant.scope.tools),
            share: grant.share_on(today).to_string(),
            rollover: grant.rollover.map(|rollover| rollover.max),
            rollover_periods: grant.rollover.map(|rollover| rollover.periods.get()),
            remedy: grant.remedy.map(|remedy| match remedy {
                Remedy::Extends => DayRemedy::Extends,
                Remedy::Credits => DayRemedy::Credits,
            }),
            away_since: grant.life.as_ref().and_then(|life| life.away_since()).map(|day| day.to_string()),
            allowance: running.map(|running| grant.allowance(&running)),
            guaranteed: grant.guaranteed,
            floor: snapshot.directory.floor_of(grant),
            pool: grant.pool,
            pool_name: grant.pool.and_then(|pool| self.names.read().pool_name(pool)),
            voided: grant.voided_at,
        }
    }
}

fn shown(turn: &Turn<'_>, id: GrantId) -> Result<Grant, Error> {
    let snapshot = turn.snapshot();
    let grant = known(snapshot.directory.grant(id), "grant", &id)?;
    Ok(turn.control().show_grant(&snapshot, grant, turn.now))
}

/// The terms that a request stands for.
pub(crate) fn terms(turn: &Turn<'_>, snapshot: &Snapshot, id: GrantId, new: &NewGrant) -> Result<Terms, Error> {
    let person = turn.control().find_person(snapshot, &new.person)?;
    let zone = known(snapshot.directory.person(person), "person", &person)?.zone(turn.now).clone();
    let release = release(&new.amount, new.days.as_deref())?;
    let priority = match new.priority {
        None => Priority::default(),
        Some(number) => Priority::try_from(number).map_err(|message| Refused::new(Code::Invalid, message))?,
    };
    let pool = match &new.pool {
        Some(pool) => Some(turn.control().find_pool(snapshot, pool)?),
        None if new.guaranteed => Some(Inner::default_pool(&snapshot.directory)?),
        None => None,
    };
    let starts = new.start.as_deref().map_or_else(|| Ok(zone.date(turn.now)), dates::day)?;
    let calendar = match &new.place {
        Some(_) if release.days == purser_core::calendar::Days::All => {
            let refused = Refused::new(Code::Invalid, "holidays change nothing where every day counts");
            return Err(refused.hint("leave the place out, or write the amount by workday").into());
        }
        place => place.as_deref().map(|place| calendar(snapshot, place, starts)).transpose()?,
    };
    Ok(Terms {
        id,
        person,
        amount: release.amount,
        cadence: release.cadence,
        days: release.days,
        calendar,
        starts,
        ends: new.end.as_deref().map(dates::day).transpose()?,
        zone,
        priority,
        scope: Arc::new(scope(&new.models, &new.providers, &new.tools)?),
        guaranteed: new.guaranteed,
        pool,
        source: GrantSource::Manual,
        note: None,
        created_at: turn.now,
        voided_at: None,
        share: new.share.as_deref().map_or(Ok(WorkShare::FULL), work_share)?,
        rollover: rollover(new)?,
        remedy: new.remedy.map(|remedy| match remedy {
            DayRemedy::Extends => Remedy::Extends,
            DayRemedy::Credits => Remedy::Credits,
        }),
        life: None,
    })
}

/// `20/day`, and which days when that is said apart.
pub(crate) fn release(amount: &str, days: Option<&str>) -> Result<Release, Error> {
    let mut release: Release = amount
        .parse()
        .map_err(|error: purser_core::grant::ReleaseError| Refused::new(Code::Invalid, error.to_string()))?;
    if let Some(days) = days {
        let said = serde_json::from_value(days.into()).map_err(|_| {
            Refused::new(Code::Invalid, format!("`{days}` are no days that count")).hint("write all or workdays")
        })?;
        // `20/workday` says it already; `all` is what is meant where nothing is said.
        if said != purser_core::calendar::Days::All {
            release.days = said;
        }
    }
    Ok(release)
}

/// Patterns of models, providers and tools.
pub(crate) fn scope(models: &[String], providers: &[String], tools: &[String]) -> Result<Scope, Error> {
    let read = |texts: &[String]| {
        texts
            .iter()
            .map(|text| text.parse::<Pattern>().map_err(|error| Refused::new(Code::Invalid, error.to_string()).into()))
            .collect::<Result<Vec<_>, Error>>()
    };
    Ok(Scope { models: read(models)?, providers: read(providers)?, tools: read(tools)? })
}

/// Patterns as texts.
pub(crate) fn patterns_shown(patterns: &[Pattern]) -> Vec<String> {
    patterns.iter().map(ToString::to_string).collect()
}

/// The one word that a value of few is written as in JSON.
pub(crate) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn grant_id(text: &str) -> Result<GrantId, Error> {
    text.trim().parse().map_err(|error: purser_core::id::IdError| {
        Refused::new(Code::Invalid, error.to_string()).hint("`purser grant list` shows the ids").into()
    })
}
