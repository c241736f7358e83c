//! Suspense: money set aside by calls whose end is not known.

use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suspended {
    /// Its name for `resolve`.
    pub id: String,
    /// How much.
    pub amount: Nano,
    /// Since when.
    pub since: Instant,
    /// When it moves to `unaccounted` by itself.
    pub moves_at: Instant,
    /// The hold whose owner is gone; none where it is what a crash may have lost.
    pub hold: Option<String>,
    /// Whose accounts it burdens: names of people, units or `company`.
    pub burdens: Vec<String>,
}

/// How one ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Resolve {
    /// The call cost so much, by the provider's report; zero when it never ran. At most what is set aside.
    Charge(Nano),
    /// Nobody knows: the company's `unaccounted` account bears it, the person is free of it.
    Unaccounted,
}
