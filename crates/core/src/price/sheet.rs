//! The rates of a card worked out: every bucket, every prompt size, one sheet a tier.

use std::collections::BTreeSet;

use super::bucket::{BUCKETS, Bucket, Kind};
use super::card::{AboveSpec, CardProblem, RateMap};
use super::rate::Rate;
use super::ratio::Ratio;

/// A rate for every bucket that can be billed at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rates([Option<Rate>; BUCKETS]);

impl Rates {
    /// The written rates on top of each other, later ones first, then every gap filled by its next of kin.
    fn resolve(layers: &[&RateMap]) -> Self {
        let written = |bucket: Bucket| layers.iter().rev().find_map(|layer| layer.get(&bucket)).copied();
        let mut rates = Self::default();
        for bucket in Bucket::ALL {
            let mut kin = Some(bucket);
            while let Some(candidate) = kin {
                if let Some(rate) = written(candidate) {
                    rates.set(bucket, rate);
                    break;
                }
                kin = candidate.billed_as();
            }
        }
        rates
    }

    pub(super) fn set(&mut self, bucket: Bucket, rate: Rate) {
        if let Some(slot) = self.0.get_mut(bucket.index()) {
            *slot = Some(rate);
        }
    }

    pub(super) fn get(&self, bucket: Bucket) -> Option<Rate> {
        self.0.get(bucket.index()).copied().flatten()
    }

    /// Has every bucket a rate where `others` has one, and none above it?
    fn are_within(&self, others: &Self) -> bool {
        self.0.iter().zip(&others.0).all(|(own, other)| match (own, other) {
            (Some(own), Some(other)) => own <= other,
            (None, Some(_)) => false,
            (_, None) => true,
        })
    }
}

/// The rates of one tier: those of ordinary prompts and those of longer ones, thresholds rising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    base: Rates,
    above: Vec<(u64, Rates)>,
    /// On every token rate of the sheet.
    pub(crate) times: Ratio,
}

impl Sheet {
    /// Works out a sheet from what is written on top of each other: the standard tier, then a tier's own.
    pub(super) fn resolve(layers: &[Written<'_>]) -> Result<Self, CardProblem> {
        for Written { rates, above } in layers {
            let maps = above.iter().map(|above| &above.rates).chain([*rates]);
            if let Some(bucket) = maps.flat_map(|rates| rates.keys()).find(|bucket| bucket.kind() == Kind::Call) {
                return Err(CardProblem::Misplaced(*bucket));
            }
            if let Some(pair) = above.windows(2).find(|pair| matches!(pair, [a, b] if a.tokens >= b.tokens)) {
                return Err(CardProblem::Threshold(pair.last().map_or(0, |above| above.tokens)));
            }
        }
        let for_prompts_above = |tokens: Option<u64>| {
            let stack: Vec<&RateMap> = layers
                .iter()
                .flat_map(|layer| {
                    let long = layer.above.iter().filter(|above| tokens.is_some_and(|tokens| above.tokens <= tokens));
                    [layer.rates].into_iter().chain(long.map(|above| &above.rates))
                })
                .collect();
            Rates::resolve(&stack)
        };
        let thresholds: BTreeSet<u64> = layers.iter().flat_map(|layer| layer.above).map(|above| above.tokens).collect();
        let above = thresholds.into_iter().map(|tokens| (tokens, for_prompts_above(Some(tokens)))).collect();
        Ok(Self { base: for_prompts_above(None), above, times: Ratio::ONE })
    }

    /// The same rates, each times a number.
    pub(super) fn times(&self, times: Ratio) -> Self {
        Self { times, ..self.clone() }
    }

    /// Does no call cost more by this sheet than by `other`, and has it a price wherever `other` has one?
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let mut prompts = self.above.iter().zip(&other.above);
        !self.times.exceeds(other.times)
            && self.base.are_within(&other.base)
            && self.above.len() == other.above.len()
            && prompts.all(|((from, rates), (other_from, others))| from == other_from && rates.are_within(others))
    }

    /// Does any prompt size have rates of its own?
    pub(super) const fn has_long_prompt_rates(&self) -> bool {
        !self.above.is_empty()
    }

    /// The rates of a prompt of this size, and the threshold that it is above.
    fn for_prompt(&self, prompt_tokens: u64) -> (Option<u64>, &Rates) {
        let above = self.above.iter().rev().find(|(tokens, _)| prompt_tokens > *tokens);
        above.map_or((None, &self.base), |(tokens, rates)| (Some(*tokens), rates))
    }

    /// The rate of a bucket in a prompt of this size, and the threshold that the prompt is above.
    pub(crate) fn rate(&self, bucket: Bucket, prompt_tokens: u64) -> (Option<u64>, Option<Rate>) {
        let (above, rates) = self.for_prompt(prompt_tokens);
        (above, rates.get(bucket))
    }

    /// The dearest rate of a bucket that a prompt of at most this size can meet. `None` when it can meet one without
    /// a price.
    pub(crate) fn dearest(&self, bucket: Bucket, prompt_tokens_max: u64) -> Option<Rate> {
        let long = self.above.iter().filter(|(tokens, _)| prompt_tokens_max > *tokens);
        long.map(|(_, rates)| rates.get(bucket))
            .chain([self.base.get(bucket)])
            .try_fold(Rate::ZERO, |dearest, rate| rate.map(|rate| dearest.max(rate)))
    }
}

/// Rates and long-prompt rates as they stand together in a card.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) rates: &'a RateMap,
    pub(super) above: &'a [AboveSpec],
}
