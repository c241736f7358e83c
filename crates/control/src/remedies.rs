//! Days on which a promise could not be used: found from what is recorded, made good by the terms.
//!
//! What is known of a day is what was denied and what was charged. A day was *unusable* for somebody when calls of theirs
//! were denied for a reason that is the company's (the provider could not be reached, Purser's journal could not take
//! calls, money that was there and set aside) and nothing was served to them all day. Such a day is made good without
//! anybody asking, once: the directory refuses the second time, whoever asks.
//!
//! What can't be known is not guessed. Nobody called: perhaps because nothing worked. The gateway itself was down: what
//! reaches nobody is written by nobody. A provider answered with an error of its own: that passes unchanged and leaves no
//! trace. A day without any working key is shown, and left to people: not to ask for a key is one's right. So is a stop: whoever
//! placed it knows why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::civil::Date;
use purser_core::directory::{Directory, EventError, LifeError, Person};
use purser_core::event::{Event, GrantChange, GrantEvent};
use purser_core::grant::Grant;
use purser_core::id::{CommandId, GrantId, PersonId};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::DenialSum;

use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{PromiseUsable, Remedies, RemedyDay, RemedyState, WantedRemedies};

/// Reasons that are the company's, or its provider's. Denials of money that was there count besides.
pub(crate) const FAULTS: [&str; 3] = ["provider_unreachable", "provider_timed_out", "unavailable"];
/// The days that the job looks back on: longer than Purser is ever stopped unnoticed.
const LOOK_BACK: Duration = Duration::from_hours(8 * 24);
/// How often the job looks.
const EACH: Duration = Duration::from_hours(1);
/// A day is looked at so long after its end: what was denied in its last minute is written by then.
const SETTLES: Duration = Duration::from_mins(10);
/// Days made good at once; the next run goes on.
const AT_ONCE: usize = 500;
/// Days asked about at once.
const DAYS_MAX: i64 = 400;

impl Control {
    /// The days in some days on which guaranteed grants could not be used, and what becomes of them. Changes nothing.
    ///
    /// # Errors
    /// Days that can't be read, or too many of them; the projection.
    pub async fn remedies(&self, wanted: WantedRemedies) -> Result<Remedies, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let range = range_of(&wanted, now)?;
        self.report(move |inner| inner.remedies(&snapshot, range, now)).await
    }

    /// Makes good what of these days is due, and says what became of each. A second time there is nothing left to do.
    ///
    /// # Errors
    /// As for [`Control::remedies`]; the journal.
    pub async fn make_good(&self, wanted: WantedRemedies) -> Result<Remedies, Error> {
        let found = self.remedies(wanted.clone()).await?;
        let due: Vec<_> = found.items.iter().filter(|day| day.state == RemedyState::Due).collect();
        let days: Vec<(GrantId, Date)> =
            due.iter().filter_map(|day| Some((day.grant, day.day.parse().ok()?))).take(AT_ONCE).collect();
        for (grant, day) in days {
            self.make_day_good(grant, day).await?;
        }
        self.remedies(wanted).await
    }

    /// Makes good by itself what is due of the last days; once an hour, however often it is called. Says how many days.
    ///
    /// # Errors
    /// The projection or the journal.
    pub async fn apply_remedies(&self) -> Result<usize, Error> {
        let now = self.inner.clock.now();
        let last = Instant::from_micros(self.inner.remedied.load(Ordering::Relaxed));
        if now < last.saturating_add(EACH) {
            return Ok(0);
        }
        self.inner.remedied.store(now.as_micros(), Ordering::Relaxed);
        let snapshot = self.snapshot();
        let range = now.saturating_sub(LOOK_BACK)..now;
        let found = self.report(move |inner| inner.remedies(&snapshot, range, now)).await?;
        let due = found.items.into_iter().filter(|day| day.state == RemedyState::Due);
        let mut made = 0;
        for day in due.take(AT_ONCE) {
            if let Ok(date) = day.day.parse() {
                made += usize::from(self.make_day_good(day.grant, date).await?);
            }
        }
        Ok(made)
    }

    /// Asks for the remedy of one day. One that was made good meanwhile stays as it is, and so does one that its pool can't
    /// pay for any more: the list says so.
    async fn make_day_good(&self, grant: GrantId, day: Date) -> Result<bool, Error> {
        self.change(None, move |turn| {
            let event = remedy(grant, day, turn.command, turn.now);
            if turn.preview(&event).is_err() {
                return Ok(false);
            }
            match turn.commit(&event) {
                Ok(()) => Ok(true),
                Err(Error::Refused(_)) => Ok(false),
                Err(failed) => Err(failed),
            }
        })
        .await
    }
}

