//! What statements are made of: everything that was charged to people in spans of time, charge by charge.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use purser_core::account::{Period, Subject};
use purser_core::id::{GrantId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldId, Lsn};
use rusqlite::{Connection, OptionalExtension};

use super::statement::{AccountRow, accounts_of};
use super::usage::{Day, Days, instants};
use super::view::{ALWAYS, Fetch, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Charge, ChargeKind, NumberMap, Sums, damaged, listed};

/// Whose charges in which span of time.
#[derive(Clone, Debug)]
pub struct StatementAsked {
    /// Whose calls.
    pub person: PersonId,
    /// Their grants, whose accounts are looked at besides.
    pub grants: Vec<GrantId>,
    /// Accounts whose periods began before this are not looked for; what is charged to one of them is told all the same.
    pub since: Instant,
    /// From when to when.
    pub range: Range<Instant>,
}

/// A grant's account before the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementAccount {
    /// What the journal calls it.
    pub no: AccountNo,
    /// Whose.
    pub grant: GrantId,
    /// Its period.
    pub period: Period,
    /// Released to it, as the journal knows it last.
    pub limit: Nano,
    /// Posted on it before the span.
    pub spent_before: Nano,
}

/// What a charge took from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementLeg {
    /// The account.
    pub no: AccountNo,
    /// Whose.
    pub grant: GrantId,
    /// Its period.
    pub period: Period,
    /// How much; below zero where it got something back.
    pub amount: Nano,
}

/// One posting of a charge within the span.
#[derive(Clone, Copy, Debug)]
pub struct StatementCharge<'a> {
    /// Its record.
    pub lsn: Lsn,
    /// Which posting it is.
    pub kind: ChargeKind,
    /// The hold that it charged; `None` for a slice in suspense.
    pub hold: Option<HoldId>,
    /// When it was posted.
    pub at: Instant,
    /// Is it of a call of theirs? Otherwise nobody is named, and only what their grants paid is theirs.
    pub is_theirs: bool,
    /// The model asked for.
    pub model: &'a str,
    /// The program that called; empty where none is named.
    pub tool: &'a str,
    /// Calls more that it stands for.
    pub calls: i64,
    /// Tokens of whole prompts, caches included.
    pub input: i64,
    /// The part of `input` that was read from a cache.
    pub cache_read: i64,
    /// Tokens that came out.
    pub output: i64,
    /// What it cost.
    pub charge: Nano,
    /// The part that the grants did not have.
    pub overrun: Nano,
    /// Which grant accounts paid how much.
    pub legs: &'a [StatementLeg],
}

impl Reader {
    /// Goes through everything charged to some people in spans of time, each person's oldest first, and returns the
    /// accounts of their grants that began since they were asked about. As of one moment. Costs each charge that it tells,
    /// those of the days at both ends, and going through the open section once, however many people there are.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn statements(
        &self,
        asked: &[StatementAsked],
        each: &mut dyn FnMut(usize, &StatementCharge<'_>),
    ) -> Result<Vec<Vec<StatementAccount>>, StoreError> {
        self.ask("read what statements are made of", |conn| {
            let view = View::of(conn)?;
            let mut walk = Walk { conn, each, accounts: NumberMap::default(), tools: HashMap::new() };
            let mut all = Vec::with_capacity(asked.len());
            let mut sections = HashMap::new();
            for (place, asked) in asked.iter().enumerate() {
                let days = days_of(&asked.range);
                let found = match sections.entry((days.start.0, days.end.0)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        let records = view.records(&instants(&days))?;
                        let sections = view.sections(&records)?;
                        new.insert(Found { records, sections })
                    }
                };
                let mut own = Own { place, asked, accounts: Accounts::default() };
                walk.closed(&mut own, &days, found)?;
                all.push(own);
            }
            walk.open(&view, &mut all)?;
            Ok(all.into_iter().map(|own| own.accounts.rows).collect())
        })
    }
}

/// The days (UTC) that a span touches.
fn days_of(range: &Range<Instant>) -> Days {
    let last = Day::of(range.end);
    let until = if last.start() == range.end { last } else { Day(last.0.saturating_add(1)) };
    Day::of(range.start)..until
}

/// Where the charges of some days are in closed sections.
struct Found {
    records: Range<Lsn>,
    sections: Vec<i64>,
}

/// One of those asked about, and their accounts.
struct Own<'a> {
    place: usize,
    asked: &'a StatementAsked,
    accounts: Accounts,
}

