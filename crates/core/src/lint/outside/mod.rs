//! Offers from elsewhere: JSON in the shape of our own versions, or the text of a letter.
//!
//! JSON is taken at its word, and a field that is not one is refused. A text is read as well as it can be
//! (`text.rs`): what was understood is told beside the result, so that its owner can correct it.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod amount;
mod text;

pub use text::Understood;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::package::Package;
use crate::role::{Place, Role};

/// The most bytes of one file that are looked at: letters have thousands.
pub const BYTES_MAX: usize = 1 << 20;
/// The most offers in one file.
const OFFERS_MAX: usize = 100;

/// An offer from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// Who offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// What the work is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is measured as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Date>,
    /// The first day on which it can't be accepted any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// What is offered.
    pub package: Package,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl Outside {
    fn empty(currency: Currency) -> Self {
        Self {
            company: None,
            title: None,
            role: None,
            place: None,
            starts: None,
            expires: None,
            package: Package::empty(currency),
            notes: None,
        }
    }
}

/// An offer that was read, and of a text what was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The offer.
    pub offer: Outside,
    /// From which words, where it was a text.
    pub understood: Vec<Understood>,
}

/// Why a file holds no offer.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// Endless.
    #[error("the file has more than {BYTES_MAX} bytes; give it the offer alone")]
    TooLong,
    /// A crowd.
    #[error("the file has more than {OFFERS_MAX} offers; split it")]
    TooMany,
    /// JSON, and none of ours.
    #[error("the JSON is not an offer: {0}")]
    Json(serde_json::Error),
    /// No amount in a text.
    #[error("no amount was found in the text; write one per line, such as `salary: $200,000 per year`")]
    Nothing,
}

/// The offers of a file: JSON (one, or a list of them) where it begins like JSON, else the text of one.
///
/// # Errors
/// [`OutsideError`] with what to write instead.
pub fn read(file: &str) -> Result<Vec<Read>, OutsideError> {
    if file.len() > BYTES_MAX {
        return Err(OutsideError::TooLong);
    }
    let plain = |offer| Read { offer, understood: Vec::new() };
    match file.trim_start_matches('\u{feff}').trim_start().chars().next() {
        Some('{') => Ok(vec![plain(serde_json::from_str(file).map_err(OutsideError::Json)?)]),
        Some('[') => {
            let offers: Vec<Outside> = serde_json::from_str(file).map_err(OutsideError::Json)?;
            if offers.len() > OFFERS_MAX {
                return Err(OutsideError::TooMany);
            }
            Ok(offers.into_iter().map(plain).collect())
        }
        _ => text::read(file).map(|read| vec![read]),
    }
}
