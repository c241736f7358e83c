//! Offers by first principles: one state after the other, nothing set aside longer or shorter than a guarantee is with its
//! candidate, and never an acceptance without its grant nor a grant without its acceptance.

use super::company::{Company, Ruled, Told, rule};
use super::happening::{Id, OfferStep, Terms, Version, Who};
use super::pools::For;

/// Where an offer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Written,
    BeforeApprovers,
    Approved,
    Sent,
    Looked,
    Countered,
    Accepted,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    unit: Id,
    pub(super) stage: Stage,
    versions: Vec<Version>,
    submitted: Option<Who>,
    needed: Vec<String>,
    approved: Vec<(String, Who)>,
    /// Version and expiry.
    sent: Option<(i128, i64)>,
    accepted: Option<(i128, Id, Option<Id>)>,
}

fn same(one: &Who, other: &Who) -> bool {
    one.actor == other.actor || (one.person.is_some() && one.person == other.person)
}

impl Offer {
    fn latest(&self) -> i128 {
        self.versions.len() as i128
    }

    pub(super) fn may_be_accepted(&self) -> bool {
        matches!(self.stage, Stage::Sent | Stage::Looked)
    }

    fn is_out(&self) -> bool {
        self.may_be_accepted() || self.stage == Stage::Countered
    }

    fn terms(&self, version: i128) -> Option<&Terms> {
        self.versions.iter().find(|known| known.number == version).and_then(|version| version.terms.as_ref())
    }

    /// The guarantee of what was sent last.
    fn guarantee(&self) -> Option<&Terms> {
        self.terms(self.sent?.0).filter(|terms| terms.guaranteed)
    }

    /// The company thinks about what the candidate asks for.
    fn is_pondered(&self) -> bool {
        let stages = [Stage::Written, Stage::BeforeApprovers, Stage::Approved];
        stages.contains(&self.stage) && self.versions.last().is_some_and(|version| version.by.is_none())
    }

    fn write(&mut self, version: &Version, by_candidate: bool) -> Ruled {
        rule(version.by.is_none() == by_candidate, || "a version is by the wrong side".to_owned())?;
        rule(version.number == self.latest() + 1, || "versions are numbered in order".to_owned())?;
        self.versions.push(version.clone());
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        (self.submitted, self.needed, self.approved) = (None, Vec::new(), Vec::new());
    }

    fn step(&mut self, step: &OfferStep) -> Ruled {
        use Stage::{Accepted, Approved, BeforeApprovers, Countered, Ended, Looked, Sent, Written};
        let stage = self.stage;
        let from = |stages: &[Stage]| rule(stages.contains(&stage), || format!("{step:?} can't follow {stage:?}"));
        let in_time = |at: i64| rule(self.sent.is_none_or(|(_, expires)| at < expires), || "it is too late".to_owned());
        let is_latest = |version: i128| rule(version == self.latest(), || "another version is the latest".to_owned());
        match step {
            OfferStep::Drafted { .. } => return Err("it was drafted before".to_owned()),
            OfferStep::Revised { version } => {
                from(&[Written, BeforeApprovers, Approved, Sent, Looked, Countered])?;
                self.write(version, false)?;
                self.stage = Written;
            }
            OfferStep::Countered { version } => {
                from(&[Sent, Looked])?;
                in_time(version.at)?;
                self.write(version, true)?;
                self.stage = Countered;
            }
            OfferStep::Submitted { version, by, needed } => {
                from(&[Written, Countered])?;
                is_latest(*version)?;
                self.forget();
                (self.submitted, self.needed) = (Some(by.clone()), needed.clone());
                self.stage = if needed.is_empty() { Approved } else { BeforeApprovers };
            }
            OfferStep::Approved { version, by, duty } => {
                from(&[BeforeApprovers])?;
                is_latest(*version)?;
                self.may_approve(by, duty)?;
                self.approved.push((duty.clone(), by.clone()));
                if self.needed.iter().all(|needed| self.approved.iter().any(|(duty, _)| duty == needed)) {
                    self.stage = Approved;
                }
            }
            OfferStep::Returned { version } => {
                from(&[BeforeApprovers])?;
                is_latest(*version)?;
                self.forget();
                self.stage = Written;
            }
            OfferStep::Sent { version, expires, at } => {
                from(&[Approved])?;
                is_latest(*version)?;
                rule(at < expires, || "it expires before it is sent".to_owned())?;
                (self.stage, self.sent) = (Sent, Some((*version, *expires)));
            }
            OfferStep::Viewed { at } => {
                from(&[Sent, Looked])?;
                in_time(*at)?;
                self.stage = Looked;
            }
            OfferStep::Accepted { version, person, grant, at } => {
                from(&[Sent, Looked])?;
                is_latest(*version)?;
                in_time(*at)?;
                (self.stage, self.accepted) = (Accepted, Some((*version, *person, *grant)));
            }
            OfferStep::Declined => {
                from(&[Sent, Looked, Countered])?;
                self.stage = Ended;
            }
            OfferStep::Expired { at } => {
                let pondered = self.is_pondered() && self.guarantee().is_some();
                if !pondered {
                    from(&[Sent, Looked, Countered])?;
                }
                rule(self.sent.is_none_or(|(_, expires)| expires <= *at), || "its time is not over".to_owned())?;
                self.stage = Ended;
            }
            OfferStep::Withdrawn => {
                from(&[Written, BeforeApprovers, Approved, Sent, Looked, Countered])?;
                self.stage = Ended;
            }
        }
        Ok(())
    }

