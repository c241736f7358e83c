//! A copy made while Purser works is a Purser folder.

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use purser_ledger::FrameNo;
use purser_store::{
    DataDir, Fence, JournalReader, Mode, Personal, Private, Projection, Projector, SqliteJournal, StoreError, backup,
};

use crate::projector::dump;
use crate::script::{Script, folder, noon, open, person, write};

#[test]
fn a_copy_of_a_busy_folder_catches_up_to_its_own_journal() {
    let (temp, dir) = folder();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let private = Private::open(&dir).unwrap();
    let fence = Fence::open(&dir).unwrap();
    fence.fence_claim("acme", "resp_1", person(1), noon(20_000)).unwrap();
    let (projector, mut tap) = Projector::start(&dir).unwrap();
    let mut script = Script::new();
    let mut lives = Vec::new();
    let to = temp.path().join("copy");
    let mut copied = Vec::new();
    let reading = DataDir::open(dir.path(), Mode::ReadOnly).unwrap();
    let mut n = 0;
    backup(&reading, &to, &mut |progress| {
        // Between any two pages life goes on: people join, calls are paid.
        copied.push(progress.file);
        n += 1;
        let name = format!("the {n}th to join");
        private.put_person(&Personal { person: person(n), name, email: None, more: None }).unwrap();
        let frames = script.frames(5);
        write(&mut journal, &frames, Some(&mut tap));
        lives.extend(frames);
        projector.wait_projected(lives.last().unwrap().last_lsn(), Duration::from_secs(30)).unwrap();
    })
    .unwrap();
    copied.dedup();
    assert_eq!(copied, ["purser.db", "journal.db", "fence.db"]);

    let copy = open(&to);
    let mut frames = Vec::new();
    JournalReader::open(&copy)
        .unwrap()
        .read(FrameNo(0), &mut |frame| {
            frames.push(frame);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(frames, lives[..frames.len()], "the journal of one moment");
    assert!(frames.len() >= 5, "which was after the projection's");
    let mut projection = Projection::open(&copy).unwrap();
    projection.catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    drop(projection);

    let (_temp, oracle) = folder();
    write(&mut SqliteJournal::open(&oracle).unwrap(), &frames, None);
    Projection::open(&oracle).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    assert_eq!(dump(&copy), dump(&oracle));
    // Whoever joined before the journal was copied is in the copy.
    assert!(Private::open(&copy).unwrap().people().unwrap().len() as u64 >= 2);
    assert_eq!(Fence::open(&copy).unwrap().fence_owner("acme", "resp_1").unwrap(), Some(person(1)));
    // And it works on.
    let mut journal = SqliteJournal::open(&copy).unwrap();
    let mut script = Script::new();
    let _ = script.frames(frames.len());
    write(&mut journal, &script.frames(3), None);
}

#[test]
fn a_backup_never_overwrites() {
    let (temp, dir) = folder();
    drop(SqliteJournal::open(&dir).unwrap());
    let to = temp.path().join("full");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("something"), "").unwrap();
    let refused = backup(&dir, &to, &mut |_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::NotAFolder { .. }), "{refused}");
    let to = temp.path().join("empty");
    backup(&dir, &to, &mut |_| ()).unwrap();
    drop(open(&to));
}
