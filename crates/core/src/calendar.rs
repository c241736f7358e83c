//! Civil days: how often money is released, on which days, and how an amount is split over them.
//!
//! Nothing here knows a zone; [`crate::period`] turns days into instants. Everything that depends on the company's
//! or a place's calendar goes through two functions, [`Cadence::span`] (where fiscal years will start in another
//! month) and [`Days::count`]. Public holidays are a grant's own: [`Grant::count`](crate::grant::Grant::count).

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::money::Nano;

/// How often a grant releases, or a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// A civil day, which may have 23 or 25 hours.
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    /// A calendar month.
    Month,
    /// January, April, July or October and the two months after.
    Quarter,
    /// A calendar year.
    Year,
    /// Everything at the start, for the whole term.
    Once,
}

impl Cadence {
    /// The whole days of the period that a date lies in. `Once` has no period but the term: all days.
    pub fn span(self, date: Date) -> CivilSpan {
        let year = date.year();
        match self {
            Self::Day => CivilSpan { first: date, until: later(date, 1) },
            Self::Week => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                CivilSpan {
                    first: later(date, since_monday.saturating_neg()),
                    until: later(date, 7_i64.saturating_sub(since_monday)),
                }
            }
            Self::Month => months(year, date.month(), 1),
            Self::Quarter => {
                let into = date.month().saturating_sub(1).checked_rem(3).unwrap_or(0);
                months(year, date.month().saturating_sub(into), 3)
            }
            Self::Year => months(year, 1, 12),
            Self::Once => CivilSpan::ALWAYS,
        }
    }

    /// What people call the running period: `today`, `this week`; empty for `Once`.
    pub const fn this(self) -> &'static str {
        match self {
            Self::Day => "today",
            Self::Week => "this week",
            Self::Month => "this month",
            Self::Quarter => "this quarter",
            Self::Year => "this year",
            Self::Once => "",
        }
    }
}

/// On which days money is released. Monday to Friday are workdays; a grant knows its place's holidays besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// Every day.
    #[default]
    All,
    /// Monday to Friday.
    Workdays,
}

impl Days {
    /// How many of the days in a span count. Zero for an empty or upside-down span.
    pub fn count(self, span: CivilSpan) -> i64 {
        let days = day_number(span.until).saturating_sub(day_number(span.first)).max(0);
        match self {
            Self::All => days,
            Self::Workdays => {
                // Whole weeks have five; the rest begins on the span's first weekday.
                let weeks = days.div_euclid(7);
                let begin = i64::from(span.first.weekday().to_monday_zero_offset());
                let rest = days.rem_euclid(7);
                let weekend_left = (0..rest).filter(|n| begin.saturating_add(*n).rem_euclid(7) >= 5).count();
                let weekend_left = i64::try_from(weekend_left).unwrap_or(0);
                weeks.saturating_mul(5).saturating_add(rest).saturating_sub(weekend_left)
            }
        }
    }

    /// Does this day count?
    pub fn includes(self, date: Date) -> bool {
        match self {
            Self::All => true,
            Self::Workdays => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }
}

/// Civil days `[first, until)`. The calendar's own ends stand for "always" and "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CivilSpan {
    /// The first day inside.
    pub first: Date,
    /// The first day after.
    pub until: Date,
}

impl CivilSpan {
    /// Every day there is.
    pub const ALWAYS: Self = Self { first: Date::MIN, until: Date::MAX };

    /// No day inside?
    pub fn is_empty(&self) -> bool {
        self.first >= self.until
    }

    /// The days in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), until: self.until.min(other.until) }
    }
}

/// What the parts `(from, to]` of `of` equal parts of an amount get: ⌊A·to/N⌋ − ⌊A·from/N⌋, which is the sum of
/// ⌊A·k/N⌋ − ⌊A·(k−1)/N⌋ over them. So neighbouring pieces always add up to the whole, to the last nano-unit.
/// Nothing when there are no parts.
pub fn split(amount: Nano, from: i64, to: i64, of: i64) -> Nano {
    let upto = |k: i64| {
        let k = i128::from(k.clamp(0, of.max(0)));
        i128::from(amount.get()).checked_mul(k).and_then(|product| product.checked_div_euclid(i128::from(of)))
    };
    let (Some(high), Some(low)) = (upto(to), upto(from)) else { return Nano::ZERO };
    // Both lie between zero and the amount, so does their difference.
    Nano::new(i64::try_from(high.saturating_sub(low)).unwrap_or(0))
}

