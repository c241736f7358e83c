//! `purser person …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use purser_control::shape::{
    ImportChange, ImportMistake, ImportPeople, MovePerson, NewPerson, PeopleImport, Person, SetPersonRole, SetZone,
};
use purser_core::role::{Family, Level};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add somebody
    Add(Add),
    /// Hold a spreadsheet against the people who are here: newcomers are added, others changed; all of it or nothing
    ///
    /// The first line names the columns: name,zone,id,unit,email,family,level,grant,days,key,budget; the first two are
    /// needed. Somebody is found by id, else by mail address, else by a name that only one has. `family` and `level` are
    /// their role (engineering, L4). For newcomers, `grant` is an amount per period (20/day), `days` all or workdays, `key`
    /// makes a key with that label, `budget` limits that key (50/month). An empty cell leaves out what it would make or
    /// change. The keys are shown once; keep the output where only you can read it. Add `--command-id NAME` to be able to repeat it after a cut connection.
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
    /// Say somebody's role: of whoever came without an offer, or after one
    ///
    /// What was said last counts: a role that is set stands until they accept an offer or another is set. Bands, limits of
    /// runs, alarms of under-use, costs and returns by family go by it.
    Role(Role),
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
    /// A file of values separated by commas, semicolons or tabs, in UTF-8; `-` for standard input
    pub(crate) file: PathBuf,
    /// Take the good lines although others are bad; the exit code is 1 then
    #[arg(long)]
    pub(crate) partial: bool,
    /// Only tell what would be
    #[arg(long, alias = "preview")]
    pub(crate) dry_run: bool,
    /// Let everybody go who is here and not in the file
    #[arg(long)]
    pub(crate) remove_missing: bool,
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

#[derive(Debug, Args)]
pub(crate) struct Role {
    /// Id or name
    pub(crate) person: String,
    /// The family, such as engineering; `purser role list` shows those that something is set for
    #[arg(required_unless_present = "none")]
    pub(crate) family: Option<Family>,
    /// The level, such as L4
    #[arg(long, requires = "family")]
    pub(crate) level: Option<Level>,
    /// Take back what was set: their role is that of the offer they accepted last, or none
    #[arg(long, conflicts_with_all = ["family", "level"])]
    pub(crate) none: bool,
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
                let Import { file, partial, dry_run, remove_missing } = import;
                let import = ImportPeople { csv: read(&file)?, partial, preview: dry_run, remove_missing };
                let made: PeopleImport = client.post(path(["people", "import"]), &import).await?;
                out.show(&made, imported);
                let left = made.missing.iter().filter(|person| person.removed).count();
                say(format_args!(
                    "{}added {}, changed {}, as they were {}, not in the file {} ({left} let go), bad lines {}",
                    would(dry_run),
                    made.items.len(),
                    made.changed.len(),
                    made.unchanged,
                    made.missing.len(),
                    made.mistakes.len()
                ));
                tell_unknown(&made.unknown_families);
                return left_out(&made.mistakes);
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
            Self::Role(to) => {
                // With `--none` there is no family.
                let wanted = SetPersonRole { family: to.family, level: to.level };
                let person: Person = client.put(path(["people", &to.person, "role"]), &wanted).await?;
                let unknown = person.role.iter().filter(|role| !role.known).map(|role| role.family.clone());
                tell_unknown(&unknown.collect::<Vec<_>>());
                person
            }
        };
        out.show(&person, |person| table(std::slice::from_ref(person)));
        Ok(())
    }
}

/// The text of a file, or of standard input.
pub(super) fn read(file: &Path) -> Result<String, Failure> {
    let text =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    text.map_err(|error| {
        let what = format!("{} can't be read", file.display());
        if error.kind() == std::io::ErrorKind::InvalidData {
            return Failure::new(format!("{what}: it is not in UTF-8"), "save it as \"CSV UTF-8\"");
        }
        Failure::from_error(what, &error)
    })
}

