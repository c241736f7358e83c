//! Units: teams and departments, a tree under the company.

use std::collections::HashMap;
use std::sync::Arc;

use purser_core::directory::Unit as Known;
use purser_core::event::Event;
use purser_core::id::UnitId;
use purser_store::Labelled;

use crate::change::{CommandName, reused};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::pages::{Part, unrefused};
use crate::people::{checked_name, known, zone};
use crate::shape::{List, NewUnit, Page, Unit};

/// Separates a unit's name from its cost centre in its label: no name has a line end in it.
pub(crate) const COST_CENTRE: char = '\n';

impl Control {
    /// All open units, each after the one above it, otherwise in the order they were added.
    pub fn units(&self) -> List<Unit> {
        unrefused(self.units_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn units_page(&self, part: &Part) -> Result<Page<Unit>, Error> {
        let snapshot = self.snapshot();
        let mut below: HashMap<Option<UnitId>, Vec<&Arc<Known>>> = HashMap::new();
        for unit in snapshot.directory.units().filter(|unit| unit.closed_at.is_none()) {
            below.entry(unit.parent).or_default().push(unit);
        }
        for units in below.values_mut() {
            // Last first, because the walk takes from the end.
            units.sort_unstable_by_key(|unit| std::cmp::Reverse((unit.added_at, unit.id)));
        }
        let mut units = Vec::new();
        let mut ahead = below.remove(&None).unwrap_or_default();
        while let Some(unit) = ahead.pop() {
            units.push(unit);
            ahead.extend(below.remove(&Some(unit.id)).unwrap_or_default());
        }
        part.of(&units, |unit| unit.id.to_string(), |unit| Ok(self.inner.show_unit(unit)))
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// A name, zone or parent that can't be, or the journal.
    pub async fn add_unit(&self, name: Option<CommandName>, new: NewUnit) -> Result<Unit, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let mut label = checked_name("name", &new.name)?;
            if let Some(centre) = &new.cost_centre {
                label.push(COST_CENTRE);
                label.push_str(&checked_name("cost centre", centre)?);
            }
            let zone = zone(&new.zone)?;
            let parent = new.parent.as_deref().map(|parent| control.find_unit(&snapshot, parent)).transpose()?;
            let unit = UnitId::new(turn.command.get());
            if let Some(known) = snapshot.directory.unit(unit) {
                let same = control.names.read().unit_label(unit) == Some(&label) && known.zone == zone;
                return if same { Ok(control.show_unit(known)) } else { Err(reused()) };
            }
            control.private.put_label(Labelled::Unit, unit.get(), &label).map_err(stored)?;
            turn.commit(&Event::UnitAdded { unit, parent, zone, at: turn.now })?;
            control.names.write().put_unit(unit, label);
            let snapshot = turn.snapshot();
            known(snapshot.directory.unit(unit), "unit", &unit).map(|unit| control.show_unit(unit))
        })
        .await
    }
}

impl Inner {
    fn show_unit(&self, unit: &Known) -> Unit {
        let names = self.names.read();
        let label = names.unit_label(unit.id);
        Unit {
            id: unit.id,
            name: names.unit_name(unit.id),
            parent: unit.parent,
            zone: unit.zone.name().to_owned(),
            cost_centre: label.and_then(|label| label.split_once(COST_CENTRE)).map(|(_, centre)| centre.to_owned()),
            people: usize::try_from(unit.people).unwrap_or(usize::MAX),
        }
    }
}

/// A unit's name out of its label.
pub(crate) fn name_of(label: &str) -> &str {
    label.split_once(COST_CENTRE).map_or(label, |(name, _)| name)
}
