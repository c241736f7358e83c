//! Usage that was seen beside the grants, and what policy says of it.

use super::{Directory, EventError, Person};
use crate::grant::{Grant, GrantSource};
use crate::observed::{Observation, ObservedUse};

impl Directory {
    /// What becomes of usage observed beside a grant: as is set for the family of the offer that it came from, else as its
    /// person's policy says, else as the company's.
    pub fn observed_use(&self, person: &Person, grant: &Grant) -> ObservedUse {
        let of_family = match grant.source {
            GrantSource::Manual | GrantSource::TopUp(_) => None,
            GrantSource::Offer(offer) => self.offer(offer).and_then(|offer| {
                let accepted = offer.version(offer.accepted?.version)?;
                self.roles().families.get(&accepted.role.family)?.observed
            }),
        };
        of_family.unwrap_or(self.policy_of(person.id).observed)
    }

    /// It changes nothing here: what counts against a grant is an event of the grant.
    pub(super) fn take_observation(&self, observation: &Observation) -> Result<(), EventError> {
        // Also of somebody who has left: what they used last may be told when they are gone.
        self.person(observation.person).ok_or(EventError::UnknownPerson(observation.person))?;
        if let Some(key) = observation.key {
            let theirs = self.key_by_id(key).filter(|key| key.person == observation.person);
            theirs.ok_or(EventError::UnknownKey(key))?;
        }
        Ok(observation.check()?)
    }
}
