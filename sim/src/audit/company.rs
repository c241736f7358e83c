//! Everybody and everything, as the events of the journal make it: units, people, keys, limits, grants. Small, slow, and
//! copied whole for each change, so that a change happens altogether or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::{NEVER, Often, PLACES};
use super::happening::{
    Asking, Budget, Desks, Happening, Id, Moving, On, Remedy, RoleStep, StopOn, StopStep, Terms, Work,
};
use super::life::{Change, Grant, Lived};
use super::offers::Offer;
use super::pools::Pools;
use super::top_ups::TopUps;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) parent: Option<Id>,
    pub(super) closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Where they are, from when on.
    pub(super) stays: Vec<(i64, Id)>,
    place: usize,
    /// From when on somewhere else.
    pub(super) moves: Vec<(i64, usize)>,
    pub(super) left: Option<i64>,
    moving: Option<Moving>,
    pub(super) desks: Option<Desks>,
    /// All that was ever said of their role, in order.
    pub(super) told: Vec<Told>,
}

/// What was said of somebody's role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// By a letter that they accepted.
    Letter(Work),
    /// By itself.
    Set(Work),
    /// That what was said by itself holds no more.
    Taken,
}

impl Person {
    /// As the last word has it; where that takes back what was said by itself, as the last letter has it.
    fn role(&self) -> Option<&Work> {
        match self.told.last()? {
            Told::Letter(work) | Told::Set(work) => Some(work),
            Told::Taken => self.told.iter().rev().find_map(|told| match told {
                Told::Letter(work) => Some(work),
                _ => None,
            }),
        }
    }

    pub(super) fn unit(&self, at: i64) -> Id {
        self.stays.iter().rev().find(|(from, _)| *from <= at).map_or(0, |(_, unit)| *unit)
    }

    /// The unit of the last move that is known.
    pub(super) fn last_unit(&self) -> Id {
        self.unit(i64::MAX)
    }

    /// Is, or will be, in a unit?
    fn is_yet_in(&self, unit: Id, at: i64) -> bool {
        let ends = self.stays.iter().skip(1).map(|(next, _)| *next).chain([i64::MAX]);
        self.stays.iter().zip(ends).any(|((_, stay), ends)| *stay == unit && at < ends)
    }

    pub(super) fn place(&self, at: i64) -> usize {
        self.moves.iter().rev().find(|(from, _)| *from <= at).map_or(self.place, |(_, place)| *place)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) person: Id,
    /// The tool that its calls count as, whatever they say.
    pub(super) tool: Option<String>,
    pub(super) revoked: Option<i64>,
}

/// The company as of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Company {
    founded: bool,
    /// Where it is.
    pub(super) place: usize,
    pub(super) units: BTreeMap<Id, Unit>,
    pub(super) people: BTreeMap<Id, Person>,
    pub(super) keys: BTreeMap<Id, Key>,
    pub(super) budgets: BTreeMap<Id, Budget>,
    pub(super) grants: BTreeMap<Id, Grant>,
    moving: Option<Moving>,
    pub(super) desks: Option<Desks>,
    /// Families of roles, and the last day of their policies.
    families: BTreeMap<String, i64>,
    pub(super) pools: Pools,
    pub(super) offers: BTreeMap<Id, Offer>,
    pub(super) stops: BTreeMap<Id, StopOn>,
    pub(super) top_ups: TopUps,
    /// Units were moved about since.
    pub(super) regrouped: bool,
    used: BTreeSet<(&'static str, Id)>,
    /// A change of which not all parts are there.
    begun: Option<(Id, Box<Company>)>,
}

pub(super) type Ruled = Result<(), String>;

pub(super) fn rule(holds: bool, what: impl FnOnce() -> String) -> Ruled {
    if holds { Ok(()) } else { Err(what()) }
}

impl Company {
    /// Takes what happened, or says by which rule it can't have.
    pub(super) fn take(&mut self, happening: &Happening) -> Ruled {
        if let Happening::Part { change, last, events } = happening {
            let mut next = match self.begun.take() {
                Some((begun, next)) if begun == *change => *next,
                _ => self.clone(),
            };
            for event in events {
                rule(!matches!(event, Happening::Part { .. }), || "a part has parts".to_owned())?;
                rule(!matches!(event, Happening::Observed(_)), || "what was seen is told by itself".to_owned())?;
                next.take_one(event)?;
            }
            if *last {
                next.keeps_its_promises()?;
                *self = next;
            } else {
                self.begun = Some((*change, Box::new(next)));
            }
            return Ok(());
        }
        let mut next = Self { begun: None, ..self.clone() };
        next.take_one(happening)?;
        next.keeps_its_promises()?;
        *self = next;
        Ok(())
    }

