//! The real ledger on these files: charges, a kill, a restart, and all of them agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use purser_core::account::{AccountKey, Period};
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    BootId, Committer, Correction, HoldOutcome, HoldRequest, Ledger, Mark, Options, Recovery, Resolution, Settlement,
};
use purser_store::{DataDir, JournalKind, Projector, Reader, Snapshots, open_journal, verify};

use crate::script::{budget, detail, folder, grant, noon};

/// Everything holds on either.
const KINDS: [JournalKind; 2] = [JournalKind::Log, JournalKind::Sqlite];

/// A second later each time it is asked.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Instant {
        Instant::from_micros(noon(20_000).as_micros() + self.0.fetch_add(1_000_000, Ordering::Relaxed))
    }
}

struct Running {
    ledger: Ledger,
    committer: Committer,
    projector: Projector,
    recovery: Recovery,
}

fn start(dir: &Arc<DataDir>, kind: JournalKind, boot: u64) -> Running {
    let journal = open_journal(dir, kind).unwrap();
    let snapshot = Snapshots::of(dir).load().unwrap();
    let (projector, tap) = Projector::start(dir).unwrap();
    let options = Options::new(BootId(boot));
    let clock = Arc::new(Ticking(AtomicI64::new(0)));
    let (ledger, committer, recovery) =
        Ledger::open_stepped(journal, snapshot, options, clock, Some(Box::new(tap))).unwrap();
    Running { ledger, committer, projector, recovery }
}

impl Running {
    fn accounts(&mut self) -> Vec<purser_ledger::AccountNo> {
        let period = Period { start: noon(19_000), end: noon(30_000) };
        let wanted = [grant(0), budget()].map(|subject| (AccountKey { subject, period }, Nano::new(1_000_000)));
        let (numbers, _) = self.ledger.accounts(&wanted).unwrap();
        self.committer.sync();
        numbers.to_vec()
    }

    fn hold(&mut self, amount: i64) -> purser_ledger::Hold {
        let numbers = self.accounts();
        let (want, least) = (Nano::new(amount), Nano::new(amount));
        let request = HoldRequest { grants: &numbers[..1], ceilings: &numbers[1..], want, least };
        match self.ledger.hold(&request).unwrap() {
            HoldOutcome::Placed(hold) => hold,
            other => panic!("{other:?}"),
        }
    }

    fn charge(&mut self, amount: i64) -> purser_ledger::HoldId {
        let hold = self.hold(amount + 10);
        let id = hold.id();
        let settlement = Settlement { charge: Nano::new(amount), mark: Mark::Exact, detail: detail(0, 0, amount) };
        hold.settle(settlement).unwrap();
        id
    }

    /// Everything synced and projected; what the projection has for each account is what the ledger has.
    fn agree(&mut self, dir: &DataDir) {
        self.committer.sync();
        let lsn = self.ledger.watermarks().durable;
        self.projector.wait_projected(lsn, Duration::from_secs(30)).unwrap();
        let reader = Reader::open(dir).unwrap();
        for balance in self.ledger.balances() {
            let row = reader.account(balance.no).unwrap().unwrap();
            assert_eq!((row.spent, row.limit, row.period), (balance.spent, balance.limit, balance.key.period));
        }
        let verified = verify(dir).unwrap();
        assert!(verified.is_good(), "{:?}", verified.findings);
    }
}

#[test]
fn ledger_projection_and_journal_agree_over_a_kill() {
    KINDS.into_iter().for_each(check_agreement);
}

fn check_agreement(kind: JournalKind) {
    let (_temp, dir) = folder();
    let mut running = start(&dir, kind, 1);
    for amount in [1_000, 2_000, 3_000] {
        running.charge(amount);
    }
    let wrong = running.charge(4_000);
    let right = Correction::To(Nano::new(4_500));
    running.ledger.adjust(CommandId::new(1), wrong, &right, &detail(0, 0, 4_500)).unwrap();
    let unwanted = running.charge(5_000);
    running.ledger.reverse(CommandId::new(2), unwanted).unwrap();
    // Settled far above its hold: what the grant does not have overruns.
    let hold = running.hold(10);
    let settlement = Settlement { charge: Nano::new(2_000_000), mark: Mark::Disputed, detail: detail(0, 0, 2_000_000) };
    hold.settle(settlement).unwrap();
    running.agree(&dir);
    running.ledger.adjust(CommandId::new(3), wrong, &Correction::To(Nano::ZERO), &[]).unwrap();
    running.agree(&dir);
    let snapshot = running.ledger.snapshot();
    Snapshots::of(&dir).save(&snapshot).unwrap();

    // The process is killed: what was written is there, synced or not, projected or not.
    running.committer.write();
    drop(running);
    let mut running = start(&dir, kind, 1);
    running.agree(&dir);
    drop(running.recovery);
}

#[test]
fn what_was_under_way_at_a_kill_is_resolved_and_found() {
    KINDS.into_iter().for_each(check_kill);
}

fn check_kill(kind: JournalKind) {
    let (_temp, dir) = folder();
    let mut running = start(&dir, kind, 1);
    let (first, second) = (running.hold(300), running.hold(400));
    running.committer.write();
    // The holds' owners die with the process.
    std::mem::forget((first, second));
    drop(running);

    let mut running = start(&dir, kind, 1);
    assert_eq!(running.recovery.suspended.len(), 2);
    running.agree(&dir);
    let items = running.ledger.suspense_items();
    let charged = Resolution::Charge { charge: Nano::new(250), detail: detail(0, 0, 250) };
    running.ledger.resolve(CommandId::new(10), items[0].id, &charged).unwrap();
    running.ledger.resolve(CommandId::new(11), items[1].id, &Resolution::WriteOff).unwrap();
    running.agree(&dir);
    let reader = Reader::open(&dir).unwrap();
    let rows = reader.charges_of_hold(items[0].hold.unwrap()).unwrap();
    assert_eq!(rows[0].charge, Nano::new(250));
    assert_eq!(rows[0].ceilings, items[0].ceilings, "known although the hold was of another life");
    drop(running);
}

#[test]
fn slices_after_a_power_cut_are_resolved_and_found() {
    KINDS.into_iter().for_each(check_power_cut);
}

fn check_power_cut(kind: JournalKind) {
    let (_temp, dir) = folder();
    let mut running = start(&dir, kind, 1);
    running.charge(1_000);
    // Holds inside a durable slice: after a power cut nobody knows what else there was.
    running.charge(1_000);
    running.committer.sync();
    drop(running);

    let mut running = start(&dir, kind, 2);
    assert!(running.recovery.tail_may_be_lost);
    let items = running.ledger.suspense_items();
    assert!(items.iter().any(|item| item.hold.is_none()), "{items:?}");
    running.agree(&dir);
    for (command, item) in (20..).map(CommandId::new).zip(&items) {
        let charged = Resolution::Charge { charge: Nano::new(70), detail: detail(0, 0, 70) };
        running.ledger.resolve(command, item.id, &charged).unwrap();
    }
    running.agree(&dir);
}
