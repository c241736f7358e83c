//! The small numbers of the ledger: positions in the journal, accounts, holds, suspense items, boots.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::str::FromStr;

use purser_core::written::Written;

use crate::record::codec::put_hold;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $name {
            /// The one after this one. The range outlasts the machine: at a million a second, 64 bits last 584,000
            /// years.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }
    )*};
}

numbers! {
    /// Number of a record in the journal, from 1, without gaps. Zero is "before the first".
    Lsn(u64);
    /// Number of a frame in the journal, from 1, without gaps. Zero is "before the first".
    FrameNo(u64);
    /// What the journal calls an account, so that a record needs three bytes for it and not forty-eight. Assigned by
    /// the record that opened it, never used again for another.
    AccountNo(u32);
    /// Number of a start of the ledger on this journal, from 1.
    Epoch(u32);
    /// Something set aside that nobody accounts for, named by the record that set it aside.
    SuspenseId(u64);
}

/// Bits of a hold's sequence number; the epoch has the other 24.
const SEQUENCE_BITS: u32 = 40;

/// One hold, for ever: the epoch it was placed in and its number there. The epoch makes it impossible that a hold
/// which was lost with the unsynced end of a journal lends its name to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(u64);

impl HoldId {
    /// The largest epoch that fits (16.7 million starts).
    pub const EPOCH_MAX: u32 = (1 << (u64::BITS - SEQUENCE_BITS)) - 1;
    /// The largest sequence number that fits (1.1 million million holds between two starts).
    pub const SEQUENCE_MAX: u64 = (1 << SEQUENCE_BITS) - 1;

    /// `None` when either part is out of range.
    pub const fn try_new(epoch: Epoch, sequence: u64) -> Option<Self> {
        if epoch.0 > Self::EPOCH_MAX || sequence > Self::SEQUENCE_MAX {
            return None;
        }
        #[expect(clippy::as_conversions, reason = "widening, and `From` is not const")]
        Some(Self(((epoch.0 as u64) << SEQUENCE_BITS) | sequence))
    }

    /// The start of the ledger during which it was placed.
    pub const fn epoch(self) -> Epoch {
        #[expect(clippy::as_conversions, reason = "24 bits are left after the shift, and `TryFrom` is not const")]
        Epoch((self.0 >> SEQUENCE_BITS) as u32)
    }

    /// Its number within the epoch.
    pub const fn sequence(self) -> u64 {
        self.0 & Self::SEQUENCE_MAX
    }
}

impl HoldId {
    /// The bytes by which every record names it, one behind the other: a frame without them has no record of it. One
    /// that has them may mean something else by them.
    pub fn recorded(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_hold(&mut bytes, self);
        bytes
    }

    /// `hld_3-1042`: the 1042nd hold after the third start.
    pub fn written(self) -> Written<32> {
        let mut text = Written::default();
        text.put_number(self.sequence());
        text.put(b'-');
        text.put_number(self.epoch().0.into());
        text.put_word("hld_");
        text
    }
}

impl fmt::Display for HoldId {
    /// As [`written`](HoldId::written).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

impl fmt::Debug for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no hold id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a hold; one looks like hld_3-1042")]
pub struct HoldIdError(String);

impl FromStr for HoldId {
    type Err = HoldIdError;
    fn from_str(text: &str) -> Result<Self, HoldIdError> {
        text.strip_prefix("hld_")
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(epoch, sequence)| Self::try_new(Epoch(epoch.parse().ok()?), sequence.parse().ok()?))
            .ok_or_else(|| HoldIdError(text.to_owned()))
    }
}

/// Which boot of which machine the ledger runs on. As long as it is the same, what was handed to the operating system
/// is still there after the process died; when it is another, only what was synced is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootId(pub u64);

impl BootId {
    /// From the text the operating system gives (on Linux `/proc/sys/kernel/random/boot_id`). Only a hash is kept.
    pub fn from_text(text: &str) -> Self {
        let hash = blake3::hash(text.trim().as_bytes());
        let mut first = [0; 8];
        first.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(u64::from_le_bytes(first))
    }
}

/// A hasher for the ledger's own numbers. They are handed out by the ledger, one after the other, so nobody can choose
/// them to collide, and one multiplication spreads them; this is a third of the time under the lock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }
    fn write_u64(&mut self, number: u64) {
        // 2^64 / golden ratio; the rotation brings the well-mixed high bits to where the table takes its index from.
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

pub(crate) type NumberMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<NumberHasher>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_is_known_by_its_text() {
        let boot = BootId::from_text("0b1f6e5e-3f86-4d2e-8c58-0f0b7a6d3a11");
        assert_eq!(boot, BootId::from_text(" 0b1f6e5e-3f86-4d2e-8c58-0f0b7a6d3a11\n"), "the file ends its line");
        assert_ne!(boot, BootId::from_text("0b1f6e5e-3f86-4d2e-8c58-0f0b7a6d3a12"));
        assert_ne!(boot, BootId(0));
    }

    #[test]
    fn hold_ids_read_back() {
        for (epoch, sequence) in [(0, 0), (3, 1042), (HoldId::EPOCH_MAX, HoldId::SEQUENCE_MAX)] {
            let id = HoldId::try_new(Epoch(epoch), sequence).unwrap();
            assert_eq!((id.epoch(), id.sequence()), (Epoch(epoch), sequence));
            assert_eq!(id.to_string().parse::<HoldId>().unwrap(), id);
        }
        assert!(HoldId::try_new(Epoch(HoldId::EPOCH_MAX + 1), 0).is_none());
        for text in ["", "hld_", "hld_1", "hld_-1", "hld_1-", "1-2", "hld_99999999-1", "hld_1-9999999999999"] {
            assert!(text.parse::<HoldId>().is_err(), "{text:?}");
        }
    }
}
