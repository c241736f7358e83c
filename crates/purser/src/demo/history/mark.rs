//! What marks a data folder as made up, and takes such a folder away again.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use purser_store::{DataDir, Mode};
use purser_web::{MadeUp, WipeAsked, Wiping};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::logins::Entry;
use crate::engine::store;
use crate::failure::Failure;

/// The file that says so.
const FILE: &str = "demo.json";
/// What goes last, in this order: a wiping that was cut short leaves a marked folder that can be wiped again.
const LAST: [&str; 3] = ["lock", "format", FILE];

/// From what a made-up history was made: the same gives the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The seed.
    pub(crate) seed: u64,
    /// The first day.
    pub(crate) from: String,
    /// The first day after it.
    pub(crate) until: String,
    /// Who may sign in to its pages.
    #[serde(default)]
    pub(crate) logins: Vec<Entry>,
}

impl Mark {
    /// The mark of a folder; `None` of one in which people work.
    pub(crate) fn of(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data.join(FILE)).ok()?).ok()
    }

    /// What the pages of a folder say of it, and where they ask for it to be wiped; nothing of one in which people work.
    pub(crate) fn shown(data: &Path, ask: mpsc::Sender<WipeAsked>) -> purser_web::Demo {
        let mark = Self::of(data)?;
        let wiping = Wiping { folder: data.display().to_string(), ask };
        Some(MadeUp { logins: mark.logins.iter().map(Entry::shown).collect(), wiping })
    }

    /// Marks a folder.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Failure> {
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| Failure::from_error("the mark is not JSON", &error))?;
        fs::write(data.join(FILE), bytes)
            .map_err(|error| Failure::from_error(format!("{} can't be marked as made up", data.display()), &error))
    }
}

/// Removes a folder that is marked, and no other. `held` is its lock where this process has it already, as of
/// [`lock_file`](DataDir::lock_file). A folder that others hold in place, such as a mounted one, is left empty.
///
/// # Errors
/// It is not marked, somebody uses it, or something in it can't be removed.
pub(crate) fn wipe(data: &Path, held: Option<File>) -> Result<(), Failure> {
    if Mark::of(data).is_none() {
        return Err(Failure::new(
            format!("{} is not marked as made up, so it stays", data.display()),
            "only what `purser demo company` made is wiped; `--data DIR` names another folder",
        ));
    }
    // Nobody works with it while it goes.
    let dir = match held {
        None => DataDir::open(data, Mode::Exclusive),
        Some(lock) => DataDir::open_held(data, lock),
    };
    let dir = dir.map_err(|error| store(&error))?;
    empty(data).map_err(|error| Failure::from_error(format!("{} can't be removed", data.display()), &error))?;
    if let Err(error) = fs::remove_dir(data) {
        tracing::info!(%error, folder = %data.display(), "the folder is empty, but stays");
    }
    drop(dir);
    Ok(())
}

/// Removes all that a folder holds. What is a link in it goes as a link, not as what it leads to.
fn empty(data: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        if LAST.iter().any(|last| entry.file_name() == *last) {
            continue;
        }
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    for last in LAST {
        match fs::remove_file(data.join(last)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_marked_folder_goes() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        drop(DataDir::open(&data, Mode::Exclusive).unwrap());
        assert!(wipe(&data, None).unwrap_err().to_string().contains("not marked"));
        fs::write(data.join(FILE), "{}").unwrap();
        assert!(wipe(&data, None).unwrap_err().to_string().contains("not marked"), "any file of that name is no mark");
        let mark = Mark { seed: 1, from: "2025-09-26".to_owned(), until: "2026-11-26".to_owned(), logins: Vec::new() };
        mark.write(&data).unwrap();
        assert_eq!(Mark::of(&data), Some(mark));
        let held = DataDir::open(&data, Mode::Exclusive).unwrap();
        assert!(wipe(&data, None).is_err() && data.exists(), "it is in use");
        let lock = held.lock_file().unwrap();
        drop(held);
        assert!(wipe(&data, None).is_err(), "still: whoever ends it has the lock");
        wipe(&data, Some(lock)).unwrap();
        assert!(!data.exists());
    }

    #[test]
    fn what_a_link_in_it_leads_to_stays_and_a_folder_held_in_place_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let (data, beside) = (folder.path().join("data"), folder.path().join("beside"));
        fs::create_dir(&beside).unwrap();
        fs::write(beside.join("theirs"), "theirs").unwrap();
        drop(DataDir::open(&data, Mode::Exclusive).unwrap());
        std::os::unix::fs::symlink(&beside, data.join("leads-away")).unwrap();
        let mark = Mark { seed: 1, from: "2025-09-26".to_owned(), until: "2026-11-26".to_owned(), logins: Vec::new() };
        mark.write(&data).unwrap();
        // A link in its place can't be removed as a folder, like a mounted one.
        let named = folder.path().join("named");
        std::os::unix::fs::symlink(&data, &named).unwrap();
        wipe(&named, None).unwrap();
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
        assert!(beside.join("theirs").exists());
        drop(DataDir::open(&named, Mode::Exclusive).unwrap());
    }
}
