//! An offer as its candidate sees it: what it says, and nothing else of the company.

use purser_core::letter::{Amounts, Letter, Topic, consent};
use purser_core::lint::{Asking, Funding, Question, lint};
use purser_core::money::Nano;
use purser_core::offer::{Content, Offer as Known, State, Version};
use purser_core::package::{Basis, Bonus, Equity, Package, Pillar, TokenLine, Vesting};
use purser_core::role::Roles;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use super::super::Document;
use super::super::preview::{tokens_of, year_of};
use super::Link;
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::letter::Form;
use crate::people::known;
use crate::shape::{Asked, CandidateOffer, OnTheTable, OtherOffer, OtherYear, Stands};

impl Control {
    /// What a link leads to. Looking changes nothing: programs that show previews of links look too.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is no link of that secret or it was stopped, [`Code::Gone`] after its time or once
    /// what the offer said was erased, [`Code::TooMany`] when it was asked too often; the files.
    pub async fn offer_by_link(&self, secret: &str) -> Result<CandidateOffer, Error> {
        let (control, link) = self.by_link(secret, "look_by_link")?;
        let now = control.inner.clock.now();
        control.look(move |inner, snapshot| inner.candidate_offer(snapshot, &link, now)).await
    }

    /// The letter of the version that is on the table, or as it was signed.
    ///
    /// # Errors
    /// As [`Control::offer_by_link`]; [`Code::OfferState`] while there is none.
    pub async fn letter_by_link(&self, secret: &str, form: Form) -> Result<Document, Error> {
        let (control, link) = self.by_link(secret, "letter_by_link")?;
        let now = control.inner.clock.now();
        control
            .look(move |inner, snapshot| {
                let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
                let (_, version) = stands(offer, now);
                let version = version.ok_or_else(none_on_the_table)?;
                inner.document(offer, version, Amounts::Shown, form)
            })
            .await
    }

    /// Another offer beside the one that a link leads to. Nothing of it is kept.
    ///
    /// # Errors
    /// As [`Control::letter_by_link`]; [`Code::Invalid`] for amounts that can't be counted.
    pub async fn compare_by_link(&self, secret: &str, other: OtherOffer) -> Result<OtherYear, Error> {
        let (control, link) = self.by_link(secret, "compare_by_link")?;
        let now = control.inner.clock.now();
        control
            .look(move |inner, snapshot| {
                let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
                let version = stands(offer, now).1.ok_or_else(none_on_the_table)?;
                let ours = inner.offer_content(offer.id, version.number)?;
                beside(snapshot, &ours, other, now)
            })
            .await
    }
}

/// What a pillar of another offer is here: an amount for each year.
fn beside(snapshot: &Snapshot, ours: &Content, other: OtherOffer, now: Instant) -> Result<OtherYear, Error> {
    let some = |amount: Nano| Some(amount).filter(|amount| *amount != Nano::ZERO);
    let vesting = Vesting { months: 12, cliff_months: 0, every_months: 1 };
    let package = Package {
        salary: some(other.salary),
        bonus: some(other.bonus).map(Bonus::Amount),
        equity: some(other.equity).map(|value| Equity { value, vesting }),
        tokens: some(other.tokens).map(|amount| TokenLine::plain(Basis::PerYear(amount))),
        workdays_per_year: ours.package.workdays_per_year,
        ..Package::empty(ours.package.currency.clone())
    };
    let invalid = |error: purser_core::package::PackageError| Refused::new(Code::Invalid, error.to_string());
    let annual = package.annual().map_err(invalid)?;
    let tokens = tokens_of(&package, &annual, None).map_err(invalid)?;
    // Bands and policies are the company's own.
    let roles = Roles::default();
    let findings = lint(&Question {
        package: &package,
        role: None,
        place: None,
        starts: None,
        expires: None,
        funding: Funding::Unknown,
        roles: &roles,
        currency: &snapshot.currency,
        asking: Asking::Candidate,
        today: ours.zone.date(now),
    });
    Ok(OtherYear {
        year: year_of(&annual).map_err(invalid)?,
        workday: tokens.map_or(Nano::ZERO, |tokens| tokens.workday),
        share: annual.share(Pillar::Tokens).map(|share| share.to_string()),
        findings: findings.into_iter().map(|found| (found.code.to_string(), found.message)).collect(),
    })
}

