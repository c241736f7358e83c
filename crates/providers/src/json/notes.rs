//! What a cursor notes on its way: the spots at which another text of the same shape may differ and still be read alike.

use std::ops::Range;

/// What stands at a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpotKind {
    /// The inside of a string whose decoded bytes were counted, and nothing else of it.
    Text,
    /// The inside of a string that nobody wanted.
    String,
    /// A number that nobody wanted.
    Number,
    /// A number of which the largest seen is kept.
    Sequence,
    /// A count that was taken, by the name of its field.
    Count(&'static str),
}

/// One spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// What stands there.
    pub(crate) kind: SpotKind,
    /// Where.
    pub(crate) at: Range<usize>,
}

/// No more spots than this are noted, and one to tell that there were more.
pub(crate) const SPOTS_MAX: usize = 24;

/// The notes of a cursor; it takes none unless it is asked to.
#[derive(Debug, Default)]
pub(super) struct Notes {
    taken: bool,
    spots: Vec<Spot>,
}

impl Notes {
    pub(super) fn into(mut spots: Vec<Spot>) -> Self {
        spots.clear();
        Self { taken: true, spots }
    }

    pub(super) fn add(&mut self, kind: SpotKind, at: Range<usize>) {
        if self.taken && self.spots.len() <= SPOTS_MAX {
            self.spots.push(Spot { kind, at });
        }
    }

    pub(super) fn spots(self) -> Vec<Spot> {
        self.spots
    }
}
