//! What an agent asks about its own budget, and what it is told.

use purser_core::id::{GrantId, RunId};
use purser_core::money::Nano;
use purser_core::price::CardVersion;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{RunModel, TopUp};

/// What is left now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BudgetLeft {
    /// The currency of every amount.
    pub currency: String,
    /// When this held.
    pub at: Instant,
    /// The most that calls with this key can spend now: what the grants have, within every limit.
    pub spendable: Nano,
    /// When new money comes next.
    pub refills_at: Option<Instant>,
    /// The money, in the order in which it is spent.
    pub grants: Vec<GrantLeft>,
    /// What limits it: this key's budgets, the running run's, and those of units and company.
    pub limits: Vec<LimitLeft>,
    /// The run that this key works in at the moment.
    pub run: Option<RunId>,
    /// Why no call is let through, where that is so.
    pub stopped: Option<String>,
    /// What was asked for of late, or is still open: the latest first.
    pub top_ups: Vec<TopUp>,
}

/// A grant in its running period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GrantLeft {
    /// Which.
    pub grant: GrantId,
    /// How often it is released anew: `day`, `month`, `once`.
    pub per: String,
    /// Released in the running period.
    pub released: Nano,
    /// Spent of it.
    pub spent: Nano,
    /// Set aside for running calls, and for calls whose end is not known.
    pub set_aside: Nano,
    /// What is left.
    pub left: Nano,
    /// When it is released anew.
    pub refills_at: Option<Instant>,
    /// Models it pays for; empty: every model.
    pub models: Vec<String>,
    /// Tools it pays for; empty: every tool.
    pub tools: Vec<String>,
    /// Is it guaranteed? Budgets of units and company don't bind it then.
    pub guaranteed: bool,
}

/// A limit on what is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LimitLeft {
    /// What it limits.
    pub on: LimitOn,
    /// How often it begins anew; `once` for a run's.
    pub per: String,
    /// The most; not shown of units and company.
    pub most: Option<Nano>,
    /// What is left of it; not shown of units and company.
    pub left: Option<Nano>,
    /// When it begins anew.
    pub refills_at: Option<Instant>,
    /// Does it leave less than the grants have?
    pub binds: bool,
}

/// What a limit is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitOn {
    /// This key.
    Key,
    /// What the person spends with some tools, whatever the key.
    Tools,
    /// The run.
    Run,
    /// The person's unit, or one above it.
    Unit,
    /// The company.
    Company,
}

/// Calls whose cost is asked for before they are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The plan: one entry for each kind of call, at most 50.
    pub calls: Vec<EstimateCall>,
}

/// One kind of call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateCall {
    /// The model, as it would be asked for.
    pub model: String,
    /// Who serves it; needed only where several do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Tokens of the whole prompt, those from a cache included.
    pub input_tokens: u64,
    /// Those of them that are read from a cache; none where it is missing.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// How many such calls; one where it is missing.
    #[serde(default = "once")]
    pub times: u64,
}

const fn once() -> u64 {
    1
}

/// What a plan would cost by the price book of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimated {
    /// The currency of every amount.
    pub currency: String,
    /// All calls together.
    pub total: Nano,
    /// Is so much left, for these models, and may this key call them?
    pub fits: bool,
    /// The most that can be spent on these calls now.
    pub left: Nano,
    /// How much is missing.
    pub short: Option<Nano>,
    /// When new money comes next.
    pub refills_at: Option<Instant>,
    /// Each kind of call, in the order asked.
    pub calls: Vec<EstimatedCall>,
    /// Models of the same provider and family that would make the plan cheaper, the dearest of them first; five at most.
    pub cheaper: Vec<CheaperModel>,
}

/// What one kind of call would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EstimatedCall {
    /// Who serves it.
    pub provider: String,
    /// The model whose price it is.
    pub model: String,
    /// The rate card.
    pub card: CardVersion,
    /// Since when that card holds.
    pub card_from: Instant,
    /// Where the price was read.
    pub source: String,
    /// One call.
    pub each: Nano,
    /// How many.
    pub times: u64,
    /// All of them.
    pub total: Nano,
    /// Why such a call would not be let through whatever is left, where that is so.
    pub refused: Option<String>,
}

/// The same plan with another model, wherever that is the cheaper one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CheaperModel {
    /// Who serves it.
    pub provider: String,
    /// The model.
    pub model: String,
    /// The rate card.
    pub card: CardVersion,
    /// Since when that card holds.
    pub card_from: Instant,
    /// What the plan would cost.
    pub total: Nano,
    /// How much less that is.
    pub saves: Nano,
}

/// Which run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfRun {
    /// Its id; the one that this key was last active in where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// What a run has cost so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunCost {
    /// The currency of every amount.
    pub currency: String,
    /// Which run.
    pub run: RunId,
    /// The program that makes its calls.
    pub tool: String,
    /// What it is for, where that was said.
    pub project: Option<String>,
    /// Its first charge.
    pub began: Instant,
    /// Its last charge.
    pub last: Instant,
    /// What its own calls cost.
    pub cost: Nano,
    /// The same with the runs that it started.
    pub cost_with_children: Nano,
    /// How many runs it started.
    pub children: u64,
    /// Its calls.
    pub calls: u64,
    /// Those that a human being asked for.
    pub attended_calls: u64,
    /// Those that were made again.
    pub retried_calls: u64,
    /// Prompt tokens, cached ones included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// By model, dearest first.
    pub models: Vec<RunModel>,
    /// What the run may use by the company's rules.
    pub limits: RunLimitsLeft,
    /// What it was warned of lately, the latest first.
    pub warnings: Vec<String>,
    /// Why it is stopped, where it is.
    pub stopped: Option<String>,
}

/// Limits of a run; none for as much as there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunLimitsLeft {
    /// Money.
    pub money: Option<Nano>,
    /// What is left of it.
    pub money_left: Option<Nano>,
    /// Tokens.
    pub tokens: Option<u64>,
    /// Calls.
    pub calls: Option<u64>,
    /// Minutes from its first call on.
    pub minutes: Option<u64>,
}
