//! Asking for a hold, owning it, being rid of it.

use purser_core::money::Nano;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::number::{AccountNo, HoldId, Lsn};
use crate::placing::{Placed, Placement};
use crate::record::{Detail, Mark};
use crate::sync::Ordering;

/// What a call needs set aside.
#[derive(Clone, Copy, Debug)]
pub struct HoldRequest<'a> {
    /// The person's eligible grants in burn order; amounts are filled in this order. May be empty for callers who
    /// spend under budgets alone.
    pub grants: &'a [AccountNo],
    /// Every limit above; each counts the full amount.
    pub ceilings: &'a [AccountNo],
    /// The full bound of the call.
    pub want: Nano,
    /// The smallest amount with which the call is still useful.
    pub least: Nano,
}

/// The answer to a [`HoldRequest`].
#[derive(Debug)]
#[must_use]
pub enum HoldOutcome {
    /// Set aside: `min(want, what fits)`. **Before the call goes out, await [`Hold::cleared`].**
    Placed(Hold),
    /// Less than `least` is available.
    Short(Shortfall),
    /// Too many records wait to be written. Await `durable` of this one, then ask again.
    Wait(Lsn),
}

/// What stands in the way of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Who has too little.
    pub blocking: Blocking,
    /// What is available there now.
    pub available: Nano,
    /// What would be if every open hold cost nothing: limit - spent - suspense. Below the smallest useful amount, the
    /// money is gone and waiting is of no use (`exhausted`); else others only hold it (`held`).
    pub if_all_released: Nano,
    /// What was asked for at least.
    pub least: Nano,
}

impl Shortfall {
    /// Is the money only set aside by other calls, so that asking again later may succeed?
    pub fn is_held(&self) -> bool {
        self.if_all_released >= self.least
    }
}

/// Who has too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// The grants together.
    Grants,
    /// This limit.
    Ceiling(AccountNo),
}

/// What must be awaited before the money of a hold (or of its growth) may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// Inside the durable slices of all its accounts: it is enough that the record was handed to the operating system.
    Written(Lsn),
    /// Outside of one: the record itself must be on disk.
    Durable(Lsn),
}

impl Clearance {
    /// The record it is about.
    pub fn lsn(self) -> Lsn {
        match self {
            Self::Written(lsn) | Self::Durable(lsn) => lsn,
        }
    }
}

/// The answer to [`Hold::grow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum GrowOutcome {
    /// The hold is larger by `by`. Await [`Hold::cleared`] before the new part may be spent.
    Grown {
        /// By how much.
        by: Nano,
    },
    /// Less than `least` is available; the hold is as it was.
    Short(Shortfall),
    /// Too many records wait to be written. Await `durable` of this one, then ask again.
    Wait(Lsn),
}

/// What a call cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The charge; zero or more.
    pub charge: Nano,
    /// How well it is known.
    pub mark: Mark,
    /// From which it can be recomputed; opaque here. At most [`crate::DETAIL_MAX`] bytes.
    pub detail: Detail,
}

/// The answer to a settlement, an adjustment, a reversal or a resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What the call costs now.
    pub charge: Nano,
    /// The part of it that was above what the grants had (with no grants, above what the tightest ceiling had).
    pub overrun: Nano,
    /// The record. Await `durable` of it before calling the charge acknowledged.
    pub lsn: Lsn,
    /// What is available over the grants afterwards; where there are none, at the tightest ceiling.
    pub remaining: Nano,
    /// The same was asked before and this is its first result.
    pub repeated: bool,
}

/// Money set aside for one call, owned by whoever makes the call. Consumed by [`settle`](Self::settle) or
/// [`release`](Self::release).
///
/// Dropped without either, it settles with what is [`known`](Self::known), else in full as `presumed`; that is counted
/// ([`Ledger::dropped_holds`]) and logged as an error, because it is a defect in the owner.
#[must_use = "a hold must be settled or released"]
#[derive(Debug)]
pub struct Hold {
    ledger: Ledger,
    id: HoldId,
    amount: Nano,
    left: Nano,
    clearance: Clearance,
    /// Boxed: hardly any hold has it, and holds are moved about.
    known: Option<Box<Settlement>>,
    /// Settled, released, or the ledger is gone: nothing is left to do on drop.
    ended: bool,
}

