//! Thrift's compact protocol, as far as the heads of a Parquet file need it: structures written field after field, their ids
//! ascending.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

const TRUE: u8 = 1;
const FALSE: u8 = 2;
/// 32 bits.
pub(super) const INT32: u8 = 5;
const INT64: u8 = 6;
/// Bytes with their number before them.
pub(super) const BYTES: u8 = 8;
const LIST: u8 = 9;
/// A structure.
pub(super) const FIELDS: u8 = 12;

/// A structure while it is written.
pub(super) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    last: u8,
}

/// Writes a structure.
pub(super) fn fields(out: &mut Vec<u8>, fill: impl FnOnce(&mut Fields<'_>)) {
    let mut fields = Fields { out, last: 0 };
    fill(&mut fields);
    fields.out.push(0);
}

impl Fields<'_> {
    fn head(&mut self, id: u8, kind: u8) -> &mut Self {
        // No structure of Parquet leaves out fifteen fields.
        let step = id.saturating_sub(self.last).min(15);
        self.out.push(step << 4 | kind);
        self.last = id;
        self
    }

    pub(super) fn int32(&mut self, id: u8, value: i32) -> &mut Self {
        self.head(id, INT32);
        int(self.out, value.into());
        self
    }

    pub(super) fn int64(&mut self, id: u8, value: i64) -> &mut Self {
        self.head(id, INT64);
        int(self.out, value);
        self
    }

    pub(super) fn flag(&mut self, id: u8, value: bool) -> &mut Self {
        self.head(id, if value { TRUE } else { FALSE })
    }

    pub(super) fn text(&mut self, id: u8, value: &str) -> &mut Self {
        self.head(id, BYTES);
        text(self.out, value);
        self
    }

    pub(super) fn fields(&mut self, id: u8, fill: impl FnOnce(&mut Fields<'_>)) -> &mut Self {
        self.head(id, FIELDS);
        fields(self.out, fill);
        self
    }

    /// A list of what `each` writes.
    pub(super) fn list<T>(
        &mut self,
        id: u8,
        kind: u8,
        items: &[T],
        mut each: impl FnMut(&mut Vec<u8>, &T),
    ) -> &mut Self {
        self.head(id, LIST);
        if let Ok(few @ 0..15) = u8::try_from(items.len()) {
            self.out.push(few << 4 | kind);
        } else {
            self.out.push(0xf0 | kind);
            varint(self.out, u64::try_from(items.len()).unwrap_or(u64::MAX));
        }
        for item in items {
            each(self.out, item);
        }
        self
    }
}

/// A signed number, small ones in few bytes.
pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    varint(out, (value << 1 ^ value >> 63).cast_unsigned());
}

pub(super) fn text(out: &mut Vec<u8>, value: &str) {
    varint(out, u64::try_from(value.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(value.as_bytes());
}

/// Seven bits at a time, the lowest first.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand from the specification.
    #[test]
    fn structures_are_those_of_the_specification() {
        let mut out = Vec::new();
        fields(&mut out, |it| {
            it.int32(1, -1)
                .int64(3, 150)
                .flag(4, true)
                .text(6, "ab")
                .list(7, INT32, &[0, 1], |out, item| int(out, *item));
            it.fields(10, |it| {
                it.flag(2, false);
            });
        });
        let expected = [0x15, 1, 0x26, 0xac, 2, 0x11, 0x28, 2, b'a', b'b', 0x19, 0x25, 0, 2, 0x3c, 0x22, 0, 0];
        assert_eq!(out, expected, "{out:02x?}");
        out.clear();
        fields(&mut out, |it| {
            it.list(1, INT32, &[0; 200], |out, item| int(out, *item));
        });
        assert_eq!(out[..4], [0x19, 0xf5, 0xc8, 1], "a long list has its number behind");
    }
}
