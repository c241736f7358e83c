//! Providers of our own: one that records what passes on its way to the stand-in, and one that answers by script.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};
use socket2::{Domain, Protocol, Socket, Type};

use crate::wire::{Conn, Message, SOON, Side, messages};

/// A listener with a thread per connection; closed when dropped.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Fake {
    /// Serves each connection by the function.
    pub(crate) fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let closed = Arc::new(AtomicBool::new(false));
        let (ends, serve) = (Arc::clone(&closed), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(stream.unwrap()));
            }
        });
        Self { address, closed }
    }

    /// Reads one request of each connection, writes this, and ends the connection.
    pub(crate) fn saying(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::start(move |stream| {
            let mut conn = Conn::over(stream);
            if conn.message(Side::Request).is_some() {
                conn.send(answer.as_bytes());
            }
        })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        let _wakes_the_listener = TcpStream::connect(self.address);
    }
}

/// An address at which nobody listens, and nobody else can meanwhile.
pub(crate) struct Nobody {
    pub(crate) address: SocketAddr,
    _bound: Socket,
}

impl Nobody {
    pub(crate) fn there() -> Self {
        let bound = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        bound.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Self { address: bound.local_addr().unwrap().as_socket().unwrap(), _bound: bound }
    }
}

/// Stands between the gateway and a provider and keeps what passes.
pub(crate) struct Tap {
    pub(crate) fake: Fake,
    wires: Arc<Mutex<Vec<Arc<Wire>>>>,
}

/// Which connection was asked last.
static TURN: AtomicU64 = AtomicU64::new(0);

/// One connection.
#[derive(Default)]
struct Wire {
    turn: AtomicU64,
    asked: Mutex<Vec<u8>>,
    answered: Mutex<Vec<u8>>,
}

impl Tap {
    pub(crate) fn before(provider: SocketAddr) -> Self {
        let wires = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&wires);
        let fake = Fake::start(move |client| {
            let wire = Arc::new(Wire::default());
            kept.lock().push(Arc::clone(&wire));
            let server = TcpStream::connect(provider).unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| copy(&client, &server, |read| wire.ask(read)));
                copy(&server, &client, |read| wire.answered.lock().extend_from_slice(read));
            });
        });
        Self { fake, wires }
    }

    /// The request that came last, and its answer.
    pub(crate) fn last(&self) -> (Message, Message) {
        let wires = self.wires.lock();
        let wire = wires.iter().max_by_key(|wire| wire.turn.load(Ordering::Relaxed)).expect("something passed");
        let asked = messages(&wire.asked.lock(), Side::Request).pop();
        let answered = messages(&wire.answered.lock(), Side::Answer).pop();
        asked.zip(answered).expect("an exchange passed")
    }

    /// Requests that passed, answered or not.
    pub(crate) fn requests(&self) -> usize {
        let wires = self.wires.lock();
        wires.iter().map(|wire| messages(&wire.asked.lock(), Side::Request).len()).sum()
    }
}

impl Wire {
    fn ask(&self, read: &[u8]) {
        self.turn.store(TURN.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.asked.lock().extend_from_slice(read);
    }
}

/// Keeps before it passes on: whoever has read a byte finds it kept.
fn copy(mut from: &TcpStream, mut to: &TcpStream, keep: impl Fn(&[u8])) {
    let mut some = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut some) {
        let read = some.get(..count).unwrap();
        keep(read);
        if to.write_all(read).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Write);
    let _gone = from.shutdown(Shutdown::Read);
}

/// A provider of chat completions that answers when the test says so, in order of arrival.
pub(crate) struct Gate {
    pub(crate) fake: Fake,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<Passing>,
    changed: Condvar,
}

#[derive(Default)]
struct Passing {
    arrived: Vec<Message>,
    let_go: usize,
}

impl Gate {
    /// Each answer has used so many tokens of output.
    pub(crate) fn closed(output: u64) -> Self {
        let inner = Arc::new(Inner::default());
        let behind = Arc::clone(&inner);
        let fake = Fake::start(move |stream| {
            let mut conn = Conn::over(stream);
            while let Some(request) = conn.message(Side::Request) {
                behind.pass(request);
                conn.send(&chat_answer(output));
            }
        });
        Self { fake, inner }
    }

    /// Waits until so many requests have arrived.
    pub(crate) fn arrived(&self, count: usize) -> Vec<Message> {
        let mut state = self.inner.state.lock();
        while state.arrived.len() < count {
            let late = self.inner.changed.wait_for(&mut state, SOON).timed_out();
            assert!(!late, "only {} of {count} requests came", state.arrived.len());
        }
        assert_eq!(state.arrived.len(), count, "no more than that");
        state.arrived.clone()
    }

    /// Answers the next ones.
    pub(crate) fn let_go(&self, count: usize) {
        self.inner.state.lock().let_go += count;
        self.inner.changed.notify_all();
    }
}

impl Inner {
    fn pass(&self, request: Message) {
        let mut state = self.state.lock();
        let place = state.arrived.len();
        state.arrived.push(request);
        self.changed.notify_all();
        while state.let_go <= place && !self.changed.wait_for(&mut state, SOON).timed_out() {}
    }
}

/// A chat completion of so many tokens.
pub(crate) fn chat_answer(output: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"simple-1","choices":[{{"index":0,"message":{{"role":"assistant","content":"Aye."}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":7,"completion_tokens":{output},"total_tokens":{}}}}}"#,
        output + 7
    );
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}
