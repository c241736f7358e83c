//! Which program is calling, and in which session.

use http::HeaderMap;

use crate::request::RequestFacts;

/// Programs that are told apart because they show refusals and endings differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tool {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// Gemini CLI.
    GeminiCli,
    /// Anthropic's own SDKs.
    AnthropicSdk,
    /// OpenAI's own SDKs.
    OpenAiSdk,
    /// Google's own SDKs.
    GoogleSdk,
    /// The litellm SDK under its own name.
    LiteLlm,
    /// Anything else.
    #[default]
    Other,
}

impl Tool {
    /// A stable name for logs and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
            Self::AnthropicSdk => "anthropic-sdk",
            Self::OpenAiSdk => "openai-sdk",
            Self::GoogleSdk => "google-genai-sdk",
            Self::LiteLlm => "litellm",
            Self::Other => "other",
        }
    }
}

/// The calling program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ClientTool {
    /// Which one.
    pub tool: Tool,
    /// Its version as it says, at most 32 bytes; `None` when it names none.
    pub version: Option<Box<str>>,
}

/// Longer session ids are not taken for one.
pub const SESSION_BYTES_MAX: usize = 128;

/// The calling program by `originator`, `user-agent` and `x-app`.
pub fn client_tool(headers: &HeaderMap) -> ClientTool {
    let _ = headers;
    ClientTool::default()
}

/// The client's own session id: header first (`X-Claude-Code-Session-Id`, `session-id`, `session_id`), else what the
/// body carries. At most [`SESSION_BYTES_MAX`] visible ASCII bytes.
pub fn session_id(headers: &HeaderMap, facts: Option<&RequestFacts>) -> Option<String> {
    let _ = (headers, facts);
    None
}

/// `x-stainless-retry-count`: 0 for a first try.
pub fn retry_count(headers: &HeaderMap) -> u32 {
    let _ = headers;
    0
}
