//! The token line of an offer: what is promised, how firmly, and for what.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Percent, PercentError};
use crate::calendar::{Cadence, Days};
use crate::grant::Priority;
use crate::money::{AmountError, Nano};
use crate::scope::{Pattern, Scope};

/// The fourth pillar. What is not said is not promised: each `None` is something the linter asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenLine {
    /// How much, at full working time.
    pub amount: Basis,
    /// In which steps it is released; by itself in the period that the amount is written in, a percentage by the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseEvery>,
    /// A commitment that no later cut can eat, rather than a discretionary amount.
    #[serde(default, skip_serializing_if = "is_false")]
    pub guaranteed: bool,
    /// What it can't be cut below before the term ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Basis>,
    /// How long it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<TokenTerm>,
    /// What a day is worth on which the promise could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// Models and providers it pays for.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// Tools it may be spent with, by pattern; empty for every tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Pattern>,
    /// Theirs alone, or a team's.
    #[serde(default)]
    pub sharing: Sharing,
    /// What becomes of what is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// A work tool, or in part for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// From when on it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// "I only join with this": without it there is no acceptance.
    #[serde(default, skip_serializing_if = "is_false")]
    pub condition_precedent: bool,
    /// The pool that pays for a guarantee, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Lower burns first.
    #[serde(default, skip_serializing_if = "crate::grant::is_default")]
    pub priority: Priority,
}

impl TokenLine {
    /// An amount of which nothing else is said.
    pub fn plain(amount: Basis) -> Self {
        Self {
            amount,
            release: None,
            guaranteed: false,
            floor: None,
            term: None,
            remedy: None,
            scope: Scope::EVERYTHING,
            tools: Vec::new(),
            sharing: Sharing::Own,
            rollover: None,
            purpose: None,
            activation: None,
            condition_precedent: false,
            pool: None,
            priority: Priority::default(),
        }
    }

    /// In which steps it is released.
    pub fn released_every(&self) -> ReleaseEvery {
        self.release.unwrap_or(match self.amount {
            Basis::PerWorkday(_) => ReleaseEvery::Workday,
            Basis::PerMonth(_) => ReleaseEvery::Month,
            Basis::PerYear(_) | Basis::OfBase(_) => ReleaseEvery::Year,
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(it: &bool) -> bool {
    !*it
}

/// How an amount is written. In JSON text: `300/workday`, `2000/month`, `150000/year`, `50% of base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// For each workday.
    PerWorkday(Nano),
    /// For each month.
    PerMonth(Nano),
    /// For each year.
    PerYear(Nano),
    /// Hundredths of the salary, for each year.
    OfBase(Percent),
}

impl Basis {
    /// Does it give nothing, or less?
    pub const fn is_nothing(self) -> bool {
        match self {
            Self::PerWorkday(amount) | Self::PerMonth(amount) | Self::PerYear(amount) => !amount.is_positive(),
            Self::OfBase(percent) => percent.is_zero(),
        }
    }

    /// Below zero?
    pub const fn is_negative(self) -> bool {
        match self {
            Self::PerWorkday(amount) | Self::PerMonth(amount) | Self::PerYear(amount) => amount.is_negative(),
            Self::OfBase(_) => false,
        }
    }
}

/// Why a text is not an amount of a token line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasisError {
    /// No period that a token line can have.
    #[error("`{0}` is no amount of a token line; write it like 300/workday, 2000/month, 150000/year or 50% of base")]
    Form(String),
    /// The amount itself.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The percentage itself.
    #[error(transparent)]
    Percent(#[from] PercentError),
}

impl FromStr for Basis {
    type Err = BasisError;

    fn from_str(text: &str) -> Result<Self, BasisError> {
        if let Some((percent, of)) = text.split_once('%') {
            return match of.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["of", "base"] => Ok(Self::OfBase(percent.parse()?)),
                _ => Err(BasisError::Form(text.to_owned())),
            };
        }
        let (amount, per) = text.split_once('/').ok_or_else(|| BasisError::Form(text.to_owned()))?;
        let form = match per.trim().to_ascii_lowercase().as_str() {
            "workday" => Self::PerWorkday,
            "month" => Self::PerMonth,
            "year" => Self::PerYear,
            _ => return Err(BasisError::Form(text.to_owned())),
        };
        Ok(form(amount.parse()?))
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerWorkday(amount) => write!(f, "{amount}/workday"),
            Self::PerMonth(amount) => write!(f, "{amount}/month"),
            Self::PerYear(amount) => write!(f, "{amount}/year"),
            Self::OfBase(percent) => write!(f, "{percent}% of base"),
        }
    }
}

/// In which steps an amount is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReleaseEvery {
    /// Each workday.
    Workday,
    /// At the start of each month.
    Month,
    /// At the start of each quarter.
    Quarter,
    /// At the start of each year.
    Year,
}

impl ReleaseEvery {
    /// What a grant calls it.
    pub const fn cadence(self) -> (Cadence, Days) {
        match self {
            Self::Workday => (Cadence::Day, Days::Workdays),
            Self::Month => (Cadence::Month, Days::All),
            Self::Quarter => (Cadence::Quarter, Days::All),
            Self::Year => (Cadence::Year, Days::All),
        }
    }
}

