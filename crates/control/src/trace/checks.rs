//! Figures from two sources, held against each other.

use std::fmt::Display;

use crate::shape::TraceCheck;

/// What was compared so far.
#[derive(Debug, Default)]
pub(super) struct Checks(Vec<TraceCheck>);

impl Checks {
    /// Compares.
    pub(super) fn equal<T: PartialEq + Display>(&mut self, what: impl Into<String>, found: &T, expected: &T) {
        let check = TraceCheck {
            what: what.into(),
            found: found.to_string(),
            expected: expected.to_string(),
            holds: found == expected,
        };
        // One grant may stand behind several legs: said once.
        if !self.0.contains(&check) {
            self.0.push(check);
        }
    }

    pub(super) fn done(self) -> Vec<TraceCheck> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_does_not_hold_and_is_said_once() {
        let mut checks = Checks::default();
        checks.equal("sums", &1, &1);
        checks.equal("sums", &1, &1);
        checks.equal("sums", &1, &2);
        let holds: Vec<bool> = checks.done().iter().map(|check| check.holds).collect();
        assert_eq!(holds, [true, false]);
    }
}
