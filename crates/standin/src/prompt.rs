//! Prompts as a provider's cache sees them: the prompt-bearing fields of a request in a fixed order, without the marks
//! that say what to cache, and hashed in pieces so that a longer prompt shares the hashes of its beginning.

use memchr::memmem;

use crate::hash::Hasher;
use crate::scan;

/// Bytes of prompt in one piece of a cache: with 4 bytes a token, 64 tokens.
pub(crate) const PIECE_BYTES: usize = 256;

/// A prompt, ready to be looked up in a cache.
#[derive(Debug, Default)]
pub(crate) struct Prompt {
    /// Length without cache marks.
    pub(crate) bytes: usize,
    /// `pieces[i]` stands for the first `i + 1` pieces.
    pub(crate) pieces: Vec<u64>,
    /// Hash of the whole.
    pub(crate) hash: u64,
    /// Byte up to which the request asks for a short-lived cache entry; 0 for none.
    pub(crate) short_until: usize,
    /// Byte up to which it asks for a long-lived one; 0 for none.
    pub(crate) long_until: usize,
}

impl Prompt {
    /// Of the request fields that make up the prompt, in the order the provider caches them.
    pub(crate) fn read(fields: &[&[u8]], seed: u64) -> Self {
        let mut reader = Reader { prompt: Self::default(), hasher: Hasher::new(seed), carry: Vec::new() };
        for field in fields {
            reader.field(field);
        }
        reader.finish()
    }
}

struct Reader {
    prompt: Prompt,
    hasher: Hasher,
    /// The begun piece, when it spans several stretches of text.
    carry: Vec<u8>,
}

const MARK: &[u8] = b"\"cache_control\"";

impl Reader {
    fn field(&mut self, field: &[u8]) {
        let mut from = 0;
        for at in memmem::find_iter(field, MARK) {
            if at < from {
                continue;
            }
            let Some(mark) = Mark::read(field, at) else { continue };
            self.text(field.get(from..mark.from).unwrap_or_default());
            let place = if mark.long { &mut self.prompt.long_until } else { &mut self.prompt.short_until };
            *place = self.prompt.bytes + mark.block_end.saturating_sub(mark.to);
            from = mark.to;
        }
        self.text(field.get(from..).unwrap_or_default());
    }

    fn text(&mut self, mut text: &[u8]) {
        self.prompt.bytes += text.len();
        if !self.carry.is_empty() {
            let wanted = PIECE_BYTES - self.carry.len();
            let (head, tail) = text.split_at(wanted.min(text.len()));
            self.carry.extend_from_slice(head);
            text = tail;
            if self.carry.len() < PIECE_BYTES {
                return;
            }
            self.hasher.update(&self.carry);
            self.carry.clear();
            self.prompt.pieces.push(self.hasher.value());
        }
        let mut pieces = text.chunks_exact(PIECE_BYTES);
        for piece in &mut pieces {
            self.hasher.update(piece);
            self.prompt.pieces.push(self.hasher.value());
        }
        self.carry.extend_from_slice(pieces.remainder());
    }

    fn finish(mut self) -> Prompt {
        self.hasher.update(&self.carry);
        self.prompt.hash = self.hasher.value();
        self.prompt
    }
}

/// A `"cache_control": {…}` and the comma that goes with it.
struct Mark {
    from: usize,
    to: usize,
    /// Where the block ends that has the mark: all of it is to be cached, wherever in it the mark stands.
    block_end: usize,
    long: bool,
}

impl Mark {
    /// `None` when the words stand in a text rather than as a key.
    fn read(json: &[u8], at: usize) -> Option<Self> {
        let colon = scan::skip_space(json, at + MARK.len());
        if json.get(colon) != Some(&b':') {
            return None;
        }
        let value_at = scan::skip_space(json, colon + 1);
        let to = scan::value_end(json, value_at).ok()?;
        let value = json.get(value_at..to)?;
        let long = scan::get(value, "ttl").and_then(scan::text) == Some("1h");
        let (from, to) = match json.get(..at)?.last()? {
            b',' => (at - 1, to),
            b'\\' => return None,
            _ => (at, to + usize::from(json.get(to) == Some(&b','))),
        };
        let block_end = scan::enclosing_end(json, to).ok()?;
        Some(Self { from, to, block_end, long })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[&str]) -> Prompt {
        let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        Prompt::read(&fields, 7)
    }

    #[test]
    fn marks_are_not_part_of_the_prompt() {
        let long = "x".repeat(600);
        let plain = read(&[&format!(r#"[{{"text":"{long}"}}]"#)]);
        for marked in [
            format!(r#"[{{"text":"{long}","cache_control":{{"type":"ephemeral"}}}}]"#),
            format!(r#"[{{"cache_control":{{"type":"ephemeral","ttl":"1h"}},"text":"{long}"}}]"#),
        ] {
            let marked = read(&[&marked]);
            assert_eq!((marked.bytes, marked.hash, &marked.pieces), (plain.bytes, plain.hash, &plain.pieces));
            // All but the bracket after the block.
            assert_eq!(marked.short_until.max(marked.long_until), plain.bytes - 1);
        }
        assert_eq!(plain.short_until, 0);
        assert_eq!(read(&[r#""say \"cache_control\": {}""#]).short_until, 0);
    }

    #[test]
    fn a_longer_prompt_shares_the_pieces_of_its_beginning() {
        let first = read(&["tools", &"a".repeat(1000)]);
        let second = read(&["tools", &("a".repeat(1000) + &"b".repeat(1000))]);
        assert_eq!(first.pieces.len(), 3);
        assert_eq!(second.pieces.len(), 7);
        assert_eq!(first.pieces, second.pieces[..3]);
        assert_ne!(first.pieces, read(&["tool!", &"a".repeat(1000)]).pieces);
    }

    #[test]
    fn where_a_field_ends_makes_no_difference() {
        let whole = "abcdefghij".repeat(100);
        let (left, right) = whole.split_at(333);
        assert_eq!(read(&[&whole]).pieces, read(&[left, right]).pieces);
        assert_eq!(read(&[&whole]).hash, read(&[left, right]).hash);
    }
}
