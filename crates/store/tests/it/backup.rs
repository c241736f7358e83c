//! A copy made while Purser works is a Purser folder.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use purser_ledger::FrameNo;
use purser_store::{
    DataDir, Fence, JournalReader, Mode, Personal, Private, Projection, Projector, SqliteJournal, StoreError, backup,
    restore, verify,
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
    let manifest = backup(&reading, &to, noon(20_000), &mut |progress| {
        // Between any two pages life goes on: people join, calls are paid.
        copied.push(progress.file.clone());
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

    let back = temp.path().join("back");
    assert_eq!(restore(&to, &back, &mut |_| ()).unwrap(), manifest);
    assert_eq!(differences(&to, &manifest), Vec::<String>::new(), "a backup stays as it was made");
    let copy = open(&back);
    let mut frames = Vec::new();
    JournalReader::open(&copy)
        .unwrap()
        .read(FrameNo(0), &mut |frame| {
            frames.push(frame);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(frames, lives[..frames.len()], "the journal of one moment");
    let head = frames.last().unwrap().head();
    assert_eq!((manifest.journal.records, manifest.journal.head), (head.last_lsn.0, head.hash.to_string()));
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
fn nothing_is_ever_overwritten_and_a_backup_is_not_written() {
    let (temp, dir) = folder();
    drop(SqliteJournal::open(&dir).unwrap());
    let full = temp.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("something"), "").unwrap();
    let refused = backup(&dir, &full, noon(20_000), &mut |_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::NotAFolder { .. }), "{refused}");
    let to = temp.path().join("empty");
    backup(&dir, &to, noon(20_000), &mut |_| ()).unwrap();
    let refused = DataDir::open(&to, Mode::Exclusive).unwrap_err().to_string();
    assert!(refused.contains("`purser restore` brings it back"), "{refused}");
    let refused = restore(&to, &full, &mut |_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::NotAFolder { .. }), "{refused}");
    let refused = restore(dir.path(), temp.path().join("other"), &mut |_| ()).unwrap_err().to_string();
    assert!(refused.contains("no manifest.json"), "a data folder is no backup: {refused}");
}

/// A backup of a day, and what the folder's journal says about itself.
fn day() -> (tempfile::TempDir, PathBuf) {
    let (temp, dir) = folder();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    write(&mut journal, &Script::new().frames(30), None);
    Projection::open(&dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    let to = temp.path().join("backup");
    backup(&dir, &to, noon(20_000), &mut |_| ()).unwrap();
    (temp, to)
}

fn differences(folder: &Path, manifest: &purser_store::Manifest) -> Vec<String> {
    assert_eq!(&purser_store::manifest_of(folder).unwrap().unwrap(), manifest);
    let verified = verify(&DataDir::open(folder, Mode::ReadOnly).unwrap()).unwrap();
    verified.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn verify_and_restore_find_every_file_that_is_not_what_was_backed_up() {
    let (temp, to) = day();
    let manifest = purser_store::manifest_of(&to).unwrap().unwrap();
    let names: Vec<&str> = manifest.files.iter().map(|mark| mark.path.as_str()).collect();
    assert_eq!(names, ["format", "journal.db", "purser.db", "secret"]);
    // A format file with anything behind its number is refused before anything else is looked at.
    for (place, name) in names.into_iter().skip(1).enumerate() {
        let whole = fs::read(to.join(name)).unwrap();
        let mut bent = whole.clone();
        // Beyond what anybody but the manifest would notice: behind the end.
        bent.push(0);
        fs::write(to.join(name), &bent).unwrap();
        let found = differences(&to, &manifest);
        assert!(found.iter().any(|what| what.contains(&format!("{name} is not the file"))), "{name}: {found:?}");
        let target = temp.path().join(format!("bent-{place}"));
        let refused = restore(&to, &target, &mut |_| ()).unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains("use another backup"), "{refused}");
        assert!(!target.join("format").exists(), "what is left is no folder");
        fs::remove_file(to.join(name)).unwrap();
        if name != "journal.db" {
            let found = differences(&to, &manifest);
            assert!(found.iter().any(|what| what.contains(&format!("{name} is missing"))), "{name}: {found:?}");
        }
        fs::write(to.join(name), &whole).unwrap();
    }
    assert_eq!(differences(&to, &manifest), Vec::<String>::new());
}

#[test]
fn a_manifest_from_anywhere_leads_nowhere_else() {
    let (temp, to) = day();
    let text = fs::read_to_string(to.join("manifest.json")).unwrap();
    for (place, name) in ["../secret", "/etc/hostname", ""].into_iter().enumerate() {
        fs::write(to.join("manifest.json"), text.replace("\"secret\"", &format!("{name:?}"))).unwrap();
        let refused = restore(&to, temp.path().join(format!("{place}")), &mut |_| ()).unwrap_err().to_string();
        assert!(refused.contains("leads out of the backup"), "{name:?}: {refused}");
    }
}

#[test]
fn a_newer_backup_is_refused_with_file_and_versions() {
    let (temp, to) = day();
    let text = fs::read_to_string(to.join("manifest.json")).unwrap();
    let newer = text.replace("\"backup\": 1", "\"backup\": 2").replace("made_by", "made_with");
    fs::write(to.join("manifest.json"), newer).unwrap();
    let target = temp.path().join("target");
    let refused = restore(&to, &target, &mut |_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 2, known: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("manifest.json"), "{refused}");
    assert!(!target.exists(), "nothing is made");
}
