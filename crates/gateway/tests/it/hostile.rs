//! Strangers' bytes: whatever is sent, the gateway answers or closes, and nothing is set aside for it.

use std::time::Duration;

use purser_core::money::Nano;
use serde_json::Value;

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::{ANALYST, ANALYST_KEY, METERED, SIMPLE, noon};
use crate::rig::Rig;
use crate::wire::{Message, Side};

/// Sends bytes and reads all answers until the gateway closes.
fn exchange(rig: &Rig, bytes: &[u8]) -> Vec<Message> {
    let mut conn = rig.open();
    conn.send(bytes);
    conn.half_close();
    std::iter::from_fn(|| conn.message(Side::Answer)).collect()
}

/// The statuses of the answers to these bytes; the gateway closes after the last.
fn statuses(rig: &Rig, bytes: &[u8]) -> Vec<u16> {
    let mut conn = rig.open();
    conn.send(bytes);
    std::iter::from_fn(|| conn.message(Side::Answer)).map(|answer| answer.status()).collect()
}

/// A body that is refused, and the connection goes on.
fn check_bad_body(rig: &Rig, target: &str, body: &str) {
    let shown: String = body.chars().take(100).collect();
    let mut conn = rig.open();
    conn.send(&Ask::post(target, body).key(ANALYST_KEY).bytes());
    let answer = conn.answer();
    assert_eq!((answer.status(), answer.header("x-purser-code")), (400, "bad_request"), "{target} {shown}");
    assert!(answer.json().pointer("/error/message").is_some(), "{target}: {}", answer.text());
    conn.send(&Ask::of("GET", "/v1/models").key(ANALYST_KEY).bytes());
    assert_eq!(conn.answer().status(), 200, "{target} {shown}: the connection goes on");
}

#[test]
fn bodies_that_cannot_be_read_are_refused() {
    let rig = Rig::start(|_| {});
    let deep = format!(r#"{{"model":"{SIMPLE}","messages":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let open = "[".repeat(200_000);
    let targets = [
        "/v1/messages",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1beta/models/simple-1:generateContent",
        "/v1/messages/count_tokens",
    ];
    for target in targets {
        for body in
            ["{", "[]", "null", "\"x\"", "{\"model\":", "{\"a\":1}trailing", "{\"a\":01}", "\u{feff}{}", &open, &deep]
        {
            check_bad_body(&rig, target, body);
        }
        if !target.contains(':') {
            for body in ["{}", r#"{"model":7,"messages":[]}"#, r#"{"model":"","messages":[]}"#] {
                check_bad_body(&rig, target, body);
            }
        }
    }
    assert_eq!((rig.holds().len(), rig.tap.requests()), (0, 0));
}

#[test]
fn whatever_a_second_key_says_the_hold_suffices() {
    for (first, second) in [(1, 8_000), (8_000, 1)] {
        for (talk, field) in
            [(Talk::Messages, "max_tokens"), (Talk::Chat, "max_tokens"), (Talk::Responses, "max_output_tokens")]
        {
            let rig = Rig::start(|_| {});
            let more = format!(r#""{field}":{second},"#);
            let want = Want { model: SIMPLE, max: Some(first), more: &more, script: "output=5000", ..Want::default() };
            let answer = rig.call(&ask(talk, &want));
            if answer.status() == 200 {
                let charge = rig.charge();
                assert!(charge.nano <= rig.holds().pop().unwrap().get(), "{talk:?}: {charge:?}");
                assert_eq!(charge.overrun, Nano::ZERO, "{talk:?}");
            } else {
                assert_eq!(answer.status(), 400, "{talk:?}: {}", answer.text());
            }
        }
        let rig = Rig::start(|_| {});
        let more = r#""model":"claude-opus-5-5","#;
        let answer = rig.call(&ask(Talk::Messages, &Want { more, script: "output=400", ..Want::default() }));
        assert!(answer.status() == 400 || *rig.charge().record.requested == *rig.served().model);
    }
}

#[test]
fn compressed_bodies_are_refused() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        let answer = rig.call(&ask(talk, &Want::default()).with("content-encoding", "gzip"));
        assert_eq!(answer.status(), 400, "{talk:?}");
        assert!(answer.text().contains("compressed"), "{talk:?}: {}", answer.text());
    }
    assert_eq!(rig.tap.requests(), 0);
}

