//! Sections: runs of charges that enter the indexes and the sums together.
//!
//! A row in a B-tree costs microseconds, whether it stands for one charge or for fifty. So single charges are only
//! appended, packed ([`super::packed`]); what makes them findable and what they add up to is kept in memory until the
//! *section* is full, then written once per person, account and day. Readers go through the charges of the *open*
//! section themselves: some milliseconds at most, whatever else there is. Where a section ends depends on the charges
//! alone, so the tables at a position are the same however the projection got there.

use std::collections::BTreeMap;

use purser_core::money::Nano;
use purser_ledger::{AccountNo, HoldId, Lsn};
use rusqlite::{Connection, OptionalExtension};

use super::accounts::{Accounts, GRANT, hold_column};
use super::apply::ApplyError;
use super::billed::BillNotes;
use super::bytes::{Input, put_i64, put_u64};
use super::called::Caller;
use super::flaggable::look_through;
use super::numbers::NumberMap;
use super::packed::{BLOCK_COLUMNS, Block, Charge, StoredBlock, damaged};
use super::runs::{RunDay, RunNotes, RunRow, store_runs};
use super::store;
use super::sums::{ByModel, Sums, day_of, month_of};
use crate::ids::Bits;

/// Holds whose charges one index row lists: neighbours, which are settled at about the same time.
const HOLDS_PER_ROW_BITS: u32 = 8;

/// The open section: its last block, and what will be written when it is full.
#[derive(Debug)]
pub(super) struct Section {
    /// Charges that make it full.
    size: u32,
    block: Block,
    /// The block has charges that its row has not.
    unsaved: bool,
    notes: Notes,
}

impl Section {
    /// Goes on where the tables end.
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let size = conn.query_row("SELECT section_charges FROM progress WHERE id = 1", [], |row| row.get(0))?;
        let mut section = Self { size, block: Block::default(), unsaved: false, notes: Notes::default() };
        let mut select = conn.prepare(&open_blocks())?;
        let mut rows = select.query((store::closed(conn)?.0.cast_signed(),))?;
        while let Some(row) = rows.next()? {
            let stored = StoredBlock::of(row)?;
            let (mut charges, mut last) = (0_u32, (stored.first, stored.at));
            for entry in stored.entries() {
                let charge = entry.and_then(|entry| entry.charge()).ok_or_else(damaged)?;
                section.notes.add(&charge).ok_or_else(damaged)?;
                last = (charge.lsn, charge.at);
                charges = charges.saturating_add(1);
            }
            section.block = Block::resume(stored, last.0, last.1, charges);
            if section.block.is_full() {
                section.block.clear();
            }
        }
        Ok(section)
    }

    /// Takes a charge in; the section is closed when this fills it.
    pub(super) fn push(
        &mut self,
        conn: &Connection,
        accounts: &mut Accounts,
        charge: &Charge<'_>,
    ) -> Result<(), ApplyError> {
        let unfit = |what| ApplyError::Unfit { lsn: charge.lsn, what };
        self.notes.add(charge).ok_or(unfit("a sum leaves the range"))?;
        self.block.push(charge);
        self.unsaved = true;
        if self.block.is_full() {
            self.save(conn)?;
            self.block.clear();
        }
        if self.notes.charges >= self.size {
            self.save(conn)?;
            self.block.clear();
            self.close(conn, accounts)?;
        }
        Ok(())
    }

    /// Writes what of the last block is not in its row.
    pub(super) fn save(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.unsaved && !self.block.is_empty() {
            self.block.store(conn)?;
        }
        self.unsaved = false;
        Ok(())
    }

    /// The charge of a record, from the block that is not full or from the tables.
    pub(super) fn with_charge<T>(
        &self,
        conn: &Connection,
        lsn: Lsn,
        read: impl FnOnce(&Charge<'_>) -> T,
    ) -> rusqlite::Result<Option<T>> {
        if let Some(charge) = self.block.find(lsn) {
            return Ok(Some(read(&charge)));
        }
        let Some(stored) = StoredBlock::around(conn, lsn)? else { return Ok(None) };
        Ok(stored.find(lsn)?.map(|charge| read(&charge)))
    }

    /// The records that charged a hold, oldest first.
    pub(super) fn charges_of_hold(&self, conn: &Connection, hold: HoldId) -> rusqlite::Result<Vec<Lsn>> {
        let mut found = store::charges_of_hold(conn, hold)?;
        found.extend(self.notes.charges_of_hold(hold));
        Ok(found)
    }

    fn close(&mut self, conn: &Connection, accounts: &mut Accounts) -> Result<(), ApplyError> {
        let notes = std::mem::take(&mut self.notes);
        let (last, count) = (notes.last, notes.charges);
        conn.prepare_cached("INSERT INTO section (last_lsn, charges) VALUES (?1, ?2)")?
            .execute((last.0.cast_signed(), count))?;
        store::add_index(conn, last, &notes.index())?;
        let unfit = ApplyError::Unfit { lsn: last, what: "a sum leaves the range" };
        let (Some(days), Some(callers)) = (notes.by_day(), notes.by_caller()) else { return Err(unfit) };
        store::add_days(conn, days)?;
        store::add_callers(conn, callers)?;
        let (Some(months), Some(runs)) = (notes.by_month(), notes.by_run()) else { return Err(unfit) };
        store::add_months(conn, months)?;
        let found = store_runs(conn, notes.runs(), runs)?;
        notes.billed.store(conn)?;
        let spent = notes.by_account();
        let mut grants = BTreeMap::new();
        for (no, _, spent) in &spent {
            let unfit = |what| ApplyError::Unfit { lsn: spent.first, what };
            let whose = accounts.whose(conn, *no)?.ok_or(unfit(UNKNOWN_ACCOUNT))?;
            if whose.kind == GRANT {
                let sum: &mut i64 = grants.entry((month_of(day_of(whose.start)), whose.subject)).or_default();
                *sum = sum.checked_add(spent.amount).ok_or(unfit("a sum leaves the range"))?;
            }
        }
        store::add_spent(conn, &spent)?;
        store::add_grants(conn, &grants)?;
        look_through(conn, notes.last_day, &found)?;
        Ok(())
    }
}

