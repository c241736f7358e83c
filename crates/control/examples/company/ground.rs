//! A new data folder, opened as `serve` opens one, on a clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use purser_control::{Control, Founding, KeptDirectory, MachineRandom, Parts};
use purser_core::money::Currency;
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;
use purser_ledger::{BootId, Frame, FrameObserver, Ledger, Options};
use purser_store::{DataDir, Folds, JournalKind, Private, Projector, ProjectorTap, Reader, open_journal};

use crate::Failure;

/// Microseconds of a day.
pub(crate) const DAY_US: i64 = 86_400_000_000;

/// What is open.
pub(crate) struct Ground {
    pub(crate) ledger: Ledger,
    pub(crate) control: Control,
    /// The last frame on disk.
    pub(crate) durable: Arc<AtomicU64>,
}

/// As `serve` opens a folder.
pub(crate) async fn open(dir: &Arc<DataDir>, clock: &Arc<HandClock>) -> Result<Ground, Failure> {
    let journal = open_journal(dir, JournalKind::default())?;
    let (projector, tap) = Projector::start(dir)?;
    let durable = Arc::new(AtomicU64::new(0));
    let tap = Tap { projector: tap, durable: Arc::clone(&durable) };
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(clock);
    let options = Options::new(BootId(1));
    let (ledger, recovery) = Ledger::open(journal, None, options, Arc::clone(&clock), Some(Box::new(tap)))?;
    if recovery.records > 0 {
        return Err("the folder has been used before; name a new one".into());
    }
    let parts = Parts {
        ledger: ledger.clone(),
        private: Private::open(dir)?,
        reader: Reader::open(dir)?,
        folds: Folds::of(dir),
        kept: KeptDirectory::default(),
        projector: Arc::new(projector),
        clock,
        random: Arc::new(MachineRandom),
    };
    let control = Control::open(parts, Founding { currency: Currency::usd(), zone: Zone::UTC }).await?;
    Ok(Ground { ledger, control, durable })
}

/// The machine's time, in microseconds.
pub(crate) fn now() -> Result<i64, Failure> {
    Ok(i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_micros())?)
}

/// Tells the projector what is durable, and how far that is.
struct Tap {
    projector: ProjectorTap,
    durable: Arc<AtomicU64>,
}

impl FrameObserver for Tap {
    fn durable(&mut self, frame: &Arc<Frame>) {
        self.durable.fetch_max(frame.no.0, Ordering::Relaxed);
        self.projector.durable(frame);
    }
}

/// A clock that stands until it is moved.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    /// At an instant, in microseconds.
    pub(crate) fn at(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }

    /// Moves it, forward only.
    pub(crate) fn move_to(&self, micros: i64) {
        self.0.fetch_max(micros, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}
