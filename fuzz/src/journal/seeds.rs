//! A journal that a ledger wrote, with every kind of record: what fuzzing of the journal starts from.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::charge::{ChargeRecord, Dialect, Mark as Sure};
use purser_core::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::price::{CardVersion, Ratio};
use purser_core::time::{Clock, Instant};
use purser_core::usage::{Tier, Usage};
use purser_ledger::{
    BootId, Correction, Detail, Frame, FrameNo, HoldOutcome, HoldRequest, Journal, Ledger, Mark, MemoryJournal,
    Options, Resolution, Settlement, Snapshot,
};

/// A clock that moves when told.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Writes the seeds of the targets `journal` and `log`, each by its name.
///
/// # Errors
/// Those of `keep`.
pub fn seeds(keep: &mut dyn FnMut(&str, &str, &[u8]) -> io::Result<()>) -> io::Result<()> {
    let journal = MemoryJournal::new();
    let mut snapshots = Vec::new();
    for boot in 1..4 {
        let (ledger, committer) = open(&journal, boot);
        snapshots.push(work(ledger, committer, boot));
    }
    keep("journal", "journal", &[b"f", &journal.bytes()[..]].concat())?;
    for (number, snapshot) in snapshots.iter().enumerate() {
        let bytes = snapshot.encode();
        let inside = bytes.get(1..bytes.len() - 32).expect("version, inside, hash");
        keep("journal", &format!("snapshot-{number}"), &[b"s", inside].concat())?;
    }
    let mut all = Vec::new();
    let mut frames = Vec::new();
    journal
        .clone()
        .read(FrameNo(1), &mut |frame| {
            frames.push(frame);
            std::ops::ControlFlow::Continue(())
        })
        .map_err(io::Error::other)?;
    for (number, frame) in frames.iter().enumerate() {
        let bodies = bodies(frame);
        all.extend_from_slice(&bodies);
        keep("journal", &format!("records-{number}"), &[b"r", &bodies[..]].concat())?;
        keep("journal", &format!("up-to-{number}"), &[b"r", &all[..]].concat())?;
    }
    for count in [1, frames.len() / 2, frames.len()] {
        let log = crate::log::written(frames.get(..count).unwrap_or(&frames));
        keep("log", &format!("frames-{count}"), &log)?;
    }
    let mut detail = Vec::new();
    charge().encode(&mut detail).expect("short texts");
    keep("journal", "charge", &[b"c", &detail[..]].concat())
}

fn open(journal: &MemoryJournal, boot: u64) -> (Ledger, purser_ledger::Committer) {
    let clock = Arc::new(HandClock(AtomicI64::new(1_790_000_000_000_000)));
    let options = Options::new(BootId(boot));
    let (ledger, committer, _) =
        Ledger::open_stepped(Box::new(journal.clone()), None, options, clock, None).expect("our own journal");
    (ledger, committer)
}

fn work(ledger: Ledger, mut committer: purser_ledger::Committer, boot: u64) -> Snapshot {
    let from = Instant::from_micros(1_789_000_000_000_000);
    let period = Period { start: from, end: Instant::from_micros(1_791_000_000_000_000) };
    let key = |subject| AccountKey { subject, period };
    let (grant, other) = (key(Subject::Grant(GrantId::new(7))), key(Subject::Grant(GrantId::new(8))));
    let limit = key(Subject::Budget(BudgetId::new(9)));
    let asked = [
        (grant, Nano::new(5_000)),
        (other, Nano::new(70_000 + i64::try_from(boot).unwrap_or(0))),
        (limit, Nano::new(90_000)),
    ];
    let (numbers, _) = ledger.accounts(&asked).expect("new accounts");
    let hold = |want: i64| {
        let (grants, ceilings) = (numbers.get(..2).expect("two"), numbers.get(2..).expect("one"));
        let want = Nano::new(want);
        match ledger.hold(&HoldRequest { grants, ceilings, want, least: want }).expect("running") {
            HoldOutcome::Placed(hold) => hold,
            other => panic!("not placed: {other:?}"),
        }
    };
    let mut detail = Vec::new();
    charge().encode(&mut detail).expect("short texts");
    let paid = |charge: i64, mark| Settlement { charge: Nano::new(charge), mark, detail: Detail::from_slice(&detail) };
    let command = |number: u128| CommandId::new(u128::from(boot) * 100 + number);

    let mut first = hold(6_000);
    let _grown = first.grow(Nano::new(500), Nano::new(1)).expect("there is more");
    let settled = first.id();
    first.settle(paid(5_500, Mark::Exact)).expect("held");
    hold(100).release().expect("held");
    hold(300).settle(paid(400, Mark::Estimated)).expect("held");
    let reversed = hold(200);
    let id = reversed.id();
    reversed.settle(paid(150, Mark::Disputed)).expect("held");
    ledger.adjust(command(1), settled, &Correction::To(Nano::new(4_000)), &detail).expect("settled");
    ledger.reverse(command(2), id).expect("settled");
    ledger.event(command(3), 1, br#"{"granted":1}"#).expect("short");
    let items = ledger.suspense_items();
    if let Some(item) = items.first() {
        let _ = ledger.resolve(command(4), item.id, &Resolution::WriteOff);
    }
    committer.sync();
    // Open when the process ends: suspense at the next start.
    std::mem::forget(hold(777));
    committer.sync();
    ledger.snapshot()
}

/// The records of a frame without their checksums, each behind a byte with its length.
fn bodies(frame: &Frame) -> Vec<u8> {
    let (mut rest, mut out) = (&frame.payload[..], Vec::new());
    while let Some((low, after)) = rest.split_first() {
        let (len, after) = match after.split_first() {
            Some((high, after)) if *low >= 0x80 => (usize::from(*low & 0x7f) | usize::from(*high) << 7, after),
            _ => (usize::from(*low), after),
        };
        let (body, after) = after.split_at(4).1.split_at(len);
        out.push(u8::try_from(len).unwrap_or(u8::MAX));
        out.extend_from_slice(body.get(..len.min(255)).expect("at most all of it"));
        rest = after;
    }
    out
}

fn charge() -> ChargeRecord {
    ChargeRecord {
        person: PersonId::new(1),
        key: KeyId::new(2),
        unit: Some(UnitId::new(3)),
        run: None,
        session: Some(4),
        provider: "anthropic".to_owned(),
        requested: "claude-opus-5-5".to_owned(),
        served: Some("claude-haiku-5-5".to_owned()),
        dialect: Dialect::AnthropicMessages,
        tier: Tier::Standard,
        geo: Some("us".to_owned()),
        usage: Usage { input_uncached: 5, cache_read: 700, output: 80, ..Usage::default() },
        card: CardVersion(9),
        mark: Sure::Exact,
        terms: Ratio::ONE,
        client: "claude-cli".to_owned(),
        attempt: 1,
        beside: vec![purser_core::charge::Beside { model: None, card: CardVersion(9), usage: Usage::default() }],
        parent: None,
        version: None,
        project: None,
        instead_of: None,
        human: false,
        retried: false,
    }
}
