//! Fiscal years: twelve months from a month that the company chooses.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::CivilSpan;

/// A fiscal year, named by the calendar year in which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FiscalYear(pub i16);

impl FiscalYear {
    /// The year after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// A year that grants can be in.
    pub fn is_sane(self) -> bool {
        (1970..9000).contains(&self.0)
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FiscalYear {
    type Err = ParseIntError;
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.trim().parse().map(Self)
    }
}

/// In which month the company's fiscal years begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i8", into = "i8")]
pub struct FiscalCalendar(i8);

impl FiscalCalendar {
    /// Years that begin in a month from 1 to 12; `None` for anything else.
    pub const fn try_new(month: i8) -> Option<Self> {
        if 1 <= month && month <= 12 { Some(Self(month)) } else { None }
    }

    /// The month.
    pub const fn month(self) -> i8 {
        self.0
    }

    /// The days of a year.
    pub fn days(self, year: FiscalYear) -> CivilSpan {
        let first = |year| Date::new(year, self.0, 1);
        CivilSpan { first: first(year.0).unwrap_or(Date::MIN), until: first(year.next().0).unwrap_or(Date::MAX) }
    }

    /// The year that a day is in.
    pub fn year(self, day: Date) -> FiscalYear {
        let year = day.year();
        FiscalYear(if day.month() < self.0 { year.saturating_sub(1) } else { year })
    }
}

impl Default for FiscalCalendar {
    /// Calendar years.
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<i8> for FiscalCalendar {
    type Error = String;
    fn try_from(month: i8) -> Result<Self, String> {
        Self::try_new(month).ok_or_else(|| format!("a fiscal year begins in a month from 1 to 12, not {month}"))
    }
}

impl From<FiscalCalendar> for i8 {
    fn from(calendar: FiscalCalendar) -> Self {
        calendar.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_tile_the_days_whatever_month_they_begin_in() {
        for month in 1..=12 {
            let calendar = FiscalCalendar::try_new(month).unwrap();
            let mut day: Date = "2027-12-01".parse().unwrap();
            for _ in 0..800 {
                let year = calendar.year(day);
                let days = calendar.days(year);
                assert!(days.first <= day && day < days.until, "{day} in {days:?}");
                assert_eq!(calendar.days(year.next()).first, days.until);
                assert_eq!((days.first.year(), days.first.month(), days.first.day()), (year.0, month, 1));
                day = day.tomorrow().unwrap();
            }
        }
        assert!(FiscalCalendar::try_new(0).is_none() && FiscalCalendar::try_new(13).is_none());
    }
}
