//! A fresh folder with an open control plane on a clock of its own.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use purser_control::shape::{Key, NewGrant, NewKey, NewPerson, Person};
use purser_control::{Code, Control, Error, Founding, KeptDirectory, Parts, Random, api};
use purser_core::money::Currency;
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;
use purser_ledger::{BootId, Ledger, Options};
use purser_store::{DataDir, DenialLog, Folds, JournalKind, Mode, Private, Projector, Reader, open_journal};

/// The folder, what is open in it, and the clock.
pub(crate) struct Bench {
    pub(crate) control: Control,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<HandClock>,
    random: Arc<Counted>,
    projector: Arc<Projector>,
    /// What the gateway writes of calls that it refuses.
    pub(crate) denials: DenialLog,
    folder: tempfile::TempDir,
    /// The API's two doors, each put together once: it takes longer than most requests.
    doors: [OnceLock<Router>; 2],
}

impl Bench {
    /// A new company on 2026-11-24 at noon, UTC.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(HandClock::at("2026-11-24T12:00:00Z"));
        Self::open(tempfile::tempdir().unwrap(), clock, Arc::default(), Made::default()).await
    }

    /// The same with a log whose records may not wait for the disk in more than so many bytes.
    pub(crate) async fn with_log(queue_bytes_max: usize) -> Self {
        let clock = Arc::new(HandClock::at("2026-11-24T12:00:00Z"));
        let made = Made { journal: JournalKind::Log, queue_bytes_max: Some(queue_bytes_max) };
        Self::open(tempfile::tempdir().unwrap(), clock, Arc::default(), made).await
    }

    async fn open(folder: tempfile::TempDir, clock: Arc<HandClock>, random: Arc<Counted>, made: Made) -> Self {
        let dir = Arc::new(DataDir::open(folder.path().join("data"), Mode::Exclusive).unwrap());
        // As early as a program may: before the projection is made or brought up to date.
        let kept = KeptDirectory::read(&dir);
        let journal = open_journal(&dir, made.journal).unwrap();
        let (projector, tap) = Projector::start(&dir).unwrap();
        let projector = Arc::new(projector);
        let denials = DenialLog::open(&dir).unwrap();
        let mut options = Options::new(BootId(1));
        options.queue_bytes_max = made.queue_bytes_max.unwrap_or(options.queue_bytes_max);
        let (ledger, _recovery) =
            Ledger::open(journal, None, options, Arc::<HandClock>::clone(&clock), Some(Box::new(tap))).unwrap();
        let parts = Parts {
            ledger: ledger.clone(),
            private: Private::open(&dir).unwrap(),
            reader: Reader::open(&dir).unwrap(),
            folds: Folds::of(&dir),
            kept,
            projector: Arc::clone(&projector),
            clock: Arc::<HandClock>::clone(&clock),
            random: Arc::<Counted>::clone(&random),
        };
        let founding = Founding { currency: Currency::usd(), zone: Zone::UTC };
        let control = Control::open(parts, founding).await.unwrap();
        Self { control, ledger, clock, random, projector, denials, folder, doors: Default::default() }
    }

    /// The API as the local administrator has it.
    pub(crate) fn local(&self) -> Router {
        self.doors[0].get_or_init(|| api::local(&self.control)).clone()
    }

    /// The API as TCP has it.
    pub(crate) fn open_door(&self) -> Router {
        self.doors[1].get_or_init(|| api::open(&self.control)).clone()
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Closes in order and opens again, as a restart does.
    pub(crate) async fn restart(self) -> Self {
        let Self { control, ledger, clock, random, projector, denials, folder, doors } = self;
        ledger.close().unwrap();
        drop((control, projector, denials, doors));
        Self::open(folder, clock, random, Made::default()).await
    }

    /// Dies without closing and opens again.
    pub(crate) async fn crash(self) -> Self {
        let Self { control, ledger, clock, random, projector, denials, folder, doors } = self;
        drop((control, ledger, projector, denials, doors));
        Self::open(folder, clock, random, Made::default()).await
    }

    /// Somebody in Berlin.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let new = NewPerson { name: name.to_owned(), zone: "Europe/Berlin".to_owned(), unit: None, email: None };
        self.control.add_person(None, new).await.unwrap()
    }

    /// A grant from today on.
    pub(crate) async fn grant(&self, person: &Person, amount: &str) {
        let new = NewGrant { person: person.id.to_string(), amount: amount.to_owned(), ..NewGrant::default() };
        self.control.add_grant(None, new).await.unwrap();
    }

    /// A key for everything.
    pub(crate) async fn key(&self, person: &Person) -> Key {
        self.control.add_key(None, new_key(person)).await.unwrap()
    }
}

/// How a bench's journal is made. One that exists stays what it is.
struct Made {
    journal: JournalKind,
    /// `None`: as usual.
    queue_bytes_max: Option<usize>,
}

impl Default for Made {
    fn default() -> Self {
        Self { journal: JournalKind::Sqlite, queue_bytes_max: None }
    }
}

/// A key for everything.
pub(crate) fn new_key(person: &Person) -> NewKey {
    NewKey {
        person: person.id.to_string(),
        agent: None,
        models: Vec::new(),
        providers: Vec::new(),
        tools: Vec::new(),
        tool: None,
        project: None,
        rpm: None,
        expires: None,
    }
}

/// The code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result.expect_err("this is refused") {
        Error::Refused(refused) => refused.code,
        failed @ Error::Failed { .. } => panic!("failed rather than refused: {failed:?}"),
    }
}

/// A clock that stands until it is moved.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    fn at(text: &str) -> Self {
        Self(AtomicI64::new(text.parse::<Instant>().unwrap().as_micros()))
    }

    /// Moves it to an instant, forwards or backwards.
    pub(crate) fn set(&self, text: &str) {
        self.0.store(text.parse::<Instant>().unwrap().as_micros(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Bits that differ from call to call and are the same in every run.
#[derive(Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(number.iter().cycle()).for_each(|(byte, digit)| *byte = *digit);
        Ok(())
    }
}
