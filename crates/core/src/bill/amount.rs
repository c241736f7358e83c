//! Amounts as providers write them: decimal text in units or in cents, JSON numbers, with a sign.

use crate::money::Nano;
use crate::price::Decimal;

/// What an amount is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Units of the currency.
    Units,
    /// Hundredths of it.
    Cents,
}

impl Unit {
    /// Powers of ten to nano-units.
    const fn power(self) -> u32 {
        match self {
            Self::Units => 9,
            Self::Cents => 7,
        }
    }
}

/// An amount to the nearest nano-unit, and by how much whoever wrote it may have rounded: half of its last place, nothing
/// where that is finer than a nano-unit or the number has an exponent. `None` for what is no decimal or out of range.
pub(super) fn parse(text: &str, unit: Unit) -> Option<(Nano, Nano)> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let nano = Decimal::parse(digits)?.rounded(unit.power())?;
    let amount = Nano::new(if negative { nano.checked_neg()? } else { nano });
    let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
    let places = u32::try_from(places).ok()?;
    let grain = match (digits.contains(['e', 'E']), unit.power().checked_sub(places)) {
        (false, Some(power)) => 10_i64.checked_pow(power)?.checked_div(2)?,
        _ => 0,
    };
    Some((amount, Nano::new(grain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, unit: Unit, amount: &str, grain: i64) {
        assert_eq!(parse(text, unit), Some((amount.parse().unwrap(), Nano::new(grain))), "{text}");
    }

    #[test]
    fn cents_and_units_are_exact() {
        check("123.45", Unit::Cents, "1.2345", 50_000);
        check("123.78912", Unit::Cents, "1.2378912", 50);
        check("123", Unit::Cents, "1.23", 5_000_000);
        check("-0.1234567890", Unit::Cents, "-0.001234568", 0);
        check("0.06", Unit::Units, "0.06", 5_000_000);
        check("6e-2", Unit::Units, "0.06", 0);
        check("0.060000000000000005", Unit::Units, "0.06", 0);
        for text in ["", "-", "--1", "1,5", "NaN", "1e99"] {
            assert_eq!(parse(text, Unit::Units), None, "{text:?}");
        }
    }
}
