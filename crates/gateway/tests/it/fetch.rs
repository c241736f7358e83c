//! Documents about the company's account: with its credential, to one host alone.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;

use purser_gateway::{Fetcher, Secret, Upstream};
use purser_providers::Family;

const ADMIN: &str = "sk-ant-admin-1";

/// Answers the first request so, and tells what it was.
fn host(answer: String) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let mut asked = Vec::new();
        let mut part = [0; 1024];
        while !asked.ends_with(b"\r\n\r\n") {
            match stream.read(&mut part) {
                Ok(read) if read > 0 => asked.extend(part.iter().take(read)),
                _ => break,
            }
        }
        let _ = tell.send(String::from_utf8_lossy(&asked).into_owned());
        let _ = stream.write_all(answer.as_bytes());
    });
    (address, told)
}

fn fetch(at: SocketAddr, family: Family) -> Result<String, String> {
    let upstream = Arc::new(Upstream {
        name: "provider".into(),
        families: vec![family],
        price_list: "provider".into(),
        tls: false,
        host: at.ip().to_string().into(),
        port: at.port(),
        prefix: "/prefix".into(),
        credential: Secret::new(ADMIN),
        models: Vec::new(),
        fallback: Vec::new(),
    });
    let roots = rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty());
    let fetcher = Fetcher::new(Arc::new(roots.with_no_client_auth()), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(fetcher.get(&upstream, "/v1/report?page=1")).map_err(|error| error.to_string())
}

fn plain(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn each_family_is_asked_as_it_expects() {
    for (family, credential) in [(Family::Anthropic, "x-api-key: "), (Family::OpenAi, "authorization: Bearer ")] {
        let (at, told) = host(plain("{}"));
        assert_eq!(fetch(at, family).as_deref(), Ok("{}"));
        let asked = told.recv().unwrap();
        assert!(asked.starts_with("GET /prefix/v1/report?page=1 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains(&format!("{credential}{ADMIN}\r\n")) && asked.matches(ADMIN).count() == 1, "{asked}");
    }
}

#[test]
fn no_redirect_is_followed_and_what_is_no_document_is_told() {
    let (elsewhere, visited) = host(plain("stolen"));
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let (at, _told) =
            host(format!("HTTP/1.1 {status}\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n"));
        let why = fetch(at, Family::Anthropic).unwrap_err();
        assert!(why.starts_with(&format!("it answered with {}", status.get(..3).unwrap())), "{why}");
    }
    assert!(visited.try_recv().is_err(), "nobody came, and no credential");
    let (at, _told) = host("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned());
    assert_eq!(fetch(at, Family::OpenAi), Err("its answer can't be read".to_owned()));
    assert!(fetch(elsewhere_closed(), Family::OpenAi).unwrap_err().starts_with("the provider can't be reached"));
}

/// An address at which nobody listens.
fn elsewhere_closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