    fn take_one(&mut self, happening: &Happening) -> Ruled {
        let is_first = matches!(happening, Happening::Founded { .. });
        rule(is_first != self.founded, || "a company is founded once, and first".to_owned())?;
        match happening {
            Happening::Founded { place } => (self.founded, self.place) = (true, *place),
            Happening::UnitAdded { unit, parent } => {
                self.new_id("unit", *unit)?;
                parent.map_or(Ok(()), |parent| self.open_unit(parent))?;
                self.units.insert(*unit, Unit { parent: *parent, closed: false });
            }
            Happening::UnitMoved { unit, parent, .. } => {
                self.open_unit(*unit)?;
                if let Some(parent) = parent {
                    self.open_unit(*parent)?;
                    rule(!self.above(*parent).contains(unit), || "a unit would be part of itself".to_owned())?;
                }
                self.unit(*unit)?.parent = *parent;
                self.regrouped = true;
            }
            Happening::UnitClosed { unit, at } => {
                self.open_unit(*unit)?;
                let mut here = self.people.values().filter(|person| person.left.is_none());
                let people = here.any(|person| person.is_yet_in(*unit, *at));
                let units = self.units.values().any(|below| !below.closed && below.parent == Some(*unit));
                rule(!people && !units, || "somebody is still in the unit".to_owned())?;
                self.unit(*unit)?.closed = true;
            }
            Happening::PersonAdded { person, unit, place } => {
                self.new_id("person", *person)?;
                self.open_unit(*unit)?;
                let (stays, moves, left, moving) = (vec![(i64::MIN, *unit)], Vec::new(), None, None);
                let (desks, told) = (None, Vec::new());
                self.people.insert(*person, Person { stays, place: *place, moves, left, moving, desks, told });
            }
            Happening::PersonMoved { person, unit, effective, at } => {
                self.open_unit(*unit)?;
                let person = self.present_mut(*person)?;
                let from = effective.unwrap_or(*at);
                rule(from >= *at, || "a move in the past".to_owned())?;
                let place = person.stays.iter().filter(|(known, _)| *known <= from).count();
                person.stays.insert(place, (from, *unit));
            }
            Happening::ZoneChanged { person, place, effective, at } => {
                let person = self.present_mut(*person)?;
                let from = (*effective).max(at + 1);
                let last = person.moves.last().map_or(i64::MIN, |(last, _)| *last);
                rule(effective >= at && from >= last, || "a move comes before another one".to_owned())?;
                person.moves.push((from, *place));
            }
            Happening::PersonRole { person, role } => {
                self.present_mut(*person)?.told.push(role.clone().map_or(Told::Taken, Told::Set));
            }
            Happening::PersonLeft { person, at } => self.present_mut(*person)?.left = Some(*at),
            Happening::GrantMade(terms) => self.make_grant(terms)?,
            Happening::GrantVoided { grant, at } => {
                let grant = self.grant(*grant)?;
                rule(grant.voided.is_none(), || "it was voided before".to_owned())?;
                grant.voided = Some(*at);
            }
            Happening::BudgetSet(budget) => self.set_budget(budget)?,
            Happening::BudgetEnded { budget, at } => {
                let budget = self.budgets.get_mut(budget).ok_or("there is no such limit")?;
                rule(budget.ended.is_none(), || "it ended before".to_owned())?;
                budget.ended = Some(*at);
            }
            Happening::KeyIssued { key, person, tool, .. } => {
                self.new_id("key", *key)?;
                self.present_mut(*person)?;
                self.keys.insert(*key, Key { person: *person, tool: tool.clone(), revoked: None });
            }
            Happening::KeyRevoked { key, at } => {
                let key = self.keys.get_mut(key).ok_or("there is no such key")?;
                rule(key.revoked.is_none(), || "it was revoked before".to_owned())?;
                key.revoked = Some(*at);
            }
            Happening::Prices { cards } => rule(*cards > 0, || "prices of nothing".to_owned())?,
            Happening::Policy { person: None, moving, desks, .. } => (self.moving, self.desks) = (*moving, *desks),
            Happening::Policy { person: Some(person), moving, desks, .. } => {
                let person = self.present_mut(*person)?;
                (person.moving, person.desks) = (*moving, *desks);
            }
            Happening::Pool(step) => self.pool_step(step)?,
            Happening::Life { grant, command, asked, at } => self.live(*grant, *command, asked, *at)?,
            Happening::Offer { offer, step } => self.offer_step(*offer, step)?,
            Happening::Role(step) => self.role(step)?,
            Happening::TopUp(step) => self.top_up_step(step)?,
            Happening::Stop(step) => self.stop(step)?,
            Happening::Observed(sight) => {
                rule(self.people.contains_key(&sight.person), || "nobody of that id is known".to_owned())?;
                let theirs = |key: Id| self.keys.get(&key).is_some_and(|key| key.person == sight.person);
                rule(sight.key.is_none_or(theirs), || "it came with somebody else's key".to_owned())?;
                rule(sight.is_sane(), || "no tool tells that".to_owned())?;
            }
            Happening::Part { .. } => return Err("a part has parts".to_owned()),
        }
        Ok(())
    }

