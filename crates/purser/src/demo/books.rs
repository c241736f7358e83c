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
