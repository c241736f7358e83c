//! litellm's catalogue: a flat object of models, each with some of about ninety keys. Prices are per token and written
//! as floats; they are read as text.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{ImportError, Imported, Options, SkipReason, row};
use crate::price::bucket::Bucket;
use crate::price::card::{CardSpec, RateMap};
use crate::price::rate::PriceUnit;
use crate::price::ratio::Ratio;
use crate::usage::Tier;

type Entry<'a> = BTreeMap<String, &'a RawValue>;

/// Key stems and the buckets they price.
const BUCKETS: [(&str, Bucket); 9] = [
    ("input_cost_per_token", Bucket::InputUncached),
    ("cache_read_input_token_cost", Bucket::CacheRead),
    ("cache_creation_input_token_cost", Bucket::CacheWrite5m),
    ("output_cost_per_token", Bucket::Output),
    ("input_cost_per_audio_token", Bucket::AudioIn),
    ("output_cost_per_audio_token", Bucket::AudioOut),
    ("cache_read_input_audio_token_cost", Bucket::AudioCacheRead),
    ("input_cost_per_image_token", Bucket::ImageIn),
    ("output_cost_per_image_token", Bucket::ImageOut),
];

/// Keys that price something which another key prices too, or that cost no more than what we bill instead.
const HARMLESS: [&str; 5] = [
    "output_cost_per_reasoning_token",
    "cache_read_input_image_token_cost",
    "cache_creation_input_audio_token_cost",
    "search_context_cost_per_query",
    "google_maps_grounding_cost_per_query",
];

/// Their name of a provider where ours is another.
const PROVIDERS: [(&str, &str); 7] = [
    ("gemini", "google"),
    ("cohere_chat", "cohere"),
    ("together_ai", "together"),
    ("fireworks_ai", "fireworks"),
    ("moonshot", "moonshotai"),
    ("voyage", "voyageai"),
    ("bedrock_converse", "bedrock"),
];

pub(super) fn read(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let catalogue: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|source| ImportError::NotJson { form: "litellm", source })?;
    let mut imported = Imported::default();
    for (name, entry) in catalogue {
        if name == "sample_spec" {
            continue;
        }
        let Ok(entry) = serde_json::from_str::<Entry<'_>>(entry.get()) else {
            row::finish(&mut imported, &name, Err(SkipReason::Malformed("not an object".to_owned())));
            continue;
        };
        let theirs = entry.get("litellm_provider").map_or("", |provider| provider.get().trim_matches('"'));
        let provider = PROVIDERS.iter().find(|(name, _)| *name == theirs).map_or(theirs, |(_, ours)| ours);
        if options.provider.as_ref().is_none_or(|wanted| wanted == provider) {
            let model = name.strip_prefix(theirs).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&name);
            row::finish(&mut imported, &name, card(provider, model, &entry, options));
        }
    }
    Ok(imported)
}

fn card(provider: &str, model: &str, entry: &Entry<'_>, options: &Options) -> Result<CardSpec, SkipReason> {
    let mut card = row::card(provider, model, options, "litellm");
    for (key, value) in entry {
        let Some(text) = row::number(value) else { continue };
        let known = Key::parse(key);
        let Some(Key { bucket, above, tier }) = known else {
            if key.contains("cost_per") && !HARMLESS.iter().any(|harmless| key.starts_with(harmless)) && !is_zero(text)
            {
                return Err(SkipReason::OtherUnits(key.clone()));
            }
            continue;
        };
        let rate = row::price(key, text, PriceUnit::PerToken, options)?;
        row::place(&mut card, tier, above).insert(bucket, rate);
    }
    for region in ["eu", "us"] {
        let uplift = entry.get(format!("regional_processing_uplift_multiplier_{region}").as_str()).copied();
        let special = entry.get("provider_specific_entry").and_then(|special| {
            let special: BTreeMap<String, &RawValue> = serde_json::from_str(special.get()).ok()?;
            special.get(region).copied()
        });
        let times = uplift.or(special).and_then(row::number).and_then(|text| text.parse::<Ratio>().ok());
        if let Some(times) = times.filter(|times| !times.is_one()) {
            card.geo.insert(region.to_owned(), times);
        }
    }
    card.fees = fees(entry)?;
    card.context_window = entry.get("max_input_tokens").and_then(|value| row::tokens(value));
    card.max_output = entry.get("max_output_tokens").and_then(|value| row::tokens(value));
    Ok(card)
}

/// The dearest of the fees by size of a search: its size is not in the usage.
fn fees(entry: &Entry<'_>) -> Result<RateMap, SkipReason> {
    const KEY: &str = "search_context_cost_per_query";
    let by_size =
        entry.get(KEY).and_then(|by_size| serde_json::from_str::<BTreeMap<String, &RawValue>>(by_size.get()).ok());
    let mut fees = RateMap::new();
    for value in by_size.into_iter().flatten().filter_map(|(_, value)| row::number(value)) {
        let fee = row::fee(KEY, value)?;
        let dearest = fees.entry(Bucket::WebSearchCalls).or_insert(fee);
        *dearest = fee.max(*dearest);
    }
    Ok(fees)
}

fn is_zero(text: &str) -> bool {
    !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

/// `<stem>[_above_1hr|_above_12hr][_above_200k_tokens][_batches|_flex|_priority]`.
struct Key {
    bucket: Bucket,
    above: Option<u64>,
    tier: Tier,
}

impl Key {
    fn parse(key: &str) -> Option<Self> {
        let tiers = [("_batches", Tier::Batch), ("_flex", Tier::Flex), ("_priority", Tier::Priority)];
        let suffix = tiers.into_iter().find_map(|(suffix, tier)| Some((key.strip_suffix(suffix)?, tier)));
        let (rest, tier) = suffix.unwrap_or((key, Tier::Standard));
        let (rest, above) = match rest.strip_suffix("k_tokens").and_then(|rest| rest.rsplit_once("_above_")) {
            Some((rest, thousands)) => (rest, Some(thousands.parse::<u64>().ok()?.checked_mul(1_000)?)),
            None => (rest, None),
        };
        let long = ["_above_1hr", "_above_12hr"].into_iter().find_map(|suffix| rest.strip_suffix(suffix));
        let stem = long.unwrap_or(rest);
        let (_, bucket) = BUCKETS.into_iter().find(|(known, _)| *known == stem)?;
        let bucket = match (bucket, long) {
            (Bucket::CacheWrite5m, Some(_)) => Bucket::CacheWrite1h,
            (_, Some(_)) => return None,
            (bucket, None) => bucket,
        };
        Some(Self { bucket, above, tier })
    }
}
