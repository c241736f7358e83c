//! Chat: every answer finishes with `length`, as if its maximum had been reached.

use serde_json::{Value, json};

use crate::usage::chat::Answer;
use crate::usage::render;

use super::{EarlyEnd, Frames};

pub(super) fn close(answer: &Answer, strip_usage: bool, end: EarlyEnd<'_>, frames: &mut Frames) {
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": answer.common.id.clone().unwrap_or_else(|| "chatcmpl-ended-early".to_owned()),
            "object": "chat.completion.chunk",
            "created": answer.created.unwrap_or(0),
            "model": answer.common.model,
            "choices": choices,
            "usage": usage,
        })
    };
    let none_yet = [false];
    let finished = if answer.finished.is_empty() { &none_yet[..] } else { &answer.finished[..] };
    for (index, _) in finished.iter().enumerate().filter(|(_, finished)| !**finished) {
        let choice = json!({"index": index, "delta": {}, "logprobs": null, "finish_reason": "length"});
        frames.data(&chunk(json!([choice]), Value::Null));
    }
    if !strip_usage {
        frames.data(&chunk(json!([]), render::chat(end.usage)));
    }
    frames.out.extend_from_slice(b"data: [DONE]\n\n");
}