pub(super) fn none_on_the_table() -> Error {
    let refused = Refused::new(Code::OfferState, "there is no version to answer now");
    refused.hint("ask whoever sent you the link").into()
}

/// How an offer stands for its candidate, and the version that is theirs to see.
pub(super) fn stands(offer: &Known, now: Instant) -> (Stands, Option<&Version>) {
    let sent = offer.sent.filter(|_| offer.state.is_out());
    let version = offer.accepted.map(|accepted| accepted.version).or(sent.map(|sent| sent.version));
    let version = version.and_then(|number| offer.version(number));
    let late = sent.is_some_and(|sent| sent.expires <= now);
    match offer.state {
        State::Draft | State::Approval | State::Approved => (Stands::Written, None),
        State::Sent | State::Viewed | State::Countered if late => (Stands::Expired, None),
        State::Sent | State::Viewed => (Stands::Open, version),
        State::Countered => (Stands::Countered, version),
        State::Accepted => (Stands::Accepted, version),
        State::Declined => (Stands::Declined, None),
        State::Expired => (Stands::Expired, None),
        State::Withdrawn => (Stands::Withdrawn, None),
    }
}

impl Inner {
    fn candidate_offer(&self, snapshot: &Snapshot, link: &Link, now: Instant) -> Result<CandidateOffer, Error> {
        let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
        let (stands, version) = stands(offer, now);
        // The name is in every version; of a version that was not sent to them nothing else is told.
        let number = version.map_or(1, |version| version.number);
        let content = self.offer_content(offer.id, number)?;
        let table = version.map(|version| self.on_the_table(snapshot, offer, version, &content, now)).transpose()?;
        let asked = self.admins.read().offer_links.asked_about(offer.id);
        let text = |note| self.private.offer_note(note).map_err(stored);
        let mut questions = Vec::with_capacity(asked.len());
        for asked in asked {
            let Some(question) = text(asked.id)? else { continue };
            let answer = asked.answer.map(|(note, _)| text(note)).transpose()?.flatten();
            questions.push(Asked { question, at: asked.at, answer });
        }
        Ok(CandidateOffer {
            candidate: content.candidate.name.trim().to_owned(),
            title: content.title.clone().filter(|_| table.is_some()),
            stands,
            link_until: link.until,
            table,
            questions,
        })
    }

    fn on_the_table(
        &self,
        snapshot: &Snapshot,
        offer: &Known,
        version: &Version,
        content: &Content,
        now: Instant,
    ) -> Result<OnTheTable, Error> {
        let package = &content.package;
        let failed = |error| Error::failed("an offer that was sent can't be counted", error);
        let annual = package.annual().map_err(failed)?;
        let tokens = tokens_of(package, &annual, None).map_err(failed)?;
        let letter = Letter::of(content, version.tokens.as_deref(), version.number, Amounts::Shown).map_err(failed)?;
        let first = Topic::Amount.clause();
        let about_tokens =
            letter.sections.into_iter().find(|section| section.clauses.iter().any(|clause| clause.number == first));
        // Its bytes are made anew, or those that were signed.
        let document = self.document(offer, version, Amounts::Shown, Form::Html)?;
        let line = package.tokens.as_ref();
        Ok(OnTheTable {
            version: version.number,
            currency: package.currency.clone(),
            year: year_of(&annual).map_err(failed)?,
            amount: line.map(|line| line.amount),
            guaranteed: line.is_some_and(|line| line.guaranteed),
            clauses: about_tokens.map(|section| section.clauses).unwrap_or_default(),
            starts: content.starts.strftime("%-d %B %Y").to_string(),
            expires: offer.sent.map_or(now, |sent| sent.expires),
            letter: document.hash.unwrap_or_default(),
            consent: consent(version.number),
            buys: version.tokens.as_deref().map(|terms| super::buys::of(snapshot, terms, now)).unwrap_or_default(),
            tokens,
        })
    }
}
