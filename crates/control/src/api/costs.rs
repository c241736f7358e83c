//! Routes about what people cost.

use super::answer::Answer;
use super::ask::{Body, Command, Id, State};
use crate::Control;
use crate::access::Within;
use crate::shape::{ChangeCosts, Costs, PersonCost};

pub(super) async fn costs(State(control): State<Control>) -> Answer<Costs> {
    Answer(Ok(control.costs()))
}

pub(super) async fn set_costs(
    State(control): State<Control>,
    command: Command,
    Body(change): Body<ChangeCosts>,
) -> Answer<Costs> {
    Answer(control.set_costs(command.into(), change).await)
}

pub(super) async fn person_cost(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<PersonCost> {
    Answer(match control.covered_person(&within, &id) {
        Ok(person) => control.person_cost(person).await,
        Err(error) => Err(error),
    })
}
