//! How long reading takes: streams of every dialect, requests and whole answers.
//!
//! ```text
//! cargo run --release -p purser-providers --example read_rate            # everything, by the clock
//! cargo run --release -p purser-providers --example read_rate chat       # what has `chat` in its name
//! valgrind --tool=callgrind …/examples/read_rate "chat, one chunk" 200   # so many rounds, to count instructions
//! ```
//!
//! A line is a name, nanoseconds for one stream or body (the best of ten), and gigabytes a second. Streams come in one
//! chunk, and four events to a chunk.

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use purser_providers::{Dialect, RequestFacts, StreamMeter, WorkKey, read_usage};

/// Events of text in a stream.
const DELTAS: usize = 64;
const TEXT: &str = "The ledger opens with the morning watch. Stores are counted before they are handed out. ";

const GEMINI: Dialect = Dialect::GeminiGenerate { stream: true, sse: true };
const GEMINI_ARRAY: Dialect = Dialect::GeminiGenerate { stream: true, sse: false };

/// Runs what it measures and prints how long that took.
struct Rate {
    only: String,
    rounds: Option<u32>,
}

impl Rate {
    fn of(&self, name: &str, bytes: usize, mut run: impl FnMut()) {
        if !name.contains(&self.only) {
            return;
        }
        if let Some(rounds) = self.rounds {
            (0..rounds).for_each(|_| run());
            return;
        }
        let rounds: u32 = 2_000;
        let best = (0..10).map(|_| {
            let start = Instant::now();
            (0..rounds).for_each(|_| run());
            start.elapsed()
        });
        let one = best.min().unwrap_or(Duration::ZERO).as_nanos() / u128::from(rounds);
        let rate = u128::try_from(bytes).unwrap_or(0) * 100 / one.max(1);
        report(&format!("{name:<28} {one:>8} ns {:>4}.{:02} GB/s of {bytes} bytes", rate / 100, rate % 100));
    }

    fn stream(&self, name: &str, dialect: Dialect, events: &[String]) {
        let whole = [Bytes::from(events.concat())];
        let parts: Vec<_> = events.chunks(4).map(|events| Bytes::from(events.concat())).collect();
        for (how, chunks) in [("one chunk", &whole[..]), ("by four events", &parts[..])] {
            let mut out = Vec::new();
            self.of(&format!("{name}, {how}"), whole[0].len(), || {
                let mut meter = StreamMeter::new(dialect, false);
                for chunk in chunks {
                    meter.feed(black_box(chunk), &mut out);
                    black_box(meter.progress());
                    out.clear();
                }
                meter.finish(&mut out);
                black_box(meter.metered().expect("a stream with usage"));
            });
        }
    }

    fn request(&self, name: &str, dialect: Dialect, body: &str) {
        self.of(&format!("{name}, {} bytes", body.len()), body.len(), || {
            black_box(RequestFacts::read(dialect, Some("m"), black_box(body.as_bytes())).expect("a good request"));
        });
    }

    /// As [`request`](Self::request), and then asks whose turn it is.
    fn turn(&self, name: &str, dialect: Dialect, body: &str) {
        self.request(name, dialect, body);
        let key = WorkKey::new(7);
        self.of(&format!("{name} and turn, {} bytes", body.len()), body.len(), || {
            let body = black_box(body.as_bytes());
            let facts = RequestFacts::read(dialect, Some("m"), body).expect("a good request");
            black_box(facts.turn(body, &key));
            black_box(facts);
        });
    }

    fn answer(&self, name: &str, dialect: Dialect, body: &str) {
        self.of(&format!("{name}, {} bytes", body.len()), body.len(), || {
            black_box(read_usage(dialect, black_box(body.as_bytes())).expect("an answer with usage"));
        });
    }
}

#[expect(clippy::print_stdout, reason = "what the example is for")]
fn report(line: &str) {
    println!("{line}");
}

/// Pieces of text as models send them.
fn pieces() -> impl Iterator<Item = &'static str> {
    TEXT.split_inclusive(' ').cycle().take(DELTAS)
}

