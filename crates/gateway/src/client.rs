//! The client's side of one connection: taking requests off it, answering, noticing that it has gone.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use purser_providers::Headers;
use tokio::time::Instant;

use crate::config::Limits;
use crate::http1::body::{BodyError, Decoder, Framing, Piece};
use crate::http1::head::{self, HeadError, RequestHead};
use crate::http1::io::{Connection, Socket};
use crate::http1::write::{self, Ends, Wire};

/// Bytes of a following request that are read while an answer runs, at most.
const AHEAD_MAX: usize = 64 * 1024;

/// Why no further request comes from this connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRequest {
    /// Closed, idle for too long, or broken: there is nobody to tell.
    #[error("the client is gone")]
    Gone,
    /// Not a request that may go on: answer and close.
    #[error(transparent)]
    BadHead(#[from] HeadError),
    /// A head without end.
    #[error("the request's head is larger than {0} bytes")]
    HeadTooLarge(usize),
    /// A head that trickles.
    #[error("the request's head took longer than {0:?}")]
    HeadTooSlow(Duration),
}

/// Why a request's body is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoBody {
    /// The client hung up or stopped sending.
    #[error("the client is gone")]
    Gone,
    /// Over the limit.
    #[error("the request's body is larger than {0} bytes, the most this gateway takes; send less at once")]
    TooLarge(usize),
    /// Malformed chunks.
    #[error(transparent)]
    Malformed(#[from] BodyError),
}

/// One client connection.
pub(crate) struct Client {
    connection: Connection,
    /// The write of an answer has failed, or the client has closed.
    gone: bool,
    /// The body of the last request has not been taken off the connection whole.
    owes_body: bool,
}

impl Client {
    pub(crate) fn new(socket: Socket) -> Self {
        Self { connection: Connection::new(socket), gone: false, owes_body: false }
    }

    /// Has some of the next request been read?
    pub(crate) fn has_begun(&self) -> bool {
        !self.connection.buffer.is_empty()
    }

    /// The bare connection, where it has no TLS; what was read ahead is lost.
    pub(crate) fn into_connection(self) -> Option<std::net::TcpStream> {
        self.connection.into_plain()
    }

    /// The next request's head.
    pub(crate) async fn next_head(&mut self, limits: &Limits) -> Result<RequestHead, NoRequest> {
        let mut started: Option<Instant> = None;
        loop {
            let read = self.connection.buffer.len();
            if read > 0
                && let Some(head) = head::take_request(&mut self.connection.buffer)?
            {
                if read - self.connection.buffer.len() > limits.head_bytes {
                    return Err(NoRequest::HeadTooLarge(limits.head_bytes));
                }
                self.owes_body = head.framing != Framing::None;
                return Ok(head);
            }
            if self.connection.buffer.len() > limits.head_bytes {
                return Err(NoRequest::HeadTooLarge(limits.head_bytes));
            }
            if !self.connection.buffer.is_empty() && started.is_none() {
                started = Some(Instant::now());
            }
            if self.connection.buffer.is_empty() {
                self.connection.let_go();
            }
            let within = match started {
                None => limits.idle,
                Some(start) => limits.head_time.saturating_sub(start.elapsed()),
            };
            match self.connection.read_within(within).await {
                Ok(0) => return Err(NoRequest::Gone),
                Ok(_) => {}
                Err(why) if why.kind() == io::ErrorKind::TimedOut && started.is_some() => {
                    return Err(NoRequest::HeadTooSlow(limits.head_time));
                }
                Err(_) => return Err(NoRequest::Gone),
            }
        }
    }

    /// The whole body of the request whose head was just taken.
    pub(crate) async fn body(&mut self, head: &RequestHead, limits: &Limits) -> Result<Bytes, NoBody> {
        let body = self.take_body(head, limits).await?;
        self.owes_body = false;
        Ok(body)
    }

    /// Is a body still to come that nobody will read? Then no request can follow: the body would be taken for one.
    pub(crate) fn owes_body(&self) -> bool {
        self.owes_body
    }

    async fn take_body(&mut self, head: &RequestHead, limits: &Limits) -> Result<Bytes, NoBody> {
        let max = limits.body_bytes;
        if let Framing::Length(length) = head.framing
            && usize::try_from(length).map_or(true, |length| length > max)
        {
            return Err(NoBody::TooLarge(max));
        }
        if head.framing != Framing::None && expects_continue(&head.headers) {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            self.connection.write_within(go_on, limits.write_stall).await.map_err(|_| NoBody::Gone)?;
        }
        if let Framing::Length(length) = head.framing {
            let length = usize::try_from(length).unwrap_or(max);
            return match self.connection.take_exactly(length, limits.body_stall).await {
                Ok(body) => Ok(body),
                Err(_) => Err(NoBody::Gone),
            };
        }
        let mut decoder = Decoder::new(head.framing);
        let mut body = BytesMut::new();
        loop {
            match decoder.take(&mut self.connection.buffer)? {
                Piece::Data(data) if body.len() + data.len() > max => return Err(NoBody::TooLarge(max)),
                Piece::Data(data) => body.extend_from_slice(&data),
                Piece::End => return Ok(body.freeze()),
                Piece::NeedMore => match self.connection.read_within(limits.body_stall).await {
                    Ok(0) | Err(_) => return Err(NoBody::Gone),
                    Ok(_) => {}
                },
            }
        }
    }

    /// Comes back when the client has hung up; otherwise never. Safe to drop half way.
    pub(crate) async fn hung_up(&mut self) {
        while !self.gone {
            if self.connection.buffer.len() >= AHEAD_MAX {
                return std::future::pending().await;
            }
            self.gone = !matches!(self.connection.read().await, Ok(1..));
        }
    }

    /// Has the client hung up, as far as is known?
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Writes to the client; a failure is remembered, not returned: measuring goes on without it.
    pub(crate) async fn write(&mut self, bytes: &[u8], limits: &Limits) {
        self.write_parts([bytes, &[]], limits).await;
    }

    async fn write_parts(&mut self, parts: [&[u8]; 2], limits: &Limits) {
        if !self.gone && parts.iter().any(|part| !part.is_empty()) {
            self.gone = self.connection.write_parts_within(parts, limits.write_stall).await.is_err();
        }
    }

    /// A whole answer in one write.
    pub(crate) async fn answer(&mut self, answer: &Whole<'_>, limits: &Limits) {
        let mut wire = Wire::new();
        let bodiless = matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let ends = if bodiless { Ends::Nothing } else { Ends::After(answer.body.len()) };
        write::response_head(&mut wire, answer.status, answer.headers, ends, answer.keep_alive);
        let has_body = !answer.to_head && !bodiless;
        let body = if has_body { write::body(&mut wire, answer.body) } else { &[] };
        self.write_parts([&wire, body], limits).await;
    }

    /// Says goodbye.
    pub(crate) async fn close(self, limits: &Limits) {
        self.connection.shut_down(limits.write_stall.min(Duration::from_secs(5))).await;
    }
}

/// An answer that is known whole.
pub(crate) struct Whole<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a Headers,
    pub(crate) body: &'a [u8],
    /// The request was `HEAD`: the length is told, the body not sent.
    pub(crate) to_head: bool,
    pub(crate) keep_alive: bool,
}

fn expects_continue(headers: &Headers) -> bool {
    headers.get("expect").is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}
