//! What the budgets of units and the company keep for guaranteed grants below them.
//!
//! A *reserve* is the most that the guaranteed grants of the people below a budget can pay in one of its periods. It is
//! a function of the directory; nothing here says what was spent. Within a period it only shrinks by what has not begun
//! to be released: who moved away, left, or whose grant was voided still counts with every period of the grant that had
//! begun by then, because some of it may have been spent under this budget.
//!
//! Summing over a hundred thousand people for each call is out of the question. A sum is worked out once per budget and
//! period, when somebody first asks, and kept beside the directory; an event then changes it by what it changes for one
//! person.

use std::collections::{BTreeMap, HashMap};
use std::mem::replace;
use std::sync::{Arc, Mutex, PoisonError};

use super::table::Table;
use super::{Directory, Person};
use crate::account::Period;
use crate::budget::{Budget, BudgetOn};
use crate::calendar::Cadence;
use crate::event::{Event, GrantChange, GrantEvent};
use crate::grant::{DaysOf, Grant, held};
use crate::id::{BudgetId, PersonId, UnitId};
use crate::money::Nano;
use crate::time::Instant;

/// Sums kept at most; beyond it they are worked out anew.
const SUMS_MAX: usize = 16 * 1024;
/// Starts of grants ahead that are looked at before a budget is lowered.
const STARTS_MAX: usize = 128;

/// Where people and units were before, and the sums worked out so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Reserves {
    /// The units that somebody is moved out of, and when, in order; also what lies ahead.
    pub(super) people: Table<PersonId, Arc<[(UnitId, Instant)]>>,
    /// What a unit was part of, and until when, in order.
    pub(super) units: Table<UnitId, Arc<[Parted]>>,
    /// Shared by all clones for which they are the same. Not part of what the directory is.
    sums: Arc<Sums>,
}

/// What a unit was part of (`None`: the company itself), and until when.
type Parted = (Option<UnitId>, Instant);

type Known = HashMap<(BudgetId, Period), Nano>;

/// Behind a lock because readers of a directory add to them.
#[derive(Debug, Default)]
struct Sums(Mutex<Known>);

impl Sums {
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Every value in it is right by itself, also after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Reserves {
    fn eq(&self, other: &Self) -> bool {
        (&self.people, &self.units) == (&other.people, &other.units)
    }
}

impl Eq for Reserves {}

/// Guaranteed grants can take more from a budget than it allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "guaranteed grants can take {reserve} from budget {budget} in its period from {from}, which allows {limit}; \
     raise the budget first, or guarantee less"
)]
pub struct ReserveShort {
    /// Which budget.
    pub budget: BudgetId,
    /// What it limits.
    pub on: BudgetOn,
    /// The start of the first period of which it is so.
    pub from: Instant,
    /// What the budget allows then.
    pub limit: Nano,
    /// What guaranteed grants can take.
    pub reserve: Nano,
}

/// For whom an event may change what is guaranteed where.
enum Touched {
    Nobody,
    Person(PersonId),
    Everybody,
}

/// What an event was about to change: what the sums known so far have of one person, and where they were.
pub(super) struct Before {
    touched: Touched,
    moved: Option<UnitId>,
    claims: Vec<((BudgetId, Period), i128)>,
}

impl Directory {
    /// The most that the guaranteed grants below a budget can pay in one of its periods, used and unused together; zero
    /// for the budget of a key, or of a person for a tool, which bind guarantees like anything else.
    pub fn reserve(&self, budget: &Budget, period: Period) -> Nano {
        if budget.binds_guarantees() {
            return Nano::ZERO;
        }
        let of = (budget.id, period);
        if let Some(known) = self.reserves.sums.lock().get(&of) {
            return *known;
        }
        // Not under the lock: another thread may do the same and find the same.
        let mut days_of = DaysOf::new();
        let claims = self.people.values().map(|person| self.claim(budget, period, person, &mut days_of));
        let sum = held(claims.fold(0_i128, i128::saturating_add));
        let mut known = self.reserves.sums.lock();
        if known.len() >= SUMS_MAX {
            known.clear();
        }
        known.insert(of, sum);
        sum
    }

