//! Shapes of hostile input, and where each is tested.
//!
//! | shape | test |
//! |---|---|
//! | malformed JSON, deep nesting | `hostile::bodies_that_cannot_be_read_are_refused` |
//! | duplicate keys | `hostile::whatever_a_second_key_says_the_hold_suffices` |
//! | wrong content type: of a request; of an answer | here; `lies::a_wrong_content_type_changes_nothing` |
//! | body over the limit; of 100 MB | `hostile::bodies_over_the_limit_…`; `purser`: `hostile::a_hundred_megabytes_…` |
//! | heads: too large, too many | `hostile::heads_have_bounds` |
//! | slow heads; slow bodies | `hostile::heads_have_bounds`, `hostile::silence_is_bounded`; here |
//! | smuggling: lengths, codings, chunks, line ends | `hostile::requests_whose_length_is_ambiguous_are_refused`, here, `differential` |
//! | a body that nobody reads | `hostile::a_body_that_was_not_read_is_never_taken_for_a_request` |
//! | provider stalls, cuts, half an event, endless | `faults` |
//! | provider compresses unasked | `lies::compressed_answers_are_read_and_passed_on_as_they_came` |
//! | usage negative, huge, missing, decreasing, cache reads above input | `lies` |
//! | 400 to 529 of a provider | `faults::errors_of_the_provider_pass_as_they_are_and_cost_nothing` |
//! | ids of somebody else | `fence` |
//! | clients that leave, at every event and byte | `hangups`, `hangups_everywhere` |
//! | a journal that can't be written | `stopping::nothing_goes_out_once_the_journal_has_failed` |
//! | disk full, damaged folder, 10,000 idle connections | `purser`: `hostile` |
//! | a second process on the folder | `purser`: `serving::a_second_serve_is_refused` |

use std::time::Duration;

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::ANALYST_KEY;
use crate::rig::Rig;
use crate::wire::{Message, Side};

#[test]
fn a_request_is_json_whatever_its_content_type_says() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""] {
            let mut whole = ask(talk, &Want::default());
            whole.headers.retain(|(name, _)| name != "content-type");
            let whole = whole.with("content-type", content_type);
            let mut other = whole.clone();
            other.body = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n".to_owned();
            assert_eq!(rig.call(&whole).status(), 200, "{talk:?} {content_type}");
            let answer = rig.call(&other);
            assert_eq!((answer.status(), answer.header("x-purser-code")), (400, "bad_request"), "{talk:?}");
            assert!(answer.json().pointer("/error/message").is_some(), "{talk:?}: {}", answer.text());
        }
    }
}

#[test]
fn a_body_that_stops_half_way_is_given_up_and_holds_nothing() {
    let rig = Rig::start(|setup| setup.limits.body_stall = Duration::from_millis(30));
    for talk in Talk::TEXT {
        let whole = ask(talk, &Want::default());
        let mut chunked = whole.clone().with("transfer-encoding", "chunked");
        chunked.body = String::new();
        let half = whole.body.get(..whole.body.len() / 2).unwrap();
        for sent in [whole.head() + half, chunked.head() + &format!("{:x}\r\n{half}", half.len()), chunked.head() + "f"]
        {
            let mut conn = rig.open();
            conn.send(sent.as_bytes());
            let told = conn.rest();
            assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 4"), "{talk:?}: {}", String::from_utf8_lossy(&told));
        }
    }
    assert_eq!((rig.holds().len(), rig.tap.requests()), (0, 0));
}

/// Sends a chat request framed like this, and another behind it; the answers' statuses.
fn framed(rig: &Rig, lines: &str, body: &str) -> Vec<u16> {
    let head = |lines: &str| {
        format!("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {ANALYST_KEY}\r\n{lines}\r\n")
    };
    let mut conn = rig.open();
    let last = Ask::of("GET", "/v1/models").key(ANALYST_KEY).with("connection", "close");
    conn.send((head(lines) + body + &last.head()).as_bytes());
    std::iter::from_fn(|| conn.message(Side::Answer)).map(|answer: Message| answer.status()).collect()
}

