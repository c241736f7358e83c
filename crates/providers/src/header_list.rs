//! Header fields, as the gateway carries them from one side to the other.

use std::cell::RefCell;
use std::fmt;

use purser_core::written::Written;

/// Header fields in the order they came. Names are lower-case.
///
/// All fields share one buffer, in which they stand as in a head: a head is taken off the wire, looked at by name a few
/// times and written out again, and for a dozen fields a walk over them is quicker than a table with an allocation for
/// each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// One line after the other: name, [`COLON`], value, [`END`].
    lines: Vec<u8>,
    fields: Vec<Field>,
}

/// Where a field stands in the buffer: its line starts at `start`, its name ends at `middle`, its value at `end`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Field {
    start: usize,
    middle: usize,
    end: usize,
}

/// A name of ours as it stands in a head: lower-case, a colon and a space behind it.
#[derive(Clone, Copy, Debug)]
pub struct FieldName(&'static str);

impl FieldName {
    /// A name for [`Headers::append_written`], with its colon and space.
    ///
    /// # Panics
    /// While it is compiled, where the name is not written so.
    pub const fn new(line: &'static str) -> Self {
        assert!(matches!(line.as_bytes(), [.., b'a'..=b'z', b':', b' ']), "a name has a colon and a space behind it");
        let mut rest = line.as_bytes();
        while let [first, others @ ..] = rest {
            assert!(!first.is_ascii_uppercase() && *first >= b' ', "a name is lower-case");
            rest = others;
        }
        Self(line)
    }
}

const COLON: &[u8] = b": ";
const END: &[u8] = b"\r\n";

/// Room for most heads: with less there is no use in keeping the memory of one for the next.
const FIELDS: usize = 32;
const BYTES: usize = 1024;
/// Larger memory is given back.
const BYTES_MAX: usize = 4 * BYTES;
/// Heads whose memory a thread keeps, at most. A call has four, two of them while it waits for its provider; calls that
/// come and go together take and leave theirs together.
const SPARES_MAX: usize = 128;

thread_local! {
    /// The memory of heads that are gone.
    static SPARES: RefCell<Vec<Headers>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Headers {
    fn drop(&mut self) {
        if self.fields.capacity() < FIELDS || !(BYTES..=BYTES_MAX).contains(&self.lines.capacity()) {
            return;
        }
        let (mut lines, mut fields) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.fields));
        lines.clear();
        fields.clear();
        // The thread may be ending, and its spares gone.
        let _ending = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < SPARES_MAX {
                spares.push(Self { lines, fields });
            }
        });
    }
}

