//! What a request asks for, read in one pass over its bytes.

mod anthropic;
mod chat;
mod embeddings;
mod fields;
mod gemini;
mod media;
mod responses;
mod turn;

use std::ops::Range;

use crate::dialect::Dialect;
use crate::ids::ProviderId;
use crate::json::{Cursor, Fault, Kind, Read, Survey, What};

pub use turn::{Turn, WorkKey};

/// Why a body cannot be read. Shown to the caller as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct BadRequest {
    /// One sentence.
    pub sentence: String,
    /// The byte at which reading stopped.
    pub at: usize,
}

/// Which field limits the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputField {
    /// `max_tokens` (Anthropic; chat of older models and compatible servers).
    MaxTokens,
    /// `max_completion_tokens` (chat).
    MaxCompletionTokens,
    /// `max_output_tokens` (Responses).
    MaxOutputTokens,
    /// `generationConfig.maxOutputTokens` (Gemini).
    GenerationConfig,
}

impl OutputField {
    /// The field a dialect has today; `None` where output is not text.
    pub const fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::AnthropicMessages => Some(Self::MaxTokens),
            Dialect::OpenAiChat => Some(Self::MaxCompletionTokens),
            Dialect::OpenAiResponses => Some(Self::MaxOutputTokens),
            Dialect::OpenAiEmbeddings => None,
            Dialect::GeminiGenerate { .. } => Some(Self::GenerationConfig),
        }
    }
}

/// One field that limits the output, as it stands in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputMax {
    /// Which.
    pub field: OutputField,
    /// Its value; `None` for `null` and for the negative numbers by which some servers mean "no limit".
    pub value: Option<u64>,
    /// Where the value stands.
    pub at: Range<usize>,
    /// It limits a fallback model only.
    pub of_fallback: bool,
}

/// A hosted tool or server-side feature that can pull in text or money that the body does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostedKind {
    /// Web search, grounding in a search engine.
    WebSearch,
    /// Fetching pages (web fetch, URL context).
    WebFetch,
    /// Searching stored files.
    FileSearch,
    /// Code run at the provider, hosted shell, skills.
    Code,
    /// Images made at the provider.
    ImageGeneration,
    /// Tools of a server that the provider calls.
    Mcp,
    /// A second model asked for advice.
    Advisor,
    /// Compaction of the context at the provider.
    Compaction,
    /// Maps grounding.
    Maps,
    /// Searching among the request's own tools.
    ToolSearch,
    /// Another model that answers if the one asked for declines.
    Fallback,
    /// A kind of tool that this version does not know.
    Unknown,
}

/// One hosted tool asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// Which.
    pub kind: HostedKind,
    /// The most uses the request allows it (`max_uses`).
    pub uses_max: Option<u64>,
    /// The model it runs on, where it names its own (advisor, fallback).
    pub model: Option<String>,
    /// The most output of one use, where the request says so (advisor).
    pub output_max: Option<u64>,
}

impl Hosted {
    pub(crate) const fn new(kind: HostedKind) -> Self {
        Self { kind, uses_max: None, model: None, output_max: None }
    }
}

/// What an inline medium is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// An image.
    Image,
    /// A PDF.
    Pdf,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Anything else.
    Other,
}

/// One image, document or recording, inline or named by a URL or id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// What.
    pub kind: MediaKind,
    /// Bytes after decoding; `None` when it is not in the body.
    pub bytes: Option<u64>,
    /// Width and height in pixels, where the first bytes tell.
    pub pixels: Option<(u32, u32)>,
}

/// Something the request refers to that its body does not contain, so that only the model's window bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// An earlier response (`previous_response_id`).
    PreviousResponse,
    /// A conversation kept at the provider.
    Conversation,
    /// A prompt template kept at the provider.
    PromptTemplate,
    /// An item kept at the provider.
    StoredItem,
    /// A file kept at the provider.
    File,
    /// A URL that the provider fetches.
    Url,
    /// Explicitly cached content.
    CachedContent,
    /// A tool whose schema the provider adds and does not state the size of.
    ToolSchema,
}

/// Caching that the request asks for; it decides the dearest rate its input can meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheAsk {
    /// None asked for (a provider may still cache by itself).
    #[default]
    None,
    /// Short-lived.
    Short,
    /// Long-lived (Anthropic 1 hour, OpenAI 12 or 24 hours).
    Long,
}

