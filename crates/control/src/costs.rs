//! What people cost in a year, fully loaded: kept in memory, since reports ask for everybody's.
//!
//! Pay stands in the versions of offers, where it can be erased; what an accepted one pays never changes, so it is read once
//! and kept. The table of costs is a text of the same place; the journal has its id, the trail a keyed hash of it. Nothing here
//! is shown without [`Confidential`]: whoever computes with [`Inner::loaded_cost`] shows what comes of it the same way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use purser_core::cost::{CostPart, CostTable, LoadedCost, Pay, PaySource, RowOf};
use purser_core::directory::Directory;
use purser_core::id::{NoteId, OfferId, PersonId};
use purser_core::money::{Currency, Nano};
use purser_core::offer::Content;
use purser_core::package::Exact;
use purser_core::price::Ratio;
use purser_core::role::Role;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_store::Private;
use serde::{Deserialize, Serialize};

use crate::access::{Confidential, Whose};
use crate::admins::AdminEvent;
use crate::change::{CommandName, reused};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape;
use crate::shape::{ChangeCosts, CostLine, CostsRow, PersonCost};

/// What the journal says about costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CostEvent {
    /// The table is another one. What it says stands where it can be erased, the ones before it too.
    TableSet {
        /// The text.
        table: NoteId,
        /// When.
        at: Instant,
    },
}

/// What is known about costs.
#[derive(Debug)]
pub(crate) struct Costs {
    table: RwLock<Arc<CostTable>>,
    /// By accepted offer: what it pays, as far as that can be counted, and the working share.
    paid: RwLock<HashMap<OfferId, Paid>>,
    /// What somebody costs in a year, by the table in force.
    yearly: RwLock<HashMap<PaidAs, Option<Nano>>>,
    /// Were all offers read that had been accepted when somebody first asked for everybody?
    read: AtomicBool,
}

/// What somebody's cost depends on, beside the table: the offer that they accepted, and the role that was set since.
type PaidAs = (Option<OfferId>, Option<Arc<Role>>);

#[derive(Clone, Copy, Debug)]
struct Paid {
    pay: Option<Pay>,
    share: Ratio,
}

impl Paid {
    /// Of what can't be read: erased, or written by a newer Purser.
    const UNKNOWN: Self = Self { pay: None, share: Ratio::ONE };

    fn of(content: &str, currency: &Currency) -> Self {
        let package = serde_json::from_str::<Content>(content).map(|content| content.package);
        package.map_or(Self::UNKNOWN, |package| Self {
            pay: Pay::of(&package, currency).ok(),
            share: package.working_share,
        })
    }
}

impl Costs {
    /// The table of that text, none yet where there is no text.
    pub(crate) fn read(private: &Private, table: Option<NoteId>) -> Result<Self, Error> {
        let text = table.map(|table| private.note(table)).transpose().map_err(stored)?.flatten();
        let table = text.map_or_else(|| Ok(CostTable::default()), |text| serde_json::from_str(&text));
        let table = table.map_err(|error| Error::failed("the table of costs can't be read", error))?;
        Ok(Self {
            table: RwLock::new(Arc::new(table)),
            paid: RwLock::default(),
            yearly: RwLock::default(),
            read: AtomicBool::new(false),
        })
    }

    /// The table in force.
    fn table(&self) -> Arc<CostTable> {
        Arc::clone(&self.table.read())
    }
}

impl Inner {
    /// What somebody costs in a year, fully loaded; `None` where nobody said what they are paid. The amounts are
    /// confidential: whoever shows them, or what tells them, wraps that in [`Confidential`] of the person.
    ///
    /// # Errors
    /// The files, the first time that somebody is asked about.
    pub(crate) fn loaded_cost(&self, directory: &Directory, person: PersonId) -> Result<Option<LoadedCost>, Error> {
        let (table, role) = (self.costs.table(), directory.role_of(person));
        let Some((offer, version)) = directory.accepted_by(person) else {
            return Ok(table.loaded(role, None, Ratio::ONE));
        };
        let paid = self.paid_by(offer, version.number)?;
        Ok(table.loaded(role, paid.pay, paid.share))
    }

