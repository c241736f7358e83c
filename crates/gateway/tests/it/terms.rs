//! What was promised to whom, and under which limits: ceilings, grants, scopes, keys, models.

use purser_core::account::Subject;
use purser_core::budget::BudgetOn;
use purser_core::event::Event;
use purser_core::grant::Priority;
use purser_core::id::{GrantId, KeyId, OfferId};
use purser_core::money::{Currency, Nano};
use purser_core::offer::{Content, TokenTerms};
use purser_core::scope::Scope;
use purser_ledger::Balance;

use crate::asks::{Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, Company, DIVISION, METERED, SIMPLE, TOKEN, models, noon, tokens};
use crate::money::{chat, refused, rig_of, simple, small_floor};
use crate::rig::Rig;

/// The balance of a grant or budget.
fn balance(rig: &Rig, subject: Subject) -> Balance {
    let all = rig.ledger.balances();
    *all.iter().find(|balance| balance.key.subject == subject).unwrap_or_else(|| panic!("{subject:?} in {all:?}"))
}

/// What a budget is on, given a key.
type On = fn(KeyId) -> BudgetOn;

#[test]
fn every_ceiling_counts() {
    let ceilings: [(&str, On); 3] =
        [("unit", |_| BudgetOn::Unit(DIVISION)), ("company", |_| BudgetOn::Company), ("key", BudgetOn::Key)];
    for (whose, on) in ceilings {
        let mut budget = None;
        let rig = rig_of(10_000, |setup| {
            let key = setup.company.key(ANALYST, "pk-limited", |_| {});
            budget = Some(setup.company.budget(on(key), tokens(600)));
        });
        let call = || ask_unsigned(Talk::Chat, &Want { script: "output=400", ..simple(400) }).key("pk-limited");
        assert_eq!(rig.call(&call()).status(), 200);
        let clamped = rig.call(&call());
        assert_eq!((clamped.status(), clamped.header("x-purser-max-output")), (200, "200"), "{whose}");
        let answer = rig.call(&call());
        let text = refused(&rig, &answer, 429, "budget_exhausted");
        assert!(text.contains(whose), "{whose}: {text}");
        let balance = balance(&rig, Subject::Budget(budget.unwrap()));
        assert_eq!((balance.spent, balance.available()), (tokens(600), Nano::ZERO), "{whose}");
    }
}

#[test]
fn grants_burn_in_order_and_one_call_may_take_of_several() {
    let mut grants: Vec<GrantId> = Vec::new();
    let rig = Rig::bare(|setup| {
        small_floor(&mut setup.company);
        let mut grant = |amount, priority, scope: &[&str]| {
            let id = setup.company.grant(ANALYST, tokens(amount), |grant| {
                grant.priority = Priority::try_new(priority).unwrap();
                grant.scope = models(scope).into();
            });
            grants.push(id);
        };
        grant(1_000, 20, &[]);
        grant(300, 1, &["simple-*"]);
        grant(5_000, 2, &["claude-*"]);
        grant(100, 5, &[]);
    });
    let spent = |place: usize| {
        let all = rig.ledger.balances();
        let subject = Subject::Grant(*grants.get(place).unwrap());
        all.iter().find(|balance| balance.key.subject == subject).map_or(0, |balance| balance.spent.get() / TOKEN)
    };
    let call = |output: u64| {
        let script = format!("output={output}");
        assert_eq!(rig.call(&ask(Talk::Chat, &Want { script: &script, ..simple(500) })).status(), 200);
        rig.quiet();
        [spent(0), spent(1), spent(2), spent(3)]
    };
    assert_eq!(call(250), [0, 250, 0, 0], "what was held beyond the charge is free again, last grant first");
    assert_eq!(call(500), [350, 300, 0, 100], "over three grants");
    assert_eq!(call(10), [360, 300, 0, 100]);
    let charges = rig.charges(3);
    let legs: Vec<usize> = charges.iter().map(|charge| charge.legs.len()).collect();
    assert_eq!(legs, [1, 3, 1]);
}

/// What the analyst is told under some terms.
fn check_terms(code: &str, change: impl FnOnce(&mut Company)) -> String {
    let rig = Rig::bare(|setup| {
        small_floor(&mut setup.company);
        change(&mut setup.company);
    });
    let answer = rig.call(&chat(100));
    assert_eq!(answer.header("x-purser-code"), code, "{}", answer.text());
    assert!((400..430).contains(&answer.status()) && answer.header("x-should-retry") == "false", "{answer:?}");
    assert!(rig.standin.journal().is_empty());
    answer.text()
}

