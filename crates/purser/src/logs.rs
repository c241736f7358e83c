//! Logs: lines on standard error. `PURSER_LOG` chooses how much, in the usual `target=level` form.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. A command that only asks something is quiet unless `PURSER_LOG` says otherwise.
pub(crate) fn start(serving: bool) {
    let usual = if serving { "info" } else { "error" };
    let filter = EnvFilter::try_from_env("PURSER_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Only a second start in one process fails, and then the first goes on.
    let _ = subscriber.try_init();
}
