//! What versions of offers say, and notes about offers.

use purser_core::id::{NoteId, OfferId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Private, empty_log};
use crate::error::StoreError;
use crate::ids::Bits;

/// What one version says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferText {
    /// Of which offer.
    pub offer: OfferId,
    /// Which version.
    pub number: u32,
    /// The key of its hash in the journal.
    pub key: [u8; 32],
    /// The version as JSON that `control` writes and reads.
    pub content: String,
    /// Why it was written.
    pub reason: Option<String>,
}

/// The letter of a version as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLetter {
    /// As a page.
    pub html: Vec<u8>,
    /// As a PDF, where its letters could be set.
    pub pdf: Option<Vec<u8>>,
}

impl Private {
    /// Keeps the letter of a version, before the event with its hash; in the place of one whose event never came.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_offer_letter(&self, offer: OfferId, number: u32, letter: &OfferLetter) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached(
                "INSERT INTO offer_letters_private (offer, number, html, pdf) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (offer, number) DO UPDATE SET html = excluded.html, pdf = excluded.pdf",
            )
            .and_then(|mut put| put.execute((Bits::new(offer.get()), number, &letter.html, &letter.pdf)))
            .map(drop)
            .map_err(StoreError::sqlite("write the letter of an offer"))
    }

    /// The letter of a version as it was signed; `None` where none was, or once erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn offer_letter(&self, offer: OfferId, number: u32) -> Result<Option<OfferLetter>, StoreError> {
        self.conn()
            .prepare_cached("SELECT html, pdf FROM offer_letters_private WHERE offer = ?1 AND number = ?2")
            .and_then(|mut get| {
                let read = |row: &rusqlite::Row<'_>| Ok(OfferLetter { html: row.get(0)?, pdf: row.get(1)? });
                get.query_row((Bits::new(offer.get()), number), read).optional()
            })
            .map_err(StoreError::sqlite("read the letter of an offer"))
    }

    /// Writes what a version says, before the event that refers to it; in the place of a text whose event never came.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_offer_text(&self, text: &OfferText) -> Result<(), StoreError> {
        let OfferText { offer, number, key, content, reason } = text;
        self.conn()
            .prepare_cached(
                "INSERT INTO offer_versions_private (offer, number, key, content, reason) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (offer, number) DO UPDATE
                 SET key = excluded.key, content = excluded.content, reason = excluded.reason",
            )
            .and_then(|mut put| put.execute((Bits::new(offer.get()), number, key, content, reason)))
            .map(drop)
            .map_err(StoreError::sqlite("write a version of an offer"))
    }

    /// What a version says; `None` once erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn offer_text(&self, offer: OfferId, number: u32) -> Result<Option<OfferText>, StoreError> {
        self.conn()
            .prepare_cached("SELECT key, content, reason FROM offer_versions_private WHERE offer = ?1 AND number = ?2")
            .and_then(|mut get| {
                get.query_row((Bits::new(offer.get()), number), |row| {
                    Ok(OfferText { offer, number, key: row.get(0)?, content: row.get(1)?, reason: row.get(2)? })
                })
                .optional()
            })
            .map_err(StoreError::sqlite("read a version of an offer"))
    }

    /// Calls `each` with what every version of every offer says: for somebody who needs most of them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn each_offer_content(&self, each: &mut dyn FnMut(OfferId, u32, &str)) -> Result<(), StoreError> {
        let mut read = |conn: &Connection| {
            let mut all = conn.prepare("SELECT offer, number, content FROM offer_versions_private")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let offer = OfferId::new(row.get::<_, Bits>(0)?.get());
                each(offer, row.get(1)?, row.get_ref(2)?.as_str()?);
            }
            Ok(())
        };
        read(&self.conn()).map_err(StoreError::sqlite("read the versions of offers"))
    }

    /// The candidate's name in the latest version of an offer; `None` once erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn offer_candidate(&self, offer: OfferId) -> Result<Option<String>, StoreError> {
        self.conn()
            .prepare_cached(
                "SELECT coalesce(json_extract(content, '$.candidate.name'), '') FROM offer_versions_private
                 WHERE offer = ?1 ORDER BY number DESC LIMIT 1",
            )
            .and_then(|mut one| one.query_row((Bits::new(offer.get()),), |row| row.get(0)).optional())
            .map_err(StoreError::sqlite("read the candidate of an offer"))
    }

    /// The candidate's name in the latest version of each offer, in order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn offer_candidates(&self) -> Result<Vec<(OfferId, String)>, StoreError> {
        self.conn()
            .prepare_cached(
                "SELECT offer, coalesce(json_extract(content, '$.candidate.name'), ''), max(number)
                 FROM offer_versions_private GROUP BY offer ORDER BY offer",
            )
            .and_then(|mut all| {
                all.query_map([], |row| Ok((OfferId::new(row.get::<_, Bits>(0)?.get()), row.get(1)?)))?.collect()
            })
            .map_err(StoreError::sqlite("read the candidates of offers"))
    }

    /// Writes a note about an offer.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_offer_note(&self, note: NoteId, offer: OfferId, text: &str) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached(
                "INSERT INTO offer_notes_private (note, offer, text) VALUES (?1, ?2, ?3)
                 ON CONFLICT (note) DO UPDATE SET text = excluded.text",
            )
            .and_then(|mut put| put.execute((Bits::new(note.get()), Bits::new(offer.get()), text)))
            .map(drop)
            .map_err(StoreError::sqlite("write a note about an offer"))
    }

    /// A note about an offer; `None` once erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn offer_note(&self, note: NoteId) -> Result<Option<String>, StoreError> {
        self.conn()
            .prepare_cached("SELECT text FROM offer_notes_private WHERE note = ?1")
            .and_then(|mut get| get.query_row((Bits::new(note.get()),), |row| row.get(0)).optional())
            .map_err(StoreError::sqlite("read a note about an offer"))
    }

    /// Forgets what an offer said, all versions, notes and letters together. Its events and hashes stay. Returns whether
    /// there was anything to forget.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: all of it may still be there.
    pub fn erase_offer(&self, offer: OfferId) -> Result<bool, StoreError> {
        let erase = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut gone = 0;
            for sql in [
                "DELETE FROM offer_versions_private WHERE offer = ?1",
                "DELETE FROM offer_notes_private WHERE offer = ?1",
                "DELETE FROM offer_letters_private WHERE offer = ?1",
            ] {
                gone += tx.execute(sql, (Bits::new(offer.get()),))?;
            }
            tx.commit().map(|()| gone > 0)
        };
        let mut conn = self.conn();
        let gone = erase(&mut conn).map_err(StoreError::sqlite("erase what an offer said"))?;
        empty_log(&conn)?;
        Ok(gone)
    }
}