    fn stop(&mut self, step: &StopStep) -> Ruled {
        match step {
            StopStep::Placed { id, on, .. } => {
                let there = match on {
                    StopOn::Unit(unit) => self.units.contains_key(unit),
                    StopOn::Person(person) => self.people.contains_key(person),
                    StopOn::Key(key) => self.keys.contains_key(key),
                    _ => true,
                };
                rule(there, || "what is stopped is not there".to_owned())?;
                rule(self.stops.insert(*id, on.clone()).is_none(), || "this stop is in force".to_owned())
            }
            StopStep::Lifted { id } => rule(self.stops.remove(id).is_some(), || "there is no such stop".to_owned()),
        }
    }

    fn new_id(&mut self, of: &'static str, id: Id) -> Ruled {
        rule(self.used.insert((of, id)), || format!("another {of} has the id {id}"))
    }

    fn unit(&mut self, id: Id) -> Result<&mut Unit, String> {
        self.units.get_mut(&id).ok_or_else(|| "there is no such unit".to_owned())
    }

    pub(super) fn open_unit(&self, id: Id) -> Ruled {
        let unit = self.units.get(&id).ok_or("there is no such unit")?;
        rule(!unit.closed, || "the unit is closed".to_owned())
    }

    /// A unit and those it is part of.
    pub(super) fn above(&self, unit: Id) -> Vec<Id> {
        let (mut all, mut next) = (Vec::new(), Some(unit));
        while let Some(unit) = next.filter(|unit| !all.contains(unit)) {
            all.push(unit);
            next = self.units.get(&unit).and_then(|unit| unit.parent);
        }
        all
    }

    pub(super) fn present(&self, id: Id) -> Result<&Person, String> {
        let person = self.people.get(&id).ok_or("there is no such person")?;
        rule(person.left.is_none(), || "they have left".to_owned()).map(|()| person)
    }

    pub(super) fn present_mut(&mut self, id: Id) -> Result<&mut Person, String> {
        self.present(id)?;
        self.people.get_mut(&id).ok_or_else(|| "there is no such person".to_owned())
    }

    fn grant(&mut self, id: Id) -> Result<&mut Grant, String> {
        self.grants.get_mut(&id).ok_or_else(|| "there is no such grant".to_owned())
    }

    pub(super) fn moves(&self, person: Id) -> &[(i64, usize)] {
        self.people.get(&person).map_or(&[], |person| &person.moves)
    }

    fn make_grant(&mut self, terms: &Terms) -> Ruled {
        self.new_id("grant", terms.id)?;
        sane(terms)?;
        let person = self.present(terms.person)?;
        rule(person.place(terms.created) == terms.place, || "a grant begins elsewhere than its person".to_owned())?;
        if let Some(offer) = terms.offer.and_then(|offer| self.offers.get(&offer)) {
            rule(offer.may_be_accepted(), || "a grant comes of an offer that is not with its candidate".to_owned())?;
        }
        let unit = person.last_unit();
        let limits = self.budgets.values().filter(|budget| budget.on == On::Person(terms.person));
        let mut open = limits.filter(|budget| budget.ended.is_none_or(|ended| terms.created < ended));
        rule(!open.any(|budget| eats(budget, terms)), || "a guarantee for a tool that is limited".to_owned())?;
        self.grants.insert(terms.id, Grant::new(terms));
        terms.pool.map_or(Ok(()), |pool| self.commit_grant(terms.id, pool, unit))
    }

