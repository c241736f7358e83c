//! The signals that end Purser in order, or restart it.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

const TERMINATED: &str = "told to end";
const INTERRUPTED: &str = "interrupted";

/// SIGTERM from a service manager, SIGINT from a keyboard, SIGHUP to restart.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// To end; the words say why.
    End(&'static str),
    /// To give way to the program as it is on disk now.
    Restart,
}

impl Signals {
    /// From here on these signals no longer kill the process.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::End(TERMINATED),
            _ = self.interrupt.recv() => Told::End(INTERRUPTED),
            _ = self.hang_up.recv() => Told::Restart,
        }
    }

    /// Waits for one that ends; its name for people.
    pub(crate) async fn end(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => TERMINATED,
            _ = self.interrupt.recv() => INTERRUPTED,
        }
    }
}
