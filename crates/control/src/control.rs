//! The services' common ground: what holds, what it was built from, and how a change reaches everybody.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use purser_core::event::{Event, KeyHash};
use purser_core::id::{AdminKeyId, KeyId, OfferLinkId, PoolId, UnitId};
use purser_core::money::Currency;
use purser_core::policy::Policy;
use purser_core::snapshot::Snapshot;
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;
use purser_ledger::{Ledger, Lsn};
use purser_store::{Folds, Labelled, Private, Projector, Reader, StoreError};
use tokio::sync::watch;

use crate::access::{Acting, Attempts, HASHING_MAX};
use crate::admins::Admins;
use crate::agent::Pace;
use crate::alarms::Looked;
use crate::audit::Bounds;
use crate::bills::BillPort;
use crate::boards::Counts;
use crate::change::Reached;
use crate::costs::Costs;
use crate::error::{Code, Error, Refused};
use crate::exports::EXPORTS_MAX;
use crate::forecasts::Weeks;
use crate::names::Names;
use crate::observed::{Turns, UNPACKING_MAX};
use crate::outcomes::Counted;
use crate::privacy::Looks;
use crate::replay::{self, KeptDirectory, Replayed};
use crate::secret::Random;
use crate::setup::Offer;
use crate::shape::Status;
use crate::statements::SigningKey;
use crate::trips::{RunPort, Warnings};

/// How long a report waits for the projection. It is milliseconds behind; longer than this means that it stands.
const PROJECTION_WAIT: Duration = Duration::from_secs(10);

/// The unit of people whose unit nobody named. Made with the company.
pub(crate) const EVERYBODY: UnitId = UnitId::new(1);

/// The services. Cheap to clone; every clone is the same control plane.
#[derive(Clone)]
pub struct Control {
    pub(crate) inner: Arc<Inner>,
    /// On whose behalf this clone works: it is in the audit trail with every change.
    pub(crate) acting: Arc<Acting>,
}

/// What the services work with, put together by the program.
pub struct Parts {
    /// The ledger, open.
    pub ledger: Ledger,
    /// Personal fields.
    pub private: Private,
    /// Reports.
    pub reader: Reader,
    /// Where the directory is kept between starts.
    pub folds: Folds,
    /// The directory from there, where it is read already.
    pub kept: KeptDirectory,
    /// What the reports wait for.
    pub projector: Arc<Projector>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits for ids and secrets.
    pub random: Arc<dyn Random>,
}

/// What a new ledger is founded with. Of no effect on one that exists: its currency and zone stay for good.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The ledger's currency.
    pub currency: Currency,
    /// Where the company's periods begin and end.
    pub zone: Zone,
}

pub(crate) struct Inner {
    pub(crate) ledger: Ledger,
    pub(crate) private: Private,
    pub(crate) reader: Reader,
    pub(crate) projector: Arc<Projector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) names: RwLock<Names>,
    pub(crate) admins: RwLock<Admins>,
    pub(crate) setup: Mutex<Option<Offer>>,
    /// The base URL of the gateway over this ledger, once there is one.
    pub(crate) gateway: RwLock<Option<String>>,
    /// Counts up whenever stops have changed.
    pub(crate) stops: watch::Sender<u64>,
    /// The runs under way, once there is a gateway.
    pub(crate) runs: RwLock<Option<Box<dyn RunPort>>>,
    /// The way to the providers' reports, once there is one.
    pub(crate) bills: RwLock<Option<Arc<dyn BillPort>>>,
    /// What owners of runs were warned of.
    pub(crate) warnings: Mutex<Warnings>,
    /// The base URL of the pages, for links.
    pub(crate) pages: RwLock<Option<String>>,
    /// After how many months what offers said that came to nothing is forgotten.
    pub(crate) candidate_months: RwLock<Option<u16>>,
    /// Whoever holds it makes the one change of the moment.
    pub(crate) turn: Mutex<Reached>,
    /// When it was opened.
    pub(crate) started: Instant,
    pub(crate) folds: Folds,
    /// The key of hashes that must not be guessed.
    secret: [u8; 32],
    /// The key that statements are signed with.
    pub(crate) signing: SigningKey,
    /// Attempts to sign in.
    pub(crate) attempts: Mutex<Attempts>,
    /// Questions of agents of late.
    pub(crate) pace: Mutex<Pace<KeyId>>,
    /// How often links to offers were looked at of late.
    pub(crate) link_pace: Mutex<Pace<OfferLinkId>>,
    /// Passwords being hashed: each takes 19 MiB.
    pub(crate) hashing: tokio::sync::Semaphore,
    /// What members of boards did, counted of late.
    pub(crate) board_counts: Mutex<Counts>,
    /// How much of what was denied is written.
    pub(crate) bounds: Mutex<Bounds>,
    /// When the job last looked for days to make good, in microseconds since 1970.
    pub(crate) remedied: AtomicI64,
    /// When what is old was last erased, in microseconds since 1970.
    pub(crate) retained: AtomicI64,
    /// Was it looked for what those said who have left?
    pub(crate) top_ups_forgotten: AtomicBool,
    /// The last weeks of everybody, as they were when the running day began.
    pub(crate) weeks: Mutex<Option<Arc<Weeks>>>,
    /// What the job for alarms has looked at.
    pub(crate) looked: Looked,
    /// Whoever holds it closes a month.
    pub(crate) closing: tokio::sync::Mutex<()>,
    /// Whose telling is being taken in.
    pub(crate) observing: Turns,
    /// What was achieved, added up.
    pub(crate) outcomes: Counted,
    /// What people cost.
    pub(crate) costs: Costs,
    /// Bodies of telemetry being unpacked and read: each takes up to 64 MiB.
    pub(crate) unpacking: tokio::sync::Semaphore,
    /// Who looked at whose data, until it is on disk.
    pub(crate) looks: Looks,
    /// Exports of everybody's things that are being written.
    pub(crate) exporting: Arc<tokio::sync::Semaphore>,
    /// Exports by those who may see only some.
    pub(crate) exporting_some: Arc<tokio::sync::Semaphore>,
}

