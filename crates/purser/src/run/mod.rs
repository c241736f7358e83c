//! `purser run`: one command under a budget.
//!
//! **Model.** A Purser of one's own, in this process, for as long as the command runs: the same data folder each time, so
//! that a day's budget is the day's and not the run's. Where `purser serve` holds the folder already, that one is used.
//! The command gets a key made for this run and revoked after it, and never sees the provider's real credential.
//!
//! **Invariants.** The terminal is the command's: what Purser has to say comes before it and after it, on standard error.
//! The exit code is the command's.

mod agent;
mod child;
mod local;
mod receipt;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use purser_control::shape::{Grant, Key, List, NewGrant, NewKey, NewPerson, Person};
use purser_core::grant::Release;
use purser_core::zone::Zone;

use self::local::Local;
use crate::cli::Global;
use crate::client::{Absent, Client, path};
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What may be spent: 20/day, 100/week, 500/month, 50/once
    #[arg(long, default_value = "20/day", value_name = "AMOUNT/PERIOD")]
    budget: String,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command under its budget; its exit code.
///
/// # Errors
/// No provider has a key, the data folder can't be opened, or the command can't be started.
pub(crate) async fn run(run: &Run, global: &Global, config: &Config, place: Place) -> Result<ExitCode, Failure> {
    let release: Release = run.budget.parse().map_err(|error: purser_core::grant::ReleaseError| {
        Failure::usage(format!("--budget {}: {error}", run.budget), "write it like 20/day or 500/month")
    })?;
    let wanted = config.serve(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    if wanted.gateway.upstreams.is_empty() {
        return Err(Failure::new(
            "no provider has a key, so there is nothing to run against",
            format!("export one of {}, or name a provider in purser.toml", config::usual_variables().join(", ")),
        ));
    }
    let local = Local::reach(wanted, &place).await?;
    let global = Global { command_id: None, ..global.clone() };
    let mut client = Client::connect(&global, &place, Absent::Refuse).await?;

    let person = somebody(&mut client).await?;
    fund(&mut client, &person, &run.budget, &release).await?;
    let name = agent::name(&run.command);
    let new = NewKey {
        person: person.id.to_string(),
        agent: Some(name.clone()),
        models: Vec::new(),
        providers: Vec::new(),
        rpm: None,
        expires: None,
    };
    let key: Key = client.post(path(["keys"]), &new).await?;
    let secret = key.key.clone().ok_or_else(|| Failure::new("the key for this run was not made", "try again"))?;

    let command = agent::equip(&run.command, &local.base_url(), &secret);
    let ended = child::run(command, &name).await;

    receipt::tell(&mut client, &person, &key).await?;
    let _revoked: Key = client.delete(path(["keys", &key.id.to_string()])).await?;
    client.close()?;
    local.end().await?;
    ended
}

/// The one person of a Purser of one's own: whoever is logged in.
async fn somebody(client: &mut Client) -> Result<Person, Failure> {
    let name = std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "me".to_owned());
    let people: List<Person> = client.get(path(["people"])).await?;
    if let Some(person) = people.items.into_iter().find(|person| person.active && person.name.as_deref() == Some(&name))
    {
        return Ok(person);
    }
    let zone = local::zone().unwrap_or(Zone::UTC).name().to_owned();
    client.post(path(["people"]), &NewPerson { name, zone, unit: None, email: None }).await
}

/// Sees to it that the person has the budget asked for, and only that one.
async fn fund(client: &mut Client, person: &Person, budget: &str, release: &Release) -> Result<(), Failure> {
    let id = person.id.to_string();
    let grants: List<Grant> = client.get(path(["grants"]).with("person", Some(&id))).await?;
    let running: Vec<Grant> = grants.items.into_iter().filter(|grant| grant.voided.is_none()).collect();
    let per = serde_json::to_value(release.cadence).ok();
    let same =
        |grant: &Grant| grant.amount == release.amount && per.as_ref().and_then(|per| per.as_str()) == Some(&grant.per);
    if running.len() == 1 && running.first().is_some_and(same) {
        return Ok(());
    }
    for old in &running {
        let _voided: Grant = client.delete(path(["grants", &old.id.to_string()])).await?;
        say(format_args!("the budget of {} a {} ends, {budget} begins", old.amount, old.per));
    }
    let new = NewGrant {
        person: id,
        amount: budget.to_owned(),
        days: None,
        start: None,
        end: None,
        priority: None,
        models: Vec::new(),
        providers: Vec::new(),
    };
    let _made: Grant = client.post(path(["grants"]), &new).await?;
    Ok(())
}

/// Where the data of a Purser of one's own is, unless something else was said: with the user's other data.
pub(crate) fn usual_data() -> PathBuf {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    home("XDG_DATA_HOME")
        .or_else(|| home("HOME").map(|home| home.join(".local").join("share")))
        .map_or_else(|| PathBuf::from("purser-data"), |folder| folder.join("purser"))
}
