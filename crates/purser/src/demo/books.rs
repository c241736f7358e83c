//! Two books that know nothing of each other: what the provider says that it served, and what the ledger charged. They
//! are compared call by call, in tokens of every kind and in money.

use std::collections::BTreeMap;

use purser_control::shape::Charge;
use purser_core::money::{Currency, Nano};
use purser_core::price::PriceBook;
use purser_core::rating;
use purser_core::time::Instant;
use purser_core::usage::{Served, Usage};
use purser_standin::{Dialect, ServedCall};

/// What the comparison came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// Calls that the provider billed.
    pub(crate) served: u64,
    /// Calls that the ledger charged.
    pub(crate) charged: u64,
    /// What the provider's own figures cost by the price book.
    pub(crate) billed: Nano,
    /// What the ledger charged.
    pub(crate) posted: Nano,
    /// Tokens by kind, as the ledger has them.
    pub(crate) usage: Usage,
    /// Calls that one book has and the other has not, in words; a few of them.
    pub(crate) differences: Vec<String>,
    /// How many there are.
    pub(crate) different: u64,
}

/// Differences that are told in words.
const TOLD_MAX: usize = 5;

impl Books {
    /// Do both say the same?
    pub(crate) fn agree(&self) -> bool {
        self.different == 0 && self.billed == self.posted
    }
}

/// What makes two calls the same: model, and tokens of every kind.
type Line = (String, [u64; 8]);

/// Compares. `prices` and `at` are for the provider's figures: the stand-in has no prices.
pub(crate) fn compare(
    charges: &[Charge],
    served: &[ServedCall],
    prices: &PriceBook,
    currency: &Currency,
    at: Instant,
) -> Books {
    let mut books = Books::default();
    // By line: how often the provider served it more than the ledger charged it.
    let mut balance: BTreeMap<Line, i64> = BTreeMap::new();
    for call in served.iter().filter(|call| call.status == 200 && call.ended) {
        let usage = usage_of(call);
        if usage.is_empty() {
            continue;
        }
        books.served += 1;
        *balance.entry(line(&call.model, &usage)).or_default() += 1;
        match price(call, &usage, prices, currency, at) {
            Ok(cost) => books.billed = books.billed.saturating_add(cost),
            Err(why) => books.differ(1, format!("{} can't be priced: {why}", call.model)),
        }
    }
    for charge in charges {
        books.charged += 1;
        books.posted = books.posted.saturating_add(charge.charge);
        add(&mut books.usage, &charge.usage);
        *balance.entry(line(&charge.model, &charge.usage)).or_default() -= 1;
    }
    for ((model, counts), more) in balance {
        if more != 0 {
            let book = if more > 0 { "served but not charged" } else { "charged but not served" };
            books.differ(more.unsigned_abs(), format!("{} x {model} {counts:?}: {book}", more.unsigned_abs()));
        }
    }
    books
}

impl Books {
    fn differ(&mut self, times: u64, what: String) {
        self.different += times;
        if self.differences.len() < TOLD_MAX {
            self.differences.push(what);
        }
    }
}

fn usage_of(call: &ServedCall) -> Usage {
    let served = &call.usage;
    Usage {
        input_uncached: served.input_uncached,
        cache_read: served.cache_read,
        cache_write_5m: served.cache_write_short,
        cache_write_1h: served.cache_write_long,
        output: served.output,
        reasoning: served.thinking,
        web_search_calls: served.searches,
        ..Usage::default()
    }
}

fn line(model: &str, usage: &Usage) -> Line {
    let counts = [
        usage.input_uncached,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
        usage.web_search_calls,
        usage.audio_in + usage.audio_out + usage.image_in + usage.image_out,
    ];
    (model.to_owned(), counts)
}

fn price(
    call: &ServedCall,
    usage: &Usage,
    prices: &PriceBook,
    currency: &Currency,
    at: Instant,
) -> Result<Nano, Box<dyn std::error::Error>> {
    let list = match call.dialect {
        Dialect::Messages => "anthropic",
        Dialect::Chat | Dialect::Responses | Dialect::Embeddings => "openai",
        Dialect::Gemini => "google",
    };
    let card = prices.lookup(list, &call.model, at)?;
    let terms = prices.terms(card, at, currency)?;
    Ok(rating::rate(card, usage, &Served::default(), terms)?)
}

fn add(sum: &mut Usage, usage: &Usage) {
    sum.input_uncached += usage.input_uncached;
    sum.cache_read += usage.cache_read;
    sum.cache_write_5m += usage.cache_write_5m;
    sum.cache_write_1h += usage.cache_write_1h;
    sum.output += usage.output;
    sum.reasoning += usage.reasoning;
    sum.web_search_calls += usage.web_search_calls;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn served(output: u64) -> ServedCall {
        serde_json::from_value(json!({
            "seq": 1, "dialect": "messages", "path": "/v1/messages", "credential": "00000000000000ff",
            "model": "claude-sonnet-5-5", "served_model": "claude-sonnet-5-5", "tier": "standard", "stream": true,
            "status": 200, "told": null, "events": 3, "ended": true, "completed": true,
            "usage": {
                "input_uncached": 1000, "cache_read": 0, "cache_write_short": 0, "cache_write_long": 0,
                "output": output, "thinking": 0, "searches": 0
            }
        }))
        .unwrap()
    }

    fn charge(output: u64, charge: &str) -> Charge {
        serde_json::from_value(json!({
            "id": "hld_1-1", "entry": 1, "kind": "settlement", "at": "2026-11-24T00:00:00Z", "person": null, "key": null,
            "provider": "anthropic", "model": "claude-sonnet-5-5", "served_model": null, "dialect": "messages",
            "tier": "standard", "geo": null, "client": "", "attempt": 0, "usage": {"input_uncached": 1000, "output": output}, "charge": charge,
            "overrun": "0.00", "mark": "exact", "card": null, "terms": null
        }))
        .unwrap()
    }

    fn check(served: &[ServedCall], charged: &[Charge], different: u64, agree: bool) {
        let now = Instant::from_micros(1_795_000_000_000_000);
        let books = compare(charged, served, &PriceBook::bundled(), &Currency::usd(), now);
        assert_eq!((books.different, books.agree()), (different, agree), "{books:?}");
    }

    #[test]
    fn books_agree_only_call_by_call_and_to_the_last_part() {
        // 1000 tokens at $2 and 100 at $10 a million.
        check(&[served(100)], &[charge(100, "0.003")], 0, true);
        check(&[served(100)], &[], 1, false);
        check(&[], &[charge(100, "0.003")], 1, false);
        check(&[served(100)], &[charge(101, "0.003")], 2, false);
        check(&[served(100)], &[charge(100, "0.003000001")], 0, false);
        check(&[served(100), served(100)], &[charge(100, "0.006")], 1, false);
        check(&[served(90), served(110)], &[charge(100, "0.003"), charge(100, "0.003")], 4, false);
    }
}
