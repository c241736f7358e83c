//! Routes about alarms and forecasts.

use purser_core::alarm::Rules;

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::access::Within;
use crate::shape::{
    Alarm, AlarmPreview, AlarmRules, Forecast, ForecastTest, Mute, NewMute, OfPage, Page, WantedAlarms, WantedForecast,
    WantedForecastTest,
};

pub(super) async fn forecast(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedForecast>,
) -> Answer<Page<Forecast>> {
    Answer(control.forecast(within, wanted).await)
}

pub(super) async fn forecast_test(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedForecastTest>,
) -> Answer<ForecastTest> {
    Answer(control.forecast_test(within, wanted).await)
}

pub(super) async fn alarms(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedAlarms>,
) -> Answer<Page<Alarm>> {
    Answer(control.alarms_page(&within, wanted))
}

pub(super) async fn alarm(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<Alarm> {
    Answer(control.alarm(&within, &id))
}

pub(super) async fn acknowledge_alarm(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Alarm> {
    Answer(control.acknowledge_alarm(command.into(), within, &id).await)
}

/// Narrowed by what whoever asks sees of each kind.
pub(super) async fn mutes(
    State(control): State<Control>,
    _within: Within,
    Query(of): Query<OfPage>,
) -> Answer<Page<Mute>> {
    Answer(control.mutes_page(&of.into()))
}

pub(super) async fn mute_alarms(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(new): Body<NewMute>,
) -> Answer<Mute> {
    Answer(control.mute_alarms(command.into(), within, new).await)
}

pub(super) async fn end_mute(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Mute> {
    Answer(control.end_mute(command.into(), within, &id).await)
}

pub(super) async fn alarm_rules(State(control): State<Control>) -> Answer<AlarmRules> {
    Answer(Ok(control.alarm_rules()))
}

pub(super) async fn set_alarm_rules(
    State(control): State<Control>,
    command: Command,
    Body(rules): Body<Rules>,
) -> Answer<AlarmRules> {
    Answer(control.set_alarm_rules(command.into(), rules).await)
}

pub(super) async fn preview_alarms(State(control): State<Control>, Body(rules): Body<Rules>) -> Answer<AlarmPreview> {
    Answer(control.preview_alarms(rules).await)
}
