//! Anthropic's usage report of messages and its cost report.
//!
//! `input` is told without the cache; amounts are decimal text in cents; a key that is `null` in a report by key is the
//! console's. Costs of the priority tier are in no cost report.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::amount::{self, Unit};
use super::pages::{self, Bucket, Days, Span, buckets};
use super::{ApiKey, BillMistake, CostKind, CostLine, Report, UsageLine, kept, kept_some, shown};
use crate::price::Bucket as Meter;
use crate::time::Instant;
use crate::usage::{Tier, Usage};

/// What usage of messages is called.
pub(super) const MESSAGES: &str = "messages";

#[derive(Deserialize)]
struct BucketOf<R> {
    starting_at: String,
    ending_at: String,
    results: Vec<R>,
}

impl<R: DeserializeOwned> Bucket for BucketOf<R> {
    type Line = R;

    fn span(&self, at: &str) -> Result<Span, BillMistake> {
        let instant = |field: &str, text: &str| {
            text.parse::<Instant>().map_err(|_| {
                BillMistake::new(format!("{at}.{field}"), format!("`{}` is not an instant (RFC 3339)", shown(text)))
            })
        };
        Span::try_new(at, instant("starting_at", &self.starting_at)?, instant("ending_at", &self.ending_at)?)
    }

    fn results(self) -> Vec<R> {
        self.results
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Used {
    api_key_id: Option<String>,
    model: Option<String>,
    service_tier: Option<String>,
    speed: Option<String>,
    uncached_input_tokens: Option<u64>,
    cache_creation: Option<Written>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    server_tool_use: Option<Tools>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tools {
    web_search_requests: Option<u64>,
}

/// Reads a usage report.
pub(super) fn usage(text: &str) -> Result<Report, BillMistake> {
    let mut days = Days::new();
    for (_, span, results) in buckets::<BucketOf<Used>>(text)? {
        days.at((MESSAGES.to_owned(), span.day), span).extend(results.into_iter().map(Used::line));
    }
    Ok(Report { usage: super::read::console(days.done()), ..Report::default() })
}

impl Used {
    fn line(self) -> UsageLine {
        let written = self.cache_creation.unwrap_or_default();
        let usage = Usage {
            input_uncached: self.uncached_input_tokens.unwrap_or(0),
            cache_read: self.cache_read_input_tokens.unwrap_or(0),
            cache_write_5m: written.ephemeral_5m_input_tokens.unwrap_or(0),
            cache_write_1h: written.ephemeral_1h_input_tokens.unwrap_or(0),
            output: self.output_tokens.unwrap_or(0),
            web_search_calls: self.server_tool_use.and_then(|tools| tools.web_search_requests).unwrap_or(0),
            ..Usage::default()
        };
        let tier = match (self.service_tier.as_deref(), self.speed.as_deref()) {
            (_, Some("fast")) => Tier::Fast,
            (Some("batch"), _) => Tier::Batch,
            (Some("flex" | "flex_discount"), _) => Tier::Flex,
            (Some("priority" | "priority_on_demand"), _) => Tier::Priority,
            _ => Tier::Standard,
        };
        let key = self.api_key_id.map_or(ApiKey::Untold, |id| ApiKey::Id(kept(&id)));
        UsageLine { model: kept_some(self.model.as_deref()), key, tier, requests: 0, usage }
    }
}

#[derive(Deserialize)]
struct Cost {
    amount: Box<RawValue>,
    currency: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default, rename = "cost_type")]
    of: Option<String>,
}

/// Reads a cost report.
pub(super) fn costs(text: &str) -> Result<Report, BillMistake> {
    pages::costs::<BucketOf<Cost>>(text, Cost::line)
}

impl Cost {
    fn line(self, at: &str) -> Result<CostLine, BillMistake> {
        let written = super::read::number_text(self.amount.get());
        let (amount, grain) = amount::parse(&written, Unit::Cents).ok_or_else(|| {
            BillMistake::new(format!("{at}.amount"), format!("`{}` is not an amount in cents", shown(&written)))
        })?;
        let currency = super::read::currency(&format!("{at}.currency"), &self.currency)?;
        let bucket = match (self.token_type.as_deref(), self.of.as_deref()) {
            (Some("uncached_input_tokens"), _) => Some(Meter::InputUncached),
            (Some("output_tokens"), _) => Some(Meter::Output),
            (Some("cache_read_input_tokens"), _) => Some(Meter::CacheRead),
            (Some("cache_creation.ephemeral_5m_input_tokens"), _) => Some(Meter::CacheWrite5m),
            (Some("cache_creation.ephemeral_1h_input_tokens"), _) => Some(Meter::CacheWrite1h),
            (_, Some("web_search")) => Some(Meter::WebSearchCalls),
            (_, Some("code_execution")) => Some(Meter::CodeCalls),
            _ => None,
        };
        let description = self.description.as_deref().map(kept).unwrap_or_default();
        let kind = match self.of.as_deref() {
            Some("tokens" | "web_search" | "code_execution") => CostKind::Usage,
            _ => super::read::kind_of(&description, bucket.is_some() || self.model.is_some()),
        };
        Ok(CostLine { kind, model: kept_some(self.model.as_deref()), bucket, description, currency, amount, grain })
    }
}
