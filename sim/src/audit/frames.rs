//! Frames: where they begin and end, what they chain to, which records are in them.
//!
//! ```text
//! frame  = "PF" 1 number:8 first_record:8 instant:8 hash_of_the_frame_before:32 cell* 0 count:4 hash:32
//! cell   = length crc32_of_the_body:4 body
//! body   = microseconds_since_the_cell_before record
//! ```

use super::bytes::{Bytes, Read, crc32};
use super::entry::{Entry, Line};

/// Length of what stands before the cells.
const HEADER: usize = 59;
/// Length of what stands at the front of a segment of the log.
const SEGMENT_HEADER: usize = 72;

/// How a journal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One file, frame by frame: a part of a frame is nothing.
    Whole,
    /// One file, record by record: the whole records of an unsealed frame count.
    Pieces,
    /// Several files, each a header, frames and zeros; record by record.
    Segments,
}

/// Reads the files of a journal from front to back, and again from where it was when they have grown.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    shape: Shape,
    file: usize,
    at: usize,
    frame: u64,
    hash: [u8; 32],
    /// The last record of the last sealed frame.
    sealed: u64,
    /// Records of the frame under way that were given out already.
    given: u64,
}

/// What a journal holds beyond what was read before.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whole records, in order, those of an unsealed frame included.
    pub(super) lines: Vec<Line>,
    pub(super) end: End,
}

/// How the bytes end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// With a sealed frame.
    #[default]
    Clean,
    /// In a frame that is not sealed; `leftover`: after its last whole record there are more bytes.
    Unfinished { leftover: bool },
    /// In something that no writer writes.
    Damaged(String),
}

/// Why a frame could not be read.
enum Stop {
    Unfinished { leftover: bool },
    Damaged(String),
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Damaged(what)
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Unfinished { leftover } => Self::Unfinished { leftover },
            Stop::Damaged(what) => Self::Damaged(what),
        }
    }
}

/// Without the zeros at its end.
fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

