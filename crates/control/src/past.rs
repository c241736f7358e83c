//! A folder that somebody only looks at, beside whoever writes it: what its company is, and what it was charged.

use std::collections::BTreeMap;

use purser_core::directory::Directory;
use purser_core::id::{PersonId, UnitId};
use purser_store::{DataDir, Folds, Reader};

use crate::control::stored;
use crate::error::Error;
use crate::replay::{KeptDirectory, replay};
use crate::units;

/// A company as it stands in a folder, as far as its journal is projected.
pub struct Past {
    /// Its people, keys, grants, budgets, policies and prices.
    pub directory: Directory,
    /// What people are called; whoever was erased is missing. Personal: for whoever asked.
    pub people: BTreeMap<PersonId, String>,
    /// What units are called.
    pub units: BTreeMap<UnitId, String>,
    /// Its charges.
    pub reader: Reader,
}

impl Past {
    /// Reads it. Writes nothing, takes no lock, and works beside a `serve` that has the folder.
    ///
    /// # Errors
    /// There is no company in the folder, or it can't be read.
    pub fn read(dir: &DataDir) -> Result<Self, Error> {
        let reader = Reader::open(dir).map_err(stored)?;
        let replayed = replay(&reader, &Folds::of(dir), KeptDirectory::default())?;
        let names = reader.names().map_err(stored)?;
        let units = names.units.into_iter().map(|(unit, label)| (unit, units::name_of(&label).to_owned()));
        Ok(Self {
            directory: replayed.directory,
            people: names.people.into_iter().collect(),
            units: units.collect(),
            reader,
        })
    }
}
