//! What a call cost.

use serde::Serialize;

use super::RatingError;
use crate::money::Nano;
use crate::price::{Bucket, CardVersion, Kind, Rate, RateCard, Ratio, UNITS_PER_RATE};
use crate::usage::{Served, Tier, Usage};

/// The charge of a call, in the currency that `terms` lead to (the ledger's). `terms` is what the company pays of the
/// card's price: [`PriceBook::terms`](crate::price::PriceBook::terms). Does not allocate.
///
/// ```
/// use purser_core::price::{CardSpec, RateCard, Ratio};
/// use purser_core::rating::rate;
/// use purser_core::usage::{Served, Usage};
///
/// let spec: CardSpec = serde_json::from_str(
///     r#"{"provider":"example","model":"m","from":"2026-01-01","rates":{"input_uncached":"3","output":"15"}}"#,
/// )?;
/// let card = RateCard::try_from(spec)?;
/// let usage = Usage { input_uncached: 1_234_567, ..Usage::default() };
/// let charge = rate(&card, &usage, &Served::default(), Ratio::ONE)?;
/// assert_eq!(charge.to_string(), "3.703701");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// No price for a bucket or tier that was used, or an amount beyond the ledger's range.
pub fn rate(card: &RateCard, usage: &Usage, served: &Served, terms: Ratio) -> Result<Nano, RatingError> {
    sum(card, usage, served, terms, |_| ())
}

/// What differences of usage are worth by a card: at the standard tier, everywhere, and as prompts of ordinary length, since
/// differences of many calls say nothing about any one's. Below zero where less was used.
///
/// # Errors
/// As [`rate`].
pub fn value(
    card: &RateCard,
    differences: impl IntoIterator<Item = (Bucket, i64)>,
    terms: Ratio,
) -> Result<Nano, RatingError> {
    let sheet = card.sheet(Tier::Standard).ok_or(RatingError::NoTier(Tier::Standard))?;
    let (mut tokens, mut calls) = (0_i128, 0_i128);
    for (bucket, difference) in differences.into_iter().filter(|(_, difference)| *difference != 0) {
        let (rate, part) = if bucket.kind() == Kind::Call {
            (card.fee(bucket), &mut calls)
        } else {
            (sheet.rate(bucket, 0).1, &mut tokens)
        };
        let rate = rate.ok_or(RatingError::NoRate(bucket))?;
        let amount = i128::from(difference).checked_mul(i128::from(rate.get()));
        *part = amount.and_then(|amount| part.checked_add(amount)).ok_or(RatingError::Overflow)?;
    }
    let scale = Scale::try_new(sheet.times, Ratio::ONE, terms).ok_or(RatingError::Overflow)?;
    let total = scale.total(tokens, calls).ok_or(RatingError::Overflow)?;
    let size = total.num.checked_abs().ok_or(RatingError::Overflow)?;
    let value = half_to_even(Fraction { num: size, den: total.den }).ok_or(RatingError::Overflow)?;
    if total.num < 0 { value.checked_neg().ok_or(RatingError::Overflow) } else { Ok(value) }
}

/// The same charge with its working.
///
/// # Errors
/// As [`rate`].
pub fn explain(card: &RateCard, usage: &Usage, served: &Served, terms: Ratio) -> Result<Charge, RatingError> {
    let mut working = Vec::new();
    let total = sum(card, usage, served, terms, |line| working.push(*line))?;
    Ok(Charge { total, version: card.version(), working })
}

/// A charge and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// The amount: the exact sum of the lines, rounded half to even.
    pub total: Nano,
    /// The card charged by.
    pub version: CardVersion,
    /// One line for each bucket used.
    pub working: Vec<Line>,
}

/// One line of a charge: `quantity × rate ÷ 1,000,000 × tier × geo × terms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was used.
    pub bucket: Bucket,
    /// How much of it: tokens or calls.
    pub quantity: u64,
    /// Price per million.
    pub rate: Rate,
    /// The prompt was above this many tokens, and `rate` is the long-prompt rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
    /// Multiplier of the tier; one where the tier has rates of its own.
    pub tier: Ratio,
    /// Multiplier of the region.
    pub geo: Ratio,
    /// Discount and exchange rate.
    pub terms: Ratio,
}

impl Line {
    /// The exact amount of the line as a fraction of nano-units; `None` when it is beyond 128 bits.
    pub fn amount(&self) -> Option<(i128, i128)> {
        let times = |part: fn(Ratio) -> u64| {
            [self.tier, self.geo, self.terms]
                .into_iter()
                .try_fold(1_i128, |all, ratio| all.checked_mul(part(ratio).into()))
        };
        let num = product(self.quantity, self.rate)?.checked_mul(times(Ratio::num)?)?;
        let den = i128::from(UNITS_PER_RATE).checked_mul(times(Ratio::den)?)?;
        Some((num, den))
    }
}

