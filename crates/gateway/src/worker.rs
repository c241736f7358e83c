//! What one gateway thread has to itself: its idle upstream connections and the count of calls it is running.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use purser_core::snapshot::Snapshot;
use purser_ledger::Ledger;
use tokio::sync::{Notify, watch};

use crate::auth::Callers;
use crate::call::CallId;
use crate::config::{GatewayConfig, Upstream};
use crate::live::LiveCalls;
use crate::plans::Plans;
use crate::shared::Shared;
use crate::upstream::{Connector, Outlet};

/// One thread's own things, and its way to what all share.
pub(crate) struct Worker {
    pub(crate) config: Arc<GatewayConfig>,
    pub(crate) shared: Arc<Shared>,
    /// The ledger that all share, its holds counted here.
    pub(crate) ledger: Ledger,
    outlets: Vec<Outlet>,
    pub(crate) callers: Callers,
    pub(crate) plans: Plans,
    /// The calls under way on this thread.
    pub(crate) live: LiveCalls,
    pub(crate) connector: Connector,
    /// The snapshot that was seen last.
    latest: RefCell<Rc<Latest>>,
    /// How to end, once the gateway has been told to stop.
    stopping: watch::Receiver<Option<Ending>>,
    is_stopping: Cell<bool>,
    /// Wakes the idle connections of this thread when it is to stop.
    idle: Notify,
    running: Cell<usize>,
    ended: Notify,
    has_to_end: watch::Sender<bool>,
    /// Connections without a request, for who serves them next.
    kept: RefCell<Vec<std::net::TcpStream>>,
    last_call_id: Cell<u64>,
}

/// Between two call ids of one thread: odd, so that all 64 bits are gone through, and large, so that neighbours differ.
const CALL_ID_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// How long streams have to end themselves once their time is over: to write a few hundred bytes.
const END_WITHIN: Duration = Duration::from_secs(1);

/// How the gateway is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ending {
    /// How long running calls may go on.
    pub(crate) within: Duration,
    /// Connections that wait for their next request are kept for who serves them next, instead of being closed.
    pub(crate) hands_over: bool,
}

/// A snapshot as one thread holds it: its calls count themselves here, apart from those of the other threads, which would
/// otherwise all write to one place in memory with every call.
pub(crate) struct Latest(Arc<Snapshot>);

impl Deref for Latest {
    type Target = Arc<Snapshot>;
    fn deref(&self) -> &Arc<Snapshot> {
        &self.0
    }
}

/// A call counted as running until dropped.
pub(crate) struct Running<'a>(&'a Worker);

impl Worker {
    pub(crate) fn new(
        config: Arc<GatewayConfig>,
        shared: Arc<Shared>,
        stopping: watch::Receiver<Option<Ending>>,
    ) -> Self {
        let connector = Connector::new(Arc::clone(&config.roots), config.https_proxy.clone(), config.limits.connect);
        Self {
            outlets: config.upstreams.iter().map(Outlet::new).collect(),
            latest: RefCell::new(Rc::new(Latest(shared.snapshot.load_full()))),
            config,
            ledger: shared.ledger.apart(),
            shared,
            callers: Callers::default(),
            plans: Plans::default(),
            live: LiveCalls::default(),
            connector,
            stopping,
            is_stopping: Cell::new(false),
            idle: Notify::new(),
            running: Cell::new(0),
            ended: Notify::new(),
            has_to_end: watch::Sender::new(false),
            kept: RefCell::default(),
            // A start that differs from thread to thread and from run to run; ids are names, not secrets.
            last_call_id: Cell::new(RandomState::new().hash_one(0)),
        }
    }

    /// The snapshot of now.
    pub(crate) fn snapshot(&self) -> Rc<Latest> {
        let now = self.shared.snapshot.load();
        let mut latest = self.latest.borrow_mut();
        if !Arc::ptr_eq(&latest, &now) {
            *latest = Rc::new(Latest(Guard::into_inner(now)));
        }
        Rc::clone(&latest)
    }

