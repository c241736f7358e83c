//! Everybody shares the company's account at a provider: what one person made there does not exist for another.

use serde_json::Value;

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, ANALYST_KEY, ENGINEER, ENGINEER_KEY, METERED, dollars, models};
use crate::rig::Rig;
use crate::upstreams::Fake;
use crate::wire::Message;

fn two_people() -> Rig {
    Rig::start(|setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
    })
}

/// The id of a response, streamed or not.
fn id_of(answer: &Message) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once(r#""id":"resp_"#).unwrap_or_else(|| panic!("{text}"));
    format!("resp_{}", rest.split('"').next().unwrap())
}

fn not_there(answer: &Message) {
    assert_eq!((answer.status(), answer.header("x-purser-code")), (404, "unknown_id"), "{}", answer.text());
}

#[test]
fn a_response_can_be_gone_on_from_by_its_maker_alone() {
    let rig = two_people();
    for stream in [false, true] {
        let made = rig.call(&ask(Talk::Responses, &Want { stream, ..Want::default() }));
        let id = id_of(&made);
        let more = format!(r#""previous_response_id":"{id}","#);
        let next = Want { more: &more, ..Want::default() };
        let own = rig.call(&ask(Talk::Responses, &next));
        assert_eq!(own.status(), 200, "{}", own.text());
        let before = rig.tap.requests();
        not_there(&rig.call(&ask_unsigned(Talk::Responses, &next).key(ENGINEER_KEY)));
        for (method, target) in [
            ("GET", format!("/v1/responses/{id}")),
            ("GET", format!("/v1/responses/{id}/input_items")),
            ("DELETE", format!("/v1/responses/{id}")),
            ("POST", format!("/v1/responses/{id}/cancel")),
            ("GET", format!("/v1/responses/%72{}", id.get(1..).unwrap())),
        ] {
            not_there(&rig.call(&Ask::of(method, &target).key(ENGINEER_KEY)));
        }
        assert_eq!(rig.tap.requests(), before, "none of it went out");
        rig.call(&Ask::of("GET", &format!("/v1/responses/{id}")).key(ANALYST_KEY));
        assert_eq!(rig.tap.requests(), before + 1, "the maker's does");
    }
}

#[test]
fn ids_that_nobody_here_made_do_not_exist() {
    let rig = two_people();
    let more = r#""previous_response_id":"resp_from_elsewhere","#;
    not_there(&rig.call(&ask(Talk::Responses, &Want { more, ..Want::default() })));
    let kept = r#""store":false,"#;
    let id = id_of(&rig.call(&ask(Talk::Responses, &Want { more: kept, ..Want::default() })));
    not_there(&rig.call(&Ask::of("GET", &format!("/v1/responses/{id}")).key(ANALYST_KEY)));
}

#[test]
fn a_conversation_belongs_to_its_maker() {
    let body = r#"{"id":"conv_1","object":"conversation","created_at":1}"#;
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let fake = Fake::saying(&(head + body));
    let rig = Rig::start(|setup| setup.send_to("openai", fake.address));
    let get = |secret: &str| rig.call(&Ask::of("GET", "/v1/conversations/conv_1").key(secret));
    not_there(&get(ANALYST_KEY));
    let made = rig.call(&Ask::post("/v1/conversations", "{}").key(ANALYST_KEY));
    assert_eq!((made.status(), made.text()), (200, body.to_owned()));
    assert_eq!(get(ANALYST_KEY).status(), 200);
    not_there(&get(ENGINEER_KEY));
    let more = r#""conversation":"conv_1","#;
    not_there(&rig.call(&ask_unsigned(Talk::Responses, &Want { more, ..Want::default() }).key(ENGINEER_KEY)));
}

#[test]
fn lists_show_what_the_key_may_call() {
    let rig = Rig::bare(|setup| {
        let allow = models(&["metered-*", "claude-haiku-5-5", "gemini-2.5-pro"]);
        setup.company.key(ANALYST, "pk-narrow", |issue| issue.allow = allow);
    });
    let get = |target: &str, secret: &str| Ask::of("GET", target).key(secret);
    let cases = [
        (get("/v1/models", "pk-narrow").with("anthropic-version", "2023-06-01"), "/data", "id", "claude-haiku-5-5"),
        (get("/v1/models", "pk-narrow"), "/data", "id", METERED),
        (get("/v1beta/models", "pk-narrow"), "/models", "name", "models/gemini-2.5-pro"),
    ];
    for (ask, list, field, expected) in cases {
        let answer = rig.call(&ask);
        let body = answer.json();
        let names: Vec<&str> =
            body.pointer(list).unwrap().as_array().unwrap().iter().filter_map(|m| m.get(field)?.as_str()).collect();
        assert!(names.contains(&expected), "{names:?}");
        let allowed =
            |name: &&str| name.contains("metered-1") || name.contains("haiku-5-5") || name.contains("2.5-pro");
        assert!(names.iter().all(allowed), "{names:?}");
        assert!(body.pointer("/error").is_none_or(Value::is_null));
    }
    let hidden = get("/v1/models/claude-opus-5-5", "pk-narrow").with("anthropic-version", "2023-06-01");
    not_there(&rig.call(&hidden));
    assert_eq!(rig.call(&get("/v1/models/claude-opus-5-5", ANALYST_KEY).with("anthropic-version", "x")).status(), 200);
    assert_eq!(rig.call(&get("/v1/models", "pk-nobody")).status(), 401);
}
