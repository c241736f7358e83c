//! Which money a call draws on, under which limits.

use std::collections::BTreeMap;

use super::calendar::PLACES;
use super::company::Company;
use super::entry::Key;
use super::happening::{Budget, Id, On, StopOn};

/// The accounts of a call, with the limit that each must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// In burn order.
    pub(super) grants: Vec<(Key, i128)>,
    /// In the order of their keys.
    pub(super) ceilings: Vec<(Key, i128)>,
    /// Those of the grants that are guaranteed.
    pub(super) sure: Vec<Key>,
    /// Those of the ceilings that may not refuse them.
    pub(super) yielding: Vec<Key>,
}

impl Due {
    /// Of a call in a run whose money is limited: its account counts everything, guaranteed or not, for thirty days from the
    /// midnight (UTC) before the run began.
    pub(super) fn in_run(mut self, run: Option<(Id, i64, i128)>) -> Self {
        const DAY: i64 = 24 * 60 * 60 * 1_000_000;
        if let Some((id, began, limit)) = run {
            let start = began - began.rem_euclid(DAY);
            self.ceilings.push((Key { kind: 3, id, start, end: start + 30 * DAY }, limit));
            self.ceilings.sort_unstable();
        }
        self
    }
}

/// Model, provider and tool of a call.
pub type CallOn<'a> = (&'a str, &'a str, &'a str);

fn covers(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|known| known == name)
}

impl Company {
    /// Which accounts a call draws on; `None` where nothing pays for it, whatever there is.
    pub(super) fn due(&self, key: Id, (model, provider, tool): CallOn<'_>, at: i64) -> Option<Due> {
        let works = self.keys.get(&key).filter(|key| key.revoked.is_none_or(|revoked| at < revoked))?;
        let person = self.people.get(&works.person).filter(|person| person.left.is_none_or(|left| at < left))?;
        let tool = works.tool.as_deref().unwrap_or(tool);
        let units = self.above(person.unit(at));
        let stopped = self.stops.values().any(|on| match on {
            StopOn::Company => true,
            StopOn::Unit(unit) => units.contains(unit),
            StopOn::Person(person) => *person == works.person,
            StopOn::Key(stopped) => *stopped == key,
            StopOn::Run => false,
            StopOn::Model(name) => name == model,
            StopOn::Provider(name) => name == provider,
        });
        if stopped {
            return None;
        }
        let mut legs: Vec<(i128, i64, i64, Id, Key, i128)> = Vec::new();
        let mut sure = Vec::new();
        for (id, grant) in self.grants.iter().filter(|(_, grant)| grant.terms.person == works.person) {
            let terms = &grant.terms;
            let over = grant.voided.is_some_and(|voided| voided <= at);
            if over || !covers(&terms.only, model) || !covers(&terms.tools, tool) {
                continue;
            }
            let Some((running, mut parts)) = grant.open_at(&person.moves, at) else { continue };
            if parts.is_empty() {
                parts.push((running.start, running.end, 0));
            }
            for (start, end, limit) in parts {
                let key = Key { kind: 1, id: *id, start, end };
                sure.extend(terms.guaranteed.then_some(key));
                legs.push((terms.priority, end, terms.created, *id, key, limit));
            }
        }
        if legs.is_empty() {
            return None;
        }
        if legs.iter().any(|leg| leg.5 > 0) {
            legs.retain(|leg| leg.5 > 0);
        }
        // Priority, what lapses sooner, the older one; of one grant what was released earlier.
        legs.sort_by_key(|(priority, end, created, id, key, _)| (*priority, *end, *created, *id, key.start));
        let (mut ceilings, mut yielding) = (Vec::new(), Vec::new());
        for budget in self.budgets.values().filter(|budget| budget.ended.is_none_or(|ended| at < ended)) {
            let is_over = match budget.on {
                On::Company => true,
                On::Unit(unit) => units.contains(&unit),
                On::Key(of) => of == key,
                On::Person(of) => of == works.person && budget.tool.as_deref() == Some(tool),
            };
            if !is_over {
                continue;
            }
            let (start, end) = PLACES[budget.place].period(budget.often, at);
            let funded = !budget.workdays || {
                let (first, until) = budget.often.days(PLACES[budget.place].day_of(at));
                (first..until).any(|day| super::calendar::weekday(day) < 5)
            };
            let key = Key { kind: 2, id: budget.id, start, end };
            if !matches!(budget.on, On::Key(_) | On::Person(_)) {
                yielding.push(key);
            }
            ceilings.push((key, if funded { budget.amount } else { 0 }));
        }
        ceilings.sort_unstable();
        let grants = legs.into_iter().map(|(_, _, _, _, key, limit)| (key, limit)).collect();
        Some(Due { grants, ceilings, sure, yielding })
    }

    /// What the guaranteed grants below a limit release between two moments, each of their periods that runs meanwhile in
    /// full: no less may be kept for them. Is it all that they can ever draw, too, because nothing has happened to any of
    /// them?
    pub(super) fn promised(&self, budget: &Budget, start: i64, end: i64) -> (i128, bool) {
        let (mut sum, mut all) = (0, !self.regrouped);
        for grant in self.grants.values().filter(|grant| grant.terms.guaranteed) {
            let Some(person) = self.people.get(&grant.terms.person) else { continue };
            all &= grant.life.is_empty() && grant.terms.rollover.is_none();
            all &= person.moves.is_empty() && person.stays.len() == 1;
            let below = match budget.on {
                On::Company => true,
                On::Unit(unit) => self.above(person.last_unit()).contains(&unit),
                On::Key(_) | On::Person(_) => false,
            };
            if !below {
                continue;
            }
            let since = start
                .max(budget.created)
                .max(grant.terms.created)
                .max(person.stays.last().map_or(i64::MIN, |stay| stay.0));
            let stops = [grant.voided, person.left].into_iter().flatten();
            let until = stops.map(|stop| stop + 1).fold(end, i64::min);
            let tiles = grant.tiles(&person.moves, until, 0);
            let during = tiles.iter().filter(|tile| tile.start < until && since < tile.end && since < until);
            sum += during.map(|tile| grant.allowance(tile)).sum::<i128>();
        }
        (sum, all)
    }
}

/// What was told to be kept by each limit that yields.
pub(super) fn told(told: &[(Key, i128)]) -> BTreeMap<Key, i128> {
    told.iter().copied().collect()
}
