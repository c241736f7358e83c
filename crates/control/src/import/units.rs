//! Units from a spreadsheet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use purser_core::directory::{Directory, Unit};
use purser_core::event::Event;
use purser_core::id::UnitId;
use purser_core::zone::Zone;
use purser_store::Labelled;

use super::mistake::{Cell, Wrong};
use super::sheet::{Row, Sheet, invalid, refuse};
use crate::change::{CommandName, Turn, refused};
use crate::control::{Control, EVERYBODY, stored};
use crate::error::Error;
use crate::people::{checked_name, zone};
use crate::shape::{ImportChange, ImportUnits, ImportedUnit, MissingUnit, UnitsImport};
use crate::units::{COST_CENTRE, name_of};

/// The columns there may be.
const COLUMNS: [&str; 5] = ["name", "id", "parent", "zone", "cost_centre"];
/// The columns there must be.
const NEEDED: [&str; 1] = ["name"];

impl Control {
    /// Holds a spreadsheet against the open units: adds new ones, renames, moves. All of it or nothing, unless the good lines
    /// are asked for. Units that are not in the file stay.
    ///
    /// # Errors
    /// What is wrong with the file or with its lines, all of them; or the journal. Nothing was changed then.
    pub async fn import_units(&self, name: Option<CommandName>, import: ImportUnits) -> Result<UnitsImport, Error> {
        self.change(name, move |turn| {
            let sheet = Sheet::read(&import.csv, &COLUMNS, &NEEDED)?;
            run(turn, &import, sheet)
        })
        .await
    }
}

/// A line with what it means.
struct Meant<'r> {
    row: &'r Row,
    unit: UnitId,
    /// The unit that is there already.
    known: Option<Arc<Unit>>,
    name: String,
    parent: Above,
}

/// Where a line says that a unit belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    /// Nothing of it.
    Unsaid,
    /// Right under the company.
    Company,
    /// Part of a unit that is there, or of another line's.
    Unit(UnitId),
}

impl Above {
    fn unit(self) -> Option<UnitId> {
        match self {
            Self::Unsaid | Self::Company => None,
            Self::Unit(unit) => Some(unit),
        }
    }
}