    fn set_budget(&mut self, budget: &Budget) -> Ruled {
        rule(budget.amount >= 0 && budget.ended.is_none(), || "a limit below nothing, or over".to_owned())?;
        if let Some(known) = self.budgets.get(&budget.id) {
            rule(known.ended.is_none(), || "it has ended".to_owned())?;
            rule(*budget == Budget { amount: budget.amount, ..known.clone() }, || "its periods change".to_owned())?;
        } else {
            self.new_id("limit", budget.id)?;
            let of_person = matches!(budget.on, On::Person(_));
            rule(of_person == budget.tool.is_some(), || "a tool where there is none to be".to_owned())?;
            match budget.on {
                On::Company => {}
                On::Unit(unit) => self.open_unit(unit)?,
                On::Key(key) => {
                    let works = self.keys.get(&key).is_some_and(|key| key.revoked.is_none());
                    rule(works, || "its key does not work".to_owned())?;
                }
                On::Person(person) => {
                    self.present_mut(person)?;
                    let whose = self.grants.values().filter(|grant| grant.terms.person == person);
                    let open = |grant: &&Grant| grant.terms.guaranteed && grant.voided.is_none();
                    let eaten = whose.filter(open).any(|grant| eats(budget, &grant.terms));
                    rule(!eaten, || "what is guaranteed for that tool alone".to_owned())?;
                }
            }
        }
        self.budgets.insert(budget.id, budget.clone());
        Ok(())
    }

    fn role(&mut self, step: &RoleStep) -> Ruled {
        match step {
            RoleStep::Family { name, bands, runs, .. } => {
                rule(bands.iter().all(|(low, high)| 0 <= *low && low <= high), || "a band is upside down".to_owned())?;
                let levels: BTreeSet<_> = runs.iter().map(|(level, _)| level).collect();
                rule(levels.len() == runs.len(), || "runs of a level are limited twice".to_owned())?;
                let negative = runs.iter().any(|(_, most)| most.is_some_and(|most| most < 0));
                rule(!negative, || "runs are limited to less than nothing".to_owned())?;
                self.families.entry(name.clone()).or_insert(-NEVER);
            }
            RoleStep::Policy { name, since } => {
                let last = self.families.get_mut(name).ok_or("there is no such family")?;
                rule(*last <= *since, || "policy goes back".to_owned())?;
                *last = *since;
            }
            RoleStep::Place { workdays } => {
                rule((1..=366).contains(workdays), || "no year has that many workdays".to_owned())?;
            }
            RoleStep::Approvals { rules } => rule(*rules < 1_000, || "too many rules".to_owned())?,
        }
        Ok(())
    }

    /// Whose role is known, and which it is.
    pub(super) fn roles(&self) -> Vec<(Id, Work)> {
        let known = self.people.iter().filter_map(|(id, person)| Some((*id, person.role()?.clone())));
        known.collect()
    }

    /// Does it leave a period less than the floor of its letter, while the term runs and its person is here?
    pub(super) fn is_below_floor(&self, happening: &Happening, at: i64) -> bool {
        let (id, asked) = match happening {
            Happening::GrantVoided { grant, .. } => (grant, None),
            Happening::Life { grant, asked, .. } => (grant, Some(asked)),
            _ => return false,
        };
        let Some(grant) = self.grants.get(id) else { return false };
        let Some((floor, person)) = self.floor(&grant.terms).zip(self.people.get(&grant.terms.person)) else {
            return false;
        };
        let is_over =
            grant.ends().is_some() && grant.tiles(&person.moves, at, 0).last().is_none_or(|last| last.end <= at);
        if is_over || [grant.voided, person.left].into_iter().flatten().any(|stopped| stopped <= at) {
            return false;
        }
        match asked {
            None => floor > 0,
            Some(Asking::Share { share, from }) => {
                *share < grant.share_on(*from) && grant.terms.amount * share / 10_000 < floor
            }
            Some(Asking::Give { amount, .. }) => grant.running(&person.moves, at).is_some_and(|running| {
                let terms = Terms { amount: floor, ..grant.terms.clone() };
                let least = Grant { terms, ..grant.clone() };
                grant.allowance(&running) - amount < least.plain(&running)
            }),
            Some(_) => false,
        }
    }

