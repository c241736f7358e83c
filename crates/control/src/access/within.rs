//! How far one caller's right goes, worked out: the people and units it covers.

use purser_core::directory::Directory;
use purser_core::id::{PersonId, UnitId};
use purser_core::time::Instant;

use super::matrix::{Permission, Reach};
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
        /// When they ask: people change units.
        at: Instant,
    },
}

impl Within {
    /// Nothing.
    pub(crate) const NOTHING: Self = Self::Some { own: None, units: Vec::new(), at: Instant::EPOCH };

    /// What the roles together cover at an instant.
    pub(crate) fn of(permission: Permission, roles: &[GivenRole], person: Option<PersonId>, at: Instant) -> Self {
        let (mut own, mut units) = (None, Vec::new());
        for given in roles {
            match permission.reach(given.role) {
                Reach::All => return Self::Everything,
                Reach::Subtree => units.extend(given.unit),
                Reach::Own => own = person,
                Reach::Refused => {}
            }
        }
        Self::Some { own, units, at }
    }

    /// What both cover together.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (Self::Some { own, mut units, at }, Self::Some { own: theirs, units: more, at: later }) => {
                units.extend(more);
                Self::Some { own: own.or(theirs), units, at: at.max(later) }
            }
        }
    }

    /// Covers nothing at all?
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Some { own: None, units, .. } if units.is_empty())
    }

    /// Who asks, where the right is over their own things alone.
    pub(crate) fn own(&self) -> Option<PersonId> {
        match self {
            Self::Some { own, units, .. } if units.is_empty() => *own,
            _ => None,
        }
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
            Self::Some { at, .. } => {
                directory.person(person).is_some_and(|person| self.unit(directory, directory.unit_of(person, *at)))
            }
        }
    }

    /// Covers this unit's things?
    pub(crate) fn unit(&self, directory: &Directory, unit: UnitId) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { units, .. } => {
                !units.is_empty() && directory.units_above(unit).any(|above| units.contains(&above.id))
            }
        }
    }
}
