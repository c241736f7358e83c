//! A rate card: what one model costs from one date on.
//!
//! Two types, because a card that was written is not yet a card that can be charged by: [`CardSpec`] is the data as it
//! stands in a file, [`RateCard`] the checked card with every bucket's rate worked out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bucket::{Bucket, Kind};
use super::date;
use super::rate::Rate;
use super::ratio::Ratio;
use super::sheet::{Rates, Sheet, Written};
use super::version;
use super::window::Window;
use crate::money::Currency;
use crate::time::Instant;
use crate::usage::Tier;

/// Rates as they are written: only the buckets that have a published price.
pub type RateMap = BTreeMap<Bucket, Rate>;

/// A rate card as it is written in a file, a form or a published list. Nothing is checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSpec {
    /// Who sells it: `anthropic`, `openai`, `google`, …
    pub provider: String,
    /// The model's own id. Lower case.
    pub model: String,
    /// Other names of exactly this model. One that ends in `:`, `/` or `@` stands for every name that begins so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// First instant at which it holds. Absent (the epoch): as far back as anybody asks.
    #[serde(default, skip_serializing_if = "is_beginning", with = "date")]
    pub from: Instant,
    /// First instant at which it does not hold any more; absent while it has no end. A later card of the same model
    /// takes over from its own `from` without this.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional")]
    pub to: Option<Instant>,
    /// Holds only in these hours of the week (UTC); empty means always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Window>,
    /// The currency of its prices.
    #[serde(default = "Currency::usd", skip_serializing_if = "is_usd")]
    pub currency: Currency,
    /// Price per million tokens, by bucket. A bucket that is absent is billed as its next of kin: see
    /// [`RateCard::rate`].
    pub rates: RateMap,
    /// Rates of requests with a long prompt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<AboveSpec>,
    /// Prices of the other service tiers. A tier that is absent has no published price.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<Tier, TierSpec>,
    /// Multipliers on all tokens by region served.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub geo: BTreeMap<String, Ratio>,
    /// Price of hosted tools per 1,000 calls. The same in every tier and region.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fees: RateMap,
    /// Largest prompt and answer together, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Largest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// What else has to be known of the model, as data: `max_field` (the request field that limits the answer),
    /// `all_billed_visible` (why every billed token is known to be seen in the stream).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, String>,
    /// Where the price was read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// Rates of requests whose whole prompt, cached tokens included, is *larger* than a number of tokens. They hold for
/// the whole request, not only for what is above. Of several thresholds each builds on the ones below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboveSpec {
    /// The last prompt size that is not yet above.
    pub tokens: u64,
    /// Rates that differ; the others stay as they are.
    pub rates: RateMap,
}

/// The price of a service tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TierSpec {
    /// Every token rate times a number.
    Times(Ratio),
    /// Rates of its own; buckets that are absent cost what they cost in the standard tier, long prompts included.
    Own {
        /// Rates that differ. A bucket named here leaves the standard tier's long-prompt rate behind too.
        rates: RateMap,
        /// Rates of long prompts that differ from those.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        above: Vec<AboveSpec>,
    },
}

/// Why a card can't be charged by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider}/{model} from {from}: {problem}")]
pub struct CardError {
    /// The card's provider.
    pub provider: String,
    /// The card's model.
    pub model: String,
    /// The card's first instant.
    pub from: Instant,
    /// What is wrong.
    pub problem: CardProblem,
}

/// What is wrong with a card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardProblem {
    /// No provider, no model, or an alias that is empty or not lower case.
    #[error("`{0}` is not a name; names are lower case, without spaces, at most 200 characters")]
    BadName(String),
    /// Ends before it starts.
    #[error("it ends at {0}, not after its start")]
    EndsBeforeStart(Instant),
    /// Neither an input nor an output price.
    #[error("it has no price at all")]
    NoRates,
    /// A call's price among token prices, or the other way round.
    #[error("{0} does not belong there: tools are priced under `fees`, tokens under `rates`")]
    Misplaced(Bucket),
    /// Thresholds must rise.
    #[error("long-prompt thresholds must rise: {0} does not")]
    Threshold(u64),
    /// The standard tier is the card itself.
    #[error("`standard` is the card's own `rates`, not one of its `tiers`")]
    StandardTier,
    /// A price beyond the range.
    #[error("the price of {0} is too large")]
    TooLarge(Bucket),
}

