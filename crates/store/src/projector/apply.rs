//! What each record means to the tables.

use std::path::Path;

use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Ceilings, Ending, FrameNo, HoldId, Leg, Legs, Lsn, Mark, Record, Stamped, SuspenseId};
use rusqlite::{OptionalExtension, Transaction};

use super::State;
use super::accounts::{GRANT, hold_column, hold_id, subject_columns};
use super::called::{self, Called};
use super::charges::ChargeKind;
use super::observed;
use super::packed::Charge;
use super::standing::Standing;
use super::words::words_of;
use crate::counts::Counts;
use crate::error::StoreError;
use crate::ids::Bits;

/// Why a record could not be projected.
#[derive(Debug)]
pub(super) enum ApplyError {
    Sql(rusqlite::Error),
    /// The record does not fit what came before it, which the ledger rules out: the journal or the tables are damaged.
    Unfit {
        lsn: Lsn,
        what: &'static str,
    },
}

impl ApplyError {
    pub(super) fn at(self, journal: &Path, frame: FrameNo) -> StoreError {
        match self {
            Self::Sql(source) => StoreError::Sqlite { what: "project the journal", source },
            Self::Unfit { lsn, what } => StoreError::damaged(journal, Some(frame.0), format!("record {lsn}: {what}")),
        }
    }
}

impl From<rusqlite::Error> for ApplyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// One transaction's worth of records.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    tx: &'a Transaction<'a>,
    state: &'a mut State,
}

