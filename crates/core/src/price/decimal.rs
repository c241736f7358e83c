//! Decimal text as exact integers. Catalogues write prices as `3.00`, `0.000003` or `3e-06`; all three are read here
//! without passing through a float.

/// A non-negative decimal `digits × 10^exponent`, exactly as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Digits with at most one point and an optional exponent. `None` for anything else, for a minus sign, and for
    /// numbers of more than 38 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
            None => (text, 0),
        };
        let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && places.is_empty() {
            return None;
        }
        let places = places.trim_end_matches('0');
        let mut digits = 0_u128;
        for byte in whole.bytes().chain(places.bytes()) {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            digits = digits.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        let shift = i32::try_from(places.len()).ok()?;
        Some(Self { digits, exponent: i32::from(exponent).checked_sub(shift)? })
    }

    /// Decimal places needed to write it without an exponent.
    pub(crate) fn places(self) -> u32 {
        self.exponent.min(0).unsigned_abs()
    }

    /// `self × 10^power` when that is a whole number that fits.
    pub(crate) fn scaled(self, power: u32) -> Option<u64> {
        let shift = self.exponent.checked_add(i32::try_from(power).ok()?)?;
        if self.digits == 0 {
            return Some(0);
        }
        let factor = 10_u128.checked_pow(shift.unsigned_abs())?;
        let whole = if shift >= 0 {
            self.digits.checked_mul(factor)?
        } else {
            (self.digits.checked_rem(factor)? == 0).then(|| self.digits.checked_div(factor))??
        };
        u64::try_from(whole).ok()
    }
}

impl Decimal {
    /// `self × 10^power` to the nearest whole number, a tie to the even one; `None` beyond 64 bits.
    pub(crate) fn rounded(self, power: u32) -> Option<i64> {
        let shift = self.exponent.checked_add(i32::try_from(power).ok()?)?;
        if self.digits == 0 {
            return Some(0);
        }
        let Some(factor) = 10_u128.checked_pow(shift.unsigned_abs()) else {
            // Digits have at most 38 places, so what is divided by more is less than half of one.
            return (shift < 0).then_some(0);
        };
        if shift >= 0 {
            return i64::try_from(self.digits.checked_mul(factor)?).ok();
        }
        let (whole, rest) = (self.digits.checked_div(factor)?, self.digits.checked_rem(factor)?);
        let up = match rest.cmp(&factor.checked_sub(rest)?) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => whole.checked_rem(2)? == 1,
        };
        i64::try_from(whole.checked_add(u128::from(up))?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, power: u32, scaled: Option<u64>) {
        assert_eq!(Decimal::parse(text).and_then(|d| d.scaled(power)), scaled, "{text} at 10^{power}");
    }

    #[test]
    fn what_is_finer_goes_to_the_nearest_and_ties_to_the_even_one() {
        let cases =
            [("2.5", 2), ("3.5", 4), ("2.51", 3), ("2.49", 2), ("1e-60", 0), ("0.5", 0), ("1.5e0", 2), ("12", 12)];
        for (text, rounded) in cases {
            assert_eq!(Decimal::parse(text).and_then(|d| d.rounded(0)), Some(rounded), "{text}");
        }
        assert_eq!(Decimal::parse("0.06").and_then(|d| d.rounded(9)), Some(60_000_000));
        assert_eq!(Decimal::parse("1e30").and_then(|d| d.rounded(9)), None);
    }

    #[test]
    fn decimals_are_exact_or_nothing() {
        check("3", 9, Some(3_000_000_000));
        check("3e-06", 15, Some(3_000_000_000));
        check("1.25e-7", 15, Some(125_000_000));
        check("0.075", 9, Some(75_000_000));
        check(".5", 9, Some(500_000_000));
        check("7.", 0, Some(7));
        check("0.0000000001", 9, None);
        check("1000000000000000000000", 0, None);
        check("1e400", 0, None);
        check("0e400", 0, Some(0));
        check("1e99999", 0, None);
        for text in ["", ".", "-1", "+1", "1.2.3", "1e", "e5", "NaN", "١", "1:", "1/"] {
            check(text, 9, None);
        }
    }
}
