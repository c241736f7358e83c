//! A small company by chance: the real directory, and the same in the auditor's plain terms.

use std::collections::BTreeMap;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::Directory;
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, PersonId, PriceListId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::price::{Discount, Layer, PriceList, Rate, Ratio};
use purser_core::scope::Scope;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::audit::{BudgetTerms, GrantTerms, Often, PLACES, Prices, Terms};
use crate::bug::Bug;
use crate::dice::Dice;

/// The models that may be asked for; each provider has them all.
pub(crate) const MODELS: [&str; 2] = ["steady-1", "long-1"];
/// The model that is sometimes served instead: nothing of it is dearer.
pub(crate) const INSTEAD: &str = "plain-1";
/// The providers, the second being tried when the first fails.
pub(crate) const PROVIDERS: [&str; 2] = ["alpha", "beta"];
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
#[derive(Clone, Debug)]
pub(crate) struct Company {
    /// As the control plane has it before anything happens.
    pub(crate) directory: Directory,
    /// The keys, in the order of the terms.
    pub(crate) keys: Vec<KeyId>,
    /// The budgets, in the order of the terms.
    pub(crate) budgets: Vec<Budget>,
    /// What each of them keeps for guaranteed grants in the period that has most of them.
    pub(crate) kept: Vec<Nano>,
    /// What the auditor is told.
    pub(crate) terms: Terms,
    /// When it begins, in microseconds.
    pub(crate) begins: i64,
}

impl Company {
    /// One by chance.
    #[must_use]
    pub(crate) fn found(dice: &mut Dice, bug: Option<Bug>) -> Self {
        let zone = |place: usize| if bug == Some(Bug::UtcPeriod) { Zone::UTC } else { zone(place) };
        let begins: Instant = dice.pick(&BEGINNINGS).parse().expect("the moments are written right");
        let begins = begins.as_micros() + i64::try_from(dice.below(6 * 3_600 * 1_000_000)).unwrap_or(0);
        // Some companies are always short of money and some hardly ever.
        let plenty = *dice.pick(&[1, 1, 10, 30]);
        let mut events = Vec::new();
        let company_place = dice.index(PLACES.len());
        events.push(Event::CompanyFounded { currency: Currency::usd(), zone: zone(company_place), at: before(0) });
        events.push(Event::UnitAdded { unit: UnitId::new(1), parent: None, zone: zone(company_place), at: before(1) });
        let mut terms = Terms::default();
        events.push(Event::PricesPublished(prices(dice)));

        let mut keys = Vec::new();
        for person in 0..dice.between(1, 3) {
            let place = dice.index(PLACES.len());
            let id = PersonId::new(100 + u128::from(person));
            events.push(Event::PersonAdded { person: id, unit: UnitId::new(1), zone: zone(place), at: before(2) });
            for _ in 0..dice.between(1, 3) {
                let grant = GrantTerms {
                    id: 1_000 + terms.grants.len() as u128,
                    person: usize::try_from(person).unwrap_or(0),
                    place,
                    often: *dice.pick(&[Often::Daily, Often::Daily, Often::Workdays, Often::Weekly, Often::Monthly]),
                    amount: i128::from(plenty * dice.between(4, 40) * 1_000_000 + dice.below(1_000)),
                    priority: u16::try_from(dice.between(1, 3)).unwrap_or(1),
                    only: dice.per_mille(200).then(|| dice.index(MODELS.len())),
                    guaranteed: dice.per_mille(400),
                };
                events.push(Event::GrantMade(made(&grant, id, zone(place))));
                terms.grants.push(grant);
            }
            let key = KeyId::new(10_000 + keys.len() as u128);
            events.push(Event::KeyIssued(issued(key, id)));
            keys.push(key);
            terms.keys.push(usize::try_from(person).unwrap_or(0));
        }

        let mut budgets = Vec::new();
        let mut ons = vec![BudgetOn::Company];
        ons.extend(dice.per_mille(500).then_some(BudgetOn::Unit(UnitId::new(1))));
        ons.extend(dice.per_mille(500).then(|| BudgetOn::Key(keys[dice.index(keys.len())])));
        for on in ons {
            let (place, often) = (dice.index(PLACES.len()), *dice.pick(&[Often::Daily, Often::Weekly, Often::Monthly]));
            let id = 2_000 + budgets.len() as u128;
            let budget = Budget {
                id: BudgetId::new(id),
                on,
                amount: Nano::new(i64::try_from(plenty * dice.between(8, 90) * 1_000_000).unwrap_or(0)),
                cadence: cadence(often),
                days: Days::All,
                zone: zone(place),
                created_at: before(5),
                ended_at: None,
            };
            let key = if let BudgetOn::Key(key) = on { keys.iter().position(|known| *known == key) } else { None };
            terms.budgets.push(BudgetTerms { id, key, place, often });
            budgets.push(budget);
        }
        let mut directory = Directory::new();
        for event in &events {
            directory.take(event).expect("the company is founded in order");
        }
        terms.prices = plain_prices(&directory, Instant::from_micros(begins));
        // A budget allows what is guaranteed under it, and something for everybody else.
        let kept: Vec<Nano> = budgets.iter().map(|budget| most_kept(&directory, budget, begins)).collect();
        for (budget, kept) in budgets.iter_mut().zip(&kept) {
            budget.amount = budget.amount.saturating_add(*kept);
            directory.take(&Event::BudgetSet(budget.clone())).expect("the company is founded in order");
        }
        Self { directory, keys, budgets, kept, terms, begins }
    }

