//! A price as the price book keeps it, and the check that catches a price typed in the wrong unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::decimal::Decimal;

/// Units that a rate is for: every rate is per million tokens (or calls), so that all published prices are integers.
pub const UNITS_PER_RATE: u64 = 1_000_000;

/// A price: nano-units of currency per 1,000,000 units (tokens or calls). $3 per million tokens is `3_000_000_000`.
/// Text is the decimal price per million: `"3"`, `"0.075"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    /// Free of charge (which is not the same as having no price).
    pub const ZERO: Self = Self(0);

    /// A rate from nano-units per million units.
    pub const fn new(nano_per_million: u64) -> Self {
        Self(nano_per_million)
    }

    /// Nano-units per million units.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The rate of something priced per thousand, such as a tool call; `None` on overflow.
    pub(crate) fn checked_from_per_thousand(per_thousand: Self) -> Option<Self> {
        per_thousand.0.checked_mul(1_000).map(Self)
    }
}

/// The unit a price was typed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceUnit {
    /// Per 1,000,000 tokens, as providers' price pages write it.
    #[default]
    PerMillion,
    /// Per 1,000 tokens.
    PerThousand,
    /// Per single token, as some catalogues write it.
    PerToken,
}

impl PriceUnit {
    /// Powers of ten from this unit to nano-units per million.
    const fn power(self) -> u32 {
        match self {
            Self::PerMillion => 9,
            Self::PerThousand => 12,
            Self::PerToken => 15,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::PerMillion => "per million",
            Self::PerThousand => "per thousand",
            Self::PerToken => "per token",
        }
    }
}

/// A price that is almost certainly in another unit than the one it was said to be in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} {said} looks like a {looks_like} price; did you mean {meant} per million tokens?", said = .said.words(), looks_like = .looks_like.words().replace("per ", "per-"))]
pub struct PriceTypo {
    /// What was typed.
    pub text: String,
    /// The unit it was said to be in.
    pub said: PriceUnit,
    /// The unit it is likely to be in.
    pub looks_like: PriceUnit,
    /// The rate if so.
    pub meant: Rate,
}

/// Why a text is not a price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Not a plain or scientific decimal of zero or more.
    #[error("`{0}` is not a price; write it like 3, 0.075 or 3e-06")]
    NotANumber(String),
    /// Finer than a nano-unit per million, or beyond the range: can't be kept exactly.
    #[error("`{0}` can't be kept exactly; rates are kept in billionths per million units")]
    NotExact(String),
    /// Readable, but out of all proportion to any published price.
    #[error(transparent)]
    Typo(#[from] PriceTypo),
}

/// No token is published below this per million, the cheapest cache reads included ($0.001). Per-token prices typed
/// as per-million ones lie below it: even $600 per million, the dearest published, is 0.0006 per token.
const LEAST_PLAUSIBLE: Rate = Rate::new(1_000_000);
/// No token is published above this per million ($600 is the dearest); a per-million price taken as per-token lies
/// above it, for even $0.01 per token is $10,000 per million.
const MOST_PLAUSIBLE: Rate = Rate::new(5_000_000_000_000);

/// The rate of a typed price per token, with the check for a wrong unit. An administrator who insists on an unusual
/// price uses [`parse_price_as_typed`].
///
/// # Errors
/// [`PriceError`] says whether it is no number, not exact, or likely in another unit.
pub fn parse_price(text: &str, unit: PriceUnit) -> Result<Rate, PriceError> {
    let rate = parse_price_as_typed(text, unit)?;
    if rate == Rate::ZERO || (LEAST_PLAUSIBLE..=MOST_PLAUSIBLE).contains(&rate) {
        return Ok(rate);
    }
    let plausible = [PriceUnit::PerToken, PriceUnit::PerMillion, PriceUnit::PerThousand]
        .into_iter()
        .filter_map(|other| Some((other, parse_price_as_typed(text, other).ok()?)))
        .find(|(_, meant)| (LEAST_PLAUSIBLE..=MOST_PLAUSIBLE).contains(meant));
    match plausible {
        Some((looks_like, meant)) => {
            Err(PriceTypo { text: text.trim().to_owned(), said: unit, looks_like, meant }.into())
        }
        None => Ok(rate),
    }
}

