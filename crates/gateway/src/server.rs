//! Threads and listeners: one single-threaded runtime per core, each with its own listener on the shared port, nothing
//! crossing threads on the hot path.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use purser_providers::Headers;
use socket2::{Domain, Protocol, Socket as RawSocket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio_rustls::TlsAcceptor;

use crate::call;
use crate::client::{Client, NoRequest, Whole};
use crate::config::GatewayConfig;
use crate::http1::io::Socket;
use crate::shared::Shared;
use crate::worker::{Ending, Worker};

/// Connections the kernel keeps for us while we are busy.
const BACKLOG: i32 = 4096;
/// After `accept` failed (out of descriptors, usually): breathe instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a denial is only counted in memory.
const DENIALS_EVERY: Duration = Duration::from_secs(1);

/// A running gateway. Dropping it stops it without grace; [`GatewayHandle::stop`] drains.
pub struct GatewayHandle {
    address: SocketAddr,
    drain: Duration,
    stopping: watch::Sender<Option<Ending>>,
    threads: Vec<std::thread::JoinHandle<Vec<std::net::TcpStream>>>,
    /// The listening sockets once more: they stay open, and the kernel queues connections, after the threads have ended.
    listeners: Vec<std::net::TcpListener>,
}

impl GatewayHandle {
    /// Where it listens, port 0 resolved.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets running calls end within the configured time, and returns when all threads have ended.
    pub fn stop(mut self) {
        self.listeners.clear();
        let _closed = self.end(Ending { within: self.drain, hands_over: false });
    }

    /// As [`stop`](Self::stop), within `drain`, and without refusing anybody: whoever connects from now on, or sends the
    /// next request on a connection that is there, waits in what this returns for [`crate::start_on`]. Connections with
    /// TLS that wait for a request are closed: what both sides have agreed on is in this process.
    pub fn hand_over(mut self, drain: Duration) -> Waiting {
        let listeners = std::mem::take(&mut self.listeners);
        let connections = self.end(Ending { within: drain, hands_over: true });
        Waiting { listeners, connections }
    }

    fn end(&mut self, ending: Ending) -> Vec<std::net::TcpStream> {
        self.stopping.send_replace(Some(ending));
        let mut kept = Vec::new();
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(connections) => kept.extend(connections),
                Err(_panic) => {
                    tracing::error!("a gateway thread ended in a panic; its calls were settled with what was known");
                }
            }
        }
        kept
    }
}

/// Sockets in which clients wait between one gateway and the next.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Where new connections arrive.
    pub listeners: Vec<std::net::TcpListener>,
    /// Connections that no request was read from since their last answer.
    pub connections: Vec<std::net::TcpStream>,
}

/// Starts the threads and returns once the port is bound. Sockets that are given are all served: a connection waiting in
/// a listening one that is closed would be lost.
///
/// # Errors
/// When the address can't be bound or a thread can't be started.
pub(crate) fn start(config: GatewayConfig, waiting: Waiting, shared: Shared) -> io::Result<GatewayHandle> {
    let threads = match config.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let Waiting { mut listeners, connections } = waiting;
    if listeners.is_empty() {
        listeners.push(listen(config.listen)?);
    }
    let address = listeners.first().map_or(Ok(config.listen), std::net::TcpListener::local_addr)?;
    while listeners.len() < threads {
        listeners.push(listen(address)?);
    }
    let kept = listeners.iter().map(std::net::TcpListener::try_clone).collect::<io::Result<Vec<_>>>()?;
    let mut shares: Vec<Waiting> = (0..threads).map(|_| Waiting::default()).collect();
    for (place, listener) in listeners.into_iter().enumerate() {
        shares[place % threads].listeners.push(listener);
    }
    for (place, connection) in connections.into_iter().enumerate() {
        shares[place % threads].connections.push(connection);
    }
    let drain = config.limits.drain;
    let (stopping, _) = watch::channel(None);
    let (config, shared) = (Arc::new(config), Arc::new(shared));
    let open = Arc::new(AtomicUsize::new(0));
    let threads = shares
        .into_iter()
        .enumerate()
        .map(|(number, waiting)| {
            let (config, shared, open) = (Arc::clone(&config), Arc::clone(&shared), Arc::clone(&open));
            let stopping = stopping.subscribe();
            std::thread::Builder::new()
                .name(format!("gateway-{number}"))
                .spawn(move || run(waiting, config, shared, &open, stopping))
        })
        .collect::<io::Result<Vec<_>>>()?;
    Ok(GatewayHandle { address, drain, stopping, threads, listeners: kept })
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = RawSocket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn run(
    waiting: Waiting,
    config: Arc<GatewayConfig>,
    shared: Arc<Shared>,
    open: &Arc<AtomicUsize>,
    stopping: watch::Receiver<Option<Ending>>,
) -> Vec<std::net::TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(why) => {
            tracing::error!(%why, "a gateway thread has no runtime; the others go on");
            return Vec::new();
        }
    };
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let worker = Rc::new(Worker::new(config, shared, stopping));
        let handing_on = tokio::task::spawn_local(hand_on_denials(Rc::clone(&worker)));
        let heeding = tokio::task::spawn_local({
            let worker = Rc::clone(&worker);
            async move { worker.heed_stops().await }
        });
        let mut accepting = JoinSet::new();
        for connection in waiting.connections {
            // One that can't be taken over, or that would be spoken to in TLS now, is closed.
            let ready = connection.set_nonblocking(true).and_then(|()| TcpStream::from_std(connection));
            if let (Ok(stream), None) = (ready, &worker.config.tls) {
                receive(&worker, stream, None, open);
            }
        }
        for listener in waiting.listeners {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    let (worker, open) = (Rc::clone(&worker), Arc::clone(open));
                    accepting.spawn_local(async move { accept(&worker, listener, &open).await });
                }
                Err(why) => tracing::error!(%why, "a gateway thread can't listen; the others go on"),
            }
        }
        // A panic while accepting was printed there.
        while accepting.join_next().await.is_some() {}
        worker.drained().await;
        handing_on.abort();
        heeding.abort();
        worker.shared.decisions.hand_on(&*worker.shared.denials);
        worker.take_kept()
    })
}

