//! People.

use purser_core::id::{PersonId, UnitId};
use purser_core::role::{Family, Level};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Somebody to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// How the person is called; need not be unique, but only unique names can stand for an id.
    pub name: String,
    /// IANA time zone.
    pub zone: String,
    /// Id or unique name of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A change of zone, effective at the end of the running periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetZone {
    /// IANA time zone.
    pub zone: String,
}

/// A change of unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePerson {
    /// Id or unique name of the unit.
    pub unit: String,
    /// The first day there, in the person's zone: `2027-03-01`. At once where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// A role for somebody, whatever the offer that they accepted says. Without a family what was set is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetPersonRole {
    /// The family: `engineering`. None: their role is that of the offer that they accepted last, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// The level, of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// Somebody's role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PersonRole {
    /// What kind of work.
    pub family: Family,
    /// How senior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Where it was said.
    pub source: RoleSource,
    /// Since when it is theirs.
    pub since: Instant,
    /// Has the company set anything for that family? Else it has no bands, limits of runs or outcomes.
    pub known: bool,
}

/// Where somebody's role was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleSource {
    /// It is that of the offer that they accepted last.
    Offer,
    /// It was set for them, after any offer that they accepted.
    Set,
}

/// Which people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedPeople {
    /// Only those whose name, mail address or unit's name has this in it, in small or capital letters.
    pub find: Option<String>,
    /// Only those who can spend, or only those who left.
    pub active: Option<bool>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Person {
    /// The id that everything else refers to.
    pub id: PersonId,
    /// `None` once erased.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// IANA time zone.
    pub zone: String,
    /// The unit, if any.
    pub unit: Option<UnitId>,
    /// The unit's name.
    pub unit_name: Option<String>,
    /// The unit they will be in next, where a move is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_unit: Option<UnitId>,
    /// That unit's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_unit_name: Option<String>,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Instant>,
    /// Their role, as it was said last: set by itself, or by the offer that they accepted last. Missing where neither was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<PersonRole>,
    /// Can the person still spend?
    pub active: bool,
}
