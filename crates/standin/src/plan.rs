//! Decides an answer: how many tokens of what, at what service, and why it ends. No I/O, no clock, no chance.

use crate::ask::Ask;
use crate::cache::Cached;
use crate::config::Answers;
use crate::hash::draw;
use crate::journal::{Dialect, ServedUsage};
use crate::script::{OUTPUT_TOKENS_MAX, Script};

/// An answer before it is put into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan<'a> {
    /// What is billed when the whole answer is generated.
    pub(crate) usage: ServedUsage,
    /// Per choice.
    pub(crate) thinking: u64,
    /// Per choice.
    pub(crate) text: u64,
    /// Per choice, a function to call and the tokens that takes.
    pub(crate) tool: Option<(&'a str, u64)>,
    pub(crate) stop: Stop,
    pub(crate) tier: &'a str,
    pub(crate) model: &'a str,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Limit,
    Tool,
}

/// Tokens of a tool call: its name and a small argument.
const TOOL_TOKENS: u64 = 24;

/// Sizes of a prompt, in tokens.
pub(crate) struct PromptTokens {
    pub(crate) whole: u64,
    pub(crate) read: u64,
    pub(crate) write_short: u64,
    pub(crate) write_long: u64,
}

impl PromptTokens {
    /// `elsewhere` are tokens that the request only refers to. Parts are rounded down, so they never exceed the whole.
    pub(crate) fn new(bytes: usize, cached: Cached, elsewhere: u64, bytes_per_token: usize) -> Self {
        let per = bytes_per_token.max(1);
        Self {
            whole: (bytes.div_ceil(per) as u64).max(1) + elsewhere,
            read: (cached.read / per) as u64,
            write_short: (cached.write_short / per) as u64,
            write_long: (cached.write_long / per) as u64,
        }
    }
}

/// Decides the answer to `ask`. `hash` is of the prompt and the seed.
pub(crate) fn plan<'a>(
    ask: &Ask<'a>,
    script: &'a Script,
    answers: &Answers,
    prompt: &PromptTokens,
    hash: u64,
    model: &'a str,
) -> Plan<'a> {
    let output = if ask.dialect == Dialect::Embeddings { Output::NONE } else { output(ask, script, answers, hash) };
    let searches = if matches!(ask.dialect, Dialect::Chat | Dialect::Embeddings) { 0 } else { script.searches };
    let usage = ServedUsage {
        input_uncached: prompt.whole.saturating_sub(prompt.read + prompt.write_short + prompt.write_long),
        cache_read: prompt.read,
        cache_write_short: prompt.write_short,
        cache_write_long: prompt.write_long,
        output: (output.thinking + output.text + output.tool.map_or(0, |(_, tokens)| tokens)) * ask.choices,
        thinking: output.thinking * ask.choices,
        searches,
    };
    Plan {
        usage,
        thinking: output.thinking,
        text: output.text,
        tool: output.tool,
        stop: output.stop,
        tier: script.tier.as_deref().unwrap_or_else(|| served_tier(ask)),
        model: script.served_model.as_deref().unwrap_or(model),
    }
}

struct Output<'a> {
    thinking: u64,
    text: u64,
    tool: Option<(&'a str, u64)>,
    stop: Stop,
}

impl Output<'_> {
    const NONE: Self = Self { thinking: 0, text: 0, tool: None, stop: Stop::End };
}

