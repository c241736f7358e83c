//! Calls of the past: held, rated and settled by the ledger as the gateway has it done. No provider is asked, so nobody
//! waits for the disk before anything goes out.

use std::sync::Arc;

use purser_control::Control;
use purser_core::charge::{ChargeRecord, Dialect, Mark as CallMark};
use purser_core::id::{KeyId, RunId};
use purser_core::money::Nano;
use purser_core::rating;
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::{Served, Tier, Usage};
use purser_ledger::{Detail, Hold, HoldOutcome, HoldRequest, Ledger, LedgerError, Mark, Settlement};
use purser_store::Denial;

use crate::failure::Failure;

/// A call to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) key: KeyId,
    pub(crate) provider: &'static str,
    pub(crate) model: &'static str,
    pub(crate) usage: Usage,
    /// Its end is never heard of.
    pub(crate) lost: bool,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Became {
    /// Charged so much.
    Paid(Nano),
    /// Told no.
    Denied(Denial),
    /// Set aside, and never heard of again.
    Lost(Hold),
}

/// Makes calls.
pub(crate) struct Caller {
    pub(crate) ledger: Ledger,
    pub(crate) control: Control,
}

impl Caller {
    /// One call, at the instant that the clock shows.
    ///
    /// # Errors
    /// The ledger has stopped, or the model has no price.
    pub(crate) async fn call(&self, snapshot: &Arc<Snapshot>, call: &Call) -> Result<Became, Failure> {
        let key = snapshot.directory.key_by_id(call.key);
        let key = key.ok_or_else(|| Failure::new("a key of the history is gone", "this is a defect of the demo"))?;
        let denied = |reason: &str| {
            Became::Denied(Denial {
                at: call.at,
                key: key.id,
                person: key.person,
                reason: reason.to_owned(),
                funded: false,
                count: 1,
            })
        };
        let scope = CallScope { provider: call.provider, model: call.model, tool: "claude-code" };
        let prices = &snapshot.prices;
        let failed = |error: &dyn std::error::Error| Failure::from_error("a call of the history failed", error);
        let card = prices.lookup(call.provider, call.model, call.at).map_err(|error| failed(&error))?;
        let terms = prices.terms(card, call.at, &snapshot.currency).map_err(|error| failed(&error))?;
        let charge = rating::rate(card, &call.usage, &Served::default(), terms).map_err(|error| failed(&error))?;
        let (held, unit) = loop {
            let plan = match snapshot.directory.plan(key, &scope, call.at) {
                Ok(plan) => plan,
                Err(refused) => return Ok(denied(refused.code())),
            };
            let legs: Vec<_> =
                plan.grants.iter().chain(&plan.ceilings).map(|leg| (leg.account, purser_gateway::terms(leg))).collect();
            let numbers = match self.ledger.accounts(&legs) {
                Ok((numbers, _)) => numbers,
                Err(LedgerError::Busy(lsn)) => {
                    self.ledger.durable(lsn).await.map_err(|error| failed(&error))?;
                    continue;
                }
                Err(error) => return Err(failed(&error)),
            };
            let (grants, ceilings) = numbers.split_at(plan.grants.len());
            // As a bound is: above what it will cost.
            let want = charge.saturating_add(charge);
            let request = HoldRequest { grants, ceilings, want, least: charge };
            match self.ledger.hold(&request).map_err(|error| failed(&error))? {
                HoldOutcome::Placed(hold) => break (hold, plan.unit),
                HoldOutcome::Wait(lsn) => self.ledger.durable(lsn).await.map_err(|error| failed(&error))?,
                HoldOutcome::Short(_) => return Ok(denied("budget_exhausted")),
            }
        };
        if call.lost {
            return Ok(Became::Lost(held));
        }
        let record = ChargeRecord {
            person: key.person,
            key: key.id,
            unit: Some(unit),
            // What an agent does on a day is one session of its.
            run: key.agent.is_some().then(|| session(key.id, call.at)),
            session: None,
            provider: call.provider.to_owned(),
            requested: call.model.to_owned(),
            served: None,
            dialect: Dialect::AnthropicMessages,
            tier: Tier::Standard,
            geo: None,
            usage: call.usage,
            card: card.version(),
            mark: CallMark::Exact,
            terms,
            client: if key.agent.is_some() { "claude-code" } else { "sdk" }.to_owned(),
            attempt: 0,
            beside: Vec::new(),
            parent: None,
            version: None,
            project: None,
            instead_of: None,
            human: false,
            retried: false,
        };
        let mut bytes = Vec::with_capacity(160);
        record.encode(&mut bytes).map_err(|error| failed(&error))?;
        let settlement = Settlement { charge, mark: Mark::Exact, detail: Detail::from_vec(bytes) };
        held.settle(settlement).map_err(|error| failed(&error))?;
        Ok(Became::Paid(charge))
    }
}

/// An agent's session of a day (UTC).
fn session(key: KeyId, at: Instant) -> RunId {
    const DAY_S: i64 = 86_400;
    RunId::new(key.get() ^ u128::from(at.as_secs().div_euclid(DAY_S).unsigned_abs()))
}
