//! What the tables should say, worked out from the records in the plainest form: the way from a record to its row
//! shares nothing with the projector.

use std::collections::BTreeMap;

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Ceilings, Ending, HoldId, Legs, Lsn, Mark, Record, Stamped};

use crate::counts::Counts;
use crate::ids::Bits;
use crate::projector::{Called, Caller, Charge, ChargeKind, NumberMap, day_of, month_of, read_called, subject_columns};

/// The kind of a grant's subject.
const GRANT: i64 = 1;

/// Accounts, holds and suspense as the records leave them.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// By number, from one.
    accounts: Vec<Account>,
    pub(super) holds: NumberMap<HoldId, Ceilings>,
    pub(super) suspense: BTreeMap<Lsn, Item>,
}

/// A row of table `account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) subject: (i64, Bits),
    pub(super) start: i64,
    pub(super) until: i64,
    pub(super) opened: i64,
    pub(super) closed: Option<i64>,
    pub(super) limit: i64,
}

/// A row of table `suspense`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Hold(HoldId),
    Slice(AccountNo),
}

/// What a record says of the charge that it posts.
#[derive(Debug)]
pub(super) struct Posting<'a> {
    pub(super) lsn: Lsn,
    at: Instant,
    pub(super) kind: ChargeKind,
    hold: Option<HoldId>,
    /// `None` for what follows from earlier charges.
    amounts: Option<Amounts<'a>>,
    mark: Option<Mark>,
    detail: &'a [u8],
}

#[derive(Debug)]
struct Amounts<'a> {
    charge: Nano,
    overrun: Nano,
    legs: &'a Legs,
    ceilings: Ceilings,
}

impl Expected {
    pub(super) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What is known of an account; `None` for one never opened.
    fn account(&mut self, no: AccountNo) -> Option<&mut Account> {
        self.accounts.get_mut(usize::try_from(no.0.checked_sub(1)?).ok()?)
    }

    /// The grant that an account is of, and the month in which its period began; `None` for other accounts.
    pub(super) fn grant_month(&self, no: AccountNo) -> Option<(i64, Bits)> {
        let account = self.accounts.get(usize::try_from(no.0.checked_sub(1)?).ok()?)?;
        let (kind, grant) = account.subject;
        (kind == GRANT).then(|| (month_of(day_of(Instant::from_micros(account.start))), grant))
    }

    /// Takes a record in; tells what charge it posts, if it does.
    pub(super) fn record<'a>(&mut self, stamped: &'a Stamped) -> Option<Posting<'a>> {
        let (lsn, at) = (stamped.lsn, stamped.instant);
        let posting = |kind, hold, amounts, mark, detail| Some(Posting { lsn, at, kind, hold, amounts, mark, detail });
        match &stamped.record {
            Record::Boot { .. }
            | Record::Rest
            | Record::Slice { .. }
            | Record::Grow { .. }
            | Record::Reserve { .. }
            | Record::Guarantee { .. }
            | Record::Event { .. } => None,
            Record::Open { key, .. } => {
                self.accounts.push(Account {
                    subject: subject_columns(key.subject),
                    start: key.period.start.as_micros(),
                    until: key.period.end.as_micros(),
                    opened: lsn.0.cast_signed(),
                    closed: None,
                    limit: 0,
                });
                None
            }
            Record::Fund { no, delta } => {
                let account = self.account(*no)?;
                account.limit = account.limit.saturating_add(delta.get());
                None
            }
            Record::Close { no } => {
                self.account(*no)?.closed = Some(lsn.0.cast_signed());
                None
            }
            Record::Hold { id, ceilings, .. } => {
                self.holds.insert(*id, ceilings.clone());
                None
            }
            Record::Release { id } => {
                self.holds.remove(id);
                None
            }
            Record::Suspend { id } => {
                self.suspense.insert(lsn, Item::Hold(*id));
                None
            }
            Record::SuspendSlice { no, .. } => {
                self.suspense.insert(lsn, Item::Slice(*no));
                None
            }
            Record::Settle { id, charge, legs, overrun, mark, detail } => {
                let ceilings = self.holds.remove(id).unwrap_or_default();
                let amounts = Amounts { charge: *charge, overrun: *overrun, legs, ceilings };
                posting(ChargeKind::Settlement, Some(*id), Some(amounts), Some(*mark), detail)
            }
            Record::Resolve { item, ending, charge, legs, overrun, detail, .. } => {
                let (hold, ceilings) = self.resolved(Lsn(item.0));
                let kind = match ending {
                    Ending::Charged => ChargeKind::Resolution,
                    Ending::WrittenOff => ChargeKind::WrittenOff,
                };
                let amounts = Amounts { charge: *charge, overrun: *overrun, legs, ceilings };
                let mark = read_called(detail).map_or(Mark::Presumed, |(.., mark)| mark);
                posting(kind, hold, Some(amounts), Some(mark), detail)
            }
            Record::Adjust { id, legs, delta, ceilings, detail, .. } => {
                let amounts = Amounts { charge: *delta, overrun: Nano::ZERO, legs, ceilings: ceilings.clone() };
                posting(ChargeKind::Adjustment, Some(*id), Some(amounts), None, detail)
            }
            Record::Reverse { id, .. } => posting(ChargeKind::Reversal, Some(*id), None, None, &[]),
        }
    }

    /// Which hold an item was, and the limits that its charge counts against.
    fn resolved(&mut self, item: Lsn) -> (Option<HoldId>, Ceilings) {
        match self.suspense.remove(&item) {
            Some(Item::Hold(hold)) => (Some(hold), self.holds.remove(&hold).unwrap_or_default()),
            Some(Item::Slice(no)) => {
                let is_limit = self.account(no).is_some_and(|account| account.subject.0 != GRANT);
                (None, is_limit.then_some(no).into_iter().collect())
            }
            None => (None, Ceilings::new()),
        }
    }
}

