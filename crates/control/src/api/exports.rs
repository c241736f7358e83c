//! Routes that answer with files while these are written.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Bytes, Frame};
use tokio::sync::mpsc;

use super::ask::{Id, Query, State};
use super::describe::{Kind, Operation, Part};
use super::openapi::Schemas;
use crate::Control;
use crate::access::{Permission, Within, forbidden};
use crate::error::Error;
use crate::exports::Export;
use crate::privacy::{list_of_everybody, looked_at};
use crate::shape::{WantedExport, WantedHistory, WantedLedger, WantedStatements};

/// A file, as a response.
pub(super) struct Csv(Result<Export, Error>);

impl Part for Csv {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.kind = Kind::Csv;
    }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        let export = match self.0 {
            Ok(export) => export,
            Err(error) => return ([(CACHE_CONTROL, "no-store")], error).into_response(),
        };
        let head = [
            (CONTENT_TYPE, export.media_type.to_owned()),
            (CACHE_CONTROL, "no-store".to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", export.name)),
        ];
        (head, Body::new(Pieces(export.pieces))).into_response()
    }
}

/// The same, or JSON lines where they were asked for.
pub(super) struct CsvOrLines(Csv);

impl Part for CsvOrLines {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.kind = Kind::CsvOrLines;
    }
}

impl IntoResponse for CsvOrLines {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// JSON objects on lines, as a response.
pub(super) struct Lines(Csv);

impl Part for Lines {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.kind = Kind::Lines;
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// A file of Parquet.
pub(super) struct Parquet(Csv);

impl Part for Parquet {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.kind = Kind::Parquet;
    }
}

impl IntoResponse for Parquet {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// Pieces as they come.
struct Pieces(mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

pub(super) async fn export_focus(State(control): State<Control>, Query(wanted): Query<WantedExport>) -> Csv {
    list_of_everybody();
    Csv(match may_name(&control, wanted.names) {
        Ok(()) => control.export_focus(wanted).await,
        Err(error) => Err(error),
    })
}

pub(super) async fn export_ledger(State(control): State<Control>, Query(wanted): Query<WantedLedger>) -> CsvOrLines {
    look_at(&control, wanted.person.as_deref());
    CsvOrLines(Csv(match may_name(&control, wanted.names) {
        Ok(()) => control.export_ledger(wanted).await,
        Err(error) => Err(error),
    }))
}

pub(super) async fn own_export(State(control): State<Control>) -> Lines {
    Lines(Csv(control.own_export().await))
}

pub(super) async fn person_export(State(control): State<Control>, within: Within, Id(id): Id) -> Lines {
    Lines(Csv(match control.covered_person(&within, &id) {
        Ok(person) => control.person_export(person).await,
        Err(error) => Err(error),
    }))
}

pub(super) async fn export_parquet(State(control): State<Control>, Query(wanted): Query<WantedHistory>) -> Parquet {
    look_at(&control, wanted.person.as_deref());
    Parquet(Csv(match may_name(&control, wanted.names) {
        Ok(()) => control.export_history(wanted).await,
        Err(error) => Err(error),
    }))
}

/// Whoever may see a statement sees whose it is.
pub(super) async fn export_statements(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedStatements>,
) -> CsvOrLines {
    CsvOrLines(Csv(control.export_statements(&within, wanted).await))
}

/// Says whose charges are in a file: somebody's, or everybody's.
fn look_at(control: &Control, person: Option<&str>) {
    match person.map(|who| control.inner.find_person(&control.snapshot(), who)) {
        Some(Ok(person)) => looked_at(person),
        // A name that nobody has is refused when the file is asked for.
        None | Some(Err(_)) => list_of_everybody(),
    }
}

/// Names are for whoever may see everybody's.
fn may_name(control: &Control, names: bool) -> Result<(), Error> {
    let now = control.inner.clock.now();
    if names && !control.acting.within(Permission::PeopleRead, now).is_everything() {
        return Err(forbidden("names are for those who may see everybody's"));
    }
    Ok(())
}
