//! The endpoint that walks a cent.

use serde::Deserialize;

use super::answer::Answer;
use super::ask::{Id, Query, State};
use crate::Control;
use crate::access::Within;
use crate::shape::Trace;

/// How much of it.
#[derive(Clone, Copy, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Shown {
    /// How many charges of each grant; ten where it is missing, a thousand at most.
    charges: Option<usize>,
}

pub(super) async fn trace(
    State(control): State<Control>,
    within: Within,
    Id(what): Id,
    Query(shown): Query<Shown>,
) -> Answer<Trace> {
    Answer(control.trace_within(&within, &what, shown.charges).await)
}
