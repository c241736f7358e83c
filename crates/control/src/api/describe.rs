//! What a handler takes and gives, read off its own type: nothing that is said about a route can differ from it.

use schemars::{JsonSchema, Schema};

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use super::openapi::Schemas;
use crate::Control;
use crate::access::Within;

/// What is known about one route's handler.
#[derive(Clone, Debug, Default)]
pub(super) struct Operation {
    /// What its query may have.
    pub(super) query: Option<Schema>,
    /// Its body.
    pub(super) body: Option<Schema>,
    /// What it answers when it was done.
    pub(super) answer: Option<Schema>,
    /// What it is written as.
    pub(super) kind: Kind,
    /// May it be named, to be done once however often it is sent?
    pub(super) repeatable: bool,
}

/// What an answer is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// JSON.
    #[default]
    Json,
    /// A document: HTML or PDF.
    Document,
    /// A table: CSV.
    Csv,
    /// A table, or JSON objects on lines.
    CsvOrLines,
    /// JSON objects on lines.
    Lines,
    /// A table: Parquet.
    Parquet,
}

/// Something that a handler takes or gives.
pub(super) trait Part {
    /// Does a handler that takes it keep to what the caller's right covers?
    const NARROWS: bool = false;

    /// Adds itself to what is known.
    fn describe(_operation: &mut Operation, _schemas: &mut Schemas) {}
}

impl Part for State<Control> {}
impl Part for Id {}

impl Part for Within {
    const NARROWS: bool = true;
}

impl Part for Command {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.repeatable = true;
    }
}

impl<T: JsonSchema> Part for Query<T> {
    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        operation.query = Some(schemas.asked::<T>());
    }
}

impl<T: JsonSchema> Part for Body<T> {
    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        operation.body = Some(schemas.asked::<T>());
    }
}

impl<T: JsonSchema> Part for Answer<T> {
    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        operation.answer = Some(schemas.answered::<T>());
    }
}

/// A handler, by what it takes.
pub(super) trait Handler<Takes> {
    /// Does it keep to what the caller's right covers?
    const NARROWS: bool;

    /// Adds what it takes and gives.
    fn describe(&self, operation: &mut Operation, schemas: &mut Schemas);
}

macro_rules! handlers {
    ($(($($part:ident),*);)*) => {$(
        impl<F, Fut, Gives, $($part),*> Handler<($($part,)*)> for F
        where
            F: Fn($($part),*) -> Fut,
            Fut: Future<Output = Gives>,
            Gives: Part,
            $($part: Part),*
        {
            const NARROWS: bool = false $(|| $part::NARROWS)*;

            fn describe(&self, operation: &mut Operation, schemas: &mut Schemas) {
                $($part::describe(operation, schemas);)*
                Gives::describe(operation, schemas);
            }
        }
    )*};
}

handlers! {
    ();
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, G);
}

/// Does a handler keep to what the caller's right covers?
pub(super) fn narrows<Takes, H: Handler<Takes>>(_handler: &H) -> bool {
    H::NARROWS
}

/// What is known about a handler.
pub(super) fn operation<Takes>(handler: &impl Handler<Takes>, schemas: &mut Schemas) -> Operation {
    let mut operation = Operation::default();
    handler.describe(&mut operation, schemas);
    operation
}