impl Control {
    /// Builds everything from the events in the journal and the personal fields, and founds the company when there is
    /// none. Blocks: reads every event once.
    ///
    /// # Errors
    /// The projection does not reach the journal's end, an event can't be read or contradicts the ones before it, or
    /// personal fields can't be read.
    pub async fn open(parts: Parts, founding: Founding) -> Result<Self, Error> {
        let Parts { ledger, private, reader, folds, kept, projector, clock, random } = parts;
        wait(&projector, ledger.watermarks().durable)?;
        let Replayed { directory, mut admins, reached } = replay::replay(&reader, &folds, kept)?;
        let started = clock.now();
        let names = names(&private)?;
        admins.name(
            private
                .labels(Labelled::Key)
                .map_err(stored)?
                .into_iter()
                .map(|(id, label)| (AdminKeyId::new(id), label))
                .collect(),
        );
        private.forget_sessions(started).map_err(stored)?;
        let mut fresh = [0; 32];
        random.fill(&mut fresh)?;
        let secret = private.secret("keyed hashes", fresh).map_err(stored)?;
        admins.outcomes.moved(&private)?;
        let costs = Costs::read(&private, admins.costs.last().copied())?;
        random.fill(&mut fresh)?;
        let signing = SigningKey::of(&private.secret(SigningKey::NAME, fresh).map_err(stored)?)?;
        let inner = Inner {
            ledger,
            private,
            reader,
            projector,
            clock,
            random,
            snapshot: Arc::new(ArcSwap::from_pointee(Snapshot::of(directory))),
            names: RwLock::new(names),
            admins: RwLock::new(admins),
            setup: Mutex::new(None),
            gateway: RwLock::new(None),
            stops: watch::Sender::new(0),
            runs: RwLock::default(),
            bills: RwLock::default(),
            warnings: Mutex::default(),
            pages: RwLock::new(None),
            candidate_months: RwLock::new(None),
            turn: Mutex::new(reached),
            started,
            folds,
            secret,
            signing,
            attempts: Mutex::default(),
            pace: Mutex::default(),
            link_pace: Mutex::default(),
            hashing: tokio::sync::Semaphore::new(HASHING_MAX),
            board_counts: Mutex::default(),
            bounds: Mutex::default(),
            remedied: AtomicI64::new(i64::MIN),
            retained: AtomicI64::new(i64::MIN),
            top_ups_forgotten: AtomicBool::new(false),
            weeks: Mutex::default(),
            looked: Looked::default(),
            closing: tokio::sync::Mutex::default(),
            observing: Turns::default(),
            outcomes: Counted::default(),
            costs,
            unpacking: tokio::sync::Semaphore::new(UNPACKING_MAX),
            looks: Looks::default(),
            exporting: Arc::new(tokio::sync::Semaphore::new(EXPORTS_MAX)),
            exporting_some: Arc::new(tokio::sync::Semaphore::new(EXPORTS_MAX)),
        };
        let control = Self { inner: Arc::new(inner), acting: Arc::new(Acting::purser()) };
        control.found(founding).await?;
        control.publish_bundled().await?;
        Ok(control)
    }

    /// What holds now. The gateway reads the same through [`Control::shared_snapshot`].
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// The place where every change appears.
    pub fn shared_snapshot(&self) -> Arc<ArcSwap<Snapshot>> {
        Arc::clone(&self.inner.snapshot)
    }

    /// Changes whenever stops have, as soon as the snapshot shows it: for calls under way.
    pub fn stops_changed(&self) -> watch::Receiver<u64> {
        self.inner.stops.subscribe()
    }

