//! A small company by chance, as events: the auditor learns of it from the journal, like everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::sync::Arc;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::{Directory, EventError};
use purser_core::event::{Event, GrantChange, KeyHash, KeyIssue, PolicyOn, PoolEvent, RoleEvent};
use purser_core::grant::{Grant, GrantSource, Priority, Rollover, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, MovementId, PersonId, PoolId, PriceListId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::package::Remedy;
use purser_core::pool::{FiscalCalendar, Movement, PoolOn};
use purser_core::price::{Discount, Layer, PriceList, Rate, Ratio};
use purser_core::role::FixedCalendar;
use purser_core::scope::{Pattern, Scope};
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::audit::{PLACES, Prices};
use crate::bug::Bug;
use crate::dice::Dice;

/// The models that may be asked for; each provider has them all.
pub(crate) const MODELS: [&str; 2] = ["steady-1", "long-1"];
/// The model that is sometimes served instead: nothing of it is dearer.
pub(crate) const INSTEAD: &str = "plain-1";
/// The providers, the second being tried when the first fails.
pub(crate) const PROVIDERS: [&str; 2] = ["alpha", "beta"];
/// The programs that call.
pub(crate) const TOOLS: [&str; 3] = ["claude-code", "curl", "other"];
/// Every so many keys are made for the first of them.
const KEYS_FOR_A_TOOL: u128 = 5;
/// One in so many keys says what its calls are for.
const KEYS_FOR_A_PROJECT: u128 = 7;
/// Tokens of prompt above which `long-1` doubles.
const DOUBLES_ABOVE: u64 = 1_500;
/// Around which moments runs begin: changes of daylight saving, ends of months, a leap year's neighbour, an ordinary day.
const BEGINNINGS: [&str; 7] = [
    "2026-03-07T20:00:00Z",
    "2026-03-28T20:00:00Z",
    "2026-04-04T10:00:00Z",
    "2026-02-28T06:00:00Z",
    "2026-10-24T20:00:00Z",
    "2026-10-31T20:00:00Z",
    "2026-11-25T12:00:00Z",
];

/// The company of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Company {
    /// As the control plane has it.
    pub(crate) directory: Directory,
    /// As calls are planned with it: the same, but for bugs.
    pub(crate) seen: Directory,
    /// All keys that were ever issued.
    pub(crate) keys: Vec<KeyId>,
    bug: Option<Bug>,
}

/// How a company begins.
pub(crate) struct Founding {
    pub(crate) events: Vec<Event>,
    /// What the auditor is told of prices.
    pub(crate) prices: BTreeMap<u64, Prices>,
    /// When calls begin, in microseconds.
    pub(crate) begins: i64,
    /// Some companies are always short of money and some hardly ever.
    pub(crate) plenty: u64,
}

impl Founding {
    /// One by chance.
    #[must_use]
    pub(crate) fn by_chance(dice: &mut Dice) -> Self {
        let begins: Instant = dice.pick(&BEGINNINGS).parse().expect("the moments are written right");
        let begins = begins.as_micros() + i64::try_from(dice.below(6 * 3_600 * 1_000_000)).unwrap_or(0);
        let plenty = *dice.pick(&[1, 1, 10, 30]);
        let mut company = Company::new(None);
        let mut founding = Self { events: Vec::new(), prices: BTreeMap::new(), begins, plenty };
        let place = dice.index(PLACES.len());
        founding
            .add(&mut company, Event::CompanyFounded { currency: Currency::usd(), zone: zone(place), at: before(0) });
        for unit in 1..=dice.between(1, 2) {
            let (unit, parent) = (UnitId::new(unit.into()), (unit > 1).then_some(UnitId::new(1)));
            founding.add(&mut company, Event::UnitAdded { unit, parent, zone: zone(place), at: before(1) });
        }
        founding.add(&mut company, Event::PricesPublished(prices(dice)));
        founding.prices = plain_prices(&company.directory, Instant::from_micros(begins));
        founding.add_people(&mut company, dice);
        founding.add_funds(&mut company, dice);
        founding.add_funded_grants(&mut company, dice);
        founding.add_budgets(&mut company, dice);
        founding
    }

