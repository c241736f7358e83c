//! A whole gateway to test: ledger in memory, directory by events, clock by hand, stand-in as every provider.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant as StdInstant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use purser_core::event::{Event, StopEvent};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::snapshot::Snapshot;
use purser_core::time::{Clock, Instant};
use purser_gateway::{
    DenialLog, Denials, Fence, GatewayConfig, GatewayHandle, Limits, LiveRuns, Logs, Secret, Shared, TripLog, Tripping,
    Upstream, Waiting,
};
use purser_ledger::{BootId, Ledger, MemoryJournal, Options, Record, verify};
use purser_providers::Family;
use purser_standin::{ServedCall, Standin, StandinConfig, StandinHandle};
use tokio::sync::watch;

use crate::asks::Ask;
use crate::books::{Charge, Observer, Posted};
use crate::company::{ANALYST, Company, dollars, noon};
use crate::upstreams::Tap;
use crate::wire::{Conn, Message, SOON};

/// The company's credential at every provider.
pub(crate) const CREDENTIAL: &str = "sk-company";

/// What a test may choose.
pub(crate) struct Setup {
    pub(crate) company: Company,
    pub(crate) limits: Limits,
    pub(crate) standin: StandinConfig,
    /// Port 0 stands for the stand-in.
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) threads: usize,
    /// Charges may exceed what was granted.
    pub(crate) may_overrun: bool,
    /// Calls may be cut off by a stop that does not wait for them.
    pub(crate) may_drop: bool,
    /// The ledger's slices: 0 makes every hold wait for the disk.
    pub(crate) wait_for_disk: bool,
    /// TLS towards clients.
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    /// What providers' certificates must chain to.
    pub(crate) roots: Arc<rustls::ClientConfig>,
    pub(crate) https_proxy: Option<String>,
}

impl Setup {
    fn usual() -> Self {
        Self {
            company: Company::founded(),
            limits: Limits::default(),
            standin: StandinConfig::default(),
            upstreams: vec![
                upstream("anthropic", Family::Anthropic),
                upstream("openai", Family::OpenAi),
                upstream("google", Family::Gemini),
            ],
            threads: 1,
            may_overrun: false,
            may_drop: false,
            wait_for_disk: false,
            tls: None,
            roots: crate::tls::client(rustls::RootCertStore::empty()),
            https_proxy: None,
        }
    }

    /// A provider by its name.
    pub(crate) fn upstream(&mut self, name: &str) -> &mut Upstream {
        self.upstreams.iter_mut().find(|upstream| *upstream.name == *name).unwrap()
    }

    /// Sends a provider's calls elsewhere.
    pub(crate) fn send_to(&mut self, name: &str, address: SocketAddr) {
        self.upstream(name).port = address.port();
    }
}

/// The stand-in under a provider's name.
pub(crate) fn upstream(name: &str, family: Family) -> Upstream {
    Upstream {
        name: name.into(),
        families: vec![family],
        price_list: name.into(),
        tls: false,
        host: "127.0.0.1".into(),
        port: 0,
        prefix: "".into(),
        credential: Secret::new(CREDENTIAL),
        models: Vec::new(),
        fallback: Vec::new(),
    }
}

/// A gateway under test. Dropping it checks what must hold after every test: no hold left or lost, nothing overspent, no
/// panic, a journal that verifies.
pub(crate) struct Rig {
    pub(crate) standin: StandinHandle,
    pub(crate) tap: Tap,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) address: SocketAddr,
    pub(crate) denials: Arc<Denied>,
    pub(crate) trips: Arc<Trips>,
    pub(crate) runs: LiveRuns,
    company: Mutex<Company>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    stops: watch::Sender<u64>,
    gateway: Mutex<Option<GatewayHandle>>,
    journal: MemoryJournal,
    posted: Arc<Posted>,
    may_overrun: bool,
    may_drop: bool,
    is_broken: AtomicBool,
}

impl Rig {
    /// The analyst has ten dollars a day; the rest is up to the test.
    pub(crate) fn start(change: impl FnOnce(&mut Setup)) -> Self {
        Self::bare(|setup| {
            setup.company.grant(ANALYST, dollars("10.00"), |_| {});
            change(setup);
        })
    }

    /// As [`start`](Self::start), on sockets that listen already.
    pub(crate) fn start_on(waiting: Waiting, change: impl FnOnce(&mut Setup)) -> Self {
        Self::built(waiting, |setup| {
            setup.company.grant(ANALYST, dollars("10.00"), |_| {});
            change(setup);
        })
    }