/// Denials are counted by every thread into one table; whoever looks first hands it on.
async fn hand_on_denials(worker: Rc<Worker>) {
    let mut every = tokio::time::interval(DENIALS_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        worker.shared.decisions.hand_on(&*worker.shared.denials);
    }
}

async fn accept(worker: &Rc<Worker>, listener: TcpListener, open: &Arc<AtomicUsize>) {
    let tls = worker.config.tls.clone().map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = worker.stopping() => return,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => stream,
            Err(why) => {
                tracing::warn!(%why, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        receive(worker, stream, tls.clone(), open);
    }
}

/// Speaks with a client from here on, unless there are too many.
fn receive(worker: &Rc<Worker>, stream: TcpStream, tls: Option<TlsAcceptor>, open: &Arc<AtomicUsize>) {
    if open.fetch_add(1, Ordering::Relaxed) >= worker.config.limits.connections {
        open.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let seat = Seat(Arc::clone(open));
    let worker = Rc::clone(worker);
    tokio::task::spawn_local(async move {
        let _seat = seat;
        if let Some(socket) = wrap(stream, tls, worker.config.limits.head_time).await {
            converse(&worker, Client::new(socket)).await;
        }
    });
}

/// One of the allowed connections; given back when dropped, also by a panic.
struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn wrap(stream: TcpStream, tls: Option<TlsAcceptor>, within: Duration) -> Option<Socket> {
    // Only a hint: a socket without it works, a little later.
    let _hint = stream.set_nodelay(true);
    match tls {
        None => Some(Socket::Plain(stream)),
        Some(acceptor) => {
            let accepted = tokio::time::timeout(within, acceptor.accept(stream)).await;
            accepted.ok()?.ok().map(|tls| Socket::TlsServer(Box::new(tls)))
        }
    }
}

/// One request after another until either side has had enough.
async fn converse(worker: &Rc<Worker>, mut client: Client) {
    let limits = &worker.config.limits;
    let mut idle_ends = pin!(worker.idle_ends());
    loop {
        let head = tokio::select! {
            biased;
            head = client.next_head(limits) => head,
            () = &mut idle_ends => {
                idle_ends.set(worker.idle_ends());
                if !client.has_begun() {
                    if worker.hands_over() {
                        client.into_connection().into_iter().for_each(|connection| worker.keep(connection));
                        return;
                    }
                    break;
                }
                // A request has begun to arrive, and is served.
                let _running = worker.running();
                client.next_head(limits).await
            }
        };
        let keep_alive = match head {
            Ok(head) => {
                let _running = worker.running();
                call::serve(worker, &mut client, head).await
            }
            Err(NoRequest::Gone) => return,
            Err(why) => {
                refuse_head(&mut client, &why, worker).await;
                false
            }
        };
        if !keep_alive || client.is_gone() {
            break;
        }
    }
    client.close(limits).await;
}

/// A head that can't be read names no dialect: a plain sentence.
async fn refuse_head(client: &mut Client, why: &NoRequest, worker: &Worker) {
    let status = match why {
        NoRequest::HeadTooLarge(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        NoRequest::HeadTooSlow(_) => StatusCode::REQUEST_TIMEOUT,
        NoRequest::Gone | NoRequest::BadHead(_) => StatusCode::BAD_REQUEST,
    };
    let headers = Headers::from([("content-type", "text/plain; charset=utf-8")]);
    let body = format!("Purser can't read this request: {why}.\n");
    let answer = Whole { status, headers: &headers, body: body.as_bytes(), to_head: false, keep_alive: false };
    client.answer(&answer, &worker.config.limits).await;
}
