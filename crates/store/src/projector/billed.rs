//! What a provider should have billed: usage and charges by day, provider and the model that served, in every bucket; and
//! the calls whose charge is not the provider's own figure.
//!
//! A correction counts on the day of the call that it corrects, unlike in the other sums: a bill is held against the days on
//! which things were used. What was borne by the company after a crash is in no sum here either.

use std::collections::BTreeMap;

use purser_core::bill::COMPANY;
use purser_core::charge::ChargeView;
use purser_ledger::Mark;
use rusqlite::{Connection, OptionalExtension, Row};

use super::accounts::hold_column;
use super::bytes::{Input, put_i64};
use super::charges::{ChargeKind, mark_code, mark_of};
use super::numbers::NumberMap;
use super::packed::{Charge, damaged};
use crate::counts::{Counts, WIDTH};

/// What a day's calls of a model add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Billed {
    pub(crate) calls: i64,
    pub(crate) charge: i64,
    pub(crate) counts: Counts,
}

impl Billed {
    /// `None` when the money leaves the range.
    pub(crate) fn add(&mut self, other: &Self) -> Option<()> {
        self.calls = self.calls.saturating_add(other.calls);
        self.charge = self.charge.checked_add(other.charge)?;
        self.counts = self.counts + other.counts;
        Some(())
    }

    /// The column `sums`.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_i64(&mut out, self.calls);
        put_i64(&mut out, self.charge);
        self.counts.figures().iter().for_each(|figure| put_i64(&mut out, *figure));
        out
    }
}

/// The sums of a column; `None` when it is damaged.
pub(crate) fn unpacked(column: &[u8]) -> Option<Billed> {
    let mut input = Input(column);
    let (calls, charge) = (input.i64()?, input.i64()?);
    let mut figures = [0; WIDTH];
    for figure in &mut figures {
        *figure = input.i64()?;
    }
    input.is_empty().then(|| Billed { calls, charge, counts: Counts::of_figures(figures) })
}

/// A call whose charge is not the provider's own figure: a row of `inexact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inexact {
    pub(crate) day: i64,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) mark: Mark,
    pub(crate) nano: i64,
}

impl Inexact {
    /// From the columns `day, provider, model, mark, nano`, the first of which is the one given.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let at = |column: usize| first.saturating_add(column);
        Ok(Self {
            day: row.get(at(0))?,
            provider: row.get(at(1))?,
            model: row.get(at(2))?,
            mark: mark_of_column(row.get(at(3))?)?,
            nano: row.get(at(4))?,
        })
    }

    /// The row of a hold.
    pub(crate) fn of_hold(conn: &Connection, hold: i64) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached("SELECT day, provider, model, mark, nano FROM inexact WHERE hold = ?1")?
            .query_row((hold,), |row| Self::read(row, 0))
            .optional()
    }
}

/// A mark from its column.
fn mark_of_column(code: u8) -> rusqlite::Result<Mark> {
    mark_of(code).ok_or_else(damaged)
}

/// What a posting means to the row of its call.
#[derive(Clone, Debug)]
enum Step {
    /// There is one now.
    New(Inexact),
    /// So much more, known so well.
    More(i64, Mark),
    /// The charge is exact now, or was taken back.
    Gone,
}

/// Of what a sum is: day, provider, model, and whether the company bears it rather than somebody's call.
type Group<'a> = (i64, &'a str, &'a str, bool);
/// The same, on its own feet.
pub(crate) type GroupKey = (i64, String, String, bool);

/// What is known of the charges of a section, or of several joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct BillNotes {
    /// Names of providers and models.
    names: NumberMap<Box<str>, u32>,
    sums: NumberMap<(i64, u32, u32, bool), Billed>,
    /// In the order of the records.
    steps: Vec<(i64, Step)>,
}

impl BillNotes {
    /// `None` when a sum leaves the range.
    pub(crate) fn add(&mut self, charge: &Charge<'_>) -> Option<()> {
        let (day, called) = (charge.day(), &charge.called);
        let company = called.caller.is_some_and(|caller| caller.person.get() == COMPANY.get());
        let mut counts = charge.counts;
        // Few calls have anything beside the answer, so only of these the settlement is read again.
        if called.beside {
            for beside in ChargeView::read(charge.detail).ok()?.beside {
                let Some(model) = &beside.model else { continue };
                let own = Counts::from(&beside.usage);
                counts = counts - own;
                self.count((day, called.provider, model, company), &Billed { calls: 0, charge: 0, counts: own })?;
            }
        }
        let sums = Billed { calls: charge.kind.calls(), charge: charge.amount.get(), counts };
        self.count((day, called.provider, called.billed_model(), company), &sums)?;
        if let Some((hold, step)) = step_of(charge, day) {
            self.steps.push((hold, step));
        }
        Some(())
    }

