//! Working calendars of places.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::RoleError;
use crate::calendar::{CivilSpan, Days};

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
}

impl WorkCalendar {
    /// Is the day one to work on?
    pub fn includes(&self, date: Date) -> bool {
        Days::Workdays.includes(date) && !self.holidays.contains(&date)
    }

    /// How many days of a span are. Zero of an empty or upside-down one.
    pub fn count(&self, span: CivilSpan) -> i64 {
        if span.is_empty() {
            return 0;
        }
        let off = self.holidays.range(span.first..span.until).filter(|day| Days::Workdays.includes(**day)).count();
        Days::Workdays.count(span).saturating_sub(i64::try_from(off).unwrap_or(i64::MAX))
    }

    pub(super) fn check(&self) -> Result<(), RoleError> {
        let sane = (1..=366).contains(&self.workdays_per_year);
        if sane { Ok(()) } else { Err(RoleError::Workdays(self.workdays_per_year)) }
    }
}
