//! What of a person's usage passed through the gateway, so that it is not taken in a second time.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use purser_core::charge::session_hash;
use purser_core::directory::Directory;
use purser_core::id::{KeyId, PersonId};
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_observed::Tool;
use purser_store::{PAGE_MAX, Reader};

use crate::control::stored;
use crate::error::Error;

/// A session of which a call passed so long before counts as one that goes through the gateway.
const BEFORE: Duration = Duration::from_hours(12);
/// A call and what a tool tells of it lie no further apart: a streamed answer, and clocks that differ.
const APART: Duration = Duration::from_mins(10);

/// A person's calls through the gateway about the time of what is told.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Keyed hashes of sessions, each with the key.
    sessions: HashSet<(KeyId, u64)>,
    keys: Vec<(KeyId, purser_core::event::KeyHash)>,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    at: Instant,
    client: String,
    model: String,
    served: Option<String>,
    usage: Usage,
}

impl Passed {
    /// A person's calls from some hours before `told` begins.
    ///
    /// # Errors
    /// The projection.
    pub(crate) fn about(
        reader: &Reader,
        directory: &Directory,
        person: PersonId,
        told: &Range<Instant>,
        now: Instant,
    ) -> Result<Self, Error> {
        let mut passed = Self::default();
        // What was told late may be of a session that went on through the gateway since.
        let range = told.start.saturating_sub(BEFORE)..now.max(told.end).saturating_add(BEFORE);
        let mut cursor = None;
        loop {
            let page = reader.charges_of_person(person, range.clone(), cursor, PAGE_MAX).map_err(stored)?;
            for row in page.rows {
                let (Some(record), at) = (row.record(), row.at) else { continue };
                passed.sessions.extend(record.session.map(|session| (record.key, session)));
                let (client, model, served, usage) = (record.client, record.requested, record.served, record.usage);
                passed.calls.push(Call { at, client, model, served, usage });
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let keys: HashSet<KeyId> = passed.sessions.iter().map(|(key, _)| *key).collect();
        passed.keys = keys.into_iter().filter_map(|key| Some((key, directory.key_by_id(key)?.hash))).collect();
        Ok(passed)
    }

    /// Did a call of this session pass?
    pub(crate) fn has_session(&self, session: &str) -> bool {
        let hashed = |(key, hash): &(KeyId, purser_core::event::KeyHash)| (*key, session_hash(hash, session));
        self.keys.iter().any(|key| self.sessions.contains(&hashed(key)))
    }

    /// Did a call pass that used the same at about that time? For tools whose calls name no session.
    pub(crate) fn has_call(&self, tool: Tool, model: &str, usage: &Usage, at: Instant) -> bool {
        self.calls.iter().any(|call| {
            call.client == tool.name()
                && (call.model == model || call.served.as_deref() == Some(model))
                && call.usage.prompt_tokens() == usage.prompt_tokens()
                && call.usage.output_tokens() == usage.output_tokens()
                && about(call.at, APART).contains(&at)
        })
    }

    /// Did any call of a tool pass in a span of time? For counters of tools whose calls name no session.
    pub(crate) fn has_any(&self, tool: Tool, span: &Range<Instant>) -> bool {
        let span = span.start.saturating_sub(APART)..span.end.saturating_add(APART);
        self.calls.iter().any(|call| call.client == tool.name() && span.contains(&call.at))
    }
}

fn about(at: Instant, apart: Duration) -> Range<Instant> {
    at.saturating_sub(apart)..at.saturating_add(apart)
}
