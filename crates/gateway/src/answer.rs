//! What the client is told beside the provider's own answer: what it cost and what is left.

use bytes::BytesMut;
use purser_ledger::Settled;
use purser_providers::Headers;

use crate::admit::Admitted;
use crate::call::Call;
use crate::client::{Client, Whole};
use crate::http1::write::{self, Ends};
use crate::meter::Rest;
use crate::upstream::Answer;
use crate::worker::Worker;

const CALL: &str = "x-purser-call";
const HOLD: &str = "x-purser-hold";
const HELD: &str = "x-purser-held";
const CHARGE: &str = "x-purser-charge";
const REMAINING: &str = "x-purser-remaining";
const RESET: &str = "x-purser-reset";
const CLAMPED: &str = "x-purser-max-output";
const PROVIDER: &str = "x-purser-provider";

/// The provider's headers that are the client's business.
pub(crate) fn pass_headers(upstream: &Headers) -> Headers {
    purser_providers::response_headers(upstream)
}

/// The head of a stream. What it costs is not known yet: it tells what is held and left meanwhile, and the trailers
/// tell the rest to clients that read them.
pub(crate) fn stream_head(wire: &mut BytesMut, worker: &Worker, call: &Call, admitted: &Admitted<'_>, answer: &Answer) {
    let mut headers = pass_headers(&answer.headers);
    tell(&mut headers, call, admitted);
    headers.append_shown(HELD, admitted.hold().amount());
    headers.append_shown(REMAINING, admitted.hold().available_after());
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
                    let mut trailers = Headers::default();
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
    headers: Headers,
}

impl Receipt {
    /// Everything that must outlive the hold.
    pub(crate) fn of(call: &Call, admitted: &Admitted<'_>) -> Self {
        let mut headers = Headers::default();
        tell(&mut headers, call, admitted);
        Self { headers }
    }

    /// Adds what the settlement says. The charge is provisional until its record is on disk, as every header is.
    pub(crate) fn settled(&mut self, settled: Option<Settled>) {
        if let Some(settled) = settled {
            self.headers.append_shown(CHARGE, settled.charge);
            self.headers.append_shown(REMAINING, settled.remaining);
        }
    }

    fn tell(&self, headers: &mut Headers) {
        for (name, value) in self.headers.iter() {
            headers.append_checked(name, value);
        }
    }
}

fn tell(headers: &mut Headers, call: &Call, admitted: &Admitted<'_>) {
    headers.append(CALL, &call.id);
    headers.append_shown(HOLD, admitted.hold().id());
    headers.append(PROVIDER, admitted.upstream.name.as_bytes());
    if let Some(reset) = &admitted.planned.resets_at {
        headers.append(RESET, reset);
    }
    if let Some(max) = admitted.edits.output_max {
        headers.append_shown(CLAMPED, max);
    }
}
