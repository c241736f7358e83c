//! `purser person …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use purser_control::shape::{ImportPeople, ImportedPerson, List, MovePerson, NewPerson, Person, SetZone};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add somebody
    Add(Add),
    /// Add everybody of a spreadsheet, with their grants and keys, or nobody
    ///
    /// The first line names the columns: name,zone,unit,email,grant,days,key,budget; the first two are needed. `grant` is
    /// an amount per period (20/day), `days` all or workdays, `key` makes a key with that label, `budget` limits that key
    /// (50/month). An empty cell leaves out what it would make. The keys are shown once; keep the output where only you
    /// can read it. Add `--command-id NAME` to be able to repeat it after a cut connection without adding anybody twice.
    Import(Import),
    /// Show everybody
    List,
    /// Show one person
    Show(One),
    /// Remove somebody: keys stop working at once, history stays
    Remove(One),
    /// Change the zone whose midnight starts a new day; takes effect at the end of the running periods
    Zone(Zone),
    /// Move somebody to another unit
    Move(Move),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// How the person is called
    pub(crate) name: String,
    /// IANA time zone, such as Europe/Berlin
    #[arg(long)]
    pub(crate) zone: String,
    /// Unit the person belongs to (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file of comma separated values, `-` for standard input
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// Id or name
    pub(crate) person: String,
}

#[derive(Debug, Args)]
pub(crate) struct Zone {
    /// Id or name
    pub(crate) person: String,
    /// IANA time zone, such as America/New_York
    pub(crate) zone: String,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Id or name
    pub(crate) person: String,
    /// Id or name of the unit
    pub(crate) unit: String,
    /// The first day there, in the person's zone; at once where it is left out
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) | Self::Import(_) => Absent::Create,
            _ => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let person: Person = match self {
            Self::Add(add) => {
                let new = NewPerson { name: add.name, zone: add.zone, unit: add.unit, email: add.email };
                client.post(path(["people"]), &new).await?
            }
            Self::Import(import) => {
                let import = ImportPeople { csv: read(&import.file)? };
                let list: List<ImportedPerson> = client.post(path(["people", "import"]), &import).await?;
                say(format_args!("added {} people", list.items.len()));
                out.show(&list.items, |made| imported(made));
                return Ok(());
            }
            Self::List => {
                let list: Vec<Person> = client.list(path(["people"])).await?;
                out.show(&list, |people| table(people));
                return Ok(());
            }
            Self::Show(one) => client.get(path(["people", &one.person])).await?,
            Self::Remove(one) => client.delete(path(["people", &one.person])).await?,
            Self::Zone(zone) => {
                client.put(path(["people", &zone.person, "zone"]), &SetZone { zone: zone.zone }).await?
            }
            Self::Move(to) => {
                let wanted = MovePerson { unit: to.unit, from: to.from };
                client.put(path(["people", &to.person, "unit"]), &wanted).await?
            }
        };
        out.show(&person, |person| table(std::slice::from_ref(person)));
        Ok(())
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let text =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    text.map_err(|error| Failure::from_error(format!("{} can't be read", file.display()), &error))
}

fn imported(made: &[ImportedPerson]) -> String {
    let mut table = Table::new(&["line", "id", "name", "key"]);
    for person in made {
        let row = [person.line.to_string(), person.person.to_string(), person.name.clone()];
        table.row(row.into_iter().chain([or_dash(person.key.as_deref())]));
    }
    table.or("nobody")
}

/// Their unit, and where they will be next.
fn unit(person: &Person) -> Option<String> {
    let now = person.unit_name.clone()?;
    let next = person.next_unit_name.as_ref().zip(person.moves);
    Some(next.map_or_else(|| now.clone(), |(next, moves)| format!("{now}, {next} from {moves}")))
}

fn table(people: &[Person]) -> String {
    let mut table = Table::new(&["id", "name", "zone", "unit", "email", "state"]);
    for person in people {
        table.row([
            person.id.to_string(),
            or_dash(person.name.as_deref()),
            person.zone.clone(),
            or_dash(unit(person).as_deref()),
            or_dash(person.email.as_deref()),
            if person.active { "active" } else { "removed" }.to_owned(),
        ]);
    }
    table.or("nobody yet; `purser person add NAME --zone Europe/Berlin` adds somebody")
}
