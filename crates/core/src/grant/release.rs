//! `20/day`, `20 per day`, `20 day`: an amount and how often, as people write it.

use std::fmt;
use std::str::FromStr;

use crate::calendar::{Cadence, Days};
use crate::money::{AmountError, Nano};

/// What is released and how often: `20/day`, `20/workday`, `1500/month`, `150000/year`, `100 once`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Release {
    /// What a whole period releases; above zero.
    pub amount: Nano,
    /// How often.
    pub cadence: Cadence,
    /// On which days.
    pub days: Days,
}

/// Why a text is not an amount per period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Only an amount.
    #[error("`{0}` lacks how often; write {0}/day, {0}/month or {0} once")]
    NoCadence(String),
    /// A period that is not one of ours.
    #[error("`{0}` is not a period; use day, workday, week, month, quarter or year, as in 20/day, or `100 once`")]
    Cadence(String),
    /// Zero or below.
    #[error("`{0}` releases nothing; the amount must be above zero")]
    NotPositive(String),
    /// The amount itself.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl FromStr for Release {
    type Err = ReleaseError;

    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let text = text.trim();
        let (amount, often) = match text.split_once('/') {
            Some((amount, often)) => (amount, often.trim()),
            None => match text.rsplit_once(char::is_whitespace) {
                Some((amount, often)) => (without_per(amount.trim_end()), often),
                // Say what is wrong with the amount first.
                None => {
                    return Err(text
                        .parse::<Nano>()
                        .map_or_else(Into::into, |_| ReleaseError::NoCadence(text.to_owned())));
                }
            },
        };
        let (cadence, days) = match often.to_ascii_lowercase().as_str() {
            "day" => (Cadence::Day, Days::All),
            "workday" => (Cadence::Day, Days::Workdays),
            "week" => (Cadence::Week, Days::All),
            "month" => (Cadence::Month, Days::All),
            "quarter" => (Cadence::Quarter, Days::All),
            "year" => (Cadence::Year, Days::All),
            "once" => (Cadence::Once, Days::All),
            _ => return Err(ReleaseError::Cadence(often.to_owned())),
        };
        let amount: Nano = amount.parse()?;
        if !amount.is_positive() {
            return Err(ReleaseError::NotPositive(text.to_owned()));
        }
        Ok(Self { amount, cadence, days })
    }
}

/// An amount without the `per` behind it.
fn without_per(amount: &str) -> &str {
    match amount.rsplit_once(char::is_whitespace) {
        Some((amount, per)) if per.eq_ignore_ascii_case("per") => amount,
        _ => amount,
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let often = match (self.cadence, self.days) {
            (Cadence::Once, _) => return write!(f, "{} once", self.amount),
            (Cadence::Day, Days::Workdays) => "workday",
            (Cadence::Day, Days::All) => "day",
            (Cadence::Week, _) => "week",
            (Cadence::Month, _) => "month",
            (Cadence::Quarter, _) => "quarter",
            (Cadence::Year, _) => "year",
        };
        write!(f, "{}/{often}", self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let shown_or_error = match text.parse::<Release>() {
            Ok(release) => {
                assert_eq!(release.to_string().parse::<Release>(), Ok(release), "what is shown reads back");
                release.to_string()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(shown_or_error, shown, "{text:?}");
    }

    #[test]
    fn amounts_per_period_read_as_people_write_them() {
        check("20/day", "20.00/day");
        check(" $1,500 / Month ", "1500.00/month");
        check("5 Once", "5.00 once");
        check("20 day", "20.00/day");
        check("20 per day", "20.00/day");
        check("1,500  Per\tMonth", "1500.00/month");
        check("100 workday", "100.00/workday");
        check("20 / day", "20.00/day");
        check(
            "20 per",
            "`per` is not a period; use day, workday, week, month, quarter or year, as in 20/day, or `100 once`",
        );
        check("20 40/day", "`20 40` is not an amount; write it like 20, 20.50 or 0.000000001");
        check("per day", "`per` is not an amount; write it like 20, 20.50 or 0.000000001");
        check("20.5/workday", "20.50/workday");
        check("100 once", "100.00 once");
        check("150000/year", "150000.00/year");
        check("300/week", "300.00/week");
        check("900/quarter", "900.00/quarter");
        check("20", "`20` lacks how often; write 20/day, 20/month or 20 once");
        check(
            "20/fortnight",
            "`fortnight` is not a period; use day, workday, week, month, quarter or year, as in 20/day, or `100 once`",
        );
        check(
            "20 daily",
            "`daily` is not a period; use day, workday, week, month, quarter or year, as in 20/day, or `100 once`",
        );
        check("0/day", "`0/day` releases nothing; the amount must be above zero");
        check("-5/day", "`-5/day` releases nothing; the amount must be above zero");
        check("much/day", "`much` is not an amount; write it like 20, 20.50 or 0.000000001");
        check("", "`` is not an amount; write it like 20, 20.50 or 0.000000001");
    }
}
