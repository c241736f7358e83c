//! HTTP as clients speak it: one connection kept open, made again when it is gone.

use std::fmt;
use std::net::SocketAddr;

use http::{HeaderMap, Method};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use purser_core::money::Nano;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The longest answer that is kept; the rest is read and dropped.
const BODY_MAX: usize = 4 << 20;

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) path: String,
    /// The key, in the header of its API.
    pub(crate) credential: (&'static str, String),
    /// JSON.
    pub(crate) body: Vec<u8>,
    /// Hang up after so many pieces of the answer.
    pub(crate) hang_up_after: Option<usize>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As HTTP says it must.
    Whole,
    /// We hung up.
    HungUp,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// Headers, and what came after the body.
    headers: HeaderMap,
    /// The body as far as it was read.
    pub(crate) body: Vec<u8>,
    /// How it ended.
    pub(crate) ended: Ended,
}

impl Reply {
    /// An amount that Purser told.
    pub(crate) fn amount(&self, header: &str) -> Option<Nano> {
        self.header(header)?.parse().ok()
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// No answer, or only a part of one.
#[derive(Debug)]
pub(crate) struct Lost(String);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Lost {
    fn from(error: E) -> Self {
        Self(crate::failure::chain(&error))
    }
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Wire {
    to: SocketAddr,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    /// Closes the socket at once, whatever is still on its way.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Wire {
    /// Not yet connected.
    pub(crate) fn new(to: SocketAddr) -> Self {
        Self { to, open: None }
    }

    /// One request and its answer.
    ///
    /// # Errors
    /// The connection can't be made, or broke before the answer's end.
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Reply, Lost> {
        let mut open = match self.open.take().filter(|open| !open.sender.is_closed()) {
            Some(open) => open,
            None => connect(self.to).await?,
        };
        let (credential, key) = request.credential;
        let sent = http::Request::builder()
            .method(Method::POST)
            .uri(&request.path)
            .header("host", self.to.to_string())
            .header(credential, key)
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01")
            .header("user-agent", concat!("purser-demo/", env!("CARGO_PKG_VERSION")))
            .header("te", "trailers")
            .body(Full::new(Bytes::from(request.body)))?;
        open.sender.ready().await?;
        let (head, body) = open.sender.send_request(sent).await?.into_parts();
        let mut reply =
            Reply { status: head.status.as_u16(), headers: head.headers, body: Vec::new(), ended: Ended::Whole };
        read(body, &mut reply, request.hang_up_after).await?;
        if reply.ended == Ended::Whole {
            self.open = Some(open);
        }
        Ok(reply)
    }
}

async fn read(mut body: Incoming, reply: &mut Reply, hang_up_after: Option<usize>) -> Result<(), Lost> {
    let mut pieces = 0;
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) => {
                let room = BODY_MAX.saturating_sub(reply.body.len()).min(data.len());
                reply.body.extend_from_slice(data.get(..room).unwrap_or_default());
                pieces += 1;
            }
            Err(other) => {
                if let Ok(trailers) = other.into_trailers() {
                    reply.headers.extend(trailers);
                }
            }
        }
        if hang_up_after.is_some_and(|after| pieces >= after) {
            reply.ended = Ended::HungUp;
            break;
        }
    }
    Ok(())
}

async fn connect(to: SocketAddr) -> Result<Open, Lost> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // What fails in it shows at the sender.
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(Open { sender, driver })
}
