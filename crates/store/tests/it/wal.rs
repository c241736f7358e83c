//! The log against the other journals: the same commands give the same bytes, and everything that reads a journal reads
//! either.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use purser_core::account::{AccountKey, Period};
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    BootId, Committer, Correction, Frame, FrameNo, Hold, HoldOutcome, HoldRequest, Journal, Ledger, Mark,
    MemoryJournal, Options, Resolution, Settlement,
};
use purser_store::{
    DataDir, Finding, JournalKind, JournalReader, Mode, Projection, SqliteJournal, StoreError, WalJournal, backup,
    open_journal, restore, verify,
};

use crate::projector::dump;
use crate::script::{Script, budget, detail, folder, grant, noon, open};

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Instant {
        Instant::from_micros(noon(20_000).as_micros() + self.0.fetch_add(1_000_000, Ordering::Relaxed))
    }
}

struct Life {
    ledger: Ledger,
    committer: Committer,
}

impl Life {
    fn begin(journal: Box<dyn Journal>, n: i64) -> Self {
        let clock = Arc::new(Ticking(AtomicI64::new(n * 10_000_000_000)));
        let (ledger, committer, _) = Ledger::open_stepped(journal, None, Options::new(BootId(1)), clock, None).unwrap();
        Self { ledger, committer }
    }

    fn hold(&self, n: u64, amount: i64) -> Hold {
        let period = Period { start: noon(19_000), end: noon(30_000) };
        let wanted = [grant(n), budget()].map(|subject| (AccountKey { subject, period }, Nano::new(1_000_000)));
        let (numbers, _) = self.ledger.accounts(&wanted).unwrap();
        let amount = Nano::new(amount);
        let request = HoldRequest { grants: &numbers[..1], ceilings: &numbers[1..], want: amount, least: amount };
        match self.ledger.hold(&request).unwrap() {
            HoldOutcome::Placed(hold) => hold,
            other => panic!("{other:?}"),
        }
    }

    /// What a day brings, a sync after each step, and a kill in the middle of one.
    fn run(mut self, n: u64) {
        let command = |step: u64| CommandId::new(u128::from(n * 1_000 + step));
        for step in 0..30_u64 {
            let hold = self.hold(step % 3, 1_000 + i64::try_from(step).unwrap());
            let id = hold.id();
            let charge = Nano::new(500 + i64::try_from(step).unwrap());
            let settlement = Settlement { charge, mark: Mark::Exact, detail: detail(0, 0, charge.get()) };
            let _ = match step % 5 {
                0 => Some(hold.release().unwrap()),
                // Its owner dies with the process.
                1 => {
                    std::mem::forget(hold);
                    None
                }
                _ => Some(hold.settle(settlement).unwrap()),
            };
            match step % 7 {
                2 => {
                    let right = Correction::To(Nano::new(77));
                    // Refused for a hold that was not settled, in each journal alike.
                    let _ = self.ledger.adjust(command(step), id, &right, &detail(0, 0, 77));
                }
                3 => drop(self.ledger.reverse(command(step), id)),
                4 => drop(self.ledger.event(command(step), 7, &vec![0; usize::try_from(step).unwrap() * 40])),
                _ => {}
            }
            self.committer.sync();
        }
        for item in self.ledger.suspense_items().into_iter().take(2) {
            let charge = Resolution::Charge { charge: Nano::new(9), detail: detail(0, 0, 9) };
            self.ledger.resolve(CommandId::new(u128::from(item.id.0) + 1_000_000), item.id, &charge).unwrap();
        }
        self.committer.sync();
        std::mem::forget((self.hold(0, 10), self.hold(1, 20)));
        self.committer.write();
    }
}

fn bytes_of(read: impl FnOnce(&mut dyn FnMut(Frame) -> ControlFlow<()>)) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    read(&mut |frame| {
        all.push(frame.encode());
        ControlFlow::Continue(())
    });
    all
}

#[test]
fn the_same_commands_give_the_same_frames_in_every_journal() {
    let lives = |open: &mut dyn FnMut() -> Box<dyn Journal>| {
        for n in 0..3_u32 {
            Life::begin(open(), i64::from(n)).run(u64::from(n));
        }
    };
    let in_memory = |memory: MemoryJournal| {
        let mut disk = memory;
        lives(&mut || {
            disk = disk.kill();
            Box::new(disk.clone())
        });
        bytes_of(|each| disk.kill().read(FrameNo(1), each).unwrap())
    };
    let on_disk = |kind: JournalKind| {
        let (_temp, dir) = folder();
        lives(&mut || open_journal(&dir, kind).unwrap());
        drop(open_journal(&dir, kind).unwrap());
        let report = verify(&dir).unwrap();
        assert!(report.is_good(), "{:?}", report.findings);
        bytes_of(|each| JournalReader::open(&dir).unwrap().read(FrameNo(1), each).unwrap())
    };
    let oracle = on_disk(JournalKind::Sqlite);
    assert!(oracle.len() > 90, "three days of steps: {}", oracle.len());
    for (name, found) in [
        ("memory", in_memory(MemoryJournal::new())),
        ("memory, in pieces", in_memory(MemoryJournal::with_pen())),
        ("log", on_disk(JournalKind::Log)),
    ] {
        assert_eq!(found.len(), oracle.len(), "{name}");
        for (no, (found, expected)) in (1..).zip(found.iter().zip(&oracle)) {
            assert_eq!(found, expected, "{name}, frame {no}");
        }
    }
}

