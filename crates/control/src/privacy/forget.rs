//! Erasing what was kept long enough. What stands in the journal (amounts, ids) stays: it is chained.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::id::PersonId;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::change::Turn;
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::shape::Retention;

/// How often it is looked.
const EACH: Duration = Duration::from_hours(1);
/// People forgotten by one change: others wait for it.
const AT_ONCE: usize = 100;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Names, addresses and sign-ins of so many who left.
    pub people: usize,
    /// Links of so many outcomes.
    pub links: usize,
    /// Rows of refused calls.
    pub denials: usize,
    /// Rows of who looked at whose data.
    pub looks: usize,
    /// Reasons in the audit trail.
    pub reasons: usize,
}

impl Control {
    /// Erases what was kept for longer than the retention says, once an hour and right after the retention was set.
    ///
    /// # Errors
    /// The files, or the journal: what was not erased is at the next call.
    pub async fn forget_old(&self) -> Result<Forgotten, Error> {
        let now = self.inner.clock.now();
        let last = Instant::from_micros(self.inner.retained.load(Ordering::Relaxed));
        if last.saturating_add(EACH) > now {
            return Ok(Forgotten::default());
        }
        let retention = self.inner.admins.read().privacy.retention;
        if retention == Retention::default() {
            return Ok(Forgotten::default());
        }
        let snapshot = self.snapshot();
        let directory = &snapshot.directory;
        let before = |months: u16| cutoff(directory, now, months);
        let (links, denials) = (retention.outcome_links.and_then(before), retention.denials.and_then(before));
        let looks = retention.looks.and_then(|months| first_day(directory, now, months));
        let reasons = retention.reasons.and_then(before);
        if reasons.is_some() {
            // With the whole trail in the projection: what is not found in it is taken for no reason.
            self.report(Inner::date_old_reasons).await?;
        }
        let (links, denials, looks, reasons) = self
            .inner_blocking(move |inner| {
                let links = links.map(|before| inner.private.forget_outcome_links(before)).transpose();
                let denials = denials.map(|before| inner.private.forget_denials(before)).transpose();
                let looks = looks.map(|day| inner.private.forget_looks(&day.to_string())).transpose();
                let reasons = reasons.map(|before| inner.private.forget_reasons(before)).transpose();
                let (links, denials) = (links.map_err(stored)?, denials.map_err(stored)?);
                let (looks, reasons) = (looks.map_err(stored)?, reasons.map_err(stored)?);
                Ok((links.unwrap_or(0), denials.unwrap_or(0), looks.unwrap_or(0), reasons.unwrap_or(0)))
            })
            .await?;
        let mut people = 0;
        if let Some(before) = retention.left_people.and_then(before) {
            let gone = |id: &PersonId| self.inner.names.read().person(*id).is_some();
            let left = directory.people().filter(|person| person.left_at.is_some_and(|left| left < before));
            let left: Vec<PersonId> = left.map(|person| person.id).filter(gone).collect();
            for some in left.chunks(AT_ONCE) {
                let some = some.to_vec();
                people += some.len();
                self.change(None, move |turn| turn.forget_people(&some)).await?;
            }
        }
        self.inner.retained.store(now.as_micros(), Ordering::Relaxed);
        Ok(Forgotten { people, links, denials, looks, reasons })
    }

    async fn inner_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let control = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&control.inner)).await;
        done.map_err(|error| Error::failed("erasing ended in a panic", error))?
    }
}

impl Turn<'_> {
    /// The entry of the trail first: what was forgotten without one would be gone without a trace.
    fn forget_people(&mut self, people: &[PersonId]) -> Result<(), Error> {
        let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
        self.audit("forget_people", &ids, None)?;
        let control = self.control();
        let logins: Vec<_> = {
            let admins = control.admins.read();
            let theirs = |person: &Option<PersonId>| person.is_some_and(|person| people.contains(&person));
            admins.logins().filter(|(_, known)| theirs(&known.person)).map(|(id, _)| id).collect()
        };
        for login in logins {
            control.private.end_sessions_of(login).map_err(stored)?;
            if let Some(fields) = control.private.login(login).map_err(stored)? {
                control.private.forget_login_of(&fields.email).map_err(stored)?;
            }
        }
        control.private.erase_people(people).map_err(stored)?;
        let mut names = control.names.write();
        for person in people {
            names.forget_person(*person);
        }
        Ok(())
    }
}

/// The first instant of the company's day so many months ago; `None` before there were days.
fn cutoff(directory: &Directory, now: Instant, months: u16) -> Option<Instant> {
    first_day(directory, now, months).map(|day| company_zone(directory).first_instant(day))
}

/// That day.
fn first_day(directory: &Directory, now: Instant, months: u16) -> Option<Date> {
    company_zone(directory).date(now).checked_sub(i32::from(months).months()).ok()
}

/// Where the company's days begin.
pub(super) fn company_zone(directory: &Directory) -> Zone {
    directory.company().map_or(Zone::UTC, |company| company.zone.clone())
}
