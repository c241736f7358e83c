//! Numbers as tools write them: integers, decimal fractions, or either as text.

use purser_core::money::{NANO_PER_UNIT, Nano};

/// A count from its text; fractions of one are none.
pub(crate) fn count(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|digit| digit == b'0') {
        return None;
    }
    whole.parse().ok()
}

/// Dollars from their text, to the billionth; what is smaller is cut off.
pub(crate) fn dollars(text: &str) -> Option<Nano> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || whole.len().max(fraction.len()) > 40 {
        return None;
    }
    // The digits as one number, and how many of them stand behind the point once it is in billionths.
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let shift = 9_i32.checked_sub(places)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let nano = if shift >= 0 {
        number.checked_mul(power?)?
    } else {
        power.map_or(0, |power| number.checked_div(power).unwrap_or(0))
    };
    i64::try_from(nano).ok().map(Nano::new)
}

const _: () = assert!(NANO_PER_UNIT == 1_000_000_000, "dollars are read as billionths");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole() {
        for (text, read) in [
            ("23", Some(23)),
            ("23.0", Some(23)),
            ("0", Some(0)),
            ("23.5", None),
            ("-1", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(count(text), read, "{text}");
        }
    }

    #[test]
    fn dollars_are_billionths() {
        for (text, nano) in [
            ("0.0198162", Some(19_816_200)),
            ("1", Some(1_000_000_000)),
            ("1e-7", Some(100)),
            ("1.5E2", Some(150_000_000_000)),
            ("0.0000000019", Some(1)),
            ("1e-400", Some(0)),
            ("1e40", None),
            ("-1", None),
            ("inf", None),
            (".5", None),
            ("", None),
        ] {
            assert_eq!(dollars(text).map(Nano::get), nano, "{text}");
        }
    }
}
