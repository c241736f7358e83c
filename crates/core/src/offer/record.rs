//! An offer as its events have made it.

use serde::{Deserialize, Serialize};

use super::{By, ContentHash, DeclineReason, OfferError, State, Step, TokenTerms, Who};
use crate::event::OfferEvent;
use crate::id::{GrantId, NoteId, OfferId, PersonId, UnitId};
use crate::role::{Duty, Place, Role};
use crate::time::Instant;

/// One version, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// From 1 up.
    pub number: u32,
    /// Whose.
    pub by: By,
    /// The keyed hash of everything it says.
    pub content: ContentHash,
    /// What it is measured as.
    pub role: Role,
    /// Where, for calendar and band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What of it can be enforced; `None` without a token line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Box<TokenTerms>>,
    /// Why it was written, a text kept where it can be erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoteId>,
    /// When.
    pub at: Instant,
}

/// An approval given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// In which capacity.
    pub duty: Duty,
    /// By whom.
    pub by: Who,
    /// When.
    pub at: Instant,
}

/// That a version is with the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// Which version.
    pub version: u32,
    /// Since when.
    pub at: Instant,
    /// From when on it can't be accepted any more.
    pub expires: Instant,
}

/// That a version became a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Which version.
    pub version: u32,
    /// Who the candidate is now.
    pub person: PersonId,
    /// The grant made of its token line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The hash of the letter that was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<ContentHash>,
    /// The record of the signature, kept where it can be erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<NoteId>,
    /// When.
    pub at: Instant,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The unit that the candidate would be in.
    pub unit: UnitId,
    /// Where it is.
    pub state: State,
    /// Since when it is there.
    pub since: Instant,
    /// All versions, the first one first. Never empty.
    pub versions: Vec<Version>,
    /// Who submitted the latest one, while it is being approved or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Who>,
    /// Who must approve the latest one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed: Vec<Duty>,
    /// Who has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// The last time it went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sending>,
    /// That it became a promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// Why the candidate said no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<DeclineReason>,
    /// More about why it was returned, declined or withdrawn, kept where it can be erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<NoteId>,
}

impl Offer {
    /// When it was drafted.
    pub fn created_at(&self) -> Instant {
        self.versions.first().map_or(self.since, |first| first.at)
    }

    /// The version on the table.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// A version by its number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The version that is or was last with the candidate.
    pub fn sent_version(&self) -> Option<&Version> {
        self.sent.and_then(|sent| self.version(sent.version))
    }

    /// The guarantee that must be funded now: that of the version with the candidate.
    pub fn guarantee(&self) -> Option<&TokenTerms> {
        let terms = self.sent_version()?.tokens.as_deref()?;
        (self.state.is_out() && terms.guaranteed).then_some(terms)
    }

    /// The guarantee that stays funded while the company looks at the candidate's counter-offer: that of the version that
    /// was sent before. Nobody else gets at the money between the counter-offer and its answer.
    pub fn kept_guarantee(&self) -> Option<&TokenTerms> {
        let terms = self.sent_version()?.tokens.as_deref()?;
        let looks = matches!(self.state, State::Draft | State::Approval | State::Approved);
        (looks && self.latest()?.by == By::Candidate && terms.guaranteed).then_some(terms)
    }

    /// Approvals that are still missing.
    pub fn missing(&self) -> impl Iterator<Item = Duty> {
        self.needed.iter().copied().filter(|duty| self.approvals.iter().all(|given| given.duty != *duty))
    }

    /// A new offer from its first event.
    ///
    /// # Errors
    /// [`OfferError`] when its first version is not one.
    pub fn drafted(id: OfferId, unit: UnitId, version: &Version) -> Result<Self, OfferError> {
        if version.number != 1 {
            return Err(OfferError::Number(version.number));
        }
        if version.by == By::Candidate {
            return Err(OfferError::Author);
        }
        Ok(Self {
            id,
            unit,
            state: State::Draft,
            since: version.at,
            versions: vec![version.clone()],
            submitted_by: None,
            needed: Vec::new(),
            approvals: Vec::new(),
            sent: None,
            accepted: None,
            declined: None,
            note: None,
        })
    }

