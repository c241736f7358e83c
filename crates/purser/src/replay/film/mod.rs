//! Films: months that became known, made again call by call from what was published of them.
//!
//! **Model.** A film is made by agents that each know when they call next and what that call is. Dice of a seed vary it,
//! prices are those of the bundled list at the film's own date, and what a call costs is rated as ever. How fast an agent
//! goes is told by what its bill is known to have come to.
//!
//! **Invariants.** The same film is the same calls, every time and everywhere.

mod agents;
mod bill;
mod ping_pong;
mod tokens;

use clap::ValueEnum;
use purser_core::time::Instant;

pub(super) use self::agents::{Calls, took};
use crate::failure::Failure;

/// A film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Film {
    /// One person's coding agents, alone for a month, until they have cost $150,000
    #[value(name = "bill-150k")]
    Bill,
    /// Two agents that ask each other the same for eleven days, until they have cost $47,000
    #[value(name = "loop-47k")]
    Loop,
    /// One person's agents, until they have used 210,000,000,000 tokens in a week
    #[value(name = "tokens-210b")]
    Tokens,
}

/// What is said of a film before it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credits {
    pub(super) name: &'static str,
    /// What happens, in a sentence.
    pub(super) what: &'static str,
    /// Where its figures are from, and which of them are a judgement.
    pub(super) from: &'static str,
    /// When its first call is made.
    pub(super) first: &'static str,
    /// When it goes astray.
    pub(super) astray: &'static str,
}

impl Film {
    pub(super) const fn credits(self) -> Credits {
        match self {
            Self::Bill => bill::CREDITS,
            Self::Loop => ping_pong::CREDITS,
            Self::Tokens => tokens::CREDITS,
        }
    }

    /// Its calls, in order of time.
    ///
    /// # Errors
    /// A model of it has no price any more, which is a defect.
    pub(super) fn calls(self) -> Result<Calls, Failure> {
        match self {
            Self::Bill => bill::calls(),
            Self::Loop => ping_pong::calls(),
            Self::Tokens => tokens::calls(),
        }
    }
}

impl Credits {
    /// When its first call is made.
    pub(super) fn begins(&self) -> Instant {
        instant(self.first)
    }

    /// When it goes astray.
    pub(super) fn goes_astray(&self) -> Instant {
        instant(self.astray)
    }
}

/// Of the films' own texts, which a test reads.
fn instant(text: &str) -> Instant {
    text.parse().unwrap_or(Instant::from_micros(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a film costs from when it goes astray, its tokens, and how many hours that takes.
    fn check(film: Film, cost: std::ops::Range<i64>, tokens: Option<u64>, hours: std::ops::Range<u64>) {
        let (mut spent, mut used, mut last) = (0, 0, film.credits().begins());
        let astray = film.credits().goes_astray();
        for call in film.calls().unwrap() {
            let call = call.unwrap();
            assert!(call.starts >= last, "{film:?}: calls come in order of time");
            assert!(call.charge.is_positive() && call.ends > call.starts, "{film:?}: {call:?}");
            last = call.starts;
            used += call.usage.prompt_tokens() + call.usage.output_tokens();
            if call.starts >= astray {
                spent += call.charge.get();
            }
        }
        assert!(cost.contains(&(spent / 1_000_000_000)), "{film:?}: {spent}");
        assert!(tokens.is_none_or(|tokens| tokens == used), "{film:?}: {used}");
        assert!(hours.contains(&(last.since(astray).as_secs() / 3_600)), "{film:?}: {last}");
    }

    #[test]
    fn films_come_to_what_was_published_of_them() {
        check(Film::Bill, 150_000..150_002, None, 720..740);
        check(Film::Loop, 47_000..47_002, None, 258..270);
        check(Film::Tokens, 1..200_000, Some(210_000_000_000), 165..170);
    }
}
