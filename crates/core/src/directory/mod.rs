//! The directory: everybody and everything that decides who may spend what, as of one moment.
//!
//! **Model.** A function of [events](crate::event::Event): [`Directory::apply`] takes one in, live and at replay
//! alike. It is immutable for its readers: a clone costs a few counters, a change costs O(log n) and leaves earlier
//! clones as they were, so the gateway reads one without a lock while the next one is made.
//!
//! **Owns** look-ups, the rules an event must keep to, and the [plan](crate::plan) of a call.
//!
//! **Does not own** balances (`ledger`), names and other personal fields (`store`), who may cause an event
//! (`control`).
//!
//! **Invariants.** Ids and key hashes are used once. The units form a tree of at most [`UNIT_LEVELS_MAX`] levels.
//! A refused event changes nothing. The same events give equal directories.

mod apply;
mod error;
mod floor;
pub(crate) mod hash;
mod life;
mod observed;
mod offers;
mod pools;
mod record;
mod reserves;
mod stops;
mod stored;
mod table;
mod top_ups;

use std::sync::Arc;

pub use error::EventError;
pub use floor::BelowFloor;
pub use life::LifeError;
pub use record::{Company, Key, Person, SetRole, Unit};
pub use reserves::ReserveShort;
pub use stored::{STORED_VERSION, StoredError};

use crate::budget::Budget;
use crate::event::{Event, KeyHash};
use crate::grant::Grant;
use crate::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, UnitId};
use crate::policy::Policy;
use crate::price::PriceBook;
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::{Zone, Zones};
use table::Table;

/// The most levels of units. Every level may put a ceiling on each call, so this bounds the work of a hold; companies
/// of a million people have about a dozen.
pub const UNIT_LEVELS_MAX: usize = 16;

/// Everybody and everything, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    company: Option<Arc<Company>>,
    policy: Arc<Policy>,
    prices: PriceBook,
    units: Table<UnitId, Arc<Unit>>,
    people: Table<PersonId, Arc<Person>>,
    /// Each key twice, by what a caller shows and by what people call it.
    keys: Table<KeyHash, Arc<Key>>,
    key_ids: Table<KeyId, Arc<Key>>,
    /// Each grant also in its person, each budget also in what it limits.
    grants: Table<GrantId, Arc<Grant>>,
    budgets: Table<BudgetId, Arc<Budget>>,
    pools: pools::Pools,
    offers: offers::Offers,
    stops: stops::Stops,
    top_ups: top_ups::TopUps,
    reserves: reserves::Reserves,
    /// One copy of what a hundred thousand people have in common.
    zones: Table<Zone, Arc<Zones>>,
    scopes: Table<Scope, Arc<Scope>>,
    /// A change of which not all parts have come, and what it has made of the rest.
    begun: Option<Arc<(CommandId, Directory)>>,
}

impl Directory {
    /// An empty directory, before the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// The directory after an event. This one stays as it is.
    ///
    /// # Errors
    /// [`EventError`] when the event can't have happened here; its text says what to do.
    pub fn apply(&self, event: &Event) -> Result<Self, EventError> {
        let mut next = self.clone();
        next.take(event)?;
        Ok(next)
    }

    /// Takes in an event in place, which saves the copying that [`Directory::apply`] does for its readers' sake. For
    /// replaying many events in a row.
    ///
    /// # Errors
    /// As [`Directory::apply`]; nothing has changed then.
    pub fn take(&mut self, event: &Event) -> Result<(), EventError> {
        apply::take(self, event)
    }

    /// Everything in it but the prices, as bytes from which [`Directory::from_bytes`] makes it again: a shortcut past
    /// the events, of which prices are few and the rest may be many. A change that is not complete is left out.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(self)
    }

    /// The directory of [`Directory::to_bytes`], with these prices.
    ///
    /// # Errors
    /// [`StoredError`] when the bytes are not such ones. Then the events still say what it was.
    pub fn from_bytes(bytes: &[u8], prices: PriceBook) -> Result<Self, StoredError> {
        stored::read(bytes, prices)
    }

    /// The company, once founded.
    pub fn company(&self) -> Option<&Arc<Company>> {
        self.company.as_ref()
    }

    /// A unit, closed ones included.
    pub fn unit(&self, id: UnitId) -> Option<&Arc<Unit>> {
        self.units.get(&id)
    }

    /// A person, those who left included.
    pub fn person(&self, id: PersonId) -> Option<&Arc<Person>> {
        self.people.get(&id)
    }

    /// The key with this SHA-256, revoked and expired ones included: [`Directory::plan`] says so.
    pub fn key(&self, hash: &[u8; 32]) -> Option<&Arc<Key>> {
        self.keys.get(hash)
    }

    /// A key by its id.
    pub fn key_by_id(&self, id: KeyId) -> Option<&Arc<Key>> {
        self.key_ids.get(&id)
    }

    /// A grant, ended and voided ones included.
    pub fn grant(&self, id: GrantId) -> Option<&Arc<Grant>> {
        self.grants.get(&id)
    }

    /// A budget, ended ones included.
    pub fn budget(&self, id: BudgetId) -> Option<&Arc<Budget>> {
        self.budgets.get(&id)
    }

    /// A person's grants in the order they were made, ended and voided ones included.
    pub fn grants_of(&self, person: PersonId) -> &[Arc<Grant>] {
        self.person(person).map_or(&[], |person| &person.grants)
    }

    /// A unit and those it is part of, upwards.
    pub fn units_above(&self, unit: UnitId) -> impl Iterator<Item = &Arc<Unit>> {
        std::iter::successors(self.unit(unit), |unit| self.unit(unit.parent?))
    }

    /// Every budget over what a key spends at an instant, ended ones included: the key's, its person's units' upwards,
    /// the company's.
    pub fn budgets_over<'a>(&'a self, key: &'a Key, at: Instant) -> impl Iterator<Item = &'a Arc<Budget>> {
        let unit = self.person(key.person).map(|person| self.unit_of(person, at));
        let units = unit.into_iter().flat_map(|unit| self.units_above(unit));
        let company = self.company.iter().flat_map(|company| &company.budgets);
        let tools = self.person(key.person).into_iter().flat_map(|person| &person.budgets);
        key.budgets.iter().chain(tools).chain(units.flat_map(|unit| &unit.budgets)).chain(company)
    }

    /// The company's policy.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The policy for a person: their own, else the company's.
    pub fn policy_of(&self, person: PersonId) -> &Arc<Policy> {
        self.person(person).and_then(|person| person.policy.as_ref()).unwrap_or(&self.policy)
    }

    /// The prices published so far.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    /// All units, in no particular order.
    pub fn units(&self) -> impl Iterator<Item = &Arc<Unit>> {
        self.units.values()
    }

    /// All people, in no particular order.
    pub fn people(&self) -> impl Iterator<Item = &Arc<Person>> {
        self.people.values()
    }

    /// All keys, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.values()
    }

    /// All budgets, in no particular order.
    pub fn budgets(&self) -> impl Iterator<Item = &Arc<Budget>> {
        self.budgets.values()
    }
}
