//! The words by which an entry of the audit trail is found: who, what, on which things, to which end.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The kind of the audit trail's events; never another's.
pub const KIND_AUDIT: u8 = 3;
/// The most words of one entry: those of longer ones are their first.
const WORDS_MAX: usize = 40;

/// Something that entries have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// Who did it.
    Actor(&'a str),
    /// What was done.
    Action(&'a str),
    /// The id of what it was done with.
    Target(&'a str),
    /// What became of it.
    Outcome(&'a str),
}

impl Word<'_> {
    /// As the index has it: 64 bits of a hash. Others may have the same, so whoever finds an entry looks at it.
    pub(crate) fn column(self) -> i64 {
        let (kind, text) = match self {
            Self::Actor(text) => (b'a', text),
            Self::Action(text) => (b'd', text),
            Self::Target(text) => (b't', text),
            Self::Outcome(text) => (b'o', text),
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[kind]).update(text.as_bytes());
        let mut bits = [0; 8];
        hasher.finalize_xof().fill(&mut bits);
        i64::from_le_bytes(bits)
    }
}

/// What is read of an entry; its other fields are the control plane's.
#[derive(Deserialize)]
struct Entry {
    by: By,
    action: String,
    outcome: String,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    contents: Vec<Content>,
}

/// A word, or the id of a login or key.
#[derive(Deserialize)]
#[serde(untagged)]
enum By {
    Word(String),
    Id(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Content {
    of: String,
}

/// An event's words, as the index has them. Of other kinds, and of entries of a later version: none.
pub(crate) fn words_of(kind: u8, payload: &[u8]) -> Vec<i64> {
    if kind != KIND_AUDIT {
        return Vec::new();
    }
    let Ok(entry) = serde_json::from_slice::<Entry>(payload) else { return Vec::new() };
    let by = match &entry.by {
        By::Word(word) => Some(word),
        By::Id(id) => id.values().next(),
    };
    let own = [Word::Action(&entry.action), Word::Outcome(&entry.outcome)];
    let own = by.map(|by| Word::Actor(by)).into_iter().chain(own);
    let things = entry.targets.iter().chain(entry.contents.iter().map(|content| &content.of));
    let mut words: Vec<i64> = own.chain(things.map(|of| Word::Target(of))).take(WORDS_MAX).map(Word::column).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_who_what_on_what_and_to_which_end() {
        let entry = br#"{"v":1,"by":"local","action":"add_unit","outcome":"made","targets":["unt_1","unt_1","per_2"],
            "contents":[{"of":"off_3","hash":"0"}],"at":"2026-11-26T00:00:00Z"}"#;
        let words = words_of(KIND_AUDIT, entry);
        let has = |word: Word<'_>| words.contains(&word.column());
        assert!(has(Word::Actor("local")) && has(Word::Action("add_unit")) && has(Word::Outcome("made")));
        assert!(has(Word::Target("unt_1")) && has(Word::Target("per_2")) && has(Word::Target("off_3")));
        assert!(!has(Word::Target("local")) && !has(Word::Action("made")), "a word is of its kind");
        assert_eq!(words.len(), 6, "each once");
        let key = br#"{"v":1,"by":{"key":"adm_9"},"action":"add_unit","outcome":"denied"}"#;
        assert!(words_of(KIND_AUDIT, key).contains(&Word::Actor("adm_9").column()));
        assert!(words_of(KIND_AUDIT + 1, entry).is_empty());
        assert!(words_of(KIND_AUDIT, b"{}").is_empty());
    }
}
