//! What calls really cost beside their bounds: the memory behind `calibrated` admission.
//!
//! A worst-case bound is many times the cost of a cached agent turn. Per model and kind of call this keeps a slowly
//! sinking maximum of charge ÷ bound, in thousandths, so that a few cheap calls don't make a dear one come as a
//! surprise. It is only ever a first instalment: the hold grows while the answer streams.

use std::collections::HashMap;

use parking_lot::Mutex;
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::price::{CardVersion, RateCard};

use crate::admit::Admitted;
use crate::call::Call;

/// What is held is at least this part of the bound, however cheap earlier calls were.
const PER_MILLE_MIN: i64 = 20;
/// On top of what was learned.
const MARGIN_PER_MILLE: i64 = 500;
/// Calls seen before anything is trusted.
const SEEN_MIN: u32 = 8;
/// People and models remembered; beyond it everything is learned anew, which only means larger holds for a while.
const ENTRIES_MAX: usize = 50_000;

/// A person's experience with one model, streamed or not.
type Kind = (PersonId, CardVersion, bool);

#[derive(Clone, Copy, Default)]
struct Experience {
    per_mille: i64,
    seen: u32,
}

/// The experience of everybody.
#[derive(Default)]
pub(crate) struct Learned {
    kinds: Mutex<HashMap<Kind, Experience>>,
}

impl Learned {
    /// The first instalment for a call with this bound; `None` while too little is known.
    pub(crate) fn expect(&self, call: &Call, card: &RateCard, bound: Nano) -> Option<Nano> {
        let experience = *self.kinds.lock().get(&kind(call, card))?;
        if experience.seen < SEEN_MIN {
            return None;
        }
        let per_mille =
            (experience.per_mille + experience.per_mille * MARGIN_PER_MILLE / 1000).clamp(PER_MILLE_MIN, 1000);
        let instalment = i128::from(bound.get()) * i128::from(per_mille) / 1000;
        i64::try_from(instalment).ok().map(|nano| Nano::new(nano.max(1)))
    }

    /// Learns from an exact charge.
    pub(crate) fn saw(&self, call: &Call, admitted: &Admitted<'_>, charge: Nano) {
        let bound = i128::from(admitted.bound.get()).max(1);
        let per_mille = i64::try_from(i128::from(charge.get()) * 1000 / bound).unwrap_or(1000).clamp(0, 1000);
        let mut kinds = self.kinds.lock();
        if kinds.len() >= ENTRIES_MAX {
            kinds.clear();
        }
        let experience = kinds.entry(kind(call, &admitted.card)).or_default();
        // Up at once, down by a sixteenth of the difference.
        let sunk = experience.per_mille - (experience.per_mille - per_mille) / 16;
        experience.per_mille = per_mille.max(sunk);
        experience.seen = experience.seen.saturating_add(1);
    }
}

fn kind(call: &Call, card: &RateCard) -> Kind {
    (call.caller.person.id, card.version(), call.facts.stream)
}
