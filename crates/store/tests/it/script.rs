//! A company's day as journal frames: every kind of record, in an order the ledger would accept, with the sums a
//! reader should find kept on the way in the plainest form.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::charge::{Beside, ChargeRecord, Dialect, Mark as CallMark};
use purser_core::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::price::{CardVersion, Ratio};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use purser_ledger::{
    AccountNo, BootId, Detail, Ending, Epoch, Frame, FrameHead, FrameObserver, HoldId, Journal, Leg, Mark, Record,
    SuspenseId, Window,
};
use purser_store::{DataDir, Mode, SqliteJournal};

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;
/// The budget every call counts against.
pub(crate) const BUDGET: AccountNo = AccountNo(1);
/// People in the company; person `n` has grant account `2 + n`.
pub(crate) const PEOPLE: u64 = 3;
const MODELS: [&str; 2] = ["opus", "haiku"];
pub(crate) const TOOLS: [&str; 2] = ["claude-code", "codex"];

pub(crate) fn person(n: u64) -> PersonId {
    PersonId::new(u128::from(n) + 100)
}

pub(crate) fn key(n: u64) -> KeyId {
    KeyId::new(u128::from(n) + 200)
}

/// A person's calls with one model are a run; that with the second was started by that with the first.
pub(crate) fn run(n: u64, model: usize) -> RunId {
    RunId::new(u128::from(n) * 2 + u128::try_from(model).unwrap() + 500)
}

pub(crate) fn grant(n: u64) -> Subject {
    Subject::Grant(GrantId::new(u128::from(n) + 300))
}

pub(crate) fn budget() -> Subject {
    Subject::Budget(BudgetId::new(1))
}

pub(crate) fn account(n: u64) -> AccountNo {
    AccountNo(2 + u32::try_from(n).unwrap())
}

/// Midday of day `day`.
pub(crate) fn noon(day: i64) -> Instant {
    Instant::from_micros((day * DAY_S + DAY_S / 2) * 1_000_000)
}

/// What is expected of the projection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) by_person: BTreeMap<PersonId, i64>,
    pub(crate) by_day_model: BTreeMap<(i64, String), i64>,
    pub(crate) by_account: BTreeMap<u32, i64>,
    pub(crate) calls: i64,
    pub(crate) charges: usize,
    pub(crate) events: usize,
}

