//! What a request asks for, in one shape for all dialects.

use memchr::memmem;

use crate::journal::Dialect;
use crate::scan::{self, NotJson};

/// A request, read. Strings are as they stand between quotes in the body.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the request")]
pub(crate) struct Ask<'a> {
    pub(crate) dialect: Dialect,
    /// Model, with whatever suffix it came with; empty when missing.
    pub(crate) model: &'a str,
    /// A stream is wanted.
    pub(crate) stream: bool,
    /// Only a count of the prompt is wanted.
    pub(crate) counting: bool,
    /// Gemini's stream as one JSON array rather than events.
    pub(crate) json_array: bool,
    /// Chat: usage is wanted at the end of a stream.
    pub(crate) include_usage: bool,
    /// Most output tokens, thinking included.
    pub(crate) limit: Option<u64>,
    /// Answers wanted for the one prompt.
    pub(crate) choices: u64,
    /// Thinking is on.
    pub(crate) thinks: bool,
    /// Most tokens of thinking.
    pub(crate) thinking_max: Option<u64>,
    /// Thoughts are to be shown (Gemini).
    pub(crate) shows_thoughts: bool,
    /// A function that the model may call.
    pub(crate) tool: Option<&'a str>,
    /// It must call it.
    pub(crate) forced: bool,
    /// Service tier asked for.
    pub(crate) tier: Option<&'a str>,
    /// Anthropic's `speed` and `inference_geo`.
    pub(crate) speed: Option<&'a str>,
    pub(crate) geo: Option<&'a str>,
    /// Fields that make up the prompt, in caching order.
    pub(crate) prompt: [&'a [u8]; 3],
    /// The conversation the call goes on from (Responses).
    pub(crate) previous: Option<&'a str>,
    /// The answer is to be stored (Responses).
    pub(crate) store: bool,
    /// Embeddings: length of a vector, and whether it is wanted in base64.
    pub(crate) dimensions: u64,
    pub(crate) base64: bool,
}

/// What Gemini says in the path rather than in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GeminiPath<'a> {
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    pub(crate) counting: bool,
    pub(crate) json_array: bool,
}

/// Vectors of the usual embedding models.
const DIMENSIONS: u64 = 1536;
/// More choices than any provider gives for one prompt.
const CHOICES_MAX: u64 = 8;

impl<'a> Ask<'a> {
    fn empty(dialect: Dialect) -> Self {
        Self {
            dialect,
            model: "",
            stream: false,
            counting: false,
            json_array: false,
            include_usage: false,
            limit: None,
            choices: 1,
            thinks: false,
            thinking_max: None,
            shows_thoughts: false,
            tool: None,
            forced: false,
            tier: None,
            speed: None,
            geo: None,
            prompt: [&[]; 3],
            previous: None,
            store: true,
            dimensions: DIMENSIONS,
            base64: false,
        }
    }

    /// Anthropic Messages.
    pub(crate) fn messages(body: &'a [u8], counting: bool) -> Result<Self, NotJson> {
        let mut ask = Self { counting, ..Self::empty(Dialect::Messages) };
        let mut choice: &[u8] = &[];
        let [mut tools, mut system, mut messages]: [&[u8]; 3] = [&[]; 3];
        scan::object(body, |key, value| match key {
            b"model" => ask.model = scan::text(value).unwrap_or_default(),
            b"stream" => ask.stream = value == b"true",
            b"max_tokens" => ask.limit = scan::number(value),
            b"tools" => tools = value,
            b"tool_choice" => choice = value,
            b"system" => system = value,
            b"messages" => messages = value,
            b"thinking" => {
                ask.thinks = matches!(word(value, "type"), Some("enabled" | "adaptive"));
                ask.thinking_max = scan::get(value, "budget_tokens").and_then(scan::number);
            }
            b"service_tier" => ask.tier = scan::text(value),
            b"speed" => ask.speed = scan::text(value),
            b"inference_geo" => ask.geo = scan::text(value),
            _ => {}
        })?;
        ask.prompt = [tools, system, messages];
        let kind = word(choice, "type");
        if kind != Some("none") {
            ask.forced = matches!(kind, Some("any" | "tool"));
            ask.tool = word(choice, "name").or_else(|| first(tools, custom_tool));
        }
        Ok(ask)
    }

