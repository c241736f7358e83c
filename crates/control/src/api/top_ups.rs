//! Routes about requests for more money, mandates and absences.

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::access::Within;
use crate::pages::Part;
use crate::shape::{
    Absence, ApproveTopUp, AskTopUp, DenyTopUp, Mandate, OfPage, Page, SetAbsence, SetMandate, TopUp, TopUpDetail,
    WantedTopUps,
};

pub(super) async fn top_ups(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedTopUps>,
) -> Answer<Page<TopUp>> {
    let WantedTopUps { person, state, limit, after } = wanted;
    let person = person.map(|who| control.covered_person(&within, &who)).transpose();
    let part = Part::new(limit, after);
    Answer(person.and_then(|person| control.top_ups_page(&within, person, state, &part)))
}

pub(super) async fn ask_top_up(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(new): Body<AskTopUp>,
) -> Answer<TopUp> {
    Answer(control.ask_top_up(command.into(), within, new).await)
}

pub(super) async fn top_up(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<TopUpDetail> {
    Answer(control.top_up_detail(within, &id).await)
}

pub(super) async fn approve_top_up(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
    Body(how): Body<ApproveTopUp>,
) -> Answer<TopUp> {
    Answer(control.approve_top_up(command.into(), within, &id, how).await)
}

pub(super) async fn deny_top_up(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
    Body(why): Body<DenyTopUp>,
) -> Answer<TopUp> {
    Answer(control.deny_top_up(command.into(), within, &id, why).await)
}

pub(super) async fn cancel_top_up(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<TopUp> {
    Answer(control.cancel_top_up(command.into(), within, &id).await)
}

pub(super) async fn mandates(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPage>,
) -> Answer<Page<Mandate>> {
    Answer(control.mandates_page(&within, &of.into()))
}

pub(super) async fn set_mandate(
    State(control): State<Control>,
    command: Command,
    Body(set): Body<SetMandate>,
) -> Answer<Mandate> {
    Answer(control.set_mandate(command.into(), set).await)
}

pub(super) async fn absences(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPage>,
) -> Answer<Page<Absence>> {
    Answer(control.absences_page(&within, &of.into()))
}

pub(super) async fn set_absence(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(set): Body<SetAbsence>,
) -> Answer<Absence> {
    Answer(control.set_absence(command.into(), within, set).await)
}

pub(super) async fn end_absence(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Absence> {
    Answer(control.end_absence(command.into(), within, &id).await)
}
