//! What a settlement keeps of a call, so that anybody can recompute its charge.
//!
//! The binary form rides in the journal: a version byte, a byte of presence bits, then the fields in the order they
//! stand here; numbers as variable-length integers, texts with their length. New fields go behind a new version byte;
//! every version ever written stays readable.

use serde::{Deserialize, Serialize};

use crate::event::KeyHash;
use crate::id::{KeyId, PersonId, RunId, UnitId};
use crate::money::Nano;
use crate::price::{Bucket, CardVersion, PriceBook, Ratio};
use crate::rating::{self, RatingError};
use crate::run::Named;
use crate::usage::{Served, Tier, Usage};

mod codec;
mod view;

pub use codec::{DecodeError, EncodeError};
pub use view::ChargeView;

/// The detail of a settlement. Together with the rate card of its version it gives the charge:
/// `rate(card, usage, {tier, geo}, terms)`, see [`ChargeRecord::recompute`]. Holds no prompt, no answer, no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeRecord {
    /// Whose call.
    pub person: PersonId,
    /// The credential it came with.
    pub key: KeyId,
    /// The unit that it counts in, when it is not the person's present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The agent session that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Keyed hash of the client's own session id: joins calls of a conversation without keeping what the client sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// Who served it.
    pub provider: String,
    /// The model asked for.
    pub requested: String,
    /// The model named in the answer, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<String>,
    /// The wire format spoken.
    pub dialect: Dialect,
    /// The tier served.
    pub tier: Tier,
    /// The region served, when it is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo: Option<String>,
    /// What was used.
    pub usage: Usage,
    /// The card charged by.
    pub card: CardVersion,
    /// How sure the usage is.
    pub mark: Mark,
    /// Discount and exchange rate: what was paid of the card's price.
    pub terms: Ratio,
    /// The program that called, as it names itself (`claude-cli`); empty when it does not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// Which attempt at a provider this was, from zero: a retry or fallback is another attempt with another hold.
    #[serde(default)]
    pub attempt: u8,
    /// What was billed beside the answer in the same call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// The run that started the call's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The version of the program that called, as it names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the call was for: a project or repository, as the client or whoever made the key named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The model that the client asked for, where a cheaper one was used because little was left: `requested` is the
    /// cheaper one then. What it would have cost is computed from the card of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// A human being asked for it, rather than the result of a tool.
    #[serde(default, skip_serializing_if = "is_false")]
    pub human: bool,
    /// The client said that it asks again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Something billed in the same call by a card of its own: an advisor's answer, a compaction of the context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Its model, where that is not the answer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The card charged by.
    pub card: CardVersion,
    /// What was used.
    pub usage: Usage,
}

/// Why a charge can't be computed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecomputeError {
    /// The book lacks the card: another book, or a ceiling set by policy instead of a price.
    #[error("no rate card of version {0} is known")]
    UnknownCard(CardVersion),
    /// The card does not give a charge for that usage.
    #[error(transparent)]
    Rating(#[from] RatingError),
}

/// What [`ChargeRecord::session`] is made of: the client's own id of the session, hashed with the hash of the key, so that
/// nobody who has the journal alone can try ids.
pub fn session_hash(key: &KeyHash, session: &str) -> u64 {
    Named::of(key, session, None).session
}

/// How sure the usage of a charge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The provider's own figures.
    #[default]
    Exact,
    /// Part of it counted here, because the answer broke off before the provider's figures.
    Estimated,
    /// Sent and never answered: the input, estimated.
    Presumed,
    /// Usage out of all proportion: charged at the bound until somebody has looked.
    Disputed,
}

/// The wire formats that calls come in, by the names that `providers` gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// Any other.
    #[default]
    #[serde(rename = "other")]
    Other,
    /// Anthropic Messages.
    #[serde(rename = "anthropic.messages")]
    AnthropicMessages,
    /// OpenAI Chat Completions.
    #[serde(rename = "openai.chat")]
    OpenAiChat,
    /// OpenAI Responses.
    #[serde(rename = "openai.responses")]
    OpenAiResponses,
    /// OpenAI Embeddings.
    #[serde(rename = "openai.embeddings")]
    OpenAiEmbeddings,
    /// Gemini `generateContent` and `streamGenerateContent`.
    #[serde(rename = "gemini.generate")]
    GeminiGenerate,
}

impl ChargeRecord {
    /// Appends the binary form: typically 100 to 150 bytes.
    ///
    /// # Errors
    /// A text longer than 255 bytes, or more than 255 things billed beside. Nothing is written then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.view().encode(out)
    }

    /// The same with borrowed texts.
    pub fn view(&self) -> ChargeView<'_> {
        ChargeView {
            person: self.person,
            key: self.key,
            unit: self.unit,
            run: self.run,
            session: self.session,
            provider: &self.provider,
            requested: &self.requested,
            served: self.served.as_deref(),
            dialect: self.dialect,
            tier: self.tier,
            geo: self.geo.as_deref(),
            usage: self.usage,
            card: self.card,
            mark: self.mark,
            terms: self.terms,
            client: &self.client,
            attempt: self.attempt,
            beside: self.beside.clone(),
            parent: self.parent,
            version: self.version.as_deref(),
            project: self.project.as_deref(),
            instead_of: self.instead_of.as_deref(),
            human: self.human,
            retried: self.retried,
        }
    }

    /// Reads a binary form that fills `bytes` to the end.
    ///
    /// # Errors
    /// Bytes of another version, cut short, too long, or not a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::view(bytes).map(ChargeView::into_record)
    }

    /// The charge computed again from what the record holds: the answer's and that of everything beside it, each
    /// rounded once, added. It is the charge that was posted, except where a limit stood in for it: a disputed charge
    /// is the bound, and an estimated or presumed one is never above its hold.
    ///
    /// # Errors
    /// A card is not in the book, or does not price the usage.
    pub fn recompute(&self, book: &PriceBook) -> Result<Nano, RecomputeError> {
        let served = Served { model: None, tier: self.tier, geo: self.geo.clone() };
        let parts = self.beside.iter().map(|beside| (beside.card, &beside.usage));
        let mut total = Nano::ZERO;
        for (version, usage) in [(self.card, &self.usage)].into_iter().chain(parts) {
            let card = book.version(version).ok_or(RecomputeError::UnknownCard(version))?;
            let part = rating::rate(card, usage, &served, self.terms)?;
            total = total.checked_add(part).ok_or(RatingError::Overflow)?;
        }
        Ok(total)
    }

    /// The buckets that were used, in order.
    pub fn used(&self) -> impl Iterator<Item = (Bucket, u64)> {
        self.usage.used()
    }
}
