//! The cursor.

use std::borrow::Cow;
use std::ops::Range;

use super::notes::{Notes, Spot, SpotKind};
use super::survey::Survey;
use super::text::{escape, plain_len, short_len};
use super::{Count, DEPTH_MAX, Fault, Read, Str, What};

/// What kind of value stands next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

/// What a cursor has counted on its way; a request's bound is made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Brackets, braces, commas, colons.
    pub(crate) structure: u64,
    /// Non-ASCII text that is written in escapes, as UTF-8 bytes.
    pub(crate) wide: u64,
    /// A key `cache_control` was seen.
    pub(crate) cache_control: bool,
    /// A key `ttl` with a value longer than half an hour was seen.
    pub(crate) long_ttl: bool,
}

/// A position in JSON text.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    tally: Tally,
    notes: Notes,
    /// There may be control characters, so that each string is searched for them.
    controls: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, tally: Tally::default(), notes: Notes::default(), controls: true }
    }

    /// A cursor over bytes that were surveyed.
    pub(crate) fn surveyed(bytes: &'a [u8], survey: &Survey) -> Self {
        Self { controls: survey.controls, ..Self::new(bytes) }
    }

    /// A cursor over bytes that were read once already, without a fault, from `start` on.
    pub(crate) fn again(bytes: &'a [u8], start: usize) -> Self {
        Self { at: start, controls: false, ..Self::new(bytes) }
    }

    /// A cursor that notes where it met what another text of the same shape may say otherwise.
    pub(crate) fn noting(bytes: &'a [u8], spots: Vec<Spot>) -> Self {
        Self { notes: Notes::into(spots), ..Self::new(bytes) }
    }

    /// What was noted, in order.
    pub(crate) fn into_spots(self) -> Vec<Spot> {
        self.notes.spots()
    }

    /// Notes that the string read last is text that counts.
    pub(crate) fn note_text(&mut self, text: &Str<'_>) {
        let end = self.at.saturating_sub(1);
        self.notes.add(SpotKind::Text, end.saturating_sub(text.raw.len())..end);
    }

    /// Notes that the value from `start` until here is of this kind.
    pub(crate) fn note(&mut self, kind: SpotKind, start: usize) {
        self.notes.add(kind, start..self.at);
    }

    /// As [`note`](Self::note) where the value is a number.
    pub(crate) fn note_number(&mut self, kind: SpotKind, start: usize) {
        if let Some(b'-' | b'0'..=b'9') = self.bytes.get(start) {
            self.note(kind, start);
        }
    }

    /// Notes that nobody wanted the value from `start` until here.
    fn note_ignored(&mut self, start: usize) {
        match self.bytes.get(start) {
            Some(b'"') => self.notes.add(SpotKind::String, start.saturating_add(1)..self.at.saturating_sub(1)),
            Some(b'-' | b'0'..=b'9') => self.notes.add(SpotKind::Number, start..self.at),
            _ => {}
        }
    }

    /// Where the next value starts.
    pub(crate) fn value_start(&mut self) -> usize {
        self.space();
        self.at
    }

    /// Just after what was read last.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The bytes of a range.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    #[cold]
    pub(crate) fn fault<T>(&self, what: What) -> Read<T> {
        Err(Box::new(Fault { at: self.at, what }))
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// The next byte that is not space, not taken.
    #[inline]
    fn peek(&mut self) -> Read<u8> {
        if let Some(byte) = self.bytes.get(self.at)
            && *byte > b' '
        {
            return Ok(*byte);
        }
        self.space();
        match self.bytes.get(self.at) {
            Some(byte) => Ok(*byte),
            None => self.fault(What::Ended),
        }
    }

    #[inline]
    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    #[inline]
    fn mark(&mut self) {
        self.step();
        self.tally.structure = self.tally.structure.saturating_add(1);
    }

    #[inline]
    fn enter(&mut self) -> Read<()> {
        if self.depth >= DEPTH_MAX {
            return self.fault(What::Deep);
        }
        self.depth = self.depth.saturating_add(1);
        self.mark();
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.mark();
    }

    /// The kind of the next value.
    #[inline]
    pub(crate) fn kind(&mut self) -> Read<Kind> {
        match self.peek()? {
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'"' => Ok(Kind::String),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b't' | b'f' => Ok(Kind::Bool),
            b'n' => Ok(Kind::Null),
            _ => self.fault(What::Expected("a value")),
        }
    }

    /// Reads an object, giving each key to `field`, which reads the value or leaves it to be stepped over. Another kind
    /// of value is stepped over. Says whether the object had any fields.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self, Str<'a>) -> Read<()>) -> Read<bool> {
        if self.kind()? != Kind::Object {
            self.skip()?;
            return Ok(false);
        }
        self.enter()?;
        if self.peek()? == b'}' {
            self.leave();
            return Ok(false);
        }
        loop {
            let key = self.key()?;
            let before = self.at;
            field(self, key)?;
            if self.at == before {
                self.skip()?;
                self.note_ignored(before);
            }
            if self.closes(b'}')? {
                return Ok(true);
            }
        }
    }

    /// Reads an array, giving each element to `element`, which reads it or leaves it to be stepped over. A value that is
    /// not an array is given as if it were the only element (`null` is none): Google's servers read it so.
    pub(crate) fn each(&mut self, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        match self.kind()? {
            Kind::Null => return self.skip(),
            Kind::Array => self.enter()?,
            _ => {
                let before = self.at;
                element(self)?;
                return if self.at == before { self.skip() } else { Ok(()) };
            }
        }
        if self.peek()? == b']' {
            self.leave();
            return Ok(());
        }
        loop {
            self.space();
            let before = self.at;
            element(self)?;
            if self.at == before {
                self.skip()?;
            }
            if self.closes(b']')? {
                return Ok(());
            }
        }
    }

    /// After a value: a comma, or the bracket that closes what is open.
    #[inline]
    fn closes(&mut self, bracket: u8) -> Read<bool> {
        match self.peek()? {
            b',' => {
                self.mark();
                Ok(false)
            }
            byte if byte == bracket => {
                self.leave();
                Ok(true)
            }
            _ => self.fault(What::Expected("a comma or the end of an object or array")),
        }
    }

    fn key(&mut self) -> Read<Str<'a>> {
        if self.peek()? != b'"' {
            return self.fault(What::Expected("a key"));
        }
        let key = if let Some(key) = self.plain_key() {
            key
        } else {
            let key = self.quoted()?;
            if self.peek()? != b':' {
                return self.fault(What::Expected("a colon"));
            }
            self.mark();
            self.space();
            key
        };
        match key.raw {
            b"cache_control" => self.tally.cache_control = true,
            b"ttl" => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.tally.long_ttl |= rest.starts_with(b"\"1h\"") || rest.starts_with(b"\"12h\"");
            }
            _ => {}
        }
        Ok(key)
    }

    /// The key that is next and its colon, up to its value, where they stand as nearly all servers and clients write
    /// them: no escapes, at most one space.
    #[inline]
    fn plain_key(&mut self) -> Option<Str<'a>> {
        let inside = self.bytes.get(self.at.saturating_add(1)..)?;
        let (raw, after) = inside.split_at_checked(short_len(inside)?)?;
        let taken = match after {
            [_, b':', value, ..] if *value > b' ' => 3,
            [_, b':', b' ', value, ..] if *value > b' ' => 4,
            _ => return None,
        };
        self.mark();
        self.at = self.at.saturating_add(raw.len()).saturating_add(taken).saturating_sub(1);
        Some(Str { raw, escaped: false })
    }

    /// The next value if it is a string; anything else is stepped over.
    pub(crate) fn string(&mut self) -> Read<Option<Str<'a>>> {
        if self.kind()? == Kind::String {
            return self.quoted().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// As [`text`](Self::text) for a word that is looked at and not kept.
    pub(crate) fn word(&mut self) -> Read<Option<Cow<'a, str>>> {
        Ok(self.string()?.map(|str| str.text()))
    }

    /// The next value as text, if it is a string.
    pub(crate) fn text(&mut self) -> Read<Option<String>> {
        Ok(self.string()?.map(|str| str.text().into_owned()))
    }

    /// `true` or `false`; anything else is stepped over.
    pub(crate) fn boolean(&mut self) -> Read<Option<bool>> {
        let first = self.peek()?;
        self.skip()?;
        Ok(match first {
            b't' => Some(true),
            b'f' => Some(false),
            _ => None,
        })
    }

    /// The next value as a count.
    pub(crate) fn count(&mut self) -> Read<Count> {
        if let Some((count, len)) = self.bytes.get(self.at..).and_then(plain_count) {
            self.at = self.at.saturating_add(len);
            return Ok(Count::Is(count));
        }
        let kind = self.kind()?;
        let start = self.at;
        match kind {
            Kind::Number => {
                self.scalar()?;
                return Ok(number(self.slice(start..self.at)));
            }
            Kind::Null => self.scalar()?,
            _ => self.skip()?,
        }
        Ok(if kind == Kind::Null { Count::Null } else { Count::Bad })
    }

    /// As [`count`](Self::count), and also from a string of digits, as Google's JSON allows.
    pub(crate) fn count_or_text(&mut self) -> Read<Count> {
        if self.kind()? == Kind::String {
            return Ok(self.string()?.map_or(Count::Bad, |digits| number(digits.raw)));
        }
        self.count()
    }

    /// Steps over one value of any kind.
    pub(crate) fn skip(&mut self) -> Read<()> {
        match self.peek()? {
            b'{' | b'[' => self.skip_nested(),
            b'"' => self.quoted().map(drop),
            _ => self.scalar(),
        }
    }

    /// Steps over an object or array, in a loop.
    fn skip_nested(&mut self) -> Read<()> {
        // One bit for each open container, the innermost lowest: 1 is an object. `DEPTH_MAX` fits.
        let mut open: u128 = 0;
        let floor = self.depth;
        loop {
            let closer = match self.peek()? {
                b'{' => {
                    self.enter()?;
                    open = open.wrapping_shl(1) | 1;
                    b'}'
                }
                b'[' => {
                    self.enter()?;
                    open = open.wrapping_shl(1);
                    b']'
                }
                b'"' => {
                    self.quoted()?;
                    0
                }
                _ => {
                    self.scalar()?;
                    0
                }
            };
            if closer != 0 && self.peek()? == closer {
                self.leave();
                open = open.wrapping_shr(1);
            } else if closer == b'}' {
                self.key()?;
                continue;
            } else if closer == b']' {
                continue;
            }
            loop {
                if self.depth == floor {
                    return Ok(());
                }
                let in_object = open & 1 == 1;
                if !self.closes(if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.key()?;
                    }
                    break;
                }
                open = open.wrapping_shr(1);
            }
        }
    }

    /// A string whose opening quote is next.
    fn quoted(&mut self) -> Read<Str<'a>> {
        self.step();
        let start = self.at;
        if let Some(inside) = self.bytes.get(start..)
            && let Some(len) = short_len(inside)
        {
            self.at = start.saturating_add(len).saturating_add(1);
            return Ok(Str { raw: inside.get(..len).unwrap_or_default(), escaped: false });
        }
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let stop = plain_len(rest, self.controls);
            match rest.get(stop) {
                Some(b'"') => {
                    self.at = self.at.saturating_add(stop);
                    let raw = self.slice(start..self.at);
                    self.step();
                    return Ok(Str { raw, escaped });
                }
                Some(b'\\') => {
                    self.at = self.at.saturating_add(stop);
                    escaped = true;
                    self.escape(rest.get(stop..).unwrap_or_default())?;
                }
                Some(_) if memchr::memchr2(b'"', b'\\', rest).is_some() => {
                    return self.fault(What::Expected("no control character in a string"));
                }
                _ => {
                    self.at = self.bytes.len();
                    return self.fault(What::Ended);
                }
            }
        }
    }

    /// Steps over the escape that `rest` starts with.
    fn escape(&mut self, rest: &[u8]) -> Read<()> {
        match escape(rest) {
            Ok((len, decoded)) => {
                if decoded > 1 {
                    self.tally.wide = self.tally.wide.saturating_add(decoded);
                }
                self.at = self.at.saturating_add(len);
                Ok(())
            }
            Err(what) => self.fault(what),
        }
    }

    /// A number or one of the three words.
    fn scalar(&mut self) -> Read<()> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = match rest.first() {
            Some(b't') if rest.starts_with(b"true") => 4,
            Some(b'f') if rest.starts_with(b"false") => 5,
            Some(b'n') if rest.starts_with(b"null") => 4,
            Some(b'-' | b'0'..=b'9') => number_len(rest).unwrap_or(0),
            _ => 0,
        };
        if len == 0 {
            return self.fault(What::Expected("a value"));
        }
        self.at = self.at.saturating_add(len);
        Ok(())
    }

    /// Nothing but space may be left.
    pub(crate) fn end(&mut self) -> Read<()> {
        self.space();
        if self.at < self.bytes.len() { self.fault(What::Trailing) } else { Ok(()) }
    }
}