    fn add(&mut self, company: &mut Company, event: Event) {
        company.take(&event).expect("the company is founded in order");
        self.events.push(event);
    }

    fn add_people(&mut self, company: &mut Company, dice: &mut Dice) {
        let mut grants = 0;
        let units: Vec<UnitId> = company.directory.units().map(|unit| unit.id).collect();
        for person in 0..dice.between(1, 3) {
            let zone = zone(dice.index(PLACES.len()));
            let (id, unit) = (PersonId::new(100 + u128::from(person)), *dice.pick(&units));
            self.add(company, Event::PersonAdded { person: id, unit, zone: zone.clone(), at: before(2) });
            for _ in 0..dice.between(1, 3) {
                grants += 1;
                let mut grant = promised(dice, GrantId::new(1_000 + grants), id, &zone, self.plenty);
                grant.created_at = before(3);
                if grant.days == Days::Workdays && dice.per_mille(500) {
                    grant.calendar = Some(some_holidays(dice, &zone, Instant::from_micros(self.begins)));
                }
                if dice.per_mille(700) {
                    grant.rollover = None;
                    grant.starts = "2026-01-05".parse().expect("the date is written right");
                    grant.ends = None;
                }
                self.add(company, Event::GrantMade(grant));
            }
            self.add(company, Event::KeyIssued(issued(KeyId::new(10_000 + u128::from(person)), id, before(4))));
        }
    }

    /// A budget allows what is guaranteed under it, and something for everybody else.
    fn add_budgets(&mut self, company: &mut Company, dice: &mut Dice) {
        let mut ons = vec![BudgetOn::Company];
        ons.extend(dice.per_mille(500).then_some(BudgetOn::Unit(UnitId::new(1))));
        ons.extend(dice.per_mille(500).then(|| BudgetOn::Key(company.keys[dice.index(company.keys.len())])));
        for (no, on) in ons.into_iter().enumerate() {
            let mut budget = limit(dice, BudgetId::new(2_000 + no as u128), on, before(5), self.plenty);
            budget.amount = budget.amount.saturating_add(most_kept(&company.directory, &budget, self.begins));
            self.add(company, Event::BudgetSet(budget));
        }
    }

    /// Grants that a pool pays for, where it may and can.
    fn add_funded_grants(&mut self, company: &mut Company, dice: &mut Dice) {
        let at = Instant::from_micros(self.begins - 1_000_000);
        for no in 0..dice.below(3) {
            let person = PersonId::new(100);
            let zone = company.directory.person(person).map_or(Zone::UTC, |person| person.zone(at).clone());
            let mut grant = promised(dice, GrantId::new(1_100 + u128::from(no)), person, &zone, self.plenty);
            (grant.created_at, grant.starts, grant.guaranteed) = (at, zone.date(at), true);
            grant.pool = Some(PoolId::new(3_000));
            let event = Event::GrantMade(grant);
            if company.directory.apply(&event).is_ok() {
                self.add(company, event);
            }
        }
    }

    /// Pools, and what is set about roles, so that offers can be written.
    fn add_funds(&mut self, company: &mut Company, dice: &mut Dice) {
        let month = FiscalCalendar::try_new(i8::try_from(dice.between(1, 12)).unwrap_or(1)).unwrap_or_default();
        self.add(company, Event::Pool(PoolEvent::CalendarSet { month, at: before(6) }));
        for no in 0..dice.between(1, 2) {
            let pool = PoolId::new(3_000 + u128::from(no));
            let on = if dice.per_mille(700) { PoolOn::Company } else { PoolOn::Unit(UnitId::new(1)) };
            self.add(company, Event::Pool(PoolEvent::Opened { pool, on, manager: None, at: before(6) }));
            let today = Zone::UTC.date(Instant::from_micros(self.begins));
            let year = month.year(today);
            for (place, year) in [year, year.next()].into_iter().enumerate() {
                if place > 0 && dice.per_mille(400) {
                    continue;
                }
                let amount = money(dice, self.plenty * 400, self.plenty * 4_000);
                let id = MovementId::new(4_000 + 10 * u128::from(no) + place as u128);
                let moved = Movement { id, from: None, to: Some(pool), year, amount, at: before(7) };
                self.add(company, Event::Pool(PoolEvent::Moved(moved)));
            }
        }
        let policy = Some(Box::new(crate::wishes::some_policy(dice)));
        self.add(company, Event::PolicySet { on: PolicyOn::Company, policy, at: before(8) });
        for change in [crate::wishes::some_family(dice), crate::wishes::some_rules(dice)] {
            self.add(company, Event::Role(RoleEvent { change, at: before(8) }));
        }
    }
}

