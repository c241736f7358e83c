//! Figures: balances, usage, charges, statements.

use purser_core::charge::Beside;
use purser_core::id::{GrantId, KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::price::{CardVersion, Ratio};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::{Deserialize, Serialize};

use super::ObservedTotals;

/// Where an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Funds {
    /// Released or allowed in the period.
    pub limit: Nano,
    /// Paid.
    pub posted: Nano,
    /// Set aside by running calls.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
    /// What can be held now.
    pub available: Nano,
}

/// A grant in its running period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GrantBalance {
    /// Which.
    pub grant: GrantId,
    /// The funds.
    #[serde(flatten)]
    pub funds: Funds,
    /// How much less it releases in this period because of what was observed beside it.
    #[serde(default)]
    pub observed: Nano,
    /// When a new period starts.
    pub resets_at: Option<Instant>,
    /// Models it pays for; empty: every model.
    pub models: Vec<String>,
}

/// What a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Balance {
    /// Who.
    pub person: PersonId,
    /// The person's name.
    pub name: Option<String>,
    /// The sum over the grants that are running.
    #[serde(flatten)]
    pub funds: Funds,
    /// What can be spent now: what is available, bounded by what the budgets of units and company above leave.
    pub spendable: Nano,
    /// When new money comes next.
    pub resets_at: Option<Instant>,
    /// In burn order.
    pub grants: Vec<GrantBalance>,
}

/// One row of usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UsageRow {
    /// The model, day, key, person or unit (its id), tool or project; empty for what names no tool or project.
    pub key: String,
    /// A name for people, where the key is an id or empty.
    pub name: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// What they cost.
    pub charge: Nano,
}

/// The sums over everything asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Overview {
    /// The rows, dearest first; days in order.
    pub items: Vec<UsageRow>,
    /// What to ask `after` for more rows; none when these are the last. The sums are over all of them.
    #[serde(default)]
    pub next: Option<String>,
    /// First instant included.
    pub from: Instant,
    /// First instant not included.
    pub to: Instant,
    /// What they cost together.
    pub charge: Nano,
    /// Calls together.
    pub calls: u64,
    /// What was seen of calls that did not pass here; in none of the other figures.
    #[serde(default)]
    pub observed: ObservedTotals,
}

/// One call that was paid. Acknowledged: its entry is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Charge {
    /// The hold it settled. Several postings of one hold add up to what the call cost.
    pub id: String,
    /// Its record in the journal: its name for good.
    pub entry: u64,
    /// `settlement`, `adjustment`, `reversal` or `resolution`.
    pub kind: String,
    /// When it was settled.
    pub at: Instant,
    /// Who paid.
    pub person: Option<PersonId>,
    /// With which key.
    pub key: Option<KeyId>,
    /// Where it went.
    pub provider: String,
    /// The model asked for.
    pub model: String,
    /// The model that answered, where the answer says so.
    pub served_model: Option<String>,
    /// The dialect it was asked in.
    pub dialect: Option<String>,
    /// The tier that answered.
    pub tier: Tier,
    /// The region that answered, where it is named.
    pub geo: Option<String>,
    /// What it used.
    pub usage: Usage,
    /// What it cost.
    pub charge: Nano,
    /// The part of it that the grants did not have.
    pub overrun: Nano,
    /// `exact`, `estimated`, `presumed` or `disputed`.
    pub mark: String,
    /// The rate card it was worked out with.
    pub card: Option<CardVersion>,
    /// Discount and exchange rate that it was worked out with.
    pub terms: Option<Ratio>,
    /// What was billed beside the answer in the same call, each by a card of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// The program that called, as it names itself; empty when it does not.
    pub client: String,
    /// Which attempt at a provider it was, from zero.
    pub attempt: u8,
}

/// Charges, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ChargePage {
    /// The charges.
    pub items: Vec<Charge>,
    /// What to ask `before` for the next page; none when this is the last.
    pub next: Option<u64>,
}

/// Denials, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DenialPage {
    /// The denials.
    pub items: Vec<Denied>,
    /// What to ask `after` for the next page; none when this is the last.
    pub next: Option<String>,
}

/// Denials of one key for one reason in one minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Denied {
    /// The minute's first instant.
    pub minute: Instant,
    /// Whose key it was.
    pub person: PersonId,
    /// What they are called, while that is known.
    pub person_name: Option<String>,
    /// Which.
    pub key: KeyId,
    /// The stable code of the reason.
    pub reason: String,
    /// The money was there, only set aside by other calls.
    pub funded: bool,
    /// How many.
    pub count: u64,
}
