//! The provider: what it serves, and how it tells.

use crate::audit::Counts;
use crate::dice::Dice;

/// How a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Served and told.
    Whole,
    /// Served by another model, and told so.
    Instead,
    /// Served, and told twice.
    Repeated,
    /// Served, and told as twice as much.
    Doubled,
    /// Served, and told as a thousand times as much.
    Absurd,
    /// Served; the connection breaks in the middle of the answer.
    Cut,
    /// Served; nothing comes back.
    Lost,
    /// Served; nothing comes back for a long time, and then still nothing.
    Stalled,
    /// Never reached.
    Unreachable,
    /// Refused before anything was served.
    Failed,
}

/// The answers and how many of a thousand are so.
const ANSWERS: [(Answer, u64); 10] = [
    (Answer::Whole, 560),
    (Answer::Instead, 80),
    (Answer::Repeated, 60),
    (Answer::Doubled, 30),
    (Answer::Absurd, 30),
    (Answer::Cut, 60),
    (Answer::Lost, 50),
    (Answer::Stalled, 40),
    (Answer::Unreachable, 45),
    (Answer::Failed, 45),
];

impl Answer {
    /// One by chance.
    pub(crate) fn throw(dice: &mut Dice) -> Self {
        ANSWERS[dice.weighted(&ANSWERS.map(|(_, weight)| weight))].0
    }

    /// Was anything served?
    pub(crate) fn is_served(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Failed)
    }

    /// What the provider tells of what it served; `None`: nothing.
    pub(crate) fn report(self, real: Counts) -> Option<Counts> {
        let times = match self {
            Self::Whole | Self::Instead | Self::Repeated => 1,
            Self::Doubled => 2,
            Self::Absurd => 1_000,
            _ => return None,
        };
        Some(Counts { input: real.input * times, output: real.output * times, ..real })
    }

    /// Its name in the tally.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Whole => "answers: whole",
            Self::Instead => "answers: another model served",
            Self::Repeated => "answers: repeated",
            Self::Doubled => "answers: doubled by a lie",
            Self::Absurd => "answers: beyond belief",
            Self::Cut => "answers: cut",
            Self::Lost => "answers: lost",
            Self::Stalled => "answers: stalled",
            Self::Unreachable => "answers: unreachable",
            Self::Failed => "answers: failed",
        }
    }
}