impl Company {
    /// Before anything happened.
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, ..Self::default() }
    }

    /// Takes an event.
    ///
    /// # Errors
    /// The directory refuses it.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), EventError> {
        self.directory.take(event)?;
        self.note_keys(event);
        match self.bug {
            Some(bug) if bug.is_about_plans() => {
                if let Some(event) = doctored(event, bug) {
                    // What depends on what was left out is left out.
                    let _ = self.seen.take(&event);
                }
            }
            _ => self.seen = self.directory.clone(),
        }
        Ok(())
    }

    fn note_keys(&mut self, event: &Event) {
        match event {
            Event::KeyIssued(issue) => self.keys.push(issue.key),
            Event::Part { events, .. } => events.iter().for_each(|event| self.note_keys(event)),
            _ => {}
        }
    }
}

/// The event as a careless planner takes it; `None`: not at all.
fn doctored(event: &Event, bug: Bug) -> Option<Event> {
    let mut event = event.clone();
    match &mut event {
        Event::PersonAdded { zone, .. } if bug == Bug::UtcPeriod => *zone = Zone::UTC,
        Event::BudgetSet(budget) if bug == Bug::UtcPeriod => budget.zone = Zone::UTC,
        Event::GrantMade(grant) => {
            if bug == Bug::UtcPeriod {
                grant.zone = Zone::UTC;
            }
            if bug == Bug::WorkedHolidays {
                grant.calendar = None;
            }
            if bug == Bug::AnyTool {
                let scope = Scope { tools: Vec::new(), ..Scope::clone(&grant.scope) };
                grant.scope = scope.into();
            }
            if bug == Bug::RolloverWithoutCap
                && let Some(rollover) = &mut grant.rollover
            {
                rollover.max = Nano::MAX;
            }
            if bug == Bug::LateGrants {
                grant.starts = grant.starts.tomorrow().unwrap_or(grant.starts);
                grant.ends = grant.ends.map(|ends| ends.max(grant.starts.tomorrow().unwrap_or(ends)));
            }
        }
        Event::Grant(happened) => match happened.change {
            GrantChange::LeaveBegun { .. } if bug == Bug::PaidLeave => return None,
            GrantChange::CalendarSet { .. } if bug == Bug::WorkedHolidays => return None,
            GrantChange::Observed { .. } if bug == Bug::ObservedIgnored => return None,
            GrantChange::Given { to, amount } if bug == Bug::GiftFromNowhere => {
                (happened.grant, happened.change) = (to, GrantChange::Credited { amount });
            }
            _ => {}
        },
        Event::GrantVoided { .. } | Event::PersonLeft { .. } if bug == Bug::VoidLeavesMoney => return None,
        Event::PersonZoneChanged { .. } if bug == Bug::OldClock => return None,
        Event::PersonRoleSet { role: None, .. } if bug == Bug::LastingRole => return None,
        Event::Part { events, .. } => *events = events.iter().filter_map(|event| doctored(event, bug)).collect(),
        _ => {}
    }
    Some(event)
}

/// What a budget keeps for guaranteed grants in any period that a run may see.
fn most_kept(directory: &Directory, budget: &Budget, begins: i64) -> Nano {
    let first = budget.period_at(Instant::from_micros(begins - 30 * 86_400_000_000));
    let until = Instant::from_micros(begins + 400 * 86_400_000_000);
    let periods = std::iter::successors(Some(first), |period| Some(budget.period_at(period.end)));
    let kept = periods.take_while(|period| period.start < until).map(|period| directory.reserve(budget, period));
    kept.max().unwrap_or(Nano::ZERO)
}