/// The count that `rest` starts with, and its bytes, where that can be told at a glance: digits alone, followed by what
/// ends a value.
pub(super) fn plain_count(rest: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut len) = (0_u64, 0_usize);
    for byte in rest.iter().take(NEVER_OVER) {
        match byte {
            b'0'..=b'9' if len == 0 || value > 0 => {
                value = value.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')));
                len = len.saturating_add(1);
            }
            b',' | b'}' | b']' if len > 0 => return Some((value, len)),
            _ => return None,
        }
    }
    None
}

/// Bytes of the number that `rest` starts with, by JSON's grammar.
pub(crate) fn number_len(rest: &[u8]) -> Option<usize> {
    let digits = |from: usize| -> usize {
        let run = rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        from.saturating_add(run)
    };
    let start = usize::from(rest.first() == Some(&b'-'));
    let mut end = match rest.get(start)? {
        b'0' => start.saturating_add(1),
        b'1'..=b'9' => digits(start),
        _ => return None,
    };
    if rest.get(end) == Some(&b'.') {
        let from = end.saturating_add(1);
        end = digits(from);
        if end == from {
            return None;
        }
    }
    if let Some(b'e' | b'E') = rest.get(end) {
        let mut from = end.saturating_add(1);
        if let Some(b'+' | b'-') = rest.get(from) {
            from = from.saturating_add(1);
        }
        end = digits(from);
        if end == from {
            return None;
        }
    }
    Some(end)
}

/// So many digits always fit.
const NEVER_OVER: usize = 19;

fn small(digits: &[u8]) -> Option<u64> {
    let (mut value, mut good) = (0_u64, true);
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        good &= digit < 10;
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    good.then_some(value)
}

fn large(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = Some(digit.wrapping_sub(b'0')).filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// A number's text as a count.
pub(crate) fn number(text: &[u8]) -> Count {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = if digits.len() <= NEVER_OVER { small(digits) } else { large(digits) };
    match value {
        _ if digits.is_empty() => Count::Bad,
        Some(0) => Count::Is(0),
        Some(_) if negative => Count::Negative,
        Some(value) => Count::Is(value),
        None => Count::Bad,
    }
}
