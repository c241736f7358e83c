//! What can go wrong, in two families: the domain said no ([`Refused`]), or the world was unhelpful
//! ([`Error::Failed`]). A reader of the API gets a [`Problem`] either way; the details of a failure go to the log only.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no. Trying again changes nothing until the input or the state does.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Disk, database, randomness. Nothing was changed, or the change is in the journal and will be seen after a
    /// restart.
    #[error("{what}")]
    Failed {
        /// What was being done, a sentence without a full stop.
        what: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// A failure while doing `what`.
    pub fn failed(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed { what, source: source.into() }
    }
}

/// A refusal: a stable code, a sentence, and where possible what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Stable; programs branch on it.
    pub code: Code,
    /// For the reader.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Refused {
    /// A refusal without a hint.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The input is not understood or out of bounds.
    Invalid,
    /// Nothing of that id or name.
    NotFound,
    /// Several things have that name.
    Ambiguous,
    /// It contradicts what is there: a name taken, a thing already ended.
    Conflict,
    /// A pool has too little free for what is to be promised or taken out of it.
    PoolShort,
    /// A budget above has too little left for what is to be guaranteed.
    BudgetShort,
    /// It would cut what was guaranteed.
    Guaranteed,
    /// The address is one, but not for this method.
    MethodNotAllowed,
    /// It would cut a grant below what its letter says is the least.
    Floor,
    /// The command's name was used before with another input.
    CommandReused,
    /// No or a wrong credential.
    Unauthorized,
    /// Whoever asks may not do this, or not with this thing.
    Forbidden,
    /// Nobody approves or changes what is their own.
    SelfApproval,
    /// Tried too often; the hint says from when on it may be tried again.
    TooMany,
    /// The one-time code is used up or too old.
    Gone,
    /// The offer is in a state in which that can't be done.
    OfferState,
    /// The offer's time is over.
    OfferExpired,
    /// The linter finds an error in the offer.
    OfferBlocked,
    /// A signed letter is no longer the one that was signed.
    LetterChanged,
    /// The model has no price, so that nothing can be said about its cost.
    Unpriced,
    /// Purser is closing or its disk has failed; nothing is written any more.
    Unavailable,
    /// Something failed on our side; the log says what.
    Internal,
}

impl Code {
    /// The HTTP status that fits.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::SelfApproval => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Ambiguous
            | Self::Conflict
            | Self::PoolShort
            | Self::BudgetShort
            | Self::Guaranteed
            | Self::Floor
            | Self::CommandReused
            | Self::OfferState
            | Self::LetterChanged => 409,
            Self::Gone | Self::OfferExpired => 410,
            Self::Unpriced | Self::OfferBlocked => 422,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Problem {
    /// Stable; programs branch on it.
    pub code: Code,
    /// For the reader.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl From<&Error> for Problem {
    /// The outward face of an error: a failure shows what was being done, never its cause.
    fn from(error: &Error) -> Self {
        match error {
            Error::Refused(refused) => {
                Self { code: refused.code, message: refused.message.clone(), hint: refused.hint.clone() }
            }
            Error::Failed { what, .. } => Self {
                code: Code::Internal,
                message: (*what).to_owned(),
                hint: Some("the log of `purser serve` has the cause".to_owned()),
            },
        }
    }
}
