//! Where breakers trip, and what they do then.

use serde::{Deserialize, Serialize};

use crate::money::Nano;

/// What a breaker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Tells the owner; calls go on.
    Warn,
    /// The next calls of the run wait for the owner's word, as long as calls may be parked, and are refused then; a word
    /// said meanwhile lets them through. For an agent that somebody is sitting beside.
    Hold,
    /// Calls of the run are refused until the owner says that it may go on.
    Pause,
    /// The run is stopped.
    Stop,
}

/// The rules of all breakers. `None` switches one off.
///
/// How the defaults were chosen, and what they do on traffic that was not looked at before, is in
/// `docs/reference/breakers.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// See [`SpendRule`].
    pub spend: Option<SpendRule>,
    /// See [`RepeatRule`].
    pub repeat: Option<RepeatRule>,
    /// See [`ErrorRule`].
    pub errors: Option<ErrorRule>,
    /// See [`GrowthRule`].
    pub growth: Option<GrowthRule>,
    /// See [`UnattendedRule`].
    pub unattended: Option<UnattendedRule>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            spend: Some(SpendRule::default()),
            repeat: Some(RepeatRule::default()),
            errors: Some(ErrorRule::default()),
            growth: Some(GrowthRule::default()),
            unattended: Some(UnattendedRule::default()),
        }
    }
}

/// Money in ten minutes, over all runs of a person, against the most that they spent in ten minutes on any of the last 28
/// days they worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpendRule {
    /// Trips above so many times their own most, in tenths.
    pub tenths_of_most: u32,
    /// And never below this much in ten minutes: small figures jump.
    pub at_least: Nano,
    /// And always above this much, whatever their own most is.
    pub ceiling: Nano,
    /// Whose own most is not known yet is measured by this.
    pub newcomer: Nano,
    /// Warns once two minutes cost so much of what trips in ten, in percent.
    pub warn_percent: u32,
    /// What it does.
    pub act: Act,
}

impl Default for SpendRule {
    fn default() -> Self {
        Self {
            tenths_of_most: 30,
            at_least: Nano::new(15_000_000_000),
            ceiling: Nano::new(150_000_000_000),
            newcomer: Nano::new(30_000_000_000),
            warn_percent: 20,
            act: Act::Pause,
        }
    }
}

/// The same tool calls with the same results, one after the other or in a circle of up to eight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepeatRule {
    /// How often it has gone round, the first time not counted.
    pub rounds: u32,
    /// And how many steps that were.
    pub steps: u32,
    /// And what they have cost.
    pub cost: Nano,
    /// An agent that lets so many seconds pass between an answer and its next call, on average, waits for something. Only
    /// its own time counts: how long a provider takes to answer says nothing about what it is asked for.
    ///
    /// A judgement: files, searches and edits come back at once and quick tests within a second or two, which is what a
    /// loop is made of; whoever waits on purpose, with a `sleep` or for a command that works, seldom waits less than five.
    pub waiting_seconds: u32,
    /// Then they may cost this much: who waits looks again and again, with a large context for some cents each time, and
    /// can't burn much in an hour.
    pub waiting_cost: Nano,
    /// What it does.
    pub act: Act,
}

impl Default for RepeatRule {
    fn default() -> Self {
        Self {
            rounds: 3,
            steps: 9,
            cost: Nano::new(750_000_000),
            waiting_seconds: 5,
            waiting_cost: Nano::new(10_000_000_000),
            act: Act::Pause,
        }
    }
}

/// Errors in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorRule {
    /// How many.
    pub in_a_row: u32,
    /// And what they have cost: a provider that is down costs nothing, however often it is asked.
    pub cost: Nano,
    /// What it does.
    pub act: Act,
}

impl Default for ErrorRule {
    fn default() -> Self {
        Self { in_a_row: 40, cost: Nano::new(750_000_000), act: Act::Pause }
    }
}

/// Calls in a row whose input grew while next to nothing came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrowthRule {
    /// How many calls.
    pub in_a_row: u32,
    /// At most so many tokens out on average.
    pub output_each: u64,
    /// And what they have cost.
    pub cost: Nano,
    /// What it does.
    pub act: Act,
}

impl Default for GrowthRule {
    fn default() -> Self {
        Self { in_a_row: 60, output_each: 24, cost: Nano::new(3_000_000_000), act: Act::Pause }
    }
}

/// Nobody has said anything for hours, and money goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnattendedRule {
    /// Warns after so many minutes: "still supervised?".
    pub warn_after_minutes: u32,
    /// Trips after so many.
    pub after_minutes: u32,
    /// And what was spent since.
    pub cost: Nano,
    /// What it does.
    pub act: Act,
}

impl Default for UnattendedRule {
    fn default() -> Self {
        Self { warn_after_minutes: 4 * 60, after_minutes: 12 * 60, cost: Nano::new(20_000_000_000), act: Act::Pause }
    }
}
