//! Offers, what is set about roles, and who is in which.

use std::sync::Arc;

use super::table::Table;
use super::{Directory, EventError, SetRole};
use crate::event::{OfferEvent, RoleEvent};
use crate::grant::{Grant, GrantSource};
use crate::id::{OfferId, PersonId};
use crate::offer::{Offer, OfferError, State, Version};
use crate::pool::CommitmentOf;
use crate::role::{Role, Roles};
use crate::run::RunLimits;
use crate::time::Instant;

/// Offers by id, and the roles they are measured by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) by_id: Table<OfferId, Arc<Offer>>,
    /// The offer that somebody accepted last, which says their role where nothing was said since.
    pub(super) accepted: Table<PersonId, OfferId>,
    pub(super) roles: Arc<Roles>,
}

impl Offers {
    pub(super) fn insert(&mut self, offer: Arc<Offer>) {
        if let Some(accepted) = &offer.accepted {
            let when = |id: &OfferId| self.by_id.get(id).and_then(|known| Some((known.accepted.as_ref()?.at, *id)));
            let known = self.accepted.get(&accepted.person).and_then(when);
            if known.is_none_or(|known| known <= (accepted.at, offer.id)) {
                self.accepted.insert_mut(accepted.person, offer.id);
            }
        }
        self.by_id.insert_mut(offer.id, offer);
    }
}

impl Directory {
    /// An offer, ended ones included.
    pub fn offer(&self, id: OfferId) -> Option<&Arc<Offer>> {
        self.offers.by_id.get(&id)
    }

    /// All offers, in no particular order.
    pub fn offers(&self) -> impl Iterator<Item = &Arc<Offer>> {
        self.offers.by_id.values()
    }

    /// The offer that somebody accepted last, and its version; `None` for whoever came without one.
    pub fn accepted_by(&self, person: PersonId) -> Option<(OfferId, &Version)> {
        let offer = self.offer(*self.offers.accepted.get(&person)?)?;
        Some((offer.id, offer.version(offer.accepted?.version)?))
    }

    /// Somebody's role, as it was said last: set by itself, or by the offer that they accepted last. `None` where neither
    /// was.
    pub fn role_of(&self, person: PersonId) -> Option<&Role> {
        match self.set_role_of(person) {
            Some(set) => Some(&set.role),
            None => self.accepted_by(person).map(|(_, version)| &version.role),
        }
    }

    /// The role that was set for somebody, where it is what counts: no offer was accepted since, and it was not taken back.
    pub fn set_role_of(&self, person: PersonId) -> Option<&SetRole> {
        self.person(person)?.role.as_ref()
    }

    /// What each run of somebody may use at most: as their policy and that of their role say, the lower of both.
    pub fn run_limits(&self, person: PersonId) -> RunLimits {
        let policy = self.policy_of(person).runs;
        // Asked for every call; most companies set none for roles.
        if self.roles().families.values().all(|terms| terms.runs.is_empty()) {
            return policy;
        }
        self.role_of(person).map_or(policy, |role| policy.lowered_by(&self.roles().run_limits(role)))
    }

    /// Families, bands, policies, calendars and approval rules.
    pub fn roles(&self) -> &Arc<Roles> {
        &self.offers.roles
    }

    pub(super) fn take_role(&mut self, event: &RoleEvent) -> Result<(), EventError> {
        let mut roles = Roles::clone(&self.offers.roles);
        roles.apply(&event.change)?;
        self.offers.roles = Arc::new(roles);
        Ok(())
    }

    /// Any family may be named, as in offers: what the company sets for it later counts from then on.
    pub(super) fn set_role(&mut self, id: PersonId, role: Option<&Role>, at: Instant) -> Result<(), EventError> {
        self.present(id)?;
        let role = role.map(|role| SetRole { role: Arc::new(role.clone()), at });
        self.person_mut(id, |person| person.role = role);
        Ok(())
    }

    pub(super) fn take_offer(&mut self, event: &OfferEvent) -> Result<(), EventError> {
        let id = event.offer();
        let next = match event {
            OfferEvent::Drafted { unit, version, .. } => {
                if self.offer(id).is_some() {
                    return Err(EventError::Duplicate(id.to_string()));
                }
                self.open_unit(*unit)?;
                Offer::drafted(id, *unit, version)?
            }
            _ => self.offer(id).ok_or(OfferError::Unknown(id))?.take(event)?,
        };
        self.keeps_its_word(&next)?;
        self.has_its_funds(&next)?;
        self.offers.insert(Arc::new(next));
        if let OfferEvent::Accepted { person, .. } = event {
            // The letter says their role now.
            self.person_mut(*person, |person| person.role = None);
        }
        Ok(())
    }

    /// An accepted offer has its person and exactly the grant that it promised.
    fn keeps_its_word(&self, offer: &Offer) -> Result<(), OfferError> {
        let Some(accepted) = offer.accepted else { return Ok(()) };
        self.present(accepted.person).map_err(|_| OfferError::Person(accepted.person))?;
        let terms = offer.version(accepted.version).and_then(|version| version.tokens.as_deref());
        let made = accepted.grant.and_then(|grant| self.grant(grant));
        let kept = match (terms, made) {
            (None, None) => accepted.grant.is_none(),
            (Some(terms), Some(grant)) => {
                let theirs = grant.person == accepted.person && grant.source == GrantSource::Offer(offer.id);
                theirs && grant.voided_at.is_none() && terms.is_kept_by(grant)
            }
            _ => false,
        };
        if kept { Ok(()) } else { Err(OfferError::Grant) }
    }

    /// While a guarantee is with the candidate it is set aside in its pool, and no longer than until their counter-offer
    /// is answered.
    fn has_its_funds(&self, offer: &Offer) -> Result<(), OfferError> {
        let committed = self.commitment(CommitmentOf::Offer(offer.id));
        match (offer.guarantee(), committed) {
            (None, None) => Ok(()),
            (None, Some(set_aside))
                if offer.kept_guarantee().is_some_and(|terms| terms.is_kept_by(&set_aside.terms)) =>
            {
                Ok(())
            }
            (None, Some(_)) => Err(OfferError::StillCommitted(offer.id)),
            (Some(terms), Some(set_aside)) if terms.is_kept_by(&set_aside.terms) => Ok(()),
            (Some(_), _) => Err(OfferError::NotCommitted(offer.id)),
        }
    }

    /// A grant that names one of our offers is made in the change that accepts it. Offers that this ledger never saw
    /// were accepted elsewhere.
    pub(super) fn comes_from_its_offer(&self, grant: &Grant) -> Result<(), OfferError> {
        let GrantSource::Offer(id) = grant.source else { return Ok(()) };
        match self.offer(id) {
            Some(offer) if !matches!(offer.state, State::Sent | State::Viewed) => {
                Err(OfferError::GrantOfNoOffer { grant: grant.id, offer: id, state: offer.state })
            }
            _ => Ok(()),
        }
    }
}
