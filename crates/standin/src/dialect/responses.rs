//! OpenAI Responses. A stream tells usage once, in the response object of its last event (`response.completed` or
//! `response.incomplete`); hosted searches are output items, not usage.

use super::{Answer, Moment, Told, inclusive};
use crate::plan::Stop;
use crate::reel::{Pen, Reel};

/// `POST /v1/responses` without a stream.
pub(crate) fn plain(answer: &Answer<'_>, reel: &mut Reel) {
    let told = Told::new(inclusive(&answer.plan.usage), answer.telling, Moment::Last);
    finished(&mut reel.pen(), answer, told);
    reel.tells(told.counts());
    answer.end_plain(reel);
}

/// `POST /v1/responses` with `stream: true`.
pub(crate) fn stream(answer: &Answer<'_>, reel: &mut Reel) {
    let mut events = Events { answer, reel, sequence: 0, output: 0, thinking: 0 };
    events.add("response.created", |pen| unfinished(pen, answer));
    events.add("response.in_progress", |pen| unfinished(pen, answer));
    for (index, item) in (0..).zip(items(answer)) {
        events.item(index, item);
    }
    let told = Told::new(inclusive(&answer.plan.usage), answer.telling, Moment::Last);
    let name = if answer.plan.stop == Stop::Limit { "response.incomplete" } else { "response.completed" };
    events.reel.tells(told.counts());
    events.add(name, |pen| {
        pen.raw(r#""response":"#);
        finished(pen, answer, told);
    });
}

/// One element of `output`.
#[derive(Clone, Copy)]
enum Item<'a> {
    Reasoning,
    Search(u64),
    Message,
    Call(&'a str, u64),
}

const ARGUMENTS: &str = r#"{\"note\":\"asked by the stand-in\"}"#;

fn items<'a>(answer: &Answer<'a>) -> impl Iterator<Item = Item<'a>> + use<'a> {
    let plan = answer.plan;
    let reasoning = (plan.thinking > 0).then_some(Item::Reasoning);
    let message = (plan.text > 0).then_some(Item::Message);
    let call = plan.tool.map(|(name, tokens)| Item::Call(name, tokens));
    reasoning.into_iter().chain((0..plan.usage.searches).map(Item::Search)).chain(message).chain(call)
}

struct Events<'a, 'r> {
    answer: &'a Answer<'a>,
    reel: &'r mut Reel,
    sequence: u64,
    output: u64,
    thinking: u64,
}

