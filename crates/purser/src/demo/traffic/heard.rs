//! What an answer said, as far as a conversation goes on from it: its text, and a tool it wants called.

use serde_json::Value;

use super::Dialect;

/// A tool that the model wants called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToolCall {
    /// The call's id; empty where the API has none.
    pub(crate) id: String,
    /// The tool.
    pub(crate) name: String,
    /// Its arguments, JSON.
    pub(crate) arguments: String,
}

/// What was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The text.
    pub(crate) text: String,
    /// The tool.
    pub(crate) tool: Option<ToolCall>,
}

impl Heard {
    /// From a body: JSON, or a stream of events.
    pub(crate) fn read(dialect: Dialect, body: &[u8], stream: bool) -> Self {
        let mut heard = Self::default();
        if stream {
            for line in body.split(|byte| *byte == b'\n') {
                let Some(data) = line.strip_prefix(b"data:") else { continue };
                // `[DONE]` is the one piece of data that is not JSON.
                if let Ok(event) = serde_json::from_slice(data) {
                    heard.take(dialect, &event);
                }
            }
        } else if let Ok(body) = serde_json::from_slice(body) {
            heard.take(dialect, &body);
        }
        heard
    }

    /// The sentence of a body that says no; empty where there is none.
    pub(crate) fn refusal(body: &[u8]) -> String {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn take(&mut self, dialect: Dialect, event: &Value) {
        match dialect {
            Dialect::Messages => self.messages(event),
            Dialect::Chat => self.chat(event),
            Dialect::Responses => self.responses(event),
            Dialect::Gemini => self.gemini(event),
            Dialect::Embeddings => {}
        }
    }

    fn messages(&mut self, event: &Value) {
        match text(event, "/type") {
            "content_block_start" => self.block(event.pointer("/content_block")),
            "content_block_delta" => {
                self.text.push_str(text(event, "/delta/text"));
                if let Some(tool) = &mut self.tool {
                    tool.arguments.push_str(text(event, "/delta/partial_json"));
                }
            }
            "message" => list(event, "/content").iter().for_each(|block| self.block(Some(block))),
            _ => {}
        }
    }

    fn block(&mut self, block: Option<&Value>) {
        let Some(block) = block else { return };
        if text(block, "/type") == "tool_use" {
            let arguments =
                block.pointer("/input").filter(|input| input.as_object().is_some_and(|input| !input.is_empty()));
            self.tool = Some(ToolCall {
                id: text(block, "/id").to_owned(),
                name: text(block, "/name").to_owned(),
                arguments: arguments.map(Value::to_string).unwrap_or_default(),
            });
        } else {
            self.text.push_str(text(block, "/text"));
        }
    }

    fn chat(&mut self, event: &Value) {
        for said in ["/choices/0/delta", "/choices/0/message"].iter().filter_map(|at| event.pointer(at)) {
            self.text.push_str(text(said, "/content"));
            for call in list(said, "/tool_calls") {
                let tool = self.tool.get_or_insert_default();
                tool.id.push_str(text(call, "/id"));
                tool.name.push_str(text(call, "/function/name"));
                tool.arguments.push_str(text(call, "/function/arguments"));
            }
        }
    }

    /// A stream's last event has the whole answer in it, so that the pieces need not be kept.
    fn responses(&mut self, event: &Value) {
        let answer = event.pointer("/response").unwrap_or(event);
        for item in list(answer, "/output") {
            match text(item, "/type") {
                "message" => list(item, "/content").iter().for_each(|part| self.text.push_str(text(part, "/text"))),
                "function_call" => {
                    self.tool = Some(ToolCall {
                        id: text(item, "/call_id").to_owned(),
                        name: text(item, "/name").to_owned(),
                        arguments: text(item, "/arguments").to_owned(),
                    });
                }
                _ => {}
            }
        }
    }

    fn gemini(&mut self, event: &Value) {
        for part in list(event, "/candidates/0/content/parts") {
            self.text.push_str(text(part, "/text"));
            if let Some(call) = part.pointer("/functionCall") {
                self.tool = Some(ToolCall {
                    id: String::new(),
                    name: text(call, "/name").to_owned(),
                    arguments: call.pointer("/args").map(Value::to_string).unwrap_or_default(),
                });
            }
        }
    }
}

fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dialect: Dialect, body: &str, said: &str, tool: Option<(&str, &str, &str)>) {
        let heard = Heard::read(dialect, body.as_bytes(), body.starts_with("data:") || body.starts_with("event:"));
        let tool = tool.map(|(id, name, arguments)| ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        });
        assert_eq!(heard, Heard { text: said.to_owned(), tool }, "{body}");
    }

    #[test]
    fn answers_in_every_api() {
        check(
            Dialect::Messages,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n\
             data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"read\",\"input\":{}}}\n\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}\n\n",
            "Hi",
            Some(("t1", "read", "{\"a\":1}")),
        );
        check(
            Dialect::Messages,
            r#"{"type":"message","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"t1","name":"read","input":{"a":1}}]}"#,
            "Hi",
            Some(("t1", "read", "{\"a\":1}")),
        );
        check(
            Dialect::Chat,
            "data: {\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"i\"}}]}\n\ndata: [DONE]\n\n",
            "Hi",
            None,
        );
        check(
            Dialect::Chat,
            r#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"c","function":{"name":"read","arguments":"{}"}}]}}]}"#,
            "",
            Some(("c", "read", "{}")),
        );
        check(
            Dialect::Responses,
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"Hi\"}]},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"read\",\"arguments\":\"{}\"}]}}\n\n",
            "Hi",
            Some(("c", "read", "{}")),
        );
        check(
            Dialect::Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"},{\"functionCall\":{\"name\":\"read\",\"args\":{\"a\":1}}}]}}]}\n\n",
            "Hi",
            Some(("", "read", "{\"a\":1}")),
        );
        check(Dialect::Embeddings, r#"{"data":[{"embedding":[0.1]}]}"#, "", None);
    }

    #[test]
    fn a_refusal_has_one_place_in_every_api() {
        assert_eq!(Heard::refusal(br#"{"type":"error","error":{"message":"No."}}"#), "No.");
        assert_eq!(Heard::refusal(b"<html>"), "");
    }
}