/// So many thousandths of the currency's unit, and a few billionths.
pub(crate) fn money(dice: &mut Dice, low: u64, high: u64) -> Nano {
    let nano = dice.between(low, high) * 1_000_000 + dice.below(1_000);
    Nano::new(i64::try_from(nano).unwrap_or(i64::MAX))
}

/// A grant by chance, made at the end of time.
pub(crate) fn promised(dice: &mut Dice, id: GrantId, person: PersonId, zone: &Zone, plenty: u64) -> Grant {
    let often =
        [Cadence::Day, Cadence::Day, Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Quarter, Cadence::Year];
    let cadence = if dice.per_mille(60) { Cadence::Once } else { *dice.pick(&often) };
    let rolls = cadence != Cadence::Once && dice.per_mille(300);
    let amount = money(dice, plenty * 4, plenty * 40);
    let periods = NonZeroU8::new(u8::try_from(dice.between(1, 3)).unwrap_or(1)).unwrap_or(NonZeroU8::MIN);
    let models =
        if dice.per_mille(200) { vec![MODELS[dice.index(2)].parse().expect("a name is a pattern")] } else { vec![] };
    let tools = some_tools(dice);
    let (scope, guaranteed) = (Scope { models, tools, ..Scope::EVERYTHING }, dice.per_mille(400));
    let remedy = *dice.pick(&[None, Some(Remedy::Extends), Some(Remedy::Credits)]);
    let share = if dice.per_mille(200) { dice.between(1, 10_000) } else { 10_000 };
    Grant {
        id,
        person,
        amount,
        cadence,
        days: if cadence == Cadence::Day && dice.per_mille(400) { Days::Workdays } else { Days::All },
        zone: zone.clone(),
        starts: "2026-01-01".parse().expect("the date is written right"),
        ends: None,
        priority: Priority::try_new(u16::try_from(dice.between(1, 3)).unwrap_or(1)).unwrap_or_default(),
        scope: scope.into(),
        guaranteed,
        pool: None,
        source: GrantSource::Manual,
        note: None,
        created_at: Instant::FAR_FUTURE,
        voided_at: None,
        share: WorkShare::try_new(u16::try_from(share).unwrap_or(1)).unwrap_or(WorkShare::FULL),
        rollover: rolls.then(|| Rollover { max: money(dice, 1, plenty * 20), periods }),
        remedy,
        calendar: None,
        life: None,
    }
}

/// What is paid for: calls from one tool, or mostly from all.
pub(crate) fn some_tools(dice: &mut Dice) -> Vec<Pattern> {
    let tool = TOOLS[dice.index(TOOLS.len())].parse().expect("a name is a pattern");
    if dice.per_mille(120) { vec![tool] } else { Vec::new() }
}

/// A place's holidays, some days before a moment and some weeks after it.
pub(crate) fn some_holidays(dice: &mut Dice, zone: &Zone, about: Instant) -> Arc<FixedCalendar> {
    let mut holidays = BTreeSet::new();
    for _ in 0..dice.between(1, 8) {
        let days = i64::try_from(dice.below(24)).unwrap_or(0) - 4;
        holidays.insert(zone.date(Instant::from_micros(about.as_micros() + days * 86_400_000_000)));
    }
    let version = u32::try_from(dice.between(1, 9)).unwrap_or(1);
    Arc::new(FixedCalendar { place: "berlin".parse().expect("it is a word"), version, holidays })
}

/// A budget by chance.
pub(crate) fn limit(dice: &mut Dice, id: BudgetId, on: BudgetOn, created_at: Instant, plenty: u64) -> Budget {
    let (zone, cadence) = (zone(dice.index(PLACES.len())), *dice.pick(&[Cadence::Day, Cadence::Week, Cadence::Month]));
    let amount = money(dice, plenty * 8, plenty * 90);
    let tools =
        matches!(on, BudgetOn::Person(_)).then(|| TOOLS[dice.index(TOOLS.len())].parse().expect("a name is a pattern"));
    Budget { id, on, tools, amount, cadence, days: Days::All, zone, created_at, ended_at: None }
}

