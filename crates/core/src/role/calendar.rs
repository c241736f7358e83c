//! Working calendars of places.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Place, RoleError};
use crate::calendar::{CivilSpan, Days};
use crate::grant::is_default;

/// Monday to Friday, without the holidays of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkCalendar {
    /// Workdays that a year counts in offers, whatever the year: what makes an amount per year one per workday.
    pub workdays_per_year: u16,
    /// Days that are none, whatever weekday they are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeSet<crate::schema::Day>"))]
    pub holidays: BTreeSet<Date>,
    /// Where the list comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Which one of the place's it is, counted from 1 when it is set; whatever is written here is not looked at.
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: u32,
}

/// A place's holidays as they were when something was promised by them. Later ones of the place change nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixedCalendar {
    /// Whose.
    pub place: Place,
    /// Which version of the place's calendar.
    pub version: u32,
    /// Days that are none to work on, whatever weekday they are.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeSet<crate::schema::Day>"))]
    pub holidays: BTreeSet<Date>,
}

impl FixedCalendar {
    /// Is the day a holiday?
    pub fn has(&self, date: Date) -> bool {
        self.holidays.contains(&date)
    }

    /// How many of Monday to Friday in a span are holidays. Zero of an empty or upside-down span.
    pub fn off(&self, span: CivilSpan) -> i64 {
        off(&self.holidays, span)
    }
}

fn off(holidays: &BTreeSet<Date>, span: CivilSpan) -> i64 {
    if span.is_empty() {
        return 0;
    }
    let off = holidays.range(span.first..span.until).filter(|day| Days::Workdays.includes(**day)).count();
    i64::try_from(off).unwrap_or(i64::MAX)
}

impl WorkCalendar {
    /// Is the day one to work on?
    pub fn includes(&self, date: Date) -> bool {
        Days::Workdays.includes(date) && !self.holidays.contains(&date)
    }

    /// How many days of a span are. Zero of an empty or upside-down one.
    pub fn count(&self, span: CivilSpan) -> i64 {
        Days::Workdays.count(span).saturating_sub(off(&self.holidays, span))
    }

    /// As it is now, for something that begins on a day: holidays of years before don't matter to it.
    pub fn fixed(&self, place: &Place, begins: Date) -> FixedCalendar {
        let holidays = self.holidays.iter().copied().filter(|day| day.year() >= begins.year()).collect();
        FixedCalendar { place: place.clone(), version: self.version, holidays }
    }

    pub(super) fn check(&self) -> Result<(), RoleError> {
        let sane = (1..=366).contains(&self.workdays_per_year);
        if sane { Ok(()) } else { Err(RoleError::Workdays(self.workdays_per_year)) }
    }
}