    /// OpenAI Chat Completions.
    pub(crate) fn chat(body: &'a [u8]) -> Result<Self, NotJson> {
        let mut ask = Self::empty(Dialect::Chat);
        let mut choice: &[u8] = &[];
        let [mut tools, mut format, mut messages]: [&[u8]; 3] = [&[]; 3];
        let [mut limit_old, mut limit_new] = [None; 2];
        scan::object(body, |key, value| match key {
            b"model" => ask.model = scan::text(value).unwrap_or_default(),
            b"stream" => ask.stream = value == b"true",
            b"stream_options" => ask.include_usage = scan::get(value, "include_usage") == Some(b"true"),
            b"max_tokens" => limit_old = scan::number(value),
            b"max_completion_tokens" => limit_new = scan::number(value),
            b"n" => ask.choices = scan::number(value).unwrap_or(1).clamp(1, CHOICES_MAX),
            b"tools" => tools = value,
            b"tool_choice" => choice = value,
            b"response_format" => format = value,
            b"messages" => messages = value,
            b"reasoning_effort" => ask.thinks = !matches!(scan::text(value), None | Some("none" | "minimal")),
            b"service_tier" => ask.tier = scan::text(value),
            _ => {}
        })?;
        ask.limit = limit_new.or(limit_old);
        ask.prompt = [tools, format, messages];
        let named = scan::get(choice, "function").and_then(|function| word(function, "name"));
        ask.choose(choice, named, || first(tools, |tool| word(scan::get(tool, "function")?, "name")));
        Ok(ask)
    }

    /// OpenAI Responses.
    pub(crate) fn responses(body: &'a [u8]) -> Result<Self, NotJson> {
        let mut ask = Self::empty(Dialect::Responses);
        let mut choice: &[u8] = &[];
        let [mut tools, mut instructions, mut input]: [&[u8]; 3] = [&[]; 3];
        scan::object(body, |key, value| match key {
            b"model" => ask.model = scan::text(value).unwrap_or_default(),
            b"stream" => ask.stream = value == b"true",
            b"max_output_tokens" => ask.limit = scan::number(value),
            b"tools" => tools = value,
            b"tool_choice" => choice = value,
            b"instructions" => instructions = value,
            b"input" => input = value,
            b"reasoning" => ask.thinks = !matches!(word(value, "effort"), None | Some("none" | "minimal")),
            b"service_tier" => ask.tier = scan::text(value),
            b"previous_response_id" => ask.previous = scan::text(value),
            b"store" => ask.store = value != b"false",
            _ => {}
        })?;
        ask.prompt = [tools, instructions, input];
        ask.choose(choice, word(choice, "name"), || first(tools, function_tool));
        Ok(ask)
    }

    /// OpenAI Embeddings.
    pub(crate) fn embeddings(body: &'a [u8]) -> Result<Self, NotJson> {
        let mut ask = Self::empty(Dialect::Embeddings);
        scan::object(body, |key, value| match key {
            b"model" => ask.model = scan::text(value).unwrap_or_default(),
            b"input" => ask.prompt = [&[], &[], value],
            b"dimensions" => ask.dimensions = scan::number(value).unwrap_or(DIMENSIONS).clamp(1, 2 * DIMENSIONS),
            b"encoding_format" => ask.base64 = scan::text(value) == Some("base64"),
            _ => {}
        })?;
        // A list of texts is an answer each; a list of numbers is one text in tokens.
        let [_, _, input] = ask.prompt;
        let mut texts = 0;
        let _ = scan::array(input, |item| texts += u64::from(matches!(item.first(), Some(b'"' | b'['))));
        ask.choices = texts.clamp(1, 2048);
        Ok(ask)
    }