    /// This thread's way to a provider.
    pub(crate) fn outlet(&self, upstream: &Arc<Upstream>) -> &Outlet {
        let found = self.outlets.iter().find(|outlet| Arc::ptr_eq(&outlet.upstream, upstream));
        found.expect("calls are routed to providers of the configuration")
    }

    /// Where a provider stands in the configuration.
    pub(crate) fn place_of(&self, upstream: &Arc<Upstream>) -> usize {
        self.config.upstreams.iter().position(|known| Arc::ptr_eq(known, upstream)).unwrap_or(usize::MAX)
    }

    /// Tells the calls of this thread that may not go on, each time the stops have changed. Ends with the control plane.
    pub(crate) async fn heed_stops(&self) {
        let mut stops = self.shared.stops.clone();
        while stops.changed().await.is_ok() {
            let (snapshot, at) = (self.snapshot(), self.shared.clock.now());
            self.shared.runs.look(&snapshot.directory, at);
            self.live.look(self, &snapshot, at);
        }
    }

    /// A name for a call, for logs and support: `req_` and 16 hexadecimal digits.
    pub(crate) fn next_call_id(&self) -> CallId {
        let id = self.last_call_id.get().wrapping_add(CALL_ID_STEP);
        self.last_call_id.set(id);
        let mut text = CallId::default();
        for shift in (0..u64::BITS).step_by(4) {
            let digit = u8::try_from((id >> shift) & 15).unwrap_or(0);
            text.put(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        }
        text.put_word("req_");
        text
    }

    /// Comes back when the gateway has been told to stop; from then on [`is_stopping`](Self::is_stopping).
    pub(crate) async fn stopping(&self) {
        // An error means that the handle was dropped: stop as well.
        let mut stopping = self.stopping.clone();
        let _dropped = stopping.wait_for(Option::is_some).await;
        self.is_stopping.set(true);
        self.idle.notify_waiters();
    }

    /// Comes back when an idle connection of this thread is to be closed.
    pub(crate) async fn idle_ends(&self) {
        if !self.is_stopping() {
            self.idle.notified().await;
        }
    }

    /// Has the gateway been told to stop?
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.get()
    }

    /// Is this connection's next request somebody else's to serve? (What TLS has agreed on can't be handed over.)
    pub(crate) fn hands_over(&self) -> bool {
        self.config.tls.is_none() && self.stopping.borrow().is_some_and(|ending| ending.hands_over)
    }

    /// May no further request come on a connection?
    pub(crate) fn closes_connections(&self) -> bool {
        self.is_stopping() && !self.hands_over()
    }

    /// Keeps a connection for who serves it next.
    pub(crate) fn keep(&self, connection: std::net::TcpStream) {
        self.kept.borrow_mut().push(connection);
    }

    /// What was kept.
    pub(crate) fn take_kept(&self) -> Vec<std::net::TcpStream> {
        self.kept.take()
    }

    /// Counts a call until the returned value is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        self.running.set(self.running.get() + 1);
        Running(self)
    }

    /// Comes back when the time for draining is over: a stream is then to end itself, in order.
    pub(crate) async fn has_to_end(&self) {
        // It is never dropped while somebody waits.
        let mut has_to_end = self.has_to_end.subscribe();
        let _dropped = has_to_end.wait_for(|has_to| *has_to).await;
    }

    /// Comes back when no call runs any more, or the time for draining is over and what can end itself has.
    pub(crate) async fn drained(&self) {
        let quiet = async || {
            while self.running.get() > 0 {
                self.ended.notified().await;
            }
        };
        // Without a bound the handle was dropped: no grace.
        let bound = self.stopping.borrow().unwrap_or_default().within;
        if tokio::time::timeout(bound, quiet()).await.is_ok() {
            return;
        }
        self.has_to_end.send_replace(true);
        if tokio::time::timeout(END_WITHIN, quiet()).await.is_err() {
            tracing::warn!(calls = self.running.get(), "calls still running are cut and settled with what is known");
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.set(self.0.running.get() - 1);
        self.0.ended.notify_one();
    }
}