#[test]
fn bodies_over_the_limit_are_refused_and_the_answer_can_be_read() {
    let rig = Rig::start(|setup| setup.limits.body_bytes = 10_000);
    for (talk, size) in [(Talk::Messages, 10_001), (Talk::Chat, 100_000), (Talk::Responses, 8_000_000)] {
        let prompt = "x".repeat(size);
        let whole = ask(talk, &Want { prompt: &prompt, ..Want::default() });
        let mut chunked = whole.clone().with("transfer-encoding", "chunked");
        chunked.body = String::new();
        let chunks: String = whole.body.as_bytes().chunks(4_000).fold(String::new(), |all, part| {
            all + &format!("{:x}\r\n{}\r\n", part.len(), String::from_utf8_lossy(part))
        });
        for bytes in [whole.bytes(), (chunked.head() + &chunks + "0\r\n\r\n").into_bytes()] {
            let mut conn = rig.open();
            conn.send(&bytes);
            let answer = conn.answer();
            assert_eq!((answer.status(), answer.header("connection")), (413, "close"), "{talk:?}");
            assert_eq!(answer.header("x-purser-code"), "too_large");
            assert_eq!(conn.rest(), b"", "{talk:?}");
        }
    }
    assert_eq!((rig.holds().len(), rig.tap.requests()), (0, 0));
}

#[test]
fn heads_have_bounds() {
    let rig = Rig::start(|setup| setup.limits.head_time = Duration::from_millis(50));
    let big = format!("GET /v1/models HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    assert_eq!(statuses(&rig, big.as_bytes()), [431]);
    let many = format!("GET /v1/models HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(200));
    assert_eq!(statuses(&rig, many.as_bytes()), [400]);
    for slow in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: a\r\nx: "] {
        assert_eq!(statuses(&rig, slow.as_bytes()), [408], "{slow:?}");
    }
}

#[test]
fn silence_is_bounded() {
    let rig = Rig::start(|setup| {
        setup.limits.idle = Duration::from_millis(30);
        setup.limits.body_stall = Duration::from_millis(30);
    });
    assert_eq!(rig.open().rest(), b"");
    let ask = ask(Talk::Messages, &Want::default());
    let mut conn = rig.open();
    conn.send(ask.head().as_bytes());
    conn.send(ask.body.as_bytes().get(..20).unwrap());
    let told = conn.rest();
    assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&told));
    assert!(rig.holds().is_empty());
}

#[test]
fn requests_whose_length_is_ambiguous_are_refused() {
    let rig = Rig::start(|_| {});
    let hidden = "GET /v1/models HTTP/1.1\r\nhost: a\r\nauthorization: Bearer pk-analyst\r\n\r\n";
    let post = |lines: &str, body: &str| {
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: a\r\nauthorization: Bearer pk-analyst\r\n{lines}\r\n{body}{hidden}"
        )
    };
    let refused = [
        post("content-length: 4\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
        post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", "0\r\n\r\n"),
        post("content-length: 2\r\ncontent-length: 2\r\n", "{}"),
        post("content-length: 2\r\ncontent-length: 3\r\n", "{}"),
        post("content-length: 2, 2\r\n", "{}"),
        post("content-length: +2\r\n", "{}"),
        post("content-length: -1\r\n", "{}"),
        post("content-length: 99999999999999999999999\r\n", "{}"),
        post("content-length : 2\r\n", "{}"),
        post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post("transfer-encoding: identity\r\n", "{}"),
        post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
        post("transfer-encoding: \u{b}chunked\r\n", "0\r\n\r\n"),
        post("x: a\r\n content-length: 2\r\n", "{}"),
        post("transfer-encoding: chunked\r\n", "z\r\n{}\r\n0\r\n\r\n"),
        post("transfer-encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"),
        post("transfer-encoding: chunked\r\n", "2\n{}\n0\n\n"),
        post("transfer-encoding: chunked\r\n", "2\r\n{}xx0\r\n\r\n"),
        post("transfer-encoding: chunked\r\n", "ffffffffffffffffff\r\n{}\r\n"),
        post("transfer-encoding: chunked\r\n", &format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "e".repeat(5_000))),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n".to_owned(),
        "GET noslash HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "GET / HTTP/3.0\r\nhost: a\r\n\r\n".to_owned(),
        "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n".to_owned(),
    ];
    for bytes in refused {
        assert_eq!(statuses(&rig, bytes.as_bytes()), [400], "{bytes:?}");
    }
    assert_eq!((rig.holds().len(), rig.tap.requests()), (0, 0));
}

