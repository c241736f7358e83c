//! Forgetting what offers said that came to nothing: when somebody asks for it, and by itself after some months.

use jiff::ToSpan as _;
use purser_core::id::OfferId;
use purser_core::offer::{Offer as Known, State};

use super::look::company_day;
use crate::change::{CommandName, Turn};
use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::Offer;

impl Control {
    /// Says after how many months what an offer said that came to nothing is forgotten; `None`: only when somebody asks.
    pub fn forget_candidates_after(&self, months: Option<u16>) {
        *self.inner.candidate_months.write() = months;
    }

    /// Forgets what an offer that came to nothing said: name, amounts, notes. Its events and hashes stay, and the trail
    /// has who did it.
    ///
    /// # Errors
    /// [`Code::OfferState`] while it is open or when it was accepted; or the files.
    pub async fn erase_offer(&self, name: Option<CommandName>, id: &str) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            if !came_to_nothing(offer) {
                let message =
                    format!("offer {} is {}; only one that came to nothing is erased", offer.id, offer.state.word());
                return Err(Refused::new(Code::OfferState, message).hint("withdraw it first").into());
            }
            forget(turn, offer.id)?;
            Ok(Vec::new())
        })
        .await
    }

    /// Forgets what every offer said that came to nothing longer ago than the months that were set. Returns how many.
    ///
    /// # Errors
    /// The files, or the journal.
    pub async fn forget_candidates(&self) -> Result<usize, Error> {
        let Some(months) = *self.inner.candidate_months.read() else { return Ok(0) };
        let now = self.inner.clock.now();
        let old = self.look(move |inner, snapshot| {
            let directory = &snapshot.directory;
            let today = company_day(directory, now);
            // What has no text left was forgotten.
            let candidates = inner.private.offer_candidates().map_err(stored)?;
            let is_old = |id: &OfferId| {
                let offer = directory.offer(*id).filter(|offer| came_to_nothing(offer))?;
                let day = company_day(directory, offer.since).checked_add(i32::from(months).months()).ok()?;
                (day <= today).then_some(*id)
            };
            Ok(candidates.iter().filter_map(|(id, _)| is_old(id)).collect::<Vec<_>>())
        });
        let old = old.await?;
        for id in &old {
            let id = *id;
            self.change(None, move |turn| forget(turn, id)).await?;
        }
        Ok(old.len())
    }
}

fn came_to_nothing(offer: &Known) -> bool {
    offer.state.is_ended() && offer.state != State::Accepted
}

/// The entry of the trail first: what was forgotten without one would be gone without a trace.
fn forget(turn: &mut Turn<'_>, offer: OfferId) -> Result<(), Error> {
    turn.audit("erase_offer", &[offer.to_string()], None)?;
    turn.control().private.erase_offer(offer).map(drop).map_err(stored)
}
