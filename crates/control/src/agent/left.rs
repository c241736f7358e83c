//! What is left now.

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::BudgetOn;
use purser_core::calendar::Cadence;
use purser_core::money::Nano;
use purser_core::stop::Stoppable;

use super::{Agent, Now};
use crate::error::Error;
use crate::grants::{patterns_shown, word};
use crate::shape::{BudgetLeft, GrantLeft, LimitLeft, LimitOn};
use crate::usage::running_grants;

impl Agent {
    /// What is left now: of every grant, of this key's budgets and the running run's, and all of it together.
    ///
    /// # Errors
    /// The projection.
    pub async fn budget_left(&self) -> Result<BudgetLeft, Error> {
        let run = self.present_run().await?;
        let now = self.now()?;
        let Now { snapshot, person, at, .. } = &now;
        let inner = &self.control.inner;
        let balance = inner.balance(snapshot, person, *at);
        let grants =
            running_grants(person, *at).into_iter().zip(&balance.grants).map(|((grant, _), shown)| GrantLeft {
                grant: grant.id,
                per: word(grant.cadence),
                released: shown.funds.limit,
                spent: shown.funds.posted,
                set_aside: shown.funds.held.saturating_add(shown.funds.suspense),
                left: shown.funds.available.max(Nano::ZERO),
                refills_at: shown.resets_at,
                models: shown.models.clone(),
                tools: patterns_shown(&grant.scope.tools),
                guaranteed: grant.guaranteed,
            });
        let grants: Vec<GrantLeft> = grants.collect();
        let mut limits = self.limits(&now, balance.funds.available);
        let run_money = run.as_ref().and_then(|run| inner.run_money(run));
        if let Some(funds) = run_money {
            limits.push(LimitLeft {
                on: LimitOn::Run,
                per: word(Cadence::Once),
                most: Some(funds.limit),
                left: Some(funds.available.max(Nano::ZERO)),
                refills_at: None,
                binds: funds.available < balance.funds.available,
            });
        }
        // Units' and the company's are in `spendable` already, which knows that they don't bind guarantees.
        // A budget for some tools binds the calls of those: only a key that names its tool says which those are.
        let bind = limits.iter().filter(|limit| limit.on != LimitOn::Tools || now.key.tool.is_some());
        let spendable = bind.filter_map(|limit| limit.left).fold(balance.spendable, Nano::min);
        Ok(BudgetLeft {
            currency: snapshot.currency.code().to_owned(),
            at: *at,
            spendable,
            refills_at: balance.resets_at,
            grants,
            limits,
            stopped: now.stopped(run.as_ref().map(|run| run.run)),
            run: run.map(|run| run.run),
            top_ups: inner.late_top_ups(snapshot, person.id, *at)?,
        })
    }

    /// Budgets over this key. Of units and company only whether they bind: their amounts are not everybody's.
    fn limits(&self, now: &Now, available: Nano) -> Vec<LimitLeft> {
        let directory = &now.snapshot.directory;
        let tool = now.key.tool.as_deref();
        let in_force = directory.budgets_over(&now.key, now.at).filter(|budget| budget.is_in_force(now.at));
        let in_force = in_force.filter(|budget| tool.is_none_or(|tool| budget.covers_tool(tool)));
        let limits = in_force.map(|budget| {
            let account = AccountKey { subject: Subject::Budget(budget.id), period: budget.period_at(now.at) };
            let (on, reserve) = match budget.on {
                BudgetOn::Key(_) => (LimitOn::Key, Nano::ZERO),
                BudgetOn::Person(_) => (LimitOn::Tools, Nano::ZERO),
                BudgetOn::Unit(_) => (LimitOn::Unit, directory.reserve(budget, account.period)),
                BudgetOn::Company => (LimitOn::Company, directory.reserve(budget, account.period)),
            };
            let funds = self.control.inner.funds(&account, budget.limit_at(now.at), reserve);
            let shown = |amount: Nano| matches!(on, LimitOn::Key | LimitOn::Tools).then_some(amount.max(Nano::ZERO));
            LimitLeft {
                on,
                per: word(budget.cadence),
                most: shown(funds.limit),
                left: shown(funds.available),
                refills_at: budget.next_release(now.at),
                binds: funds.available < available,
            }
        });
        limits.collect()
    }
}

impl Now {
    /// Why no call is let through, in a sentence without a full stop.
    fn stopped(&self, run: Option<purser_core::id::RunId>) -> Option<String> {
        let directory = &self.snapshot.directory;
        let units: Vec<_> =
            directory.units_above(directory.unit_of(&self.person, self.at)).map(|unit| unit.id).collect();
        let call = Stoppable { key: self.key.id, person: self.person.id, units: &units, provider: "", model: "" };
        let stop = directory.stops().find(|stop| stop.on.covers(&call));
        let stop = stop.or_else(|| run.and_then(|run| directory.stop_of_run(run)));
        stop.map(|stop| match &stop.tripped {
            Some(tripped) => format!("{} is paused since {}: {}", stop.on.what(), stop.at, tripped.seen),
            None => format!("{} is stopped since {}", stop.on.what(), stop.at),
        })
    }
}
