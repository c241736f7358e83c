//! What a decider is told: how fast the money goes, when it will be gone, what is usual.

use std::time::Duration;

use crate::money::Nano;
use crate::time::Instant;

/// Peers whose median is told. Of fewer it would tell of somebody.
pub const PEERS_MIN: usize = 5;

/// How fast money goes, and when it will be gone at that pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What a day costs on average over the days that were looked at.
    pub per_day: Nano,
    /// When what is left will be spent at that pace; `None` where nothing goes, or it is further away than time is counted.
    pub gone: Option<Instant>,
}

impl Outlook {
    /// From what was spent in so many days, what is left, and when that was asked. The average is rounded down; days of no
    /// spending count.
    pub fn of(spent: Nano, days: u16, left: Nano, now: Instant) -> Self {
        const DAY: i128 = 86_400_000_000;
        let days = i64::from(days.max(1));
        let per_day = Nano::new(spent.max(Nano::ZERO).get().checked_div(days).unwrap_or(0));
        // Of the sum, so that a pace below a billionth a day is one too.
        let (spent, left) = (i128::from(spent.get()), i128::from(left.max(Nano::ZERO).get()));
        let lasts = left.saturating_mul(i128::from(days)).saturating_mul(DAY).checked_div(spent);
        let lasts = lasts.filter(|_| spent > 0).and_then(|lasts| u64::try_from(lasts).ok());
        let gone = lasts.map(|lasts| now.saturating_add(Duration::from_micros(lasts)));
        Self { per_day, gone: gone.filter(|gone| *gone < Instant::FAR_FUTURE) }
    }
}

/// The middle one of some amounts, of an even number the lower middle; `None` of fewer than [`PEERS_MIN`].
pub fn median(mut amounts: Vec<Nano>) -> Option<Nano> {
    amounts.sort_unstable();
    let middle = amounts.len().saturating_sub(1).checked_div(2)?;
    amounts.get(middle).copied().filter(|_| amounts.len() >= PEERS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn check(spent: &str, days: u16, left: &str, per_day: &str, gone: Option<&str>) {
        let outlook = Outlook::of(spent.parse().unwrap(), days, left.parse().unwrap(), at("2026-11-24T12:00:00Z"));
        assert_eq!((outlook.per_day, outlook.gone), (per_day.parse().unwrap(), gone.map(at)), "{spent} in {days} days");
    }

    #[test]
    fn what_is_left_lasts_as_long_as_the_pace_says() {
        check("70", 7, "5", "10", Some("2026-11-25T00:00:00Z"));
        check("70", 7, "0", "10", Some("2026-11-24T12:00:00Z"));
        check("70", 7, "-3", "10", Some("2026-11-24T12:00:00Z"));
        check("0", 7, "5", "0", None);
        check("-1", 7, "5", "0", None);
        check("10", 0, "5", "10", Some("2026-11-25T00:00:00Z"));
        check("0.000000001", 7, "0.000000001", "0", Some("2026-12-01T12:00:00Z"));
        check("0.000000001", 7, "9000000000", "0", None);
    }

    #[test]
    fn a_median_of_few_is_nobodys_business() {
        let of = |amounts: &[i64]| median(amounts.iter().map(|amount| Nano::new(*amount)).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[1, 2, 3, 4]), None);
        assert_eq!(of(&[9, 1, 5, 7, 3]), Some(Nano::new(5)));
        assert_eq!(of(&[9, 1, 5, 7, 3, 8]), Some(Nano::new(5)));
    }
}
