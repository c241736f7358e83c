//! A small company, made of events: one team with a budget each test sets by itself.

use std::sync::LazyLock;
use std::time::Duration;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::Directory;
use purser_core::event::{Event, KeyHash, KeyIssue, OfferEvent, PolicyOn, RoleEvent};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, OfferId, PersonId, PriceListId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::offer::{By, ContentHash, Version, Who};
use purser_core::policy::Policy;
use purser_core::price::{CardSpec, Layer, PriceList};
use purser_core::role::{FamilyTerms, Level, Role, RoleChange, RoleRuns};
use purser_core::run::RunLimits;
use purser_core::scope::Scope;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use sha2::{Digest as _, Sha256};

pub(crate) const DIVISION: UnitId = UnitId::new(1);
pub(crate) const TEAM: UnitId = UnitId::new(2);
pub(crate) const ANALYST: PersonId = PersonId::new(10);
pub(crate) const ENGINEER: PersonId = PersonId::new(11);
pub(crate) const ANALYST_KEY: &str = "pk-analyst";
pub(crate) const ENGINEER_KEY: &str = "pk-engineer";

/// Input $1, output $2 a million, caches as Anthropic has them, a web search one cent. At most 8,192 tokens out.
pub(crate) const METERED: &str = "metered-1";
/// Input free, output $1 a million: a token is a thousand nano-dollars, and nothing else counts.
pub(crate) const SIMPLE: &str = "simple-1";
/// What a token of [`SIMPLE`] costs.
pub(crate) const TOKEN: i64 = 1_000;
/// The largest answer of both.
pub(crate) const OUTPUT_MAX: u64 = 8_192;

