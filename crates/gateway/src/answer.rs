//! What the client is told beside the provider's own answer: what it cost and what is left.

use std::rc::Rc;

use purser_ledger::{HoldId, Settled};
use purser_providers::{FieldName, Headers};

use crate::admit::Admitted;
use crate::call::{Call, CallId};
use crate::client::{Client, Whole};
use crate::config::Upstream;
use crate::http1::write::{self, Ends};
use crate::meter::Rest;
use crate::plans::Planned;
use crate::runs::InRun;
use crate::upstream::Answer;
use crate::worker::Worker;

const CALL: FieldName = FieldName::new("x-purser-call: ");
const HOLD: FieldName = FieldName::new("x-purser-hold: ");
const HELD: FieldName = FieldName::new("x-purser-held: ");
const CHARGE: FieldName = FieldName::new("x-purser-charge: ");
const REMAINING: FieldName = FieldName::new("x-purser-remaining: ");
const RESET: &str = "x-purser-reset";
const CLAMPED: &str = "x-purser-max-output";
const PROVIDER: &str = "x-purser-provider";
const RUN: FieldName = FieldName::new("x-purser-run: ");
const RUN_SPENT: FieldName = FieldName::new("x-purser-run-spent: ");
const WARNING: &str = "x-purser-warning";
const SWITCHED: &str = "x-purser-switched";

/// The provider's headers that are the client's business.
pub(crate) fn pass_headers(upstream: &Headers) -> Headers {
    purser_providers::response_headers(upstream)
}

/// The head of a stream. What it costs is not known yet: it tells what is held and left meanwhile, and the trailers
/// tell the rest to clients that read them.
pub(crate) fn stream_head(wire: &mut Vec<u8>, worker: &Worker, call: &Call, admitted: &Admitted<'_>, answer: &Answer) {
    let mut headers = pass_headers(&answer.headers);
    Told::of(call, admitted).tell(&mut headers);
    headers.append_written(HELD, &admitted.hold().amount().written());
    headers.append_written(REMAINING, &admitted.hold().available_after().written());
    let ends = if call.head.old { Ends::WithConnection } else { Ends::InChunks };
    write::response_head(wire, answer.status, &headers, ends, call.keep_alive(worker));
}

/// Sends what is left of the answer, with what it cost.
pub(crate) async fn finish(worker: &Worker, client: &mut Client, call: &Call, receipt: &Receipt<'_>, rest: Rest) {
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

/// What there is to tell once a call is settled: everything of it that must outlive the hold.
pub(crate) struct Receipt<'a> {
    told: Told<'a>,
    settled: Option<Settled>,
}

impl<'a> Receipt<'a> {
    pub(crate) fn of(call: &'a Call, admitted: &Admitted<'a>) -> Self {
        Self { told: Told::of(call, admitted), settled: None }
    }

    /// Adds what the settlement says. The charge is provisional until its record is on disk, as every header is.
    pub(crate) fn settled(&mut self, settled: Option<Settled>) {
        self.settled = settled;
    }

    fn tell(&self, headers: &mut Headers) {
        self.told.tell(headers);
        if let Some(settled) = &self.settled {
            headers.append_written(CHARGE, &settled.charge.written());
            headers.append_written(RUN_SPENT, &self.told.run.spent.saturating_add(settled.charge).written());
            headers.append_written(REMAINING, &settled.remaining.written());
        }
    }
}

/// What there is to tell from the start.
struct Told<'a> {
    call: &'a CallId,
    run: &'a InRun,
    switched: Option<String>,
    hold: HoldId,
    upstream: &'a Upstream,
    planned: Rc<Planned>,
    output_max: Option<u64>,
}

impl<'a> Told<'a> {
    fn of(call: &'a Call, admitted: &Admitted<'a>) -> Self {
        Self {
            call: &call.id,
            run: &call.run,
            switched: call.switched.as_ref().map(|switched| switched.told(&call.facts.model)),
            hold: admitted.hold().id(),
            upstream: admitted.upstream,
            planned: Rc::clone(&admitted.planned),
            output_max: admitted.edits.output_max,
        }
    }

    fn tell(&self, headers: &mut Headers) {
        headers.append_written(CALL, self.call);
        headers.append_written(HOLD, &self.hold.written());
        headers.append(PROVIDER, self.upstream.name.as_bytes());
        headers.append_written(RUN, &self.run.id.written());
        if let Some(switched) = &self.switched {
            headers.append(SWITCHED, switched);
        }
        if let Some(warning) = &self.run.warning {
            headers.append(WARNING, warning.as_bytes());
        }
        if let Some(reset) = &self.planned.resets_at {
            headers.append(RESET, reset);
        }
        if let Some(max) = self.output_max {
            headers.append_shown(CLAMPED, max);
        }
    }
}
