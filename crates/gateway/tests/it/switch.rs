//! A cheaper model where little is left, as the policy says.

use purser_core::policy::{Switch, SwitchTo};

use crate::asks::{Talk, Want, ask};
use crate::company::{ANALYST, METERED, SIMPLE, tokens};
use crate::money::simple;
use crate::rig::Rig;

/// The analyst has ten thousand tokens of the simple model; from half of it on, the metered one's calls (twice as dear) go to
/// the simple one.
fn rig(to: &'static str) -> Rig {
    Rig::bare(|setup| {
        setup.company.grant(ANALYST, tokens(10_000), |_| {});
        setup.company.policy(|policy| {
            policy.useful_floor_tokens = 100;
            let models = vec![SwitchTo { from: "metered-*".parse().unwrap(), to: to.into() }];
            policy.switch = Some(Switch { from_percent: 50, models });
        });
    })
}

#[test]
fn from_the_threshold_on_calls_go_out_with_the_cheaper_model() {
    for talk in [Talk::Messages, Talk::Chat, Talk::Responses] {
        for stream in [false, true] {
            let rig = rig(SIMPLE);
            let dear = Want { stream, script: "output=100", max: Some(200), ..Want::default() };
            let before = rig.call(&ask(talk, &dear));
            assert_eq!((before.status(), before.header("x-purser-switched")), (200, ""), "{talk:?}: {}", before.text());
            let spend = rig.call(&ask(talk, &Want { script: "output=5000", ..simple(5_000) }));
            assert_eq!(spend.status(), 200, "{}", spend.text());
            let after = rig.call(&ask(talk, &dear));
            assert_eq!(after.status(), 200, "{talk:?}: {}", after.text());
            let told = after.header("x-purser-switched");
            assert!(told.starts_with("simple-1 instead of metered-1: 5"), "{talk:?}: {told:?}");
            let (asked, _) = rig.tap.last();
            assert!(asked.text().contains(SIMPLE) && !asked.text().contains(METERED), "{}", asked.text());

            let charges = rig.charges(3);
            let record = &charges[2].record;
            assert_eq!((&*record.requested, record.instead_of.as_deref()), (SIMPLE, Some(METERED)));
            assert_eq!(charges[2].nano, 100 * crate::company::TOKEN, "at the price of what was used");
            assert_eq!((&*charges[0].record.requested, charges[0].record.instead_of.as_deref()), (METERED, None));
        }
    }
}

#[test]
fn a_model_without_a_price_or_a_dearer_one_is_not_switched_to() {
    for to in ["nobody-knows-1", "claude-opus-5-5"] {
        let rig = rig(to);
        let spend = rig.call(&ask(Talk::Messages, &Want { script: "output=6000", ..simple(6_000) }));
        assert_eq!(spend.status(), 200, "{}", spend.text());
        let call = rig.call(&ask(Talk::Messages, &Want { max: Some(200), ..Want::default() }));
        assert_eq!((call.status(), call.header("x-purser-switched")), (200, ""), "{to}: {}", call.text());
    }
}

/// What its model is called stands in the path, and answers of one model are signed for the next request: it stays.
#[test]
fn gemini_calls_stay_what_they_are() {
    let rig = rig(SIMPLE);
    assert_eq!(rig.call(&ask(Talk::Gemini, &Want { script: "output=6000", ..simple(6_000) })).status(), 200);
    let call = rig.call(&ask(Talk::Gemini, &Want { max: Some(200), ..Want::default() }));
    assert_eq!((call.status(), call.header("x-purser-switched")), (200, ""), "{}", call.text());
}