    fn moving_of(&self, person: &Person) -> Moving {
        person.moving.or(self.moving).unwrap_or(Moving::USUAL)
    }

    /// Something happens to a grant.
    fn live(&mut self, id: Id, command: Id, asked: &Asking, at: i64) -> Ruled {
        let (grant, person) = self.lives(id, command)?;
        let today = grant.day_at(&person.moves, person.place(at), at);
        let changes = self.changes(grant, person, asked, at, today)?;
        let mut all = vec![(id, today, changes)];
        if let Asking::Give { to, amount } = *asked {
            let (other, receiver) = self.lives(to, command)?;
            rule(grant.terms.person != other.terms.person, || "a gift to oneself".to_owned())?;
            let running = other.running(&receiver.moves, at).ok_or("the other grant does not run")?;
            let day = other.day_at(&receiver.moves, receiver.place(at), at);
            all.push((to, day, vec![Change::Moved { day: running.days.0, by: amount }]));
        }
        for (id, day, changes) in all {
            let before = self.grants.get(&id).cloned().ok_or("there is no such grant")?;
            let grant = self.grant(id)?;
            // Told in a row, what counts of a period is one thing, with the last command's name.
            if let (Asking::Observe { .. }, Some(Lived { asked: Asking::Observe { .. }, change, .. })) =
                (asked, grant.life.last())
                && let (Change::Moved { day: known, by: ..=0 }, [Change::Moved { day: now, .. }]) =
                    (change, &changes[..])
                && known == now
            {
                grant.commands.pop();
            }
            grant.commands.push(command);
            for change in changes {
                grant.life.push(Lived { at, day, asked: asked.clone(), change });
            }
            if let Some((ends, seam)) = grown(grant, &before, asked, day) {
                grant.longer = Some(ends);
                grant.seams.extend(seam);
            }
            self.more_may_be_due(&before);
        }
        Ok(())
    }

    fn lives(&self, id: Id, command: Id) -> Result<(&Grant, &Person), String> {
        let grant = self.grants.get(&id).ok_or("there is no such grant")?;
        rule(grant.voided.is_none(), || "it was voided".to_owned())?;
        rule(!grant.commands.contains(&command), || "this was done to it before".to_owned())?;
        Ok((grant, self.present(grant.terms.person)?))
    }

