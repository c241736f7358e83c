//! Which run a call belongs to, as its client tells: Claude Code's and Codex' sessions with their sub-agents, a session in
//! the body, or Purser's own headers.

use crate::header_list::Headers;
use crate::request::RequestFacts;

/// Longer ids are not taken for one.
pub const SESSION_BYTES_MAX: usize = 128;
/// Longer names of projects are not taken for one.
pub const PROJECT_BYTES_MAX: usize = 64;

/// What a call says about its run. All texts are as the client sent them: visible ASCII of at most
/// [`SESSION_BYTES_MAX`] bytes; what is longer or has other characters counts as not sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFacts<'a> {
    /// The client's own session.
    pub session: Option<&'a str>,
    /// The run, where the client names one: `x-purser-run`, else its session, with the agent within it.
    pub run: Option<RunName<'a>>,
    /// The run that this one was started by.
    pub parent: Option<RunName<'a>>,
    /// `x-purser-project`: letters, digits and `._/-`, at most [`PROJECT_BYTES_MAX`] bytes.
    pub project: Option<&'a str>,
    /// `x-purser-run-budget`: money, as it was written.
    pub budget: Option<&'a str>,
    /// `x-purser-run-tokens`, as it was written.
    pub tokens: Option<&'a str>,
    /// `x-purser-run-requests`, as it was written.
    pub requests: Option<&'a str>,
    /// `x-purser-run-minutes`, as it was written.
    pub minutes: Option<&'a str>,
    /// `x-purser-run-depth`, as it was written.
    pub depth: Option<&'a str>,
    /// `x-purser-run-children`, as it was written.
    pub children: Option<&'a str>,
    /// `x-stainless-retry-count` above zero: the client asks again.
    pub retried: bool,
}

/// A run by the names that its client has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunName<'a> {
    /// The session.
    pub session: &'a str,
    /// The agent within the session; `None` for the session's own.
    pub agent: Option<&'a str>,
}

/// Header fields that say something about runs, as they came.
#[derive(Default)]
struct Fields<'a> {
    claude_session: Option<&'a [u8]>,
    claude_agent: Option<&'a [u8]>,
    claude_parent: Option<&'a [u8]>,
    session: Option<&'a [u8]>,
    thread: Option<&'a [u8]>,
    parent_thread: Option<&'a [u8]>,
    run: Option<&'a [u8]>,
    parent: Option<&'a [u8]>,
    project: Option<&'a [u8]>,
}

impl<'a> RunFacts<'a> {
    /// Reads them from a request's headers, and its body's facts where the headers name no session.
    pub fn read(headers: &'a Headers, facts: &'a RequestFacts) -> Self {
        let (mut fields, mut run) = (Fields::default(), Self::default());
        for (name, value) in headers.iter() {
            fields.take(&mut run, name, value);
        }
        let client = fields.claude_session.or(fields.session).and_then(session_text);
        run.session = client.or_else(|| facts.session.as_deref().and_then(|text| session_text(text.as_bytes())));
        let Some(session) = fields.run.and_then(session_text).or(run.session) else { return run.with_parent(&fields) };
        // Codex' first thread has the session's name; Claude Code's first agent has none.
        let agent = fields.claude_agent.or(fields.thread).and_then(session_text);
        let agent = agent.filter(|agent| Some(*agent) != run.session);
        run.run = Some(RunName { session, agent });
        if agent.is_some() {
            let parent = fields.claude_parent.or(fields.parent_thread).and_then(session_text);
            let parent = parent.filter(|parent| Some(*parent) != run.session);
            run.parent = Some(RunName { session, agent: parent.filter(|parent| Some(*parent) != agent) });
        }
        run.with_parent(&fields)
    }

    /// A parent that is named outright beats the one that the client's agents tell.
    fn with_parent(mut self, fields: &Fields<'a>) -> Self {
        if let Some(session) = fields.parent.and_then(session_text) {
            self.parent = Some(RunName { session, agent: None });
        }
        self.project = fields.project.and_then(project_text);
        self
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, run: &mut RunFacts<'a>, name: &[u8], value: &'a [u8]) {
        match name {
            b"x-claude-code-session-id" => self.claude_session = Some(value),
            b"x-claude-code-agent-id" => self.claude_agent = Some(value),
            b"x-claude-code-parent-agent-id" => self.claude_parent = Some(value),
            b"session-id" | b"session_id" => self.session = Some(value),
            b"thread-id" => self.thread = Some(value),
            b"x-codex-parent-thread-id" => self.parent_thread = Some(value),
            b"x-stainless-retry-count" => run.retried = value != b"0",
            _ => {
                if let Some(name) = name.strip_prefix(b"x-purser-") {
                    self.take_own(run, name, value);
                }
            }
        }
    }

    fn take_own(&mut self, run: &mut RunFacts<'a>, name: &[u8], value: &'a [u8]) {
        let written = std::str::from_utf8(value).ok();
        match name {
            b"run" => self.run = Some(value),
            b"parent-run" => self.parent = Some(value),
            b"project" => self.project = Some(value),
            b"run-budget" => run.budget = written,
            b"run-tokens" => run.tokens = written,
            b"run-requests" => run.requests = written,
            b"run-minutes" => run.minutes = written,
            b"run-depth" => run.depth = written,
            b"run-children" => run.children = written,
            _ => {}
        }
    }
}

