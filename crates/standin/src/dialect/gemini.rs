//! Gemini. Every chunk of a stream tells the running usage; output and thoughts are counted apart, input includes the
//! cache. A stream is events with `alt=sse`, otherwise one JSON array.

use super::{Answer, Moment, Told, inclusive};
use crate::journal::{ServedUsage, ToldUsage};
use crate::plan::Stop;
use crate::reel::{Pen, Reel};
use crate::script::Telling;

/// `POST …/models/M:generateContent`.
pub(crate) fn plain(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    let told = tell(answer, plan.usage.output, plan.usage.thinking, Moment::Last);
    let mut pen = reel.pen();
    pen.raw(r#"{"candidates":["#);
    for candidate in 0..answer.ask.choices {
        pen.raw(if candidate > 0 { "," } else { "" }).raw(r#"{"content":{"parts":["#);
        let mut comma = "";
        if plan.thinking > 0 && answer.ask.shows_thoughts {
            text_part(&mut pen, answer, (0, plan.thinking), true);
            comma = ",";
        }
        if plan.text > 0 {
            pen.raw(comma);
            text_part(&mut pen, answer, (0, plan.text), false);
            comma = ",";
        }
        if let Some((name, _)) = plan.tool {
            pen.raw(comma);
            tool_part(&mut pen, name);
        }
        pen.raw(r#"],"role":"model"},"finishReason":""#).raw(stop_word(plan.stop)).raw("\"");
        searches(&mut pen, answer);
        pen.raw(r#","index":"#).num(candidate).raw("}");
    }
    pen.raw("]");
    tail(&mut pen, answer, told);
    reel.tells(told.counts());
    answer.end_plain(reel);
}

/// `POST …/models/M:streamGenerateContent`.
pub(crate) fn stream(answer: &Answer<'_>, reel: &mut Reel) {
    let plan = answer.plan;
    let choices = answer.ask.choices;
    let thinking = plan.usage.thinking;
    if answer.ask.shows_thoughts {
        for (from, tokens) in answer.pieces(plan.thinking) {
            for candidate in 0..choices {
                let thought = from * choices + tokens * (candidate + 1);
                chunk(answer, reel, candidate, (thought, thought), |pen| {
                    text_part(pen, answer, (from, tokens), true);
                });
            }
        }
    }
    for (from, tokens) in answer.pieces(plan.text) {
        for candidate in 0..choices {
            let output = thinking + from * choices + tokens * (candidate + 1);
            chunk(answer, reel, candidate, (output, thinking), |pen| text_part(pen, answer, (from, tokens), false));
            reel.mark_repeatable();
        }
    }
    if let Some((name, tokens)) = plan.tool {
        for candidate in 0..choices {
            let output = thinking + plan.text * choices + tokens * (candidate + 1);
            chunk(answer, reel, candidate, (output, thinking), |pen| tool_part(pen, name));
        }
    }
    for candidate in 0..choices {
        last_chunk(answer, reel, candidate);
    }
    if answer.ask.json_array {
        reel.pen().raw("]");
        reel.end_frame(plan.usage.output, thinking);
    }
}

/// The answer to `…/models/M:countTokens`.
pub(crate) fn count(tokens: u64, reel: &mut Reel) {
    reel.pen().raw(r#"{"totalTokens":"#).num(tokens);
    reel.pen().raw(r#","promptTokensDetails":[{"modality":"TEXT","tokenCount":"#).num(tokens).raw("}]}");
    reel.end_frame(0, 0);
}

fn chunk(
    answer: &Answer<'_>,
    reel: &mut Reel,
    candidate: u64,
    (output, thinking): (u64, u64),
    part: impl FnOnce(&mut Pen<'_>),
) {
    let told = tell(answer, output, thinking, Moment::Early);
    begin(answer, reel);
    let mut pen = reel.pen();
    pen.raw(r#"{"candidates":[{"content":{"parts":["#);
    part(&mut pen);
    pen.raw(r#"],"role":"model"},"index":"#).num(candidate).raw("}]");
    tail(&mut pen, answer, told);
    end(answer, &mut pen);
    reel.tells(told.counts());
    reel.end_frame(output, thinking);
}

fn last_chunk(answer: &Answer<'_>, reel: &mut Reel, candidate: u64) {
    let usage = &answer.plan.usage;
    let told = tell(answer, usage.output, usage.thinking, Moment::Last);
    begin(answer, reel);
    let mut pen = reel.pen();
    pen.raw(r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":""#);
    pen.raw(stop_word(answer.plan.stop)).raw("\"");
    searches(&mut pen, answer);
    pen.raw(r#","index":"#).num(candidate).raw("}]");
    tail(&mut pen, answer, told);
    end(answer, &mut pen);
    reel.tells(told.counts());
    reel.end_frame(usage.output, usage.thinking);
}

fn begin(answer: &Answer<'_>, reel: &mut Reel) {
    let first = reel.frames().is_empty();
    reel.pen().raw(match (answer.ask.json_array, first) {
        (false, _) => "data: ",
        (true, true) => "[",
        (true, false) => ",\r\n",
    });
}

fn end(answer: &Answer<'_>, pen: &mut Pen<'_>) {
    if !answer.ask.json_array {
        pen.raw("\r\n\r\n");
    }
}

fn text_part(pen: &mut Pen<'_>, answer: &Answer<'_>, (from, tokens): (u64, u64), thought: bool) {
    pen.raw(r#"{"text":""#).filler(answer.bytes(from), answer.bytes(tokens));
    pen.raw(if thought { r#"","thought":true}"# } else { r#""}"# });
}

fn tool_part(pen: &mut Pen<'_>, name: &str) {
    pen.raw(r#"{"functionCall":{"name":""#).raw(name).raw(r#"","args":{"note":"asked by the stand-in"}}}"#);
}

fn searches(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    let count = answer.plan.usage.searches;
    if count == 0 {
        return;
    }
    pen.raw(r#","groundingMetadata":{"webSearchQueries":["#);
    for search in 0..count {
        pen.raw(if search > 0 { "," } else { "" }).raw("\"question ").num(search).raw("\"");
    }
    pen.raw("]}");
}

fn stop_word(stop: Stop) -> &'static str {
    match stop {
        // Google has no word of its own for a tool call.
        Stop::End | Stop::Tool => "STOP",
        Stop::Limit => "MAX_TOKENS",
    }
}

/// The running count after `output` tokens, of which `thinking` were thoughts.
fn tell(answer: &Answer<'_>, output: u64, thinking: u64, moment: Moment) -> Told {
    let whole = &answer.plan.usage;
    // A decreasing count has to begin high.
    let output = if answer.telling == Telling::Decreasing { whole.output } else { output };
    let truth = inclusive(&ServedUsage { output: output - thinking, thinking, ..*whole });
    Told::new(ToldUsage { cache_write: 0, ..truth }, answer.telling, moment)
}

fn tail(pen: &mut Pen<'_>, answer: &Answer<'_>, told: Told) {
    match told {
        Told::Absent => {}
        Told::Empty => {
            pen.raw(r#","usageMetadata":{}"#);
        }
        Told::Counts(counts) => usage(pen, answer, &counts),
    }
    pen.raw(r#","modelVersion":""#).raw(answer.plan.model).raw(r#"","responseId":""#).hex(answer.id).raw(r#""}"#);
}

fn usage(pen: &mut Pen<'_>, answer: &Answer<'_>, counts: &ToldUsage) {
    let total = counts.input.saturating_add(counts.output).saturating_add(counts.thinking);
    pen.raw(r#","usageMetadata":{"promptTokenCount":"#).int(counts.input);
    pen.raw(r#","candidatesTokenCount":"#).int(counts.output).raw(r#","totalTokenCount":"#).int(total);
    if counts.cache_read != 0 {
        pen.raw(r#","cachedContentTokenCount":"#).int(counts.cache_read);
        pen.raw(r#","cacheTokensDetails":[{"modality":"TEXT","tokenCount":"#).int(counts.cache_read).raw("}]");
    }
    if counts.thinking != 0 {
        pen.raw(r#","thoughtsTokenCount":"#).int(counts.thinking);
    }
    pen.raw(r#","promptTokensDetails":[{"modality":"TEXT","tokenCount":"#).int(counts.input).raw("}]");
    if answer.plan.tier != "standard" {
        pen.raw(r#","serviceTier":""#).raw(answer.plan.tier).raw("\"");
    }
    pen.raw("}");
}
