//! One call, from its first byte to its receipt: authenticate, admit, forward, meter, settle.

use std::rc::Rc;

use bytes::Bytes;
use purser_core::time::Instant;
use purser_core::written::Written;
use purser_providers::{ClientTool, Dialect, Family, Headers, RequestFacts, Route};

use crate::admit::admit;
use crate::answer::{self, Receipt};
use crate::auth::{Caller, authenticate, identify};
use crate::client::{Client, NoBody, Whole};
use crate::fence;
use crate::forward::{Attempt, forward};
use crate::free;
use crate::http1::head::RequestHead;
use crate::live::StopFlag;
use crate::meter::meter;
use crate::refuse::Refused;
use crate::routing;
use crate::runs::{self, InRun, NotEntered};
use crate::settle::settle;
use crate::switch::{self, Switched};
use crate::worker::Worker;

/// A call's name in headers and logs: `req_` and sixteen digits.
pub(crate) type CallId = Written<20>;

/// A call as it was asked for.
pub(crate) struct Call {
    /// Ours, for logs and support.
    pub(crate) id: CallId,
    pub(crate) at: Instant,
    pub(crate) caller: Caller,
    pub(crate) head: Rc<RequestHead>,
    pub(crate) dialect: Dialect,
    pub(crate) facts: Box<RequestFacts>,
    pub(crate) body: Bytes,
    pub(crate) tool: ClientTool,
    pub(crate) run: InRun,
    /// It goes out with a cheaper model than was asked for.
    pub(crate) switched: Option<Switched>,
    /// Raised when it may not go on.
    pub(crate) stop: StopFlag,
}

/// Serves one request; `false` says that no other may follow on this connection.
pub(crate) async fn serve(worker: &Worker, client: &mut Client, head: RequestHead) -> bool {
    let route = purser_providers::route(&head.method, &head.target, &head.headers);
    let about = About::of(worker, Rc::new(head), &route);
    let served = match route {
        Route::Metered { dialect, model } => metered(worker, client, dialect, model, &about).await,
        Route::Free { family, kind } => free::serve(worker, client, family, kind, &about).await,
        Route::Refused { why, .. } => Err(Refused::unmetered(why)),
        Route::Unknown { .. } => Err(Refused::unknown_route(&about.head.method, &about.head.target)),
    };
    match served {
        Ok(keep_alive) => keep_alive,
        Err(refused) => refuse(worker, client, &about, &refused).await,
    }
}

/// The five steps.
async fn metered(
    worker: &Worker,
    client: &mut Client,
    dialect: Dialect,
    model: Option<String>,
    about: &About,
) -> Result<bool, Refused> {
    let snapshot = worker.snapshot();

    let caller = authenticate(&worker.callers, &snapshot, &about.head, about.at)?;
    let body = read_body(worker, client, &about.head).await?;
    let facts = RequestFacts::read(dialect, model.as_deref(), &body).map_err(|why| Refused::bad_request(&why))?;
    // Boxed, as it is large and goes from hand to hand.
    let facts = Box::new(facts);
    may_pass(worker, &caller, &facts, about.at)?;
    let run = match runs::enter(worker, &snapshot, about, &caller, (&facts, &body)) {
        Ok(run) => run,
        Err(NotEntered::Refused(refused)) => return Err(refused),
        Err(NotEntered::Paused { .. }) => {
            runs::enter_when_confirmed(worker, client, about, &caller, (&facts, &body)).await?
        }
    };
    let (facts, body, switched) = match switch::cheaper(worker, &snapshot, (about, &caller), (&facts, &body)) {
        Some((facts, body, switched)) => (Box::new(facts), body, Some(switched)),
        None => (facts, body, None),
    };
    let call = Rc::new(Call {
        id: about.id,
        at: about.at,
        caller,
        head: Rc::clone(&about.head),
        dialect,
        facts,
        body,
        tool: about.tool.clone(),
        run,
        switched,
        stop: StopFlag::default(),
    });
    let _live = worker.live.enter(&call);

    let mut first_fault: Option<Refused> = None;
    let route = routing::route(&worker.config.upstreams, dialect.family(), &call.facts.model);
    for (upstream, attempt) in route.iter().zip(0_u8..) {
        call.stop.serves(worker.place_of(upstream));
        fence::check(&*worker.shared.fence, &upstream.name, call.caller.person.id, &call.facts.refs)?;
        let mut admitted = match admit(worker, client, &call, upstream, attempt).await {
            Ok(admitted) => admitted,
            // Where a fallback is refused, the first provider's fault is what the client needs to know.
            Err(refused) => return Err(first_fault.unwrap_or(refused)),
        };

        let may_try_another = usize::from(attempt) + 1 < route.len();
        let answer = match forward(worker, client, &call, &mut admitted, may_try_another).await {
            Attempt::Answered(answer) => answer,
            Attempt::Failed { fault, reading } => {
                settle(worker, &call, admitted, &reading);
                first_fault.get_or_insert(fault);
                continue;
            }
            Attempt::Final { fault, reading } => {
                settle(worker, &call, admitted, &reading);
                return Err(first_fault.unwrap_or(fault));
            }
        };

        let measured = meter(worker, client, &call, &mut admitted, answer).await;

        fence::claim(&*worker.shared.fence, &upstream.name, &call, &measured.ids);
        let mut receipt = Receipt::of(&call, &admitted);
        receipt.settled(settle(worker, &call, admitted, &measured.reading));
        answer::finish(worker, client, &call, &receipt, measured.rest).await;
        return Ok(call.keep_alive(worker));
    }
    Err(first_fault.unwrap_or_else(|| Refused::nobody_serves(&call.facts.model, dialect)))
}

