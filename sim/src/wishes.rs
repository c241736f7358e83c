//! What people of the company want changed, by chance: sensible things and things that must be refused.

use std::num::NonZeroU8;
use std::sync::Arc;

use purser_core::account::Subject;
use purser_core::breaker::{Breaker, Rules};
use purser_core::budget::BudgetOn;
use purser_core::calendar::{Cadence, Days};
use purser_core::event::{
    Event, GrantChange, GrantEvent, OfferEvent, PolicyOn, PoolEvent, RoleEvent, StopEvent, TopUpEvent,
};
use purser_core::grant::{Grant, Priority, WorkShare};
use purser_core::id::{
    BudgetId, CommandId, GrantId, KeyId, MovementId, OfferId, PersonId, PoolId, RunId, StopId, TopUpId, UnitId,
};
use purser_core::money::Nano;
use purser_core::observed::{IDS_MAX, Observation, ObservedUse, Seen, Source};
use purser_core::offer::{By, ContentHash, DeclineReason, Offer, State, TokenTerms, Version, Who};
use purser_core::package::{Percent, Remedy, Rollover, Sharing};
use purser_core::policy::{Moving, Policy};
use purser_core::pool::{CommitmentOf, FiscalYear, Movement, PoolOn};
use purser_core::role::{
    ApprovalRule, Band, Duty, Family, FamilyTerms, Level, PolicyState, PolicyStep, Role, RoleChange, RoleRuns,
    WorkCalendar,
};
use purser_core::run::RunLimits;
use purser_core::scope::Scope;
use purser_core::stop::{Stop, StopOn, Tripped};
use purser_core::time::Instant;
use purser_core::top_up::{self, Absence, Decision, Desk, Mandate, TopUp};
use purser_core::usage::{Tier, Usage};

use crate::audit::PLACES;
use crate::bug::Bug;
use crate::company::{MODELS, PROVIDERS, issued, limit, money, promised, some_holidays, some_tools, zone};
use crate::dice::Dice;
use crate::world::World;

/// People at most, and offers.
const PEOPLE_MAX: usize = 7;
const OFFERS_MAX: usize = 8;
const HOUR: i64 = 3_600_000_000;

/// A change that somebody wants.
pub(crate) struct Wish {
    pub(crate) events: Vec<Event>,
    pub(crate) at: Instant,
    /// A careless desk makes it whatever the rules say.
    pub(crate) careless: bool,
}

/// A family of roles, whose runs may be limited.
pub(crate) fn some_family(dice: &mut Dice) -> RoleChange {
    let band = Band {
        level: None,
        place: None,
        low: Nano::new(1_000_000),
        high: Nano::new(90_000_000),
        low_of_base: None,
        high_of_base: None,
        source: "by chance".to_owned(),
    };
    let observed = Some(ObservedUse::Counts);
    let mut limits = || RunLimits { money: Some(money(dice, 0, 90_000_000)), ..RunLimits::NONE };
    let mut runs =
        vec![RoleRuns { level: None, limits: limits() }, RoleRuns { level: Level::try_new(3), limits: limits() }];
    runs.truncate(usize::try_from(dice.below(3)).unwrap_or(0));
    let title = "Engineering".to_owned();
    let terms = FamilyTerms { title, bands: vec![band], runs, observed, ..FamilyTerms::default() };
    RoleChange::Family { family: family(), terms }
}

/// One whose runs are limited so that nobody can keep to it.
fn some_odd_family(dice: &mut Dice) -> RoleChange {
    let change = some_family(dice);
    let RoleChange::Family { family, mut terms } = change else { return change };
    let odd = RoleRuns { level: None, limits: RunLimits { money: Some(Nano::new(-1)), ..RunLimits::NONE } };
    let twice = RoleRuns { level: None, limits: RunLimits { depth: Some(2), minutes: Some(30), ..RunLimits::NONE } };
    terms.runs = if dice.per_mille(500) { vec![odd] } else { vec![twice; 2] };
    RoleChange::Family { family, terms }
}

/// A policy about what may be moved.
pub(crate) fn some_policy(dice: &mut Dice) -> Policy {
    let mut percent = || u8::try_from(*dice.pick(&[0_u64, 30, 50, 100, 100])).unwrap_or(0);
    let moving = Moving { advance_percent: percent(), gift_percent: percent() };
    let usual = top_up::Rules::default();
    let runs = RunLimits { requests: Some(dice.below(100)), ..RunLimits::NONE };
    let breakers = Rules { growth: None, ..Rules::default() };
    let (runs, breakers) = if dice.per_mille(300) { (runs, breakers) } else { Default::default() };
    let observed = *dice.pick(&[ObservedUse::Beside, ObservedUse::Counts]);
    let small = || top_up::Rules { manager_max: Nano::new(5_000_000), finance_max: Nano::new(50_000_000), ..usual };
    let top_ups = if dice.per_mille(500) { small() } else { usual };
    Policy { moving, runs, breakers, observed, top_ups, ..Policy::default() }
}

fn family() -> Family {
    "engineering".parse().expect("it is a word")
}

/// Rules of approval.
pub(crate) fn some_rules(dice: &mut Dice) -> RoleChange {
    let by = dice.pick(&[vec![], vec![Duty::People], vec![Duty::People, Duty::Finance]]).clone();
    RoleChange::Approvals { rules: vec![ApprovalRule { standing: Vec::new(), year_above: None, guaranteed: true, by }] }
}

impl World {
    fn new_id(&mut self) -> u128 {
        self.last_thing += 1;
        // Now and then a used one.
        if self.dice.per_mille(10) { self.last_thing - 1 } else { self.last_thing }
    }

