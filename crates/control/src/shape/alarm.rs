//! Alarms, their rules, and what mutes them.

use purser_core::alarm::{AlarmKind, Level, Rules};
use purser_core::id::{AlarmId, BudgetId, GrantId, MuteId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A question about alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedAlarms {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only of this kind.
    pub kind: Option<AlarmKind>,
    /// Acknowledged, muted and past ones too.
    pub all: bool,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// What has become of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// Somebody should look.
    Open,
    /// Somebody has looked.
    Acknowledged,
    /// It is muted for a while.
    Muted,
    /// Its time is over.
    Past,
}

/// Something that somebody should know of. Nothing is stopped by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Alarm {
    /// Its id.
    pub id: AlarmId,
    /// What it is about.
    pub kind: AlarmKind,
    /// How much it matters.
    pub level: Level,
    /// What has become of it.
    pub state: AlarmState,
    /// Whose; neither a person nor a unit is the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The unit, with all below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The name of the person or the unit.
    pub name: Option<String>,
    /// The grant whose allowance it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The budget that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetId>,
    /// The first instant of the time in which it is raised once.
    pub from: Instant,
    /// The first instant after.
    pub to: Instant,
    /// Which threshold it is, in hundredths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// What was used when it was raised.
    pub used: Nano,
    /// Of how much; zero where that is not said.
    pub out_of: Nano,
    /// When the money would be gone, as it looked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Instant>,
    /// When it was raised.
    pub raised: Instant,
    /// What was seen.
    pub seen: String,
    /// What may help.
    pub hint: String,
    /// Who has looked, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<AlarmLook>,
}

/// Somebody has looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlarmLook {
    /// Who.
    pub by: String,
    /// The person that they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When.
    pub at: Instant,
}

/// Nothing is raised for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMute {
    /// Of this person (id or name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Of this unit and everybody in it (id or name); of everybody where neither is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of this kind; of every kind that one may see where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AlarmKind>,
    /// The first day or instant on which they are raised again.
    pub until: String,
}

/// What mutes alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Mute {
    /// Its id.
    pub id: MuteId,
    /// Whose; neither a person nor a unit is the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The unit, with everybody in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The name of the person or the unit.
    pub name: Option<String>,
    /// Of which kinds.
    pub kinds: Vec<AlarmKind>,
    /// Until when.
    pub until: Instant,
    /// Who muted them.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// The rules in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlarmRules {
    /// Which version, counted from 1; 0 is what there is before anybody sets any.
    pub version: u32,
    /// The rules.
    pub rules: Rules,
    /// Who set them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

/// What rules would find now. Nothing is raised by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlarmPreview {
    /// `with these rules 93 of 100 people alarm`.
    pub said: String,
    /// How many people there are.
    pub people: usize,
    /// People with any alarm.
    pub alarmed: usize,
    /// With the rules in force it is so many.
    pub alarmed_now: usize,
    /// So many alarm that nobody will look at any of it.
    pub noise: bool,
    /// By kind.
    pub kinds: Vec<AlarmPreviewKind>,
}

/// What one kind comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlarmPreviewKind {
    /// Which.
    pub kind: AlarmKind,
    /// People with such an alarm.
    pub people: usize,
    /// Such alarms, those of units and of the company too.
    pub alarms: usize,
    /// Of them critical.
    pub critical: usize,
}
