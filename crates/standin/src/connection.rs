//! One connection: reads requests, has the desk answer them, sends the answers one after another.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::desk::Desk;
use crate::head::{self, BodyLength, Head, Method};
use crate::reel::Reel;
use crate::reply::Reply;

/// What listeners and connections are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Serve.
    Open,
    /// Accept nothing, end idle connections.
    Refusing,
    /// The same, for good.
    Stopping,
}

pub(crate) struct Connection {
    pub(crate) desk: Arc<Desk>,
    stream: TcpStream,
    state: watch::Receiver<State>,
    /// What was read and not yet used.
    input: Vec<u8>,
    /// What is to be written next.
    pub(crate) output: Vec<u8>,
    pub(crate) reel: Reel,
}

/// What of a request decides how its answer is framed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Framing {
    pub(crate) http11: bool,
    pub(crate) keep_alive: bool,
    pub(crate) head_only: bool,
}

/// Whether the client is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Here,
    Gone,
}

/// Why no further request comes from a connection.
enum NoRequest {
    /// The client has gone, or the stand-in stops.
    Over,
    /// The client's bytes are not to be answered but with this status.
    Refused(u16),
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Over
    }
}

impl From<head::BadHead> for NoRequest {
    fn from(_: head::BadHead) -> Self {
        Self::Refused(400)
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, desk: Arc<Desk>, state: watch::Receiver<State>) -> Self {
        Self { desk, stream, state, input: Vec::new(), output: Vec::new(), reel: Reel::default() }
    }

    /// Serves until the client leaves, an answer ends the connection, or the stand-in stops.
    pub(crate) async fn serve(mut self) {
        loop {
            match self.exchange().await {
                Ok(true) => {}
                Ok(false) | Err(NoRequest::Over) => break,
                Err(NoRequest::Refused(status)) => {
                    self.reel.clear();
                    let framing = Framing { http11: true, keep_alive: false, head_only: false };
                    self.play(Reply::json(status), framing).await;
                    break;
                }
            }
        }
        // A client that is still sending a refused body would take the close for a fault of the network.
        let _ = self.stream.shutdown().await;
    }

    /// One request and its answer. Whether another may follow.
    async fn exchange(&mut self) -> Result<bool, NoRequest> {
        let (head, head_length) = self.head().await?;
        let framing =
            Framing { http11: head.http11, keep_alive: head.keep_alive, head_only: head.method == Method::Head };
        self.go_ahead(&head, head_length).await?;
        let reply = match head.body {
            BodyLength::Bytes(length) => {
                let end = self.body(head_length, length).await?;
                let body = self.input.get(head_length..end).unwrap_or_default();
                let reply = self.desk.answer(&head, body, &mut self.reel);
                self.input.drain(..end);
                reply
            }
            BodyLength::Chunked => {
                self.input.drain(..head_length);
                let body = self.chunked_body().await?;
                self.desk.answer(&head, &body, &mut self.reel)
            }
        };
        Ok(self.play(reply, framing).await && *self.state.borrow() == State::Open)
    }

    async fn head(&mut self) -> Result<(Head, usize), NoRequest> {
        loop {
            if !self.input.is_empty()
                && let Some(found) = head::read(&self.input)?
            {
                return Ok(found);
            }
            if self.input.len() > self.desk.config.bounds.head_bytes_max {
                return Err(NoRequest::Refused(431));
            }
            if self.input.is_empty() {
                self.first_bytes().await?;
            } else {
                self.read().await?;
            }
        }
    }

    /// Waits for a request to begin; a stop ends the wait.
    async fn first_bytes(&mut self) -> Result<(), NoRequest> {
        loop {
            tokio::select! {
                biased;
                read = self.stream.read_buf(&mut self.input) => {
                    return if read? == 0 { Err(NoRequest::Over) } else { Ok(()) };
                }
                changed = self.state.changed() => {
                    if changed.is_err() || *self.state.borrow() != State::Open {
                        return Err(NoRequest::Over);
                    }
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), NoRequest> {
        if self.stream.read_buf(&mut self.input).await? == 0 { Err(NoRequest::Over) } else { Ok(()) }
    }

    async fn go_ahead(&mut self, head: &Head, head_length: usize) -> Result<(), NoRequest> {
        if head.expects_continue && self.input.len() == head_length {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    }

    /// Reads until the whole body is in the buffer; where it ends.
    async fn body(&mut self, head_length: usize, length: usize) -> Result<usize, NoRequest> {
        if length > self.desk.config.bounds.body_bytes_max {
            return Err(NoRequest::Refused(413));
        }
        let end = head_length.saturating_add(length);
        self.input.reserve(end.saturating_sub(self.input.len()));
        while self.input.len() < end {
            self.read().await?;
        }
        Ok(end)
    }

    async fn chunked_body(&mut self) -> Result<Vec<u8>, NoRequest> {
        let bytes_max = self.desk.config.bounds.body_bytes_max;
        let mut body = Vec::new();
        loop {
            let (used, ended) = head::unchunk(&self.input, &mut body)?;
            self.input.drain(..used);
            if ended {
                return Ok(body);
            }
            if body.len() > bytes_max || self.input.len() > bytes_max {
                return Err(NoRequest::Refused(413));
            }
            self.read().await?;
        }
    }

    /// Writes what has gathered in `output`.
    pub(crate) async fn flush(&mut self) -> Presence {
        let written = self.stream.write_all(&self.output).await;
        self.output.clear();
        if written.is_ok() { Presence::Here } else { Presence::Gone }
    }

    /// Waits until told to go on, or `until`; notices when the client leaves meanwhile.
    pub(crate) async fn wait_to_go_on(&mut self, until: Instant) -> Presence {
        let desk = Arc::clone(&self.desk);
        tokio::select! {
            biased;
            permit = desk.may_go_on.acquire() => {
                // An error would mean that nobody can be told any more; then going on is best.
                let _used_up = permit.map(tokio::sync::SemaphorePermit::forget);
                Presence::Here
            }
            presence = self.wait(until) => presence,
        }
    }

    /// Waits, and notices when the client leaves meanwhile. What it sends meanwhile is its next request.
    pub(crate) async fn wait(&mut self, until: Instant) -> Presence {
        let bounds = &self.desk.config.bounds;
        let input_max = bounds.head_bytes_max.saturating_add(bounds.body_bytes_max);
        loop {
            tokio::select! {
                biased;
                () = sleep_until(until) => return Presence::Here,
                read = self.stream.read_buf(&mut self.input), if self.input.len() < input_max => {
                    if !matches!(read, Ok(1..)) {
                        return Presence::Gone;
                    }
                }
            }
        }
    }

    /// Has the connection reset instead of ended.
    pub(crate) fn reset(&mut self) {
        // If the option cannot be set the client sees an end without an answer: a refusal all the same.
        let _ = self.stream.set_zero_linger();
    }
}
