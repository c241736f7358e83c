//! `calibrated` admission: holds by what is learned, growing while the answer streams, an overrun bounded by one call.

use purser_core::money::Nano;
use purser_core::policy::Admission;
use purser_ledger::Mark;

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::{ANALYST, OUTPUT_MAX, SIMPLE, TOKEN, tokens};
use crate::faults::well_ended;
use crate::rig::Rig;

/// The bound of every call here.
fn bound() -> Nano {
    tokens(i64::try_from(OUTPUT_MAX).unwrap())
}

fn rig_of(budget: i64) -> Rig {
    Rig::bare(|setup| {
        setup.company.policy(|policy| {
            policy.admission = Admission::Calibrated;
            policy.useful_floor_tokens = 100;
        });
        setup.company.grant(ANALYST, tokens(budget), |_| {});
        setup.may_overrun = true;
    })
}

fn call(stream: bool, script: &str) -> Ask {
    ask(Talk::Chat, &Want { model: SIMPLE, max: Some(OUTPUT_MAX), stream, script, ..Want::default() })
}

/// Eight small calls, after which something is known.
fn learn(rig: &Rig, stream: bool) {
    for count in 1..=8 {
        assert_eq!(rig.call(&call(stream, "output=40")).status(), 200);
        rig.charges(count);
    }
}

#[test]
fn holds_shrink_to_what_is_learned_and_grow_with_the_answer() {
    let rig = rig_of(100_000);
    learn(&rig, true);
    assert_eq!(rig.holds(), [bound(); 8], "until something is known");
    assert!(rig.growths().is_empty());

    assert_eq!(rig.call(&call(true, "output=4000+events-per-write=1")).status(), 200);
    let charge = rig.charges(9).pop().unwrap();
    assert_eq!((charge.nano, charge.mark), (4_000 * TOKEN, Mark::Exact));
    let first = rig.holds().pop().unwrap();
    assert!(first.get() < bound().get() / 10, "{first:?} of {:?}", bound());
    let grown: i64 = rig.growths().iter().map(|growth| growth.get()).sum();
    assert!(grown > 0 && first.get() + grown <= bound().get(), "{grown}");

    assert_eq!(rig.call(&call(true, "output=40")).status(), 200);
    rig.charges(10);
    let next = rig.holds().pop().unwrap();
    assert!(next.get() > 4_000 * TOKEN, "a dear call is remembered: {next:?}");
}

/// Money for a fifth of the answer is left. Most of it is sent, in small pieces or in large ones; the rest would only come
/// when it is let go on.
#[test]
fn a_stream_without_money_is_ended_in_order() {
    for pieces in ["events-per-write=1", "events-per-write=900"] {
        let rig = rig_of(10_000);
        learn(&rig, true);
        assert_eq!(rig.call(&call(false, "output=8192")).status(), 200);
        rig.charges(9);
        let answer = rig.call(&call(true, &format!("output=8000+{pieces}+wait=1900")));
        well_ended(Talk::Chat, &answer);
        let charge = rig.charges(10).pop().unwrap();
        assert_eq!((charge.mark, charge.overrun), (Mark::Estimated, Nano::ZERO), "{pieces}");
        assert!(charge.nano > 1_000 * TOKEN, "{pieces}: {charge:?}");
    }
}

#[test]
fn near_the_limit_one_call_at_a_time_may_overrun() {
    let rig = rig_of(10_000);
    learn(&rig, false);
    assert_eq!(rig.call(&call(true, "output=8192")).status(), 200);
    rig.charges(9);
    let dear = call(false, "output=8000+first-byte=100");
    let mut first = rig.begin(&dear);
    rig.gone_out(10);
    let mut others: Vec<_> = (0..4).map(|_| rig.begin(&dear)).collect();
    assert_eq!(first.answer().status(), 200);
    let statuses: Vec<u16> = others.iter_mut().map(|other| other.answer().status()).collect();
    assert_eq!(statuses, [429; 4]);
    let charge = rig.charges(10).pop().unwrap();
    assert_eq!((charge.nano, charge.mark), (8_000 * TOKEN, Mark::Exact), "what was used is charged");
    assert!(charge.overrun > Nano::ZERO && charge.overrun <= bound(), "{charge:?}");
}