impl Hold {
    pub(crate) fn new(ledger: Ledger, placed: Placed) -> Self {
        let Placed { id, amount, left, clearance } = placed;
        Self { ledger, id, amount, left, clearance, known: None, ended: false }
    }

    /// Its name.
    pub fn id(&self) -> HoldId {
        self.id
    }

    /// How much is set aside, growth included.
    pub fn amount(&self) -> Nano {
        self.amount
    }

    /// What was left over the grants when it was placed or last grew; where there are none, at the tightest ceiling.
    pub fn available_after(&self) -> Nano {
        self.left
    }

    /// What must be awaited before the money may be spent.
    pub fn clearance(&self) -> Clearance {
        self.clearance
    }

    /// Waits until the money may be spent. **Call it before forwarding**, and after growing before the new part is
    /// relied upon. Inside a slice this takes as long as handing a frame to the operating system.
    pub async fn cleared(&self) -> Result<(), LedgerError> {
        match self.clearance {
            Clearance::Written(lsn) => self.ledger.written(lsn).await,
            Clearance::Durable(lsn) => self.ledger.durable(lsn).await,
        }
    }

    /// Notes what to settle with should this hold be dropped.
    pub fn known(&mut self, settlement: Settlement) {
        self.known = Some(Box::new(settlement));
    }

    /// Sets more aside: `min(want, what fits)` when that is at least `least`.
    pub fn grow(&mut self, want: Nano, least: Nano) -> Result<GrowOutcome, LedgerError> {
        let placed = match self.ledger.core().grow(self.id, want, least)? {
            Placement::Placed(placed) => placed,
            Placement::Short(short) => return Ok(GrowOutcome::Short(short)),
            Placement::Wait(lsn) => return Ok(GrowOutcome::Wait(lsn)),
        };
        self.amount = self.amount.saturating_add(placed.amount);
        self.left = placed.left;
        self.clearance = self.stronger(placed.clearance);
        Ok(GrowOutcome::Grown { by: placed.amount })
    }

    /// Both clearances in one: the new record comes after the old, so waiting for the disk covers both.
    fn stronger(&self, new: Clearance) -> Clearance {
        match self.clearance {
            Clearance::Durable(old) if self.ledger.watermarks().durable < old => Clearance::Durable(new.lsn()),
            _ => new,
        }
    }

    /// Posts the charge and frees the rest. An input that is refused (negative, detail too long, beyond the range of
    /// the ledger) settles the hold as dropping it would, and says so by the error.
    pub fn settle(mut self, settlement: Settlement) -> Result<Settled, LedgerError> {
        let settled = self.ledger.settle(self.id, settlement);
        self.note_end(&settled);
        settled
    }

    /// The call never went out, or the provider charges nothing for it.
    pub fn release(mut self) -> Result<Settled, LedgerError> {
        let released = self.ledger.core().release(self.id);
        self.note_end(&released);
        released
    }

    fn note_end(&mut self, outcome: &Result<Settled, LedgerError>) {
        self.ended = matches!(outcome, Ok(_) | Err(LedgerError::Stopped { .. }));
    }

    fn settle_presumed(&self) -> Result<Settled, LedgerError> {
        let presumed = Settlement { charge: self.amount, mark: Mark::Presumed, detail: Detail::new() };
        self.ledger.settle(self.id, presumed)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.ledger.core().dropped.fetch_add(1, Ordering::Relaxed);
        let settled = match self.known.take() {
            Some(known) => self.ledger.settle(self.id, *known).or_else(|_| self.settle_presumed()),
            None => self.settle_presumed(),
        };
        match settled {
            Ok(settled) => tracing::error!(
                hold.id = %self.id,
                charge_nano = settled.charge.get(),
                "a hold was dropped without being settled; settled with what is known"
            ),
            Err(error) => tracing::error!(
                hold.id = %self.id,
                error = %error,
                "a hold was dropped without being settled, and could not be; the next start puts it in suspense"
            ),
        }
    }
}
