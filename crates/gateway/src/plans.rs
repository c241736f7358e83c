//! Plans kept from call to call. One table per thread, no lock.
//!
//! A plan stays the same until its `valid_until` as long as the snapshot does, so an agent's hundredth call need not
//! work out its periods and look its accounts up again. Whether the accounts still have the plan's limits is checked
//! by the ledger, under the lock that places the hold.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;
use purser_core::decision::Refused as Reason;
use purser_core::id::KeyId;
use purser_core::money::Nano;
use purser_core::plan::{Leg, Plan};
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldOutcome, HoldRequest, Ledger, LedgerError, Terms};
use purser_providers::Tool;
use smallvec::SmallVec;

use crate::auth::Caller;
use crate::runs::RunLegs;

/// Plans kept by one thread; beyond it all are made anew, which costs a few microseconds each.
const PLANS_MAX: usize = 8 * 1024;

/// The plans of one thread, all of one snapshot.
#[derive(Default)]
pub(crate) struct Plans {
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    of: Option<Arc<Snapshot>>,
    by_key: HashMap<KeyId, SmallVec<[Entry; 1]>>,
    count: usize,
}

/// What a call asks for, as far as its plan depends on it.
pub(crate) struct Asked<'a> {
    /// The provider, by the name that the configuration gives it.
    pub(crate) provider: &'a Arc<str>,
    /// The model.
    pub(crate) model: &'a str,
    /// The program that calls.
    pub(crate) tool: Tool,
}

/// A plan of one key for one provider and model.
struct Entry {
    provider: Arc<str>,
    model: Box<str>,
    /// Of which tool, where another may have another plan.
    tool: Option<Tool>,
    planned: Rc<Planned>,
}

/// A plan, and the ledger's numbers of its accounts once they are known.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// When new money comes, as it is told to clients.
    pub(crate) resets_at: Option<String>,
    terms: SmallVec<[Terms; 8]>,
    numbers: RefCell<Numbers>,
}

/// Grants first, in the plan's order, then ceilings.
pub(crate) type Numbers = SmallVec<[AccountNo; 8]>;

impl Plans {
    /// The plan of a call.
    ///
    /// # Errors
    /// Why no account could pay, whatever the balances are.
    pub(crate) fn plan(
        &self,
        snapshot: &Arc<Snapshot>,
        caller: &Caller,
        asked: &Asked<'_>,
        at: Instant,
    ) -> Result<Rc<Planned>, Reason> {
        let Asked { provider, model, tool } = *asked;
        let mut kept = self.kept.borrow_mut();
        if !kept.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, snapshot)) || kept.count >= PLANS_MAX {
            *kept = Kept { of: Some(Arc::clone(snapshot)), ..Kept::default() };
        }
        let Kept { by_key, count, .. } = &mut *kept;
        let entries = by_key.entry(caller.key.id).or_default();
        let found = entries.iter().position(|entry| {
            *entry.model == *model && *entry.provider == **provider && entry.tool.is_none_or(|of| of == tool)
        });
        if let Some(entry) = found.and_then(|found| entries.get(found))
            && entry.planned.holds_at(at)
        {
            return Ok(Rc::clone(&entry.planned));
        }
        let scope = CallScope { provider, model, tool: tool.name() };
        let planned = Rc::new(Planned::of(snapshot.directory.plan(&caller.key, &scope, at)?));
        let of = planned.plan.by_tool.then_some(tool);
        let entry =
            Entry { provider: Arc::clone(provider), model: model.into(), tool: of, planned: Rc::clone(&planned) };
        if let Some(old) = found.and_then(|found| entries.get_mut(found)) {
            *old = entry;
        } else {
            entries.push(entry);
            *count += 1;
        }
        Ok(planned)
    }
}

/// What the ledger is told of an account.
pub fn terms(leg: &Leg) -> Terms {
    leg.into()
}

impl Planned {
    fn of(plan: Plan) -> Self {
        let terms = plan.grants.iter().chain(&plan.ceilings).map(terms).collect();
        let resets_at = plan.resets_at.map(|reset| reset.to_string());
        Self { plan, resets_at, terms, numbers: RefCell::default() }
    }

    fn holds_at(&self, at: Instant) -> bool {
        self.plan.at <= at && at < self.plan.valid_until
    }

    /// Budgets above the person take part.
    pub(crate) fn has_ceilings(&self) -> bool {
        !self.plan.ceilings.is_empty()
    }

    /// The numbers of the accounts, as far as they were opened.
    pub(crate) fn numbers(&self) -> Numbers {
        self.numbers.borrow().clone()
    }

    /// Asks the ledger for one hold on all accounts, opening them first where they are new or have other limits; with
    /// those of the call's run, where that has any.
    pub(crate) fn hold(
        &self,
        ledger: &Ledger,
        run: &RunLegs,
        want: Nano,
        least: Nano,
    ) -> Result<HoldOutcome, LedgerError> {
        if self.numbers.borrow().is_empty() {
            self.open(ledger)?;
        }
        loop {
            let numbers = self.numbers.borrow().clone();
            let (grants, ceilings) = numbers.split_at(self.plan.grants.len());
            let placed = if run.is_empty() {
                ledger.hold_if(&HoldRequest { grants, ceilings, want, least }, &self.terms)?
            } else {
                let of_run = run.open(ledger)?;
                let ceilings: Numbers = ceilings.iter().copied().chain(of_run).collect();
                let terms: SmallVec<[Terms; 8]> = self.terms.iter().copied().chain(run.terms()).collect();
                ledger.hold_if(&HoldRequest { grants, ceilings: &ceilings, want, least }, &terms)?
            };
            match placed {
                Some(outcome) => return Ok(outcome),
                // Another thread still has an older snapshot, or the account was closed: the last to ask decides.
                None => self.open(ledger)?,
            }
        }
    }

    fn open(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let legs = self.plan.grants.iter().chain(&self.plan.ceilings);
        let wanted: SmallVec<[_; 8]> = legs.map(|leg| leg.account).zip(self.terms.iter().copied()).collect();
        let (numbers, _new) = ledger.accounts(&wanted)?;
        *self.numbers.borrow_mut() = numbers;
        Ok(())
    }
}