    /// Something by chance; `None` where there is nothing to do it to.
    pub(crate) fn wish(&mut self) -> Option<Wish> {
        // Of a change never before what was recorded or what anybody has seen the clock say.
        let at = Instant::from_micros(self.latest);
        // Nobody leaves everything stopped for long.
        if self.company.directory.stops().next().is_some() && self.dice.per_mille(150) {
            return self.wish_about_stops(at).map(|events| Wish { events, at, careless: false });
        }
        if self.dice.per_mille(120)
            && let Some(events) = self.wish_to_cut(at)
        {
            return Some(Wish { events, at, careless: false });
        }
        if self.has(Bug::OverdrawnMandate) && self.dice.per_mille(500) {
            return self.wish_about_top_ups(at);
        }
        if self.has(Bug::LastingRole) && self.dice.per_mille(300) {
            let person = self.some_person()?;
            return self.some_role_of(person, at).map(|event| Wish { events: vec![event], at, careless: false });
        }
        let events = match self.dice.weighted(&[8, 5, 4, 8, 3, 3, 14, 9, 34, 45, 4, 8, 30]) {
            0 => self.wish_for_a_limit(at),
            1 => self.wish_about_budgets(at),
            2 => self.wish_about_units(at),
            3 => self.wish_about_people(at),
            4 => self.wish_about_policy(at),
            5 => self.wish_about_roles(at),
            6 => self.wish_about_pools(at),
            7 => self.wish_about_grants(at),
            8 => self.wish_about_a_life(at),
            9 => return self.wish_about_an_offer(at),
            10 => self.wish_about_stops(at),
            11 => self.wish_about_what_was_seen(at),
            _ => return self.wish_about_top_ups(at),
        }?;
        Some(Wish { events, at, careless: false })
    }

