//! What a candidate sees of their offer by its link, what they say about it, and the links themselves.

use purser_core::id::{NoteId, OfferId, OfferLinkId};
use purser_core::letter::Clause;
use purser_core::money::{Currency, Nano};
use purser_core::package::Basis;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{OfferRow, OfferTokens, OfferYear};
use crate::access::Confidential;

/// A link to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewOfferLink {
    /// First day, where the candidate is, on which it no longer works; where none is named, two weeks after the day from
    /// which on the offer can't be accepted any more, so that a letter that was signed can be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A link by which a candidate looks at their offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferLink {
    /// Its id; never the secret.
    pub id: OfferLinkId,
    /// The address to be handed to the candidate, in the answer to the request that made it and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Which offer.
    pub offer: OfferId,
    /// How it stands.
    pub state: OfferLinkState,
    /// From when on it no longer works.
    pub until: Instant,
    /// When it was made.
    pub made: Instant,
}

impl OfferLink {
    /// Does it lead to the offer now, and for as long as that can be accepted? Then its candidate needs no other one.
    pub fn serves(&self, offer: &OfferRow) -> bool {
        let lasts = offer.expires.is_none_or(|expires| expires <= self.until);
        self.offer == offer.id && self.state == OfferLinkState::Open && lasts
    }
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferLinkState {
    /// It leads to the offer.
    Open,
    /// Its time is over.
    Expired,
    /// It was stopped.
    Revoked,
}

/// What a candidate asked by a link, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferQuestion {
    /// Its id.
    pub id: NoteId,
    /// About which offer.
    pub offer: OfferId,
    /// What they asked; `None` once erased. Confidential: people write figures into it.
    pub question: Option<Confidential<String>>,
    /// When.
    pub asked: Instant,
    /// What was answered.
    pub answer: Option<Confidential<String>>,
    /// When.
    pub answered: Option<Instant>,
}

/// An answer to a candidate's question; the candidate reads it on their page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    /// In the words of whoever answers.
    pub answer: String,
}

/// An offer as its candidate sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateOffer {
    /// Their name.
    pub candidate: String,
    /// What the work is called.
    pub title: Option<String>,
    /// How it stands between them and the company.
    pub stands: Stands,
    /// From when on the link no longer works.
    pub link_until: Instant,
    /// What is on the table; `None` while another version is written, and once the offer came to nothing.
    pub table: Option<OnTheTable>,
    /// What they asked, and what was answered.
    pub questions: Vec<Asked>,
}

/// How an offer stands between candidate and company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It can be answered.
    Open,
    /// The candidate asked for something else; the company has not answered.
    Countered,
    /// Another version is being written.
    Written,
    /// Accepted.
    Accepted,
    /// The candidate said no.
    Declined,
    /// Its time is over.
    Expired,
    /// The company took it back.
    Withdrawn,
}

/// A version that a candidate can answer, or has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTheTable {
    /// Its number.
    pub version: u32,
    /// The package's currency.
    pub currency: Currency,
    /// Each pillar for a year.
    pub year: OfferYear,
    /// The token line from every side.
    pub tokens: Option<OfferTokens>,
    /// How its amount is written.
    pub amount: Option<Basis>,
    /// Is it guaranteed?
    pub guaranteed: bool,
    /// What the letter says about tokens, clause by clause.
    pub clauses: Vec<Clause>,
    /// The first day of work.
    pub starts: String,
    /// From when on it can't be accepted any more.
    pub expires: Instant,
    /// The keyed hash of the letter that is signed.
    pub letter: String,
    /// What whoever signs agrees to.
    pub consent: String,
    /// What the tokens of a workday buy at today's list prices, the cheapest model last.
    pub buys: Vec<Buys>,
}

/// What a workday's tokens buy of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buys {
    /// Whose.
    pub provider: String,
    /// Which.
    pub model: String,
    /// What an hour of a coding agent costs with it, in the ledger's currency.
    pub hour: Nano,
    /// Tenths of such hours in a workday's tokens, rounded down.
    pub tenths_of_hours: u64,
    /// What a question about a document costs with it.
    pub question: Nano,
    /// Such questions in a workday's tokens, rounded down.
    pub questions: u64,
}

/// A question of the candidate's, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What they asked.
    pub question: String,
    /// When.
    pub at: Instant,
    /// What was answered.
    pub answer: Option<String>,
}

/// A candidate's yes by their link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOffer {
    /// The version that they have before them.
    pub version: u32,
    /// The hash of its letter, as they have it before them.
    pub letter: String,
    /// Their name as they typed it.
    pub signed: String,
}

/// What a candidate asks for instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterOffer {
    /// The token budget; `None`: as it is.
    pub tokens: Option<Basis>,
    /// Guaranteed?
    pub guaranteed: bool,
    /// The salary; `None`: as it is.
    pub salary: Option<Nano>,
    /// Why.
    pub reason: Option<String>,
}

/// Another offer that a candidate has, each pillar for a year, in the currency of this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherOffer {
    /// Salary.
    pub salary: Nano,
    /// Bonus.
    pub bonus: Nano,
    /// Equity: what vests in a year.
    pub equity: Nano,
    /// Tokens.
    pub tokens: Nano,
}

/// The other one as it stands beside this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherYear {
    /// Each pillar for a year.
    pub year: OfferYear,
    /// Its tokens for each workday, of as many as this one counts.
    pub workday: Nano,
    /// Tokens as a part of it; `None` of nothing.
    pub share: Option<String>,
    /// What the linter asks about it, as a candidate: code and sentence.
    pub findings: Vec<(String, String)>,
}
