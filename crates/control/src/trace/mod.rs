//! Walking a cent: offer → accepted version → grant → allowance per period → hold → settled charge → statement, in both
//! directions, with the figures that must be equal held against each other.
//!
//! Sources are kept apart: the directory has the promise, the ledger what is open, the projection what was posted, the
//! journal what was set aside, the erasable texts what the version said. A check compares two of them.

mod charge;
mod checks;
mod grant;
mod offer;

use std::sync::Arc;

use purser_core::account::Period;
use purser_core::directory::{Directory, Person};
use purser_core::grant::{Grant, GrantSource};
use purser_core::id::{GrantId, OfferId, PersonId};
use purser_core::offer::Offer;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::{HoldId, Lsn};
use purser_store::ChargeRow;

use self::checks::Checks;
use self::grant::Books;
use crate::access::{Permission, Within, forbidden};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::{Trace, TraceOf, TracedGrant};

/// What a grant paid last: so many are shown where nobody says how many.
const SHOWN: usize = 10;
/// The most that is shown of one grant.
const SHOWN_MAX: usize = 1_000;

/// What a trace begins at.
enum Target {
    Charge(Vec<ChargeRow>),
    Grant(Arc<Grant>),
    Offer(Arc<Offer>),
    Person(PersonId),
}

/// What all parts of a trace are made from.
struct Tracing<'a> {
    inner: &'a Inner,
    snapshot: &'a Snapshot,
    now: Instant,
    /// May whoever asks read offers, and not only what became of them?
    reads_offers: bool,
    /// How many charges of each grant are shown.
    shown: usize,
    checks: Checks,
}

impl Control {
    /// The chain around a charge (`hld_…`, `entry 17`), a grant, an offer or a person: up to the clause that promised
    /// it, down to what was paid of it. Of each grant at most `shown` charges, the newest.
    ///
    /// # Errors
    /// Nothing of that id or name; or the files.
    pub async fn trace(&self, what: &str, shown: Option<usize>) -> Result<Trace, Error> {
        self.trace_within(&Within::Everything, what, shown).await
    }

    /// The same as far as a right covers it. To whom something is not covered, it does not exist: the answer is the same.
    ///
    /// # Errors
    /// As [`Control::trace`]; [`Code::Forbidden`].
    pub(crate) async fn trace_within(&self, within: &Within, what: &str, shown: Option<usize>) -> Result<Trace, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let (what, within) = (what.trim().to_owned(), within.clone());
        let reads_offers = self.acting.within(Permission::OffersRead, self.inner.clock.now()).is_everything();
        let shown = shown.unwrap_or(SHOWN).min(SHOWN_MAX);
        self.report(move |inner| {
            let tracing = Tracing { inner, snapshot: &snapshot, now, reads_offers, shown, checks: Checks::default() };
            let found = tracing.find(&what);
            let target = match found {
                Ok(target) if tracing.may_see(&within, &target) => target,
                Err(error) if within.is_everything() => return Err(error),
                _ => return Err(forbidden("nothing that you may see is called that")),
            };
            tracing.walk(what, target)
        })
        .await
    }
}

