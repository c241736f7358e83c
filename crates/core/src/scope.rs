//! Scopes: which models, providers and tools something covers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest pattern taken. Model names are well under it.
const PATTERN_BYTES_MAX: usize = 200;

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing to match. To cover everything, give no pattern at all, or `*`.
    #[error("an empty pattern covers nothing; leave it out, or write * for everything")]
    Empty,
    /// Longer than any name.
    #[error("a pattern has at most {PATTERN_BYTES_MAX} bytes; `{0}` is longer")]
    TooLong(String),
}

/// A name, in which `*` stands for any text: `claude-*`, `gpt-5*`, `*`. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Box<str>);

impl Pattern {
    /// The pattern as written, in small letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Does every name match?
    pub fn is_everything(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'*')
    }

    /// Does the name match?
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut name) = (self.0.as_bytes(), name.as_bytes());
        // Where to take up again when a later part does not fit: the last `*` and what it has swallowed so far.
        let mut retry: Option<(&[u8], &[u8])> = None;
        loop {
            match (pattern.split_first(), name.split_first()) {
                (Some((b'*', after)), _) => {
                    retry = Some((after, name));
                    pattern = after;
                }
                (Some((p, p_rest)), Some((n, n_rest))) if *p == n.to_ascii_lowercase() => {
                    pattern = p_rest;
                    name = n_rest;
                }
                (None, None) => return true,
                _ => {
                    let Some((after, swallowed)) = retry else { return false };
                    let Some((_, rest)) = swallowed.split_first() else { return false };
                    retry = Some((after, rest));
                    pattern = after;
                    name = rest;
                }
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;
    fn from_str(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > PATTERN_BYTES_MAX {
            return Err(PatternError::TooLong(text.to_owned()));
        }
        Ok(Self(text.to_ascii_lowercase().into_boxed_str()))
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;
    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.into()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Models, providers and tools by pattern. An empty list leaves that side open.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Models covered; empty for every model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Pattern>,
    /// Providers covered, by the names that the configuration gives them; empty for every provider.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<Pattern>,
    /// Tools covered, by the names under which Purser knows the programs that call; empty for every tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Pattern>,
}

impl Scope {
    /// Every model of every provider.
    pub const EVERYTHING: Self = Self { models: Vec::new(), providers: Vec::new(), tools: Vec::new() };

    /// Is everything covered?
    pub fn is_everything(&self) -> bool {
        self.models.is_empty() && self.providers.is_empty() && self.tools.is_empty()
    }

    /// Is the model covered?
    pub fn covers_model(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(model))
    }

    /// Is the provider covered?
    pub fn covers_provider(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.iter().any(|pattern| pattern.matches(provider))
    }

    /// Is the tool covered?
    pub fn covers_tool(&self, tool: &str) -> bool {
        self.tools.is_empty() || self.tools.iter().any(|pattern| pattern.matches(tool))
    }

    /// Is a call covered?
    pub fn covers(&self, call: &CallScope<'_>) -> bool {
        self.covers_provider(call.provider) && self.covers_model(call.model) && self.covers_tool(call.tool)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |patterns: &[Pattern]| patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
        match (self.models.as_slice(), self.providers.as_slice()) {
            ([], []) => f.write_str("every model"),
            (models, []) => f.write_str(&list(models)),
            ([], providers) => write!(f, "every model of {}", list(providers)),
            (models, providers) => write!(f, "{} of {}", list(models), list(providers)),
        }?;
        if self.tools.is_empty() { Ok(()) } else { write!(f, " with {}", list(&self.tools)) }
    }
}

/// What a call asks for: the facts that scopes look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallScope<'a> {
    /// The provider, by the name that the configuration gives it.
    pub provider: &'a str,
    /// The model asked for, after aliases.
    pub model: &'a str,
    /// The program that calls, by the name under which Purser knows it.
    pub tool: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, name: &str, matches: bool) {
        assert_eq!(pattern.parse::<Pattern>().unwrap().matches(name), matches, "{pattern} on {name}");
    }

    #[test]
    fn stars_stand_for_any_text() {
        check("claude-*", "claude-sonnet-4-5", true);
        check("Claude-*", "CLAUDE-", true);
        check("claude-*", "my-claude-1", false);
        check("*", "", true);
        check("*mini*", "gpt-5-mini-2026", true);
        check("*-mini", "a-mini-mini", true);
        check("*-mini", "a-mini-max", false);
        check("gpt-5", "gpt-5", true);
        check("gpt-5", "gpt-5-mini", false);
        check("gpt-5", "gpt-", false);
        check("a*b*c", "a--b--b--c", true);
        check("a*b*c", "a--c--b", false);
        assert_eq!(" ".parse::<Pattern>(), Err(PatternError::Empty));
        assert!("x".repeat(201).parse::<Pattern>().is_err());
    }

    #[test]
    fn an_empty_side_is_open() {
        let scope = Scope { models: vec!["claude-*".parse().unwrap()], providers: vec![], tools: vec![] };
        assert!(scope.covers(&CallScope { provider: "bedrock", model: "claude-x", tool: "codex" }));
        assert!(!scope.covers(&CallScope { provider: "bedrock", model: "gpt-5", tool: "codex" }));
        assert!(Scope::EVERYTHING.covers(&CallScope { provider: "a", model: "b", tool: "" }));
        assert_eq!(scope.to_string(), "claude-*");
        assert_eq!(Scope::EVERYTHING.to_string(), "every model");
        let tools = Scope { tools: vec!["claude-*".parse().unwrap(), "codex".parse().unwrap()], ..Scope::EVERYTHING };
        let with = |tool| tools.covers(&CallScope { provider: "bedrock", model: "claude-x", tool });
        assert!(with("claude-code") && with("codex") && !with("gemini-cli") && !with("other"));
        assert!(!tools.is_everything());
        assert_eq!(tools.to_string(), "every model with claude-*, codex");
    }
}
