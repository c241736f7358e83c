//! What an answer says it used, normalised and distrusted.

pub(crate) mod anthropic;
pub(crate) mod chat;
mod common;
pub(crate) mod gemini;
pub(crate) mod render;
pub(crate) mod responses;

use purser_core::usage::{Served, Usage};

use crate::dialect::{Dialect, Family};
use crate::ids::ProviderId;
use crate::json::{Cursor, Read, Spot, SpotKind};
use crate::request::{CacheAsk, HostedKind, RequestFacts};

pub(crate) use common::{Common, Said};

/// How far a reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Input is exact, output is not known yet (Anthropic, until its last event).
    InputOnly,
    /// A cumulative count so far (Gemini, until its last chunk).
    Running,
    /// The provider's last word.
    Final,
}

/// Why a reading is not to be believed although it could be read. The gateway charges the bound and marks it disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// A part is larger than the whole it belongs to (cache reads above the input).
    PartAboveWhole,
    /// A cumulative output count went down.
    Decreased,
    /// The total is not the sum of its parts.
    TotalDisagrees,
    /// No input is counted, or no output although some was seen.
    NothingCounted,
}

/// Tokens billed beside the answer itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The model that used them; `None` for the model that answered.
    pub model: Option<String>,
    /// What it used.
    pub usage: Usage,
}

/// What a call used and how it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// Counts of the answer.
    pub usage: Usage,
    /// Model, tier and region as the answer names them.
    pub served: Served,
    /// Billed beside the answer: compaction passes, advisors.
    pub others: Vec<Other>,
    /// How far the reading goes.
    pub stage: Stage,
    /// Why it is not to be believed, if so.
    pub suspect: Option<Suspect>,
    /// The provider's id of the answer.
    pub provider_id: Option<String>,
}

/// Counts above this are not believed: no model takes in or gives out a thousand million tokens in one call.
pub const COUNT_MAX: u64 = 1_000_000_000;

impl Metered {
    fn named(mut self, model: Option<String>, id: Option<String>) -> Self {
        (self.served.model, self.provider_id) = (model, id);
        self
    }

    /// Adds what only the request tells: a chat search model's one search per call, and the lifetime of OpenAI's cache
    /// writes.
    #[must_use]
    pub fn with_request(mut self, facts: &RequestFacts) -> Self {
        if facts.dialect == Dialect::OpenAiChat && facts.asks_for(HostedKind::WebSearch) {
            self.usage.web_search_calls = self.usage.web_search_calls.max(facts.candidates);
        }
        if facts.dialect.family() == Family::OpenAi && facts.cache == CacheAsk::Long {
            let written = std::mem::take(&mut self.usage.cache_write_5m);
            self.usage.cache_write_1h = self.usage.cache_write_1h.saturating_add(written);
        }
        self
    }
}

/// Why usage cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageProblem {
    /// The answer is not the JSON of its dialect.
    #[error("the answer is not readable JSON")]
    NotJson,
    /// The answer carries no usage.
    #[error("the answer carries no usage")]
    Missing,
    /// A count is negative, fractional, not a number, or absurdly large.
    #[error("the count `{field}` cannot be right")]
    BadCount {
        /// Its name.
        field: &'static str,
    },
}

/// The usage of an answer that was not streamed.
///
/// # Errors
/// See [`UsageProblem`]; never a silent zero.
pub fn read_usage(dialect: Dialect, body: &[u8]) -> Result<Metered, UsageProblem> {
    read_answer(dialect, body).0
}

/// As [`read_usage`], and the ids that the answer says were made ([`provider_ids`](crate::provider_ids)), in one pass.
pub fn read_answer(dialect: Dialect, body: &[u8]) -> (Result<Metered, UsageProblem>, Vec<ProviderId>) {
    let mut answer = Answer::new(dialect);
    let counted = match answer.read_body(body) {
        Ok(()) => answer.counted(),
        Err(_) => Err(UsageProblem::NotJson),
    };
    let Common { id, model, ids, .. } = std::mem::take(answer.common_mut());
    (counted.map(|counted| counted.named(model, id)), ids)
}

/// What stands at the spots of an event that said text alone.
#[derive(Debug)]
pub(crate) struct Echo<'a> {
    /// Bytes of text, decoded.
    pub(crate) visible_bytes: u64,
    /// Numbers, in order.
    pub(crate) told: &'a [(SpotKind, u64)],
}