fn run(turn: &mut Turn<'_>, import: &ImportUnits, sheet: Sheet) -> Result<UnitsImport, Error> {
    let snapshot = turn.snapshot();
    let Sheet { rows, mut mistakes } = sheet;
    let mut told = UnitsImport { preview: import.preview, ..UnitsImport::default() };
    let mut meant = Vec::new();
    let mut names: HashMap<String, Option<UnitId>> = HashMap::new();
    let mut lines: HashMap<UnitId, usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        match means(turn, &snapshot.directory, place, row) {
            Ok(means) => {
                if let Some(line) = lines.insert(means.unit, row.line) {
                    let twice = invalid(format!("line {line} is about the same unit")).hint("keep one of the lines");
                    mistakes.push(Wrong::from(twice).told(row.line)?);
                    continue;
                }
                // A name that two lines have names neither.
                let named = names.entry(folded(&means.name)).or_insert(Some(means.unit));
                if *named != Some(means.unit) {
                    *named = None;
                    let twice = invalid("another line has the same name").hint("units of one name can't be told apart");
                    mistakes.push(Wrong::under(twice, "name").told(row.line)?);
                    continue;
                }
                meant.push(means);
            }
            Err(wrong) => mistakes.push(wrong.told(row.line)?),
        }
    }
    let mut ready = Vec::with_capacity(meant.len());
    for mut means in meant {
        match parent(turn, &snapshot, &names, means.row) {
            Ok(parent) => {
                means.parent = parent;
                ready.push(means);
            }
            Err(wrong) => mistakes.push(wrong.told(means.row.line)?),
        }
    }
    let mut directory = snapshot.directory.clone();
    let (mut labels, mut events) = (Vec::new(), Vec::new());
    let mut waiting = ready;
    // Each after the one above it: whoever waits for a line that never comes waits in a circle, or for a bad one.
    loop {
        let (now, later): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|means| means.parent.unit().is_none_or(|parent| directory.unit(parent).is_some()));
        let moved = !now.is_empty();
        for means in now {
            let before = directory.clone();
            let made = make(turn, &means, &mut directory);
            match made {
                Ok(Made { event, label, shown }) => {
                    events.extend(event);
                    labels.extend(label);
                    match shown {
                        Some(shown) => told.items.push(shown),
                        None => told.unchanged += 1,
                    }
                }
                Err(wrong) => {
                    directory = before;
                    mistakes.push(wrong.told(means.row.line)?);
                }
            }
        }
        waiting = later;
        if waiting.is_empty() || !moved {
            break;
        }
    }
    for means in &waiting {
        let wrong = invalid(
            "the unit above it is not made: its line is bad, or these lines stand under each other in a circle",
        );
        let wrong = wrong.hint("mend the line of the unit above");
        mistakes.push(Wrong::under(wrong, "parent").told(means.row.line)?);
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    let mut missing: Vec<_> = snapshot
        .directory
        .units()
        .filter(|unit| unit.closed_at.is_none() && unit.id != EVERYBODY && !lines.contains_key(&unit.id))
        .collect();
    missing.sort_unstable_by_key(|unit| (unit.added_at, unit.id));
    {
        let names = turn.control().names.read();
        told.missing.extend(missing.iter().map(|unit| MissingUnit { unit: unit.id, name: names.unit_name(unit.id) }));
    }
    if !import.partial && !import.preview {
        refuse(&mistakes)?;
    }
    told.mistakes = mistakes;
    if !import.preview {
        write(turn, labels, events, directory)?;
    }
    Ok(told)
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn means<'r>(turn: &Turn<'_>, directory: &Directory, place: usize, row: &'r Row) -> Result<Meant<'r>, Wrong> {
    let name = checked_name("name", row.cell("name").unwrap_or_default()).under("name")?;
    let open = |id| directory.unit(id).filter(|unit| unit.closed_at.is_none());
    let known = if let Some(text) = row.cell("id") {
        let id = text.parse::<UnitId>().map_err(|error| invalid(error.to_string())).under("id")?;
        let gone = || invalid(format!("no open unit is {id}")).hint("leave the cell empty to add one");
        Some(Arc::clone(open(id).ok_or_else(gone).under("id")?))
    } else {
        let found = turn.control().names.read().find_unit(&name, |id| open(id).is_some());
        match found {
            Ok(id) => open(id).map(Arc::clone),
            Err(Error::Refused(refused)) if refused.code == crate::error::Code::NotFound => None,
            Err(error) => return Err(error).under("name"),
        }
    };
    let unit = known.as_ref().map_or_else(|| UnitId::new(turn.derived("unit", place)), |known| known.id);
    Ok(Meant { row, unit, known, name, parent: Above::Unsaid })
}

/// The unit above, of the file or not.
fn parent(
    turn: &Turn<'_>,
    snapshot: &purser_core::snapshot::Snapshot,
    names: &HashMap<String, Option<UnitId>>,
    row: &Row,
) -> Result<Above, Wrong> {
    if !row.has("parent") {
        return Ok(Above::Unsaid);
    }
    let Some(text) = row.cell("parent") else { return Ok(Above::Company) };
    if let Some(Some(unit)) = names.get(&folded(text)) {
        return Ok(Above::Unit(*unit));
    }
    turn.control().find_unit(snapshot, text).map(Above::Unit).under("parent")
}

/// What one line makes.
struct Made {
    event: Option<Event>,
    label: Option<(UnitId, String)>,
    shown: Option<ImportedUnit>,
}

fn make(turn: &Turn<'_>, means: &Meant<'_>, directory: &mut Directory) -> Result<Made, Wrong> {
    let Meant { row, unit, known, name, parent } = means;
    let (unit, at) = (*unit, turn.now);
    let centre = row.cell("cost_centre").map(|centre| checked_name("cost centre", centre)).transpose();
    let centre = centre.under("cost_centre")?;
    let said = row.cell("zone").map(zone).transpose().under("zone")?;
    let label =
        |centre: Option<&str>| centre.map_or_else(|| name.clone(), |centre| format!("{name}{COST_CENTRE}{centre}"));
    let Some(known) = known else {
        let zone = said.unwrap_or(Zone::UTC);
        let event = Event::UnitAdded { unit, parent: parent.unit(), zone, at };
        directory.take(&event).map_err(|error| refused(&error))?;
        let shown = ImportedUnit { line: row.line, unit, name: name.clone(), added: true, changes: Vec::new() };
        return Ok(Made { event: Some(event), label: Some((unit, label(centre.as_deref()))), shown: Some(shown) });
    };
    if said.is_some_and(|zone| zone != known.zone) {
        let wrong = invalid(format!("the unit's periods follow {}, which stays", known.zone.name()));
        return Err(wrong.hint("leave the cell empty, or add another unit")).under("zone");
    }
    let names = turn.control().names.read();
    let old = names.unit_label(unit).cloned().unwrap_or_default();
    let (old_name, old_centre) =
        (name_of(&old).to_owned(), old.split_once(COST_CENTRE).map(|(_, centre)| centre.to_owned()));
    let centre = if row.has("cost_centre") { centre } else { old_centre.clone() };
    let mut changes = Vec::new();
    let mut change = |field: &str, from: String, to: String| {
        if from != to {
            changes.push(ImportChange { field: field.to_owned(), from, to });
        }
    };
    change("name", old_name, name.clone());
    change("cost_centre", old_centre.unwrap_or_default(), centre.clone().unwrap_or_default());
    let moved = (*parent != Above::Unsaid && parent.unit() != known.parent).then(|| parent.unit());
    let event = moved.map(|parent| Event::UnitMoved { unit, parent, at });
    if let Some(parent) = moved {
        let called =
            |unit: Option<UnitId>| unit.map_or_else(String::new, |unit| names.unit_name(unit).unwrap_or_default());
        let to = if row.cell("parent").is_some() {
            row.cell("parent").unwrap_or_default().to_owned()
        } else {
            called(parent)
        };
        changes.push(ImportChange { field: "parent".to_owned(), from: called(known.parent), to });
    }
    drop(names);
    if let Some(event) = &event {
        directory.take(event).map_err(|error| refused(&error)).under("parent")?;
    }
    let label = Some(label(centre.as_deref())).filter(|label| *label != old).map(|label| (unit, label));
    let shown =
        (!changes.is_empty()).then(|| ImportedUnit { line: row.line, unit, name: name.clone(), added: false, changes });
    Ok(Made { event, label, shown })
}

fn write(turn: &mut Turn<'_>, labels: Vec<(UnitId, String)>, events: Vec<Event>, next: Directory) -> Result<(), Error> {
    let mut before = Vec::new();
    for (unit, label) in &labels {
        let old = turn.control().names.read().unit_label(*unit).cloned();
        before.extend(old.map(|old| (*unit, old)));
        turn.control().private.put_label(Labelled::Unit, unit.get(), label).map_err(stored)?;
    }
    let known: HashSet<UnitId> = before.iter().map(|(unit, _)| *unit).collect();
    for (unit, label) in labels.iter().filter(|(unit, _)| known.contains(unit)) {
        turn.touches(&unit.to_string(), label.as_bytes());
    }
    let written = if !events.is_empty() {
        turn.commit_all(events, next)
    } else if !labels.is_empty() {
        turn.audit("import_units", &[], None)
    } else {
        Ok(())
    };
    if let Err(error) = written {
        // Labels of units that do not exist are nobody's; those that do get theirs back.
        for (unit, label) in &before {
            if let Err(why) = turn.control().private.put_label(Labelled::Unit, unit.get(), label) {
                tracing::warn!(error = %why, "a name of an import that failed could not be taken back");
            }
        }
        return Err(error);
    }
    let mut names = turn.control().names.write();
    for (unit, label) in labels {
        names.put_unit(unit, label);
    }
    Ok(())
}
