//! Pools, and what is owed from them.

use purser_core::id::{GrantId, OfferId, PersonId, PoolId, UnitId};
use purser_core::money::Nano;
use serde::{Deserialize, Serialize};

use crate::access::Confidential;

/// A pool to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPool {
    /// How it is called.
    pub name: String,
    /// `company`, or id or unique name of a unit.
    pub owner: String,
    /// Who grants from it (id or unique name), for a manager's pool inside a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
}

/// Funds to put into a pool, or to take out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FundPool {
    /// How much; negative to take out.
    pub amount: Nano,
    /// The fiscal year; the running one where it is missing. The first funds open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
}

/// Free funds to move to another pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferPool {
    /// Id or unique name of the pool that gets them.
    pub to: String,
    /// How much.
    pub amount: Nano,
    /// The fiscal year; the running one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
}

/// In which month fiscal years begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FiscalMonth {
    /// From 1 to 12.
    pub month: i8,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// `None` once erased.
    pub name: Option<String>,
    /// `company`, or the id of the unit.
    pub owner: String,
    /// The unit's name.
    pub owner_name: Option<String>,
    /// Who grants from it, for a manager's pool.
    pub manager: Option<PersonId>,
    /// The manager's name.
    pub manager_name: Option<String>,
    /// Its opened years, in order.
    pub years: Vec<PoolYear>,
    /// The next year that is not open, and the least it has to be opened with: what grants that go on will need.
    pub next: NextYear,
}

/// A pool's funds in one fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PoolYear {
    /// The year, named by the calendar year in which it begins.
    pub year: i16,
    /// Its first day.
    pub from: String,
    /// The first day after it.
    pub to: String,
    /// Put in, less what was taken out.
    pub funded: Nano,
    /// Set aside for guaranteed grants and sent offers.
    pub committed: Nano,
    /// What nothing is committed to.
    pub free: Nano,
}

/// What opening the next year of a pool takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NextYear {
    /// The year.
    pub year: i16,
    /// The least funds.
    pub needed: Nano,
}

/// What is set aside in one year of a pool for one grant or offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PoolCommitment {
    /// The grant, when it is one.
    pub grant: Option<GrantId>,
    /// The offer, when it is one.
    pub offer: Option<OfferId>,
    /// Whose; for an offer, whose it would be.
    pub person: PersonId,
    /// The person's name, where there is such a person.
    pub person_name: Option<String>,
    /// The year.
    pub year: i16,
    /// How much. What an open offer would cost is confidential.
    pub amount: Confidential<Nano>,
    /// Is it over, and the amount what was spent?
    pub accounted: bool,
}

/// A pool and what is committed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PoolDetail {
    /// The pool.
    pub pool: Pool,
    /// What is set aside, by year, then by when the grant was made.
    pub commitments: Vec<PoolCommitment>,
    /// What to ask `after` for more of them; none when these are the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// What was promised in a fiscal year and is not used yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Liability {
    /// The year.
    pub year: i16,
    /// The first day.
    pub from: String,
    /// The first day after.
    pub to: String,
    /// Everything, also what no pool pays for.
    pub total: LiabilityRow,
    /// The part of it that no pool pays for: guaranteed without a pool, or in a year that the pool has not opened.
    pub unfunded: LiabilityRow,
    /// By what was asked for, largest outstanding first.
    pub items: Vec<LiabilityRow>,
    /// What to ask `after` for more rows; none when these are the last. The sums are over all of them.
    #[serde(default)]
    pub next: Option<String>,
}

/// Promised, used and outstanding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LiabilityRow {
    /// The id of the pool, unit or person; empty in sums, and for grants without a pool.
    pub key: String,
    /// Its name.
    pub name: Option<String>,
    /// How many grants.
    pub grants: usize,
    /// The most that they release in the year.
    pub granted: Nano,
    /// What was used of it.
    pub used: Nano,
    /// What can still be used: granted less used.
    pub outstanding: Nano,
}

/// By what a liability is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiabilityBy {
    /// By pool.
    #[default]
    Pool,
    /// By the unit that people are in now.
    Unit,
    /// By person.
    Person,
}

/// Which liability.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedLiability {
    /// The fiscal year; the running one where it is missing.
    pub year: Option<i16>,
    /// By what; pools where it is missing.
    pub by: Option<LiabilityBy>,
    /// Only people of this unit and below (id or unique name).
    pub unit: Option<String>,
    /// How many rows at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// The rows after the one of this key: the `next` of the page before.
    pub after: Option<String>,
}

/// The id of a unit that owns something, or the company.
pub(crate) fn owner_text(unit: Option<UnitId>) -> String {
    unit.map_or_else(|| "company".to_owned(), |unit| unit.to_string())
}
