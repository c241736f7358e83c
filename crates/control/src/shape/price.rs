//! Prices.

use purser_core::money::Nano;
use purser_core::price::{CardSpec, CardVersion, Discount, Exchange, Layer};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::{Deserialize, Serialize};

/// A rate card in the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Price {
    /// What a charge refers to.
    pub version: CardVersion,
    /// Public, or the company's own.
    pub layer: Layer,
    /// When it was published.
    pub published_at: Instant,
    /// First instant at which calls are charged by it.
    pub effective_from: Instant,
    /// The card as it was written.
    pub card: CardSpec,
}

/// Prices to publish, or to compare with the book: cards of our own form, or a public catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPrices {
    /// The text of the file: an array of cards, an object with `cards`, `discounts` and `exchange`, a spreadsheet, or one
    /// of the public catalogues.
    pub text: String,
    /// `cards`, `csv`, `litellm`, `models.dev` or `openrouter`; recognised by its shape where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Of a catalogue: only this provider's models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Of a catalogue: take prices out of all proportion as they are written; they are skipped otherwise.
    #[serde(default)]
    pub keep_unlikely: bool,
    /// First instant or day (UTC) of prices that name none; now where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only say what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// Rates of one model to publish, on top of the card in force where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPrice {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Bucket and price per million, as typed: `("input_uncached", "3.00")`.
    pub rates: Vec<PricePoint>,
    /// First instant or day (UTC); now where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Where the figure is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricePoint {
    /// The bucket.
    pub bucket: String,
    /// Per million tokens, per thousand calls for tools.
    pub price: String,
}

/// What publishing did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportReport {
    /// What the text was recognised as.
    pub format: String,
    /// Was it published?
    pub published: bool,
    /// Cards that differ from the book.
    pub changes: Vec<PriceChange>,
    /// Cards that say what the book says already.
    pub unchanged: usize,
    /// Entries that could not be read, and why.
    pub skipped: Vec<String>,
    /// Discounts taken.
    pub discounts: Vec<Discount>,
    /// Exchange rates taken.
    pub exchange: Vec<Exchange>,
}

/// One card that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PriceChange {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// From when on.
    pub from: Instant,
    /// What differs; empty where the model had no price.
    pub rates: Vec<RateChange>,
    /// What a second pair of eyes should look at.
    pub warnings: Vec<String>,
}

/// One price before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RateChange {
    /// Which: `output`, `above 200000: output`, `batch: output`.
    pub what: String,
    /// As it is; none where there is none.
    pub was: Option<String>,
    /// As it would be; none where it goes.
    pub is: Option<String>,
}

/// A charge to work out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// What was used.
    pub usage: Usage,
    /// As of this instant or day (UTC); now where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The tier that served it.
    #[serde(default)]
    pub tier: Tier,
    /// The region that served it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo: Option<String>,
}

/// The working of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Explained {
    /// The card it was worked out with.
    pub version: CardVersion,
    /// Where its price was read.
    pub source: String,
    /// The lines.
    pub lines: Vec<ExplainedLine>,
    /// What the lines were multiplied with (discount, exchange rate).
    pub terms: String,
    /// What it costs.
    pub charge: Nano,
}

/// One line of the working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ExplainedLine {
    /// The bucket.
    pub bucket: String,
    /// How many.
    pub count: u64,
    /// The rate per million, multipliers not yet in it.
    pub rate: String,
    /// The prompt was above this many tokens, and the rate is the one of long prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
    /// The multipliers of tier and region, `1` for none.
    pub times: String,
    /// The line's amount before rounding, as far as it can be written.
    pub amount: String,
}
