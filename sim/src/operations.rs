//! Commands: corrections, ends of suspense, changes of the company. Each is given until somebody is told that it is on disk,
//! and given again when that answer is lost.

use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_ledger::{Correction, Detail, HoldId, LedgerError, Lsn, Resolution, Settled, SuspenseId, SuspenseItem};

use crate::audit::{Finding, Finish};
use crate::bug::Bug;
use crate::desk::Change;
use crate::world::{Step, World, name, odd, ready, whole};

/// The control plane's kind of the only events here.
pub(crate) const EVENT: u8 = 1;

/// One command.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) no: u64,
    command: CommandId,
    pub(crate) what: What,
    stage: Stage,
    /// What it answered first.
    first: Option<Lsn>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Adjust { hold: HoldId, to: i128, before: Option<Finish> },
    Reverse { hold: HoldId, before: Option<Finish> },
    Resolve { item: SuspenseItem, resolution: Option<Resolution> },
    Change(Box<Change>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Asking,
    Awaiting(Lsn),
}

/// What became of a command.
pub(crate) enum Given {
    Done(Lsn, bool),
    /// Nothing can be done any more, for a good reason.
    Moot,
    /// Not now.
    Later,
}

impl Operation {
    /// The process that was asked is gone: nobody knows whether it did it.
    pub(crate) fn ask_again(&mut self) {
        self.stage = Stage::Asking;
        self.first = None;
        if let What::Change(change) = &mut self.what {
            change.ask_again();
        }
    }

    /// Is it about this item?
    fn resolves(&self, id: SuspenseId) -> bool {
        matches!(&self.what, What::Resolve { item, .. } if item.id == id)
    }
}

impl World {
    pub(crate) fn give(&mut self, what: What) {
        self.last_operation += 1;
        let command = CommandId::new(u128::from(self.last_operation));
        self.audit.commanded(command.get(), self.last_operation);
        self.operations.push(Operation { no: self.last_operation, command, what, stage: Stage::Asking, first: None });
    }

    /// Something by chance.
    pub(crate) fn begin_operation(&mut self) -> Step {
        if self.dice.per_mille(700) {
            return self.wish_for_a_change();
        }
        if self.settled.is_empty() {
            return Ok(());
        }
        let at = self.dice.index(self.settled.len());
        let hold = self.settled.swap_remove(at);
        let before = self.audit.finish_of(name(hold));
        if self.dice.per_mille(400) {
            self.audit.finish(name(hold), Finish::Is(0))?;
            self.give(What::Reverse { hold, before });
        } else {
            let to = self.audit.real_of(name(hold)) * i128::from(self.dice.below(150)) / 100;
            self.audit.finish(name(hold), Finish::Is(to))?;
            self.give(What::Adjust { hold, to, before });
        }
        Ok(())
    }

    /// The provider's invoice says what a call cost that was settled without its figures.
    pub(crate) fn true_up(&mut self, hold: HoldId) {
        if self.has(Bug::NotTruedUp) {
            return;
        }
        let before = self.audit.finish_of(name(hold));
        self.give(What::Adjust { hold, to: self.audit.real_of(name(hold)), before });
    }

    /// Gives a command to end each item of suspense that has none.
    pub(crate) fn resolve_suspense(&mut self) {
        for item in self.ledger.suspense_items() {
            if self.operations.iter().all(|operation| !operation.resolves(item.id)) {
                self.give(What::Resolve { item, resolution: None });
            }
        }
    }

    pub(crate) fn some_operation(&mut self) -> Step {
        if self.operations.is_empty() {
            return self.begin_operation();
        }
        // Suspense there is always; what people want is looked at as well.
        if self.dice.per_mille(500) {
            let is_change = |operation: &Operation| matches!(operation.what, What::Change(_));
            return match self.operations.iter().position(is_change) {
                Some(at) => self.go_on_with(at),
                None => self.wish_for_a_change(),
            };
        }
        let at = self.dice.index(self.operations.len());
        self.go_on_with(at)
    }

    /// One step of a command.
    pub(crate) fn go_on_with(&mut self, at: usize) -> Step {
        let mut operation = self.operations.swap_remove(at);
        if self.carry_on(&mut operation)? {
            self.operations.push(operation);
        }
        Ok(())
    }

    /// `false`: it is over.
    fn carry_on(&mut self, operation: &mut Operation) -> Result<bool, Finding> {
        match operation.stage {
            Stage::Asking => match self.ask(operation)? {
                Given::Done(lsn, repeated) => {
                    if let Some(first) = operation.first {
                        self.tally.note("commands: repeated");
                        if !repeated || lsn != first {
                            return Err(odd(format!("{operation:?} given again was done again, by record {lsn}")));
                        }
                    }
                    operation.first = Some(lsn);
                    operation.stage = Stage::Awaiting(lsn);
                    self.conflict(operation, lsn)?;
                    Ok(true)
                }
                Given::Moot => Ok(false),
                Given::Later => Ok(true),
            },
            Stage::Awaiting(lsn) => self.await_disk(operation, lsn),
        }
    }

