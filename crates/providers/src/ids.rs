//! Ids made at a provider. Everybody shares the company's account there, so the gateway fences each id to its maker.

use crate::dialect::Dialect;
use crate::json::Cursor;
use crate::usage::Answer;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// A stored response.
    Response,
    /// A conversation.
    Conversation,
    /// An item of a stored response or conversation.
    Item,
    /// An uploaded or generated file (also a Gemini file URI).
    File,
    /// A container in which hosted code runs.
    Container,
    /// A vector store or file-search store.
    Store,
    /// Explicitly cached content.
    CachedContent,
    /// A prompt template kept at the provider. Made in its console by an admin, so shared and not fenced.
    PromptTemplate,
}

impl IdKind {
    /// Is an id of this kind private to whoever made it?
    pub const fn is_fenced(self) -> bool {
        !matches!(self, Self::PromptTemplate)
    }
}

/// One id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId {
    /// What it names.
    pub kind: IdKind,
    /// As the provider writes it, at most [`ID_BYTES_MAX`] bytes.
    pub id: String,
}

/// Longer texts are not taken for ids.
pub const ID_BYTES_MAX: usize = 512;

/// Ids kept of one answer; what comes later is not fenced and therefore does not exist for anybody.
pub const IDS_MAX: usize = 512;

/// The ids that an answer (JSON, not streamed) says were made. For streams see
/// [`StreamMeter::ids`](crate::StreamMeter::ids).
pub fn provider_ids(dialect: Dialect, body: &[u8]) -> Vec<ProviderId> {
    let mut answer = Answer::new(dialect);
    // What was read before a fault counts: an id that is not fenced would be lost to its maker.
    let _ = answer.read_body(body);
    answer.ids().to_vec()
}

/// The id of the object that an answer is, for routes that store something (`POST /v1/conversations`).
pub fn stored_id(kind: IdKind, body: &[u8]) -> Option<ProviderId> {
    let mut id = None;
    let mut cursor = Cursor::new(body);
    let read = cursor.object(|cursor, key| {
        if key.is("id") {
            id = cursor.text()?;
        }
        Ok(())
    });
    let id = read.ok().and(id)?;
    (id.len() <= ID_BYTES_MAX).then_some(ProviderId { kind, id })
}
