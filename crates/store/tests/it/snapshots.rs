//! Snapshots fall back, never mislead, and can be made beside a running ledger.

use std::fs;

use purser_ledger::{FrameNo, Lsn, Replica, Snapshot};
use purser_store::{DataDir, Snapshots, SqliteJournal};

use crate::script::{Script, folder, write};

fn after(frames: usize) -> Snapshot {
    let mut replica = Replica::new(None);
    Script::new().frames(frames).iter().for_each(|frame| replica.apply(frame).unwrap());
    replica.snapshot()
}

fn files(dir: &DataDir) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.snapshots()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_last_two_are_kept_and_a_bad_one_is_passed_over() {
    let (_temp, dir) = folder();
    let snapshots = Snapshots::of(&dir);
    assert!(snapshots.load().unwrap().is_none());
    let made: Vec<_> = [10, 20, 30].map(after).into();
    for snapshot in &made {
        snapshots.save(snapshot).unwrap();
    }
    let kept = files(&dir);
    assert_eq!(kept.len(), 2);
    assert_eq!(snapshots.load().unwrap().unwrap().digest(), made[2].digest());
    assert_eq!(snapshots.load_up_to(made[1].lsn()).unwrap().unwrap().lsn(), made[1].lsn());

    let good = fs::read(&kept[1]).unwrap();
    for bad in [&good[..good.len() / 2], &[], &[&good[..9], &[good[9] ^ 1], &good[10..]].concat()] {
        fs::write(&kept[1], bad).unwrap();
        assert_eq!(snapshots.load().unwrap().unwrap().lsn(), made[1].lsn(), "the one before");
    }
    // A whole one under another's name is not believed either.
    fs::copy(&kept[0], &kept[1]).unwrap();
    assert_eq!(snapshots.load().unwrap().unwrap().lsn(), made[1].lsn());
    fs::write(&kept[0], b"").unwrap();
    assert!(snapshots.load().unwrap().is_none(), "then from the first frame");
    // A start cut short leaves a half-written file aside, and nothing minds.
    fs::write(dir.snapshots().join("00000000000000000099.snap.new"), b"half").unwrap();
    snapshots.save(&made[2]).unwrap();
    assert_eq!(snapshots.load().unwrap().unwrap().lsn(), made[2].lsn());
}

#[test]
fn one_made_beside_the_ledger_is_the_one_replay_gives() {
    let (_temp, dir) = folder();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let mut script = Script::new();
    write(&mut journal, &script.frames(30), None);
    let snapshots = Snapshots::of(&dir);
    assert_eq!(snapshots.renew(&dir, FrameNo(0)).unwrap(), None, "nothing is durable");
    assert_eq!(snapshots.renew(&dir, FrameNo(20)).unwrap(), Some(after(20).lsn()));
    assert_eq!(snapshots.load().unwrap().unwrap().digest(), after(20).digest(), "not beyond what is durable");
    write(&mut journal, &script.frames(30), None);
    assert_eq!(snapshots.renew(&dir, FrameNo(60)).unwrap(), Some(after(60).lsn()));
    assert_eq!(snapshots.load().unwrap().unwrap().digest(), after(60).digest(), "onto the one before");
    assert_eq!(snapshots.renew(&dir, FrameNo(60)).unwrap(), None);
    assert!(snapshots.load_up_to(Lsn(1)).unwrap().is_none());
}
