//! Acceptance: person, grant, commitment and the offer's end, in one change.

use purser_core::event::{Event, OfferEvent};
use purser_core::id::{GrantId, PersonId};
use purser_core::letter::{Amounts, consent};
use purser_core::offer::State;
use purser_store::Personal;

use super::flow::{latest, release};
use super::note;
use crate::change::{CommandName, refused, reused};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::people::{checked_name, first_instant, known};
use crate::shape::{AcceptOffer, Offer};

impl Control {
    /// The candidate says yes to the version they have before them. Makes the person when they are new, moves them to the
    /// offer's unit from its start date on when they are not, makes the grant of its token line, and moves what was set
    /// aside for the offer to the grant; all of it or nothing.
    ///
    /// # Errors
    /// [`OfferExpired`](crate::Code::OfferExpired) after its time, [`OfferState`](crate::Code::OfferState) when another
    /// version is on the table; or the journal.
    pub async fn accept_offer(&self, name: Option<CommandName>, id: &str, accept: AcceptOffer) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            let signed = checked_name("signature", &accept.signed)?;
            if let (State::Accepted, Some(accepted)) = (offer.state, offer.accepted) {
                return if accepted.version == accept.version { Ok(Vec::new()) } else { Err(reused()) };
            }
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let version = latest(offer)?;
            let content = control.offer_content(offer.id, version.number)?;
            let (id, now) = (offer.id, turn.now);
            let mut events: Vec<Event> = release(&snapshot.directory, offer, now).into_iter().collect();
            let (person, zone) = if let Some(person) = content.candidate.person {
                let here = known(snapshot.directory.person(person), "person", &person)?;
                // To the offer's unit when their new work begins; today where that day has come.
                let begins = first_instant(here, content.starts);
                let effective = (begins > now).then_some(begins);
                if snapshot.directory.unit_of(here, effective.unwrap_or(now)) != offer.unit {
                    events.push(Event::PersonMoved { person, unit: offer.unit, effective, at: now });
                }
                (person, here.zone(now).clone())
            } else {
                // The bits of the offer: an attempt that is made again makes the same person.
                let person = PersonId::new(id.get());
                let (unit, zone) = (offer.unit, content.zone.clone());
                events.push(Event::PersonAdded { person, unit, zone: zone.clone(), at: now });
                (person, zone)
            };
            let grant = version.tokens.as_deref().map(|terms| {
                let grant = terms.grant(GrantId::new(id.get()), person, &zone, id, now);
                events.push(Event::GrantMade(grant));
                GrantId::new(id.get())
            });
            // The letter that they have before them: of the version on the table, under the key of its text.
            let letter = Inner::letter_of(offer, version, &content, Amounts::Shown)?;
            let hash = letter.hash(&control.offer_key(id, version.number)?);
            let accepted = |signature| {
                let (version, letter) = (accept.version, Some(hash));
                Event::Offer(OfferEvent::Accepted { offer: id, version, person, grant, letter, signature, at: now })
            };
            // What is wrong with the step is told before what would be wrong with its grant.
            if let Event::Offer(step) = accepted(None) {
                offer.take(&step).map_err(|error| refused(&error.into()))?;
            }
            // Looked at before anything personal is written.
            events.push(accepted(None));
            super::commit_check(&snapshot.directory, &events)?;
            events.pop();
            if content.candidate.person.is_none() {
                let personal = Personal {
                    person,
                    name: checked_name("name", &content.candidate.name)?,
                    email: content.candidate.email.clone(),
                    more: None,
                };
                control.private.put_person(&personal).map_err(stored)?;
                control.names.write().put_person(personal);
            }
            control.private.put_offer_letter(id, version.number, &letter.into()).map_err(stored)?;
            let text = serde_json::json!({
                "signed": signed, "consent": consent(version.number), "version": accept.version,
                "hash": version.content, "letter": hash, "at": now,
            });
            events.push(accepted(note(turn, id, Some(&text.to_string()))?));
            Ok(events)
        })
        .await
    }
}
