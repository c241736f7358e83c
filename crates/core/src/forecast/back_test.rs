//! Would earlier forecasts have held? Made anew from what was known on each day, and compared with what came.

use super::burn::{narrow, wide};
use super::calibration::{factor_of, score};
use super::{Burn, Calibration, DayKind, HORIZONS, LOOKED_BACK, Spent, by_week};
use crate::money::Nano;

/// What became of forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackTest {
    /// How many days ahead they were.
    pub days: i64,
    /// How many were made: of those who spent anything in the time that was looked back on or ahead.
    pub forecasts: u64,
    /// Of them, where what came lay between the bounds.
    pub within: u64,
    /// Where less came.
    pub below: u64,
    /// Where more came.
    pub above: u64,
    /// What was expected, over all of them.
    pub expected: i128,
    /// What came, over all of them.
    pub actual: i128,
    /// By which the bounds of the last ones were widened, in thousandths.
    pub factor: u32,
}

impl BackTest {
    /// What part lay between the bounds, in tenths of a percent, rounded down; `None` of no forecast.
    pub fn within_per_mille(&self) -> Option<u64> {
        self.within.saturating_mul(1_000).checked_div(self.forecasts)
    }
}

/// Forecasts of so many days ahead made in the past, every time for all histories: each from the weeks before its day alone,
/// with the calibration that the forecasts allow whose outcome was known by then. The days after each don't overlap with
/// those of the next. Days that are nobody's are not told apart from leave: the week says what kind of day it was.
///
/// Histories of fewer days than are looked back on and ahead say nothing.
pub fn back_test(histories: &[Spent<'_>], days: i64) -> BackTest {
    let mut test = BackTest { days, factor: 1_000, ..BackTest::default() };
    let Some(step) = usize::try_from(days).ok().filter(|step| *step > 0) else { return test };
    let (Some(start), Some(end)) = (first_origin(histories), histories.iter().map(Spent::end).max()) else {
        return test;
    };
    let mut scores = Vec::new();
    // From the end backwards, so that the last one is as new as can be.
    let mut origins: Vec<i64> =
        (start..=end.saturating_sub(days)).rev().step_by(step).filter(|origin| *origin >= start).collect();
    origins.reverse();
    for origin in origins {
        test.factor = factor_of(&mut scores);
        let calibration = Calibration::all(test.factor);
        let mut fresh = Vec::new();
        for history in histories {
            let Some(one) = Made::at(history, origin, days) else { continue };
            let half = one.burn.half_width(days, &calibration).unwrap_or(Nano::MAX);
            let off = one.actual.saturating_sub(one.expected);
            test.forecasts = test.forecasts.saturating_add(1);
            let place = match off {
                off if off > half => &mut test.above,
                off if off < Nano::ZERO.saturating_sub(half) => &mut test.below,
                _ => &mut test.within,
            };
            *place = place.saturating_add(1);
            test.expected = test.expected.saturating_add(wide(one.expected));
            test.actual = test.actual.saturating_add(wide(one.actual));
            fresh.push(one.score(days));
        }
        scores.extend(fresh);
    }
    test
}

impl Calibration {
    /// By what became of the forecasts that these histories allow, for each time ahead; their days overlap, since more is
    /// known by that and none is judged.
    pub fn learn(histories: &[Spent<'_>]) -> Self {
        const EACH: usize = 7;
        let (Some(start), Some(end)) = (first_origin(histories), histories.iter().map(Spent::end).max()) else {
            return Self::default();
        };
        let factor = |days: i64| {
            let mut scores = Vec::new();
            for origin in (start..=end.saturating_sub(days)).rev().step_by(EACH) {
                let made = histories.iter().filter_map(|history| Made::at(history, origin, days));
                scores.extend(made.map(|one| one.score(days)));
            }
            factor_of(&mut scores)
        };
        Self::new(HORIZONS.map(factor))
    }
}

/// The first day before which as much is known of somebody as is looked back on.
fn first_origin(histories: &[Spent<'_>]) -> Option<i64> {
    let back = i64::try_from(LOOKED_BACK).unwrap_or(i64::MAX);
    histories.iter().map(|history| history.first).min().map(|first| first.saturating_add(back))
}

/// A forecast, and what came.
struct Made {
    burn: Burn,
    expected: Nano,
    actual: Nano,
}

impl Made {
    /// `None` where the history does not reach from well before that day to the end of what is ahead, or nothing was spent.
    fn at(history: &Spent<'_>, origin: i64, days: i64) -> Option<Self> {
        let until = origin.checked_add(days).filter(|until| *until <= history.end())?;
        let back = i64::try_from(LOOKED_BACK).unwrap_or(i64::MAX);
        if history.first > origin.saturating_sub(back) {
            return None;
        }
        let known = history.before(origin).since(origin.saturating_sub(back));
        let actual = history.before(until).since(origin).sum();
        if actual.is_zero() && known.sum().is_zero() {
            return None;
        }
        let kind: fn(i64) -> DayKind = by_week;
        let burn = Burn::learn(&known, kind);
        let expected = (origin..until).fold(0_i128, |sum, day| sum.saturating_add(wide(burn.of(kind(day)))));
        Some(Self { burn, expected: narrow(expected), actual })
    }

    fn score(&self, days: i64) -> u32 {
        self.burn.by_student(days).map_or(u32::MAX, |half| score(self.expected, self.actual, half))
    }
}
