//! Offers: drafted, negotiated, approved, sent, and what an acceptance makes.
//!
//! What a version says is written where it can be erased before its event is journaled; the event has its keyed hash.
//! A step that has been done already is not done again and gives what there is, so that sending a command twice is safe.

mod accept;
mod flow;
mod forget;
mod letter;
mod links;
mod look;
mod preview;
mod report;
mod roles;
mod write;

pub use letter::Document;
pub(crate) use links::{OfferLinkEvent, OfferLinks};
pub(crate) use look::WantedOffers;
use purser_core::event::Event;
use purser_core::id::{NoteId, OfferId};
use purser_core::offer::{Offer as Known, OfferError, Who};

use crate::change::{Turn, refused};
use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::Offer;

/// The longest text about an offer.
const NOTE_BYTES_MAX: usize = 4 << 10;

/// The code of a refusal.
pub(crate) const fn code(error: &OfferError) -> Code {
    match error {
        OfferError::Unknown(_) => Code::NotFound,
        OfferError::OwnApproval | OfferError::ApprovedAlready => Code::SelfApproval,
        OfferError::Late { .. } | OfferError::ExpiresBefore { .. } => Code::OfferExpired,
        OfferError::State { .. } | OfferError::Version { .. } | OfferError::NotYet { .. } => Code::OfferState,
        _ => Code::Conflict,
    }
}

impl Control {
    /// Who acts, for what is kept in the journal beside what they did.
    pub(crate) fn who(&self) -> Who {
        self.acting.who()
    }

    /// One step of an offer: `make` says which events it takes, none where it has been done already.
    async fn offer_step(
        &self,
        name: Option<crate::CommandName>,
        id: &str,
        make: impl FnOnce(&mut Turn<'_>, &Known) -> Result<Vec<Event>, Error> + Send + 'static,
    ) -> Result<Offer, Error> {
        let id = offer_id(id)?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let offer = known(snapshot.directory.offer(id), "offer", &id)?;
            let events = make(turn, offer)?;
            commit(turn, events)?;
            turn.control().shown_offer(id, turn.now)
        })
        .await
    }
}

/// Writes events so that they take effect together.
fn commit(turn: &mut Turn<'_>, events: Vec<Event>) -> Result<(), Error> {
    turn.commit_together(events)
}

/// Would the events be taken? Nothing is changed.
fn commit_check(directory: &purser_core::directory::Directory, events: &[Event]) -> Result<(), Error> {
    let apply = |directory: purser_core::directory::Directory, event| directory.apply(event);
    events.iter().try_fold(directory.clone(), apply).map(drop).map_err(|error| refused(&error))
}

/// Keeps a note about an offer, before the event that refers to it.
fn note(turn: &Turn<'_>, offer: OfferId, text: Option<&str>) -> Result<Option<NoteId>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    checked_note(text)?;
    let id = NoteId::new(turn.derived("note", 0));
    turn.control().private.put_offer_note(id, offer, text).map_err(stored)?;
    Ok(Some(id))
}

fn checked_note(text: &str) -> Result<(), Error> {
    if text.len() <= NOTE_BYTES_MAX {
        return Ok(());
    }
    let message = format!("a text about an offer has at most {NOTE_BYTES_MAX} bytes");
    Err(Refused::new(Code::Invalid, message).hint("put the rest into the notes of a version").into())
}

fn offer_id(text: &str) -> Result<OfferId, Error> {
    text.trim().parse().map_err(|error: purser_core::id::IdError| {
        Refused::new(Code::Invalid, error.to_string()).hint("`purser offer list` shows the ids").into()
    })
}