    /// The offer after an event. This one stays as it is.
    ///
    /// # Errors
    /// [`OfferError`] when the event can't have happened to it.
    pub fn take(&self, event: &OfferEvent) -> Result<Self, OfferError> {
        let mut next = self.clone();
        match event {
            OfferEvent::Drafted { .. } => return Err(OfferError::Number(1)),
            OfferEvent::Revised { version, .. } => {
                if version.by == By::Candidate {
                    return Err(OfferError::Author);
                }
                next.step(Step::Revise, version.at)?;
                next.write(version)?;
            }
            OfferEvent::Countered { version, .. } => {
                if version.by != By::Candidate {
                    return Err(OfferError::Author);
                }
                next.in_time(version.at)?;
                next.step(Step::Counter, version.at)?;
                next.write(version)?;
            }
            OfferEvent::Submitted { version, by, needed, at, .. } => {
                next.is_latest(*version)?;
                next.step(Step::Submit { needs_approval: !needed.is_empty() }, *at)?;
                next.needed.clone_from(needed);
                next.needed.sort_unstable();
                next.needed.dedup();
                next.submitted_by = Some(by.clone());
                next.approvals.clear();
            }
            OfferEvent::Approved { version, by, duty, at, .. } => {
                next.is_latest(*version)?;
                next.may_approve(by, *duty)?;
                let complete = next.missing().all(|missing| missing == *duty);
                next.step(Step::Approve { complete }, *at)?;
                next.approvals.push(Approval { duty: *duty, by: by.clone(), at: *at });
            }
            OfferEvent::Returned { version, note, at, .. } => {
                next.is_latest(*version)?;
                next.step(Step::Return, *at)?;
                next.forget_approval();
                next.note = *note;
            }
            OfferEvent::Sent { version, expires, at, .. } => {
                next.is_latest(*version)?;
                next.step(Step::Send, *at)?;
                if expires <= at {
                    return Err(OfferError::ExpiresBefore { expires: *expires, at: *at });
                }
                next.sent = Some(Sending { version: *version, at: *at, expires: *expires });
            }
            OfferEvent::Viewed { at, .. } => {
                next.in_time(*at)?;
                next.step(Step::View, *at)?;
            }
            OfferEvent::Accepted { version, person, grant, letter, signature, at, .. } => {
                next.is_latest(*version)?;
                next.in_time(*at)?;
                next.step(Step::Accept, *at)?;
                next.accepted = Some(Acceptance {
                    version: *version,
                    person: *person,
                    grant: *grant,
                    letter: *letter,
                    signature: *signature,
                    at: *at,
                });
            }
            OfferEvent::Declined { reason, note, at, .. } => {
                next.step(Step::Decline, *at)?;
                next.declined = Some(*reason);
                next.note = *note;
            }
            OfferEvent::Expired { at, .. } => {
                // While a counter-offer is looked at the time goes on: what is set aside is not set aside for ever.
                if self.kept_guarantee().is_some() {
                    (next.state, next.since) = (State::Expired, *at);
                } else {
                    next.step(Step::Expire, *at)?;
                }
                if let Some(sent) = self.sent.filter(|sent| *at < sent.expires) {
                    return Err(OfferError::NotYet { offer: self.id, expires: sent.expires });
                }
            }
            OfferEvent::Withdrawn { note, at, .. } => {
                next.step(Step::Withdraw, *at)?;
                next.note = *note;
            }
        }
        Ok(next)
    }

    fn step(&mut self, step: Step, at: Instant) -> Result<(), OfferError> {
        let after = self.state.after(step);
        let after = after.ok_or(OfferError::State { offer: self.id, state: self.state, step })?;
        // Looking twice is one looking.
        if after != self.state {
            (self.state, self.since) = (after, at);
        }
        Ok(())
    }

    fn write(&mut self, version: &Version) -> Result<(), OfferError> {
        let number = self.versions.last().map_or(1, |last| last.number.saturating_add(1));
        if version.number != number {
            return Err(OfferError::Number(number));
        }
        self.versions.push(version.clone());
        self.forget_approval();
        Ok(())
    }

    fn forget_approval(&mut self) {
        self.submitted_by = None;
        self.needed.clear();
        self.approvals.clear();
    }

    fn is_latest(&self, given: u32) -> Result<(), OfferError> {
        let latest = self.versions.last().map_or(0, |last| last.number);
        if given == latest { Ok(()) } else { Err(OfferError::Version { offer: self.id, latest, given }) }
    }

    /// Before its expiry?
    fn in_time(&self, at: Instant) -> Result<(), OfferError> {
        match self.sent {
            Some(sent) if self.state.is_out() && at >= sent.expires => {
                Err(OfferError::Late { offer: self.id, expires: sent.expires })
            }
            _ => Ok(()),
        }
    }

    fn may_approve(&self, by: &Who, duty: Duty) -> Result<(), OfferError> {
        if self.state != State::Approval {
            let step = Step::Approve { complete: false };
            return Err(OfferError::State { offer: self.id, state: self.state, step });
        }
        if !self.needed.contains(&duty) {
            return Err(OfferError::NotNeeded(duty));
        }
        if self.approvals.iter().any(|given| given.duty == duty) {
            return Err(OfferError::DutyDone(duty));
        }
        // Whoever wrote a version since it last went out had a hand in this one.
        let since = self.sent.map_or(0, |sent| sent.version);
        let wrote = |version: &&Version| version.number > since;
        let authors = self.versions.iter().filter(wrote).filter_map(|version| match &version.by {
            By::Company(who) => Some(who),
            By::Candidate => None,
        });
        if authors.chain(&self.submitted_by).any(|own| own.is(by)) {
            return Err(OfferError::OwnApproval);
        }
        if self.approvals.iter().any(|given| given.by.is(by)) { Err(OfferError::ApprovedAlready) } else { Ok(()) }
    }
}
