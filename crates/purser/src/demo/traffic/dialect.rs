//! The APIs that are spoken, and where in them things stand.

/// An API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Anthropic Messages.
    Messages,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// OpenAI Embeddings.
    Embeddings,
    /// Google Gemini.
    Gemini,
}

impl Dialect {
    /// The path of a call.
    pub(crate) fn path(self, model: &str, stream: bool) -> String {
        match self {
            Self::Messages => "/v1/messages".to_owned(),
            Self::Chat => "/v1/chat/completions".to_owned(),
            Self::Responses => "/v1/responses".to_owned(),
            Self::Embeddings => "/v1/embeddings".to_owned(),
            Self::Gemini if stream => format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"),
            Self::Gemini => format!("/v1beta/models/{model}:generateContent"),
        }
    }

    /// The header that a key goes in, and its value.
    pub(crate) fn credential(self, key: &str) -> (&'static str, String) {
        match self {
            Self::Gemini => ("x-goog-api-key", key.to_owned()),
            Self::Messages | Self::Chat | Self::Responses | Self::Embeddings => {
                ("authorization", format!("Bearer {key}"))
            }
        }
    }
}
