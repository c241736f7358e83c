//! Step 3: send the call to its provider. Bytes go as they came but for credentials, the clamp and what metering needs.

use std::io;
use std::pin::pin;

use http::StatusCode;
use purser_providers::{Family, Headers, forward_headers, forward_target};

use crate::admit::Admitted;
use crate::call::Call;
use crate::client::Client;
use crate::meter::{Reading, unless_stopped, until_gone};
use crate::refuse::Refused;
use crate::upstream::{Answer, Fault, Outgoing, Outlet, send};
use crate::worker::Worker;

/// What came of one attempt.
pub(crate) enum Attempt {
    /// An answer, be it an error of the provider's own: it goes to the client.
    Answered(Answer),
    /// Nothing was served and another provider may be tried.
    Failed { fault: Refused, reading: Reading },
    /// It may have been served, or nobody else is left to ask.
    Final { fault: Refused, reading: Reading },
}

/// Sends the call and waits for the head of the answer.
pub(crate) async fn forward(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &mut Admitted<'_>,
    may_try_another: bool,
) -> Attempt {
    let upstream = admitted.upstream;
    let body = match purser_providers::edit(&call.facts, &call.body, admitted.edits) {
        Ok(body) => body,
        Err(why) => return Attempt::Final { fault: Refused::internal(&why), reading: Reading::Nothing },
    };
    let outlet = worker.outlet(upstream);
    let headers = match headers_for(&call.head.headers, call.dialect.family(), outlet) {
        Ok(headers) => headers,
        Err(fault) => return Attempt::Final { fault, reading: Reading::Nothing },
    };
    let target = forward_target(&call.head.target);
    let outgoing = Outgoing { method: &call.head.method, target: &target, headers: &headers, body: &body };

    admitted.sending();
    let sent = {
        let sending = pin!(async { Ok(send(outlet, &worker.connector, &worker.config.limits, &outgoing).await) });
        until_gone(client, unless_stopped(call, sending), admitted.drain().max_time).await
    };
    match sent {
        Ok(Ok(answer)) if may_try_another && is_outage(answer.status) => {
            let fault = Refused::upstream_status(&upstream.name, answer.status);
            Attempt::Failed { fault, reading: Reading::Nothing }
        }
        Ok(Ok(answer)) => Attempt::Answered(answer),
        Ok(Err(Fault::Unreachable(why))) => {
            let fault = Refused::unreachable(&upstream.name, &why);
            Attempt::Failed { fault, reading: Reading::Nothing }
        }
        Ok(Err(Fault::Unanswered(_))) | Err(_) if let Some(fault) = call.stopped(worker) => {
            Attempt::Final { fault, reading: Reading::UNANSWERED }
        }
        Ok(Err(Fault::Unanswered(why))) | Err(why) => {
            let late = why.kind() == io::ErrorKind::TimedOut;
            Attempt::Final { fault: Refused::unanswered(&upstream.name, &why, late), reading: Reading::UNANSWERED }
        }
    }
}

/// The provider is down for everybody, rather than displeased with this request.
fn is_outage(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504 | 529)
}

/// The client's headers without what is not the provider's business, with the company's credential.
pub(crate) fn headers_for(client: &Headers, family: Family, outlet: &Outlet) -> Result<Headers, Refused> {
    let credential = outlet.credential(family).map_err(|why| Refused::internal(&why))?;
    Ok(forward_headers(client, credential))
}