/// An account is only ever named after it was opened.
const UNKNOWN_ACCOUNT: &str = "it names an account never opened";

/// Blocks of the open section, oldest first.
pub(crate) fn open_blocks() -> String {
    format!("SELECT {BLOCK_COLUMNS} FROM charge_block WHERE first_lsn > ?1 ORDER BY first_lsn")
}

/// What was counted on an account on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) amount: i64,
    /// The first record that counted.
    first: Lsn,
}

/// What is known of the charges of a section.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    charges: u32,
    last: Lsn,
    last_day: i64,
    /// Names of priced models: nobody can choose them to collide.
    models: NumberMap<Box<str>, u32>,
    callers: NumberMap<Caller, u32>,
    usage: NumberMap<(i64, u32, u32), Sums>,
    spent: NumberMap<(u32, i64), Spent>,
    /// Whose record each is; listed when the section is full, since that is cheaper than a list for each meanwhile.
    called: Vec<(u32, Lsn)>,
    paid: Vec<(AccountNo, Lsn)>,
    holds: Vec<(i64, Lsn)>,
    runs: RunNotes,
    pub(crate) billed: BillNotes,
}

/// Stands for a charge whose settlement did not say who called.
const NOBODY: u32 = u32::MAX;

impl Notes {
    /// The records noted for a hold, oldest first.
    pub(crate) fn charges_of_hold(&self, hold: HoldId) -> impl Iterator<Item = Lsn> {
        let column = hold_column(hold);
        self.holds.iter().filter(move |(own, _)| *own == column).map(|(_, lsn)| *lsn)
    }

    /// Charges noted.
    pub(crate) fn charges(&self) -> u32 {
        self.charges
    }

    /// The day of the last one.
    pub(crate) fn last_day(&self) -> i64 {
        self.last_day
    }

