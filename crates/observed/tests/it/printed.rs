//! What the captured agents printed of their own usage, read by nothing of Purser.

use std::path::Path;

use serde_json::Value;

/// Tokens of whole prompts, those read from caches, those that came out, and billionths of a dollar where it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
    pub(crate) nano: Option<i64>,
}

/// What all runs of a capture printed together.
pub(crate) fn of(folder: &Path) -> Sum {
    let runs: Vec<String> = serde_json::from_slice(&std::fs::read(folder.join("printed.json")).unwrap()).unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    match name.rsplit_once('-').unwrap().0 {
        // The second run goes on with the first one's session, and prints the session.
        "claude-code" => claude_code(&serde_json::from_str(runs.last().unwrap()).unwrap()),
        // So does this one.
        "codex" => codex(runs.last().unwrap()),
        "gemini-cli" => {
            runs.iter().map(|run| gemini_cli(&serde_json::from_str(run).unwrap())).fold(Sum::default(), |sum, run| {
                Sum {
                    prompt: sum.prompt + run.prompt,
                    cached: sum.cached + run.cached,
                    output: sum.output + run.output,
                    nano: None,
                }
            })
        }
        other => panic!("nobody knows how to read what {other} prints"),
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

fn claude_code(result: &Value) -> Sum {
    let models = result["modelUsage"].as_object().unwrap().values();
    let mut sum = Sum::default();
    for model in models {
        let of = |field: &str| number(&model[field]);
        sum.cached += of("cacheReadInputTokens");
        sum.prompt += of("inputTokens") + of("cacheReadInputTokens") + of("cacheCreationInputTokens");
        sum.output += of("outputTokens");
    }
    // So many digits a double has exactly.
    sum.nano = format!("{:.0}", result["total_cost_usd"].as_f64().unwrap() * 1e9).parse().ok();
    sum
}

fn codex(run: &str) -> Sum {
    let events: Vec<Value> = run.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ended = events.iter().find(|event| event["type"] == "turn.completed").unwrap();
    let of = |field: &str| number(&ended["usage"][field]);
    Sum { prompt: of("input_tokens"), cached: of("cached_input_tokens"), output: of("output_tokens"), nano: None }
}

fn gemini_cli(result: &Value) -> Sum {
    let models = result["stats"]["models"].as_object().unwrap().values();
    let mut sum = Sum::default();
    for model in models {
        let of = |field: &str| number(&model["tokens"][field]);
        sum.prompt += of("prompt");
        sum.cached += of("cached");
        sum.output += of("candidates") + of("thoughts");
    }
    sum
}
