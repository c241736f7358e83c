//! Days of the places where the simulated people live, by hand: offsets, and the two days a year on which they change;
//! dates, months and years by adding up their days.

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const MICROS: i64 = 1_000_000;

/// A place's offset from UTC, and the other one that holds for a part of each year.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its name in the time zone database.
    pub name: &'static str,
    usual: i64,
    other: i64,
    season: Season,
}

/// When the other offset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Season {
    Never,
    /// From the last Sunday of March to that of October, both at 01:00Z.
    Europe,
    /// From the second Sunday of March, 07:00Z, to the first of November, 06:00Z.
    NewYork,
    /// From the first Sunday of April to the first of October, both at 16:00Z on the day before: its winter.
    Sydney,
}

/// The places.
pub const PLACES: [Place; 6] = [
    Place { name: "UTC", usual: 0, other: 0, season: Season::Never },
    Place { name: "Asia/Kathmandu", usual: 5 * HOUR + 45 * 60, other: 0, season: Season::Never },
    Place { name: "Pacific/Kiritimati", usual: 14 * HOUR, other: 0, season: Season::Never },
    Place { name: "America/New_York", usual: -5 * HOUR, other: -4 * HOUR, season: Season::NewYork },
    Place { name: "Europe/Berlin", usual: HOUR, other: 2 * HOUR, season: Season::Europe },
    Place { name: "Australia/Sydney", usual: 11 * HOUR, other: 10 * HOUR, season: Season::Sydney },
];

impl Season {
    fn holds(self, at: i64) -> bool {
        let year = date(at.div_euclid(DAY)).0;
        // The first Sunday on or after a day.
        let sunday = |day: i64| (day + 6 - weekday(day)) * DAY;
        let (from, to) = match self {
            Self::Never => return false,
            Self::Europe => (sunday(first(year, 4) - 7) + HOUR, sunday(first(year, 11) - 7) + HOUR),
            Self::NewYork => (sunday(first(year, 3) + 7) + 7 * HOUR, sunday(first(year, 11)) + 6 * HOUR),
            Self::Sydney => (sunday(first(year, 4)) - 8 * HOUR, sunday(first(year, 10)) - 8 * HOUR),
        };
        (from..to).contains(&at)
    }
}

/// How often money comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Each civil day.
    Daily,
    /// From Monday to Monday.
    Weekly,
    /// Each calendar month.
    Monthly,
    /// Three months, from January on.
    Quarterly,
    /// Each calendar year.
    Yearly,
    /// All at the beginning.
    Once,
}

/// Days from one to before another, counted since 1970-01-01.
pub(super) type Days = (i64, i64);

/// Before every day and after every day.
pub(super) const NEVER: i64 = i64::MAX / 4;

impl Often {
    /// The days of the period that a day is in.
    pub(super) fn days(self, day: i64) -> Days {
        let (year, month, _) = date(day);
        match self {
            Self::Daily => (day, day + 1),
            Self::Weekly => (day - weekday(day), day - weekday(day) + 7),
            Self::Monthly => (first(year, month), first(year, month + 1)),
            Self::Quarterly => {
                let begins = month - (month - 1) % 3;
                (first(year, begins), first(year, begins + 3))
            }
            Self::Yearly => (first(year, 1), first(year, 13)),
            Self::Once => (-NEVER, NEVER),
        }
    }
}

impl Place {
    fn offset(&self, at: i64) -> i64 {
        if self.season.holds(at) { self.other } else { self.usual }
    }

    /// The civil day of an instant in microseconds: days since 1970-01-01.
    pub(super) fn day_of(&self, at: i64) -> i64 {
        let at = at.div_euclid(MICROS);
        (at + self.offset(at)).div_euclid(DAY)
    }

    /// The first microsecond of a civil day. No change of these places happens at midnight, so there is exactly one.
    pub(super) fn midnight(&self, day: i64) -> i64 {
        if day >= NEVER {
            return i64::MAX;
        }
        let guess = day * DAY - self.usual;
        let right = day * DAY - self.offset(guess);
        (day * DAY - self.offset(right)) * MICROS
    }

    /// The period of an instant in microseconds.
    #[must_use]
    pub fn period(&self, often: Often, at: i64) -> (i64, i64) {
        let (first, until) = often.days(self.day_of(at));
        (self.midnight(first), self.midnight(until))
    }
}

