//! What is wrong with a line, and in which cell.

use crate::error::{Code, Error, Refused};
use crate::shape::ImportMistake;

/// Why a row can't be.
#[derive(Debug)]
pub(crate) struct Wrong {
    field: Option<&'static str>,
    error: Error,
}

impl<E: Into<Error>> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self { field: None, error: error.into() }
    }
}

/// Names the cell that an error is about.
pub(crate) trait Cell<T> {
    /// It is about the one under this column.
    fn under(self, column: &'static str) -> Result<T, Wrong>;
}

impl<T, E: Into<Error>> Cell<T> for Result<T, E> {
    fn under(self, column: &'static str) -> Result<T, Wrong> {
        self.map_err(|error| Wrong { field: Some(column), error: error.into() })
    }
}

impl Wrong {
    /// About the cell under a column.
    pub(crate) fn under(error: impl Into<Error>, column: &'static str) -> Self {
        Self { field: Some(column), error: error.into() }
    }

    /// The whole request's, where whoever asks may not do this at all.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn unless_forbidden(self) -> Result<Self, Error> {
        match self.error {
            Error::Refused(refused) if refused.code == Code::Forbidden => Err(refused.into()),
            _ => Ok(self),
        }
    }

    /// As it is told. A failure is not the spreadsheet's and ends the import.
    pub(crate) fn told(self, line: usize) -> Result<ImportMistake, Error> {
        match self.error {
            Error::Refused(Refused { message, hint, .. }) => {
                let hint = hint.or_else(|| self.field.and_then(what_to_write).map(str::to_owned));
                Ok(ImportMistake { line, field: self.field.map(str::to_owned), message, hint })
            }
            failed @ Error::Failed { .. } => Err(failed),
        }
    }
}

/// What belongs under a column, where the refusal does not say itself.
fn what_to_write(column: &str) -> Option<&'static str> {
    Some(match column {
        "name" => "write a name of at most 200 letters, on one line",
        "zone" => "write an IANA name such as Europe/Berlin",
        "id" => "copy it from the list, or leave the cell empty to add something new",
        "email" => "write one mail address",
        "unit" | "parent" => "write the name or id of a unit",
        "cost_centre" => "write it on one line, or leave the cell empty",
        "family" => "write its name, such as engineering",
        "level" => "write it like L4, beside a family",
        "grant" => "write an amount and a period, such as 20/day; days are `all` or `workdays`",
        "key" => "write what uses the key, on one line",
        "budget" => "write an amount and a period, such as 50/month, beside a key",
        _ => return None,
    })
}

/// All of them, a line each.
pub(crate) fn in_words(mistakes: &[ImportMistake]) -> String {
    let lines = mistakes.iter().map(|mistake| {
        let field = mistake.field.as_ref().map_or_else(String::new, |field| format!(", {field}"));
        let hint = mistake.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        format!("line {}{field}: {}{hint}", mistake.line, mistake.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}
