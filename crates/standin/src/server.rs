//! Starting and stopping: listeners, the threads behind them, and the handle that owns both.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::StandinConfig;
use crate::connection::{Connection, State};
use crate::desk::Desk;
use crate::journal::{ServedCall, Totals};
use crate::script::Script;

/// Starts stand-ins.
#[derive(Debug)]
pub struct Standin;

/// A running stand-in. Dropping it stops the stand-in without waiting; [`stop`](Self::stop) waits.
pub struct StandinHandle {
    /// Where it listens.
    pub addr: SocketAddr,
    desk: Arc<Desk>,
    state: watch::Sender<State>,
    /// Closed when every listener and connection has ended.
    running: mpsc::Receiver<()>,
    /// Keeps the port ours while no listener is open.
    _port: TcpSocket,
}

/// A stand-in that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or is not this machine's.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The journal's file cannot be opened.
    #[error("cannot open the journal's file")]
    Journal(#[source] io::Error),
    /// The system gives no thread, or no runtime for it.
    #[error("cannot start a worker")]
    Worker(#[source] io::Error),
    /// [`Standin::start_here`] was called outside a tokio runtime.
    #[error("not called on a tokio runtime")]
    NoRuntime,
}

impl Standin {
    /// Starts a stand-in on threads of its own, [`StandinConfig::workers`] of them. It listens when this returns.
    ///
    /// # Errors
    /// The address is not free, the journal's file cannot be opened, or the system gives no threads.
    pub fn start(config: StandinConfig) -> Result<StandinHandle, StartError> {
        let workers = config.workers.max(1);
        let ground = Ground::lay(config)?;
        for number in 0..workers {
            ground.spawn_worker(number)?;
        }
        Ok(ground.handle())
    }

    /// Starts a stand-in on the caller's runtime, with one listener.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when there is no runtime here.
    pub fn start_here(config: StandinConfig) -> Result<StandinHandle, StartError> {
        let runtime = runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let ground = Ground::lay(config)?;
        let listener = ground.listen()?;
        runtime.spawn(ground.acceptor().run(listener));
        Ok(ground.handle())
    }
}

impl StandinHandle {
    /// What a client takes as its base URL, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The calls that are still kept, oldest first.
    pub fn journal(&self) -> Vec<ServedCall> {
        self.desk.journal.calls_since(0)
    }

    /// Sums over all calls that have ended, kept or not.
    pub fn totals(&self) -> Totals {
        self.desk.journal.totals()
    }

    /// Answers the next `calls` calls that bring no script of their own by this one.
    pub fn inject(&self, script: Script, calls: u64) {
        self.desk.inject(script, Some(calls));
    }

    /// Answers all further calls that bring no script of their own by this one.
    pub fn inject_always(&self, script: Script) {
        self.desk.inject(script, None);
    }

    /// Ends what was injected.
    pub fn inject_nothing(&self) {
        self.desk.inject(Script::default(), Some(0));
    }

    /// Lets so many answers go on that wait by their script (`wait=N`), now or later.
    pub fn go_on(&self, answers: usize) {
        self.desk.may_go_on.add_permits(answers);
    }

    /// Refuses new connections (as if nobody listened) and ends idle ones, or serves again. Takes effect soon after, not
    /// at once.
    pub fn refuse_connections(&self, refuse: bool) {
        self.state.send_replace(if refuse { State::Refusing } else { State::Open });
    }

    /// Forgets cached prompts and stored responses, as providers do in time. The journal stays.
    pub fn forget_prompts(&self) {
        self.desk.forget();
    }

    /// Stops: no new connections, answers under way may finish within
    /// [`Bounds::stop_wait_max`](crate::Bounds::stop_wait_max). Returns when all is over, with what was served.
    pub async fn stop(mut self) -> Vec<ServedCall> {
        self.state.send_replace(State::Stopping);
        // Nobody ever sends: this ends when the last sender is gone.
        let _ = self.running.recv().await;
        self.journal()
    }

    /// [`stop`](Self::stop) for callers without a runtime. Not to be called on a runtime's thread.
    pub fn stop_blocking(mut self) -> Vec<ServedCall> {
        self.state.send_replace(State::Stopping);
        let _ = self.running.blocking_recv();
        self.journal()
    }
}

impl fmt::Debug for StandinHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandinHandle").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Drop for StandinHandle {
    fn drop(&mut self) {
        self.state.send_replace(State::Stopping);
    }
}

