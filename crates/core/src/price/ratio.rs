//! Exact multipliers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimal::Decimal;

/// An exact, non-negative multiplier `num / den`, always in lowest terms. Text is a decimal where that is exact
/// (`"1.1"`), else a fraction (`"2/3"`); both forms read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: u64,
    den: u64,
}

impl Ratio {
    /// Leaves everything as it is.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den` in lowest terms; `None` when `den` is zero.
    pub fn try_new(num: u64, den: u64) -> Option<Self> {
        let common = gcd(num, den);
        Some(Self { num: num.checked_div(common)?, den: den.checked_div(common).filter(|den| *den > 0)? })
    }

    /// The upper number.
    pub const fn num(self) -> u64 {
        self.num
    }

    /// The lower number, never zero.
    pub const fn den(self) -> u64 {
        self.den
    }

    /// Changes nothing?
    pub const fn is_one(self) -> bool {
        self.num == 1 && self.den == 1
    }

    /// `self * other`; `None` when the lowest terms of the product do not fit.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        // Crossing out first keeps the intermediate products within reach of what the result needs.
        let left = gcd(self.num, other.den);
        let right = gcd(other.num, self.den);
        let num = self.num.checked_div(left)?.checked_mul(other.num.checked_div(right)?)?;
        let den = self.den.checked_div(right)?.checked_mul(other.den.checked_div(left)?)?;
        Self::try_new(num, den)
    }

    /// Is `self` larger than `other`? Exact: both sides are cross-multiplied.
    pub fn exceeds(self, other: Self) -> bool {
        let cross = |num: u64, den: u64| u128::from(num).saturating_mul(u128::from(den));
        cross(self.num, other.den) > cross(other.num, self.den)
    }
}

impl Default for Ratio {
    fn default() -> Self {
        Self::ONE
    }
}

/// Greatest common divisor; `gcd(0, n) == n`.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
}

/// Why a text is not a multiplier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a multiplier; write it like 1.1, 0.5 or 2/3")]
pub struct RatioError(pub String);

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Self, RatioError> {
        let parsed = match text.split_once('/') {
            Some((num, den)) => {
                let whole = |part: &str| part.trim().parse::<u64>().ok();
                whole(num).zip(whole(den)).and_then(|(num, den)| Self::try_new(num, den))
            }
            None => Decimal::parse(text).and_then(|decimal| {
                let places = decimal.places();
                let den = 10_u64.checked_pow(places)?;
                Self::try_new(decimal.scaled(places)?, den)
            }),
        };
        parsed.ok_or_else(|| RatioError(text.to_owned()))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A fraction is a finite decimal when its lower number divides a power of ten.
        let places = (0..=18_u32).find(|places| {
            let power = 10_u64.checked_pow(*places).unwrap_or(1);
            power.checked_rem(self.den) == Some(0)
        });
        let Some(places) = places else { return write!(f, "{}/{}", self.num, self.den) };
        let power = 10_u128.checked_pow(places).unwrap_or(1);
        let scaled = u128::from(self.num)
            .saturating_mul(power)
            .checked_div(u128::from(self.den))
            .expect("the lower number of a ratio is never zero");
        let whole = scaled.checked_div(power).unwrap_or(0);
        if places == 0 {
            return write!(f, "{whole}");
        }
        let rest = scaled.checked_rem(power).unwrap_or(0);
        let width = usize::try_from(places).unwrap_or(0);
        write!(f, "{whole}.{rest:0width$}")
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, num: u64, den: u64, shown: &str) {
        let ratio: Ratio = text.parse().unwrap();
        assert_eq!((ratio.num(), ratio.den()), (num, den), "{text}");
        assert_eq!(ratio.to_string(), shown);
        assert_eq!(shown.parse::<Ratio>().unwrap(), ratio, "what is shown reads back");
    }

    #[test]
    fn multipliers_are_kept_in_lowest_terms() {
        check("1.1", 11, 10, "1.1");
        check("0.50", 1, 2, "0.5");
        check("4/6", 2, 3, "2/3");
        check("2", 2, 1, "2");
        check("0", 0, 1, "0");
        check("0.025", 1, 40, "0.025");
        check("0.000000000000000001", 1, 1_000_000_000_000_000_000, "0.000000000000000001");
        for text in ["", "1/0", "-1", "a", "1/2/3", "0.00000000000000000000001"] {
            assert!(text.parse::<Ratio>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_reads_back(num in any::<u64>(), den in 1..=u64::MAX) {
            let ratio = Ratio::try_new(num, den).unwrap();
            prop_assert_eq!(ratio.to_string().parse::<Ratio>().unwrap(), ratio);
        }

        #[test]
        fn a_product_is_exact(a in 0_u64..1 << 31, b in 1_u64..1 << 31, c in 0_u64..1 << 31, d in 1_u64..1 << 31) {
            let product = Ratio::try_new(a, b).unwrap().checked_mul(Ratio::try_new(c, d).unwrap()).unwrap();
            prop_assert_eq!(product, Ratio::try_new(a * c, b * d).unwrap());
        }
    }
}