fn anthropic() -> Vec<String> {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
    let start = r#","message":{"id":"msg_01ABCDEF","type":"message","role":"assistant","model":"claude-opus-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}"#;
    let block = r#","index":0,"content_block":{"type":"text","text":""}"#;
    let last = r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":64}"#;
    let mut events = vec![event("message_start", start), event("content_block_start", block), event("ping", "")];
    events.extend(pieces().map(|text| {
        let rest = format!(r#","index":0,"delta":{{"type":"text_delta","text":"{text}"}}"#);
        event("content_block_delta", &rest)
    }));
    events.push(event("content_block_stop", r#","index":0"#));
    events.push(event("message_delta", last));
    events.push(event("message_stop", ""));
    events
}

fn chat() -> Vec<String> {
    let event = |choices: &str, usage: &str, padding: &str| {
        format!(
            r#"data: {{"id":"chatcmpl-6cbe3f9990e91a70","object":"chat.completion.chunk","created":1790000000,"model":"gpt-6.1","service_tier":"default","system_fingerprint":"fp_1","choices":[{choices}],"usage":{usage},"obfuscation":"{padding}"}}"#
        ) + "\n\n"
    };
    let choice = |delta: &str, finish: &str| {
        format!(r#"{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}"#)
    };
    let usage = r#"{"prompt_tokens":100,"completion_tokens":64,"total_tokens":164,"prompt_tokens_details":{"cached_tokens":64}}"#;
    let mut events = vec![event(&choice(r#""role":"assistant","content":"","refusal":null"#, "null"), "null", "xyz")];
    // Padding hides how long the pieces are.
    events.extend(
        pieces()
            .map(|text| event(&choice(&format!(r#""content":"{text}""#), "null"), "null", &TEXT[..16 - text.len()])),
    );
    events.push(event(&choice("", r#""stop""#), "null", "xy"));
    events.push(event("", usage, ""));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn responses() -> Vec<String> {
    let mut number = 0;
    let mut event = |kind: &str, rest: &str| {
        number += 1;
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{},{rest}}}\n\n", number - 1)
    };
    let response = |status: &str, output: &str, usage: &str| {
        format!(
            r#""response":{{"id":"resp_6cbe","object":"response","created_at":1790000000,"status":"{status}","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-6.1","output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","metadata":{{}},"usage":{usage}}}"#
        )
    };
    let whole: String = pieces().collect();
    let part = |text: &str| format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#);
    let item = |status: &str, content: &str| {
        format!(r#"{{"id":"msg_6cbe","type":"message","status":"{status}","role":"assistant","content":[{content}]}}"#)
    };
    let usage = r#"{"input_tokens":14,"input_tokens_details":{"cached_tokens":0},"output_tokens":64,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":78}"#;
    let at = r#""item_id":"msg_6cbe","output_index":0,"content_index":0"#;
    let mut events = vec![
        event("response.created", &response("in_progress", "", "null")),
        event("response.in_progress", &response("in_progress", "", "null")),
        event("response.output_item.added", &format!(r#""output_index":0,"item":{}"#, item("in_progress", ""))),
        event("response.content_part.added", &format!(r#"{at},"part":{}"#, part(""))),
    ];
    for text in pieces() {
        let rest = format!(r#"{at},"delta":"{text}","logprobs":[],"obfuscation":"{}""#, &TEXT[..16 - text.len()]);
        events.push(event("response.output_text.delta", &rest));
    }
    events.push(event("response.output_text.done", &format!(r#"{at},"text":"{whole}","logprobs":[]"#)));
    events.push(event("response.content_part.done", &format!(r#"{at},"part":{}"#, part(&whole))));
    let done = item("completed", &part(&whole));
    events.push(event("response.output_item.done", &format!(r#""output_index":0,"item":{done}"#)));
    events.push(event("response.completed", &response("completed", &done, usage)));
    events
}

/// Chunks of Gemini, which count in each of them.
fn gemini() -> Vec<String> {
    let mut tokens = 0;
    let chunks = pieces().enumerate().map(|(place, text)| {
        tokens += 3;
        let end = if place + 1 == DELTAS { r#","finishReason":"STOP""# } else { "" };
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}],"role":"model"}}{end},"index":0}}],"usageMetadata":{{"promptTokenCount":16,"candidatesTokenCount":{tokens},"totalTokenCount":{},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":16}}]}},"modelVersion":"gemini-3-pro","responseId":"b53d14aa9c2f2c10"}}"#,
            tokens + 16
        )
    });
    chunks.collect()
}

/// A body of about so many bytes: a conversation of short messages and a tool, or one long message.
fn body(bytes: usize, messages: usize) -> String {
    let text: String = TEXT.chars().cycle().take(bytes / messages).collect();
    let message = |place: usize| {
        let role = if place.is_multiple_of(2) { "user" } else { "assistant" };
        format!(r#"{{"role":"{role}","content":"{text}"}}"#)
    };
    let messages: Vec<_> = (0..messages).map(message).collect();
    format!(r#"{{"model":"claude-opus-5-5","max_tokens":256,"stream":true,"messages":[{}]}}"#, messages.join(","))
}

/// What a coding agent sends: tools with schemas, blocks in turns, text with escapes.
fn agent(tools: usize, turns: usize) -> String {
    let tool = |place: usize| {
        format!(
            r#"{{"name":"tool_{place}","description":"{TEXT}{TEXT}","input_schema":{{"type":"object","properties":{{"path":{{"type":"string","description":"{TEXT}"}},"limit":{{"type":"integer","minimum":0}}}},"required":["path"]}}}}"#
        )
    };
    let turn = |place: usize| {
        format!(
            r#"{{"role":"assistant","content":[{{"type":"text","text":"{TEXT}"}},{{"type":"tool_use","id":"toolu_{place}","name":"tool_1","input":{{"path":"/src/lib.rs","limit":20}}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"toolu_{place}","content":"fn main() {{\n    println!(\"{TEXT}\");\n}}\n{TEXT}\n"}}]}}"#
        )
    };
    let tools: Vec<_> = (0..tools).map(tool).collect();
    let turns: Vec<_> = (0..turns).map(turn).collect();
    format!(
        r#"{{"model":"claude-opus-5-5","max_tokens":32000,"stream":true,"system":[{{"type":"text","text":"{TEXT}","cache_control":{{"type":"ephemeral"}}}}],"tools":[{}],"messages":[{}]}}"#,
        tools.join(","),
        turns.join(",")
    )
}

fn main() {
    let mut arguments = env::args().skip(1);
    let only = arguments.next().unwrap_or_default();
    let rate = Rate { only, rounds: arguments.next().and_then(|rounds| rounds.parse().ok()) };

    rate.stream("anthropic", Dialect::AnthropicMessages, &anthropic());
    rate.stream("chat", Dialect::OpenAiChat, &chat());
    rate.stream("responses", Dialect::OpenAiResponses, &responses());
    let events: Vec<_> = gemini().iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    rate.stream("gemini", GEMINI, &events);
    let last = DELTAS - 1;
    let elements = gemini().into_iter().enumerate().map(|(place, chunk)| match place {
        0 => format!("[{chunk}"),
        _ if place == last => format!(",\r\n{chunk}]"),
        _ => format!(",\r\n{chunk}"),
    });
    rate.stream("gemini array", GEMINI_ARRAY, &elements.collect::<Vec<_>>());

    for bytes in [2_000, 60_000] {
        rate.turn("request, one message", Dialect::AnthropicMessages, &body(bytes, 1));
        rate.turn("request, chat", Dialect::OpenAiChat, &body(bytes, bytes / 400));
    }
    rate.turn("request, small agent", Dialect::AnthropicMessages, &agent(2, 2));
    rate.turn("request, agent", Dialect::AnthropicMessages, &agent(12, 100));

    let text: String = TEXT.chars().cycle().take(600).collect();
    let message = format!(
        r#"{{"id":"msg_01ABCDEF","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},"output_tokens":64,"service_tier":"standard"}}}}"#
    );
    rate.answer("answer, anthropic", Dialect::AnthropicMessages, &message);
    let completion = format!(
        r#"{{"id":"chatcmpl-6cbe3f9990e91a70","object":"chat.completion","created":1790000000,"model":"gpt-6.1","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":100,"completion_tokens":64,"total_tokens":164,"prompt_tokens_details":{{"cached_tokens":64,"audio_tokens":0}}}},"service_tier":"default"}}"#
    );
    rate.answer("answer, chat", Dialect::OpenAiChat, &completion);
}
