//! Names and labels in memory: what people type, resolved to ids, and ids shown as people know them.
//!
//! The files have them too ([`purser_store::Private`]); this copy answers without asking the disk and finds by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use purser_core::id::{KeyId, PersonId, PoolId, UnitId};
use purser_store::Personal;

use crate::error::{Code, Error, Refused};
use crate::units;

/// Names of people, labels of units.
#[derive(Debug, Default)]
pub(crate) struct Names {
    people: HashMap<PersonId, Known>,
    /// By the hash of a folded name: a hundred thousand of them need no second copy of each name.
    person_by_name: BTreeSet<(u64, PersonId)>,
    units: HashMap<UnitId, String>,
    unit_by_name: HashMap<String, Vec<UnitId>>,
    /// There are few: looked through for a name.
    pools: BTreeMap<PoolId, String>,
    hashes: RandomState,
}

/// What is shown of somebody as a human being.
#[derive(Debug)]
pub(crate) struct Known {
    /// As they are called.
    pub(crate) name: Box<str>,
    /// Where mail reaches them.
    pub(crate) email: Option<Box<str>>,
}

/// Letters in any case, spaces at the ends left out: how a name is looked up.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Names {
    /// A person's fields, new or changed.
    pub(crate) fn put_person(&mut self, personal: Personal) {
        let Personal { person, name, email, more: _ } = personal;
        let known = Known { name: name.into_boxed_str(), email: email.map(String::into_boxed_str) };
        self.person_by_name.insert((self.hash(&known.name), person));
        if let Some(old) = self.people.insert(person, known) {
            let (old, new) = (self.hash(&old.name), self.people.get(&person).map(|known| self.hash(&known.name)));
            if Some(old) != new {
                self.person_by_name.remove(&(old, person));
            }
        }
    }

    /// Forgets who somebody was.
    pub(crate) fn forget_person(&mut self, person: PersonId) {
        if let Some(old) = self.people.remove(&person) {
            let hash = self.hash(&old.name);
            self.person_by_name.remove(&(hash, person));
        }
    }

    /// A unit's label, new or changed.
    pub(crate) fn put_unit(&mut self, unit: UnitId, label: String) {
        if let Some(old) = self.units.remove(&unit)
            && let Some(ids) = self.unit_by_name.get_mut(&folded(units::name_of(&old)))
        {
            ids.retain(|id| *id != unit);
        }
        self.unit_by_name.entry(folded(units::name_of(&label))).or_default().push(unit);
        self.units.insert(unit, label);
    }

    /// A pool's name, new or changed.
    pub(crate) fn put_pool(&mut self, pool: PoolId, name: String) {
        self.pools.insert(pool, name);
    }

    /// What a pool is called.
    pub(crate) fn pool_name(&self, pool: PoolId) -> Option<String> {
        self.pools.get(&pool).cloned()
    }

    /// The pool that an id or name stands for.
    ///
    /// # Errors
    /// No or several pools are called that.
    pub(crate) fn find_pool(&self, text: &str) -> Result<PoolId, Error> {
        let wanted = folded(text);
        let named: Vec<PoolId> =
            self.pools.iter().filter(|(_, name)| folded(name) == wanted).map(|(pool, _)| *pool).collect();
        find("pool", text, &named, |_| true)
    }

    fn hash(&self, name: &str) -> u64 {
        self.hashes.hash_one(folded(name))
    }

    /// What is known of somebody as a human being.
    pub(crate) fn person(&self, person: PersonId) -> Option<&Known> {
        self.people.get(&person)
    }

    /// How many people are known as human beings.
    pub(crate) fn people_known(&self) -> usize {
        self.people.len()
    }

    /// What a person is called. The company itself is one where it bears what no person's calls have of a bill.
    pub(crate) fn person_name(&self, person: PersonId) -> Option<String> {
        if person == purser_core::bill::COMPANY {
            return Some("the company".to_owned());
        }
        self.people.get(&person).map(|known| known.name.to_string())
    }

    /// What a unit is called.
    pub(crate) fn unit_name(&self, unit: UnitId) -> Option<String> {
        self.unit_label(unit).map(|label| units::name_of(label).to_owned())
    }

    /// A unit's whole label.
    pub(crate) fn unit_label(&self, unit: UnitId) -> Option<&String> {
        self.units.get(&unit)
    }

    /// The person that an id or name stands for, of those that `counts`.
    ///
    /// # Errors
    /// Nobody or several people are called that.
    pub(crate) fn find_person(&self, text: &str, counts: impl Fn(PersonId) -> bool) -> Result<PersonId, Error> {
        let (hash, wanted) = (self.hash(text), folded(text));
        let alike = self.person_by_name.range((hash, PersonId::new(0))..=(hash, PersonId::new(u128::MAX)));
        let is_called = |id: &PersonId| self.people.get(id).is_some_and(|known| folded(&known.name) == wanted);
        let named: Vec<PersonId> = alike.map(|(_, id)| *id).filter(is_called).collect();
        find("person", text, &named, counts)
    }

    /// The unit that an id or name stands for, of those that `counts`.
    ///
    /// # Errors
    /// No or several units are called that.
    pub(crate) fn find_unit(&self, text: &str, counts: impl Fn(UnitId) -> bool) -> Result<UnitId, Error> {
        let named = self.unit_by_name.get(&folded(text));
        find("unit", text, named.map_or(&[], Vec::as_slice), counts)
    }
}

