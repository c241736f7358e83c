//! `purser run`: one command under a budget.
//!
//! **Model.** A Purser of one's own, in this process, for as long as the command runs: the same data folder each time, so
//! that a day's budget is the day's and not the run's. Where another run or `purser serve` holds the folder already, that
//! one is used. The command gets a key made for this run and revoked after it, and never sees the provider's credential.
//!
//! **Invariants.** The terminal is the command's: what Purser has to say comes before it and after it, on standard error.
//! The exit code is the command's. A configuration is read only where one is named: a folder that one works in must not
//! be able to say where credentials go.

mod agent;
mod child;
mod local;
mod purse;
mod receipt;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use purser_core::time::Clock as _;
use purser_gateway::GatewayConfig;
use purser_providers::Family;

use self::agent::Agent;
use self::local::Local;
use self::purse::{Asked, Purse};
use crate::client::Client;
use crate::clock::MachineClock;
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What may be spent: 20/day, 20/workday, 100/week, 500/month [default: what it was last time, at first 20/day]
    #[arg(long, value_name = "AMOUNT/PERIOD")]
    budget: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command under its budget; its exit code.
///
/// # Errors
/// No provider has a key, the data folder can't be opened, or the command can't be started.
pub(crate) async fn run(run: &Run, config: &Config, place: &Place) -> Result<ExitCode, Failure> {
    let asked = run.budget.as_deref().map(Asked::read).transpose()?;
    let agent = Agent::of(&run.command);
    let looked_up = RefCell::new(BTreeSet::new());
    let wanted = config.serve(&|name| variable(name, &looked_up))?;
    let credentials = looked_up.into_inner();
    let mut local = Local::reach(wanted.gateway, wanted.policy, place, |gateway| can_serve(gateway, &agent)).await?;
    let done = within(&mut local, asked.as_ref(), &agent, &credentials, place).await;
    if let Err(failure) = local.end().await {
        // The command has run; its exit code says how.
        say(format_args!("purser: {failure}"));
    }
    done
}

async fn within(
    local: &mut Local,
    asked: Option<&Asked>,
    agent: &Agent,
    credentials: &BTreeSet<String>,
    place: &Place,
) -> Result<ExitCode, Failure> {
    let since = MachineClock.now();
    let mut client = Client::over_socket(place).await?;
    let purse = purse::open(&mut client, asked, agent.name()).await?;
    client.close()?;
    if purse.personal {
        local.may_take_over();
    }
    let command = agent.equip(local.base_url(), &purse.secret, credentials);
    let ended = tokio::select! {
        ended = child::run(command, agent.name()) => ended,
        never = local.keep() => never,
    };
    local.settle().await;
    if let Err(failure) = leave(&purse, ended.is_ok().then_some(since), place).await {
        say(format_args!("purser: {failure}"));
    }
    ended
}

/// Tells what it cost, where the command has run at all, and ends the key.
async fn leave(purse: &Purse, since: Option<purser_core::time::Instant>, place: &Place) -> Result<(), Failure> {
    let mut client = Client::over_socket(place).await?;
    let told = match since {
        Some(since) => receipt::tell(&mut client, purse, since).await,
        None => Ok(()),
    };
    let ended = purse::close(&mut client, purse).await;
    client.close()?;
    told.and(ended)
}

/// A variable of the environment. The names of those that are credentials are noted: the command is not to have them.
fn variable(name: &str, looked_up: &RefCell<BTreeSet<String>>) -> Option<String> {
    let read = |name: &str| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        if !name.to_ascii_lowercase().ends_with("_proxy") {
            looked_up.borrow_mut().insert(name.to_owned());
        }
        Some(value)
    };
    // Google's own tools take either.
    read(name).or_else(|| (name == "GEMINI_API_KEY").then(|| read("GOOGLE_API_KEY")).flatten())
}

/// Is there a provider for this command?
fn can_serve(gateway: &GatewayConfig, agent: &Agent) -> Result<(), Failure> {
    if gateway.upstreams.is_empty() {
        return Err(Failure::new(
            "no provider has a key, so there is nothing to run against",
            format!(
                "export one of {}, or name a provider in a file: --config FILE",
                config::usual_variables().join(", ")
            ),
        ));
    }
    let Some(needed) = agent.needs() else { return Ok(()) };
    if gateway.upstreams.iter().any(|upstream| upstream.families.contains(&needed)) {
        return Ok(());
    }
    let variables = config::usual_variables();
    let (whose, variable) = match needed {
        Family::Anthropic => ("Anthropic", variables[0]),
        Family::OpenAi => ("OpenAI", variables[1]),
        Family::Gemini => ("Google", variables[2]),
    };
    Err(Failure::new(
        format!("{} speaks to {whose}, and there is no key for it", agent.name()),
        format!("export {variable}, or name such a provider in a file: --config FILE"),
    ))
}

/// Where the data of a Purser of one's own is, unless something else was said: with the user's other data.
pub(crate) fn usual_data() -> PathBuf {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    home("XDG_DATA_HOME")
        .or_else(|| home("HOME").map(|home| home.join(".local").join("share")))
        .map_or_else(|| PathBuf::from("purser-data"), |folder| folder.join("purser"))
}
