//! `purser person …`

use clap::{Args, Subcommand};
use purser_control::shape::{List, MovePerson, NewPerson, Person, SetZone};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add somebody
    Add(Add),
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
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) => Absent::Create,
            _ => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let person: Person = match self {
            Self::Add(add) => {
                let new = NewPerson { name: add.name, zone: add.zone, unit: add.unit, email: add.email };
                client.post(path(["people"]), &new).await?
            }
            Self::List => {
                let list: List<Person> = client.get(path(["people"])).await?;
                out.show(&list.items, |people| table(people));
                return Ok(());
            }
            Self::Show(one) => client.get(path(["people", &one.person])).await?,
            Self::Remove(one) => client.delete(path(["people", &one.person])).await?,
            Self::Zone(zone) => {
                client.put(path(["people", &zone.person, "zone"]), &SetZone { zone: zone.zone }).await?
            }
            Self::Move(to) => client.put(path(["people", &to.person, "unit"]), &MovePerson { unit: to.unit }).await?,
        };
        out.show(&person, |person| table(std::slice::from_ref(person)));
        Ok(())
    }
}

fn table(people: &[Person]) -> String {
    let mut table = Table::new(&["id", "name", "zone", "unit", "email", "state"]);
    for person in people {
        table.row([
            person.id.to_string(),
            or_dash(person.name.as_deref()),
            person.zone.clone(),
            or_dash(person.unit_name.as_deref()),
            or_dash(person.email.as_deref()),
            if person.active { "active" } else { "removed" }.to_owned(),
        ]);
    }
    table.or("nobody yet; `purser person add NAME --zone Europe/Berlin` adds somebody")
}
