//! Routes about what was achieved.

use axum::extract::{Path, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::access::Within;
use crate::error::{Code, Error, Refused};
use crate::outcomes::Message;
use crate::pages::Part;
use crate::shape::{
    Hook, ImportOutcomes, NewHook, OfPage, Outcome, OutcomesErased, OutcomesTaken, Page, RecordOutcomes,
};
use crate::usage::OfPerson;

/// Bytes of a message by a hook. Standard Webhooks advises less than twenty thousand.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

pub(super) async fn outcomes(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPerson>,
) -> Answer<Page<Outcome>> {
    let person = of.person.map(|who| control.covered_person(&within, &who)).transpose();
    Answer(match person {
        Ok(person) => {
            let part = Part::new(of.limit, of.after);
            control.outcomes_page(within, person.map(|person| person.to_string()), part).await
        }
        Err(error) => Err(error),
    })
}

pub(super) async fn record_outcomes(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(record): Body<RecordOutcomes>,
) -> Answer<OutcomesTaken> {
    Answer(control.record_outcomes(command.into(), within, record).await)
}

pub(super) async fn import_outcomes(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(import): Body<ImportOutcomes>,
) -> Answer<OutcomesTaken> {
    Answer(control.import_outcomes(command.into(), within, import).await)
}

pub(super) async fn erase_outcome(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Outcome> {
    Answer(control.erase_outcome(command.into(), within, &id).await)
}

pub(super) async fn erase_outcomes(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
) -> Answer<OutcomesErased> {
    Answer(control.erase_outcomes_of(command.into(), &id).await)
}

pub(super) async fn hooks(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Hook>> {
    Answer(control.hooks_page(&of.into()))
}

pub(super) async fn add_hook(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewHook>,
) -> Answer<Hook> {
    Answer(control.add_hook(command.into(), new).await)
}

pub(super) async fn revoke_hook(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Hook> {
    Answer(control.revoke_hook(command.into(), &id).await)
}

/// A message of another system: outside of the gate, because its signature says who sends it.
pub(super) async fn message(State(control): State<Control>, Path(id): Path<String>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let taken = async {
        let bytes = axum::body::to_bytes(body, MESSAGE_BYTES_MAX).await.map_err(|_| {
            Error::from(Refused::new(Code::Invalid, format!("a message has at most {MESSAGE_BYTES_MAX} bytes")))
        })?;
        let text = |name: &str| header(&head.headers, name);
        let message = Message {
            id: text("webhook-id"),
            timestamp: text("webhook-timestamp"),
            signature: text("webhook-signature"),
            body: bytes.to_vec(),
        };
        control.take_message(&id, message).await
    };
    Answer(taken.await).into_response()
}

/// A header as text; nothing where it is missing or none.
fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
