//! A Purser for as long as a command runs: in this process, or the one that holds the folder already.
//!
//! Several runs share one folder, since a day's budget is the day's. The first of them serves all; when it ends, one of
//! the others takes over at the same address, and their commands notice nothing but a pause.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use purser_control::shape::Status;
use purser_control::{Control, api, jobs};
use purser_core::policy::Policy;
use purser_core::zone::Zone;
use purser_gateway::{GatewayConfig, GatewayHandle};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::client::{Client, path};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// The file in the data folder that remembers where runs have listened.
const ADDRESS_FILE: &str = "run.address";
/// How often it is looked whether the Purser of another run is still there.
const LOOK_EACH: Duration = Duration::from_millis(300);
/// How long its end may take: calls under way may go on for a minute.
const ITS_END_MAX: Duration = Duration::from_secs(90);
/// How long a denial may be on its way into the reports of another process: it is handed on once a second.
const DENIALS_LATE: Duration = Duration::from_millis(1_300);

/// A Purser to run against.
pub(crate) struct Local {
    place: Place,
    gateway: GatewayConfig,
    policy: Policy,
    base_url: String,
    own: Option<Own>,
    /// Go on by ourselves when the process that serves us ends?
    takes_over: bool,
}

/// One that was started in this process.
struct Own {
    engine: Engine,
    gateway: Option<GatewayHandle>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    socket: PathBuf,
}

impl Local {
    /// Uses the Purser that holds the folder, or starts one. `check` is asked whether the gateway could serve the
    /// command, before anything is made.
    ///
    /// # Errors
    /// The folder can't be opened, no port is free, or what `check` says.
    pub(crate) async fn reach(
        gateway: GatewayConfig,
        policy: Policy,
        place: &Place,
        check: impl FnOnce(&GatewayConfig) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut local =
            Self { place: place.clone(), gateway, policy, base_url: String::new(), own: None, takes_over: false };
        if UnixStream::connect(place.socket()).await.is_ok() {
            local.base_url = local.served_at().await?;
        } else {
            check(&local.gateway)?;
            let own = Own::start(&local.gateway, &local.policy, place, remembered(place)).await?;
            local.base_url = own.base_url().unwrap_or_default();
            local.own = Some(own);
        }
        Ok(local)
    }

    /// Where clients go.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Allows to go on alone when the process that serves us ends. For a folder of one's own only: a company's is
    /// served by whoever runs it.
    pub(crate) fn may_take_over(&mut self) {
        self.takes_over = !self.gateway.upstreams.is_empty();
    }