/// A Wednesday, at noon.
pub(crate) fn noon() -> Instant {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn founded() -> Instant {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

/// So many tokens of [`SIMPLE`].
pub(crate) fn tokens(count: i64) -> Nano {
    Nano::new(count * TOKEN)
}

pub(crate) fn dollars(text: &str) -> Nano {
    text.parse().unwrap()
}

/// Founding and prices, which all tests have in common.
static FOUNDED: LazyLock<Directory> = LazyLock::new(|| {
    let (zone, at) = (Zone::UTC, founded());
    let person = |person| Event::PersonAdded { person, unit: TEAM, zone: Zone::UTC, at };
    let events = [
        Event::CompanyFounded { currency: Currency::usd(), zone: zone.clone(), at },
        Event::UnitAdded { unit: DIVISION, parent: None, zone: zone.clone(), at },
        Event::UnitAdded { unit: TEAM, parent: Some(DIVISION), zone, at },
        person(ANALYST),
        person(ENGINEER),
        Event::PricesPublished(PriceList::bundled()),
        Event::PricesPublished(PriceList {
            id: PriceListId::new(1),
            published_at: at,
            layer: Layer::Company,
            cards: ["anthropic", "openai", "google", "spare"].into_iter().flat_map(cards_of).collect(),
            discounts: Vec::new(),
            exchange: Vec::new(),
        }),
    ];
    events.iter().fold(Directory::new(), |directory, event| directory.apply(event).unwrap())
});

fn cards_of(provider: &str) -> [CardSpec; 2] {
    let card = |model: &str, rates: &str| {
        let text = format!(
            r#"{{"provider":"{provider}","model":"{model}","rates":{rates},"fees":{{"web_search_calls":"10"}},
                "context_window":200000,"max_output":{OUTPUT_MAX}}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let metered =
        r#"{"input_uncached":"1","cache_read":"0.1","cache_write_5m":"1.25","cache_write_1h":"2","output":"2"}"#;
    [card(METERED, metered), card(SIMPLE, r#"{"input_uncached":"0","output":"1"}"#)]
}

/// A directory that grows by events.
pub(crate) struct Company {
    pub(crate) directory: Directory,
    last_id: u128,
}

impl Company {
    /// Two people with a key each, and no money.
    pub(crate) fn founded() -> Self {
        let mut company = Self { directory: FOUNDED.clone(), last_id: 1_000 };
        company.key(ANALYST, ANALYST_KEY, |_| {});
        company.key(ENGINEER, ENGINEER_KEY, |_| {});
        company
    }

    pub(crate) fn take(&mut self, event: &Event) {
        self.directory = self.directory.apply(event).unwrap();
    }

    fn next_id(&mut self) -> u128 {
        self.last_id += 1;
        self.last_id
    }

    /// Issues a key.
    pub(crate) fn key(&mut self, person: PersonId, secret: &str, change: impl FnOnce(&mut KeyIssue)) -> KeyId {
        let key = KeyId::new(self.next_id());
        let mut issue = KeyIssue {
            key,
            hash: KeyHash(Sha256::digest(secret.as_bytes()).into()),
            person,
            agent: None,
            tool: None,
            project: None,
            allow: Scope::EVERYTHING,
            requests_per_minute: None,
            expires: None,
            at: founded(),
        };
        change(&mut issue);
        self.take(&Event::KeyIssued(issue));
        key
    }

    /// Gives a daily amount.
    pub(crate) fn grant(&mut self, person: PersonId, amount: Nano, change: impl FnOnce(&mut Grant)) -> GrantId {
        let id = GrantId::new(self.next_id());
        let mut grant = Grant {
            id,
            person,
            amount,
            cadence: Cadence::Day,
            days: Days::All,
            calendar: None,
            zone: Zone::UTC,
            starts: "2026-11-02".parse().unwrap(),
            ends: None,
            priority: Priority::default(),
            scope: Scope::EVERYTHING.into(),
            guaranteed: false,
            pool: None,
            source: GrantSource::Manual,
            note: None,
            created_at: founded(),
            voided_at: None,
            share: WorkShare::FULL,
            rollover: None,
            remedy: None,
            life: None,
        };
        change(&mut grant);
        self.take(&Event::GrantMade(grant));
        id
    }

    /// Sets a daily ceiling.
    pub(crate) fn budget(&mut self, on: BudgetOn, amount: Nano) -> BudgetId {
        let id = BudgetId::new(self.next_id());
        self.take(&Event::BudgetSet(Budget {
            id,
            tools: None,
            on,
            amount,
            cadence: Cadence::Day,
            days: Days::All,
            zone: Zone::UTC,
            created_at: founded(),
            ended_at: None,
        }));
        id
    }

    /// Somebody has a role, by an offer without tokens that they accepted.
    pub(crate) fn role(&mut self, person: PersonId, family: &str, level: u8) {
        let (offer, at) = (OfferId::new(self.next_id()), founded());
        let who = || Who { actor: "lgn_a".parse().unwrap(), person: None };
        let role = Role { family: family.parse().unwrap(), level: Level::try_new(level) };
        let version = Version {
            number: 1,
            by: By::Company(who()),
            content: ContentHash::of(b"an offer", &[7; 32]),
            role,
            place: None,
            tokens: None,
            reason: None,
            at,
        };
        let (version, expires) = (Box::new(version), at.saturating_add(Duration::from_secs(1)));
        for event in [
            OfferEvent::Drafted { offer, unit: TEAM, version },
            OfferEvent::Submitted { offer, version: 1, by: who(), needed: Vec::new(), at },
            OfferEvent::Sent { offer, version: 1, by: who(), expires, at },
            OfferEvent::Accepted { offer, version: 1, person, grant: None, letter: None, signature: None, at },
        ] {
            self.take(&Event::Offer(event));
        }
    }

    /// Limits the runs of a family's level.
    pub(crate) fn limit_runs(&mut self, family: &str, level: u8, limits: RunLimits) {
        let runs = vec![RoleRuns { level: Level::try_new(level), limits }];
        let terms = FamilyTerms { runs, ..FamilyTerms::default() };
        let change = RoleChange::Family { family: family.parse().unwrap(), terms };
        self.take(&Event::Role(RoleEvent { change, at: founded() }));
    }

    /// Changes everybody's policy.
    pub(crate) fn policy(&mut self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::clone(self.directory.policy());
        change(&mut policy);
        self.take(&Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at: founded() });
    }
}

/// Models by patterns.
pub(crate) fn models(patterns: &[&str]) -> Scope {
    Scope { models: patterns.iter().map(|pattern| pattern.parse().unwrap()).collect(), ..Scope::EVERYTHING }
}