    /// Nobody has any money.
    pub(crate) fn bare(change: impl FnOnce(&mut Setup)) -> Self {
        Self::built(Waiting::default(), change)
    }

    fn built(waiting: Waiting, change: impl FnOnce(&mut Setup)) -> Self {
        count_panics();
        let mut setup = Setup::usual();
        change(&mut setup);
        let Setup { company, limits, standin, upstreams, threads, may_overrun, may_drop, wait_for_disk, .. } = setup;
        let standin = Standin::start(standin).unwrap();
        let tap = Tap::before(standin.addr);
        let port = tap.fake.address.port();
        let upstreams = upstreams.into_iter().map(|mut upstream| {
            if upstream.port == 0 {
                upstream.port = port;
            }
            Arc::new(upstream)
        });

        let clock = Arc::new(HandClock(AtomicI64::new(noon().as_micros())));
        let (journal, posted) = (MemoryJournal::new(), Arc::new(Posted::default()));
        let options = Options { wait_for_disk, ..Options::new(BootId(1)) };
        let observer = Box::new(Observer(Arc::clone(&posted)));
        let (ledger, _) =
            Ledger::open(Box::new(journal.clone()), None, options, Arc::clone(&clock) as _, Some(observer)).unwrap();

        let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::of(company.directory.clone())));
        let denials = Arc::new(Denied::default());
        let trips = Arc::new(Trips::default());
        let stops = watch::Sender::new(0);
        let fence = Arc::new(Makers::default());
        let shared = Shared::new(
            Arc::clone(&snapshot),
            ledger.clone(),
            Arc::clone(&clock) as _,
            fence,
            Logs { denials: Arc::clone(&denials) as _, trips: Arc::clone(&trips) as _ },
            stops.subscribe(),
        );
        let runs = shared.live_runs();
        let config = GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: setup.tls,
            threads,
            limits,
            upstreams: upstreams.collect(),
            https_proxy: setup.https_proxy,
            roots: setup.roots,
        };
        let gateway = purser_gateway::start_on(config, waiting, shared).unwrap();
        let address = gateway.address();
        Self {
            standin,
            tap,
            ledger,
            clock,
            address,
            denials,
            trips,
            runs,
            company: Mutex::new(company),
            snapshot,
            stops,
            gateway: Mutex::new(Some(gateway)),
            journal,
            posted,
            may_overrun,
            may_drop,
            is_broken: AtomicBool::new(false),
        }
    }

    /// Stops it without refusing anybody; the sockets in which connections wait from now on.
    pub(crate) fn hand_over(&self) -> Waiting {
        let gateway = self.gateway.lock().take().expect("it runs");
        gateway.hand_over(SOON)
    }

    pub(crate) fn open(&self) -> Conn {
        Conn::open(self.address)
    }

    /// One request on a connection of its own.
    pub(crate) fn call(&self, ask: &Ask) -> Message {
        let mut conn = self.open();
        conn.send(&ask.bytes());
        conn.answer()
    }

    /// One request on a connection of its own, sent and not waited for.
    pub(crate) fn begin(&self, ask: &Ask) -> Conn {
        let mut conn = self.open();
        conn.send(&ask.bytes());
        conn
    }

    /// Changes the company, and publishes it as the control plane does.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Company) -> T) -> T {
        let mut company = self.company.lock();
        let done = change(&mut company);
        self.snapshot.store(Arc::new(Snapshot::of(company.directory.clone())));
        done
    }

    /// Changes the company's stops.
    pub(crate) fn stop_switch(&self, event: StopEvent) {
        self.change(|company| company.take(&Event::Stop(event)));
        self.stops.send_modify(|count| *count += 1);
    }

    /// The first so many charges, once they are on disk.
    pub(crate) fn charges(&self, count: usize) -> Vec<Charge> {
        let charges = self.posted.wait(|records| {
            let charges: Vec<_> = records.iter().filter_map(Charge::of).collect();
            (charges.len() >= count).then_some(charges)
        });
        assert_eq!(charges.len(), count, "{charges:?}");
        charges
    }

    /// The only charge so far.
    pub(crate) fn charge(&self) -> Charge {
        self.charges(1).pop().unwrap()
    }

    /// Waits until so many holds were given back unused.
    pub(crate) fn releases(&self, count: usize) {
        let is_release = |record: &&Record| matches!(record, Record::Release { .. });
        let all = self.posted.wait(|records| {
            let all = records.iter().filter(is_release).count();
            (all >= count).then_some(all)
        });
        assert_eq!(all, count);
    }

    /// How much each hold was placed with, in order.
    pub(crate) fn holds(&self) -> Vec<Nano> {
        let records = self.posted.records.lock();
        let amount = |record: &Record| match record {
            Record::Hold { amount, .. } => Some(*amount),
            _ => None,
        };
        records.iter().filter_map(amount).collect()
    }

    /// By how much holds were grown, in order.
    pub(crate) fn growths(&self) -> Vec<Nano> {
        let records = self.posted.records.lock();
        let amount = |record: &Record| match record {
            Record::Grow { amount, .. } => Some(*amount),
            _ => None,
        };
        records.iter().filter_map(amount).collect()
    }

    /// Nothing is set aside any more.
    pub(crate) fn quiet(&self) {
        until("no hold is left", || self.ledger.open_holds().is_empty());
    }

    /// Waits until so many requests have gone out.
    pub(crate) fn gone_out(&self, count: usize) {
        until("requests go out", || self.tap.requests() >= count);
    }

    /// What was really served last, once that is over.
    pub(crate) fn served(&self) -> ServedCall {
        let last = || self.standin.journal().pop().filter(|call| call.ended);
        until("the stand-in has served", || last().is_some());
        last().unwrap()
    }

    /// From now on the journal can't be written.
    pub(crate) fn break_the_disk(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
        self.journal.fail_syncs();
    }

    /// Ends the gateway; returns when it has.
    pub(crate) fn stop(&self) {
        let gateway = self.gateway.lock().take();
        gateway.expect("stopped once").stop();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() || self.is_broken.load(Ordering::Relaxed) {
            return;
        }
        self.quiet();
        if let Some(gateway) = self.gateway.lock().take() {
            gateway.stop();
        }
        assert!(self.may_drop || self.ledger.dropped_holds() == 0, "a hold was dropped");
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "a gateway thread panicked");
        for balance in self.ledger.balances() {
            assert!(self.may_overrun || balance.available() >= Nano::ZERO, "overspent: {balance:?}");
            assert_eq!((balance.held, balance.suspense), (Nano::ZERO, Nano::ZERO), "{balance:?}");
        }
        self.ledger.clone().close().unwrap();
        verify(&mut self.journal.clone()).unwrap();
    }
}

