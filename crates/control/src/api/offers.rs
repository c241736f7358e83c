//! Endpoints of offers and roles.

use purser_core::role::{RoleChange, Roles};
use serde::Deserialize;

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::offers::WantedOffers;
use crate::pages::Part;
use crate::shape::{
    AcceptOffer, AnswerQuestion, ApproveOffer, DeclineOffer, List, NewOffer, NewOfferLink, NewVersion, Offer,
    OfferFinding, OfferLink, OfferNote, OfferPreview, OfferQuestion, OfferReport, OfferRow, Page, PreviewOffer,
    PreviewRoles, RolesImpact,
};

/// Of some states, of a unit.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OfState {
    /// One of them, or several with commas between them.
    state: Option<String>,
    /// Of this unit (id or name) and those below it.
    unit: Option<String>,
    /// Those first whose state changed last, rather than those that were drafted first.
    latest: bool,
    /// How many at most: a thousand where it is missing or more.
    limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    after: Option<String>,
}

/// On a day.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OnDay {
    on: Option<String>,
}

pub(super) async fn offers(State(control): State<Control>, Query(of): Query<OfState>) -> Answer<Page<OfferRow>> {
    let OfState { state, unit, latest, limit, after } = of;
    Answer(control.offers_page(WantedOffers { state, unit, latest }, Part::new(limit, after)).await)
}

pub(super) async fn draft_offer(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewOffer>,
) -> Answer<Offer> {
    Answer(control.draft_offer(command.into(), control.who(), new).await)
}

pub(super) async fn preview_offer(
    State(control): State<Control>,
    Body(preview): Body<PreviewOffer>,
) -> Answer<OfferPreview> {
    Answer(control.preview_offer(preview))
}

pub(super) async fn offer_report(State(control): State<Control>, Query(day): Query<OnDay>) -> Answer<OfferReport> {
    Answer(control.offer_report(day.on.as_deref()))
}

pub(super) async fn offer(State(control): State<Control>, Id(id): Id) -> Answer<Offer> {
    Answer(control.offer(&id).await)
}

pub(super) async fn erase_offer(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Offer> {
    Answer(control.erase_offer(command.into(), &id).await)
}

pub(super) async fn lint_offer(State(control): State<Control>, Id(id): Id) -> Answer<List<OfferFinding>> {
    Answer(control.lint_offer(&id).await)
}

pub(super) async fn revise_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(new): Body<NewVersion>,
) -> Answer<Offer> {
    Answer(control.revise_offer(command.into(), &id, control.who(), new).await)
}

pub(super) async fn counter_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(new): Body<NewVersion>,
) -> Answer<Offer> {
    Answer(control.counter_offer(command.into(), &id, new).await)
}

pub(super) async fn submit_offer(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Offer> {
    Answer(control.submit_offer(command.into(), &id, control.who()).await)
}

pub(super) async fn approve_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(approve): Body<ApproveOffer>,
) -> Answer<Offer> {
    Answer(control.approve_offer(command.into(), &id, control.who(), approve).await)
}

pub(super) async fn return_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(why): Body<OfferNote>,
) -> Answer<Offer> {
    Answer(control.return_offer(command.into(), &id, control.who(), why).await)
}

pub(super) async fn send_offer(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Offer> {
    Answer(control.send_offer(command.into(), &id, control.who()).await)
}

pub(super) async fn view_offer(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Offer> {
    Answer(control.view_offer(command.into(), &id).await)
}

pub(super) async fn accept_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(accept): Body<AcceptOffer>,
) -> Answer<Offer> {
    Answer(control.accept_offer(command.into(), &id, accept).await)
}

pub(super) async fn decline_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(why): Body<DeclineOffer>,
) -> Answer<Offer> {
    Answer(control.decline_offer(command.into(), &id, why).await)
}

pub(super) async fn withdraw_offer(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(why): Body<OfferNote>,
) -> Answer<Offer> {
    Answer(control.withdraw_offer(command.into(), &id, control.who(), why).await)
}

pub(super) async fn offer_links(State(control): State<Control>, Id(id): Id) -> Answer<List<OfferLink>> {
    Answer(control.offer_links(&id))
}

pub(super) async fn add_offer_link(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(new): Body<NewOfferLink>,
) -> Answer<OfferLink> {
    Answer(control.add_offer_link(command.into(), &id, new).await)
}

pub(super) async fn revoke_offer_link(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
) -> Answer<OfferLink> {
    Answer(control.revoke_offer_link(command.into(), &id).await)
}

pub(super) async fn offer_questions(State(control): State<Control>, Id(id): Id) -> Answer<List<OfferQuestion>> {
    Answer(control.offer_questions(&id).await)
}

pub(super) async fn answer_question(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(answer): Body<AnswerQuestion>,
) -> Answer<OfferQuestion> {
    Answer(control.answer_question(command.into(), &id, answer).await)
}

pub(super) async fn roles(State(control): State<Control>) -> Answer<Roles> {
    Answer(Ok(control.roles()))
}

pub(super) async fn set_role(
    State(control): State<Control>,
    command: Command,
    Body(change): Body<RoleChange>,
) -> Answer<Roles> {
    Answer(control.set_role(command.into(), change).await)
}

pub(super) async fn adopt_roles(State(control): State<Control>, command: Command) -> Answer<Roles> {
    Answer(control.adopt_role_presets(command.into()).await)
}

pub(super) async fn preview_roles(
    State(control): State<Control>,
    Body(preview): Body<PreviewRoles>,
) -> Answer<RolesImpact> {
    Answer(control.preview_roles(preview).await)
}
