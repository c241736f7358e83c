//! What marks a data folder as made up, and takes such a folder away again.

use std::path::Path;

use purser_store::{DataDir, Mode};
use serde::{Deserialize, Serialize};

use super::logins::Entry;
use crate::engine::store;
use crate::failure::Failure;

/// The file that says so.
const FILE: &str = "demo.json";

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
        serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()
    }

    /// What the pages of a folder say of it; nothing of one in which people work.
    pub(crate) fn shown(data: &Path) -> purser_web::Demo {
        Self::of(data).map(|mark| mark.logins.iter().map(Entry::shown).collect())
    }

    /// Marks a folder.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Failure> {
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| Failure::from_error("the mark is not JSON", &error))?;
        std::fs::write(data.join(FILE), bytes)
            .map_err(|error| Failure::from_error(format!("{} can't be marked as made up", data.display()), &error))
    }
}

/// Removes a folder that is marked, and no other.
///
/// # Errors
/// It is not marked, somebody uses it, or it can't be removed.
pub(crate) fn wipe(data: &Path) -> Result<(), Failure> {
    if Mark::of(data).is_none() {
        return Err(Failure::new(
            format!("{} is not marked as made up, so it stays", data.display()),
            "only what `purser demo company` made is wiped; `--data DIR` names another folder",
        ));
    }
    // Nobody works with it while it goes.
    let dir = DataDir::open(data, Mode::Exclusive).map_err(|error| store(&error))?;
    drop(dir);
    std::fs::remove_dir_all(data)
        .map_err(|error| Failure::from_error(format!("{} can't be removed", data.display()), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_marked_folder_goes() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        drop(DataDir::open(&data, Mode::Exclusive).unwrap());
        assert!(wipe(&data).unwrap_err().to_string().contains("not marked"));
        let mark = Mark { seed: 1, from: "2025-09-26".to_owned(), until: "2026-11-26".to_owned(), logins: Vec::new() };
        mark.write(&data).unwrap();
        assert_eq!(Mark::of(&data), Some(mark));
        let held = DataDir::open(&data, Mode::Exclusive).unwrap();
        assert!(wipe(&data).is_err() && data.exists(), "it is in use");
        drop(held);
        wipe(&data).unwrap();
        assert!(!data.exists());
    }
}
