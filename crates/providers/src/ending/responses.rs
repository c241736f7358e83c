//! Responses: incomplete, or, for Codex, our sentence as a message of its own.

use serde_json::{Value, json};

use crate::client::Tool;
use crate::usage::render;
use crate::usage::responses::Answer;

use super::{EarlyEnd, Frames};

pub(super) fn close(answer: &Answer, end: EarlyEnd<'_>, frames: &mut Frames) {
    let mut sequence = answer.sequence;
    let mut event = |frames: &mut Frames, kind: &str, mut data: Value| {
        sequence = sequence.saturating_add(1);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), json!(kind));
            fields.insert("sequence_number".to_owned(), json!(sequence));
        }
        frames.named(kind, &data);
    };
    let mut items: Vec<Value> = answer.done_items.iter().filter_map(|item| serde_json::from_slice(item).ok()).collect();
    // Codex shows `response.incomplete` as a fault of its own and loses every other sentence; a finished message it
    // prints as the answer.
    if end.client.tool != Tool::Codex {
        let response = response(answer, "incomplete", json!({"reason": "max_output_tokens"}), &items, &end);
        return event(frames, "response.incomplete", json!({"response": response}));
    }
    let (index, id) = (answer.next_index, "msg_ended_early");
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let item = |status: &str, content: Value| json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content});
    let place = |mut data: Value| {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("item_id".to_owned(), json!(id));
            fields.insert("output_index".to_owned(), json!(index));
            fields.insert("content_index".to_owned(), json!(0));
        }
        data
    };
    let text = end.sentence;
    let added = json!({"output_index": index, "item": item("in_progress", json!([]))});
    event(frames, "response.output_item.added", added);
    event(frames, "response.content_part.added", place(json!({"part": part("")})));
    event(frames, "response.output_text.delta", place(json!({"delta": text, "logprobs": []})));
    event(frames, "response.output_text.done", place(json!({"text": text, "logprobs": []})));
    event(frames, "response.content_part.done", place(json!({"part": part(text)})));
    let done = item("completed", json!([part(text)]));
    items.push(done.clone());
    event(frames, "response.output_item.done", json!({"output_index": index, "item": done}));
    let response = response(answer, "completed", Value::Null, &items, &end);
    event(frames, "response.completed", json!({"response": response}));
}

/// The response object as it was announced, with its end.
fn response(answer: &Answer, status: &str, why: Value, items: &[Value], end: &EarlyEnd<'_>) -> Value {
    let announced = serde_json::from_slice(&answer.announced).ok().filter(Value::is_object);
    let mut response: Value = announced.unwrap_or_else(|| {
        json!({
            "id": answer.common.id.clone().unwrap_or_else(|| "resp_ended_early".to_owned()),
            "object": "response",
            "created_at": answer.created.unwrap_or(0),
            "model": answer.common.model,
            "error": null,
            "instructions": null,
            "metadata": {},
            "parallel_tool_calls": true,
            "tool_choice": "auto",
            "tools": [],
        })
    });
    if let Some(fields) = response.as_object_mut() {
        fields.insert("status".to_owned(), json!(status));
        fields.insert("incomplete_details".to_owned(), why);
        fields.insert("output".to_owned(), json!(items));
        fields.insert("usage".to_owned(), render::responses(end.usage));
    }
    response
}
