//! Gemini: a last chunk with `MAX_TOKENS`.

use serde_json::json;

use crate::usage::gemini::Answer;
use crate::usage::render;

use super::{EarlyEnd, Frames};

pub(super) fn close(answer: &Answer, end: EarlyEnd<'_>, frames: &mut Frames) {
    let candidate = json!({
        "content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "MAX_TOKENS", "index": 0,
    });
    let mut chunk = json!({"candidates": [candidate], "usageMetadata": render::gemini(end.usage)});
    if let Some(fields) = chunk.as_object_mut() {
        if let Some(model) = &answer.common.model {
            fields.insert("modelVersion".to_owned(), json!(model));
        }
        if let Some(id) = &answer.common.id {
            fields.insert("responseId".to_owned(), json!(id));
        }
    }
    frames.data(&chunk);
}
