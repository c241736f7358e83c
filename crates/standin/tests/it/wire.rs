//! HTTP itself, where an ordinary client shows too little.

use purser_standin::StandinHandle;

use crate::client::{raw, standin};

const BODY: &str = r#"{"model":"m@output=3","messages":[{}]}"#;

fn request(version: &str, headers: &str, body: &str) -> String {
    format!("POST /v1/chat/completions HTTP/{version}\r\nx-api-key: sk-a\r\n{headers}\r\n{body}")
}

async fn check(standin: &StandinHandle, bytes: &str, expected: &[&str]) {
    let answer = raw(standin, bytes.as_bytes()).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let statuses: Vec<&str> =
        answer.match_indices("HTTP/1.1 ").filter_map(|(at, _)| answer.get(at + 9..at + 12)).collect();
    assert_eq!(statuses, expected, "{bytes}\n{answer}");
}

#[tokio::test]
async fn bodies_by_length_by_chunks_and_after_a_go_ahead() {
    let standin = standin(|config| config.bounds.body_bytes_max = 1000);
    let length = format!("connection: close\r\ncontent-length: {}\r\n", BODY.len());
    check(&standin, &request("1.1", &length, BODY), &["200"]).await;
    check(&standin, &request("1.1", &format!("{length}expect: 100-continue\r\n"), BODY), &["200"]).await;
    let (left, right) = BODY.split_at(7);
    let chunks = format!("{:x}\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n", left.len(), right.len());
    check(&standin, &request("1.1", "connection: close\r\ntransfer-encoding: chunked\r\n", &chunks), &["200"]).await;
    check(&standin, &request("1.1", "content-length: 1001\r\n", ""), &["413"]).await;
    check(&standin, "nonsense\r\n\r\n", &["400"]).await;
}

#[tokio::test]
async fn the_go_ahead_comes_before_the_body() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let standin = standin(|_| {});
    let mut stream = tokio::net::TcpStream::connect(standin.addr).await.unwrap();
    let headers = format!("connection: close\r\nexpect: 100-continue\r\ncontent-length: {}\r\n", BODY.len());
    stream.write_all(request("1.1", &headers, "").as_bytes()).await.unwrap();
    let mut go_ahead = [0; 25];
    stream.read_exact(&mut go_ahead).await.unwrap();
    assert_eq!(&go_ahead, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(BODY.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn requests_one_after_another_without_waiting() {
    let standin = standin(|_| {});
    let length = format!("content-length: {}\r\n", BODY.len());
    let one = request("1.1", &length, BODY);
    let last = request("1.1", &format!("connection: close\r\n{length}"), BODY);
    check(&standin, &format!("{one}{one}{last}"), &["200"; 3]).await;
    // An old client closes unless it asks otherwise, and gets streams without chunks.
    let stream = BODY.replace("\"messages\"", "\"stream\":true,\"messages\"");
    let answer =
        raw(&standin, request("1.0", &format!("content-length: {}\r\n", stream.len()), &stream).as_bytes()).await;
    let answer = String::from_utf8(answer.unwrap()).unwrap();
    assert!(answer.ends_with("data: [DONE]\n\n") && !answer.contains("chunked"), "{answer}");
}

#[tokio::test]
async fn is_anybody_there() {
    let standin = standin(|_| {});
    check(&standin, "HEAD /api/hello HTTP/1.1\r\nconnection: close\r\n\r\n", &["200"]).await;
    check(&standin, "GET /standin/health HTTP/1.1\r\nconnection: close\r\n\r\n", &["200"]).await;
    check(&standin, "DELETE /standin/health HTTP/1.1\r\nconnection: close\r\n\r\n", &["404"]).await;
}
