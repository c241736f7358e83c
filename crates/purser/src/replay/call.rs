//! A call as it is told again, whatever told it.

use std::sync::Arc;
use std::time::Duration;

use purser_core::id::{KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::price::{Bucket, BucketSet, RateCard, Ratio};
use purser_core::rating::{self, Bounds, Quote, RatingError};
use purser_core::time::Instant;
use purser_core::usage::{Served, Usage};
use purser_gateway::Rehearsed;
use purser_providers::Tool;

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) starts: Instant,
    pub(crate) ends: Instant,
    pub(crate) person: PersonId,
    pub(crate) key: KeyId,
    pub(crate) provider: Arc<str>,
    pub(crate) model: Arc<str>,
    pub(crate) tool: Tool,
    /// `None` where it names none: then it belongs to the key's calls before it.
    pub(crate) run: Option<RunId>,
    pub(crate) parent: Option<RunId>,
    /// A human being asked for it.
    pub(crate) human: bool,
    /// The client said that it asks again.
    pub(crate) retried: bool,
    /// The provider answered with an error, or not at all.
    pub(crate) failed: bool,
    /// A hash of what the agent did last and saw.
    pub(crate) work: Option<u64>,
    pub(crate) usage: Usage,
    pub(crate) served: Served,
    /// What it is charged by; `None` where that card is not in the book any more.
    pub(crate) card: Option<Arc<RateCard>>,
    pub(crate) terms: Ratio,
    /// What it costs.
    pub(crate) charge: Nano,
    pub(crate) needs: Needs,
}

/// What a call has to set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// What it came to cost: nothing else is known of a call that was recorded.
    Charge,
    /// The most that it can cost, when its answer is at most so long.
    Bound { output_max: u64 },
}

/// What a call may cost, by a card.
pub(crate) struct Bounded {
    pub(crate) most: Nano,
    /// The least with which it is of use.
    pub(crate) least: Nano,
    quote: Option<Quote>,
}

impl Call {
    /// The card's charge for what it used; what it cost where there is no card.
    pub(crate) fn rate(&self) -> Result<Nano, RatingError> {
        let rate = |card: &Arc<RateCard>| rating::rate(card, &self.usage, &self.served, self.terms);
        self.card.as_ref().map_or(Ok(self.charge), rate)
    }

    /// What has to be set aside, as the gateway works it out. `exactly`: no more than it will cost.
    pub(crate) fn bounded(&self, floor: u64, exactly: bool) -> Result<Bounded, RatingError> {
        let (Needs::Bound { output_max }, Some(card), false) = (self.needs, &self.card, exactly) else {
            return Ok(Bounded { most: self.charge, least: self.charge, quote: None });
        };
        let bounds = Bounds {
            input_tokens: self.usage.prompt_tokens(),
            tier: self.served.tier,
            buckets: buckets(&self.usage),
            web_search_calls: self.usage.web_search_calls,
            file_search_calls: self.usage.file_search_calls,
            code_calls: self.usage.code_calls,
            ..Bounds::default()
        };
        let quote = Quote::of(card, &bounds, self.terms)?;
        let most = quote.cost(output_max)?;
        let least = quote.cost(output_max.min(floor))?;
        Ok(Bounded { most, least, quote: Some(quote) })
    }

    /// The same call with an answer that ends where the money does; `None` where it fits.
    pub(crate) fn clamped(&self, bounded: &Bounded, held: Nano) -> Result<Option<Self>, RatingError> {
        let Some(quote) = bounded.quote.as_ref().filter(|_| held < bounded.most) else { return Ok(None) };
        let affordable = quote.affordable(held)?.unwrap_or(0);
        if self.usage.output <= affordable {
            return Ok(None);
        }
        let reasoning = self.usage.reasoning.min(affordable);
        let mut cut = Self { usage: Usage { output: affordable, reasoning, ..self.usage }, ..self.clone() };
        cut.charge = cut.rate()?;
        Ok(Some(cut))
    }

    /// The same call by another model's card.
    pub(crate) fn by(&self, card: &Arc<RateCard>) -> Result<Self, RatingError> {
        let mut by = Self { model: card.model().into(), card: Some(Arc::clone(card)), ..self.clone() };
        by.charge = by.rate()?;
        Ok(by)
    }

    /// As the gateway is told of it.
    pub(crate) fn rehearsed(&self) -> Rehearsed<'_> {
        Rehearsed {
            key: self.key,
            at: self.starts,
            provider: &self.provider,
            model: &self.model,
            tool: self.tool,
            run: self.run,
            parent: self.parent,
            human: self.human,
            retried: self.retried,
            work: self.work,
        }
    }

    /// How long it took.
    pub(crate) fn took(&self) -> Duration {
        self.ends.since(self.starts)
    }
}

/// The kinds of tokens that the call touched among those that a request tells of beforehand.
fn buckets(usage: &Usage) -> BucketSet {
    let told = [
        (Bucket::CacheWrite1h, usage.cache_write_1h),
        (Bucket::AudioOut, usage.audio_out),
        (Bucket::ImageOut, usage.image_out),
    ];
    told.into_iter().filter(|(_, used)| *used == 0).fold(BucketSet::ALL, |set, (bucket, _)| set.without(bucket))
}
