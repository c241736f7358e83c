//! How a command ends when it does not end well: one sentence, a hint, an exit code. Printed once, at the outer edge.

use std::fmt;
use std::process::ExitCode;

use purser_control::{Error, Problem};

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong, a sentence without a full stop.
    message: String,
    /// What to do about it.
    hint: Option<String>,
    /// 1: refused or failed. 2: not understood.
    code: u8,
}

impl Failure {
    /// Refused or failed, with what to do about it.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), code: 1 }
    }

    /// Failed for a reason outside: `what` says what was being done.
    pub(crate) fn from_error(what: impl fmt::Display, error: &dyn std::error::Error) -> Self {
        Self { message: format!("{what}: {}", chain(error)), hint: None, code: 1 }
    }

    /// The command was not understood.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), code: 2 }
    }

    /// What went wrong, for where there is room for no more.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Writes it to standard error and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        crate::output::say(format_args!("{self}"));
        ExitCode::from(self.code)
    }
}

/// An error and its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<crate::config::Mistake> for Failure {
    fn from(mistake: crate::config::Mistake) -> Self {
        Self { message: mistake.to_string(), hint: None, code: 2 }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { message: problem.message, hint: problem.hint, code: 1 }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => Self { message: refused.message, hint: refused.hint, code: 1 },
            Error::Failed { .. } => Self { message: chain(&error), hint: None, code: 1 },
        }
    }
}
