//! `purser serve`: opens the data folder, starts the gateway and the API, ends in order when told to, and gives way to a
//! new program without refusing anybody when told to restart.

mod accounts;
mod handover;
mod restart;
mod signals;
mod sockets;
mod welcome;
mod wipe;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use purser_control::{Control, api};
use purser_gateway::{Fetcher, GatewayHandle, Waiting};
use purser_ledger::Recovery;
use purser_store::{DataDir, Mode};
use purser_web::WipeAsked;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::handover::Handover;
pub(crate) use self::restart::restart;
use self::signals::{Signals, Told};
use self::sockets::{Kept, Sockets};
use self::wipe::Wipe;
use crate::config::{self, Config};
use crate::engine::{Engine, store};
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// How it is run.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Only see whether it could start: read the configuration and the versions of the data folder's files
    #[arg(long)]
    pub(crate) check: bool,
}

/// How serving ended.
enum Ended {
    /// Told to end.
    Stopped,
    /// Told to give way; connections wait in these.
    Restart(Kept),
    /// Told on a page of a made-up company to take that along; whoever told it waits here.
    Wipe(Wipe),
}

/// Why it ends.
enum Why {
    Signal(Told),
    Wipe(WipeAsked),
}

/// Runs until a signal, then lets calls under way end within their bound and closes the ledger.
///
/// # Errors
/// The configuration has a mistake, the data folder can't be opened, or a port or the socket can't be bound. Once
/// calls are served, only a journal that fails ends it.
pub(crate) async fn serve(serve: &Serve, config: &Config, place: &Place) -> Result<(), Failure> {
    if serve.check {
        check(config, place)?;
        say(format_args!("the configuration and the data folder can be used"));
        return Ok(());
    }
    let wanted = wanted(config)?;
    let program =
        std::env::current_exe().map_err(|error| Failure::from_error("this program's own file is not known", &error))?;
    let mut signals = Signals::listen().map_err(|error| Failure::from_error("signals can't be waited for", &error))?;
    let handed_over = Handover::received()?;
    let fresh = !place.exists();
    let wait_for_disk = wanted.policy.wait_for_disk;
    let (engine, kept) = match handed_over {
        None => (Engine::open(place, wait_for_disk).await?, None),
        Some(Handover { lock, socket, control, gateway }) => {
            (Engine::open_held(place, wait_for_disk, lock).await?, Some(Kept { socket, control, gateway }))
        }
    };
    engine.control().adopt_policy(wanted.policy.clone()).await?;
    tell_recovery(engine.recovery());
    let start = Start { config, place, engine: &engine, fresh, program: &program };
    let served = run(&start, wanted, kept, &mut signals).await;
    if let Ok(Ended::Restart(Kept { socket, control, gateway })) = served {
        // Held until the next program has it: nobody else gets into the folder in between.
        let lock = engine.lock_file()?;
        engine.close()?;
        return Err(Handover { lock, socket, control, gateway }.give(&program));
    }
    // Before the lock goes: after that the file may be the next process's.
    if let Err(error) = std::fs::remove_file(place.socket())
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the socket's file could not be removed");
    }
    match served {
        Ok(Ended::Wipe(last)) => last.wipe(engine, place, &mut signals).await,
        served => {
            let closed = engine.close();
            served.map(drop).and(closed)
        }
    }
}

/// Could a start use the configuration and the data folder? Opens nothing to write.
///
/// # Errors
/// What a start would say.
pub(crate) fn check(config: &Config, place: &Place) -> Result<(), Failure> {
    wanted(config)?;
    if place.exists() {
        let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
        purser_store::check_formats(&dir).map_err(|error| store(&error))?;
    }
    Ok(())
}

fn wanted(config: &Config) -> Result<config::Serve, Failure> {
    Ok(config.serve(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?)
}

/// What a start is made of.
struct Start<'a> {
    config: &'a Config,
    place: &'a Place,
    engine: &'a Engine,
    fresh: bool,
    program: &'a Path,
}