#[test]
fn chunks_that_are_not_as_they_must_be_end_the_connection() {
    let rig = Rig::start(|_| {});
    let json = ask(Talk::Chat, &Want::default()).body;
    let size = format!("{:x}", json.len());
    let chunked = "transfer-encoding: chunked\r\n";
    let right = [
        format!("{size}\r\n{json}\r\n0\r\n\r\n"),
        format!("000{size};name=value\r\n{json}\r\n0;last\r\nx-trailer: y\r\n\r\n"),
    ];
    for body in &right {
        assert_eq!(framed(&rig, chunked, body), [200, 200], "{body}");
    }
    let wrong = [
        format!("{size}\n{json}\r\n0\r\n\r\n"),
        format!("{size}\r{json}\r\n0\r\n\r\n"),
        format!("{size}\r\n{json}0\r\n\r\n"),
        format!("{size}\r\n{json}\n0\r\n\r\n"),
        format!("-{size}\r\n{json}\r\n0\r\n\r\n"),
        format!("+{size}\r\n{json}\r\n0\r\n\r\n"),
        format!("0x{size}\r\n{json}\r\n0\r\n\r\n"),
        format!(" {size}\r\n{json}\r\n0\r\n\r\n"),
        format!("{size} {size}\r\n{json}\r\n0\r\n\r\n"),
        format!("fffffffffffffff0{size}\r\n{json}\r\n0\r\n\r\n"),
        format!("\r\n{json}\r\n0\r\n\r\n"),
        format!("{size};{}\r\n{json}\r\n0\r\n\r\n", "e".repeat(10_000)),
        format!("{size}\r\n{json}\r\n0\r\n{}\r\n", "x: y\r\n".repeat(10_000)),
        format!("{size}\r\n{json}\r\n0\r\nx: y\n\r\n"),
    ];
    for body in &wrong {
        let shown: String = body.chars().take(300).collect();
        assert_eq!(framed(&rig, chunked, body), [400], "{shown}");
    }
    assert_eq!(rig.tap.requests(), right.len());
}

#[test]
fn a_head_with_line_ends_of_its_own_is_refused() {
    let rig = Rig::start(|_| {});
    for bytes in [
        "GET /v1/models HTTP/1.1\nhost: a\n\n",
        "GET /v1/models HTTP/1.1\r\nhost: a\rx: y\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: a\r\n\rx: y\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: a\r\nx: y\r\n\tfolded\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: a\r\n: no name\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n",
        "GET  /v1/models  HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /v1/mo\tdels HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let mut conn = rig.open();
        conn.send(bytes.as_bytes());
        conn.half_close();
        let statuses: Vec<u16> =
            std::iter::from_fn(|| conn.message(Side::Answer)).map(|answer: Message| answer.status()).collect();
        assert_eq!(statuses, [400], "{bytes:?}");
    }
}

#[test]
fn a_flood_of_requests_behind_a_running_one_waits_outside() {
    let rig = Rig::start(|_| {});
    let script = "output=40+wait=2";
    let mut conn = rig.begin(&ask(Talk::Chat, &Want { stream: true, script, ..Want::default() }));
    rig.gone_out(1);
    // More than is ever read ahead; the client's own buffers take the rest, so it is sent beside.
    let flood = Ask::of("GET", "/v1/models").key(ANALYST_KEY).with("x", &"y".repeat(1_000)).bytes().repeat(400);
    let mut writer = conn.beside();
    std::thread::scope(|scope| {
        scope.spawn(move || writer.send(&flood));
        rig.standin.go_on(1);
        assert_eq!(conn.answer().status(), 200);
        let more = (0..400).filter(|_| conn.answer().status() == 200).count();
        assert_eq!(more, 400, "each is answered in its turn");
    });
}
