//! `purser restart`, and what a running `serve` does before it gives way.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use purser_control::shape::Status;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::time::Instant;

use super::handover::VARIABLE;
use crate::client::{Client, path};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;
use crate::place::Place;

/// Beyond the time for draining: closing one ledger and opening the next.
const OPENING_MAX: Duration = Duration::from_mins(1);
/// How often it is asked whether the new program answers.
const ASK_EACH: Duration = Duration::from_millis(20);

/// Would the program start? Asked of the program itself, as it is on disk now, before anything is given up for it.
pub(super) async fn rehearse(program: &Path) -> Result<(), String> {
    let program: PathBuf = program.to_owned();
    let rehearsal = move || {
        Command::new(program)
            .args(std::env::args_os().skip(1))
            .arg("--check")
            .env_remove(VARIABLE)
            .stdin(Stdio::null())
            .output()
    };
    match tokio::task::spawn_blocking(rehearsal).await {
        Ok(Ok(done)) if done.status.success() => Ok(()),
        Ok(Ok(done)) => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panicked) => Err(panicked.to_string()),
    }
}

/// Asks the running `serve` to give way to the program as it is on disk now, and waits until that one answers.
///
/// # Errors
/// The new program would not start (then nothing has happened), nobody serves the folder, or the new program does not
/// answer in time.
pub(crate) async fn restart(config: &Config, place: &Place, out: Output) -> Result<(), Failure> {
    super::check(config, place)?;
    let before = status(place).await?;
    let process = holder(place)?;
    let begun = Instant::now();
    kill_process(process, Signal::HUP).map_err(|error| {
        Failure::from_error(format!("process {} can't be told to restart", process.as_raw_nonzero()), &error)
    })?;
    let bound = config.restart_drain() + OPENING_MAX;
    while begun.elapsed() < bound {
        tokio::time::sleep(ASK_EACH).await;
        // Between the two programs the question waits in the socket; one that the old one cut is asked again.
        let Ok(now) = status(place).await else { continue };
        if now.started != before.started {
            let seconds = begun.elapsed().as_secs_f64();
            let shown = json!({ "seconds": seconds, "before": before.version, "version": now.version });
            out.show(&shown, |_| format!("restarted in {seconds:.1} s: {} -> {}", before.version, now.version));
            return Ok(());
        }
    }
    Err(Failure::new(
        format!("the new program does not answer after {} s", bound.as_secs()),
        "the log of `purser serve` says why; calls wait or are served by the old one meanwhile",
    ))
}

async fn status(place: &Place) -> Result<Status, Failure> {
    Client::over_socket(place).await?.get(path(["status"])).await
}

/// The process that holds the data folder, as its lock says.
fn holder(place: &Place) -> Result<Pid, Failure> {
    let lock = place.data.join("lock");
    let text = std::fs::read_to_string(&lock).map_err(|error| Failure::from_error(lock.display(), &error))?;
    text.trim().parse().ok().and_then(Pid::from_raw).ok_or_else(|| {
        Failure::new(format!("{} names no process", lock.display()), "send SIGHUP to `purser serve` yourself")
    })
}