    fn changes(
        &self,
        grant: &Grant,
        person: &Person,
        asked: &Asking,
        at: i64,
        today: i64,
    ) -> Result<Vec<Change>, String> {
        let is_once = grant.terms.often == Often::Once;
        let by_period = !matches!(asked, Asking::Credit { .. } | Asking::Give { .. } | Asking::Observe { .. });
        rule(!is_once || !by_period, || "all of it is released at once".to_owned())?;
        let ahead = |day: i64| rule(today <= day, || "it is made known too late".to_owned());
        let running = || grant.running(&person.moves, at).ok_or_else(|| "no period runs".to_owned());
        let away = grant.life.iter().rev().find_map(|lived| match lived.change {
            Change::Left { from } => Some(Some(from)),
            Change::Returned { .. } => Some(None),
            _ => None,
        });
        let away = away.flatten();
        Ok(match *asked {
            Asking::Share { share, from } => {
                ahead(from)?;
                vec![Change::Share { share, from }]
            }
            Asking::Leave { from } => {
                ahead(from)?;
                let back = grant.life.iter().rev().find_map(|lived| match lived.change {
                    Change::Returned { on } => Some(on),
                    _ => None,
                });
                let in_order = away.is_none() && back.is_none_or(|back| back <= from);
                rule(in_order, || "they are away, or were later".to_owned())?;
                vec![Change::Left { from }]
            }
            Asking::Back { on } => {
                ahead(on)?;
                let since = away.filter(|since| *since < on).ok_or("they are not away")?;
                let mut changes = vec![Change::Returned { on }];
                if grant.terms.guaranteed && grant.ends().is_some_and(|ends| since < ends) {
                    changes.push(Change::Longer);
                }
                changes
            }
            Asking::Extend { days } => {
                rule(days > 0, || "no days".to_owned())?;
                let ends = grant.ends().ok_or("it has no end")?;
                rule(today < ends, || "it is over".to_owned())?;
                vec![Change::Longer]
            }
            Asking::Credit { amount } => {
                let running = running()?;
                rule(amount > 0, || "nothing".to_owned())?;
                vec![Change::Moved { day: running.days.0, by: amount }]
            }
            Asking::Advance { amount } => {
                let running = running()?;
                rule(amount > 0, || "nothing".to_owned())?;
                let next = grant.next_funded(&person.moves, at).ok_or("nothing is released any more")?;
                let left = grant.allowance(&next);
                let most = grant.plain(&next) * self.moving_of(person).advance / 100;
                let taken = grant.taken(&next, |asked| matches!(asked, Asking::Advance { .. }));
                rule(amount <= left.min(most - taken), || "more than may be advanced".to_owned())?;
                let (here, there) = (running.days.0, next.days.0);
                vec![Change::Moved { day: here, by: amount }, Change::Moved { day: there, by: -amount }]
            }
            Asking::Observe { amount } => {
                rule(amount >= 0, || "less than nothing".to_owned())?;
                let running = running()?;
                let by = grant.counted(&running) - amount;
                rule(by != 0, || "that counts already".to_owned())?;
                vec![Change::Moved { day: running.days.0, by }]
            }
            Asking::Remedy { day } => {
                let remedy = grant.terms.remedy.ok_or("its terms say nothing of such days")?;
                let before = grant.life.iter().any(|lived| lived.asked == *asked);
                rule(!before, || "the day was made good before".to_owned())?;
                let worth = grant.released_on(day);
                let was = grant.born() <= day && day <= today && worth > 0;
                rule(was, || "nothing was released on that day".to_owned())?;
                match remedy {
                    Remedy::Extends => {
                        let ends = grant.ends().ok_or("it has no end")?;
                        rule(today < ends, || "it is over".to_owned())?;
                        vec![Change::Longer]
                    }
                    Remedy::Credits => vec![Change::Moved { day: running()?.days.0, by: worth }],
                }
            }
            Asking::Calendar { ref holidays } => {
                // From the period after the running one on.
                let starts = grant.terms.starts;
                let from = if today < starts { starts } else { grant.terms.often.days(today).1 };
                let comes = today < starts || grant.ends().is_none_or(|ends| from < ends);
                rule(comes, || "no period comes after this one".to_owned())?;
                vec![Change::Calendar { holidays: holidays.clone(), from }]
            }
            Asking::Give { amount, .. } => {
                let running = running()?;
                rule(amount > 0, || "nothing".to_owned())?;
                let most = grant.plain(&running) * self.moving_of(person).gift / 100;
                let taken = grant.taken(&running, |asked| matches!(asked, Asking::Give { .. }));
                let left = (most - taken).min(grant.allowance(&running)).max(0);
                rule(amount <= left, || "more than may be given away".to_owned())?;
                vec![Change::Moved { day: running.days.0, by: -amount }]
            }
        })
    }
}

/// When a term that was made longer ends, and whether a period begins where it ended before: where the last one has
/// begun, that keeps its end.
fn grown(grant: &Grant, before: &Grant, asked: &Asking, today: i64) -> Option<(i64, Option<i64>)> {
    grant.life.last().filter(|lived| lived.change == Change::Longer)?;
    let ends = before.ends()?;
    let later = match *asked {
        Asking::Extend { days } => ends + days,
        Asking::Back { on } => {
            let since = before.life.iter().rev().find_map(|lived| match lived.change {
                Change::Left { from } => Some(from),
                _ => None,
            });
            ends + on - since?
        }
        // A day more that counts.
        _ => (ends..ends + 40).find(|day| grant.counts(*day, &grant.life))? + 1,
    };
    let has_begun = grant.terms.often.days(ends - 1).0 <= today;
    Some((later, has_begun.then_some(ends)))
}

pub(super) fn sane(terms: &Terms) -> Ruled {
    let rolls = terms.rollover.is_none_or(|(most, periods)| most > 0 && (1..=12).contains(&periods));
    let lives = terms.rollover.is_none() || terms.often != Often::Once;
    let paid = terms.pool.is_none() || terms.guaranteed;
    let term = terms.ends.is_none_or(|ends| terms.starts < ends) && terms.place < PLACES.len();
    rule(terms.amount > 0 && rolls && lives && paid && term, || format!("no grant has such terms: {terms:?}"))
}

/// Is what is guaranteed for this limit's tool and no other one? Names of tools are names here, not patterns.
fn eats(budget: &Budget, terms: &Terms) -> bool {
    let Some(tool) = &budget.tool else { return false };
    terms.guaranteed && !terms.tools.is_empty() && terms.tools.iter().all(|promised| promised == tool)
}
