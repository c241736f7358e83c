//! The most that a call can cost, and how long an answer an amount can pay for.

use smallvec::SmallVec;

use super::RatingError;
use super::charge::{Fraction, Scale, ceiling, product};
use crate::money::Nano;
use crate::price::sheet::Sheet;
use crate::price::{Bucket, BucketSet, Kind, Rate, RateCard, Ratio};
use crate::usage::Tier;

/// What a call can use at most. The default assumes the dearest of everything that is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds<'a> {
    /// Upper bound of the whole prompt in tokens, cached tokens and all modalities included.
    pub input_tokens: u64,
    /// Upper bound of one answer in tokens, reasoning included. [`affordable_output`] ignores it.
    pub output_tokens: u64,
    /// Answers asked for (`n`, `candidateCount`); at least one.
    pub answers: u32,
    /// The dearest tier that the call can be served at. A request that leaves the tier to the provider's account
    /// settings must name the dearest that the account allows. Being served at a cheaper tier is within the bound.
    pub tier: Tier,
    /// Where it can be served.
    pub geo: Geo<'a>,
    /// The buckets of tokens that it can touch. A caller that knows that nothing is written to the long-lived cache
    /// leaves it out and is held to the cheaper rate.
    pub buckets: BucketSet,
    /// Upper bound of hosted web searches.
    pub web_search_calls: u64,
    /// Upper bound of hosted file searches.
    pub file_search_calls: u64,
    /// Upper bound of hosted code containers.
    pub code_calls: u64,
}

impl Default for Bounds<'_> {
    fn default() -> Self {
        Self {
            input_tokens: 0,
            output_tokens: 0,
            answers: 1,
            tier: Tier::Standard,
            geo: Geo::Any,
            buckets: BucketSet::ALL,
            web_search_calls: 0,
            file_search_calls: 0,
            code_calls: 0,
        }
    }
}

/// Where a call can be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Geo<'a> {
    /// Anywhere: the dearest region counts.
    #[default]
    Any,
    /// Only here; `global` and other names without an uplift cost the plain price.
    Only(&'a str),
}

/// The most that a call within the bounds can cost, rounded up. Every usage within the bounds is charged this or less
/// by [`rate`](super::rate) with the same card and terms, whichever tier up to the bounds' it is served at.
///
/// # Errors
/// Something that the call can use has no price, or the amount is beyond the ledger's range: such a call can't be
/// admitted by this card.
pub fn rate_bound(card: &RateCard, bounds: &Bounds<'_>, terms: Ratio) -> Result<Nano, RatingError> {
    Quote::of(card, bounds, terms)?.cost(bounds.output_tokens)
}

/// The longest answer, in tokens for each of the bounds' `answers`, that `money` can pay for after the prompt and the
/// tools: the inverse of [`rate_bound`]. `None` when it can't pay for even an empty answer. Where output is free of
/// charge this is [`u64::MAX`]; the model's own limit is not applied here.
///
/// # Errors
/// As [`rate_bound`].
pub fn affordable_output(
    card: &RateCard,
    money: Nano,
    bounds: &Bounds<'_>,
    terms: Ratio,
) -> Result<Option<u64>, RatingError> {
    Quote::of(card, bounds, terms)?.affordable(money)
}

/// [`rate_bound`] and [`affordable_output`] for answers of any length: everything but the length is worked out once.
#[derive(Clone, Debug)]
pub struct Quote {
    /// One for each sheet; nearly always one.
    worst: SmallVec<[Worst; 1]>,
    answers: u64,
}

impl Quote {
    /// For a call within the bounds, whatever their `output_tokens`.
    ///
    /// # Errors
    /// As [`rate_bound`].
    pub fn of(card: &RateCard, bounds: &Bounds<'_>, terms: Ratio) -> Result<Self, RatingError> {
        let sheets = possible_sheets(card, bounds.tier)?;
        let worst = sheets.map(|sheet| Worst::of(card, sheet, bounds, terms)).collect::<Result<_, _>>()?;
        Ok(Self { worst, answers: bounds.answers.max(1).into() })
    }