impl Headers {
    /// None, with room for so many fields of so many bytes.
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        let around = fields.saturating_mul(COLON.len().saturating_add(END.len()));
        let spare = SPARES.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
        let mut headers = spare.unwrap_or_default();
        headers.lines.reserve(bytes.saturating_add(around).max(BYTES));
        headers.fields.reserve(fields.max(FIELDS));
        headers
    }

    /// Adds a field. One whose value can't stand in a header (a control character in it) is left out: whoever writes
    /// such a value would let its author write headers.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        if !name.is_empty() && is_fit(value) {
            self.put(name.as_bytes(), value);
        }
    }

    /// As [`append`](Self::append), for what nobody else had a hand in: a value of digits and words that we put together.
    pub fn append_written<const N: usize>(&mut self, name: FieldName, value: &Written<N>) {
        let (name, value) = (name.0.as_bytes(), value.as_ref());
        debug_assert!(is_fit(value), "digits and words");
        let start = self.lines.len();
        self.lines.reserve(name.len().saturating_add(value.len()).saturating_add(END.len()));
        self.lines.extend_from_slice(name);
        let middle = self.lines.len().saturating_sub(COLON.len());
        self.lines.extend_from_slice(value);
        self.close(start, middle);
    }

    /// The fields that a parser of heads found in `head`: name and value of each are pieces of it.
    pub fn of_head<'a>(head: &'a [u8], found: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Self {
        Self::as_they_stand(head, found.clone()).unwrap_or_else(|| {
            let mut headers = Self::with_capacity(found.len(), head.len());
            for (name, value) in found {
                debug_assert!(!name.is_empty() && is_fit(value), "a field that was checked");
                headers.put(name, value);
            }
            headers
        })
    }

    /// All lines with one copy, where they are written as we write them: nearly always.
    fn as_they_stand<'a>(head: &'a [u8], found: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])>) -> Option<Self> {
        let place = |piece: &[u8]| piece.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
        let mut headers = Self::with_capacity(found.len(), head.len());
        let fields = &mut headers.fields;
        let (mut first, mut next) = (None, None);
        for (name, value) in found {
            let (start, from) = (place(name), place(value));
            let (middle, end) = (start.checked_add(name.len())?, from.checked_add(value.len())?);
            let after = end.checked_add(END.len())?;
            let is_ours = head.get(middle..from)? == COLON && head.get(end..after)? == END;
            if !is_ours || next.is_some_and(|next| next != start) {
                return None;
            }
            let origin = *first.get_or_insert(start);
            next = Some(after);
            fields.push(Field {
                start: start.checked_sub(origin)?,
                middle: middle.checked_sub(origin)?,
                end: end.checked_sub(origin)?,
            });
        }
        headers.lines.extend_from_slice(head.get(first?..next?)?);
        for field in &headers.fields {
            lower_case(headers.lines.get_mut(field.start..field.middle)?);
        }
        Some(headers)
    }

    fn put(&mut self, name: &[u8], value: &[u8]) {
        let start = self.lines.len();
        self.lines.extend_from_slice(name);
        if let Some(name) = self.lines.get_mut(start..) {
            lower_case(name);
        }
        let middle = self.lines.len();
        self.lines.extend_from_slice(COLON);
        self.lines.extend_from_slice(value);
        self.close(start, middle);
    }

    /// The line that began at `start` is whole but for its end.
    fn close(&mut self, start: usize, middle: usize) {
        let end = self.lines.len();
        self.lines.extend_from_slice(END);
        self.fields.push(Field { start, middle, end });
    }

    /// Adds those fields of other headers that `keeps` their name.
    pub(crate) fn append_kept(&mut self, others: &Self, keeps: impl Fn(&[u8]) -> bool) {
        for field in others.fields.iter().filter(|field| keeps(others.name(field))) {
            let start = self.lines.len();
            let name = field.middle.saturating_sub(field.start);
            self.lines.extend_from_slice(others.lines.get(field.start..field.end).unwrap_or_default());
            self.close(start, start.saturating_add(name));
        }
    }

    /// As [`append`](Self::append), with the value as it is displayed.
    pub fn append_shown(&mut self, name: &str, value: impl fmt::Display) {
        use std::io::Write as _;
        let start = self.lines.len();
        self.lines.extend_from_slice(name.as_bytes());
        let middle = self.lines.len();
        self.lines.extend_from_slice(COLON);
        let from = self.lines.len();
        let written = write!(self.lines, "{value}");
        if written.is_ok() && self.lines.get(from..).is_some_and(is_fit) {
            self.close(start, middle);
        } else {
            self.lines.truncate(start);
        }
    }

    /// Puts a field in the place of all of its name.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Takes all fields of a name out.
    pub fn remove(&mut self, name: &str) {
        if self.contains(name) {
            let all = std::mem::take(self);
            self.append_kept(&all, |kept| kept != name.as_bytes());
        }
    }

    /// The first field of a name (lower-case).
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| self.is_named(field, name)).map(|field| self.value(field))
    }

    /// The first field of a name, where it is visible ASCII.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(visible)
    }

    /// All fields of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.fields.iter().filter(move |field| self.is_named(field, name)).map(|field| self.value(field))
    }

    /// All fields of a name, those that are visible ASCII.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + Clone {
        self.all(name).filter_map(visible)
    }

    /// Is there a field of this name?
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Name and value of every field.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.fields.iter().map(|field| (self.name(field), self.value(field)))
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// No fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// All fields as they stand in a head: a line each, ended by CR LF.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    fn is_named(&self, field: &Field, name: &str) -> bool {
        // The length first: it tells nearly all of them apart.
        field.middle.wrapping_sub(field.start) == name.len() && self.name(field) == name.as_bytes()
    }

    fn name(&self, field: &Field) -> &[u8] {
        self.lines.get(field.start..field.middle).unwrap_or_default()
    }

    fn value(&self, field: &Field) -> &[u8] {
        self.lines.get(field.middle.saturating_add(COLON.len())..field.end).unwrap_or_default()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(fields: [(&str, &str); N]) -> Self {
        let mut headers = Self::with_capacity(N, 32_usize.saturating_mul(N));
        for (name, value) in fields {
            headers.append(name, value);
        }
        headers
    }
}

/// Names only: values hold keys.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