/// Makes frames, one after the other, the same ones each time.
#[derive(Clone)]
pub(crate) struct Script {
    head: Option<FrameHead>,
    at: Instant,
    next_hold: u64,
    next_command: u128,
    /// Settled, neither adjusted nor reversed: hold, person, model, charge.
    settled: Vec<(HoldId, u64, usize, i64)>,
    /// In suspense: item, hold, person, amount.
    suspended: Vec<(SuspenseId, HoldId, u64, i64)>,
    pub(crate) expected: Expected,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self {
            head: None,
            at: noon(20_000),
            next_hold: 1,
            next_command: 1,
            settled: Vec::new(),
            suspended: Vec::new(),
            expected: Expected::default(),
        }
    }

    pub(crate) fn frames(&mut self, count: usize) -> Vec<Frame> {
        (0..count).map(|_| self.frame()).collect()
    }

    pub(crate) fn frame(&mut self) -> Frame {
        let records = match self.head {
            None => start(),
            Some(head) => self.work(head),
        };
        let records: Vec<_> = records.into_iter().map(|record| (self.tick(), record)).collect();
        let frame = Frame::of(self.head, &records);
        self.head = Some(frame.head());
        frame
    }

    /// Three frames a day and a bit.
    fn tick(&mut self) -> Instant {
        self.at = self.at.saturating_add(std::time::Duration::from_secs(4_001));
        self.at
    }

    fn work(&mut self, head: FrameHead) -> Vec<Record> {
        let no = head.no.0;
        let mut out = Vec::new();
        let n = no % PEOPLE;
        let model = usize::try_from(no % 2).unwrap();
        let amount = 1_000_000 + i64::try_from(no).unwrap() * 1_003;
        // Some holds stay open over the next frames.
        let kept = self.hold(&mut out, n, amount);
        let quick = self.hold(&mut out, (n + 1) % PEOPLE, amount / 2);
        match no % 4 {
            0 => out.push(Record::Release { id: quick }),
            1 => {
                out.push(Record::Suspend { id: quick });
                let item = SuspenseId(head.last_lsn.0 + u64::try_from(out.len()).unwrap());
                self.suspended.push((item, quick, (n + 1) % PEOPLE, amount / 2));
            }
            _ => {
                let (who, charge) = ((n + 1) % PEOPLE, amount / 3);
                out.push(settle(quick, who, model, charge));
                self.charged(out.len(), who, model, charge, 1);
                self.settled.push((quick, who, model, charge));
            }
        }
        let charge = amount - 7;
        out.push(settle(kept, n, model, charge));
        self.charged(out.len(), n, model, charge, 1);
        self.settled.push((kept, n, model, charge));
        if no.is_multiple_of(5) {
            self.adjust(&mut out);
        }
        if no.is_multiple_of(7) {
            self.reverse(&mut out);
        }
        if no.is_multiple_of(6) {
            self.resolve(&mut out, no.is_multiple_of(12));
        }
        if no.is_multiple_of(3) {
            let command = self.command();
            out.push(Record::Event { command, input: 1, kind: 7, payload: format!("event {no}").into_bytes() });
            self.expected.events += 1;
        }
        out
    }

    fn hold(&mut self, out: &mut Vec<Record>, n: u64, amount: i64) -> HoldId {
        let id = HoldId::try_new(Epoch(1), self.next_hold).unwrap();
        self.next_hold += 1;
        let legs = [leg(n, amount)].into_iter().collect();
        out.push(Record::Hold { id, amount: Nano::new(amount), legs, ceilings: [BUDGET].into_iter().collect() });
        id
    }

    fn adjust(&mut self, out: &mut Vec<Record>) {
        let Some((id, n, model, charge)) = self.settled.pop() else { return };
        out.push(Record::Adjust {
            command: self.command(),
            input: 1,
            id,
            legs: [leg(n, 11)].into_iter().collect(),
            delta: Nano::new(11),
            ceilings: [BUDGET].into_iter().collect(),
            detail: detail(n, model, charge + 11),
        });
        self.charged(out.len(), n, model, 11, 0);
    }

    fn reverse(&mut self, out: &mut Vec<Record>) {
        let Some((id, n, model, charge)) = self.settled.pop() else { return };
        out.push(Record::Reverse { command: self.command(), input: 1, id });
        self.charged(out.len(), n, model, -charge, -1);
    }

    fn resolve(&mut self, out: &mut Vec<Record>, charged: bool) {
        let Some((item, _, n, amount)) = self.suspended.pop() else { return };
        let charge = if charged { amount - 1 } else { 0 };
        let legs = charged.then(|| leg(n, charge)).into_iter().collect();
        out.push(Record::Resolve {
            command: self.command(),
            input: 1,
            item,
            ending: if charged { Ending::Charged } else { Ending::WrittenOff },
            charge: Nano::new(charge),
            legs,
            overrun: Nano::ZERO,
            detail: if charged { detail(n, 0, charge) } else { Detail::new() },
        });
        if charged {
            self.charged(out.len(), n, 0, charge, 1);
        } else {
            self.expected.charges += 1;
        }
    }

    /// `ahead` records from now the charge is posted.
    fn charged(&mut self, ahead: usize, n: u64, model: usize, amount: i64, calls: i64) {
        let at = self.at.saturating_add(std::time::Duration::from_secs(4_001 * u64::try_from(ahead).unwrap()));
        *self.expected.by_person.entry(person(n)).or_default() += amount;
        *self.expected.by_day_model.entry((at.as_secs().div_euclid(DAY_S), MODELS[model].to_owned())).or_default() +=
            amount;
        *self.expected.by_account.entry(account(n).0).or_default() += amount;
        *self.expected.by_account.entry(BUDGET.0).or_default() += amount;
        self.expected.calls += calls;
        self.expected.charges += 1;
    }

    fn command(&mut self) -> CommandId {
        self.next_command += 1;
        CommandId::new(self.next_command)
    }
}

