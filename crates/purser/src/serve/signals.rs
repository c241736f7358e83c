//! The signals that end Purser in order.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM from a service manager, SIGINT from a keyboard.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on these signals no longer kill the process.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one; its name for people.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "told to end",
            _ = self.interrupt.recv() => "interrupted",
        }
    }
}
