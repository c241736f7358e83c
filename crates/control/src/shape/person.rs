//! People.

use purser_core::id::{PersonId, UnitId};
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
    /// Can the person still spend?
    pub active: bool,
}
