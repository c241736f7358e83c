//! A Purser for as long as a command runs: in this process, or the one that serves the folder already.

use purser_control::{Control, api, jobs};
use purser_core::zone::Zone;
use purser_gateway::GatewayHandle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// A Purser to run against.
pub(crate) struct Local {
    base_url: String,
    own: Option<Own>,
}

/// One that was started for this.
struct Own {
    engine: Engine,
    gateway: GatewayHandle,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    socket: std::path::PathBuf,
}

impl Local {
    /// Uses the Purser that serves the folder, or starts one.
    ///
    /// # Errors
    /// The folder can't be opened, or no port is free.
    pub(crate) async fn reach(wanted: config::Serve, place: &Place) -> Result<Self, Failure> {
        if tokio::net::UnixStream::connect(place.socket()).await.is_ok() {
            let scheme = if wanted.tls.is_some() { "https" } else { "http" };
            return Ok(Self { base_url: format!("{scheme}://{}", wanted.gateway.listen), own: None });
        }
        let engine = Engine::open(place, wanted.policy.wait_for_disk).await?;
        engine.control().adopt_policy(wanted.policy).await?;
        let mut gateway = wanted.gateway;
        gateway.listen = ([127, 0, 0, 1], 0).into();
        gateway.tls = None;
        let gateway = purser_gateway::start(gateway, engine.shared()?)
            .map_err(|error| Failure::from_error("the gateway can't be started", &error))?;
        let socket = api::bind_socket(&place.socket())
            .map_err(|error| Failure::from_error("the socket of the data folder can't be made", &error))?;
        let (stop, stopping) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(api::serve_socket(socket, api::local(engine.control()), stopping.clone())),
            tokio::spawn(jobs::run(Control::clone(engine.control()), stopping)),
        ];
        let base_url = format!("http://{}", gateway.address());
        Ok(Self { base_url, own: Some(Own { engine, gateway, stop, tasks, socket: place.socket() }) })
    }

    /// Where clients go.
    pub(crate) fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Lets calls under way end and closes the ledger, where it is our own.
    ///
    /// # Errors
    /// The journal could not be closed in order; what was acknowledged is on disk all the same.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        let Some(own) = self.own else { return Ok(()) };
        own.stop.send_replace(true);
        if tokio::task::spawn_blocking(move || own.gateway.stop()).await.is_err() {
            say(format_args!("the gateway did not end in order; its calls were settled with what was known"));
        }
        for task in own.tasks {
            if task.await.is_err() {
                say(format_args!("a task of the API ended in a panic"));
            }
        }
        let closed = own.engine.close();
        // The socket's file goes last: while it is there, somebody answers or the folder is locked.
        let _gone_already = std::fs::remove_file(own.socket);
        closed
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
