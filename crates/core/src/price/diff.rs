//! What a set of cards would change: the dry run before publishing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::PriceBook;
use super::bucket::Bucket;
use super::card::{AboveSpec, CardSpec, RateMap, TierSpec};
use super::rate::Rate;
use crate::time::Instant;

/// What one card would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardDiff {
    /// The card's provider.
    pub provider: String,
    /// The card's model.
    pub model: String,
    /// From when it would hold.
    pub from: Instant,
    /// What it would change.
    pub change: Change,
    /// What a second pair of eyes should look at before it is published.
    pub warnings: Vec<String>,
}

/// What a card would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The model has had no price.
    New,
    /// Nothing.
    Same,
    /// These prices.
    Changed(Vec<PriceChange>),
}

/// One price before and after; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceChange {
    /// Which: `output`, `above 200000: output`, `batch: output`, `geo: us`, `fee: web_search_calls`.
    pub what: String,
    /// As it is.
    pub before: Option<String>,
    /// As it would be.
    pub after: Option<String>,
}

/// Compares cards with those that hold in the book when each would begin, or at `at` where that is later.
pub fn diff(book: &PriceBook, cards: &[CardSpec], at: Instant) -> Vec<CardDiff> {
    cards.iter().map(|card| card_diff(book, card, at)).collect()
}

fn card_diff(book: &PriceBook, card: &CardSpec, at: Instant) -> CardDiff {
    let at = card.from.max(at);
    let history = book.history(&card.provider, &card.model);
    let present = history.iter().find(|listed| listed.effective_from() <= at && listed.card.holds_at(at));
    let present = present.map(|listed| listed.card.spec());
    let change = present.map_or(Change::New, |present| {
        let changes = changes(&prices(present), &prices(card));
        if changes.is_empty() { Change::Same } else { Change::Changed(changes) }
    });
    CardDiff {
        provider: card.provider.clone(),
        model: card.model.clone(),
        from: card.from,
        warnings: warnings(present, card),
        change,
    }
}

fn changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<PriceChange> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let pair = |what: &String| PriceChange {
        what: what.clone(),
        before: before.get(what).cloned(),
        after: after.get(what).cloned(),
    };
    names.into_iter().map(pair).filter(|change| change.before != change.after).collect()
}

/// Every price of a card under a name for people.
fn prices(card: &CardSpec) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    sheet(&mut out, "", &card.rates, &card.above);
    for (tier, price) in &card.tiers {
        let name = format!("{tier:?}").to_ascii_lowercase();
        match price {
            TierSpec::Times(times) => {
                out.insert(format!("{name}: times"), times.to_string());
            }
            TierSpec::Own { rates, above } => sheet(&mut out, &format!("{name}: "), rates, above),
        }
    }
    out.extend(card.geo.iter().map(|(region, times)| (format!("geo: {region}"), times.to_string())));
    out.extend(card.fees.iter().map(|(bucket, fee)| (format!("fee: {bucket}"), fee.to_string())));
    out.insert("currency".to_owned(), card.currency.code().to_owned());
    if !card.hours.is_empty() {
        let hours: Vec<String> = card.hours.iter().map(ToString::to_string).collect();
        out.insert("hours".to_owned(), hours.join(", "));
    }
    out
}

fn sheet(out: &mut BTreeMap<String, String>, prefix: &str, rates: &RateMap, above: &[AboveSpec]) {
    out.extend(rates.iter().map(|(bucket, rate)| (format!("{prefix}{bucket}"), rate.to_string())));
    for AboveSpec { tokens, rates } in above {
        out.extend(rates.iter().map(|(bucket, rate)| (format!("{prefix}above {tokens}: {bucket}"), rate.to_string())));
    }
}

/// A price that changed by more than this is looked at twice.
const UNUSUAL_TIMES: u64 = 3;

fn warnings(present: Option<&CardSpec>, card: &CardSpec) -> Vec<String> {
    let mut warnings = Vec::new();
    let rate = |bucket| card.rates.get(&bucket).copied();
    let far = |a: Rate, b: Rate| a.get() > b.get().saturating_mul(UNUSUAL_TIMES);
    for (bucket, after) in &card.rates {
        if let Some(before) = present.and_then(|present| present.rates.get(bucket)).copied() {
            if far(*after, before) {
                warnings.push(format!("{bucket} is more than {UNUSUAL_TIMES} times dearer than now"));
            } else if far(before, *after) {
                warnings.push(format!("{bucket} is less than a third of the present price"));
            }
        }
        if *after == Rate::ZERO {
            warnings.push(format!("{bucket} is free of charge"));
        }
    }
    if let (Some(input), Some(output)) = (rate(Bucket::InputUncached), rate(Bucket::Output)) {
        if output < input && output != Rate::ZERO {
            warnings.push("output is cheaper than input".to_owned());
        }
        if rate(Bucket::CacheRead).is_some_and(|read| read > input) {
            warnings.push("reading from the cache is dearer than plain input".to_owned());
        }
    }
    if present.is_some_and(|present| present.currency != card.currency) {
        warnings.push("the currency is another than now".to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: Option<&str>, after: &str, expect: &str) {
        let spec = |rest: &str| -> CardSpec {
            serde_json::from_str(&format!(r#"{{"provider":"p","model":"m",{rest}}}"#)).unwrap()
        };
        let list = serde_json::json!({
            "id": crate::id::PriceListId::new(1), "published_at": Instant::EPOCH, "layer": "bundled",
            "cards": before.map(spec).as_slice(),
        });
        let book = PriceBook::new().publish(&serde_json::from_value(list).unwrap()).unwrap();
        let [found] = &diff(&book, &[spec(after)], Instant::EPOCH)[..] else { panic!("one card, one diff") };
        let change = match &found.change {
            Change::New => "new".to_owned(),
            Change::Same => "same".to_owned(),
            Change::Changed(changes) => {
                let text = |price: &Option<String>| price.clone().unwrap_or_else(|| "-".to_owned());
                let line = |c: &PriceChange| format!("{} {} -> {}", c.what, text(&c.before), text(&c.after));
                changes.iter().map(line).collect::<Vec<_>>().join(", ")
            }
        };
        assert_eq!([&[change][..], &found.warnings].concat().join("; "), expect);
    }

    #[test]
    fn a_dry_run_names_every_price_that_changes() {
        let now =
            r#""rates":{"input_uncached":"3","output":"15"},"tiers":{"batch":"0.5"},"fees":{"web_search_calls":"10"}"#;
        check(None, now, "new");
        check(Some(now), now, "same");
        check(
            Some(now),
            r#""rates":{"input_uncached":"3","output":"16"},"above":[{"tokens":200000,"rates":{"output":"32"}}],"geo":{"us":"1.1"}"#,
            "above 200000: output - -> 32, batch: times 0.5 -> -, fee: web_search_calls 10 -> -, geo: us - -> 1.1, output 15 -> 16",
        );
    }

    #[test]
    fn an_unusual_price_is_pointed_at() {
        let now = r#""rates":{"input_uncached":"3","output":"15"}"#;
        check(
            Some(now),
            r#""rates":{"input_uncached":"30","output":"0.015","cache_read":"31"}"#,
            "cache_read - -> 31, input_uncached 3 -> 30, output 15 -> 0.015; input_uncached is more than 3 times dearer \
             than now; output is less than a third of the present price; output is cheaper than input; reading from the \
             cache is dearer than plain input",
        );
    }
}
