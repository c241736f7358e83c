//! Which program is calling.

use crate::header_list::Headers;

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
    const ALL: [Self; 8] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::GeminiCli,
        Self::AnthropicSdk,
        Self::OpenAiSdk,
        Self::GoogleSdk,
        Self::LiteLlm,
        Self::Other,
    ];

    /// The tool of a [`name`](Self::name); [`Tool::Other`] for whatever is none.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|tool| tool.name() == name).unwrap_or_default()
    }

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

/// The calling program by `originator` and `user-agent`.
pub fn client_tool(headers: &Headers) -> ClientTool {
    let agent = headers.text("user-agent").unwrap_or_default();
    let originator = headers.text("originator").unwrap_or_default();
    if originator.starts_with("codex") || agent.starts_with("codex") {
        return ClientTool { tool: Tool::Codex, version: version_after(agent, '/') };
    }
    for (start, tool) in AGENTS {
        if starts_with(agent, start) {
            return ClientTool { tool: *tool, version: version_after(agent, '/') };
        }
    }
    ClientTool::default()
}

/// How user agents start.
const AGENTS: &[(&str, Tool)] = &[
    ("claude-cli/", Tool::ClaudeCode),
    ("claude-code/", Tool::ClaudeCode),
    ("GeminiCLI", Tool::GeminiCli),
    ("OpenAI/", Tool::OpenAiSdk),
    ("AsyncOpenAI/", Tool::OpenAiSdk),
    ("Anthropic/", Tool::AnthropicSdk),
    ("AsyncAnthropic/", Tool::AnthropicSdk),
    ("google-genai-sdk/", Tool::GoogleSdk),
    ("litellm/", Tool::LiteLlm),
];

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The first word after the first `mark` that starts with a digit (`OpenAI/Python 2.54.0`, `claude-cli/2.1.330 (…)`).
fn version_after(agent: &str, mark: char) -> Option<Box<str>> {
    let (_, rest) = agent.split_once(mark)?;
    let mut words = rest.split([' ', '/', '(']).filter(|word| !word.is_empty());
    let version = words.find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?;
    (version.len() <= 32).then(|| version.into())
}

#[cfg(test)]
mod tests {
    use super::{Headers, Tool, client_tool};

    fn check(agent: &str, tool: Tool, version: Option<&str>) {
        let client = client_tool(&Headers::from([("user-agent", agent)]));
        assert_eq!((client.tool, client.version.as_deref()), (tool, version), "{agent}");
    }

    #[test]
    fn programs_by_user_agent() {
        check("claude-cli/2.1.330 (external, sdk-cli)", Tool::ClaudeCode, Some("2.1.330"));
        check("claude-code/2.1.330", Tool::ClaudeCode, Some("2.1.330"));
        check("codex_exec/0.169.0 (Debian 13; x86_64)", Tool::Codex, Some("0.169.0"));
        check("GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal)", Tool::GeminiCli, Some("0.61.0"));
        check("OpenAI/Python 2.54.0", Tool::OpenAiSdk, Some("2.54.0"));
        check("OpenAI/JS 7.57.0", Tool::OpenAiSdk, Some("7.57.0"));
        check("Anthropic/JS 1.12.0", Tool::AnthropicSdk, Some("1.12.0"));
        check("google-genai-sdk/3.4.0 gl-python/3.12", Tool::GoogleSdk, Some("3.4.0"));
        check("litellm/1.106.2", Tool::LiteLlm, Some("1.106.2"));
        check("curl/8.5.0", Tool::Other, None);
        check("", Tool::Other, None);
    }

    /// What is sent with a call by each client, as recorded: tools differ by it and scopes of grants name them.
    #[test]
    fn the_recorded_heads_of_clients_are_told_apart() {
        let heads: &[(&str, &[(&str, &str)])] = &[
            (
                "claude-code",
                &[
                    ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)"),
                    ("x-app", "cli"),
                    ("x-claude-code-session-id", "4f6c2c1e-0000-4000-8000-000000000000"),
                    ("x-stainless-lang", "js"),
                    ("anthropic-version", "2023-06-01"),
                ],
            ),
            ("claude-code", &[("user-agent", "claude-code/2.1.330")]),
            ("codex", &[("originator", "codex_exec"), ("user-agent", "codex_exec/0.169.0 (Debian 13; x86_64)")]),
            ("codex", &[("originator", "codex_cli_rs"), ("user-agent", "something else")]),
            (
                "gemini-cli",
                &[
                    ("user-agent", "GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal)"),
                    ("x-goog-api-client", "google-genai-sdk/1.30.0 gl-node/v24"),
                ],
            ),
            (
                "openai-sdk",
                &[
                    ("user-agent", "OpenAI/Python 2.54.0"),
                    ("x-stainless-lang", "python"),
                    ("x-stainless-async", "false"),
                ],
            ),
            ("openai-sdk", &[("user-agent", "OpenAI/JS 7.57.0"), ("sec-fetch-mode", "cors")]),
            ("anthropic-sdk", &[("user-agent", "Anthropic/JS 1.12.0"), ("anthropic-version", "2026-10-21")]),
            ("google-genai-sdk", &[("user-agent", "google-genai-sdk/3.4.0 gl-python/3.13")]),
            ("litellm", &[("user-agent", "litellm/1.106.2"), ("anthropic-version", "2023-06-01")]),
            ("other", &[("user-agent", "curl/8.5.0")]),
            ("other", &[]),
        ];
        for (name, head) in heads {
            let mut headers = Headers::default();
            for (field, value) in *head {
                headers.append(field, value);
            }
            assert_eq!(client_tool(&headers).tool.name(), *name, "{head:?}");
        }
    }

    #[test]
    fn codex_by_originator() {
        let headers = Headers::from([("originator", "codex_cli_rs")]);
        assert_eq!(client_tool(&headers).tool, Tool::Codex);
    }
}
