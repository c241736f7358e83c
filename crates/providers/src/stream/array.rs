//! Cutting a JSON array into its elements as it arrives: how Gemini streams without `alt=sse`.

use bytes::Bytes;

use super::Verdict;
use super::sse::Held;

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
    pub(super) fn feed(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>, mut read: impl FnMut(&[u8]) -> Verdict) {
        let mut from = 0;
        for (at, byte) in chunk.iter().enumerate() {
            if !self.ends_element(*byte) {
                continue;
            }
            let end = at.saturating_add(1);
            self.held.complete(chunk.slice(from..end), out, |bytes| {
                // Brackets, commas and space before the element are not part of it.
                let start = memchr::memchr(b'{', bytes).unwrap_or(bytes.len());
                read(bytes.get(start..).unwrap_or_default())
            });
            from = end;
            self.any = true;
        }
        self.held.push(chunk.slice(from..), out);
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