fn output<'a>(ask: &Ask<'a>, script: &Script, answers: &Answers, hash: u64) -> Output<'a> {
    let spread = answers.tokens_max.saturating_sub(answers.tokens_min);
    let wanted = script.output_tokens.unwrap_or_else(|| answers.tokens_min + draw(hash, 1, spread));
    let thinking = script.thinking_tokens.unwrap_or_else(|| {
        let drawn = wanted / 2 + draw(hash, 2, wanted);
        if ask.thinks { drawn.min(ask.thinking_max.unwrap_or(u64::MAX)) } else { 0 }
    });
    let tool = ask.tool.filter(|_| ask.forced || script.tool || volunteers(ask, answers, hash));
    let limit = ask.limit.unwrap_or(OUTPUT_TOKENS_MAX).min(OUTPUT_TOKENS_MAX);

    let mut left = limit;
    let mut take = |tokens: u64| {
        let taken = tokens.min(left);
        left -= taken;
        taken
    };
    let tool_tokens = if tool.is_some() { TOOL_TOKENS } else { 0 };
    let thinking_taken = take(thinking);
    let text_taken = take(wanted.max(1).saturating_sub(tool_tokens));
    let whole = thinking_taken == thinking && text_taken == wanted.max(1).saturating_sub(tool_tokens);
    // A call that does not fit is not begun: half a tool call has no use to anybody.
    match tool {
        Some(name) if whole && left >= tool_tokens => {
            Output { thinking, text: text_taken, tool: Some((name, tool_tokens)), stop: Stop::Tool }
        }
        Some(_) => Output { thinking: thinking_taken, text: text_taken, tool: None, stop: Stop::Limit },
        None => Output {
            thinking: thinking_taken,
            text: text_taken,
            tool: None,
            stop: if whole { Stop::End } else { Stop::Limit },
        },
    }
}

/// Whether the model calls an offered tool of its own accord. Never right after a tool's result, so that every agent
/// loop comes to an end.
fn volunteers(ask: &Ask<'_>, answers: &Answers, hash: u64) -> bool {
    answers.tool_percent > 0 && draw(hash, 3, 99) < u64::from(answers.tool_percent) && !ask.brings_tool_result()
}

fn served_tier<'a>(ask: &Ask<'a>) -> &'a str {
    match (ask.dialect, ask.tier) {
        (Dialect::Messages, _) | (Dialect::Gemini, None) => "standard",
        (Dialect::Chat | Dialect::Responses, None | Some("auto")) => "default",
        (Dialect::Embeddings, _) => "",
        // It goes into a header too.
        (_, Some(tier)) if tier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => tier,
        (_, Some(_)) => "default",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, script: &str, expected: (u64, u64, bool, Stop)) {
        let ask = Ask::messages(body.as_bytes(), false).unwrap();
        let script: Script = script.parse().unwrap();
        let prompt = PromptTokens { whole: 10, read: 0, write_short: 0, write_long: 0 };
        let plan = plan(&ask, &script, &Answers::default(), &prompt, 99, "m");
        assert_eq!((plan.thinking, plan.text, plan.tool.is_some(), plan.stop), expected, "{body} {script:?}");
    }

    #[test]
    fn limits() {
        let tools = r#""tools":[{"name":"f"}],"tool_choice":{"type":"any"}"#;
        check(r#"{"max_tokens":100}"#, "output=30", (0, 30, false, Stop::End));
        check(r#"{"max_tokens":30}"#, "output=30", (0, 30, false, Stop::End));
        check(r#"{"max_tokens":29}"#, "output=30", (0, 29, false, Stop::Limit));
        check(r#"{"max_tokens":40}"#, "output=30+thinking=30", (30, 10, false, Stop::Limit));
        check(r#"{"max_tokens":20}"#, "output=30+thinking=30", (20, 0, false, Stop::Limit));
        check(&format!(r#"{{"max_tokens":100,{tools}}}"#), "output=30", (0, 6, true, Stop::Tool));
        check(&format!(r#"{{"max_tokens":29,{tools}}}"#), "output=30", (0, 6, false, Stop::Limit));
        check(&format!(r#"{{"max_tokens":100,{tools}}}"#), "output=3", (0, 0, true, Stop::Tool));
        check(r#"{"max_tokens":0}"#, "", (0, 0, false, Stop::Limit));
    }

    #[test]
    fn thinking_keeps_its_budget() {
        let body = br#"{"max_tokens":1000,"thinking":{"type":"enabled","budget_tokens":5}}"#;
        let ask = Ask::messages(body, false).unwrap();
        let prompt = PromptTokens { whole: 10, read: 0, write_short: 0, write_long: 0 };
        for hash in 0..50 {
            let script = Script::default();
            let plan = plan(&ask, &script, &Answers::default(), &prompt, hash, "m");
            assert!(plan.thinking <= 5);
            assert_eq!(plan.usage.output, plan.thinking + plan.text);
        }
    }
}
