//! The provider's bill: what a provider says was used and what it costs, and how the ledger is held against it.
//!
//! **Model.** A [`Report`] is read from what a provider sends ([`read`]): usage by day, model and API key, or costs by day
//! and line. [`compare`](fn@compare) holds a day of the ledger against it and names the cause of each difference;
//! [`plan`](fn@plan) works out the entries after which the ledger equals the bill.
//!
//! **Owns** reading, comparing and planning. **Does not own** fetching reports, keeping them, or writing entries (`control`).
//!
//! **Invariants.** Strangers' bytes never panic. Amounts are read as decimals, never as floats; what is finer than a
//! billionth goes to the nearest one, ties to the even, once for each line. Nobody pays more than was charged for their call
//! unless the bill shows what that one call used.

mod amount;
mod anthropic;
mod compare;
mod csv;
mod invoice;
mod openai;
mod pages;
mod plan;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use compare::{Calls, Cause, Found, Inexact, Prices, ReportedDay, compare};
pub use invoice::{Invoice, InvoiceCheck, InvoiceLine, check_invoice};
pub use plan::{Call, CallsOf, PlannedDay, Step, plan, spread};
pub use read::{Format, MoreIn, more_in, read};

use crate::id::{KeyId, PersonId};
use crate::money::{Currency, Nano};
use crate::price::Bucket;
use crate::time::Instant;
use crate::usage::{Tier, Usage};
use crate::zone::Zone;

/// Whose calls the company's own entries are: what a bill has beyond anybody's call. Nobody real has this id: real ones
/// begin with a time.
pub const COMPANY: PersonId = PersonId::new(1);
/// The key of those entries.
pub const COMPANY_KEY: KeyId = KeyId::new(1);
/// The program of those entries; its version is the day of the bill.
pub const COMPANY_CLIENT: &str = "purser-bill";

/// The most lines that a day of one report may have, once those of the same model, key and tier are added up.
pub const LINES_MAX: usize = 1_000;
/// The longest name (of a model, key, line) that is taken.
pub const NAME_MAX: usize = 200;
/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// The day of a text, `2026-11-03`, counted from 1970-01-01.
pub fn day_of_text(text: &str) -> Option<i64> {
    let date: Date = text.parse().ok()?;
    Zone::UTC.first_instant(date).as_secs().checked_div(DAY_S)
}

/// A day, counted from 1970-01-01, as text.
pub fn day_text(day: i64) -> String {
    let start = Instant::from_micros(day.saturating_mul(DAY_S).saturating_mul(1_000_000));
    Zone::UTC.date(start).to_string()
}

/// An amount in another currency, to the nearest nano-unit, a tie to the even one; `None` beyond the range of money.
pub fn converted(amount: Nano, times: crate::price::Ratio) -> Option<Nano> {
    let product = i128::from(amount.get()).checked_mul(times.num().into())?;
    let (den, size) = (u128::from(times.den()), product.unsigned_abs());
    let (whole, rest) = (size.checked_div(den)?, size.checked_rem(den)?);
    let up = match rest.cmp(&den.checked_sub(rest)?) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole.checked_rem(2)? == 1,
    };
    let nano = i64::try_from(whole.checked_add(u128::from(up))?).ok()?;
    if product < 0 { Nano::new(nano).checked_neg() } else { Some(Nano::new(nano)) }
}

/// What was read of one report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Usage by what it is of (`messages`, `completions`, `embeddings`, …) and day.
    pub usage: BTreeMap<(String, i64), Day<UsageLine>>,
    /// Costs by day.
    pub costs: BTreeMap<i64, Day<CostLine>>,
}

/// A day (UTC) of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day<L> {
    /// Seconds of the day that the report covers.
    #[serde(rename = "s")]
    pub covered_s: i64,
    /// In order, each key once.
    #[serde(rename = "l")]
    pub lines: Vec<L>,
}

impl<L> Day<L> {
    /// Is all of the day in it?
    pub fn is_whole(&self) -> bool {
        self.covered_s >= DAY_S
    }
}

/// What was used of a model with a key on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageLine {
    /// The model, as the provider names it; none where the report is not by model.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// With which of the account's API keys.
    #[serde(rename = "k", default, skip_serializing_if = "ApiKey::is_untold")]
    pub key: ApiKey,
    /// The tier.
    #[serde(rename = "t", default, skip_serializing_if = "is_standard")]
    pub tier: Tier,
    /// Requests, where the report counts them.
    #[serde(rename = "r", default, skip_serializing_if = "is_zero")]
    pub requests: u64,
    /// What was used, in disjoint buckets.
    #[serde(rename = "u", with = "buckets")]
    pub usage: Usage,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn is_standard(tier: &Tier) -> bool {
    *tier == Tier::Standard
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// With which of the account's API keys something was used.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKey {
    /// The report is not by key.
    #[default]
    Untold,
    /// With none: the provider's console or playground.
    Console,
    /// With the key of this id at the provider (not the secret).
    Id(String),
}

