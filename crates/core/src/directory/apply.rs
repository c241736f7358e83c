//! Taking in an event: first every rule, then the change, so that a refused event leaves no trace.

use std::sync::Arc;

use super::{Company, Directory, EventError, Key, Person, UNIT_LEVELS_MAX, Unit};
use crate::budget::{Budget, BudgetOn};
use crate::event::{Event, KeyIssue, PolicyOn};
use crate::grant::{Grant, GrantSource};
use crate::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, UnitId};
use crate::pool::CommitmentOf;
use crate::scope::{Pattern, Scope};
use crate::time::Instant;
use crate::top_up::TopUpError;
use crate::zone::{Zone, Zones};

pub(super) fn take(directory: &mut Directory, event: &Event) -> Result<(), EventError> {
    if let Event::Part { change, last, events } = event {
        return directory.take_part(*change, *last, events);
    }
    if let Event::GrantMade(Grant { id, source: GrantSource::TopUp(_), .. }) = event {
        return Err(TopUpError::Unapproved(*id).into());
    }
    take_whole(directory, event)?;
    // A change whose parts stopped coming was given up: the process that wrote them ended.
    directory.begun = None;
    Ok(())
}

fn take_whole(directory: &mut Directory, event: &Event) -> Result<(), EventError> {
    let before = directory.before(event);
    take_it(directory, event)?;
    directory.after(event, before);
    Ok(())
}

fn take_it(directory: &mut Directory, event: &Event) -> Result<(), EventError> {
    if !matches!(event, Event::CompanyFounded { .. }) && directory.company.is_none() {
        return Err(EventError::NotFounded);
    }
    match event {
        Event::CompanyFounded { currency, zone, at } => {
            if let Some(company) = &directory.company {
                return Err(EventError::AlreadyFounded(company.founded_at));
            }
            let company =
                Company { currency: currency.clone(), zone: zone.clone(), founded_at: *at, budgets: Box::default() };
            directory.company = Some(Arc::new(company));
            Ok(())
        }
        Event::UnitAdded { unit, parent, zone, at } => directory.add_unit(*unit, *parent, zone, *at),
        Event::UnitMoved { unit, parent, .. } => directory.move_unit(*unit, *parent),
        Event::UnitClosed { unit, at } => directory.close_unit(*unit, *at),
        Event::PersonAdded { person, unit, zone, at } => directory.add_person(*person, *unit, zone, *at),
        Event::PersonMoved { person, unit, effective, at } => {
            directory.move_person(*person, *unit, effective.unwrap_or(*at), *at)
        }
        Event::PersonZoneChanged { person, zone, effective, at } => {
            directory.change_zone(*person, zone, *effective, *at)
        }
        Event::PersonRoleSet { person, role, at } => directory.set_role(*person, role.as_ref(), *at),
        Event::PersonLeft { person, at } => {
            let unit = directory.present(*person)?.unit;
            directory.unit_mut(unit, |unit| unit.people = unit.people.saturating_sub(1));
            directory.person_mut(*person, |person| person.left_at = Some(*at));
            // What they would have got is free again; less never needs more.
            let grants = directory.grants_of(*person).to_vec();
            grants.iter().try_for_each(|grant| directory.recommit(grant))
        }
        Event::GrantMade(grant) => directory.make_grant(grant),
        Event::GrantVoided { grant, at } => directory.void_grant(*grant, *at),
        Event::BudgetSet(budget) => directory.set_budget(budget),
        Event::BudgetEnded { budget, at } => directory.end_budget(*budget, *at),
        Event::KeyIssued(issue) => directory.issue_key(issue),
        Event::KeyRevoked { key, at } => {
            directory.working_key(*key)?;
            directory.key_mut(*key, |key| key.revoked_at = Some(*at));
            Ok(())
        }
        Event::Grant(event) => directory.change_grant(event),
        Event::Pool(event) => directory.take_pool(event),
        Event::PricesPublished(list) => {
            directory.prices = directory.prices.publish(list)?;
            Ok(())
        }
        Event::PolicySet { on: PolicyOn::Company, policy, .. } => {
            directory.policy = Arc::new(policy.as_deref().cloned().unwrap_or_default());
            Ok(())
        }
        Event::Offer(event) => directory.take_offer(event),
        Event::Stop(event) => directory.take_stop(event),
        Event::TopUp(event) => directory.take_top_up(event),
        Event::Observed(observation) => directory.take_observation(observation),
        Event::Role(event) => directory.take_role(event),
        Event::Part { .. } => Err(EventError::PartInPart),
        Event::PolicySet { on: PolicyOn::Person(person), policy, .. } => {
            directory.present(*person)?;
            let policy = policy.as_deref().cloned().map(Arc::new);
            directory.person_mut(*person, |person| person.policy = policy);
            Ok(())
        }
    }
}

