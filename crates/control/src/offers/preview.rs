//! What a version would mean before it is written: by the same functions that judge it afterwards.

use std::collections::BTreeMap;

use purser_core::directory::Directory;
use purser_core::id::{OfferId, PersonId};
use purser_core::lint::Funding;
use purser_core::money::Nano;
use purser_core::offer::TokenTerms;
use purser_core::package::{Annual, Exact, Package, PackageError, Pillar};
use purser_core::role::{Asked, Measured, Role, needed};
use purser_core::time::Instant;
use purser_core::top_up::PEERS_MIN;

use super::look::company_day;
use super::offer_id;
use super::write::counted;
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::{
    OfferBand, OfferFinding, OfferPeers, OfferPool, OfferPreview, OfferTokens, OfferYear, PreviewOffer,
};

impl Control {
    /// What a version would mean. Nothing is changed.
    ///
    /// # Errors
    /// It says nothing that can be offered, or there is no such offer or pool.
    pub fn preview_offer(&self, preview: PreviewOffer) -> Result<OfferPreview, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let content = counted(&snapshot, preview.content);
        let invalid = |message: String| Error::from(Refused::new(Code::Invalid, message));
        content.check().map_err(|error| invalid(error.to_string()))?;
        let offer = preview.offer.as_deref().map(offer_id).transpose()?;
        if let Some(id) = offer {
            known(snapshot.directory.offer(id), "offer", &id)?;
        }
        let directory = &snapshot.directory;
        let line = content.package.tokens.as_ref().filter(|line| line.guaranteed);
        let pool = line.and_then(|line| line.pool.as_deref()).filter(|pool| !pool.trim().is_empty());
        let pool = pool.map(|pool| self.inner.find_pool(&snapshot, pool)).transpose()?;
        let calendar = content.place.as_ref().and_then(|place| directory.roles().places.get(place));
        let terms = TokenTerms::of(&content, &snapshot.currency, pool, calendar);
        let terms = terms.map_err(|error| invalid(error.to_string()))?;
        let pool = terms.as_ref().and_then(|terms| self.inner.pool_after(directory, offer, terms));
        let funding = match (&terms, &pool) {
            (Some(terms), None) if terms.guaranteed => Funding::NoPool,
            (_, Some(pool)) if pool.left.is_negative() => Funding::Short(Nano::ZERO.saturating_sub(pool.left)),
            _ => Funding::Funded,
        };
        let package = &content.package;
        let annual = package.annual().map_err(|error| invalid(error.to_string()))?;
        let views = package.token_views().map_err(|error| invalid(error.to_string()))?;
        let in_ledger = views.and_then(|views| package.in_currency(views.workday, &snapshot.currency));
        let roles = directory.roles();
        let of_base = views.and_then(|views| views.of_base);
        let measured = Measured { role: &content.role, place: content.place.as_ref(), workday: in_ledger, of_base };
        let standing = roles.standing(&measured, company_day(directory, now));
        let asked = Asked {
            standing,
            year: terms.as_ref().map_or(Nano::ZERO, |terms| terms.year),
            guaranteed: terms.as_ref().is_some_and(|terms| terms.guaranteed),
        };
        let person = content.candidate.person;
        let workday = terms.as_ref().map_or(Nano::ZERO, |terms| terms.workday);
        Ok(OfferPreview {
            currency: package.currency.clone(),
            year: year_of(&annual).map_err(|error| invalid(error.to_string()))?,
            tokens: tokens_of(package, &annual, in_ledger).map_err(|error| invalid(error.to_string()))?,
            standing,
            band: roles.band(&content.role, content.place.as_ref()).map(|band| OfferBand {
                low: band.low,
                high: band.high,
                source: band.source.clone(),
            }),
            peers: among(directory, &content.role, person, workday, now),
            pool,
            findings: Inner::findings(&snapshot, &content, funding, now).into_iter().map(OfferFinding::from).collect(),
            approvals: needed(&roles.approvals, &asked),
        })
    }
}

/// Each pillar for a year.
pub(super) fn year_of(annual: &Annual) -> Result<OfferYear, PackageError> {
    let round = |exact: Exact| exact.round().ok_or(PackageError::TooLarge);
    Ok(OfferYear {
        salary: round(annual.salary)?,
        bonus: round(annual.bonus)?,
        equity: round(annual.equity)?,
        tokens: round(annual.tokens)?,
        total: round(annual.total)?,
        without_tokens: round(annual.without_tokens)?,
    })
}

/// The token line from every side.
pub(super) fn tokens_of(
    package: &Package,
    annual: &Annual,
    in_ledger: Option<Exact>,
) -> Result<Option<OfferTokens>, PackageError> {
    let Some(views) = package.token_views()? else { return Ok(None) };
    let round = |exact: Exact| exact.round().ok_or(PackageError::TooLarge);
    Ok(Some(OfferTokens {
        workday: round(views.workday)?,
        month: round(views.month)?,
        year: round(views.year)?,
        of_base: views.of_base.map(|share| share.to_string()),
        share: annual.share(Pillar::Tokens).map(|share| share.to_string()),
        workday_in_ledger: in_ledger.and_then(Exact::round),
    }))
}

impl Inner {
    /// What the pool of a guarantee would have left; `None` without a guarantee, or where it names no pool.
    fn pool_after(&self, directory: &Directory, offer: Option<OfferId>, terms: &TokenTerms) -> Option<OfferPool> {
        let id = terms.pool.filter(|_| terms.guaranteed)?;
        let (free, needed, year) = super::look::funds_of(directory, offer, terms, id)?;
        let name = self.names.read().pool_name(id);
        Some(OfferPool { pool: id, name, year, free, needed, left: free.saturating_sub(needed) })
    }
}

/// How an amount for each workday stands among those who came with an offer of the same family and level and are here.
fn among(directory: &Directory, role: &Role, own: Option<PersonId>, workday: Nano, now: Instant) -> Option<OfferPeers> {
    let mut latest: BTreeMap<PersonId, (Instant, &Role, Nano)> = BTreeMap::new();
    for offer in directory.offers() {
        let Some(accepted) = offer.accepted else { continue };
        let Some(version) = offer.version(accepted.version) else { continue };
        let promised = version.tokens.as_deref().map_or(Nano::ZERO, |terms| terms.workday);
        let known = latest.entry(accepted.person).or_insert((accepted.at, &version.role, promised));
        if known.0 < accepted.at {
            *known = (accepted.at, &version.role, promised);
        }
    }
    let here = |person: PersonId| directory.person(person).is_some_and(|person| !person.has_left(now));
    let same =
        latest.iter().filter(|(person, (_, theirs, _))| *theirs == role && Some(**person) != own && here(**person));
    let promised: Vec<Nano> = same.map(|(_, (_, _, promised))| *promised).collect();
    if promised.len() < PEERS_MIN {
        return None;
    }
    let less = promised.iter().filter(|theirs| **theirs < workday).count();
    let percentile = less.saturating_mul(100).checked_div(promised.len()).and_then(|part| u8::try_from(part).ok());
    Some(OfferPeers { people: u64::try_from(promised.len()).unwrap_or(u64::MAX), percentile: percentile? })
}
