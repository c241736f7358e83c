//! Rows of table `charge`: written once, looked up again when a charge is corrected.

use std::sync::LazyLock;

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldId, Leg, Lsn, Mark};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::accounts::hold_column;
use super::called::Called;
use crate::counts::{self, Counts};
use crate::pack;

/// Which posting of a charge a row is. The numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    /// A call was paid.
    Settlement,
    /// A settled charge was wrong: differences.
    Adjustment,
    /// A settled charge was taken back: the opposite of what was there.
    Reversal,
    /// Something in suspense turned out to be a charge.
    Resolution,
    /// Something in suspense was borne by the company: no charge on anybody.
    WrittenOff,
}

impl ChargeKind {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Settlement => 1,
            Self::Adjustment => 2,
            Self::Reversal => 3,
            Self::Resolution => 4,
            Self::WrittenOff => 5,
        }
    }

    pub(crate) const fn of(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Settlement),
            2 => Some(Self::Adjustment),
            3 => Some(Self::Reversal),
            4 => Some(Self::Resolution),
            5 => Some(Self::WrittenOff),
            _ => None,
        }
    }

    /// How many calls more the row stands for.
    pub(super) const fn calls(self) -> i64 {
        match self {
            Self::Settlement | Self::Resolution => 1,
            Self::Adjustment | Self::WrittenOff => 0,
            Self::Reversal => -1,
        }
    }
}

pub(crate) const fn mark_code(mark: Mark) -> i64 {
    match mark {
        Mark::Exact => 0,
        Mark::Estimated => 1,
        Mark::Presumed => 2,
        Mark::Disputed => 3,
    }
}

pub(crate) const fn mark_of(code: i64) -> Option<Mark> {
    match code {
        0 => Some(Mark::Exact),
        1 => Some(Mark::Estimated),
        2 => Some(Mark::Presumed),
        3 => Some(Mark::Disputed),
        _ => None,
    }
}

/// Written once: a row is made for every call.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let (before, after) = (
        "lsn, kind, hold, at, person, key, provider, model, served_model",
        "charge_nano, overrun_nano, mark, legs, ceilings, detail",
    );
    let columns = format!("{before}, {}, {after}", counts::COLUMNS);
    let marks = vec!["?"; columns.split(',').count()].join(", ");
    format!("INSERT INTO charge ({columns}) VALUES ({marks})")
});

/// One row to be.
#[derive(Debug)]
pub(super) struct NewCharge<'a> {
    pub(super) lsn: Lsn,
    pub(super) kind: ChargeKind,
    pub(super) hold: Option<HoldId>,
    pub(super) at: Instant,
    pub(super) called: Called,
    pub(super) counts: Counts,
    pub(super) charge: Nano,
    pub(super) overrun: Nano,
    pub(super) mark: Mark,
    pub(super) legs: &'a [Leg],
    pub(super) ceilings: &'a [AccountNo],
    pub(super) detail: &'a [u8],
}

impl NewCharge<'_> {
    pub(super) fn insert(&self, conn: &Connection) -> rusqlite::Result<()> {
        let (lsn, kind, mark) = (self.lsn.0.cast_signed(), self.kind.code(), mark_code(self.mark));
        let (at, hold) = (self.at.as_micros(), self.hold.map(hold_column));
        let (charge, overrun) = (self.charge.get(), self.overrun.get());
        let (legs, ceilings) = (pack::legs(self.legs.iter().copied()), pack::accounts(self.ceilings));
        let called = &self.called;
        let head: [&dyn ToSql; 9] = [
            &lsn,
            &kind,
            &hold,
            &at,
            &called.person,
            &called.key,
            &called.provider,
            &called.model,
            &called.served_model,
        ];
        let tail: [&dyn ToSql; 6] = [&charge, &overrun, &mark, &legs, &ceilings, &self.detail];
        let counts = self.counts.columns().iter().map(|count| -> &dyn ToSql { count });
        conn.prepare_cached(&INSERT)?.execute(params_from_iter(head.into_iter().chain(counts).chain(tail))).map(drop)
    }
}

/// What all rows of a hold add up to.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) called: Called,
    pub(super) counts: Counts,
    pub(super) charge: Nano,
    pub(super) overrun: Nano,
    pub(super) mark: Mark,
    pub(super) legs: Vec<Leg>,
    pub(super) ceilings: Vec<AccountNo>,
}

impl Standing {
    /// `None` when nothing was ever charged for the hold, or the sums leave the range.
    pub(super) fn of(conn: &Connection, hold: HoldId) -> rusqlite::Result<Option<Self>> {
        let mut select = conn.prepare_cached(&format!(
            "SELECT person, key, provider, model, served_model, charge_nano, overrun_nano, mark, legs, ceilings, {} \
             FROM charge WHERE hold = ?1 ORDER BY lsn",
            counts::COLUMNS
        ))?;
        let mut rows = select.query((hold_column(hold),))?;
        let mut standing: Option<Self> = None;
        while let Some(row) = rows.next()? {
            let called = Called {
                person: row.get(0)?,
                key: row.get(1)?,
                provider: row.get(2)?,
                model: row.get(3)?,
                served_model: row.get(4)?,
            };
            let next = Self {
                called,
                charge: Nano::new(row.get(5)?),
                overrun: Nano::new(row.get(6)?),
                mark: mark_of(row.get(7)?).unwrap_or(Mark::Disputed),
                legs: pack::read_legs(row.get_ref(8)?.as_blob()?).unwrap_or_default(),
                ceilings: pack::read_accounts(row.get_ref(9)?.as_blob()?).unwrap_or_default(),
                counts: Counts::from_row(row, 10)?,
            };
            standing = match standing {
                None => Some(next),
                Some(before) => match before.plus(next) {
                    Some(sum) => Some(sum),
                    None => return Ok(None),
                },
            };
        }
        Ok(standing)
    }

    /// The sum; who called what stays as it was first known.
    fn plus(mut self, other: Self) -> Option<Self> {
        self.charge = self.charge.checked_add(other.charge)?;
        self.overrun = self.overrun.checked_add(other.overrun)?;
        self.counts = self.counts + other.counts;
        self.mark = other.mark;
        for leg in other.legs {
            match self.legs.iter_mut().find(|own| own.no == leg.no) {
                Some(own) => own.amount = own.amount.checked_add(leg.amount)?,
                None => self.legs.push(leg),
            }
        }
        Some(self)
    }
}
