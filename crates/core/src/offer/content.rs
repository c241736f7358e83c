//! What a version says, all of it. Personal: it stands where it can be erased, never in the journal.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ContentHash;
use crate::id::PersonId;
use crate::package::{Package, PackageError};
use crate::role::{Place, Role};
use crate::zone::Zone;

/// The longest text of a version.
const NOTES_BYTES_MAX: usize = 16 << 10;

/// To whom something is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// As they want to be called.
    pub name: String,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who they are here already, when it is an offer to somebody of the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// A version of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// To whom.
    pub candidate: Candidate,
    /// What the work is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is measured as.
    pub role: Role,
    /// Where, for calendar and band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Where their day begins.
    pub zone: Zone,
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Day"))]
    pub starts: Date,
    /// The first day on which it can't be accepted any more, in that zone.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Day"))]
    pub expires: Date,
    /// What is offered.
    pub package: Package,
    /// Anything else that the letter says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// Why a version says nothing that can be offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// No name, or one of several lines.
    #[error("an offer needs the candidate's name, on one line")]
    Name,
    /// A book.
    #[error("the notes are longer than {NOTES_BYTES_MAX} bytes; put the rest into a document of its own")]
    Notes,
    /// Days nobody means.
    #[error("{0} is no date for an offer; write one between 1970-01-01 and 9000-01-01")]
    Date(Date),
    /// The pillars.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl Content {
    /// Can it be offered?
    ///
    /// # Errors
    /// [`ContentError`] with what is wrong.
    pub fn check(&self) -> Result<(), ContentError> {
        let name = self.candidate.name.trim();
        if name.is_empty() || name.len() > 400 || name.chars().any(char::is_control) {
            return Err(ContentError::Name);
        }
        if self.notes.as_ref().is_some_and(|notes| notes.len() > NOTES_BYTES_MAX) {
            return Err(ContentError::Notes);
        }
        if let Some(date) = [self.starts, self.expires].into_iter().find(|date| !(1970..9000).contains(&date.year())) {
            return Err(ContentError::Date(date));
        }
        self.package.annual().map(drop).map_err(Into::into)
    }

    /// The bytes that are hashed and kept: JSON whose fields come in one order.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, integers and lists of them, which is what JSON takes.
        serde_json::to_vec(self).expect("a version can be written as JSON")
    }

    /// Its hash under a key.
    pub fn hash(&self, key: &[u8; 32]) -> ContentHash {
        ContentHash::of(&self.to_bytes(), key)
    }
}