    /// The budgets of units and of the company, in force at an instant, whose reserve an event may have changed, or
    /// that it set; this directory is the one after it.
    pub fn reserves_touched(&self, before: &Self, event: &Event, at: Instant) -> Vec<Arc<Budget>> {
        let mut found = BTreeMap::new();
        self.collect_touched(before, event, &mut found);
        found.into_values().filter(|budget| budget.is_in_force(at) && !budget.binds_guarantees()).collect()
    }

    /// Does what an event guarantees fit the budgets above, and a budget that it sets what is guaranteed below? Looked at
    /// are the period running at `at`, those that follow for a while, and those in which guaranteed grants start. Where
    /// too little was there before, it must not become less.
    ///
    /// Not asked at replay: what was accepted once stays so.
    ///
    /// # Errors
    /// [`ReserveShort`] with the first period for which it does not.
    pub fn check_reserves(&self, before: &Self, event: &Event, at: Instant) -> Result<(), ReserveShort> {
        let mut starts = Vec::new();
        self.collect_starts(event, at, &mut starts);
        for budget in self.reserves_touched(before, event, at) {
            let known = before.budget(budget.id);
            let lowered = known.is_none_or(|known| budget.amount < known.amount);
            let mut ahead = ahead(&budget, at);
            let starts_below = if lowered { self.starts_below(&budget, at) } else { Vec::new() };
            for start in starts.iter().chain(&starts_below) {
                let period = budget.period_at(*start);
                ahead.extend([period, budget.period_at(period.end)]);
            }
            for period in ahead {
                let (limit, reserve) = (budget.limit_at(period.start), self.reserve(&budget, period));
                let worse = || lowered || known.is_none_or(|known| reserve > before.reserve(known, period));
                if reserve > limit && worse() {
                    return Err(ReserveShort { budget: budget.id, on: budget.on, from: period.start, limit, reserve });
                }
            }
        }
        Ok(())
    }

    /// What one person can take from a budget in one of its periods under a guarantee.
    fn claim(&self, budget: &Budget, period: Period, person: &Person, days_of: &mut DaysOf) -> i128 {
        let guaranteed = person.grants.iter().filter(|grant| grant.guaranteed);
        let mut sum = 0_i128;
        for grant in guaranteed {
            for span in self.spans_below(budget.on, person, span_of(budget, period, person, grant)) {
                sum = sum.saturating_add(grant.drawn_in(&person.zones, span, days_of));
            }
        }
        sum
    }

    /// The parts of a span in which somebody was below what a budget limits.
    fn spans_below(&self, on: BudgetOn, person: &Person, span: Period) -> Vec<Period> {
        let target = match on {
            BudgetOn::Company => return vec![span],
            BudgetOn::Key(_) | BudgetOn::Person(_) => return Vec::new(),
            BudgetOn::Unit(unit) => unit,
        };
        let moves = self.reserves.people.get(&person.id).map_or(&[][..], |moves| moves);
        let mut spans: Vec<Period> = Vec::new();
        let mut since = Instant::from_micros(i64::MIN);
        for (unit, until) in moves.iter().copied().chain([(person.unit, Instant::FAR_FUTURE)]) {
            // A call of the same microsecond may come before the move.
            let stay = Period { start: since.max(span.start), end: until.next().min(span.end) };
            since = until;
            if stay.start >= stay.end || !self.was_below(unit, target, span.start) {
                continue;
            }
            match spans.last_mut() {
                Some(last) if last.end >= stay.start => last.end = stay.end,
                _ => spans.push(stay),
            }
        }
        spans
    }

    /// Is a unit the target or below it, or was it at any time since?
    fn was_below(&self, unit: UnitId, target: UnitId, since: Instant) -> bool {
        let (mut open, mut seen) = (vec![unit], Vec::new());
        while let Some(unit) = open.pop() {
            if unit == target {
                return true;
            }
            if seen.contains(&unit) {
                continue;
            }
            seen.push(unit);
            open.extend(self.unit(unit).and_then(|unit| unit.parent));
            let before = self.reserves.units.get(&unit).map_or(&[][..], |before| before);
            open.extend(before.iter().filter(|(_, until)| *until >= since).filter_map(|(parent, _)| *parent));
        }
        false
    }

