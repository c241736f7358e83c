//! What a change of bands or policy does to the people and offers there are, before it is made.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{Measured, Place, Role, RoleChange, RoleError, Roles, Standing};
use crate::package::{Exact, Share};

/// An offer or a grant that a change may move. Amounts in the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<I> {
    /// Which.
    pub id: I,
    /// Whose role.
    pub role: Role,
    /// Where.
    pub place: Option<Place>,
    /// The token budget for each workday; `None` where there is none.
    pub workday: Option<Exact>,
    /// The same as a part of base salary, where that is known.
    pub of_base: Option<Share>,
}

/// One that stands elsewhere after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved<I> {
    /// Which.
    pub id: I,
    /// How it stands now.
    pub before: Standing,
    /// How it stands then.
    pub after: Standing,
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Impact<I> {
    /// Those that stand elsewhere, in the order given.
    pub moved: Vec<Moved<I>>,
    /// How many stand how, after the change.
    pub after: BTreeMap<Standing, usize>,
    /// How many were looked at.
    pub looked_at: usize,
}

/// What changes would do on a day. Nothing is changed.
///
/// # Errors
/// [`RoleError`] when a change makes no sense.
pub fn impact<I: Clone>(
    roles: &Roles,
    changes: &[RoleChange],
    on: Date,
    population: &[Subject<I>],
) -> Result<Impact<I>, RoleError> {
    let mut changed = roles.clone();
    changes.iter().try_for_each(|change| changed.apply(change))?;
    let (mut moved, mut after) = (Vec::new(), BTreeMap::<Standing, usize>::new());
    for subject in population {
        let (was, is) = (subject.standing(roles, on), subject.standing(&changed, on));
        let count = after.entry(is).or_default();
        *count = count.saturating_add(1);
        if was != is {
            moved.push(Moved { id: subject.id.clone(), before: was, after: is });
        }
    }
    Ok(Impact { moved, after, looked_at: population.len() })
}

impl<I> Subject<I> {
    /// How it stands under some roles on a day.
    pub fn standing(&self, roles: &Roles, on: Date) -> Standing {
        let Self { id: _, role, place, workday, of_base } = self;
        let measured = Measured { role, place: place.as_ref(), workday: *workday, of_base: *of_base };
        roles.standing(&measured, on)
    }
}
