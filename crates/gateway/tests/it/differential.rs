//! Our reading of HTTP/1.1 against hyper's: the same bytes to both, thousands of them, made from valid requests.
//!
//! Whatever we take for a request, hyper takes for the same one: method, target, body, and therefore where it ends. Two
//! readers that disagree on that are how a request is smuggled past one of them. We may be stricter, only for reasons
//! that are listed here.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;

use crate::asks::Ask;
use crate::company::{ANALYST_KEY, SIMPLE};
use crate::rig::Rig;
use crate::upstreams::{Fake, chat_answer};
use crate::wire::{Conn, Message, Side};

/// A request as a reader took it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taken {
    method: String,
    target: String,
    body: Vec<u8>,
}

/// Why we refuse what hyper takes. All of it is either a shape of smuggling or one that no client sends.
const STRICTER: [(&str, &str); 8] = [
    ("names two body lengths", "two lengths, or a length and a coding, that agree are refused too"),
    ("no single `host`", "hyper leaves `host` to its service"),
    ("only transfer coding", "codings before `chunked`; any coding of HTTP/1.0"),
    ("not valid HTTP/1.1", "targets that are neither a path nor a URL; line feeds alone; folded lines"),
    ("chunks are malformed", "lines between chunks end in CR LF, are short, and have no space around the size"),
    ("more than 128 headers", "hyper counts to 100 by itself, and may be told otherwise"),
    ("larger than", "bounds of ours"),
    ("not valid UTF-8", "a body of JSON that is none"),
];

/// hyper as a server that notes what it takes.
struct Reference {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Reference {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&taken);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_nonblocking(true).unwrap();
                let notes = Arc::clone(&notes);
                runtime.block_on(async move {
                    let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                    let serve = service_fn(|request| note(request, Arc::clone(&notes)));
                    let mut builder = hyper::server::conn::http1::Builder::new();
                    // An error is a request that it does not take: the connection ends.
                    let _refused = builder.half_close(true).serve_connection(TokioIo::new(stream), serve).await;
                });
            }
        });
        Self { address, taken }
    }

    /// What it takes these bytes for.
    fn read(&self, bytes: &[u8]) -> Vec<Taken> {
        self.taken.lock().clear();
        let mut conn = Conn::open(self.address);
        conn.send(bytes);
        conn.half_close();
        conn.rest();
        std::mem::take(&mut self.taken.lock())
    }
}

async fn note(request: Request<Incoming>, notes: Arc<Mutex<Vec<Taken>>>) -> hyper::Result<Response<Empty<Bytes>>> {
    let method = request.method().to_string();
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let body = request.into_body().collect().await?.to_bytes().to_vec();
    notes.lock().push(Taken { method, target, body });
    Ok(Response::new(Empty::new()))
}

/// A provider that notes what reaches it.
fn provider() -> (Fake, Arc<Mutex<Vec<Taken>>>) {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&passed);
    let fake = Fake::start(move |stream| {
        let mut conn = Conn::over(stream);
        while let Some(Message { first, body, .. }) = conn.message(Side::Request) {
            let mut words = first.split(' ').map(str::to_owned);
            let (method, target) = (words.next().unwrap(), words.next().unwrap());
            notes.lock().push(Taken { method, target, body });
            conn.send(&chat_answer(1));
        }
    });
    (fake, passed)
}

/// Numbers that only look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        *all.get(self.below(all.len())).unwrap()
    }
}

/// Lines that decide how long a body is, right and wrong.
const FRAMING: [&str; 20] = [
    "content-length: {n}\r\n",
    "Content-Length:{n}\r\n",
    "content-length: {n} \t\r\n",
    "transfer-encoding: chunked\r\n",
    "Transfer-Encoding: Chunked\r\n",
    "transfer-encoding:  chunked\r\n",
    "content-length: {n}\r\ncontent-length: {n}\r\n",
    "content-length: {n}\r\ncontent-length: 0\r\n",
    "content-length: {n}, {n}\r\n",
    "content-length: +{n}\r\n",
    "content-length: 0{n}\r\n",
    "content-length: {n}\r\ntransfer-encoding: chunked\r\n",
    "transfer-encoding: chunked\r\ncontent-length: {n}\r\n",
    "transfer-encoding: identity\r\ncontent-length: {n}\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
    "transfer-encoding: chunked, identity\r\n",
    "transfer-encoding : chunked\r\n",
    "x: y\r\n transfer-encoding: chunked\r\n",
    "content-length: {n}\n",
];

/// Ways to write a chunk's first line, of `{n}` bytes.
const SIZES: [&str; 8] =
    ["{n}\r\n", "00{n}\r\n", "{n};a=b\r\n", "{n} \r\n", " {n}\r\n", "{n}\n", "{n};\r\n", "0x{n}\r\n"];

/// What may stand where one byte was.
const BYTES: [&[u8]; 10] = [b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"0", b"\0", b",", b"\xc3"];

