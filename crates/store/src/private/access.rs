//! Who signs in and how, their sessions, the reasons they gave, and the keys of keyed hashes.

use purser_core::id::{LoginId, NoteId};
use purser_core::time::Instant;
use rusqlite::{OptionalExtension, Row};

use super::{Private, empty_log};
use crate::error::StoreError;
use crate::ids::Bits;

/// How somebody signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginFields {
    /// Whose.
    pub login: LoginId,
    /// Their mail address, as they write it. Its folded form is unique.
    pub email: String,
    /// The hash of their password in PHC form; `None` when somebody else checks who they are.
    pub password: Option<String>,
    /// Who else says who they are, and under which name.
    pub single: Option<(String, String)>,
}

impl std::fmt::Debug for LoginFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginFields").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// Who.
    pub login: LoginId,
    /// When it began.
    pub began: Instant,
    /// When it was last used, give or take a minute.
    pub seen: Instant,
    /// When it ends, however much it is used.
    pub expires: Instant,
}

/// Letters in any case are the same address.
fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Private {
    /// Writes or replaces how somebody signs in.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written; also when another has the address, or is that subject.
    pub fn put_login(&self, fields: &LoginFields) -> Result<(), StoreError> {
        let (issuer, subject) = fields.single.clone().unzip();
        self.conn()
            .prepare_cached(
                "INSERT INTO login_private (login, email, folded, password, issuer, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (login) DO UPDATE SET email = excluded.email, folded = excluded.folded,
                     password = excluded.password, issuer = excluded.issuer, subject = excluded.subject",
            )
            .and_then(|mut put| {
                let email = &fields.email;
                put.execute((Bits::new(fields.login.get()), email, folded(email), &fields.password, issuer, subject))
            })
            .map(drop)
            .map_err(StoreError::sqlite("write how somebody signs in"))
    }

    /// How somebody signs in, found by mail address in letters of any case.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn login_by_email(&self, email: &str) -> Result<Option<LoginFields>, StoreError> {
        self.conn()
            .prepare_cached("SELECT login, email, password, issuer, subject FROM login_private WHERE folded = ?1")
            .and_then(|mut get| get.query_row((folded(email),), login).optional())
            .map_err(StoreError::sqlite("read how somebody signs in"))
    }

    /// How the subject of an issuer signs in.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn login_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<LoginFields>, StoreError> {
        self.conn()
            .prepare_cached(
                "SELECT login, email, password, issuer, subject FROM login_private WHERE issuer = ?1 AND subject = ?2",
            )
            .and_then(|mut get| get.query_row((issuer, subject), login).optional())
            .map_err(StoreError::sqlite("read how somebody signs in"))
    }

    /// Forgets how whoever has a mail address signs in. Returns whether anybody had it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: it may still be there.
    pub fn forget_login_of(&self, email: &str) -> Result<bool, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute("DELETE FROM login_private WHERE folded = ?1", (folded(email),))
            .map_err(StoreError::sqlite("forget how somebody signs in"))?;
        Ok(gone > 0)
    }

    /// How somebody signs in; `None` when it was erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn login(&self, id: LoginId) -> Result<Option<LoginFields>, StoreError> {
        self.conn()
            .prepare_cached("SELECT login, email, password, issuer, subject FROM login_private WHERE login = ?1")
            .and_then(|mut get| get.query_row((Bits::new(id.get()),), login).optional())
            .map_err(StoreError::sqlite("read how somebody signs in"))
    }

    /// Writes a session, or when it was last used.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_session(&self, session: &Session) -> Result<(), StoreError> {
        let Session { hash, login, began, seen, expires } = session;
        self.conn()
            .prepare_cached(
                "INSERT INTO session_private (hash, login, began, seen, expires) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (hash) DO UPDATE SET seen = excluded.seen",
            )
            .and_then(|mut put| {
                let times = (began.as_micros(), seen.as_micros(), expires.as_micros());
                put.execute((hash.as_slice(), Bits::new(login.get()), times.0, times.1, times.2))
            })
            .map(drop)
            .map_err(StoreError::sqlite("write a session"))
    }

    /// A session by the hash of its secret.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        self.conn()
            .prepare_cached("SELECT login, began, seen, expires FROM session_private WHERE hash = ?1")
            .and_then(|mut get| {
                get.query_row((hash.as_slice(),), |row| {
                    Ok(Session {
                        hash: *hash,
                        login: LoginId::new(row.get::<_, Bits>(0)?.get()),
                        began: Instant::from_micros(row.get(1)?),
                        seen: Instant::from_micros(row.get(2)?),
                        expires: Instant::from_micros(row.get(3)?),
                    })
                })
                .optional()
            })
            .map_err(StoreError::sqlite("read a session"))
    }

    /// Ends one session. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: it may still be there.
    pub fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.conn()
            .execute("DELETE FROM session_private WHERE hash = ?1", (hash.as_slice(),))
            .map(|gone| gone > 0)
            .map_err(StoreError::sqlite("end a session"))
    }

    /// Ends all sessions of somebody. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: some may still be there.
    pub fn end_sessions_of(&self, login: LoginId) -> Result<usize, StoreError> {
        self.conn()
            .execute("DELETE FROM session_private WHERE login = ?1", (Bits::new(login.get()),))
            .map_err(StoreError::sqlite("end sessions"))
    }

    /// Forgets sessions that have ended by now.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn forget_sessions(&self, now: Instant) -> Result<usize, StoreError> {
        self.conn()
            .execute("DELETE FROM session_private WHERE expires <= ?1", (now.as_micros(),))
            .map_err(StoreError::sqlite("end sessions"))
    }

    /// Writes a text that something in the journal refers to, other than a reason in the audit trail.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_note(&self, note: NoteId, text: &str) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached(
                "INSERT INTO note_private (note, text, kind) VALUES (?1, ?2, 2)
                 ON CONFLICT (note) DO UPDATE SET text = excluded.text, kind = excluded.kind",
            )
            .and_then(|mut put| put.execute((Bits::new(note.get()), text)))
            .map(drop)
            .map_err(StoreError::sqlite("write a note"))
    }

    /// A text; `None` when it was erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn note(&self, note: NoteId) -> Result<Option<String>, StoreError> {
        self.conn()
            .prepare_cached("SELECT text FROM note_private WHERE note = ?1")
            .and_then(|mut get| get.query_row((Bits::new(note.get()),), |row| row.get(0)).optional())
            .map_err(StoreError::sqlite("read a note"))
    }

    /// Forgets a text. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: it may still be there.
    pub fn erase_note(&self, note: NoteId) -> Result<bool, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute("DELETE FROM note_private WHERE note = ?1", (Bits::new(note.get()),))
            .map_err(StoreError::sqlite("erase a note"))?;
        empty_log(&conn)?;
        Ok(gone > 0)
    }

    /// The secret of that name; `fresh` becomes it when there is none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], also when it has another length than it was written with.
    pub fn secret(&self, name: &str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let conn = self.conn();
        conn.prepare_cached("INSERT INTO secret_private (name, bits) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING")
            .and_then(|mut put| put.execute((name, fresh.as_slice())))
            .and_then(|_| conn.prepare_cached("SELECT bits FROM secret_private WHERE name = ?1"))
            .and_then(|mut get| get.query_row((name,), |row| row.get::<_, [u8; 32]>(0)))
            .map_err(StoreError::sqlite("keep a secret"))
    }
}

fn login(row: &Row<'_>) -> rusqlite::Result<LoginFields> {
    let single = row.get::<_, Option<String>>(3)?.zip(row.get(4)?);
    Ok(LoginFields {
        login: LoginId::new(row.get::<_, Bits>(0)?.get()),
        email: row.get(1)?,
        password: row.get(2)?,
        single,
    })
}
