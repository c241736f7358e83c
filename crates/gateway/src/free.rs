//! Calls that cost nothing: lists of models, counting tokens, stored things. They need a key, and stored things belong to
//! whoever made them.

use bytes::Bytes;
use http::StatusCode;
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_providers::{
    Dialect, Family, FreeKind, Headers, ModelEntry, ProviderId, RequestFacts, forward_target, model_get, models_list,
    response_headers,
};

use crate::auth::{Caller, authenticate};
use crate::call::{About, read_body};
use crate::client::{Client, Whole};
use crate::fence;
use crate::forward::headers_for;
use crate::http1::head::RequestHead;
use crate::meter::until_gone;
use crate::refuse::Refused;
use crate::routing;
use crate::upstream::{Fault, Outgoing, send};
use crate::worker::Worker;

/// Serves one free call; `false` says that no other may follow on this connection.
pub(crate) async fn serve(
    worker: &Worker,
    client: &mut Client,
    family: Family,
    kind: FreeKind,
    about: &About,
) -> Result<bool, Refused> {
    let head = &*about.head;
    if kind == FreeKind::Hello {
        return Ok(reply(worker, client, head, StatusCode::OK, &Headers::default(), b"").await);
    }
    let snapshot = worker.snapshot();
    let caller = authenticate(&worker.callers, &snapshot, head, about.at)?;
    if let Some(per_minute) = caller.key.requests_per_minute {
        let taken = worker.shared.rates.take(caller.key.id, per_minute, about.at);
        taken.map_err(|wait| Refused::rate_limited(per_minute, wait))?;
    }
    match kind {
        FreeKind::Hello => Ok(head.keep_alive),
        FreeKind::ModelsList => {
            let names = models(worker, &snapshot, &caller, family, about);
            let entries: Vec<ModelEntry<'_>> = names.iter().map(Model::entry).collect();
            Ok(reply_json(worker, client, head, &models_list(family, &entries)).await)
        }
        FreeKind::ModelGet { id } => {
            let names = models(worker, &snapshot, &caller, family, about);
            let model = names.iter().find(|model| model.id == id).ok_or_else(|| Refused::unknown_id(&id))?;
            Ok(reply_json(worker, client, head, &model_get(family, &model.entry())).await)
        }
        FreeKind::CountTokens { dialect, model } => {
            let body = read_body(worker, client, head).await?;
            let facts =
                RequestFacts::read(dialect, model.as_deref(), &body).map_err(|why| Refused::bad_request(&why))?;
            pass(worker, client, head, &caller, about, Passing { dialect, model: &facts.model, ids: &facts.refs, body })
                .await
        }
        FreeKind::Stored { ids } => {
            let body = read_body(worker, client, head).await?;
            pass(worker, client, head, &caller, about, Passing { dialect: stored(family), model: "", ids: &ids, body })
                .await
        }
        FreeKind::Store => {
            let body = read_body(worker, client, head).await?;
            pass(worker, client, head, &caller, about, Passing { dialect: stored(family), model: "", ids: &[], body })
                .await
        }
    }
}

/// The format in which a family's stored things are answered.
fn stored(family: Family) -> Dialect {
    match family {
        Family::Anthropic => Dialect::AnthropicMessages,
        Family::OpenAi => Dialect::OpenAiResponses,
        Family::Gemini => Dialect::GeminiGenerate { stream: false, sse: false },
    }
}

struct Passing<'a> {
    dialect: Dialect,
    model: &'a str,
    ids: &'a [ProviderId],
    body: Bytes,
}

