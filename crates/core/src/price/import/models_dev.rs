//! models.dev's catalogue: providers, their models, prices per million tokens.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ImportError, Imported, Options, SkipReason, row};
use crate::price::bucket::Bucket;
use crate::price::card::CardSpec;
use crate::price::rate::PriceUnit;
use crate::usage::Tier;

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow, default)]
    models: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default)]
    cost: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    limit: BTreeMap<String, &'a RawValue>,
}

const BUCKETS: [(&str, Bucket); 6] = [
    ("input", Bucket::InputUncached),
    ("output", Bucket::Output),
    ("cache_read", Bucket::CacheRead),
    ("cache_write", Bucket::CacheWrite5m),
    ("input_audio", Bucket::AudioIn),
    ("output_audio", Bucket::AudioOut),
];

pub(super) fn read(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let catalogue: BTreeMap<String, Provider<'_>> =
        serde_json::from_str(text).map_err(|source| ImportError::NotJson { form: "models.dev", source })?;
    let mut imported = Imported::default();
    for (provider, Provider { models }) in catalogue {
        if options.provider.as_ref().is_some_and(|wanted| *wanted != provider) {
            continue;
        }
        for (name, model) in models {
            let card = serde_json::from_str::<Model<'_>>(model.get())
                .map_err(|error| SkipReason::Malformed(error.to_string()))
                .and_then(|model| card(&provider, &name, &model, options));
            row::finish(&mut imported, &format!("{provider}/{name}"), card);
        }
    }
    Ok(imported)
}

fn card(provider: &str, name: &str, model: &Model<'_>, options: &Options) -> Result<CardSpec, SkipReason> {
    let mut card = row::card(provider, name, options, "models.dev");
    sheet(&mut card, &model.cost, None, options)?;
    card.context_window = model.limit.get("context").and_then(|value| row::tokens(value));
    card.max_output = model.limit.get("output").and_then(|value| row::tokens(value));
    Ok(card)
}

fn sheet(
    card: &mut CardSpec,
    cost: &BTreeMap<String, &RawValue>,
    above: Option<u64>,
    options: &Options,
) -> Result<(), SkipReason> {
    for (key, value) in cost {
        // `context_over_200k` holds the rates of longer prompts under the same names.
        if let Some(tokens) = key.strip_prefix("context_over_").and_then(thousands) {
            let long = serde_json::from_str(value.get()).map_err(|error| SkipReason::Malformed(error.to_string()))?;
            sheet(card, &long, Some(tokens), options)?;
            continue;
        }
        // Reasoning is output: a catalogue that prices it apart prices it the same or is not for a card of ours.
        let Some(text) = row::number(value) else { continue };
        if key == "reasoning" {
            if cost.get("output").and_then(|output| row::number(output)) != Some(text) {
                return Err(SkipReason::OtherUnits(key.clone()));
            }
            continue;
        }
        let Some((_, bucket)) = BUCKETS.into_iter().find(|(known, _)| known == key) else {
            return Err(SkipReason::OtherUnits(key.clone()));
        };
        let rate = row::price(key, text, PriceUnit::PerMillion, options)?;
        row::place(card, Tier::Standard, above).insert(bucket, rate);
    }
    Ok(())
}

fn thousands(text: &str) -> Option<u64> {
    text.strip_suffix('k')?.parse::<u64>().ok()?.checked_mul(1_000)
}
