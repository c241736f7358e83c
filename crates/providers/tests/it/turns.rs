//! Whose turn it is, and what an agent did last: sessions of real agents, one request a line, and small bodies.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use purser_providers::{Dialect, RequestFacts, Turn, WorkKey};

const GEMINI: Dialect = Dialect::GeminiGenerate { stream: true, sse: true };

fn turn(dialect: Dialect, body: &str) -> Turn {
    let facts = RequestFacts::read(dialect, Some("m"), body.as_bytes()).unwrap();
    let turn = facts.turn(body.as_bytes(), &WorkKey::new(7));
    assert_eq!(turn, facts.turn(body.as_bytes(), &WorkKey::new(7)), "the same key, the same hash");
    if let Some(work) = turn.work {
        assert_ne!(Some(work), facts.turn(body.as_bytes(), &WorkKey::new(8)).work, "another key, another hash");
    }
    assert_eq!(facts.turn(&body.as_bytes()[1..], &WorkKey::new(7)), Turn::default(), "another body");
    turn
}

/// Reads a session: `h` for a turn of a human being's, `-` for nobody's and without work; works are lettered by equality.
fn check_session(name: &str, dialect: Dialect, expected: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/turns").join(name).with_extension("jsonl");
    let session = fs::read_to_string(&path).unwrap();
    let mut known = Vec::new();
    let told: String = session.lines().map(|body| letter(turn(dialect, body), &mut known)).collect();
    assert_eq!(told, expected, "{name}");
}

fn letter(turn: Turn, known: &mut Vec<u64>) -> char {
    match turn.work {
        None if turn.human => 'h',
        None => '-',
        Some(work) => {
            let place = known.iter().position(|known| *known == work).unwrap_or_else(|| {
                known.push(work);
                known.len() - 1
            });
            let letter = char::from(b'a' + u8::try_from(place).unwrap());
            if turn.human { letter.to_ascii_uppercase() } else { letter }
        }
    }
}

#[test]
fn claude_code() {
    check_session("claude_code", Dialect::AnthropicMessages, "haaa");
    check_session("claude_code_parallel", Dialect::AnthropicMessages, "haaa");
    check_session("claude_code_clock", Dialect::AnthropicMessages, "habc");
}

/// Requests of a session and of its sub-agents as they came: what a sub-agent is told first looks like a human being's
/// words in its body; the headers say that it is one.
#[test]
fn claude_code_with_sub_agents() {
    check_session("claude_code_agents", Dialect::AnthropicMessages, "hahahha--");
}

#[test]
fn codex() {
    check_session("codex", Dialect::OpenAiResponses, "haaa");
    check_session("codex_script", Dialect::OpenAiResponses, "haaa");
    check_session("codex_parallel", Dialect::OpenAiResponses, "haaa");
    check_session("codex_clock", Dialect::OpenAiResponses, "habc");
}

#[test]
fn gemini_cli() {
    check_session("gemini_cli", GEMINI, "haaa");
    check_session("gemini_cli_parallel", GEMINI, "haaa");
    check_session("gemini_cli_clock", GEMINI, "habc");
}

