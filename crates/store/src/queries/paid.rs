//! What grants paid, charge by charge.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use purser_core::account::{Period, Subject};
use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Lsn};

use super::statement::{AccountRow, accounts_of};
use super::usage::Day;
use super::view::{ALWAYS, Fetch, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::projector::{Charge, NumberMap, damaged, listed};

/// One charge's part on a grant's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// The charge, for [`Reader::charge`].
    pub lsn: Lsn,
    /// What this account paid of it; below zero where it got something back.
    pub amount: Nano,
}

/// A grant's account, and what it paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidAccount {
    /// The account. What was spent on it is of the sums.
    pub account: AccountRow,
    /// Its part of each charge, oldest first, read from the charges; empty where nobody asked for them.
    pub postings: Vec<PostingRow>,
}

/// What a grant paid in a period, by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidDays {
    /// The period.
    pub period: Period,
    /// What it released.
    pub released: Nano,
    /// What was paid, on days with anything.
    pub days: BTreeMap<Day, Nano>,
}

impl Reader {
    /// The accounts of each of these grants in the order of their periods, and every posting on those whose period was
    /// asked about (`None`: on all of them). As of one moment, so sums and charges belong together. Costs what it returns
    /// and going through the open section once, however many accounts there are.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn paid(&self, asked: &[(GrantId, Option<&[Period]>)]) -> Result<Vec<Vec<PaidAccount>>, StoreError> {
        self.ask("read what grants paid, charge by charge", |conn| {
            let view = View::of(conn)?;
            let mut paid = Paid::default();
            let mut closed = Closed::of(&view);
            for (grant, periods) in asked {
                let mut accounts = Vec::new();
                for account in accounts_of(conn, Subject::Grant(*grant), &ALWAYS)? {
                    let wanted = periods.is_none_or(|periods| periods.contains(&account.period));
                    let place = Place { grant: paid.grants.len(), account: accounts.len(), wanted };
                    paid.places.insert(account.no, place);
                    accounts.push(PaidAccount { account: closed.add(account, wanted)?, postings: Vec::new() });
                }
                paid.grants.push(accounts);
            }
            closed.each(&mut |charge| {
                paid.post(charge);
                Ok(())
            })?;
            view.each_open(&ALWAYS, &mut |charge| {
                paid.count(charge)?;
                paid.post(charge);
                Ok(())
            })?;
            Ok(paid.grants)
        })
    }
}

impl Reader {
    /// What each of these grants paid by day (UTC), in periods that began in a range of time, in the order of the periods.
    /// Costs a row per account and day, and going through the open section once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn paid_by_day(&self, grants: &[GrantId], starts: &Range<Instant>) -> Result<Vec<Vec<PaidDays>>, StoreError> {
        self.ask("read what grants paid by day", |conn| {
            let (mut paid, mut places) = (Vec::new(), NumberMap::<AccountNo, (usize, usize)>::default());
            let mut closed = conn.prepare_cached("SELECT day, nano FROM spent_by_day WHERE account = ?1")?;
            for (grant, id) in grants.iter().enumerate() {
                let mut accounts: Vec<PaidDays> = Vec::new();
                for AccountRow { no, period, limit, .. } in accounts_of(conn, Subject::Grant(*id), starts)? {
                    places.insert(no, (grant, accounts.len()));
                    let days = closed.query_map((no.0,), |row| Ok((Day(row.get(0)?), Nano::new(row.get(1)?))))?;
                    accounts.push(PaidDays { period, released: limit, days: days.collect::<rusqlite::Result<_>>()? });
                }
                paid.push(accounts);
            }
            View::of(conn)?.each_open(&ALWAYS, &mut |charge| {
                for leg in &charge.legs {
                    let Some((grant, account)) = places.get(&leg.no) else { continue };
                    let Some(account) = paid.get_mut(*grant).and_then(|accounts| accounts.get_mut(*account)) else {
                        continue;
                    };
                    let sum = account.days.entry(Day::of(charge.at)).or_default();
                    *sum = sum.checked_add(leg.amount).ok_or_else(overflow)?;
                }
                Ok(())
            })?;
            Ok(paid)
        })
    }
}

