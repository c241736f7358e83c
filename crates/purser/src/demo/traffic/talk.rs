//! A conversation: begun with a large context, longer by a turn each time, so that a provider's cache has something to
//! read; begun anew after some turns.

use serde_json::{Value, json};

use super::heard::ToolCall;
use super::{Dialect, Dice, Heard};
use crate::demo::company::Manner;

/// The one tool that is offered; its results are made up.
const TOOL: &str = "read_file";

/// A conversation in the messages of its API.
#[derive(Debug)]
pub(crate) struct Talk {
    dialect: Dialect,
    model: &'static str,
    manner: Manner,
    /// What every call of this conversation begins with.
    context: String,
    messages: Vec<Value>,
    turns: usize,
    /// The tool that the last answer wants called.
    wanted: Option<ToolCall>,
    /// Messages that came with the question under way, to be taken back when it fails.
    asked: usize,
}

impl Talk {
    /// Nothing said yet.
    pub(crate) fn new(dialect: Dialect, model: &'static str, manner: Manner) -> Self {
        Self { dialect, model, manner, context: String::new(), messages: Vec::new(), turns: 0, wanted: None, asked: 0 }
    }

    /// The next question as a request's body. `note` is put before the question, for the stand-in to read.
    pub(crate) fn ask(&mut self, dice: &mut Dice, note: &str) -> Vec<u8> {
        if self.turns >= self.manner.turns || self.context.is_empty() {
            self.begin(dice);
        }
        let said = format!("{note}{}", dice.prose(self.manner.turn));
        let question = match self.wanted.take() {
            Some(call) => self.result(&call, &said),
            None => self.question(&said),
        };
        self.asked = question.len();
        self.messages.extend(question);
        self.body().to_string().into_bytes()
    }

    /// Takes the answer in.
    pub(crate) fn answered(&mut self, heard: Heard) {
        self.asked = 0;
        self.turns += 1;
        let spoken = self.spoken(&heard);
        self.messages.extend(spoken);
        self.wanted = heard.tool;
    }

    /// The question was not answered: as if it had not been asked. A tool's result is not asked for twice.
    pub(crate) fn failed(&mut self) {
        let kept = self.messages.len().saturating_sub(self.asked);
        self.messages.truncate(kept);
        if self.asked > 0 {
            self.begin_again();
        }
        self.asked = 0;
    }

    fn begin(&mut self, dice: &mut Dice) {
        self.begin_again();
        self.context = dice.prose(self.manner.context.max(1));
    }

    /// Over from the start with the same context, which a cache still has.
    fn begin_again(&mut self) {
        self.messages.clear();
        self.wanted = None;
        self.turns = 0;
    }

    fn question(&self, said: &str) -> Vec<Value> {
        vec![match self.dialect {
            Dialect::Messages => json!({"role": "user", "content": [{"type": "text", "text": said}]}),
            Dialect::Chat | Dialect::Responses => json!({"role": "user", "content": said}),
            Dialect::Gemini => json!({"role": "user", "parts": [{"text": said}]}),
            Dialect::Embeddings => json!(said),
        }]
    }

    fn result(&self, call: &ToolCall, said: &str) -> Vec<Value> {
        vec![match self.dialect {
            Dialect::Messages => {
                json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": said}]})
            }
            Dialect::Chat => json!({"role": "tool", "tool_call_id": call.id, "content": said}),
            Dialect::Responses => json!({"type": "function_call_output", "call_id": call.id, "output": said}),
            Dialect::Gemini => json!({
                "role": "user",
                "parts": [{"functionResponse": {"name": call.name, "response": {"content": said}}}],
            }),
            Dialect::Embeddings => json!(said),
        }]
    }

