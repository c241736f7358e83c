//! The linter: what an offer lacks that somebody who takes it will miss.
//!
//! It looks at a draft inside Purser and at an offer from elsewhere with the same rules. A finding has a stable code, a
//! sentence, where the expectation comes from, and what to write instead. [`outside`] reads what companies send, as JSON
//! or as text, and [`compare()`] puts several beside each other.

mod code;
mod compare;
pub mod outside;
mod rules;

pub use code::{Code, Severity};
pub use compare::{CompareError, Compared, compare};

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::money::{Currency, Nano};
use crate::package::Package;
use crate::role::{Place, Role, Roles};

/// Who asks, which decides what a missing budget is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The company: its policy decides.
    Company,
    /// A candidate: an offer without a token budget is a red flag.
    Candidate,
}

/// What is known of the money behind a guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// Nothing: the offer is from elsewhere.
    Unknown,
    /// Its pool has enough.
    Funded,
    /// Its pool lacks so much.
    Short(Nano),
    /// It names no pool of ours.
    NoPool,
}

/// An offer and what it is measured by.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is offered.
    pub package: &'a Package,
    /// What it is measured as, where that is known.
    pub role: Option<&'a Role>,
    /// Where.
    pub place: Option<&'a Place>,
    /// The first day.
    pub starts: Option<Date>,
    /// The first day on which the offer can't be accepted any more.
    pub expires: Option<Date>,
    /// The money behind a guarantee.
    pub funding: Funding,
    /// Bands and policies.
    pub roles: &'a Roles,
    /// The currency of bands, and of the ledger.
    pub currency: &'a Currency,
    /// Who asks.
    pub asking: Asking,
    /// The day.
    pub today: Date,
}

/// Something that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub message: String,
    /// Where the expectation comes from.
    pub source: String,
    /// What to write instead.
    pub fix: String,
}

/// Everything that is missing or wrong, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// The worst of them; `None` of a clean offer.
    pub fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|finding| finding.severity).max()
    }

    /// Is a code among them?
    pub fn has(&self, code: Code) -> bool {
        self.0.iter().any(|finding| finding.code == code)
    }
}

impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Looks at an offer.
pub fn lint(question: &Question<'_>) -> Findings {
    let mut findings = rules::all(question);
    findings.sort_by_key(|finding| finding.code);
    Findings(findings)
}

#[cfg(test)]
mod tests;
