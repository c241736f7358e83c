//! Flags: spending that somebody may want to talk about with whoever it is. Nothing is stopped by one, and nobody is told
//! but those who see the spending anyway.
//!
//! **Model.** [`binge()`] looks at what one grant paid by day; [`alone`], [`around_the_clock`] and [`repeated`] at what runs
//! used by day. All are functions of figures alone: the same days give the same flags.
//!
//! **Owns** when something is flagged, and the sentence that says what was seen.
//!
//! **Does not own** where the figures come from, who sees them (`control`), or what follows from them: nothing does by
//! itself, except that what is flagged is no merit.
//!
//! How often ordinary people are flagged is in `docs/reference/breakers.md`, with where the thresholds come from.

mod binge;
mod idle;

pub use binge::{PaidDays, PeriodDays, binge, may_be_binge};
pub use idle::{IdleDay, alone, around_the_clock, repeated};

use serde::{Deserialize, Serialize};

use crate::money::Nano;

/// What is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// Far more than ever in the last days of a period, of what would have expired.
    Binge,
    /// Days of spending in a run without a word of a human being.
    Alone,
    /// Calls by day and by night, with hardly an answer.
    AroundTheClock,
    /// The same call over and over.
    Repeated,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// What.
    pub kind: FlagKind,
    /// The first day and the last, as the days that were looked at are counted.
    pub days: (i64, i64),
    /// What was spent on them.
    pub cost: Nano,
    /// What was seen, in a sentence without a full stop.
    pub seen: String,
}

impl FlagKind {
    /// What may help, in a sentence: nobody has done wrong by being flagged.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Binge => {
                "What is not needed is not lost work: ask whether unused money should carry over, or whether the \
                 budget fits what the work needs."
            }
            Self::Alone => {
                "It may be just the work that was wanted: say so (`purser runs RUN --confirm`), log what came of it, or \
                 let it end."
            }
            Self::AroundTheClock => {
                "Looks like something that asks at intervals whether there is anything to do: a longer interval, a \
                 smaller context or a cheaper model does the same for less."
            }
            Self::Repeated => {
                "Looks like one call repeated by a script: if it is a batch, log what came of it; if a loop was left \
                 running, end it."
            }
        }
    }
}

#[cfg(test)]
mod tests;