    /// The total of [`Inner::loaded_cost`], rounded: kept, so that ten thousand are added up within milliseconds.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn yearly_cost(&self, directory: &Directory, person: PersonId) -> Result<Option<Nano>, Error> {
        let offer = directory.accepted_by(person).map(|(offer, _)| offer);
        let of: PaidAs = (offer, directory.set_role_of(person).map(|set| Arc::clone(&set.role)));
        if let Some(known) = self.costs.yearly.read().get(&of) {
            return Ok(*known);
        }
        let table = self.costs.table();
        let total = self.loaded_cost(directory, person)?.and_then(|cost| cost.total().round());
        let mut yearly = self.costs.yearly.write();
        // Not of a table that was replaced meanwhile.
        if Arc::ptr_eq(&table, &self.costs.table.read()) {
            yearly.insert(of, total);
        }
        Ok(total)
    }

    fn paid_by(&self, offer: OfferId, version: u32) -> Result<Paid, Error> {
        if let Some(paid) = self.costs.paid.read().get(&offer) {
            return Ok(*paid);
        }
        let currency = &self.snapshot.load().currency;
        let text = self.private.offer_text(offer, version).map_err(stored)?;
        let paid = text.map_or(Paid::UNKNOWN, |text| Paid::of(&text.content, currency));
        self.costs.paid.write().insert(offer, paid);
        Ok(paid)
    }

    /// Reads what every accepted offer pays, once, before many people are asked about. What is accepted later is read when
    /// it is asked for.
    ///
    /// # Errors
    /// The files.
    pub(crate) fn read_all_pay(&self, snapshot: &Snapshot) -> Result<(), Error> {
        if self.costs.read.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut paid = HashMap::new();
        let mut each = |offer: OfferId, number: u32, content: &str| {
            let accepted = snapshot.directory.offer(offer).and_then(|offer| offer.accepted);
            if accepted.is_some_and(|accepted| accepted.version == number) {
                paid.insert(offer, Paid::of(content, &snapshot.currency));
            }
        };
        self.private.each_offer_content(&mut each).map_err(stored)?;
        self.costs.paid.write().extend(paid);
        self.costs.read.store(true, Ordering::Release);
        Ok(())
    }

    fn shown_costs(&self, currency: &Currency) -> shape::Costs {
        let whose = Whose::new("costs", None, None);
        let row = |row: &purser_core::cost::CostRow| CostsRow {
            of: row.of.clone(),
            has_pay: row.pay.is_some(),
            pay: Confidential::new(row.pay, &whose),
            benefits: Confidential::new(row.benefits, &whose),
            overhead: Confidential::new(row.overhead, &whose),
        };
        let table = self.costs.table();
        shape::Costs { currency: currency.code().to_owned(), rows: table.rows().iter().map(row).collect() }
    }

    fn shown_cost(&self, snapshot: &Snapshot, person: PersonId) -> Result<PersonCost, Error> {
        let cost = self.loaded_cost(&snapshot.directory, person)?;
        let here = known(snapshot.directory.person(person), "person", &person)?;
        let unit = snapshot.directory.unit_of(here, self.clock.now());
        let whose = Whose::new(person, Some(person), Some(unit));
        let rounded = |exact: Exact| exact.round().unwrap_or(Nano::MAX);
        let line = |cost: &LoadedCost, part: CostPart| CostLine {
            part,
            per_year: Confidential::new(rounded(cost.part(part)), &whose),
            share: Confidential::new(cost.share(part).map(|share| share.to_string()), &whose),
        };
        let lines = |cost: &LoadedCost| CostPart::ALL.map(|part| line(cost, part)).to_vec();
        let row = |source: &PaySource| match source {
            PaySource::Offer => None,
            PaySource::Row(of) => Some(of.clone()),
        };
        Ok(PersonCost {
            person,
            person_name: self.names.read().person_name(person),
            currency: snapshot.currency.code().to_owned(),
            known: cost.is_some(),
            per_year: Confidential::new(cost.as_ref().map(|cost| rounded(cost.total())), &whose),
            parts: cost.as_ref().map_or_else(Vec::new, lines),
            pay_from: cost.as_ref().map(|cost| match cost.pay {
                PaySource::Offer => "offer".to_owned(),
                PaySource::Row(_) => "row".to_owned(),
            }),
            pay_row: cost.as_ref().and_then(|cost| row(&cost.pay)),
            on_top_row: cost.and_then(|cost| cost.on_top),
        })
    }
}

impl Control {
    /// Reads what people are paid, so that nobody who asks waits for it.
    ///
    /// # Errors
    /// The files.
    pub(crate) async fn read_costs(&self) -> Result<(), Error> {
        self.look(Inner::read_all_pay).await
    }

    /// What is set about costs.
    pub fn costs(&self) -> shape::Costs {
        self.inner.shown_costs(&self.snapshot().currency)
    }

    /// Sets or ends a row of the costs.
    ///
    /// # Errors
    /// [`Code::Invalid`] for one that makes no sense, [`Code::NotFound`] where there is no row to end; the files or the
    /// journal.
    pub async fn set_costs(&self, name: Option<CommandName>, change: ChangeCosts) -> Result<shape::Costs, Error> {
        self.change(name, move |turn| {
            let control = turn.control();
            let id = NoteId::new(turn.command.get());
            if control.admins.read().costs.contains(&id) {
                let text = control.private.note(id).map_err(stored)?;
                let made = text.and_then(|text| serde_json::from_str::<CostTable>(&text).ok()).unwrap_or_default();
                let row = |of: &RowOf| made.rows().iter().find(|row| row.of == *of);
                let same = match &change {
                    ChangeCosts::Set(new) => row(&new.of) == Some(new),
                    ChangeCosts::End(of) => row(of).is_none(),
                };
                return if same { Ok(control.shown_costs(&turn.snapshot().currency)) } else { Err(reused()) };
            }
            let mut table = CostTable::clone(&control.costs.table());
            match change {
                ChangeCosts::Set(row) => {
                    table.set(row).map_err(|error| Refused::new(Code::Invalid, error.to_string()))?;
                }
                ChangeCosts::End(of) => {
                    if !table.end(&of) {
                        let message = "no row of the costs is for exactly those";
                        return Err(Refused::new(Code::NotFound, message).hint("`purser cost list` shows all").into());
                    }
                }
            }
            if table != *control.costs.table() {
                let text = serde_json::to_string(&table)
                    .map_err(|error| Error::failed("the table of costs could not be written", error))?;
                control.private.put_note(id, &text).map_err(stored)?;
                turn.touches(&id.to_string(), text.as_bytes());
                turn.commit_admin(&AdminEvent::Costs(CostEvent::TableSet { table: id, at: turn.now }))?;
                *control.costs.table.write() = Arc::new(table);
                control.costs.yearly.write().clear();
            }
            Ok(control.shown_costs(&turn.snapshot().currency))
        })
        .await
    }

    /// What somebody costs in a year.
    ///
    /// # Errors
    /// The files.
    pub(crate) async fn person_cost(&self, person: PersonId) -> Result<PersonCost, Error> {
        let snapshot = self.snapshot();
        self.look(move |inner, _| inner.shown_cost(&snapshot, person)).await
    }
}
