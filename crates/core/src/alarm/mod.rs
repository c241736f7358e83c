//! Alarms: what somebody should know of in time, from both sides. Too much money goes, or hardly any.
//!
//! **Model.** [`Rules`] say when there is an alarm. [`used`] looks at an allowance or a ceiling in its running period,
//! [`runs_out`] at its forecast, [`under_use`] at what somebody used of what they were given and of what they cost. Each
//! gives what was [`Found`], if anything; how fast money goes is seen by the breaker ([`crate::breaker::Pace`]), which knows
//! people's own past. A found alarm has a [`Window`] and a [`Found::name`]: the same name is one alarm, however often it is
//! found.
//!
//! **Owns** when there is an alarm, and the sentences that say what was seen and what may help.
//!
//! **Does not own** where the figures come from, who is told, what is muted (`control`).
//!
//! **Invariants.** Nothing is stopped by an alarm and nobody is measured by one. Under-use is never a quota: it is told to
//! the person and to whoever can help, it compares nobody with anybody, and it is silent for whoever has just come, is
//! away, or has had nothing to use.

mod gather;
mod money;
mod preview;
mod rules;
mod under_use;

pub use gather::gathered;
pub use money::{Allowance, runs_out, used};
pub use preview::{Preview, Share};
pub use rules::{Rules, RulesError, Shortest, USED_MAX, UnderUseRules};
pub use under_use::{Use, under_use};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AlarmId, BudgetId, GrantId, PersonId, UnitId};
use crate::money::Nano;
use crate::time::Instant;

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// A part of an allowance or of a budget is used.
    Used,
    /// It is going to end before its period does.
    RunsOut,
    /// Somebody's money goes faster than theirs ever did.
    Speed,
    /// Hardly anything is used of what somebody was given.
    UnderUse,
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Used, Self::RunsOut, Self::Speed, Self::UnderUse];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::RunsOut => "runs_out",
            Self::Speed => "speed",
            Self::UnderUse => "under_use",
        }
    }

    /// What may help, in a sentence: nobody has done wrong by it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Used => {
                "Nothing is stopped by this. If the work needs more, ask for it before it is gone (`purser top-up ask`)."
            }
            Self::RunsOut => {
                "At this pace the money does not reach the end. A top-up, a larger budget or a cheaper model for a part of \
                 the work: a week ahead there is a choice."
            }
            Self::Speed => {
                "If it is wanted, confirm the run (`purser runs RUN --confirm`); if nobody knows of it, stop it (`purser \
                 stop`)."
            }
            Self::UnderUse => {
                "No target is missed by this and nothing is to be burnt for it. Ask whether access, the right tool, time to \
                 try or an example from a colleague is missing, or whether the budget would help more elsewhere."
            }
        }
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Note,
    /// Worth a look.
    Warn,
    /// Somebody has to look.
    Critical,
}

impl Level {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Critical => "critical",
        }
    }
}

/// Whose alarm it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmOn {
    /// The whole company's.
    Company,
    /// A unit's, with all below it.
    Unit(UnitId),
    /// A person's.
    Person(PersonId),
}

/// What is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmOf {
    /// A grant's allowance.
    Grant(GrantId),
    /// A budget.
    Budget(BudgetId),
}

/// The time for which an alarm is raised at most once: `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after.
    pub to: Instant,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What it is about.
    pub kind: AlarmKind,
    /// How much it matters.
    pub level: Level,
    /// Whose it is.
    pub on: AlarmOn,
    /// What is used up, where it is one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<AlarmOf>,
    /// The time in which it is raised once.
    pub window: Window,
    /// Which threshold was reached, in hundredths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// What was used.
    pub used: Nano,
    /// Of how much: what was released, or was to be expected.
    pub out_of: Nano,
    /// When the money will be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Instant>,
    /// What was seen, where that says more than the figures; no words of anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

impl Found {
    /// What tells it from every other alarm: the same in every program, whatever the figures are by then.
    pub fn name(&self) -> AlarmId {
        use sha2::{Digest as _, Sha256};
        let on = match self.on {
            AlarmOn::Company => "company".to_owned(),
            AlarmOn::Unit(unit) => unit.to_string(),
            AlarmOn::Person(person) => person.to_string(),
        };
        let of = match self.of {
            None => String::new(),
            Some(AlarmOf::Grant(grant)) => grant.to_string(),
            Some(AlarmOf::Budget(budget)) => budget.to_string(),
        };
        let (kind, level, percent) = (self.kind.word(), self.level.word(), self.percent.unwrap_or(0));
        let text = format!("{kind}\n{level}\n{on}\n{of}\n{}\n{percent}", self.window.from.as_micros());
        let digest: [u8; 32] = Sha256::digest(text).into();
        AlarmId::new(digest.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
    }

    /// What was seen, in a sentence without a full stop. Says nothing of what anybody is paid.
    pub fn sentence(&self) -> String {
        let (used, out_of) = (self.used, self.out_of);
        let day = |at: Instant| at.to_string().get(..10).unwrap_or_default().to_owned();
        match self.kind {
            AlarmKind::Used => {
                let percent = self.percent.unwrap_or(100);
                format!("{percent}% is used: {used} of {out_of}, until {}", day(self.window.to))
            }
            AlarmKind::RunsOut => {
                let gone = self.gone.map_or_else(String::new, |gone| format!(" ends on {}", day(gone)));
                format!("at this pace the money until {}{gone}: {used} of {out_of} is used", day(self.window.to))
            }
            AlarmKind::Speed => {
                self.seen.clone().unwrap_or_else(|| "money goes faster than it ever did here".to_owned())
            }
            AlarmKind::UnderUse => match (&self.seen, self.level) {
                (Some(seen), _) => seen.clone(),
                (None, Level::Critical) => {
                    format!("{used} was used in a year, hardly anything beside what the position costs")
                }
                _ => format!("{used} was used of {out_of} that was there in the last weeks"),
            },
        }
    }
}

#[cfg(test)]
mod tests;
