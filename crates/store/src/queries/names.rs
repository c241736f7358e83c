//! Names of people and units, for who reads a folder without holding it.

use purser_core::id::{PersonId, UnitId};

use super::Reader;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::private::Labelled;

/// What people and units are called now. Personal: to be shown to whoever asked, never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamesNow {
    /// People, in order of their ids; whoever was erased is missing.
    pub people: Vec<(PersonId, String)>,
    /// Units, likewise. What stands behind a unit's name on further lines is its cost centre.
    pub units: Vec<(UnitId, String)>,
}

impl Reader {
    /// What people and units are called.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn names(&self) -> Result<NamesNow, StoreError> {
        self.ask("read names", |conn| {
            let people = conn
                .prepare_cached("SELECT person, name FROM people_private ORDER BY person")?
                .query_map([], |row| Ok((PersonId::new(row.get::<_, Bits>(0)?.get()), row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let units = conn
                .prepare_cached("SELECT id, label FROM label_private WHERE kind = ?1 ORDER BY id")?
                .query_map((Labelled::Unit.code(),), |row| {
                    Ok((UnitId::new(row.get::<_, Bits>(0)?.get()), row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(NamesNow { people, units })
        })
    }
}
