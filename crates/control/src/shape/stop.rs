//! Stop switches.

use purser_core::id::StopId;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// What is stopped: `"company"`, or one field with an id or a unique name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopWhat {
    /// Every call.
    Company,
    /// Everybody in a unit and below it.
    Unit(String),
    /// All keys of somebody.
    Person(String),
    /// One key, by its id.
    Key(String),
    /// One run, by its id.
    Run(String),
    /// Models; `*` stands for any text.
    Model(String),
    /// A provider.
    Provider(String),
}

/// Something to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStop {
    /// What.
    pub on: StopWhat,
}

/// A stop in force, or one just lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Stop {
    /// Its id.
    pub id: StopId,
    /// What is stopped, by id.
    pub on: StopWhat,
    /// What that is called; of a key or a run whose it is.
    pub name: Option<String>,
    /// Since when.
    pub since: Instant,
    /// Who placed it.
    pub by: Option<String>,
    /// What a breaker saw, where one placed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Who asked to lift it, where that takes two persons.
    pub lift_asked_by: Option<String>,
    /// Is it in force?
    pub active: bool,
}
