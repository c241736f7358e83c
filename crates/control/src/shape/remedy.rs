//! Days on which promises could not be used.

use purser_core::id::{GrantId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Which days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedRemedies {
    /// First day or instant (UTC); eight days before the end where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day or instant not included; now where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The days found, and how much of the promises was usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Remedies {
    /// In order of people and their days.
    pub items: Vec<RemedyDay>,
    /// Of everybody with a guaranteed grant.
    pub usable: PromiseUsable,
    /// From when on was looked.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
}

/// A day on which somebody asked in vain and nothing was served to them, or had no key to ask with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RemedyDay {
    /// Which grant promised it.
    pub grant: GrantId,
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub person_name: Option<String>,
    /// The day, in the person's zone.
    pub day: String,
    /// How many calls were denied for reasons that are the company's.
    pub denied: u64,
    /// Those reasons.
    pub reasons: Vec<String>,
    /// What becomes of it.
    pub state: RemedyState,
    /// Why not, where that is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What becomes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemedyState {
    /// It is made good with the next run.
    Due,
    /// It was made good.
    MadeGood,
    /// There was no working key all day. Left to people: `purser grant remedy`.
    NoKey,
    /// The terms call for it, and it can't be done.
    Refused,
}

/// How much of what people with guaranteed grants asked for was served. Nobody knows what they did not ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PromiseUsable {
    /// Calls charged, in whole days of UTC.
    pub served: u64,
    /// Calls denied although money was there.
    pub denied_funded: u64,
    /// Calls denied because a provider or Purser itself could not serve.
    pub faults: u64,
    /// Of served and denied while funded those served, in percent rounded down; none where nobody asked.
    pub percent: Option<String>,
    /// The same with the faults among those denied.
    pub percent_with_faults: Option<String>,
}
