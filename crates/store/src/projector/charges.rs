//! What a posting of a charge can be, in words and in numbers that are never reused.

use purser_ledger::Mark;

/// Which posting of a charge a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    /// A call was paid.
    Settlement,
    /// A settled charge was wrong: differences.
    Adjustment,
    /// A settled charge was taken back: the opposite of what was there.
    Reversal,
    /// Something in suspense turned out to be a charge.
    Resolution,
    /// Something in suspense was borne by the company: no charge on anybody.
    WrittenOff,
}

impl ChargeKind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Settlement => 1,
            Self::Adjustment => 2,
            Self::Reversal => 3,
            Self::Resolution => 4,
            Self::WrittenOff => 5,
        }
    }

    pub(crate) const fn of(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Settlement),
            2 => Some(Self::Adjustment),
            3 => Some(Self::Reversal),
            4 => Some(Self::Resolution),
            5 => Some(Self::WrittenOff),
            _ => None,
        }
    }

    /// How many calls more the posting stands for.
    pub(crate) const fn calls(self) -> i64 {
        match self {
            Self::Settlement | Self::Resolution => 1,
            Self::Adjustment | Self::WrittenOff => 0,
            Self::Reversal => -1,
        }
    }
}

pub(crate) const fn mark_code(mark: Mark) -> u8 {
    match mark {
        Mark::Exact => 0,
        Mark::Estimated => 1,
        Mark::Presumed => 2,
        Mark::Disputed => 3,
    }
}

pub(crate) const fn mark_of(code: u8) -> Option<Mark> {
    match code {
        0 => Some(Mark::Exact),
        1 => Some(Mark::Estimated),
        2 => Some(Mark::Presumed),
        3 => Some(Mark::Disputed),
        _ => None,
    }
}
