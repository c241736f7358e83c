//! Connections of the API: over the Unix socket, where whoever may open the file is the local administrator, and over
//! TCP, where a key is asked for. One loop for both.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Open connections to the API. People, scripts and dashboards, not agents: agents talk to the gateway.
const CONNECTIONS_MAX: usize = 512;
/// From the first byte of a head to its last, TLS included.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// How long answers under way may go on when Purser closes.
const DRAIN: Duration = Duration::from_secs(5);
/// After `accept` failed (out of descriptors, usually): breathe instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What fits into the address of a Unix socket, its closing zero left out.
const SOCKET_PATH_MAX: usize = 107;

/// Binds the socket of a data folder, readable and writable by its owner only. A file left behind by a process that
/// was killed is replaced: the caller holds the folder's lock, so nobody listens to it.
///
/// # Errors
/// The path is too long for a socket, or the operating system refuses.
pub fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    let length = path.as_os_str().len();
    if length > SOCKET_PATH_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "its path has {length} bytes, a socket's may have {SOCKET_PATH_MAX}; use a data folder nearer to the root"
            ),
        ));
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Between these two lines the permissions are the process's defaults; the folder itself lets nobody else in.
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the router on the socket until `stop` turns true, then lets answers under way end within a bound.
pub async fn serve_socket(listener: UnixListener, router: Router, stop: watch::Receiver<bool>) {
    let mut room = Room::new(router, stop);
    while let Some(seat) = room.seat().await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.map(|(stream, _peer)| stream),
            () = room.stopping() => break,
        };
        match accepted {
            Ok(stream) => room.talk(stream, seat),
            Err(error) => pause(&error).await,
        }
    }
    room.drain().await;
}

/// Serves the router on a TCP port until `stop` turns true, then lets answers under way end within a bound.
pub async fn serve_tcp(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let mut room = Room::new(router, stop);
    while let Some(seat) = room.seat().await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.map(|(stream, _peer)| stream),
            () = room.stopping() => break,
        };
        match (accepted, &tls) {
            (Ok(stream), None) => room.talk(stream, seat),
            (Ok(stream), Some(tls)) => {
                let (tls, router, stop) = (tls.clone(), room.router.clone(), room.stop.clone());
                room.talks.spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HEAD_TIME, tls.accept(stream)).await {
                        converse(stream, router, stop, seat).await;
                    }
                });
            }
            (Err(error), _) => pause(&error).await,
        }
    }
    room.drain().await;
}

/// The connections of one listener.
struct Room {
    router: Router,
    stop: watch::Receiver<bool>,
    seats: Arc<Semaphore>,
    talks: JoinSet<()>,
}

impl Room {
    fn new(router: Router, stop: watch::Receiver<bool>) -> Self {
        Self { router, stop, seats: Arc::new(Semaphore::new(CONNECTIONS_MAX)), talks: JoinSet::new() }
    }

    /// A free seat, waited for; `None` once Purser closes.
    async fn seat(&mut self) -> Option<OwnedSemaphorePermit> {
        while self.talks.try_join_next().is_some() {}
        let seats = Arc::clone(&self.seats);
        tokio::select! {
            seat = seats.acquire_owned() => seat.ok(),
            () = self.stopping() => None,
        }
    }

    async fn stopping(&self) {
        stopping(self.stop.clone()).await;
    }

    fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&mut self, stream: S, seat: OwnedSemaphorePermit) {
        self.talks.spawn(converse(stream, self.router.clone(), self.stop.clone(), seat));
    }

    async fn drain(mut self) {
        let ended = async { while self.talks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            tracing::warn!("an answer of the API was cut because Purser closes");
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    router: Router,
    stop: watch::Receiver<bool>,
    _seat: OwnedSemaphorePermit,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping(stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection to the API ended early");
    }
}

async fn stopping(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a connection to the API could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