impl<'a> Batch<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, state: &'a mut State) -> Self {
        Self { tx, state }
    }

    /// Writes what was kept back.
    pub(super) fn finish(self) -> rusqlite::Result<()> {
        self.state.accounts.store(self.tx)?;
        self.state.holds.store(self.tx)?;
        self.state.section.save(self.tx)
    }

    pub(super) fn apply(&mut self, stamped: Stamped) -> Result<(), ApplyError> {
        let Stamped { lsn, instant: at, record } = stamped;
        let range = |done: Option<()>| done.ok_or(ApplyError::Unfit { lsn, what: "a sum leaves the range" });
        match record {
            Record::Boot { .. }
            | Record::Rest
            | Record::Slice { .. }
            | Record::Grow { .. }
            | Record::Reserve { .. }
            | Record::Guarantee { .. } => Ok(()),
            Record::Open { no, key } => self.open(lsn, no, &key),
            Record::Fund { no, delta } => range(self.state.accounts.fund(no, delta)),
            Record::Close { no } => self.close(lsn, no),
            Record::Hold { id, ceilings, .. } => {
                self.state.holds.opened(id, ceilings);
                Ok(())
            }
            Record::Release { id } => {
                self.state.holds.ended(id);
                Ok(())
            }
            // The hold stays among the open ones: whatever resolves it will ask for its ceilings.
            Record::Suspend { id } => self.suspend(lsn, Some(id), None),
            Record::SuspendSlice { no, .. } => self.suspend(lsn, None, Some(no)),
            Record::Settle { id, charge, legs, overrun, mark, detail } => {
                let ceilings = self
                    .state
                    .holds
                    .ended(id)
                    .ok_or(ApplyError::Unfit { lsn, what: "it settles a hold that is not open" })?;
                let read = called::read(&detail);
                let as_detailed = read.is_some();
                let (called, counts, _) = read.unwrap_or((Called::default(), Counts::default(), mark));
                self.charge(&Charge {
                    lsn,
                    kind: ChargeKind::Settlement,
                    hold: Some(id),
                    at,
                    called,
                    counts,
                    as_detailed,
                    amount: charge,
                    overrun,
                    mark,
                    legs,
                    ceilings,
                    detail: &detail,
                })
            }
            Record::Resolve { item, ending, charge, legs, overrun, detail, .. } => {
                let (hold, ceilings) = self.resolved(item)?;
                let read = called::read(&detail);
                let as_detailed = read.is_some();
                let (called, counts, mark) = read.unwrap_or((Called::default(), Counts::default(), Mark::Presumed));
                let kind = match ending {
                    Ending::Charged => ChargeKind::Resolution,
                    Ending::WrittenOff => ChargeKind::WrittenOff,
                };
                self.charge(&Charge {
                    lsn,
                    kind,
                    hold,
                    at,
                    called,
                    counts,
                    as_detailed,
                    amount: charge,
                    overrun,
                    mark,
                    legs,
                    ceilings,
                    detail: &detail,
                })
            }
            Record::Adjust { id, legs, delta, ceilings, detail, .. } => {
                let standing = self.standing(lsn, id)?;
                // Counts are differences too; without a new detail, only the amount was wrong.
                let (called, counts, mark) = match called::read(&detail) {
                    Some((called, counts, mark)) => {
                        (called.of_correction(standing.day), counts - standing.counts, mark)
                    }
                    None => (standing.called(), Counts::default(), standing.mark),
                };
                self.charge(&Charge {
                    lsn,
                    kind: ChargeKind::Adjustment,
                    hold: Some(id),
                    at,
                    called,
                    counts,
                    as_detailed: false,
                    amount: delta,
                    overrun: Nano::ZERO,
                    mark,
                    legs,
                    ceilings,
                    detail: &detail,
                })
            }
            Record::Reverse { id, .. } => self.reverse(lsn, at, id),
            Record::Event { command, kind, payload, .. } => self.event(lsn, at, command, (kind, &payload)),
        }
    }

    fn open(&mut self, lsn: Lsn, no: AccountNo, key: &purser_core::account::AccountKey) -> Result<(), ApplyError> {
        let (kind, subject) = subject_columns(key.subject);
        let (start, until) = (key.period.start.as_micros(), key.period.end.as_micros());
        self.tx
            .prepare_cached(
                "INSERT INTO account (no, subject_kind, subject, start, until, opened_lsn)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((no.0, kind, subject, start, until, lsn.0.cast_signed()))?;
        self.state.accounts.opened(no, key);
        Ok(())
    }

    fn close(&mut self, lsn: Lsn, no: AccountNo) -> Result<(), ApplyError> {
        self.tx
            .prepare_cached("UPDATE account SET closed_lsn = ?2 WHERE no = ?1")?
            .execute((no.0, lsn.0.cast_signed()))?;
        Ok(())
    }

    fn suspend(&mut self, lsn: Lsn, hold: Option<HoldId>, account: Option<AccountNo>) -> Result<(), ApplyError> {
        self.tx.prepare_cached("INSERT INTO suspense (item, hold, account) VALUES (?1, ?2, ?3)")?.execute((
            lsn.0.cast_signed(),
            hold.map(hold_column),
            account.map(|no| no.0),
        ))?;
        Ok(())
    }

    /// Which hold the item was, when it was one, and the limits it counts against.
    fn resolved(&mut self, item: SuspenseId) -> Result<(Option<HoldId>, Ceilings), ApplyError> {
        let found: Option<(Option<i64>, Option<u32>)> = self
            .tx
            .prepare_cached("DELETE FROM suspense WHERE item = ?1 RETURNING hold, account")?
            .query_row((item.0.cast_signed(),), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (hold, account) = found.unwrap_or_default();
        if let Some(hold) = hold.and_then(hold_id) {
            return Ok((Some(hold), self.state.holds.ended(hold).unwrap_or_default()));
        }
        let Some(no) = account.map(AccountNo) else { return Ok((None, Ceilings::new())) };
        // A grant's part is among the record's legs; a limit's is not.
        let is_limit = self.state.accounts.whose(self.tx, no)?.is_some_and(|whose| whose.kind != GRANT);
        Ok((None, is_limit.then_some(no).into_iter().collect()))
    }

    fn standing(&self, lsn: Lsn, id: HoldId) -> Result<Standing, ApplyError> {
        Standing::of(self.tx, &self.state.section, id)?
            .ok_or(ApplyError::Unfit { lsn, what: "it corrects a charge that is not there" })
    }

    fn reverse(&mut self, lsn: Lsn, at: Instant, id: HoldId) -> Result<(), ApplyError> {
        let standing = self.standing(lsn, id)?;
        let opposite =
            |amount: Nano| amount.checked_neg().ok_or(ApplyError::Unfit { lsn, what: "an amount without an opposite" });
        let legs = standing
            .legs
            .iter()
            .map(|leg| Ok(Leg { no: leg.no, amount: opposite(leg.amount)? }))
            .collect::<Result<Legs, ApplyError>>()?;
        self.charge(&Charge {
            lsn,
            kind: ChargeKind::Reversal,
            hold: Some(id),
            at,
            called: standing.called(),
            counts: -standing.counts,
            as_detailed: false,
            amount: opposite(standing.charge)?,
            overrun: opposite(standing.overrun)?,
            mark: standing.mark,
            legs,
            ceilings: standing.ceilings.clone(),
            detail: &[],
        })
    }

    fn event(&self, lsn: Lsn, at: Instant, command: CommandId, (kind, payload): (u8, &[u8])) -> Result<(), ApplyError> {
        self.tx
            .prepare_cached("INSERT INTO event (lsn, at, command, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((lsn.0.cast_signed(), at.as_micros(), Bits::new(command.get()), kind, payload))?;
        let mut word = self.tx.prepare_cached("INSERT OR IGNORE INTO event_word (word, lsn) VALUES (?1, ?2)")?;
        words_of(kind, payload).into_iter().try_for_each(|of| word.execute((of, lsn.0.cast_signed())).map(drop))?;
        if let Some(observation) = observed::observation(kind, payload) {
            observed::take(self.tx, lsn, &observation)?;
        }
        Ok(())
    }

    fn charge(&mut self, charge: &Charge<'_>) -> Result<(), ApplyError> {
        let State { section, accounts, .. } = &mut *self.state;
        section.push(self.tx, accounts, charge)
    }
}
