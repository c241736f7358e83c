//! Routes about the return on tokens.

use super::answer::Answer;
use super::ask::{Body, Command, Query, State};
use crate::Control;
use crate::access::Within;
use crate::shape::{PersonReturns, ReturnReport, WantedReturn, WhatIf, WhatIfReport};

pub(super) async fn returns(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedReturn>,
) -> Answer<ReturnReport> {
    Answer(control.returns(within, wanted).await)
}

pub(super) async fn what_if(State(_): State<Control>, Body(what): Body<WhatIf>) -> Answer<WhatIfReport> {
    Answer(crate::returns::what_if(&what))
}

pub(super) async fn person_returns(State(control): State<Control>) -> Answer<PersonReturns> {
    Answer(Ok(control.person_returns()))
}

pub(super) async fn set_person_returns(
    State(control): State<Control>,
    command: Command,
    Body(set): Body<PersonReturns>,
) -> Answer<PersonReturns> {
    Answer(control.set_person_returns(command.into(), set).await)
}
