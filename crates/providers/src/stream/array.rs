//! Cutting a JSON array into its elements as it arrives: how Gemini streams without `alt=sse`.

use bytes::Bytes;

use super::held::{Held, Run};
use super::reader::Reader;

/// Where in the array the stream is.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "two belong to the scanner, two to its caller")]
pub(super) struct Elements {
    pub(super) held: Held,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The opening bracket was handed on, with the first element.
    pub(super) any: bool,
    /// The closing bracket was seen.
    pub(super) closed: bool,
}

impl Elements {
    pub(super) fn feed(&mut self, chunk: &Bytes, mut run: Run<'_>, reader: &mut Reader) {
        self.pass_like_before(&mut run, reader);
        let mut at = run.at();
        while let Some(byte) = chunk.get(at) {
            at = at.saturating_add(1);
            if !self.ends_element(*byte) {
                continue;
            }
            self.held.complete(&mut run, at, reader);
            self.any = true;
            self.pass_like_before(&mut run, reader);
            at = run.at();
        }
        self.held.keep_rest(run);
    }

    /// Between two elements: passes on those that are like one before.
    fn pass_like_before(&self, run: &mut Run<'_>, reader: &mut Reader) {
        if self.depth != 1 || self.in_string || !self.held.is_empty() {
            return;
        }
        while let Some(len) = reader.like_before(run.rest()) {
            run.pass(run.at().saturating_add(len));
        }
    }

    /// Takes a byte in; says whether an element, or the array, ends with it.
    fn ends_element(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed |= self.depth == 0;
                return self.depth == 0 || (self.depth == 1 && byte == b'}');
            }
            _ => {}
        }
        false
    }
}
