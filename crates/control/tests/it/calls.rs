//! Calls as the gateway makes them: a hold, and a charge.

use purser_core::account::AccountKey;
use purser_core::charge::ChargeRecord;
use purser_core::directory::Key;
use purser_core::id::UnitId;
use purser_core::money::Nano;
use purser_core::scope::CallScope;
use purser_core::time::Clock;
use purser_core::usage::Usage;
use purser_ledger::{Detail, Hold, HoldOutcome, HoldRequest, Mark, Settlement};

use crate::bench::Bench;

pub(crate) fn amount(text: &str) -> Nano {
    text.parse().unwrap()
}

/// Holds an amount as the gateway would for this key's next call.
pub(crate) fn hold(bench: &Bench, key: &purser_control::shape::Key, want: &str) -> (Hold, Key, UnitId) {
    let snapshot = bench.control.snapshot();
    let key = snapshot.directory.key_by_id(key.id).unwrap();
    let scope = CallScope { provider: "anthropic", model: "claude-sonnet-4-5", tool: "other" };
    let plan = snapshot.directory.plan(key, &scope, bench.clock.now()).unwrap();
    let wanted: Vec<(AccountKey, Nano)> =
        plan.grants.iter().chain(&plan.ceilings).map(|leg| (leg.account, leg.limit)).collect();
    let (numbers, _) = bench.ledger.accounts(&wanted).unwrap();
    let (grants, ceilings) = numbers.split_at(plan.grants.len());
    let request = HoldRequest { grants, ceilings, want: amount(want), least: amount(want) };
    match bench.ledger.hold(&request).unwrap() {
        HoldOutcome::Placed(hold) => (hold, Key::clone(key), plan.unit),
        other => panic!("{other:?}"),
    }
}

/// Settles a hold as the gateway would.
pub(crate) fn settle(bench: &Bench, held: (Hold, Key, UnitId), charge: &str) {
    settle_as(bench, held, charge, |_| ());
}

/// The same with a record that says more, and a mark of its own.
pub(crate) fn settle_marked(
    bench: &Bench,
    held: (Hold, Key, UnitId),
    charge: &str,
    more: impl FnOnce(&mut ChargeRecord),
) {
    settle_with(bench, held, charge, more, true);
}

/// The same with a record that says more.
pub(crate) fn settle_as(bench: &Bench, held: (Hold, Key, UnitId), charge: &str, more: impl FnOnce(&mut ChargeRecord)) {
    settle_with(bench, held, charge, more, false);
}

fn settle_with(
    bench: &Bench,
    (hold, key, unit): (Hold, Key, UnitId),
    charge: &str,
    more: impl FnOnce(&mut ChargeRecord),
    marked: bool,
) {
    let card = bench.control.price("claude-sonnet-4-5", Some("anthropic"), None).unwrap().items[0].version;
    let mut record = ChargeRecord {
        person: key.person,
        key: key.id,
        unit: Some(unit),
        run: None,
        session: None,
        provider: "anthropic".to_owned(),
        requested: "claude-sonnet-4-5".to_owned(),
        served: None,
        dialect: purser_core::charge::Dialect::default(),
        tier: purser_core::usage::Tier::Standard,
        geo: None,
        usage: Usage { input_uncached: 1_000, output: 10, ..Usage::default() },
        card,
        mark: purser_core::charge::Mark::Exact,
        terms: purser_core::price::Ratio::ONE,
        client: String::new(),
        attempt: 0,
        beside: Vec::new(),
        parent: None,
        version: None,
        project: None,
        instead_of: None,
        human: false,
        retried: false,
    };
    more(&mut record);
    let mut detail = Vec::new();
    record.encode(&mut detail).unwrap();
    let mark = if marked && record.mark != purser_core::charge::Mark::Exact { Mark::Estimated } else { Mark::Exact };
    let settlement = Settlement { charge: amount(charge), mark, detail: Detail::from_vec(detail) };
    hold.settle(settlement).unwrap();
}