/// ASCII in lower case, as `make_ascii_lowercase`: names are short, so eight bytes at a time are quicker than vectors.
fn lower_case(name: &mut [u8]) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = name.as_chunks_mut::<8>();
    for eight in words {
        let word = u64::from_le_bytes(*eight);
        // The top bit of each byte that is at least `bound`, its own top bit apart.
        let at_least = |bound: u64| (word & !TOPS).wrapping_add(ONES.wrapping_mul(0x80_u64.wrapping_sub(bound)));
        let capitals = at_least(0x41) & !at_least(0x5b) & !word & TOPS;
        *eight = (word | capitals.wrapping_shr(2)).to_le_bytes();
    }
    rest.make_ascii_lowercase();
}

/// No control characters.
#[expect(clippy::needless_bitwise_bool, reason = "without jumps, many bytes are looked at in one go")]
fn is_fit(value: &[u8]) -> bool {
    !value.iter().fold(false, |found, byte| found | (*byte < 0x20 && *byte != b'\t') | (*byte == 0x7f))
}

#[expect(clippy::needless_bitwise_bool, reason = "as above")]
fn visible(value: &[u8]) -> Option<&str> {
    let is_visible = value.iter().fold(true, |all, byte| all & (matches!(byte, b' '..=b'~') | (*byte == b'\t')));
    is_visible.then(|| std::str::from_utf8(value).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Headers;

    #[test]
    fn fields_keep_their_order_and_lose_their_case() {
        let mut headers = Headers::from([("A", "1"), ("b", "2"), ("a", "3")]);
        assert_eq!((headers.get("a"), headers.text("b")), (Some(&b"1"[..]), Some("2")));
        assert_eq!(headers.texts("a").collect::<Vec<_>>(), ["1", "3"]);
        headers.set("a", "4");
        headers.append_shown("c", 5);
        let all: Vec<_> = headers.iter().map(|(name, value)| [name, value].concat()).collect();
        assert_eq!(all, [b"b2", b"a4", b"c5"]);
        assert_eq!(headers.lines(), b"b: 2\r\na: 4\r\nc: 5\r\n");
        headers.remove("b");
        assert!(!headers.contains("b") && headers.len() == 2);
    }

    fn check_head(head: &str, expected: &str) {
        let mut slots = [httparse::EMPTY_HEADER; 8];
        let (_, found) = httparse::parse_headers(head.as_bytes(), &mut slots).unwrap().unwrap();
        let headers = Headers::of_head(head.as_bytes(), found.iter().map(|one| (one.name.as_bytes(), one.value)));
        assert_eq!(String::from_utf8_lossy(headers.lines()), expected, "{head:?}");
        for ((name, value), one) in headers.iter().zip(found) {
            assert_eq!((name, value), (one.name.to_ascii_lowercase().as_bytes(), one.value), "{head:?}");
        }
        assert_eq!(headers.len(), found.len());
    }

    #[test]
    fn heads_are_taken_as_they_stand_or_put_in_order() {
        check_head("\r\n", "");
        check_head("Host: a\r\nX-B: c d\r\n\r\n", "host: a\r\nx-b: c d\r\n");
        check_head("Host:a\r\nB: c\r\n\r\n", "host: a\r\nb: c\r\n");
        check_head("a: b \r\nC:  d\r\n\r\n", "a: b\r\nc: d\r\n");
        check_head("A: b\nc: d\r\n\r\n", "a: b\r\nc: d\r\n");
        check_head("A:\r\nb: \r\nc: d\r\n\r\n", "a: \r\nb: \r\nc: d\r\n");
    }

    #[test]
    fn nobody_writes_a_header_through_a_value() {
        let mut headers = Headers::default();
        for value in ["a\r\nb: c", "a\nb", "\0", "\u{7f}"] {
            headers.append("x", value);
            headers.append_shown("x", value);
        }
        assert!(headers.is_empty() && headers.lines().is_empty());
        headers.append("x", "tab\tand \u{e9}");
        assert_eq!((headers.len(), headers.text("x")), (1, None), "bytes above ASCII may stand, and are no text");
    }

    #[test]
    fn names_lose_their_case_as_ascii() {
        for from in 0..=u8::MAX {
            for len in 0..20 {
                let name: Vec<u8> = (0..len).map(|at| from.wrapping_add(at * 13)).collect();
                let mut lower = name.clone();
                super::lower_case(&mut lower);
                assert_eq!(lower, name.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn values_do_not_show_themselves() {
        assert_eq!(format!("{:?}", Headers::from([("x-api-key", "secret")])), "{\"x-api-key\"}");
    }
}
