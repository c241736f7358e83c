//! Running the command: the terminal is its own, signals reach it, its exit code is ours.

use std::io::IsTerminal as _;
use std::process::{Command, ExitCode, ExitStatus};

use rustix::process::{Pid, Signal as Number, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::output::say;

/// What shells answer for a command that a signal ended: 128 and the signal's number.
const SIGNALLED: i32 = 128;

/// Runs the command to its end.
///
/// # Errors
/// It can't be started.
pub(crate) async fn run(mut command: Command, name: &str) -> Result<ExitCode, Failure> {
    let mut signals = Signals::listen()?;
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(format!("there is no command `{name}`"), "is it installed and on the PATH?")
        }
        _ => Failure::from_error(format!("`{name}` can't be started"), &error),
    })?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut ended => {
                let lost = |error: &dyn std::error::Error| Failure::from_error("the command was lost sight of", error);
                return Ok(code(status.map_err(|error| lost(&error))?.map_err(|error| lost(&error))?));
            }
            number = signals.next() => pass_on(pid, number),
        }
    }
}

fn pass_on(pid: Option<Pid>, number: Option<Number>) {
    let Some((pid, number)) = pid.zip(number) else { return };
    if let Err(error) = kill_process(pid, number) {
        say(format_args!("purser: the command could not be given a signal: {error}"));
    }
}

/// Signals that would end us before the command has ended.
struct Signals {
    /// Keys of a terminal reach every process in its foreground, the command too. Without one, only we are told.
    keyboard: bool,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::from_error("signals can't be waited for", &error));
        Ok(Self {
            keyboard: std::io::stdin().is_terminal(),
            interrupt: listen(SignalKind::interrupt())?,
            quit: listen(SignalKind::quit())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// The next one that the command has to be told; `None` for one that it knows of.
    async fn next(&mut self) -> Option<Number> {
        tokio::select! {
            _ = self.interrupt.recv() => (!self.keyboard).then_some(Number::INT),
            _ = self.quit.recv() => (!self.keyboard).then_some(Number::QUIT),
            _ = self.terminate.recv() => Some(Number::TERM),
            _ = self.hangup.recv() => Some(Number::HUP),
        }
    }
}

fn code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|number| SIGNALLED + number)).unwrap_or(1);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1))
}
