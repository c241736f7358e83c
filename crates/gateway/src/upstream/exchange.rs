//! One request to a provider and its answer.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use purser_providers::Headers;
use tokio::time::Instant;

use super::{Connector, Outlet};
use crate::config::Limits;
use crate::http1::body::{Decoder, Framing, Piece};
use crate::http1::head::{self, ResponseHead};
use crate::http1::io::Connection;
use crate::http1::write::{self, Wire};

/// An answer's head, at most.
const HEAD_MAX: usize = 64 * 1024;

/// After a larger answer the connection does not keep the buffer it was read into.
const KEPT_MAX: u64 = 8 * 1024;

/// What goes out.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'a Method,
    /// Path and query as the provider knows them, without the upstream's prefix.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a Headers,
    pub(crate) body: &'a [u8],
}

/// Why there is no answer. The difference is money: a request that never reached the provider costs nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Not sent, or not whole: nothing can have been served.
    #[error("the provider can't be reached")]
    Unreachable(#[source] io::Error),
    /// Sent, and nothing came back: it may have been served.
    #[error("the provider took the request and did not answer")]
    Unanswered(#[source] io::Error),
}

/// An answer on its way: the head is here, the body is read piece by piece.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Headers,
    connection: Connection,
    decoder: Decoder,
    reusable: bool,
    /// Bytes of the body that were read.
    pub(crate) taken: u64,
}

/// Sends a request over an idle or a new connection and waits for the answer's head.
pub(crate) async fn send(
    outlet: &Outlet,
    connector: &Connector,
    limits: &Limits,
    outgoing: &Outgoing<'_>,
) -> Result<Answer, Fault> {
    let mut wire = Wire::new();
    write::request_head(
        &mut wire,
        outgoing.method,
        &[&outlet.upstream.prefix, outgoing.target],
        &outlet.authority,
        outgoing.headers,
        outgoing.body.len(),
    );
    let body = write::body(&mut wire, outgoing.body);

    let mut connection = write_somewhere(outlet, connector, limits, [&wire, body]).await?;
    drop(wire);
    let to_head = outgoing.method == Method::HEAD;
    let ResponseHead { status, headers, framing, keep_alive } =
        read_head(&mut connection, to_head, limits.first_byte).await.map_err(Fault::Unanswered)?;
    let reusable = keep_alive && framing != Framing::UntilClose;
    Ok(Answer { status, headers, connection, decoder: Decoder::new(framing), reusable, taken: 0 })
}

/// Writes to an idle connection; when that one turns out closed before all was written, to a new one. A request that
/// was written in part can't have been served, so this repeats nothing.
async fn write_somewhere(
    outlet: &Outlet,
    connector: &Connector,
    limits: &Limits,
    wire: [&[u8]; 2],
) -> Result<Connection, Fault> {
    if let Some(mut idle) = outlet.take(Instant::now())
        && idle.write_parts_within(wire, limits.write_stall).await.is_ok()
    {
        return Ok(idle);
    }
    let mut fresh = connector.connect(&outlet.upstream).await.map_err(Fault::Unreachable)?;
    fresh.write_parts_within(wire, limits.write_stall).await.map_err(Fault::Unreachable)?;
    Ok(fresh)
}

async fn read_head(connection: &mut Connection, to_head: bool, within: Duration) -> io::Result<ResponseHead> {
    let malformed = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    loop {
        // A connection from the pool is quiet: nothing is there before it was waited for.
        if connection.buffer.is_empty() && connection.read_within(within).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        match head::take_response(&mut connection.buffer, to_head) {
            // 100 Continue and its like say nothing yet.
            Ok(Some(head)) if head.status.is_informational() => {}
            Ok(Some(head)) => return Ok(head),
            Ok(None) if connection.buffer.len() > HEAD_MAX => return Err(malformed("its head has no end")),
            Ok(None) => {
                if connection.read_within(within).await? == 0 {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                }
            }
            Err(_) => return Err(malformed("its head is not HTTP/1.1")),
        }
    }
}

impl Answer {
    /// The next piece of the body, of what is here already.
    pub(crate) fn ready(&mut self) -> io::Result<Piece> {
        let piece = self.decoder.take(&mut self.connection.buffer);
        if let Ok(Piece::Data(data)) = &piece {
            self.taken = self.taken.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        }
        piece.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
    }

    /// Waits for more to be here, or for the end. Cutting short is an error.
    pub(crate) async fn more(&mut self, stall: Duration) -> io::Result<()> {
        if self.connection.read_within(stall).await? == 0 {
            self.reusable = false;
            self.decoder.closed().map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        }
        Ok(())
    }

    /// The next piece of the body as it came; `None` at its end.
    async fn next(&mut self, stall: Duration) -> io::Result<Option<Bytes>> {
        loop {
            match self.ready()? {
                Piece::Data(data) => return Ok(Some(data)),
                Piece::End => return Ok(None),
                Piece::NeedMore => self.more(stall).await?,
            }
        }
    }

    /// The whole body, up to `max` bytes. What came of a larger or broken one is counted in `taken`.
    pub(crate) async fn whole(&mut self, max: usize, stall: Duration) -> io::Result<Bytes> {
        let left = self.decoder.length_left().and_then(|left| usize::try_from(left).ok());
        if let Some(left) = left.filter(|left| *left <= max) {
            // Read until all of it lies in one piece.
            self.connection.buffer.reserve(left.saturating_sub(self.connection.buffer.len()).min(1 << 20));
            while self.connection.buffer.len() < left {
                if let Err(why) = self.more(stall).await {
                    let came = u64::try_from(self.connection.buffer.len()).unwrap_or(u64::MAX);
                    self.taken = self.taken.saturating_add(came);
                    return Err(why);
                }
            }
        }
        let Some(first) = self.next(stall).await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next(stall).await? else { return checked(first, max) };
        let mut all = BytesMut::with_capacity(first.len() + second.len());
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.next(stall).await? {
            all.extend_from_slice(&piece);
            if all.len() > max {
                break;
            }
        }
        checked(all.freeze(), max)
    }

    /// Gives the connection back when the answer was read whole; closes it otherwise.
    pub(crate) fn finish(mut self, outlet: &Outlet) {
        if self.reusable && self.decoder.is_done() && self.connection.buffer.is_empty() {
            if self.taken > KEPT_MAX {
                self.connection.let_go();
            }
            outlet.give(self.connection, Instant::now());
        }
    }
}

fn checked(body: Bytes, max: usize) -> io::Result<Bytes> {
    if body.len() > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the answer is larger than the limit"));
    }
    Ok(body)
}