/// What a stand-in needs before anything runs.
struct Ground {
    addr: SocketAddr,
    desk: Arc<Desk>,
    state: watch::Sender<State>,
    alive: mpsc::Sender<()>,
    running: mpsc::Receiver<()>,
    port: TcpSocket,
}

impl Ground {
    fn lay(config: StandinConfig) -> Result<Self, StartError> {
        let wanted = config.listen;
        let failed = |source| StartError::Listen { addr: wanted, source };
        let port = take_port(wanted).map_err(failed)?;
        let addr = port.local_addr().map_err(failed)?;
        let desk = Arc::new(Desk::open(config).map_err(StartError::Journal)?);
        let (alive, running) = mpsc::channel(1);
        Ok(Self { addr, desk, state: watch::Sender::new(State::Open), alive, running, port })
    }

    fn listen(&self) -> Result<TcpListener, StartError> {
        listen(self.addr).map_err(|source| StartError::Listen { addr: self.addr, source })
    }

    fn acceptor(&self) -> Acceptor {
        Acceptor {
            addr: self.addr,
            desk: Arc::clone(&self.desk),
            state: self.state.subscribe(),
            _alive: self.alive.clone(),
        }
    }

    /// Starts a thread with a runtime and a listener, and waits until it listens.
    fn spawn_worker(&self, number: usize) -> Result<(), StartError> {
        let acceptor = self.acceptor();
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Worker)?;
        let listener = {
            let _inside = runtime.enter();
            self.listen()?
        };
        thread::Builder::new()
            .name(format!("standin-{number}"))
            .spawn(move || runtime.block_on(acceptor.run(listener)))
            .map_err(StartError::Worker)?;
        Ok(())
    }

    fn handle(self) -> StandinHandle {
        StandinHandle { addr: self.addr, desk: self.desk, state: self.state, running: self.running, _port: self.port }
    }
}

/// Accepts connections on one listener.
struct Acceptor {
    addr: SocketAddr,
    desk: Arc<Desk>,
    state: watch::Receiver<State>,
    _alive: mpsc::Sender<()>,
}

impl Acceptor {
    async fn run(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut listener = Some(listener);
        loop {
            let state = *self.state.borrow_and_update();
            match state {
                State::Stopping => break,
                State::Refusing => listener = None,
                // The port is still ours, so this fails only when the system is out of sockets; the next change of
                // state tries again.
                State::Open if listener.is_none() => listener = listen(self.addr).ok(),
                State::Open => {}
            }
            tokio::select! {
                changed = self.state.changed() => {
                    if changed.is_err() {
                        break;
                    }
                }
                Some(stream) = accept(listener.as_ref()) => {
                    // Each answer is a single write, or a paced one that must go out at once.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection::new(stream, Arc::clone(&self.desk), self.state.clone());
                    connections.spawn(connection.serve());
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        let rest = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(self.desk.config.bounds.stop_wait_max, rest).await;
        connections.shutdown().await;
    }
}

/// The next connection; never, while there is no listener.
async fn accept(listener: Option<&TcpListener>) -> Option<tokio::net::TcpStream> {
    match listener {
        None => std::future::pending().await,
        Some(listener) => {
            if let Ok((stream, _)) = listener.accept().await {
                return Some(stream);
            }
            // Out of descriptors, or the client is gone already: let others run, then try again.
            tokio::task::yield_now().await;
            None
        }
    }
}

/// Binds the address without listening. Several sockets of ours share a port, but nobody else's: without the trial bind
/// two stand-ins could be started on one port and would share its calls.
fn take_port(addr: SocketAddr) -> io::Result<TcpSocket> {
    if addr.port() != 0 {
        let trial = socket(addr)?;
        trial.set_reuseaddr(true)?;
        trial.bind(addr)?;
    }
    let port = socket(addr)?;
    port.set_reuseaddr(true)?;
    port.set_reuseport(true)?;
    port.bind(addr)?;
    Ok(port)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: u32 = 4096;
    let listener = socket(addr)?;
    listener.set_reuseaddr(true)?;
    listener.set_reuseport(true)?;
    listener.bind(addr)?;
    listener.listen(BACKLOG)
}

fn socket(addr: SocketAddr) -> io::Result<TcpSocket> {
    if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}
