//! Providers that tell usage wrongly, in another packing, under another type, or not at all.

use purser_ledger::Mark;

use crate::asks::{Talk, Want, ask};
use crate::company::{METERED, SIMPLE};
use crate::dialects::price;
use crate::rig::Rig;

/// How a call is charged whose usage is told by this script: its mark, the charge, the truth, and what was held.
fn told(talk: Talk, stream: bool, script: &str) -> (Mark, i64, i64, i64) {
    let rig = Rig::start(|_| {});
    let script = format!("output=40+{script}");
    let answer = rig.call(&ask(talk, &Want { stream, script: &script, ..Want::default() }));
    assert_eq!(answer.status(), 200, "{talk:?} {script}");
    let charge = rig.charge();
    (charge.mark, charge.nano, price(&rig.served()), rig.holds().pop().unwrap().get())
}

#[test]
fn usage_that_is_missing_is_estimated() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            for script in ["usage=none", "usage=empty"] {
                let (mark, charge, truth, held) = told(talk, stream, script);
                assert_eq!(mark, Mark::Estimated, "{talk:?} {stream} {script}");
                assert!(0 < charge && charge <= held, "{talk:?} {stream} {script}: {charge} for {truth}");
            }
        }
    }
}

#[test]
fn usage_that_cannot_be_right_is_charged_at_the_bound_and_disputed() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            for script in ["usage=negative", "usage=huge", "usage=zero"] {
                let (mark, charge, _, held) = told(talk, stream, script);
                assert_eq!((mark, charge), (Mark::Disputed, held), "{talk:?} {stream} {script}");
            }
        }
    }
}

#[test]
fn a_part_larger_than_its_whole_is_disputed() {
    for talk in [Talk::Chat, Talk::Responses, Talk::Gemini, Talk::GeminiArray] {
        for stream in [false, true] {
            let (mark, charge, _, held) = told(talk, stream, "usage=cache-above-input");
            assert_eq!((mark, charge), (Mark::Disputed, held), "{talk:?} {stream}");
        }
    }
}

#[test]
fn usage_that_shrinks_is_not_believed_where_it_shows() {
    for talk in Talk::TEXT {
        let (mark, charge, truth, held) = told(talk, true, "usage=decreasing");
        assert!(charge <= held, "{talk:?}: {charge} for {truth}, {mark:?}");
        assert!(matches!(talk, Talk::Chat | Talk::Responses) || charge >= truth || mark != Mark::Exact, "{talk:?}");
    }
}

#[test]
fn compressed_answers_are_read_and_passed_on_as_they_came() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            let rig = Rig::start(|_| {});
            let answer = rig.call(&ask(talk, &Want { stream, script: "gzip", ..Want::default() }));
            let (_, passed) = rig.tap.last();
            assert_eq!((answer.status(), answer.header("content-encoding")), (200, "gzip"), "{talk:?} {stream}");
            assert!(answer.body == passed.body, "{talk:?} {stream}");
            let charge = rig.charge();
            assert_eq!((charge.nano, charge.mark), (price(&rig.served()), Mark::Exact), "{talk:?} {stream}");
        }
    }
}

#[test]
fn a_wrong_content_type_changes_nothing() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            for content_type in ["text/plain", "application/json", "text/event-stream"] {
                let rig = Rig::start(|_| {});
                let script = format!("content-type={content_type}");
                let answer = rig.call(&ask(talk, &Want { stream, script: &script, ..Want::default() }));
                assert_eq!(answer.status(), 200, "{talk:?} {stream} {content_type}");
                let charge = rig.charge();
                let what = format!("{talk:?} {stream} {content_type}");
                assert_eq!((charge.nano, charge.mark), (price(&rig.served()), Mark::Exact), "{what}");
            }
        }
    }
}

#[test]
fn what_was_served_decides_the_price() {
    let rig = Rig::start(|_| {});
    let answer = rig.call(&ask(Talk::Messages, &Want { script: &format!("serve={SIMPLE}"), ..Want::default() }));
    let charge = rig.charge();
    assert_eq!(charge.nano, i64::try_from(rig.served().usage.output).unwrap() * 1_000, "{}", answer.text());
    assert_eq!((&*charge.record.requested, charge.record.served.as_deref()), (METERED, Some(SIMPLE)));
}
