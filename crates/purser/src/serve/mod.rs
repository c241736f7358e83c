//! `purser serve`: opens the data folder, starts the gateway and the API, and ends in order when told to.

mod signals;
mod welcome;

use std::net::SocketAddr;

use purser_control::Control;
use purser_control::api;
use purser_gateway::GatewayHandle;
use purser_ledger::Recovery;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{self, Config};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// Runs until a signal, then lets calls under way end within their bound and closes the ledger.
///
/// # Errors
/// The configuration has a mistake, the data folder can't be opened, or a port or the socket can't be bound. Once
/// calls are served, only a journal that fails ends it.
pub(crate) async fn serve(config: &Config, place: &Place) -> Result<(), Failure> {
    let wanted = config.serve(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    let signals =
        signals::Signals::listen().map_err(|error| Failure::from_error("signals can't be waited for", &error))?;
    let fresh = !place.exists();
    let engine = Engine::open(place, wanted.policy.wait_for_disk).await?;
    engine.control().adopt_policy(wanted.policy.clone()).await?;
    tell_recovery(engine.recovery());
    let served = run(config, place, wanted, &engine, fresh, signals).await;
    // Before the lock goes: after that the file may be the next process's.
    if let Err(error) = std::fs::remove_file(place.socket())
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the socket's file could not be removed");
    }
    let closed = engine.close();
    served.and(closed)
}

async fn run(
    config: &Config,
    place: &Place,
    wanted: config::Serve,
    engine: &Engine,
    fresh: bool,
    mut signals: signals::Signals,
) -> Result<(), Failure> {
    let (stop, stopping) = watch::channel(false);
    let control = engine.control();
    let socket = api::bind_socket(&place.socket()).map_err(|error| {
        Failure::from_error(format!("the socket {} can't be made", place.socket().display()), &error)
    })?;
    let listener =
        TcpListener::bind(wanted.control).await.map_err(|error| cannot_listen("control", wanted.control, &error))?;
    let control_address = listener.local_addr().map_err(|error| cannot_listen("control", wanted.control, &error))?;
    let (asked, tls, upstreams) = (wanted.gateway.listen, wanted.tls, wanted.gateway.upstreams.clone());
    check_free(asked)?;
    let gateway = purser_gateway::start(wanted.gateway, engine.shared()?)
        .map_err(|error| cannot_listen("gateway", asked, &error))?;

    let scheme = if tls.is_some() { "https" } else { "http" };
    let welcome = welcome::Welcome {
        config: config.path(),
        data: &place.data,
        fresh,
        gateway: format!("{scheme}://{}", gateway.address()),
        control: format!("{scheme}://{control_address}"),
        upstreams: &upstreams,
    };
    control.tell_gateway(&welcome.gateway);
    welcome.say(control)?;

    let local: JoinHandle<()> = tokio::spawn(api::serve_socket(socket, api::local(control), stopping.clone()));
    let pages = purser_web::router(&purser_web::Facts { gateway: welcome.gateway.clone() });
    let open = tokio::spawn(api::serve_tcp(listener, tls, api::open(control).merge(pages), stopping.clone()));
    let jobs = tokio::spawn(purser_control::jobs::run(Control::clone(control), stopping));

    let ended = wait(&mut signals, engine).await;
    // The API goes on answering while calls end, so that whoever stops Purser can look at it meanwhile.
    drain(gateway, &mut signals).await;
    stop.send_replace(true);
    for task in [local, open, jobs] {
        if task.await.is_err() {
            tracing::error!("a task of the API ended in a panic");
        }
    }
    ended
}

/// Waits for a signal, or for the journal to fail.
async fn wait(signals: &mut signals::Signals, engine: &Engine) -> Result<(), Failure> {
    tokio::select! {
        name = signals.next() => {
            say(format_args!("{name}: no new calls; those under way may end"));
            Ok(())
        }
        why = engine.failed() => Err(why),
        () = engine.keep_snapshots() => Ok(()),
    }
}

/// Lets calls under way end within the configured time. A second signal is taken at its word.
async fn drain(gateway: GatewayHandle, signals: &mut signals::Signals) {
    let drained = tokio::task::spawn_blocking(move || gateway.stop());
    tokio::select! {
        drained = drained => {
            if drained.is_err() {
                tracing::error!("the gateway did not end in order");
            }
        }
        name = signals.next() => {
            say(format_args!("{name} again: calls under way are cut; what they may cost is in suspense at the next start"));
        }
    }
}

/// Refuses a port that somebody listens on. The gateway's own listeners share their port, so they would not notice
/// another Purser there: half of its calls would silently go to the other one's ledger.
fn check_free(address: SocketAddr) -> Result<(), Failure> {
    match std::net::TcpListener::bind(address) {
        Ok(_free) => Ok(()),
        Err(error) => Err(cannot_listen("gateway", address, &error)),
    }
}

fn cannot_listen(what: &str, address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{what} can't listen on {address}: {error}"),
        format!("is another Purser running? listen.{what} in purser.toml chooses another address"),
    )
}

/// What the start found and set aside, for whoever looks at the log.
fn tell_recovery(recovery: &Recovery) {
    tracing::info!(start = recovery.epoch.0, records = recovery.records, "the journal is read");
    if recovery.tail_may_be_lost {
        tracing::warn!("the machine stopped without Purser being closed: what may have been in flight is set aside");
    }
    if !recovery.suspended.is_empty() {
        tracing::warn!(
            items = recovery.suspended.len(),
            "calls that were running when the last process ended are in suspense; `purser suspense list` shows them"
        );
    }
}