/// The one path by which every charge is computed. Each line is shown to `seen` as it is added.
fn sum(
    card: &RateCard,
    usage: &Usage,
    served: &Served,
    terms: Ratio,
    mut seen: impl FnMut(&Line),
) -> Result<Nano, RatingError> {
    let sheet = card.sheet(served.tier).ok_or(RatingError::NoTier(served.tier))?;
    let prompt_tokens = usage.prompt_tokens();
    let geo = card.geo(served.geo.as_deref());
    let (mut tokens, mut calls) = (0_i128, 0_i128);
    for bucket in Bucket::ALL {
        let quantity = bucket.of(usage);
        if quantity == 0 {
            continue;
        }
        let (line, part) = if bucket.kind() == Kind::Call {
            let rate = card.fee(bucket).ok_or(RatingError::NoRate(bucket))?;
            (Line { bucket, quantity, rate, above: None, tier: Ratio::ONE, geo: Ratio::ONE, terms }, &mut calls)
        } else {
            let (above, rate) = sheet.rate(bucket, prompt_tokens);
            let rate = rate.ok_or(RatingError::NoRate(bucket))?;
            (Line { bucket, quantity, rate, above, tier: sheet.times, geo, terms }, &mut tokens)
        };
        let amount = product(quantity, line.rate).and_then(|amount| part.checked_add(amount));
        *part = amount.ok_or(RatingError::Overflow)?;
        seen(&line);
    }
    let scale = Scale::try_new(sheet.times, geo, terms).ok_or(RatingError::Overflow)?;
    scale.total(tokens, calls).and_then(half_to_even).ok_or(RatingError::Overflow)
}

/// Quantity × rate: nano-units times [`UNITS_PER_RATE`].
pub(super) fn product(quantity: u64, rate: Rate) -> Option<i128> {
    i128::from(quantity).checked_mul(i128::from(rate.get()))
}

/// The common denominator of a charge and what each kind of line is multiplied by over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) tokens: i128,
    calls: i128,
    pub(super) den: i128,
}

impl Scale {
    pub(super) fn try_new(tier: Ratio, geo: Ratio, terms: Ratio) -> Option<Self> {
        // Tools cost the same in every tier and region, so their lines carry the denominators of both instead.
        let uplift_num = i128::from(tier.num()).checked_mul(geo.num().into())?;
        let uplift_den = i128::from(tier.den()).checked_mul(geo.den().into())?;
        let tokens = uplift_num.checked_mul(terms.num().into())?;
        let calls = uplift_den.checked_mul(terms.num().into())?;
        let den = i128::from(UNITS_PER_RATE).checked_mul(uplift_den)?.checked_mul(terms.den().into())?;
        Some(Self { tokens, calls, den })
    }

    /// The fraction of nano-units of token and call sums.
    pub(super) fn total(self, tokens: i128, calls: i128) -> Option<Fraction> {
        let num = tokens.checked_mul(self.tokens)?.checked_add(calls.checked_mul(self.calls)?)?;
        Some(Fraction { num, den: self.den })
    }
}

/// A non-negative fraction with a positive denominator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fraction {
    pub(super) num: i128,
    pub(super) den: i128,
}

/// To the nearest integer, a tie to the even one.
fn half_to_even(Fraction { num, den }: Fraction) -> Option<Nano> {
    let (whole, rest) = (num.checked_div(den)?, num.checked_rem(den)?);
    let away = den.checked_sub(rest)?;
    let up = match rest.cmp(&away) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole.checked_rem(2)? == 1,
    };
    let rounded = whole.checked_add(i128::from(up))?;
    i64::try_from(rounded).ok().map(Nano::new)
}

/// To the next integer above, unless it is one.
pub(super) fn ceiling(Fraction { num, den }: Fraction) -> Option<Nano> {
    let (whole, rest) = (num.checked_div(den)?, num.checked_rem(den)?);
    let rounded = whole.checked_add(i128::from(rest > 0))?;
    i64::try_from(rounded).ok().map(Nano::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(num: i128, den: i128, even: i64, up: i64) {
        assert_eq!(half_to_even(Fraction { num, den }), Some(Nano::new(even)), "{num}/{den}");
        assert_eq!(ceiling(Fraction { num, den }), Some(Nano::new(up)), "{num}/{den}");
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        check(5, 10, 0, 1);
        check(15, 10, 2, 2);
        check(25, 10, 2, 3);
        check(26, 10, 3, 3);
        check(24, 10, 2, 3);
        check(1, 3, 0, 1);
        check(2, 3, 1, 1);
        check(7, 1, 7, 7);
        check(0, 9, 0, 0);
        assert_eq!(half_to_even(Fraction { num: i128::MAX, den: 1 }), None);
    }
}
