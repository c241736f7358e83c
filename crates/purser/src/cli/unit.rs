//! `purser unit …`

use clap::{Args, Subcommand};
use purser_control::shape::{NewUnit, Unit};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with units.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a team or department
    Add(Add),
    /// Show the tree
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// How it is called
    pub(crate) name: String,
    /// The unit it belongs to (id or name); without it, it stands right under the company
    #[arg(long)]
    pub(crate) parent: Option<String>,
    /// IANA time zone of its budgets
    #[arg(long, default_value = "UTC")]
    pub(crate) zone: String,
    /// Cost centre in the company's books
    #[arg(long)]
    pub(crate) cost_centre: Option<String>,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) => Absent::Create,
            Self::List => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Add(add) => {
                let new = NewUnit { name: add.name, parent: add.parent, zone: add.zone, cost_centre: add.cost_centre };
                let unit: Unit = client.post(path(["units"]), &new).await?;
                out.show(&unit, |unit| table(std::slice::from_ref(unit)));
            }
            Self::List => {
                let list: Vec<Unit> = client.list(path(["units"])).await?;
                out.show(&list, |units| table(units));
            }
        }
        Ok(())
    }
}

/// The tree: each unit under its parent, indented.
fn table(units: &[Unit]) -> String {
    let mut table = Table::new(&["id", "name", "zone", "cost centre", ">people"]);
    for unit in units {
        let depth = depth(units, unit);
        table.row([
            unit.id.to_string(),
            format!("{}{}", "  ".repeat(depth), or_dash(unit.name.as_deref())),
            unit.zone.clone(),
            or_dash(unit.cost_centre.as_deref()),
            unit.people.to_string(),
        ]);
    }
    table.or("no units yet; `purser unit add NAME` adds one")
}

/// How many of the units shown stand above this one.
fn depth(units: &[Unit], unit: &Unit) -> usize {
    let above = |unit: &&Unit| units.iter().find(|other| Some(other.id) == unit.parent);
    std::iter::successors(above(&unit), above).take(units.len()).count()
}
