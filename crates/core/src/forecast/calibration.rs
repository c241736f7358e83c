//! By how much the bounds are too narrow or too wide here, by what became of earlier forecasts.

use crate::money::Nano;

use super::WITHIN_PERCENT;
use super::burn::wide;

/// Times ahead that are told apart, in days: up to a week, up to two, and longer ones by four weeks.
pub const HORIZONS: [i64; 3] = [7, 14, 28];

/// Forecasts whose outcome is known that it takes to go by them rather than by Student alone.
const KNOWN_MIN: usize = 100;
/// It never goes beyond these, in thousandths: past them something is wrong with the figures rather than with the bounds.
const ENDS: (u32, u32) = (250, 8_000);

/// Factors of the bounds' width, in thousandths, by how far ahead they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calibration([u32; HORIZONS.len()]);

impl Default for Calibration {
    /// None: the bounds as they are computed.
    fn default() -> Self {
        Self([1_000; HORIZONS.len()])
    }
}

impl Calibration {
    /// One factor for all of them.
    pub(super) const fn all(factor: u32) -> Self {
        Self([factor; HORIZONS.len()])
    }

    /// Of the factors for each of [`HORIZONS`].
    pub(super) const fn new(factors: [u32; HORIZONS.len()]) -> Self {
        Self(factors)
    }

    /// The factor for so many days ahead, in thousandths.
    pub fn factor(&self, days: i64) -> u32 {
        let place = HORIZONS.iter().position(|horizon| days <= *horizon).unwrap_or(HORIZONS.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or(1_000)
    }

    /// The factors, by [`HORIZONS`].
    pub const fn factors(&self) -> [u32; HORIZONS.len()] {
        self.0
    }
}

/// How far something was from what was expected, in thousandths of how far the bounds were: at most a thousand is within.
pub(super) fn score(expected: Nano, actual: Nano, half: Nano) -> u32 {
    let off = wide(actual).saturating_sub(wide(expected)).unsigned_abs();
    let half = wide(half).unsigned_abs();
    match off.saturating_mul(1_000).checked_div(half) {
        Some(score) => u32::try_from(score).unwrap_or(u32::MAX),
        None if off == 0 => 0,
        None => u32::MAX,
    }
}

/// The factor at which as many of them would have been within as should be; a thousand of too few.
///
/// It is the least factor that covers that part of the scores and one more that is not known yet, which is what makes the
/// next one lie within as often as promised (split conformal prediction: Vovk, Gammerman, Shafer 2005, chapter 2).
pub(super) fn factor_of(scores: &mut [u32]) -> u32 {
    if scores.len() < KNOWN_MIN {
        return 1_000;
    }
    let count = scores.len().saturating_add(1).saturating_mul(usize::from(WITHIN_PERCENT)).div_ceil(100);
    let place = count.min(scores.len()).saturating_sub(1);
    let (_, at, _) = scores.select_nth_unstable(place);
    (*at).clamp(ENDS.0, ENDS.1)
}
