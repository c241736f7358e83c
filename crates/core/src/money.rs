//! Money: an integer number of nano-units of the ledger's currency.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::written::{Written, last_digit, last_two_digits};

/// Nano-units in one unit of the currency.
pub const NANO_PER_UNIT: i64 = 1_000_000_000;

/// An amount in nano-units (1e-9) of the ledger's currency. Range ±9.2 thousand million units.
///
/// There is no `+`: arithmetic is checked and says so at the place where it happens. In JSON it is a decimal string
/// (`"5.00"`), because JSON numbers are floats to many readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nano(i64);

impl Nano {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that can be held in one account.
    pub const MAX: Self = Self(i64::MAX);

    /// An amount from its nano-units.
    pub const fn new(nano: i64) -> Self {
        Self(nano)
    }

    /// An amount from whole units; `None` when it does not fit.
    pub const fn try_from_units(units: i64) -> Option<Self> {
        match units.checked_mul(NANO_PER_UNIT) {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// The nano-units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `self + other`, or `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// `self - other`, or `None` on overflow.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// `self + other`, held at the ends of the range. For bounds and displays, never for postings.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `self - other`, held at the ends of the range. For bounds and displays, never for postings.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `-self`, or `None` for the one amount that has no opposite.
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// Below zero?
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Above zero?
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Exactly nothing?
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount as people read it: `$4.87`, rounded down to cents away from promising too much; amounts under one
    /// cent keep six places. Exact figures are written by [`fmt::Display`].
    pub fn for_people(self, currency: &Currency) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nano = self.0.unsigned_abs();
        let per_unit = NANO_PER_UNIT.unsigned_abs();
        let units = nano.checked_div(per_unit).unwrap_or(0);
        let rest = nano.checked_rem(per_unit).unwrap_or(0);
        if nano > 0 && nano < 10_000_000 {
            let micro = rest.checked_div(1_000).unwrap_or(0);
            return format!("{sign}{}0.{micro:06}", currency.symbol());
        }
        let cents = rest.checked_div(10_000_000).unwrap_or(0);
        format!("{sign}{}{}.{cents:02}", currency.symbol(), grouped(units))
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (i, c) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(i);
        if i > 0 && left.checked_rem(3) == Some(0) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Decimal places of an amount.
const PLACES: u32 = 9;

impl Nano {
    /// The exact decimal, at least two places: `5.00`, `0.003703701`, `-0.000000001`.
    pub fn written(self) -> Written<24> {
        let mut text = Written::default();
        let nano = self.0.unsigned_abs();
        let per_unit = NANO_PER_UNIT.unsigned_abs();
        let units = nano.checked_div(per_unit).unwrap_or(0);
        let mut rest = nano.wrapping_sub(units.wrapping_mul(per_unit));
        let mut places = PLACES;
        // Cents are always shown, what is below them where there is something.
        while places > 2 {
            let (before, digit) = last_digit(rest);
            if digit != b'0' {
                break;
            }
            (rest, places) = (before, places.saturating_sub(1));
        }
        while places > 1 {
            let (before, two) = last_two_digits(rest);
            text.put_two(two);
            (rest, places) = (before, places.saturating_sub(2));
        }
        if places == 1 {
            text.put(last_digit(rest).1);
        }
        text.put(b'.');
        text.put_number(units);
        if self.0 < 0 {
            text.put(b'-');
        }
        text
    }
}

impl fmt::Display for Nano {
    /// As [`written`](Nano::written).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one decimal point.
    #[error("`{0}` is not an amount; write it like 20, 20.50 or 0.000000001")]
    NotANumber(String),
    /// More than nine decimal places: can't be kept exactly.
    #[error("`{0}` has more than nine decimal places; amounts are kept in billionths")]
    TooFine(String),
    /// Beyond the range of the ledger.
    #[error("`{0}` is beyond 9,223,372,036 units, the largest amount one account can hold")]
    TooLarge(String),
}

impl FromStr for Nano {
    type Err = AmountError;

    /// Exact, or an error: `20`, `20.5`, `-0.000000001`, `1_000`. A leading `$`, `€` or `£` is dropped.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let bad = || AmountError::NotANumber(text.to_owned());
        let trimmed = text.trim().trim_start_matches(['$', '€', '£']);
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let whole: String = whole.chars().filter(|c| *c != '_' && *c != ',').collect();
        if whole.is_empty() && places.is_empty() || !(whole.chars().chain(places.chars())).all(|c| c.is_ascii_digit()) {
            return Err(bad());
        }
        let places = places.trim_end_matches('0');
        if places.len() > 9 {
            return Err(AmountError::TooFine(text.to_owned()));
        }
        let too_large = || AmountError::TooLarge(text.to_owned());
        let units: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_large())? };
        let nano: i64 = format!("{places:0<9}").parse().map_err(|_| bad())?;
        let total = units.checked_mul(NANO_PER_UNIT).and_then(|n| n.checked_add(nano)).ok_or_else(too_large)?;
        Ok(Self(if negative { total.checked_neg().ok_or_else(too_large)? } else { total }))
    }
}

impl Serialize for Nano {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nano {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// The ledger's currency, an ISO 4217 code. One ledger has one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

impl Currency {
    /// US dollars, the currency of every public price list.
    pub fn usd() -> Self {
        Self("USD".to_owned())
    }

    /// A currency from its three-letter code; `None` for anything else.
    pub fn try_new(code: &str) -> Option<Self> {
        let ok = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        ok.then(|| Self(code.to_owned()))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// What people write before the figure: `$`, `€`, `£`, else the code and a space.
    pub fn symbol(&self) -> String {
        match self.0.as_str() {
            "USD" => "$".to_owned(),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            code => format!("{code} "),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::try_new(&code).ok_or_else(|| format!("`{code}` is not a three-letter currency code such as USD"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str, people: &str) {
        let amount: Nano = text.parse().unwrap();
        assert_eq!(amount.to_string(), shown);
        assert_eq!(amount.for_people(&Currency::usd()), people);
        assert_eq!(shown.parse::<Nano>().unwrap(), amount, "what is shown reads back");
    }

    #[test]
    fn amounts_read_and_write_exactly() {
        check("0", "0.00", "$0.00");
        check("0.01", "0.01", "$0.01");
        check("20", "20.00", "$20.00");
        check("$3.703701", "3.703701", "$3.70");
        check("-0.000000001", "-0.000000001", "-$0.000000");
        check("1_234_567.5", "1234567.50", "$1,234,567.50");
        check(".5", "0.50", "$0.50");
        check("0.001234567", "0.001234567", "$0.001234");
        check("4.999999999", "4.999999999", "$4.99");
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        assert!(matches!("0.0000000001".parse::<Nano>(), Err(AmountError::TooFine(_))));
        assert!(matches!("9223372037".parse::<Nano>(), Err(AmountError::TooLarge(_))));
        for text in ["", ".", "1.2.3", "1e9", "five", "--1", "1 0"] {
            assert!(matches!(text.parse::<Nano>(), Err(AmountError::NotANumber(_))), "{text:?}");
        }
    }

    #[test]
    fn currencies_are_three_capital_letters() {
        let shown = |code: &str| Currency::try_new(code).map(|currency| currency.symbol());
        let amounts = ["USD", "EUR", "GBP", "SEK"].map(|code| shown(code).unwrap());
        assert_eq!(amounts, ["$", "€", "£", "SEK "]);
        for wrong in ["", "US", "USDT", "usd", "UsD", "US1", "€"] {
            assert_eq!(shown(wrong), None, "{wrong:?}");
        }
    }
}