fn start() -> Vec<Record> {
    let window = Window { age_s: 86_400 * 365, settled_max: 100_000, commands_max: 100_000 };
    let period = Period { start: noon(19_000), end: noon(40_000) };
    let mut out = vec![Record::Boot { epoch: Epoch(1), boot: BootId(1), window }];
    let subjects = [budget()].into_iter().chain((0..PEOPLE).map(grant));
    for (no, subject) in (1..).map(AccountNo).zip(subjects) {
        out.push(Record::Open { no, key: AccountKey { subject, period } });
        out.push(Record::Fund { no, delta: Nano::new(1_000_000_000_000_000) });
    }
    out
}

fn leg(n: u64, amount: i64) -> Leg {
    Leg { no: account(n), amount: Nano::new(amount) }
}

fn settle(id: HoldId, n: u64, model: usize, charge: i64) -> Record {
    Record::Settle {
        id,
        charge: Nano::new(charge),
        legs: [leg(n, charge)].into_iter().collect(),
        overrun: Nano::ZERO,
        mark: Mark::Exact,
        detail: detail(n, model, charge),
    }
}

/// One output token per nano-unit, one of them billed beside: usage that follows the charge, so that adjusted counts can be checked.
pub(crate) fn detail(n: u64, model: usize, charge: i64) -> Detail {
    let record = ChargeRecord {
        person: person(n),
        key: key(n),
        unit: None,
        run: Some(run(n, model)),
        session: None,
        provider: "acme".into(),
        requested: MODELS[model].into(),
        served: None,
        dialect: Dialect::default(),
        tier: Tier::Standard,
        geo: None,
        usage: Usage {
            input_uncached: 10,
            cache_read: 90,
            output: u64::try_from(charge - 1).unwrap(),
            ..Usage::default()
        },
        card: CardVersion(1),
        mark: CallMark::Exact,
        terms: Ratio::ONE,
        client: TOOLS[model].to_owned(),
        attempt: 0,
        beside: vec![Beside { model: None, card: CardVersion(2), usage: Usage { output: 1, ..Usage::default() } }],
        parent: (model == 1).then(|| run(n, 0)),
        version: Some("1.0".to_owned()),
        // Said by some calls of a run, and so of all of them.
        project: (n == 1 && charge % 3 == 0).then(|| "shop".to_owned()),
        instead_of: None,
        human: n == 0,
        retried: n == 2,
    };
    let mut bytes = Vec::new();
    record.encode(&mut bytes).unwrap();
    Detail::from_vec(bytes)
}

/// A fresh folder, open.
pub(crate) fn folder() -> (tempfile::TempDir, Arc<DataDir>) {
    let temp = tempfile::tempdir().unwrap();
    let dir = open(&temp.path().join("purser"));
    (temp, dir)
}

pub(crate) fn open(path: &Path) -> Arc<DataDir> {
    Arc::new(DataDir::open(path, Mode::Exclusive).unwrap())
}

/// Writes and syncs frames as the ledger does, telling whoever listens.
pub(crate) fn write(journal: &mut SqliteJournal, frames: &[Frame], mut observer: Option<&mut dyn FrameObserver>) {
    for group in frames.chunks(3) {
        for frame in group {
            journal.append(frame).unwrap();
        }
        journal.sync().unwrap();
        if let Some(observer) = &mut observer {
            for frame in group {
                observer.durable(&Arc::new(frame.clone()));
            }
        }
    }
}