impl Directory {
    fn take_part(&mut self, change: CommandId, last: bool, events: &[Event]) -> Result<(), EventError> {
        let mut next = match &self.begun {
            Some(begun) if begun.0 == change => begun.1.clone(),
            _ => Self { begun: None, ..self.clone() },
        };
        if events.iter().any(|event| matches!(event, Event::Observed(_))) {
            return Err(EventError::ObservedInPart);
        }
        events.iter().try_for_each(|event| take_whole(&mut next, event))?;
        if last {
            next.is_approved()?;
            *self = next;
        } else {
            self.begun = Some(Arc::new((change, next)));
        }
        Ok(())
    }

    fn add_unit(&mut self, id: UnitId, parent: Option<UnitId>, zone: &Zone, at: Instant) -> Result<(), EventError> {
        if self.units.contains_key(&id) {
            return Err(EventError::Duplicate(id.to_string()));
        }
        if self.levels_to(parent)? >= UNIT_LEVELS_MAX {
            return Err(EventError::UnitTooDeep { unit: id, max: UNIT_LEVELS_MAX });
        }
        let zone = zone.clone();
        let unit =
            Unit { id, parent, zone, added_at: at, closed_at: None, people: 0, units: 0, budgets: Box::default() };
        self.units.insert_mut(id, Arc::new(unit));
        self.count_child(parent, 1);
        Ok(())
    }

    fn move_unit(&mut self, id: UnitId, parent: Option<UnitId>) -> Result<(), EventError> {
        let old = self.open_unit(id)?.parent;
        let above = self.levels_to(parent)?;
        if let Some(parent) = parent
            && self.units_above(parent).any(|unit| unit.id == id)
        {
            return Err(EventError::UnitCycle { unit: id, parent });
        }
        if above.saturating_add(self.levels_from(id)) > UNIT_LEVELS_MAX {
            return Err(EventError::UnitTooDeep { unit: id, max: UNIT_LEVELS_MAX });
        }
        self.count_child(old, -1);
        self.count_child(parent, 1);
        self.unit_mut(id, |unit| unit.parent = parent);
        Ok(())
    }

    fn close_unit(&mut self, id: UnitId, at: Instant) -> Result<(), EventError> {
        let unit = self.open_unit(id)?;
        let people = unit.people.saturating_add(self.still_in(id, at));
        if people > 0 || unit.units > 0 {
            return Err(EventError::UnitNotEmpty { unit: id, people, units: unit.units });
        }
        let parent = unit.parent;
        self.count_child(parent, -1);
        self.unit_mut(id, |unit| unit.closed_at = Some(at));
        Ok(())
    }

    fn add_person(&mut self, id: PersonId, unit: UnitId, zone: &Zone, at: Instant) -> Result<(), EventError> {
        if self.people.contains_key(&id) {
            return Err(EventError::Duplicate(id.to_string()));
        }
        self.open_unit(unit)?;
        let zones = self.shared_zones(zone);
        let person = Person {
            id,
            unit,
            zones,
            added_at: at,
            left_at: None,
            policy: None,
            role: None,
            grants: Box::default(),
            budgets: Box::default(),
        };
        self.people.insert_mut(id, Arc::new(person));
        self.unit_mut(unit, |unit| unit.people = unit.people.saturating_add(1));
        Ok(())
    }

