//! `purser backup` and `purser restore`

use std::path::{Path, PathBuf};

use clap::Args;
use purser_store::{BackupProgress, DataDir, Mode};
use serde_json::json;

use crate::engine::store;
use crate::failure::Failure;
use crate::output::{Output, say};
use crate::place::Place;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// An empty or new folder
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A folder written by `purser backup`
    pub(crate) from: PathBuf,
}

/// Reads every file and says what is wrong, beside a running Purser or without one.
///
/// # Errors
/// Something is wrong, or could not be looked at.
pub(crate) fn verify(place: &Place, out: Output) -> Result<(), Failure> {
    let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
    let verified = purser_store::verify(&dir).map_err(|error| store(&error))?;
    let findings: Vec<String> = verified.findings.iter().map(ToString::to_string).collect();
    let journal = verified.journal.as_ref().map(|report| {
        json!({
            "frames": report.frames,
            "records": report.records,
            "head": report.head.to_string(),
            "accounts": report.accounts,
            "open_holds": report.open_holds,
            "suspense_items": report.suspense_items,
        })
    });
    let shown = json!({ "good": verified.is_good(), "journal": journal, "findings": findings });
    out.show(&shown, |_| match (&verified.journal, findings.is_empty()) {
        (Some(report), true) => format!(
            "good: {} records in {} frames, balances follow from them\nhead of the chain: {}",
            report.records, report.frames, report.head
        ),
        _ => findings.join("\n"),
    });
    match findings.len() {
        0 => Ok(()),
        number => Err(Failure::new(
            format!("{number} things are wrong in {}", place.data.display()),
            "keep the folder as it is; `purser restore` brings a backup back into another one",
        )),
    }
}

/// Copies the folder, beside a running Purser or without one.
///
/// # Errors
/// There is no Purser folder, or the target is not empty or can't be written.
pub(crate) fn backup(place: &Place, backup: &Backup, out: Output) -> Result<(), Failure> {
    copy(&place.data, &backup.to)?;
    out.show(&json!({ "from": place.data, "to": backup.to }), |_| format!("backed up to {}", backup.to.display()));
    Ok(())
}

/// Brings a backup back. The data folder must be empty or missing: nothing is ever overwritten.
///
/// # Errors
/// The source is no Purser folder, or the data folder holds something.
pub(crate) fn restore(place: &Place, restore: &Restore, out: Output) -> Result<(), Failure> {
    if place.exists() {
        return Err(Failure::new(
            format!("{} holds a ledger already; nothing is overwritten", place.data.display()),
            "move it away first, or name another folder with --data",
        ));
    }
    copy(&restore.from, &place.data)?;
    out.show(&json!({ "from": restore.from, "to": place.data }), |_| format!("restored to {}", place.data.display()));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let dir = DataDir::open(from, Mode::ReadOnly).map_err(|error| store(&error))?;
    let mut file = "";
    let mut progress = |now: BackupProgress| {
        if now.file != file {
            file = now.file;
            say(format_args!("copying {file} ({} pages)", now.total));
        }
    };
    purser_store::backup(&dir, to, &mut progress).map_err(|error| store(&error))
}
