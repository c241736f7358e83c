//! As much of a message as its carrier looks at.

use serde_json::{Value, json};

/// The code of an error that is the carrier's own (JSON-RPC 2.0, section 5.1: -32000 to -32099 are a server's).
const NOT_CARRIED: i64 = -32000;

/// Where the protocol's newest form says its version with each request.
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What a message says about itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Message {
    /// Of a request; none of a notification, which nobody answers.
    pub(super) id: Option<Value>,
    pub(super) method: Option<String>,
    /// The tool it calls, and its like.
    pub(super) name: Option<String>,
    /// The version it is written in, where it says so.
    pub(super) version: Option<String>,
}

impl Message {
    /// What can be read; nothing of what is no message, which Purser then says.
    pub(super) fn read(line: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return Self::default() };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let params = value.get("params");
        Self {
            id: value.get("id").filter(|id| !id.is_null()).cloned(),
            method: text(value.get("method")),
            name: text(params.and_then(|params| params.get("name"))),
            version: text(params.and_then(|params| params.get("_meta")?.get(META_VERSION))),
        }
    }
}

/// An error, for whoever waits for the answer to `id`.
pub(super) fn failed(id: Option<&Value>, why: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": NOT_CARRIED, "message": why } }).to_string()
}

/// The version that an answer to `initialize` agrees upon.
pub(super) fn version_of(answer: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    Some(value.get("result")?.get("protocolVersion")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_notifications() {
        let call = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"budget_left"}}"#;
        let expected = Message {
            id: Some(json!(7)),
            method: Some("tools/call".to_owned()),
            name: Some("budget_left".to_owned()),
            version: None,
        };
        assert_eq!(Message::read(call), expected);
        assert_eq!(Message::read(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).id, None);
        assert_eq!(Message::read(b"no JSON"), Message::default());
        let newest =
            br#"{"id":"a","method":"x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert_eq!(Message::read(newest).version.as_deref(), Some("2026-07-28"));
    }

    #[test]
    fn the_version_is_read_from_the_first_answer() {
        let answer = br#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}"#;
        assert_eq!(version_of(answer).as_deref(), Some("2025-06-18"));
        assert_eq!(version_of(failed(Some(&json!(0)), "nobody answers").as_bytes()), None);
    }
}
