//! Top-ups by first principles: each is asked for once and ends once; nobody decides their own; what is approved is a grant
//! of exactly that, and no such grant is without its approval; and what a manager gave in a month is added up anew from
//! what was approved.

use std::collections::BTreeMap;

use super::calendar::{Often, PLACES, date};
use super::company::{Company, Ruled, rule};
use super::happening::{Desks, Id, Ruling, Terms, TopUpStep, Who};

/// Requests of one person that are open at once.
const OPEN_MAX: usize = 5;

/// Requests, mandates, absences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TopUps {
    asked: BTreeMap<Id, Request>,
    mandates: BTreeMap<Id, Mandate>,
    away: BTreeMap<Id, Away>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    person: Id,
    purpose: Option<String>,
    amount: i128,
    until: i64,
    by: Who,
    closes: i64,
    desk: usize,
    end: Option<End>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Approved { amount: i128, by: Ruling },
    Otherwise,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mandate {
    unit: Id,
    month: i128,
    request: i128,
    pool: Option<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Away {
    delegate: Id,
    first: i64,
    last: i64,
}

impl Request {
    fn is_open(&self, at: i64) -> bool {
        self.end.is_none() && at < self.closes
    }

    /// Is it theirs, as whoever gets the money or asked for it?
    fn is_of(&self, person: Id) -> bool {
        self.person == person || self.by.person == Some(person)
    }

    /// A grant of so much, all of it at once, until its last day is over.
    fn is_answered_by(&self, terms: &Terms, amount: i128) -> bool {
        let what = terms.amount == amount && terms.often == Often::Once && !terms.workdays;
        let whole = terms.share == 10_000 && terms.rollover.is_none() && terms.remedy.is_none();
        let plain = terms.only.is_empty() && terms.tools.is_empty() && terms.holidays.is_none() && terms.priority == 10;
        let days = terms.ends == Some(self.until + 1) && terms.starts == PLACES[terms.place].day_of(terms.created);
        what && whole && plain && days && terms.person == self.person && terms.guaranteed == terms.pool.is_some()
    }
}

impl Company {
    pub(super) fn top_up_step(&mut self, step: &TopUpStep) -> Ruled {
        match step {
            TopUpStep::Asked { .. } => self.ask(step)?,
            TopUpStep::Passed { id, to, at } => {
                let known = self.undecided(*id, *at)?;
                rule(*to > known.desk, || "it is passed down".to_owned())?;
                known.desk = *to;
            }
            TopUpStep::Approved { id, amount, by } => {
                let known = self.undecided(*id, by.at)?.clone();
                rule(0 < *amount && *amount <= known.amount, || "nothing is given, or more than was asked".to_owned())?;
                let made =
                    self.grants.get(id).filter(|grant| grant.terms.top_up == Some(*id) && grant.voided.is_none());
                let right = made.is_some_and(|made| known.is_answered_by(&made.terms, *amount));
                rule(right, || format!("request {id} is approved, its grant is {made:?}"))?;
                let pool = made.and_then(|made| made.terms.pool);
                match by.mandate {
                    Some(manager) => self.is_within(manager, &known, (*amount, pool), by)?,
                    None => self.may_rule(&known, by)?,
                }
                self.undecided(*id, by.at)?.end = Some(End::Approved { amount: *amount, by: by.clone() });
            }
            TopUpStep::Denied { id, by } => {
                let known = self.undecided(*id, by.at)?.clone();
                self.may_rule(&known, by)?;
                rule(by.mandate.is_none(), || "a mandate says no".to_owned())?;
                self.undecided(*id, by.at)?.end = Some(End::Otherwise);
            }
            TopUpStep::Cancelled { id, at } => self.undecided(*id, *at)?.end = Some(End::Otherwise),
            TopUpStep::Expired { id, at } => {
                let known = self.top_ups.asked.get(id).ok_or("nobody asked for that")?;
                let left =
                    self.people.get(&known.person).and_then(|person| person.left).is_some_and(|left| left <= *at);
                rule(known.end.is_none() && (known.closes <= *at || left), || "it is not over".to_owned())?;
                self.top_ups.asked.entry(*id).and_modify(|known| known.end = Some(End::Otherwise));
            }
            TopUpStep::Mandate { manager, unit, month, request, pool } => {
                if (*month, *request) == (0, 0) {
                    rule(self.top_ups.mandates.contains_key(manager), || "there is no such mandate".to_owned())?;
                } else {
                    self.present(*manager)?;
                    self.open_unit(*unit)?;
                    rule(0 < *request && request <= month, || "more at once than in a month, or nothing".to_owned())?;
                    let there = pool.is_none_or(|pool| self.pools.by_id.contains_key(&pool));
                    rule(there, || "there is no such pool".to_owned())?;
                }
                let mandate = Mandate { unit: *unit, month: *month, request: *request, pool: *pool };
                self.top_ups.mandates.insert(*manager, mandate);
            }
            TopUpStep::Away { person, delegate, first, last, at } => {
                let place = self.present(*person)?.place(*at);
                self.present(*delegate)?;
                let right = person != delegate && first <= last && PLACES[place].day_of(*at) <= *last;
                rule(right, || "nobody is away like that".to_owned())?;
                self.top_ups.away.insert(*person, Away { delegate: *delegate, first: *first, last: *last });
            }
            TopUpStep::Back { person } => {
                rule(self.top_ups.away.remove(person).is_some(), || "nobody was away".to_owned())?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, step: &TopUpStep) -> Ruled {
        let TopUpStep::Asked { id, person, purpose, amount, until, by, closes, at } = step else { return Ok(()) };
        rule(!self.top_ups.asked.contains_key(id), || "another request has that id".to_owned())?;
        let whose = self.present(*person)?;
        let place = &PLACES[whose.place(*at)];
        let desks = whose.desks.or(self.desks).unwrap_or(Desks::USUAL);
        rule(*amount > 0 && place.day_of(*at) <= *until, || "nothing, or for days that are over".to_owned())?;
        rule(at < closes && *closes <= place.midnight(until + 1), || "it closes when it can't".to_owned())?;
        let open = self.top_ups.asked.values().filter(|known| known.person == *person && known.is_open(*at));
        let same = open.clone().any(|known| known.purpose == *purpose);
        rule(!same && open.count() < OPEN_MAX, || "the same is open, or too many".to_owned())?;
        let request = Request {
            person: *person,
            purpose: purpose.clone(),
            amount: *amount,
            until: *until,
            by: by.clone(),
            closes: *closes,
            desk: desks.of(*amount),
            end: None,
        };
        self.top_ups.asked.insert(*id, request);
        Ok(())
    }

    fn undecided(&mut self, id: Id, at: i64) -> Result<&mut Request, String> {
        let known = self.top_ups.asked.get_mut(&id).ok_or("nobody asked for that")?;
        rule(known.is_open(at), || "it was decided, or its time is over".to_owned()).map(|()| known)
    }

    /// Nobody their own, nobody below its desk, nobody in the stead of somebody who did not ask them to.
    fn may_rule(&self, known: &Request, by: &Ruling) -> Ruled {
        let who = by.by.person.into_iter().chain(by.for_absent);
        let own = by.by.actor == known.by.actor || who.into_iter().any(|person| known.is_of(person));
        rule(!own, || "somebody decides their own".to_owned())?;
        rule(by.desk >= known.desk, || "it is not theirs to decide".to_owned())?;
        let Some(absent) = by.for_absent else { return Ok(()) };
        let away = self.top_ups.away.get(&absent).ok_or("nobody is away")?;
        let place = &PLACES[self.present_at(absent, by.at)?];
        self.present_at(away.delegate, by.at)?;
        let today = place.day_of(by.at);
        let right = by.by.person == Some(away.delegate) && (away.first..=away.last).contains(&today);
        rule(right, || "they are not away, or named somebody else".to_owned())
    }

    /// Where somebody is who has not left by then.
    fn present_at(&self, id: Id, at: i64) -> Result<usize, String> {
        let person = self.people.get(&id).ok_or("there is no such person")?;
        rule(person.left.is_none_or(|left| at < left), || "they have left".to_owned())?;
        Ok(person.place(at))
    }

    /// Is it one of the manager's people, no more at once than the mandate says, and with all else of the month no more than
    /// it has?
    fn is_within(&self, manager: Id, known: &Request, (amount, pool): (i128, Option<Id>), by: &Ruling) -> Ruled {
        let mandate = self.top_ups.mandates.get(&manager).ok_or("there is no such mandate")?;
        self.present_at(manager, by.at)?;
        let unit = self.people.get(&known.person).map(|person| person.unit(by.at));
        let covers = unit.is_some_and(|unit| self.above(unit).contains(&mandate.unit));
        rule(covers && pool == mandate.pool, || "the mandate is for others, or from another pool".to_owned())?;
        let own = known.is_of(manager) || by.by.person.is_some() || by.for_absent.is_some();
        rule(!own, || "somebody's mandate gives them their own".to_owned())?;
        rule(amount == known.amount && amount <= mandate.request, || "more than it gives at once".to_owned())?;
        let month = |at: i64| {
            let (year, month, _) = date(PLACES[self.place].day_of(at));
            (year, month)
        };
        let given = self.top_ups.asked.values().filter_map(|other| match &other.end {
            Some(End::Approved { amount, by: ruling }) if ruling.mandate == Some(manager) => Some((amount, ruling.at)),
            _ => None,
        });
        let given: i128 = given.filter(|(_, at)| month(*at) == month(by.at)).map(|(amount, _)| *amount).sum();
        rule(given + amount <= mandate.month, || {
            format!("mandate of {manager}: {given} were given of {}, and {amount} more", mandate.month)
        })
    }

    pub(super) fn top_ups_keep_their_word(&self) -> Ruled {
        for (id, grant) in &self.grants {
            let Some(top_up) = grant.terms.top_up else { continue };
            let end = self.top_ups.asked.get(&top_up).and_then(|known| known.end.as_ref());
            let approved = matches!(end, Some(End::Approved { amount, .. }) if *amount == grant.terms.amount);
            rule(approved && top_up == *id, || format!("grant {id} is of a request that nobody approved: {end:?}"))?;
        }
        for (id, known) in &self.top_ups.asked {
            let given = matches!(known.end, Some(End::Approved { .. }));
            rule(!given || self.grants.contains_key(id), || format!("request {id} is approved and has no grant"))?;
        }
        Ok(())
    }
}
