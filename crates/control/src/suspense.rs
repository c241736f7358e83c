//! Suspense: shown, resolved by an operator, and after a while borne by the company.

use std::time::Duration;

use purser_core::account::Subject;
use purser_core::budget::BudgetOn;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Detail, Resolution, SuspenseId, SuspenseItem};

use crate::change::{CommandName, failed};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, unrefused};
use crate::shape::{List, Page, Resolve, Suspended};

/// How an item is named in text.
const PREFIX: &str = "sus_";

impl Control {
    /// Everything in suspense, oldest first.
    pub fn suspense(&self) -> List<Suspended> {
        unrefused(self.suspense_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn suspense_page(&self, part: &Part) -> Result<Page<Suspended>, Error> {
        let snapshot = self.snapshot();
        let items = self.inner.ledger.suspense_items();
        part.of(&items, |item| name_of(item.id), |item| Ok(self.inner.show_suspense(&snapshot, item)))
    }

    /// Ends an item; gives it as it was.
    ///
    /// # Errors
    /// No such item is open, an amount that can't be, or the journal.
    pub async fn resolve(&self, name: Option<CommandName>, id: &str, ending: &Resolve) -> Result<Suspended, Error> {
        let bad = || {
            Refused::new(Code::Invalid, format!("`{id}` is not an item of suspense"))
                .hint("`purser suspense list` shows them")
        };
        let id =
            id.trim().strip_prefix(PREFIX).and_then(|number| number.parse().ok()).map(SuspenseId).ok_or_else(bad)?;
        let resolution = match ending {
            Resolve::Charge(charge) if charge.is_negative() => {
                return Err(Refused::new(Code::Invalid, "a call can't have cost less than nothing").into());
            }
            Resolve::Charge(charge) => Resolution::Charge { charge: *charge, detail: Detail::new() },
            Resolve::Unaccounted => Resolution::WriteOff,
        };
        self.change(name, move |turn| {
            let inner = turn.control();
            let item = inner.ledger.suspense_items().into_iter().find(|item| item.id == id);
            let item = item
                .ok_or_else(|| Refused::new(Code::NotFound, format!("nothing in suspense is called {PREFIX}{id}")))?;
            let shown = inner.show_suspense(&turn.snapshot(), &item);
            turn.audit("resolve", std::slice::from_ref(&shown.id), None)?;
            let settled = inner.ledger.resolve(turn.command, id, &resolution).map_err(failed)?;
            turn.wrote(settled.lsn);
            Ok(shown)
        })
        .await
    }

    /// Moves what has been in suspense for longer than the policy allows to `unaccounted`, off the people. Returns how
    /// many items.
    ///
    /// # Errors
    /// The journal.
    pub async fn write_off_old_suspense(&self) -> Result<usize, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let old: Vec<SuspenseItem> = self
            .inner
            .ledger
            .suspense_items()
            .into_iter()
            .filter(|item| moves_at(&snapshot, item.since) <= now)
            .collect();
        for item in &old {
            let id = format!("{PREFIX}{}", item.id);
            self.resolve(None, &id, &Resolve::Unaccounted).await?;
            tracing::info!(suspense.id = id, amount = %item.amount, "suspense is unaccounted for and borne by the company");
        }
        Ok(old.len())
    }
}

impl Inner {
    fn show_suspense(&self, snapshot: &Snapshot, item: &SuspenseItem) -> Suspended {
        let accounts = item.legs.iter().map(|leg| leg.no).chain(item.ceilings.iter().copied());
        let mut burdens: Vec<String> = Vec::new();
        for name in accounts.filter_map(|no| self.account_name(snapshot, no)) {
            if !burdens.contains(&name) {
                burdens.push(name);
            }
        }
        Suspended {
            id: name_of(item.id),
            amount: item.amount,
            since: item.since,
            moves_at: moves_at(snapshot, item.since),
            hold: item.hold.map(|hold| hold.to_string()),
            burdens,
        }
    }

    /// Whose account it is, as people know them.
    fn account_name(&self, snapshot: &Snapshot, no: AccountNo) -> Option<String> {
        let names = self.names.read();
        let of_person = |person| names.person_name(person).unwrap_or_else(|| person.to_string());
        match self.ledger.balance(no)?.key.subject {
            Subject::Grant(grant) => snapshot.directory.grant(grant).map(|grant| of_person(grant.person)),
            Subject::Budget(budget) => Some(match snapshot.directory.budget(budget)?.on {
                BudgetOn::Company => "company".to_owned(),
                BudgetOn::Unit(unit) => names.unit_name(unit).unwrap_or_else(|| unit.to_string()),
                BudgetOn::Key(key) => key.to_string(),
                BudgetOn::Person(person) => names.person_name(person).unwrap_or_else(|| person.to_string()),
            }),
            Subject::Run(run) => Some(run.to_string()),
        }
    }
}

fn name_of(item: SuspenseId) -> String {
    format!("{PREFIX}{item}")
}

fn moves_at(snapshot: &Snapshot, since: Instant) -> Instant {
    let days = u64::from(snapshot.policy.resolve_suspense_after_days);
    since.saturating_add(Duration::from_hours(24 * days))
}
