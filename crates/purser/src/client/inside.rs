//! The API inside this process, the data folder held for as long as the command takes.

use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use purser_control::api;

use super::{Answer, poured};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// An open data folder and the router over it.
pub(crate) struct Inside {
    engine: Engine,
}

impl Inside {
    /// Opens the folder, making it where there is none.
    pub(crate) async fn open(place: &Place) -> Result<Self, Failure> {
        let fresh = !place.exists();
        let engine = Engine::open(place, false).await?;
        if fresh {
            let currency = engine.control().snapshot().currency.code().to_owned();
            say(format_args!("made a new ledger in {} ({currency})", place.data.display()));
        }
        Ok(Self { engine })
    }

    pub(super) async fn send(&mut self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        let router = TowerToHyperService::new(api::local(self.engine.control()));
        let request = request.map(|body| axum::body::Body::new(Full::new(Bytes::from(body))));
        let response = match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| Failure::from_error("the answer can't be read", &error))?;
        Ok(Answer { status, body: body.to_bytes().to_vec() })
    }

    pub(super) async fn pour(
        &mut self,
        request: Request<Vec<u8>>,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), Failure> + Send),
    ) -> Result<Answer, Failure> {
        let router = TowerToHyperService::new(api::local(self.engine.control()));
        let request = request.map(|body| axum::body::Body::new(Full::new(Bytes::from(body))));
        let response = match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        poured(response, each).await
    }

    pub(super) fn close(self) -> Result<(), Failure> {
        self.engine.close()
    }
}

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inside").finish_non_exhaustive()
    }
}
