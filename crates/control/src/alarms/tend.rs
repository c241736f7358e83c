//! Raising what is found, once.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use purser_core::alarm::{AlarmKind, AlarmOn, Found, Level, gathered};
use purser_core::breaker::Breaker;
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::event::AlarmEvent;
use super::find::day_of_now;
use crate::admins::AdminEvent;
use crate::control::Control;
use crate::error::Error;

/// Alarms of one record, well within what a record may have.
const AT_ONCE: usize = 100;
/// How long it is not looked at all where nothing is spent and nothing changes.
const IDLE: Duration = Duration::from_hours(1);

/// What was looked at last.
#[derive(Debug)]
pub(crate) struct Looked {
    /// What had been written then.
    seen: AtomicU64,
    /// When, in microseconds since 1970.
    at: AtomicI64,
    /// By which version of the rules.
    version: AtomicU32,
}

impl Default for Looked {
    fn default() -> Self {
        Self { seen: u64::MAX.into(), at: i64::MIN.into(), version: u32::MAX.into() }
    }
}

impl Control {
    /// Raises what the rules find and nobody was told of. Returns how many.
    ///
    /// # Errors
    /// The projection or the journal.
    pub async fn tend_alarms(&self) -> Result<usize, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        // Whatever was written since the last look, by calls too, may have changed something; time alone does it slowly.
        let (decided, at) = (self.inner.ledger.watermarks().decided.0, now.as_micros());
        let (seen, looked) = (&self.inner.looked.seen, &self.inner.looked.at);
        let last = Instant::from_micros(looked.load(Ordering::Relaxed));
        if seen.load(Ordering::Relaxed) == decided && last <= now && now.since(last) < IDLE {
            return Ok(0);
        }
        let new_day = last.as_secs().div_euclid(86_400) != now.as_secs().div_euclid(86_400);
        let rules = self.inner.admins.read().alarms.rules.clone();
        let version = self.inner.admins.read().alarms.version;
        let other_rules = self.inner.looked.version.swap(version, Ordering::Relaxed) != version;
        let found = self
            .report(move |inner| {
                inner.read_all_pay(&snapshot)?;
                let directory = &snapshot.directory;
                let found = inner.found(directory, &rules, new_day || other_rules, now)?;
                let people = directory.people().filter(|person| !person.has_left(now)).count();
                Ok(gathered(found, people))
            })
            .await?;
        let raised = self.raise(found).await?;
        looked.store(at, Ordering::Relaxed);
        seen.store(self.inner.ledger.watermarks().decided.0, Ordering::Relaxed);
        Ok(raised)
    }

    /// A person's money went faster than it ever did, as the breaker saw: told once a day and level.
    ///
    /// # Errors
    /// The journal.
    pub async fn tell_speed(
        &self,
        person: PersonId,
        breaker: Breaker,
        held: bool,
        seen: String,
        at: Instant,
    ) -> Result<usize, Error> {
        if breaker != Breaker::Spend || !self.inner.admins.read().alarms.rules.speed {
            return Ok(0);
        }
        let found = Found {
            kind: AlarmKind::Speed,
            level: if held { Level::Critical } else { Level::Warn },
            on: AlarmOn::Person(person),
            of: None,
            window: day_of_now(at),
            percent: None,
            used: Nano::ZERO,
            out_of: Nano::ZERO,
            gone: None,
            seen: Some(seen),
        };
        self.raise(vec![found]).await
    }

    async fn raise(&self, found: Vec<Found>) -> Result<usize, Error> {
        if self.inner.fresh(&found).next().is_none() {
            return Ok(0);
        }
        self.change(None, move |turn| {
            let (directory, at) = (&turn.snapshot().directory, turn.now);
            let fresh: Vec<Found> = {
                let admins = turn.control().admins.read();
                let is_new = |one: &&Found| !admins.alarms.raised.contains_key(&one.name());
                let wanted = |one: &&Found| !admins.alarms.is_muted(directory, one, at);
                found.iter().filter(is_new).filter(wanted).cloned().collect()
            };
            for alarms in fresh.chunks(AT_ONCE) {
                turn.commit_admin(&AdminEvent::Alarm(AlarmEvent::Raised { alarms: alarms.to_vec(), at }))?;
            }
            Ok(fresh.len())
        })
        .await
    }
}

impl crate::control::Inner {
    /// Those that nobody was told of. Muted ones are among them.
    fn fresh<'f>(&self, found: &'f [Found]) -> std::vec::IntoIter<&'f Found> {
        let admins = self.admins.read();
        let is_new = |one: &&Found| !admins.alarms.raised.contains_key(&one.name());
        found.iter().filter(is_new).collect::<Vec<_>>().into_iter()
    }
}
