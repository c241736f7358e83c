//! Months and years of somebody, between midnights of theirs.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Date;

use crate::time::Instant;
use crate::zone::Zones;

/// A month or a year of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanOf {
    /// A month, by its first day.
    Month(Date),
    /// A year, by its first day.
    Year(Date),
}

/// Why a text names no month and no year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}; write it like {example}")]
pub struct SpanError {
    /// What was written.
    pub text: String,
    /// What was expected.
    pub what: &'static str,
    /// One.
    pub example: &'static str,
}

impl SpanOf {
    /// The month of a day.
    pub fn month_of(day: Date) -> Self {
        Self::Month(day.first_of_month())
    }

    /// The year of a day.
    pub fn year_of(day: Date) -> Self {
        Self::Year(day.first_of_year())
    }

    /// A month as people write it: `2026-11`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn month(text: &str) -> Result<Self, SpanError> {
        let bad = || SpanError { text: text.to_owned(), what: "a month", example: "2026-11" };
        let text = text.trim();
        let first: Date = format!("{text}-01").parse().map_err(|_| bad())?;
        Some(Self::Month(first)).filter(|month| month.to_string() == text && month.is_sane()).ok_or_else(bad)
    }

    /// A year as people write it: `2026`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn year(text: &str) -> Result<Self, SpanError> {
        let bad = || SpanError { text: text.to_owned(), what: "a year", example: "2026" };
        let text = text.trim();
        let first: Date = format!("{text}-01-01").parse().map_err(|_| bad())?;
        Some(Self::Year(first)).filter(|year| year.to_string() == text && year.is_sane()).ok_or_else(bad)
    }

    fn is_sane(self) -> bool {
        (1970..=9000).contains(&self.first().year())
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        match self {
            Self::Month(first) | Self::Year(first) => first,
        }
    }

    /// The first day after it.
    pub fn until(self) -> Date {
        let after = match self {
            Self::Month(first) => first.last_of_month().tomorrow(),
            Self::Year(first) => first.last_of_year().tomorrow(),
        };
        after.unwrap_or(Date::MAX)
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Month(_) => Self::Month(self.until()),
            Self::Year(_) => Self::Year(self.until()),
        }
    }

    /// Its months, in order: itself, where it is one.
    pub fn months(self) -> impl Iterator<Item = Self> {
        let until = self.until();
        let first = Self::month_of(self.first());
        std::iter::successors(Some(first), |month| Some(month.next())).take_while(move |month| month.first() < until)
    }

    /// Its instants, for somebody who lived in these zones. Neighbours join, whenever somebody moves.
    pub fn bounds(self, zones: &Zones) -> Range<Instant> {
        midnight(zones, self.first())..midnight(zones, self.until())
    }
}

impl fmt::Display for SpanOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Year(first) => write!(f, "{:04}", first.year()),
        }
    }
}

impl FromStr for SpanOf {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        Self::month(text).or_else(|bad| Self::year(text).map_err(|_| bad))
    }
}

/// The instant at which a day begins for somebody: by the clock of the zone that they live in then.
pub fn midnight(zones: &Zones, day: Date) -> Instant {
    // Two days before, whatever the zone, is before the day begins.
    let before =
        zones.at(crate::zone::Zone::UTC.first_instant(day).saturating_sub(std::time::Duration::from_hours(48)));
    let by_the_old_clock = before.first_instant(day);
    zones.at(by_the_old_clock).first_instant(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::Zone;

    fn zone(name: &str) -> Zone {
        Zone::try_new(name).unwrap()
    }

    #[test]
    fn months_and_years_are_read_and_written() {
        for (text, expected) in [
            ("2026-11", Some("2026-11")),
            (" 2026-02 ", Some("2026-02")),
            ("2026", Some("2026")),
            ("2026-1", None),
            ("2026-13", None),
            ("2026-11-01", None),
            ("", None),
            ("November", None),
            ("12026", None),
            ("0001-01", None),
        ] {
            let read = text.parse::<SpanOf>().ok().map(|span| span.to_string());
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
        let year = SpanOf::year("2027").unwrap();
        let months: Vec<String> = year.months().map(|month| month.to_string()).collect();
        assert_eq!((months.len(), months[0].as_str(), months[11].as_str()), (12, "2027-01", "2027-12"));
        assert_eq!(SpanOf::month("2026-12").unwrap().next().to_string(), "2027-01");
    }

    #[test]
    fn months_join_whenever_somebody_moves() {
        let moved = |at: &str| Zones::new(zone("Europe/Berlin")).with(at.parse().unwrap(), zone("America/Los_Angeles"));
        for at in ["2026-10-15T12:00:00Z", "2026-10-31T22:30:00Z", "2026-10-31T23:00:00Z", "2026-11-01T08:00:00Z"] {
            for zones in [
                moved(at).unwrap(),
                moved(at).unwrap().with("2026-12-03T12:00:00Z".parse().unwrap(), zone("Asia/Tokyo")).unwrap(),
            ] {
                let mut month = SpanOf::month("2026-08").unwrap();
                for _ in 0..8 {
                    let (now, next) = (month.bounds(&zones), month.next().bounds(&zones));
                    assert!(now.start < now.end && now.end == next.start, "{at}: {month}");
                    month = month.next();
                }
            }
        }
        let october = SpanOf::month("2026-10").unwrap().bounds(&moved("2026-10-15T12:00:00Z").unwrap());
        assert_eq!(
            (october.start.to_string(), october.end.to_string()),
            ("2026-09-30T22:00:00Z".to_owned(), "2026-11-01T07:00:00Z".to_owned()),
            "begins by Berlin's clock and ends by Los Angeles'"
        );
        let year = SpanOf::year("2026").unwrap().bounds(&moved("2026-10-15T12:00:00Z").unwrap());
        assert_eq!(year.end.to_string(), "2027-01-01T08:00:00Z");
    }
}
