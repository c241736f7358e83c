//! What a call can use and cost at one provider, before any money is looked at.

use std::sync::Arc;

use purser_core::money::Nano;
use purser_core::policy::{Admission, Policy, UnknownModel};
use purser_core::price::{Bucket, BucketSet, RateCard, Ratio};
use purser_core::rating::{self, Bounds, Geo, Quote};
use purser_core::snapshot::Snapshot;
use purser_core::usage::Tier;
use purser_providers::request::{CacheAsk, Hosted, OutputField};
use purser_providers::{BoundRules, Dialect, Family, InputBound, RequestFacts, input_bound, output_bound};

use crate::call::Call;
use crate::config::Upstream;
use crate::refuse::Refused;

/// Hosted tool calls that a request is limited to when nothing else limits it.
const TOOL_CALLS_MAX: u64 = 10;
/// Output tokens held (and asked for) where neither the request nor the price book names a maximum.
const OUTPUT_MAX_UNKNOWN: u64 = 16_384;

/// The bounds of a call at one provider.
pub(crate) struct Bounded<'a> {
    pub(crate) card: Arc<RateCard>,
    pub(crate) terms: Ratio,
    pub(crate) input: InputBound,
    /// Output tokens of one answer: what the request says, else the model's ceiling.
    pub(crate) output_max: u64,
    /// Hosted calls to limit the request to, where that makes its bound certain.
    pub(crate) tool_calls_max: Option<u64>,
    /// The request as it came.
    asked: &'a RequestFacts,
    /// The request with the limit of hosted calls, where one is set.
    limited: Option<Box<RequestFacts>>,
    rules: BoundRules,
    quote: Quote,
    /// What other models that the request calls can cost.
    others: Nano,
}

impl<'a> Bounded<'a> {
    /// The bounds, or why there are none.
    pub(crate) fn of(
        call: &'a Call,
        snapshot: &Snapshot,
        policy: &Policy,
        upstream: &Upstream,
    ) -> Result<Self, Refused> {
        let model = &call.facts.model;
        let card = match upstream.card(&snapshot.prices, model, call.at) {
            Ok(card) => Arc::clone(card),
            Err(why) => match &policy.unknown_model {
                UnknownModel::Ceiling(card) => Arc::clone(card),
                UnknownModel::Refuse => return Err(Refused::unknown_model(model, &upstream.name, &why)),
            },
        };
        let terms = snapshot.prices.terms(&card, call.at, &snapshot.currency);
        let terms = terms.map_err(|why| Refused::unpriced(model, &why))?;
        let rules = BoundRules::of(call.dialect, model, card.context_window());
        let (asked, mut limited, mut tool_calls_max) = (&call.facts, None, None);
        let mut input = input_bound(asked, &rules);
        if !input.certain && input.tool_calls_can_be_limited {
            let facts = Box::new(asked.with_tool_calls_max(TOOL_CALLS_MAX));
            tool_calls_max = facts.tool_calls_max;
            input = input_bound(&facts, &rules);
            limited = Some(facts);
        }
        let facts = limited.as_deref().unwrap_or(asked);
        if !input.certain && policy.admission == Admission::Strict {
            return Err(Refused::unbounded(input.why));
        }
        let output_max = match facts.output_max().or(card.max_output()).or(card.context_window()) {
            _ if !has_output(call.dialect) => 0,
            Some(max) => max,
            None => OUTPUT_MAX_UNKNOWN,
        };
        let others = cost_of_others(call, snapshot, upstream, &input.others, output_max)?;
        let quote = Quote::of(&card, &bounds(facts, &input), terms);
        let quote = quote.map_err(|why| Refused::unratable(model, why))?;
        Ok(Self { card, terms, input, output_max, tool_calls_max, asked, limited, rules, quote, others })
    }

    /// The request as it will be bounded.
    fn facts(&self) -> &RequestFacts {
        self.limited.as_deref().unwrap_or(self.asked)
    }

    /// Nobody limits this model's answers: neither the request nor the price book.
    pub(crate) fn must_set_output(&self) -> bool {
        self.facts().output_max().is_none() && self.card.max_output().is_none() && has_output(self.asked.dialect)
    }

    /// The request field by which this model's answers are limited, where the price book knows it.
    pub(crate) fn output_field(&self) -> Option<OutputField> {
        match self.card.flag("max_field") {
            Some("max_tokens") => Some(OutputField::MaxTokens),
            Some("max_completion_tokens") => Some(OutputField::MaxCompletionTokens),
            Some("max_output_tokens") => Some(OutputField::MaxOutputTokens),
            _ => None,
        }
    }

