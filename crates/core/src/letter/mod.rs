//! The letter of an offer: what a version says, in numbered clauses that a person reads and signs.
//!
//! **Model.** A [`Letter`] is a title, a few facts, and clauses with numbers. It is made of a version alone (no clock, no
//! label that can change), so that one version has one letter, to the byte, in whatever form it is rendered.
//!
//! **Owns** the wording and the numbers of clauses. Each thing that a token line may promise has its own number,
//! [`Topic::clause`], in every letter: where nothing is promised, the clause says so.
//!
//! **Does not own** HTML and PDF (`control`), signatures.

mod pillars;
mod tokens;

use crate::money::Currency;
use crate::offer::{Content, TokenTerms};
use crate::package::{Annual, Exact, PackageError};
pub use tokens::Topic;

/// What stands in the place of an amount that is not shown.
pub const HIDDEN: &str = "amount hidden";

/// May the reader see amounts?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amounts {
    /// The letter as it is signed.
    Shown,
    /// For those without the right: what is promised stays, how much of it and the notes do not.
    Hidden,
}

/// A numbered clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// `5.3`.
    pub number: String,
    /// What it is about.
    pub title: &'static str,
    /// What it says.
    pub text: String,
}

/// Clauses under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// From 1 up.
    pub number: u32,
    /// What it is about.
    pub title: &'static str,
    /// In order of their numbers.
    pub clauses: Vec<Clause>,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its title.
    pub title: String,
    /// Below the title: what each is called, and what it is.
    pub facts: Vec<(&'static str, String)>,
    /// In order of their numbers.
    pub sections: Vec<Section>,
    /// What whoever signs agrees to.
    pub consent: String,
}

impl Letter {
    /// The letter of an offer's version.
    ///
    /// # Errors
    /// The pillars can't be counted: [`Content::check`] says why.
    pub fn of(
        content: &Content,
        terms: Option<&TokenTerms>,
        version: u32,
        amounts: Amounts,
    ) -> Result<Self, PackageError> {
        let package = &content.package;
        let said = Said { annual: package.annual()?, currency: &package.currency, amounts };
        let mut facts = vec![("Candidate", content.candidate.name.trim().to_owned())];
        if let Some(title) = &content.title {
            facts.push(("Position", title.clone()));
        }
        let level = content.role.level.map(|level| format!(", level {level}")).unwrap_or_default();
        facts.push(("Role", format!("{}{level}", content.role.family)));
        if let Some(place) = &content.place {
            facts.push(("Place of work", place.to_string()));
        }
        facts.push(("Version", version.to_string()));
        Ok(Self {
            title: "Offer of employment".to_owned(),
            facts,
            sections: vec![
                pillars::dates(content),
                pillars::salary(content, &said),
                pillars::bonus(content, &said),
                pillars::equity(content, &said),
                tokens::section(content, terms, &said)?,
                pillars::whole(content, &said),
                pillars::notes(content, amounts),
            ],
            consent: consent(version),
        })
    }
}

/// What whoever types their name below a version's letter agrees to.
pub fn consent(version: u32) -> String {
    format!("By typing my name I accept version {version} of this offer as this letter states it.")
}

/// What every clause needs to say an amount.
struct Said<'a> {
    annual: Annual,
    currency: &'a Currency,
    amounts: Amounts,
}

impl Said<'_> {
    /// An amount, exact to the nano-unit and rounded once.
    fn amount(&self, exact: Exact) -> String {
        Self::money(exact, self.currency, self.amounts)
    }

    fn money(exact: Exact, currency: &Currency, amounts: Amounts) -> String {
        match (amounts, exact.round()) {
            (Amounts::Hidden, _) => HIDDEN.to_owned(),
            (Amounts::Shown, Some(amount)) => format!("{amount} {}", currency.code()),
            // Every sum was checked to fit before a letter is made.
            (Amounts::Shown, None) => "an amount beyond the largest one account can hold".to_owned(),
        }
    }

    /// A figure that gives away an amount.
    fn figure(&self, figure: impl std::fmt::Display) -> String {
        match self.amounts {
            Amounts::Shown => figure.to_string(),
            Amounts::Hidden => HIDDEN.to_owned(),
        }
    }
}

fn clause(section: u32, number: u32, title: &'static str, text: String) -> Clause {
    Clause { number: format!("{section}.{number}"), title, text }
}

#[cfg(test)]
mod tests;
