//! The way to `/mcp`: over the socket of the `purser serve` on this machine, or over TCP, with TLS where the address says
//! `https`.

use std::path::PathBuf;
use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use purser_control::Problem;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::message::Message;
use crate::failure::Failure;
use crate::place::Place;

/// The most of an answer that is taken.
const ANSWER_MAX: usize = 4 << 20;

/// Where messages go.
pub(super) struct Reach {
    to: To,
    authority: String,
    path: String,
    key: String,
    open: Option<SendRequest<Full<Bytes>>>,
}

enum To {
    Socket(PathBuf),
    Tcp { host: String, port: u16, tls: bool },
}

/// What came of a message.
pub(super) enum Reply {
    /// It needs no answer.
    Accepted,
    /// The answer.
    Message(Vec<u8>),
}

impl Reach {
    /// The way to an address, or to the `serve` of the data folder.
    pub(super) fn new(url: Option<&str>, place: &Place, key: &str) -> Result<Self, Failure> {
        let key = key.to_owned();
        let Some(url) = url else {
            let to = To::Socket(place.socket());
            return Ok(Self { to, authority: "localhost".to_owned(), path: "/mcp".to_owned(), key, open: None });
        };
        let wrong = || {
            Failure::new(
                format!("`{url}` is no address of a Purser"),
                "write it as http://host:port or https://host:port, the control address that `purser serve` prints",
            )
        };
        let uri: Uri = url.trim().parse().map_err(|_| wrong())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let authority = uri.authority().ok_or_else(wrong)?.to_string();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let base = uri.path().trim_end_matches('/');
        let path = if base.ends_with("/mcp") { base.to_owned() } else { format!("{base}/mcp") };
        Ok(Self { to: To::Tcp { host, port, tls }, authority, path, key, open: None })
    }

    /// Opens a connection where none is open.
    pub(super) async fn connect(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Failure> {
        if self.open.as_ref().is_none_or(SendRequest::is_closed) {
            self.open = Some(self.dial().await?);
        }
        self.open.as_mut().ok_or_else(|| Failure::new("there is no connection", "try again"))
    }

    async fn dial(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        match &self.to {
            To::Socket(at) => {
                let stream = UnixStream::connect(at).await.map_err(|error| {
                    Failure::new(
                        format!("no `purser serve` answers at {}: {error}", at.display()),
                        "start it, name its data folder with --data, or give the address of another with --url",
                    )
                })?;
                speak(stream).await
            }
            To::Tcp { host, port, tls } => {
                let away = |error: &dyn std::fmt::Display| {
                    Failure::new(
                        format!("nobody answers at {host}:{port}: {error}"),
                        "is it the control address of a running `purser serve`?",
                    )
                };
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| away(&error))?;
                // Small messages, each waited for.
                let _ = stream.set_nodelay(true);
                if !tls {
                    return speak(stream).await;
                }
                let name = ServerName::try_from(host.clone()).map_err(|error| away(&error))?;
                let stream = TlsConnector::from(trust()?).connect(name, stream).await.map_err(|error| away(&error))?;
                speak(stream).await
            }
        }
    }

    /// Carries one message. One that a connection lost before it was answered is not sent again: it may have been done.
    pub(super) async fn send(
        &mut self,
        message: &Message,
        agreed: Option<&str>,
        line: Vec<u8>,
    ) -> Result<Reply, Failure> {
        let mut request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream");
        let said = [
            ("mcp-protocol-version", message.version.as_deref().or(agreed)),
            ("mcp-method", message.method.as_deref()),
            ("mcp-name", message.name.as_deref()),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(Bytes::from(line))).map_err(|error| {
            Failure::new(format!("the message can't be sent: {error}"), "its method or name has letters that are none")
        })?;
        let lost = |error: hyper::Error| Failure::from_error("Purser closed the connection", &error);
        let connection = self.connect().await?;
        connection.ready().await.map_err(lost)?;
        let response = connection.send_request(request).await.map_err(lost)?;
        let status = response.status();
        let is_stream = response.headers().get(CONTENT_TYPE).is_some_and(|of| of.as_bytes().starts_with(b"text/event"));
        let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
        let body = body.map_err(|error| Failure::new(format!("the answer can't be read: {error}"), "try again"))?;
        let body = body.to_bytes().to_vec();
        match status {
            StatusCode::ACCEPTED => Ok(Reply::Accepted),
            StatusCode::OK if is_stream => Ok(last_event(&body).map_or(Reply::Accepted, Reply::Message)),
            StatusCode::OK => Ok(Reply::Message(body)),
            // An error of the protocol, in its own form.
            _ if is_message(&body) => Ok(Reply::Message(body)),
            _ => Err(refused(status, &body)),
        }
    }
}

/// Speaks HTTP on a stream.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Failure::from_error("can't talk to Purser", &error))?;
    // Ends by itself when the sender is dropped; what fails in it shows at the sender.
    tokio::spawn(connection);
    Ok(sender)
}

/// The machine's own trusted roots.
fn trust() -> Result<Arc<rustls::ClientConfig>, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::from_error("TLS can't be used", &error))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// The data of the last event of a stream, which is the answer.
fn last_event(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.rfind(|data| !data.is_empty()).map(|data| data.as_bytes().to_vec())
}

fn is_message(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|value| value.get("jsonrpc").is_some())
}

/// What Purser said, with what to do.
fn refused(status: StatusCode, body: &[u8]) -> Failure {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Failure::from(problem),
        Err(_) => Failure::new(
            format!("Purser answered {status}: {}", String::from_utf8_lossy(body).trim()),
            "is the address that of Purser's control API?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<(&str, u16, bool, &str)>) {
        let place = Place {
            data: "data".into(),
            currency: purser_core::money::Currency::usd(),
            zone: purser_core::zone::Zone::UTC,
            journal: purser_store::JournalKind::Log,
        };
        let reach = Reach::new(Some(url), &place, "pk-x").ok();
        let found = reach.as_ref().map(|reach| match &reach.to {
            To::Tcp { host, port, tls } => (host.as_str(), *port, *tls, reach.path.as_str()),
            To::Socket(_) => panic!("{url} is no socket"),
        });
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        check("http://127.0.0.1:4142", Some(("127.0.0.1", 4142, false, "/mcp")));
        check("http://127.0.0.1:4142/", Some(("127.0.0.1", 4142, false, "/mcp")));
        check("https://purser.example/mcp", Some(("purser.example", 443, true, "/mcp")));
        check("https://tools.example/purser/", Some(("tools.example", 443, true, "/purser/mcp")));
        check("http://[::1]:4142", Some(("::1", 4142, false, "/mcp")));
        check("127.0.0.1:4142", None);
        check("ftp://purser.example", None);
    }

    #[test]
    fn the_answer_is_the_last_event() {
        let stream = b"event: message\ndata: {\"a\":1}\n\ndata: {\"jsonrpc\":\"2.0\"}\n\n";
        assert_eq!(last_event(stream).as_deref(), Some(&b"{\"jsonrpc\":\"2.0\"}"[..]));
        assert_eq!(last_event(b"retry: 3000\n\n"), None);
    }
}