/// What has been read of an answer, whole or event by event.
#[derive(Debug)]
pub(crate) enum Answer {
    Anthropic(anthropic::Answer),
    Chat(chat::Answer),
    Responses(responses::Answer),
    Gemini(gemini::Answer),
}

impl Answer {
    pub(crate) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::AnthropicMessages => Self::Anthropic(anthropic::Answer::default()),
            // Embeddings answer with chat's usage, less the completion.
            Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => Self::Chat(chat::Answer::default()),
            Dialect::OpenAiResponses => Self::Responses(responses::Answer::default()),
            Dialect::GeminiGenerate { .. } => Self::Gemini(gemini::Answer::default()),
        }
    }

    /// Reads an answer that is one JSON value.
    pub(crate) fn read_body(&mut self, body: &[u8]) -> Read<()> {
        let mut cursor = Cursor::new(body);
        match self {
            Self::Anthropic(answer) => answer.message(&mut cursor)?,
            Self::Chat(answer) => answer.body(&mut cursor)?,
            Self::Responses(answer) => answer.response(&mut cursor)?,
            // A stream without events is an array of chunks.
            Self::Gemini(answer) => cursor.each(|cursor| answer.chunk(cursor).map(|_| ()))?,
        }
        cursor.end()
    }

    /// Reads the data of one event. `spots` is what its spots are noted in, and comes back with them.
    pub(crate) fn read_event(&mut self, data: &[u8], spots: Vec<Spot>) -> (Read<Said>, Vec<Spot>) {
        let mut cursor = Cursor::noting(data, spots);
        let said = match self {
            Self::Anthropic(answer) => answer.event(&mut cursor),
            Self::Chat(answer) => answer.chunk(&mut cursor),
            Self::Responses(answer) => answer.event(&mut cursor),
            Self::Gemini(answer) => answer.chunk(&mut cursor),
        };
        (said, cursor.into_spots())
    }

    /// Takes in an event that said [text alone](Said::TextAlone), by what stands at its spots.
    pub(crate) fn echo(&mut self, echo: &Echo<'_>) {
        let common = self.common_mut();
        common.saw(echo.visible_bytes);
        if echo.told.is_empty() {
            return;
        }
        match self {
            Self::Chat(answer) => answer.recount(echo.told),
            Self::Responses(answer) => answer.renumber(echo.told),
            Self::Gemini(answer) => answer.recount(echo.told),
            Self::Anthropic(_) => {}
        }
    }

    pub(crate) fn common(&self) -> &Common {
        match self {
            Self::Anthropic(answer) => &answer.common,
            Self::Chat(answer) => &answer.common,
            Self::Responses(answer) => &answer.common,
            Self::Gemini(answer) => &answer.common,
        }
    }

    pub(crate) fn common_mut(&mut self) -> &mut Common {
        match self {
            Self::Anthropic(answer) => &mut answer.common,
            Self::Chat(answer) => &mut answer.common,
            Self::Responses(answer) => &mut answer.common,
            Self::Gemini(answer) => &mut answer.common,
        }
    }

    pub(crate) fn ids(&self) -> &[ProviderId] {
        &self.common().ids
    }

    /// What was used so far.
    pub(crate) fn metered(&self) -> Result<Metered, UsageProblem> {
        let Common { id, model, .. } = self.common();
        self.counted().map(|counted| counted.named(model.clone(), id.clone()))
    }

    /// As [`metered`](Self::metered), without the names of the model and the answer.
    fn counted(&self) -> Result<Metered, UsageProblem> {
        if let Some(problem) = &self.common().problem {
            return Err(problem.clone());
        }
        let mut metered = match self {
            Self::Anthropic(answer) => answer.counted(),
            Self::Chat(answer) => answer.counted(),
            Self::Responses(answer) => answer.counted(),
            Self::Gemini(answer) => answer.counted(),
        }?;
        let seen = self.common().visible_bytes > 0;
        let nothing_out = seen && metered.stage == Stage::Final && metered.usage.output_tokens() == 0;
        if nothing_out || metered.usage.prompt_tokens() == 0 {
            metered.suspect.get_or_insert(Suspect::NothingCounted);
        }
        Ok(metered)
    }
}
