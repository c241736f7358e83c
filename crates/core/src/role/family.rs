//! What is set for a family of roles.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Band, Level, Place, RoleError};
use crate::money::Nano;
use crate::observed::ObservedUse;
use crate::run::RunLimits;
use crate::scope::Pattern;

/// A family's bands, models, tools, outcomes and policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FamilyTerms {
    /// As people call it.
    pub title: String,
    /// What is usual, by level and place.
    pub bands: Vec<Band>,
    /// Models its people may use; empty for every model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Pattern>,
    /// Tools its people may use; empty for every tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Pattern>,
    /// Kinds of outcomes that count for it: `merged_change`, `month_close`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<String>,
    /// What each run of its people may use at most, for all and by level. It only lowers what the company allows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RoleRuns>,
    /// What becomes of usage that did not pass through the gateway, for grants of offers to it; the company's policy where
    /// nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedUse>,
    /// Its policy, in order of its days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<PolicyStep>,
}

/// What each run of a family's people may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoleRuns {
    /// Those of this level; all where none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The limits.
    pub limits: RunLimits,
}

/// What the company asks of offers to a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PolicyState {
    /// Token budgets are tried out.
    Experiment,
    /// They are usual; an offer without one is asked about.
    Standard,
    /// No offer goes out without one.
    Required,
}

/// From a day on, a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyStep {
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Day"))]
    pub since: Date,
    /// What holds from then on.
    pub state: PolicyState,
}

impl FamilyTerms {
    /// The state on a day: an experiment before the first one.
    pub fn policy_on(&self, on: Date) -> PolicyState {
        let known = self.policy.iter().rev().find(|step| step.since <= on);
        known.map_or(PolicyState::Experiment, |step| step.state)
    }

    /// What a run of somebody of this level may use: the lower of what is set for all and for the level.
    pub fn run_limits(&self, level: Option<Level>) -> RunLimits {
        let fits = self.runs.iter().filter(|runs| runs.level.is_none() || runs.level == level);
        fits.fold(RunLimits::NONE, |limits, runs| limits.lowered_by(&runs.limits))
    }

    pub(super) fn band(&self, level: Option<Level>, place: Option<&Place>) -> Option<&Band> {
        let fits = |wanted_level: Option<Level>, wanted_place: Option<&Place>| {
            self.bands.iter().find(|band| band.level == wanted_level && band.place.as_ref() == wanted_place)
        };
        fits(level, place).or_else(|| fits(level, None)).or_else(|| fits(None, place)).or_else(|| fits(None, None))
    }

    pub(super) fn check(&self) -> Result<(), RoleError> {
        self.bands.iter().try_for_each(Band::check)?;
        let same = |band: &Band| {
            self.bands.iter().filter(|other| other.level == band.level && other.place == band.place).count() > 1
        };
        if self.bands.iter().any(same) {
            return Err(RoleError::BandTwice);
        }
        if self.runs.iter().any(|runs| self.runs.iter().filter(|other| other.level == runs.level).count() > 1) {
            return Err(RoleError::RunsTwice);
        }
        let below_zero = |runs: &RoleRuns| runs.limits.money.is_some_and(Nano::is_negative);
        if self.runs.iter().any(below_zero) { Err(RoleError::RunsNegative) } else { Ok(()) }
    }
}