impl Posting<'_> {
    /// The amount, where the record says it.
    pub(super) fn charge(&self) -> Option<Nano> {
        self.amounts.as_ref().map(|amounts| amounts.charge)
    }

    /// Is this the charge that the record says? What is derived from other charges is not looked at.
    pub(super) fn is(&self, charge: &Charge<'_>) -> bool {
        let Self { lsn, at, kind, hold, amounts, mark, detail } = self;
        (charge.lsn, charge.at, charge.kind, charge.hold) == (*lsn, *at, *kind, *hold)
            && charge.detail == *detail
            && mark.is_none_or(|mark| mark == charge.mark)
            && amounts.as_ref().is_none_or(|amounts| {
                (charge.amount, charge.overrun) == (amounts.charge, amounts.overrun)
                    && charge.legs == *amounts.legs
                    && charge.ceilings == amounts.ceilings
            })
            && self.says_who(charge)
    }

    /// A charge whose row says itself who called what must have a reason to.
    fn says_who(&self, charge: &Charge<'_>) -> bool {
        match self.kind {
            ChargeKind::Adjustment | ChargeKind::Reversal => !charge.as_detailed,
            ChargeKind::Settlement | ChargeKind::Resolution | ChargeKind::WrittenOff => {
                charge.as_detailed
                    || read_called(self.detail).is_none()
                        && (charge.called, charge.counts) == (Called::default(), Counts::default())
            }
        }
    }
}

/// Charges by how they came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) settled: i128,
    pub(super) resolved: i128,
    pub(super) adjusted: i128,
}

impl Totals {
    pub(super) fn add(&mut self, kind: ChargeKind, charge: Nano) {
        let sum = match kind {
            ChargeKind::Settlement => &mut self.settled,
            ChargeKind::Resolution => &mut self.resolved,
            ChargeKind::Adjustment => &mut self.adjusted,
            ChargeKind::Reversal | ChargeKind::WrittenOff => return,
        };
        *sum = sum.saturating_add(i128::from(charge.get()));
    }
}

/// What the postings of a hold add up to, from which its correction follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    caller: Option<Caller>,
    texts: [Option<String>; 3],
    run: Option<Bits>,
    /// The day whose bill the call belongs to.
    day: i64,
    charge: i128,
    overrun: i128,
    counts: Counts,
    mark: Mark,
    legs: BTreeMap<u32, i128>,
    ceilings: Ceilings,
}

impl Standing {
    /// Of the first posting.
    pub(super) fn new(charge: &Charge<'_>) -> Self {
        let mut standing = Self {
            caller: charge.called.caller,
            texts: texts(charge),
            run: charge.called.run.map(|run| run.run),
            day: charge.called.day.unwrap_or_else(|| day_of(charge.at)),
            charge: 0,
            overrun: 0,
            counts: Counts::default(),
            mark: charge.mark,
            legs: BTreeMap::new(),
            ceilings: charge.ceilings.clone(),
        };
        standing.add(charge);
        standing
    }

    /// With one more.
    pub(super) fn add(&mut self, charge: &Charge<'_>) {
        self.charge = self.charge.saturating_add(i128::from(charge.amount.get()));
        self.overrun = self.overrun.saturating_add(i128::from(charge.overrun.get()));
        self.counts = self.counts + charge.counts;
        self.mark = charge.mark;
        for leg in &charge.legs {
            let sum = self.legs.entry(leg.no.0).or_default();
            *sum = sum.saturating_add(i128::from(leg.amount.get()));
        }
    }

    /// Is the correction what follows from what stood before it?
    pub(super) fn gives(mut self, correction: &Charge<'_>) -> bool {
        let as_before = (self.caller, &self.texts, self.run, Some(self.day))
            == (
                correction.called.caller,
                &texts(correction),
                correction.called.run.map(|run| run.run),
                correction.called.day,
            );
        if correction.kind == ChargeKind::Reversal {
            let (mark, ceilings) = (self.mark, self.ceilings.clone());
            self.add(correction);
            let nothing = (self.charge, self.overrun, self.counts) == (0, 0, Counts::default());
            return as_before
                && nothing
                && self.legs.values().all(|sum| *sum == 0)
                && (mark, ceilings) == (correction.mark, correction.ceilings.clone());
        }
        match read_called(correction.detail) {
            Some((called, counts, mark)) => {
                (called.of_correction(self.day), mark) == (correction.called, correction.mark)
                    && counts - self.counts == correction.counts
            }
            None => as_before && (self.mark, Counts::default()) == (correction.mark, correction.counts),
        }
    }
}

fn texts(charge: &Charge<'_>) -> [Option<String>; 3] {
    let called = &charge.called;
    [Some(called.provider), Some(called.model), called.served_model].map(|text| text.map(str::to_owned))
}
