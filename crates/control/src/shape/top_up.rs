//! Requests for more money.

use purser_core::id::{GrantId, KeyId, PersonId, TopUpId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A request for more money, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTopUp {
    /// How much, in the ledger's currency.
    pub amount: Nano,
    /// What it is for, in a sentence or two: whoever decides reads it.
    pub reason: String,
    /// The last day on which it is to be spent (`2026-12-31`); a week from now where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A request, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUp {
    /// Its id.
    pub id: TopUpId,
    /// Whose budget.
    pub person: PersonId,
    /// Their name.
    pub person_name: Option<String>,
    /// The key whose agent asked.
    pub key: Option<KeyId>,
    /// How much.
    pub amount: Nano,
    /// What for; none once that was erased.
    pub reason: Option<String>,
    /// The last day on which it may be spent.
    pub until: String,
    /// What became of it.
    pub state: TopUpState,
    /// When it was asked for.
    pub asked: Instant,
    /// When it was decided.
    pub decided: Option<Instant>,
    /// By whom.
    pub decided_by: Option<String>,
    /// The grant, once it is approved.
    pub grant: Option<GrantId>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopUpState {
    /// Nobody has decided yet.
    Open,
    /// There is a grant.
    Approved,
    /// There will be none.
    Denied,
    /// Its last day went by without a decision.
    Expired,
}
