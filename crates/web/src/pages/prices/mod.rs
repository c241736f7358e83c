//! The price book: what is charged from when on, and publishing.

pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod publish;

use purser_control::shape::Price;
use purser_core::price::{Bucket, Layer};

use crate::say::{Markup, escaped};

/// A rate as it was written: per million tokens, per thousand calls of a tool. Nothing where the card has none.
fn rate(price: &Price, bucket: Bucket) -> Option<Markup> {
    let rate = price.card.rates.get(&bucket).or_else(|| price.card.fees.get(&bucket))?;
    let text = rate.to_string();
    let cents = if text.contains('.') { text.clone() } else { format!("{text}.00") };
    let (symbol, code) = (escaped(&price.card.currency.symbol()), price.card.currency.code());
    Some(Markup::new(format!("<data value=\"{text}\" title=\"{text} {code}\" class=\"money\">{symbol}{cents}</data>")))
}

/// What is counted.
const fn label(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::InputUncached => "Input",
        Bucket::CacheRead => "Read from cache",
        Bucket::CacheWrite5m => "Into the short cache",
        Bucket::CacheWrite1h => "Into the long cache",
        Bucket::Output => "Output",
        Bucket::AudioIn => "Sound in",
        Bucket::AudioOut => "Sound out",
        Bucket::ImageIn => "Pictures in",
        Bucket::ImageOut => "Pictures out",
        Bucket::AudioCacheRead => "Sound from cache",
        Bucket::WebSearchCalls => "Web searches, a thousand",
        Bucket::FileSearchCalls => "File searches, a thousand",
        Bucket::CodeCalls => "Code containers, a thousand",
    }
}

/// The same where there is a number of it rather than a price.
pub(super) fn counted(bucket: Bucket) -> &'static str {
    label(bucket).trim_end_matches(", a thousand")
}

/// Whose list a card is of.
const fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Bundled => "public",
        Layer::Company => "the company's",
    }
}