async fn run(
    start: &Start<'_>,
    wanted: config::Serve,
    kept: Option<Kept>,
    signals: &mut Signals,
) -> Result<Ended, Failure> {
    let (stop, stopping) = watch::channel(false);
    let Start { config, place, engine, .. } = *start;
    let control = engine.control();
    let (asked, tls, upstreams) = (wanted.gateway.listen, wanted.tls, wanted.gateway.upstreams.clone());
    let Sockets { socket, control: listener, gateway: waiting, kept_socket, kept_control } =
        Sockets::open(place, wanted.control, asked, kept)?;
    let control_address = listener.local_addr().map_err(|error| cannot_listen("control", wanted.control, &error))?;
    if waiting.listeners.is_empty() {
        check_free(asked)?;
    }
    if !wanted.accounts.is_empty() {
        let fetcher = Fetcher::new(Arc::clone(&wanted.gateway.roots), wanted.gateway.https_proxy.clone());
        control.tell_bills(Arc::new(accounts::Accounts { fetcher, accounts: wanted.accounts }));
    }
    let gateway = purser_gateway::start_on(wanted.gateway, waiting, engine.shared()?)
        .map_err(|error| cannot_listen("gateway", asked, &error))?;

    let (gateway_url, control_url) = (wanted.gateway_url, wanted.control_url);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let welcome = welcome::Welcome {
        config: config.path(),
        data: &place.data,
        fresh: start.fresh,
        gateway: format!("{scheme}://{}", gateway.address()),
        control: format!("{scheme}://{control_address}"),
        upstreams: &upstreams,
    };
    let (tools, people) = (gateway_url.as_ref(), control_url.as_ref());
    control.tell_gateway(tools.unwrap_or(&welcome.gateway));
    control.tell_control(people.unwrap_or(&welcome.control));
    control.forget_candidates_after(config.candidate_months());
    welcome.say(control)?;

    // Agents show their key on the socket too: whose budget it is, nothing else says.
    let agents = purser_mcp::router(control);
    let local = api::local(control).merge(agents.clone());
    let local: JoinHandle<()> = tokio::spawn(api::serve_socket(socket, local, stopping.clone()));
    let (ask, mut wipes) = mpsc::channel(1);
    let pages = purser_web::router(control, crate::demo::Mark::shown(&place.data, ask));
    let faces = api::beside_pages(control).merge(pages).merge(agents);
    let open = tokio::spawn(api::serve_tcp(listener, tls.clone(), faces, stopping.clone()));
    let jobs = tokio::spawn(purser_control::jobs::run(Control::clone(control), stopping));

    let why = wait(start, signals, &mut wipes).await;
    // Whoever asks for a wiping from here on is told that it is too late.
    drop(wipes);
    // The API goes on answering while calls end, so that whoever stops Purser can look at it meanwhile.
    let ended = match why {
        Ok(Why::Signal(Told::Restart)) => match hand_over(gateway, config.restart_drain(), signals).await {
            Some(gateway) => Ok(Ended::Restart(Kept { socket: kept_socket, control: kept_control, gateway })),
            None => Ok(Ended::Stopped),
        },
        Ok(Why::Wipe(WipeAsked { heard })) => {
            drop(kept_socket);
            // No page is served any more before whoever asked looks for the last one. They may be gone, it goes on.
            stop.send_replace(true);
            let _ = heard.send(());
            drain(gateway, signals).await;
            Ok(Ended::Wipe(Wipe { control: kept_control, tls }))
        }
        why => {
            // From here on nobody is to wait in a socket that nobody will serve.
            drop((kept_socket, kept_control));
            drain(gateway, signals).await;
            why.map(|_| Ended::Stopped)
        }
    };
    stop.send_replace(true);
    for task in [local, open, jobs] {
        if task.await.is_err() {
            tracing::error!("a task of the API ended in a panic");
        }
    }
    ended
}

/// Waits for a signal, for the journal to fail, or for a made-up company to be wiped. A restart that the new program could
/// not make is not begun.
async fn wait(start: &Start<'_>, signals: &mut Signals, wipes: &mut mpsc::Receiver<WipeAsked>) -> Result<Why, Failure> {
    let work = async {
        tokio::select! {
            why = start.engine.failed() => why,
            never = start.engine.keep_house() => match never {},
        }
    };
    let mut work = std::pin::pin!(work);
    loop {
        let told = tokio::select! {
            told = signals.next() => told,
            // Only a made-up company has pages that ask.
            Some(asked) = wipes.recv() => {
                say(format_args!("an administrator wipes this demo company: no new calls; those under way may end"));
                return Ok(Why::Wipe(asked));
            }
            why = &mut work => return Err(why),
        };
        match told {
            Told::End(name) => say(format_args!("{name}: no new calls; those under way may end")),
            Told::Restart => match restart::rehearse(start.program).await {
                Ok(()) => say(format_args!(
                    "restarting: new calls wait; those under way have {} s",
                    start.config.restart_drain().as_secs_f64()
                )),
                Err(why) => {
                    say(format_args!("not restarting, the new program would not start: {why}"));
                    continue;
                }
            },
        }
        return Ok(Why::Signal(told));
    }
}

/// Lets calls under way end within `bound`, while new ones wait in the sockets that come back. `None` when told to end
/// meanwhile.
async fn hand_over(gateway: GatewayHandle, bound: Duration, signals: &mut Signals) -> Option<Waiting> {
    let handed_over = tokio::task::spawn_blocking(move || gateway.hand_over(bound));
    tokio::select! {
        waiting = handed_over => {
            if waiting.is_err() {
                tracing::error!("the gateway did not end in order");
            }
            waiting.ok()
        }
        name = signals.end() => {
            say(format_args!("{name}: the restart is given up; calls under way are cut"));
            None
        }
    }
}

/// Lets calls under way end within the configured time. A second signal is taken at its word.
async fn drain(gateway: GatewayHandle, signals: &mut Signals) {
    let drained = tokio::task::spawn_blocking(move || gateway.stop());
    tokio::select! {
        drained = drained => {
            if drained.is_err() {
                tracing::error!("the gateway did not end in order");
            }
        }
        name = signals.end() => {
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
