//! What a provider remembers between calls: prompt pieces per credential and model, and sizes of stored responses.

use std::collections::{HashMap, HashSet, VecDeque};

use parking_lot::Mutex;

use crate::journal::Credential;
use crate::prompt::{PIECE_BYTES, Prompt};

/// Prompt caches of all credentials.
pub(crate) struct PromptCache {
    shelves: Mutex<HashMap<(u64, u64), Shelf>>,
    pieces_max: usize,
}

/// Most (credential, model) pairs remembered; past it everything is forgotten, as after a long pause.
const SHELVES_MAX: usize = 200_000;

/// Two generations: when the young one is full it becomes the old one, so a bound costs no bookkeeping per piece.
#[derive(Default)]
struct Shelf {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

/// A part of a prompt in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cached {
    /// From the start of the prompt, already remembered.
    pub(crate) read: usize,
    /// After that, remembered from now on for a short while.
    pub(crate) write_short: usize,
    /// Of these, for a long while.
    pub(crate) write_long: usize,
}

/// How much of a prompt a provider looks up and keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Up to the request's marks (Anthropic).
    Marked,
    /// All of it, and writes are told (OpenAI's newer models).
    Automatic,
    /// All of it, writes cost nothing (Gemini, OpenAI's older models).
    AutomaticFree,
}

impl PromptCache {
    pub(crate) fn new(pieces_max: usize) -> Self {
        Self { shelves: Mutex::default(), pieces_max: (pieces_max / 2).max(1) }
    }

    /// Looks a prompt up and remembers it. Prompts (or marked beginnings) shorter than `bytes_min` are neither.
    pub(crate) fn visit(&self, who: (Credential, u64), prompt: &Prompt, keeping: Keeping, bytes_min: usize) -> Cached {
        let until = match keeping {
            Keeping::Marked => prompt.short_until.max(prompt.long_until),
            Keeping::Automatic | Keeping::AutomaticFree => prompt.bytes,
        };
        let kept = (until / PIECE_BYTES).min(prompt.pieces.len());
        if kept * PIECE_BYTES < bytes_min.max(1) {
            return Cached::default();
        }
        let pieces = prompt.pieces.get(..kept).unwrap_or_default();
        let mut shelves = self.shelves.lock();
        if shelves.len() >= SHELVES_MAX {
            shelves.clear();
        }
        let shelf = shelves.entry((who.0.word(), who.1)).or_default();
        let found = pieces.iter().rposition(|piece| shelf.has(*piece)).map_or(0, |last| last + 1);
        for piece in pieces.iter().skip(found) {
            shelf.keep(*piece, self.pieces_max);
        }
        let read = found * PIECE_BYTES;
        let written = kept * PIECE_BYTES - read;
        let write_long = match keeping {
            Keeping::Marked => (prompt.long_until / PIECE_BYTES * PIECE_BYTES).saturating_sub(read).min(written),
            Keeping::Automatic | Keeping::AutomaticFree => 0,
        };
        let write_short = if keeping == Keeping::AutomaticFree { 0 } else { written - write_long };
        Cached { read, write_short, write_long }
    }

    pub(crate) fn forget(&self) {
        self.shelves.lock().clear();
    }
}

impl Shelf {
    /// A piece found in the old generation is used, so it stays.
    fn has(&mut self, piece: u64) -> bool {
        if self.young.contains(&piece) {
            return true;
        }
        let old = self.old.remove(&piece);
        if old {
            self.young.insert(piece);
        }
        old
    }

    fn keep(&mut self, piece: u64, generation_max: usize) {
        if self.young.len() >= generation_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(piece);
    }
}

/// Sizes of answers that a later call may name by `previous_response_id`.
pub(crate) struct StoredResponses {
    inner: Mutex<Stored>,
    responses_max: usize,
}

#[derive(Default)]
struct Stored {
    tokens: HashMap<(u64, Box<str>), u64>,
    order: VecDeque<(u64, Box<str>)>,
}

impl StoredResponses {
    pub(crate) fn new(responses_max: usize) -> Self {
        Self { inner: Mutex::default(), responses_max: responses_max.max(1) }
    }

    /// Tokens of a stored conversation up to and with that answer; `None` if this credential has no such response.
    pub(crate) fn tokens(&self, who: Credential, id: &str) -> Option<u64> {
        self.inner.lock().tokens.get(&(who.word(), id.into())).copied()
    }

    pub(crate) fn store(&self, who: Credential, id: &str, tokens: u64) {
        let mut inner = self.inner.lock();
        if inner.order.len() >= self.responses_max
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.tokens.remove(&oldest);
        }
        let key: (u64, Box<str>) = (who.word(), id.into());
        inner.order.push_back(key.clone());
        inner.tokens.insert(key, tokens);
    }

    pub(crate) fn forget(&self) {
        *self.inner.lock() = Stored::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str, short_until: usize, long_until: usize) -> Prompt {
        Prompt { short_until, long_until, ..Prompt::read(&[text.as_bytes()], 1) }
    }

    fn check(visits: &[(&Prompt, Keeping)], expected: Cached) {
        let cache = PromptCache::new(1024);
        let who = (Credential::of("a"), 1);
        let last = visits.iter().map(|(prompt, keeping)| cache.visit(who, prompt, *keeping, 512)).last();
        assert_eq!(last, Some(expected));
    }

    #[test]
    fn a_growing_conversation_reads_what_it_wrote() {
        let turn_1 = prompt(&"a".repeat(2000), 2000, 0);
        let turn_2 = prompt(&("a".repeat(2000) + &"b".repeat(1000)), 3000, 0);
        check(&[(&turn_1, Keeping::Marked)], Cached { read: 0, write_short: 1792, write_long: 0 });
        check(
            &[(&turn_1, Keeping::Marked), (&turn_2, Keeping::Marked)],
            Cached { read: 1792, write_short: 1024, write_long: 0 },
        );
        check(
            &[(&turn_1, Keeping::Automatic), (&turn_2, Keeping::AutomaticFree)],
            Cached { read: 1792, write_short: 0, write_long: 0 },
        );
    }

    #[test]
    fn lifetimes_by_mark_and_nothing_without() {
        let both = prompt(&"a".repeat(2000), 2000, 1030);
        check(&[(&both, Keeping::Marked)], Cached { read: 0, write_short: 768, write_long: 1024 });
        check(&[(&prompt(&"a".repeat(2000), 0, 0), Keeping::Marked)], Cached::default());
        check(&[(&prompt(&"a".repeat(300), 300, 0), Keeping::Marked)], Cached::default());
    }

    #[test]
    fn caches_are_apart_and_bounded() {
        let cache = PromptCache::new(8);
        let text = prompt(&"a".repeat(1024), 0, 0);
        let visit =
            |who: &str, prompt: &Prompt| cache.visit((Credential::of(who), 1), prompt, Keeping::Automatic, 256).read;
        assert_eq!(visit("a", &text), 0);
        assert_eq!(visit("b", &text), 0);
        assert_eq!(visit("a", &text), 1024);
        for other in ["x", "y", "z"] {
            visit("a", &prompt(&other.repeat(1024), 0, 0));
        }
        assert_eq!(visit("a", &text), 0, "the oldest pieces go first");
    }
}