    fn move_person(&mut self, id: PersonId, unit: UnitId, effective: Instant, at: Instant) -> Result<(), EventError> {
        let old = self.present(id)?.unit;
        self.open_unit(unit)?;
        if effective < at {
            return Err(EventError::MoveInThePast { at, effective });
        }
        let last = self.note_move(id, old, unit, effective);
        self.unit_mut(old, |unit| unit.people = unit.people.saturating_sub(1));
        self.unit_mut(last, |unit| unit.people = unit.people.saturating_add(1));
        self.person_mut(id, |person| person.unit = last);
        Ok(())
    }

    fn change_zone(&mut self, id: PersonId, zone: &Zone, effective: Instant, at: Instant) -> Result<(), EventError> {
        let person = self.present(id)?;
        if effective < at {
            return Err(EventError::ZoneInThePast { at, effective });
        }
        let known = person.zones.last_change().map_or(effective, |change| change.from);
        // Whatever has begun by the time at which it is made known goes by the old clock, also what began just then: a
        // call of the same microsecond may have opened its account.
        let from = effective.max(at.next());
        let zones = person.zones.with(from, zone.clone());
        let zones = Arc::new(zones.ok_or(EventError::ZoneOutOfOrder { known, effective })?);
        self.person_mut(id, |person| person.zones = zones);
        Ok(())
    }

    fn make_grant(&mut self, grant: &Grant) -> Result<(), EventError> {
        if self.grants.contains_key(&grant.id) {
            return Err(EventError::Duplicate(grant.id.to_string()));
        }
        let theirs = self.present(grant.person)?.zone(grant.created_at);
        if *theirs != grant.zone {
            return Err(EventError::GrantZone { theirs: theirs.clone(), given: grant.zone.clone() });
        }
        grant.check()?;
        let budgets = &self.present(grant.person)?.budgets;
        if let Some(budget) = budgets.iter().find(|budget| budget.is_in_force(grant.created_at) && budget.eats(grant)) {
            return Err(EventError::BudgetEats { budget: budget.id, grant: grant.id });
        }
        self.comes_from_its_offer(grant)?;
        self.comes_from_its_top_up(grant)?;
        let scope = self.shared_scope(&grant.scope);
        let grant = Arc::new(Grant { scope, ..grant.clone() });
        if let Some(pool) = grant.pool {
            self.is_pool_for(pool, self.present(grant.person)?.unit)?;
            self.commit(CommitmentOf::Grant(grant.id), &grant)?;
        }
        self.note_made(&grant);
        self.grants.insert_mut(grant.id, Arc::clone(&grant));
        self.person_mut(grant.person, |person| person.grants = with(&person.grants, Arc::clone(&grant)));
        Ok(())
    }

    fn void_grant(&mut self, id: GrantId, at: Instant) -> Result<(), EventError> {
        let grant = self.grants.get(&id).ok_or(EventError::UnknownGrant(id))?;
        if let Some(voided_at) = grant.voided_at {
            return Err(EventError::AlreadyVoided { grant: id, voided_at });
        }
        let voided = Arc::new(Grant { voided_at: Some(at), ..Grant::clone(grant) });
        self.recommit(&voided)?;
        self.put_grant(&voided);
        Ok(())
    }

    /// Puts a grant in the place of the one that it was, wherever it is found.
    pub(super) fn put_grant(&mut self, grant: &Arc<Grant>) {
        let id = grant.id;
        self.grants.insert_mut(id, Arc::clone(grant));
        self.person_mut(grant.person, |person| replace(&mut person.grants, grant, |grant| grant.id == id));
    }

