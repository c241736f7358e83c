//! Reading a report, whatever its form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pages::Page;
use super::{ApiKey, BillMistake, CostKind, Day, Report, UsageLine, anthropic, csv, openai, shown};
use crate::money::Currency;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Anthropic's usage report of messages.
    AnthropicUsage,
    /// Anthropic's cost report.
    AnthropicCost,
    /// One of OpenAI's usage reports.
    OpenaiUsage,
    /// OpenAI's costs.
    OpenaiCosts,
    /// A spreadsheet.
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::AnthropicUsage, Self::AnthropicCost, Self::OpenaiUsage, Self::OpenaiCosts, Self::Csv];

    /// Its name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnthropicUsage => "anthropic_usage",
            Self::AnthropicCost => "anthropic_cost",
            Self::OpenaiUsage => "openai_usage",
            Self::OpenaiCosts => "openai_costs",
            Self::Csv => "csv",
        }
    }

    /// The provider whose form it is; none for a spreadsheet.
    pub const fn provider(self) -> Option<&'static str> {
        match self {
            Self::AnthropicUsage | Self::AnthropicCost => Some("anthropic"),
            Self::OpenaiUsage | Self::OpenaiCosts => Some("openai"),
            Self::Csv => None,
        }
    }

    /// The form of a text, by the fields that it has; `None` where that can't be told: a report in which nothing was used.
    pub fn of(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Bucket {
            starting_at: Option<serde::de::IgnoredAny>,
            start_time: Option<serde::de::IgnoredAny>,
            #[serde(default = "Vec::new", alias = "result")]
            results: Vec<Line>,
        }
        #[derive(Deserialize)]
        struct Line {
            amount: Option<serde::de::IgnoredAny>,
        }
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.starts_with(['{', '[']) {
            return Some(Self::Csv);
        }
        let pages: Vec<Page<Bucket>> = if text.starts_with('[') {
            serde_json::from_str(text).ok()?
        } else {
            serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()?
        };
        let buckets = || pages.iter().flat_map(|page| &page.data);
        let is_cost = buckets().flat_map(|bucket| &bucket.results).next()?.amount.is_some();
        let first = buckets().next()?;
        match (first.starting_at.is_some(), first.start_time.is_some(), is_cost) {
            (true, _, false) => Some(Self::AnthropicUsage),
            (true, _, true) => Some(Self::AnthropicCost),
            (false, true, false) => Some(Self::OpenaiUsage),
            (false, true, true) => Some(Self::OpenaiCosts),
            (false, false, _) => None,
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|form| form.name() == text).ok_or_else(|| format!("forms are {}", names()))
    }
}

/// Reads a report. `part` is what an OpenAI usage report is of (`completions`, `embeddings`, …), where nothing was used that
/// would say so.
///
/// # Errors
/// The first mistake and where it is. Nothing of a report with a mistake is to be used.
pub fn read(format: Format, part: Option<&str>, text: &str) -> Result<Report, BillMistake> {
    let report = match format {
        Format::AnthropicUsage => anthropic::usage(text),
        Format::AnthropicCost => anthropic::costs(text),
        Format::OpenaiUsage => openai::usage(text, part),
        Format::OpenaiCosts => openai::costs(text),
        Format::Csv => csv::read(text),
    };
    report?.settled()
}

/// Whether a page is the last, as far as it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoreIn {
    /// It is.
    Nothing,
    /// There is more under this name.
    Page(String),
}

/// What a page says about the ones behind it.
///
/// # Errors
/// It is no page, or says that there is more and not where.
pub fn more_in(page: &str) -> Result<MoreIn, BillMistake> {
    let page: Page<serde::de::IgnoredAny> = serde_json::from_str(page).map_err(|error| {
        BillMistake::new(format!("line {} column {}", error.line(), error.column()), "it is no page of a report")
    })?;
    match (page.has_more, page.next) {
        (Some(true), Some(next)) if !next.is_empty() => Ok(MoreIn::Page(next)),
        (Some(true), _) => Err(BillMistake::new("next_page", "there is more, and nothing says where")),
        _ => Ok(MoreIn::Nothing),
    }
}

/// In a report by key, usage without one is the console's.
pub(super) fn console(mut days: BTreeMap<(String, i64), Day<UsageLine>>) -> BTreeMap<(String, i64), Day<UsageLine>> {
    let by_key = days.values().flat_map(|day| &day.lines).any(|line| matches!(line.key, ApiKey::Id(_)));
    if by_key {
        for line in days.values_mut().flat_map(|day| &mut day.lines) {
            if line.key == ApiKey::Untold {
                line.key = ApiKey::Console;
            }
        }
    }
    days
}

/// The digits of a JSON number, or those in a JSON string.
pub(super) fn number_text(raw: &str) -> String {
    let raw = raw.trim();
    if raw.starts_with('"') { serde_json::from_str(raw).unwrap_or_default() } else { raw.to_owned() }
}

/// A currency, in small or capital letters.
pub(super) fn currency(at: &str, code: &str) -> Result<Currency, BillMistake> {
    Currency::try_new(&code.trim().to_ascii_uppercase())
        .ok_or_else(|| BillMistake::new(at, format!("`{}` is not a currency", shown(code))))
}

/// What a line is of, by its words; `used`: it names a model or something that was used.
pub(super) fn kind_of(description: &str, used: bool) -> CostKind {
    let words: Vec<String> = description
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    if has(&["tax", "taxes", "vat", "gst", "hst"]) {
        CostKind::Tax
    } else if has(&["credit", "credits", "discount", "refund", "promotion", "promotional"]) {
        CostKind::Credit
    } else if has(&["seat", "seats", "subscription"]) && !used {
        CostKind::Other
    } else {
        CostKind::Usage
    }
}
