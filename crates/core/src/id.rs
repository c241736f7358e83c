//! Ids: a type per kind, 128 bits, readable with a prefix in text (`per_01j9…`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::written::Written;

/// Crockford's base 32: no letters that look like digits, sorts as the number does.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 digits of five bits hold 128 bits.
const DIGITS: usize = 26;

/// Why a text is not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of this kind; one looks like {prefix}_01h455vb4pex5vsknk084sn02q")]
pub struct IdError {
    /// What was given.
    pub text: String,
    /// The prefix of the kind asked for.
    pub prefix: &'static str,
}

fn encode(mut value: u128, out: &mut [u8; DIGITS]) {
    for slot in out.iter_mut().rev() {
        let digit = usize::try_from(value & 31).unwrap_or(0);
        *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
        value >>= 5;
    }
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != DIGITS || text.as_bytes().first().is_none_or(|first| *first > b'7') {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte.checked_sub(b'0'),
            b'a'..=b'h' => byte.checked_sub(b'a' - 10),
            b'j' | b'k' => byte.checked_sub(b'j' - 18),
            b'm' | b'n' => byte.checked_sub(b'm' - 20),
            b'p'..=b't' => byte.checked_sub(b'p' - 22),
            b'v'..=b'z' => byte.checked_sub(b'v' - 27),
            _ => None,
        };
        Some((value << 5) | u128::from(digit?))
    })
}

// Kept as bytes, most significant first, which order as the number does: a `u128` asks for addresses divisible by 16,
// and the padding around millions of ids in maps would cost more than the conversions.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What stands before the underscore in text.
            pub const PREFIX: &'static str = $prefix;

            /// An id from its 128 bits. New ones come from a caller that has a clock and random bits: see
            /// [`time_ordered`].
            pub const fn new(bits: u128) -> Self {
                Self(bits.to_be_bytes())
            }

            /// The 128 bits.
            pub const fn get(self) -> u128 {
                u128::from_be_bytes(self.0)
            }
        }

        impl $name {
            /// As it is displayed.
            pub fn written(self) -> Written<32> {
                let mut digits = [0; DIGITS];
                encode(self.get(), &mut digits);
                let mut text = Written::default();
                digits.iter().rev().for_each(|digit| text.put(*digit));
                text.put(b'_');
                text.put_word(Self::PREFIX);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.written().as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(Self::PREFIX)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .and_then(decode)
                    .map(Self::new)
                    .ok_or_else(|| IdError { text: text.to_owned(), prefix: Self::PREFIX })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::read(deserializer)
            }
        }
    )*};
}

ids! {
    /// Somebody with a budget.
    PersonId = "per";
    /// A team or department, a node of the company's tree.
    UnitId = "unt";
    /// An accepted, dated promise of an amount.
    GrantId = "grt";
    /// An offer, accepted or not.
    OfferId = "ofr";
    /// A link by which a candidate looks at their offer and answers it.
    OfferLinkId = "ofl";
    /// A text about something, kept where it can be erased.
    NoteId = "nte";
    /// Funds of the company or a unit.
    PoolId = "pol";
    /// Funds that went into, out of or between pools, once.
    MovementId = "mov";
    /// A budget set on a unit, the company or a key.
    BudgetId = "bud";
    /// A credential. Its secret is never an id.
    KeyId = "key";
    /// A link by which somebody makes their first key. The key has the same bits.
    ActivationId = "act";
    /// An administrator's credential for the control API.
    AdminKeyId = "adm";
    /// Somebody who signs in: roles and, elsewhere, a mail address and a password.
    LoginId = "lgn";
    /// An entry of the audit trail.
    AuditId = "aud";
    /// A rule for two persons, asked to be set aside because there is only one.
    BreakGlassId = "brk";
    /// One agent session.
    RunId = "run";
    /// A stop switch that is on.
    StopId = "stp";
    /// A request for more money, made by whoever works with a key.
    TopUpId = "top";
    /// Something that was achieved.
    OutcomeId = "out";
    /// An address at which another system tells of outcomes.
    HookId = "hok";
    /// An alarm that was raised.
    AlarmId = "alm";
    /// Alarms that are not raised for a while.
    MuteId = "mut";
    /// What makes the ledger equal a provider's bill, proposed and approved.
    TrueUpId = "tru";
    /// A published set of prices.
    PriceListId = "prl";
    /// A command: the same one twice changes nothing more.
    CommandId = "cmd";
}

/// Bits of an id that sorts by time: 48 bits of milliseconds, then 80 of `entropy`, laid out as a version 7 UUID is
/// (RFC 9562) but without its version and variant bits.
pub fn time_ordered(at: crate::time::Instant, entropy: u128) -> u128 {
    let ms = u128::try_from(at.as_millis().max(0)).unwrap_or(0) & ((1 << 48) - 1);
    (ms << 80) | (entropy & ((1 << 80) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_its_value() {
        for (value, digit) in ALPHABET.iter().enumerate() {
            let text = format!("{}{}", "0".repeat(DIGITS - 1), char::from(*digit));
            assert_eq!(decode(&text), u128::try_from(value).ok());
        }
        let known = ALPHABET.iter().filter(|digit| digit.is_ascii()).count();
        let read = (0..=u8::MAX).filter(|b| decode(&format!("{}{}", "0".repeat(25), char::from(*b))).is_some()).count();
        assert_eq!(read, known, "and nothing else has one");
    }

    #[test]
    fn ids_read_back_and_keep_their_kind() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = PersonId::new(bits);
            assert_eq!(id.to_string().parse::<PersonId>().unwrap(), id);
            assert!(id.to_string().parse::<UnitId>().is_err(), "a person's id is no unit's id");
        }
        assert!("per_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PersonId>().is_err(), "over 128 bits");
    }
}
