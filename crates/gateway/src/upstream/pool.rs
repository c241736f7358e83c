//! Idle connections to providers. One pool per thread, no lock: last in, first out, so that few stay warm.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Upstream;
use crate::http1::io::Connection;

/// Kept per provider and thread; the rest is closed.
const IDLE_MAX: usize = 256;
/// Unused longer than this, a connection is closed: most servers keep theirs for a minute or more, and one that
/// closes while a request is on its way leaves us not knowing whether it was served.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// The idle connections of one thread.
#[derive(Default)]
pub(crate) struct Pool {
    idle: RefCell<HashMap<Arc<str>, Vec<Idle>>>,
}

/// A connection and since when it is idle.
type Idle = (Instant, Connection);

impl Pool {
    /// A connection that is still open and quiet, if there is one.
    pub(crate) fn take(&self, upstream: &Upstream, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let kept = idle.get_mut(&upstream.name)?;
        while let Some((since, mut connection)) = kept.pop() {
            if now.duration_since(since) > IDLE_TIME {
                kept.clear();
                return None;
            }
            if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Gives back a connection whose last answer was read whole.
    pub(crate) fn give(&self, upstream: &Upstream, connection: Connection, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        let kept = idle.entry(Arc::clone(&upstream.name)).or_default();
        if kept.len() < IDLE_MAX {
            kept.push((now, connection));
        }
    }
}
