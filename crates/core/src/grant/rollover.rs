//! Rollover: what is unused of a period lives on, up to a cap, for some periods more.
//!
//! No entry moves money from one period to the next. A period with a rollover opens two accounts instead of one: the
//! part above the cap lapses with the period, the part within it lives on. The first is drawn on before the second,
//! because it lapses sooner, so what the second has left when the period ends is `min(cap, what is unused)`, at any
//! moment and to the nano, whatever calls are still under way. When it lapses, the ledger closes it like any other.

use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

use crate::account::Period;
use crate::money::Nano;

/// The most periods that money lives on. Each is an account more on every call.
pub const ROLLOVER_PERIODS_MAX: u8 = 12;

/// What becomes of what a period leaves unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollover {
    /// The most of a period that lives on.
    pub max: Nano,
    /// For how many periods more, those not counted in which no day counts.
    pub periods: NonZeroU8,
}

/// One account of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From the beginning of its period until it lapses.
    pub period: Period,
    /// What the grant releases to it.
    pub limit: Nano,
}