impl Events<'_, '_> {
    fn add(&mut self, name: &str, rest: impl FnOnce(&mut Pen<'_>)) {
        let mut pen = self.reel.pen();
        pen.raw("event: ").raw(name).raw("\ndata: {\"type\":\"").raw(name).raw(r#"","sequence_number":"#);
        pen.num(self.sequence).raw(",");
        rest(&mut pen);
        pen.raw("}\n\n");
        self.sequence += 1;
        self.reel.end_frame(self.output, self.thinking);
    }

    fn item(&mut self, index: u64, item: Item<'_>) {
        let answer = self.answer;
        self.add("response.output_item.added", |pen| {
            pen.raw(r#""output_index":"#).num(index).raw(r#","item":"#);
            item_begun(pen, answer, item);
        });
        match item {
            Item::Reasoning => {
                self.thinking = answer.plan.thinking;
                self.output += answer.plan.thinking;
            }
            Item::Search(_) => {}
            Item::Message => self.message(index),
            Item::Call(_, tokens) => self.call(index, item, tokens),
        }
        self.add("response.output_item.done", |pen| {
            pen.raw(r#""output_index":"#).num(index).raw(r#","item":"#);
            item_done(pen, answer, item);
        });
    }

    fn message(&mut self, index: u64) {
        let answer = self.answer;
        let text = answer.bytes(answer.plan.text);
        let place = |pen: &mut Pen<'_>| {
            item_place(pen, answer, Item::Message, index);
            pen.raw(r#","content_index":0,"#);
        };
        self.add("response.content_part.added", |pen| {
            place(pen);
            pen.raw(r#""part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}"#);
        });
        for (from, tokens) in answer.pieces(answer.plan.text) {
            self.output += tokens;
            self.add("response.output_text.delta", |pen| {
                place(pen);
                pen.raw(r#""delta":""#).filler(answer.bytes(from), answer.bytes(tokens)).raw(r#"","logprobs":[]"#);
            });
            self.reel.mark_repeatable();
        }
        self.add("response.output_text.done", |pen| {
            place(pen);
            pen.raw(r#""text":""#).filler(0, text).raw(r#"","logprobs":[]"#);
        });
        self.add("response.content_part.done", |pen| {
            place(pen);
            pen.raw(r#""part":"#);
            text_part(pen, answer);
        });
    }

    fn call(&mut self, index: u64, item: Item<'_>, tokens: u64) {
        let answer = self.answer;
        self.output += tokens;
        for (name, field) in [
            ("response.function_call_arguments.delta", r#","delta":""#),
            ("response.function_call_arguments.done", r#","arguments":""#),
        ] {
            self.add(name, |pen| {
                item_place(pen, answer, item, index);
                pen.raw(field).raw(ARGUMENTS).raw("\"");
            });
        }
    }
}

fn item_place(pen: &mut Pen<'_>, answer: &Answer<'_>, item: Item<'_>, index: u64) {
    pen.raw(r#""item_id":""#);
    item_id(pen, answer, item);
    pen.raw(r#"","output_index":"#).num(index);
}

fn item_id(pen: &mut Pen<'_>, answer: &Answer<'_>, item: Item<'_>) {
    let (prefix, number) = match item {
        Item::Reasoning => ("rs_", 0),
        Item::Search(number) => ("ws_", number),
        Item::Message => ("msg_", 0),
        Item::Call(..) => ("fc_", 0),
    };
    pen.raw(prefix).hex(answer.id).num(number);
}

fn item_begun(pen: &mut Pen<'_>, answer: &Answer<'_>, item: Item<'_>) {
    pen.raw(r#"{"id":""#);
    item_id(pen, answer, item);
    match item {
        Item::Reasoning => pen.raw(r#"","type":"reasoning","summary":[]}"#),
        Item::Search(_) => pen.raw(r#"","type":"web_search_call","status":"in_progress"}"#),
        Item::Message => pen.raw(r#"","type":"message","status":"in_progress","role":"assistant","content":[]}"#),
        Item::Call(name, _) => {
            pen.raw(r#"","type":"function_call","status":"in_progress","call_id":"call_"#).hex(answer.id);
            pen.raw(r#"","name":""#).raw(name).raw(r#"","arguments":""}"#)
        }
    };
}

fn item_done(pen: &mut Pen<'_>, answer: &Answer<'_>, item: Item<'_>) {
    pen.raw(r#"{"id":""#);
    item_id(pen, answer, item);
    match item {
        Item::Reasoning => pen.raw(r#"","type":"reasoning","summary":[]}"#),
        Item::Search(number) => {
            pen.raw(r#"","type":"web_search_call","status":"completed","action":{"type":"search","query":"question "#);
            pen.num(number).raw(r#""}}"#)
        }
        Item::Message => {
            pen.raw(r#"","type":"message","status":""#).raw(status(answer)).raw(r#"","role":"assistant","content":["#);
            text_part(pen, answer);
            pen.raw("]}")
        }
        Item::Call(name, _) => {
            pen.raw(r#"","type":"function_call","status":"completed","call_id":"call_"#).hex(answer.id);
            pen.raw(r#"","name":""#).raw(name).raw(r#"","arguments":""#).raw(ARGUMENTS).raw(r#""}"#)
        }
    };
}

fn text_part(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    pen.raw(r#"{"type":"output_text","annotations":[],"logprobs":[],"text":""#);
    pen.filler(0, answer.bytes(answer.plan.text)).raw(r#""}"#);
}

fn status(answer: &Answer<'_>) -> &'static str {
    if answer.plan.stop == Stop::Limit { "incomplete" } else { "completed" }
}

/// The response object before there is any output.
fn unfinished(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    pen.raw(r#""response":"#);
    object(pen, answer, "in_progress", |_| {});
    pen.raw(r#","usage":null}"#);
}

/// The response object at the end.
fn finished(pen: &mut Pen<'_>, answer: &Answer<'_>, told: Told) {
    object(pen, answer, status(answer), |pen| {
        let mut comma = "";
        for item in items(answer) {
            pen.raw(comma);
            item_done(pen, answer, item);
            comma = ",";
        }
    });
    usage(pen, told);
    pen.raw("}");
}

/// All of a response object but `usage` and the closing brace.
fn object(pen: &mut Pen<'_>, answer: &Answer<'_>, status: &str, output: impl FnOnce(&mut Pen<'_>)) {
    pen.raw(r#"{"id":"resp_"#).hex(answer.id).raw(r#"","object":"response","created_at":"#).num(answer.created_s);
    pen.raw(r#","status":""#).raw(status).raw(r#"","background":false,"error":null,"incomplete_details":"#);
    pen.raw(if status == "incomplete" { r#"{"reason":"max_output_tokens"}"# } else { "null" });
    pen.raw(r#","instructions":null,"max_output_tokens":"#);
    match answer.ask.limit {
        Some(limit) => pen.num(limit),
        None => pen.raw("null"),
    };
    pen.raw(r#","model":""#).raw(answer.plan.model).raw(r#"","output":["#);
    output(pen);
    pen.raw(r#"],"parallel_tool_calls":true,"previous_response_id":"#);
    match answer.ask.previous {
        Some(id) => pen.raw("\"").raw(id).raw("\""),
        None => pen.raw("null"),
    };
    pen.raw(r#","reasoning":{"effort":null,"summary":null},"service_tier":""#).raw(answer.plan.tier);
    pen.raw(r#"","store":"#).raw(if answer.ask.store { "true" } else { "false" });
    pen.raw(r#","temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0"#);
    pen.raw(r#","truncation":"disabled","metadata":{}"#);
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
    pen.raw(r#","usage":{"input_tokens":"#).int(counts.input);
    pen.raw(r#","input_tokens_details":{"cached_tokens":"#).int(counts.cache_read);
    pen.raw(r#","cache_write_tokens":"#).int(counts.cache_write).raw(r#"},"output_tokens":"#).int(counts.output);
    pen.raw(r#","output_tokens_details":{"reasoning_tokens":"#).int(counts.thinking);
    pen.raw(r#"},"total_tokens":"#).int(counts.input.saturating_add(counts.output)).raw("}");
}