    fn await_disk(&mut self, operation: &mut Operation, lsn: Lsn) -> Result<bool, Finding> {
        let hasty = self.has(Bug::EarlyEvent) && matches!(operation.what, What::Change(_));
        match ready(self.ledger.durable(lsn)) {
            Some(Err(why)) => {
                self.excuse(&why)?;
                return Ok(true);
            }
            None if !hasty => return Ok(true),
            _ => {}
        }
        if self.dice.per_mille(200) {
            // The answer is lost on its way: whoever asked asks again.
            operation.stage = Stage::Asking;
            let double = self.has(Bug::DoubledAcceptance) || self.has(Bug::NewCommand);
            if let What::Change(change) = &mut operation.what {
                self.forget_answer(change);
                if double {
                    operation.first = None;
                }
            } else if self.has(Bug::NewCommand) {
                operation.command = CommandId::new(operation.command.get() + (1 << 64));
                operation.first = None;
                self.audit.commanded(operation.command.get(), operation.no);
            }
            return Ok(true);
        }
        self.look()?;
        self.audit.acknowledged(lsn.0)?;
        Ok(false)
    }

    /// The same command with another input is refused.
    fn conflict(&mut self, operation: &Operation, lsn: Lsn) -> Step {
        // A change's records have commands of their own.
        if matches!(operation.what, What::Change(_)) || !self.dice.per_mille(100) {
            return Ok(());
        }
        match self.ledger.event(operation.command, EVENT + 1, b"something else") {
            Err(LedgerError::Conflict(_)) => {
                self.tally.note("commands: conflict refused");
                Ok(())
            }
            Err(why) => self.excuse(&why),
            Ok(receipt) => Err(odd(format!("command {} was taken twice, {lsn} and {receipt:?}", operation.command))),
        }
    }

    fn ask(&mut self, operation: &mut Operation) -> Result<Given, Finding> {
        let command = operation.command;
        match &mut operation.what {
            What::Change(change) => self.write_change(change),
            What::Adjust { hold, to, before } => {
                let (hold, before) = (*hold, *before);
                let to = Correction::To(Nano::new(i64::try_from(*to).map_err(odd)?));
                let settled = self.ledger.adjust(command, hold, &to, b"invoice");
                self.corrected("commands: adjust", hold, before, settled)
            }
            What::Reverse { hold, before } => {
                let (hold, before) = (*hold, *before);
                let settled = self.ledger.reverse(command, hold);
                self.corrected("commands: reverse", hold, before, settled)
            }
            What::Resolve { item, resolution } => {
                if resolution.is_none() {
                    *resolution = Some(self.what_became_of(item)?);
                }
                let resolution = resolution.clone().ok_or_else(|| odd("set above"))?;
                match self.ledger.resolve(command, item.id, &resolution) {
                    Ok(settled) => {
                        self.tally.note(match resolution {
                            Resolution::WriteOff => "commands: write-off",
                            Resolution::Charge { .. } => "commands: resolve",
                        });
                        Ok(Given::Done(settled.lsn, settled.repeated))
                    }
                    // Its record was lost with the end of the journal, and set aside anew under another name.
                    Err(LedgerError::UnknownItem(_)) => Ok(Given::Moot),
                    Err(why) => self.later(&why),
                }
            }
        }
    }

    /// What an item really cost, by the provider's invoice.
    fn what_became_of(&mut self, item: &SuspenseItem) -> Result<Resolution, Finding> {
        if self.dice.per_mille(100) && !self.has(Bug::CheapSuspense) {
            return Ok(Resolution::WriteOff);
        }
        self.write()?;
        let charge = match item.hold {
            Some(_) if self.has(Bug::CheapSuspense) => 0,
            Some(hold) => self.audit.real_of(name(hold)),
            None => {
                let account = item.legs.first().map(|leg| leg.no).or(item.ceilings.first().copied());
                let account = account.ok_or_else(|| odd(format!("{item:?} is on no account")))?;
                self.audit.lost_on(account.0).clamp(0, i128::from(item.amount.get()))
            }
        };
        let mut charge = Nano::new(i64::try_from(charge).map_err(odd)?);
        if let Some(hold) = item.hold
            && charge > item.amount
        {
            // The rest of it is covered by a slice, which the auditor sees to.
            self.audit.outgrew(name(hold))?;
            charge = item.amount;
        }
        Ok(Resolution::Charge { charge, detail: Detail::new() })
    }

    fn corrected(
        &mut self,
        tallied: &'static str,
        hold: HoldId,
        before: Option<Finish>,
        settled: Result<Settled, LedgerError>,
    ) -> Result<Given, Finding> {
        match settled {
            Ok(settled) => {
                self.tally.note(tallied);
                Ok(Given::Done(settled.lsn, settled.repeated))
            }
            // The settlement, or the whole hold, was lost with the end of the journal: suspense has it now.
            Err(LedgerError::InSuspense { .. } | LedgerError::UnknownHold(_)) => {
                if let Some(before) = before {
                    self.audit.finish(name(hold), before)?;
                }
                Ok(Given::Moot)
            }
            Err(why) => self.later(&why),
        }
    }

    pub(crate) fn later(&self, why: &LedgerError) -> Result<Given, Finding> {
        match why {
            LedgerError::Busy(_) | LedgerError::Stopped { .. } => Ok(Given::Later),
            other => Err(odd(whole(other))),
        }
    }
}
