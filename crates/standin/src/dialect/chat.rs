//! OpenAI Chat Completions. A stream tells usage only if asked to, in an extra chunk without choices after the one with
//! `finish_reason`; input includes the cache, output includes reasoning.

use super::{Answer, Moment, Told, inclusive};
use crate::plan::Stop;
use crate::reel::{Pen, Reel};

/// `POST /v1/chat/completions` without a stream.
pub(crate) fn plain(answer: &Answer<'_>, reel: &mut Reel) {
    let told = Told::new(inclusive(&answer.plan.usage), answer.telling, Moment::Last);
    let mut pen = reel.pen();
    head(&mut pen, answer, "chat.completion");
    for choice in 0..answer.ask.choices {
        pen.raw(if choice > 0 { "," } else { "" }).raw(r#"{"index":"#).num(choice);
        pen.raw(r#","message":{"role":"assistant","content":"#);
        content(&mut pen, answer);
        pen.raw(r#","refusal":null,"annotations":[]"#);
        if let Some((name, _)) = answer.plan.tool {
            pen.raw(r#","tool_calls":[{"id":"#);
            call_id(&mut pen, answer, choice);
            pen.raw(r#","type":"function","function":{"name":""#).raw(name);
            pen.raw(r#"","arguments":""#).raw(ARGUMENTS).raw(r#""}}]"#);
        }
        pen.raw(r#"},"logprobs":null,"finish_reason":""#).raw(stop_word(answer.plan.stop)).raw(r#""}"#);
    }
    pen.raw("]");
    usage(&mut pen, told);
    tail(&mut pen, answer);
    reel.tells(told.counts());
    answer.end_plain(reel);
}

/// `POST /v1/chat/completions` with `stream: true`.
pub(crate) fn stream(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    let choices = answer.ask.choices;
    // Reasoning is not shown: the first words come after it.
    let thinking = plan.usage.thinking;
    for choice in 0..choices {
        chunk(answer, reel, choice, (thinking, thinking), |pen| {
            pen.raw(r#"{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null"#);
        });
    }
    for (from, tokens) in answer.pieces(plan.text) {
        for choice in 0..choices {
            let output = thinking + from * choices + tokens * (choice + 1);
            chunk(answer, reel, choice, (output, thinking), |pen| {
                pen.raw(r#"{"content":""#).filler(answer.bytes(from), answer.bytes(tokens));
                pen.raw(r#""},"logprobs":null,"finish_reason":null"#);
            });
            reel.mark_repeatable();
        }
    }
    let mut output = thinking + plan.text * choices;
    if let Some((name, tokens)) = plan.tool {
        for choice in 0..choices {
            chunk(answer, reel, choice, (output + tokens / 2, thinking), |pen| {
                pen.raw(r#"{"tool_calls":[{"index":0,"id":"#);
                call_id(pen, answer, choice);
                pen.raw(r#","type":"function","function":{"name":""#).raw(name);
                pen.raw(r#"","arguments":""}}]},"logprobs":null,"finish_reason":null"#);
            });
            output += tokens;
            chunk(answer, reel, choice, (output, thinking), |pen| {
                pen.raw(r#"{"tool_calls":[{"index":0,"function":{"arguments":""#).raw(ARGUMENTS);
                pen.raw(r#""}}]},"logprobs":null,"finish_reason":null"#);
            });
        }
    }
    for choice in 0..choices {
        chunk(answer, reel, choice, (plan.usage.output, thinking), |pen| {
            pen.raw(r#"{},"logprobs":null,"finish_reason":""#).raw(stop_word(plan.stop)).raw("\"");
        });
    }
    if answer.ask.include_usage {
        usage_chunk(answer, reel);
    }
    reel.pen().raw("data: [DONE]\n\n");
    reel.end_frame(plan.usage.output, thinking);
}

const ARGUMENTS: &str = r#"{\"note\":\"asked by the stand-in\"}"#;

fn head(pen: &mut Pen<'_>, answer: &Answer<'_>, object: &str) {
    pen.raw(r#"{"id":"chatcmpl-"#).hex(answer.id).raw(r#"","object":""#).raw(object).raw(r#"","created":"#);
    pen.num(answer.created_s).raw(r#","model":""#).raw(answer.plan.model).raw(r#"","choices":["#);
}

fn tail(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    pen.raw(r#","service_tier":""#).raw(answer.plan.tier).raw(r#"","system_fingerprint":"fp_standin"}"#);
}

fn chunk(
    answer: &Answer<'_>,
    reel: &mut Reel,
    choice: u64,
    (output, thinking): (u64, u64),
    delta: impl FnOnce(&mut Pen<'_>),
) {
    let mut pen = reel.pen();
    pen.raw("data: ");
    head(&mut pen, answer, "chat.completion.chunk");
    pen.raw(r#"{"index":"#).num(choice).raw(r#","delta":"#);
    delta(&mut pen);
    pen.raw(if answer.ask.include_usage { r#"}],"usage":null"# } else { "}]" });
    tail(&mut pen, answer);
    pen.raw("\n\n");
    reel.end_frame(output, thinking);
}

fn usage_chunk(answer: &Answer<'_>, reel: &mut Reel) {
    let told = Told::new(inclusive(&answer.plan.usage), answer.telling, Moment::Last);
    let mut pen = reel.pen();
    pen.raw("data: ");
    head(&mut pen, answer, "chat.completion.chunk");
    pen.raw("]");
    usage(&mut pen, told);
    tail(&mut pen, answer);
    pen.raw("\n\n");
    reel.tells(told.counts());
    reel.end_frame(answer.plan.usage.output, answer.plan.usage.thinking);
}

/// `null` beside a tool call without words, as OpenAI has it.
fn content(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    if answer.plan.text == 0 && answer.plan.tool.is_some() {
        pen.raw("null");
    } else {
        pen.raw("\"").filler(0, answer.bytes(answer.plan.text)).raw("\"");
    }
}

fn call_id(pen: &mut Pen<'_>, answer: &Answer<'_>, choice: u64) {
    pen.raw("\"call_").hex(answer.id).raw("_").num(choice).raw("\"");
}

fn stop_word(stop: Stop) -> &'static str {
    match stop {
        Stop::End => "stop",
        Stop::Limit => "length",
        Stop::Tool => "tool_calls",
    }
}

fn usage(pen: &mut Pen<'_>, told: Told) {
    let counts = match told {
        Told::Absent => return,
        Told::Empty => {
            pen.raw(r#","usage":{}"#);
            return;
        }
        Told::Counts(counts) => counts,
    };
    pen.raw(r#","usage":{"prompt_tokens":"#).int(counts.input).raw(r#","completion_tokens":"#).int(counts.output);
    pen.raw(r#","total_tokens":"#).int(counts.input.saturating_add(counts.output));
    pen.raw(r#","prompt_tokens_details":{"cached_tokens":"#).int(counts.cache_read);
    pen.raw(r#","cache_write_tokens":"#).int(counts.cache_write).raw(r#","audio_tokens":0}"#);
    pen.raw(r#","completion_tokens_details":{"reasoning_tokens":"#).int(counts.thinking);
    pen.raw(r#","audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#);
}
