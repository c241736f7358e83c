//! Anthropic Messages. Usage stands in `message_start` (input side, a first output count) and in `message_delta`
//! (cumulative); input excludes the cache.

use super::{Answer, Moment, Told, exclusive};
use crate::journal::{ServedUsage, ToldUsage};
use crate::plan::Stop;
use crate::reel::{Pen, Reel};
use crate::script::Telling;

/// `POST /v1/messages` without a stream.
pub(crate) fn plain(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    let told = Told::new(exclusive(&plan.usage), answer.telling, Moment::Last);
    let mut pen = reel.pen();
    message_head(&mut pen, answer);
    let mut comma = "";
    if plan.thinking > 0 {
        pen.raw(r#"{"type":"thinking","thinking":""#).filler(0, answer.bytes(plan.thinking));
        pen.raw(r#"","signature":""#).hex(answer.id).raw(r#""}"#);
        comma = ",";
    }
    if plan.text > 0 {
        pen.raw(comma).raw(r#"{"type":"text","text":""#).filler(0, answer.bytes(plan.text)).raw(r#""}"#);
        comma = ",";
    }
    if let Some((name, _)) = plan.tool {
        pen.raw(comma).raw(r#"{"type":"tool_use","id":"toolu_"#).hex(answer.id).raw(r#"","name":""#).raw(name);
        pen.raw(r#"","input":"#).raw(TOOL_INPUT).raw("}");
    }
    pen.raw(r#"],"stop_reason":""#).raw(stop_word(plan.stop)).raw(r#"","stop_sequence":null"#);
    usage(&mut pen, answer, told);
    pen.raw("}");
    reel.tells(told.counts());
    answer.end_plain(reel);
}

/// `POST /v1/messages` with `stream: true`.
pub(crate) fn stream(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    message_start(answer, reel);
    let mut index = 0;
    if plan.thinking > 0 {
        thinking_block(answer, reel, index);
        index += 1;
    }
    if plan.text > 0 {
        block_start(reel, index, plan.thinking, plan.thinking, |pen| {
            pen.raw(r#"{"type":"text","text":""}"#);
        });
        if index == 0 {
            ping(reel, 0);
        }
        for (from, tokens) in answer.pieces(plan.text) {
            let mut pen = reel.pen();
            delta_head(&mut pen, index, "text_delta", "text");
            pen.filler(answer.bytes(from), answer.bytes(tokens)).raw("\"}}\n\n");
            reel.end_frame(plan.thinking + from + tokens, plan.thinking);
            reel.mark_repeatable();
        }
        block_stop(reel, index, plan.thinking + plan.text, plan.thinking);
        index += 1;
    }
    if let Some((name, tokens)) = plan.tool {
        tool_block(answer, reel, index, (name, tokens));
    }
    message_end(answer, reel);
}

/// The answer to `POST /v1/messages/count_tokens`.
pub(crate) fn count(tokens: u64, reel: &mut Reel) {
    reel.pen().raw(r#"{"input_tokens":"#).num(tokens).raw("}");
    reel.end_frame(0, 0);
}

const TOOL_INPUT: &str = r#"{"note":"asked by the stand-in"}"#;

fn message_head(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    pen.raw(r#"{"id":"msg_"#).hex(answer.id).raw(r#"","type":"message","role":"assistant","model":""#);
    pen.raw(answer.plan.model).raw(r#"","content":["#);
}

fn message_start(answer: &Answer<'_>, reel: &mut Reel) {
    // The first output count is a placeholder; a decreasing one has to begin high.
    let output = if answer.telling == Telling::Decreasing { answer.plan.usage.output } else { 1 };
    let truth = exclusive(&ServedUsage { output, thinking: 0, ..answer.plan.usage });
    let told = Told::new(truth, answer.telling, Moment::Early);
    let mut pen = reel.pen();
    pen.raw("event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
    message_head(&mut pen, answer);
    pen.raw(r#"],"stop_reason":null,"stop_sequence":null"#);
    usage(&mut pen, answer, told);
    pen.raw("}}\n\n");
    reel.tells(told.counts());
    reel.end_frame(0, 0);
}

fn thinking_block(answer: &Answer<'_>, reel: &mut Reel, index: u64) {
    let thinking = answer.plan.thinking;
    block_start(reel, index, 0, 0, |pen| {
        pen.raw(r#"{"type":"thinking","thinking":"","signature":""}"#);
    });
    ping(reel, 0);
    for (from, tokens) in answer.pieces(thinking) {
        let mut pen = reel.pen();
        delta_head(&mut pen, index, "thinking_delta", "thinking");
        pen.filler(answer.bytes(from), answer.bytes(tokens)).raw("\"}}\n\n");
        reel.end_frame(from + tokens, from + tokens);
    }
    let mut pen = reel.pen();
    delta_head(&mut pen, index, "signature_delta", "signature");
    pen.hex(answer.id).raw("\"}}\n\n");
    reel.end_frame(thinking, thinking);
    block_stop(reel, index, thinking, thinking);
}

fn tool_block(answer: &Answer<'_>, reel: &mut Reel, index: u64, (name, tokens): (&str, u64)) {
    let plan = answer.plan;
    let before = plan.thinking + plan.text;
    block_start(reel, index, before, plan.thinking, |pen| {
        pen.raw(r#"{"type":"tool_use","id":"toolu_"#).hex(answer.id).raw(r#"","name":""#).raw(name);
        pen.raw(r#"","input":{}}"#);
    });
    let (left, right) = TOOL_INPUT.split_at(TOOL_INPUT.len() / 2);
    for (piece, output) in [(left, before + tokens / 2), (right, before + tokens)] {
        let mut pen = reel.pen();
        delta_head(&mut pen, index, "input_json_delta", "partial_json");
        pen.raw(&piece.replace('"', "\\\"")).raw("\"}}\n\n");
        reel.end_frame(output, plan.thinking);
    }
    block_stop(reel, index, before + tokens, plan.thinking);
}

fn message_end(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    let told = Told::new(exclusive(&plan.usage), answer.telling, Moment::Last);
    let mut pen = reel.pen();
    pen.raw("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"");
    pen.raw(stop_word(plan.stop)).raw(r#"","stop_sequence":null}"#);
    delta_usage(&mut pen, answer, told);
    pen.raw("}\n\n");
    reel.tells(told.counts());
    reel.end_frame(plan.usage.output, plan.usage.thinking);
    reel.pen().raw("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    reel.end_frame(plan.usage.output, plan.usage.thinking);
}

fn block_start(reel: &mut Reel, index: u64, output: u64, thinking: u64, block: impl FnOnce(&mut Pen<'_>)) {
    let mut pen = reel.pen();
    pen.raw("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":").num(index);
    pen.raw(r#","content_block":"#);
    block(&mut pen);
    pen.raw("}\n\n");
    reel.end_frame(output, thinking);
}

fn block_stop(reel: &mut Reel, index: u64, output: u64, thinking: u64) {
    let mut pen = reel.pen();
    pen.raw("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":").num(index).raw("}\n\n");
    reel.end_frame(output, thinking);
}

fn delta_head(pen: &mut Pen<'_>, index: u64, kind: &str, field: &str) {
    pen.raw("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":").num(index);
    pen.raw(r#","delta":{"type":""#).raw(kind).raw(r#"",""#).raw(field).raw(r#"":""#);
}

fn ping(reel: &mut Reel, output: u64) {
    reel.pen().raw("event: ping\ndata: {\"type\":\"ping\"}\n\n");
    reel.end_frame(output, 0);
}

fn stop_word(stop: Stop) -> &'static str {
    match stop {
        Stop::End => "end_turn",
        Stop::Limit => "max_tokens",
        Stop::Tool => "tool_use",
    }
}

/// `usage` of a message: everything, with the split of cache writes by lifetime and what was served.
fn usage(pen: &mut Pen<'_>, answer: &Answer<'_>, told: Told) {
    let Some(counts) = usage_head(pen, told) else { return };
    let truth = &answer.plan.usage;
    let short = if counts.cache_write == exclusive(truth).cache_write {
        super::signed(truth.cache_write_short)
    } else {
        counts.cache_write
    };
    pen.raw(r#","cache_creation":{"ephemeral_5m_input_tokens":"#).int(short);
    pen.raw(r#","ephemeral_1h_input_tokens":"#).int(counts.cache_write - short).raw("}");
    output_and_tools(pen, answer, &counts);
    pen.raw(r#","service_tier":""#).raw(answer.plan.tier).raw("\"");
    for (name, value) in [("speed", answer.ask.speed), ("inference_geo", answer.ask.geo)] {
        if let Some(value) = value {
            pen.raw(",\"").raw(name).raw("\":\"").raw(value).raw("\"");
        }
    }
    pen.raw("}");
}

/// `usage` of a `message_delta`: counts only.
fn delta_usage(pen: &mut Pen<'_>, answer: &Answer<'_>, told: Told) {
    let Some(counts) = usage_head(pen, told) else { return };
    output_and_tools(pen, answer, &counts);
    pen.raw("}");
}

/// Begins `usage` with the input side; `None` when there is nothing more to write.
fn usage_head(pen: &mut Pen<'_>, told: Told) -> Option<ToldUsage> {
    match told {
        Told::Absent => {}
        Told::Empty => {
            pen.raw(r#","usage":{}"#);
        }
        Told::Counts(counts) => {
            pen.raw(r#","usage":{"input_tokens":"#).int(counts.input);
            pen.raw(r#","cache_creation_input_tokens":"#).int(counts.cache_write);
            pen.raw(r#","cache_read_input_tokens":"#).int(counts.cache_read);
        }
    }
    told.counts()
}

fn output_and_tools(pen: &mut Pen<'_>, answer: &Answer<'_>, counts: &ToldUsage) {
    pen.raw(r#","output_tokens":"#).int(counts.output);
    if counts.thinking != 0 {
        pen.raw(r#","output_tokens_details":{"thinking_tokens":"#).int(counts.thinking).raw("}");
    }
    let searches = answer.plan.usage.searches;
    if searches > 0 {
        pen.raw(r#","server_tool_use":{"web_search_requests":"#).num(searches).raw(r#","web_fetch_requests":0}"#);
    }
}