/// A folder with a log of these frames.
fn logged(frames: &[Frame]) -> (tempfile::TempDir, Arc<DataDir>) {
    let (temp, dir) = folder();
    let mut journal = WalJournal::open(&dir).unwrap();
    for frame in frames {
        journal.append(frame).unwrap();
    }
    journal.sync().unwrap();
    (temp, dir)
}

#[test]
fn a_folder_keeps_the_journal_it_has() {
    for (first, then) in [(JournalKind::Log, JournalKind::Sqlite), (JournalKind::Sqlite, JournalKind::Log)] {
        let (_temp, dir) = folder();
        assert_eq!(JournalKind::of(&dir), None);
        let frames = Script::new().frames(3);
        let mut journal = open_journal(&dir, first).unwrap();
        for frame in &frames {
            journal.append(frame).unwrap();
        }
        drop(journal);
        assert_eq!(JournalKind::of(&dir), Some(first));
        // Programs from before there was a log refuse a folder that has one.
        let format = fs::read_to_string(dir.path().join("format")).unwrap();
        assert_eq!(format, if first == JournalKind::Log { "purser 2\n" } else { "purser 1\n" });
        let mut journal = open_journal(&dir, then).unwrap();
        assert_eq!(journal.head().unwrap(), Some(frames[2].head()));
        assert_eq!(JournalKind::of(&dir), Some(first));
    }
}

#[test]
fn a_folder_with_two_journals_is_refused() {
    let (_temp, dir) = logged(&Script::new().frames(3));
    drop(SqliteJournal::open(&dir).unwrap());
    let refused = open_journal(&dir, JournalKind::Log).map(drop).unwrap_err();
    assert!(refused.to_string().contains("two journals"), "{refused}");
}

#[test]
fn a_log_is_projected_as_a_database_is() {
    let frames = Script::new().frames(60);
    let (_temp, dir) = logged(&frames);
    let (_other, oracle) = folder();
    crate::script::write(&mut SqliteJournal::open(&oracle).unwrap(), &frames, None);
    for dir in [&dir, &oracle] {
        Projection::open(dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    }
    assert_eq!(dump(&dir), dump(&oracle));
    assert!(verify(&dir).unwrap().is_good());
}

#[test]
fn verify_names_the_bad_segment() {
    let (_temp, dir) = logged(&Script::new().frames(40));
    Projection::open(&dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    let name = "00000000000000000001.wal";
    let mut bytes = fs::read(dir.log().join(name)).unwrap();
    bytes[5_000] ^= 1;
    fs::write(dir.log().join(name), bytes).unwrap();
    let findings = verify(&dir).unwrap().findings;
    let [finding @ Finding::Journal { frame, .. }] = &findings[..] else { panic!("{findings:?}") };
    let text = finding.to_string();
    assert!(text.contains(name) && text.contains(&format!("frame {frame}")) && text.contains("at byte"), "{text}");
    let refused = WalJournal::open(&dir).unwrap_err();
    assert!(matches!(&refused, StoreError::Damaged { frame: Some(no), .. } if *no == frame.0), "{refused}");
}

#[test]
fn a_log_that_lost_its_end_is_not_taken_for_a_shorter_one() {
    let frames = Script::new().frames(40);
    let (_temp, dir) = logged(&frames);
    Projection::open(&dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    let path = dir.log().join("00000000000000000001.wal");
    let mut bytes = fs::read(&path).unwrap();
    let last = frames[39].encode();
    let at = bytes.windows(last.len()).position(|window| window == last).unwrap();
    bytes[at..].fill(0);
    fs::write(&path, bytes).unwrap();
    drop(WalJournal::open(&dir).unwrap());
    let refused = Projection::open(&dir).unwrap_err().to_string();
    assert!(refused.contains("the journal ends before it"), "{refused}");
    assert!(verify(&dir).unwrap().findings.iter().any(|finding| matches!(finding, Finding::Foreign { .. })));
}

#[test]
fn a_log_is_backed_up_while_it_is_written_and_restored() {
    let (temp, dir) = folder();
    let mut journal = WalJournal::open(&dir).unwrap();
    let mut script = Script::new();
    let mut lives = Vec::new();
    let mut add = |journal: &mut WalJournal, count| {
        for frame in script.frames(count) {
            journal.append(&frame).unwrap();
            journal.sync().unwrap();
            lives.push(frame);
        }
    };
    // Into a third segment.
    add(&mut journal, 4_000);
    let to = temp.path().join("copy");
    let reading = DataDir::open(dir.path(), Mode::ReadOnly).unwrap();
    backup(&reading, &to, noon(20_000), &mut |_| add(&mut journal, 5)).unwrap();
    let back = temp.path().join("back");
    restore(&to, &back, &mut |_| ()).unwrap();
    let back = open(&back);
    let mut journal = WalJournal::open(&back).unwrap();
    assert!(!journal.torn().unwrap());
    let found = bytes_of(|each| journal.read(FrameNo(1), each).unwrap());
    assert!(found.len() >= 4_000);
    assert!(found.iter().zip(&lives).all(|(found, live)| *found == live.encode()));
    let next = &lives.get(found.len()).cloned().unwrap_or_else(|| script.frame());
    journal.append(next).unwrap();
}
