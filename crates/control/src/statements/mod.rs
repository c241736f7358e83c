//! Statements: a person's month or year, to the cent of the ledger, signed.
//!
//! **Model.** [`build`] makes statements of many people from one reading of the projection; the rules about spans and what
//! becomes of an account's money are `core`'s. [`sign`] puts a signature below what is handed out.

mod build;
mod gather;
mod paper;
mod periods;
mod rewards;
mod rows;
mod sign;

use std::sync::Arc;

use purser_core::directory::Person;
use purser_core::snapshot::Snapshot;
use purser_core::statement::{SpanError, SpanOf};
use purser_core::time::Instant;
use purser_core::zone::Zone;

pub(crate) use self::periods::{ClosedPeriod, ClosedPeriods};
use self::sign::sealed_content;
pub use self::sign::{Checked, CheckedStatement, check};
pub(crate) use self::sign::{SigningKey, sealed};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::{Signed, Statement, StatementsKey, WantedStatement};

/// What statements say that they are.
pub(crate) const STATEMENT: &str = "purser.statement/1";

impl From<SpanError> for Error {
    fn from(error: SpanError) -> Self {
        let hint = format!("write it like {}", error.example);
        Refused::new(Code::Invalid, format!("`{}` is not {}", error.text, error.what)).hint(hint).into()
    }
}

impl Control {
    /// A person's month (the running one, where none is given). Contains everything that was written when it is asked
    /// for.
    ///
    /// # Errors
    /// Nobody of that name, a month that can't be read, or the projection.
    pub async fn statement(&self, who: &str, month: Option<&str>) -> Result<Statement, Error> {
        let wanted = WantedStatement { month: month.map(str::to_owned), year: None };
        let signed = self.signed_statement(who, &wanted).await?;
        read(&signed)
    }

    /// A person's month or year, signed.
    ///
    /// # Errors
    /// As for [`Control::statement`]; a month and a year at once.
    pub async fn signed_statement(&self, who: &str, wanted: &WantedStatement) -> Result<Signed<Statement>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let id = self.inner.find_person(&snapshot, who)?;
        let person = Arc::clone(known(snapshot.directory.person(id), "person", &id)?);
        let span = span_of(&person, wanted, now)?;
        self.report(move |inner| {
            let name = inner.names.read().person_name(id);
            let is_closed = inner.admins.read().periods.has(span);
            if is_closed && let Some(mut kept) = inner.kept_statement(span, id)? {
                kept.insert("name".to_owned(), name.into());
                return sealed_content(&inner.signing, kept).map(Signed::new);
            }
            let mut made = inner.statements_of(&[(person, span)], now, is_closed)?;
            let statement = made.pop().ok_or_else(|| Error::failed("a statement was not made", "there is none"))?;
            sealed(&inner.signing, &Statement { name, ..statement })
        })
        .await
    }

    /// The key that statements are signed with.
    pub fn statements_key(&self) -> StatementsKey {
        self.inner.signing.shown()
    }
}

impl Inner {
    /// Statements of some people as each of them is given one: of a closed month as it was kept, without name and signature.
    pub(crate) fn statements_as_given(
        &self,
        span: SpanOf,
        people: &[Whose],
        now: Instant,
    ) -> Result<Vec<Statement>, Error> {
        if !self.admins.read().periods.has(span) {
            return self.statements_of(people, now, false);
        }
        let (mut kept, mut not_kept) = (Vec::with_capacity(people.len()), Vec::new());
        for whose in people {
            let content = self.kept_statement(span, whose.0.id)?;
            if content.is_none() {
                not_kept.push(whose.clone());
            }
            kept.push(content);
        }
        let mut made = self.statements_of(&not_kept, now, true)?.into_iter();
        let missing = || Error::failed("a statement was not made", "there is none");
        kept.into_iter()
            .map(|content| match content {
                Some(content) => read_content(content),
                None => made.next().ok_or_else(missing),
            })
            .collect()
    }
}

/// The month or year that is meant of many people: the company's running month where none is named.
pub(crate) fn asked_span(snapshot: &Snapshot, wanted: &WantedStatement, now: Instant) -> Result<SpanOf, Error> {
    let zone = snapshot.directory.company().map_or(Zone::UTC, |company| company.zone.clone());
    span_in(&zone, wanted, now)
}

/// The month or year that is meant.
pub(crate) fn span_of(person: &Person, wanted: &WantedStatement, now: Instant) -> Result<SpanOf, Error> {
    span_in(person.zone(now), wanted, now)
}

fn span_in(zone: &Zone, wanted: &WantedStatement, now: Instant) -> Result<SpanOf, Error> {
    match (&wanted.month, &wanted.year) {
        (Some(_), Some(_)) => {
            Err(Refused::new(Code::Invalid, "a statement is of a month or of a year, not of both").into())
        }
        (Some(month), None) => Ok(SpanOf::month(month)?),
        (None, Some(year)) => Ok(SpanOf::year(year)?),
        (None, None) => Ok(SpanOf::month_of(zone.date(now))),
    }
}

/// Reads a signed statement.
pub(crate) fn read(signed: &Signed<Statement>) -> Result<Statement, Error> {
    read_content(signed.content().clone())
}

fn read_content(content: serde_json::Map<String, serde_json::Value>) -> Result<Statement, Error> {
    serde_json::from_value(serde_json::Value::Object(content))
        .map_err(|error| Error::failed("a statement can't be read", error))
}

/// Of whom, and of which month or year.
pub(crate) type Whose = (Arc<Person>, SpanOf);