#[derive(Default)]
struct Accounts {
    rows: Vec<StatementAccount>,
    places: NumberMap<AccountNo, usize>,
    /// What closed sections have of the days that were gone through.
    walked: NumberMap<AccountNo, i64>,
}

struct Walk<'a, 'c> {
    conn: &'c Connection,
    each: &'a mut dyn FnMut(usize, &StatementCharge<'_>),
    /// Whose account each is; `None` where it is no grant's.
    accounts: NumberMap<AccountNo, Option<(GrantId, Period)>>,
    /// What runs call their tools.
    tools: HashMap<Bits, String>,
}

impl Walk<'_, '_> {
    /// What closed sections have.
    fn closed(&mut self, own: &mut Own<'_>, days: &Days, found: &Found) -> rusqlite::Result<()> {
        self.list(own, days)?;
        let person = Bits::new(own.asked.person.get());
        let span = instants(days);
        let mut seen = HashSet::new();
        let mut of_person =
            self.conn.prepare_cached("SELECT lsns FROM charge_by_person WHERE section = ?1 AND person = ?2")?;
        let mut fetch = Fetch::new(self.conn);
        for section in &found.sections {
            let mut rows = of_person.query((section, person))?;
            let Some(row) = rows.next()? else { continue };
            for lsn in listed(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)? {
                if found.records.contains(&lsn) {
                    seen.insert(lsn);
                    let take = |charge: &Charge<'_>| {
                        if span.contains(&charge.at) { self.take(own, charge, Of::ClosedSection) } else { Ok(()) }
                    };
                    fetch.charge(lsn, take)?.ok_or_else(damaged)??;
                }
            }
        }
        let mut of_account =
            self.conn.prepare_cached("SELECT lsns FROM charge_by_account WHERE section = ?1 AND account = ?2")?;
        for no in self.unexplained(own, days)? {
            for section in &found.sections {
                let mut rows = of_account.query((section, no.0))?;
                let Some(row) = rows.next()? else { continue };
                for lsn in listed(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)? {
                    if found.records.contains(&lsn) && seen.insert(lsn) {
                        let take = |charge: &Charge<'_>| {
                            if span.contains(&charge.at) { self.take(own, charge, Of::ClosedSection) } else { Ok(()) }
                        };
                        fetch.charge(lsn, take)?.ok_or_else(damaged)??;
                    }
                }
            }
        }
        Ok(())
    }

    /// Their accounts, with what was posted before the first of the days.
    fn list(&mut self, own: &mut Own<'_>, days: &Days) -> rusqlite::Result<()> {
        let mut before = self
            .conn
            .prepare_cached("SELECT coalesce(sum(nano), 0) FROM spent_by_day WHERE account = ?1 AND day < ?2")?;
        let (since, range) = (own.asked.since, &own.asked.range);
        for grant in &own.asked.grants {
            for row in accounts_of(self.conn, Subject::Grant(*grant), &(since..range.end))? {
                let AccountRow { no, period, limit, .. } = row;
                self.accounts.insert(no, Some((*grant, period)));
                let is_new = period.start >= days.start.start();
                let spent = if is_new { 0 } else { before.query_row((no.0, days.start.0), |sum| sum.get(0))? };
                own.accounts.places.insert(no, own.accounts.rows.len());
                let spent_before = Nano::new(spent);
                own.accounts.rows.push(StatementAccount { no, grant: *grant, period, limit, spent_before });
            }
        }
        Ok(())
    }

    /// Those of their accounts on which more, or less, was posted on the days than their calls took: by what names nobody.
    fn unexplained(&self, own: &Own<'_>, days: &Days) -> rusqlite::Result<Vec<AccountNo>> {
        let mut sum = self.conn.prepare_cached(
            "SELECT coalesce(sum(nano), 0) FROM spent_by_day WHERE account = ?1 AND day >= ?2 AND day < ?3",
        )?;
        let mut found = Vec::new();
        for row in &own.accounts.rows {
            let posted: i64 = sum.query_row((row.no.0, days.start.0, days.end.0), |sum| sum.get(0))?;
            if posted != own.accounts.walked.get(&row.no).copied().unwrap_or(0) {
                found.push(row.no);
            }
        }
        Ok(found)
    }

    /// What the open section has.
    fn open(&mut self, view: &View<'_>, all: &mut [Own<'_>]) -> rusqlite::Result<()> {
        let Some(end) = all.iter().map(|own| own.asked.range.end).max() else { return Ok(()) };
        let mut by_person = HashMap::<Bits, Vec<usize>>::new();
        let mut by_grant = HashMap::<GrantId, Vec<usize>>::new();
        for (place, own) in all.iter().enumerate() {
            by_person.entry(Bits::new(own.asked.person.get())).or_default().push(place);
            own.asked.grants.iter().for_each(|grant| by_grant.entry(*grant).or_default().push(place));
        }
        view.each_open(&(ALWAYS.start..end), &mut |charge| {
            let mut places = charge.called.caller.and_then(|caller| by_person.get(&caller.person)).cloned();
            if charge.called.caller.is_none() {
                for leg in &charge.legs {
                    if let Some((grant, _)) = self.whose(leg.no)? {
                        places.get_or_insert_default().extend(by_grant.get(&grant).into_iter().flatten());
                    }
                }
            }
            let mut places = places.unwrap_or_default();
            places.sort_unstable();
            places.dedup();
            for place in places {
                if let Some(own) = all.get_mut(place) {
                    self.take(own, charge, Of::OpenSection)?;
                }
            }
            Ok(())
        })
    }

    /// Tells a charge, or counts it among what was before.
    fn take(&mut self, own: &mut Own<'_>, charge: &Charge<'_>, of: Of) -> rusqlite::Result<()> {
        for leg in &charge.legs {
            if of == Of::ClosedSection {
                let sum = own.accounts.walked.entry(leg.no).or_default();
                *sum = sum.checked_add(leg.amount.get()).ok_or_else(overflow)?;
            }
            if charge.at < own.asked.range.start {
                let row = own.accounts.places.get(&leg.no).and_then(|place| own.accounts.rows.get_mut(*place));
                if let Some(row) = row {
                    row.spent_before = row.spent_before.checked_add(leg.amount).ok_or_else(overflow)?;
                }
            }
        }
        let Some(sums) = Sums::of(charge).filter(|_| own.asked.range.contains(&charge.at)) else { return Ok(()) };
        let mut legs = Vec::with_capacity(charge.legs.len());
        for leg in &charge.legs {
            if let Some((grant, period)) = self.whose(leg.no)? {
                legs.push(StatementLeg { no: leg.no, grant, period, amount: leg.amount });
            }
        }
        let is_theirs = charge.called.caller.is_some_and(|it| it.person == Bits::new(own.asked.person.get()));
        if !is_theirs {
            legs.retain(|leg| own.asked.grants.contains(&leg.grant));
        }
        let tool = self.tool(charge)?;
        let told = StatementCharge {
            lsn: charge.lsn,
            kind: charge.kind,
            hold: charge.hold,
            at: charge.at,
            is_theirs,
            model: charge.called.model,
            tool: &tool,
            calls: sums.calls,
            input: sums.input,
            cache_read: sums.cache_read,
            output: sums.output,
            charge: charge.amount,
            overrun: charge.overrun,
            legs: &legs,
        };
        (self.each)(own.place, &told);
        Ok(())
    }

    /// Which grant's account it is, in which period.
    fn whose(&mut self, no: AccountNo) -> rusqlite::Result<Option<(GrantId, Period)>> {
        if let Some(known) = self.accounts.get(&no) {
            return Ok(*known);
        }
        let found = self
            .conn
            .prepare_cached("SELECT subject, start, until FROM account WHERE no = ?1 AND subject_kind = 1")?
            .query_row((no.0,), |row| {
                let (start, end) = (Instant::from_micros(row.get(1)?), Instant::from_micros(row.get(2)?));
                Ok((GrantId::new(row.get::<_, Bits>(0)?.get()), Period { start, end }))
            })
            .optional()?;
        self.accounts.insert(no, found);
        Ok(found)
    }

    /// What the run of a charge calls its tool: a correction names only the run.
    fn tool(&mut self, charge: &Charge<'_>) -> rusqlite::Result<String> {
        let Some(run) = charge.called.run else { return Ok(String::new()) };
        if let Some(known) = self.tools.get(&run.run).filter(|known| !known.is_empty()) {
            return Ok(known.clone());
        }
        let stored: Option<String> = self
            .conn
            .prepare_cached("SELECT client FROM run WHERE run = ?1")?
            .query_row((run.run,), |row| row.get(0))
            .optional()?;
        let tool = stored.filter(|stored| !stored.is_empty()).unwrap_or_else(|| run.client.to_owned());
        self.tools.insert(run.run, tool.clone());
        Ok(tool)
    }
}

/// Where a charge was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// It is in the sums by day.
    ClosedSection,
    /// It is in none yet.
    OpenSection,
}
