//! Runs.

use purser_core::id::{KeyId, PersonId, RunId, UnitId};
use purser_core::money::Nano;
use purser_core::run::RunLimits;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{Flag, Funds, Stop};

/// A question about runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedRuns {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Those that were charged something at or after this day or instant (UTC); a day ago where it is missing.
    pub since: Option<String>,
    /// Only those that go on (`true`) or have ended (`false`): without a charge for half an hour.
    pub active: Option<bool>,
    /// Only this tool's.
    pub tool: Option<String>,
    /// Only those for this project.
    pub project: Option<String>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// `?minutes=`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LastMinutes {
    /// So many minutes back, 1 to 1440; five where it is missing.
    pub minutes: Option<u32>,
}

/// What a run used of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunModel {
    /// Its name.
    pub model: String,
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

/// One agent session, and what it has used by what is on disk. Runs that it started are not in its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Run {
    /// Which.
    pub id: RunId,
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub name: Option<String>,
    /// The key of its first call.
    pub key: KeyId,
    /// The unit that the person was in then, where that is known.
    pub unit: Option<UnitId>,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// The program that called, by the name under which Purser knows it; empty for a run that has only started others.
    pub tool: String,
    /// Its version, as it says.
    pub version: Option<String>,
    /// What it is for, by the header `x-purser-project` or its key.
    pub project: Option<String>,
    /// Its first charge.
    pub began: Instant,
    /// Its last charge.
    pub last: Instant,
    /// Does it go on? That is: was it charged something in the last half an hour?
    pub active: bool,
    /// When a human being last said something in it. Nobody does in a run that another one started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken: Option<Instant>,
    /// When somebody last said that it is watched over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Instant>,
    /// Who that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Those of them that the client made again.
    pub retried_calls: u64,
    /// Those of them that a human being asked for; the others were made by the agent on its own.
    pub human_calls: u64,
    /// The same in a hundred calls, rounded down.
    pub attended_percent: u64,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// The same in a hundred prompt tokens, rounded down.
    pub cached_percent: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// What it cost.
    pub charge: Nano,
    /// The part of it that is not the provider's own figure: estimated, presumed, disputed.
    pub not_exact: Nano,
    /// What it used of each model, dearest first.
    pub models: Vec<RunModel>,
    /// What its money is limited to, where it is, and where that stands: with the runs that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Funds>,
    /// The stop that holds it: its own, that of a run above it, or that of its key, person, unit or company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
}

/// A run with those below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunTree {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// Those that it started, each followed by those that it started in turn.
    pub below: Vec<Run>,
    /// What the run may use at most, with those that it started: as the policies of the company and of its person's role
    /// say now, and as its calls have said. What is left out is not limited.
    #[serde(default)]
    pub limits: RunLimits,
    /// What of it is flagged: spent on days on which nobody was there, or on the same call again and again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// What all of them together cost.
    pub tree_charge: Nano,
    /// Calls of all of them together.
    pub tree_calls: u64,
}

/// What a run and those that it started spent in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunStretch {
    /// When it begins: a whole number of stretches since 1970 (UTC).
    pub at: Instant,
    /// Calls of the run that were charged in it.
    pub calls: u64,
    /// What they cost.
    pub charge: Nano,
    /// What calls of the runs that it started cost.
    pub below: Nano,
}

/// A run from its first charge to its last call or its stop, with those that it started. A call counts when it was charged,
/// which is when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunTimeline {
    /// Which run.
    pub id: RunId,
    /// In order of time and without a gap: 120 at most.
    pub items: Vec<RunStretch>,
    /// How long each is.
    pub minutes: u32,
    /// What calls of the run cost.
    pub charge: Nano,
    /// What calls of the runs that it started cost.
    pub below: Nano,
    /// What was corrected in all of these runs afterwards, or came back. With it they cost what `tree_charge` of the run says.
    pub corrected: Nano,
    /// What it may spend, with those that it started, where its money is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Nano>,
    /// Since when the stop that holds it does, where it was placed no later than half an hour after its last call: after that
    /// a run is over by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Instant>,
    /// What of the limit was not spent when it was stopped and calls under way had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Nano>,
}

/// What a run spent lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BurningRun {
    /// Which.
    pub run: RunId,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub name: Option<String>,
    /// The program that calls.
    pub tool: String,
    /// What it is for.
    pub project: Option<String>,
    /// The model of its last charge.
    pub model: String,
    /// When that was.
    pub last: Instant,
    /// Charges in these minutes.
    pub calls: u64,
    /// Tokens in these minutes, in and out.
    pub tokens: u64,
    /// What was charged in these minutes.
    pub charge: Nano,
    /// The same by the minute, rounded down.
    pub per_minute: Nano,
    /// Is it stopped by now?
    pub stopped: bool,
}

/// Who spends what now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Burning {
    /// Runs that were charged something in these minutes, dearest first. Charges that say no run are not in it.
    pub items: Vec<BurningRun>,
    /// How many minutes.
    pub minutes: u32,
    /// Until when.
    pub at: Instant,
    /// What they cost together.
    pub charge: Nano,
    /// The same by the minute, rounded down.
    pub per_minute: Nano,
}
