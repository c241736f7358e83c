//! The hash of calls and results: which bytes take part.

use std::hash::Hasher;

use foldhash::quality::FoldHasher;

use super::{Span, WorkKey};
use crate::json::{Cursor, Kind, Read};

/// A hash under way. Calls and results are hashed one by one and added up: results of calls made at once come in the
/// order in which they were ready (Claude Code), and that order says nothing.
pub(super) struct Work<'k> {
    key: &'k WorkKey,
    hasher: FoldHasher<'k>,
    sum: u64,
}

impl<'k> Work<'k> {
    pub(super) fn new(key: &'k WorkKey) -> Self {
        Self { key, hasher: FoldHasher::with_seed(key.own, &key.shared), sum: 0 }
    }

    /// The hash of the calls and results that were taken in.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// Takes in a call.
    pub(super) fn call(&mut self, name: &[u8], arguments: &[u8]) {
        self.part(name);
        self.part(arguments);
        self.end(1);
    }

    /// Takes in a result: a text, an object of texts, or a list of parts.
    pub(super) fn result(&mut self, body: &[u8], content: Span, failed: bool) -> Read<()> {
        match content.of(body) {
            [b'"', text @ .., b'"'] => self.text(text),
            [] => {}
            _ => {
                let mut cursor = Cursor::again(body, content.start());
                match cursor.kind()? {
                    Kind::Object => self.piece(&mut cursor)?,
                    _ => cursor.each(|cursor| self.piece(cursor))?,
                }
            }
        }
        self.end(if failed { 2 } else { 3 });
        Ok(())
    }

    /// Takes in bytes, and how many they are, so that no two lists of parts are alike.
    #[inline]
    fn part(&mut self, bytes: &[u8]) {
        self.hasher.write(bytes);
        self.hasher.write_usize(bytes.len());
    }

    /// Ends a call or a result, of which the parts were taken in.
    fn end(&mut self, what: u8) {
        self.hasher.write_u8(what);
        self.sum = self.sum.wrapping_add(self.hasher.finish());
        self.hasher = FoldHasher::with_seed(self.key.own, &self.key.shared);
    }

    /// A text, or an object with one: a mark for caching comes and goes without the result being another.
    fn piece(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if cursor.kind()? == Kind::String {
            if let Some(text) = cursor.string()? {
                self.text(text.raw);
            }
            return Ok(());
        }
        cursor.object(|cursor, key| {
            if key.raw == b"cache_control" {
                return Ok(());
            }
            self.part(key.raw);
            if cursor.kind()? == Kind::String {
                return self.piece(cursor);
            }
            let start = cursor.value_start();
            cursor.skip()?;
            self.part(cursor.slice(start..cursor.position()));
            Ok(())
        })?;
        Ok(())
    }

    /// Takes in the text of a result, without what its client measured: the time it took, the number of its process.
    /// Two results that differ in nothing else are the same to the agent.
    fn text(&mut self, text: &[u8]) {
        let measured = matches!(text.first(), Some(b'C' | b'W' | b'S' | b'{'));
        let rest = if measured && HEADS.iter().any(|head| text.starts_with(head)) { self.head(text) } else { text };
        self.part(without_process(rest));
    }

    /// Takes in the fields that a client writes before an output, less those that it measured; gives what follows.
    fn head<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let mut rest = text;
        for _ in 0..FIELDS_MAX {
            let Some(stop) = memchr::memchr2(b',', b'\\', rest) else { break };
            // Within JSON in a string a name stands between escaped quotes; the second comes before the comma.
            let stop = match rest.get(stop..) {
                Some(after) if after.starts_with(b"\\\"") => memchr::memchr(b',', rest).unwrap_or(rest.len()),
                _ => stop,
            };
            let (field, after) = rest.split_at_checked(stop).unwrap_or((rest, &[]));
            let name = field.strip_prefix(b"{").unwrap_or(field);
            let name = name.strip_prefix(b"n").unwrap_or(name);
            let name = name.strip_prefix(b"\\\"").unwrap_or(name);
            if name.starts_with(b"Output") || name.starts_with(b"output") {
                break;
            }
            if !MEASURED.iter().any(|measured| name.starts_with(measured)) {
                self.part(field);
            }
            rest = after.get(1..).unwrap_or_default();
        }
        rest
    }
}

/// How results start before which Codex writes what it measured: as lines, and as JSON in a string.
const HEADS: [&[u8]; 4] = [b"Chunk ID: ", b"Wall time", b"Script ", b"{\\\"chunk_id\\\":"];
/// The fields that it measures.
const MEASURED: [&[u8]; 5] = [b"Chunk ID: ", b"Wall time", b"Process running with", b"chunk_id", b"wall_time_seconds"];
/// Codex writes five.
const FIELDS_MAX: usize = 8;

/// How Gemini CLI's results end.
const PROCESS: &[u8] = b"Process Group PGID: ";
/// It writes little behind that.
const PROCESS_WITHIN: usize = 60;

/// The text before the number of the process group, which Gemini CLI writes last and wraps.
fn without_process(text: &[u8]) -> &[u8] {
    let Some(from) = text.len().checked_sub(PROCESS_WITHIN).filter(|_| text.ends_with(b"</untrusted_context>")) else {
        return text;
    };
    let end = text.get(from..).unwrap_or_default();
    match memchr::memmem::find(end, PROCESS) {
        Some(at) => text.get(..from.saturating_add(at)).unwrap_or(text),
        None => text,
    }
}
