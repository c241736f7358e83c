//! One model on its way from a catalogue to a card.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Imported, Options, SkipReason, Skipped, Unlikely};
use crate::money::Currency;
use crate::price::bucket::{Bucket, Kind};
use crate::price::card::{AboveSpec, CardSpec, RateCard, RateMap, TierSpec};
use crate::price::rate::{PriceUnit, Rate, parse_price, parse_price_as_typed};
use crate::usage::Tier;

/// An empty card of a model.
pub(super) fn card(provider: &str, model: &str, options: &Options, source: &str) -> CardSpec {
    CardSpec {
        provider: provider.to_ascii_lowercase(),
        model: model.to_ascii_lowercase(),
        aliases: Vec::new(),
        from: options.from,
        to: None,
        hours: Vec::new(),
        currency: Currency::usd(),
        rates: RateMap::new(),
        above: Vec::new(),
        tiers: BTreeMap::new(),
        geo: BTreeMap::new(),
        fees: RateMap::new(),
        context_window: None,
        max_output: None,
        flags: BTreeMap::new(),
        source: source.to_owned(),
    }
}

/// The text of a JSON number or of a JSON string that holds one; `None` for null and everything else.
pub(super) fn number(value: &RawValue) -> Option<&str> {
    let text = value.get().trim_matches('"');
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.').then_some(text)
}

/// A whole number of tokens, where it is one.
pub(super) fn tokens(value: &RawValue) -> Option<u64> {
    number(value)?.parse().ok()
}

/// A price per token or call, in the unit given.
pub(super) fn price(field: &str, text: &str, unit: PriceUnit, options: &Options) -> Result<Rate, SkipReason> {
    let read = match options.unlikely {
        Unlikely::Skip => parse_price(text, unit),
        Unlikely::Keep => parse_price_as_typed(text, unit),
    };
    read.map_err(|error| SkipReason::Price { field: field.to_owned(), error })
}

/// A fee per call, whatever its size: there is no telling a dear tool from a slip.
pub(super) fn fee(field: &str, per_call: &str) -> Result<Rate, SkipReason> {
    // Per call and "per thousand calls" differ as per token and per thousand tokens do.
    let rate = parse_price_as_typed(per_call, PriceUnit::PerThousand);
    rate.map_err(|error| SkipReason::Price { field: field.to_owned(), error })
}

/// Where a price belongs in a card: the standard tier or another, ordinary prompts or long ones.
pub(super) fn place<'a>(card: &'a mut CardSpec, tier: Tier, above: Option<u64>) -> &'a mut RateMap {
    let (rates, long): (&'a mut RateMap, &'a mut Vec<AboveSpec>) = if tier == Tier::Standard {
        (&mut card.rates, &mut card.above)
    } else {
        let own = card.tiers.entry(tier).or_insert_with(empty_tier);
        if !matches!(own, TierSpec::Own { .. }) {
            *own = empty_tier();
        }
        match own {
            TierSpec::Own { rates, above } => (rates, above),
            TierSpec::Times(_) => unreachable!("it was made a tier with rates of its own just now"),
        }
    };
    let Some(tokens) = above else { return rates };
    let at = long.partition_point(|above| above.tokens < tokens);
    if long.get(at).is_none_or(|above| above.tokens != tokens) {
        long.insert(at, AboveSpec { tokens, rates: RateMap::new() });
    }
    &mut long.get_mut(at).expect("it was put there if it was not").rates
}

const fn empty_tier() -> TierSpec {
    TierSpec::Own { rates: RateMap::new(), above: Vec::new() }
}

/// Puts a finished card, or the reason why there is none, where it belongs.
pub(super) fn finish(imported: &mut Imported, name: &str, card: Result<CardSpec, SkipReason>) {
    match card.and_then(checked) {
        Ok(card) => imported.cards.push(card),
        Err(reason) => imported.skipped.push(Skipped { name: name.to_owned(), reason }),
    }
}

fn checked(card: CardSpec) -> Result<CardSpec, SkipReason> {
    if !card.rates.keys().any(|bucket| matches!(bucket.kind(), Kind::Input | Kind::Output)) {
        return Err(SkipReason::NoPrice);
    }
    if card.rates.values().all(|rate| *rate == Rate::ZERO) {
        return Err(SkipReason::Free);
    }
    // Some catalogues list a cache price of zero for models without a cache.
    let mut card = card;
    for bucket in [Bucket::CacheRead, Bucket::CacheWrite5m, Bucket::CacheWrite1h] {
        if card.rates.get(&bucket) == Some(&Rate::ZERO) {
            card.rates.remove(&bucket);
        }
    }
    RateCard::try_from(card.clone())?;
    Ok(card)
}
