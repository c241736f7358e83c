//! Calls without a gateway: held, rated and settled by the ledger as the gateway has it done.

use std::sync::Arc;

use purser_core::charge::{ChargeRecord, Dialect, Mark as CallMark};
use purser_core::directory::Key;
use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::rating;
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_core::time::Clock;
use purser_core::usage::{Served, Tier, Usage};
use purser_ledger::{Detail, Hold, HoldOutcome, HoldRequest, Ledger, LedgerError, Mark, Settlement};

use crate::Failure;
use crate::ground::HandClock;

const PROVIDER: &str = "anthropic";
/// What a call holds, where there is as much.
const BOUND: Nano = Nano::new(2_000_000_000);

/// Makes calls.
pub(crate) struct Calls {
    pub(crate) ledger: Ledger,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) clock: Arc<HandClock>,
}

/// What a call is of.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) model: &'static str,
    pub(crate) usage: Usage,
    /// Calls of one conversation have one number.
    pub(crate) session: u64,
}

impl Calls {
    /// A call from its hold to its charge, at the instant that the clock shows. False when there was no money.
    pub(crate) async fn make(&self, key: &Key, call: &Call) -> Result<bool, Failure> {
        let (charge, detail) = self.charge(key, call)?;
        let Some(hold) = self.hold(key, call.model, charge).await? else { return Ok(false) };
        hold.settle(Settlement { charge, mark: Mark::Exact, detail })?;
        Ok(true)
    }

    /// Sets money aside for a call; `None` when there is not even the least.
    pub(crate) async fn hold(&self, key: &Key, model: &str, least: Nano) -> Result<Option<Hold>, Failure> {
        loop {
            let scope = CallScope { provider: PROVIDER, model, tool: "other" };
            // Nobody has money on a day off.
            let Ok(plan) = self.snapshot.directory.plan(key, &scope, self.clock.now()) else { return Ok(None) };
            let legs: Vec<_> = plan.grants.iter().chain(&plan.ceilings).map(|leg| (leg.account, leg)).collect();
            let numbers = match self.ledger.accounts(&legs) {
                Ok((numbers, _)) => numbers,
                // The clock went past midnight meanwhile.
                Err(LedgerError::PeriodOver(_)) => continue,
                Err(LedgerError::Busy(lsn)) => {
                    self.ledger.durable(lsn).await?;
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            let (grants, ceilings) = numbers.split_at(plan.grants.len());
            match self.ledger.hold(&HoldRequest { grants, ceilings, want: BOUND, least })? {
                HoldOutcome::Placed(hold) => {
                    hold.cleared().await?;
                    return Ok(Some(hold));
                }
                HoldOutcome::Wait(lsn) => self.ledger.durable(lsn).await?,
                HoldOutcome::Short(_) => return Ok(None),
            }
        }
    }

    fn charge(&self, key: &Key, call: &Call) -> Result<(Nano, Detail), Failure> {
        let (at, prices, directory) = (self.clock.now(), &self.snapshot.prices, &self.snapshot.directory);
        let card = prices.lookup(PROVIDER, call.model, at)?;
        let terms = prices.terms(card, at, &self.snapshot.currency)?;
        let charge = rating::rate(card, &call.usage, &Served::default(), terms)?;
        let record = ChargeRecord {
            person: key.person,
            key: key.id,
            unit: directory.person(key.person).map(|person| directory.unit_of(person, at)),
            run: Some(RunId::new(u128::from(call.session))),
            session: Some(call.session),
            provider: PROVIDER.to_owned(),
            requested: call.model.to_owned(),
            served: None,
            dialect: Dialect::AnthropicMessages,
            tier: Tier::Standard,
            geo: None,
            usage: call.usage,
            card: card.version(),
            mark: CallMark::Exact,
            terms,
            client: "claude-cli".to_owned(),
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
        record.encode(&mut bytes)?;
        Ok((charge, Detail::from_vec(bytes)))
    }
}

/// A number that looks drawn at random.
pub(crate) fn scattered(no: u64) -> u64 {
    no.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// A tenth of a million tokens at most.
pub(crate) fn usage(no: u64) -> Usage {
    Usage {
        input_uncached: 300 + no % 900,
        cache_read: 20_000 + no % 40_000,
        cache_write_5m: no % 3_000,
        output: 100 + no % 2_000,
        ..Usage::default()
    }
}
