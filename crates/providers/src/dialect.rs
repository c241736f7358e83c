//! The dialects Purser can meter, and the family each belongs to.

use std::fmt;

/// Whose shapes a message has: it decides the form of credentials, errors and model lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Anthropic's Messages API.
    Anthropic,
    /// OpenAI's APIs and everything compatible with them.
    OpenAi,
    /// Google's Gemini API.
    Gemini,
}

impl Family {
    /// A stable name for logs, configuration and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request and answer format whose usage can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// `POST /v1/chat/completions`.
    OpenAiChat,
    /// `POST /v1/responses`.
    OpenAiResponses,
    /// `POST /v1/embeddings`.
    OpenAiEmbeddings,
    /// `POST /v1beta/models/M:generateContent` and `:streamGenerateContent`.
    GeminiGenerate {
        /// The streaming method was called.
        stream: bool,
        /// `alt=sse`: events; a stream without it is one JSON array.
        sse: bool,
    },
}

impl Dialect {
    /// The family it belongs to.
    pub const fn family(self) -> Family {
        match self {
            Self::AnthropicMessages => Family::Anthropic,
            Self::OpenAiChat | Self::OpenAiResponses | Self::OpenAiEmbeddings => Family::OpenAi,
            Self::GeminiGenerate { .. } => Family::Gemini,
        }
    }

    /// A stable name for logs, configuration and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic.messages",
            Self::OpenAiChat => "openai.chat",
            Self::OpenAiResponses => "openai.responses",
            Self::OpenAiEmbeddings => "openai.embeddings",
            Self::GeminiGenerate { .. } => "gemini.generate",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
