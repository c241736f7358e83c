//! Accounts and open holds while a batch is projected.

use purser_core::account::{AccountKey, Subject};
use purser_core::id::{BudgetId, GrantId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Ceilings, HoldId};
use rusqlite::{Connection, OptionalExtension};

use super::numbers::NumberMap;
use crate::ids::Bits;
use crate::pack;

/// Whose accounts are remembered: as many as a company has in use; beyond that they are looked up again.
const SUBJECTS_KEPT: usize = 1 << 16;

/// The kind of a grant's subject: the one whose book is money.
pub(super) const GRANT: i64 = 1;

/// The kind and id of a subject as columns; the kinds are never renumbered.
pub(crate) const fn subject_columns(subject: Subject) -> (i64, Bits) {
    match subject {
        Subject::Grant(id) => (GRANT, Bits::new(id.get())),
        Subject::Budget(id) => (2, Bits::new(id.get())),
        Subject::Run(id) => (3, Bits::new(id.get())),
    }
}

/// The subject in a kind's and an id's columns; `None` for a kind of a later version.
pub(crate) const fn subject_of(kind: i64, id: Bits) -> Option<Subject> {
    match kind {
        GRANT => Some(Subject::Grant(GrantId::new(id.get()))),
        2 => Some(Subject::Budget(BudgetId::new(id.get()))),
        3 => Some(Subject::Run(RunId::new(id.get()))),
        _ => None,
    }
}

/// Ceilings of the holds that are not settled, as the settlement will need them. In memory, since a settlement follows
/// its hold within seconds; the table keeps those that are open between two transactions.
#[derive(Debug, Default)]
pub(super) struct OpenHolds {
    open: NumberMap<HoldId, Entry>,
    /// Opened or ended since the last transaction.
    touched: Vec<HoldId>,
    /// Ended ones that the table still has.
    stale: Vec<HoldId>,
}

#[derive(Debug)]
struct Entry {
    ceilings: Ceilings,
    stored: bool,
}

impl OpenHolds {
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut holds = Self::default();
        let mut select = conn.prepare("SELECT hold, ceilings FROM open_hold")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let id = hold_id(row.get(0)?);
            let bytes: Vec<u8> = row.get(1)?;
            if let (Some(id), Some(ceilings)) = (id, pack::read_accounts(&bytes)) {
                holds.open.insert(id, Entry { ceilings: ceilings.into(), stored: true });
            }
        }
        Ok(holds)
    }

    pub(super) fn opened(&mut self, id: HoldId, ceilings: Ceilings) {
        self.open.insert(id, Entry { ceilings, stored: false });
        self.touched.push(id);
    }

    /// The hold is over; its ceilings, when it was known.
    pub(super) fn ended(&mut self, id: HoldId) -> Option<Ceilings> {
        let entry = self.open.remove(&id)?;
        if entry.stored {
            self.stale.push(id);
        }
        Some(entry.ceilings)
    }

    pub(super) fn store(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut insert = conn.prepare_cached("INSERT OR REPLACE INTO open_hold (hold, ceilings) VALUES (?1, ?2)")?;
        for id in self.touched.drain(..) {
            // Most are over already and never touch the table.
            if let Some(entry) = self.open.get_mut(&id) {
                insert.execute((hold_column(id), pack::accounts(&entry.ceilings)))?;
                entry.stored = true;
            }
        }
        let mut delete = conn.prepare_cached("DELETE FROM open_hold WHERE hold = ?1")?;
        for id in self.stale.drain(..) {
            delete.execute((hold_column(id),))?;
        }
        Ok(())
    }
}

/// Whose the accounts are, and what a batch releases to them: one row per account however often that was.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    funded: NumberMap<AccountNo, i64>,
    subjects: NumberMap<AccountNo, Whose>,
}

/// Whose an account is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose {
    /// See [`subject_columns`].
    pub(super) kind: i64,
    pub(super) subject: Bits,
    /// When its period began.
    pub(super) start: Instant,
}

impl Accounts {
    pub(super) fn opened(&mut self, no: AccountNo, key: &AccountKey) {
        let (kind, subject) = subject_columns(key.subject);
        self.remember(no, Whose { kind, subject, start: key.period.start });
    }

    /// `None` when the sum leaves the range.
    pub(super) fn fund(&mut self, no: AccountNo, by: Nano) -> Option<()> {
        let funded = self.funded.entry(no).or_default();
        *funded = funded.checked_add(by.get())?;
        Some(())
    }

    /// Whose the account is; `None` for one that was never opened.
    pub(super) fn whose(&mut self, conn: &Connection, no: AccountNo) -> rusqlite::Result<Option<Whose>> {
        if let Some(whose) = self.subjects.get(&no) {
            return Ok(Some(*whose));
        }
        let found = conn
            .prepare_cached("SELECT subject_kind, subject, start FROM account WHERE no = ?1")?
            .query_row((no.0,), |row| {
                Ok(Whose { kind: row.get(0)?, subject: row.get(1)?, start: Instant::from_micros(row.get(2)?) })
            })
            .optional()?;
        if let Some(whose) = found {
            self.remember(no, whose);
        }
        Ok(found)
    }

    /// Writes what was released.
    pub(super) fn store(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut update = conn.prepare_cached("UPDATE account SET limit_nano = limit_nano + ?2 WHERE no = ?1")?;
        for (no, by) in self.funded.drain() {
            update.execute((no.0, by))?;
        }
        Ok(())
    }

    fn remember(&mut self, no: AccountNo, whose: Whose) {
        if self.subjects.len() >= SUBJECTS_KEPT {
            self.subjects.clear();
        }
        self.subjects.insert(no, whose);
    }
}

/// A hold's name in a column: its 64 bits.
pub(crate) fn hold_column(id: HoldId) -> i64 {
    ((u64::from(id.epoch().0) << 40) | id.sequence()).cast_signed()
}

/// The name in a column; every 64 bits are one.
pub(crate) fn hold_id(column: i64) -> Option<HoldId> {
    let bits = column.cast_unsigned();
    let epoch = u32::try_from(bits >> 40).ok()?;
    HoldId::try_new(purser_ledger::Epoch(epoch), bits & HoldId::SEQUENCE_MAX)
}
