//! The data folder, opened: journal, ledger, projector and control, in the order that each needs the others.

mod denials;
mod fence;
mod pace;
mod past;
mod snapshots;
mod trips;

use std::convert::Infallible;
use std::fs::File;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use purser_control::{Control, Founding, KeptDirectory, MachineRandom, Parts, Random};
use purser_core::time::Clock;
use purser_gateway::{LiveRuns, Logs, Shared};
use purser_ledger::{BootId, Frame, FrameObserver, Ledger, OpenError, Options, Recovery};
use purser_store::{
    DataDir, DenialLog, Fence, Folds, JournalKind, Mode, Private, Projector, ProjectorTap, Reader, Snapshots,
    StoreError, open_journal,
};

use tokio::time::Instant;

use crate::clock::MachineClock;
use crate::failure::Failure;
use crate::place::Place;
use snapshots::Durable;

/// How often it is looked whether the ledger still writes.
const LOOK_EACH: Duration = Duration::from_secs(1);

/// An open data folder. Nobody else writes it meanwhile.
pub(crate) struct Engine {
    dir: Arc<DataDir>,
    ledger: Ledger,
    projector: Arc<Projector>,
    control: Control,
    clock: Arc<dyn Clock>,
    durable: Arc<Durable>,
    recovery: Recovery,
    /// Once there is a gateway.
    fence: OnceLock<Arc<fence::Kept>>,
}

/// What an engine stands on beside its folder.
pub(crate) struct Ground {
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Random bits for ids and secrets.
    pub(crate) random: Arc<dyn Random>,
    /// How the ledger is run.
    pub(crate) options: Options,
}

impl Ground {
    /// The machine's clock and bits.
    ///
    /// # Errors
    /// The machine does not say which boot this is, and gives no random bits.
    pub(crate) fn usual(wait_for_disk: bool) -> Result<Self, Failure> {
        let options = Options { wait_for_disk, ..Options::new(boot()?) };
        Ok(Self { clock: Arc::new(MachineClock), random: Arc::new(MachineRandom), options })
    }
}

impl Engine {
    /// Opens the folder, making it where there is none. `wait_for_disk` is the ledger's: every hold waits for the disk.
    ///
    /// # Errors
    /// Another process holds it, a newer version wrote it, or it is damaged; the sentence says what to do.
    pub(crate) async fn open(place: &Place, wait_for_disk: bool) -> Result<Self, Failure> {
        Self::open_on(place, Ground::usual(wait_for_disk)?).await
    }