/// The rate of a typed price, whatever its size.
///
/// # Errors
/// [`PriceError::NotANumber`] or [`PriceError::NotExact`].
pub fn parse_price_as_typed(text: &str, unit: PriceUnit) -> Result<Rate, PriceError> {
    let digits = text.trim().trim_start_matches('$');
    let decimal = Decimal::parse(digits).ok_or_else(|| PriceError::NotANumber(text.to_owned()))?;
    decimal.scaled(unit.power()).map(Rate).ok_or_else(|| PriceError::NotExact(text.to_owned()))
}

impl FromStr for Rate {
    type Err = PriceError;

    /// A price per million, as it stands in the bundled list; no plausibility check.
    fn from_str(text: &str) -> Result<Self, PriceError> {
        parse_price_as_typed(text, PriceUnit::PerMillion)
    }
}

impl fmt::Display for Rate {
    /// The exact price per million without needless zeros, but with cents where there are any: `3`, `1.50`, `0.075`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NANO: u64 = 1_000_000_000;
        let whole = self.0.checked_div(NANO).unwrap_or(0);
        let places = format!("{:09}", self.0.checked_rem(NANO).unwrap_or(0));
        match places.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            shown => write!(f, "{whole}.{shown:0<2}"),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Rate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price as decimal text, such as \"3.00\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Rate, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, unit: PriceUnit, expect: Result<&str, &str>) {
        let got = parse_price(text, unit).map(|rate| rate.to_string()).map_err(|error| error.to_string());
        assert_eq!(got.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn prices_are_read_in_their_unit() {
        check("3", PriceUnit::PerMillion, Ok("3"));
        check("$1.5", PriceUnit::PerMillion, Ok("1.50"));
        check("0.000003", PriceUnit::PerToken, Ok("3"));
        check("3e-06", PriceUnit::PerToken, Ok("3"));
        check("0.003", PriceUnit::PerThousand, Ok("3"));
        check("0", PriceUnit::PerMillion, Ok("0"));
        check("0.005", PriceUnit::PerMillion, Ok("0.005"));
        check("600", PriceUnit::PerMillion, Ok("600"));
    }

    #[test]
    fn a_price_in_the_wrong_unit_is_caught() {
        check(
            "0.000003",
            PriceUnit::PerMillion,
            Err("0.000003 per million looks like a per-token price; did you mean 3 per million tokens?"),
        );
        check(
            "3",
            PriceUnit::PerToken,
            Err("3 per token looks like a per-million price; did you mean 3 per million tokens?"),
        );
        check(
            "15",
            PriceUnit::PerThousand,
            Err("15 per thousand looks like a per-million price; did you mean 15 per million tokens?"),
        );
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        for text in ["", "free", "-3", "1.2.3"] {
            assert!(matches!(parse_price(text, PriceUnit::PerMillion), Err(PriceError::NotANumber(_))), "{text:?}");
        }
        assert!(matches!(parse_price("0.0000000001", PriceUnit::PerMillion), Err(PriceError::NotExact(_))));
        assert!(matches!(parse_price("1e30", PriceUnit::PerMillion), Err(PriceError::NotExact(_))));
    }

    #[test]
    fn a_price_in_json_is_text() {
        assert_eq!(serde_json::from_str::<Rate>("\"3.00\"").unwrap().to_string(), "3");
        let error = serde_json::from_str::<Rate>("[3]").unwrap_err().to_string();
        assert!(error.contains("expected a price as decimal text, such as \"3.00\""), "{error}");
    }
}
