//! Running the command: the terminal is its own, signals reach it, its exit code is ours.

use std::process::{Child, Command, ExitCode, ExitStatus};

use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::output::say;

/// What shells answer for a command that a signal ended: 128 and the signal's number.
const SIGNALLED: i32 = 128;

/// Runs the command to its end.
///
/// # Errors
/// It can't be started.
pub(crate) async fn run(mut command: Command, name: &str) -> Result<ExitCode, Failure> {
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|error| Failure::from_error("signals can't be waited for", &error))?;
    // A keyboard's interrupt goes to the command too, since it is in the same group; it decides what that means.
    let mut interrupt =
        signal(SignalKind::interrupt()).map_err(|error| Failure::from_error("signals can't be waited for", &error))?;
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(format!("there is no command `{name}`"), "is it installed and on the PATH?")
        }
        _ => Failure::from_error(format!("`{name}` can't be started"), &error),
    })?;
    let pid = child.id();
    let mut ended = tokio::task::spawn_blocking(move || wait(child));
    loop {
        tokio::select! {
            status = &mut ended => {
                let status = status.map_err(|error| Failure::from_error("the command was lost sight of", &error))?;
                let status = status.map_err(|error| Failure::from_error("the command was lost sight of", &error))?;
                return Ok(code(status));
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => pass_on_termination(pid),
        }
    }
}

fn wait(mut child: Child) -> std::io::Result<ExitStatus> {
    child.wait()
}

/// The standard library can only kill; ending in order is asked for by the ordinary command.
fn pass_on_termination(pid: u32) {
    let asked = Command::new("kill").args(["-TERM", &pid.to_string()]).status();
    if !asked.is_ok_and(|status| status.success()) {
        say(format_args!("the command could not be told to end"));
    }
}

fn code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| SIGNALLED + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1))
}
