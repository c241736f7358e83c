//! Names of families, places and purposes, numbers of levels. They stay in the journal, so they must not name anybody.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name.
const BYTES_MAX: usize = 40;

/// Why a text is no name of a family, place or level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}; {form}")]
pub struct NameError {
    /// What was given.
    pub text: String,
    /// What it should be.
    pub what: &'static str,
    /// How one is written.
    pub form: &'static str,
}

const WORDS: &str = "use up to 40 small letters, digits and dashes, such as engineering or berlin";

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            /// In any case, with spaces for dashes: `Human Resources` is `human-resources`.
            fn from_str(text: &str) -> Result<Self, NameError> {
                let word = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
                let fits = !word.is_empty() && word.len() <= BYTES_MAX;
                if fits && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                    return Ok(Self(word.into_boxed_str()));
                }
                Err(NameError { text: text.to_owned(), what: $what, form: WORDS })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::read(deserializer)
            }
        }
    )*};
}

words! {
    /// What kind of work: `engineering`, `finance`.
    Family = "family";
    /// Where somebody works, as its calendar is named: `berlin`, `us`.
    Place = "place";
    /// What more money is asked for: `migration`, `launch`.
    Purpose = "purpose";
}

/// How senior, from 1 up. In text `L4`; a plain `4` is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// A level from 1 to 20; `None` for anything else.
    pub const fn try_new(number: u8) -> Option<Self> {
        if 1 <= number && number <= 20 { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for Level {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let number = text.trim().trim_start_matches(['L', 'l']).parse().ok().and_then(Self::try_new);
        number.ok_or_else(|| NameError {
            text: text.to_owned(),
            what: "level",
            form: "write one from L1 to L20, higher for more senior",
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}
