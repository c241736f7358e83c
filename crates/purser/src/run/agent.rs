//! How each known agent and SDK is told where to go: by the variables and options of its own documentation. And what is
//! kept from it: the provider's real credentials, and every switch that would send it past Purser.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use purser_providers::Family;

/// Programs that only start another one, named by their first word that is no option.
const LAUNCHERS: &[&str] = &["npx", "bunx", "pnpx", "node", "bun", "deno", "env", "uvx"];
/// The variable that Codex takes the key from: one that nobody else looks at.
const CODEX_KEY: &str = "PURSER_KEY";
/// Switches of agents that would send them to another endpoint, or sign them in there, whatever the base URL says.
const WAYS_PAST: &[&str] = &[
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CODEX_API_KEY",
    "GOOGLE_GENAI_USE_GCA",
    "GOOGLE_GENAI_USE_VERTEXAI",
];

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    ClaudeCode,
    Codex,
    GeminiCli,
    /// An SDK's program, or an agent that follows an SDK's habits.
    Other,
}

/// A command, recognised as far as it can be.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    tool: Tool,
    /// What it is called.
    name: String,
    words: Vec<OsString>,
    /// Options for the agent go behind this many words.
    options_at: usize,
}

impl Agent {
    /// Of a command that has at least one word.
    pub(crate) fn of(words: &[OsString]) -> Self {
        let stem = |word: &OsStr| Path::new(word).file_stem().unwrap_or(word).to_string_lossy().into_owned();
        let program = words.first().map(|word| stem(word)).unwrap_or_default();
        let mut known = (tool(&program), 1);
        if LAUNCHERS.contains(&program.as_str()) {
            let option =
                |word: &OsString| word.to_string_lossy().starts_with('-') || word.to_string_lossy().contains('=');
            let started = words.iter().enumerate().skip(1).find(|(_, word)| !option(word));
            // `@openai/codex@latest`: the package's last part, without its version.
            let package =
                started.map(|(place, word)| (place, stem(OsStr::new(without_version(&word.to_string_lossy())))));
            if let Some((place, package)) = package {
                known = (tool(&package), place + 1);
            }
        }
        let (tool, options_at) = known;
        let name = match tool {
            Tool::ClaudeCode => "claude".to_owned(),
            Tool::Codex => "codex".to_owned(),
            Tool::GeminiCli => "gemini".to_owned(),
            Tool::Other => program,
        };
        Self { tool, name, words: words.to_vec(), options_at }
    }

    /// What it is called; its key is labelled with it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The API that it can't do without.
    pub(crate) fn needs(&self) -> Option<Family> {
        match self.tool {
            Tool::ClaudeCode => Some(Family::Anthropic),
            Tool::Codex => Some(Family::OpenAi),
            Tool::GeminiCli => Some(Family::Gemini),
            Tool::Other => None,
        }
    }

    /// The command, ready to run: pointed at Purser, without the variables that `credentials` names.
    pub(crate) fn equip(&self, base_url: &str, key: &str, credentials: &BTreeSet<String>) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or(OsStr::new(""), OsString::as_os_str));
        let (before, after) = words.as_slice().split_at(self.options_at.saturating_sub(1).min(words.len()));
        command.args(before);
        if self.tool == Tool::Codex {
            command.args(codex_options(base_url));
        }
        command.args(after);
        for name in credentials.iter().map(String::as_str).chain(WAYS_PAST.iter().copied()) {
            command.env_remove(name);
        }
        for (name, value) in self.variables(base_url, key) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        for name in ["NO_PROXY", "no_proxy"] {
            command.env(name, beside_the_proxy(std::env::var(name).ok()));
        }
        command
    }

    /// What is set, and what must not be.
    fn variables(&self, base_url: &str, key: &str) -> Vec<(&'static str, Option<String>)> {
        let (bare, v1) = (Some(base_url.to_owned()), Some(format!("{base_url}/v1")));
        let key = Some(key.to_owned());
        vec![
            // Claude Code and Anthropic's SDKs. Claude Code asks people about a key of the second kind, and sends both.
            ("ANTHROPIC_BASE_URL", bare.clone()),
            ("ANTHROPIC_AUTH_TOKEN", key.clone()),
            ("ANTHROPIC_API_KEY", key.clone().filter(|_| self.tool != Tool::ClaudeCode)),
            // OpenAI's SDKs and whatever follows their habits; the second is the older name.
            ("OPENAI_BASE_URL", v1.clone()),
            ("OPENAI_API_BASE", v1),
            ("OPENAI_API_KEY", key.clone()),
            (CODEX_KEY, key.clone().filter(|_| self.tool == Tool::Codex)),
            // Gemini CLI and Google's SDKs. Both names at once make Gemini CLI complain.
            ("GOOGLE_GEMINI_BASE_URL", bare),
            ("GEMINI_API_KEY", key.clone()),
            ("GOOGLE_API_KEY", key.filter(|_| self.tool != Tool::GeminiCli)),
        ]
    }
}

