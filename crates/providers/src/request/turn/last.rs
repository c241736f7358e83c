//! What was said last: kept while the conversation is read from its beginning.

use smallvec::SmallVec;

use super::PIECES_MAX;

/// Where a JSON value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From a start to an end. Past four gigabytes there is nothing.
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::default(),
        }
    }

    /// Its first byte's place.
    pub(super) fn start(self) -> usize {
        usize::try_from(self.start).unwrap_or(usize::MAX)
    }

    /// Its bytes; none where it is missing.
    pub(super) fn of(self, body: &[u8]) -> &[u8] {
        let end = usize::try_from(self.end).unwrap_or(usize::MAX);
        body.get(self.start()..end).unwrap_or_default()
    }
}

/// Whose something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Who {
    /// The operator's, the client's.
    #[default]
    Nobody,
    /// The user's, with results of tools in it or without.
    User,
    /// A tool's.
    Tool,
    /// The model's.
    Model,
}

impl Who {
    /// By the name of the role.
    #[inline]
    pub(crate) fn of(role: &[u8]) -> Self {
        match role {
            b"user" => Self::User,
            b"assistant" | b"model" => Self::Model,
            b"tool" | b"function" => Self::Tool,
            _ => Self::Nobody,
        }
    }
}

/// A piece of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A call of a tool.
    Call { name: Span, arguments: Span },
    /// A result.
    Result { content: Span, failed: bool },
    /// A text, or a list of parts.
    Said(Span),
    /// A picture, a document.
    Shown,
}

/// The last answer's calls and what was said since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Last {
    pieces: SmallVec<[Piece; 4]>,
    /// Where the pieces of the message under way begin, and its calls.
    mark: usize,
    calls: usize,
}

impl Last {
    /// A message begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        (self.mark, self.calls) = (self.pieces.len(), 0);
    }

    /// A piece of the message under way.
    #[inline]
    pub(crate) fn add(&mut self, piece: Piece) {
        if !self.is_full() {
            self.pieces.push(piece);
        }
    }

    /// A call in the message under way. Only an answer has any, and forgets the ones before.
    #[inline]
    pub(crate) fn add_call(&mut self, name: Span, arguments: Span) {
        if self.calls == 0 {
            self.pieces.clear();
            self.mark = 0;
        }
        self.add(Piece::Call { name, arguments });
        self.calls = self.calls.saturating_add(1);
    }

    /// A call that is no part of a message: of one answer with the ones right before it.
    pub(crate) fn add_lone_call(&mut self, name: Span, arguments: Span) {
        if !matches!(self.pieces.last(), Some(Piece::Call { .. })) {
            self.pieces.clear();
        }
        self.add(Piece::Call { name, arguments });
    }

    /// The message under way is over, and this is whose it was.
    #[inline]
    pub(crate) fn end(&mut self, who: Who) {
        match who {
            Who::Nobody => self.pieces.truncate(self.mark),
            Who::Model if self.calls == 0 => self.pieces.clear(),
            // What the model says between its calls is no piece.
            Who::Model if self.pieces.len() > self.calls => {
                self.pieces.retain(|piece| matches!(piece, Piece::Call { .. }));
            }
            Who::User | Who::Tool | Who::Model => {}
        }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// There may have been more.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.pieces.len() >= PIECES_MAX
    }
}
