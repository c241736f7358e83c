//! The way of an offer to its candidate and to its end.

use purser_core::directory::Directory;
use purser_core::event::{Event, OfferEvent, PoolEvent};
use purser_core::id::{GrantId, PersonId};
use purser_core::lint::Severity;
use purser_core::offer::{Offer as Known, State, Version, Who};
use purser_core::pool::CommitmentOf;
use purser_core::role::{Asked, Duty, Measured, needed};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use super::look::{company_day, funding};
use super::note;
use crate::change::{CommandName, Turn};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::shape::{ApproveOffer, DeclineOffer, Offer, OfferNote};

impl Control {
    /// Puts the latest version up for approval. By the rules in force it may need none.
    ///
    /// # Errors
    /// [`Code::OfferBlocked`] when the linter finds an error in it; its state.
    pub async fn submit_offer(&self, name: Option<CommandName>, id: &str, by: Who) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            if matches!(offer.state, State::Approval | State::Approved) {
                return Ok(Vec::new());
            }
            let (snapshot, version) = (turn.snapshot(), latest(offer)?);
            // Whether its pool has enough is asked when it is sent.
            unblocked(turn, &snapshot, offer, version, false)?;
            let needed = approvals(turn, &snapshot, offer, version)?;
            let submitted =
                OfferEvent::Submitted { offer: offer.id, version: version.number, by, needed, at: turn.now };
            // What was set aside for the version that was sent stays so until this one is sent or the offer ends.
            Ok(vec![event(submitted)])
        })
        .await
    }

    /// Approves the latest version.
    ///
    /// # Errors
    /// [`Code::SelfApproval`] by whoever wrote or submitted it; its state.
    pub async fn approve_offer(
        &self,
        name: Option<CommandName>,
        id: &str,
        by: Who,
        approve: ApproveOffer,
    ) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            let duty: Duty = approve.duty;
            if offer.approvals.iter().any(|given| given.duty == duty && given.by == by) {
                return Ok(Vec::new());
            }
            let version = latest(offer)?.number;
            Ok(vec![event(OfferEvent::Approved { offer: offer.id, version, by, duty, at: turn.now })])
        })
        .await
    }

    /// Does not approve the latest version: it is a draft again.
    ///
    /// # Errors
    /// Its state.
    pub async fn return_offer(
        &self,
        name: Option<CommandName>,
        id: &str,
        by: Who,
        why: OfferNote,
    ) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            let version = latest(offer)?.number;
            let note = note(turn, offer.id, why.note.as_deref())?;
            Ok(vec![event(OfferEvent::Returned { offer: offer.id, version, by, note, at: turn.now })])
        })
        .await
    }

    /// Sends it to the candidate, and sets aside in its pool what a guarantee in it can release.
    ///
    /// # Errors
    /// [`Code::OfferBlocked`] when the linter finds an error, an unfunded guarantee among them; its state.
    pub async fn send_offer(&self, name: Option<CommandName>, id: &str, by: Who) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            if matches!(offer.state, State::Sent | State::Viewed) {
                return Ok(Vec::new());
            }
            let (snapshot, version) = (turn.snapshot(), latest(offer)?);
            let content = unblocked(turn, &snapshot, offer, version, true)?;
            // What was kept for the version before makes room for this one, in the same change.
            let mut events: Vec<Event> = release(&snapshot.directory, offer, turn.now).into_iter().collect();
            if let Some(terms) = version.tokens.as_deref().filter(|terms| terms.guaranteed) {
                let person = content.candidate.person.unwrap_or(PersonId::new(offer.id.get()));
                let grant = GrantId::new(offer.id.get());
                let terms = Box::new(terms.grant(grant, person, &terms.zone, offer.id, turn.now));
                // Also of somebody who is elsewhere still: with acceptance they move here.
                let unit = offer.unit;
                events.push(Event::Pool(PoolEvent::OfferCommitted { offer: offer.id, unit, terms, at: turn.now }));
            }
            let expires = content.zone.first_instant(content.expires);
            let (offer, version) = (offer.id, version.number);
            events.push(event(OfferEvent::Sent { offer, version, by, expires, at: turn.now }));
            Ok(events)
        })
        .await
    }

    /// Notes that the candidate has looked at it.
    ///
    /// # Errors
    /// It is not with the candidate, or its time is over.
    pub async fn view_offer(&self, name: Option<CommandName>, id: &str) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| match offer.state {
            State::Viewed => Ok(Vec::new()),
            _ => Ok(vec![event(OfferEvent::Viewed { offer: offer.id, at: turn.now })]),
        })
        .await
    }

    /// Notes the candidate's no. What was set aside is free again.
    ///
    /// # Errors
    /// It is not with the candidate.
    pub async fn decline_offer(&self, name: Option<CommandName>, id: &str, why: DeclineOffer) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            if offer.state == State::Declined {
                return Ok(Vec::new());
            }
            let note = note(turn, offer.id, why.note.as_deref())?;
            let declined = OfferEvent::Declined { offer: offer.id, reason: why.reason, note, at: turn.now };
            Ok(ended(&turn.snapshot().directory, offer, declined, turn.now))
        })
        .await
    }

    /// Takes it back. What was set aside is free again.
    ///
    /// # Errors
    /// It has ended.
    pub async fn withdraw_offer(
        &self,
        name: Option<CommandName>,
        id: &str,
        by: Who,
        why: OfferNote,
    ) -> Result<Offer, Error> {
        self.offer_step(name, id, move |turn, offer| {
            if offer.state == State::Withdrawn {
                return Ok(Vec::new());
            }
            let note = note(turn, offer.id, why.note.as_deref())?;
            let withdrawn = OfferEvent::Withdrawn { offer: offer.id, by, note, at: turn.now };
            Ok(ended(&turn.snapshot().directory, offer, withdrawn, turn.now))
        })
        .await
    }

    /// Ends every offer whose time is over, and frees what was set aside for it. Returns how many.
    ///
    /// # Errors
    /// The journal.
    pub async fn expire_offers(&self) -> Result<usize, Error> {
        let is_over = |offer: &Known, now: Instant| {
            let runs = offer.state.is_out() || offer.kept_guarantee().is_some();
            runs && offer.sent.is_some_and(|sent| sent.expires <= now)
        };
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let over: Vec<_> = snapshot.directory.offers().filter(|offer| is_over(offer, now)).map(|it| it.id).collect();
        for id in &over {
            let id = *id;
            self.change(None, move |turn| {
                let snapshot = turn.snapshot();
                let Some(offer) = snapshot.directory.offer(id).filter(|offer| is_over(offer, turn.now)) else {
                    return Ok(());
                };
                let expired = OfferEvent::Expired { offer: id, at: turn.now };
                super::commit(turn, ended(&snapshot.directory, offer, expired, turn.now))
            })
            .await?;
        }
        Ok(over.len())
    }
}