    /// What the budgets amount to.
    #[must_use]
    pub(crate) fn amounts(&self) -> Vec<i128> {
        self.budgets.iter().map(|budget| i128::from(budget.amount.get())).collect()
    }

    /// The event that sets a budget anew.
    ///
    /// Nothing below what is guaranteed under it: the control plane refuses that.
    pub(crate) fn other_budget(&self, dice: &mut Dice, bug: Option<Bug>) -> Event {
        let place = dice.index(self.budgets.len());
        let mut budget = self.budgets[place].clone();
        budget.amount = Nano::new(i64::try_from(dice.between(4, 120) * 1_000_000).unwrap_or(0));
        if bug == Some(Bug::CutBelowReserve) {
            budget.amount = budget.amount.min(Nano::new(self.kept[place].get() / 2));
        } else {
            budget.amount = budget.amount.saturating_add(self.kept[place]);
        }
        Event::BudgetSet(budget)
    }

    /// Takes an event.
    pub(crate) fn take(&mut self, event: &Event) {
        self.directory.take(event).expect("a budget may be set anew");
        if let Event::BudgetSet(set) = event
            && let Some(known) = self.budgets.iter_mut().find(|budget| budget.id == set.id)
        {
            known.amount = set.amount;
        }
    }
}

/// What a budget keeps for guaranteed grants in any period that a run may see.
fn most_kept(directory: &Directory, budget: &Budget, begins: i64) -> Nano {
    let first = budget.period_at(Instant::from_micros(begins - 30 * 86_400_000_000));
    let until = Instant::from_micros(begins + 400 * 86_400_000_000);
    let periods = std::iter::successors(Some(first), |period| Some(budget.period_at(period.end)));
    let kept = periods.take_while(|period| period.start < until).map(|period| directory.reserve(budget, period));
    kept.max().unwrap_or(Nano::ZERO)
}

fn zone(place: usize) -> Zone {
    Zone::try_new(PLACES[place].name).expect("the places are in the time zone database")
}

/// Long before anything, one moment after the other.
fn before(seconds: i64) -> Instant {
    let founded: Instant = "2025-06-02T08:00:00Z".parse().expect("the moment is written right");
    Instant::from_micros(founded.as_micros() + seconds * 1_000_000)
}

fn cadence(often: Often) -> Cadence {
    match often {
        Often::Daily | Often::Workdays => Cadence::Day,
        Often::Weekly => Cadence::Week,
        Often::Monthly => Cadence::Month,
    }
}

fn made(terms: &GrantTerms, person: PersonId, zone: Zone) -> Grant {
    let scope = match terms.only {
        None => Scope::EVERYTHING,
        Some(model) => {
            let pattern = MODELS[model].parse().expect("a model's name is a pattern");
            Scope { models: vec![pattern], ..Scope::EVERYTHING }
        }
    };
    Grant {
        id: GrantId::new(terms.id),
        person,
        amount: Nano::new(i64::try_from(terms.amount).unwrap_or(0)),
        cadence: cadence(terms.often),
        days: if terms.often == Often::Workdays { Days::Workdays } else { Days::All },
        zone,
        starts: "2025-07-01".parse().expect("the date is written right"),
        ends: None,
        priority: Priority::try_new(terms.priority).unwrap_or_default(),
        scope: scope.into(),
        guaranteed: terms.guaranteed,
        pool: None,
        source: GrantSource::Manual,
        note: None,
        created_at: before(3),
        voided_at: None,
        share: WorkShare::FULL,
        rollover: None,
        remedy: None,
        calendar: None,
        life: None,
    }
}

fn issued(key: KeyId, person: PersonId) -> KeyIssue {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&key.get().to_le_bytes());
    let (allow, at) = (Scope::EVERYTHING, before(4));
    let (agent, tool, requests_per_minute, expires) = (None, None, None, None);
    KeyIssue { key, hash: KeyHash(hash), person, agent, tool, allow, requests_per_minute, expires, at }
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