/// Identifies a card by what it charges: the first 64 bits of a hash over its provider, model, start and prices. The
/// same prices have the same version on every machine; a changed price is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardVersion(pub u64);

impl fmt::Display for CardVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for CardVersion {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten();
        digits.map(Self).ok_or_else(|| format!("`{text}` is not a card version of 16 hexadecimal digits"))
    }
}

impl Serialize for CardVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CardVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A checked card. Immutable: a changed price is a new card with a later start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateCard {
    spec: CardSpec,
    version: CardVersion,
    standard: Sheet,
    tiers: Vec<(Tier, Sheet)>,
    dear_slow_tiers: Vec<Tier>,
    fees: Rates,
}

impl RateCard {
    /// Who sells it.
    pub fn provider(&self) -> &str {
        &self.spec.provider
    }

    /// The model's own id.
    pub fn model(&self) -> &str {
        &self.spec.model
    }

    /// What a charge refers to.
    pub const fn version(&self) -> CardVersion {
        self.version
    }

    /// First instant at which it holds.
    pub const fn valid_from(&self) -> Instant {
        self.spec.from
    }

    /// First instant at which it does not hold any more.
    pub const fn valid_to(&self) -> Option<Instant> {
        self.spec.to
    }

    /// Does it hold at this instant?
    pub fn holds_at(&self, at: Instant) -> bool {
        self.spec.from <= at
            && self.spec.to.is_none_or(|to| at < to)
            && (self.spec.hours.is_empty() || self.spec.hours.iter().any(|window| window.contains(at)))
    }

    /// The currency of its prices.
    pub const fn currency(&self) -> &Currency {
        &self.spec.currency
    }

    /// Largest prompt and answer together, in tokens; `None` when not known, and then nothing may be bounded by it.
    pub const fn context_window(&self) -> Option<u64> {
        self.spec.context_window
    }

    /// Largest answer in tokens; `None` when not known.
    pub const fn max_output(&self) -> Option<u64> {
        self.spec.max_output
    }

    /// What is known of the model under this name (`max_field`, `all_billed_visible`, …).
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.spec.flags.get(name).map(String::as_str)
    }

    /// Where the price was read.
    pub fn source(&self) -> &str {
        &self.spec.source
    }

    /// The card as it was written.
    pub const fn spec(&self) -> &CardSpec {
        &self.spec
    }

    /// The rate of a bucket in the standard tier for a prompt of this size, before multipliers. Tokens without a
    /// price of their own are billed as their next of kin: cached input as input, the long-lived cache as the
    /// short-lived one, audio and images as text. `None`: the card has no price for it, and a call that uses it can't
    /// be charged by this card.
    pub fn rate(&self, bucket: Bucket, prompt_tokens: u64) -> Option<Rate> {
        match bucket.kind() {
            Kind::Call => self.fees.get(bucket),
            Kind::Input | Kind::Output => self.standard.rate(bucket, prompt_tokens).1,
        }
    }

    /// Has the tier a price?
    pub fn has_tier(&self, tier: Tier) -> bool {
        tier == Tier::Standard || self.tiers.iter().any(|(listed, _)| *listed == tier)
    }

    /// Does any prompt size have rates of its own?
    pub fn has_long_prompt_rates(&self) -> bool {
        self.standard.has_long_prompt_rates() || self.tiers.iter().any(|(_, sheet)| sheet.has_long_prompt_rates())
    }

    /// The price of one call of a hosted tool, per million calls.
    pub(crate) fn fee(&self, bucket: Bucket) -> Option<Rate> {
        self.fees.get(bucket)
    }

    /// The rates of a tier. A cheaper tier without a published price costs what the standard tier does; a dearer one
    /// without a price is `None`, because charging the standard price would give the difference away.
    pub(crate) fn sheet(&self, tier: Tier) -> Option<&Sheet> {
        let listed = self.tiers.iter().find(|(listed, _)| *listed == tier).map(|(_, sheet)| sheet);
        match tier {
            Tier::Standard => Some(&self.standard),
            Tier::Batch | Tier::Flex => listed.or(Some(&self.standard)),
            Tier::Priority | Tier::Fast => listed,
        }
    }

    /// The slower tiers by which some call can cost more than by the standard one: hardly any card has one.
    pub(crate) fn dear_slow_tiers(&self) -> &[Tier] {
        &self.dear_slow_tiers
    }

    /// The multiplier of a region; one that is not listed (`global`, `not_available`) costs the plain price.
    pub(crate) fn geo(&self, geo: Option<&str>) -> Ratio {
        geo.and_then(|geo| self.spec.geo.get(geo)).copied().unwrap_or(Ratio::ONE)
    }

    /// The dearest multiplier of any region.
    pub(crate) fn dearest_geo(&self) -> Ratio {
        let dearer = |a: Ratio, b: &Ratio| if b.exceeds(a) { *b } else { a };
        self.spec.geo.values().fold(Ratio::ONE, dearer)
    }
}

