//! Routes about privacy.

use super::answer::Answer;
use super::ask::{Body, Command, Query, State};
use crate::Control;
use crate::shape::{DataMap, LookPage, PrivacySettings, Retention, SetProfile, WantedLooks, WantedOwnLooks};

pub(super) async fn privacy(State(control): State<Control>) -> Answer<PrivacySettings> {
    Answer(Ok(control.privacy()))
}

pub(super) async fn privacy_map(State(control): State<Control>) -> Answer<DataMap> {
    Answer(control.privacy_map().await)
}

pub(super) async fn set_profile(
    State(control): State<Control>,
    command: Command,
    Body(set): Body<SetProfile>,
) -> Answer<PrivacySettings> {
    Answer(control.set_profile(command.into(), set).await)
}

pub(super) async fn set_retention(
    State(control): State<Control>,
    command: Command,
    Body(retention): Body<Retention>,
) -> Answer<PrivacySettings> {
    Answer(control.set_retention(command.into(), retention).await)
}

pub(super) async fn own_looks(
    State(control): State<Control>,
    Query(wanted): Query<WantedOwnLooks>,
) -> Answer<LookPage> {
    Answer(control.own_looks(wanted.before).await)
}

pub(super) async fn looks(State(control): State<Control>, Query(wanted): Query<WantedLooks>) -> Answer<LookPage> {
    Answer(control.looks(wanted).await)
}
