//! Requests for more money.

use purser_core::id::{GrantId, KeyId, PersonId, PoolId, RunId, TopUpId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::top_up::Desk;
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
    /// A word for what it is for (`migration`), where several things go on: one request may be open for each. It stays for
    /// good, so it must not name anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// The same, for oneself or for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTopUp {
    /// Who would get the money (id or name); oneself where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// How much, in the ledger's currency.
    pub amount: Nano,
    /// What it is for, in a sentence or two: whoever decides reads it.
    pub reason: String,
    /// The last day on which it is to be spent (`2026-12-31`); a week from now where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// A word for what it is for (`migration`), where several things go on: one request may be open for each. It stays for
    /// good, so it must not name anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// How a request is approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApproveTopUp {
    /// A part of what is asked for; all of it where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Nano>,
    /// What there is to say about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The pool that pays (id or name), which makes the grant guaranteed; where it is missing the budgets of unit and
    /// company bind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
}

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DenyTopUp {
    /// In a sentence or two: whoever asked reads it.
    pub reason: String,
}

/// `?person=&state=`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedTopUps {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only those of which this became.
    pub state: Option<TopUpState>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// A request, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUp {
    /// Its id.
    pub id: TopUpId,
    /// Who gets the money.
    pub person: PersonId,
    /// Their name.
    pub person_name: Option<String>,
    /// What for, in a word.
    pub purpose: Option<String>,
    /// How much is asked for.
    pub amount: Nano,
    /// What for; none once that was erased.
    pub reason: Option<String>,
    /// The last day on which it may be spent.
    pub until: String,
    /// What became of it.
    pub state: TopUpState,
    /// When it was asked for.
    pub asked: Instant,
    /// By whom.
    pub asked_by: String,
    /// Was it an agent that asked?
    pub by_agent: bool,
    /// The key whose agent asked.
    pub key: Option<KeyId>,
    /// The agent's session that asked.
    pub run: Option<RunId>,
    /// From when on nobody can decide any more.
    pub closes: Instant,
    /// Who may decide, with those above them.
    pub desk: TopUpDesk,
    /// When it was decided, taken back or closed.
    pub decided: Option<Instant>,
    /// By whom; `purser` where a mandate did.
    pub decided_by: Option<String>,
    /// Their name.
    pub decided_by_name: Option<String>,
    /// In whose stead, while they were away.
    pub for_absent: Option<PersonId>,
    /// Their name.
    pub for_absent_name: Option<String>,
    /// The manager by whose mandate it was approved.
    pub mandate: Option<PersonId>,
    /// Their name.
    pub mandate_name: Option<String>,
    /// What was said about it.
    pub why: Option<String>,
    /// How much was approved.
    pub given: Option<Nano>,
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
    /// It was taken back.
    Cancelled,
    /// Nobody decided in time.
    Expired,
}

/// Who may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopUpDesk {
    /// Managers of the person's unit, finance, administrators.
    Manager,
    /// Finance and administrators.
    Finance,
    /// Administrators.
    Admin,
}

impl TopUpDesk {
    pub(crate) const fn of(desk: Desk) -> Self {
        match desk {
            Desk::Manager => Self::Manager,
            Desk::Finance => Self::Finance,
            Desk::Admin => Self::Admin,
        }
    }
}

/// A request with what there is to know for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUpDetail {
    /// The request.
    pub top_up: TopUp,
    /// What there is to know, as far as whoever asks may see it.
    pub context: TopUpContext,
}

/// What there is to know about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUpContext {
    /// When this held.
    pub at: Instant,
    /// How many days are looked at; days of UTC, today included.
    pub days: u16,
    /// What the person spent in them.
    pub spent: Nano,
    /// What a day cost on average.
    pub per_day: Nano,
    /// What they can spend now.
    pub left: Nano,
    /// When their next money comes.
    pub refills_at: Option<Instant>,
    /// When what is left will be gone at this pace, where that is before new money comes.
    pub gone: Option<Instant>,
    /// What they were given in top-ups within thirty days.
    pub given_in_30_days: Nano,
    /// Their last requests before this one, latest first.
    pub last: Vec<TopUp>,
    /// Budgets above that bind what no pool pays for; those that whoever asks may see.
    pub budgets: Vec<TopUpBudget>,
    /// Pools that could pay, for whoever may see pools.
    pub pools: Vec<TopUpPool>,
    /// How many others of the same family and level there are, where they are enough to be told of.
    pub peers: Option<u64>,
    /// What a day costs the middle one of them on average.
    pub peers_per_day: Option<Nano>,
}

/// A budget above somebody, in its running period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUpBudget {
    /// `company`, or the id of the unit.
    pub owner: String,
    /// The unit's name.
    pub owner_name: Option<String>,
    /// How often it begins anew.
    pub per: String,
    /// What it allows in the period.
    pub most: Nano,
    /// What is left of it for what is not guaranteed.
    pub left: Nano,
    /// When the period ends.
    pub ends: Instant,
}

/// A pool that could pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TopUpPool {
    /// Which.
    pub pool: PoolId,
    /// Its name.
    pub name: Option<String>,
    /// What is not committed in the running fiscal year.
    pub free: Nano,
}