    /// The unit that somebody is in at an instant.
    pub fn unit_of(&self, person: &Person, at: Instant) -> UnitId {
        self.moves_after(person.id, at).first().map_or(person.unit, |(unit, _)| *unit)
    }

    /// When somebody is next in another unit, after an instant, and in which.
    pub fn next_move(&self, person: &Person, at: Instant) -> Option<(UnitId, Instant)> {
        let moves = self.moves_after(person.id, at);
        let (_, until) = moves.first()?;
        Some((self.unit_of(person, *until), *until))
    }

    /// The units that somebody is moved out of after an instant.
    fn moves_after(&self, person: PersonId, at: Instant) -> &[(UnitId, Instant)] {
        let moves = self.reserves.people.get(&person).map_or(&[][..], |moves| moves);
        moves.get(moves.partition_point(|(_, until)| *until <= at)..).unwrap_or_default()
    }

    /// How many people are in a unit that they will be moved out of.
    pub(super) fn still_in(&self, unit: UnitId, at: Instant) -> u32 {
        let is_in = |person: &PersonId| self.moves_after(*person, at).iter().any(|(old, _)| *old == unit);
        let here = |person: &PersonId| self.person(*person).is_some_and(|person| person.left_at.is_none());
        let people = self.reserves.people.iter().filter(|(person, _)| here(person) && is_in(person)).count();
        u32::try_from(people).unwrap_or(u32::MAX)
    }

    /// Notes that somebody is in another unit from an instant on, until the next move that is known; gives the unit that
    /// they are in at last.
    pub(super) fn note_move(&mut self, person: PersonId, last: UnitId, unit: UnitId, effective: Instant) -> UnitId {
        let known = self.reserves.people.get(&person).map_or(&[][..], |moves| moves);
        let mut moves: Vec<(UnitId, Instant)> = known.iter().copied().chain([(last, Instant::FAR_FUTURE)]).collect();
        let place = moves.partition_point(|(_, until)| *until <= effective).min(moves.len().saturating_sub(1));
        if let Some(stay) = moves.get_mut(place) {
            let old = replace(&mut stay.0, unit);
            moves.insert(place, (old, effective));
        }
        let last = moves.pop().map_or(unit, |(unit, _)| unit);
        self.reserves.people.insert_mut(person, moves.into());
        last
    }

    /// The units that somebody was in or will be, and when, in order: the last one until the end of time.
    pub fn stays(&self, person: PersonId) -> Vec<(UnitId, Period)> {
        let moves = self.reserves.people.get(&person).map_or(&[][..], |moves| moves);
        let now = self.person(person).map(|person| (person.unit, Instant::FAR_FUTURE));
        let mut start = Instant::from_micros(i64::MIN);
        let stays =
            moves.iter().copied().chain(now).map(|(unit, end)| (unit, Period { start: replace(&mut start, end), end }));
        stays.filter(|(_, stay)| stay.start < stay.end).collect()
    }

    /// What there is to remember of an event before it is taken in.
    pub(super) fn before(&self, event: &Event) -> Before {
        let moved = match event {
            Event::UnitMoved { unit, .. } => self.unit(*unit).and_then(|unit| unit.parent),
            _ => None,
        };
        let touched = self.touched(event);
        let claims = match touched {
            Touched::Person(person) => self.claims(person),
            Touched::Nobody | Touched::Everybody => Vec::new(),
        };
        Before { touched, moved, claims }
    }

