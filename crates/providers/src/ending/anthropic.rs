//! Anthropic: a message that stops in good order.

use serde_json::json;

use crate::client::Tool;
use crate::usage::anthropic::Answer;
use crate::usage::render;

use super::{EarlyEnd, Frames};

pub(super) fn close(answer: &Answer, end: EarlyEnd<'_>, frames: &mut Frames) {
    let usage = render::anthropic(end.usage);
    if !answer.started {
        let id = answer.common.id.clone().unwrap_or_else(|| "msg_ended_early".to_owned());
        let message = json!({
            "id": id, "type": "message", "role": "assistant", "model": answer.common.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage,
        });
        frames.named("message_start", &json!({"type": "message_start", "message": message}));
    }
    if let Some(open) = answer.open {
        frames.named("content_block_stop", &json!({"type": "content_block_stop", "index": open.index}));
    }
    if !answer.stopped {
        let shows = shows_text(end.client.tool) && !answer.common.tool_call_open;
        if shows {
            sentence(answer.next_index, end.sentence, frames);
        }
        // Claude Code answers `max_tokens` by asking for the rest, so where it is told why, the turn ends.
        let reason = if shows { "end_turn" } else { "max_tokens" };
        let delta = json!({"stop_reason": reason, "stop_sequence": null});
        frames.named("message_delta", &json!({"type": "message_delta", "delta": delta, "usage": usage}));
    }
    frames.named("message_stop", &json!({"type": "message_stop"}));
}

/// Clients in which a person reads the text of the answer.
fn shows_text(tool: Tool) -> bool {
    tool == Tool::ClaudeCode
}

fn sentence(index: u64, sentence: &str, frames: &mut Frames) {
    let start = json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}});
    frames.named("content_block_start", &start);
    let text = format!("\n\n[{sentence}]");
    let delta = json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}});
    frames.named("content_block_delta", &delta);
    frames.named("content_block_stop", &json!({"type": "content_block_stop", "index": index}));
}