fn remedy(grant: GrantId, day: Date, command: CommandId, at: Instant) -> Event {
    Event::Grant(GrantEvent { grant, command, change: GrantChange::Remedied { day }, at })
}

/// What was denied to somebody on a day.
#[derive(Default)]
struct Denied {
    count: u64,
    reasons: BTreeSet<String>,
}

impl Inner {
    fn remedies(&self, snapshot: &Snapshot, range: Range<Instant>, now: Instant) -> Result<Remedies, Error> {
        let directory = &snapshot.directory;
        let mut items = Vec::new();
        let promised: Vec<&Person> = directory
            .people()
            .filter(|person| person.grants.iter().any(|grant| grant.guaranteed))
            .map(|person| &**person)
            .collect();
        let sums = if promised.is_empty() {
            Vec::new()
        } else {
            self.reader.denial_sums(range.clone(), &FAULTS).map_err(stored)?
        };
        let denied = by_day(directory, &sums);
        let usable = self.usable(&promised, &sums, &range)?;
        let keys = working_keys(directory);
        for person in promised {
            let remedied: Vec<_> =
                person.grants.iter().filter(|grant| grant.guaranteed && grant.remedy.is_some()).collect();
            if remedied.is_empty() {
                continue;
            }
            for (day, begins, ends) in days_of(person, &range) {
                if ends.saturating_add(SETTLES) > now {
                    continue;
                }
                let theirs = denied.get(&(person.id, day));
                let has_key = keys
                    .get(&person.id)
                    .is_some_and(|keys| keys.iter().any(|(from, until)| *from < ends && *until > begins));
                if theirs.is_none() && has_key {
                    continue;
                }
                let served = self.reader.figures(person.id, begins..ends).map_err(stored)?;
                let is_served = |of: &purser_store::Figures| of.charge.is_positive() || of.input + of.output > 0;
                if served.iter().any(is_served) {
                    continue;
                }
                for grant in &remedied {
                    if let Some(state) = state_of(directory, grant, day, theirs.is_some(), now) {
                        items.push(self.remedy_day(person, grant, day, theirs, state));
                    }
                }
            }
        }
        Ok(Remedies { items, usable, from: range.start, to: range.end })
    }

    fn remedy_day(
        &self,
        person: &Person,
        grant: &Grant,
        day: Date,
        denied: Option<&Denied>,
        (state, why): (RemedyState, Option<String>),
    ) -> RemedyDay {
        RemedyDay {
            grant: grant.id,
            person: person.id,
            person_name: self.names.read().person_name(person.id),
            day: day.to_string(),
            denied: denied.map_or(0, |denied| denied.count),
            reasons: denied.map_or_else(Vec::new, |denied| denied.reasons.iter().cloned().collect()),
            state,
            why,
        }
    }

    /// How much of what people with guarantees asked for was served, as far as they asked at all.
    fn usable(&self, people: &[&Person], sums: &[DenialSum], range: &Range<Instant>) -> Result<PromiseUsable, Error> {
        let mut usable = PromiseUsable::default();
        let promised: BTreeSet<PersonId> = people.iter().map(|person| person.id).collect();
        for sum in sums.iter().filter(|sum| promised.contains(&sum.person)) {
            let count = u64::try_from(sum.count).unwrap_or(0);
            if sum.funded {
                usable.denied_funded = usable.denied_funded.saturating_add(count);
            } else {
                usable.faults = usable.faults.saturating_add(count);
            }
        }
        let days = purser_store::Day::of(range.start)..purser_store::Day::of(range.end.saturating_add(ALMOST_A_DAY));
        for line in self.reader.usage_by_person(purser_store::Scope::Company, days).map_err(stored)? {
            if promised.contains(&line.of) {
                usable.served = usable.served.saturating_add(u64::try_from(line.calls).unwrap_or(0));
            }
        }
        usable.percent = percent(usable.served, usable.denied_funded);
        usable.percent_with_faults = percent(usable.served, usable.denied_funded.saturating_add(usable.faults));
        Ok(usable)
    }
}

