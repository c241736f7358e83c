//! A new connection to a provider: name, TCP, proxy tunnel, TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::Upstream;
use crate::http1::io::{Connection, Socket};

/// A proxy's answer to CONNECT, at most.
const TUNNEL_ANSWER_MAX: usize = 8 * 1024;

/// Makes connections.
pub(crate) struct Connector {
    tls: TlsConnector,
    proxy: Option<String>,
    within: Duration,
}

impl Connector {
    pub(crate) fn new(roots: Arc<rustls::ClientConfig>, proxy: Option<String>, within: Duration) -> Self {
        Self { tls: TlsConnector::from(roots), proxy, within }
    }

    /// Connects, TLS included, or says why not.
    pub(crate) async fn connect(&self, to: &Upstream) -> io::Result<Connection> {
        match tokio::time::timeout(self.within, self.open(to)).await {
            Ok(opened) => opened,
            Err(_elapsed) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        }
    }

    async fn open(&self, to: &Upstream) -> io::Result<Connection> {
        let tcp = match &self.proxy {
            Some(proxy) if to.tls => tunnel(proxy, &to.host, to.port).await?,
            _ => TcpStream::connect((&*to.host, to.port)).await?,
        };
        tcp.set_nodelay(true)?;
        if !to.tls {
            return Ok(Connection::new(Socket::Plain(tcp)));
        }
        let name = ServerName::try_from(to.host.to_string()).map_err(io::Error::other)?;
        let tls = self.tls.connect(name, tcp).await?;
        Ok(Connection::new(Socket::TlsClient(Box::new(tls))))
    }
}

/// Asks the proxy for a tunnel (RFC 9110, 9.3.6).
async fn tunnel(proxy: &str, host: &str, port: u16) -> io::Result<TcpStream> {
    let mut tcp = TcpStream::connect(proxy).await?;
    tcp.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= TUNNEL_ANSWER_MAX {
            return Err(io::Error::other("the proxy's answer has no end"));
        }
        // Byte by byte: what follows the head belongs to TLS.
        answer.push(tcp.read_u8().await?);
    }
    let line = answer.split(|b| *b == b'\r').next().unwrap_or_default();
    match line.split(|b| *b == b' ').nth(1) {
        Some([b'2', _, _]) => Ok(tcp),
        _ => Err(io::Error::other(format!("the proxy refused the tunnel: {}", String::from_utf8_lossy(line)))),
    }
}