/// Says of which families nothing is set: roles of them are kept, and have no effect yet.
fn tell_unknown(families: &[Family]) {
    if !families.is_empty() {
        let families: Vec<&str> = families.iter().map(Family::as_str).collect();
        say(format_args!(
            "nothing is set for {}: no bands, no limits of runs; `purser role list` shows the families there are",
            families.join(", ")
        ));
    }
}

/// Begins a sentence about what was not done.
pub(super) const fn would(preview: bool) -> &'static str {
    if preview { "nothing was changed; it would be: " } else { "" }
}

/// Lines that were left out are a failure.
pub(super) fn left_out(mistakes: &[ImportMistake]) -> Result<(), Failure> {
    match mistakes.len() {
        0 => Ok(()),
        1 => Err(Failure::new("one line can't be", "mend it and import the file again: what is there stays as it is")),
        many => Err(Failure::new(
            format!("{many} lines can't be"),
            "mend them and import the file again: what is there stays as it is",
        )),
    }
}

/// Mistakes as a table.
pub(super) fn mistakes(mistakes: &[ImportMistake]) -> String {
    let mut table = Table::new(&[">line", "column", "what is wrong", "what to do"]);
    for mistake in mistakes {
        let (field, hint) = (or_dash(mistake.field.as_deref()), or_dash(mistake.hint.as_deref()));
        table.row([mistake.line.to_string(), field, mistake.message.clone(), hint]);
    }
    table.or("")
}

/// Changes in one cell.
pub(super) fn changes(changes: &[ImportChange]) -> String {
    let one = |change: &ImportChange| {
        format!("{}: {} to {}", change.field, or_dash(some(&change.from)), or_dash(some(&change.to)))
    };
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn imported(made: &PeopleImport) -> String {
    let mut parts = Vec::new();
    let mut table = Table::new(&["line", "id", "name", "role", "key"]);
    for person in &made.items {
        let id = if made.preview { "new".to_owned() } else { person.person.to_string() };
        let role = person.role.as_ref().map(|role| role_word(&role.family, role.level));
        let (role, key) = (or_dash(role.as_deref()), or_dash(person.key.as_deref()));
        table.row([person.line.to_string(), id, person.name.clone(), role, key]);
    }
    parts.push(table.or(""));
    let mut table = Table::new(&["line", "id", "changed", "what"]);
    for person in &made.changed {
        let what = changes(&person.changes);
        table.row([person.line.to_string(), person.person.to_string(), person.name.clone(), what]);
    }
    parts.push(table.or(""));
    let mut table = Table::new(&["id", "not in the file", "let go"]);
    for person in &made.missing {
        let removed = if person.removed { "yes" } else { "no" }.to_owned();
        table.row([person.person.to_string(), or_dash(person.name.as_deref()), removed]);
    }
    parts.extend([table.or(""), mistakes(&made.mistakes)]);
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Their unit, and where they will be next.
fn unit(person: &Person) -> Option<String> {
    let now = person.unit_name.clone()?;
    let next = person.next_unit_name.as_ref().zip(person.moves);
    Some(next.map_or_else(|| now.clone(), |(next, moves)| format!("{now}, {next} from {moves}")))
}

/// A family and a level in a few letters.
fn role_word(family: &Family, level: Option<Level>) -> String {
    level.map_or_else(|| family.to_string(), |level| format!("{family} {level}"))
}

fn table(people: &[Person]) -> String {
    let mut table = Table::new(&["id", "name", "zone", "unit", "role", "email", "state"]);
    for person in people {
        table.row([
            person.id.to_string(),
            or_dash(person.name.as_deref()),
            person.zone.clone(),
            or_dash(unit(person).as_deref()),
            or_dash(person.role.as_ref().map(|role| role_word(&role.family, role.level)).as_deref()),
            or_dash(person.email.as_deref()),
            if person.active { "active" } else { "removed" }.to_owned(),
        ]);
    }
    table.or("nobody yet; `purser person add NAME --zone Europe/Berlin` adds somebody")
}
