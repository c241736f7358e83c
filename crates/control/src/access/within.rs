//! How far one caller's right goes, worked out: the people and units it covers.

use purser_core::directory::Directory;
use purser_core::id::{PersonId, UnitId};
use purser_core::time::Instant;

use super::matrix::{Permission, Reach};
use super::profile::{GROUP_MIN, Profile};
use super::role::GivenRole;

/// The things that a right covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    /// Everything.
    Everything,
    /// One's own things, and those of these units with all below them. Nothing at all when both are empty.
    Some {
        /// Who asks, where their own things are covered.
        own: Option<PersonId>,
        /// The units.
        units: Vec<UnitId>,
        /// Units of which sums are covered, theirs and those of the units below, where that is of people enough.
        groups: Vec<UnitId>,
        /// When they ask: people change units.
        at: Instant,
    },
}

impl Within {
    /// Nothing.
    pub(crate) const NOTHING: Self =
        Self::Some { own: None, units: Vec::new(), groups: Vec::new(), at: Instant::EPOCH };

    /// What the roles together cover at an instant, under a profile.
    pub(crate) fn of(
        permission: Permission,
        profile: Profile,
        roles: &[GivenRole],
        person: Option<PersonId>,
        at: Instant,
    ) -> Self {
        let (mut own, mut units, mut groups) = (None, Vec::new(), Vec::new());
        for given in roles {
            match permission.reach_under(profile, given.role) {
                Reach::All => return Self::Everything,
                Reach::Groups => groups.extend(given.unit),
                Reach::Subtree => units.extend(given.unit),
                Reach::Own => own = person,
                Reach::Refused => {}
            }
        }
        Self::Some { own, units, groups, at }
    }

    /// What both cover together.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (
                Self::Some { own, mut units, mut groups, at },
                Self::Some { own: theirs, units: more, groups: sums, at: later },
            ) => {
                units.extend(more);
                groups.extend(sums);
                Self::Some { own: own.or(theirs), units, groups, at: at.max(later) }
            }
        }
    }

    /// Covers nothing at all?
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Some { own: None, units, groups, .. } if units.is_empty() && groups.is_empty())
    }

    /// Who asks, where the right is over their own things alone.
    pub(crate) fn own(&self) -> Option<PersonId> {
        match self {
            Self::Some { own, units, .. } if units.is_empty() => *own,
            _ => None,
        }
    }

    /// The units whose people it covers, with those below, sorted; empty where it covers everything, or no unit.
    pub(crate) fn units(&self) -> Vec<UnitId> {
        let Self::Some { units, groups, .. } = self else { return Vec::new() };
        let mut all: Vec<UnitId> = units.iter().chain(groups).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Covers everything?
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// Covers this person's things?
    pub(crate) fn person(&self, directory: &Directory, person: PersonId) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { own, .. } if *own == Some(person) => true,
            Self::Some { units, at, .. } => directory
                .person(person)
                .is_some_and(|person| is_below(directory, directory.unit_of(person, *at), units)),
        }
    }

    /// Does somebody count in sums that are covered? How many there have to be is the sum's to say.
    pub(crate) fn counts(&self, directory: &Directory, person: PersonId) -> bool {
        match self {
            Self::Some { groups, at, .. } if !groups.is_empty() => {
                let below = |person| is_below(directory, directory.unit_of(person, *at), groups);
                self.person(directory, person) || directory.person(person).is_some_and(|person| below(person))
            }
            _ => self.person(directory, person),
        }
    }

    /// Covers this unit's things?
    pub(crate) fn unit(&self, directory: &Directory, unit: UnitId) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { units, groups, at, .. } => {
                is_below(directory, unit, units) || is_below(directory, unit, groups) && is_group(directory, unit, *at)
            }
        }
    }
}

fn is_below(directory: &Directory, unit: UnitId, units: &[UnitId]) -> bool {
    !units.is_empty() && directory.units_above(unit).any(|above| units.contains(&above.id))
}

/// Are there people enough in a unit, with those below it, for a sum to tell of none of them?
fn is_group(directory: &Directory, unit: UnitId, at: Instant) -> bool {
    let here = directory.people().filter(|person| {
        !person.has_left(at) && directory.units_above(directory.unit_of(person, at)).any(|above| above.id == unit)
    });
    here.take(GROUP_MIN).count() == GROUP_MIN
}
