//! What a decider is told: how fast the money goes, and what is usual. When it will be gone is a forecast
//! ([`crate::forecast`]).

use crate::money::Nano;

/// Peers whose median is told. Of fewer it would tell of somebody.
pub const PEERS_MIN: usize = 5;

/// What a day costs on average, from what was spent in so many. Rounded down; days of no spending count.
pub fn per_day(spent: Nano, days: u16) -> Nano {
    Nano::new(spent.max(Nano::ZERO).get().checked_div(i64::from(days.max(1))).unwrap_or(0))
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

    #[test]
    fn an_average_counts_every_day() {
        let check = |spent: &str, days: u16, expected: &str| {
            assert_eq!(per_day(spent.parse().unwrap(), days), expected.parse().unwrap(), "{spent} in {days} days");
        };
        check("70", 7, "10");
        check("0", 7, "0");
        check("-1", 7, "0");
        check("10", 0, "10");
        check("0.000000006", 7, "0");
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
