//! Somebody at the API, with a key of their role: the audit trail has their hand in it.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::shape::NewAdminKey;
use purser_control::{Control, api};
use serde_json::Value;

use crate::Failure;

/// The largest answer that is read.
const ANSWER_MAX: usize = 64 << 20;

/// A desk with one person's key.
pub(crate) struct Desk {
    control: Control,
    key: String,
}

impl Desk {
    /// Gives somebody a key with a role.
    pub(crate) async fn of(control: &Control, label: &str, role: &str) -> Result<Self, Failure> {
        let new = NewAdminKey { label: label.to_owned(), roles: vec![role.to_owned()], person: None };
        let key = control.add_admin_key(None, new).await?.key.ok_or("a new key has no secret")?;
        Ok(Self { control: control.clone(), key })
    }

    /// Has something done that has to succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let (good, answer) = self.ask(Method::POST, path, body).await?;
        if good { Ok(answer) } else { Err(format!("POST {path} {body}: {answer}").into()) }
    }

    /// Has something done at the socket, where nobody shows who they are.
    pub(crate) async fn local(control: &Control, method: Method, path: &str, body: &Value) -> Result<(), Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("content-type", "application/json")
            .body(Body::from(serde_json::to_vec(body)?))?;
        let Ok(response) = TowerToHyperService::new(api::local(control)).call(request).await;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(format!("{path} {body}: {}", response.status()).into())
        }
    }

    /// The same for what is put.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let (good, answer) = self.ask(Method::PUT, path, body).await?;
        if good { Ok(answer) } else { Err(format!("PUT {path} {body}: {answer}").into()) }
    }

    /// Tries what is not allowed.
    pub(crate) async fn refused(&self, path: &str, body: &Value) -> Result<(), Failure> {
        let (good, answer) = self.ask(Method::POST, path, body).await?;
        if good { Err(format!("POST {path} was allowed: {answer}").into()) } else { Ok(()) }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<(bool, Value), Failure> {
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body)? };
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("host", "purser")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Body::from(body))?;
        let Ok(response) = TowerToHyperService::new(api::open(&self.control)).call(request).await;
        let good = response.status().is_success();
        Ok((good, serde_json::from_slice(&to_bytes(response.into_body(), ANSWER_MAX).await?)?))
    }
}
