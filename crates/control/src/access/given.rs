//! Roles as people write them: `finance`, `manager:Platform`.

use purser_core::id::PersonId;
use purser_core::snapshot::Snapshot;

use super::role::{GivenRole, Role};
use crate::control::Inner;
use crate::error::{Code, Error, Refused};

/// Roles of one login or key.
const ROLES_MAX: usize = 32;

/// Reads roles; sorted, each once.
///
/// # Errors
/// A word that is no role, a manager of nothing, a unit that is none, an employee who is nobody.
pub(crate) fn given_roles(
    control: &Inner,
    snapshot: &Snapshot,
    texts: &[String],
    person: Option<PersonId>,
) -> Result<Vec<GivenRole>, Error> {
    let refuse = |message: String, hint: &str| Err(Refused::new(Code::Invalid, message).hint(hint).into());
    let mut roles = Vec::new();
    for text in texts {
        let (word, unit) = text.split_once(':').map_or((text.as_str(), None), |(word, unit)| (word, Some(unit)));
        let Some(role) = Role::of_word(word.trim()) else {
            let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
            return refuse(format!("`{text}` is no role"), &format!("roles are {}", words.join(", ")));
        };
        let unit = unit.map(|unit| control.find_unit(snapshot, unit)).transpose()?;
        if unit.is_some_and(|unit| snapshot.directory.unit(unit).is_none()) {
            return Err(Refused::new(Code::NotFound, format!("there is no unit `{text}`")).into());
        }
        match (role, unit) {
            (Role::Manager, None) => return refuse("a manager leads a unit".to_owned(), "write manager:UNIT"),
            (Role::Manager, Some(_)) | (_, None) => {}
            (_, Some(_)) => return refuse(format!("`{role}` is over no unit"), "only `manager` names a unit"),
        }
        if role == Role::Employee && person.is_none() {
            return refuse("an employee is a person".to_owned(), "name the person too");
        }
        roles.push(GivenRole { role, unit });
    }
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() || roles.len() > ROLES_MAX {
        return refuse(format!("between 1 and {ROLES_MAX} roles are given"), "who may nothing needs no login");
    }
    if person.is_some_and(|person| snapshot.directory.person(person).is_none()) {
        return Err(Refused::new(Code::NotFound, "there is no such person").into());
    }
    Ok(roles)
}
