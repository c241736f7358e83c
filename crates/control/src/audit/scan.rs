//! What a record is about, read off its bytes: any kind of event, also ones that do not exist yet.

/// Ids in one entry; the change's records have the rest.
const TARGETS_MAX: usize = 8;
/// Digits of an id behind its prefix and underscore.
const DIGITS: usize = 26;
/// Longer records are imports and price lists; their first part has enough.
const BYTES_MAX: usize = 16 << 10;

/// The ids that stand as whole texts in JSON, each once, commands left out.
pub(crate) fn ids_in(json: &[u8]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let read = json.get(..BYTES_MAX).unwrap_or(json);
    for text in read.split(|byte| *byte == b'"') {
        if ids.len() >= TARGETS_MAX {
            break;
        }
        if let Some(id) = id(text)
            && !id.starts_with("cmd_")
            && !ids.iter().any(|known| known == id)
        {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// The text when it has the shape of an id.
pub(crate) fn id(text: &[u8]) -> Option<&str> {
    let (prefix, digits) = text.split_at_checked(4)?;
    let shaped = prefix.ends_with(b"_")
        && prefix.iter().take(3).all(u8::is_ascii_lowercase)
        && digits.len() == DIGITS
        && digits.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    if shaped { std::str::from_utf8(text).ok() } else { None }
}

/// The word of an event: `person_added`.
pub(crate) fn word_of(json: &[u8]) -> &str {
    let words = json.split(|byte| *byte == b'"').skip(1).step_by(2);
    let word =
        words.map(|word| std::str::from_utf8(word).unwrap_or_default()).find(|word| !matches!(*word, "v" | "event"));
    word.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use purser_core::event::Event;
    use purser_core::id::{CommandId, PersonId, UnitId};
    use purser_core::time::Instant;
    use purser_core::zone::Zone;

    #[test]
    fn an_event_tells_its_word_and_whom_it_is_about() {
        let (person, unit) = (PersonId::new(7), UnitId::new(8));
        let event = Event::PersonAdded { person, unit, zone: Zone::UTC, at: Instant::default() };
        assert_eq!(ids_in(&event.to_bytes()), [person.to_string(), unit.to_string()]);
        assert_eq!(word_of(&event.to_bytes()), "person_added");
        let many = (0..20).map(|id| Event::PersonLeft { person: PersonId::new(id), at: Instant::default() });
        let part = Event::Part { change: CommandId::new(1), last: true, events: many.collect() };
        assert_eq!(ids_in(&part.to_bytes()).len(), TARGETS_MAX);
        assert_eq!(word_of(&part.to_bytes()), "part");
        assert_eq!((ids_in(b"{}"), word_of(b"{}")), (Vec::new(), ""));
    }
}
