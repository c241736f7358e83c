//! Requests for more money, mandates and absences.

use std::sync::Arc;

use jiff::civil::Date;

use super::table::Table;
use super::{Directory, EventError};
use crate::event::TopUpEvent;
use crate::grant::{Grant, GrantSource};
use crate::id::{GrantId, PersonId, TopUpId};
use crate::money::Nano;
use crate::time::Instant;
use crate::top_up::{Absence, Decision, Mandate, OPEN_MAX, State, TopUp, TopUpError};

/// All requests, those that are open by person, and who decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TopUps {
    pub(super) by_id: Table<TopUpId, Arc<TopUp>>,
    /// Of each person who has any those without an end, oldest first: calls that wait look here.
    pub(super) open: Table<PersonId, Arc<[TopUpId]>>,
    pub(super) mandates: Table<PersonId, Arc<Mandate>>,
    pub(super) absences: Table<PersonId, Arc<Absence>>,
    /// A grant that is made within a change, before the decision that it belongs to.
    pub(super) made: Option<GrantId>,
}

impl TopUps {
    pub(super) fn insert(&mut self, top_up: TopUp) {
        let (id, person) = (top_up.id, top_up.person);
        let is_open = top_up.state == State::Open;
        let known = self.open.get(&person).map_or(&[][..], |open| open);
        if known.contains(&id) != is_open {
            let others = known.iter().copied().filter(|other| *other != id);
            let mut open: Vec<TopUpId> = others.chain(is_open.then_some(id)).collect();
            open.sort_unstable();
            if open.is_empty() {
                self.open.remove_mut(&person);
            } else {
                self.open.insert_mut(person, open.into());
            }
        }
        self.by_id.insert_mut(id, Arc::new(top_up));
    }
}

impl Directory {
    /// A request, decided ones included.
    pub fn top_up(&self, id: TopUpId) -> Option<&Arc<TopUp>> {
        self.top_ups.by_id.get(&id)
    }

    /// All requests, in no particular order.
    pub fn top_ups(&self) -> impl Iterator<Item = &Arc<TopUp>> {
        self.top_ups.by_id.values()
    }

    /// Requests of a person about which nobody has decided, those that have closed without it and were not told of yet
    /// included.
    pub fn undecided_top_ups(&self, person: PersonId) -> impl Iterator<Item = &Arc<TopUp>> {
        let open = self.top_ups.open.get(&person).map_or(&[][..], |open| open);
        open.iter().filter_map(|id| self.top_up(*id))
    }

    /// Those of everybody.
    pub fn all_undecided_top_ups(&self) -> impl Iterator<Item = &Arc<TopUp>> {
        self.top_ups.open.values().flat_map(|open| open.iter()).filter_map(|id| self.top_up(*id))
    }

    /// What a manager gives without being asked; also one that gives nothing any more.
    pub fn mandate(&self, manager: PersonId) -> Option<&Arc<Mandate>> {
        self.top_ups.mandates.get(&manager)
    }

    /// All mandates, in no particular order.
    pub fn mandates(&self) -> impl Iterator<Item = &Arc<Mandate>> {
        self.top_ups.mandates.values()
    }

    /// When somebody is away, as far as they said; also what is over.
    pub fn absence(&self, person: PersonId) -> Option<&Arc<Absence>> {
        self.top_ups.absences.get(&person)
    }

    /// All absences, in no particular order.
    pub fn absences(&self) -> impl Iterator<Item = &Arc<Absence>> {
        self.top_ups.absences.values()
    }

    /// Is it one of the days on which somebody is away, and are both still here?
    pub fn is_away(&self, absence: &Absence, at: Instant) -> bool {
        let here = |person| self.person(person).filter(|person| !person.has_left(at));
        let today = here(absence.person).map(|person| person.zone(at).date(at));
        today.is_some_and(|today| absence.first <= today && today <= absence.last) && here(absence.delegate).is_some()
    }

    /// The first day of the company's calendar month, in which mandates are counted.
    pub fn mandate_month(&self, at: Instant) -> Date {
        let day = self.company().map_or_else(Date::default, |company| company.zone.date(at));
        day.first_of_month()
    }

    /// Does a mandate give to a person, as far as who they are goes?
    pub fn is_mandate_for(&self, mandate: &Mandate, person: PersonId, at: Instant) -> bool {
        let manager = self.person(mandate.manager).is_some_and(|manager| !manager.has_left(at));
        let theirs = self
            .person(person)
            .is_some_and(|person| self.units_above(self.unit_of(person, at)).any(|unit| unit.id == mandate.unit));
        manager && theirs && mandate.manager != person
    }