/// `count` months from the first of a month of a year.
fn months(year: i16, month: i8, count: i8) -> CivilSpan {
    let first = Date::new(year, month, 1).unwrap_or(Date::MIN);
    let past = month.saturating_add(count);
    let until = if past > 12 {
        Date::new(year.saturating_add(1), past.saturating_sub(12), 1)
    } else {
        Date::new(year, past, 1)
    };
    CivilSpan { first, until: until.unwrap_or(Date::MAX) }
}

/// Days later (or earlier), held at the ends of the calendar.
fn later(date: Date, days: i64) -> Date {
    date.checked_add(jiff::SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(if days < 0 {
        Date::MIN
    } else {
        Date::MAX
    })
}

/// Days since a fixed day, for differences.
fn day_number(date: Date) -> i64 {
    date.duration_since(Date::ZERO).as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn check(cadence: Cadence, on: &str, first: &str, until: &str) {
        let span = cadence.span(date(on));
        assert_eq!((span.first, span.until), (date(first), date(until)), "{cadence:?} of {on}");
    }

    #[test]
    fn spans_are_true_calendar_spans() {
        check(Cadence::Day, "2028-02-29", "2028-02-29", "2028-03-01");
        check(Cadence::Week, "2026-12-31", "2026-12-28", "2027-01-04");
        check(Cadence::Month, "2028-02-10", "2028-02-01", "2028-03-01");
        check(Cadence::Month, "2026-12-31", "2026-12-01", "2027-01-01");
        check(Cadence::Quarter, "2026-12-31", "2026-10-01", "2027-01-01");
        check(Cadence::Quarter, "2026-05-01", "2026-04-01", "2026-07-01");
        check(Cadence::Year, "2026-05-01", "2026-01-01", "2027-01-01");
        for cadence in [Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Quarter, Cadence::Year, Cadence::Once] {
            assert_eq!(cadence.span(Date::MAX).until, Date::MAX, "{cadence:?} at the end of the calendar");
            assert!(cadence.span(Date::MIN).first <= Date::MIN, "{cadence:?} at its start");
        }
    }

    #[test]
    fn workdays_count_as_one_by_one() {
        let mut from = date("2026-01-01");
        for _ in 0..14 {
            let (mut until, mut slow) = (from, 0);
            for _ in 0..40 {
                assert_eq!(Days::Workdays.count(CivilSpan { first: from, until }), slow, "{from} {until}");
                slow += i64::from(Days::Workdays.includes(until));
                until = until.tomorrow().unwrap();
            }
            from = from.tomorrow().unwrap();
        }
        let year = CivilSpan { first: date("2026-01-01"), until: date("2027-01-01") };
        assert_eq!(Days::Workdays.count(year), 261);
        assert_eq!(Days::All.count(CivilSpan { first: date("2027-01-01"), until: date("2026-01-01") }), 0);
    }

    #[test]
    fn pieces_add_up_to_the_whole() {
        for (amount, of) in [(10, 3), (1, 31), (i64::MAX, 366), (0, 5), (7, 7)] {
            let sum: i64 = (0..of).map(|k| split(Nano::new(amount), k, k + 1, of).get()).sum();
            assert_eq!(sum, amount);
            assert_eq!(split(Nano::new(amount), 0, of, of), Nano::new(amount));
        }
        assert_eq!(split(Nano::new(10), 0, 1, 0), Nano::ZERO, "no parts, nothing");
        assert_eq!(split(Nano::new(10), 0, 9, 3), Nano::new(10), "never more than the whole");
    }

    #[test]
    fn a_span_that_ends_where_it_begins_has_no_day() {
        let span = |first: &str, until: &str| CivilSpan { first: date(first), until: date(until) };
        assert!(span("2026-05-01", "2026-05-01").is_empty());
        assert!(span("2026-05-02", "2026-05-01").is_empty());
        assert!(!span("2026-05-01", "2026-05-02").is_empty());
    }
}