    /// Brings what is known up to an event that was taken in.
    pub(super) fn after(&mut self, event: &Event, before: Before) {
        if let Event::UnitMoved { unit, at, .. } = event {
            let known = self.reserves.units.get(unit).map_or(&[][..], |moves| moves);
            let moves: Arc<[_]> = known.iter().copied().chain([(before.moved, *at)]).collect();
            self.reserves.units.insert_mut(*unit, moves);
        }
        match before.touched {
            Touched::Nobody => {}
            Touched::Everybody => self.reserves.sums = Arc::default(),
            Touched::Person(person) => {
                // Also where nothing is known yet: what is found from here on is not that of the directory before.
                let mut known = self.reserves.sums.lock().clone();
                let old: HashMap<_, _> = before.claims.into_iter().collect();
                for (of, new) in self.claims(person) {
                    // What was not known a moment ago another thread has found meanwhile, for the directory before.
                    match (known.get_mut(&of), old.get(&of)) {
                        (Some(sum), Some(old)) if *sum < Nano::MAX => {
                            *sum = held(i128::from(sum.get()).saturating_add(new).saturating_sub(*old));
                        }
                        _ => drop(known.remove(&of)),
                    }
                }
                self.reserves.sums = Arc::new(Sums(Mutex::new(known)));
            }
        }
    }

    /// What each sum known so far has of one person.
    fn claims(&self, person: PersonId) -> Vec<((BudgetId, Period), i128)> {
        let of: Vec<(BudgetId, Period)> = self.reserves.sums.lock().keys().copied().collect();
        let mut days_of = DaysOf::new();
        let claim = |(id, period): (BudgetId, Period)| {
            let budget = self.budget(id)?;
            let claim = self.person(person).map_or(0, |person| self.claim(budget, period, person, &mut days_of));
            Some(((id, period), claim))
        };
        of.into_iter().filter_map(claim).collect()
    }

    fn touched(&self, event: &Event) -> Touched {
        let whose = |grant| self.grant(grant).filter(|grant| grant.guaranteed).map(|grant| grant.person);
        let with_any = |person| self.grants_of(person).iter().any(|grant| grant.guaranteed).then_some(person);
        let person = match event {
            Event::GrantMade(grant) => grant.guaranteed.then_some(grant.person),
            Event::GrantVoided { grant, .. } => whose(*grant),
            Event::Grant(GrantEvent { grant, change: GrantChange::Given { to, .. }, .. }) => {
                let any = [*grant, *to].into_iter().find_map(whose);
                return any.map_or(Touched::Nobody, |_| Touched::Everybody);
            }
            Event::Grant(event) => whose(event.grant),
            Event::PersonMoved { person, .. }
            | Event::PersonLeft { person, .. }
            | Event::PersonZoneChanged { person, .. } => with_any(*person),
            Event::UnitMoved { .. } | Event::Part { .. } => return Touched::Everybody,
            Event::CompanyFounded { .. }
            | Event::UnitAdded { .. }
            | Event::UnitClosed { .. }
            | Event::PersonAdded { .. }
            | Event::PersonRoleSet { .. }
            | Event::BudgetSet(_)
            | Event::BudgetEnded { .. }
            | Event::KeyIssued(_)
            | Event::KeyRevoked { .. }
            | Event::Pool(_)
            | Event::Offer(_)
            | Event::Role(_)
            | Event::Stop(_)
            | Event::TopUp(_)
            | Event::Observed(_)
            | Event::PricesPublished(_)
            | Event::PolicySet { .. } => None,
        };
        person.map_or(Touched::Nobody, Touched::Person)
    }

    fn collect_touched(&self, before: &Self, event: &Event, found: &mut BTreeMap<BudgetId, Arc<Budget>>) {
        let mut all_of = |directory: &Self, unit: Option<UnitId>| {
            let units = unit.into_iter().flat_map(|unit| directory.units_above(unit));
            let company = directory.company.iter().flat_map(|company| &company.budgets);
            let budgets = units.flat_map(|unit| &unit.budgets).chain(company);
            found.extend(budgets.filter_map(|budget| self.budget(budget.id)).map(|b| (b.id, Arc::clone(b))));
        };
        match event {
            Event::BudgetSet(budget) => found.extend(self.budget(budget.id).map(|b| (b.id, Arc::clone(b)))),
            Event::UnitMoved { unit, .. } => {
                all_of(before, Some(*unit));
                all_of(self, Some(*unit));
            }
            Event::Part { events, .. } => events.iter().for_each(|event| self.collect_touched(before, event, found)),
            Event::Grant(GrantEvent { grant, change: GrantChange::Given { to, .. }, .. }) => {
                for grant in [grant, to].into_iter().filter_map(|id| self.grant(*id)).filter(|grant| grant.guaranteed) {
                    self.stays(grant.person).into_iter().for_each(|(unit, _)| all_of(self, Some(unit)));
                }
            }
            event => {
                if let Touched::Person(person) = self.touched(event) {
                    for directory in [before, self] {
                        all_of(directory, None);
                        directory.stays(person).into_iter().for_each(|(unit, _)| all_of(directory, Some(unit)));
                    }
                }
            }
        }
    }

