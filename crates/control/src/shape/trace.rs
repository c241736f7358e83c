//! A cent, walked: from the clause that promised it to the call that it paid.

use purser_core::id::{GrantId, OfferId, PersonId, PoolId};
use purser_core::money::{Currency, Nano};
use purser_core::price::CardVersion;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{Charge, Confidential, ExplainedLine, Funds, Grant};

/// Of what the chain is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceOf {
    /// A charge: up to the clauses that promised it.
    Charge,
    /// A grant: up to its clause, down to what it paid.
    Grant,
    /// An offer: down to what was spent of it.
    Offer,
    /// Somebody: all of their grants and what these paid.
    Person,
}

/// The whole chain around one thing. Ids join its parts: a charge's legs name grants, a grant names its offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Trace {
    /// What was asked about.
    pub of: String,
    /// Which kind of thing it is.
    pub kind: TraceOf,
    /// Of every amount here, but for those of a package.
    pub currency: Currency,
    /// Whose money it is; `None` for an offer that nobody has accepted.
    pub person: Option<PersonId>,
    /// What they are called.
    pub person_name: Option<String>,
    /// Promises.
    pub offers: Vec<TracedOffer>,
    /// What became of them, in burn order where a charge has several.
    pub grants: Vec<TracedGrant>,
    /// The charge that was asked about.
    pub charge: Option<TracedCharge>,
    /// What was compared, and whether it is equal.
    pub checks: Vec<TraceCheck>,
}

impl Trace {
    /// Is everything equal that was compared?
    pub fn is_good(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }
}

/// Two figures that come from different places and must be equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TraceCheck {
    /// What is compared.
    pub what: String,
    /// One side.
    pub found: String,
    /// The other.
    pub expected: String,
    /// Are they equal?
    pub holds: bool,
}

/// An offer as a link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedOffer {
    /// Its id.
    pub id: OfferId,
    /// Where it is: `draft`, `sent`, `accepted`, …
    pub state: String,
    /// Since when.
    pub since: Instant,
    /// The unit it was made for.
    pub unit_name: Option<String>,
    /// How many versions there are.
    pub versions: u32,
    /// The version that was accepted; of an open offer the latest one.
    pub version: u32,
    /// `candidate`, or the actor of the company who wrote it.
    pub by: String,
    /// When it was written.
    pub written: Instant,
    /// Why; only for those who may read offers, and confidential: people write figures into it.
    pub reason: Option<Confidential<String>>,
    /// The keyed hash of all it says, as the journal has it.
    pub hash: String,
    /// When it was accepted.
    pub accepted: Option<Instant>,
    /// The keyed hash of the letter that was signed.
    pub letter: Option<String>,
    /// The token line as it can be enforced; `None` without one.
    pub clause: Option<TracedClause>,
    /// The four pillars of the version; confidential.
    pub package: Option<Confidential<TracedPackage>>,
    /// The grant made of it.
    pub grant: Option<GrantId>,
}

/// A token line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedClause {
    /// The number in the letter of the clause that says how much: `5.1`.
    pub number: String,
    /// Of the one that says how firmly.
    pub guarantee: String,
    /// The amount as it is written; confidential, since a part of a salary tells the salary.
    pub written: Confidential<String>,
    /// What each period releases; confidential as long as the offer is open.
    pub amount: Confidential<Nano>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub per: String,
    /// `all` or `workdays`.
    pub days: String,
    /// Can no later cut eat it?
    pub guaranteed: bool,
    /// The first day.
    pub starts: String,
    /// The first day without it.
    pub ends: Option<String>,
    /// What pays for it.
    pub pool_name: Option<String>,
}

/// A year of a package, in the package's own currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedPackage {
    /// That currency.
    pub currency: Currency,
    /// The salary.
    pub salary: Nano,
    /// The bonus.
    pub bonus: Nano,
    /// A year's vesting.
    pub equity: Nano,
    /// The token budget.
    pub tokens: Nano,
    /// What part of the whole the token budget is: `21.1 %`.
    pub share: Option<String>,
}