/// The whole body, refused when it is compressed: what can't be read can't be bounded.
pub(crate) async fn read_body(worker: &Worker, client: &mut Client, head: &RequestHead) -> Result<Bytes, Refused> {
    if !purser_providers::headers::is_plain(&head.headers) {
        return Err(Refused::compressed());
    }
    client.body(head, &worker.config.limits).await.map_err(|why| match why {
        NoBody::Gone => Refused::gone(),
        NoBody::TooLarge(_) => Refused::too_large(&why),
        NoBody::Malformed(_) => Refused::bad_body(&why),
    })
}

/// What is not about money: the rate of requests, and what can't be metered although its route can.
fn may_pass(worker: &Worker, caller: &Caller, facts: &RequestFacts, at: Instant) -> Result<(), Refused> {
    if facts.background {
        return Err(Refused::unmetered(
            "background responses are not metered yet; ask without `background`, or stream",
        ));
    }
    if let Some(per_minute) = caller.key.requests_per_minute {
        let taken = worker.shared.rates.take(caller.key.id, per_minute, at);
        taken.map_err(|wait| Refused::rate_limited(per_minute, wait))?;
    }
    Ok(())
}

impl Call {
    /// Will the answer with these headers be a stream?
    pub(crate) fn streams(&self, headers: &Headers) -> bool {
        let content_type = headers.get("content-type").unwrap_or_default();
        self.facts.stream
            && (content_type.starts_with(b"text/event-stream")
                || matches!(self.dialect, Dialect::GeminiGenerate { sse: false, .. }))
    }

    /// May another request follow on this connection?
    pub(crate) fn keep_alive(&self, worker: &Worker) -> bool {
        self.head.keep_alive && !worker.closes_connections()
    }

    /// Did the client say that it reads trailers?
    pub(crate) fn reads_trailers(&self) -> bool {
        self.head.headers.text("te").is_some_and(|te| te.contains("trailers"))
    }
}

/// What is known of a request before its body: enough to refuse it properly.
pub(crate) struct About {
    pub(crate) id: CallId,
    pub(crate) at: Instant,
    pub(crate) family: Family,
    pub(crate) tool: ClientTool,
    pub(crate) head: Rc<RequestHead>,
}

impl About {
    fn of(worker: &Worker, head: Rc<RequestHead>, route: &Route) -> Self {
        let family = match route {
            Route::Metered { dialect, .. } => dialect.family(),
            Route::Free { family, .. } | Route::Refused { family, .. } | Route::Unknown { family } => *family,
        };
        Self {
            id: worker.next_call_id(),
            at: worker.shared.clock.now(),
            family,
            tool: purser_providers::client_tool(&head.headers),
            head,
        }
    }

    /// Who it would have been: for the record of denials.
    fn caller(&self, worker: &Worker) -> Option<Caller> {
        identify(&worker.callers, &worker.snapshot(), &self.head, self.at).ok()
    }
}

/// Says no in the client's dialect, and keeps count.
async fn refuse(worker: &Worker, client: &mut Client, about: &About, refused: &Refused) -> bool {
    let caller = about.caller(worker);
    worker.shared.decisions.denied(caller.as_ref(), refused, about.at);
    tracing::info!(
        target: "purser::call",
        { call.id = %about.id, key.id = ?caller.as_ref().map(|caller| caller.key.id), code = refused.code() },
        "refused"
    );
    if refused.is_gone() {
        return false;
    }
    let rendered = refused.render(about.family, &about.tool, about.id.as_str());
    let keep_alive = about.head.keep_alive && !client.owes_body() && !worker.closes_connections();
    let whole = Whole {
        status: rendered.status,
        headers: &rendered.headers,
        body: &rendered.body,
        to_head: about.head.method == http::Method::HEAD,
        keep_alive,
    };
    client.answer(&whole, &worker.config.limits).await;
    keep_alive
}
