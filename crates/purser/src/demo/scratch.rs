//! The folder of a demonstration: gone afterwards, unless it was asked for.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A folder of its own. Removed when dropped, unless it is to be kept.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    keep: bool,
}

impl Scratch {
    /// `kept`, new or empty; or a new one among the machine's temporary files.
    ///
    /// # Errors
    /// It can't be made, or holds something already.
    pub(crate) fn make(kept: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = kept {
            let holds_something = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
            if holds_something {
                return Err(Failure::new(
                    format!("{} holds something already", path.display()),
                    "--keep wants a new or an empty folder; nothing is overwritten",
                ));
            }
            make(path)?;
            return Ok(Self { path: path.to_owned(), keep: true });
        }
        let mut bits = [0; 8];
        getrandom::fill(&mut bits).map_err(|error| Failure::from_error("the machine gave no random bits", &error))?;
        let path = std::env::temp_dir().join(format!("purser-demo-{:016x}", u64::from_ne_bytes(bits)));
        make(&path)?;
        Ok(Self { path, keep: false })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn make(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path)
        .map_err(|error| Failure::from_error(format!("the folder {} can't be made", path.display()), &error))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the demonstration's folder could not be removed");
        }
    }
}
