//! Percentages: as people write them, and as parts of a whole.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Exact;
use crate::price::Ratio;

/// So many hundredths, exactly: `50`, `12.5`, `100/3`. Never below zero. In JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Percent(Ratio);

/// Why a text is not a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage; write it like 50, 12.5 or 100/3")]
pub struct PercentError(
    /// What was given.
    pub String,
);

impl Percent {
    /// A whole number of hundredths.
    pub fn whole(percent: u32) -> Self {
        Self(Ratio::try_new(u64::from(percent), 1).unwrap_or_default())
    }

    /// That many hundredths of something; `None` when it does not fit.
    pub fn of(self, whole: Exact) -> Option<Exact> {
        whole.scaled(self.0)?.over(100)
    }

    /// Nothing?
    pub const fn is_zero(self) -> bool {
        self.0.num() == 0
    }

    /// More than another?
    pub fn exceeds(self, other: Self) -> bool {
        self.0.exceeds(other.0)
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        let number = text.trim().trim_end_matches('%').trim_end();
        number.parse().map(Self).map_err(|_| PercentError(text.to_owned()))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// What part of a whole something is. Kept exactly; shown in tenths of a percent, halves to the even one: `21.1 %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(Exact);

impl Share {
    /// `part ÷ whole`; `None` when the whole is nothing.
    pub fn of(part: Exact, whole: Exact) -> Option<Self> {
        part.part_of(whole).map(Self)
    }

    /// The fraction, one for everything.
    pub const fn exact(self) -> Exact {
        self.0
    }

    /// Tenths of a percent, halves to the even one.
    pub fn tenths(self) -> i64 {
        self.0.times(1000).and_then(Exact::round).map_or(i64::MAX, crate::money::Nano::get)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.tenths();
        write!(f, "{}.{} %", tenths.div_euclid(10), tenths.rem_euclid(10))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, of: i128, gives: Option<(i128, i128)>) {
        let percent: Percent = text.parse().unwrap();
        let gives = gives.and_then(|(num, den)| Exact::try_new(num, den));
        assert_eq!(percent.of(Exact::whole(of)), gives, "{text} of {of}");
        assert_eq!(percent.to_string().parse::<Percent>().unwrap(), percent, "what is shown reads back");
    }

    #[test]
    fn hundredths_are_exact() {
        check("50", 300_000, Some((150_000, 1)));
        check("12.5 %", 1, Some((1, 8)));
        check("100/3", 1, Some((1, 3)));
        check("0", 7, Some((0, 1)));
        for text in ["", "%", "-1", "half", "1e"] {
            assert_eq!(text.parse::<Percent>(), Err(PercentError(text.to_owned())));
        }
        assert!(Percent::whole(51).exceeds(Percent::whole(50)) && !Percent::whole(50).exceeds(Percent::whole(50)));
    }

    #[test]
    fn shares_are_shown_in_tenths_of_a_percent() {
        let shown = |part, whole| Share::of(Exact::whole(part), Exact::whole(whole)).map(|share| share.to_string());
        assert_eq!(shown(100, 475).as_deref(), Some("21.1 %"));
        assert_eq!(shown(1, 2000).as_deref(), Some("0.0 %"), "half to the even tenth");
        assert_eq!(shown(3, 2000).as_deref(), Some("0.2 %"));
        assert_eq!(shown(7, 7).as_deref(), Some("100.0 %"));
        assert_eq!(shown(0, 0), None);
    }
}
