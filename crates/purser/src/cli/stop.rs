//! `purser stop …` and `purser resume …`

use clap::{Args, Subcommand};
use purser_control::shape::{List, NewStop, Stop, StopWhat};

use super::or_dash;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be stopped.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the stops in force
    List,
    /// Every call of the company; two persons lift it
    Company,
    /// Everybody in a unit and below it
    Unit(Named),
    /// All keys of somebody
    Person(Named),
    /// One key
    Key(Named),
    /// One run, and those that it started
    Run(Named),
    /// Models by name; `*` stands for any text
    Model(Named),
    /// A provider
    Provider(Named),
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Id or name
    pub(crate) name: String,
}

/// `purser resume`
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// Id of the stop (`purser stop list`), or of the run that it holds
    pub(crate) stop: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let on = match self {
            Self::List => {
                let list: List<Stop> = client.get(path(["stops"])).await?;
                out.show(&list.items, |stops| table(stops));
                return Ok(());
            }
            Self::Company => StopWhat::Company,
            Self::Unit(of) => StopWhat::Unit(of.name),
            Self::Person(of) => StopWhat::Person(of.name),
            Self::Key(of) => StopWhat::Key(of.name),
            Self::Run(of) => StopWhat::Run(of.name),
            Self::Model(of) => StopWhat::Model(of.name),
            Self::Provider(of) => StopWhat::Provider(of.name),
        };
        let stop: Stop = client.post(path(["stops"]), &NewStop { on }).await?;
        say(format_args!("Stopped, calls under way included. `purser resume {}` lets it go on.", stop.id));
        out.show(&stop, |stop| table(std::slice::from_ref(stop)));
        Ok(())
    }
}

impl Resume {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let stop: Stop = client.delete(path(["stops", &self.stop])).await?;
        match (stop.active, &stop.lift_asked_by) {
            (true, Some(by)) => {
                say(format_args!(
                    "It takes two persons to lift this stop. {by} has asked; somebody else runs the same command."
                ));
            }
            _ => say(format_args!("It goes on.")),
        }
        out.show(&stop, |stop| table(std::slice::from_ref(stop)));
        Ok(())
    }
}

fn table(stops: &[Stop]) -> String {
    let mut table = Table::new(&["id", "stopped", "name", "since", "by", "state"]);
    for stop in stops {
        let (kind, what) = match &stop.on {
            StopWhat::Company => ("company", None),
            StopWhat::Unit(id) => ("unit", Some(id)),
            StopWhat::Person(id) => ("person", Some(id)),
            StopWhat::Key(id) => ("key", Some(id)),
            StopWhat::Run(id) => ("run", Some(id)),
            StopWhat::Model(models) => ("model", Some(models)),
            StopWhat::Provider(name) => ("provider", Some(name)),
        };
        let state = match (stop.active, &stop.lift_asked_by) {
            (false, _) => "lifted",
            (true, Some(_)) => "stopped, lift asked",
            (true, None) => "stopped",
        };
        table.row([
            stop.id.to_string(),
            what.map_or_else(|| kind.to_owned(), |what| format!("{kind} {what}")),
            or_dash(stop.name.as_deref()),
            stop.since.to_string(),
            or_dash(stop.by.as_deref()),
            state.to_owned(),
        ]);
    }
    table.or("nothing is stopped")
}