    fn set_budget(&mut self, budget: &Budget) -> Result<(), EventError> {
        let id = budget.id;
        if budget.amount.is_negative() || budget.ended_at.is_some() {
            return Err(EventError::BudgetTerms(id));
        }
        if matches!(budget.on, BudgetOn::Person(_)) != budget.tools.is_some() {
            return Err(EventError::BudgetTools(id));
        }
        if let Some(old) = self.budgets.get(&id) {
            if let Some(ended_at) = old.ended_at {
                return Err(EventError::BudgetEnded { budget: id, ended_at });
            }
            if *budget != (Budget { amount: budget.amount, ..Budget::clone(old) }) {
                return Err(EventError::BudgetFixed(id));
            }
            self.replace_budget(&Arc::new(budget.clone()));
            return Ok(());
        }
        match budget.on {
            BudgetOn::Company => {}
            BudgetOn::Unit(unit) => drop(self.open_unit(unit)?),
            BudgetOn::Key(key) => drop(self.working_key(key)?),
            BudgetOn::Person(person) => self.may_limit_tools(budget, person)?,
        }
        let budget = Arc::new(budget.clone());
        self.budgets.insert_mut(id, Arc::clone(&budget));
        self.budgets_mut(budget.on, |budgets| *budgets = with(budgets, Arc::clone(&budget)));
        Ok(())
    }

    /// A limit on all tools would be one on what was promised, and so would one on the only tools that it is for.
    fn may_limit_tools(&self, budget: &Budget, person: PersonId) -> Result<(), EventError> {
        let person = self.present(person)?;
        if budget.tools.as_ref().is_some_and(Pattern::is_everything) {
            return Err(EventError::BudgetTools(budget.id));
        }
        let eaten = person.grants.iter().find(|grant| budget.eats(grant) && !grant.is_voided(budget.created_at));
        eaten.map_or(Ok(()), |grant| Err(EventError::BudgetEats { budget: budget.id, grant: grant.id }))
    }

    fn end_budget(&mut self, id: BudgetId, at: Instant) -> Result<(), EventError> {
        let old = self.budgets.get(&id).ok_or(EventError::UnknownBudget(id))?;
        if let Some(ended_at) = old.ended_at {
            return Err(EventError::BudgetEnded { budget: id, ended_at });
        }
        self.replace_budget(&Arc::new(Budget { ended_at: Some(at), ..Budget::clone(old) }));
        Ok(())
    }

    fn replace_budget(&mut self, budget: &Arc<Budget>) {
        self.budgets.insert_mut(budget.id, Arc::clone(budget));
        self.budgets_mut(budget.on, |budgets| replace(budgets, budget, |old| old.id == budget.id));
    }

    fn issue_key(&mut self, issue: &KeyIssue) -> Result<(), EventError> {
        if self.key_ids.contains_key(&issue.key) {
            return Err(EventError::Duplicate(issue.key.to_string()));
        }
        if self.keys.contains_key(&issue.hash) {
            return Err(EventError::HashTaken);
        }
        self.present(issue.person)?;
        let key = Arc::new(Key {
            id: issue.key,
            hash: issue.hash,
            person: issue.person,
            agent: issue.agent.as_deref().map(Box::from),
            allow: self.shared_scope(&issue.allow),
            tool: issue.tool.as_deref().map(Box::from),
            project: issue.project.as_deref().map(Box::from),
            requests_per_minute: issue.requests_per_minute,
            issued_at: issue.at,
            expires: issue.expires,
            revoked_at: None,
            budgets: Box::default(),
        });
        self.key_ids.insert_mut(key.id, Arc::clone(&key));
        self.keys.insert_mut(key.hash, key);
        Ok(())
    }

    /// A unit that is open.
    pub(super) fn open_unit(&self, id: UnitId) -> Result<&Unit, EventError> {
        let unit = self.units.get(&id).ok_or(EventError::UnknownUnit(id))?;
        if unit.closed_at.is_some() { Err(EventError::UnitClosed(id)) } else { Ok(unit) }
    }

    /// A person who has not left.
    pub(super) fn present(&self, id: PersonId) -> Result<&Person, EventError> {
        let person = self.people.get(&id).ok_or(EventError::UnknownPerson(id))?;
        person.left_at.map_or(Ok(&**person), |left_at| Err(EventError::PersonLeft { person: id, left_at }))
    }

