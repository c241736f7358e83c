//! Total rewards: a year's package and what became of its fourth pillar.

use purser_core::id::{OfferId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{Confidential, Signature, StatementUsable};

/// Of which year. The running one where none is named.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedRewards {
    /// `2026`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
}

/// Somebody's package by the year, with and without its fourth pillar, and what was released and used of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rewards {
    /// What it is: `purser.rewards/1`.
    pub document: String,
    /// Whose.
    pub person: PersonId,
    /// The person's name. Not signed: names can be changed and erased.
    pub name: Option<String>,
    /// `YYYY`.
    pub year: String,
    /// First instant.
    pub from: Instant,
    /// First instant after.
    pub to: Instant,
    /// Seen then: now, and its end once that is over.
    pub as_of: Instant,
    /// The offer whose accepted version says it: the last one accepted by the end of the year. None where none is known.
    pub offer: Option<OfferId>,
    /// That version.
    pub version: Option<u32>,
    /// The currency of the package.
    pub currency: Option<String>,
    /// What a whole year of each pillar is worth by that version, in the package's currency; in the order salary, bonus,
    /// equity, tokens.
    pub pillars: Vec<RewardsPillar>,
    /// All four.
    pub total: Option<Confidential<Nano>>,
    /// The first three: for those who count the fourth as a tool for work.
    pub without_tokens: Option<Confidential<Nano>>,
    /// What became of the fourth in this year.
    pub tokens: RewardsTokens,
    /// Who says so, for anybody to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// One of the four.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RewardsPillar {
    /// `salary`, `bonus`, `equity` or `tokens`.
    pub pillar: String,
    /// A year of it.
    pub amount: Confidential<Nano>,
    /// Its part of all four: `21.1 %`.
    pub share: Option<Confidential<String>>,
}

/// The fourth pillar in the year, in the ledger's currency: the sums of the year's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RewardsTokens {
    /// The ledger's currency.
    pub currency: String,
    /// Released by periods that began in the year: what the offer promised and whatever else was granted.
    pub released: Nano,
    /// What calls cost.
    pub used: Nano,
    /// Lapsed unused.
    pub expired: Nano,
    /// What is left at its end.
    pub closing: Nano,
    /// What was released, in the package's currency at the rate that its version fixed; none where there is no rate.
    pub released_in_package: Option<Nano>,
    /// What was used, the same way.
    pub used_in_package: Option<Nano>,
    /// What was released as a part of the other three pillars and itself.
    pub released_share: Option<Confidential<String>>,
    /// What was used as a part of the other three pillars and itself.
    pub used_share: Option<Confidential<String>>,
    /// How much of what was promised could be used.
    pub usable: StatementUsable,
}
