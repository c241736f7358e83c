//! Somebody of the company at the API, with a key of their role: what they may not do, they are refused.

use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::shape::NewAdminKey;
use purser_control::{Control, Problem, api};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::{Path, path};
use crate::failure::Failure;

/// A desk with one person's key.
pub(crate) struct Desk {
    control: Control,
    key: String,
}

impl Desk {
    /// Gives somebody a key with a role.
    pub(crate) async fn of(control: &Control, label: &str, role: &str) -> Result<Self, Failure> {
        Self::with(control, NewAdminKey { label: label.to_owned(), roles: vec![role.to_owned()], person: None }).await
    }

    /// Somebody's own key, for what is theirs alone.
    pub(crate) async fn own(control: &Control, person: &str) -> Result<Self, Failure> {
        let (label, roles) = ("their own".to_owned(), vec!["employee".to_owned()]);
        Self::with(control, NewAdminKey { label, roles, person: Some(person.to_owned()) }).await
    }

    async fn with(control: &Control, new: NewAdminKey) -> Result<Self, Failure> {
        let made = control.add_admin_key(None, new).await?;
        let key = made.key.ok_or_else(|| Failure::new("a new key has no secret", "it was made before"))?;
        Ok(Self { control: control.clone(), key })
    }

    /// Has something done.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        to: &[&str],
        body: &impl Serialize,
    ) -> Result<Result<T, Problem>, Failure> {
        self.ask(Method::POST, path(to.iter().copied()), written(body)?).await
    }

    /// Has something set that has to succeed.
    pub(crate) async fn set<T: DeserializeOwned>(&self, to: &[&str], body: &impl Serialize) -> Result<T, Failure> {
        self.ask(Method::PUT, path(to.iter().copied()), written(body)?).await?.map_err(Failure::from)
    }

    /// Has something done that has to succeed.
    pub(crate) async fn done<T: DeserializeOwned>(&self, to: &[&str], body: &impl Serialize) -> Result<T, Failure> {
        self.post(to, body).await?.map_err(Failure::from)
    }

    /// Looks at something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, to: &[&str]) -> Result<T, Failure> {
        self.ask(Method::GET, path(to.iter().copied()), Vec::new()).await?.map_err(Failure::from)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        to: Path,
        body: Vec<u8>,
    ) -> Result<Result<T, Problem>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(to.to_string())
            .header("host", "purser")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(axum::body::Body::new(Full::new(Bytes::from(body))))
            .map_err(|error| Failure::from_error("a request can't be made", &error))?;
        let response = match TowerToHyperService::new(api::open(&self.control)).call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let good = response.status().is_success();
        let unreadable = |error: &dyn std::error::Error| Failure::from_error("an answer can't be read", error);
        let bytes = response.into_body().collect().await.map_err(|error| unreadable(&error))?.to_bytes();
        if good {
            return serde_json::from_slice(&bytes).map(Ok).map_err(|error| unreadable(&error));
        }
        serde_json::from_slice(&bytes).map(Err).map_err(|error| unreadable(&error))
    }
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| Failure::from_error("a request can't be written", &error))
}