pub(crate) fn zone(place: usize) -> Zone {
    Zone::try_new(PLACES[place].name).expect("the places are in the time zone database")
}

/// Long before anything, one moment after the other.
fn before(seconds: i64) -> Instant {
    let founded: Instant = "2025-06-02T08:00:00Z".parse().expect("the moment is written right");
    Instant::from_micros(founded.as_micros() + seconds * 1_000_000)
}

pub(crate) fn issued(key: KeyId, person: PersonId, at: Instant) -> KeyIssue {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&key.get().to_le_bytes());
    let allow = Scope::EVERYTHING;
    let tool = key.get().is_multiple_of(KEYS_FOR_A_TOOL).then(|| TOOLS[0].to_owned());
    let project = key.get().is_multiple_of(KEYS_FOR_A_PROJECT).then(|| "shop".to_owned());
    let (agent, requests_per_minute, expires) = (None, None, None);
    KeyIssue { key, hash: KeyHash(hash), person, agent, tool, project, allow, requests_per_minute, expires, at }
}

/// Rates that end in half a nano for a token, so that many charges are ties; output several times input.
fn prices(dice: &mut Dice) -> PriceList {
    let mut cards = Vec::new();
    for provider in PROVIDERS {
        let input = dice.between(300, 1_500) * 1_000_000 + 500_000;
        for model in MODELS.iter().chain([&INSTEAD]) {
            // What is served instead costs half, and has no discount for caches.
            let half = if *model == INSTEAD { 2 } else { 1 };
            let rates = [
                ("input_uncached", input / half),
                ("cache_read", if half == 1 { input / 10 } else { input / half }),
                ("cache_write_5m", input / half + input / (4 * half)),
                ("output", (input * 3 + 250_000) / half),
            ];
            let mut card = serde_json::json!({
                "provider": provider, "model": model, "rates": shown(&rates, 1), "context_window": 8_000,
                "max_output": 2_000,
            });
            if *model == MODELS[1] {
                card["above"] = serde_json::json!([{ "tokens": DOUBLES_ABOVE, "rates": shown(&rates, 2) }]);
            }
            cards.push(serde_json::from_value(card).expect("the cards are written right"));
        }
    }
    let times = Ratio::try_new(9, 10).expect("ten is not zero");
    let discount = Discount { provider: PROVIDERS[1].to_owned(), times, from: before(0), to: None };
    PriceList {
        id: PriceListId::new(1),
        published_at: before(2),
        layer: Layer::Company,
        cards,
        discounts: vec![discount],
        exchange: Vec::new(),
    }
}

fn shown(rates: &[(&str, u64)], times: u64) -> serde_json::Value {
    let shown = rates.iter().map(|(bucket, rate)| ((*bucket).to_owned(), Rate::new(rate * times).to_string().into()));
    serde_json::Value::Object(shown.collect())
}

/// The cards as whole numbers, read from what was written and not from what the price book made of it.
fn plain_prices(directory: &Directory, at: Instant) -> BTreeMap<u64, Prices> {
    let mut plain = BTreeMap::new();
    for (i, provider) in PROVIDERS.iter().enumerate() {
        for model in MODELS.iter().chain([&INSTEAD]) {
            let card = directory.prices().lookup(provider, model, at).expect("every model has a price");
            let written = serde_json::to_value(card.spec()).expect("a card is data");
            let rate = |bucket: &str| plain_rate(written["rates"][bucket].as_str().unwrap_or_default());
            let doubles = written.get("above").is_some_and(|above| !above.is_null());
            let prices = Prices {
                input: rate("input_uncached"),
                cache_read: rate("cache_read"),
                cache_write: rate("cache_write_5m"),
                output: rate("output"),
                doubles_above: if doubles { DOUBLES_ABOVE } else { u64::MAX },
                terms: if i == 1 { (9, 10) } else { (1, 1) },
            };
            plain.insert(card.version().0, prices);
        }
    }
    plain
}

/// `1.0005` as billionths.
fn plain_rate(text: &str) -> u64 {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{places:0<9}").parse().expect("a rate is a decimal number")
}
