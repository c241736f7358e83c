//! Cutting a byte stream into server-sent events, however the network cut it.
//!
//! Only whole events are handed on: whoever ends the stream early can then be sure that nothing is left half-written.

use std::ops::Range;

use bytes::Bytes;

use super::held::{Held, Run};
use super::reader::Reader;

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
    pub(super) fn feed(&mut self, chunk: &Bytes, mut run: Run<'_>, reader: &mut Reader) {
        let Some(first) = chunk.first() else { return };
        if std::mem::take(&mut self.lf_is_due) {
            self.held.complete(&mut run, usize::from(*first == b'\n'), reader);
            self.after_cr = false;
        }
        self.pass_like_before(&mut run, reader);
        let mut at = run.at();
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
            self.held.complete(&mut run, at, reader);
            self.pass_like_before(&mut run, reader);
            at = run.at();
        }
        if at < chunk.len() {
            self.line_is_empty = false;
            self.after_cr = false;
        }
        self.held.keep_rest(run);
    }

    /// Between two events: passes on those that are like one before.
    fn pass_like_before(&self, run: &mut Run<'_>, reader: &mut Reader) {
        if !self.line_is_empty || self.after_cr || !self.held.is_empty() {
            return;
        }
        while let Some(len) = reader.like_before(run.rest()) {
            run.pass(run.at().saturating_add(len));
        }
    }
}

/// The data of an event: its `data:` lines, joined by LF.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// Comments and other fields alone.
    None,
    /// It is one line, and stands here in the event.
    Line(Range<usize>),
    /// It is several lines.
    Lines(Vec<u8>),
}

pub(super) fn data(event: &[u8]) -> Data {
    let mut data = Data::None;
    let mut from: usize = 0;
    while from < event.len() {
        let rest = event.get(from..).unwrap_or_default();
        let len = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        if let Some(skip) = value_at(rest.get(..len).unwrap_or_default()) {
            let line = from.saturating_add(skip)..from.saturating_add(len);
            let bytes = |at: Range<usize>| event.get(at).unwrap_or_default();
            data = match data {
                Data::None => Data::Line(line),
                Data::Line(first) => Data::Lines([bytes(first), bytes(line)].join(&b'\n')),
                Data::Lines(mut lines) => {
                    lines.push(b'\n');
                    lines.extend_from_slice(bytes(line));
                    Data::Lines(lines)
                }
            };
        }
        from = from.saturating_add(len).saturating_add(1);
    }
    data
}

/// Where the value starts, if this is a `data` line.
fn value_at(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"data")?;
    match rest.first() {
        None => Some(4),
        Some(b':') => Some(if rest.get(1) == Some(&b' ') { 6 } else { 5 }),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Data, data};

    fn check(event: &str, expected: Option<&str>) {
        let told = match data(event.as_bytes()) {
            Data::None => None,
            Data::Line(at) => Some(event[at].to_owned()),
            Data::Lines(lines) => Some(String::from_utf8(lines).unwrap()),
        };
        assert_eq!(told.as_deref(), expected, "{event:?}");
    }

    #[test]
    fn data_of_events() {
        check("data: x\n\n", Some("x"));
        check("data:x\r\n\r\n", Some("x"));
        check("data:  x\n\n", Some(" x"));
        check("event: a\ndata: x\nid: 7\n\n", Some("x"));
        check("data: x\ndata: y\n\n", Some("x\ny"));
        check("data: x\r\ndata\r\ndata: z\r\n\r\n", Some("x\n\nz"));
        check("data\n\n", Some(""));
        check(": comment\n\n", None);
        check("database: x\n\n", None);
        check("\n", None);
    }
}
