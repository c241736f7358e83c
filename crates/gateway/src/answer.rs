//! What the client is told beside the provider's own answer: what it cost and what is left.

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue};
use purser_ledger::Settled;

use crate::admit::Admitted;
use crate::call::Call;
use crate::client::{Client, Whole};
use crate::http1::write::{self, Ends};
use crate::meter::Rest;
use crate::upstream::Answer;
use crate::worker::Worker;

const CALL: HeaderName = HeaderName::from_static("x-purser-call");
const HOLD: HeaderName = HeaderName::from_static("x-purser-hold");
const HELD: HeaderName = HeaderName::from_static("x-purser-held");
const CHARGE: HeaderName = HeaderName::from_static("x-purser-charge");
const REMAINING: HeaderName = HeaderName::from_static("x-purser-remaining");
const RESET: HeaderName = HeaderName::from_static("x-purser-reset");
const CLAMPED: HeaderName = HeaderName::from_static("x-purser-max-output");
const PROVIDER: HeaderName = HeaderName::from_static("x-purser-provider");

/// The provider's headers that are the client's business.
pub(crate) fn pass_headers(upstream: &HeaderMap) -> HeaderMap {
    purser_providers::response_headers(upstream)
}

/// The head of a stream. What it costs is not known yet: it tells what is held and left meanwhile, and the trailers
/// tell the rest to clients that read them.
pub(crate) fn stream_head(wire: &mut BytesMut, worker: &Worker, call: &Call, admitted: &Admitted<'_>, answer: &Answer) {
    let mut headers = pass_headers(&answer.headers);
    tell(&mut headers, call, admitted);
    put(&mut headers, HELD, admitted.hold().amount());
    put(&mut headers, REMAINING, admitted.hold().available_after());
    let ends = if call.head.old { Ends::WithConnection } else { Ends::InChunks };
    write::response_head(wire, answer.status, &headers, ends, call.keep_alive(worker));
}

/// Sends what is left of the answer, with what it cost.
pub(crate) async fn finish(worker: &Worker, client: &mut Client, call: &Call, receipt: &Receipt, rest: Rest) {
    match rest {
        Rest::Whole { status, mut headers, body } => {
            receipt.tell(&mut headers);
            let keep_alive = call.keep_alive(worker);
            let whole = Whole { status, headers: &headers, body: &body, to_head: false, keep_alive };
            client.answer(&whole, &worker.config.limits).await;
        }
        Rest::Stream { mut last, in_chunks } => {
            if in_chunks {
                let trailers = call.reads_trailers().then(|| {
                    let mut trailers = HeaderMap::new();
                    receipt.tell(&mut trailers);
                    trailers
                });
                write::last_chunk(&mut last, trailers.as_ref());
            }
            client.write(&last, &worker.config.limits).await;
        }
    }
}

/// What there is to tell once a call is settled.
pub(crate) struct Receipt {
    headers: HeaderMap,
}

impl Receipt {
    /// Everything that must outlive the hold.
    pub(crate) fn of(call: &Call, admitted: &Admitted<'_>) -> Self {
        let mut headers = HeaderMap::new();
        tell(&mut headers, call, admitted);
        Self { headers }
    }

    /// Adds what the settlement says. The charge is provisional until its record is on disk, as every header is.
    pub(crate) fn settled(&mut self, settled: Option<Settled>) {
        if let Some(settled) = settled {
            put(&mut self.headers, CHARGE, settled.charge);
            put(&mut self.headers, REMAINING, settled.remaining);
        }
    }

    fn tell(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn tell(headers: &mut HeaderMap, call: &Call, admitted: &Admitted<'_>) {
    put(headers, CALL, &call.id);
    put(headers, HOLD, admitted.hold().id());
    put(headers, PROVIDER, &admitted.upstream.name);
    if let Some(reset) = admitted.planned.plan.resets_at {
        put(headers, RESET, reset);
    }
    if let Some(max) = admitted.edits.output_max {
        put(headers, CLAMPED, max);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: impl std::fmt::Display) {
    // Ids, amounts and instants are visible ASCII; a provider's name with other letters is left out.
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        headers.insert(name, value);
    }
}
