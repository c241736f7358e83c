//! A socket, plain or inside TLS, as one type, and a connection that reads into a buffer of its own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::patience::{Patience, Wait};

/// One read from a socket, at most: a large request in few system calls. Each thread has one such buffer.
const READ_MAX: usize = 64 * 1024;

/// What came in one read is copied to where it is kept, unless it is this much: then its buffer is kept instead.
const COPIED_MAX: usize = READ_MAX / 2;

/// A buffer that holds most of what comes, and how much larger one may be to be kept for another connection.
const BUFFER: usize = 4 * 1024;
const BUFFER_MAX: usize = 2 * BUFFER;
/// Buffers that a thread keeps, at most.
const SPARES_MAX: usize = 64;

/// Bytes read and dropped after our last word, at most.
const LINGER_MAX: usize = 1 << 20;

thread_local! {
    /// Where reads of this thread land.
    static LANDING: RefCell<BytesMut> = RefCell::default();
    /// Buffers of connections that are idle now.
    static SPARES: RefCell<Vec<BytesMut>> = RefCell::default();
}

/// A socket with or without TLS, of either side.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(TcpStream),
    TlsServer(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    TlsClient(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

macro_rules! on_socket {
    ($self:ident, $inner:ident => $do:expr) => {
        match $self.get_mut() {
            Self::Plain($inner) => $do,
            Self::TlsServer($inner) => $do,
            Self::TlsClient($inner) => $do,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_socket!(self, inner => Pin::new(inner).poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on_socket!(self, inner => Pin::new(inner).poll_write(cx, buf))
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_socket!(self, inner => Pin::new(inner).poll_write_vectored(cx, bufs))
    }
    fn is_write_vectored(&self) -> bool {
        true
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_socket!(self, inner => Pin::new(inner).poll_flush(cx))
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_socket!(self, inner => Pin::new(inner).poll_shutdown(cx))
    }
}

/// A socket and what has been read from it but not yet taken.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    patience: Patience,
    pub(crate) buffer: BytesMut,
}

impl Connection {
    pub(crate) fn new(socket: Socket) -> Self {
        Self { socket, patience: Patience::default(), buffer: BytesMut::new() }
    }

    /// The socket itself, where it has no TLS; what is in the buffer is lost.
    pub(crate) fn into_plain(self) -> Option<std::net::TcpStream> {
        match self.socket {
            Socket::Plain(stream) => stream.into_std().ok(),
            Socket::TlsServer(_) | Socket::TlsClient(_) => None,
        }
    }

    /// An idle connection holds no memory: its empty buffer is for whoever reads next.
    pub(crate) fn let_go(&mut self) {
        if let Some(spare) = spare(std::mem::take(&mut self.buffer)) {
            SPARES.with_borrow_mut(|spares| {
                if spares.len() < SPARES_MAX {
                    spares.push(spare);
                }
            });
        }
    }

    /// Reads once into the buffer; 0 means the other side closed. Safe to drop half way: no byte is lost.
    ///
    /// The bytes land in a buffer of the thread first and are copied from there: so an idle connection holds no memory,
    /// and none is set aside for what may come. Copying what did come costs less than a buffer for each read. What is
    /// large is not copied: where it is known to come it is read into its place, otherwise the thread's buffer goes along.
    pub(crate) async fn read(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.buffer.capacity().saturating_sub(self.buffer.len()) >= COPIED_MAX {
            return pin!(self.socket.read_buf(&mut self.buffer)).poll(cx);
        }
        LANDING.with_borrow_mut(|landing| {
            landing.clear();
            landing.reserve(READ_MAX);
            let read = std::task::ready!(pin!(self.socket.read_buf(landing)).poll(cx))?;
            if read >= COPIED_MAX && self.buffer.is_empty() {
                std::mem::swap(landing, &mut self.buffer);
            } else {
                if self.buffer.capacity() == 0 {
                    let spare = SPARES.with_borrow_mut(Vec::pop);
                    self.buffer = spare.unwrap_or_else(|| BytesMut::with_capacity(BUFFER));
                }
                self.buffer.extend_from_slice(landing);
            }
            Poll::Ready(Ok(read))
        })
    }

    /// As [`Self::read`], but gives up after `within`.
    pub(crate) async fn read_within(&mut self, within: Duration) -> io::Result<usize> {
        let mut wait = Wait::new(within);
        poll_fn(|cx| match self.poll_read(cx) {
            Poll::Pending => self.patience.poll_over(cx, &mut wait).map(|()| Err(io::ErrorKind::TimedOut.into())),
            read @ Poll::Ready(_) => read,
        })
        .await
    }

    /// The next `length` bytes, in one piece. Each read may take `stall`.
    pub(crate) async fn take_exactly(&mut self, length: usize, stall: Duration) -> io::Result<Bytes> {
        // Not more than 1 MiB on a stranger's word; the rest grows as it comes.
        self.buffer.reserve(length.saturating_sub(self.buffer.len()).min(1 << 20));
        while self.buffer.len() < length {
            if self.read_within(stall).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    /// Writes everything, or fails after `within`.
    pub(crate) async fn write_within(&mut self, bytes: &[u8], within: Duration) -> io::Result<()> {
        self.write_parts_within([bytes, &[]], within).await
    }

    /// As [`Self::write_within`], one part after the other without putting them together first.
    pub(crate) async fn write_parts_within(&mut self, parts: [&[u8]; 2], within: Duration) -> io::Result<()> {
        let (mut wait, mut rest) = (Wait::new(within), parts);
        poll_fn(|cx| match self.poll_write_all(cx, &mut rest) {
            Poll::Pending => self.patience.poll_over(cx, &mut wait).map(|()| Err(io::ErrorKind::TimedOut.into())),
            written @ Poll::Ready(_) => written,
        })
        .await
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>, rest: &mut [&[u8]; 2]) -> Poll<io::Result<()>> {
        let socket = &mut self.socket;
        loop {
            let written = match *rest {
                [[], []] => return Pin::new(socket).poll_flush(cx),
                [[], alone] | [alone, []] => Pin::new(&mut *socket).poll_write(cx, alone),
                [first, second] => {
                    Pin::new(&mut *socket).poll_write_vectored(cx, &[IoSlice::new(first), IoSlice::new(second)])
                }
            };
            let written = std::task::ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_first = written.min(rest[0].len());
            *rest = [
                rest[0].get(of_first..).unwrap_or_default(),
                rest[1].get(written.saturating_sub(of_first)..).unwrap_or_default(),
            ];
        }
    }

    /// Is the idle connection still usable? It isn't when the other side closed it or spoke out of turn.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut probe = [0; 1];
        let mut read = ReadBuf::new(&mut probe);
        let mut cx = Context::from_waker(Waker::noop());
        self.buffer.is_empty() && Pin::new(&mut self.socket).poll_read(&mut cx, &mut read).is_pending()
    }

    /// Says goodbye: TLS close, the end of the stream, then a moment of listening, because closing with unread bytes
    /// would reset the connection and take the answer away from a client that is still sending.
    pub(crate) async fn shut_down(mut self, within: Duration) {
        // The other side may be gone already; then there is nobody to tell and nothing to wait for.
        let _gone = timed(within, async {
            poll_fn(|cx| Pin::new(&mut self.socket).poll_shutdown(cx)).await?;
            let mut unread = 0;
            while unread < LINGER_MAX {
                self.buffer.clear();
                match self.read().await? {
                    0 => break,
                    more => unread += more,
                }
            }
            Ok(())
        })
        .await;
    }
}

/// An empty buffer that is worth keeping: nobody holds what was read into it, and it is not large. Both show only by
/// asking for more than it has left, which only a buffer that nobody shares can give.
fn spare(mut empty: BytesMut) -> Option<BytesMut> {
    let is_kept = !empty.try_reclaim(BUFFER_MAX + 1) && empty.capacity() < BUFFER && empty.try_reclaim(BUFFER);
    is_kept.then_some(empty)
}

async fn timed<T>(within: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(within, work).await {
        Ok(result) => result,
        Err(_elapsed) => Err(io::Error::from(io::ErrorKind::TimedOut)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is a buffer of this size kept, of which so much was read into, when nobody holds that or somebody does?
    fn check(size: usize, read: usize, held: bool, kept: bool) {
        let mut buffer = BytesMut::with_capacity(size);
        buffer.extend_from_slice(&vec![b'x'; read]);
        let read_last = Some(buffer.split().freeze()).filter(|_| held);
        assert_eq!(spare(buffer).is_some(), kept, "{read} of {size} read, held: {held}");
        drop(read_last);
    }

    #[test]
    fn only_small_buffers_that_nobody_holds_are_kept() {
        check(BUFFER, 100, false, true);
        check(BUFFER, BUFFER, false, true);
        check(BUFFER_MAX, BUFFER_MAX - 10, false, true);
        check(BUFFER - 1, 100, false, false);
        for large in [BUFFER_MAX + 1, READ_MAX, 4 * READ_MAX] {
            check(large, large / 2, false, false);
            check(large, large - 10, false, false);
        }
        for size in [BUFFER, BUFFER_MAX, BUFFER_MAX + 1, READ_MAX] {
            check(size, size / 2, true, false);
            check(size, size - 10, true, false);
        }
    }
}