    /// Output tokens of all answers and passes together when each answer is at most so long.
    pub(crate) fn output_tokens(&self, output_max: u64) -> u64 {
        output_bound(self.facts(), &self.rules, output_max)
    }

    /// What the call costs at worst when each answer is at most so long.
    pub(crate) fn cost(&self, output_max: u64) -> Result<Nano, Refused> {
        let own = self.quote.cost(self.output_tokens(output_max));
        let own = own.map_err(|why| Refused::unratable(&self.asked.model, why))?;
        own.checked_add(self.others).ok_or_else(|| Refused::unratable(&self.asked.model, rating::RatingError::Overflow))
    }

    /// How long each answer may be for this money.
    pub(crate) fn affordable(&self, money: Nano) -> Result<u64, Refused> {
        let all = self.quote.affordable(money.saturating_sub(self.others));
        let all = all.map_err(|why| Refused::unratable(&self.asked.model, why))?.unwrap_or(0);
        // Candidates and hosted passes multiply one answer's maximum: search the largest that still fits.
        let (mut fits, mut over) = (0_u64, all.min(self.output_max).saturating_add(1));
        while over - fits > 1 {
            let middle = fits + (over - fits) / 2;
            if self.output_tokens(middle) <= all { fits = middle } else { over = middle }
        }
        Ok(fits)
    }
}

/// What the call can use at most, but for the length of its answers.
fn bounds<'a>(facts: &'a RequestFacts, input: &InputBound) -> Bounds<'a> {
    Bounds {
        input_tokens: input.tokens,
        output_tokens: 0,
        answers: 1,
        tier: tier_asked(facts),
        geo: facts.geo.as_deref().map_or(Geo::Any, Geo::Only),
        buckets: buckets(facts),
        web_search_calls: input.web_search_calls,
        file_search_calls: input.file_search_calls,
        code_calls: input.code_calls,
    }
}

/// What the other models that a request calls (advisors, fallbacks) can cost: each by its own card, its window filled at
/// every use.
fn cost_of_others(
    call: &Call,
    snapshot: &Snapshot,
    upstream: &Upstream,
    others: &[Hosted],
    output_max: u64,
) -> Result<Nano, Refused> {
    let mut total = Nano::ZERO;
    for other in others {
        let model = other.model.as_deref().unwrap_or(&call.facts.model);
        let card = upstream.card(&snapshot.prices, model, call.at);
        let card = card.map_err(|why| Refused::unknown_model(model, &upstream.name, &why))?;
        let terms = snapshot.prices.terms(card, call.at, &snapshot.currency);
        let terms = terms.map_err(|why| Refused::unpriced(model, &why))?;
        let (Some(window), Some(uses)) = (card.context_window(), other.uses_max.or(Some(1))) else {
            return Err(Refused::unbounded(purser_providers::bound::Because::UndocumentedLoop));
        };
        let output = other.output_max.or(card.max_output()).unwrap_or(output_max);
        let bounds = Bounds {
            input_tokens: window.saturating_mul(uses),
            output_tokens: output.saturating_mul(uses),
            ..Bounds::default()
        };
        let cost = rating::rate_bound(card, &bounds, terms).map_err(|why| Refused::unratable(model, why))?;
        total = total.saturating_add(cost);
    }
    Ok(total)
}

/// The kinds of tokens that the request can touch; what it can't is not held for.
fn buckets(facts: &RequestFacts) -> BucketSet {
    let mut buckets = BucketSet::ALL;
    if facts.cache != CacheAsk::Long {
        buckets = buckets.without(Bucket::CacheWrite1h);
    }
    if facts.dialect.family() == Family::Anthropic && facts.cache == CacheAsk::None {
        buckets = buckets.without(Bucket::CacheWrite5m);
    }
    if !facts.audio_out {
        buckets = buckets.without(Bucket::AudioOut);
    }
    if !facts.image_out {
        buckets = buckets.without(Bucket::ImageOut);
    }
    buckets
}

/// Embeddings give out no tokens.
fn has_output(dialect: Dialect) -> bool {
    dialect != Dialect::OpenAiEmbeddings
}

/// The dearest tier that a request asks for. Where it asks for none (`auto`), the provider's account decides; that is
/// taken to be the standard tier, as it is unless somebody set it otherwise.
fn tier_asked(facts: &RequestFacts) -> Tier {
    if facts.speed.as_deref() == Some("fast") {
        return Tier::Fast;
    }
    match facts.tier.as_deref() {
        Some("priority" | "fast") => Tier::Priority,
        _ => Tier::Standard,
    }
}
