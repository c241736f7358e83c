//! The projection against the journal, row by row.
//!
//! Each charge is compared with the record that posted it. What charges add up to and which indexes list them is worked
//! out from the charges so compared, section by section and day by day, so memory holds a day's sums and one line per
//! account, not the history.

use std::collections::{BTreeMap, VecDeque};

use purser_ledger::{AccountNo, Frame, HoldId, Lsn, Stamped};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Finding;
use super::blocks::Blocks;
use super::expected::{Account, Expected, Item, Posting, Standing, Totals};
use crate::ids::Bits;
use crate::pack;
use crate::projector::flaggable::{WholeDays, first_unseen, long_periods, looked_through};
use crate::projector::observed::{self, TALLIED, Tallied, quarter_of};
use crate::projector::{
    self, Attributed, BillNotes, ByModel, Caller, ChargeKind, IndexRow, Notes, Progress, RUN_COLUMNS, RunDay, RunRow,
    StoredBlock, damaged, hold_column, month_of, stored_run, stored_run_day, words_of,
};

/// Findings told one by one; of the rest there is a number.
const TOLD_MAX: usize = 20;

/// Goes along with the journal and compares.
#[derive(Debug)]
pub(super) struct Comparing {
    /// In a transaction: the tables as of one moment.
    conn: Connection,
    progress: Progress,
    blocks: Blocks,
    expected: Expected,
    /// Charges of the section at hand.
    notes: Notes,
    /// Ends of the closed sections not passed yet, with the charges that each says it has.
    sections: VecDeque<(Lsn, u32)>,
    sums: Sums,
    projected: Totals,
    posted: Totals,
    told: Told,
    rows: Rows,
    seen: Seen,
}

/// What was seen beside the grants: sums by person and by quarter of an hour, and rows that there should be.
#[derive(Debug, Default)]
struct Seen {
    people: BTreeMap<Bits, Tallied>,
    quarters: BTreeMap<i64, Tallied>,
    ids: i64,
}

/// Sums over closed sections, of days that may still grow.
#[derive(Debug, Default)]
struct Sums {
    days: BTreeMap<i64, ByModel>,
    callers: BTreeMap<(i64, Caller), ByModel>,
    months: BTreeMap<(i64, Caller), ByModel>,
    spent: BTreeMap<(i64, AccountNo), i64>,
    /// By the month in which the grant's period began.
    grants: BTreeMap<(i64, Bits), i64>,
    runs: BTreeMap<Bits, RunRow>,
    run_days: BTreeMap<(i64, Bits), RunDay>,
    /// Of the last charge.
    last_day: Option<i64>,
    billed: BillNotes,
}

/// How many rows there should be: more than those compared are somebody else's.
#[derive(Debug, Default)]
struct Rows {
    people: i64,
    accounts: i64,
    holds: i64,
    events: i64,
    days: i64,
    callers: i64,
    months: i64,
    spent: i64,
    grants: i64,
    runs: i64,
    run_days: i64,
    attributed: i64,
    flaggable: i64,
    flaggable_periods: i64,
    billed: i64,
    inexact: i64,
    words: i64,
}

#[derive(Debug, Default)]
struct Told {
    findings: Vec<Finding>,
    untold: u64,
}