    /// `None` when a sum leaves the range.
    pub(crate) fn add(&mut self, charge: &Charge<'_>) -> Option<()> {
        self.charges = self.charges.saturating_add(1);
        self.last = charge.lsn;
        self.last_day = day_of(charge.at);
        if let Some(hold) = charge.hold {
            self.holds.push((hold_column(hold), charge.lsn));
        }
        let caller = match charge.called.caller {
            None => NOBODY,
            Some(caller) => {
                let caller = number(&mut self.callers, caller);
                self.called.push((caller, charge.lsn));
                caller
            }
        };
        let day = day_of(charge.at);
        if let Some(sums) = Sums::of(charge) {
            let model = match self.models.get(charge.called.model) {
                Some(model) => *model,
                None => number(&mut self.models, charge.called.model.into()),
            };
            self.usage.entry((day, caller, model)).or_default().add(&sums)?;
            self.runs.add(charge, model, &sums)?;
            self.billed.add(charge)?;
        }
        for leg in &charge.legs {
            self.paid.push((leg.no, charge.lsn));
            self.count(charge, day, leg.no, leg.amount)?;
        }
        charge.ceilings.iter().try_for_each(|no| self.count(charge, day, *no, charge.amount))
    }

    fn count(&mut self, charge: &Charge<'_>, day: i64, no: AccountNo, amount: Nano) -> Option<()> {
        let new = Spent { amount: 0, first: charge.lsn };
        let spent = self.spent.entry((no.0, day)).or_insert(new);
        spent.amount = spent.amount.checked_add(amount.get())?;
        Some(())
    }

    /// Sums by day. `None` when one leaves the range.
    pub(crate) fn by_day(&self) -> Option<BTreeMap<i64, ByModel>> {
        self.summed(|day, _| Some(day))
    }

    /// Sums by day and caller. `None` when one leaves the range.
    pub(crate) fn by_caller(&self) -> Option<BTreeMap<(i64, Caller), ByModel>> {
        let callers = self.callers();
        self.summed(|day, caller| callers.get(index(caller)).map(|caller| (day, *caller)))
    }

    /// Sums by month and caller. `None` when one leaves the range.
    pub(crate) fn by_month(&self) -> Option<BTreeMap<(i64, Caller), ByModel>> {
        let callers = self.callers();
        self.summed(|day, caller| callers.get(index(caller)).map(|caller| (month_of(day), *caller)))
    }

    /// The runs of the section.
    pub(crate) fn runs(&self) -> BTreeMap<Bits, RunRow> {
        self.runs.rows()
    }

    /// What each of them used by day. `None` when a sum leaves the range.
    pub(crate) fn by_run(&self) -> Option<BTreeMap<(i64, Bits), RunDay>> {
        self.runs.days(&self.model_names())
    }

    fn model_names(&self) -> NumberMap<u32, &str> {
        self.models.iter().map(|(name, no)| (*no, &**name)).collect()
    }

    fn summed<K: Ord>(&self, key: impl Fn(i64, u32) -> Option<K>) -> Option<BTreeMap<K, ByModel>> {
        let names = self.model_names();
        let mut rows = BTreeMap::<K, ByModel>::new();
        for ((day, caller, model), sums) in &self.usage {
            let Some(key) = key(*day, *caller) else { continue };
            rows.entry(key).or_default().add(names.get(model).copied().unwrap_or_default(), sums)?;
        }
        Some(rows)
    }

    /// What each account counted by day, in order.
    pub(crate) fn by_account(&self) -> Vec<(AccountNo, i64, Spent)> {
        let mut rows: Vec<_> = self.spent.iter().map(|((no, day), spent)| (AccountNo(*no), *day, *spent)).collect();
        rows.sort_unstable_by_key(|(no, day, _)| (*no, *day));
        rows
    }

    /// The section's rows in the indexes, in the order of their keys.
    pub(crate) fn index(&self) -> Vec<IndexRow> {
        let callers = self.callers();
        let person = |(caller, lsn): &(u32, Lsn)| callers.get(index(*caller)).map(|caller| (caller.person, *lsn));
        let people = listed_by(self.called.iter().filter_map(person)).into_iter();
        let grants = listed_by(self.paid.iter().copied()).into_iter();
        let people = people.map(|(person, lsns)| IndexRow::Person(person, lsns));
        let grants = grants.map(|(no, lsns)| IndexRow::Account(no, lsns));
        people.chain(grants).chain(self.holds()).collect()
    }

    /// By their numbers.
    fn callers(&self) -> Vec<Caller> {
        let mut callers: Vec<_> = self.callers.iter().map(|(caller, no)| (*no, *caller)).collect();
        callers.sort_unstable_by_key(|(no, _)| *no);
        callers.into_iter().map(|(_, caller)| caller).collect()
    }