    fn count(&mut self, (day, provider, model, company): Group<'_>, sums: &Billed) -> Option<()> {
        let key = (day, self.name(provider), self.name(model), company);
        self.sums.entry(key).or_default().add(sums)
    }

    fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.into(), next);
        next
    }

    /// Takes in those of a later section. `None` when a sum leaves the range.
    pub(crate) fn join(&mut self, later: &Self) -> Option<()> {
        for (group, sums) in later.named() {
            self.count(group, sums)?;
        }
        self.steps.extend(later.steps.iter().cloned());
        Some(())
    }

    fn named(&self) -> impl Iterator<Item = (Group<'_>, &Billed)> {
        let names: NumberMap<u32, &str> = self.names.iter().map(|(name, number)| (*number, &**name)).collect();
        self.sums.iter().map(move |((day, provider, model, company), sums)| {
            let name = |number: &u32| names.get(number).copied().unwrap_or_default();
            ((*day, name(provider), name(model), *company), sums)
        })
    }

    /// The rows when this is all there is.
    pub(crate) fn rows(self) -> (BTreeMap<GroupKey, Billed>, BTreeMap<i64, Inexact>) {
        let sums = self.named().map(|((day, provider, model, company), sums)| {
            let key = (day, provider.to_owned(), model.to_owned(), company);
            (key, *sums)
        });
        let sums = sums.collect();
        let mut rows = BTreeMap::new();
        self.onto(&mut rows);
        (sums, rows)
    }

    /// Does to rows what the section does to them.
    pub(crate) fn onto(&self, rows: &mut BTreeMap<i64, Inexact>) {
        for (hold, step) in &self.steps {
            match step {
                Step::New(row) => drop(rows.insert(*hold, row.clone())),
                Step::Gone => drop(rows.remove(hold)),
                Step::More(nano, mark) => {
                    if let Some(row) = rows.get_mut(hold) {
                        (row.nano, row.mark) = (row.nano.saturating_add(*nano), *mark);
                    }
                }
            }
        }
    }

    /// Adds a section's to the tables.
    pub(super) fn store(&self, conn: &Connection) -> rusqlite::Result<()> {
        const ROW: &str = "day = ?1 AND provider = ?2 AND model = ?3 AND company = ?4";
        let mut select = conn.prepare_cached(&format!("SELECT sums FROM billed_by_day WHERE {ROW}"))?;
        let mut replace = conn.prepare_cached(
            "INSERT OR REPLACE INTO billed_by_day (day, provider, model, company, sums) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (row, more) in self.named() {
            let stored: Option<Vec<u8>> = select.query_row(row, |row| row.get(0)).optional()?;
            let mut sums = stored.map_or(Some(Billed::default()), |stored| unpacked(&stored)).ok_or_else(damaged)?;
            sums.add(more).ok_or_else(damaged)?;
            replace.execute((row.0, row.1, row.2, row.3, sums.packed()))?;
        }
        let mut insert = conn.prepare_cached(
            "INSERT OR REPLACE INTO inexact (hold, day, provider, model, mark, nano) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut more = conn.prepare_cached("UPDATE inexact SET nano = nano + ?2, mark = ?3 WHERE hold = ?1")?;
        let mut delete = conn.prepare_cached("DELETE FROM inexact WHERE hold = ?1")?;
        for (hold, step) in &self.steps {
            match step {
                Step::New(row) => {
                    insert.execute((hold, row.day, &row.provider, &row.model, mark_code(row.mark), row.nano))?
                }
                Step::More(nano, mark) => more.execute((hold, nano, mark_code(*mark)))?,
                Step::Gone => delete.execute((hold,))?,
            };
        }
        Ok(())
    }
}

/// What a posting means to the row of its call; nothing where it has none and gets none.
fn step_of(charge: &Charge<'_>, day: i64) -> Option<(i64, Step)> {
    let (hold, nano, mark) = (hold_column(charge.hold?), charge.amount.get(), charge.mark);
    let step = match (charge.kind, mark) {
        (ChargeKind::Settlement | ChargeKind::Resolution, Mark::Exact) | (ChargeKind::WrittenOff, _) => return None,
        (ChargeKind::Settlement | ChargeKind::Resolution, _) => Step::New(Inexact {
            day,
            provider: charge.called.provider.to_owned(),
            model: charge.called.billed_model().to_owned(),
            mark,
            nano,
        }),
        (ChargeKind::Adjustment, Mark::Exact) | (ChargeKind::Reversal, _) => Step::Gone,
        (ChargeKind::Adjustment, _) => Step::More(nano, mark),
    };
    Some((hold, step))
}
