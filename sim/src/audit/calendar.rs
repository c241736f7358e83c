//! Days of the places where the simulated people live, by hand: offsets, and the two days a year on which they change.

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const MICROS: i64 = 1_000_000;

/// A place's offset from UTC: in winter, and from when to when another one holds (2026 only).
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its name in the time zone database.
    pub name: &'static str,
    usual: i64,
    other: i64,
    /// Seconds since 1970 between which `other` holds.
    from: i64,
    to: i64,
}

/// The places. Changes of 2026: New York 8 March 07:00Z and 1 November 06:00Z, Berlin 29 March and 25 October 01:00Z,
/// Sydney back on 4 April 16:00Z and forward on 3 October 16:00Z.
pub const PLACES: [Place; 6] = [
    Place { name: "UTC", usual: 0, other: 0, from: 0, to: 0 },
    Place { name: "Asia/Kathmandu", usual: 5 * HOUR + 45 * 60, other: 0, from: 0, to: 0 },
    Place { name: "Pacific/Kiritimati", usual: 14 * HOUR, other: 0, from: 0, to: 0 },
    Place { name: "America/New_York", usual: -5 * HOUR, other: -4 * HOUR, from: 1_772_953_200, to: 1_793_512_800 },
    Place { name: "Europe/Berlin", usual: HOUR, other: 2 * HOUR, from: 1_774_746_000, to: 1_792_890_000 },
    Place { name: "Australia/Sydney", usual: 11 * HOUR, other: 10 * HOUR, from: 1_775_318_400, to: 1_791_043_200 },
];

/// How often money comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Each civil day.
    Daily,
    /// Each civil day; nothing on Saturdays and Sundays.
    Workdays,
    /// From Monday to Monday.
    Weekly,
    /// Each calendar month.
    Monthly,
}

impl Place {
    fn offset(&self, at: i64) -> i64 {
        if (self.from..self.to).contains(&at) { self.other } else { self.usual }
    }

    /// The civil day of an instant: days since 1970-01-01.
    fn day(&self, at: i64) -> i64 {
        (at + self.offset(at)).div_euclid(DAY)
    }

    /// The first instant of a civil day. No change of these places happens at midnight, so there is exactly one.
    fn midnight(&self, day: i64) -> i64 {
        let guess = day * DAY - self.usual;
        let right = day * DAY - self.offset(guess);
        day * DAY - self.offset(right)
    }

    /// The period of an instant in microseconds, and whether it has money.
    #[must_use]
    pub fn period(&self, often: Often, at: i64) -> (i64, i64, bool) {
        let day = self.day(at.div_euclid(MICROS));
        // 1970-01-01 was a Thursday: Monday is 0.
        let weekday = (day + 3).rem_euclid(7);
        let (first, until, funded) = match often {
            Often::Daily => (day, day + 1, true),
            Often::Workdays => (day, day + 1, weekday < 5),
            Often::Weekly => (day - weekday, day - weekday + 7, true),
            Often::Monthly => {
                let (mut first, mut until) = (day, day + 1);
                while month(first - 1) == month(day) {
                    first -= 1;
                }
                while month(until) == month(day) {
                    until += 1;
                }
                (first, until, true)
            }
        };
        (self.midnight(first) * MICROS, self.midnight(until) * MICROS, funded)
    }
}

/// Which month a day of 2025 to 2027 is in, counted from January 2025: by adding up the months.
fn month(day: i64) -> i64 {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    // 2025-01-01 is day 20,089.
    let mut left = day - 20_089;
    let mut month = 0;
    for length in LENGTHS.iter().cycle() {
        if left < *length {
            return month;
        }
        left -= length;
        month += 1;
    }
    month
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: usize, often: Often, at: i64, expected: (i64, i64)) {
        let (start, end, _) = PLACES[place].period(often, at * MICROS);
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
}
