//! Roles: families and levels, what token budgets are usual for them, and what the company's policy asks.
//!
//! A family has bands, the models and tools its people use, and the kinds of outcomes that count for it. Its policy is
//! a dated sequence of states: an *experiment*, the *standard*, or *required*. A place has a working calendar. All of it
//! is data that people edit; [`presets`] are what a company starts with, each with its source.
//!
//! What an offer or a grant is measured against comes from one function, [`Roles::standing`]. The preview of a change
//! ([`impact`]) asks it twice, of the roles as they are and of the roles that [`Roles::apply`] makes of them.

mod approval;
mod band;
mod calendar;
mod family;
mod impact;
mod name;
mod presets;

pub use approval::{ApprovalRule, Asked, Duty, needed, usual};
pub use band::{Band, BandSide, Position};
pub use calendar::{FixedCalendar, WorkCalendar};
pub use family::{FamilyTerms, PolicyState, PolicyStep, RoleRuns};
pub use impact::{Impact, Moved, Subject, impact};
pub use name::{Family, Level, NameError, Place, Purpose};
pub use presets::{Benchmark, benchmarks, presets};

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::package::{Exact, Share};
use crate::run::RunLimits;

/// A family and a level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What kind of work.
    pub family: Family,
    /// How senior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// Everything that is set about roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Families by name.
    pub families: BTreeMap<Family, FamilyTerms>,
    /// Working calendars by place.
    pub places: BTreeMap<Place, WorkCalendar>,
    /// Who approves what.
    pub approvals: Vec<ApprovalRule>,
}

/// One change of what is set about roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoleChange {
    /// A family's bands, models, tools and outcomes, new or anew. Its policy stays.
    Family {
        /// Which.
        family: Family,
        /// What they are from now on.
        terms: FamilyTerms,
    },
    /// From a day on, a family's policy is another one.
    Policy {
        /// Which family.
        family: Family,
        /// The state and its day.
        step: PolicyStep,
    },
    /// A place's working calendar, new or anew.
    Place {
        /// Which.
        place: Place,
        /// Its calendar.
        calendar: WorkCalendar,
    },
    /// Who approves what from now on. What was submitted before keeps its rules.
    Approvals {
        /// All rules.
        rules: Vec<ApprovalRule>,
    },
}

/// Why a change of roles makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// Policy of a family that nobody described.
    #[error("there is no family {0}; set its bands, models and tools first")]
    UnknownFamily(Family),
    /// Lower end above the upper one.
    #[error("a band's lower end lies above its upper end; swap them")]
    BandUpsideDown,
    /// Ends below zero.
    #[error("a band has no ends below zero")]
    BandNegative,
    /// Two bands for the same people.
    #[error("the family has two bands for the same level and place; keep one of them")]
    BandTwice,
    /// Two limits of runs for the same people.
    #[error("the family has two limits of runs for the same level; keep one of them")]
    RunsTwice,
    /// Money below zero.
    #[error("a run can't be limited to less than no money")]
    RunsNegative,
    /// States come in order.
    #[error("the policy of {family} has a state from {known} on; the next one can't begin before it, on {given}")]
    PolicyOutOfOrder {
        /// Which family.
        family: Family,
        /// The last day known.
        known: Date,
        /// The day given.
        given: Date,
    },
    /// No year has that many.
    #[error("a year has between 1 and 366 workdays, not {0}")]
    Workdays(u16),
    /// Policy inside of terms.
    #[error("a family's policy is set with a day of its own, not with its bands")]
    PolicyInTerms,
}

impl Roles {
    /// Takes in a change.
    ///
    /// # Errors
    /// [`RoleError`] when it makes no sense; nothing has changed then.
    pub fn apply(&mut self, change: &RoleChange) -> Result<(), RoleError> {
        match change {
            RoleChange::Family { family, terms } => {
                terms.check()?;
                if !terms.policy.is_empty() {
                    return Err(RoleError::PolicyInTerms);
                }
                let policy = self.families.get(family).map_or_else(Vec::new, |old| old.policy.clone());
                self.families.insert(family.clone(), FamilyTerms { policy, ..terms.clone() });
            }
            RoleChange::Policy { family, step } => {
                let known = self.families.get_mut(family).ok_or_else(|| RoleError::UnknownFamily(family.clone()))?;
                if let Some(last) = known.policy.last().filter(|last| last.since > step.since) {
                    let (family, known) = (family.clone(), last.since);
                    return Err(RoleError::PolicyOutOfOrder { family, known, given: step.since });
                }
                known.policy.retain(|old| old.since != step.since);
                known.policy.push(*step);
            }
            RoleChange::Place { place, calendar } => {
                calendar.check()?;
                let version = self.places.get(place).map_or(0, |old| old.version).saturating_add(1);
                self.places.insert(place.clone(), WorkCalendar { version, ..calendar.clone() });
            }
            RoleChange::Approvals { rules } => self.approvals.clone_from(rules),
        }
        Ok(())
    }

    /// The policy for a family on a day: an experiment where nothing is set.
    pub fn policy(&self, family: &Family, on: Date) -> PolicyState {
        self.families.get(family).map_or(PolicyState::Experiment, |terms| terms.policy_on(on))
    }

    /// What a run of somebody in a role may use at most, where something is set for it.
    pub fn run_limits(&self, role: &Role) -> RunLimits {
        self.families.get(&role.family).map_or(RunLimits::NONE, |terms| terms.run_limits(role.level))
    }

    /// The closest band for a role in a place: of its level and place, else of its level, else of its place, else the
    /// family's.
    pub fn band(&self, role: &Role, place: Option<&Place>) -> Option<&Band> {
        self.families.get(&role.family)?.band(role.level, place)
    }

    /// Workdays that a year of a place counts: as its calendar says, else 260.
    pub fn workdays_per_year(&self, place: Option<&Place>) -> u16 {
        let calendar = place.and_then(|place| self.places.get(place));
        calendar.map_or(crate::package::WORKDAYS_PER_YEAR, |calendar| calendar.workdays_per_year)
    }

    /// How a token budget stands, on a day. Everything that is said about bands and policy comes from here.
    pub fn standing(&self, of: &Measured<'_>, on: Date) -> Standing {
        let policy = self.policy(&of.role.family, on);
        let Some(workday) = of.workday.filter(|workday| workday.is_positive()) else {
            return match policy {
                PolicyState::Required => Standing::MissingRequired,
                PolicyState::Standard => Standing::MissingStandard,
                PolicyState::Experiment => Standing::Missing,
            };
        };
        match self.band(of.role, of.place) {
            None => Standing::NoBand,
            Some(band) => match band.position(workday, of.of_base).side() {
                BandSide::Below => Standing::Below,
                BandSide::Within => Standing::Within,
                BandSide::Above => Standing::Above,
            },
        }
    }
}

/// What of an offer or grant is measured: amounts in the ledger's currency.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Whose role.
    pub role: &'a Role,
    /// Where.
    pub place: Option<&'a Place>,
    /// The token budget for each workday; `None` where there is none.
    pub workday: Option<Exact>,
    /// The same as a part of base salary, where that is known.
    pub of_base: Option<Share>,
}

/// How a token budget stands against band and policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// There is none, although it is required.
    MissingRequired,
    /// There is none, although it is the standard.
    MissingStandard,
    /// There is none, and nobody asks for one.
    Missing,
    /// Below its band.
    Below,
    /// Within its band.
    Within,
    /// Above its band.
    Above,
    /// There is one, and no band for it.
    NoBand,
}

#[cfg(test)]
mod tests;
