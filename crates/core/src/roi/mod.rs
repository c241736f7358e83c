//! Return on tokens: what more output is worth, less what the tokens cost.
//!
//! The one figure that decides everything is the *multiplier*: how much more gets done with tokens than without. Nobody has it
//! by default. Either somebody assumes one, and it is shown as an assumption beside the range that studies have measured
//! ([`studies`]); or it comes from outcomes that were counted ([`Comparison`]), with an interval and how that was made. What
//! needs no multiplier is always there: the *break-even multiplier*, at which the tokens are just paid for.
//!
//! Everything is an exact fraction: amounts are rounded to the nano-unit where they are shown, half to even; pure numbers
//! (multipliers, returns) to a hundredth or a thousandth.

mod case;
mod measured;
mod studies;

pub use case::{Case, Return};
pub use measured::{
    CLUSTERS_MIN, Comparison, Counted, GROUPS_MAX, Interval, OUTCOMES_MIN, Pair, RESAMPLES, TooFew, before_after,
    with_without,
};
pub use studies::{Study, StudyKind, measured_range, studies};

use crate::package::Exact;

/// People below whom a group is not shown to anybody but themselves.
pub const GROUP_MIN: usize = 5;

/// A pure number in decimals, halves to the even last digit: `1.2`, `-0.6`; `None` when it does not fit.
pub fn decimal(number: Exact, places: u32) -> Option<String> {
    let scale = 10_i64.checked_pow(places)?;
    let scaled = number.times(scale)?.round()?.get();
    let (all, scale) = (scaled.unsigned_abs(), scale.unsigned_abs());
    let (whole, part) = (all.checked_div(scale)?, all.checked_rem(scale)?);
    let sign = if scaled < 0 { "-" } else { "" };
    let width = usize::try_from(places).ok()?;
    Some(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0width$}") })
}

#[cfg(test)]
mod tests;
