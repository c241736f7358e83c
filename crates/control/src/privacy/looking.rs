//! Whose data an answer shows, found while it is made, and kept until it is written.
//!
//! An answer in JSON names people by their ids, whatever its shape; so its bytes are looked through, and a route can't forget
//! to say whom it shows. What has no id in it (a document, sums of one person that was asked for) is said where the person
//! is looked up.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use jiff::civil::Date;
use parking_lot::Mutex;
use purser_core::id::{PersonId, UnitId};
use purser_core::time::Instant;

use crate::access::Actor;

/// People named by one answer, from which on it is a list that does not name each.
pub(super) const NAMED_MAX: usize = 50;
/// Looks that wait for the disk: about 4 MB.
pub(super) const PENDING_MAX: usize = 20_000;
/// Digits of an id behind its prefix.
const DIGITS: usize = 26;

tokio::task_local! {
    static LOOKING: Looking;
}

/// The people that the answer at hand shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looking(Arc<Mutex<Seen>>);

/// Whom an answer showed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The first of them, one more than are named at most.
    pub(super) people: Vec<PersonId>,
    /// Everybody?
    pub(super) everybody: bool,
}

impl Looking {
    /// Answers, and remembers whom it shows.
    pub(crate) async fn scope<F: Future>(self, answering: F) -> F::Output {
        LOOKING.scope(self, answering).await
    }

    pub(super) fn taken(&self) -> Seen {
        std::mem::take(&mut self.0.lock())
    }

    fn note(&self, person: PersonId) {
        let mut seen = self.0.lock();
        if seen.people.len() <= NAMED_MAX && !seen.people.contains(&person) {
            seen.people.push(person);
        }
    }

    fn is_full(&self) -> bool {
        let seen = self.0.lock();
        seen.everybody || seen.people.len() > NAMED_MAX
    }
}

/// The answer at hand is about somebody.
pub(crate) fn looked_at(person: PersonId) {
    // Outside of an answer nobody looks.
    let _ = LOOKING.try_with(|looking| looking.note(person));
}

/// The answer at hand has everybody in it.
pub(crate) fn list_of_everybody() {
    let _ = LOOKING.try_with(|looking| looking.0.lock().everybody = true);
}

/// The answer at hand is written as these bytes.
pub(crate) fn answered(json: &[u8]) {
    let _ = LOOKING.try_with(|looking| {
        for person in people_in(json) {
            looking.note(person);
            if looking.is_full() {
                break;
            }
        }
    });
}

/// The people whose ids stand in a text.
fn people_in(text: &[u8]) -> impl Iterator<Item = PersonId> {
    let beginning = const { PersonId::PREFIX.len() + 1 };
    let prefix = const { PersonId::PREFIX };
    memchr::memmem::find_iter(text, prefix.as_bytes()).filter_map(move |place| {
        let id = text.get(place..place + beginning + DIGITS)?;
        std::str::from_utf8(id).ok()?.parse().ok()
    })
}

/// What makes two looks of a day one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    /// At whom; `None`: a list.
    pub(super) person: Option<PersonId>,
    /// The company's day.
    pub(super) day: Date,
    /// Who.
    pub(super) actor: Actor,
    /// What they asked, in the trail's word.
    pub(super) action: &'static str,
    /// The units of a list; empty: everybody.
    pub(super) units: Vec<UnitId>,
}

/// How often, and who that was.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) looker: Option<PersonId>,
    pub(super) roles: String,
    pub(super) first: Instant,
    pub(super) last: Instant,
    pub(super) count: u64,
}

/// Looks that are not on disk yet.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<HashMap<Kind, Times>>);

impl Looks {
    /// Adds some. Returns whether so many wait that they have to be written now.
    pub(super) fn add(&self, looks: impl IntoIterator<Item = (Kind, Times)>) -> bool {
        let mut pending = self.0.lock();
        for (kind, times) in looks {
            match pending.entry(kind) {
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    (known.first, known.last) = (known.first.min(times.first), known.last.max(times.last));
                    known.count = known.count.saturating_add(times.count);
                }
                Entry::Vacant(none) => {
                    none.insert(times);
                }
            }
        }
        pending.len() >= PENDING_MAX
    }

    /// All that wait; whoever can't write them adds them again.
    pub(super) fn take(&self) -> HashMap<Kind, Times> {
        std::mem::take(&mut self.0.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_wherever_their_ids_stand() {
        let [one, two] = [PersonId::new(7), PersonId::new(u128::MAX)];
        let text = format!(r#"{{"id":"{one}","per_":"per_7","x":"superper_","on":"person {two}","again":"{one}"}}"#);
        assert_eq!(people_in(text.as_bytes()).collect::<Vec<_>>(), [one, two, one]);
        for cut in 0..text.len() {
            assert!(people_in(&text.as_bytes()[..cut]).count() <= 3, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn no_more_are_remembered_than_are_named() {
        let looking = Looking::default();
        let text = (0..500).map(|id| PersonId::new(id).to_string()).collect::<Vec<_>>().join("\",\"");
        looking.clone().scope(async { answered(text.as_bytes()) }).await;
        assert_eq!(looking.taken().people.len(), NAMED_MAX + 1);
        answered(text.as_bytes());
    }
}
