//! Companies that calls are told again in: one's own under other rules, or one that is made up for people of a film.

use std::sync::Arc;

use purser_core::breaker::Rules;
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::{Directory, EventError};
use purser_core::event::{Event, KeyHash, KeyIssue, PolicyOn, StopEvent};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{GrantId, KeyId, PersonId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::policy::Policy;
use purser_core::run::RunLimits;
use purser_core::scope::Scope;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::failure::Failure;

/// What nobody spends in a day: a thousand million of the currency.
const UNLIMITED: Nano = Nano::new(1_000_000_000_000_000_000);

/// The unit of everybody in a company that is made up.
const UNIT: UnitId = UnitId::new(1);

/// Somebody who calls, and the keys they call with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) person: PersonId,
    pub(super) keys: Vec<(KeyId, KeyHash)>,
    pub(super) zone: Zone,
}

impl Member {
    /// Somebody of a film or a file, by number, with one key.
    pub(super) fn made_up(number: u128) -> Self {
        let key = KeyId::new(number + 1);
        Self { person: PersonId::new(number + 1), keys: vec![(key, hash_of(number))], zone: Zone::UTC }
    }

    /// The one key of somebody who is made up.
    pub(super) fn hash(number: u128) -> KeyHash {
        hash_of(number)
    }
}

fn hash_of(number: u128) -> KeyHash {
    let mut hash = [0_u8; 32];
    hash.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    KeyHash(hash)
}

/// What people may spend in a company that is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// What there is.
    Unlimited,
    /// So much a day.
    Daily(Nano),
}

/// A company of these people and nothing else, since before the first call.
///
/// # Errors
/// The domain refuses it.
pub(super) fn made_up(
    members: &[Member],
    currency: Currency,
    allowance: Allowance,
    policy: Policy,
    first: Instant,
) -> Result<Directory, Failure> {
    let at = first.saturating_sub(std::time::Duration::from_hours(24));
    let amount = match allowance {
        Allowance::Unlimited => UNLIMITED,
        Allowance::Daily(amount) => amount,
    };
    let mut events = vec![
        Event::CompanyFounded { currency, zone: Zone::UTC, at },
        Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at },
        Event::UnitAdded { unit: UNIT, parent: None, zone: Zone::UTC, at },
    ];
    for (member, number) in members.iter().zip(1_u128..) {
        let Member { person, keys, zone } = member;
        events.push(Event::PersonAdded { person: *person, unit: UNIT, zone: zone.clone(), at });
        events.push(Event::GrantMade(grant(GrantId::new(number), *person, zone, amount, at)));
        for (key, hash) in keys {
            events.push(Event::KeyIssued(KeyIssue {
                key: *key,
                hash: *hash,
                person: *person,
                agent: None,
                tool: None,
                project: None,
                allow: Scope::EVERYTHING,
                requests_per_minute: None,
                expires: None,
                at,
            }));
        }
    }
    let mut directory = Directory::new();
    events.iter().try_for_each(|event| directory.take(event)).map_err(|error| refused(&error))?;
    Ok(directory)
}

fn grant(id: GrantId, person: PersonId, zone: &Zone, amount: Nano, at: Instant) -> Grant {
    Grant {
        id,
        person,
        amount,
        cadence: Cadence::Day,
        days: Days::All,
        calendar: None,
        zone: zone.clone(),
        starts: zone.date(at),
        ends: None,
        priority: Priority::default(),
        scope: Arc::new(Scope::EVERYTHING),
        guaranteed: false,
        pool: None,
        source: GrantSource::Manual,
        note: None,
        created_at: at,
        voided_at: None,
        share: WorkShare::FULL,
        rollover: None,
        remedy: None,
        life: None,
    }
}

/// The people and keys of a company, each in the zone that they were in then.
pub(super) fn members(directory: &Directory, at: Instant) -> Vec<Member> {
    let mut members: Vec<Member> = directory
        .people()
        .map(|person| Member { person: person.id, keys: Vec::new(), zone: person.zones.at(at).clone() })
        .collect();
    members.sort_by_key(|member| member.person);
    for key in directory.keys() {
        if let Ok(place) = members.binary_search_by_key(&key.person, |member| member.person)
            && let Some(member) = members.get_mut(place)
        {
            member.keys.push((key.id, key.hash));
        }
    }
    members
}

/// The company as it is, with no stop in force: whoever is stopped today was not then.
///
/// # Errors
/// The domain refuses it.
pub(super) fn going_on(directory: &Directory, at: Instant) -> Result<Directory, Failure> {
    let stops: Vec<_> = directory.stops().map(|stop| stop.id).collect();
    let mut directory = directory.clone();
    for stop in stops {
        directory.take(&Event::Stop(StopEvent::Lifted { stop, at })).map_err(|error| refused(&error))?;
    }
    Ok(directory)
}

/// The company with its policy and those of people changed.
///
/// # Errors
/// The domain refuses it.
pub(super) fn with_policy(
    directory: &Directory,
    at: Instant,
    change: &dyn Fn(&Policy) -> Policy,
) -> Result<Directory, Failure> {
    let mut changed = directory.clone();
    let mut set = |on: PolicyOn, policy: &Policy| {
        let policy = Some(Box::new(change(policy)));
        changed.take(&Event::PolicySet { on, policy, at }).map_err(|error| refused(&error))
    };
    set(PolicyOn::Company, directory.policy())?;
    for person in directory.people().filter(|person| person.left_at.is_none()) {
        if let Some(own) = &person.policy {
            set(PolicyOn::Person(person.id), own)?;
        }
    }
    Ok(changed)
}

/// No breaker.
pub(super) fn without_breakers(policy: &Policy) -> Policy {
    let none = Rules { spend: None, repeat: None, errors: None, growth: None, unattended: None };
    Policy { breakers: none, ..policy.clone() }
}

/// Nothing that stops a call but money.
pub(super) fn without_limits(policy: &Policy) -> Policy {
    Policy { runs: RunLimits::NONE, switch: None, ..without_breakers(policy) }
}

fn refused(error: &EventError) -> Failure {
    Failure::from_error("the policy can't be tried on this company", error)
}
