//! Durations and sizes as people write them: `30s`, `5m`, `32MiB`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// A duration written with its unit: `250ms`, `30s`, `5m`, `2h`, `7d`. A bare number is refused: seconds and
/// milliseconds are too easily taken for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) Duration);

/// A number of bytes written with its unit: `64KiB`, `32MiB`, `1GiB`, or `512B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) usize);

const SPANS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, usize); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// The digits in front and the unit behind them.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    (digits, unit.trim())
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = split(text.trim());
        let number: Option<u64> = digits.parse().ok();
        let scale = SPANS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms);
        match number.zip(scale).and_then(|(number, ms)| number.checked_mul(ms)) {
            Some(ms) => Ok(Self(Duration::from_millis(ms))),
            None => Err(format!("`{text}` is not a duration; write a number and its unit: 250ms, 30s, 5m, 2h or 7d")),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = split(text.trim());
        let number: Option<usize> = digits.parse().ok();
        let scale = SIZES.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| *bytes);
        match number.zip(scale).and_then(|(number, bytes)| number.checked_mul(bytes)) {
            Some(bytes) => Ok(Self(bytes)),
            None => Err(format!("`{text}` is not a size; write a number and its unit: 512B, 64KiB, 32MiB or 1GiB")),
        }
    }
}

impl fmt::Display for Span {
    /// In the largest unit that keeps it whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let (unit, scale) = SPANS.iter().rev().find(|(_, scale)| ms.is_multiple_of(*scale)).unwrap_or(&SPANS[0]);
        write!(f, "{}{unit}", ms / scale)
    }
}

impl fmt::Display for Size {
    /// In the largest unit that keeps it whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) = SIZES.iter().rev().find(|(_, scale)| self.0.is_multiple_of(*scale)).unwrap_or(&SIZES[0]);
        write!(f, "{}{unit}", self.0 / scale)
    }
}

macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
from_text!(Span, Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_need_their_unit_and_read_back() {
        for text in ["250ms", "30s", "5m", "2h", "7d"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["512B", "64KiB", "32MiB", "1GiB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["", "30", "s", "-1s", "1.5h", "30 parsecs", "99999999999999999999s"] {
            assert!(text.parse::<Span>().is_err(), "{text:?}");
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
        assert_eq!("60s".parse::<Span>().unwrap().to_string(), "1m", "the largest unit that keeps it whole");
    }
}
