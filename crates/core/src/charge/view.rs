//! A charge record with borrowed texts: read where it lies, or written from where its parts are.

use super::{Beside, ChargeRecord, DecodeError, Dialect, EncodeError, Mark, codec};
use crate::id::{KeyId, PersonId, RunId, UnitId};
use crate::price::{CardVersion, Ratio};
use crate::usage::{Tier, Usage};

/// A [`ChargeRecord`] whose texts are borrowed: for those who go through many and keep sums, and for who writes one.
/// Fields mean what they mean there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeView<'a> {
    /// Whose call.
    pub person: PersonId,
    /// The credential it came with.
    pub key: KeyId,
    /// The unit that it counts in.
    pub unit: Option<UnitId>,
    /// The agent session.
    pub run: Option<RunId>,
    /// The client's own session, hashed.
    pub session: Option<u64>,
    /// Who served it.
    pub provider: &'a str,
    /// The model asked for.
    pub requested: &'a str,
    /// The model named in the answer, where it is another.
    pub served: Option<&'a str>,
    /// The wire format spoken.
    pub dialect: Dialect,
    /// The tier served.
    pub tier: Tier,
    /// The region served, when it is named.
    pub geo: Option<&'a str>,
    /// What was used.
    pub usage: Usage,
    /// The card charged by.
    pub card: CardVersion,
    /// How sure the usage is.
    pub mark: Mark,
    /// What was paid of the card's price.
    pub terms: Ratio,
    /// The program that called; empty when it does not say.
    pub client: &'a str,
    /// Which attempt this was.
    pub attempt: u8,
    /// What was billed beside the answer; rarely anything, so reading seldom allocates.
    pub beside: Vec<Beside>,
    /// The run that started the call's own.
    pub parent: Option<RunId>,
    /// The version of the program that called.
    pub version: Option<&'a str>,
    /// What the call was for.
    pub project: Option<&'a str>,
    /// The model that the client asked for, where a cheaper one was used.
    pub instead_of: Option<&'a str>,
    /// A human being asked for it.
    pub human: bool,
    /// The client asked again.
    pub retried: bool,
}

impl<'a> ChargeView<'a> {
    /// Reads a binary form that fills `bytes` to the end.
    ///
    /// # Errors
    /// Those of [`ChargeRecord::decode`], for the same bytes.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        codec::view(bytes)
    }

    /// Appends the binary form.
    ///
    /// # Errors
    /// Those of [`ChargeRecord::encode`].
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        codec::encode(self, out)
    }

    /// The day (since 1970-01-01, UTC) whose bill it is of, where it is what the company bears of a bill (see
    /// [`crate::bill::COMPANY`]): such a record says so in place of its program's version.
    pub fn billed_day(&self) -> Option<i64> {
        if self.person != crate::bill::COMPANY {
            return None;
        }
        self.version.and_then(crate::bill::day_of_text)
    }

    /// The record, on its own feet.
    pub fn into_record(self) -> ChargeRecord {
        ChargeRecord {
            person: self.person,
            key: self.key,
            unit: self.unit,
            run: self.run,
            session: self.session,
            provider: self.provider.to_owned(),
            requested: self.requested.to_owned(),
            served: self.served.map(str::to_owned),
            dialect: self.dialect,
            tier: self.tier,
            geo: self.geo.map(str::to_owned),
            usage: self.usage,
            card: self.card,
            mark: self.mark,
            terms: self.terms,
            client: self.client.to_owned(),
            attempt: self.attempt,
            beside: self.beside,
            parent: self.parent,
            version: self.version.map(str::to_owned),
            project: self.project.map(str::to_owned),
            instead_of: self.instead_of.map(str::to_owned),
            human: self.human,
            retried: self.retried,
        }
    }
}