/// An id as it stands, else the only one of a name.
fn find<I: Copy + std::str::FromStr + std::fmt::Display>(
    what: &str,
    text: &str,
    named: &[I],
    counts: impl Fn(I) -> bool,
) -> Result<I, Error> {
    if let Ok(id) = text.trim().parse::<I>() {
        return Ok(id);
    }
    let named: Vec<I> = named.iter().copied().filter(|id| counts(*id)).collect();
    match named.as_slice() {
        [only] => Ok(*only),
        [] => Err(Refused::new(Code::NotFound, format!("no {what} is called `{text}`"))
            .hint(format!("`purser {what} list` shows all"))
            .into()),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Refused::new(Code::Ambiguous, format!("{} are called `{text}`", count(what, several.len())))
                .hint(format!("name one by its id: {}", ids.join(", ")))
                .into())
        }
    }
}

fn count(what: &str, number: usize) -> String {
    let plural = if what == "person" { "people".to_owned() } else { format!("{what}s") };
    format!("{number} {plural}")
}

/// A key from its id; keys have no names.
///
/// # Errors
/// The text is no id of a key.
pub(crate) fn key_id(text: &str) -> Result<KeyId, Error> {
    text.trim().parse().map_err(|error: purser_core::id::IdError| {
        Refused::new(Code::Invalid, error.to_string()).hint("`purser key list` shows the ids").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(bits: u128, name: &str) -> Personal {
        Personal { person: PersonId::new(bits), name: name.to_owned(), email: None, more: None }
    }

    #[test]
    fn a_name_stands_for_an_id_while_it_is_unique() {
        let mut names = Names::default();
        names.put_person(person(1, "The Analyst"));
        let find = |names: &Names, text: &str| names.find_person(text, |_| true).map_err(|error| error.to_string());
        assert_eq!(find(&names, " the analyst "), Ok(PersonId::new(1)));
        assert_eq!(find(&names, &PersonId::new(7).to_string()), Ok(PersonId::new(7)), "an id needs no name");
        names.put_person(person(2, "the analyst"));
        assert_eq!(find(&names, "the analyst"), Err("2 people are called `the analyst`".to_owned()));
        assert_eq!(names.find_person("the analyst", |id| id.get() == 2).unwrap(), PersonId::new(2));
        names.put_person(person(2, "Operations"));
        assert_eq!(find(&names, "the analyst"), Ok(PersonId::new(1)), "a changed name frees the old one");
        assert_eq!(find(&names, "nobody"), Err("no person is called `nobody`".to_owned()));
    }
}
