//! Codes of findings. Stable: scripts and exceptions name them, so a number is never used again for something else.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth asking about before anybody signs.
    Warning,
    /// The offer can't go out, or should not be taken, like this.
    Error,
}

impl Severity {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $short:literal;)*) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number after `TOK`.
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number,)* }
            }

            /// In a few words.
            pub const fn short(self) -> &'static str {
                match self { $(Self::$name => $short,)* }
            }
        }
    };
}

codes! {
    /// There is no token line.
    Missing = 1, "no token budget";
    /// The line gives nothing.
    Zero = 2, "a token budget of nothing";
    /// Less than is usual.
    BelowBand = 3, "below the band";
    /// More than is usual.
    AboveBand = 4, "above the band";
    /// A hope, no promise.
    Unguaranteed = 5, "not guaranteed";
    /// A promise without money behind it.
    Unfunded = 6, "guaranteed and not funded";
    /// A team's, not theirs.
    SharedOnly = 7, "shared only";
    /// Nobody says what becomes of the rest.
    NoRollover = 8, "no rule for what is left over";
    /// Nobody says from when on.
    NoActivation = 9, "not usable from the start date";
    /// Over before it begins.
    EndsBeforeStart = 10, "ends before it starts";
    /// The offer itself is or will be too late.
    OfferExpiry = 11, "expiry that makes no sense";
    /// A guarantee that can be cut to nothing.
    NoFloor = 12, "guaranteed without a floor";
    /// A guarantee for nobody knows how long.
    NoTerm = 13, "guaranteed without a term";
    /// Nothing happens when it can't be used.
    NoRemedy = 14, "no remedy for days it can't be used";
    /// Nobody says whether it is a tool or pay.
    NoPurpose = 15, "purpose not said";
    /// In part for themselves.
    PersonalShare = 16, "a share for personal use";
    /// A condition on something that is not promised.
    EmptyCondition = 17, "a condition without a guarantee";
    /// In a currency that can't be compared or paid.
    NoRate = 18, "no exchange rate";
    /// The rate is from another time.
    OldRate = 19, "an old exchange rate";
    /// The floor is above the amount.
    FloorAbove = 20, "a floor above the amount";
    /// Models that the family does not use, or none of those it does.
    ScopeMismatch = 21, "models outside of what the family may use";
    /// Below what is publicly called generous.
    BelowGenerous = 22, "below what is called generous";
    /// What is left over never lapses.
    EndlessRollover = 23, "leftovers without a bound";
    /// The pillars themselves make no sense.
    Unsound = 24, "amounts that make no sense";
    /// Nobody knows the role.
    NoBand = 25, "no band to measure by";
    /// What is left over makes one day many times as dear as another.
    DayBurst = 26, "leftovers of many days in one";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TOK{:03}", self.number())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
