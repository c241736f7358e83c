//! Return on tokens.

use purser_core::money::Nano;
use purser_core::roi::StudyKind;
use serde::{Deserialize, Serialize};

use super::Confidential;

/// A question about the return on tokens. Without `person`, `unit` and `family` it is about everybody who is covered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedReturn {
    /// About this person (id or name): for themself, and for others where the company allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// About the people of this unit and of those below it (id or name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// About the people of this family of roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Only outcomes of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// First day (UTC); ninety days before `to` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day not included (UTC); tomorrow where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What outcomes are compared with; the same people `before` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
    /// First day of the time before; as many days as from `from` to `to`, right before them, where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// First day after that time; `from` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_to: Option<String>,
    /// An assumed multiplier, such as `1.3`, or the name of a study. None is assumed where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<String>,
    /// Rows by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ReturnBy>,
}

/// What outcomes are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The same people in the time before.
    #[default]
    Before,
    /// In the same time, those of the people who spent nothing on tokens.
    Without,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnBy {
    /// The people of a unit, those of units below it left out.
    Unit,
    /// The people of a family of roles.
    Family,
}

/// What comes of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReturnReport {
    /// Whom it is about, in words.
    pub about: String,
    /// First day (UTC).
    pub from: String,
    /// First day not included.
    pub to: String,
    /// The currency of all amounts: the ledger's.
    pub currency: String,
    /// Are these so few people that nothing is told of them?
    pub hidden: bool,
    /// How many people were here on some of the days.
    pub people: Option<usize>,
    /// Of how many of them the cost is known. Cases are about those.
    pub cost_known: Option<usize>,
    /// What those cost in these days, fully loaded.
    pub cost: Confidential<Option<Nano>>,
    /// What the tokens of all of them cost.
    pub tokens: Option<Nano>,
    /// What the tokens of those cost whose own cost is known.
    pub tokens_of_known: Option<Nano>,
    /// The multiplier at which the tokens are just paid for, in thousandths.
    pub break_even: Confidential<Option<String>>,
    /// What comes of it: at the multiplier that was assumed or else at those that studies measured, then at the one that was
    /// measured here, with both ends of its interval.
    pub cases: Vec<ReturnCase>,
    /// Outcomes by kind.
    pub outcomes: Vec<OutcomeLine>,
    /// Rows, where some were asked for: of fewer than five people without figures.
    pub rows: Vec<ReturnRow>,
    /// What to know about the figures.
    pub notes: Vec<String>,
}

/// Where a multiplier is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Whoever asks assumes it.
    Assumed,
    /// Somebody else told of it.
    Study,
    /// It was counted here.
    Measured,
    /// The lower end of what was counted here.
    MeasuredLow,
    /// Its upper end.
    MeasuredHigh,
}

/// What comes of tokens at one multiplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReturnCase {
    /// Where the multiplier is from.
    pub basis: Basis,
    /// Which one, in words.
    pub label: String,
    /// Who told of it.
    pub source: Option<String>,
    /// How much more gets done, in thousandths.
    pub multiplier: String,
    /// The figures.
    pub figures: Confidential<Option<ReturnFigures>>,
}

/// Amounts are rounded to the nano-unit, numbers to the hundredth, all half to even.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReturnFigures {
    /// What the output is worth with tokens.
    pub value: Nano,
    /// What people and tokens cost together.
    pub total_cost: Nano,
    /// Value less total cost.
    pub net: Nano,
    /// What the tokens brought: value with them less value without. Below zero where less gets done.
    pub gain: Nano,
    /// That less what they cost. Below zero: they cost more than they brought.
    pub gain_net: Nano,
    /// Gain for each unit spent on tokens.
    pub gross_per_token_unit: Option<String>,
    /// Gain less tokens for each unit spent on tokens.
    pub net_per_token_unit: Option<String>,
    /// By how many percent the cost of one piece of output changes.
    pub unit_cost_change_percent: Option<String>,
}

/// Outcomes of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OutcomeLine {
    /// The kind.
    pub kind: String,
    /// How many, those taken back left out.
    pub outcomes: u64,
    /// How many were taken back.
    pub taken_back: u64,
    /// What those are worth together that have a value.
    pub value: Option<Nano>,
    /// What all tokens of these people cost for each.
    pub tokens_per_outcome: Option<Nano>,
    /// What these people and their tokens cost for each, of those whose cost is known.
    pub cost_per_outcome: Confidential<Option<Nano>>,
    /// How many there were beside how many before, or without.
    pub compared: Option<Compared>,
}

/// Two rates beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Compared {
    /// With what.
    pub against: Against,
    /// How many people, or weeks of one person, are on the smaller side.
    pub compared: usize,
    /// What they are: `people`, or `weeks`.
    pub unit: String,
    /// Outcomes before, or without.
    pub before: u64,
    /// In how many days of theirs.
    pub before_days: u64,
    /// Outcomes after, or with.
    pub after: u64,
    /// In how many days of theirs.
    pub after_days: u64,
    /// How many times as many a day, in thousandths.
    pub ratio: Option<String>,
    /// The lower end of the interval that holds the true ratio in 95 of 100 cases.
    pub low: Option<String>,
    /// The upper end.
    pub high: Option<String>,
    /// What follows, or why nothing does.
    pub says: String,
    /// How the interval was made.
    pub made: Option<String>,
}

/// Some of the people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReturnRow {
    /// Which unit or family; an id or a name.
    pub of: String,
    /// The unit's name.
    pub name: Option<String>,
    /// Are these so few people that nothing is told of them, or could the few be told from the others by it?
    pub hidden: bool,
    /// How many people.
    pub people: Option<usize>,
    /// What their tokens cost.
    pub tokens: Option<Nano>,
    /// How many outcomes of the kinds that were asked for, those taken back left out.
    pub outcomes: Option<u64>,
    /// What their tokens cost for each.
    pub tokens_per_outcome: Option<Nano>,
    /// The multiplier at which their tokens are just paid for.
    pub break_even: Confidential<Option<String>>,
}

/// Who may see the return on one person's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonReturns {
    /// Those who may see that person's usage, rather than the person alone.
    pub open: bool,
}

/// A case of one's own figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// What people cost, fully loaded.
    pub cost: Nano,
    /// What their tokens cost in the same time.
    pub tokens: Nano,
    /// What their output is worth without tokens; what they cost where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Nano>,
    /// An assumed multiplier, or the name of a study; all that studies measured where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<String>,
}

/// What would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WhatIfReport {
    /// The multiplier at which the tokens are just paid for, in thousandths; none where the output is worth nothing.
    pub break_even: Option<String>,
    /// At each multiplier.
    pub cases: Vec<ReturnCase>,
    /// The multipliers that can be named, with their sources.
    pub studies: Vec<NamedStudy>,
}

/// A multiplier that somebody told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NamedStudy {
    /// Its name.
    pub name: String,
    /// What it says.
    pub says: String,
    /// How they came to it.
    pub kind: StudyKind,
    /// The multiplier, in thousandths.
    pub multiplier: String,
    /// Who, where, when.
    pub source: String,
}