/// Forwards a free call as it is and hands the answer back.
async fn pass(
    worker: &Worker,
    client: &mut Client,
    head: &RequestHead,
    caller: &Caller,
    about: &About,
    passing: Passing<'_>,
) -> Result<bool, Refused> {
    let limits = &worker.config.limits;
    let family = passing.dialect.family();
    let route = routing::route(&worker.config.upstreams, family, passing.model);
    let upstream = *route.first().ok_or_else(|| Refused::nobody_serves(passing.model, passing.dialect))?;
    fence::check(&*worker.shared.fence, &upstream.name, caller.person.id, passing.ids)?;
    let outlet = worker.outlet(upstream);
    let headers = headers_for(&head.headers, family, outlet)?;
    let target = forward_target(&head.target);
    let outgoing = Outgoing { method: &head.method, target: &target, headers: &headers, body: &passing.body };
    let sent = send(outlet, &worker.connector, limits, &outgoing).await;
    let mut answer = sent.map_err(|fault| match fault {
        Fault::Unreachable(why) => Refused::unreachable(&upstream.name, &why),
        Fault::Unanswered(why) => Refused::unanswered(&upstream.name, &why, false),
    })?;
    let whole = answer.whole(limits.answer_bytes, limits.answer_stall);
    let body = until_gone(client, whole, limits.write_stall).await;
    let body = body.map_err(|why| Refused::unanswered(&upstream.name, &why, false))?;
    let (status, mut headers) = (answer.status, response_headers(&answer.headers));
    if let Some(encoding) = answer.headers.get("content-encoding") {
        headers.set("content-encoding", encoding);
    }
    answer.finish(outlet);
    if status.is_success() && head.method == http::Method::POST {
        let made = purser_providers::provider_ids(passing.dialect, &body);
        fence::claim_all(&*worker.shared.fence, &upstream.name, caller.person.id, &made, about.at);
    }
    Ok(reply(worker, client, head, status, &headers, &body).await)
}

struct Model {
    id: String,
    provider: String,
    created: purser_core::time::Instant,
    input_max: Option<u64>,
    output_max: Option<u64>,
}

impl Model {
    fn entry(&self) -> ModelEntry<'_> {
        ModelEntry {
            id: &self.id,
            display_name: &self.id,
            owner: &self.provider,
            created: self.created,
            input_max: self.input_max,
            output_max: self.output_max,
        }
    }
}

/// The models that have a price, a provider that takes them, and a key that may ask for them.
fn models(worker: &Worker, snapshot: &Snapshot, caller: &Caller, family: Family, about: &About) -> Vec<Model> {
    let mut found: Vec<Model> = Vec::new();
    for upstream in worker.config.upstreams.iter().filter(|upstream| upstream.families.contains(&family)) {
        let own = snapshot.prices.models(&upstream.name, about.at);
        let listed =
            (upstream.name != upstream.price_list).then(|| snapshot.prices.models(&upstream.price_list, about.at));
        for card in own.into_iter().chain(listed.into_iter().flatten()) {
            let id = card.model();
            let tool = caller.key.tool.as_deref().unwrap_or(about.tool.tool.name());
            let scope = CallScope { provider: &upstream.name, model: id, tool };
            let first = routing::route(&worker.config.upstreams, family, id);
            let is_here = first.first().is_some_and(|first| first.name == upstream.name);
            if is_here && found.iter().all(|model| model.id != id) && caller.key.allow.covers(&scope) {
                found.push(Model {
                    id: id.to_owned(),
                    provider: upstream.name.to_string(),
                    created: card.valid_from(),
                    input_max: card.context_window(),
                    output_max: card.max_output(),
                });
            }
        }
    }
    found
}

async fn reply_json(worker: &Worker, client: &mut Client, head: &RequestHead, body: &Bytes) -> bool {
    let headers = Headers::from([("content-type", "application/json")]);
    reply(worker, client, head, StatusCode::OK, &headers, body).await
}

async fn reply(
    worker: &Worker,
    client: &mut Client,
    head: &RequestHead,
    status: StatusCode,
    headers: &Headers,
    body: &[u8],
) -> bool {
    let keep_alive = head.keep_alive && !client.owes_body() && !worker.closes_connections();
    let to_head = head.method == http::Method::HEAD;
    client.answer(&Whole { status, headers, body, to_head, keep_alive }, &worker.config.limits).await;
    keep_alive
}
