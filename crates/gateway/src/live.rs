//! The calls under way on one thread, so that a stop reaches them too.
//!
//! A new call meets a stop when its plan is made. One that is under way is told: whoever waits for its provider waits for
//! [`StopFlag::raised`] as well. Nothing here is shared between threads; each looks through its own calls when the stops
//! have changed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use purser_core::decision::Refused as Reason;
use purser_core::scope::CallScope;
use purser_core::time::Instant;

use crate::call::Call;
use crate::worker::{Latest, Worker};

/// Tells one call that it was stopped.
#[derive(Debug, Default)]
pub(crate) struct StopFlag {
    why: RefCell<Option<Reason>>,
    waiting: RefCell<Option<Waker>>,
    /// Where the provider that serves it stands in the configuration.
    serving: Cell<Option<usize>>,
}

impl StopFlag {
    /// Comes back when the call is stopped.
    pub(crate) async fn raised(&self) {
        std::future::poll_fn(|cx| self.poll_raised(cx)).await;
    }

    /// Why it was stopped, once it was.
    pub(crate) fn why(&self) -> Option<Reason> {
        self.why.borrow().clone()
    }

    /// From here on this provider serves it.
    pub(crate) fn serves(&self, upstream: usize) {
        self.serving.set(Some(upstream));
    }

    /// Ready when the call is stopped.
    pub(crate) fn poll_raised(&self, cx: &Context<'_>) -> Poll<()> {
        if self.why.borrow().is_some() {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waiting = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn raise(&self, why: Reason) {
        *self.why.borrow_mut() = Some(why);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

/// The calls under way on one thread.
#[derive(Default)]
pub(crate) struct LiveCalls {
    places: RefCell<Places>,
}

#[derive(Default)]
struct Places {
    calls: Vec<Option<Rc<Call>>>,
    free: Vec<usize>,
}

/// A call's place among those under way; it leaves when this is dropped.
pub(crate) struct Live<'a> {
    among: &'a LiveCalls,
    place: usize,
}

impl LiveCalls {
    /// Counts a call as under way.
    pub(crate) fn enter(&self, call: &Rc<Call>) -> Live<'_> {
        let mut places = self.places.borrow_mut();
        let Places { calls, free } = &mut *places;
        let entered = Some(Rc::clone(call));
        let place = if let Some((place, slot)) = free.pop().and_then(|place| Some((place, calls.get_mut(place)?))) {
            *slot = entered;
            place
        } else {
            calls.push(entered);
            calls.len() - 1
        };
        Live { among: self, place }
    }

    /// Tells the calls that may not go on.
    pub(crate) fn look(&self, worker: &Worker, snapshot: &Latest, at: Instant) {
        // Told first and woken later: whoever is woken may leave, and the table is not to be borrowed then.
        let calls: Vec<Rc<Call>> = self.places.borrow().calls.iter().flatten().map(Rc::clone).collect();
        for call in calls {
            if let Err(why) = call.may_go_on(worker, snapshot, at) {
                call.stop.raise(why);
            }
        }
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        let mut places = self.among.places.borrow_mut();
        if let Some(slot) = places.calls.get_mut(self.place) {
            *slot = None;
            places.free.push(self.place);
        }
    }
}

impl Call {
    /// May it go on, as stops are now?
    fn may_go_on(&self, worker: &Worker, snapshot: &Latest, at: Instant) -> Result<(), Reason> {
        let upstream = self.stop.serving.get().and_then(|place| worker.config.upstreams.get(place));
        let provider = upstream.map_or("", |upstream| &*upstream.name);
        let scope = CallScope { provider, model: &self.facts.model, tool: self.tool.tool.name() };
        snapshot.directory.may_go_on(&self.caller.key, &self.caller.person, &scope, at)?;
        self.run.may_go_on(&snapshot.directory)
    }
}