impl ApiKey {
    fn is_untold(&self) -> bool {
        *self == Self::Untold
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => f.write_str("untold"),
            Self::Console => f.write_str("console"),
            Self::Id(id) => f.write_str(id),
        }
    }
}

/// What something costs on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    /// What kind of line it is.
    #[serde(rename = "w", default, skip_serializing_if = "CostKind::is_usage")]
    pub kind: CostKind,
    /// The model, where the line is of one.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The bucket, where the line is of one.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Bucket>,
    /// The provider's words.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The currency.
    #[serde(rename = "c")]
    pub currency: Currency,
    /// The amount; below zero for what is given back.
    #[serde(rename = "a")]
    pub amount: Nano,
    /// By how much the provider may have rounded it: half of the last place that it wrote.
    #[serde(rename = "g", default, skip_serializing_if = "is_nothing")]
    pub grain: Nano,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn is_nothing(amount: &Nano) -> bool {
    amount.is_zero()
}

/// What a line of costs is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    /// Something that was used: what calls are charged for.
    #[default]
    Usage,
    /// A tax.
    Tax,
    /// A credit or discount that is not in the prices.
    Credit,
    /// Anything else: seats, storage.
    Other,
}

impl CostKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
    fn is_usage(&self) -> bool {
        *self == Self::Usage
    }
}

/// A mistake in a report: where it is, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct BillMistake {
    /// `line 3`, or the way to a field: `data[0].results[2].amount`.
    pub at: String,
    /// What is wrong with it.
    pub what: String,
}

impl BillMistake {
    pub(crate) fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into() }
    }
}

/// A stranger's text, short enough to be shown.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// A name of a stranger's that is kept: cut at [`NAME_MAX`] bytes, without what can't be printed.
pub(crate) fn kept(text: &str) -> String {
    let mut name = String::new();
    for c in text.trim().chars().filter(|c| !c.is_control()) {
        if name.len().saturating_add(c.len_utf8()) > NAME_MAX {
            break;
        }
        name.push(c);
    }
    name
}

/// The same of an optional one; an empty one is none.
pub(crate) fn kept_some(text: Option<&str>) -> Option<String> {
    text.map(kept).filter(|name| !name.is_empty())
}

/// Usage as a map of the buckets that were used, so that events stay small.
mod buckets {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::price::Bucket;
    use crate::usage::Usage;

    pub(super) fn serialize<S: Serializer>(usage: &Usage, serializer: S) -> Result<S::Ok, S::Error> {
        usage.used().collect::<BTreeMap<Bucket, u64>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Usage, D::Error> {
        let used = BTreeMap::<Bucket, u64>::deserialize(deserializer)?;
        let mut usage = Usage::default();
        for (bucket, count) in used {
            *bucket.of_mut(&mut usage) = count;
        }
        Ok(usage)
    }
}

impl Report {
    /// Adds up lines of the same model, key and tier, puts all in order, and checks the bounds.
    ///
    /// # Errors
    /// A day has too many lines.
    pub(crate) fn settled(mut self) -> Result<Self, BillMistake> {
        let many = |day: i64, count: usize| {
            let what = format!("{count} lines of one day; {LINES_MAX} are taken: group by model and API key alone");
            BillMistake::new(day_text(day), what)
        };
        for ((_, day), usage) in &mut self.usage {
            let mut sums = BTreeMap::<(Option<String>, ApiKey, Tier), (u64, Usage)>::new();
            for line in usage.lines.drain(..) {
                let (requests, sum) = sums.entry((line.model, line.key, line.tier)).or_default();
                *requests = requests.saturating_add(line.requests);
                for (bucket, count) in line.usage.used() {
                    let own = bucket.of_mut(sum);
                    *own = own.saturating_add(count);
                }
            }
            sums.retain(|_, (requests, usage)| *requests > 0 || !usage.is_empty());
            if sums.len() > LINES_MAX {
                return Err(many(*day, sums.len()));
            }
            let line = |((model, key, tier), (requests, usage))| UsageLine { model, key, tier, requests, usage };
            usage.lines = sums.into_iter().map(line).collect();
        }
        for (day, costs) in &mut self.costs {
            type Key = (CostKind, Option<String>, Option<Bucket>, String, String);
            let mut sums = BTreeMap::<Key, CostLine>::new();
            for line in costs.lines.drain(..) {
                let code = line.currency.code().to_owned();
                let key = (line.kind, line.model.clone(), line.bucket, line.description.clone(), code);
                match sums.get_mut(&key) {
                    None => drop(sums.insert(key, line)),
                    Some(sum) => {
                        let too_much = || BillMistake::new(day_text(*day), "its amounts leave the range of money");
                        sum.amount = sum.amount.checked_add(line.amount).ok_or_else(too_much)?;
                        sum.grain = sum.grain.saturating_add(line.grain);
                    }
                }
            }
            if sums.len() > LINES_MAX {
                return Err(many(*day, sums.len()));
            }
            costs.lines = sums.into_values().collect();
        }
        Ok(self)
    }
}
