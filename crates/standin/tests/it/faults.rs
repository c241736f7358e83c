//! Every fault happens, in every dialect where it makes sense, and the journal knows.

use std::time::{Duration, Instant};

use hyper::Method;
use purser_standin::{AfterHangup, ServedCall, Telling, ToldUsage};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Got, asks, call, last_ended, raw, send, standin, try_send};

/// Has each dialect answer under a script, and looks at what came and what the journal says.
async fn check(script: &str, stream: bool, look: impl Fn(&str, &Got, &ServedCall)) {
    let standin = standin(|config| {
        config.bounds.stall_max = Duration::from_millis(20);
        config.bounds.endless_bytes_max = 200_000;
    });
    for (path, body) in asks(script, stream, "") {
        let got = call(&standin, &path, &body).await;
        look(&path, &got, &last_ended(&standin).await);
    }
}

/// Names that end a stream well.
fn is_whole(got: &Got) -> bool {
    ["message_stop", "[DONE]", "response.completed", "\"finishReason\":\"STOP\""]
        .iter()
        .any(|end| got.text().contains(end))
}

#[tokio::test]
async fn statuses_with_their_headers() {
    for status in [429, 500, 529] {
        check(&format!("status={status}+retry-after=7+should-retry=false"), true, |path, got, served| {
            assert_eq!((got.status, got.ended), (status, true), "{path}");
            assert_eq!((got.header("retry-after"), got.header("x-should-retry")), ("7", "false"), "{path}");
            assert!(got.json().get("error").is_some(), "{path} {}", got.text());
            assert_eq!((served.status, served.usage.input(), served.usage.output), (status, 0, 0), "{path}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_reset_before_any_byte() {
    let standin = standin(|_| {});
    let headers = [("x-api-key", "sk-a"), ("x-standin-fault", "refuse")];
    for (path, body) in asks("output=1", false, "") {
        assert!(try_send(&standin, Method::POST, &path, &headers, &body).await.is_err(), "{path}");
        let served = last_ended(&standin).await;
        assert_eq!((served.status, served.completed, served.usage.input()), (0, false, 0), "{path}");
    }
}

#[tokio::test]
async fn streams_break_after_events() {
    for script in ["cut=3+output=400", "stall=3+output=400"] {
        check(script, true, |path, got, served| {
            assert_eq!((got.status, got.ended), (200, false), "{script} {path}");
            assert_eq!(got.events().len(), 3, "{script} {path} {}", got.text());
            assert!(!is_whole(got));
            assert_eq!((served.completed, served.events), (false, 3), "{script} {path}");
            assert!(served.usage.output < 400 && served.usage.input() > 0, "{script} {path} {served:?}");
        })
        .await;
    }
    check("cut=0", true, |path, got, served| {
        assert_eq!((got.ended, got.body.len()), (false, 0), "{path}");
        assert_eq!((served.told, served.usage.output), (None, 0), "{path}");
    })
    .await;
}

#[tokio::test]
async fn bodies_break_at_a_byte() {
    for stream in [false, true] {
        check("cut-bytes=100", stream, |path, got, served| {
            assert_eq!((got.ended, got.body.len()), (false, 100), "{path}");
            assert!(!served.completed);
            assert_eq!(served.usage.output > 0, !stream, "a plain answer was generated before it was sent: {path}");
        })
        .await;
    }
}

#[tokio::test]
async fn half_an_event_and_then_a_proper_end() {
    check("half=3+output=400", true, |path, got, served| {
        assert!(got.ended && !is_whole(got), "{path}");
        let last = got.events().pop().unwrap();
        assert!(matches!(last.1, Value::String(_)), "the last event is no JSON: {path} {last:?}");
        assert_eq!((got.events().len(), served.events, served.completed), (4, 3, false), "{path}");
    })
    .await;
    check("half=0", false, |path, got, served| {
        assert!(got.ended && !served.completed && serde_json::from_slice::<Value>(&got.body).is_err(), "{path}");
    })
    .await;
}

#[tokio::test]
async fn an_endless_stream_is_bounded() {
    check("endless+output=20", true, |path, got, served| {
        assert!(!got.ended && !is_whole(got), "{path}");
        assert!((200_000..210_000).contains(&got.body.len()), "{path} {}", got.body.len());
        assert!(served.usage.output > 1000 && !served.completed, "{path} {served:?}");
    })
    .await;
}

#[tokio::test]
async fn gzip_unasked() {
    for stream in [false, true] {
        check("gzip+output=20", stream, |path, got, served| {
            assert_eq!(got.header("content-encoding"), "gzip", "{path}");
            let plain = Got { body: gunzip(&got.body), headers: got.headers.clone(), ..*got };
            assert!(served.completed && got.ended);
            assert!(!stream || is_whole(&plain), "{path} {}", plain.text());
            assert!(stream || plain.json().is_object(), "{path}");
        })
        .await;
    }
}

/// Reads a gzip member of stored blocks, which is what the stand-in writes, and checks its sums.
fn gunzip(bytes: &[u8]) -> Vec<u8> {
    assert_eq!(bytes[..4], [0x1f, 0x8b, 8, 0]);
    let mut rest = &bytes[10..];
    let mut plain = Vec::new();
    loop {
        let (last, length) = (rest[0], u16::from_le_bytes([rest[1], rest[2]]));
        assert_eq!(!length, u16::from_le_bytes([rest[3], rest[4]]));
        let (block, tail) = rest[5..].split_at(length.into());
        plain.extend_from_slice(block);
        rest = tail;
        if last == 1 {
            break;
        }
    }
    let (check, length) = rest.split_at(4);
    assert_eq!(check, crc32fast::hash(&plain).to_le_bytes());
    assert_eq!(length, u32::try_from(plain.len()).unwrap().to_le_bytes());
    plain
}

#[tokio::test]
async fn another_content_type() {
    check("content-type=text/html", true, |path, got, _| {
        assert_eq!(got.header("content-type"), "text/html", "{path}");
    })
    .await;
}

#[tokio::test]
async fn a_slow_first_byte_and_a_slow_pace() {
    for script in ["first-byte=60+output=4", "pace=100+output=6"] {
        for stream in [false, true] {
            let begun = Instant::now();
            check(script, stream, |_, got, served| assert!(got.ended && served.completed)).await;
            assert!(begun.elapsed() >= Duration::from_millis(4 * 60), "{script}");
        }
    }
}

#[tokio::test]
async fn lies_about_usage() {
    let told = |telling: Telling, truth: ToldUsage, told: Option<ToldUsage>| match (telling, told) {
        (Telling::None | Telling::Empty, told) => told.is_none(),
        (_, None) => false,
        (Telling::Truth, Some(told)) => told == truth,
        (Telling::Zero, Some(told)) => told == ToldUsage::default(),
        (Telling::Negative, Some(told)) => told.input == -truth.input && told.output == -truth.output,
        (Telling::Huge, Some(told)) => told.output == i64::MAX,
        (Telling::Decreasing, Some(told)) => told.output == truth.output / 2 && told.input == truth.input / 2,
        (Telling::CacheAboveInput, Some(told)) => told.cache_read > told.input,
    };
    for (name, telling) in [
        ("none", Telling::None),
        ("empty", Telling::Empty),
        ("zero", Telling::Zero),
        ("negative", Telling::Negative),
        ("huge", Telling::Huge),
        ("decreasing", Telling::Decreasing),
        ("cache-above-input", Telling::CacheAboveInput),
    ] {
        for stream in [false, true] {
            check(&format!("usage={name}+output=20"), stream, |path, got, served| {
                assert_eq!(served.usage.output, 20, "the truth stays: {path}");
                let input = i64::try_from(served.usage.input()).unwrap();
                let truth = ToldUsage { input, output: 20, ..ToldUsage::default() };
                assert!(told(telling, truth, served.told), "{name} {path} {:?}", served.told);
                assert!(got.ended && served.completed, "{path}");
                let field = got.text().contains("usage\":{") || got.text().contains("usageMetadata\":{");
                assert_eq!(field, telling != Telling::None, "{name} {path} {}", got.text());
            })
            .await;
        }
    }
}

#[tokio::test]
async fn knobs() {
    check("tier=priority+serve=other-model+output=3", false, |path, got, served| {
        assert!(got.text().contains("priority") && got.text().contains("other-model"), "{path} {}", got.text());
        assert_eq!((&*served.tier, &*served.served_model, &*served.model), ("priority", "other-model", "m"), "{path}");
    })
    .await;
}

#[tokio::test]
async fn where_a_script_may_stand() {
    let standin = standin(|config| config.script = "status=418".parse().unwrap());
    let check = async |header: Option<&str>, marker: &str, suffix: &str, expected: u16| {
        let body = format!(
            r#"{{"model":"m{suffix}","max_tokens":5,"messages":[{{"role":"user","content":"hi {marker} there"}}]}}"#
        );
        let mut headers = vec![("x-api-key", "sk-a")];
        headers.extend(header.map(|script| ("x-standin-fault", script)));
        let got = send(&standin, Method::POST, "/v1/messages", &headers, &body).await;
        assert_eq!(got.status, expected, "{header:?} {marker} {suffix} {}", got.text());
    };
    check(None, "", "", 418).await;
    standin.inject("status=419".parse().unwrap(), 1);
    check(None, "", "", 419).await;
    check(None, "", "", 418).await;
    standin.inject_always("status=420".parse().unwrap());
    check(None, "", "", 420).await;
    check(None, "", "@status=421", 421).await;
    check(None, "[[standin status=422]]", "@status=421", 422).await;
    check(Some("status=423"), "[[standin status=422]]", "@status=421", 423).await;
    check(None, "[[standin status=422]] [[standin]]", "", 200).await;
    check(None, "[[standin nonsense]]", "", 400).await;
    check(None, "", "@20260101", 420).await;
    standin.inject_nothing();
    check(None, "", "", 418).await;
    send(&standin, Method::PUT, "/standin/fault?calls=1", &[], "status=424").await;
    check(None, "", "", 424).await;
    assert_eq!(send(&standin, Method::PUT, "/standin/fault", &[], "nonsense").await.status, 400);
}

#[tokio::test]
async fn a_client_that_leaves_pays_for_what_it_got_or_for_all() {
    for (after, stream) in [
        (AfterHangup::Stop, true),
        (AfterHangup::BillWhole, true),
        (AfterHangup::Stop, false),
        (AfterHangup::BillWhole, false),
    ] {
        let standin = standin(|config| config.after_hangup = after);
        let (path, body) = &asks("output=4000+pace=50", stream, "")[1];
        let mut socket = TcpStream::connect(standin.addr).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nx-api-key: sk-a\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all((head + body).as_bytes()).await.unwrap();
        if stream {
            socket.read_exact(&mut [0; 400]).await.unwrap();
        }
        drop(socket);
        let served = last_ended(&standin).await;
        assert!(!served.completed && served.usage.input() > 0, "{served:?}");
        assert_eq!(served.usage.output == 4000, after == AfterHangup::BillWhole, "{after:?} {served:?}");
    }
}

#[tokio::test]
async fn nobody_listens_for_a_while() {
    let standin = standin(|_| {});
    let request = b"GET /standin/health HTTP/1.1\r\nconnection: close\r\n\r\n";
    assert!(raw(&standin, request).await.is_ok());
    standin.refuse_connections(true);
    let refused = async { while raw(&standin, request).await.is_ok_and(|answer| !answer.is_empty()) {} };
    tokio::time::timeout(crate::client::SOON, refused).await.unwrap();
    assert!(raw(&standin, request).await.is_err(), "connections are refused, not dropped");
    standin.refuse_connections(false);
    let served = async { while !raw(&standin, request).await.is_ok_and(|answer| !answer.is_empty()) {} };
    tokio::time::timeout(crate::client::SOON, served).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_waits_goes_on_when_told() {
    for stream in [false, true] {
        for (path, body) in asks("wait=0+output=40", stream, "") {
            let standin = standin(|_| {});
            let going_on = async {
                while standin.journal().is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                let waiting = standin.journal().pop().unwrap();
                assert!(!waiting.ended, "{path} waits");
                standin.go_on(1);
            };
            let (got, ()) = tokio::join!(call(&standin, &path, &body), going_on);
            assert!(got.ended, "{path}");
            let served = last_ended(&standin).await;
            assert!(served.completed && served.usage.output == 40, "{path} {served:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_an_answer_that_waits_is_noticed() {
    let standin = standin(|_| {});
    for (path, body) in asks("wait=2+output=400", true, "") {
        let mut stream = TcpStream::connect(standin.addr).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer sk-a\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).await.unwrap();
        drop(stream);
        let served = last_ended(&standin).await;
        assert!(!served.completed && served.usage.output < 400, "{path} {served:?}");
    }
}