    /// As [`rate_bound`], when each answer has at most so many tokens.
    ///
    /// # Errors
    /// As [`rate_bound`].
    pub fn cost(&self, output_tokens: u64) -> Result<Nano, RatingError> {
        let output = output_tokens.checked_mul(self.answers).ok_or(RatingError::Overflow)?;
        let mut most = Nano::ZERO;
        for worst in &self.worst {
            let rate = if output == 0 { Rate::ZERO } else { worst.output? };
            let total = product(output, rate).and_then(|output| worst.with_output(output)).and_then(ceiling);
            most = most.max(total.ok_or(RatingError::Overflow)?);
        }
        Ok(most)
    }

    /// As [`affordable_output`].
    ///
    /// # Errors
    /// As [`rate_bound`].
    pub fn affordable(&self, money: Nano) -> Result<Option<u64>, RatingError> {
        let mut longest = u64::MAX;
        for worst in &self.worst {
            let fixed = worst.with_output(0).ok_or(RatingError::Overflow)?;
            let means = i128::from(money.get()).checked_mul(fixed.den).ok_or(RatingError::Overflow)?;
            // A bound is at most the money exactly when it is so before it is rounded up.
            let Some(left) = means.checked_sub(fixed.num).filter(|left| *left >= 0) else { return Ok(None) };
            let per_token = product(self.answers, worst.output?)
                .and_then(|nano| nano.checked_mul(worst.scale.tokens))
                .ok_or(RatingError::Overflow)?;
            // Division by zero is free output.
            let tokens =
                left.checked_div(per_token).map_or(u64::MAX, |tokens| u64::try_from(tokens).unwrap_or(u64::MAX));
            longest = longest.min(tokens);
        }
        Ok(Some(longest))
    }
}

/// The sheets that a call can be charged by: its own tier's, the standard one that it can fall back to, and the slower
/// ones where they can be dearer. A provider's names for its faster tiers are not kept apart in answers, so asking for one
/// means any of them.
fn possible_sheets(card: &RateCard, tier: Tier) -> Result<impl Iterator<Item = &Sheet>, RatingError> {
    let faster = matches!(tier, Tier::Priority | Tier::Fast);
    if !card.has_tier(tier) && faster {
        return Err(RatingError::NoTier(tier));
    }
    let faster = if faster { [Tier::Priority, Tier::Fast].as_slice() } else { &[] };
    let tiers = [Tier::Standard].iter().chain(card.dear_slow_tiers()).chain(faster);
    Ok(tiers.filter_map(|tier| card.sheet(*tier)))
}

/// The dearest that a call can meet on one sheet, everything but the length of its answer.
#[derive(Clone, Copy, Debug)]
struct Worst {
    /// Nano-units times units per rate, before the multipliers in `scale`.
    input: i128,
    calls: i128,
    /// The dearest output rate, when every bucket of output that the call can touch has one.
    output: Result<Rate, RatingError>,
    scale: Scale,
}

impl Worst {
    fn of(card: &RateCard, sheet: &Sheet, bounds: &Bounds<'_>, terms: Ratio) -> Result<Self, RatingError> {
        let dearest = |kind: Kind| {
            bounds.buckets.of_kind(kind).try_fold(Rate::ZERO, |dearest, bucket| {
                let rate = sheet.dearest(bucket, bounds.input_tokens).ok_or(RatingError::NoRate(bucket))?;
                Ok(dearest.max(rate))
            })
        };
        let input_rate = if bounds.input_tokens == 0 { Rate::ZERO } else { dearest(Kind::Input)? };
        let input = product(bounds.input_tokens, input_rate).ok_or(RatingError::Overflow)?;
        let mut calls = 0_i128;
        for (bucket, count) in [
            (Bucket::WebSearchCalls, bounds.web_search_calls),
            (Bucket::FileSearchCalls, bounds.file_search_calls),
            (Bucket::CodeCalls, bounds.code_calls),
        ] {
            if count > 0 {
                let fee = card.fee(bucket).ok_or(RatingError::NoRate(bucket))?;
                let sum = product(count, fee).and_then(|amount| calls.checked_add(amount));
                calls = sum.ok_or(RatingError::Overflow)?;
            }
        }
        let geo = match bounds.geo {
            Geo::Any => card.dearest_geo(),
            Geo::Only(geo) => card.geo(Some(geo)),
        };
        let scale = Scale::try_new(sheet.times, geo, terms).ok_or(RatingError::Overflow)?;
        Ok(Self { input, calls, output: dearest(Kind::Output), scale })
    }

    fn with_output(&self, output: i128) -> Option<Fraction> {
        self.scale.total(self.input.checked_add(output)?, self.calls)
    }
}
