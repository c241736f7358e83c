//! Keeping answers and changes to what a caller's right covers.

use purser_core::id::PersonId;

use super::forbidden;
use super::within::Within;
use crate::control::Control;
use crate::error::Error;

impl Control {
    /// The person of an id or name, when their things are covered. To whom nobody else is covered, somebody else does
    /// not exist: the answer is the same.
    ///
    /// # Errors
    /// Not covered, or (to whom everything is) nobody or several people are called that.
    pub(crate) fn covered_person(&self, within: &Within, who: &str) -> Result<PersonId, Error> {
        let snapshot = self.snapshot();
        let found = self.inner.find_person(&snapshot, who);
        if let Ok(person) = &found {
            crate::privacy::looked_at(*person);
        }
        if within.is_everything() {
            return found;
        }
        match found {
            Ok(person) if within.person(&snapshot.directory, person) => Ok(person),
            _ => Err(forbidden("nobody whose things you may see is called that")),
        }
    }

    /// Narrows the person that a question is about: who may see only their own things asks about those.
    ///
    /// # Errors
    /// Not covered; or nobody is named by somebody who may see several people's things, and not everything.
    pub(crate) fn covered_question(&self, within: &Within, who: Option<String>) -> Result<Option<String>, Error> {
        match (who, within) {
            (None, Within::Everything) => Ok(None),
            (None, Within::Some { own: Some(own), units, .. }) if units.is_empty() => Ok(Some(own.to_string())),
            (None, Within::Some { .. }) => Err(forbidden("your role sees the people of a unit: name one of them")),
            (Some(who), within) => self.covered_person(within, &who).map(|person| Some(person.to_string())),
        }
    }
}
