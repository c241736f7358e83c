//! Reading public catalogues and spreadsheets into cards. Pure functions over text: nothing is published here.
//!
//! Whatever can't be charged exactly and completely by a card is *skipped with a reason*, never read as cheaper than it
//! is: models priced by picture, second or request, prices finer than a billionth, prices that look as if they were
//! typed in another unit, and models listed at zero.
mod csv;
mod litellm;
mod models_dev;
mod openrouter;
mod row;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::card::{CardError, CardSpec};
use super::rate::PriceError;
use crate::time::Instant;

/// Forms of catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// litellm's `model_prices_and_context_window.json`: prices per token.
    Litellm,
    /// models.dev's `api.json`: prices per million tokens.
    ModelsDev,
    /// OpenRouter's `/api/v1/models`: prices per token, as text.
    Openrouter,
    /// A spreadsheet with a header line: see the reference page of prices.
    Csv,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "litellm" => Ok(Self::Litellm),
            "models_dev" | "models.dev" => Ok(Self::ModelsDev),
            "openrouter" => Ok(Self::Openrouter),
            "csv" => Ok(Self::Csv),
            _ => Err(format!("`{text}` is not a catalogue's form; one of litellm, models.dev, openrouter, csv")),
        }
    }
}

/// How a catalogue is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// From when the prices hold, where the catalogue does not say.
    pub from: Instant,
    /// Only this provider's models; `None` reads all.
    pub provider: Option<String>,
    /// What to do with prices that look as if they were typed in another unit.
    pub unlikely: Unlikely,
}

/// What to do with a price out of all proportion to any published one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlikely {
    /// Skip the model and say which unit was probably meant.
    #[default]
    Skip,
    /// Take it as it is written: somebody has looked.
    Keep,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Cards that can be published. Each has been checked.
    pub cards: Vec<CardSpec>,
    /// Models that were not read, and why.
    pub skipped: Vec<Skipped>,
}

/// A model that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its name in the catalogue, or the line of a spreadsheet.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// Why a model was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// It has no price per token.
    #[error("no price per token")]
    NoPrice,
    /// It is priced by something that Purser does not count.
    #[error("priced by `{0}`, which a card has no place for")]
    OtherUnits(String),
    /// Everything is listed at zero: a trial, or a gap in the catalogue.
    #[error("listed at zero")]
    Free,
    /// A price that can't be read, or is unlikely.
    #[error("{field}: {error}")]
    Price {
        /// The catalogue's name of the price.
        field: String,
        /// What is wrong.
        error: PriceError,
    },
    /// The entry is not formed as its catalogue's entries are.
    #[error("{0}")]
    Malformed(String),
    /// The card would not stand.
    #[error(transparent)]
    Card(#[from] CardError),
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not the JSON of such a catalogue.
    #[error("this is not a {form} catalogue")]
    NotJson {
        /// The form expected.
        form: &'static str,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// The spreadsheet's header lacks a column, or has one that nobody knows.
    #[error("{0}")]
    Header(String),
}

/// Reads a catalogue.
///
/// # Errors
/// When the text as a whole is not such a catalogue; single models that can't be read are in [`Imported::skipped`].
pub fn read(text: &str, format: Format, options: &Options) -> Result<Imported, ImportError> {
    let mut imported = match format {
        Format::Litellm => litellm::read(text, options),
        Format::ModelsDev => models_dev::read(text, options),
        Format::Openrouter => openrouter::read(text, options),
        Format::Csv => csv::read(text, options),
    }?;
    imported.cards.sort_by(|a, b| (&a.provider, &a.model, a.from).cmp(&(&b.provider, &b.model, b.from)));
    Ok(imported)
}

#[cfg(test)]
mod tests;
