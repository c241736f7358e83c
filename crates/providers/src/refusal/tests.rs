use purser_core::time::Instant;
use serde_json::{Map, Value, json};

use super::{Refusal, RefusalKind, refusal};
use crate::client::{ClientTool, Tool};
use crate::dialect::Family;

const KINDS: [RefusalKind; 15] = [
    RefusalKind::Exhausted { resets_at: Some(Instant::from_micros(1_796_083_200_000_000)) },
    RefusalKind::Held { retry_after_s: 2 },
    RefusalKind::RateLimited { retry_after_s: 20 },
    RefusalKind::BadKey,
    RefusalKind::Forbidden,
    RefusalKind::UnknownModel,
    RefusalKind::UnknownId,
    RefusalKind::Unmetered,
    RefusalKind::UnknownRoute,
    RefusalKind::BadRequest,
    RefusalKind::TooLarge,
    RefusalKind::Stopped,
    RefusalKind::Unreachable,
    RefusalKind::TimedOut,
    RefusalKind::Unavailable { retry_after_s: 5 },
];

const SENTENCE: &str = "Budget exhausted: $50.00 of $50.00 used this month,\nresets 1 Dec.";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every refusal a client can get, as status, headers and body.
fn check(name: &str, family: Family, tool: Tool) {
    let client = ClientTool { tool, version: None };
    let mut all = Map::new();
    for kind in KINDS {
        let rendered = refusal(family, &client, &Refusal { kind, message: SENTENCE, request_id: "req_1" });
        let headers: Map<String, Value> =
            rendered.headers.iter().map(|(name, value)| (text(name), Value::from(text(value)))).collect();
        let body: Value = serde_json::from_slice(&rendered.body).unwrap();
        let shown = json!({"status": rendered.status.as_u16(), "headers": headers, "body": body});
        all.insert(kind.code().to_owned(), shown);
    }
    insta::assert_json_snapshot!(name, all);
}

#[test]
fn anthropic_sdk() {
    check("anthropic_sdk", Family::Anthropic, Tool::AnthropicSdk);
}

#[test]
fn claude_code() {
    check("claude_code", Family::Anthropic, Tool::ClaudeCode);
}

#[test]
fn openai_sdk() {
    check("openai_sdk", Family::OpenAi, Tool::OpenAiSdk);
}

#[test]
fn codex() {
    check("codex", Family::OpenAi, Tool::Codex);
}

#[test]
fn gemini_cli() {
    check("gemini_cli", Family::Gemini, Tool::GeminiCli);
}

#[test]
fn a_long_wait_is_a_final_answer() {
    let kind = RefusalKind::RateLimited { retry_after_s: 3_600 };
    let refused = Refusal { kind, message: "Try again at 14:00.", request_id: "req_1" };
    for family in [Family::Anthropic, Family::OpenAi, Family::Gemini] {
        let rendered = refusal(family, &ClientTool::default(), &refused);
        assert!(!rendered.headers.contains("retry-after"));
        assert_eq!(rendered.headers.text("x-should-retry"), Some("false"));
    }
}