/// What a request asks for. Positions are bytes of the body that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub struct RequestFacts {
    /// The format.
    pub dialect: Dialect,
    /// The model asked for, without Gemini's `models/`.
    pub model: String,
    /// The answer is to be streamed.
    pub stream: bool,
    /// Fields that limit the output, as they stand; usually one.
    pub output_fields: Vec<OutputMax>,
    /// The thinking budget in tokens, where one is set.
    pub thinking_budget: Option<u64>,
    /// Answers asked for (`n`, `candidateCount`); at least 1.
    pub candidates: u64,
    /// The tier asked for (`service_tier`), as written.
    pub tier: Option<String>,
    /// The speed asked for (Anthropic `speed`), as written.
    pub speed: Option<String>,
    /// The region asked for (`inference_geo`), as written.
    pub geo: Option<String>,
    /// The client asked for usage in the stream. True for dialects that send it unasked.
    pub usage_asked: bool,
    /// Caching asked for.
    pub cache: CacheAsk,
    /// Audio is asked for in the answer.
    pub audio_out: bool,
    /// Images are asked for in the answer.
    pub image_out: bool,
    /// `background: true` (Responses).
    pub background: bool,
    /// `store` as written.
    pub store: Option<bool>,
    /// The provider keeps the answer, so that its ids can be named by later requests: they are to be fenced.
    pub keeps_answer: bool,
    /// Messages, items or contents.
    pub messages: u64,
    /// Tools declared, hosted ones included.
    pub tools: u64,
    /// Hosted tools and server-side features asked for.
    pub hosted: Vec<Hosted>,
    /// The most hosted calls the request allows in all (`max_tool_calls`).
    pub tool_calls_max: Option<u64>,
    /// What the body refers to but does not contain, each kind once.
    pub outside: Vec<Outside>,
    /// Ids made at the provider that the request names, for the fence.
    pub refs: Vec<ProviderId>,
    /// Images, documents and recordings.
    pub media: Vec<Media>,
    /// The client's session id, where the body carries it.
    pub session: Option<String>,
    /// Bytes of the whole body.
    pub body_bytes: u64,
    /// Bytes of the body that may become tokens: all of it without inline media.
    pub text_bytes: u64,
    /// The part of `text_bytes` that is not ASCII, counted as decoded UTF-8.
    pub wide_bytes: u64,
    /// The characters `<`, `>`, `&` and `'` in strings, which some JSON writers escape.
    pub markup_bytes: u64,
    /// JSON tokens outside strings, each of which a provider may write with more space around it.
    pub structure: u64,
    /// Tokens of hidden schemas that the provider adds for tools of its own, as documented.
    pub schema_tokens: u64,
    /// Bytes of a predicted output (chat `prediction`), billed as output where rejected.
    pub prediction_bytes: u64,
    /// Where edits go.
    pub(crate) places: Places,
}

/// Where edits go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Where a new field of the body goes.
    pub(crate) top: Inside,
    /// Where a limit goes when the request has none.
    pub(crate) output: Place,
    /// Where a chat stream is asked for usage.
    pub(crate) usage: Place,
    /// The value of `max_tool_calls`.
    pub(crate) tool_calls: Option<Range<usize>>,
    /// The model's name, quotes included; `None` where it stands in the path.
    pub(crate) model: Option<Range<usize>>,
    /// What was said last.
    pub(crate) last: turn::Last,
}

/// The inside of an object, just after its opening brace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) at: usize,
    /// It has no fields, so that a new one takes no comma.
    pub(crate) empty: bool,
}

/// Where a field of an inner object goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// The inner object is missing: it goes into the body.
    #[default]
    Top,
    /// Into the inner object.
    Inside(Inside),
    /// The inner object is `null`: it is replaced.
    InsteadOf(Range<usize>),
    /// The field is there with another value, which is replaced.
    Value(Range<usize>),
}