    fn some<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() { None } else { Some(self.dice.pick(all).clone()) }
    }

    fn some_unit(&mut self) -> Option<UnitId> {
        let mut units: Vec<UnitId> = self.company.directory.units().map(|unit| unit.id).collect();
        units.sort_unstable();
        self.some(&units)
    }

    fn some_person(&mut self) -> Option<PersonId> {
        let mut people: Vec<PersonId> = self.company.directory.people().map(|person| person.id).collect();
        people.sort_unstable();
        self.some(&people)
    }

    fn some_pool(&mut self) -> Option<PoolId> {
        let mut pools: Vec<PoolId> = self.company.directory.pools().map(|pool| pool.id).collect();
        pools.sort_unstable();
        self.some(&pools)
    }

    fn some_grant(&mut self) -> Option<Arc<Grant>> {
        let people = self.company.directory.people();
        let mut grants: Vec<Arc<Grant>> = people.flat_map(|person| person.grants.iter().cloned()).collect();
        grants.sort_unstable_by_key(|grant| grant.id);
        // Mostly one to which something can happen.
        if self.dice.per_mille(900) {
            grants.retain(|grant| grant.voided_at.is_none());
        }
        self.some(&grants)
    }

    /// One whose letter says below what it is not cut.
    fn some_grant_with_a_floor(&mut self) -> Option<Arc<Grant>> {
        let directory = &self.company.directory;
        let grants = directory.people().flat_map(|person| person.grants.iter().cloned());
        let has_one = |grant: &Arc<Grant>| grant.voided_at.is_none() && directory.floor_of(grant).is_some();
        let mut grants: Vec<Arc<Grant>> = grants.filter(has_one).collect();
        grants.sort_unstable_by_key(|grant| grant.id);
        self.some(&grants)
    }

    /// A budget gets another amount, mostly one that lets what is guaranteed under it be.
    fn wish_for_a_limit(&mut self, at: Instant) -> Option<Vec<Event>> {
        let mut budgets: Vec<_> = self.company.directory.budgets().filter(|b| b.ended_at.is_none()).cloned().collect();
        budgets.sort_unstable_by_key(|budget| budget.id);
        let mut budget = self.some(&budgets)?.as_ref().clone();
        let next = budget.period_at(budget.period_at(at).end);
        let directory = &self.company.directory;
        let kept = directory.reserve(&budget, budget.period_at(at)).max(directory.reserve(&budget, next));
        budget.amount = money(&mut self.dice, 4, 120);
        if self.has(Bug::CutBelowReserve) {
            budget.amount = budget.amount.min(Nano::new(kept.get() / 2));
        } else if self.dice.per_mille(900) {
            let more = if self.dice.per_mille(300) { self.plenty * 400 } else { 0 };
            budget.amount = budget.amount.saturating_add(kept).saturating_add(money(&mut self.dice, 0, more));
        }
        Some(vec![Event::BudgetSet(budget)])
    }

    fn wish_about_budgets(&mut self, at: Instant) -> Option<Vec<Event>> {
        if self.dice.per_mille(500) {
            // The first ones stay, so that there is always some limit.
            let mut ends: Vec<BudgetId> = self.company.directory.budgets().map(|budget| budget.id).collect();
            ends.retain(|budget| budget.get() > 5_000);
            ends.sort_unstable();
            return Some(vec![Event::BudgetEnded { budget: self.some(&ends)?, at }]);
        }
        let on = match self.dice.below(4) {
            0 => BudgetOn::Unit(self.some_unit()?),
            1 => BudgetOn::Person(self.some_person()?),
            2 => BudgetOn::Key(self.some(&self.company.keys.clone())?),
            _ => BudgetOn::Company,
        };
        let id = BudgetId::new(self.new_id());
        let mut budget = limit(&mut self.dice, id, on, at, self.plenty);
        budget.amount =
            budget.amount.saturating_add(Nano::new(i64::try_from(self.plenty * 4_000_000_000).unwrap_or(0)));
        Some(vec![Event::BudgetSet(budget)])
    }

    fn wish_about_units(&mut self, at: Instant) -> Option<Vec<Event>> {
        let parent = if self.dice.per_mille(500) { self.some_unit() } else { None };
        Some(vec![match self.dice.below(3) {
            0 => Event::UnitAdded { unit: UnitId::new(self.new_id()), parent, zone: zone(0), at },
            1 => Event::UnitMoved { unit: self.some_unit()?, parent, at },
            _ => Event::UnitClosed { unit: self.some_unit()?, at },
        }])
    }

    fn wish_about_people(&mut self, at: Instant) -> Option<Vec<Event>> {
        let place = self.dice.index(PLACES.len());
        Some(match self.dice.weighted(&[4, 5, 9, 1, 2, 1, 4]) {
            0 if self.company.directory.people().count() < PEOPLE_MAX => {
                let (person, unit, zone) = (PersonId::new(self.new_id()), self.some_unit()?, zone(place));
                let grant = self.grant_for(person, &zone, at);
                let key = issued(KeyId::new(self.new_id()), person, at);
                vec![Event::PersonAdded { person, unit, zone, at }, Event::GrantMade(grant), Event::KeyIssued(key)]
            }
            0 | 1 => {
                let ahead = i64::try_from(self.dice.below(60)).unwrap_or(0) * HOUR;
                let ahead = if self.dice.per_mille(50) { -HOUR } else { ahead };
                let effective = self.dice.per_mille(400).then(|| Instant::from_micros(at.as_micros() + ahead));
                vec![Event::PersonMoved { person: self.some_person()?, unit: self.some_unit()?, effective, at }]
            }
            2 => {
                let most = *self.dice.pick(&[1, 12, 40]);
                let ahead = i64::try_from(self.dice.below(most)).unwrap_or(0) * HOUR;
                let effective =
                    Instant::from_micros(at.as_micros() + if self.dice.per_mille(50) { -HOUR } else { ahead });
                vec![Event::PersonZoneChanged { person: self.some_person()?, zone: zone(place), effective, at }]
            }
            3 => vec![Event::PersonLeft { person: self.some_person()?, at }],
            4 => vec![Event::KeyIssued(issued(KeyId::new(self.new_id()), self.some_person()?, at))],
            5 => vec![Event::KeyRevoked { key: self.some(&self.company.keys.clone())?, at }],
            _ => {
                let person = self.some_person()?;
                vec![self.some_role_of(person, at)?]
            }
        })
    }

    /// Somebody's role is said, of a family that the company knows or one that it does not, or taken back. Now and then of
    /// nobody.
    fn some_role_of(&mut self, person: PersonId, at: Instant) -> Option<Event> {
        let family = *self.dice.pick(&["engineering", "legal"]);
        let level = Level::try_new(u8::try_from(self.dice.below(5)).ok()?);
        let role = self.dice.per_mille(700).then(|| Role { family: family.parse().expect("it is a word"), level });
        let person = if self.dice.per_mille(970) { person } else { PersonId::new(self.new_id()) };
        Some(Event::PersonRoleSet { person, role, at })
    }

    /// Something is stopped, but mostly it soon goes on.
    fn wish_about_stops(&mut self, at: Instant) -> Option<Vec<Event>> {
        let stops: Vec<StopId> = self.company.directory.stops().map(|stop| stop.id).collect();
        if !stops.is_empty() && self.dice.per_mille(800) {
            return Some(vec![Event::Stop(StopEvent::Lifted { stop: self.some(&stops)?, at })]);
        }
        let on = match self.dice.below(7) {
            0 => StopOn::Company,
            1 => StopOn::Unit(self.some_unit()?),
            2 => StopOn::Person(self.some_person()?),
            3 => StopOn::Key(self.some(&self.company.keys.clone())?),
            4 => StopOn::Run(RunId::new(self.new_id())),
            5 => StopOn::Model(MODELS[self.dice.index(MODELS.len())].parse().ok()?),
            _ => StopOn::Provider(PROVIDERS[self.dice.index(PROVIDERS.len())].into()),
        };
        let breaker = *self.dice.pick(&[Breaker::Spend, Breaker::Repeat, Breaker::Errors, Breaker::Growth]);
        let is_ours = matches!(on, StopOn::Run(_)) && self.dice.per_mille(700);
        let tripped = is_ours.then(|| Tripped { breaker, seen: "9 errors in a row".to_owned() });
        Some(vec![Event::Stop(StopEvent::Placed(Stop { id: StopId::new(self.new_id()), on, at, tripped }))])
    }

    /// A tool told what did not pass here, mostly in a form that can be kept.
    fn wish_about_what_was_seen(&mut self, at: Instant) -> Option<Vec<Event>> {
        let person = self.some_person()?;
        let mut keys: Vec<KeyId> = self.company.keys.clone();
        if self.dice.per_mille(900) {
            let directory = &self.company.directory;
            keys.retain(|key| directory.key_by_id(*key).is_some_and(|key| key.person == person));
        }
        let mut seen = Vec::new();
        let least = u64::from(self.dice.per_mille(970));
        for _ in 0..self.dice.between(least, 4) {
            let count = if self.dice.per_mille(20) { IDS_MAX as u64 + 1 } else { self.dice.between(1, 3) };
            let ids = (0..count).map(|_| self.dice.below(if count > 3 { u64::MAX } else { 4_000 })).collect();
            let usage =
                Usage { input_uncached: self.dice.below(9_000), output: self.dice.below(900), ..Usage::default() };
            let charge = Some(money(&mut self.dice, 0, 40)).filter(|_| self.dice.per_mille(800));
            let charge = if self.dice.per_mille(20) { charge.and_then(Nano::checked_neg) } else { charge };
            let model = if self.dice.per_mille(30) { "a b" } else { MODELS[self.dice.index(MODELS.len())] };
            let (claimed, card, counters, tier) = (charge, None, Vec::new(), Tier::Standard);
            seen.push(Seen {
                ids,
                used_at: at,
                model: model.to_owned(),
                requests: 1,
                usage,
                tier,
                charge,
                card,
                claimed,
                counters,
            });
        }
        let tool = (*self.dice.pick(&["claude-code", "codex", "gemini-cli"])).to_owned();
        let source = *self.dice.pick(&[Source::Requests, Source::Events, Source::Counters, Source::History]);
        let (key, session) = (self.some(&keys), self.dice.below(5));
        Some(vec![Event::Observed(Observation { person, key, tool, session, source, seen, at })])
    }

    fn wish_about_policy(&mut self, at: Instant) -> Option<Vec<Event>> {
        let policy = Some(Box::new(some_policy(&mut self.dice))).filter(|_| self.dice.per_mille(850));
        let on = if self.dice.per_mille(700) { PolicyOn::Company } else { PolicyOn::Person(self.some_person()?) };
        Some(vec![Event::PolicySet { on, policy, at }])
    }

    fn wish_about_roles(&mut self, at: Instant) -> Option<Vec<Event>> {
        let change = match self.dice.below(4) {
            0 if self.dice.per_mille(200) => some_odd_family(&mut self.dice),
            0 => some_family(&mut self.dice),
            1 => {
                let family = if self.dice.per_mille(900) { family() } else { "legal".parse().ok()? };
                let since = zone(0).date(at);
                let since = if self.dice.per_mille(500) { since } else { since.yesterday().ok()? };
                RoleChange::Policy { family, step: PolicyStep { since, state: PolicyState::Standard } }
            }
            2 => {
                let workdays_per_year = u16::try_from(self.dice.between(0, 400)).unwrap_or(0);
                let calendar = WorkCalendar {
                    workdays_per_year,
                    holidays: some_holidays(&mut self.dice, &zone(0), at).holidays.clone(),
                    source: String::new(),
                    version: Default::default(),
                };
                RoleChange::Place { place: "berlin".parse().ok()?, calendar }
            }
            _ => some_rules(&mut self.dice),
        };
        Some(vec![Event::Role(RoleEvent { change, at })])
    }

    fn wish_about_pools(&mut self, at: Instant) -> Option<Vec<Event>> {
        let calendar = self.company.directory.fiscal_calendar();
        let step = match self.dice.weighted(&[1, 2, 12, 10]) {
            0 => PoolEvent::CalendarSet { month: calendar, at },
            1 => {
                let on = if self.dice.per_mille(500) { PoolOn::Unit(self.some_unit()?) } else { PoolOn::Company };
                let manager = if self.dice.per_mille(300) { self.some_person() } else { None };
                PoolEvent::Opened { pool: PoolId::new(self.new_id()), on, manager, at }
            }
            2 => {
                let (mut from, mut to) = (self.some_pool(), self.some_pool());
                match self.dice.below(4) {
                    0 | 1 => from = None,
                    2 => to = None,
                    _ => {}
                }
                let year = FiscalYear(calendar.year(zone(0).date(at)).0 + i16::from(self.dice.per_mille(300)));
                let amount = money(&mut self.dice, 1, self.plenty * 1_000);
                PoolEvent::Moved(Movement { id: MovementId::new(self.new_id()), from, to, year, amount, at })
            }
            _ => self.accounting(at)?,
        };
        Some(vec![Event::Pool(step)])
    }

    /// What a grant spent of a year, once it is over; now and then too early, or of a year that was told.
    fn accounting(&mut self, at: Instant) -> Option<PoolEvent> {
        let directory = &self.company.directory;
        let mut open: Vec<(GrantId, PoolId, FiscalYear, bool)> = Vec::new();
        for commitment in directory.commitments() {
            let CommitmentOf::Grant(grant) = commitment.of else { continue };
            for share in &commitment.shares {
                let over = directory.is_over(&commitment.terms, share.year, at) && !share.accounted;
                open.push((grant, share.pool, share.year, over));
            }
        }
        open.sort_unstable();
        if self.dice.per_mille(900) {
            open.retain(|known| known.3);
        }
        let (grant, pool, year, _) = self.some(&open)?;
        let days = self.company.directory.fiscal_calendar().days(year);
        let zone = self.company.directory.grant(grant)?.zone.clone();
        let is_its = |balance: &purser_ledger::Balance| {
            let key = balance.key;
            key.subject == Subject::Grant(grant) && (days.first..days.until).contains(&zone.date(key.period.start))
        };
        let spent = self.ledger.balances().iter().filter(|balance| is_its(balance)).map(|b| b.spent.get()).sum();
        Some(PoolEvent::Accounted { grant, pool, year, spent: Nano::new(spent), at })
    }

    /// A grant by chance for somebody who lives there.
    fn grant_for(&mut self, person: PersonId, zone: &purser_core::zone::Zone, at: Instant) -> Grant {
        let id = GrantId::new(self.new_id());
        let mut grant = promised(&mut self.dice, id, person, zone, self.plenty);
        grant.created_at = at;
        let mut starts = zone.date(at);
        for _ in 0..self.dice.below(4) {
            starts = if self.dice.per_mille(500) { starts.tomorrow() } else { starts.yesterday() }.unwrap_or(starts);
        }
        grant.starts = starts;
        if self.dice.per_mille(500) {
            let mut ends = starts;
            for _ in 0..self.dice.between(1, 40) {
                ends = ends.tomorrow().unwrap_or(ends);
            }
            grant.ends = Some(ends);
        }
        if grant.days == Days::Workdays && self.dice.per_mille(500) {
            grant.calendar = Some(some_holidays(&mut self.dice, zone, at));
        }
        if grant.guaranteed && self.dice.per_mille(700) {
            grant.pool = self.some_pool();
        }
        grant
    }

    fn wish_about_grants(&mut self, at: Instant) -> Option<Vec<Event>> {
        if self.dice.per_mille(300) {
            let funded = self.company.directory.commitments().filter_map(|commitment| match commitment.of {
                CommitmentOf::Grant(grant) => Some(grant),
                CommitmentOf::Offer(_) => None,
            });
            let mut funded: Vec<GrantId> = funded.collect();
            funded.sort_unstable();
            let funded = if self.dice.per_mille(500) { self.some(&funded) } else { None };
            let grant = match funded {
                Some(grant) => grant,
                None => self.some_grant()?.id,
            };
            return Some(vec![Event::GrantVoided { grant, at }]);
        }
        let person = self.some_person()?;
        let zone = self.company.directory.person(person)?.zone(at).clone();
        Some(vec![Event::GrantMade(self.grant_for(person, &zone, at))])
    }

    /// Something happens to a grant.
    fn wish_about_a_life(&mut self, at: Instant) -> Option<Vec<Event>> {
        let mut grant = self.some_grant()?;
        if self.dice.per_mille(200) {
            // One to which holidays matter.
            grant = self.some_grant().filter(|other| other.days == Days::Workdays).unwrap_or(grant);
        }
        let zone = self.company.directory.person(grant.person)?.zone(at).clone();
        let today = zone.date(at);
        let (mut day, mut before) = (today, today);
        for _ in 0..self.dice.below(4) {
            (day, before) = (day.tomorrow().ok()?, before.yesterday().ok()?);
        }
        if self.dice.per_mille(60) {
            day = today.yesterday().ok()?;
        }
        let away = grant.life.as_ref().is_some_and(|life| life.away_since().is_some());
        let amount = money(&mut self.dice, 0, self.plenty * 20);
        let change = match self.dice.weighted(&[3, 3, if away { 12 } else { 1 }, 5, 3, 4, 4, 7, 4, 9]) {
            0 => {
                let share = WorkShare::try_new(u16::try_from(self.dice.between(1, 10_000)).ok()?)?;
                GrantChange::ShareSet { share, from: day }
            }
            1 => GrantChange::LeaveBegun { from: day },
            2 => {
                let mut on = day;
                if let Some(since) = grant.life.as_ref().and_then(|life| life.away_since()) {
                    on = on.max(since.tomorrow().ok()?);
                }
                GrantChange::LeaveEnded { on }
            }
            3 => GrantChange::Extended { days: u16::try_from(self.dice.below(9)).ok()? },
            4 => GrantChange::Credited { amount },
            5 => GrantChange::Advanced { amount },
            6 => GrantChange::Remedied { day: before },
            7 => GrantChange::CalendarSet { calendar: some_holidays(&mut self.dice, &zone, at) },
            8 => GrantChange::Given { to: self.some_grant()?.id, amount },
            // Now and then the same again, nothing, or less than nothing.
            _ => match self.dice.below(12) {
                0 => GrantChange::Observed { amount: Nano::ZERO },
                1 => GrantChange::Observed { amount: amount.checked_neg()? },
                _ => GrantChange::Observed { amount: Nano::new(amount.get() / 3) },
            },
        };
        let command = if self.dice.per_mille(30) {
            let lived = grant.life.as_ref().and_then(|life| life.changes().first().cloned());
            lived.map_or(CommandId::new(7), |lived| lived.command)
        } else {
            CommandId::new(self.new_id())
        };
        Some(vec![Event::Grant(GrantEvent { grant: grant.id, command, change, at })])
    }

    /// Less of what has a floor: mostly less than that leaves.
    fn wish_to_cut(&mut self, at: Instant) -> Option<Vec<Event>> {
        let grant = self.some_grant_with_a_floor()?;
        let from = self.company.directory.person(grant.person)?.zone(at).date(at);
        let change = match self.dice.weighted(&[6, 3, 1]) {
            0 => {
                let share = WorkShare::try_new(u16::try_from(self.dice.between(1, 10_000)).ok()?)?;
                GrantChange::ShareSet { share, from }
            }
            1 => {
                let amount = Nano::new(grant.amount.get() / 100 * i64::try_from(self.dice.between(1, 100)).ok()?);
                GrantChange::Given { to: self.some_grant()?.id, amount }
            }
            _ => return Some(vec![Event::GrantVoided { grant: grant.id, at }]),
        };
        let command = CommandId::new(self.new_id());
        Some(vec![Event::Grant(GrantEvent { grant: grant.id, command, change, at })])
    }

    fn who(&mut self) -> Who {
        let actor = *self.dice.pick(&["local", "lgn_1", "lgn_2", "lgn_3"]);
        Who { actor: actor.parse().expect("it is a word"), person: None }
    }

    fn version(&mut self, number: u32, by: By, at: Instant) -> Option<Box<Version>> {
        let content = ContentHash::of(&self.last_thing.to_le_bytes(), &[7; 32]);
        let tokens = if self.dice.per_mille(900) { Some(Box::new(self.tokens(at)?)) } else { None };
        let role = Role { family: family(), level: None };
        Some(Box::new(Version { number, by, content, role, place: None, tokens, reason: None, at }))
    }

    /// A token line, mostly guaranteed.
    fn tokens(&mut self, at: Instant) -> Option<TokenTerms> {
        let zone = zone(self.dice.index(PLACES.len()));
        let (cadence, days) = *self.dice.pick(&[
            (Cadence::Day, Days::Workdays),
            (Cadence::Day, Days::All),
            (Cadence::Month, Days::All),
            (Cadence::Month, Days::Workdays),
            (Cadence::Quarter, Days::All),
        ]);
        let mut starts = zone.date(at);
        for _ in 0..self.dice.below(4) {
            starts = starts.tomorrow().ok()?;
        }
        let mut ends = starts;
        for _ in 0..self.dice.between(1, 60) {
            ends = ends.tomorrow().ok()?;
        }
        let guaranteed = self.dice.per_mille(800);
        let amount = money(&mut self.dice, self.plenty * 4, self.plenty * 40);
        let cap =
            self.dice.per_mille(700).then(|| Percent::whole(u32::try_from(self.dice.between(1, 100)).unwrap_or(1)));
        let periods = NonZeroU8::new(u8::try_from(self.dice.between(1, 3)).ok()?)?;
        let rollover = match self.dice.below(3) {
            0 => Some(Rollover::Carries { cap, periods: Some(periods.get().into()) }),
            1 => Some(Rollover::Lapses),
            _ => None,
        };
        let floor = self.dice.per_mille(400).then(|| {
            let hundredths = i64::try_from(self.dice.between(10, 100)).unwrap_or(100);
            Nano::new(amount.get() / 100 * hundredths)
        });
        let has_holidays = days == Days::Workdays && self.dice.per_mille(500);
        let calendar = has_holidays.then(|| some_holidays(&mut self.dice, &zone, at));
        let tools = some_tools(&mut self.dice);
        let models = if self.dice.per_mille(100) { vec![MODELS[0].parse().ok()?] } else { Vec::new() };
        Some(TokenTerms {
            amount,
            cadence,
            days,
            year: amount,
            workday: amount,
            zone,
            starts,
            ends: self.dice.per_mille(800).then_some(ends),
            scope: Scope { models, tools, ..Scope::EVERYTHING },
            guaranteed,
            floor,
            pool: if guaranteed { self.some_pool() } else { None },
            priority: Priority::default(),
            rollover,
            remedy: *self.dice.pick(&[None, Some(Remedy::Extends), Some(Remedy::Credits)]),
            sharing: Sharing::default(),
            activation: None,
            condition_precedent: false,
            calendar,
        })
    }

    /// Somebody of the company who is a person, or a script.
    fn somebody(&mut self) -> Who {
        let person = if self.dice.per_mille(800) { self.some_person() } else { None };
        match person {
            Some(person) => {
                Who { actor: format!("lgn_{}", person.get()).parse().expect("it is a word"), person: Some(person) }
            }
            None => self.who(),
        }
    }

    /// Somebody wants more money, gets it or not; managers are given mandates, and some are away.
    fn wish_about_top_ups(&mut self, at: Instant) -> Option<Wish> {
        let mut open: Vec<Arc<TopUp>> = self.company.directory.all_undecided_top_ups().cloned().collect();
        open.sort_unstable_by_key(|known| known.id);
        let mut weights = [12, 6, 5, 2, if open.is_empty() { 0 } else { 30 }];
        if self.has(Bug::OverdrawnMandate) {
            // One mandate, and much that is asked of it.
            let is_set = self.company.directory.mandates().next().is_some();
            weights = [12, if is_set { 0 } else { 20 }, 0, 0, if open.is_empty() { 0 } else { 30 }];
        }
        let event = match self.dice.weighted(&weights) {
            0 => return self.wish_for_more(at).map(|events| Wish { events, at, careless: false }),
            1 => self.mandate(at)?,
            2 => {
                let (person, delegate) = (self.some_person()?, self.some_person()?);
                let mut first = self.company.directory.person(person)?.zone(at).date(at);
                if self.dice.per_mille(100) {
                    first = first.yesterday().ok()?;
                }
                let mut last = first;
                for _ in 0..self.dice.below(9) {
                    last = last.tomorrow().ok()?;
                }
                TopUpEvent::AbsenceSet { absence: Absence { person, delegate, first, last }, at }
            }
            3 => TopUpEvent::AbsenceEnded { person: self.some_person()?, at },
            _ => return self.answer(&open, at),
        };
        Some(Wish { events: vec![Event::TopUp(event)], at, careless: false })
    }

    fn wish_for_more(&mut self, at: Instant) -> Option<Vec<Event>> {
        let person = self.some_person()?;
        let zone = self.company.directory.person(person)?.zone(at).clone();
        let mut until = zone.date(at);
        for _ in 0..self.dice.below(4) {
            until = until.tomorrow().ok()?;
        }
        if self.dice.per_mille(40) {
            until = zone.date(at).yesterday().ok()?;
        }
        let least = u64::from(self.dice.per_mille(970));
        let hours = i64::try_from(self.dice.between(least, 60)).ok()?;
        let mut closes = Instant::from_micros(at.as_micros() + hours * HOUR);
        if self.dice.per_mille(950) {
            closes = closes.min(zone.first_instant(until.tomorrow().ok()?));
        }
        let by = self.somebody();
        let purpose = *self.dice.pick(&[None, None, Some("migration"), Some("launch")]);
        let purpose = purpose.map(|word| word.parse().expect("it is a word"));
        let run = self.dice.per_mille(300).then(|| RunId::new(self.new_id()));
        let mut amount = money(&mut self.dice, 0, self.plenty * 20);
        if self.dice.per_mille(30) {
            amount = Nano::ZERO;
        }
        if self.has(Bug::OverdrawnMandate)
            && let Some(mandate) = self.company.directory.mandates().map(|mandate| mandate.request).min()
        {
            amount = mandate;
        }
        let top_up = TopUpId::new(self.new_id());
        Some(vec![Event::TopUp(TopUpEvent::Asked { top_up, person, purpose, amount, until, by, run, closes, at })])
    }

    fn mandate(&mut self, at: Instant) -> Option<TopUpEvent> {
        let (manager, mut unit) = (self.some_person()?, self.some_unit()?);
        let (mut request, mut month) = (money(&mut self.dice, 1, self.plenty * 20), Nano::ZERO);
        if self.has(Bug::OverdrawnMandate) {
            // For everybody, and one gives all of it.
            (unit, month) = (UnitId::new(1), request);
        } else if self.dice.per_mille(900) {
            month = request.saturating_add(money(&mut self.dice, 0, self.plenty * 10));
        } else if self.dice.per_mille(500) {
            request = Nano::ZERO;
        }
        let pool = if self.dice.per_mille(300) { self.some_pool() } else { None };
        Some(TopUpEvent::MandateSet { manager, unit, month, request, pool, at })
    }

    /// What becomes of a request.
    fn answer(&mut self, open: &[Arc<TopUp>], at: Instant) -> Option<Wish> {
        let known = self.some(open)?;
        let top_up = if self.dice.per_mille(990) { known.id } else { TopUpId::new(self.new_id()) };
        let over = known.closes <= at;
        let mostly = if self.has(Bug::OverdrawnMandate) { [0, 0, 40, 1, 1, 1] } else { [6, 12, 14, 6, 3, 1] };
        let step = self.dice.weighted(&if over { [1, 1, 1, 1, 1, 20] } else { mostly });
        let event = match step {
            0 => TopUpEvent::Passed { top_up, to: *self.dice.pick(&[Desk::Finance, Desk::Admin]), at },
            1 => return self.approval(&known, at),
            2 => return self.approval_by_mandate(&known, at),
            3 => TopUpEvent::Denied { top_up, decision: self.decision(at) },
            4 => TopUpEvent::Cancelled { top_up, by: self.somebody(), at },
            _ => TopUpEvent::Expired { top_up, at },
        };
        Some(Wish { events: vec![Event::TopUp(event)], at, careless: false })
    }

    /// By somebody who may, mostly, or in the stead of somebody.
    fn decision(&mut self, at: Instant) -> Decision {
        let mut absences: Vec<Arc<Absence>> = self.company.directory.absences().cloned().collect();
        absences.sort_unstable_by_key(|absence| absence.person);
        let lent = if self.dice.per_mille(300) { self.some(&absences) } else { None };
        let by = match &lent {
            Some(lent) => Who { actor: "lgn_9".parse().expect("it is a word"), person: Some(lent.delegate) },
            None => self.somebody(),
        };
        let desk = *self.dice.pick(&[Desk::Manager, Desk::Finance, Desk::Admin, Desk::Admin]);
        Decision { by, desk, for_absent: lent.map(|lent| lent.person), mandate: None, note: None, at }
    }

    fn approval(&mut self, known: &TopUp, at: Instant) -> Option<Wish> {
        let part = self.dice.between(1, 100);
        let amount = match self.dice.weighted(&[70, 27, 3]) {
            0 => known.amount,
            1 => Nano::new(known.amount.get() / 100 * i64::try_from(part).ok()?),
            _ => known.amount.saturating_add(Nano::new(1)),
        };
        let pool = if self.dice.per_mille(300) { self.some_pool() } else { None };
        let decision = self.decision(at);
        Some(self.approved(known, amount, pool, decision))
    }

    /// By a mandate: mostly one that gives so much.
    fn approval_by_mandate(&mut self, known: &TopUp, at: Instant) -> Option<Wish> {
        let directory = &self.company.directory;
        let month = directory.mandate_month(at);
        let mut mandates: Vec<Arc<Mandate>> = directory.mandates().cloned().collect();
        mandates.sort_unstable_by_key(|mandate| mandate.manager);
        if self.dice.per_mille(800) {
            mandates.retain(|mandate| directory.is_mandate_for(mandate, known.person, at));
        }
        if self.has(Bug::OverdrawnMandate) {
            let is_drained = |mandate: &Arc<Mandate>| mandate.left_in(month) < known.amount;
            mandates.retain(|mandate| known.amount <= mandate.request);
            if mandates.iter().any(is_drained) {
                mandates.retain(is_drained);
            }
        }
        let mandate = self.some(&mandates)?;
        let by = Who { actor: "purser".parse().expect("it is a word"), person: None };
        let (desk, for_absent, note) = (Desk::Manager, None, None);
        let decision = Decision { by, desk, for_absent, mandate: Some(mandate.manager), note, at };
        Some(self.approved(known, known.amount, mandate.pool, decision))
    }

    /// The grant and its approval, in one change.
    fn approved(&mut self, known: &TopUp, amount: Nano, pool: Option<PoolId>, decision: Decision) -> Wish {
        let at = decision.at;
        let whose = self.company.directory.person(known.person);
        let home = whose.map_or(zone(0), |person| person.zone(at).clone());
        let made = Event::GrantMade(known.granted(amount, pool, &home, at));
        let mut events = vec![made, Event::TopUp(TopUpEvent::Approved { top_up: known.id, amount, decision })];
        if self.has(Bug::TopUpWithoutGrant) || self.dice.per_mille(20) {
            events.remove(0);
        } else if self.dice.per_mille(20) {
            events.pop();
        }
        let careless = [Bug::OverdrawnMandate, Bug::TopUpWithoutGrant].into_iter().any(|bug| self.has(bug));
        Wish { events, at, careless }
    }

    /// The next step of an offer: mostly one that is due, sometimes any.
    pub(crate) fn wish_about_an_offer(&mut self, at: Instant) -> Option<Wish> {
        let mut offers: Vec<Arc<Offer>> = self.company.directory.offers().cloned().collect();
        offers.sort_unstable_by_key(|offer| offer.id);
        let open: Vec<Arc<Offer>> = offers.iter().filter(|offer| !offer.state.is_ended()).cloned().collect();
        if offers.is_empty() || (open.len() < 3 && offers.len() < OFFERS_MAX && self.dice.per_mille(400)) {
            let (unit, by) = (self.some_unit()?, By::Company(self.who()));
            let (offer, version) = (OfferId::new(self.new_id()), self.version(1, by, at)?);
            let events = vec![Event::Offer(OfferEvent::Drafted { offer, unit, version })];
            return Some(Wish { events, at, careless: false });
        }
        let known = if self.dice.per_mille(950) { self.some(&open)? } else { self.some(&offers)? };
        let late = known.sent.is_some_and(|sent| sent.expires <= at) && known.state.is_out();
        // Revise, counter, submit, approve, return, send, view, accept, decline, expire, withdraw.
        let mut weights = match known.state {
            _ if late => [1, 0, 0, 0, 0, 0, 0, 0, 0, 20, 1],
            State::Draft => [2, 0, 20, 0, 0, 0, 0, 0, 0, 1, 1],
            State::Approval => [1, 0, 0, 30, 3, 0, 0, 0, 0, 1, 1],
            State::Approved => [1, 0, 0, 0, 0, 30, 0, 0, 0, 1, 1],
            State::Sent => [1, 4, 0, 0, 0, 0, 6, 10, 3, 0, 1],
            State::Viewed => [1, 4, 0, 0, 0, 0, 1, 10, 3, 0, 1],
            State::Countered => [2, 0, 6, 0, 0, 0, 0, 0, 2, 0, 1],
            _ => [1; 11],
        };
        if self.dice.per_mille(100) {
            weights = [1; 11];
        }
        let step = self.dice.weighted(&weights);
        let (offer, latest) = (known.id, known.versions.last()?.number);
        let version = if self.dice.per_mille(970) { latest } else { latest + 1 };
        let by = self.who();
        let event = match step {
            0 | 1 => {
                let by = if step == 0 { By::Company(by) } else { By::Candidate };
                let version = self.version(version + 1, by, at)?;
                if step == 0 {
                    return Some(self.ending(&known, OfferEvent::Revised { offer, version }, at));
                }
                OfferEvent::Countered { offer, version }
            }
            2 => {
                let asked = known.latest()?.tokens.as_ref().is_some_and(|terms| terms.guaranteed);
                let rules = &self.company.directory.roles().approvals;
                let needed = rules.iter().filter(|rule| asked || !rule.guaranteed).flat_map(|rule| rule.by.clone());
                OfferEvent::Submitted { offer, version, by, needed: needed.collect(), at }
            }
            3 => {
                let duty = known.missing().next().unwrap_or(Duty::Finance);
                OfferEvent::Approved { offer, version, by, duty, at }
            }
            4 => OfferEvent::Returned { offer, version, by, note: None, at },
            5 => return Some(self.sending(&known, version, by, at)),
            6 => OfferEvent::Viewed { offer, at },
            7 => return self.acceptance(&known, version, at),
            8 => {
                let declined = OfferEvent::Declined { offer, reason: DeclineReason::Unsaid, note: None, at };
                return Some(self.ending(&known, declined, at));
            }
            9 => return Some(self.ending(&known, OfferEvent::Expired { offer, at }, at)),
            _ => return Some(self.ending(&known, OfferEvent::Withdrawn { offer, by, note: None, at }, at)),
        };
        Some(Wish { events: vec![Event::Offer(event)], at, careless: false })
    }

    /// What was set aside for an offer is free again, if anything was.
    fn release(&self, offer: OfferId, at: Instant) -> Vec<Event> {
        let is_aside = self.company.directory.commitment(CommitmentOf::Offer(offer)).is_some();
        let released = Event::Pool(PoolEvent::OfferReleased { offer, at });
        if is_aside { vec![released] } else { Vec::new() }
    }

    fn ending(&mut self, known: &Offer, ending: OfferEvent, at: Instant) -> Wish {
        let forgotten = self.has(Bug::KeptCommitment);
        let mut events = if forgotten { Vec::new() } else { self.release(known.id, at) };
        events.push(Event::Offer(ending));
        Wish { events, at, careless: forgotten }
    }

    fn sending(&mut self, known: &Offer, version: u32, by: Who, at: Instant) -> Wish {
        let offer = known.id;
        let mut events = self.release(offer, at);
        let terms = known.latest().and_then(|version| version.tokens.as_deref());
        if let Some(terms) = terms.filter(|terms| terms.guaranteed) {
            let (grant, person) = (GrantId::new(offer.get()), PersonId::new(offer.get()));
            let terms = Box::new(terms.grant(grant, person, &terms.zone, offer, at));
            events.push(Event::Pool(PoolEvent::OfferCommitted { offer, unit: known.unit, terms, at }));
        }
        let hours = i64::try_from(self.dice.between(0, 100)).unwrap_or(1);
        let expires = Instant::from_micros(at.as_micros() + hours * HOUR);
        events.push(Event::Offer(OfferEvent::Sent { offer, version, by, expires, at }));
        Wish { events, at, careless: self.has(Bug::OverCommitted) }
    }

    /// Person, grant and acceptance in one change.
    pub(crate) fn acceptance(&mut self, known: &Offer, version: u32, at: Instant) -> Option<Wish> {
        let offer = known.id;
        let mut events = self.release(offer, at);
        let (person, grant) = (PersonId::new(offer.get()), GrantId::new(offer.get()));
        let latest = known.latest()?;
        let terms = latest.tokens.as_deref();
        let zone = terms.map_or(zone(0), |terms| terms.zone.clone());
        events.push(Event::PersonAdded { person, unit: known.unit, zone: zone.clone(), at });
        if self.dice.per_mille(100) {
            // What is said before the letter is accepted is over with it.
            events.push(self.some_role_of(person, at)?);
        }
        if let Some(terms) = terms {
            let mut made = terms.grant(grant, person, &zone, offer, at);
            if self.has(Bug::UncommittedAcceptance) {
                made.pool = None;
            }
            events.push(Event::GrantMade(made));
        }
        let grant = terms.map(|_| grant);
        let (letter, signature) = (Some(latest.content), None);
        events.push(Event::Offer(OfferEvent::Accepted { offer, version, person, grant, letter, signature, at }));
        if self.has(Bug::AcceptanceWithoutGrant) {
            events.retain(|event| !matches!(event, Event::GrantMade(_)));
        }
        let careless = [Bug::UncommittedAcceptance, Bug::AcceptanceWithoutGrant].into_iter().any(|bug| self.has(bug));
        // Their key comes with them, so that what was promised is drawn on.
        if !careless && self.company.directory.people().count() < 2 * PEOPLE_MAX {
            events.push(Event::KeyIssued(issued(KeyId::new(offer.get()), person, at)));
        }
        Some(Wish { events, at, careless })
    }
}

/// What happens, in short.
pub(crate) fn names(events: &[Event]) -> String {
    let name = |event: &Event| {
        let bytes = event.to_bytes();
        String::from_utf8_lossy(&bytes).chars().skip(15).take(300).collect::<String>()
    };
    events.iter().map(name).collect::<Vec<_>>().join(" + ")
}
