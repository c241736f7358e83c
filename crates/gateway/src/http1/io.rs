//! A socket, plain or inside TLS, as one type, and a connection that reads into a buffer of its own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::patience::{Patience, Wait};

/// One read from a socket, at most: a large request in few system calls. Each thread has one such buffer.
const READ_MAX: usize = 64 * 1024;

/// Bytes read and dropped after our last word, at most.
const LINGER_MAX: usize = 1 << 20;

thread_local! {
    /// Where reads of this thread land.
    static LANDING: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_MAX]);
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

    /// Reads once into the buffer; 0 means the other side closed. Safe to drop half way: no byte is lost.
    ///
    /// The bytes land in a buffer of the thread first and are copied from there: so an idle connection holds no memory,
    /// and none is set aside for what may come. Copying what did come costs less than a buffer for each read.
    pub(crate) async fn read(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        LANDING.with_borrow_mut(|landing| {
            let mut read = ReadBuf::new(landing);
            std::task::ready!(Pin::new(&mut self.socket).poll_read(cx, &mut read))?;
            self.buffer.extend_from_slice(read.filled());
            Poll::Ready(Ok(read.filled().len()))
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
        let (mut wait, mut rest) = (Wait::new(within), bytes);
        poll_fn(|cx| match self.poll_write_all(cx, &mut rest) {
            Poll::Pending => self.patience.poll_over(cx, &mut wait).map(|()| Err(io::ErrorKind::TimedOut.into())),
            written @ Poll::Ready(_) => written,
        })
        .await
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>, rest: &mut &[u8]) -> Poll<io::Result<()>> {
        while !rest.is_empty() {
            let written = std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *rest = rest.get(written..).unwrap_or_default();
        }
        Pin::new(&mut self.socket).poll_flush(cx)
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

async fn timed<T>(within: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(within, work).await {
        Ok(result) => result,
        Err(_elapsed) => Err(io::Error::from(io::ErrorKind::TimedOut)),
    }
}
