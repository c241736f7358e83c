//! Reading JSON in one pass without building a tree.
//!
//! A [`Cursor`] walks over bytes. Callers say what they want of an object or array and everything else is stepped over
//! in a loop, so neither memory nor stack grows with the input; nesting is limited to [`DEPTH_MAX`]. Positions are kept
//! because edits splice bytes.

mod notes;
mod scan;
mod survey;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use notes::{SPOTS_MAX, Spot, SpotKind};
pub(crate) use scan::{Cursor, Kind, number, number_len};
pub(crate) use survey::Survey;
pub(crate) use text::{Str, string_len};

/// Deeper nesting is refused. `serde_json` draws its line at the same depth.
pub(crate) const DEPTH_MAX: u32 = 128;

/// Where and why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte.
    pub(crate) at: usize,
    /// What was wrong with it.
    pub(crate) what: What,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Something else had to stand here.
    Expected(&'static str),
    /// The text ended too soon.
    Ended,
    /// Too deep.
    Deep,
    /// Bytes after the value.
    Trailing,
    /// A field that decides money is there twice.
    Twice(&'static str),
    /// A field has a type or value that cannot be read.
    Field(&'static str, &'static str),
}

impl What {
    /// The sentence for the caller.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Expected(what) => format!("The body is not valid JSON: expected {what}."),
            Self::Ended => "The body is not valid JSON: it ends too soon.".to_owned(),
            Self::Deep => format!("The body is nested deeper than {DEPTH_MAX} levels."),
            Self::Trailing => "The body has bytes after its JSON value.".to_owned(),
            Self::Twice(field) => format!("`{field}` is given twice."),
            Self::Field(field, must) => format!("`{field}` must be {must}."),
        }
    }
}

/// The result of reading. The fault is boxed: there hardly ever is one, and results then fit a register.
pub(crate) type Read<T> = Result<T, Box<Fault>>;

/// A number as counts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// `null`.
    Null,
    /// A whole number from 0 up.
    Is(u64),
    /// A whole number below 0.
    Negative,
    /// Anything else: a fraction, an exponent, another type, too large.
    Bad,
}
