//! What the directory knows of the company, units, people and keys. No names: those live where they can be erased.

use std::sync::Arc;

use crate::budget::Budget;
use crate::event::KeyHash;
use crate::grant::Grant;
use crate::id::{KeyId, PersonId, UnitId};
use crate::money::Currency;
use crate::policy::Policy;
use crate::role::Role;
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::{Zone, Zones};

/// The company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// The ledger's currency.
    pub currency: Currency,
    /// Where its periods begin and end.
    pub zone: Zone,
    /// When it was founded here.
    pub founded_at: Instant,
    /// Its budgets, ended ones included.
    pub budgets: Box<[Arc<Budget>]>,
}

/// A team or department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The unit it is part of; `None` for the company itself.
    pub parent: Option<UnitId>,
    /// Where its periods begin and end.
    pub zone: Zone,
    /// Since when.
    pub added_at: Instant,
    /// Until when.
    pub closed_at: Option<Instant>,
    /// How many people are in it at last, as far as is known; those in units below not counted.
    pub people: u32,
    /// How many open units are directly below.
    pub units: u32,
    /// Its budgets, ended ones included.
    pub budgets: Box<[Arc<Budget>]>,
}

/// Somebody with grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The unit that they are in at last, as far as is known: [`Directory::unit_of`](super::Directory::unit_of) says
    /// where they are when.
    pub(super) unit: UnitId,
    /// Where their days begin and end, over time.
    pub zones: Arc<Zones>,
    /// Since when.
    pub added_at: Instant,
    /// When they left.
    pub left_at: Option<Instant>,
    /// A policy of their own, which stands in for the company's as a whole.
    pub policy: Option<Arc<Policy>>,
    /// Their role as it was said after any offer that they accepted; [`Directory::role_of`](super::Directory::role_of) says
    /// which one counts.
    pub(super) role: Option<SetRole>,
    /// Their grants in the order they were made, ended and voided ones included.
    pub grants: Box<[Arc<Grant>]>,
    /// The budgets on what they spend with some tools, ended ones included.
    pub budgets: Box<[Arc<Budget>]>,
}

/// A role that was said of somebody by itself, not by an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRole {
    /// Which.
    pub role: Arc<Role>,
    /// When it was said.
    pub at: Instant,
}

impl Person {
    /// Their zone at an instant.
    pub fn zone(&self, at: Instant) -> &Zone {
        self.zones.at(at)
    }

    /// Gone by then?
    pub fn has_left(&self, at: Instant) -> bool {
        self.left_at.is_some_and(|left| left <= at)
    }
}

/// A credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// SHA-256 of its secret.
    pub hash: KeyHash,
    /// Whose it is.
    pub person: PersonId,
    /// The label of the agent or machine that uses it.
    pub agent: Option<Box<str>>,
    /// What it may call.
    pub allow: Arc<Scope>,
    /// The tool it was made for, which its calls count as.
    pub tool: Option<Box<str>>,
    /// What its calls are for where they do not say so themselves.
    pub project: Option<Box<str>>,
    /// Requests per minute at most.
    pub requests_per_minute: Option<u32>,
    /// Since when.
    pub issued_at: Instant,
    /// From when on it no longer works.
    pub expires: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// Its budgets, ended ones included.
    pub budgets: Box<[Arc<Budget>]>,
}