/// A clock that stands still until it is set.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, at: &str) {
        self.0.store(at.parse::<Instant>().unwrap().as_micros(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Who made which id.
#[derive(Default)]
struct Makers(Mutex<HashMap<[u8; 32], PersonId>>);

impl Fence for Makers {
    fn owner(&self, id: &[u8; 32]) -> Option<PersonId> {
        self.0.lock().get(id).copied()
    }

    fn claim(&self, id: [u8; 32], person: PersonId, _at: Instant) {
        self.0.lock().entry(id).or_insert(person);
    }
}

/// What was denied.
#[derive(Default)]
pub(crate) struct Denied(Mutex<Vec<Denials>>);

impl Denied {
    /// How often a reason was given so far; denials are handed on once a second and at the end.
    pub(crate) fn count(&self, code: &str) -> u64 {
        self.0.lock().iter().filter(|denials| denials.code == code).map(|denials| denials.count).sum()
    }
}

impl Denied {
    /// How often the money was there, only set aside.
    pub(crate) fn funded(&self) -> u64 {
        self.0.lock().iter().filter(|denials| denials.funded).map(|denials| denials.count).sum()
    }
}

impl DenialLog for Denied {
    fn record(&self, batch: Vec<Denials>) {
        self.0.lock().extend(batch);
    }
}

/// What breakers saw.
#[derive(Default)]
pub(crate) struct Trips(Mutex<Vec<Tripping>>);

impl Trips {
    /// All trips so far.
    pub(crate) fn all(&self) -> Vec<Tripping> {
        self.0.lock().clone()
    }
}

impl TripLog for Trips {
    fn tripped(&self, trips: Vec<Tripping>) {
        self.0.lock().extend(trips);
    }
}

/// Waits for a condition.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = StdInstant::now() + SOON;
    while !holds() {
        assert!(StdInstant::now() < deadline, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// Panics of gateway threads, which the runtime would otherwise keep to itself.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name().is_some_and(|name| name.starts_with("gateway-")) {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            before(panic);
        }));
    });
}
