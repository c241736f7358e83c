//! What is on its way through: whole events of the chunk at hand, and the event before that is not whole yet.

use bytes::Bytes;

use super::Verdict;
use super::reader::Reader;

/// A larger event is handed on unread.
pub(super) const EVENT_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// The whole events of one chunk, handed on in one slice as long as none of them is dropped.
pub(super) struct Run<'a> {
    chunk: &'a Bytes,
    out: &'a mut Vec<Bytes>,
    /// Where the slice starts, and how far the events go that were looked at.
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(chunk: &'a Bytes, out: &'a mut Vec<Bytes>) -> Self {
        Self { chunk, out, from: 0, to: 0 }
    }

    /// Where the next event starts.
    pub(super) fn at(&self) -> usize {
        self.to
    }

    /// What is left of the chunk.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.chunk.get(self.to..).unwrap_or_default()
    }

    /// The next event goes up to `to` and is handed on.
    pub(super) fn pass(&mut self, to: usize) {
        self.to = to;
    }

    fn drop_event(&mut self, to: usize) {
        self.flush();
        (self.from, self.to) = (to, to);
    }

    fn flush(&mut self) {
        if self.from < self.to {
            self.out.push(self.chunk.slice(self.from..self.to));
        }
        self.from = self.to;
    }
}

/// Bytes of the event that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Held {
    pieces: Vec<Bytes>,
    len: usize,
    /// The event was too large and is being handed on piece by piece.
    pub(super) torn: bool,
}

impl Held {
    /// The next byte starts an event.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0 && !self.torn
    }

    /// The chunk is at its end: hands its whole events on and keeps the rest.
    pub(super) fn keep_rest(&mut self, mut run: Run<'_>) {
        run.flush();
        let piece = run.chunk.slice(run.to..);
        if piece.is_empty() {
            return;
        }
        self.len = self.len.saturating_add(piece.len());
        self.pieces.push(piece);
        if self.len > EVENT_BYTES_MAX {
            self.torn = true;
        }
        if self.torn {
            self.flush(run.out);
        }
    }

    /// The event ends at `to` of the chunk: has it read and hands it on.
    pub(super) fn complete(&mut self, run: &mut Run<'_>, to: usize, reader: &mut Reader) {
        let piece = run.chunk.get(run.to..to).unwrap_or_default();
        let verdict = if self.torn {
            Verdict::Pass
        } else if self.pieces.is_empty() {
            reader.event(piece)
        } else {
            let mut whole = Vec::with_capacity(self.len.saturating_add(piece.len()));
            self.pieces.iter().for_each(|part| whole.extend_from_slice(part));
            whole.extend_from_slice(piece);
            reader.joined(&whole)
        };
        match verdict {
            Verdict::Pass => {
                // Pieces are there only before the first event of a chunk.
                run.out.append(&mut self.pieces);
                run.pass(to);
            }
            Verdict::Drop => {
                self.pieces.clear();
                run.drop_event(to);
            }
        }
        self.len = 0;
        self.torn = false;
    }

    /// Hands on what there is.
    pub(super) fn flush(&mut self, out: &mut Vec<Bytes>) {
        out.append(&mut self.pieces);
    }

    /// What is held, in one piece.
    pub(super) fn joined(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}