impl Told {
    fn wrong(&mut self, what: impl FnOnce() -> String) {
        if self.findings.len() < TOLD_MAX {
            self.findings.push(Finding::Projection { what: what() });
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }
}

impl Comparing {
    /// Begins with the tables as of one moment, which lasts as long as this does.
    pub(super) fn begin(conn: Connection) -> rusqlite::Result<Self> {
        conn.execute_batch("BEGIN")?;
        let progress = projector::progress(&conn)?;
        let sections = conn
            .prepare("SELECT last_lsn, charges FROM section ORDER BY last_lsn")?
            .query_map([], |row| Ok((lsn(row, 0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self {
            conn,
            progress,
            blocks: Blocks::new(),
            expected: Expected::default(),
            notes: Notes::default(),
            sections,
            sums: Sums::default(),
            projected: Totals::default(),
            posted: Totals::default(),
            told: Told::default(),
            rows: Rows::default(),
            seen: Seen::default(),
        })
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Compares what a frame means with the tables.
    pub(super) fn frame(&mut self, frame: &Frame) -> rusqlite::Result<()> {
        if frame.first_lsn > self.progress.lsn {
            return Ok(());
        }
        // A record that does not decode ends the frame here; the verification that runs beside reports it.
        frame.records().map_while(Result::ok).try_for_each(|stamped| self.record(&stamped))
    }

    /// Compares what is left once the journal has ended, and tells what was found.
    pub(super) fn finish(mut self) -> rusqlite::Result<Vec<Finding>> {
        while self.pass_one()? {}
        if let Some((end, _)) = self.sections.front() {
            self.told.wrong(|| format!("the section up to record {end} has charges that are not there"));
        }
        self.compare_days(i64::MAX)?;
        self.compare_grants()?;
        self.compare_runs()?;
        self.compare_attributed()?;
        self.compare_flaggable()?;
        self.compare_billed()?;
        self.compare_accounts()?;
        self.compare_holds()?;
        self.compare_suspense()?;
        self.compare_seen()?;
        self.compare_rows()?;
        let pairs = [
            ("settled charges", self.projected.settled, self.posted.settled),
            ("charges from suspense", self.projected.resolved, self.posted.resolved),
            ("adjustments", self.projected.adjusted, self.posted.adjusted),
        ];
        let lsn = self.progress.lsn;
        let Told { mut findings, untold } = self.told;
        for (what, projected, posted) in pairs.into_iter().filter(|(_, projected, posted)| projected != posted) {
            findings.push(Finding::Charges { what, projected, posted, lsn });
        }
        if untold > 0 {
            findings.push(Finding::Projection { what: format!("{untold} more rows are not what the journal says") });
        }
        Ok(findings)
    }

    fn record(&mut self, stamped: &Stamped) -> rusqlite::Result<()> {
        if let purser_ledger::Record::Event { command, kind, payload, .. } = &stamped.record {
            return self.event(stamped, (Bits::new(command.get()), *kind, payload));
        }
        match self.expected.record(stamped) {
            Some(posting) => self.posting(&posting),
            None => Ok(()),
        }
    }

    fn event(&mut self, stamped: &Stamped, (command, kind, payload): (Bits, u8, &[u8])) -> rusqlite::Result<()> {
        self.rows.events = self.rows.events.saturating_add(1);
        let same = self
            .conn
            .prepare_cached("SELECT at, command, kind, payload FROM event WHERE lsn = ?1")?
            .query_row((stamped.lsn.0.cast_signed(),), |row| {
                Ok(row.get::<_, i64>(0)? == stamped.instant.as_micros()
                    && row.get::<_, Bits>(1)? == command
                    && row.get::<_, u8>(2)? == kind
                    && row.get_ref(3)?.as_blob()? == payload)
            })
            .optional()?;
        if same != Some(true) {
            self.told.wrong(|| format!("the event of record {} is missing or another", stamped.lsn));
        }
        for word in words_of(kind, payload) {
            self.rows.words = self.rows.words.saturating_add(1);
            let known = self
                .conn
                .prepare_cached("SELECT 1 FROM event_word WHERE word = ?1 AND lsn = ?2")?
                .exists((word, stamped.lsn.0.cast_signed()))?;
            if !known {
                self.told.wrong(|| format!("the entry of record {} is not found by its words", stamped.lsn));
            }
        }
        self.observed(stamped.lsn, kind, payload)
    }

    /// Takes in what a record was the first to tell; names that no record can have told before must be known by now.
    fn observed(&mut self, lsn: Lsn, kind: u8, payload: &[u8]) -> rusqlite::Result<()> {
        let Some(observation) = observed::observation(kind, payload) else { return Ok(()) };
        let (session, names) = (observation.session.cast_signed(), observation.names_in().cast_signed());
        for seen in &observation.seen {
            let (mut own, mut earlier) = (0_i64, 0_i64);
            for id in &seen.ids {
                let first: Option<i64> = self
                    .conn
                    .prepare_cached("SELECT lsn FROM observed_id WHERE names = ?1 AND id = ?2")?
                    .query_row((names, id.cast_signed()), |row| row.get(0))
                    .optional()?;
                own = own.saturating_add(i64::from(first == Some(lsn.0.cast_signed())));
                earlier = earlier.saturating_add(i64::from(first.is_some_and(|first| first < lsn.0.cast_signed())));
            }
            let sources = observed::sources(&self.conn, session)?;
            let is_whole = own == i64::try_from(seen.ids.len()).unwrap_or(i64::MAX);
            // One that was told before, or by a source that the session has not.
            let passed_over = own == 0 && (earlier > 0 || sources.with(observation.source) != sources);
            if !is_whole && !passed_over {
                self.told.wrong(|| format!("what record {lsn} tells of calls elsewhere is not known by its names"));
            }
            if is_whole {
                self.seen.ids = self.seen.ids.saturating_add(own);
                let tallied = Tallied::of(seen);
                self.seen.people.entry(Bits::new(observation.person.get())).or_default().add(&tallied);
                self.seen.quarters.entry(quarter_of(seen.used_at)).or_default().add(&tallied);
            }
        }
        Ok(())
    }

    /// Are the sums those of what was told, by person and by time?
    fn compare_seen(&mut self) -> rusqlite::Result<()> {
        let Self { conn, seen, told, .. } = self;
        let mut select = conn.prepare(&format!("SELECT person, quarter, {TALLIED} FROM observed"))?;
        let mut rows = select.query([])?;
        let (mut people, mut quarters) = (BTreeMap::<Bits, Tallied>::new(), BTreeMap::<i64, Tallied>::new());
        while let Some(row) = rows.next()? {
            let tallied = Tallied::read(row, 2)?;
            people.entry(row.get(0)?).or_default().add(&tallied);
            quarters.entry(row.get(1)?).or_default().add(&tallied);
        }
        if people != seen.people || quarters != seen.quarters {
            told.wrong(|| "the sums of calls elsewhere are not those of what was told".to_owned());
        }
        Ok(())
    }

    /// The next charge in the tables must be that of the record.
    fn posting(&mut self, posting: &Posting<'_>) -> rusqlite::Result<()> {
        let lsn = posting.lsn;
        if let Some(charge) = posting.charge() {
            self.posted.add(posting.kind, charge);
        }
        while self.blocks.peek(&self.conn)?.is_some_and(|(next, _)| next.lsn < lsn) {
            self.pass_one()?;
        }
        let Self { conn, blocks, notes, sections, projected, told, .. } = self;
        let Some((entry, behind)) = blocks.peek(conn)?.filter(|(next, _)| next.lsn == lsn) else {
            told.wrong(|| format!("the charge of record {lsn} is missing"));
            return Ok(());
        };
        let charge = entry.charge().ok_or_else(damaged)?;
        projected.add(charge.kind, charge.amount);
        if !posting.is(&charge) {
            told.wrong(|| format!("the charge of record {lsn} is not what the record says"));
        }
        if notes.add(&charge).is_none() {
            told.wrong(|| format!("with the charge of record {lsn} a sum leaves its range"));
        }
        if matches!(charge.kind, ChargeKind::Adjustment | ChargeKind::Reversal) {
            let standing = match charge.hold {
                Some(hold) => standing(conn, notes, hold, lsn)?,
                None => None,
            };
            if !standing.is_some_and(|standing| standing.gives(&charge)) {
                told.wrong(|| format!("the correction of record {lsn} does not follow from what it corrects"));
            }
        }
        blocks.pass(behind);
        if sections.front().is_some_and(|(end, _)| *end <= lsn) { self.close_section(lsn) } else { Ok(()) }
    }

    /// Passes over a charge that no record posted; false when there is none left.
    fn pass_one(&mut self) -> rusqlite::Result<bool> {
        let Self { conn, blocks, projected, told, .. } = self;
        let Some((entry, behind)) = blocks.peek(conn)? else { return Ok(false) };
        let charge = entry.charge().ok_or_else(damaged)?;
        projected.add(charge.kind, charge.amount);
        told.wrong(|| format!("the charge of record {} was never posted", charge.lsn));
        blocks.pass(behind);
        Ok(true)
    }

    /// A section ends with this record: its rows in the indexes, then its sums.
    fn close_section(&mut self, last: Lsn) -> rusqlite::Result<()> {
        let notes = std::mem::take(&mut self.notes);
        let Some((end, charges)) = self.sections.pop_front() else { return Ok(()) };
        if end != last || charges != notes.charges() {
            self.told.wrong(|| format!("the section up to record {end} has other charges than it says"));
        }
        for row in notes.index() {
            if !row.is_stored(&self.conn, end)? {
                let whom = match row {
                    IndexRow::Person(..) => "a person",
                    IndexRow::Account(..) => "an account",
                    IndexRow::Holds(..) => "holds",
                };
                self.told.wrong(|| format!("the section up to record {end} lists other charges of {whom}"));
            }
            let count = match row {
                IndexRow::Person(..) => &mut self.rows.people,
                IndexRow::Account(..) => &mut self.rows.accounts,
                IndexRow::Holds(..) => &mut self.rows.holds,
            };
            *count = count.saturating_add(1);
        }
        let day = self.add_up(&notes).ok_or_else(damaged)?;
        self.compare_days(day)
    }

    /// Adds a section's sums; the day of its last charge. `None` when a sum leaves its range.
    fn add_up(&mut self, notes: &Notes) -> Option<i64> {
        let mut last = i64::MIN;
        self.sums.last_day = Some(notes.last_day());
        for (day, sums) in notes.by_day()? {
            self.sums.days.entry(day).or_default().add_packed(&sums.packed())?;
        }
        for (key, sums) in notes.by_caller()? {
            self.sums.callers.entry(key).or_default().add_packed(&sums.packed())?;
        }
        for (key, sums) in notes.by_month()? {
            self.sums.months.entry(key).or_default().add_packed(&sums.packed())?;
        }
        for (run, row) in notes.runs() {
            match self.sums.runs.get_mut(&run) {
                Some(known) => known.add(&row),
                None => drop(self.sums.runs.insert(run, row)),
            }
        }
        for (key, used) in notes.by_run()? {
            self.sums.run_days.entry(key).or_default().add(&used.models.packed(), used.calls)?;
        }
        self.sums.billed.join(&notes.billed)?;
        for (no, day, spent) in notes.by_account() {
            last = last.max(day);
            if let Some((month, grant)) = self.expected.grant_month(no) {
                let sum = self.sums.grants.entry((month, grant)).or_default();
                *sum = sum.checked_add(spent.amount)?;
            }
            let sum = self.sums.spent.entry((day, no)).or_default();
            *sum = sum.checked_add(spent.amount)?;
        }
        Some(last)
    }

    /// Sums of days before `day` won't grow any more.
    fn compare_days(&mut self, day: i64) -> rusqlite::Result<()> {
        let Self { conn, sums, told, rows, .. } = self;
        let days = take_before(&mut sums.days, &day);
        for (day, expected) in days {
            rows.days = rows.days.saturating_add(1);
            let found: Option<Vec<u8>> = conn
                .prepare_cached("SELECT models FROM usage_by_day WHERE day = ?1")?
                .query_row((day,), |row| row.get(0))
                .optional()?;
            if found != Some(expected.packed()) {
                told.wrong(|| format!("the sums of day {day} are not those of its charges"));
            }
        }
        for ((day, caller), expected) in take_before(&mut sums.callers, &(day, Caller::FIRST)) {
            rows.callers = rows.callers.saturating_add(1);
            let found: Option<Vec<u8>> = conn
                .prepare_cached(
                    "SELECT models FROM usage_by_key AS u JOIN key_of_person AS k ON k.key = u.key AND k.person = u.person
                     WHERE u.day = ?1 AND u.person = ?2 AND u.key = ?3 AND u.unit = ?4",
                )?
                .query_row((day, caller.person, caller.key, caller.unit), |row| row.get(0))
                .optional()?;
            if found != Some(expected.packed()) {
                told.wrong(|| format!("the sums of a key on day {day} are not those of its charges"));
            }
        }
        for ((month, caller), expected) in take_before(&mut sums.months, &(month_of(day), Caller::FIRST)) {
            rows.months = rows.months.saturating_add(1);
            let found: Option<Vec<u8>> = conn
                .prepare_cached(
                    "SELECT models FROM usage_by_month WHERE month = ?1 AND person = ?2 AND key = ?3 AND unit = ?4",
                )?
                .query_row((month, caller.person, caller.key, caller.unit), |row| row.get(0))
                .optional()?;
            if found != Some(expected.packed()) {
                told.wrong(|| format!("the sums of a key in the month of day {month} are not those of its charges"));
            }
        }
        for ((day, run), expected) in take_before(&mut sums.run_days, &(day, Bits::new(0))) {
            rows.run_days = rows.run_days.saturating_add(1);
            if stored_run_day(conn, day, run)?.as_ref() != Some(&expected) {
                told.wrong(|| format!("what a run used on day {day} is not that of its charges"));
            }
        }
        for ((day, no), expected) in take_before(&mut sums.spent, &(day, AccountNo(0))) {
            rows.spent = rows.spent.saturating_add(1);
            let found: Option<i64> = conn
                .prepare_cached("SELECT nano FROM spent_by_day WHERE account = ?1 AND day = ?2")?
                .query_row((no.0, day), |row| row.get(0))
                .optional()?;
            if found != Some(expected) {
                told.wrong(|| format!("what was counted on account {no} on day {day} is not what was charged"));
            }
        }
        Ok(())
    }

    /// What grants paid, by month: late settlements may add to old ones, so it is compared at the end.
    fn compare_grants(&mut self) -> rusqlite::Result<()> {
        let Self { conn, sums, told, rows, .. } = self;
        for ((month, grant), expected) in std::mem::take(&mut sums.grants) {
            rows.grants = rows.grants.saturating_add(1);
            let found: Option<i64> = conn
                .prepare_cached("SELECT nano FROM spent_by_month WHERE month = ?1 AND grant_id = ?2")?
                .query_row((month, grant), |row| row.get(0))
                .optional()?;
            if found != Some(expected) {
                told.wrong(|| format!("what a grant paid in the month of day {month} is not what was charged"));
            }
        }
        Ok(())
    }

    /// Who was in which run, and when.
    fn compare_runs(&mut self) -> rusqlite::Result<()> {
        let Self { conn, sums, told, rows, .. } = self;
        for (run, expected) in std::mem::take(&mut sums.runs) {
            rows.runs = rows.runs.saturating_add(1);
            if stored_run(conn, run)?.as_ref() != Some(&expected) {
                told.wrong(|| format!("run {:x} is not what its charges say", run.get()));
            }
        }
        Ok(())
    }

    /// What was spent with each tool and for each project, from what the runs used, which has been compared.
    fn compare_attributed(&mut self) -> rusqlite::Result<()> {
        let Self { conn, told, rows, .. } = self;
        let mut attributed = Attributed::default();
        let mut select = conn.prepare(&format!(
            "SELECT u.day, u.models, {RUN_COLUMNS} FROM usage_by_run AS u JOIN run AS r ON r.run = u.run"
        ))?;
        let mut used = select.query([])?;
        while let Some(row) = used.next()? {
            let mut models = ByModel::default();
            models.add_packed(row.get_ref(1)?.as_blob()?).ok_or_else(damaged)?;
            attributed.add(&RunRow::read(row, 2)?, row.get(0)?, &models).ok_or_else(damaged)?;
        }
        for ((attribution, day, name), expected) in attributed.rows() {
            rows.attributed = rows.attributed.saturating_add(1);
            let found: Option<Vec<u8>> = conn
                .prepare_cached("SELECT models FROM usage_by_attribution WHERE kind = ?1 AND day = ?2 AND name = ?3")?
                .query_row((attribution.kind(), day, &name), |row| row.get(0))
                .optional()?;
            if found != Some(expected.packed()) {
                told.wrong(|| format!("what was spent on `{name}` on day {day} is not what its runs used"));
            }
        }
        Ok(())
    }

    /// What may be flagged, from what runs used and grants paid, which has been compared.
    fn compare_flaggable(&mut self) -> rusqlite::Result<()> {
        let Self { conn, sums, told, rows, .. } = self;
        if looked_through(conn)? != sums.last_day {
            told.wrong(|| {
                "what may be flagged was looked for up to another day than that of the last charge".to_owned()
            });
        }
        let Some(now) = sums.last_day else { return Ok(()) };
        let days: Vec<i64> = conn
            .prepare("SELECT DISTINCT day FROM usage_by_run WHERE day < ?1 ORDER BY day")?
            .query_map((first_unseen(Some(now)),), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut whole = WholeDays::default();
        for day in days {
            for (kind, run) in whole.flaggable(conn, day)? {
                rows.flaggable = rows.flaggable.saturating_add(1);
                let is_known = conn
                    .prepare_cached("SELECT 1 FROM flaggable_run WHERE day = ?1 AND kind = ?2 AND run = ?3")?
                    .exists((day, kind.kind(), run))?;
                if !is_known {
                    told.wrong(|| format!("what a run used on day {day} may be flagged and is not found"));
                }
            }
        }
        for period in long_periods(conn, i64::MIN, now)? {
            let paid = period.paid(conn, &period.accounts(conn)?, i64::MAX)?;
            if !period.is_flaggable(&paid) {
                continue;
            }
            rows.flaggable_periods = rows.flaggable_periods.saturating_add(1);
            let is_known = conn
                .prepare_cached("SELECT 1 FROM flaggable_period WHERE day = ?1 AND account = ?2")?
                .exists((period.days.end().saturating_sub(1), period.account.0))?;
            if !is_known {
                told.wrong(|| {
                    format!("the end of a period of account {} may be flagged and is not found", period.account)
                });
            }
        }
        Ok(())
    }

    /// What providers should have billed, and whose charge is not their figure.
    fn compare_billed(&mut self) -> rusqlite::Result<()> {
        let Self { conn, sums, told, rows, .. } = self;
        let (billed, inexact) = std::mem::take(&mut sums.billed).rows();
        for ((day, provider, model, company), expected) in billed {
            rows.billed = rows.billed.saturating_add(1);
            let found: Option<Vec<u8>> = conn
                .prepare_cached(
                    "SELECT sums FROM billed_by_day WHERE day = ?1 AND provider = ?2 AND model = ?3 AND company = ?4",
                )?
                .query_row((day, &provider, &model, company), |row| row.get(0))
                .optional()?;
            if found != Some(expected.packed()) {
                told.wrong(|| {
                    format!("what {provider} should have billed of `{model}` on day {day} is not its charges")
                });
            }
        }
        for (hold, expected) in inexact {
            rows.inexact = rows.inexact.saturating_add(1);
            let found = projector::Inexact::of_hold(conn, hold)?;
            if found.as_ref() != Some(&expected) {
                told.wrong(|| format!("how well the charge of hold {hold} is known is not what its records say"));
            }
        }
        Ok(())
    }

    fn compare_accounts(&mut self) -> rusqlite::Result<()> {
        let Self { conn, expected, told, .. } = self;
        let mut select = conn.prepare(
            "SELECT subject_kind, subject, start, until, opened_lsn, closed_lsn, limit_nano, no
             FROM account ORDER BY no",
        )?;
        let mut rows = select.query([])?;
        let mut next = 1_usize;
        while let Some(row) = rows.next()? {
            let found = account(row)?;
            let no = row.get::<_, i64>(7)?;
            if usize::try_from(no).ok() != Some(next) || expected.accounts().get(next.saturating_sub(1)) != Some(&found)
            {
                told.wrong(|| format!("account {no} is not what was opened and released to it"));
            }
            next = next.saturating_add(1);
        }
        let (found, opened) = (next.saturating_sub(1), expected.accounts().len());
        if found != opened {
            told.wrong(|| format!("there are {found} accounts, and {opened} were opened"));
        }
        Ok(())
    }

    fn compare_holds(&mut self) -> rusqlite::Result<()> {
        let Self { conn, expected, told, .. } = self;
        let mut select = conn.prepare("SELECT hold, ceilings FROM open_hold")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let column: i64 = row.get(0)?;
            let ceilings = pack::read_accounts(row.get_ref(1)?.as_blob()?);
            let wanted = projector::hold_id(column).and_then(|hold| expected.holds.remove(&hold));
            if wanted.is_none() || wanted.as_deref() != ceilings.as_deref() {
                told.wrong(|| format!("a hold is kept open that is not, or with other limits ({column})"));
            }
        }
        if !expected.holds.is_empty() {
            told.wrong(|| format!("{} open holds are missing", expected.holds.len()));
        }
        Ok(())
    }

    fn compare_suspense(&mut self) -> rusqlite::Result<()> {
        let Self { conn, expected, told, .. } = self;
        let mut select = conn.prepare("SELECT item, hold, account FROM suspense")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let item = lsn(row, 0)?;
            let found: (Option<i64>, Option<u32>) = (row.get(1)?, row.get(2)?);
            let wanted = expected.suspense.remove(&item).map(|item| match item {
                Item::Hold(hold) => (Some(hold_column(hold)), None),
                Item::Slice(no) => (None, Some(no.0)),
            });
            if wanted != Some(found) {
                told.wrong(|| format!("the item of suspense {item} is not open, or another"));
            }
        }
        if !expected.suspense.is_empty() {
            told.wrong(|| format!("{} items of suspense are missing", expected.suspense.len()));
        }
        Ok(())
    }

    /// All rows that should be there were; are there others?
    fn compare_rows(&mut self) -> rusqlite::Result<()> {
        let Self { conn, rows, seen, told, .. } = self;
        for (table, expected) in [
            ("charge_by_person", rows.people),
            ("charge_by_account", rows.accounts),
            ("charge_by_hold", rows.holds),
            ("event", rows.events),
            ("usage_by_day", rows.days),
            ("usage_by_key", rows.callers),
            ("usage_by_month", rows.months),
            ("spent_by_day", rows.spent),
            ("spent_by_month", rows.grants),
            ("run", rows.runs),
            ("usage_by_run", rows.run_days),
            ("usage_by_attribution", rows.attributed),
            ("flaggable_run", rows.flaggable),
            ("flaggable_period", rows.flaggable_periods),
            ("billed_by_day", rows.billed),
            ("inexact", rows.inexact),
            ("event_word", rows.words),
            ("observed_id", seen.ids),
        ] {
            let found: i64 = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if found != expected {
                told.wrong(|| format!("table {table} has {found} rows where the journal gives {expected}"));
            }
        }
        Ok(())
    }
}

/// What the postings of a hold before a record add up to; `None` when there are none.
fn standing(conn: &Connection, notes: &Notes, hold: HoldId, before: Lsn) -> rusqlite::Result<Option<Standing>> {
    // The section at hand may be closed in the tables: then both know its charges.
    let mut all: Vec<_> =
        projector::charges_of_hold(conn, hold)?.into_iter().chain(notes.charges_of_hold(hold)).collect();
    all.sort_unstable();
    all.dedup();
    let mut standing: Option<Standing> = None;
    for lsn in all.into_iter().filter(|lsn| *lsn < before) {
        let Some(block) = StoredBlock::around(conn, lsn)? else { return Ok(None) };
        let Some(charge) = block.find(lsn)? else { return Ok(None) };
        match &mut standing {
            None => standing = Some(Standing::new(&charge)),
            Some(standing) => standing.add(&charge),
        }
    }
    Ok(standing)
}

/// The entries before a key, taken out.
fn take_before<K: Ord, V>(map: &mut BTreeMap<K, V>, key: &K) -> BTreeMap<K, V> {
    let rest = map.split_off(key);
    std::mem::replace(map, rest)
}

fn lsn(row: &Row<'_>, column: usize) -> rusqlite::Result<Lsn> {
    row.get::<_, i64>(column).map(|lsn| Lsn(lsn.cast_unsigned()))
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        subject: (row.get(0)?, row.get(1)?),
        start: row.get(2)?,
        until: row.get(3)?,
        opened: row.get(4)?,
        closed: row.get(5)?,
        limit: row.get(6)?,
    })
}
