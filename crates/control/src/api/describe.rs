//! What a handler takes and gives, read off its own type: nothing that is said about a route can differ from it.

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::access::Within;

/// What is known about one route's handler.
#[derive(Clone, Debug, Default)]
pub(super) struct Operation {
    /// Does it keep to what the caller's right covers?
    pub(super) narrows: bool,
}

/// Something that a handler takes or gives.
pub(super) trait Part {
    /// Adds itself to what is known.
    fn describe(_operation: &mut Operation) {}
}

impl Part for State<Control> {}
impl Part for Command {}
impl Part for Id {}
impl<T> Part for Query<T> {}
impl<T> Part for Body<T> {}
impl<T> Part for Answer<T> {}

impl Part for Within {
    fn describe(operation: &mut Operation) {
        operation.narrows = true;
    }
}

/// A handler, by what it takes.
pub(super) trait Handler<Takes> {
    /// Adds what it takes and gives.
    fn describe(&self, operation: &mut Operation);
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
            fn describe(&self, operation: &mut Operation) {
                $($part::describe(operation);)*
                Gives::describe(operation);
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

/// What is known about a handler.
pub(super) fn operation<Takes>(handler: &impl Handler<Takes>) -> Operation {
    let mut operation = Operation::default();
    handler.describe(&mut operation);
    operation
}
