//! One thread's way to one provider: what each request to it needs, worked out once, and its idle connections.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use purser_providers::headers::BadCredential;
use purser_providers::{Credential, Family};
use tokio::time::Instant;

use crate::config::Upstream;
use crate::http1::io::Connection;

/// Idle connections kept per provider and thread; the rest is closed.
const IDLE_MAX: usize = 256;
/// Unused longer than this, a connection is closed: most servers keep theirs for a minute or more, and one that
/// closes while a request is on its way leaves us not knowing whether it was served.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// One thread's way to one provider.
pub(crate) struct Outlet {
    pub(crate) upstream: Arc<Upstream>,
    /// The `host` header.
    pub(crate) authority: String,
    credentials: Vec<(Family, Result<Option<Credential>, BadCredential>)>,
    /// Last in, first out, so that few stay warm. No lock: it is the thread's own.
    idle: RefCell<Vec<Idle>>,
}

/// A connection and since when it is idle.
type Idle = (Instant, Connection);

impl Outlet {
    pub(crate) fn new(upstream: &Arc<Upstream>) -> Self {
        let credential = |family: Family| match upstream.credential.reveal() {
            "" => Ok(None),
            secret => Credential::try_new(family, secret).map(Some),
        };
        Self {
            authority: upstream.authority(),
            credentials: upstream.families.iter().map(|family| (*family, credential(*family))).collect(),
            upstream: Arc::clone(upstream),
            idle: RefCell::default(),
        }
    }

    /// The company's credential in the form of a family; `None` for a server that wants none.
    pub(crate) fn credential(&self, family: Family) -> Result<Option<&Credential>, BadCredential> {
        let found = self.credentials.iter().find(|(known, _)| *known == family);
        found.map_or(Ok(None), |(_, credential)| credential.as_ref().map(Option::as_ref).map_err(|why| *why))
    }

    /// A connection that is still open and quiet, if there is one.
    pub(crate) fn take(&self, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some((since, mut connection)) = idle.pop() {
            if now.duration_since(since) > IDLE_TIME {
                idle.clear();
                return None;
            }
            if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Gives back a connection whose last answer was read whole.
    pub(crate) fn give(&self, connection: Connection, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < IDLE_MAX {
            idle.push((now, connection));
        }
    }
}