/// Where an account is in the answer, and whether its charges are wanted.
#[derive(Clone, Copy, Debug)]
struct Place {
    grant: usize,
    account: usize,
    wanted: bool,
}

/// The answer while it is put together.
#[derive(Debug, Default)]
struct Paid {
    grants: Vec<Vec<PaidAccount>>,
    places: NumberMap<AccountNo, Place>,
}

impl Paid {
    fn at(&mut self, place: Place) -> Option<&mut PaidAccount> {
        self.grants.get_mut(place.grant)?.get_mut(place.account)
    }

    /// Notes a charge on each account that paid it.
    fn post(&mut self, charge: &Charge<'_>) {
        for leg in &charge.legs {
            let place = self.places.get(&leg.no).copied().filter(|place| place.wanted);
            if let Some(account) = place.and_then(|place| self.at(place)) {
                account.postings.push(PostingRow { lsn: charge.lsn, amount: leg.amount });
            }
        }
    }

    /// Adds to the sums what is in none yet.
    fn count(&mut self, charge: &Charge<'_>) -> rusqlite::Result<()> {
        for leg in &charge.legs {
            let place = self.places.get(&leg.no).copied();
            if let Some(PaidAccount { account, .. }) = place.and_then(|place| self.at(place)) {
                account.spent = account.spent.checked_add(leg.amount).ok_or_else(overflow)?;
            }
        }
        Ok(())
    }
}

/// Charges of closed sections that some accounts paid.
struct Closed<'v> {
    view: &'v View<'v>,
    /// Which index rows there are to read: an account has one in few of the sections, those of the days on which it paid.
    rows: BTreeSet<(i64, AccountNo)>,
    sections: NumberMap<i64, Vec<i64>>,
}

impl<'v> Closed<'v> {
    fn of(view: &'v View<'v>) -> Self {
        Self { view, rows: BTreeSet::new(), sections: NumberMap::default() }
    }

    /// Adds what closed sections know of an account to what was spent on it, and its charges to those that are wanted.
    fn add(&mut self, mut account: AccountRow, wanted: bool) -> rusqlite::Result<AccountRow> {
        let mut select = self.view.conn.prepare_cached("SELECT day, nano FROM spent_by_day WHERE account = ?1")?;
        let mut rows = select.query((account.no.0,))?;
        while let Some(row) = rows.next()? {
            let (day, nano) = (row.get(0)?, Nano::new(row.get(1)?));
            account.spent = account.spent.checked_add(nano).ok_or_else(overflow)?;
            if wanted {
                for section in self.sections_of(day)? {
                    self.rows.insert((section, account.no));
                }
            }
        }
        Ok(account)
    }

    /// The sections that have charges of a day.
    fn sections_of(&mut self, day: i64) -> rusqlite::Result<Vec<i64>> {
        if let Some(known) = self.sections.get(&day) {
            return Ok(known.clone());
        }
        let (start, end) = (Day(day).start(), Day(day.saturating_add(1)).start());
        let sections = self.view.sections(&self.view.records(&(start..end))?)?;
        self.sections.insert(day, sections.clone());
        Ok(sections)
    }

    /// Goes through them, each once, oldest first.
    fn each(&self, each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut select =
            self.view.conn.prepare_cached("SELECT lsns FROM charge_by_account WHERE section = ?1 AND account = ?2")?;
        let mut fetch = Fetch::new(self.view.conn);
        let rows: Vec<_> = self.rows.iter().collect();
        for section in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut lsns = BTreeSet::new();
            for (section, account) in section {
                let mut found = select.query((section, account.0))?;
                if let Some(row) = found.next()? {
                    lsns.extend(listed(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?);
                }
            }
            for lsn in lsns {
                fetch.charge(lsn, &mut *each)?.ok_or_else(damaged)??;
            }
        }
        Ok(())
    }
}
