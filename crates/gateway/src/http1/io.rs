//! A socket, plain or inside TLS, as one type, and a connection that reads into a buffer of its own.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

/// One read from a socket, at most. 16 KiB passes streams best (`benches/README.md`).
const READ_MAX: usize = 16 * 1024;

/// Bytes read and dropped after our last word, at most.
const LINGER_MAX: usize = 1 << 20;

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
    pub(crate) buffer: BytesMut,
}

impl Connection {
    pub(crate) fn new(socket: Socket) -> Self {
        Self { socket, buffer: BytesMut::new() }
    }

    /// Reads once into the buffer; 0 means the other side closed. Safe to drop half way: no byte is lost.
    pub(crate) async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_MAX);
        self.socket.read_buf(&mut self.buffer).await
    }

    /// As [`Self::read`], but gives up after `within`.
    pub(crate) async fn read_within(&mut self, within: Duration) -> io::Result<usize> {
        timed(within, self.read()).await
    }

    /// Writes everything, or fails after `within`.
    pub(crate) async fn write_within(&mut self, bytes: &[u8], within: Duration) -> io::Result<()> {
        timed(within, async {
            self.socket.write_all(bytes).await?;
            self.socket.flush().await
        })
        .await
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