    fn holds(&self) -> Vec<IndexRow> {
        let mut holds = self.holds.clone();
        holds.sort();
        let mut rows = Vec::new();
        for neighbours in holds.chunk_by(|a, b| hold_row(a.0) == hold_row(b.0)) {
            let (mut bytes, mut before) = (Vec::new(), 0_i64);
            for (hold, lsn) in neighbours {
                let lsn = lsn.0.cast_signed();
                bytes.push(hold_place(*hold));
                put_i64(&mut bytes, lsn.wrapping_sub(before));
                before = lsn;
            }
            rows.extend(neighbours.first().map(|(hold, _)| IndexRow::Holds(hold_row(*hold), bytes)));
        }
        rows
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The key's number, the next one when it is new.
fn number<K: Eq + std::hash::Hash>(numbers: &mut NumberMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(NOBODY);
    *numbers.entry(key).or_insert(next)
}

/// The index row that a hold is listed in.
pub(crate) const fn hold_row(hold: i64) -> i64 {
    hold >> HOLDS_PER_ROW_BITS
}

/// Its name within the row.
pub(crate) const fn hold_place(hold: i64) -> u8 {
    hold.to_le_bytes()[0]
}

/// Records by whose they are, in order of those: their numbers in order as differences, each once.
fn listed_by<K: Copy + Ord + std::hash::Hash>(records: impl Iterator<Item = (K, Lsn)>) -> Vec<(K, Vec<u8>)> {
    let mut lists = NumberMap::<K, (u64, Vec<u8>)>::default();
    for (of, lsn) in records {
        let (last, bytes) = lists.entry(of).or_default();
        if lsn.0 > *last {
            put_u64(bytes, lsn.0.wrapping_sub(*last));
            *last = lsn.0;
        }
    }
    let mut lists: Vec<_> = lists.into_iter().map(|(of, (_, bytes))| (of, bytes)).collect();
    lists.sort_unstable_by_key(|(of, _)| *of);
    lists
}

/// The records that [`Notes`] listed; `None` when the bytes are damaged.
pub(crate) fn listed(bytes: &[u8]) -> Option<Vec<Lsn>> {
    let (mut input, mut last, mut all) = (Input(bytes), 0_u64, Vec::new());
    while !input.is_empty() {
        last = last.checked_add(input.u64()?)?;
        all.push(Lsn(last));
    }
    Some(all)
}

/// The records listed for one hold of a row; `None` when the bytes are damaged.
pub(crate) fn listed_for(place: u8, bytes: &[u8]) -> Option<Vec<Lsn>> {
    let (mut input, mut last, mut all) = (Input(bytes), 0_i64, Vec::new());
    while !input.is_empty() {
        let of = input.byte()?;
        last = last.wrapping_add(input.i64()?);
        if of == place {
            all.push(Lsn(last.cast_unsigned()));
        }
    }
    Some(all)
}

/// One row of an index: which records of the section concern whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IndexRow {
    /// Charges of a person's calls.
    Person(Bits, Vec<u8>),
    /// Charges that a grant's account paid.
    Account(AccountNo, Vec<u8>),
    /// Charges of neighbouring holds.
    Holds(i64, Vec<u8>),
}

impl IndexRow {
    /// Is it in its table, as it is here?
    pub(crate) fn is_stored(&self, conn: &Connection, section: Lsn) -> rusqlite::Result<bool> {
        let section = section.0.cast_signed();
        let is = |lsns: &[u8], row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_blob()? == lsns);
        match self {
            Self::Person(person, lsns) => conn
                .prepare_cached("SELECT lsns FROM charge_by_person WHERE section = ?1 AND person = ?2")?
                .query_row((section, person), |row| is(lsns, row)),
            Self::Account(no, lsns) => conn
                .prepare_cached("SELECT lsns FROM charge_by_account WHERE section = ?1 AND account = ?2")?
                .query_row((section, no.0), |row| is(lsns, row)),
            Self::Holds(row, lsns) => conn
                .prepare_cached("SELECT lsns FROM charge_by_hold WHERE holds = ?1 AND section = ?2")?
                .query_row((row, section), |row| is(lsns, row)),
        }
        .optional()
        .map(|same| same == Some(true))
    }
}
