//! Hours of the week: some providers charge less at night or at weekends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Instant;

const SECS_PER_DAY: i64 = 86_400;
const MINUTES_PER_DAY: u16 = 1_440;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A weekly window in UTC, half-open in minutes: `mon-fri 01:00-04:00`, `mon-sun 16:30-24:00`. A window that crosses
/// midnight is written as two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    first_day: u8,
    last_day: u8,
    from_minute: u16,
    to_minute: u16,
}

impl Window {
    /// Is the instant inside?
    pub fn contains(&self, at: Instant) -> bool {
        let secs = at.as_secs();
        let of_day = secs.rem_euclid(SECS_PER_DAY);
        // 1970-01-01 was a Thursday, day 3 when Monday is 0.
        let day = secs.div_euclid(SECS_PER_DAY).saturating_add(3).rem_euclid(7);
        let minute = of_day.checked_div(60).unwrap_or(0);
        (i64::from(self.first_day)..=i64::from(self.last_day)).contains(&day)
            && (i64::from(self.from_minute)..i64::from(self.to_minute)).contains(&minute)
    }
}

/// Why a text is not a weekly window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a weekly window in UTC; write it like mon-fri 01:00-04:00")]
pub struct WindowError(pub String);

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes).filter(|m| *m < 60)?);
    hours.checked_mul(60)?.checked_add(minutes).filter(|total| *total <= MINUTES_PER_DAY)
}

fn day(text: &str) -> Option<u8> {
    DAYS.iter().position(|day| *day == text).and_then(|place| u8::try_from(place).ok())
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let parsed = || {
            let (days, hours) = text.split_once(' ')?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (from, to) = hours.split_once('-')?;
            let window = Self {
                first_day: day(first)?,
                last_day: day(last)?,
                from_minute: minute(from)?,
                to_minute: minute(to)?,
            };
            (window.first_day <= window.last_day && window.from_minute < window.to_minute).then_some(window)
        };
        parsed().ok_or_else(|| WindowError(text.to_owned()))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |place: u8| DAYS.get(usize::from(place)).copied().unwrap_or("?");
        let hour = |minute: u16| minute.checked_div(60).unwrap_or(0);
        let rest = |minute: u16| minute.checked_rem(60).unwrap_or(0);
        f.write_str(day(self.first_day))?;
        if self.last_day != self.first_day {
            write!(f, "-{}", day(self.last_day))?;
        }
        let (from, to) = (self.from_minute, self.to_minute);
        write!(f, " {:02}:{:02}-{:02}:{:02}", hour(from), rest(from), hour(to), rest(to))
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(window: &str, at: &str, inside: bool) {
        let window: Window = window.parse().unwrap();
        assert_eq!(window.contains(at.parse().unwrap()), inside, "{at} in {window}");
        assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
    }

    #[test]
    fn a_window_is_written_as_it_is_read() {
        for text in ["mon-fri 01:00-04:00", "sun 16:30-24:00", "tue-wed 00:00-00:01"] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn windows_are_half_open_and_know_the_day() {
        // 2026-10-02 is a Friday.
        check("mon-fri 01:00-04:00", "2026-10-02T01:00:00Z", true);
        check("mon-fri 01:00-04:00", "2026-10-02T03:59:59.999999Z", true);
        check("mon-fri 01:00-04:00", "2026-10-02T04:00:00Z", false);
        check("mon-fri 01:00-04:00", "2026-10-03T01:00:00Z", false);
        check("sun 16:30-24:00", "2026-10-04T23:59:59Z", true);
        check("mon-sun 00:00-00:30", "1969-12-31T00:29:59Z", true);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "mon-fri",
            "fri-mon 01:00-02:00",
            "mon 04:00-01:00",
            "mon 1:00-2:00",
            "mon 23:00-25:00",
            "mon 01:00-01:00",
            "mon 01:60-03:00",
            "mon 23:00-24:01",
            "x 01:00-02:00",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text:?}");
        }
    }
}
