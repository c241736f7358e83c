//! `purser verify`, `purser backup` and `purser restore`

use std::path::PathBuf;

use clap::Args;
use purser_core::time::Clock;
use purser_store::{CopyProgress, DataDir, Manifest, Mode};
use serde_json::{Value, json};

use crate::clock::MachineClock;
use crate::engine::store;
use crate::failure::Failure;
use crate::output::{Output, say};
use crate::place::Place;

/// What every backup has in it, for people.
const INCLUDED: [&str; 3] = [
    "the journal with every grant, budget, price, hold and charge",
    "names, mail addresses and labels",
    "keys as hashes, the folder's own secret, who made which provider-side id",
];
/// What no backup has in it, because the data folder does not have it.
const NOT_INCLUDED: [&str; 3] =
    ["keys of people and administrators (kept nowhere)", "keys of providers", "purser.toml and TLS certificates"];

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A data folder or a backup [default: the data folder]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// An empty or new folder
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A folder written by `purser backup`; it is only read
    pub(crate) from: PathBuf,
    /// An empty or new folder [default: the data folder]
    pub(crate) to: Option<PathBuf>,
}

/// Reads every file and says what is wrong, beside a running Purser or without one.
///
/// # Errors
/// Something is wrong, or could not be looked at.
pub(crate) fn verify(place: &Place, verify: &Verify, out: Output) -> Result<(), Failure> {
    let folder = verify.folder.as_ref().unwrap_or(&place.data);
    let dir = DataDir::open(folder, Mode::ReadOnly).map_err(|error| store(&error))?;
    let backup = purser_store::manifest_of(folder).map_err(|error| store(&error))?;
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
    let made = backup.as_ref().map(|manifest| json!({ "made_by": manifest.made_by, "made_at": manifest.made_at }));
    let shown = json!({ "good": verified.is_good(), "backup": made, "journal": journal, "findings": findings });
    out.show(&shown, |_| match (&verified.journal, findings.is_empty()) {
        (Some(report), true) => format!(
            "good: {} records in {} frames, balances follow from them\nhead of the chain: {}{}",
            report.records,
            report.frames,
            report.head,
            backup.as_ref().map(whole_backup).unwrap_or_default()
        ),
        _ => findings.join("\n"),
    });
    match findings.len() {
        0 => Ok(()),
        number => Err(Failure::new(
            format!("{number} things are wrong in {}", folder.display()),
            "keep the folder as it is; `purser restore` brings a backup back into another one",
        )),
    }
}

/// Copies the folder, beside a running Purser or without one, and verifies the copy.
///
/// # Errors
/// There is no Purser folder, the target is not empty or can't be written, or the copy does not verify.
pub(crate) fn backup(place: &Place, backup: &Backup, out: Output) -> Result<(), Failure> {
    let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
    let at = MachineClock.now();
    let manifest = purser_store::backup(&dir, &backup.to, at, &mut tell_progress()).map_err(|error| store(&error))?;
    let mut shown = shown(&manifest);
    shown["from"] = json!(place.data);
    shown["to"] = json!(backup.to);
    shown["included"] = json!(INCLUDED);
    shown["not_included"] = json!(NOT_INCLUDED);
    out.show(&shown, |_| {
        format!(
            "backed up to {} and verified: {} records, head of the chain {}\nin it: {}\nnot in it: {}",
            backup.to.display(),
            manifest.journal.records,
            manifest.journal.head,
            INCLUDED.join("; "),
            NOT_INCLUDED.join("; ")
        )
    });
    Ok(())
}

/// Brings a backup back into an empty folder: nothing is ever overwritten, and the backup is only read.
///
/// # Errors
/// The source is no backup or not what was backed up, or the target holds something.
pub(crate) fn restore(place: &Place, restore: &Restore, out: Output) -> Result<(), Failure> {
    let to = restore.to.as_ref().unwrap_or(&place.data);
    if to.join("format").exists() {
        return Err(Failure::new(
            format!("{} holds a ledger already; nothing is overwritten", to.display()),
            "move it away first, or name another folder",
        ));
    }
    let manifest = purser_store::restore(&restore.from, to, &mut tell_progress()).map_err(|error| store(&error))?;
    let mut shown = shown(&manifest);
    shown["from"] = json!(restore.from);
    shown["to"] = json!(to);
    out.show(&shown, |_| {
        format!(
            "restored to {} and verified: {} records, head of the chain {}\nthe backup was made at {} by Purser {}",
            to.display(),
            manifest.journal.records,
            manifest.journal.head,
            manifest.made_at,
            manifest.made_by
        )
    });
    Ok(())
}

fn shown(manifest: &Manifest) -> Value {
    json!({ "made_by": manifest.made_by, "made_at": manifest.made_at, "journal": manifest.journal })
}

fn whole_backup(manifest: &Manifest) -> String {
    format!(
        "\na whole backup of {} files, made at {} by Purser {}",
        manifest.files.len(),
        manifest.made_at,
        manifest.made_by
    )
}

/// Says each file's name once.
fn tell_progress() -> impl FnMut(&CopyProgress) {
    let mut file = String::new();
    move |now| {
        if now.file != file {
            file.clone_from(&now.file);
            say(format_args!("copying {file} ({} bytes)", now.total));
        }
    }
}
