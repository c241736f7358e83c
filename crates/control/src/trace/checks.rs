//! Figures from two sources, held against each other.

use std::collections::HashSet;
use std::fmt::Display;

use crate::shape::TraceCheck;

/// What was compared so far.
#[derive(Debug, Default)]
pub(super) struct Checks {
    all: Vec<TraceCheck>,
    /// One grant may stand behind several legs: what was found of it is said once.
    said: HashSet<(String, String, String)>,
}

impl Checks {
    /// Compares.
    pub(super) fn equal<T: PartialEq + Display>(&mut self, what: impl Into<String>, found: &T, expected: &T) {
        let holds = found == expected;
        let (what, found, expected) = (what.into(), found.to_string(), expected.to_string());
        if self.said.insert((what.clone(), found.clone(), expected.clone())) {
            self.all.push(TraceCheck { what, found, expected, holds });
        }
    }

    pub(super) fn done(self) -> Vec<TraceCheck> {
        self.all
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
