//! `[policy]`: the company's choices about admission, durations written for people.

use std::sync::Arc;

use purser_core::money::Nano;
use purser_core::observed::ObservedUse;
use purser_core::policy::{self, Admission, Switch, UnknownModel};
use purser_core::price::{CardSpec, RateCard};
use purser_core::run::RunLimits;
use purser_core::top_up;
use serde::Deserialize;

use super::breakers::Breakers;
use super::quantity::Span;

/// `[policy]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) admission: Admission,
    pub(crate) unknown_model: Unknown,
    pub(crate) unknown_model_card: Option<CardSpec>,
    pub(crate) useful_floor_tokens: u64,
    pub(crate) park: Park,
    pub(crate) drain: Drain,
    pub(crate) wait_for_disk: bool,
    pub(crate) resolve_suspense_after_days: u16,
    pub(crate) advance_percent: u8,
    pub(crate) gift_percent: u8,
    pub(crate) observed: ObservedUse,
    pub(crate) top_ups: TopUps,
    pub(crate) ask_more: Option<String>,
    pub(crate) runs: RunLimits,
    pub(crate) breakers: Breakers,
    pub(crate) switch: Option<Switch>,
}

/// `[policy.top_ups]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TopUps {
    pub(crate) manager_max: Nano,
    pub(crate) finance_max: Nano,
    pub(crate) answer_hours: u16,
    pub(crate) closes_hours: u16,
    pub(crate) hold: Span,
}

impl Default for TopUps {
    fn default() -> Self {
        let top_up::Rules { manager_max, finance_max, answer_hours, closes_hours, hold } = top_up::Rules::default();
        Self { manager_max, finance_max, answer_hours, closes_hours, hold: Span(hold) }
    }
}

impl TopUps {
    /// The domain's form.
    fn resolve(&self) -> Result<top_up::Rules, (String, String)> {
        let Self { manager_max, finance_max, answer_hours, closes_hours, hold: Span(hold) } = *self;
        if manager_max.is_negative() || finance_max < manager_max {
            let what = format!(
                "policy.top_ups.manager_max = {manager_max} and finance_max = {finance_max}: finance decides no less than \
                 managers do"
            );
            return Err((what, "write amounts from zero up, the second no smaller than the first".to_owned()));
        }
        if answer_hours == 0 || closes_hours == 0 {
            let what = "policy.top_ups: nobody can answer within no hours".to_owned();
            return Err((what, "write answer_hours and closes_hours from 1 up".to_owned()));
        }
        if hold > top_up::HOLD_MAX {
            let most = top_up::HOLD_MAX.as_secs() / 60;
            let what = format!("policy.top_ups.hold is longer than the {most} minutes that clients wait for an answer");
            return Err((what, format!("write at most \"{most}m\"")));
        }
        Ok(top_up::Rules { manager_max, finance_max, answer_hours, closes_hours, hold })
    }
}

/// `policy.unknown_model`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unknown {
    /// Refused.
    #[default]
    Refuse,
    /// Charged by `unknown_model_card`.
    Ceiling,
}

/// `[policy.park]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Park {
    pub(crate) wait: Span,
    pub(crate) calls: usize,
}

/// `[policy.drain]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Drain {
    pub(crate) time: Span,
    pub(crate) money: Nano,
}

impl Default for Policy {
    /// The domain's own defaults, so that they stand in one place.
    fn default() -> Self {
        let policy = policy::Policy::default();
        Self {
            admission: policy.admission,
            unknown_model: Unknown::Refuse,
            unknown_model_card: None,
            useful_floor_tokens: policy.useful_floor_tokens,
            park: Park::default(),
            drain: Drain::default(),
            wait_for_disk: policy.wait_for_disk,
            resolve_suspense_after_days: policy.resolve_suspense_after_days,
            advance_percent: policy.moving.advance_percent,
            gift_percent: policy.moving.gift_percent,
            observed: policy.observed,
            top_ups: TopUps::default(),
            ask_more: policy.ask_more,
            runs: policy.runs,
            breakers: Breakers::default(),
            switch: None,
        }
    }
}

impl Default for Park {
    fn default() -> Self {
        let park = policy::Park::default();
        Self { wait: Span(park.max_wait), calls: park.max_calls }
    }
}

impl Default for Drain {
    fn default() -> Self {
        let drain = policy::Drain::default();
        Self { time: Span(drain.max_time), money: drain.max_money }
    }
}

impl Policy {
    /// The domain's form.
    ///
    /// # Errors
    /// A sentence and what to do about it: fields that contradict each other, a card that can't be charged by.
    pub(crate) fn resolve(&self) -> Result<policy::Policy, (String, String)> {
        let unknown_model = match (self.unknown_model, &self.unknown_model_card) {
            (Unknown::Refuse, None) => UnknownModel::Refuse,
            (Unknown::Ceiling, Some(card)) => {
                let card = RateCard::try_from(card.clone()).map_err(|error| {
                    (
                        format!("policy.unknown_model_card: {error}"),
                        "it takes the same form as a card of `purser price import`".to_owned(),
                    )
                })?;
                UnknownModel::Ceiling(Arc::new(card))
            }
            (Unknown::Ceiling, None) => {
                return Err((
                    "policy.unknown_model = \"ceiling\" needs the ceiling".to_owned(),
                    "set policy.unknown_model_card, dearer than any model that may turn up".to_owned(),
                ));
            }
            (Unknown::Refuse, Some(_)) => {
                return Err((
                    "policy.unknown_model_card is set, but unknown models are refused".to_owned(),
                    "set policy.unknown_model = \"ceiling\", or take the card out".to_owned(),
                ));
            }
        };
        Ok(policy::Policy {
            admission: self.admission,
            unknown_model,
            useful_floor_tokens: self.useful_floor_tokens,
            park: policy::Park { max_wait: self.park.wait.0, max_calls: self.park.calls },
            drain: policy::Drain { max_time: self.drain.time.0, max_money: self.drain.money },
            wait_for_disk: self.wait_for_disk,
            resolve_suspense_after_days: self.resolve_suspense_after_days,
            moving: policy::Moving {
                advance_percent: percent("advance_percent", self.advance_percent)?,
                gift_percent: percent("gift_percent", self.gift_percent)?,
            },
            runs: self.runs,
            breakers: self.breakers.rules(),
            switch: self.switch.clone().map(checked_switch).transpose()?,
            observed: self.observed,
            top_ups: self.top_ups.resolve()?,
            ask_more: self.ask_more.clone(),
        })
    }
}

/// A switch that can ever happen.
fn checked_switch(switch: Switch) -> Result<Switch, (String, String)> {
    percent("switch.from_percent", switch.from_percent)?;
    if switch.models.is_empty() {
        let what = "policy.switch names no models".to_owned();
        return Err((what, "write models = [{ from = \"claude-opus-*\", to = \"claude-sonnet-5-5\" }]".to_owned()));
    }
    Ok(switch)
}

/// A part of a whole.
fn percent(name: &str, percent: u8) -> Result<u8, (String, String)> {
    if percent <= 100 {
        return Ok(percent);
    }
    Err((format!("policy.{name} = {percent} is more than all"), "write hundredths, from 0 to 100".to_owned()))
}