fn tool(name: &str) -> Tool {
    match name {
        "claude" | "claude-code" => Tool::ClaudeCode,
        "codex" => Tool::Codex,
        "gemini" | "gemini-cli" => Tool::GeminiCli,
        _ => Tool::Other,
    }
}

/// `@openai/codex@latest` as `@openai/codex`: a scope's own `@` stands in front.
fn without_version(package: &str) -> &str {
    match package.rfind('@') {
        Some(at) if at > 0 => package.get(..at).unwrap_or(package),
        _ => package,
    }
}

/// Codex takes its provider from configuration, not from the environment.
fn codex_options(base_url: &str) -> Vec<String> {
    let settings = [
        "model_provider=\"purser\"".to_owned(),
        "model_providers.purser.name=\"Purser\"".to_owned(),
        format!("model_providers.purser.base_url=\"{base_url}/v1\""),
        format!("model_providers.purser.env_key=\"{CODEX_KEY}\""),
        "model_providers.purser.wire_api=\"responses\"".to_owned(),
        // A hosted search may read a whole context anew with every step: more than a day's budget can be held against.
        // Whoever wants it all the same says so behind `codex`, which wins.
        "web_search=\"disabled\"".to_owned(),
    ];
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

/// This machine is reached without the proxy.
fn beside_the_proxy(others: Option<String>) -> String {
    const HERE: &str = "127.0.0.1,localhost,::1";
    match others.filter(|others| !others.is_empty()) {
        Some(others) => format!("{others},{HERE}"),
        None => HERE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(words: &[&str]) -> Agent {
        Agent::of(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn check(words: &[&str], tool: Tool, name: &str, needs: Option<Family>) {
        let agent = agent(words);
        assert_eq!((agent.tool, agent.name(), agent.needs()), (tool, name, needs), "{words:?}");
    }

    #[test]
    fn agents_are_recognised_also_behind_what_starts_them() {
        check(&["claude", "-p", "codex"], Tool::ClaudeCode, "claude", Some(Family::Anthropic));
        check(&["/opt/bin/codex", "exec"], Tool::Codex, "codex", Some(Family::OpenAi));
        check(&["npx", "-y", "@openai/codex@latest", "exec"], Tool::Codex, "codex", Some(Family::OpenAi));
        check(&["npx", "@anthropic-ai/claude-code"], Tool::ClaudeCode, "claude", Some(Family::Anthropic));
        check(&["node", "/x/bin/gemini.js"], Tool::GeminiCli, "gemini", Some(Family::Gemini));
        check(&["env", "A=b", "gemini"], Tool::GeminiCli, "gemini", Some(Family::Gemini));
        check(&["python3", "agent.py"], Tool::Other, "python3", None);
        check(&["npx"], Tool::Other, "npx", None);
    }

    #[test]
    fn arguments_stay_and_codex_options_come_where_codex_reads_them() {
        let arguments = |words: &[&str]| {
            let command = agent(words).equip("http://127.0.0.1:1", "pk-x", &BTreeSet::new());
            command.get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(arguments(&["claude", "-p", "hi"]), ["-p", "hi"]);
        let codex = arguments(&["npx", "codex", "exec", "hi"]);
        assert_eq!(codex[0], "codex");
        assert_eq!(codex[1..3], ["-c", "model_provider=\"purser\""]);
        assert!(codex.contains(&"model_providers.purser.base_url=\"http://127.0.0.1:1/v1\"".to_owned()));
        assert_eq!(codex[codex.len() - 2..], ["exec", "hi"]);
    }

    #[test]
    fn real_credentials_and_ways_past_stay_behind() {
        let credentials = BTreeSet::from(["ANTHROPIC_API_KEY".to_owned(), "COMPANY_SECRET".to_owned()]);
        let variable = |words: &[&str], name: &str| {
            let command = agent(words).equip("http://127.0.0.1:1", "pk-x", &credentials);
            let found = command.get_envs().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.map(|value| value.to_string_lossy().into_owned()))
        };
        assert_eq!(variable(&["claude"], "ANTHROPIC_API_KEY"), Some(None));
        assert_eq!(variable(&["claude"], "ANTHROPIC_AUTH_TOKEN"), Some(Some("pk-x".to_owned())));
        assert_eq!(variable(&["aider"], "ANTHROPIC_API_KEY"), Some(Some("pk-x".to_owned())));
        assert_eq!(variable(&["aider"], "COMPANY_SECRET"), Some(None));
        assert_eq!(variable(&["claude"], "CLAUDE_CODE_USE_BEDROCK"), Some(None));
        assert_eq!(variable(&["gemini"], "GOOGLE_API_KEY"), Some(None));
        assert_eq!(variable(&["codex"], CODEX_KEY), Some(Some("pk-x".to_owned())));
    }
}