/// A grant as a link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedGrant {
    /// The grant.
    pub grant: Grant,
    /// The offer that promised it; `None` for one that was made by hand.
    pub offer: Option<OfferId>,
    /// What pools have set aside for it.
    pub commitments: Vec<TracedCommitment>,
    /// All periods until now.
    pub sums: TracedSums,
    /// The periods that something was drawn in, newest first; of a charge, the one that paid.
    pub periods: Vec<TracedPeriod>,
    /// What it paid last, newest first.
    pub paid: Vec<TracedPart>,
}

/// What a pool has set aside in a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedCommitment {
    /// The pool.
    pub pool: PoolId,
    /// What it is called.
    pub pool_name: Option<String>,
    /// The year.
    pub year: i16,
    /// The most that can be released, or once it is over what was spent.
    pub amount: Nano,
}

/// All periods of a grant until now: released = spent + held + suspense + left + lapsed, but for what was overrun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedSums {
    /// Periods that have begun.
    pub periods: u64,
    /// Released by them.
    pub released: Nano,
    /// Paid.
    pub spent: Nano,
    /// Set aside by calls under way.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
    /// What the running period still has.
    pub left: Nano,
    /// What periods that are over have not used.
    pub lapsed: Nano,
    /// Charges that it paid, or a part of.
    pub charges: u64,
}

/// One period of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedPeriod {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after.
    pub to: Instant,
    /// Its first day where the person lives.
    pub first_day: String,
    /// The allowance and what became of it.
    pub funds: Funds,
    /// Charges that drew on it.
    pub charges: u64,
}

/// What a grant paid of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedPart {
    /// The charge: its hold, or `entry 17`.
    pub charge: String,
    /// Its record in the journal.
    pub entry: u64,
    /// When.
    pub at: Instant,
    /// The model asked for.
    pub model: String,
    /// How much; below zero where something was given back.
    pub amount: Nano,
}

/// A charge as a link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedCharge {
    /// Every posting: the settlement and what corrected it. They add up to what the call cost.
    pub postings: Vec<Charge>,
    /// What the call cost, corrections included.
    pub total: Nano,
    /// The part of it that the grants did not have.
    pub overrun: Nano,
    /// `exact`, `estimated`, `presumed` or `disputed`.
    pub mark: String,
    /// What uses the key; `None` for the person themselves.
    pub agent: Option<String>,
    /// What was set aside before it went out; `None` where the journal is too long to look.
    pub hold: Option<TracedHold>,
    /// What each grant set aside and paid, in burn order.
    pub legs: Vec<TracedLeg>,
    /// Budgets that it counts against, in full.
    pub limits: Vec<TracedLimit>,
    /// How the charge came about, line by line; empty when the settlement did not say.
    pub working: Vec<ExplainedLine>,
    /// The rate card it was worked out with, and where that came from.
    pub card: Option<TracedCard>,
    /// The month of the statement that it is in.
    pub statement: Option<String>,
}

/// A rate card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedCard {
    /// Its version.
    pub version: CardVersion,
    /// Where the prices come from.
    pub source: String,
}

/// What was set aside for a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedHold {
    /// Its record in the journal.
    pub entry: u64,
    /// When.
    pub at: Instant,
    /// How much at first.
    pub amount: Nano,
    /// How much more while the answer streamed.
    pub grown: Nano,
}

/// What a grant set aside for a call, and paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedLeg {
    /// The grant.
    pub grant: GrantId,
    /// The first instant of the period whose money it is.
    pub from: Instant,
    /// The instant at which that lapses: later than the period's end for what lives on.
    pub to: Instant,
    /// Set aside; `None` where that is not known.
    pub held: Option<Nano>,
    /// Paid.
    pub paid: Nano,
}

/// A budget that a charge counts against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TracedLimit {
    /// Whose: `company`, a unit's name, a key's id, a run's.
    pub on: String,
    /// The period's first instant.
    pub from: Instant,
    /// The first instant after.
    pub to: Instant,
}