impl Reader {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, file: 0, at: 0, frame: 0, hash: [0; 32], sealed: 0, given: 0 }
    }

    /// The last record that is there.
    pub(super) fn last(&self) -> u64 {
        if self.shape == Shape::Whole { self.sealed } else { self.sealed + self.given }
    }

    /// Everything new.
    pub(super) fn read(&mut self, files: &[&[u8]]) -> Found {
        let mut found = Found::default();
        while let Some(file) = files.get(self.file) {
            if self.shape == Shape::Segments && self.at == 0 {
                match self.segment_header(file) {
                    Ok(true) => self.at = SEGMENT_HEADER,
                    Ok(false) => break,
                    Err(stop) => {
                        found.end = stop.into();
                        break;
                    }
                }
            }
            let rest = &file[self.at.min(file.len())..];
            if rest.is_empty() || (self.shape == Shape::Segments && rest[0] == 0) {
                let next = files.get(self.file + 1).and_then(|next| next.first());
                if next.is_none_or(|first| *first == 0) {
                    break;
                }
                self.file += 1;
                self.at = 0;
                continue;
            }
            match self.frame(rest, &mut found.lines) {
                Ok(len) => self.at += len,
                Err(stop) => {
                    found.end = stop.into();
                    break;
                }
            }
        }
        found
    }

    /// `false`: the segment was not begun yet.
    fn segment_header(&self, file: &[u8]) -> Result<bool, Stop> {
        let header =
            file.get(..SEGMENT_HEADER).ok_or_else(|| Stop::Damaged("a segment ends in its header".to_owned()))?;
        let mut expected = b"PURSERWL\x01\0\0\0".to_vec();
        expected.extend_from_slice(&(self.file as u64 + 1).to_le_bytes());
        expected.extend_from_slice(&(self.frame + 1).to_le_bytes());
        expected.extend_from_slice(&(self.sealed + 1).to_le_bytes());
        expected.extend_from_slice(&self.hash);
        expected.extend_from_slice(&crc32(&expected).to_le_bytes());
        match cut(header) {
            [] => Ok(false),
            _ if header == expected => Ok(true),
            begun if expected.starts_with(begun) => Err(Stop::Unfinished { leftover: true }),
            _ => Err(Stop::Damaged("a segment's header does not continue the one before".to_owned())),
        }
    }

    /// Reads one frame; its length. An unsealed one gives out its whole records.
    fn frame(&mut self, rest: &[u8], lines: &mut Vec<Line>) -> Result<usize, Stop> {
        let mut bytes = Bytes::new(rest);
        let whole = |read: &Bytes<'_>| rest.len() - read.left().len();
        // What is left behind the last whole record: nothing, zeros, or a piece.
        let unfinished = |from: usize| Stop::Unfinished { leftover: rest[from..].iter().any(|byte| *byte != 0) };
        let header = bytes.take(HEADER).map_err(|_| unfinished(0))?;
        if let Err(why) = self.header(&mut Bytes::new(header)) {
            return Err(if self.is_cut_short(header) { unfinished(0) } else { Stop::Damaged(why) });
        }
        let instant = i64::from_le_bytes(header[19..27].try_into().expect("eight bytes"));
        let (mut lsn, mut at, mut count) = (self.sealed, instant, 0_u64);
        // A header without a record is left over as well.
        let mut last = 0;
        loop {
            let len = bytes.count().map_err(|_| unfinished(last))?;
            if len == 0 {
                break;
            }
            let sum = bytes.little(4).map_err(|_| unfinished(last))?;
            let body = bytes.take(len).map_err(|_| unfinished(last))?;
            if u128::from(crc32(body)) != sum {
                if self.shape == Shape::Segments && body.last() == Some(&0) {
                    // A record cut short in a file of zeros.
                    return Err(unfinished(last));
                }
                return Err(Stop::Damaged(format!("record {} has another checksum", lsn + 1)));
            }
            let mut fields = Bytes::new(body);
            at += i64::try_from(fields.small()?).map_err(|_| "a time is out of range".to_owned())?;
            lsn += 1;
            count += 1;
            if count > self.given {
                let entry = Entry::read(&mut fields).map_err(|why| format!("record {lsn}: {why}"))?;
                lines.push(Line { lsn, at, entry, bytes: body.to_vec() });
                self.given = count;
            }
            last = whole(&bytes);
        }
        let stated = bytes.little(4).map_err(|_| unfinished(last))?;
        let hash: [u8; 32] = bytes.take(32).map_err(|_| unfinished(last))?.try_into().expect("thirty-two bytes");
        if stated == 0 && hash == [0; 32] && self.shape == Shape::Segments {
            return Err(unfinished(last));
        }
        let len = whole(&bytes);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&rest[..len - 37]);
        hasher.update(&rest[len - 36..len - 32]);
        if *hasher.finalize().as_bytes() != hash {
            if self.shape == Shape::Segments && hash[31] == 0 {
                return Err(unfinished(last));
            }
            return Err(Stop::Damaged("its hash is not that of its bytes".to_owned()));
        }
        if stated != u128::from(count) || count == 0 {
            return Err(Stop::Damaged(format!("it says that it holds {stated} records and holds {count}")));
        }
        (self.frame, self.hash, self.sealed, self.given) = (self.frame + 1, hash, lsn, 0);
        Ok(len)
    }

    /// Is it the beginning of the header that must follow, and then zeros: a write that was cut short in a segment?
    fn is_cut_short(&self, header: &[u8]) -> bool {
        let mut expected = b"PF\x01".to_vec();
        expected.extend_from_slice(&(self.frame + 1).to_le_bytes());
        expected.extend_from_slice(&(self.sealed + 1).to_le_bytes());
        expected.extend_from_slice(&header[19..27]);
        expected.extend_from_slice(&self.hash);
        self.shape == Shape::Segments && expected.starts_with(cut(header))
    }

    fn header(&self, bytes: &mut Bytes<'_>) -> Read<()> {
        if bytes.take(3)? != b"PF\x01" {
            return Err("it does not begin as a frame does".to_owned());
        }
        let (no, first) = (bytes.little(8)?, bytes.little(8)?);
        bytes.take(8)?;
        if no != u128::from(self.frame) + 1 || first != u128::from(self.sealed) + 1 || bytes.take(32)? != self.hash {
            return Err("it does not follow the frame before".to_owned());
        }
        Ok(())
    }
}