#[test]
fn terms_of_grants_are_kept() {
    check_terms("no_grant", |_| {});
    let text = check_terms("grant_not_started", |company| {
        company.grant(ANALYST, tokens(1_000), |grant| grant.starts = "2026-12-01".parse().unwrap());
    });
    assert!(text.contains("1 Dec"), "{text}");
    check_terms("grant_ended", |company| {
        company.grant(ANALYST, tokens(1_000), |grant| grant.ends = Some("2026-11-20".parse().unwrap()));
    });
    check_terms("grant_ended", |company| {
        let grant = company.grant(ANALYST, tokens(1_000), |_| {});
        company.take(&Event::GrantVoided { grant, at: noon() });
    });
    let text = check_terms("not_covered", |company| {
        company.grant(ANALYST, tokens(1_000), |grant| grant.scope = models(&["claude-*"]).into());
    });
    assert!(text.contains(SIMPLE), "{text}");
}

#[test]
fn a_grant_starts_by_the_clock_and_stops_by_its_voiding() {
    let mut grant = None;
    let rig = Rig::bare(|setup| {
        small_floor(&mut setup.company);
        let made = setup.company.grant(ANALYST, tokens(1_000), |grant| grant.starts = "2026-11-26".parse().unwrap());
        grant = Some(made);
    });
    let call = || rig.call(&chat(100)).header("x-purser-code").to_owned();
    assert_eq!(call(), "grant_not_started");
    rig.clock.set("2026-11-26T00:00:00Z");
    assert_eq!(call(), "");
    let (grant, at) = (grant.unwrap(), "2026-11-26T00:00:00Z".parse().unwrap());
    rig.change(|company| company.take(&Event::GrantVoided { grant, at }));
    assert_eq!(call(), "grant_ended");
}

