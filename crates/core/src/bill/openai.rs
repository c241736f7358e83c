//! OpenAI's usage reports (completions, embeddings and their like) and its costs.
//!
//! `input_tokens` include what was read from the cache; amounts are JSON numbers, read as the text that they are; taxes and
//! credits are lines like any other.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::amount::{self, Unit};
use super::pages::{self, Bucket, Days, Span, buckets};
use super::{ApiKey, BillMistake, CostKind, CostLine, Report, UsageLine, kept, kept_some, shown};
use crate::price::Bucket as Meter;
use crate::time::Instant;
use crate::usage::{Tier, Usage};

/// What usage is called where nothing says it.
pub(super) const COMPLETIONS: &str = "completions";

#[derive(Deserialize)]
struct BucketOf<R> {
    start_time: i64,
    end_time: i64,
    #[serde(default = "Vec::new", alias = "result")]
    results: Vec<R>,
}

impl<R: DeserializeOwned> Bucket for BucketOf<R> {
    type Line = R;

    fn span(&self, at: &str) -> Result<Span, BillMistake> {
        let instant = |seconds: i64| Instant::from_micros(seconds.saturating_mul(1_000_000));
        Span::try_new(at, instant(self.start_time), instant(self.end_time))
    }

    fn results(self) -> Vec<R> {
        self.results
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Used {
    object: Option<String>,
    model: Option<String>,
    api_key_id: Option<String>,
    batch: Option<bool>,
    service_tier: Option<String>,
    num_model_requests: Option<u64>,
    input_tokens: Option<u64>,
    input_cached_tokens: Option<u64>,
    input_cache_write_tokens: Option<u64>,
    input_audio_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_audio_tokens: Option<u64>,
    num_sessions: Option<u64>,
}

/// Reads a usage report; `part` is what it is of where nothing in it says so.
pub(super) fn usage(text: &str, part: Option<&str>) -> Result<Report, BillMistake> {
    let read = buckets::<BucketOf<Used>>(text)?;
    let told = read.iter().flat_map(|(_, _, results)| results).find_map(Used::part);
    let usual = part.map(str::to_owned).or(told).unwrap_or_else(|| COMPLETIONS.to_owned());
    let mut days = Days::new();
    for (at, span, results) in read {
        if results.is_empty() {
            days.at((usual.clone(), span.day), span);
        }
        for (r, used) in results.into_iter().enumerate() {
            let of = used.part().unwrap_or_else(|| usual.clone());
            let line = used.line(&format!("{at}.results[{r}]"))?;
            days.at((of, span.day), span).push(line);
        }
    }
    Ok(Report { usage: super::read::console(days.done()), ..Report::default() })
}

impl Used {
    /// `completions` of `organization.usage.completions.result`.
    fn part(&self) -> Option<String> {
        let object = self.object.as_deref()?;
        let name = object.strip_prefix("organization.usage.")?;
        kept_some(Some(name.strip_suffix(".result").unwrap_or(name)))
    }

    fn line(self, at: &str) -> Result<UsageLine, BillMistake> {
        let input = self.input_tokens.unwrap_or(0);
        let (read, written) = (self.input_cached_tokens.unwrap_or(0), self.input_cache_write_tokens.unwrap_or(0));
        let parts = read.saturating_add(written);
        let uncached = input.checked_sub(parts).ok_or_else(|| {
            let what = format!("{parts} cached tokens are more than all {input} input tokens, which include them");
            BillMistake::new(format!("{at}.input_cached_tokens"), what)
        })?;
        let usage = Usage {
            input_uncached: uncached,
            cache_read: read,
            cache_write_5m: written,
            audio_in: self.input_audio_tokens.unwrap_or(0),
            output: self.output_tokens.unwrap_or(0),
            audio_out: self.output_audio_tokens.unwrap_or(0),
            code_calls: self.num_sessions.unwrap_or(0),
            ..Usage::default()
        };
        let tier = match (self.batch, self.service_tier.as_deref()) {
            (Some(true), _) | (_, Some("batch")) => Tier::Batch,
            (_, Some("flex")) => Tier::Flex,
            (_, Some("priority" | "fast")) => Tier::Priority,
            _ => Tier::Standard,
        };
        let key = self.api_key_id.map_or(ApiKey::Untold, |id| ApiKey::Id(kept(&id)));
        let requests = self.num_model_requests.unwrap_or(0);
        Ok(UsageLine { model: kept_some(self.model.as_deref()), key, tier, requests, usage })
    }
}

#[derive(Deserialize)]
struct Cost {
    amount: Amount,
    #[serde(default)]
    line_item: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    value: Box<RawValue>,
    currency: String,
}

/// Reads costs.
pub(super) fn costs(text: &str) -> Result<Report, BillMistake> {
    pages::costs::<BucketOf<Cost>>(text, Cost::line)
}

impl Cost {
    fn line(self, at: &str) -> Result<CostLine, BillMistake> {
        let written = super::read::number_text(self.amount.value.get());
        let (amount, grain) = amount::parse(&written, Unit::Units).ok_or_else(|| {
            BillMistake::new(format!("{at}.amount.value"), format!("`{}` is not an amount", shown(&written)))
        })?;
        let currency = super::read::currency(&format!("{at}.amount.currency"), &self.amount.currency)?;
        let description = self.line_item.as_deref().map(kept).unwrap_or_default();
        let (model, bucket) = item(&description);
        let kind = if model.is_some() { CostKind::Usage } else { super::read::kind_of(&description, false) };
        Ok(CostLine { kind, model, bucket, description, currency, amount, grain })
    }
}

/// Model and bucket of a line such as `gpt-5.6-2026-03-05, cached input`.
fn item(line: &str) -> (Option<String>, Option<Meter>) {
    let Some((model, what)) = line.split_once(',') else { return (None, None) };
    let (model, what) = (model.trim(), what.trim().to_lowercase());
    if model.is_empty() || model.contains(char::is_whitespace) {
        return (None, None);
    }
    let has = |word: &str| what.contains(word);
    let bucket = match (has("audio"), has("image"), has("cache"), has("write"), has("output")) {
        (true, _, true, ..) => Some(Meter::AudioCacheRead),
        (true, _, _, _, true) => Some(Meter::AudioOut),
        (true, ..) => Some(Meter::AudioIn),
        (_, true, _, _, true) => Some(Meter::ImageOut),
        (_, true, ..) => Some(Meter::ImageIn),
        (_, _, true, true, _) => Some(Meter::CacheWrite5m),
        (_, _, true, ..) => Some(Meter::CacheRead),
        (.., true) => Some(Meter::Output),
        _ if has("input") => Some(Meter::InputUncached),
        _ => None,
    };
    (Some(model.to_lowercase()), bucket)
}
