//! Confidential amounts: written out only where somebody with the right to them is being answered.
//!
//! A shape wraps such an amount in [`Confidential`]. Wherever it is serialised (an answer, an export, a log) nothing but
//! `null`, or what was put in its place, comes out, unless that happens inside [`Seeing::scope`] with a right that covers whose amount it is. So what
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

    fn covers(&self, whose: &Whose) -> bool {
        let directory = &self.0.snapshot.directory;
        let within = &self.0.within;
        within.is_everything()
            || whose.person.is_some_and(|person| within.person(directory, person))
            || whose.unit.is_some_and(|unit| within.unit(directory, unit))
    }

    fn note(&self, of: &str) {
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() < SHOWN_MAX && !shown.iter().any(|known| known == of) {
            shown.push(of.to_owned());
        }
    }
}

/// Whose something is: about a person (a candidate is none yet) for a unit, in the thing that the trail names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whose {
    of: Arc<str>,
    person: Option<PersonId>,
    /// The unit it belongs to, for those who lead it.
    unit: Option<UnitId>,
}

impl Whose {
    pub(crate) fn new(of: impl fmt::Display, person: Option<PersonId>, unit: Option<UnitId>) -> Self {
        Self { of: of.to_string().into(), person, unit }
    }
}

/// Something that only some may see: an amount, or a text with one in it. For everybody else there is `null`, or what
/// was put in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Confidential<T> {
    amount: Option<T>,
    instead: Option<T>,
    /// `None`: it may be seen by whoever has it, since it came in an answer or concerns nobody else.
    whose: Option<Whose>,
}

impl<T> Confidential<T> {
    /// For those with a right to it.
    pub(crate) fn new(amount: T, whose: &Whose) -> Self {
        Self { amount: Some(amount), instead: None, whose: Some(whose.clone()) }
    }

    /// The same, with what everybody else sees in its place.
    #[must_use]
    pub(crate) fn or(mut self, instead: T) -> Self {
        self.instead = Some(instead);
        self
    }

    /// One for everybody.
    pub const fn open(amount: T) -> Self {
        Self { amount: Some(amount), instead: None, whose: None }
    }

    /// The amount, for computing with it; nothing where it was redacted before it came here. Whatever is made of it is
    /// confidential too.
    pub const fn amount(&self) -> Option<&T> {
        self.amount.as_ref()
    }

    /// Would it be written out now? For what is no field of an answer (a letter), so that the trail says who saw it.
    pub(crate) fn is_seen(&self) -> bool {
        let Some(whose) = &self.whose else { return true };
        let seen = SEEING.try_with(|seeing| {
            let covered = self.amount.is_some() && seeing.covers(whose);
            if covered {
                seeing.note(&whose.of);
            }
            covered
        });
        seen.unwrap_or(false)
    }
}

impl<T> fmt::Debug for Confidential<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential(…)")
    }
}

impl<T: Serialize> Serialize for Confidential<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_seen() { self.amount.serialize(serializer) } else { self.instead.serialize(serializer) }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Confidential<T> {
    /// As it came in an answer: whoever gave it has redacted it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { amount: Option::deserialize(deserializer)?, instead: None, whose: None })
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Confidential<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Confidential{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Option<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purser_core::directory::Directory;
    use purser_core::event::Event;
    use purser_core::money::{Currency, Nano};
    use purser_core::time::Instant;
    use purser_core::zone::Zone;

    use crate::access::{GivenRole, Permission, Profile, Role};

    #[derive(Debug, Serialize)]
    struct Offer {
        title: &'static str,
        salary: Confidential<Nano>,
    }

    /// A person in a unit below another, as the directory has them.
    fn snapshot() -> Arc<Snapshot> {
        let (zone, at) = (Zone::UTC, Instant::default());
        let events = [
            Event::CompanyFounded { currency: Currency::usd(), zone: zone.clone(), at },
            Event::UnitAdded { unit: UnitId::new(1), parent: None, zone: zone.clone(), at },
            Event::UnitAdded { unit: UnitId::new(2), parent: Some(UnitId::new(1)), zone: zone.clone(), at },
            Event::UnitAdded { unit: UnitId::new(3), parent: None, zone: zone.clone(), at },
            Event::PersonAdded { person: PersonId::new(7), unit: UnitId::new(2), zone, at },
        ];
        let directory = events.iter().fold(Directory::new(), |directory, event| directory.apply(event).unwrap());
        Arc::new(Snapshot::of(directory))
    }

    #[tokio::test]
    async fn an_amount_is_written_for_whom_it_may_be_and_for_nobody_else() {
        let (person, unit) = (PersonId::new(7), UnitId::new(2));
        let amount: Nano = "123456.78".parse().unwrap();
        let hired = Offer {
            title: "analyst",
            salary: Confidential::new(amount, &Whose::new("ofr_1", Some(person), Some(unit))),
        };
        // A candidate is no person yet: only whose unit it is says who leads it.
        let candidate =
            Offer { title: "analyst", salary: Confidential::new(amount, &Whose::new("ofr_2", None, Some(unit))) };
        let plain = |offer: &Offer| serde_json::to_string(offer).unwrap();
        for text in [plain(&hired), format!("{hired:?}"), plain(&candidate), format!("{candidate:?}")] {
            assert!(!text.contains("123456") && text.contains("analyst"), "outside of an answer: {text}");
        }
        let manager = |unit| GivenRole { role: Role::Manager, unit: Some(UnitId::new(unit)) };
        let one = GivenRole::of;
        let cases = [
            (vec![one(Role::Admin)], None, false, false),
            (vec![one(Role::Auditor)], None, false, false),
            (vec![one(Role::Admin), one(Role::Auditor), one(Role::Employee)], Some(PersonId::new(8)), false, false),
            (vec![], Some(person), false, false),
            (vec![one(Role::Employee)], Some(person), true, false),
            (vec![manager(3)], Some(PersonId::new(8)), false, false),
            (vec![manager(1)], Some(PersonId::new(8)), true, true),
            (vec![one(Role::People)], None, true, true),
            (vec![one(Role::Finance)], None, true, true),
        ];
        for (roles, asks, sees_hired, sees_candidate) in cases {
            let within = Within::of(Permission::ConfidentialAmounts, Profile::Standard, &roles, asks, Instant::EPOCH);
            let seeing = Seeing::new(within, snapshot());
            let (first, second) = seeing.clone().scope(async { (plain(&hired), plain(&candidate)) }).await;
            assert_eq!(first.contains("123456.78"), sees_hired, "{roles:?}: {first}");
            assert_eq!(second.contains("123456.78"), sees_candidate, "{roles:?}: {second}");
            let shown = [("ofr_1", sees_hired), ("ofr_2", sees_candidate)];
            let shown: Vec<_> = shown.iter().filter(|(_, sees)| *sees).map(|(of, _)| (*of).to_owned()).collect();
            assert_eq!(seeing.shown(), shown, "the trail says so");
        }
    }
}
