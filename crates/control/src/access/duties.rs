//! Separation of duties: nobody approves what they made, nobody changes what is their own.

use super::acting::Party;
use super::glass;
use crate::change::Turn;
use crate::error::{Code, Error, Refused};

impl Turn<'_> {
    /// Refuses an action on a thing by whoever made it (or owns it), as an actor or as a person, and writes that it was
    /// tried. Services that approve something call this before anything else.
    ///
    /// # Errors
    /// [`Code::SelfApproval`], or the journal.
    pub(crate) fn separate_duties(&mut self, action: &str, target: &str, makers: &[Party]) -> Result<(), Error> {
        if !makers.iter().any(|maker| self.acting().is(maker)) {
            return Ok(());
        }
        self.audit_denied(action, target, Code::SelfApproval)?;
        Err(Refused::new(Code::SelfApproval, "nobody approves or changes what is their own")
            .hint("somebody else with the right to do it must do it")
            .into())
    }

    /// The same, except that where there is no second administrator the rule can be set aside: asked for with a reason,
    /// after a delay, once, and written each time.
    ///
    /// # Errors
    /// [`Code::SelfApproval`], or the journal.
    pub(crate) fn two_persons(&mut self, action: &str, target: &str, makers: &[Party]) -> Result<(), Error> {
        if makers.iter().any(|maker| self.acting().is(maker)) && glass::broken(self, action, target)? {
            return Ok(());
        }
        self.separate_duties(action, target, makers)
    }
}
