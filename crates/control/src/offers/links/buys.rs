//! What the tokens of a workday buy, in things that somebody can imagine, at today's list prices.
//!
//! Neither a negotiated discount nor a price of the company's own is looked at: those are the company's, and the letter
//! promises list prices.

use purser_core::money::Nano;
use purser_core::offer::TokenTerms;
use purser_core::price::{Layer, RateCard};
use purser_core::rating;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::{Served, Usage};

use crate::shape::Buys;

/// Models shown.
const MODELS_MAX: usize = 8;
/// Calls that a coding agent makes in an hour: one a minute.
const CALLS_AN_HOUR: i64 = 60;

/// One of those calls: a prompt of 40,000 tokens, nine tenths of them read from a cache, and an answer of 800.
const CALL: Usage = Usage { input_uncached: 4_000, cache_read: 36_000, output: 800, ..NOTHING };
/// A question about a document: 10,000 tokens in, 600 out.
const QUESTION: Usage = Usage { input_uncached: 10_000, output: 600, ..NOTHING };

const NOTHING: Usage = Usage {
    input_uncached: 0,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output: 0,
    reasoning: 0,
    audio_in: 0,
    audio_out: 0,
    image_in: 0,
    image_out: 0,
    audio_cache_read: 0,
    web_search_calls: 0,
    file_search_calls: 0,
    code_calls: 0,
};

/// For the models that the line pays for and whose list price is known, those whose prices are newest, dearest first.
pub(super) fn of(snapshot: &Snapshot, terms: &TokenTerms, now: Instant) -> Vec<Buys> {
    let book = &snapshot.prices;
    let mut cards: Vec<&RateCard> = Vec::new();
    for provider in book.providers() {
        if !terms.scope.covers_provider(provider) {
            continue;
        }
        let listed = book.models(provider, now).into_iter().filter(|card| {
            let is_public = book
                .history(provider, card.model())
                .iter()
                .any(|listed| listed.card.version() == card.version() && listed.layer == Layer::Bundled);
            is_public && terms.scope.covers_model(card.model())
        });
        cards.extend(listed.map(|card| &**card));
    }
    cards.sort_by(|a, b| b.valid_from().cmp(&a.valid_from()).then_with(|| a.model().cmp(b.model())));
    let mut found: Vec<Buys> =
        cards.into_iter().filter_map(|card| buys(snapshot, card, terms.workday, now)).take(MODELS_MAX).collect();
    found.sort_by(|a, b| b.hour.cmp(&a.hour).then_with(|| a.model.cmp(&b.model)));
    found
}

fn buys(snapshot: &Snapshot, card: &RateCard, workday: Nano, now: Instant) -> Option<Buys> {
    let exchange = snapshot.prices.exchange(card.currency(), &snapshot.currency, now)?;
    let cost = |usage: &Usage| rating::rate(card, usage, &Served::default(), exchange).ok();
    let call = cost(&CALL)?;
    let hour = Nano::new(call.get().checked_mul(CALLS_AN_HOUR)?);
    let question = cost(&QUESTION)?;
    let times = |many: i64, of: Nano| {
        let all = i128::from(workday.get()).checked_mul(i128::from(many))?;
        all.checked_div(i128::from(of.get())).and_then(|times| u64::try_from(times).ok())
    };
    Some(Buys {
        provider: card.provider().to_owned(),
        model: card.model().to_owned(),
        hour,
        tenths_of_hours: times(10, hour)?,
        question,
        questions: times(1, question)?,
    })
}