    /// A key that has not been revoked.
    fn working_key(&self, id: KeyId) -> Result<&Key, EventError> {
        let key = self.key_ids.get(&id).ok_or(EventError::UnknownKey(id))?;
        key.revoked_at.map_or(Ok(&**key), |revoked_at| Err(EventError::KeyRevoked { key: id, revoked_at }))
    }

    /// How many levels there are from the top to an open unit, itself included; none to the company itself.
    fn levels_to(&self, unit: Option<UnitId>) -> Result<usize, EventError> {
        let Some(unit) = unit else { return Ok(0) };
        self.open_unit(unit)?;
        Ok(self.units_above(unit).count())
    }

    /// How many levels there are from a unit down to the lowest below it. Looks at every unit: moves of units are rare
    /// and units few, which an index for them would not be worth.
    fn levels_from(&self, id: UnitId) -> usize {
        let depth = |unit: &Arc<Unit>| self.units_above(unit.id).position(|above| above.id == id);
        self.units.values().filter_map(depth).max().unwrap_or(0).saturating_add(1)
    }

    fn shared_zones(&mut self, zone: &Zone) -> Arc<Zones> {
        if let Some(zones) = self.zones.get(zone) {
            return Arc::clone(zones);
        }
        let zones = Arc::new(Zones::new(zone.clone()));
        self.zones.insert_mut(zone.clone(), Arc::clone(&zones));
        zones
    }

    fn shared_scope(&mut self, scope: &Scope) -> Arc<Scope> {
        if let Some(scope) = self.scopes.get(scope) {
            return Arc::clone(scope);
        }
        let shared = Arc::new(scope.clone());
        self.scopes.insert_mut(scope.clone(), Arc::clone(&shared));
        shared
    }

    fn count_child(&mut self, parent: Option<UnitId>, by: i32) {
        if let Some(parent) = parent {
            self.unit_mut(parent, |unit| unit.units = unit.units.saturating_add_signed(by));
        }
    }

    fn unit_mut(&mut self, id: UnitId, change: impl FnOnce(&mut Unit)) {
        if let Some(unit) = self.units.get_mut(&id) {
            change(Arc::make_mut(unit));
        }
    }

    pub(super) fn person_mut(&mut self, id: PersonId, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people.get_mut(&id) {
            change(Arc::make_mut(person));
        }
    }

    fn key_mut(&mut self, id: KeyId, change: impl FnOnce(&mut Key)) {
        if let Some(shared) = self.key_ids.get(&id) {
            let mut key = Key::clone(shared);
            change(&mut key);
            let key = Arc::new(key);
            self.key_ids.insert_mut(id, Arc::clone(&key));
            self.keys.insert_mut(key.hash, key);
        }
    }

    fn budgets_mut(&mut self, on: BudgetOn, change: impl FnOnce(&mut Box<[Arc<Budget>]>)) {
        match on {
            BudgetOn::Company => {
                if let Some(company) = &mut self.company {
                    change(&mut Arc::make_mut(company).budgets);
                }
            }
            BudgetOn::Unit(unit) => self.unit_mut(unit, |unit| change(&mut unit.budgets)),
            BudgetOn::Key(key) => self.key_mut(key, |key| change(&mut key.budgets)),
            BudgetOn::Person(person) => self.person_mut(person, |person| change(&mut person.budgets)),
        }
    }
}

/// A list and one more, without room to spare: there is one such list per person.
fn with<T>(list: &[Arc<T>], more: Arc<T>) -> Box<[Arc<T>]> {
    list.iter().cloned().chain(std::iter::once(more)).collect()
}

fn replace<T>(list: &mut [Arc<T>], new: &Arc<T>, is_it: impl Fn(&T) -> bool) {
    for slot in list.iter_mut().filter(|slot| is_it(slot)) {
        *slot = Arc::clone(new);
    }
}
