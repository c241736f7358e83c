//! Stop switches: what may make no call any more, until somebody lifts the stop.
//!
//! A stop is a fact of the directory, so it holds on every node and after every restart, and a plan that it forbids is
//! never made. It takes no money away: holds under way are settled with what their answers used.

use serde::{Deserialize, Serialize};

use crate::breaker::Breaker;
use crate::id::{KeyId, PersonId, RunId, StopId, UnitId};
use crate::scope::Pattern;
use crate::time::Instant;

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StopOn {
    /// Every call.
    Company,
    /// Everybody in a unit and in those below it.
    Unit(UnitId),
    /// All keys of a person.
    Person(PersonId),
    /// One key.
    Key(KeyId),
    /// One agent session, with those that it started.
    Run(RunId),
    /// Models of these names, whoever serves them.
    Model(Pattern),
    /// One provider.
    Provider(Box<str>),
}

/// A stop in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Its id.
    pub id: StopId,
    /// What is stopped.
    pub on: StopOn,
    /// Since when.
    pub at: Instant,
    /// The breaker that placed it; `None` where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tripped: Option<Tripped>,
}

/// Why a breaker placed a stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tripped {
    /// Which breaker.
    pub breaker: Breaker,
    /// What it saw, in a sentence without a full stop.
    pub seen: String,
}

/// A call, as far as stops look at it.
#[derive(Clone, Copy, Debug)]
pub struct Stoppable<'a> {
    /// The key it comes with.
    pub key: KeyId,
    /// Whose key that is.
    pub person: PersonId,
    /// The person's unit and those above it.
    pub units: &'a [UnitId],
    /// The provider that would serve it.
    pub provider: &'a str,
    /// The model it asks for.
    pub model: &'a str,
}

impl StopOn {
    /// Does it stop this call? Runs are looked at by themselves, see [`StopOn::Run`].
    pub fn covers(&self, call: &Stoppable<'_>) -> bool {
        match self {
            Self::Company => true,
            Self::Unit(unit) => call.units.contains(unit),
            Self::Person(person) => *person == call.person,
            Self::Key(key) => *key == call.key,
            Self::Run(_) => false,
            Self::Model(models) => models.matches(call.model),
            Self::Provider(provider) => provider.eq_ignore_ascii_case(call.provider),
        }
    }

    /// What is stopped, as in "… is stopped".
    pub fn what(&self) -> String {
        match self {
            Self::Company => "Every AI call of the company".to_owned(),
            Self::Unit(_) => "Your unit's AI use".to_owned(),
            Self::Person(_) => "Your AI use".to_owned(),
            Self::Key(_) => "This Purser key".to_owned(),
            Self::Run(run) => format!("This run ({run})"),
            Self::Model(models) => format!("Model {}", models.as_str()),
            Self::Provider(provider) => format!("Provider {provider}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(on: &StopOn, covers: bool) {
        let call = Stoppable {
            key: KeyId::new(1),
            person: PersonId::new(2),
            units: &[UnitId::new(3), UnitId::new(4)],
            provider: "anthropic",
            model: "claude-opus-5-5",
        };
        assert_eq!(on.covers(&call), covers, "{on:?}");
    }

    #[test]
    fn a_stop_covers_what_it_names_and_nothing_else() {
        check(&StopOn::Company, true);
        check(&StopOn::Unit(UnitId::new(4)), true);
        check(&StopOn::Unit(UnitId::new(5)), false);
        check(&StopOn::Person(PersonId::new(2)), true);
        check(&StopOn::Person(PersonId::new(1)), false);
        check(&StopOn::Key(KeyId::new(1)), true);
        check(&StopOn::Key(KeyId::new(2)), false);
        check(&StopOn::Run(RunId::new(1)), false);
        check(&StopOn::Model("claude-opus-*".parse().unwrap()), true);
        check(&StopOn::Model("gpt-*".parse().unwrap()), false);
        check(&StopOn::Provider("Anthropic".into()), true);
        check(&StopOn::Provider("openai".into()), false);
    }
}
