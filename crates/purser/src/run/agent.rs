//! How each known agent and SDK is told where to go: by the variables and options of its own documentation.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

/// The command's own name, which the key is labelled with.
pub(crate) fn name(command: &[OsString]) -> String {
    let program = command.first().map(OsString::as_os_str).unwrap_or_default();
    let stem = Path::new(program).file_stem().unwrap_or(program);
    stem.to_string_lossy().into_owned()
}

/// The command, with its environment pointing at Purser and nothing in it of the provider's real credentials.
pub(crate) fn equip(command: &[OsString], base_url: &str, key: &str) -> Command {
    let (program, arguments) =
        command.split_first().map_or((OsStr::new(""), command), |(program, rest)| (program, rest));
    let mut child = Command::new(program);
    for (name, value) in environment(base_url, key) {
        child.env(name, value);
    }
    // Claude Code prefers this one over the token, and it is the real one.
    child.env_remove("ANTHROPIC_API_KEY");
    if name(command) == "codex" {
        child.args(codex_options(base_url));
    }
    child.args(arguments);
    child
}

fn environment(base_url: &str, key: &str) -> Vec<(&'static str, String)> {
    let (bare, v1) = (base_url.to_owned(), format!("{base_url}/v1"));
    vec![
        // Claude Code and Anthropic's SDKs.
        ("ANTHROPIC_BASE_URL", bare.clone()),
        ("ANTHROPIC_AUTH_TOKEN", key.to_owned()),
        // OpenAI's SDKs and whatever follows their habits; the second is the older name.
        ("OPENAI_BASE_URL", v1.clone()),
        ("OPENAI_API_BASE", v1),
        ("OPENAI_API_KEY", key.to_owned()),
        // Gemini CLI and Google's SDKs.
        ("GOOGLE_GEMINI_BASE_URL", bare),
        ("GEMINI_API_KEY", key.to_owned()),
        ("GOOGLE_API_KEY", key.to_owned()),
    ]
}

/// Codex takes its provider from configuration, not from the environment.
fn codex_options(base_url: &str) -> Vec<String> {
    let settings = [
        "model_provider=\"purser\"".to_owned(),
        "model_providers.purser.name=\"Purser\"".to_owned(),
        format!("model_providers.purser.base_url=\"{base_url}/v1\""),
        "model_providers.purser.env_key=\"OPENAI_API_KEY\"".to_owned(),
        "model_providers.purser.wire_api=\"responses\"".to_owned(),
    ];
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_pointed_at_purser_and_keeps_its_arguments() {
        let command = ["/usr/bin/codex", "exec", "hello"].map(OsString::from);
        let child = equip(&command, "http://127.0.0.1:1", "pk-x");
        let arguments: Vec<_> = child.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        assert_eq!(name(&command), "codex");
        assert_eq!(arguments[arguments.len() - 2..], ["exec", "hello"]);
        assert!(arguments.iter().any(|a| a.contains("base_url=\"http://127.0.0.1:1/v1\"")));
        let removed = child.get_envs().any(|(name, value)| name == "ANTHROPIC_API_KEY" && value.is_none());
        assert!(removed, "the real credential stays behind");
    }
}