    /// The answer as the next request has to repeat it.
    fn spoken(&self, heard: &Heard) -> Vec<Value> {
        let tool = heard.tool.as_ref();
        let arguments = |call: &ToolCall| serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        match self.dialect {
            Dialect::Messages => {
                let mut content = Vec::new();
                if !heard.text.is_empty() {
                    content.push(json!({"type": "text", "text": heard.text}));
                }
                content.extend(tool.map(
                    |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments(call)}),
                ));
                vec![json!({"role": "assistant", "content": content})]
            }
            Dialect::Chat => {
                let calls: Vec<Value> = tool
                    .map(|call| {
                        json!({
                            "id": call.id,
                            "type": "function",
                            "function": {"name": call.name, "arguments": call.arguments},
                        })
                    })
                    .into_iter()
                    .collect();
                let mut message = json!({"role": "assistant", "content": heard.text});
                if !calls.is_empty() {
                    message["tool_calls"] = json!(calls);
                }
                vec![message]
            }
            Dialect::Responses => {
                let mut items = Vec::new();
                if !heard.text.is_empty() {
                    items.push(json!({"role": "assistant", "content": heard.text}));
                }
                items.extend(tool.map(|call| {
                    json!({
                        "type": "function_call",
                        "call_id": call.id,
                        "name": call.name,
                        "arguments": call.arguments,
                    })
                }));
                items
            }
            Dialect::Gemini => {
                let mut parts = Vec::new();
                if !heard.text.is_empty() {
                    parts.push(json!({"text": heard.text}));
                }
                parts.extend(tool.map(|call| json!({"functionCall": {"name": call.name, "args": arguments(call)}})));
                vec![json!({"role": "model", "parts": parts})]
            }
            Dialect::Embeddings => Vec::new(),
        }
    }

    fn body(&self) -> Value {
        let Manner { stream, output_max, .. } = self.manner;
        let mut body = match self.dialect {
            Dialect::Messages => json!({
                "model": self.model,
                "max_tokens": output_max,
                "stream": stream,
                "system": [{"type": "text", "text": self.context, "cache_control": {"type": "ephemeral"}}],
                "messages": self.marked(),
            }),
            Dialect::Chat => {
                let mut messages = vec![json!({"role": "system", "content": self.context})];
                messages.extend(self.messages.iter().cloned());
                let mut body = json!({
                    "model": self.model,
                    "max_completion_tokens": output_max,
                    "stream": stream,
                    "messages": messages,
                });
                if stream {
                    body["stream_options"] = json!({"include_usage": true});
                }
                body
            }
            Dialect::Responses => json!({
                "model": self.model,
                "max_output_tokens": output_max,
                "stream": stream,
                "store": false,
                "instructions": self.context,
                "input": self.messages,
            }),
            Dialect::Gemini => json!({
                "systemInstruction": {"parts": [{"text": self.context}]},
                "generationConfig": {"maxOutputTokens": output_max},
                "contents": self.messages,
            }),
            Dialect::Embeddings => json!({"model": self.model, "input": self.messages}),
        };
        if self.manner.tools {
            body["tools"] = tools(self.dialect);
        }
        body
    }

    /// The messages with the mark that makes Anthropic keep them, on the last one.
    fn marked(&self) -> Vec<Value> {
        let mut messages = self.messages.clone();
        if let Some(block) = messages.last_mut().and_then(|message| message.pointer_mut("/content/0")) {
            block["cache_control"] = json!({"type": "ephemeral"});
        }
        messages
    }
}

fn tools(dialect: Dialect) -> Value {
    let text = "Reads a file of the project and returns what is in it.";
    let takes = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    match dialect {
        Dialect::Messages => json!([{"name": TOOL, "description": text, "input_schema": takes}]),
        Dialect::Chat => {
            json!([{"type": "function", "function": {"name": TOOL, "description": text, "parameters": takes}}])
        }
        Dialect::Responses => json!([{"type": "function", "name": TOOL, "description": text, "parameters": takes}]),
        Dialect::Gemini => {
            json!([{"functionDeclarations": [{"name": TOOL, "description": text, "parameters": takes}]}])
        }
        Dialect::Embeddings => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANNER: Manner =
        Manner { stream: true, tools: true, context: 500, turn: 50, output_max: 100, pause: (0, 0), turns: 3 };

    fn asked(talk: &mut Talk, dice: &mut Dice) -> String {
        String::from_utf8(talk.ask(dice, "")).unwrap()
    }

    fn check(dialect: Dialect, messages: &str) {
        let mut dice = Dice::new(1, 1);
        let mut talk = Talk::new(dialect, "m", MANNER);
        let mut lengths = Vec::new();
        for turn in 0..4 {
            let body: Value = serde_json::from_str(&asked(&mut talk, &mut dice)).unwrap();
            lengths.push(body.pointer(messages).and_then(Value::as_array).unwrap().len());
            let tool = (turn == 0).then(|| ToolCall {
                id: "c1".to_owned(),
                name: TOOL.to_owned(),
                arguments: r#"{"path":"a"}"#.to_owned(),
            });
            talk.answered(Heard { text: "Well.".to_owned(), tool });
        }
        assert!(lengths[0] < lengths[1] && lengths[1] < lengths[2], "{dialect:?} grows: {lengths:?}");
        assert_eq!(lengths[3], lengths[0], "{dialect:?} begins anew after its turns");
    }

    #[test]
    fn conversations_grow_and_begin_anew() {
        check(Dialect::Messages, "/messages");
        check(Dialect::Chat, "/messages");
        check(Dialect::Responses, "/input");
        check(Dialect::Gemini, "/contents");
    }

    #[test]
    fn a_question_that_failed_was_never_asked() {
        let mut dice = Dice::new(1, 1);
        let mut talk = Talk::new(Dialect::Messages, "m", MANNER);
        asked(&mut talk, &mut dice);
        talk.failed();
        let body: Value = serde_json::from_str(&asked(&mut talk, &mut dice)).unwrap();
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_longer_body_begins_as_the_shorter_one_did() {
        let mut dice = Dice::new(1, 1);
        let mut talk = Talk::new(Dialect::Chat, "m", MANNER);
        let first: Value = serde_json::from_str(&asked(&mut talk, &mut dice)).unwrap();
        talk.answered(Heard { text: "Well.".to_owned(), tool: None });
        let second: Value = serde_json::from_str(&asked(&mut talk, &mut dice)).unwrap();
        let messages = |body: &Value| body["messages"].as_array().unwrap().clone();
        assert_eq!(messages(&first), messages(&second)[..messages(&first).len()]);
    }
}