fn session_text(value: &[u8]) -> Option<&str> {
    let is_one = (1..=SESSION_BYTES_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(value).ok().filter(|_| is_one)
}

fn project_text(value: &[u8]) -> Option<&str> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/-".contains(byte);
    let is_one = (1..=PROJECT_BYTES_MAX).contains(&value.len()) && value.iter().all(fits);
    std::str::from_utf8(value).ok().filter(|_| is_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    fn check(body: &str, headers: &[(&str, &str)], expected: RunFacts<'_>) {
        let facts = RequestFacts::read(Dialect::AnthropicMessages, None, body.as_bytes()).unwrap();
        let mut sent = Headers::default();
        for (name, value) in headers {
            sent.append(name, value);
        }
        assert_eq!(RunFacts::read(&sent, &facts), expected, "{headers:?}");
    }

    const PLAIN: &str = r#"{"model":"m","max_tokens":1,"messages":[]}"#;

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a run may be missing")]
    fn name<'a>(session: &'a str, agent: Option<&'a str>) -> Option<RunName<'a>> {
        Some(RunName { session, agent })
    }

    #[test]
    fn a_session_is_a_run_and_its_agents_are_its_children() {
        check(PLAIN, &[], RunFacts::default());
        let session = RunFacts { session: Some("s"), run: name("s", None), ..RunFacts::default() };
        check(PLAIN, &[("X-Claude-Code-Session-Id", "s")], session);
        let in_body = r#"{"model":"m","max_tokens":1,"messages":[],"metadata":{"user_id":"{\"session_id\":\"s\"}"}}"#;
        check(in_body, &[], session);
        check(
            in_body,
            &[("x-claude-code-session-id", "t")],
            RunFacts { session: Some("t"), run: name("t", None), ..session },
        );
        let claude = [("x-claude-code-session-id", "s"), ("x-claude-code-agent-id", "a")];
        let child = RunFacts { run: name("s", Some("a")), parent: name("s", None), ..session };
        check(PLAIN, &claude, child);
        let below = [claude[0], ("x-claude-code-agent-id", "b"), ("x-claude-code-parent-agent-id", "a")];
        check(PLAIN, &below, RunFacts { run: name("s", Some("b")), parent: name("s", Some("a")), ..session });
    }

    #[test]
    fn codex_names_its_threads() {
        let session = RunFacts { session: Some("s"), run: name("s", None), ..RunFacts::default() };
        check(PLAIN, &[("session-id", "s"), ("thread-id", "s")], session);
        let child = [("session-id", "s"), ("thread-id", "t"), ("x-codex-parent-thread-id", "s")];
        check(PLAIN, &child, RunFacts { run: name("s", Some("t")), parent: name("s", None), ..session });
        let below = [("session-id", "s"), ("thread-id", "u"), ("x-codex-parent-thread-id", "t")];
        check(PLAIN, &below, RunFacts { run: name("s", Some("u")), parent: name("s", Some("t")), ..session });
    }

    #[test]
    fn our_own_headers_come_first() {
        let own = [("x-purser-run", "nightly-7"), ("x-purser-parent-run", "nightly"), ("session-id", "s")];
        let run = RunFacts { session: Some("s"), run: name("nightly-7", None), ..RunFacts::default() };
        check(PLAIN, &own, RunFacts { parent: name("nightly", None), ..run });
        check(PLAIN, &[("x-purser-run", "nightly-7")], RunFacts { session: None, ..run });
        let limits = [
            ("x-purser-run-budget", "5.00"),
            ("x-purser-run-tokens", "1000"),
            ("x-purser-run-requests", "10"),
            ("x-purser-run-minutes", "60"),
            ("x-purser-run-depth", "2"),
            ("x-purser-run-children", "3"),
            ("x-purser-project", "shop/checkout"),
            ("x-stainless-retry-count", "1"),
        ];
        let expected = RunFacts {
            project: Some("shop/checkout"),
            budget: Some("5.00"),
            tokens: Some("1000"),
            requests: Some("10"),
            minutes: Some("60"),
            depth: Some("2"),
            children: Some("3"),
            retried: true,
            ..RunFacts::default()
        };
        check(PLAIN, &limits, expected);
    }

    #[test]
    fn what_is_no_name_counts_as_not_sent() {
        let long = "x".repeat(SESSION_BYTES_MAX + 1);
        check(PLAIN, &[("x-purser-run", "a b"), ("session-id", &long)], RunFacts::default());
        check(PLAIN, &[("x-purser-project", "a b"), ("x-stainless-retry-count", "0")], RunFacts::default());
        let longest = &long[..SESSION_BYTES_MAX];
        let run = RunFacts { session: Some(longest), run: name(longest, None), ..RunFacts::default() };
        check(PLAIN, &[("session-id", longest)], run);
    }
}
