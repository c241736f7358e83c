//! Floors: what a grant that came of an offer is not cut below before its term ends.
//!
//! The floor stands in the accepted version's terms and nowhere else, so grants made before this was looked at have theirs
//! too. Replay does not ask: what was accepted once stays so.

use super::Directory;
use crate::calendar::split;
use crate::event::{Event, GrantChange, GrantEvent};
use crate::grant::{Grant, GrantSource, WorkShare};
use crate::id::GrantId;
use crate::money::Nano;
use crate::time::Instant;

/// A cut would go below what was promised as the least.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the letter of grant {grant} says that before its term ends a period is not cut below {floor}; this would leave {left}"
)]
pub struct BelowFloor {
    /// Which grant.
    pub grant: GrantId,
    /// The least that a whole period releases; of a running one that is cut by the term, its days' part.
    pub floor: Nano,
    /// What would be left.
    pub left: Nano,
}

impl Directory {
    /// What a whole period of a grant is not cut below before its term ends; `None` where its letter says nothing, or it
    /// came of none.
    pub fn floor_of(&self, grant: &Grant) -> Option<Nano> {
        let GrantSource::Offer(offer) = grant.source else { return None };
        let offer = self.offer(offer)?;
        let accepted = offer.accepted.filter(|accepted| accepted.grant == Some(grant.id))?;
        offer.version(accepted.version)?.tokens.as_ref()?.floor
    }

    /// Does an event cut a grant below its floor? A smaller working share, a gift out of it and a void can. A leave does not:
    /// it is the person's, and a guaranteed term makes up for it; neither does an advance, which comes back.
    ///
    /// # Errors
    /// [`BelowFloor`], while the term runs and the person is here.
    pub fn check_floor(&self, event: &Event, at: Instant) -> Result<(), BelowFloor> {
        let (id, change) = match event {
            Event::GrantVoided { grant, .. } => (*grant, None),
            Event::Grant(GrantEvent { grant, change, .. }) => (*grant, Some(change)),
            _ => return Ok(()),
        };
        let Some(grant) = self.grant(id) else { return Ok(()) };
        let Some((floor, person)) = self.floor_of(grant).zip(self.person(grant.person)) else { return Ok(()) };
        let is_over = grant.ends_at(&person.zones).is_some_and(|end| end <= at);
        if is_over || grant.is_voided(at) || person.has_left(at) {
            return Ok(());
        }
        let (floor, left) = match change {
            None => (floor, Nano::ZERO),
            Some(GrantChange::ShareSet { share, from }) if *share < grant.share_on(*from) => {
                (floor, split(grant.amount, 0, i64::from(share.get()), i64::from(WorkShare::FULL.get())))
            }
            Some(GrantChange::Given { amount, .. }) => {
                let Some(running) = grant.rhythm(&person.zones).period_at(at) else { return Ok(()) };
                let part = Grant { amount: floor, life: grant.life.clone(), ..Grant::clone(grant) };
                (part.released(running.whole, running.days), grant.allowance(&running).saturating_sub(*amount))
            }
            Some(_) => return Ok(()),
        };
        if left < floor { Err(BelowFloor { grant: id, floor, left }) } else { Ok(()) }
    }
}