/// What the terms of an accepted offer say is what the gateway does: from the first minute of the start date where the
/// person is, for the models of its line, and to the end of its term.
#[test]
fn an_accepted_offer_opens_at_midnight_where_its_person_is() {
    let content = |models: &str| -> Content {
        let text = format!(
            r#"{{"candidate":{{"name":"Person 17"}},"role":{{"family":"finance"}},"zone":"America/Los_Angeles",
                "starts":"2026-11-30","expires":"2026-11-20","package":{{"currency":"USD","tokens":{{
                    "amount":"60/workday","term":"2026-12-02","scope":{{"models":["{models}"]}}}}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let check = |models: &str, moments: &[(&str, &str)]| {
        let rig = Rig::bare(|setup| {
            small_floor(&mut setup.company);
            let content = content(models);
            let terms = TokenTerms::of(&content, &Currency::usd(), None, None).unwrap().unwrap();
            let zone = content.zone.clone();
            let (at, effective) = ("2026-11-20T12:00:00Z".parse().unwrap(), "2026-11-21T00:00:00Z".parse().unwrap());
            setup.company.take(&Event::PersonZoneChanged { person: ANALYST, zone, effective, at });
            setup.company.grant(ANALYST, tokens(1_000), |grant| {
                grant.created_at = noon();
                // From an offer of somewhere else: this ledger knows none.
                *grant = terms.grant(grant.id, ANALYST, &content.zone, OfferId::new(17), grant.created_at);
            });
        });
        for (at, code) in moments {
            rig.clock.set(at);
            assert_eq!(rig.call(&chat(100)).header("x-purser-code"), *code, "{models} at {at}");
        }
    };
    // Midnight in Los Angeles is eight in the morning in London.
    let days = [
        ("2026-11-30T07:59:59Z", "grant_not_started"),
        ("2026-11-30T08:00:00Z", ""),
        ("2026-12-02T07:59:59Z", ""),
        ("2026-12-02T08:00:00Z", "grant_ended"),
    ];
    check("*", &days);
    check("claude-*", &[("2026-11-30T08:00:00Z", "not_covered")]);
}

/// The heads of real clients, as recorded.
const CLAUDE_CODE: (&str, &str) = ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)");
const CODEX: (&str, &str) = ("originator", "codex_exec");
const OPENAI_SDK: (&str, &str) = ("user-agent", "OpenAI/Python 2.54.0");

#[test]
fn a_grant_pays_for_its_tools_only() {
    let mut grants: Vec<GrantId> = Vec::new();
    let rig = Rig::bare(|setup| {
        small_floor(&mut setup.company);
        let scope = |tools: &[&str]| Scope {
            tools: tools.iter().map(|tool| tool.parse().unwrap()).collect(),
            ..Scope::EVERYTHING
        };
        let only = scope(&["claude-code", "gemini-*"]);
        grants.push(setup.company.grant(ANALYST, tokens(1_000), |grant| grant.scope = only.into()));
        setup.company.key(ANALYST, "pk-sheet", |issue| issue.tool = Some("spreadsheet".to_owned()));
        setup.company.key(ANALYST, "pk-codex", |issue| issue.allow = scope(&["codex"]));
    });
    let call = |secret: &str, head: (&str, &str)| {
        let want = Want { script: "output=100", ..simple(100) };
        let answer = rig.call(&ask_unsigned(Talk::Chat, &want).with(head.0, head.1).key(secret));
        rig.quiet();
        (answer.status(), answer.header("x-purser-code").to_owned(), answer.text())
    };
    let spent = |place: usize| {
        let all = rig.ledger.balances();
        let subject = Subject::Grant(*grants.get(place).unwrap());
        all.iter().find(|balance| balance.key.subject == subject).map_or(0, |balance| balance.spent.get() / TOKEN)
    };
    // One thread keeps its plans: each tool has its own, in any order.
    for _ in 0..2 {
        assert_eq!(call("pk-analyst", CLAUDE_CODE).0, 200);
        let (status, code, text) = call("pk-analyst", CODEX);
        assert_eq!(code, "tool_not_covered", "{text}");
        assert!((400..430).contains(&status), "Codex stops at other statuses than others: {status}");
        assert!(text.contains("`codex`; it pays for `claude-code` or `gemini-*`"), "{text}");
        assert_eq!(call("pk-analyst", OPENAI_SDK).1, "tool_not_covered");
    }
    assert_eq!(spent(0), 200);
    // A key that was made for a tool is that tool's, whatever its caller says; one that may not be used, is not.
    let (_, code, text) = call("pk-sheet", CLAUDE_CODE);
    assert_eq!(code, "tool_not_covered");
    assert!(text.contains("`spreadsheet`"), "{text}");
    let (status, code, text) = call("pk-codex", CLAUDE_CODE);
    assert_eq!((status, code.as_str()), (403, "tool_not_allowed"), "{text}");
    // Another grant pays for the others, and only for what the first one does not.
    let also = rig.change(|company| company.grant(ANALYST, tokens(1_000), |grant| grant.priority = Priority::LAST));
    let spent_of = |id: GrantId| {
        let all = rig.ledger.balances();
        all.iter().find(|b| b.key.subject == Subject::Grant(id)).map_or(0, |balance| balance.spent.get() / TOKEN)
    };
    for head in [CODEX, CLAUDE_CODE, OPENAI_SDK] {
        assert_eq!(call("pk-analyst", head).0, 200);
    }
    assert_eq!((spent(0), spent_of(also)), (300, 200));
}

#[test]
fn keys_stop_at_once() {
    let mut key = None;
    let rig = rig_of(10_000, |setup| {
        let expires = Some("2026-11-25T13:00:00Z".parse().unwrap());
        setup.company.key(ANALYST, "pk-short", |issue| issue.expires = expires);
        key = Some(setup.company.key(ANALYST, "pk-lost", |_| {}));
        setup.company.key(ANALYST, "pk-narrow", |issue| issue.allow = models(&[METERED]));
    });
    let call = |secret: &str| {
        let answer = rig.call(&ask_unsigned(Talk::Messages, &simple(100)).key(secret));
        (answer.status(), answer.header("x-purser-code").to_owned())
    };
    let told = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!((call("pk-short"), call("pk-lost")), (told(200, ""), told(200, "")));
    let key = key.unwrap();
    rig.change(|company| company.take(&Event::KeyRevoked { key, at: noon() }));
    assert_eq!(call("pk-lost"), told(401, "key_revoked"));
    rig.clock.set("2026-11-25T13:00:00Z");
    assert_eq!(call("pk-short"), told(401, "key_expired"));
    assert_eq!(call("pk-narrow"), told(403, "model_not_allowed"));
    assert_eq!(call("pk-analyst"), told(200, ""));
    rig.change(|company| company.take(&Event::PersonLeft { person: ANALYST, at: noon() }));
    assert_eq!(call("pk-analyst"), told(401, "person_left"));
}

#[test]
fn requests_a_minute_are_counted() {
    let rig = rig_of(10_000, |setup| {
        setup.company.key(ANALYST, "pk-slow", |issue| issue.requests_per_minute = Some(3));
    });
    let call = || rig.call(&ask_unsigned(Talk::Chat, &simple(100)).key("pk-slow"));
    for _ in 0..3 {
        assert_eq!(call().status(), 200);
    }
    let answer = call();
    refused(&rig, &answer, 429, "rate_limited");
    assert_eq!(answer.header("retry-after"), "60");
    rig.clock.set("2026-11-25T12:02:00Z");
    assert_eq!(call().status(), 200);
}

#[test]
fn models_without_a_price_are_refused() {
    let rig = rig_of(10_000, |_| {});
    for talk in Talk::TEXT {
        let answer = rig.call(&ask(talk, &Want { model: "claude-opus-55", ..simple(100) }));
        let text = refused(&rig, &answer, 404, "unknown_model");
        assert!(text.contains("claude-opus-55"), "{text}");
    }
    assert!(rig.standin.journal().is_empty());
}
