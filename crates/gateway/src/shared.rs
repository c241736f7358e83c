//! What all gateway threads share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_core::snapshot::Snapshot;
use purser_core::time::Clock;
use purser_ledger::Ledger;
use tokio::sync::watch;

use crate::decisions::{Decisions, DenialLog};
use crate::fence::Fence;
use crate::learned::Learned;
use crate::park::Parking;
use crate::rate::RateLimits;
use crate::runs::{LiveRuns, Runs, TripLog};
use crate::uncertain::Uncertain;

/// The ledger, the snapshot and the few tables that calls of all threads meet in.
pub struct Shared {
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fence: Arc<dyn Fence>,
    pub(crate) parking: Parking,
    pub(crate) rates: RateLimits,
    pub(crate) decisions: Decisions,
    pub(crate) denials: Arc<dyn DenialLog>,
    pub(crate) learned: Learned,
    pub(crate) uncertain: Uncertain,
    pub(crate) runs: Arc<Runs>,
    pub(crate) trips: Arc<dyn TripLog>,
    /// Changes when stops do, once the snapshot has them.
    pub(crate) stops: watch::Receiver<u64>,
}

/// Who hears of what the gateway decides.
pub struct Logs {
    /// Of denials.
    pub denials: Arc<dyn DenialLog>,
    /// Of breakers that trip.
    pub trips: Arc<dyn TripLog>,
}

impl Shared {
    /// The runs that this gateway knows, for who looks after them while it serves.
    pub fn live_runs(&self) -> LiveRuns {
        LiveRuns(Arc::clone(&self.runs))
    }

    /// `snapshot` is swapped by the control plane whenever something changes; a call keeps the one it started with, unless
    /// `stops` says that stops have changed.
    pub fn new(
        snapshot: Arc<ArcSwap<Snapshot>>,
        ledger: Ledger,
        clock: Arc<dyn Clock>,
        fence: Arc<dyn Fence>,
        logs: Logs,
        stops: watch::Receiver<u64>,
    ) -> Self {
        let Logs { denials, trips } = logs;
        let runs = Arc::new(Runs::of(ledger.balances().into_iter()));
        Self {
            snapshot,
            ledger,
            clock,
            fence,
            parking: Parking::default(),
            rates: RateLimits::default(),
            decisions: Decisions::default(),
            denials,
            learned: Learned::default(),
            uncertain: Uncertain::default(),
            runs,
            trips,
            stops,
        }
    }
}
