//! The clock of a demonstration: it goes as the machine's does, and is set forward between scenes.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use purser_core::calendar::{CivilSpan, Days};
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;

use crate::clock::MachineClock;

/// The machine's clock, so many microseconds ahead of it (or behind).
#[derive(Debug, Default)]
pub(crate) struct StageClock(AtomicI64);

impl StageClock {
    /// From now on it is `at`, and time passes as ever. Set forward only: what is written never runs backwards.
    pub(crate) fn set(&self, at: Instant) {
        let ahead = at.as_micros().saturating_sub(MachineClock.now().as_micros());
        self.0.store(ahead, Ordering::Relaxed);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        let now = MachineClock.now().as_micros();
        Instant::from_micros(now.saturating_add(self.0.load(Ordering::Relaxed)))
    }
}

/// The day on which it is played, where the company is: today, or the last workday before when it is a weekend, since
/// budgets for workdays release nothing then. And the instant at which it is played.
pub(crate) fn day_of_play(zone: &Zone, now: Instant) -> (Date, Instant) {
    /// A weekend.
    const BACK_MAX: u64 = 2;
    let today = zone.date(now);
    let back = (0..=BACK_MAX).find(|back| {
        let day = zone.date(before(now, *back));
        let until = day.tomorrow().unwrap_or(day);
        Days::Workdays.count(CivilSpan { first: day, until }) > 0
    });
    let at = before(now, back.unwrap_or(0));
    if back.is_some_and(|back| back > 0) { (zone.date(at), at) } else { (today, now) }
}

fn before(now: Instant, days: u64) -> Instant {
    now.saturating_sub(std::time::Duration::from_hours(24 * days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_played_on_a_workday() {
        let zone = Zone::try_new("Europe/Berlin").unwrap();
        let check = |now: &str, day: &str| {
            let now: Instant = now.parse().unwrap();
            let (found, at) = day_of_play(&zone, now);
            assert_eq!((found.to_string().as_str(), zone.date(at)), (day, found));
        };
        check("2026-11-26T18:00:00Z", "2026-11-26");
        check("2026-11-27T22:59:00Z", "2026-11-27");
        check("2026-11-27T23:00:00Z", "2026-11-27"); // Saturday in Berlin.
        check("2026-11-29T12:00:00Z", "2026-11-27");
        check("2026-11-29T23:00:00Z", "2026-11-30"); // Monday in Berlin.
    }

    #[test]
    fn it_goes_on_from_where_it_is_set() {
        let clock = StageClock::default();
        let at: Instant = "2030-01-01T00:00:00Z".parse().unwrap();
        clock.set(at);
        let passed = clock.now().since(at);
        assert!(passed < std::time::Duration::from_mins(1), "{passed:?}");
    }
}