    /// Makes `policy` the company's, when it is another than the one in force.
    ///
    /// # Errors
    /// The journal.
    pub async fn adopt_policy(&self, policy: Policy) -> Result<(), Error> {
        self.change(None, move |turn| {
            if **turn.snapshot().directory.policy() == policy {
                return Ok(());
            }
            let policy = (policy != Policy::default()).then(|| Box::new(policy));
            turn.commit(&Event::PolicySet { on: purser_core::event::PolicyOn::Company, policy, at: turn.now })
        })
        .await
    }

    /// Keeps where clients go, for [`Status::gateway`].
    pub fn tell_gateway(&self, base_url: &str) {
        *self.inner.gateway.write() = Some(base_url.to_owned());
    }

    /// What the clock shows that everything here goes by.
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// Whether all is well, in figures.
    pub fn status(&self) -> Status {
        let now = self.inner.clock.now();
        let snapshot = self.snapshot();
        let marks = self.inner.ledger.watermarks();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.inner.started,
            currency: snapshot.currency.code().to_owned(),
            gateway: self.inner.gateway.read().clone(),
            people: snapshot.directory.people().filter(|person| !person.has_left(now)).count(),
            keys: snapshot.directory.keys().filter(|key| crate::keys::works(key, now)).count(),
            written: marks.written.0,
            durable: marks.durable.0,
            projected: self.inner.projector.projected_lsn().0,
        }
    }

    /// Is the ledger writing and the projection moving?
    ///
    /// # Errors
    /// [`Code::Unavailable`] with what is wrong.
    pub fn healthy(&self) -> Result<(), Error> {
        if let Some(stopped) = self.inner.ledger.stopped() {
            return Err(crate::change::failed(stopped));
        }
        match self.inner.projector.failure() {
            None => Ok(()),
            Some(why) => {
                tracing::warn!(why, "the projection does not move");
                Err(Refused::new(Code::Unavailable, "reports are behind: the projection does not move").into())
            }
        }
    }

    /// Asks the projection, on a thread that may block, once everything that was decided until now is on disk and in
    /// it: whoever has made a call and then asks finds it, and what is shown is acknowledged.
    pub(crate) async fn report<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let control = self.clone();
        let decided = self.inner.ledger.watermarks().decided;
        self.inner.ledger.durable(decided).await.map_err(crate::change::failed)?;
        tokio::task::spawn_blocking(move || {
            wait(&control.inner.projector, decided)?;
            question(&control.inner)
        })
        .await
        .map_err(|error| Error::failed("a report ended in a panic", error))?
    }

    async fn found(&self, founding: Founding) -> Result<(), Error> {
        self.change(None, move |turn| {
            if turn.snapshot().directory.company().is_some() {
                return Ok(());
            }
            let Founding { currency, zone } = founding;
            turn.commit(&Event::CompanyFounded { currency, zone: zone.clone(), at: turn.now })?;
            let name = "Everybody";
            turn.control().private.put_label(Labelled::Unit, EVERYBODY.get(), name).map_err(stored)?;
            turn.commit(&Event::UnitAdded { unit: EVERYBODY, parent: None, zone, at: turn.now })?;
            turn.control().names.write().put_unit(EVERYBODY, name.to_owned());
            Ok(())
        })
        .await
    }
}

impl Control {
    /// The same services on behalf of somebody.
    pub(crate) fn on_behalf(&self, acting: Acting) -> Self {
        Self { inner: Arc::clone(&self.inner), acting: Arc::new(acting) }
    }
}

impl Inner {
    /// A hash that proves content to whoever has it, and tells nobody else what it is: without the key, which is in the
    /// data folder, guesses can't be tried.
    pub(crate) fn keyed_hash(&self, bytes: &[u8]) -> KeyHash {
        KeyHash(*blake3::keyed_hash(&self.secret, bytes).as_bytes())
    }

    /// 128 random bits.
    pub(crate) fn random_bits(&self) -> Result<u128, Error> {
        let mut bits = [0; 16];
        self.random.fill(&mut bits)?;
        Ok(u128::from_ne_bytes(bits))
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

fn names(private: &Private) -> Result<Names, Error> {
    let mut names = Names::default();
    private.each_person(&mut |personal| names.put_person(personal)).map_err(stored)?;
    for (id, label) in private.labels(Labelled::Unit).map_err(stored)? {
        names.put_unit(UnitId::new(id), label);
    }
    for (id, label) in private.labels(Labelled::Pool).map_err(stored)? {
        names.put_pool(PoolId::new(id), label);
    }
    Ok(names)
}

/// Waits until the projection has a record. Blocks.
pub(crate) fn wait(projector: &Projector, lsn: Lsn) -> Result<(), Error> {
    projector.wait_projected(lsn, PROJECTION_WAIT).map_err(stored)
}

/// A failure of the files.
pub(crate) fn stored(error: StoreError) -> Error {
    Error::failed("the data folder could not be read or written", error)
}

/// Labels of administrators' keys by id.
pub(crate) type AdminLabels = HashMap<AdminKeyId, String>;