/// How long a promise holds. In JSON text: `24 months` from the start date, or the first day without, `2028-12-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenTerm {
    /// From the start date.
    Months(u16),
    /// The first day without.
    Until(Date),
}

impl TokenTerm {
    /// The first day without, for somebody who starts on a day; `None` beyond the calendar.
    pub fn ends(self, starts: Date) -> Option<Date> {
        match self {
            Self::Months(months) => starts.checked_add(jiff::Span::new().months(months)).ok(),
            Self::Until(date) => Some(date),
        }
    }
}

/// Why a text is not a term.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no term; write months as in `24 months`, or the first day without as in 2028-12-31")]
pub struct TermError(
    /// What was given.
    pub String,
);

impl FromStr for TokenTerm {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        let error = || TermError(text.to_owned());
        if let Ok(date) = text.trim().parse() {
            return Ok(Self::Until(date));
        }
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [months, "month" | "months"] => {
                months.parse().ok().filter(|months| *months > 0).map(Self::Months).ok_or_else(error)
            }
            _ => Err(error()),
        }
    }
}

impl fmt::Display for TokenTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Months(months) => write!(f, "{months} months"),
            Self::Until(date) => date.fmt(f),
        }
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::read(deserializer)
            }
        }
    )*};
}

as_text!(Basis, TokenTerm);

/// What a day is worth on which the promise could not be used although it should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The term ends a day later.
    Extends,
    /// The day's amount is credited.
    Credits,
}

/// Whose amount it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Theirs alone.
    #[default]
    Own,
    /// A team's.
    Shared {
        /// How many share it, when that is said.
        people: Option<u32>,
    },
}

/// What becomes of what a period did not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rollover {
    /// It is gone with its period.
    Lapses,
    /// It goes on into later periods.
    Carries {
        /// At most so many hundredths of what one period releases; `None` for all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Percent>,
        /// For so many periods; `None` until the term ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        periods: Option<u16>,
    },
}

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// For the work alone.
    WorkTool,
    /// So many hundredths may be spent at their own discretion.
    PersonalShare(Percent),
}

/// From when on it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// From the first minute of the start date, in their zone.
    StartDate,
    /// Once somebody has asked for it and somebody has done it.
    OnRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let said = match text.parse::<Basis>() {
            Ok(basis) => {
                assert_eq!(basis.to_string().parse::<Basis>(), Ok(basis), "what is shown reads back");
                basis.to_string()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(said, shown, "{text:?}");
    }

    #[test]
    fn amounts_are_written_by_workday_month_year_or_share_of_base() {
        check("300/workday", "300.00/workday");
        check("$2,000 / Month", "2000.00/month");
        check("150000/year", "150000.00/year");
        check("50% of base", "50% of base");
        check("12.5 %  of base", "12.5% of base");
        check("much/year", "`much` is not an amount; write it like 20, 20.50 or 0.000000001");
        check("x% of base", "`x` is not a percentage; write it like 50, 12.5 or 100/3");
        let form = "is no amount of a token line; write it like 300/workday, 2000/month, 150000/year or 50% of base";
        for text in ["300", "300/day", "50%", "50% of bonus", ""] {
            check(text, &format!("`{text}` {form}"));
        }
    }

    #[test]
    fn a_term_is_months_or_a_day() {
        let start: Date = "2027-01-31".parse().unwrap();
        let ends = |text: &str| text.parse::<TokenTerm>().unwrap().ends(start).map(|date| date.to_string());
        assert_eq!(ends("1 month").as_deref(), Some("2027-02-28"));
        assert_eq!(ends("24 months").as_deref(), Some("2029-01-31"));
        assert_eq!(ends("2028-12-31").as_deref(), Some("2028-12-31"));
        assert_eq!(TokenTerm::Months(u16::MAX).ends(start).map(Date::year), Some(7488));
        for text in ["0 months", "24", "two months", "24 years", ""] {
            assert!(text.parse::<TokenTerm>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_line_reads_from_json_and_back() {
        let text = r#"{"amount":"300/workday","guaranteed":true,"floor":"200/workday","term":"24 months",
            "remedy":"extends","scope":{"models":["claude-*"]},"tools":["claude-code"],
            "sharing":{"shared":{"people":12}},"rollover":{"carries":{"cap":"100","periods":1}},
            "purpose":{"personal_share":"10"},"activation":"start_date","condition_precedent":true,"pool":"research"}"#;
        let line: TokenLine = serde_json::from_str(text).unwrap();
        assert_eq!(line.sharing, Sharing::Shared { people: Some(12) });
        let again: TokenLine = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
        assert_eq!(again, line);
        let plain = TokenLine::plain(Basis::PerMonth("2000".parse().unwrap()));
        let said = serde_json::to_string(&plain).unwrap();
        assert_eq!(said, r#"{"amount":"2000.00/month","sharing":"own"}"#, "what is not said is not written");
        assert_eq!(serde_json::from_str::<TokenLine>(&said).unwrap(), plain);
        assert!(serde_json::from_str::<TokenLine>(r#"{"amount":"1/month","garanteed":true}"#).is_err(), "a typo");
    }
}
