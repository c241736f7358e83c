//! Versions: the first one, the company's next ones, the candidate's counter-offers.

use purser_core::event::{Event, OfferEvent};
use purser_core::id::{NoteId, OfferId};
use purser_core::offer::{By, Content, TokenTerms, Version, Who};
use purser_core::package::WORKDAYS_PER_YEAR;
use purser_core::snapshot::Snapshot;
use purser_store::OfferText;

use super::checked_note;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, EVERYBODY, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{NewOffer, NewVersion, Offer};

impl Control {
    /// Drafts an offer.
    ///
    /// # Errors
    /// A version that says nothing that can be offered, no such unit or pool, or the journal.
    pub async fn draft_offer(&self, name: Option<CommandName>, by: Who, new: NewOffer) -> Result<Offer, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let new = NewOffer { content: counted(&snapshot, new.content.clone()), ..new.clone() };
            let unit = new.unit.as_deref().map_or(Ok(EVERYBODY), |unit| control.find_unit(&snapshot, unit))?;
            let offer = OfferId::new(turn.command.get());
            if let Some(made) = snapshot.directory.offer(offer) {
                let same = made.unit == unit && control.offer_content(offer, 1)? == new.content;
                return if same { control.shown_offer(offer, turn.now) } else { Err(reused()) };
            }
            let reason = new.reason.as_deref();
            let version = Box::new(version(turn, &snapshot, (offer, 1), By::Company(by), &new.content, reason)?);
            turn.commit(&Event::Offer(OfferEvent::Drafted { offer, unit, version }))?;
            control.shown_offer(offer, turn.now)
        })
        .await
    }

    /// Writes another version. What is with the candidate is taken back, and what was set aside for it is free again.
    ///
    /// # Errors
    /// As [`Control::draft_offer`]; the offer has ended.
    pub async fn revise_offer(
        &self,
        name: Option<CommandName>,
        id: &str,
        by: Who,
        new: NewVersion,
    ) -> Result<Offer, Error> {
        self.next_version(name, id, By::Company(by), new).await
    }

    /// Writes what the candidate asks for instead.
    ///
    /// # Errors
    /// As [`Control::draft_offer`]; the offer is not with the candidate, or its time is over.
    pub async fn counter_offer(&self, name: Option<CommandName>, id: &str, new: NewVersion) -> Result<Offer, Error> {
        self.next_version(name, id, By::Candidate, new).await
    }

    async fn next_version(&self, name: Option<CommandName>, id: &str, by: By, new: NewVersion) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            let new = NewVersion { content: counted(&turn.snapshot(), new.content.clone()), ..new.clone() };
            let marked = Some(NoteId::new(turn.derived("version", 0)));
            if let Some(made) = offer.versions.iter().find(|version| version.reason == marked) {
                let same = turn.control().offer_content(offer.id, made.number)? == new.content;
                return if same { Ok(Vec::new()) } else { Err(reused()) };
            }
            let number = offer.latest().map_or(1, |latest| latest.number.saturating_add(1));
            let (id, snapshot) = (offer.id, turn.snapshot());
            let by_candidate = by == By::Candidate;
            let version = Box::new(version(turn, &snapshot, (id, number), by, &new.content, new.reason.as_deref())?);
            let event = if by_candidate {
                OfferEvent::Countered { offer: id, version }
            } else {
                OfferEvent::Revised { offer: id, version }
            };
            let mut events = Vec::new();
            // A counter-offer leaves what was set aside where it is: the negotiation goes on.
            if !by_candidate {
                events.extend(super::flow::release(&snapshot.directory, offer, turn.now));
            }
            events.push(Event::Offer(event));
            // Refused here, nothing has been written over.
            super::commit_check(&snapshot.directory, &events)?;
            Ok(events)
        })
        .await
    }
}

/// The version with the workdays that its place's calendar counts in a year, where it does not say how many itself.
pub(super) fn counted(snapshot: &Snapshot, mut content: Content) -> Content {
    let calendar = content.place.as_ref().and_then(|place| snapshot.directory.roles().places.get(place));
    if let Some(calendar) = calendar.filter(|_| content.package.workdays_per_year == WORKDAYS_PER_YEAR) {
        content.package.workdays_per_year = calendar.workdays_per_year;
    }
    content
}

/// Keeps what a version says where it can be erased, and makes what the journal has of it.
fn version(
    turn: &Turn<'_>,
    snapshot: &Snapshot,
    (offer, number): (OfferId, u32),
    by: By,
    content: &Content,
    reason: Option<&str>,
) -> Result<Version, Error> {
    let invalid = |message: String| Error::from(Refused::new(Code::Invalid, message));
    content.check().map_err(|error| invalid(error.to_string()))?;
    let control = turn.control();
    if let Some(person) = content.candidate.person {
        crate::people::known(snapshot.directory.person(person), "person", &person)?;
    }
    let line = content.package.tokens.as_ref().filter(|line| line.guaranteed);
    let pool = line.and_then(|line| line.pool.as_deref()).map(|pool| control.find_pool(snapshot, pool));
    let calendar = content.place.as_ref().and_then(|place| snapshot.directory.roles().places.get(place));
    let tokens = TokenTerms::of(content, &snapshot.currency, pool.transpose()?, calendar);
    let tokens = tokens.map_err(|error| invalid(error.to_string()))?.map(Box::new);
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    reason.map_or(Ok(()), checked_note)?;
    let mut key = [0; 32];
    control.random.fill(&mut key)?;
    let bytes = content.to_bytes();
    let text = OfferText {
        offer,
        number,
        key,
        content: String::from_utf8(bytes).map_err(|error| Error::failed("a version could not be written", error))?,
        reason: reason.map(str::to_owned),
    };
    // A version that is in the journal is never written over: its number is taken.
    let taken = snapshot.directory.offer(offer).is_some_and(|known| known.version(number).is_some());
    if !taken {
        control.private.put_offer_text(&text).map_err(stored)?;
    }
    Ok(Version {
        number,
        by,
        content: content.hash(&key),
        role: content.role.clone(),
        place: content.place.clone(),
        tokens,
        reason: Some(NoteId::new(turn.derived("version", 0))),
        at: turn.now,
    })
}
