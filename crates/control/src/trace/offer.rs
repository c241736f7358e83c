//! An offer: the version that became a promise, and its clause.

use purser_core::letter::Topic;
use purser_core::offer::{By, Content, Offer, TokenTerms};
use purser_core::package::{Exact, Package, Pillar};

use super::Tracing;
use crate::access::Whose;
use crate::control::stored;
use crate::error::{Code, Error, Refused};
use crate::grants::word;
use crate::letter::hash;
use crate::shape::{Confidential, TracedClause, TracedOffer, TracedPackage};

impl Tracing<'_> {
    /// An offer as a link: the accepted version, else the latest one.
    pub(super) fn offer(&mut self, offer: &Offer) -> Result<TracedOffer, Error> {
        let version = offer.accepted.map_or_else(|| offer.latest(), |accepted| offer.version(accepted.version));
        let version = version.ok_or_else(|| Refused::new(Code::Conflict, "the offer has no version"))?;
        let text = self.inner.private.offer_text(offer.id, version.number).map_err(stored)?;
        let content = text
            .as_ref()
            .map(|text| serde_json::from_str::<Content>(&text.content))
            .transpose()
            .map_err(|error| Error::failed("what an offer said can't be read", error))?;
        if let Some((text, content)) = text.as_ref().zip(content.as_ref()) {
            self.checks.equal(
                format!("the text of version {} is the one whose hash is in the journal", version.number),
                &content.hash(&text.key).to_string(),
                &version.content.to_string(),
            );
        }
        let letter = offer.accepted.and_then(|accepted| accepted.letter);
        if let Some((signed, text)) = letter.zip(text.as_ref())
            && let Some(kept) = self.inner.private.offer_letter(offer.id, version.number).map_err(stored)?
        {
            self.checks.equal(
                "the letter that is kept is the one that was signed",
                &hash(&kept.html, kept.pdf.as_deref().unwrap_or_default(), &text.key).to_string(),
                &signed.to_string(),
            );
        }
        let grant = offer.accepted.and_then(|accepted| accepted.grant);
        if let Some(grant) = grant.and_then(|grant| self.directory().grant(grant)).cloned() {
            let keeps = |terms: &TokenTerms| terms.is_kept_by(&grant);
            let kept = if version.tokens.as_deref().is_some_and(keeps) { "its clause" } else { "something else" };
            self.checks.equal(format!("grant {} is what was accepted", grant.id), &kept, &"its clause");
        }
        Ok(TracedOffer {
            id: offer.id,
            state: offer.state.word().to_owned(),
            since: offer.since,
            unit_name: self.inner.names.read().unit_name(offer.unit),
            versions: u32::try_from(offer.versions.len()).unwrap_or(u32::MAX),
            version: version.number,
            by: match &version.by {
                By::Candidate => "candidate".to_owned(),
                By::Company(who) => who.actor.to_string(),
            },
            written: version.at,
            reason: (text.and_then(|text| text.reason).filter(|_| self.reads_offers))
                .map(|reason| self.confidential(offer, reason)),
            hash: version.content.to_string(),
            accepted: offer.accepted.map(|accepted| accepted.at),
            letter: letter.map(|letter| letter.to_string()),
            clause: version.tokens.as_deref().map(|terms| self.clause(offer, terms, content.as_ref())),
            package: content.as_ref().and_then(|content| self.package(offer, content)),
            grant,
        })
    }

    fn clause(&self, offer: &Offer, terms: &TokenTerms, content: Option<&Content>) -> TracedClause {
        let line = content.and_then(|content| content.package.tokens.as_ref());
        let written = line.map_or_else(|| "erased".to_owned(), |line| line.amount.to_string());
        TracedClause {
            number: Topic::Amount.clause(),
            guarantee: Topic::Guarantee.clause(),
            written: self.confidential(offer, written),
            // Of an offer that was accepted it is the grant's allowance.
            amount: match offer.accepted {
                Some(_) => Confidential::open(terms.amount),
                None => self.confidential(offer, terms.amount),
            },
            per: word(terms.cadence),
            days: word(terms.days),
            guaranteed: terms.guaranteed,
            starts: terms.starts.to_string(),
            ends: terms.ends.map(|ends| ends.to_string()),
            pool_name: terms.pool.and_then(|pool| self.inner.names.read().pool_name(pool)),
        }
    }

    fn package(&self, offer: &Offer, content: &Content) -> Option<Confidential<TracedPackage>> {
        year(&content.package).map(|package| self.confidential(offer, package))
    }

    fn confidential<T>(&self, offer: &Offer, amount: T) -> Confidential<T> {
        let person = offer.accepted.map(|accepted| accepted.person);
        let (directory, now) = (self.directory(), self.inner.clock.now());
        let here = person.and_then(|person| directory.person(person));
        let unit = here.map_or(offer.unit, |person| directory.unit_of(person, now));
        Confidential::new(amount, &Whose::new(offer.id, person, Some(unit)))
    }
}

/// A year of a package; `None` when it is not sound, which was refused when it was written.
fn year(package: &Package) -> Option<TracedPackage> {
    let annual = package.annual().ok()?;
    let round = |exact: Exact| exact.round();
    Some(TracedPackage {
        currency: package.currency.clone(),
        salary: round(annual.salary)?,
        bonus: round(annual.bonus)?,
        equity: round(annual.equity)?,
        tokens: round(annual.tokens)?,
        share: annual.share(Pillar::Tokens).map(|share| share.to_string()),
    })
}
