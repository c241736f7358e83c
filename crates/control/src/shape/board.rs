//! Boards.

use purser_core::board::{Metric, Why};
use purser_core::id::UnitId;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Whether there are boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardSettings {
    /// Are there any? Not until somebody says so.
    pub on: bool,
    /// Units whose people are on none, with all below them.
    pub without: Vec<BoardUnit>,
}

/// A unit without boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardUnit {
    /// Which.
    pub unit: UnitId,
    /// Its name.
    pub name: Option<String>,
}

/// Switches boards on or off. Off ends every membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBoards {
    /// Are there to be any?
    pub on: bool,
    /// Units (ids or names) whose people are on none, with all below them; those of before where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Vec<String>>,
}

/// Puts whoever asks on boards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JoinBoards {
    /// Two words to be called by this month, of those that there are, such as `Amber Otter`; drawn where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Who, at the socket; at an address only oneself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

/// Who leaves boards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfMember {
    /// Who, at the socket; at an address only oneself.
    pub person: Option<String>,
}

/// Whether somebody is on boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardMember {
    /// Since when; missing for whoever is not. They are on boards of that month and of later ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Instant>,
}

/// What a board lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoardOf {
    /// Members, under names of that month.
    People,
    /// Teams, by what their members do together.
    Teams,
}

/// The boards that there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Boards {
    /// Are there any?
    pub on: bool,
    /// Since when whoever asks is on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Instant>,
    /// The latest month first.
    pub items: Vec<BoardName>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardName {
    /// Such as `people-outcomes-2026-11`.
    pub id: String,
    /// What it lists.
    pub of: BoardOf,
    /// By what.
    pub metric: Metric,
    /// The month (UTC).
    pub month: String,
}

/// A board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Board {
    /// Its id.
    pub id: String,
    /// What it lists.
    pub of: BoardOf,
    /// By what.
    pub metric: Metric,
    /// The month (UTC).
    pub month: String,
    /// When its figures were counted: every quarter of an hour. Who is on it is looked at in every answer.
    pub counted: Instant,
    /// Is it hidden? Fewer than five are ranked then; how many is nobody's to know.
    pub hidden: bool,
    /// Best first; none where it is hidden.
    pub items: Vec<BoardRow>,
    /// What to ask `after` for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Rows on all pages.
    pub total: usize,
    /// Whoever asks, where they are a member in that month. Nobody else is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub you: Option<BoardYou>,
}

/// A place on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardRow {
    /// The place. Those with equal figures share one.
    pub rank: usize,
    /// What a member is called on this board, or the team's name.
    pub name: String,
    /// Outcomes for each hundred of the currency, to two digits; or percent of days near one's own middle one, in steps of
    /// five.
    pub figure: String,
    /// Is it whoever asks?
    pub you: bool,
}

/// How whoever asks stands on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BoardYou {
    /// What they are called on the board of people.
    pub name: String,
    /// Why they are not ranked this month; missing where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ranked: Option<Why>,
}