    /// As [`open`](Self::open), on a clock that is not the machine's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn open_at(place: &Place, wait_for_disk: bool, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        Self::open_on(place, Ground { clock, ..Ground::usual(wait_for_disk)? }).await
    }

    /// As [`open`](Self::open), on ground of its own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn open_on(place: &Place, ground: Ground) -> Result<Self, Failure> {
        let dir = DataDir::open(&place.data, Mode::Exclusive).map_err(|error| store(&error))?;
        Self::open_in(dir, place, ground).await
    }

    /// As [`open`](Self::open), where this process holds the folder's lock already.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn open_held(place: &Place, wait_for_disk: bool, lock: File) -> Result<Self, Failure> {
        let dir = DataDir::open_held(&place.data, lock).map_err(|error| store(&error))?;
        Self::open_in(dir, place, Ground::usual(wait_for_disk)?).await
    }

    async fn open_in(dir: DataDir, place: &Place, ground: Ground) -> Result<Self, Failure> {
        let Ground { clock, random, options } = ground;
        purser_store::check_formats(&dir).map_err(|error| store(&error))?;
        let dir = Arc::new(dir);
        let durable = Arc::new(Durable::default());
        // Side by side, since a restart's callers wait for both.
        let (opened, kept) = thread::scope(|scope| {
            let kept = scope.spawn(|| KeptDirectory::read(&dir));
            let opened = open_ledger(&dir, place.journal, &options, &clock, &durable);
            // A panic in it was printed there; the directory is then read once more.
            (opened, kept.join().unwrap_or_default())
        });
        let Opened { ledger, projector, recovery } = opened?;
        let parts = Parts {
            ledger: ledger.clone(),
            private: Private::open(&dir).map_err(|error| store(&error))?,
            reader: Reader::open(&dir).map_err(|error| store(&error))?,
            folds: Folds::of(&dir),
            kept,
            projector: Arc::clone(&projector),
            clock: Arc::clone(&clock),
            random,
        };
        let founding = Founding { currency: place.currency.clone(), zone: place.zone.clone() };
        let since = Instant::now();
        let control = Control::open(parts, founding).await?;
        let took = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(directory.ms = took, "people, keys, grants and budgets are read");
        Ok(Self { dir, ledger, projector, control, clock, durable, recovery, fence: OnceLock::new() })
    }

    /// The ledger.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Where denials are written down.
    ///
    /// # Errors
    /// It can't be opened.
    pub(crate) fn denial_log(&self) -> Result<DenialLog, Failure> {
        DenialLog::open(&self.dir).map_err(|error| store(&error))
    }

    /// The services.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// The lock of the folder once more, for who takes this process's place.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub(crate) fn lock_file(&self) -> Result<File, Failure> {
        self.dir.lock_file().map_err(|error| store(&error))
    }

    /// What the start found.
    pub(crate) fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// What the gateway shares with this engine.
    ///
    /// # Errors
    /// The fence or the log of denials can't be opened.
    pub(crate) fn shared(&self) -> Result<Shared, Failure> {
        let fence = Arc::new(fence::Kept(Fence::open(&self.dir).map_err(|error| store(&error))?));
        // Asked for once, by the one gateway.
        let fence = Arc::clone(self.fence.get_or_init(|| fence));
        let denials = denials::Writer::start(self.denial_log()?)
            .map_err(|error| Failure::from_error("there is no thread for the log of denials", &error))?;
        let trips = trips::Watchman::start(self.control.clone())
            .map_err(|error| Failure::from_error("there is no thread for breakers", &error))?;
        let shared = Shared::new(
            self.control.shared_snapshot(),
            self.ledger.clone(),
            Arc::clone(&self.clock),
            fence,
            Logs { denials: Arc::new(denials), trips: Arc::new(trips) },
            self.control.stops_changed(),
        );
        self.control.tell_runs(Box::new(trips::Runs(shared.live_runs())));
        self.remember_runs(shared.live_runs())?;
        Ok(shared)
    }

    /// Tells the gateway what runs there were lately and how fast people's money went, on a thread that ends by itself.
    fn remember_runs(&self, runs: LiveRuns) -> Result<(), Failure> {
        let policy = Arc::clone(self.control.shared_snapshot().load().directory.policy());
        let reader = Reader::open(&self.dir).map_err(|error| store(&error))?;
        let (control, now) = (self.control.clone(), self.clock.now());
        let read = move || {
            if let Err(error) = past::remember(&reader, |run| control.confirmed(run), &runs, now) {
                tracing::warn!(%error, "what runs were for before is not known: sub-agents of theirs say it themselves or not at all");
            }
            let Some(rule) = &policy.breakers.spend else { return };
            if let Err(error) = pace::remember(&reader, rule, &runs, now) {
                tracing::warn!(%error, "what people spent before is not known to the breaker of spending: it learns anew");
            }
        };
        let thread = thread::Builder::new().name("purser-past".to_owned()).spawn(read);
        thread.map(drop).map_err(|error| Failure::from_error("there is no thread to read what was spent", &error))
    }

    /// Keeps the ledger's state and the directory now and then, so that a start replays little, and forgets what is too
    /// old to matter. Runs until it is dropped.
    pub(crate) async fn keep_house(&self) -> Infallible {
        tokio::select! {
            never = snapshots::keep(&self.dir, &self.durable, &self.control) => never,
            never = fence::forget_old(&self.fence, &self.clock) => never,
        }
    }

    /// Waits until the ledger stops writing, which it does only when its journal failed.
    pub(crate) async fn failed(&self) -> Failure {
        loop {
            if let Some(stopped) = self.ledger.stopped() {
                return Failure::from_error("no calls are taken any more", &stopped);
            }
            tokio::time::sleep(LOOK_EACH).await;
        }
    }

    /// Writes and syncs what waits and lets go of the folder.
    ///
    /// # Errors
    /// The journal could not be closed in order; what was acknowledged is on disk all the same.
    pub(crate) fn close(self) -> Result<(), Failure> {
        let Self { dir, ledger, projector, control, durable, recovery, .. } = self;
        // Before the ledger closes, which the control plane asks how far the journal is on disk.
        snapshots::keep_directory(&control);
        let looks = control.write_looks_now().map(drop);
        let looks = looks.map_err(|error| Failure::from_error("who looked at whose data was not written", &error));
        let closed = ledger.close().map_err(|error| Failure::from_error("the ledger was not closed in order", &error));
        if closed.is_ok() {
            snapshots::renew_if_long(&dir, &durable, recovery.records);
        }
        drop((control, projector));
        closed.and(looks)
    }
}

