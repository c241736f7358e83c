//! OpenRouter's list of models: prices per token as decimal text, tools per call.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ImportError, Imported, Options, SkipReason, row};
use crate::price::bucket::Bucket;
use crate::price::card::CardSpec;
use crate::price::rate::PriceUnit;

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    data: Vec<Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    id: String,
    #[serde(borrow, default)]
    pricing: BTreeMap<String, &'a RawValue>,
    #[serde(default)]
    context_length: Option<u64>,
    #[serde(default)]
    top_provider: Option<TopProvider>,
}

#[derive(Deserialize)]
struct TopProvider {
    #[serde(default)]
    max_completion_tokens: Option<u64>,
}

const PROVIDER: &str = "openrouter";

pub(super) fn read(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let list: List<'_> =
        serde_json::from_str(text).map_err(|source| ImportError::NotJson { form: "OpenRouter", source })?;
    let mut imported = Imported::default();
    if options.provider.as_ref().is_none_or(|wanted| wanted == PROVIDER) {
        for model in &list.data {
            row::finish(&mut imported, &model.id, card(model, options));
        }
    }
    Ok(imported)
}

fn card(model: &Model<'_>, options: &Options) -> Result<CardSpec, SkipReason> {
    let mut card = row::card(PROVIDER, &model.id, options, "openrouter.ai");
    card.context_window = model.context_length;
    card.max_output = model.top_provider.as_ref().and_then(|top| top.max_completion_tokens);
    for (key, value) in &model.pricing {
        let Some(text) = row::number(value) else { continue };
        let bucket = match key.as_str() {
            "prompt" => Bucket::InputUncached,
            "completion" => Bucket::Output,
            "input_cache_read" => Bucket::CacheRead,
            "input_cache_write" => Bucket::CacheWrite5m,
            "audio" => Bucket::AudioIn,
            "web_search" => {
                card.fees.insert(Bucket::WebSearchCalls, row::fee(key, text)?);
                continue;
            }
            // Already part of the completion's price, or a rebate that a bound must not count on.
            "internal_reasoning" | "discount" => continue,
            _ if text.bytes().all(|byte| matches!(byte, b'0' | b'.')) => continue,
            other => return Err(SkipReason::OtherUnits(other.to_owned())),
        };
        card.rates.insert(bucket, row::price(key, text, PriceUnit::PerToken, options)?);
    }
    Ok(card)
}