    pub(super) fn take_top_up(&mut self, event: &TopUpEvent) -> Result<(), EventError> {
        match event {
            TopUpEvent::Asked { .. } => self.ask(event)?,
            TopUpEvent::Passed { top_up, to, at } => {
                let known = self.undecided(*top_up, *at)?;
                if *to <= known.desk {
                    return Err(TopUpError::Passed { id: *top_up, desk: known.desk }.into());
                }
                let next = TopUp { desk: *to, since: *at, ..TopUp::clone(known) };
                self.top_ups.insert(next);
            }
            TopUpEvent::Approved { top_up, amount, decision } => self.approve(*top_up, *amount, decision)?,
            TopUpEvent::Denied { top_up, decision } => {
                let known = self.undecided(*top_up, decision.at)?;
                self.may_decide(known, decision)?;
                if let Some(manager) = decision.mandate {
                    return Err(TopUpError::Elsewhere(manager).into());
                }
                self.end(*top_up, State::Denied(decision.clone()));
            }
            TopUpEvent::Cancelled { top_up, by, at } => {
                self.undecided(*top_up, *at)?;
                self.end(*top_up, State::Cancelled { by: by.clone(), at: *at });
            }
            TopUpEvent::Expired { top_up, at } => {
                let known = self.without_end(*top_up)?;
                let left = self.person(known.person).is_none_or(|person| person.has_left(*at));
                if *at < known.closes && !left {
                    return Err(TopUpError::StillOpen { id: *top_up, closes: known.closes }.into());
                }
                self.end(*top_up, State::Expired { at: *at });
            }
            TopUpEvent::MandateSet { .. } => self.set_mandate(event)?,
            TopUpEvent::AbsenceSet { absence, at } => {
                let today = self.present(absence.person)?.zone(*at).date(*at);
                self.present(absence.delegate)?;
                let Absence { person, delegate, first, last } = *absence;
                if person == delegate || last < first || last < today {
                    return Err(TopUpError::Absence { first, last }.into());
                }
                self.top_ups.absences.insert_mut(person, Arc::new(absence.clone()));
            }
            TopUpEvent::AbsenceEnded { person, .. } => {
                if self.top_ups.absences.remove_mut(person).is_none() {
                    return Err(TopUpError::NotAway(*person).into());
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, event: &TopUpEvent) -> Result<(), EventError> {
        let TopUpEvent::Asked { top_up, person, purpose, amount, until, by, run, closes, at } = event else {
            return Ok(());
        };
        let (id, at) = (*top_up, *at);
        if self.top_up(id).is_some() {
            return Err(EventError::Duplicate(id.to_string()));
        }
        let whose = self.present(*person)?;
        let today = whose.zone(at).date(at);
        if !amount.is_positive() {
            return Err(TopUpError::Amount(*amount).into());
        }
        if *until < today {
            return Err(TopUpError::Over { until: *until, today }.into());
        }
        let over = until.tomorrow().map_or(Instant::FAR_FUTURE, |day| whose.zone(at).first_instant(day));
        if *closes <= at || *closes > over {
            return Err(TopUpError::Closes(*closes).into());
        }
        let open: Vec<&Arc<TopUp>> = self.undecided_top_ups(*person).filter(|known| known.is_open(at)).collect();
        if let Some(same) = open.iter().find(|known| known.purpose == *purpose) {
            return Err(TopUpError::AlreadyOpen { open: same.id, amount: same.amount, at: same.at }.into());
        }
        if open.len() >= OPEN_MAX {
            return Err(TopUpError::TooMany.into());
        }
        self.top_ups.insert(TopUp {
            id,
            person: *person,
            purpose: purpose.clone(),
            amount: *amount,
            until: *until,
            by: by.clone(),
            run: *run,
            at,
            closes: *closes,
            desk: self.policy_of(*person).top_ups.desk(*amount),
            since: at,
            state: State::Open,
        });
        Ok(())
    }

    fn approve(&mut self, id: TopUpId, amount: Nano, decision: &Decision) -> Result<(), EventError> {
        let known = self.undecided(id, decision.at)?;
        if !amount.is_positive() {
            return Err(TopUpError::Amount(amount).into());
        }
        if amount > known.amount {
            return Err(TopUpError::More { asked: known.amount, given: amount }.into());
        }
        let grant = self.grant(known.grant()).filter(|grant| known.is_kept_by(grant, amount));
        let grant = grant.filter(|grant| self.top_ups.made == Some(grant.id));
        let grant: &Grant = grant.ok_or(TopUpError::Grant(id))?;
        let drawn = match decision.mandate {
            None => {
                self.may_decide(known, decision)?;
                None
            }
            Some(manager) => Some(self.draw(manager, known, (amount, grant), decision)?),
        };
        if let Some(mandate) = drawn {
            self.top_ups.mandates.insert_mut(mandate.manager, Arc::new(mandate));
        }
        self.top_ups.made = None;
        self.end(id, State::Approved { amount, by: decision.clone() });
        Ok(())
    }

    /// The mandate after it has given what was asked for.
    fn draw(
        &self,
        manager: PersonId,
        top_up: &TopUp,
        (amount, grant): (Nano, &Grant),
        decision: &Decision,
    ) -> Result<Mandate, TopUpError> {
        let mandate = self.mandate(manager).ok_or(TopUpError::NoMandate(manager))?;
        if !self.is_mandate_for(mandate, top_up.person, decision.at) || grant.pool != mandate.pool {
            return Err(TopUpError::Elsewhere(manager));
        }
        if top_up.by.person == Some(manager) || decision.by.person.is_some() || decision.for_absent.is_some() {
            return Err(TopUpError::Own);
        }
        if amount > mandate.request || amount != top_up.amount {
            return Err(TopUpError::AtOnce { manager, most: mandate.request, amount });
        }
        let month = self.mandate_month(decision.at);
        let left = mandate.left_in(month);
        if amount > left {
            return Err(TopUpError::Spent { manager, left, amount });
        }
        let mut next = Mandate::clone(mandate);
        next.given.insert(month, mandate.given_in(month).saturating_add(amount));
        Ok(next)
    }

    /// Nobody decides their own, nobody at a lower desk, and in somebody's stead only whom they have named.
    fn may_decide(&self, top_up: &TopUp, decision: &Decision) -> Result<(), TopUpError> {
        let Decision { by, desk, for_absent, at, .. } = decision;
        let is_own = |person: PersonId| person == top_up.person || top_up.by.person == Some(person);
        if by.is(&top_up.by) || by.person.is_some_and(is_own) || for_absent.is_some_and(is_own) {
            return Err(TopUpError::Own);
        }
        if *desk < top_up.desk {
            return Err(TopUpError::Desk { id: top_up.id, desk: top_up.desk, by: *desk });
        }
        if let Some(absent) = *for_absent {
            let named = |absence: &&Arc<Absence>| Some(absence.delegate) == by.person && self.is_away(absence, *at);
            self.absence(absent).filter(named).ok_or(TopUpError::NotAway(absent))?;
        }
        Ok(())
    }

    fn set_mandate(&mut self, event: &TopUpEvent) -> Result<(), EventError> {
        let TopUpEvent::MandateSet { manager, unit, month, request, pool, .. } = event else { return Ok(()) };
        let (month, request) = (*month, *request);
        let is_end = month == Nano::ZERO && request == Nano::ZERO;
        if !is_end {
            self.present(*manager)?;
            self.open_unit(*unit)?;
            if !request.is_positive() || request > month {
                return Err(TopUpError::Mandate { request, month }.into());
            }
            if let Some(pool) = *pool {
                self.pool(pool).ok_or(crate::pool::PoolError::Unknown(pool))?;
            }
        }
        let known = self.mandate(*manager);
        if is_end && known.is_none() {
            return Err(TopUpError::NoMandate(*manager).into());
        }
        let given = known.map(|known| known.given.clone()).unwrap_or_default();
        let mandate = Mandate { manager: *manager, unit: *unit, month, request, pool: *pool, given };
        self.top_ups.mandates.insert_mut(*manager, Arc::new(mandate));
        Ok(())
    }

    /// A grant that names a request is made right before its approval; requests that this ledger never saw are none.
    pub(super) fn comes_from_its_top_up(&self, grant: &Grant) -> Result<(), TopUpError> {
        let GrantSource::TopUp(id) = grant.source else { return Ok(()) };
        let known = self.undecided(id, grant.created_at)?;
        let is_its = self.top_ups.made.is_none() && known.is_kept_by(grant, grant.amount);
        if is_its { Ok(()) } else { Err(TopUpError::Grant(id)) }
    }

    /// Notes that the decision which such a grant belongs to must follow.
    pub(super) fn note_made(&mut self, grant: &Grant) {
        if matches!(grant.source, GrantSource::TopUp(_)) {
            self.top_ups.made = Some(grant.id);
        }
    }

    /// At the end of a change: is every grant of a top-up approved?
    pub(super) fn is_approved(&self) -> Result<(), TopUpError> {
        self.top_ups.made.map_or(Ok(()), |grant| Err(TopUpError::Unapproved(grant)))
    }

    fn without_end(&self, id: TopUpId) -> Result<&TopUp, TopUpError> {
        let known = self.top_up(id).ok_or(TopUpError::Unknown(id))?;
        if known.state == State::Open { Ok(known) } else { Err(TopUpError::Final { id, state: known.state.word() }) }
    }

    fn undecided(&self, id: TopUpId, at: Instant) -> Result<&TopUp, TopUpError> {
        let known = self.without_end(id)?;
        if at < known.closes { Ok(known) } else { Err(TopUpError::Late { id, closed: known.closes }) }
    }

    fn end(&mut self, id: TopUpId, state: State) {
        if let Some(known) = self.top_up(id) {
            let next = TopUp { state, ..TopUp::clone(known) };
            self.top_ups.insert(next);
        }
    }
}