struct Opened {
    ledger: Ledger,
    projector: Arc<Projector>,
    recovery: Recovery,
}

/// Opens the ledger from the newest snapshot that fits the journal.
fn open_ledger(
    dir: &Arc<DataDir>,
    wanted: JournalKind,
    options: &Options,
    clock: &Arc<dyn Clock>,
    durable: &Arc<Durable>,
) -> Result<Opened, Failure> {
    let snapshots = Snapshots::of(dir);
    let mut snapshot = snapshots.load().map_err(|error| store(&error))?;
    loop {
        let journal = open_journal(dir, wanted).map_err(|error| store(&error))?;
        let (projector, tap) = Projector::start(dir).map_err(|error| store(&error))?;
        let tap = Tap { projector: tap, durable: Arc::clone(durable) };
        let opened = Ledger::open(journal, snapshot.take(), options.clone(), Arc::clone(clock), Some(Box::new(tap)));
        match opened {
            Ok((ledger, recovery)) => return Ok(Opened { ledger, projector: Arc::new(projector), recovery }),
            Err(OpenError::SnapshotAhead { journal, .. }) => {
                tracing::warn!("the newest snapshot is ahead of the journal; an older one is tried");
                snapshot = snapshots.load_up_to(journal).map_err(|error| store(&error))?;
            }
            // `snapshot` is none from here on: everything is replayed, which always fits.
            Err(OpenError::SnapshotForeign(frame)) => {
                tracing::warn!(%frame, "the snapshot is of another journal; everything is replayed");
            }
            Err(error) => {
                return Err(Failure::new(
                    format!("the ledger can't be opened: {}", crate::failure::chain(&error)),
                    "`purser verify` says what is damaged; `purser restore` brings a backup back",
                ));
            }
        }
    }
}

/// Tells the projector what is durable, and remembers it for snapshots.
struct Tap {
    projector: ProjectorTap,
    durable: Arc<Durable>,
}

impl FrameObserver for Tap {
    fn durable(&mut self, frame: &Arc<Frame>) {
        self.durable.note(frame);
        self.projector.durable(frame);
    }
}

/// Which boot of the machine this is. Where the machine does not say, every start counts as another boot: then more is
/// set aside after a crash, never less.
pub(crate) fn boot() -> Result<BootId, Failure> {
    if let Ok(text) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        return Ok(BootId::from_text(&text));
    }
    let mut bits = [0; 8];
    getrandom::fill(&mut bits).map_err(|error| Failure::from_error("the machine gave no random bits", &error))?;
    Ok(BootId(u64::from_ne_bytes(bits)))
}

/// A failure of the files; their errors say what to do.
pub(crate) fn store(error: &StoreError) -> Failure {
    match error {
        StoreError::InUse { .. } => {
            Failure::new(error.to_string(), "if that is `purser serve` just starting or ending, try again in a moment")
        }
        other => Failure::from_error("the data folder can't be used", other),
    }
}