#[test]
fn a_body_that_was_not_read_is_never_taken_for_a_request() {
    let rig = Rig::start(|setup| {
        setup.company.key(ANALYST, "pk-spent", |issue| issue.expires = Some(noon()));
        setup.company.key(ANALYST, "pk-slow", |issue| issue.requests_per_minute = Some(0));
    });
    let hidden = Ask::of("GET", "/api/hello").head();
    let with = |method: &'static str, target: &str, secret: &str| {
        let mut ask = Ask::post(target, &hidden).key(secret);
        ask.method = method;
        ask.bytes()
    };
    let requests = [
        with("POST", "/v1/messages", "pk-unknown"),
        with("POST", "/v1/messages", "pk-spent"),
        with("POST", "/v1/messages", "pk-slow"),
        with("POST", "/v1/messages/count_tokens", "pk-slow"),
        with("GET", "/v1/models", ANALYST_KEY),
        with("GET", "/v1/models/metered-1", ANALYST_KEY),
        with("GET", "/v1/models/unknown", ANALYST_KEY),
        with("GET", "/api/hello", ANALYST_KEY),
        with("GET", "/v1/responses/resp_unknown", ANALYST_KEY),
        with("POST", "/v1/batches", ANALYST_KEY),
        with("POST", "/nowhere", ANALYST_KEY),
    ];
    for bytes in requests {
        let answers = exchange(&rig, &bytes);
        assert_eq!(answers.len(), 1, "{} {answers:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn routes_that_cannot_be_metered_are_refused_in_the_dialect() {
    let rig = Rig::start(|_| {});
    let anthropic = |ask: Ask| ask.with("anthropic-version", "2023-06-01");
    let google = |ask: Ask| ask.with("x-goog-api-key", ANALYST_KEY);
    let post = |target: &str| Ask::post(target, "{}").key(ANALYST_KEY);
    let cases = [
        (anthropic(post("/v1/messages/batches")), "/type", 403),
        (anthropic(post("/v1/files")), "/type", 403),
        (anthropic(post("/v1/nowhere")), "/type", 404),
        (post("/v1/completions"), "/error/code", 403),
        (post("/v1/images/generations"), "/error/code", 403),
        (post("/v1/responses/compact"), "/error/code", 403),
        (post("/v1/nowhere"), "/error/code", 404),
        (post("/"), "/error/code", 404),
        (post("/v1/../v1/messages"), "/error/code", 404),
        (post("/v1/models/../chat/completions"), "/error/code", 404),
        (google(post("/v1beta/models/gemini-2.5-pro:batchGenerateContent")), "/error/status", 403),
        (google(post("/v1beta/cachedContents")), "/error/status", 403),
        (google(post("/v1beta/nowhere")), "/error/status", 404),
    ];
    for (ask, shape, status) in cases {
        let answer = rig.call(&ask);
        let what = format!("{} {}", ask.target, answer.text());
        assert_eq!(answer.status(), status, "{what}");
        assert!(answer.json().pointer(shape).is_some_and(|found| *found != Value::Null), "{what}");
        assert_eq!(answer.header("x-should-retry"), "false", "{what}");
    }
    assert_eq!(rig.tap.requests(), 0);
}

#[test]
fn background_and_hosted_loops_without_end_are_refused() {
    let rig = Rig::start(|_| {});
    let more = r#""background":true,"#;
    let answer = rig.call(&ask(Talk::Responses, &Want { more, ..Want::default() }));
    assert_eq!((answer.status(), answer.header("x-purser-code")), (403, "unmetered"), "{}", answer.text());
    assert_eq!(rig.tap.requests(), 0);
}

/// Numbers that only look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

#[test]
fn damaged_requests_harm_nobody() {
    let rig = Rig::start(|_| {});
    let mut dice = Dice(7);
    for round in 0..400 {
        let talk = Talk::TEXT.get(round % 5).copied().unwrap();
        let mut bytes = ask(talk, &Want { stream: round % 2 == 0, max: Some(20), ..Want::default() }).bytes();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
                2 => bytes.extend_from_within(at..),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = u8::try_from(dice.below(256)).unwrap();
                    }
                }
            }
        }
        let mut conn = rig.open();
        conn.send(&bytes);
        conn.half_close();
        conn.rest();
    }
    rig.quiet();
    assert_eq!(rig.call(&ask(Talk::Messages, &Want { model: METERED, ..Want::default() })).status(), 200);
}
