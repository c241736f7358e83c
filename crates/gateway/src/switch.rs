//! A cheaper model where little of the period's money is left, as the policy says.
//!
//! What goes out is the request with another model's name in it, held, metered and charged as such. The charge keeps the
//! name that was asked for, and the client is told.

use std::rc::Rc;

use bytes::Bytes;
use purser_core::money::Nano;
use purser_core::plan::Plan;
use purser_core::price::{Bucket, RateCard};
use purser_core::snapshot::Snapshot;
use purser_ledger::Ledger;
use purser_providers::{Dialect, RequestFacts, with_model};

use crate::auth::Caller;
use crate::call::About;
use crate::plans::Asked;
use crate::routing;
use crate::worker::{Latest, Worker};

/// The model that was asked for, of a call that goes out with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Switched {
    pub(crate) from: Box<str>,
    /// How much of the money for such calls was used, in hundredths.
    pub(crate) used_percent: u8,
}

/// The request with a cheaper model, where the policy wants one now. `None`: it goes out as it came.
pub(crate) fn cheaper(
    worker: &Worker,
    snapshot: &Rc<Latest>,
    (about, caller): (&About, &Caller),
    (facts, body): (&RequestFacts, &Bytes),
) -> Option<(RequestFacts, Bytes, Switched)> {
    let switch = caller.policy.switch.as_ref()?;
    let to = switch.instead_of(&facts.model)?;
    if matches!(facts.dialect, Dialect::GeminiGenerate { .. }) {
        // Its model stands in the path, and what was signed for another model in the body.
        return None;
    }
    let used_percent = used(worker, snapshot, (about, caller), facts)?;
    if used_percent < switch.from_percent || !is_cheaper(worker, snapshot, about, facts, to) {
        return None;
    }
    let body = with_model(facts, body, to)?;
    let switched = RequestFacts::read(facts.dialect, None, &body).ok()?;
    Some((switched, body, Switched { from: facts.model.as_str().into(), used_percent }))
}

/// How much of the money for a call of this model is used, held or in suspense, in whole hundredths rounded down.
fn used(
    worker: &Worker,
    snapshot: &Rc<Latest>,
    (about, caller): (&About, &Caller),
    facts: &RequestFacts,
) -> Option<u8> {
    let route = routing::route(&worker.config.upstreams, facts.dialect.family(), &facts.model);
    let upstream = route.first()?;
    let asked = Asked { provider: &upstream.name, model: &facts.model, tool: about.tool.tool };
    let planned = worker.plans.plan(snapshot, caller, &asked, about.at).ok()?;
    used_percent(&worker.ledger, &planned.plan)
}

/// How much of the money of a plan's grants is used, held or in suspense, in whole hundredths rounded down.
pub(crate) fn used_percent(ledger: &Ledger, plan: &Plan) -> Option<u8> {
    let (mut limit, mut used) = (Nano::ZERO, Nano::ZERO);
    for leg in &plan.grants {
        limit = limit.checked_add(leg.limit)?;
        if let Some(balance) = ledger.find(&leg.account) {
            let taken = balance.spent.checked_add(balance.held)?.checked_add(balance.suspense)?;
            used = used.checked_add(taken)?;
        }
    }
    let percent = (i128::from(used.get()) * 100).checked_div(i128::from(limit.get())).unwrap_or(0);
    u8::try_from(percent.clamp(0, 100)).ok()
}

/// Somebody serves it at a price that is known, and at which a token out costs less.
fn is_cheaper(worker: &Worker, snapshot: &Snapshot, about: &About, facts: &RequestFacts, to: &str) -> bool {
    let family = facts.dialect.family();
    let card = |model: &str| {
        let upstream = routing::route(&worker.config.upstreams, family, model).first().copied()?;
        upstream.card(&snapshot.prices, model, about.at).ok()
    };
    card(to).zip(card(&facts.model)).is_some_and(|(to, from)| costs_less(to, from))
}

/// A token out of one costs less than one out of the other.
pub(crate) fn costs_less(this: &RateCard, other: &RateCard) -> bool {
    let rate = |card: &RateCard| card.rate(Bucket::Output, 0);
    rate(this).zip(rate(other)).is_some_and(|(this, other)| this < other)
}

impl Switched {
    /// As the client is told.
    pub(crate) fn told(&self, to: &str) -> String {
        format!("{to} instead of {}: {} % of the money of this period is used", self.from, self.used_percent)
    }
}
