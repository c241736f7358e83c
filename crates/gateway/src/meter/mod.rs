//! Step 4: take the answer, hand it on, and know what it used.
//!
//! The gateway, not the client's connection, owns the answer: when the client hangs up, reading goes on to the
//! provider's usage within the bounds of the policy, because the provider charges either way.

mod relay;
mod whole;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use purser_ledger::Mark;
use purser_providers::headers::is_plain;
use purser_providers::{Headers, Metered, ProviderId, UsageProblem};
use tokio::time::{Instant, timeout_at};

use crate::admit::Admitted;
use crate::call::Call;
use crate::client::Client;
use crate::upstream::Answer;
use crate::worker::Worker;

/// What became of an answer.
pub(crate) struct Measured {
    pub(crate) reading: Reading,
    /// What the client has not been sent yet: it goes out with the receipt.
    pub(crate) rest: Rest,
    /// Ids the provider made, to be fenced.
    pub(crate) ids: Vec<ProviderId>,
}

/// What is known of the usage.
pub(crate) enum Reading {
    /// The provider said no before any output: nothing is charged.
    Nothing,
    /// The provider's own figures.
    Reported(Box<Metered>),
    /// The answer came whole, but its usage is missing or can't be right.
    Unreadable(UsageProblem),
    /// The end of the answer was not seen, or its usage is missing; what was seen until then.
    Partial {
        /// Input is exact where the provider told it.
        seen: Option<Box<Metered>>,
        /// Bytes of output seen.
        visible_bytes: u64,
    },
}

impl Reading {
    /// Sent, and nothing came back.
    pub(crate) const UNANSWERED: Self = Self::Partial { seen: None, visible_bytes: 0 };

    /// How well a charge made of it is known.
    pub(crate) fn mark(&self) -> Mark {
        match self {
            Self::Nothing => Mark::Exact,
            Self::Reported(metered) if metered.suspect.is_none() => Mark::Exact,
            Self::Reported(_) | Self::Unreadable(_) => Mark::Disputed,
            Self::Partial { seen: None, visible_bytes: 0 } => Mark::Presumed,
            Self::Partial { .. } => Mark::Estimated,
        }
    }
}

/// What is still to be sent.
pub(crate) enum Rest {
    /// A whole answer.
    Whole {
        /// The provider's status, or ours where it broke off.
        status: StatusCode,
        /// Without lengths.
        headers: Headers,
        /// As it came.
        body: Bytes,
    },
    /// The last bytes of a stream whose head is out.
    Stream {
        /// Framed already, but for the end.
        last: Vec<u8>,
        /// The body is told to end by an empty chunk, rather than with the connection.
        in_chunks: bool,
    },
}

/// Relays and measures the answer.
pub(crate) async fn meter(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &mut Admitted<'_>,
    answer: Answer,
) -> Measured {
    if answer.status.is_success() && call.streams(&answer.headers) && is_plain(&answer.headers) {
        relay::relay(worker, client, call, admitted, answer).await
    } else {
        whole::take_whole(worker, client, call, admitted, answer).await
    }
}

/// Does the work, until the call is stopped. It is pinned where it is made: it is large, and would be copied about.
pub(crate) fn unless_stopped<T>(
    call: &Call,
    mut work: Pin<&mut impl Future<Output = io::Result<T>>>,
) -> impl Future<Output = io::Result<T>> {
    poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Pending => call.stop.poll_raised(cx).map(|()| Err(io::ErrorKind::Interrupted.into())),
        done @ Poll::Ready(_) => done,
    })
}

/// Does the work; when the client hangs up meanwhile, it has so much time left.
pub(crate) async fn until_gone<T>(
    client: &mut Client,
    work: impl Future<Output = io::Result<T>>,
    drain: Duration,
) -> io::Result<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = client.hung_up() => {}
    }
    before(Some(Instant::now() + drain), work).await
}

async fn before<T>(deadline: Option<Instant>, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match deadline {
        None => work.await,
        Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    }
}