/// One request, framed in some way, with a body that says which it is.
fn request(dice: &mut Dice, number: usize) -> Vec<u8> {
    let body = format!(r#"{{"model":"{SIMPLE}","max_tokens":9,"messages":[],"user":"{number}"}}"#);
    // Right ones most of the time, so that something follows.
    let framing = if dice.below(3) > 0 { dice.below(6) } else { dice.below(FRAMING.len()) };
    let lines = FRAMING.get(framing).unwrap().replace("{n}", &body.len().to_string());
    let mut wire = format!(
        "POST /v1/chat/completions?n={number} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {ANALYST_KEY}\r\n{lines}\r\n"
    );
    if lines.to_ascii_lowercase().contains("chunked") {
        let half = body.len() / 2;
        for part in [body.get(..half).unwrap(), body.get(half..).unwrap()] {
            let size = if dice.below(4) > 0 { SIZES[0] } else { dice.of(&SIZES) };
            wire += &size.replace("{n}", &format!("{:x}", part.len()));
            wire += part;
            wire += "\r\n";
        }
        wire +=
            dice.of(&["0\r\n\r\n", "0\r\n\r\n", "000\r\n\r\n", "0\r\nt: v\r\n\r\n", "0;x\r\n\r\n", "0\n\n", "0\r\n"]);
    } else {
        wire += &body;
    }
    wire.into_bytes()
}

/// What the last request of each case asks for.
const LAST: &str = "/v1/models";

/// Some requests, changed here and there, and one behind them that ends the connection.
fn case(seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    dice.below(2);
    let count = 1 + dice.below(3);
    let mut wire: Vec<u8> = (0..count).flat_map(|number| request(&mut dice, number)).collect();
    if dice.below(2) > 0 {
        for _ in 0..=dice.below(2) {
            let at = dice.below(wire.len());
            match dice.below(4) {
                0 => drop(wire.splice(at..at, dice.of(&BYTES).iter().copied())),
                1 => drop(wire.splice(at..=at, dice.of(&BYTES).iter().copied())),
                2 => drop(wire.remove(at)),
                _ => {
                    let to = (at + 1 + dice.below(24)).min(wire.len());
                    wire.extend_from_within(at..to);
                }
            }
        }
    }
    wire.extend(Ask::of("GET", LAST).key(ANALYST_KEY).with("connection", "close").bytes());
    wire
}

#[test]
fn what_we_take_for_a_request_hyper_takes_for_the_same() {
    let (fake, passed) = provider();
    let rig = Rig::start(|setup| {
        setup.send_to("openai", fake.address);
        // A request that never becomes whole is given up soon. On a busy machine a whole one may be, too: then there is
        // one less to compare.
        let soon = Duration::from_millis(10);
        (setup.limits.idle, setup.limits.head_time, setup.limits.body_stall) = (soon, soon, soon);
    });
    let reference = Reference::start();
    let (mut agreed, mut stricter) = (0, BTreeMap::new());
    for seed in 0..3_000 {
        let bytes = case(seed);
        let theirs = reference.read(&bytes);
        passed.lock().clear();
        let mut conn = rig.open();
        conn.send(&bytes);
        let answers: Vec<Message> = std::iter::from_fn(|| conn.message(Side::Answer)).collect();
        let ours = std::mem::take(&mut *passed.lock());

        let shown = || format!("seed {seed}: {}\nhyper: {theirs:?}\nours: {ours:?}", String::from_utf8_lossy(&bytes));
        let mut passed = ours.iter();
        for (place, answer) in answers.iter().enumerate() {
            match answer.status() {
                200 if theirs.get(place).is_some_and(|theirs| theirs.target == LAST) => {
                    let last = Taken { method: "GET".to_owned(), target: LAST.to_owned(), body: Vec::new() };
                    assert_eq!(theirs.get(place), Some(&last), "{}", shown());
                }
                200 => {
                    let ours = passed.next().unwrap_or_else(|| panic!("{}", shown()));
                    assert_eq!(Some(ours), theirs.get(place), "{}", shown());
                    agreed += 1;
                }
                // Denied for what its head says; where its body was not read, nothing is read behind it either.
                401..=404 | 429 => {
                    assert!(theirs.get(place).is_some() || place + 1 == answers.len(), "{}", shown());
                }
                // Given up before it was whole.
                408 => {}
                _ if theirs.get(place).is_some() => {
                    let why = STRICTER.iter().find(|(why, _)| answer.text().contains(why)).map(|(why, _)| *why);
                    let in_body = answer.header("x-purser-code") == "bad_request";
                    let why = why.or(in_body.then_some("JSON")).unwrap_or_else(|| panic!("{answer:?} {}", shown()));
                    *stricter.entry(why).or_insert(0) += 1;
                }
                _ => {}
            }
        }
        assert!(passed.next().is_none(), "nothing reaches a provider unanswered: {}", shown());
    }
    assert!(agreed > 1_000, "{agreed} requests taken by both");
    for why in ["names two body lengths", "not valid HTTP/1.1", "chunks are malformed"] {
        assert!(stricter.contains_key(why), "{why} is never the reason: {stricter:?}");
    }
    assert_eq!(rig.call(&Ask::of("GET", "/v1/models").key(ANALYST_KEY)).status(), 200);
}
