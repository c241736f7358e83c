//! Cutting a byte stream into server-sent events, however the network cut it.
//!
//! Only whole events are handed on: whoever ends the stream early can then be sure that nothing is left half-written.

use bytes::Bytes;

use super::Verdict;

/// A larger event is handed on unread.
pub(super) const EVENT_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Bytes of the event that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Held {
    pieces: Vec<Bytes>,
    len: usize,
    /// The event was too large and is being handed on piece by piece.
    pub(super) torn: bool,
}

impl Held {
    pub(super) fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) {
        if piece.is_empty() {
            return;
        }
        self.len = self.len.saturating_add(piece.len());
        self.pieces.push(piece);
        if self.len > EVENT_BYTES_MAX {
            self.torn = true;
        }
        if self.torn {
            self.flush(out);
        }
    }

    /// The event ends with `piece`: reads it and hands it on.
    pub(super) fn complete(&mut self, piece: Bytes, out: &mut Vec<Bytes>, mut read: impl FnMut(&[u8]) -> Verdict) {
        let verdict = if self.torn {
            Verdict::Pass
        } else if self.pieces.is_empty() {
            read(&piece)
        } else {
            let mut whole = Vec::with_capacity(self.len.saturating_add(piece.len()));
            self.pieces.iter().for_each(|part| whole.extend_from_slice(part));
            whole.extend_from_slice(&piece);
            read(&whole)
        };
        match verdict {
            Verdict::Pass => {
                self.flush(out);
                if !piece.is_empty() {
                    out.push(piece);
                }
            }
            Verdict::Drop => self.pieces.clear(),
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

/// Finds the blank lines between events. Lines end in LF, CR or CRLF.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the scanner's state between two bytes")]
pub(super) struct Lines {
    pub(super) held: Held,
    /// The line that is being read has no bytes so far.
    line_is_empty: bool,
    /// The last byte was a CR: an LF now belongs to it.
    after_cr: bool,
    /// Lines of this stream end in CRLF.
    crlf: bool,
    /// A blank line's CR is held until its LF comes: not every client knows that a CR alone ends a line.
    lf_is_due: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { held: Held::default(), line_is_empty: true, after_cr: false, crlf: false, lf_is_due: false }
    }
}

impl Lines {
    pub(super) fn feed(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>, mut read: impl FnMut(&[u8]) -> Verdict) {
        let Some(first) = chunk.first() else { return };
        let mut from: usize = 0;
        if std::mem::take(&mut self.lf_is_due) {
            from = usize::from(*first == b'\n');
            self.held.complete(chunk.slice(..from), out, &mut read);
            self.after_cr = false;
        }
        let mut at = from;
        while let Some(found) = memchr::memchr2(b'\n', b'\r', chunk.get(at..).unwrap_or_default()) {
            let end = at.saturating_add(found);
            let is_cr = chunk.get(end) == Some(&b'\r');
            at = end.saturating_add(1);
            if found > 0 {
                self.line_is_empty = false;
            } else if self.after_cr && !is_cr {
                self.after_cr = false;
                self.crlf = true;
                continue;
            }
            self.after_cr = is_cr;
            if !std::mem::replace(&mut self.line_is_empty, true) {
                continue;
            }
            if is_cr && chunk.get(at) == Some(&b'\n') {
                at = at.saturating_add(1);
                self.after_cr = false;
            } else if is_cr && self.crlf && at == chunk.len() {
                self.lf_is_due = true;
                break;
            }
            self.held.complete(chunk.slice(from..at), out, &mut read);
            from = at;
        }
        if at < chunk.len() {
            self.line_is_empty = false;
            self.after_cr = false;
        }
        self.held.push(chunk.slice(from..), out);
    }
}

/// The data of an event: its `data:` lines, joined by LF. `None` for comments and other fields alone.
pub(super) fn data<'a>(event: &'a [u8], joined: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let mut lines = event.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(|line| {
        let value = line.strip_prefix(b"data")?;
        match value.first() {
            None => Some(value),
            Some(b':') => {
                let value = value.get(1..).unwrap_or_default();
                Some(value.strip_prefix(b" ").unwrap_or(value))
            }
            Some(_) => None,
        }
    });
    let first = lines.next()?;
    let Some(second) = lines.next() else { return Some(first) };
    joined.clear();
    joined.extend_from_slice(first);
    for line in std::iter::once(second).chain(lines) {
        joined.push(b'\n');
        joined.extend_from_slice(line);
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::data;

    fn check(event: &str, expected: Option<&str>) {
        let mut joined = Vec::new();
        assert_eq!(data(event.as_bytes(), &mut joined), expected.map(str::as_bytes), "{event:?}");
    }

    #[test]
    fn data_of_events() {
        check("data: x\n\n", Some("x"));
        check("data:x\r\n\r\n", Some("x"));
        check("data:  x\n\n", Some(" x"));
        check("event: a\ndata: x\nid: 7\n\n", Some("x"));
        check("data: x\ndata: y\n\n", Some("x\ny"));
        check("data\n\n", Some(""));
        check(": comment\n\n", None);
        check("database: x\n\n", None);
        check("\n", None);
    }
}
