//! Confidential amounts: written out only where somebody with the right to them is being answered.
//!
//! A shape wraps such an amount in [`Confidential`]. Wherever it is serialised (an answer, an export, a log) nothing but
//! `null` comes out, unless that happens inside [`Seeing::scope`] with a right that covers whose amount it is. So what
//! nobody thought of is redacted. What was written out is remembered, and the trail says who saw it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use purser_core::id::{PersonId, UnitId};
use purser_core::snapshot::Snapshot;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::within::Within;

tokio::task_local! {
    static SEEING: Seeing;
}

/// Things named in one entry about what was shown.
const SHOWN_MAX: usize = 8;

/// Whose confidential amounts may be written out now, and which were.
#[derive(Clone, Debug)]
pub(crate) struct Seeing(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    within: Within,
    snapshot: Arc<Snapshot>,
    shown: Mutex<Vec<String>>,
}

impl Seeing {
    /// A right, as it covers people and units now.
    pub(crate) fn new(within: Within, snapshot: Arc<Snapshot>) -> Self {
        Self(Arc::new(Inside { within, snapshot, shown: Mutex::default() }))
    }

    /// Answers with this right.
    pub(crate) async fn scope<F: Future>(self, answering: F) -> F::Output {
        SEEING.scope(self, answering).await
    }

    /// Ids of the things whose amounts were written out, the first few.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.0.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn covers<T>(&self, confidential: &Confidential<T>) -> bool {
        let directory = &self.0.snapshot.directory;
        let within = &self.0.within;
        within.is_everything()
            || confidential.person.is_some_and(|person| within.person(directory, person))
            || confidential.unit.is_some_and(|unit| within.unit(directory, unit))
    }

    fn note(&self, of: &str) {
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() < SHOWN_MAX && !shown.iter().any(|known| known == of) {
            shown.push(of.to_owned());
        }
    }
}

/// An amount that only some may see. `null` for everybody else.
#[derive(Clone, PartialEq, Eq)]
pub struct Confidential<T> {
    amount: Option<T>,
    /// The id of the thing it stands in, for the trail.
    of: String,
    /// Whose amount it is.
    person: Option<PersonId>,
    /// The unit it belongs to, for those who lead it.
    unit: Option<UnitId>,
}

impl<T> Confidential<T> {
    /// An amount in the thing `of`, about a person (a candidate is none yet) for a unit.
    pub fn new(amount: T, of: impl fmt::Display, person: Option<PersonId>, unit: Option<UnitId>) -> Self {
        Self { amount: Some(amount), of: of.to_string(), person, unit }
    }

    /// The amount, for computing with it; nothing where it was redacted before it came here. Whatever is made of it is
    /// confidential too.
    pub fn amount(&self) -> Option<&T> {
        self.amount.as_ref()
    }
}

impl<T> fmt::Debug for Confidential<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential(…)")
    }
}

impl<T: Serialize> Serialize for Confidential<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seen = SEEING.try_with(|seeing| {
            let covered = self.amount.is_some() && seeing.covers(self);
            if covered {
                seeing.note(&self.of);
            }
            covered
        });
        match &self.amount {
            Some(amount) if seen.unwrap_or(false) => amount.serialize(serializer),
            _ => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Confidential<T> {
    /// As it came in an answer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amount = Option::deserialize(deserializer)?;
        Ok(Self { amount, of: String::new(), person: None, unit: None })
    }
}