/// So that a day that has begun counts.
const ALMOST_A_DAY: Duration = Duration::from_micros(86_400_000_000 - 1);

/// `99.95`: of those served and denied together those served, rounded down. `None` where nobody asked.
pub(crate) fn percent(served: u64, denied: u64) -> Option<String> {
    let all = u128::from(served) + u128::from(denied);
    let hundredths = (u128::from(served) * 10_000).checked_div(all)?;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

/// What becomes of a day; `None` where the grant promised nothing on it.
fn state_of(
    directory: &Directory,
    grant: &Grant,
    day: Date,
    denied: bool,
    now: Instant,
) -> Option<(RemedyState, Option<String>)> {
    // The command of a trial; every real one has its own.
    let trial = remedy(grant.id, day, CommandId::new(0), now);
    match directory.apply(&trial) {
        Ok(_) if denied => Some((RemedyState::Due, None)),
        Ok(_) => Some((RemedyState::NoKey, None)),
        Err(EventError::Life(LifeError::Remedied(_))) => Some((RemedyState::MadeGood, None)),
        Err(EventError::Life(LifeError::NoSuchDay { .. }) | EventError::AlreadyVoided { .. }) => None,
        Err(error) => Some((RemedyState::Refused, Some(error.to_string()))),
    }
}

/// What was denied, by person and their day.
fn by_day(directory: &Directory, sums: &[DenialSum]) -> BTreeMap<(PersonId, Date), Denied> {
    let mut days: BTreeMap<(PersonId, Date), Denied> = BTreeMap::new();
    for sum in sums {
        let Some(person) = directory.person(sum.person) else { continue };
        let denied = days.entry((sum.person, person.zone(sum.from).date(sum.from))).or_default();
        denied.count = denied.count.saturating_add(u64::try_from(sum.count).unwrap_or(0));
        denied.reasons.insert(sum.reason.clone());
    }
    days
}

/// When each person's keys worked.
fn working_keys(directory: &Directory) -> BTreeMap<PersonId, Vec<(Instant, Instant)>> {
    let mut keys: BTreeMap<PersonId, Vec<(Instant, Instant)>> = BTreeMap::new();
    for key in directory.keys() {
        let until = [key.expires, key.revoked_at].into_iter().flatten().min().unwrap_or(Instant::FAR_FUTURE);
        keys.entry(key.person).or_default().push((key.issued_at, until));
    }
    keys
}

/// The days of somebody's that begin in a range of time, with their first instants and those of the next ones.
fn days_of(person: &Person, range: &Range<Instant>) -> Vec<(Date, Instant, Instant)> {
    let mut days = Vec::new();
    let mut day = person.zone(range.start).date(range.start);
    for _ in 0..=DAYS_MAX {
        let Ok(next) = day.tomorrow() else { break };
        let zone = |at: Instant| -> &Zone { person.zone(at) };
        let begins = zone(range.start).first_instant(day);
        let begins = zone(begins).first_instant(day);
        let ends = zone(begins).first_instant(next);
        if begins >= range.end {
            break;
        }
        if begins >= range.start {
            days.push((day, begins, ends));
        }
        day = next;
    }
    days
}

fn range_of(wanted: &WantedRemedies, now: Instant) -> Result<Range<Instant>, Error> {
    let to = wanted.to.as_deref().map_or(Ok(now), dates::instant)?;
    let from = wanted.from.as_deref().map_or(Ok(to.saturating_sub(LOOK_BACK)), dates::instant)?;
    let most = Duration::from_hours(24 * DAYS_MAX.unsigned_abs());
    if from >= to || from.saturating_add(most) < to {
        let message = format!("from {from} to {to} is no span of up to {DAYS_MAX} days");
        return Err(Refused::new(Code::Invalid, message).hint("write the first day, and the first one after").into());
    }
    Ok(from..to)
}