    /// Nobody approves what they had a hand in, and nobody twice.
    fn may_approve(&self, by: &Who, duty: &str) -> Ruled {
        rule(self.needed.iter().any(|needed| needed == duty), || "nobody asked for that approval".to_owned())?;
        let given = self.approved.iter().any(|(known, who)| known == duty || same(who, by));
        rule(!given, || "it was given, or they gave another one".to_owned())?;
        let since = self.sent.map_or(0, |(version, _)| version);
        let written = self.versions.iter().filter(|version| version.number > since).filter_map(|v| v.by.as_ref());
        let own = written.chain(&self.submitted).any(|who| same(who, by));
        rule(!own, || "they approve their own".to_owned())
    }
}

/// Is one what was promised by the other? Whose, where and when is said by the grant.
fn keeps(made: &Terms, promised: &Terms) -> bool {
    let Terms { id, person, place, offer, created, .. } = *made;
    *made == Terms { id, person, place, offer, created, ..promised.clone() }
}

impl Company {
    /// What a whole period of a grant is not cut below before its term ends, by the version that was accepted.
    pub(super) fn floor(&self, grant: &Terms) -> Option<i128> {
        let offer = self.offers.get(&grant.offer?)?;
        let (accepted, _, _) = offer.accepted.filter(|(_, _, made)| *made == Some(grant.id))?;
        offer.versions.iter().find(|version| version.number == accepted)?.floor
    }

    pub(super) fn offer_step(&mut self, id: Id, step: &OfferStep) -> Ruled {
        if let OfferStep::Drafted { unit, version } = step {
            rule(!self.offers.contains_key(&id), || "it was drafted before".to_owned())?;
            rule(self.units.get(unit).is_some_and(|unit| !unit.closed), || "its unit is not open".to_owned())?;
            let (versions, needed, approved) = (Vec::new(), Vec::new(), Vec::new());
            let (stage, submitted, sent, accepted) = (Stage::Written, None, None, None);
            let mut offer = Offer { unit: *unit, stage, versions, submitted, needed, approved, sent, accepted };
            offer.write(version, false)?;
            self.offers.insert(id, offer);
            return Ok(());
        }
        let offer = self.offers.get_mut(&id).ok_or("there is no such offer")?;
        offer.step(step)?;
        if let OfferStep::Accepted { person, grant, version, .. } = step {
            let letter = offer.versions.iter().find(|known| known.number == *version);
            let role = letter.map(|letter| letter.role.clone()).ok_or("there is no such version")?;
            self.present_mut(*person)?.told.push(Told::Letter(role));
            let voided = grant.and_then(|grant| self.grants.get(&grant)).is_some_and(|grant| grant.voided.is_some());
            rule(!voided, || "its grant was voided before".to_owned())?;
        }
        Ok(())
    }

    pub(super) fn offers_keep_their_word(&self) -> Ruled {
        for (id, offer) in &self.offers {
            let _ = offer.unit;
            let set_aside = self.pools.commitments.get(&For::Offer(*id)).and_then(|known| known.terms.as_ref());
            let promised = offer.guarantee();
            let right = match set_aside {
                Some(aside) => {
                    let due = offer.is_out() || offer.is_pondered();
                    due && promised.is_some_and(|promised| keeps(&aside.terms, promised))
                }
                None => !offer.is_out() || promised.is_none(),
            };
            rule(right, || {
                format!("offer {id} is {:?}, promises {promised:?}, set aside is {set_aside:?}", offer.stage)
            })?;
            let Some((version, person, grant)) = offer.accepted else { continue };
            let made = grant.and_then(|grant| self.grants.get(&grant));
            let kept = match (offer.terms(version), made) {
                (None, None) => grant.is_none(),
                (Some(promised), Some(made)) => {
                    let theirs = made.terms.person == person && made.terms.offer == Some(*id);
                    theirs && keeps(&made.terms, promised)
                }
                _ => false,
            };
            rule(kept && self.people.contains_key(&person), || {
                format!("offer {id} is accepted, its grant is {made:?}")
            })?;
        }
        for (id, grant) in &self.grants {
            let offer = grant.terms.offer.and_then(|offer| self.offers.get(&offer));
            let accepted = offer.is_none_or(|offer| offer.accepted.is_some_and(|(_, _, made)| made == Some(*id)));
            rule(accepted, || format!("grant {id} comes of an offer that nobody accepted"))?;
        }
        Ok(())
    }
}