    /// Gemini; the path says half of it.
    pub(crate) fn gemini(body: &'a [u8], path: GeminiPath<'a>) -> Result<Self, NotJson> {
        let mut ask = Self {
            model: path.model,
            stream: path.stream,
            counting: path.counting,
            json_array: path.json_array,
            ..Self::empty(Dialect::Gemini)
        };
        let mut function_calls: Option<&[u8]> = None;
        let [mut tools, mut system, mut contents]: [&[u8]; 3] = [&[]; 3];
        scan::object(body, |key, value| match key {
            b"contents" => contents = value,
            b"systemInstruction" | b"system_instruction" => system = value,
            b"tools" => tools = value,
            b"toolConfig" | b"tool_config" => {
                function_calls = either(value, "functionCallingConfig", "function_calling_config");
            }
            b"generationConfig" | b"generation_config" => ask.generation(value),
            b"serviceTier" | b"service_tier" => ask.tier = scan::text(value),
            _ => {}
        })?;
        ask.prompt = [tools, system, contents];
        let mode = function_calls.and_then(|config| word(config, "mode"));
        if mode != Some("NONE") {
            ask.forced = mode == Some("ANY");
            let allowed = function_calls.and_then(|c| either(c, "allowedFunctionNames", "allowed_function_names"));
            ask.tool = allowed.and_then(|names| first(names, scan::text)).or_else(|| first(tools, gemini_tool));
        }
        Ok(ask)
    }

    fn generation(&mut self, config: &'a [u8]) {
        self.limit = either(config, "maxOutputTokens", "max_output_tokens").and_then(scan::number);
        let count = either(config, "candidateCount", "candidate_count").and_then(scan::number);
        self.choices = count.unwrap_or(1).clamp(1, CHOICES_MAX);
        let Some(thinking) = either(config, "thinkingConfig", "thinking_config") else { return };
        // -1 lets the model decide, 0 turns thinking off.
        let budget = either(thinking, "thinkingBudget", "thinking_budget");
        self.thinks = budget != Some(b"0");
        self.thinking_max = budget.and_then(scan::number);
        self.shows_thoughts = either(thinking, "includeThoughts", "include_thoughts") == Some(b"true");
    }

    /// OpenAI's `tool_choice`: a word, or an object that names a function.
    fn choose(&mut self, choice: &[u8], named: Option<&'a str>, offered: impl FnOnce() -> Option<&'a str>) {
        let word = scan::text(choice);
        if word != Some("none") {
            self.forced = word == Some("required") || named.is_some();
            self.tool = named.or_else(offered);
        }
    }

    /// Whether the conversation ends with the result of a tool call. Looks at the last message only, and only when asked.
    pub(crate) fn brings_tool_result(&self) -> bool {
        let sign: &[u8] = match self.dialect {
            Dialect::Messages => b"\"tool_result\"",
            Dialect::Chat => b"\"tool\"",
            Dialect::Responses => b"\"function_call_output\"",
            Dialect::Gemini => b"\"functionResponse\"",
            Dialect::Embeddings => return false,
        };
        let [_, _, messages] = self.prompt;
        let mut last: &[u8] = &[];
        scan::array(messages, |item| last = item).is_ok() && memmem::find(last, sign).is_some()
    }
}

fn word<'a>(object: &'a [u8], name: &str) -> Option<&'a str> {
    scan::get(object, name).and_then(scan::text)
}

/// Google takes both spellings of a field.
fn either<'a>(object: &'a [u8], camel: &str, snake: &str) -> Option<&'a [u8]> {
    scan::get(object, camel).or_else(|| scan::get(object, snake))
}

/// The first element of an array that `pick` makes something of.
fn first<'a>(array: &'a [u8], pick: impl Fn(&'a [u8]) -> Option<&'a str>) -> Option<&'a str> {
    let mut found = None;
    scan::array(array, |item| {
        if found.is_none() {
            found = pick(item);
        }
    })
    .ok()?;
    found
}

fn custom_tool(tool: &[u8]) -> Option<&str> {
    matches!(word(tool, "type"), None | Some("custom")).then(|| word(tool, "name"))?
}

fn function_tool(tool: &[u8]) -> Option<&str> {
    (word(tool, "type") == Some("function")).then(|| word(tool, "name"))?
}

fn gemini_tool(tool: &[u8]) -> Option<&str> {
    let functions = either(tool, "functionDeclarations", "function_declarations")?;
    first(functions, |function| word(function, "name"))
}
