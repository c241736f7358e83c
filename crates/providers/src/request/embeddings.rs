//! OpenAI's Embeddings. Input is text, or token numbers, each of which is at least two bytes of the body.

use crate::json::{Cursor, Read};

use super::RequestFacts;
use super::fields::{Seen, model};

pub(super) fn read(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<bool> {
    let mut seen = Seen::default();
    cursor.object(|cursor, key| match &*key.name() {
        b"model" => {
            seen.once(cursor, "model")?;
            model(cursor, facts)
        }
        b"input" => {
            seen.once(cursor, "input")?;
            cursor.each(|_| {
                facts.messages = facts.messages.saturating_add(1);
                Ok(())
            })
        }
        _ => Ok(()),
    })
}
