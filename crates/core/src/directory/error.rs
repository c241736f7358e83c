//! Why an event can't have happened, and what to do instead.

use super::life::LifeError;
use crate::grant::GrantError;
use crate::id::{BudgetId, GrantId, KeyId, PersonId, StopId, UnitId};
use crate::observed::ObservedError;
use crate::offer::OfferError;
use crate::pool::PoolError;
use crate::price::CardError;
use crate::role::RoleError;
use crate::time::Instant;
use crate::top_up::TopUpError;
use crate::zone::Zone;

/// Why the directory refuses an event. Nothing of the event has been applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Something before the founding.
    #[error("there is no company yet; found it with its currency and zone first")]
    NotFounded,
    /// A second founding.
    #[error(
        "the company was founded at {0}; its currency and zone stay for good, start another ledger for another one"
    )]
    AlreadyFounded(Instant),
    /// No such unit.
    #[error("there is no unit {0}; add it first, or take the id from the list of units")]
    UnknownUnit(UnitId),
    /// No such person.
    #[error("there is no person {0}; add them first, or take the id from the list of people")]
    UnknownPerson(PersonId),
    /// No such key.
    #[error("there is no key {0}; take the id from the list of keys")]
    UnknownKey(KeyId),
    /// No such grant.
    #[error("there is no grant {0}; take the id from the list of grants")]
    UnknownGrant(GrantId),
    /// No such budget.
    #[error("there is no budget {0}; take the id from the list of budgets")]
    UnknownBudget(BudgetId),
    /// No such stop is in force.
    #[error("no stop {0} is in force; take the id from the list of stops")]
    UnknownStop(StopId),
    /// An id is used for good.
    #[error("{0} exists already; ids are never used twice, make a new one")]
    Duplicate(String),
    /// The secret is in use, or was.
    #[error("another key has this secret; draw a new random secret, a key's secret is never used twice")]
    HashTaken,
    /// The unit is closed.
    #[error("unit {0} is closed; choose one that is open")]
    UnitClosed(UnitId),
    /// The unit still has somebody or something in it.
    #[error("unit {unit} still has {people} people and {units} units in it; move them first")]
    UnitNotEmpty {
        /// Which unit.
        unit: UnitId,
        /// People directly in it.
        people: u32,
        /// Open units directly below.
        units: u32,
    },
    /// A unit would be part of itself.
    #[error("unit {parent} is part of unit {unit}, so {unit} can't become part of it; move {parent} out first")]
    UnitCycle {
        /// The unit to be moved.
        unit: UnitId,
        /// Where to.
        parent: UnitId,
    },
    /// Too many levels.
    #[error("units nest at most {max} deep; put {unit} higher up")]
    UnitTooDeep {
        /// Which unit.
        unit: UnitId,
        /// The most levels.
        max: usize,
    },
    /// The person left.
    #[error("{person} left at {left_at}; add them as a new person if they are back")]
    PersonLeft {
        /// Who.
        person: PersonId,
        /// When.
        left_at: Instant,
    },
    /// A move in the past would change periods that have been used.
    #[error("a change of zone takes effect at or after the moment it is made known ({at}), not at {effective}")]
    ZoneInThePast {
        /// When it was made known.
        at: Instant,
        /// When it was to take effect.
        effective: Instant,
    },
    /// Where somebody was is where their calls counted.
    #[error("a move to another unit takes effect at or after the moment it is made known ({at}), not at {effective}")]
    MoveInThePast {
        /// When it was made known.
        at: Instant,
        /// When it was to take effect.
        effective: Instant,
    },
    /// Moves come in order.
    #[error("another change of zone is known for {known}; the next one can't take effect before it, at {effective}")]
    ZoneOutOfOrder {
        /// The last one known.
        known: Instant,
        /// When this one was to take effect.
        effective: Instant,
    },
    /// A grant begins in its person's zone.
    #[error("a grant starts in its person's zone, which was {theirs} when it was made, not {given}")]
    GrantZone {
        /// The person's zone at the time.
        theirs: Zone,
        /// The grant's.
        given: Zone,
    },
    /// The terms of a grant make no sense.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// Voided before.
    #[error("grant {grant} was voided at {voided_at}; there is nothing left to void")]
    AlreadyVoided {
        /// Which grant.
        grant: GrantId,
        /// When.
        voided_at: Instant,
    },
    /// Revoked before.
    #[error("key {key} was revoked at {revoked_at}; issue a new one if it is needed again")]
    KeyRevoked {
        /// Which key.
        key: KeyId,
        /// When.
        revoked_at: Instant,
    },
    /// Ended before.
    #[error("budget {budget} ended at {ended_at}; set a new one")]
    BudgetEnded {
        /// Which budget.
        budget: BudgetId,
        /// When.
        ended_at: Instant,
    },
    /// A budget below zero, or one that is set and ended at once.
    #[error("budget {0} can't be set like that; the amount is zero or more, and it ends with an event of its own")]
    BudgetTerms(BudgetId),
    /// Only the amount of a budget can change.
    #[error(
        "only the amount of budget {0} can be set anew, since other periods are other accounts; end it and set a new one"
    )]
    BudgetFixed(BudgetId),
    /// What was seen of usage.
    #[error(transparent)]
    Observed(#[from] ObservedError),
    /// Tools where they make no sense, or none where there must be some.
    #[error(
        "budget {0} can't be set like that; one on a person is for some tools and not for all of them, every other one is \
         for all"
    )]
    BudgetTools(BudgetId),
    /// A guarantee that names its tools is for those alone, so a limit on them is one on what was promised.
    #[error(
        "budget {budget} would limit all tools that guaranteed grant {grant} is for, which leaves nothing to use it with; \
         take another tool, or void the grant first"
    )]
    BudgetEats {
        /// Which budget.
        budget: BudgetId,
        /// Whose grant.
        grant: GrantId,
    },
    /// An offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// What is set about roles.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// A part among the events of a part.
    #[error("the parts of a change hold plain events, no parts; write them one after the other")]
    PartInPart,
    /// What was seen among the events of a part: whoever adds it up looks for it by itself.
    #[error("what was observed is told by itself, not as a part of a change")]
    ObservedInPart,
    /// A request for more money, or who decides about it.
    #[error(transparent)]
    TopUp(#[from] TopUpError),
    /// What happens to a grant.
    #[error(transparent)]
    Life(#[from] LifeError),
    /// Pools.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A rate card among the prices.
    #[error(transparent)]
    Prices(#[from] CardError),
}
