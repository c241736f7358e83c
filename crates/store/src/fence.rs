//! Which person a provider-side id belongs to.
//!
//! All people share the provider's account, so an id made there (a stored response, a conversation, a file) would be
//! readable by everybody who learns it. The fence remembers, by keyed hash, who made which; to others it does not
//! exist. Ids themselves are not kept.
//!
//! It has a database of its own so that a claim, made while an answer streams, never waits for the projector. A claim
//! is a commit without a sync: it survives the process, and a power cut costs at most the last moments' claims, whose
//! owners then make their response anew. Nothing is read ahead: what was asked for or claimed lately is in memory,
//! within a bound.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use purser_core::id::PersonId;
use purser_core::time::Instant;
use rusqlite::{Connection, OptionalExtension};

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::migrate::Migration;
use crate::sqlite::{self, Durability};

/// Owners kept in memory: a few megabytes. When full, all are dropped and read again as they are asked for.
const REMEMBERED_MAX: usize = 32_768;
/// Rows dropped in one transaction of [`Fence::forget`], so that no claim waits long behind it.
const FORGOTTEN_AT_ONCE: u16 = 4_096;
/// Names the use of the folder's secret, so that no two uses share a key.
const KEY_CONTEXT: &str = "purser 2026 provider-side id fence";

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "owners of provider-side ids",
    sql: "CREATE TABLE fence (
            hash   BLOB PRIMARY KEY,
            person BLOB NOT NULL,
            at     INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX fence_by_age ON fence (at);",
}];

/// The fence. Shared by reference between threads.
#[derive(Debug)]
pub struct Fence {
    key: [u8; 32],
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    conn: Connection,
    remembered: HashMap<[u8; 32], PersonId>,
}

impl Fence {
    /// Opens the fence of a folder held exclusively.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be opened.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        let conn = sqlite::open_write(&dir.fence(), Durability::Later, MIGRATIONS)?;
        let key = blake3::derive_key(KEY_CONTEXT, &dir.secret()?);
        Ok(Self { key, inner: Mutex::new(Inner { conn, remembered: HashMap::new() }) })
    }

    /// Who made this id at this provider; `None` when nobody known did, or it was forgotten.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] when the database can't be read: treat the id as nobody's.
    pub fn fence_owner(&self, provider: &str, id: &str) -> Result<Option<PersonId>, StoreError> {
        let hash = self.hash(provider, id);
        let mut inner = self.inner();
        if let Some(person) = inner.remembered.get(&hash) {
            return Ok(Some(*person));
        }
        let owner = inner.read(&hash)?;
        if let Some(person) = owner {
            inner.remember(hash, person);
        }
        Ok(owner)
    }

    /// Notes that `person` made this id, and returns whose it is: the first claim stands, so an answer other than
    /// `person` means that the id was somebody else's already. Claiming again renews its age.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] when it could not be kept; the id then belongs to nobody.
    pub fn fence_claim(&self, provider: &str, id: &str, person: PersonId, at: Instant) -> Result<PersonId, StoreError> {
        let hash = self.hash(provider, id);
        let mut inner = self.inner();
        let owner = inner
            .conn
            .prepare_cached(
                "INSERT INTO fence (hash, person, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (hash) DO UPDATE SET
                   at = CASE WHEN person = excluded.person THEN max(at, excluded.at) ELSE at END
                 RETURNING person",
            )
            .and_then(|mut claim| {
                claim.query_row((hash, Bits::new(person.get()), at.as_micros()), |row| row.get::<_, Bits>(0))
            })
            .map_err(StoreError::sqlite("note who made a provider-side id"))?;
        let owner = PersonId::new(owner.get());
        inner.remember(hash, owner);
        Ok(owner)
    }

    /// Forgets what was last claimed before `before` (the retention). Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; what was forgotten until then stays forgotten.
    pub fn forget(&self, before: Instant) -> Result<usize, StoreError> {
        let mut total = 0;
        loop {
            // The lock is let go between batches: claims go first.
            let mut inner = self.inner();
            let gone = inner
                .conn
                .prepare_cached(
                    "DELETE FROM fence WHERE hash IN (SELECT hash FROM fence WHERE at < ?1 ORDER BY at LIMIT ?2)",
                )
                .and_then(|mut delete| delete.execute((before.as_micros(), FORGOTTEN_AT_ONCE)))
                .map_err(StoreError::sqlite("forget old provider-side ids"))?;
            inner.remembered.clear();
            total += gone;
            if gone < usize::from(FORGOTTEN_AT_ONCE) {
                return Ok(total);
            }
        }
    }

    fn hash(&self, provider: &str, id: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // A byte between that no provider's name contains: `ab` + `c` and `a` + `bc` are two ids.
        hasher.update(provider.as_bytes()).update(&[0]).update(id.as_bytes());
        *hasher.finalize().as_bytes()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic under the lock leaves a connection in autocommit and a cache of true things: both usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn read(&self, hash: &[u8; 32]) -> Result<Option<PersonId>, StoreError> {
        self.conn
            .prepare_cached("SELECT person FROM fence WHERE hash = ?1")
            .and_then(|mut select| select.query_row((hash,), |row| row.get::<_, Bits>(0)).optional())
            .map(|owner| owner.map(|bits| PersonId::new(bits.get())))
            .map_err(StoreError::sqlite("look up who made a provider-side id"))
    }

    fn remember(&mut self, hash: [u8; 32], person: PersonId) {
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert(hash, person);
    }
}