fn event(event: OfferEvent) -> Event {
    Event::Offer(event)
}

/// What frees what is set aside for an offer, if anything is.
pub(super) fn release(directory: &Directory, offer: &Known, at: Instant) -> Option<Event> {
    let committed = directory.commitment(CommitmentOf::Offer(offer.id));
    committed.map(|_| Event::Pool(PoolEvent::OfferReleased { offer: offer.id, at }))
}

/// An event after which nothing is with the candidate, with what frees what was set aside for it.
fn ended(directory: &Directory, offer: &Known, end: OfferEvent, at: Instant) -> Vec<Event> {
    release(directory, offer, at).into_iter().chain([event(end)]).collect()
}

pub(super) fn latest(offer: &Known) -> Result<&Version, Error> {
    offer.latest().ok_or_else(|| Refused::new(Code::Conflict, "the offer has no version").into())
}

/// What the latest version says, when the linter finds no error in it.
fn unblocked(
    turn: &Turn<'_>,
    snapshot: &Snapshot,
    offer: &Known,
    version: &Version,
    with_funds: bool,
) -> Result<purser_core::offer::Content, Error> {
    let content = turn.control().offer_content(offer.id, version.number)?;
    let funds = match funding(&snapshot.directory, offer, version) {
        purser_core::lint::Funding::Short(_) if !with_funds => purser_core::lint::Funding::Funded,
        funds => funds,
    };
    let findings = Inner::findings(snapshot, &content, funds, turn.now);
    let error = findings.iter().find(|finding| finding.severity == Severity::Error);
    match error {
        None => Ok(content),
        Some(finding) => Err(Refused::new(Code::OfferBlocked, format!("{}: {}", finding.code, finding.message))
            .hint(finding.fix.clone())
            .into()),
    }
}

/// Who must approve a version, by the rules in force.
fn approvals(turn: &Turn<'_>, snapshot: &Snapshot, offer: &Known, version: &Version) -> Result<Vec<Duty>, Error> {
    let content = turn.control().offer_content(offer.id, version.number)?;
    let views = content.package.token_views().ok().flatten();
    let workday = views.and_then(|views| content.package.in_currency(views.workday, &snapshot.currency));
    let measured = Measured {
        role: &version.role,
        place: version.place.as_ref(),
        workday,
        of_base: views.and_then(|views| views.of_base),
    };
    let roles = snapshot.directory.roles();
    let standing = roles.standing(&measured, company_day(&snapshot.directory, turn.now));
    let terms = version.tokens.as_deref();
    let asked = Asked {
        standing,
        year: terms.map_or(purser_core::money::Nano::ZERO, |terms| terms.year),
        guaranteed: terms.is_some_and(|terms| terms.guaranteed),
    };
    Ok(needed(&roles.approvals, &asked))
}
