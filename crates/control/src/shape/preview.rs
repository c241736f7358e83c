//! What a version that nobody has written yet would mean.

use purser_core::id::PoolId;
use purser_core::money::{Currency, Nano};
use purser_core::offer::Content;
use purser_core::role::{Duty, Standing};
use serde::{Deserialize, Serialize};

use super::OfferFinding;

/// A version to look at before it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewOffer {
    /// What it says.
    pub content: Content,
    /// The offer that it would be a version of: what its pool keeps for that one makes room for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
}

/// What a version would mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferPreview {
    /// The package's currency.
    pub currency: Currency,
    /// Each pillar for a year, in it.
    pub year: OfferYear,
    /// The token line from every side; `None` without one.
    pub tokens: Option<OfferTokens>,
    /// How it stands to band and policy.
    pub standing: Standing,
    /// The band that it is held against, where there is one.
    pub band: Option<OfferBand>,
    /// How it stands among those who have the same family and level, where there are at least five of them.
    pub peers: Option<OfferPeers>,
    /// What its pool would have left, where it is guaranteed and names one.
    pub pool: Option<OfferPool>,
    /// What the linter says of it.
    pub findings: Vec<OfferFinding>,
    /// Who would have to approve it.
    pub approvals: Vec<Duty>,
}

/// A package for a year, in its own currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferYear {
    /// Salary, for the working share.
    pub salary: Nano,
    /// Bonus.
    pub bonus: Nano,
    /// Equity: what vests in a year.
    pub equity: Nano,
    /// Tokens.
    pub tokens: Nano,
    /// Their sum.
    pub total: Nano,
    /// The sum of the first three.
    pub without_tokens: Nano,
}

/// A token line from every side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferTokens {
    /// For each workday, in the package's currency.
    pub workday: Nano,
    /// For each month.
    pub month: Nano,
    /// For each year.
    pub year: Nano,
    /// As a part of the salary, `12.5 %`; `None` without one.
    pub of_base: Option<String>,
    /// As a part of the package, `8.3 %`; `None` of an empty one.
    pub share: Option<String>,
    /// For each workday in the ledger's currency, which bands are in; `None` where the package has no rate to it.
    pub workday_in_ledger: Option<Nano>,
}

/// A band for each workday, in the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferBand {
    /// Its lower end.
    pub low: Nano,
    /// Its upper end.
    pub high: Nano,
    /// Where its figures are from.
    pub source: String,
}

/// Others of the same family and level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferPeers {
    /// How many are here; five at least.
    pub people: u64,
    /// How many in a hundred of them were promised less for a workday.
    pub percentile: u8,
}

/// What the pool behind a guarantee would have left, in the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferPool {
    /// Which.
    pub pool: PoolId,
    /// Its name.
    pub name: Option<String>,
    /// The fiscal year of the first day.
    pub year: i16,
    /// Free in it now, with what is kept for this offer already.
    pub free: Nano,
    /// What this version could release in it.
    pub needed: Nano,
    /// What would be left; below zero where it lacks so much.
    pub left: Nano,
}
