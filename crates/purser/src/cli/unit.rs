//! `purser unit …`

use clap::{Args, Subcommand};
use purser_control::shape::{ImportUnits, NewUnit, Unit, UnitsImport};

use super::or_dash;
use super::person::{changes, left_out, mistakes, read, would};
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with units.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a team or department
    Add(Add),
    /// Hold a spreadsheet against the units: new ones are added, others renamed or moved; all of it or nothing
    ///
    /// The first line names the columns: name,id,parent,zone,cost_centre; the first is needed. A unit is found by id, else by
    /// its name; parents may stand on any line. Units that are not in the file are listed and stay.
    Import(Import),
    /// Show the tree
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file of values separated by commas, semicolons or tabs, in UTF-8; `-` for standard input
    pub(crate) file: std::path::PathBuf,
    /// Take the good lines although others are bad; the exit code is 1 then
    #[arg(long)]
    pub(crate) partial: bool,
    /// Only tell what would be
    #[arg(long, alias = "preview")]
    pub(crate) dry_run: bool,
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
            Self::Add(_) | Self::Import(_) => Absent::Create,
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
            Self::Import(Import { file, partial, dry_run }) => {
                let import = ImportUnits { csv: read(&file)?, partial, preview: dry_run };
                let made: UnitsImport = client.post(path(["units", "import"]), &import).await?;
                out.show(&made, imported);
                let added = made.items.iter().filter(|unit| unit.added).count();
                say(format_args!(
                    "{}added {added}, changed {}, as they were {}, not in the file {}, bad lines {}",
                    would(dry_run),
                    made.items.len().saturating_sub(added),
                    made.unchanged,
                    made.missing.len(),
                    made.mistakes.len()
                ));
                return left_out(&made.mistakes);
            }
            Self::List => {
                let list: Vec<Unit> = client.list(path(["units"])).await?;
                out.show(&list, |units| table(units));
            }
        }
        Ok(())
    }
}

fn imported(made: &UnitsImport) -> String {
    let mut table = Table::new(&["line", "id", "unit", "what"]);
    for unit in &made.items {
        let id = if made.preview && unit.added { "new".to_owned() } else { unit.unit.to_string() };
        let what = if unit.added { "added".to_owned() } else { changes(&unit.changes) };
        table.row([unit.line.to_string(), id, unit.name.clone(), what]);
    }
    let mut parts = vec![table.or("")];
    let mut table = Table::new(&["id", "not in the file"]);
    for unit in &made.missing {
        table.row([unit.unit.to_string(), or_dash(unit.name.as_deref())]);
    }
    parts.extend([table.or(""), mistakes(&made.mistakes)]);
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
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