    /// Sees to it that there is a Purser, for as long as it is polled.
    pub(crate) async fn keep(&mut self) -> ! {
        loop {
            if let Some(own) = &self.own {
                own.keep().await;
            }
            sleep(LOOK_EACH).await;
            if UnixStream::connect(self.place.socket()).await.is_ok() {
                continue;
            }
            match self.take_over().await {
                Ok(own) => self.own = own,
                Err(failure) => {
                    say(format_args!("purser: nobody serves this run any more: {failure}"));
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// The Purser that served us is gone, or just going.
    async fn take_over(&self) -> Result<Option<Own>, Failure> {
        let address: Option<SocketAddr> = self.base_url.strip_prefix("http://").and_then(|at| at.parse().ok());
        let latest = Instant::now() + ITS_END_MAX;
        loop {
            if UnixStream::connect(self.place.socket()).await.is_ok() {
                // Another run was faster. They all prefer the same address.
                let now = self.served_at().await?;
                return if now == self.base_url {
                    Ok(None)
                } else {
                    Err(Failure::new(format!("another Purser serves the folder at {now}"), "start the command again"))
                };
            }
            let Some(address) = address.filter(|_| self.takes_over) else {
                return Err(Failure::new("`purser serve` has ended", "start it again, then the command"));
            };
            match Own::start(&self.gateway, &self.policy, &self.place, Some(address)).await {
                Ok(own) if own.base_url().as_ref() == Some(&self.base_url) => return Ok(Some(own)),
                Ok(own) => {
                    own.end().await?;
                    return Err(Failure::new(format!("{address} is taken"), "start the command again"));
                }
                Err(failure) if Instant::now() >= latest => return Err(failure),
                Err(_) => sleep(LOOK_EACH).await,
            }
        }
    }

    /// Where the Purser that holds the folder serves clients.
    async fn served_at(&self) -> Result<String, Failure> {
        let mut client = Client::over_socket(&self.place).await?;
        let status: Status = client.get(path(["status"])).await?;
        status.gateway.ok_or_else(|| {
            Failure::new(
                format!("another command holds {}", self.place.data.display()),
                "it takes no calls; try again when it has ended",
            )
        })
    }

    /// Waits until everything that the command asked for has ended and can be found in the reports.
    pub(crate) async fn settle(&mut self) {
        match &mut self.own {
            Some(own) => own.stop_gateway().await,
            None => sleep(DENIALS_LATE).await,
        }
    }

    /// Closes the ledger, where it is our own.
    ///
    /// # Errors
    /// The journal could not be closed in order; what was acknowledged is on disk all the same.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        match self.own {
            Some(own) => own.end().await,
            None => Ok(()),
        }
    }
}

impl Own {
    async fn start(
        gateway: &GatewayConfig,
        policy: &Policy,
        place: &Place,
        preferred: Option<SocketAddr>,
    ) -> Result<Self, Failure> {
        let engine = Engine::open(place, policy.wait_for_disk).await?;
        let started = Self::serve(gateway, policy, place, preferred, &engine).await;
        match started {
            Ok((gateway, stop, tasks)) => {
                Ok(Self { engine, gateway: Some(gateway), stop, tasks, socket: place.socket() })
            }
            Err(failure) => {
                // The failure is what matters; what was acknowledged is on disk either way.
                let _closed = engine.close();
                Err(failure)
            }
        }
    }

    async fn serve(
        gateway: &GatewayConfig,
        policy: &Policy,
        place: &Place,
        preferred: Option<SocketAddr>,
        engine: &Engine,
    ) -> Result<(GatewayHandle, watch::Sender<bool>, Vec<JoinHandle<()>>), Failure> {
        let control = engine.control();
        control.adopt_policy(policy.clone()).await?;
        let listen = preferred.filter(|address| is_free(*address)).unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
        let wanted = GatewayConfig { listen, tls: None, ..gateway.clone() };
        let gateway = purser_gateway::start(wanted, engine.shared()?)
            .map_err(|error| Failure::from_error("the gateway can't be started", &error))?;
        remember(place, gateway.address());
        control.tell_gateway(&format!("http://{}", gateway.address()));
        let socket = api::bind_socket(&place.socket())
            .map_err(|error| Failure::from_error("the socket of the data folder can't be made", &error))?;
        let (stop, stopping) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(api::serve_socket(socket, api::local(control), stopping.clone())),
            tokio::spawn(jobs::run(Control::clone(control), stopping)),
        ];
        Ok((gateway, stop, tasks))
    }

    fn base_url(&self) -> Option<String> {
        self.gateway.as_ref().map(|gateway| format!("http://{}", gateway.address()))
    }

    /// Keeps snapshots, and says it when the ledger stops; the command is left to meet the gateway's refusals.
    async fn keep(&self) -> ! {
        tokio::select! {
            failure = self.engine.failed() => say(format_args!("purser: {failure}")),
            never = self.engine.keep_house() => match never {},
        }
        std::future::pending().await
    }

    async fn stop_gateway(&mut self) {
        let Some(gateway) = self.gateway.take() else { return };
        if tokio::task::spawn_blocking(move || gateway.stop()).await.is_err() {
            say(format_args!("purser: the gateway did not end in order; its calls were settled with what was known"));
        }
    }

    async fn end(mut self) -> Result<(), Failure> {
        self.stop_gateway().await;
        self.stop.send_replace(true);
        for task in self.tasks.drain(..) {
            if task.await.is_err() {
                say(format_args!("purser: a task of the API ended in a panic"));
            }
        }
        // Before the lock goes: after that the file may be the next process's.
        let _gone_already = std::fs::remove_file(&self.socket);
        self.engine.close()
    }
}

/// Does nobody listen there? The gateway shares its port between its threads, so that only asking tells.
fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// Where runs on this folder have listened before: all of them try to be found at one place.
fn remembered(place: &Place) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(place.data.join(ADDRESS_FILE)).ok()?;
    text.trim().parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback())
}

fn remember(place: &Place, address: SocketAddr) {
    if let Err(error) = std::fs::write(place.data.join(ADDRESS_FILE), format!("{address}\n")) {
        tracing::warn!(%error, "the address of this run could not be kept");
    }
}

/// The machine's zone, by the name that `TZ` or the usual link gives.
pub(crate) fn zone() -> Option<Zone> {
    let named = std::env::var("TZ").ok().and_then(|name| Zone::try_new(&name).ok());
    named.or_else(|| {
        let link = std::fs::read_link("/etc/localtime").ok()?;
        let path = link.to_str()?;
        Zone::try_new(path.split_once("zoneinfo/")?.1).ok()
    })
}