impl TryFrom<CardSpec> for RateCard {
    type Error = CardError;

    /// Checks the card and works out every rate.
    fn try_from(spec: CardSpec) -> Result<Self, CardError> {
        match checked(&spec) {
            Ok((standard, tiers, fees)) => {
                let version = CardVersion(version::of(&spec));
                let slow = tiers.iter().filter(|(tier, _)| matches!(tier, Tier::Batch | Tier::Flex));
                let dear = slow.filter(|(_, sheet)| !sheet.is_within(&standard));
                let dear_slow_tiers = dear.map(|(tier, _)| *tier).collect();
                Ok(Self { spec, version, standard, tiers, dear_slow_tiers, fees })
            }
            Err(problem) => Err(CardError { provider: spec.provider, model: spec.model, from: spec.from, problem }),
        }
    }
}

type Checked = (Sheet, Vec<(Tier, Sheet)>, Rates);

fn checked(spec: &CardSpec) -> Result<Checked, CardProblem> {
    for name in [&spec.provider, &spec.model].into_iter().chain(&spec.aliases) {
        if !is_name(name) {
            return Err(CardProblem::BadName(name.clone()));
        }
    }
    if let Some(to) = spec.to.filter(|to| *to <= spec.from) {
        return Err(CardProblem::EndsBeforeStart(to));
    }
    if !spec.rates.keys().any(|bucket| matches!(bucket.kind(), Kind::Input | Kind::Output)) {
        return Err(CardProblem::NoRates);
    }
    let base = Written { rates: &spec.rates, above: &spec.above };
    let standard = Sheet::resolve(&[base])?;
    let mut tiers = Vec::with_capacity(spec.tiers.len());
    for (tier, price) in &spec.tiers {
        if *tier == Tier::Standard {
            return Err(CardProblem::StandardTier);
        }
        let sheet = match price {
            TierSpec::Times(times) => standard.times(*times),
            TierSpec::Own { rates, above } => Sheet::resolve(&[base, Written { rates, above }])?,
        };
        tiers.push((*tier, sheet));
    }
    let mut fees = Rates::default();
    for (bucket, per_thousand) in &spec.fees {
        if bucket.kind() != Kind::Call {
            return Err(CardProblem::Misplaced(*bucket));
        }
        let rate = Rate::checked_from_per_thousand(*per_thousand).ok_or(CardProblem::TooLarge(*bucket))?;
        fees.set(*bucket, rate);
    }
    Ok((standard, tiers, fees))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_whitespace() || byte.is_ascii_control())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_beginning(from: &Instant) -> bool {
    *from == Instant::EPOCH
}

fn is_usd(currency: &Currency) -> bool {
    *currency == Currency::usd()
}
