//! The end of a made-up company, asked for on one of its pages.
//!
//! Whoever asked waits in the listener of the pages, which stays open as at a restart, while calls end, the engine closes and
//! the folder goes. Then one last page says what became of it.

use std::net::TcpListener as StdTcpListener;
use std::sync::Arc;
use std::time::Duration;

use purser_control::api;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::signals::Signals;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// How long the last page waits for whoever asked: they are at their browser, and it comes back by itself.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Where the last page is shown.
pub(super) struct Wipe {
    /// The listener of the pages.
    pub(super) control: StdTcpListener,
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
}

impl Wipe {
    /// Closes the engine and removes its folder, which nobody else gets into in between; says so here and on the last page.
    ///
    /// # Errors
    /// The engine can't be closed in order, or the folder does not go: what is left of it can be wiped again.
    pub(super) async fn wipe(self, engine: Engine, place: &Place, signals: &mut Signals) -> Result<(), Failure> {
        let lock = engine.lock_file()?;
        let folder = place.data.display().to_string();
        let wiped = engine.close().and_then(|()| crate::demo::wipe(&place.data, Some(lock)));
        if wiped.is_ok() {
            say(format_args!(
                "wiped: {folder}; nobody in that company existed. `purser serve` begins with an empty one"
            ));
        }
        let told = wiped.as_ref().map(|()| folder).map_err(|failure| failure.message().to_owned());
        if let Err(error) = self.tell(told, signals).await {
            tracing::warn!(%error, "the last page could not be shown");
        }
        wiped
    }

    /// Shows the last page until whoever asked has read it, a bound, or a signal.
    async fn tell(self, told: Result<String, String>, signals: &mut Signals) -> std::io::Result<()> {
        self.control.set_nonblocking(true)?;
        let listener = TcpListener::from_std(self.control)?;
        let (stop, stopping) = watch::channel(false);
        let read = Arc::new(Notify::new());
        let page = purser_web::last_page(told, Arc::clone(&read));
        let shown = tokio::spawn(api::serve_tcp(listener, self.tls, page, stopping));
        tokio::select! {
            () = read.notified() => {}
            () = tokio::time::sleep(READ_WITHIN) => {}
            _ = signals.end() => {}
        }
        stop.send_replace(true);
        shown.await.map_err(std::io::Error::other)
    }
}
