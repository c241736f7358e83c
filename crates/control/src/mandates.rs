//! Mandates: how much a manager gives in top-ups without being asked.

use purser_core::directory::Directory;
use purser_core::event::{Event, TopUpEvent};
use purser_core::id::{PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::Mandate as Known;

use crate::access::{Actor, Party, Role, Within};
use crate::change::CommandName;
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::people::known;
use crate::shape::{Mandate, Page, SetMandate};

impl Control {
    /// Mandates over units that are covered, in pages.
    pub(crate) fn mandates_page(&self, within: &Within, part: &Part) -> Result<Page<Mandate>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let mut mandates: Vec<&Known> = snapshot.directory.mandates().map(|mandate| &**mandate).collect();
        mandates.retain(|mandate| within.unit(&snapshot.directory, mandate.unit));
        mandates.sort_by_key(|mandate| mandate.manager);
        let show = |mandate: &&Known| Ok(self.inner.show_mandate(&snapshot, mandate, now));
        part.of(&mandates, |mandate| mandate.manager.to_string(), show)
    }

    /// Sets what a manager gives, or ends it with nothing in a month.
    ///
    /// # Errors
    /// Nobody of that name or no such unit, [`Code::SelfApproval`] for one's own, [`Code::Invalid`] where they don't lead
    /// that unit or the amounts can't be; the journal.
    pub(crate) async fn set_mandate(&self, name: Option<CommandName>, set: SetMandate) -> Result<Mandate, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let directory = &snapshot.directory;
            let manager = control.find_person(&snapshot, &set.manager)?;
            let party = Party { actor: Actor::Stranger, person: Some(manager) };
            turn.separate_duties("set_mandate", &manager.to_string(), &[party])?;
            let control = turn.control();
            let before = directory.mandate(manager);
            let unit = match (&set.unit, before) {
                (Some(unit), _) => control.find_unit(&snapshot, unit)?,
                (None, Some(before)) => before.unit,
                (None, None) => {
                    let refused = Refused::new(Code::Invalid, "a mandate is for the people of a unit");
                    return Err(refused.hint("name the unit (`--unit`)").into());
                }
            };
            let request = set.per_request.unwrap_or(set.per_month);
            let pool = set.pool.as_deref().map(|pool| control.find_pool(&snapshot, pool)).transpose()?;
            if set.per_month.is_positive() && !control.leads(directory, manager, unit) {
                let message = "whoever gives to a unit's people leads that unit or one above it, and signs in";
                return Err(Refused::new(Code::Invalid, message)
                    .hint("`purser login add … --role manager:UNIT --person PERSON` makes somebody its manager")
                    .into());
            }
            let is_same = before.is_some_and(|before| {
                (before.unit, before.month, before.request, before.pool) == (unit, set.per_month, request, pool)
            });
            if !is_same {
                let (month, at) = (set.per_month, turn.now);
                turn.commit(&Event::TopUp(TopUpEvent::MandateSet { manager, unit, month, request, pool, at }))?;
            }
            let snapshot = turn.snapshot();
            let mandate = known(snapshot.directory.mandate(manager), "mandate", &manager)?;
            Ok(turn.control().show_mandate(&snapshot, mandate, turn.now))
        })
        .await
    }
}

impl Inner {
    /// Does somebody lead a unit, or one above it: with a login or key that is in force?
    pub(crate) fn leads(&self, directory: &Directory, person: PersonId, unit: UnitId) -> bool {
        let roles = self.admins.read().roles_of(person);
        let led = roles.iter().filter(|given| given.role == Role::Manager).filter_map(|given| given.unit);
        let led: Vec<UnitId> = led.collect();
        directory.units_above(unit).any(|above| led.contains(&above.id))
    }

    fn show_mandate(&self, snapshot: &Snapshot, mandate: &Known, now: Instant) -> Mandate {
        let month = snapshot.directory.mandate_month(now);
        let names = self.names.read();
        Mandate {
            manager: mandate.manager,
            manager_name: names.person_name(mandate.manager),
            unit: mandate.unit,
            unit_name: names.unit_name(mandate.unit),
            per_month: mandate.month,
            per_request: mandate.request,
            given: mandate.given_in(month),
            left: mandate.left_in(month),
            pool: mandate.pool,
            pool_name: mandate.pool.and_then(|pool| names.pool_name(pool)),
            active: mandate.month != Nano::ZERO && self.leads(&snapshot.directory, mandate.manager, mandate.unit),
        }
    }
}