impl Tracing<'_> {
    fn directory(&self) -> &Directory {
        &self.snapshot.directory
    }

    fn find(&self, what: &str) -> Result<Target, Error> {
        let invalid = |message: String| {
            Refused::new(Code::Invalid, message)
                .hint("name a charge (`purser usage --charges`), a grant, an offer or a person")
        };
        if what.starts_with("hld_") {
            let hold: HoldId = what.parse().map_err(|error: purser_ledger::HoldIdError| invalid(error.to_string()))?;
            return self.charges_of(hold).map(Target::Charge);
        }
        if let Some(number) = what.strip_prefix("entry").map(str::trim).and_then(|number| number.parse().ok()) {
            let row = self.inner.reader.charge(Lsn(number)).map_err(stored)?;
            let row = row.ok_or_else(|| Refused::new(Code::NotFound, format!("entry {number} is no charge")))?;
            return Ok(Target::Charge(match row.hold {
                Some(hold) => self.charges_of(hold)?,
                None => vec![row],
            }));
        }
        if let Ok(grant) = what.parse::<GrantId>() {
            return Ok(Target::Grant(Arc::clone(known(self.directory().grant(grant), "grant", &grant)?)));
        }
        if let Ok(offer) = what.parse::<OfferId>() {
            return Ok(Target::Offer(Arc::clone(known(self.directory().offer(offer), "offer", &offer)?)));
        }
        self.inner.find_person(self.snapshot, what).map(Target::Person)
    }

    fn charges_of(&self, hold: HoldId) -> Result<Vec<ChargeRow>, Error> {
        let rows = self.inner.reader.charges_of_hold(hold).map_err(stored)?;
        if rows.is_empty() {
            return Err(Refused::new(Code::NotFound, format!("nothing was charged for {hold}"))
                .hint("its call is under way, was given back, or is in suspense: `purser suspense list`")
                .into());
        }
        Ok(rows)
    }

    fn may_see(&self, within: &Within, target: &Target) -> bool {
        let person = match target {
            Target::Charge(rows) => rows.iter().find_map(|row| row.person),
            Target::Grant(grant) => Some(grant.person),
            Target::Person(person) => Some(*person),
            Target::Offer(offer) => match offer.accepted {
                Some(accepted) => Some(accepted.person),
                None => return self.reads_offers,
            },
        };
        match person {
            Some(person) => within.person(self.directory(), person),
            None => within.is_everything(),
        }
    }

    fn walk(mut self, of: String, target: Target) -> Result<Trace, Error> {
        let mut trace = Trace {
            of,
            kind: TraceOf::Charge,
            currency: self.snapshot.currency.clone(),
            person: None,
            person_name: None,
            offers: Vec::new(),
            grants: Vec::new(),
            charge: None,
            checks: Vec::new(),
        };
        match target {
            Target::Charge(rows) => {
                let charge = self.charge(&rows)?;
                // One grant may pay from several of its accounts: what is left of yesterday, and today's.
                let mut paying: Vec<(GrantId, Vec<Period>)> = Vec::new();
                for leg in &charge.legs {
                    let period = Period { start: leg.from, end: leg.to };
                    match paying.iter_mut().find(|(grant, _)| *grant == leg.grant) {
                        Some((_, periods)) => periods.push(period),
                        None => paying.push((leg.grant, vec![period])),
                    }
                }
                let asked: Vec<_> = paying.iter().map(|(grant, periods)| (*grant, Some(periods.as_slice()))).collect();
                let books = Books::of(self.inner, &asked)?;
                for (grant, periods) in asked {
                    if let Some(grant) = self.directory().grant(grant).cloned() {
                        trace.grants.push(self.grant(&grant, &books, periods)?);
                    }
                }
                trace.person = rows.iter().find_map(|row| row.person);
                trace.charge = Some(charge);
            }
            Target::Grant(grant) => {
                trace.kind = TraceOf::Grant;
                trace.person = Some(grant.person);
                trace.grants = self.all_of(&[grant])?;
            }
            Target::Person(person) => {
                trace.kind = TraceOf::Person;
                trace.person = Some(person);
                let snapshot = self.snapshot;
                trace.grants = self.all_of(snapshot.directory.grants_of(person))?;
            }
            Target::Offer(offer) => {
                trace.kind = TraceOf::Offer;
                trace.person = offer.accepted.map(|accepted| accepted.person);
                let grant = offer.accepted.and_then(|accepted| accepted.grant);
                if let Some(grant) = grant.and_then(|grant| self.directory().grant(grant)).cloned() {
                    trace.grants = self.all_of(&[grant])?;
                }
                trace.offers.push(self.offer(&offer)?);
            }
        }
        for id in trace.grants.iter().filter_map(|grant| grant.offer) {
            if trace.offers.iter().all(|known| known.id != id)
                && let Some(offer) = self.directory().offer(id).cloned()
            {
                trace.offers.push(self.offer(&offer)?);
            }
        }
        trace.person_name = trace.person.and_then(|person| self.inner.names.read().person_name(person));
        trace.checks = self.checks.done();
        Ok(trace)
    }

    /// Grants as links, each in full.
    fn all_of(&mut self, grants: &[Arc<Grant>]) -> Result<Vec<TracedGrant>, Error> {
        let asked: Vec<_> = grants.iter().map(|grant| (grant.id, None)).collect();
        let books = Books::of(self.inner, &asked)?;
        grants.iter().map(|grant| self.grant(grant, &books, None)).collect()
    }

    fn person_of(&self, grant: &Grant) -> Result<Arc<Person>, Error> {
        known(self.directory().person(grant.person).cloned(), "person", &grant.person)
    }
}

/// The offer that a grant comes from.
fn offer_of(grant: &Grant) -> Option<OfferId> {
    match grant.source {
        GrantSource::Offer(offer) => Some(offer),
        GrantSource::Manual | GrantSource::TopUp(_) => None,
    }
}
