//! The API over the Unix socket of a running `purser serve`.

use std::io::ErrorKind;
use std::path::Path;

use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::{Answer, poured};
use crate::failure::Failure;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Socket(SendRequest<Full<Bytes>>);

impl Socket {
    /// A connection, or `None` when nobody listens there.
    pub(crate) async fn connect(at: &Path) -> Result<Option<Self>, Failure> {
        let stream = match UnixStream::connect(at).await {
            Ok(stream) => stream,
            // The file of a `serve` that was killed stays behind; nobody listens to it.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Failure::new(
                    format!("{} belongs to another user", at.display()),
                    "run the command as the user that runs `purser serve`",
                ));
            }
            Err(error) => return Err(Failure::from_error(at.display(), &error)),
        };
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::from_error("can't talk to `purser serve`", &error))?;
        // Ends by itself when the sender is dropped; what fails in it shows at the sender.
        tokio::spawn(connection);
        Ok(Some(Self(sender)))
    }

    pub(super) async fn send(&mut self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        let lost = |error: hyper::Error| Failure::from_error("`purser serve` closed the connection", &error);
        let request = request.map(|body| Full::new(Bytes::from(body)));
        self.0.ready().await.map_err(lost)?;
        let response = self.0.send_request(request).await.map_err(lost)?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(lost)?.to_bytes().to_vec();
        Ok(Answer { status, body })
    }

    pub(super) async fn pour(
        &mut self,
        request: Request<Vec<u8>>,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), Failure> + Send),
    ) -> Result<Answer, Failure> {
        let lost = |error: hyper::Error| Failure::from_error("`purser serve` closed the connection", &error);
        let request = request.map(|body| Full::new(Bytes::from(body)));
        self.0.ready().await.map_err(lost)?;
        poured(self.0.send_request(request).await.map_err(lost)?, each).await
    }
}