/// Monday is 0. 1970-01-01 was a Thursday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a day.
pub(super) fn date(day: i64) -> (i64, i64, i64) {
    // The simulated years; everything else is counted from 1970.
    let (mut year, mut left) = if day >= 20_089 { (2025, day - 20_089) } else { (1970, day) };
    while left < 0 {
        year -= 1;
        left += 365 + i64::from(is_leap(year));
    }
    while left >= 365 + i64::from(is_leap(year)) {
        left -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    while left >= days_of_month(year, month) {
        left -= days_of_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

/// The first day of a month; a thirteenth month is the next year's first.
pub(super) fn first(year: i64, month: i64) -> i64 {
    let (year, month) = (year + (month - 1) / 12, (month - 1) % 12 + 1);
    let (since, days) = if year >= 2025 { (2025, 20_089) } else { (1970, 0) };
    let years: i64 = days + (since..year).map(|year| 365 + i64::from(is_leap(year))).sum::<i64>();
    let months: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    years + months
}

/// `2026-11-26` as a day.
pub(super) fn day_in(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is no date");
    let parts: Vec<i64> = text.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
    let [year, month, day] = parts[..] else { return Err(bad()) };
    let day = first(year, month) + day - 1;
    if date(day) == (year, month, parts[2]) { Ok(day) } else { Err(bad()) }
}

/// `2026-11-26T21:00:00.5Z` as microseconds since 1970.
pub(super) fn moment_in(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is no moment");
    let (day, clock) = text.strip_suffix('Z').and_then(|text| text.split_once('T')).ok_or_else(bad)?;
    let (clock, part) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<i64> = clock.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
    let [hours, minutes, seconds] = parts[..] else { return Err(bad()) };
    let micros: i64 = format!("{part:0<6}").parse().map_err(|_| bad())?;
    Ok((day_in(day)? * DAY + hours * HOUR + minutes * 60 + seconds) * MICROS + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: usize, often: Often, at: i64, expected: (i64, i64)) {
        let (start, end) = PLACES[place].period(often, at * MICROS);
        assert_eq!((start / MICROS, end / MICROS), expected, "{} {often:?} at {at}", PLACES[place].name);
    }

    #[test]
    fn days_are_as_long_as_they_are() {
        // 2026-03-08 in New York has 23 hours: 05:00Z to 04:00Z.
        check(3, Often::Daily, 1_772_960_000, (1_772_946_000, 1_773_028_800));
        // 2026-11-01 has 25: 04:00Z to 05:00Z.
        check(3, Often::Daily, 1_793_510_000, (1_793_505_600, 1_793_595_600));
        // March 2026 in Kathmandu: 2026-02-28T18:15Z to 2026-03-31T18:15Z.
        check(1, Often::Monthly, 1_773_000_000, (1_772_302_500, 1_774_980_900));
        // 2026-03-09 was a Monday.
        check(0, Often::Weekly, 1_773_100_800, (1_773_014_400, 1_773_619_200));
    }

    #[test]
    fn clocks_change_when_they_do() {
        let at = |text: &str| moment_in(text).unwrap();
        for (place, change, before) in [
            (3, "2026-03-08T07:00:00Z", -5),
            (3, "2026-11-01T06:00:00Z", -4),
            (4, "2026-03-29T01:00:00Z", 1),
            (4, "2027-10-31T01:00:00Z", 2),
            (5, "2026-04-04T16:00:00Z", 11),
            (5, "2026-10-03T16:00:00Z", 10),
            (5, "2028-04-01T16:00:00Z", 11),
        ] {
            let offset = |at: i64| PLACES[place].offset(at / MICROS) / HOUR;
            assert_eq!(offset(at(change) - MICROS), before, "before {change}");
            assert_ne!(offset(at(change)), before, "from {change} on");
        }
    }

    #[test]
    fn dates_and_moments_are_read() {
        assert_eq!(day_in("2026-03-09"), Ok(1_773_014_400 / DAY));
        assert_eq!(date(1_773_014_400 / DAY), (2026, 3, 9));
        assert_eq!((date(-1), date(day_in("2028-02-29").unwrap())), ((1969, 12, 31), (2028, 2, 29)));
        assert!(day_in("2026-02-29").is_err());
        assert_eq!(moment_in("2026-03-09T00:00:01.25Z"), Ok(1_773_014_401_250_000));
        let days = |often: Often, text: &str| {
            let (first, until) = often.days(day_in(text).unwrap());
            (date(first), date(until))
        };
        assert_eq!(days(Often::Quarterly, "2026-12-31"), ((2026, 10, 1), (2027, 1, 1)));
        assert_eq!(days(Often::Yearly, "2026-12-31"), ((2026, 1, 1), (2027, 1, 1)));
    }
}