    /// The starts ahead of guaranteed grants that an event makes.
    fn collect_starts(&self, event: &Event, at: Instant, starts: &mut Vec<Instant>) {
        match event {
            Event::GrantMade(grant) if grant.guaranteed => starts.extend(self.starts_of(grant).filter(|s| *s > at)),
            Event::Grant(event) => {
                let grant = self.grant(event.grant).filter(|grant| grant.guaranteed);
                starts.extend(grant.into_iter().flat_map(|grant| self.starts_of(grant)).filter(|s| *s > at));
            }
            Event::PersonMoved { effective, .. } => starts.extend(effective.filter(|effective| *effective > at)),
            Event::Part { events, .. } => events.iter().for_each(|event| self.collect_starts(event, at, starts)),
            _ => {}
        }
        starts.sort_unstable();
        starts.dedup();
    }

    /// When a grant starts, and when it may release more than before.
    fn starts_of<'a>(&'a self, grant: &'a Grant) -> impl Iterator<Item = Instant> + 'a {
        self.person(grant.person).into_iter().flat_map(move |person| {
            let zone = person.zone(Instant::FAR_FUTURE);
            let rises = grant.rises().map(|day| zone.first_instant(day));
            std::iter::once(grant.rhythm(&person.zones).starts_at()).chain(rises)
        })
    }

    /// The starts ahead of guaranteed grants below a budget, as many as are looked at.
    fn starts_below(&self, budget: &Budget, at: Instant) -> Vec<Instant> {
        let below = |person: &&Arc<Person>| match budget.on {
            BudgetOn::Company => true,
            BudgetOn::Unit(unit) => {
                let mut stays = self.stays(person.id).into_iter().filter(|(_, stay)| stay.end > at);
                stays.any(|(stay, _)| self.units_above(stay).any(|above| above.id == unit))
            }
            BudgetOn::Key(_) | BudgetOn::Person(_) => false,
        };
        let grants = self.people.values().filter(below).flat_map(|person| &person.grants);
        let ahead = grants.filter(|grant| grant.guaranteed && !grant.is_voided(at));
        let mut starts: Vec<Instant> = ahead.flat_map(|grant| self.starts_of(grant)).filter(|s| *s > at).collect();
        starts.sort_unstable();
        starts.dedup();
        starts.truncate(STARTS_MAX);
        starts
    }
}

/// The periods of a budget that are looked at: the one running, and as many as it takes to see the calendar's turns.
fn ahead(budget: &Budget, at: Instant) -> Vec<Period> {
    let count = match budget.cadence {
        Cadence::Day => 10,
        Cadence::Week => 6,
        Cadence::Month => 14,
        Cadence::Quarter => 5,
        Cadence::Year => 3,
        Cadence::Once => 1,
    };
    let first = budget.period_at(at);
    std::iter::successors(Some(first), |period| Some(budget.period_at(period.end))).take(count).collect()
}

/// The part of a period in which a grant can be drawn on under a budget. What stops it stops it from the next microsecond
/// on: a period that begins in the same one may have been drawn on just before.
fn span_of(budget: &Budget, period: Period, person: &Person, grant: &Grant) -> Period {
    let stops = grant.voided_at.into_iter().chain(person.left_at);
    Period {
        start: period.start.max(budget.created_at).max(grant.created_at),
        end: stops.map(Instant::next).fold(period.end, Instant::min),
    }
}
