//! What a call costs, computed from a price list of whole numbers with exact fractions.

/// Counts of one call: plain input, read from a cache, written to a cache, output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Input that no cache knew.
    pub input: u64,
    /// Input read from a cache.
    pub cache_read: u64,
    /// Input written to a cache.
    pub cache_write: u64,
    /// Output.
    pub output: u64,
}

/// A price list: nano-units for a million of each, and above how many tokens of prompt all of them double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Plain input.
    pub input: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Written to a cache.
    pub cache_write: u64,
    /// Output.
    pub output: u64,
    /// A prompt longer than this is charged double throughout; `u64::MAX`: never.
    pub doubles_above: u64,
    /// What the company pays of it, as a fraction.
    pub terms: (u64, u64),
}

/// The charge in nano-units: exact sum, then to the nearest, a tie to the even one.
#[must_use]
pub fn charge(prices: &Prices, counts: &Counts) -> i128 {
    let lines = [
        (counts.input, prices.input),
        (counts.cache_read, prices.cache_read),
        (counts.cache_write, prices.cache_write),
        (counts.output, prices.output),
    ];
    let mut sum: i128 = lines.iter().map(|(count, rate)| i128::from(*count) * i128::from(*rate)).sum();
    if u128::from(counts.input) + u128::from(counts.cache_read) + u128::from(counts.cache_write)
        > u128::from(prices.doubles_above)
    {
        sum *= 2;
    }
    let (above, below) = (sum * i128::from(prices.terms.0), 1_000_000 * i128::from(prices.terms.1));
    let floor = above / below;
    match (2 * (above % below)).cmp(&below) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + floor % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_even_one() {
        let prices =
            Prices { input: 500_000, cache_read: 0, cache_write: 0, output: 0, doubles_above: u64::MAX, terms: (1, 1) };
        let of = |input| charge(&prices, &Counts { input, ..Counts::default() });
        assert_eq!([1, 2, 3, 4, 5].map(of), [0, 1, 2, 2, 2]);
    }
}
