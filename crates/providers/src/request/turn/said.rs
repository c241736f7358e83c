//! Whose words a text of role `user` is.

use super::Span;
use crate::json::{Cursor, Read};

/// What clients wrap what they put in by themselves in.
const TAGS: [&[u8]; 17] = [
    // Claude Code
    b"system-reminder",
    b"task-notification",
    b"local-command-stdout",
    b"local-command-stderr",
    b"teammate-message",
    b"agent-message",
    b"cross-session-message",
    // Codex
    b"environment_context",
    b"user_instructions",
    b"turn_aborted",
    b"subagent_notification",
    b"skill",
    b"rollout_budget",
    // Gemini CLI
    b"session_context",
    b"hook_context",
    b"state_snapshot",
    // Cline and its kin
    b"environment_details",
];

/// How texts start that clients put in by themselves without a tag: they ask for a summary, hand one over, or go on after
/// a limit.
const OPENINGS: [&[u8]; 17] = [
    // Claude Code
    b"CRITICAL: Respond with TEXT ONLY",
    b"Your task is to create a detailed summary",
    b"This session is being continued from a previous conversation",
    b"Continue from where you left off.",
    b"Output token limit hit",
    b"Your response above was cut off",
    b"[Your previous response",
    b"[SYSTEM NOTIFICATION",
    b"The user stepped away and is coming back.",
    b"Stop hook feedback",
    // Codex
    b"# AGENTS.md instructions",
    b"You are performing a CONTEXT CHECKPOINT COMPACTION",
    b"Another language model started to solve this problem",
    // Gemini CLI
    b"Please continue.",
    b"Analyze *only* the content and structure of your immediately preceding response",
    b"This is the Gemini CLI. We are setting up the context",
    b"First, reason in your scratchpad.",
];

/// Within a reminder Claude Code hands on what somebody typed while a tool was running.
const HANDED_ON: &[u8] = b"The user sent a new message while";

/// Did a client put the text in by itself?
fn by_client(text: &[u8]) -> bool {
    let text = trimmed(text);
    let tagged = text.strip_prefix(b"<").or_else(|| text.strip_prefix(b"\\u003c"));
    let Some(inside) = tagged else {
        let Some(first) = text.first() else { return true };
        return OPENINGS.iter().any(|opening| opening.first() == Some(first) && text.starts_with(opening));
    };
    let ends = |rest: &[u8]| matches!(rest.first(), Some(b'>' | b' ' | b'\\'));
    match TAGS.iter().find_map(|tag| inside.strip_prefix(*tag).filter(|rest| ends(rest))) {
        Some(rest) => !trimmed(rest.strip_prefix(b">").unwrap_or(rest)).starts_with(HANDED_ON),
        None => false,
    }
}

/// The text without space before it. It stands in JSON, where a line's end is `\n`.
fn trimmed(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(after) = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\\n")) {
        rest = after;
    }
    rest
}

/// Is there anything of a human being in this value: a text, or a list of parts? A picture is somebody's.
pub(super) fn by_person(body: &[u8], value: Span) -> Read<bool> {
    match value.of(body) {
        [b'"', text @ .., b'"'] => return Ok(!by_client(text)),
        [b'[' | b'{', ..] => {}
        _ => return Ok(false),
    }
    let mut person = false;
    Cursor::again(body, value.start()).each(|cursor| {
        let mut by_itself = false;
        cursor.object(|cursor, key| {
            if key.raw == b"text" {
                by_itself = cursor.string()?.is_some_and(|text| by_client(text.raw));
            }
            Ok(())
        })?;
        person |= !by_itself;
        Ok(())
    })?;
    Ok(person)
}