impl RequestFacts {
    /// Reads `body` in one pass. `model_in_path` for dialects whose path names the model.
    ///
    /// # Errors
    /// Malformed JSON, bytes after it, nesting deeper than 128, a field that decides money given twice or of a type
    /// that cannot be read, no model. What a provider may or may not accept beyond that is its own business: unknown
    /// fields, roles, blocks and tools pass.
    pub fn read(dialect: Dialect, model_in_path: Option<&str>, body: &[u8]) -> Result<Self, BadRequest> {
        let survey = Survey::of(body);
        if survey.wide > 0
            && let Err(bad) = std::str::from_utf8(body)
        {
            return Err(BadRequest { sentence: "The body is not valid UTF-8.".to_owned(), at: bad.valid_up_to() });
        }
        let mut facts = Self::new(dialect, body.len());
        let mut cursor = Cursor::surveyed(body, &survey);
        facts.read_with(&mut cursor)?;
        let tally = cursor.tally();
        facts.structure = tally.structure;
        facts.wide_bytes = survey.wide.saturating_add(tally.wide);
        facts.markup_bytes = survey.markup;
        if tally.cache_control {
            facts.cache = facts.cache.max(CacheAsk::Short);
        }
        if tally.long_ttl {
            facts.cache = CacheAsk::Long;
        }
        if let Some(model) = model_in_path {
            model.strip_prefix("models/").unwrap_or(model).clone_into(&mut facts.model);
        }
        if facts.model.is_empty() {
            return Err(BadRequest { sentence: "`model` must be given.".to_owned(), at: 0 });
        }
        Ok(facts)
    }

    fn read_with(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if cursor.kind()? != Kind::Object {
            return cursor.fault(What::Expected("an object"));
        }
        self.places.top.at = cursor.value_start().saturating_add(1);
        let has_fields = match self.dialect {
            Dialect::AnthropicMessages => anthropic::read(cursor, self),
            Dialect::OpenAiChat => chat::read(cursor, self),
            Dialect::OpenAiResponses => responses::read(cursor, self),
            Dialect::OpenAiEmbeddings => embeddings::read(cursor, self),
            Dialect::GeminiGenerate { .. } => gemini::read(cursor, self),
        }?;
        self.places.top.empty = !has_fields;
        cursor.end()
    }

    fn new(dialect: Dialect, len: usize) -> Self {
        let bytes = u64::try_from(len).unwrap_or(u64::MAX);
        Self {
            dialect,
            model: String::new(),
            stream: matches!(dialect, Dialect::GeminiGenerate { stream: true, .. }),
            output_fields: Vec::new(),
            thinking_budget: None,
            candidates: 1,
            tier: None,
            speed: None,
            geo: None,
            usage_asked: dialect != Dialect::OpenAiChat,
            cache: CacheAsk::None,
            audio_out: false,
            image_out: false,
            background: false,
            store: None,
            keeps_answer: dialect == Dialect::OpenAiResponses,
            messages: 0,
            tools: 0,
            hosted: Vec::new(),
            tool_calls_max: None,
            outside: Vec::new(),
            refs: Vec::new(),
            media: Vec::new(),
            session: None,
            body_bytes: bytes,
            text_bytes: bytes,
            wide_bytes: 0,
            markup_bytes: 0,
            structure: 0,
            schema_tokens: 0,
            prediction_bytes: 0,
            places: Places::default(),
        }
    }

    /// The largest output the request allows for one answer, as it stands: the largest of its fields; `None` when it
    /// sets no limit.
    pub fn output_max(&self) -> Option<u64> {
        let own = self.output_fields.iter().filter(|field| !field.of_fallback);
        let most = own.map(|field| field.value.unwrap_or(u64::MAX)).max()?;
        let of_fallbacks = self.output_fields.iter().filter(|field| field.of_fallback).filter_map(|field| field.value);
        Some(of_fallbacks.fold(most, u64::max)).filter(|most| *most < u64::MAX)
    }

    /// These facts with at most so many hosted calls: what the bounds are to be computed from when
    /// [`Edits::tool_calls_max`](crate::Edits::tool_calls_max) is set.
    #[must_use]
    pub fn with_tool_calls_max(&self, calls: u64) -> Self {
        let tool_calls_max = Some(self.tool_calls_max.map_or(calls, |own| own.min(calls)));
        Self { tool_calls_max, ..self.clone() }
    }

    /// Is a hosted tool of this kind asked for?
    pub fn asks_for(&self, kind: HostedKind) -> bool {
        self.hosted.iter().any(|hosted| hosted.kind == kind)
    }
}

impl From<Box<Fault>> for BadRequest {
    fn from(fault: Box<Fault>) -> Self {
        Self { sentence: fault.what.sentence(), at: fault.at }
    }
}