/// The turn of what was said last, after some earlier words.
fn said(dialect: Dialect, last: &str) -> Turn {
    let (list, before) = match dialect {
        Dialect::OpenAiResponses => ("input", r#"{"role":"user","content":"Go."}"#),
        Dialect::GeminiGenerate { .. } => ("contents", r#"{"role":"user","parts":[{"text":"Go."}]}"#),
        _ => ("messages", r#"{"role":"user","content":"Go."},{"role":"assistant","content":"Gone."}"#),
    };
    turn(dialect, &format!(r#"{{"model":"m","max_tokens":9,"{list}":[{before},{last}]}}"#))
}

/// Bodies that all say the same thing.
fn check_same(dialect: Dialect, alike: &[&str]) -> u64 {
    let works: BTreeSet<_> = alike.iter().map(|last| said(dialect, last).work).collect();
    assert_eq!(works.len(), 1, "{alike:?}");
    works.first().copied().flatten().expect("work")
}

/// Bodies that each say something else.
fn check_different(dialect: Dialect, each: &[&str]) {
    let works: BTreeSet<_> = each.iter().map(|last| said(dialect, last).work.expect(last)).collect();
    assert_eq!(works.len(), each.len(), "{each:?}");
}

fn check_human(dialect: Dialect, last: &str, human: bool) {
    let turn = said(dialect, last);
    assert_eq!((turn.human, turn.work), (human, None), "{last}");
}

#[test]
fn ids_and_marks_take_no_part() {
    let work = check_same(
        Dialect::AnthropicMessages,
        &[
            r#"{"role":"assistant","content":[{"type":"text","text":"Now."},{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"a\nb"}]}"#,
            r#"{"content":[{"input":{"command":"ls"},"id":"toolu_2","name":"Bash","type":"tool_use","cache_control":{"type":"ephemeral"}}],"role":"assistant"},
               {"content":[{"content":"a\nb","tool_use_id":"toolu_2","type":"tool_result","is_error":false,"cache_control":{"type":"ephemeral"}},
                           {"type":"text","text":"<system-reminder>\nTo do.\n</system-reminder>"}],"role":"user"},
               {"role":"system","content":"Less time."}"#,
        ],
    );
    assert_ne!(work, 0);
    check_same(
        Dialect::AnthropicMessages,
        &[
            r#"{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"Bash","input":{}},{"type":"tool_use","id":"2","name":"Read","input":{}}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"a"}]},{"type":"tool_result","tool_use_id":"2","content":"b"}]}"#,
            r#"{"role":"assistant","content":[{"type":"tool_use","id":"3","name":"Bash","input":{}},{"type":"tool_use","id":"4","name":"Read","input":{}}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"4","content":"b"}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"3","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]}"#,
        ],
    );
    check_same(
        Dialect::OpenAiChat,
        &[
            r#"{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"ls","arguments":"{}"}}]},
               {"role":"tool","tool_call_id":"call_1","content":"a"}"#,
            r#"{"tool_calls":[{"function":{"name":"ls","arguments":"{}"},"type":"function","id":"call_2"}],"role":"assistant"},
               {"content":"a","tool_call_id":"call_2","role":"tool"}"#,
        ],
    );
    check_same(
        GEMINI,
        &[
            r#"{"role":"model","parts":[{"functionCall":{"name":"ls","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{"output":"a"}}}]}"#,
            r#"{"role":"model","parts":[{"thought_signature":"x","function_call":{"id":"1","name":"ls","args":{}}}]},{"role":"function","parts":{"function_response":{"id":"1","name":"ls","response":{"output":"a"}}}}"#,
        ],
    );
}

#[test]
fn other_calls_and_other_results_are_other_work() {
    let anthropic = |name: &str, input: &str, result: &str| {
        format!(
            r#"{{"role":"assistant","content":[{{"type":"tool_use","id":"t","name":"{name}","input":{input}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t",{result}}}]}}"#
        )
    };
    let each = [
        anthropic("Bash", r#"{"command":"ls"}"#, r#""content":"a""#),
        anthropic("Base", r#"{"command":"ls"}"#, r#""content":"a""#),
        anthropic("Bash", r#"{"command":"la"}"#, r#""content":"a""#),
        anthropic("Bash", r#"{"command":"ls"}"#, r#""content":"b""#),
        anthropic("Bash", r#"{"command":"ls"}"#, r#""content":"a","is_error":true"#),
        anthropic(
            "Bash",
            r#"{"command":"ls"}"#,
            r#""content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#,
        ),
        anthropic("Bash", r#"{"command":"ls"}"#, r#""content":[{"type":"text","text":"ab"}]"#),
        anthropic("Bash", r#"{"command":"ls"}"#, r#""is_error":false"#),
    ];
    check_different(Dialect::AnthropicMessages, &each.each_ref().map(String::as_str));
    let long = "line\\n".repeat(2_000);
    let (one, other) = (format!(r#""content":"{long}a""#), format!(r#""content":"{long}b""#));
    let each = [anthropic("Bash", "{}", &one), anthropic("Bash", "{}", &other)];
    check_different(Dialect::AnthropicMessages, &each.each_ref().map(String::as_str));
    check_different(
        Dialect::OpenAiResponses,
        &[
            r#"{"type":"function_call","name":"f","arguments":"{}","call_id":"1"},{"type":"function_call_output","call_id":"1","output":"Chunk ID: 1\nWall time: 1 seconds\nProcess exited with code 0\nOutput:\na"}"#,
            r#"{"type":"function_call","name":"f","arguments":"{}","call_id":"1"},{"type":"function_call_output","call_id":"1","output":"Chunk ID: 2\nWall time: 2 seconds\nProcess exited with code 1\nOutput:\na"}"#,
            r#"{"type":"function_call","name":"f","arguments":"{}","call_id":"1"},{"type":"function_call_output","call_id":"1","output":"Chunk ID: 1\nWall time: 1 seconds\nProcess exited with code 0\nOutput:\nb"}"#,
            r#"{"type":"local_shell_call","action":{"type":"exec","command":["ls"]},"call_id":"1"},{"type":"local_shell_call_output","call_id":"1","output":"a"}"#,
        ],
    );
}

#[test]
fn who_spoke_last() {
    let messages = Dialect::AnthropicMessages;
    check_human(messages, r#"{"role":"user","content":"Now the tests."}"#, true);
    check_human(messages, r#"{"role":"user","content":[{"type":"image","source":{}}]}"#, true);
    check_human(messages, r#"{"role":"user","content":"<div> is not closed"}"#, true);
    check_human(
        messages,
        r#"{"role":"user","content":[{"type":"text","text":"<system-reminder>Hm.</system-reminder>"},{"type":"text","text":"Now."}]}"#,
        true,
    );
    check_human(
        messages,
        r#"{"role":"user","content":"<system-reminder>\nThe user sent a new message while you were working:\nstop\n</system-reminder>"}"#,
        true,
    );
    check_human(
        messages,
        r#"{"role":"user","content":"\u003csystem-reminder>Hm.</system-reminder>"},{"role":"assistant","content":"Hm."}"#,
        false,
    );
    check_human(
        messages,
        r#"{"role":"user","content":"This session is being continued from a previous conversation that ran out"},{"role":"assistant","content":"Hm."}"#,
        false,
    );
    check_human(messages, r#"{"role":"assistant","content":"The answer is"}"#, false);
    check_human(
        Dialect::OpenAiChat,
        r#"{"role":"user","content":[{"type":"text","text":"Now."}]},{"role":"developer","content":"Be brief."}"#,
        true,
    );
    check_human(
        Dialect::OpenAiResponses,
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Now."}]}"#,
        true,
    );
    check_human(
        Dialect::OpenAiResponses,
        r#"{"type":"reasoning","summary":[]},{"role":"assistant","content":"Hm."},{"role":"user","content":[{"type":"input_text","text":"<turn_aborted>\nx</turn_aborted>"}]}"#,
        false,
    );
    check_human(GEMINI, r#"{"role":"user","parts":[{"text":"Now."}]}"#, true);
    check_human(
        GEMINI,
        r#"{"role":"model","parts":[{"text":"Hm."}]},{"role":"user","parts":[{"text":"Please continue."}]}"#,
        false,
    );
    // Calls that are not in the body can't be told from others.
    check_human(
        Dialect::OpenAiResponses,
        r#"{"role":"assistant","content":"Hm."},{"type":"function_call_output","call_id":"1","output":"a"}"#,
        false,
    );
    let text = r#"{"model":"m","input":"Now."}"#;
    assert!(turn(Dialect::OpenAiResponses, text).human);
}

#[test]
fn words_beside_results_are_heard_and_the_work_is_kept() {
    let turn = said(
        Dialect::AnthropicMessages,
        r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]},
           {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"a"},{"type":"text","text":"No, the other one."}]}"#,
    );
    assert!(turn.human && turn.work.is_some(), "{turn:?}");
}

#[test]
fn side_calls_of_claude_code_are_nobodys() {
    let body = |tools: &str| {
        let user = r#"{\"session_id\":\"5d2f\"}"#;
        format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"quota"}}],"metadata":{{"user_id":"{user}"}}{tools}}}"#
        )
    };
    assert!(!turn(Dialect::AnthropicMessages, &body("")).human);
    assert!(turn(Dialect::AnthropicMessages, &body(r#","tools":[{"name":"Bash"}]"#)).human);
}

#[test]
fn more_calls_at_once_than_are_remembered() {
    let calls = |count: usize| {
        let call = |place: usize| format!(r#"{{"id":"{place}","function":{{"name":"f","arguments":"{place}"}}}}"#);
        let calls: Vec<_> = (0..count).map(call).collect();
        let results: Vec<_> = (0..count).map(|_| r#"{"role":"tool","content":"ok"}"#).collect();
        format!(r#"{{"role":"assistant","tool_calls":[{}]}},{}"#, calls.join(","), results.join(","))
    };
    assert!(said(Dialect::OpenAiChat, &calls(127)).work.is_some());
    assert_eq!(said(Dialect::OpenAiChat, &calls(128)).work, None);
}
