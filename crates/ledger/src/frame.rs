//! A frame: the records of one group commit, chained by hash to the frame before.
//!
//! ```text
//! frame   = header cell* 0x00 count:u32 hash:32
//! header  = "PF" version:u8 no:u64 first_lsn:u64 instant:i64 prev_hash:32
//! cell    = len:varint crc32(body):u32 body
//! body    = microseconds since the cell before (the first: since `instant`):varint record
//! ```
//!
//! Little endian. `hash` is BLAKE3 over header, cells and count, so over `prev_hash` and with it over all that came
//! before. What closes a frame stands at its end and each cell carries its own checksum: a journal may write cells one
//! by one before the frame is sealed, and still tell after a crash which of them are whole.

use purser_core::time::Instant;

use crate::codec::{Reader, put_len, put_u64};
use crate::number::{FrameNo, Lsn};
use crate::record::{Record, Stamped};

/// "Purser frame", and the version of everything inside.
const MAGIC: [u8; 3] = *b"PF\x01";
/// Length of the header.
pub(crate) const HEADER_LEN: usize = 59;
/// Length of what stands behind the records: the zero that ends them, their number, the hash.
pub const CLOSING_LEN: usize = 37;
/// The largest payload: far above any queue, low enough that a damaged length can't make a reader reserve memory.
const PAYLOAD_MAX: usize = 1 << 30;

/// BLAKE3 of a frame. All zero stands for "before the first frame".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameHash(pub [u8; 32]);

/// One group commit. Immutable once sealed; `hash` covers everything else, `prev_hash` included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its number, one more than that of the frame before.
    pub no: FrameNo,
    /// The number of its first record.
    pub first_lsn: Lsn,
    /// The instant of its first record; the others are written as differences.
    pub instant: Instant,
    /// Hash of the frame before.
    pub prev_hash: FrameHash,
    /// How many records, at least one.
    pub count: u32,
    /// The records, each with its length and checksum.
    pub payload: Vec<u8>,
    /// BLAKE3 over header, payload and count.
    pub hash: FrameHash,
}

/// What one needs to know of the last frame to add the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Its number.
    pub no: FrameNo,
    /// The number of its last record.
    pub last_lsn: Lsn,
    /// Its hash.
    pub hash: FrameHash,
}

/// Why bytes are not a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does.
    #[error("the bytes end before the frame does")]
    Short,
    /// Something in them is not as it was written.
    #[error("{0}")]
    Bad(String),
}

impl Frame {
    /// Closes a frame: what was queued becomes one link of the chain.
    pub(crate) fn seal(
        prev: Option<FrameHead>,
        first_lsn: Lsn,
        instant: Instant,
        count: u32,
        payload: Vec<u8>,
    ) -> Self {
        let mut frame = Self {
            no: prev.map_or(FrameNo(0), |head| head.no).next(),
            first_lsn,
            instant,
            prev_hash: prev.map_or_else(FrameHash::default, |head| head.hash),
            count,
            payload,
            hash: FrameHash::default(),
        };
        frame.hash = frame.compute_hash();
        frame
    }

    /// A frame of these records after `prev`. For tools and tests: a ledger queues bytes and seals them.
    pub fn of(prev: Option<FrameHead>, records: &[(Instant, Record)]) -> Self {
        let first = records.first().map_or(Instant::EPOCH, |(instant, _)| *instant);
        let (mut payload, mut scratch, mut last) = (Vec::new(), Vec::new(), first);
        for (instant, record) in records {
            put_cell(&mut payload, &mut scratch, instant.since(last), record);
            last = *instant;
        }
        let first_lsn = prev.map_or(Lsn(0), |head| head.last_lsn).next();
        Self::seal(prev, first_lsn, first, u32::try_from(records.len()).unwrap_or(u32::MAX), payload)
    }

    /// The number of its last record.
    pub fn last_lsn(&self) -> Lsn {
        Lsn(self.first_lsn.0.saturating_add(u64::from(self.count)).saturating_sub(1))
    }

    /// What the next frame needs to know of this one.
    pub fn head(&self) -> FrameHead {
        FrameHead { no: self.no, last_lsn: self.last_lsn(), hash: self.hash }
    }

    /// Is `hash` the hash of what is in the frame?
    pub fn is_intact(&self) -> bool {
        self.hash == self.compute_hash()
    }

    /// The bytes of the frame, the same in every journal.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN.saturating_add(self.payload.len()).saturating_add(CLOSING_LEN));
        out.extend_from_slice(&self.header());
        out.extend_from_slice(&self.payload);
        out.extend_from_slice(&self.closing());
        out
    }

    /// Reads one frame at the start of `bytes`, checks its hash, and tells how many bytes it took.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), FrameError> {
        let mut reader = Reader::new(bytes);
        let short = |_| FrameError::Short;
        let magic: [u8; 3] = reader.array().map_err(short)?;
        if magic != MAGIC {
            return Err(FrameError::Bad(format!("it begins with {magic:02x?}, a frame with {MAGIC:02x?}")));
        }
        let no = FrameNo(u64::from_le_bytes(reader.array().map_err(short)?));
        let first_lsn = Lsn(u64::from_le_bytes(reader.array().map_err(short)?));
        let instant = Instant::from_micros(i64::from_le_bytes(reader.array().map_err(short)?));
        let prev_hash = FrameHash(reader.array().map_err(short)?);
        let payload = cells(&mut reader)?.to_vec();
        let count = u32::from_le_bytes(reader.array().map_err(short)?);
        let hash = FrameHash(reader.array().map_err(short)?);
        let frame = Self { no, first_lsn, instant, prev_hash, count, payload, hash };
        if !frame.is_intact() {
            return Err(FrameError::Bad("its hash is not that of its bytes".to_owned()));
        }
        Ok((frame, bytes.len().saturating_sub(reader.rest().len())))
    }

    /// Makes a frame of one that was never sealed: its whole records, up to the first that is not whole. Also tells how
    /// many of `bytes` those are, header included; the closing ([`Frame::closing`]) belongs behind them. `None`: these
    /// are not the first bytes of the frame after `prev`, or not even one record is whole.
    pub fn salvage(prev: Option<FrameHead>, bytes: &[u8]) -> Option<(Self, usize)> {
        let header = bytes.get(..HEADER_LEN)?;
        let mut reader = Reader::new(header);
        if reader.array::<3>().ok()? != MAGIC {
            return None;
        }
        let no = FrameNo(u64::from_le_bytes(reader.array().ok()?));
        let first_lsn = Lsn(u64::from_le_bytes(reader.array().ok()?));
        let instant = Instant::from_micros(i64::from_le_bytes(reader.array().ok()?));
        let prev_hash = FrameHash(reader.array().ok()?);
        let expected = prev.unwrap_or(FrameHead { no: FrameNo(0), last_lsn: Lsn(0), hash: FrameHash::default() });
        if (no, first_lsn, prev_hash) != (expected.no.next(), expected.last_lsn.next(), expected.hash) {
            return None;
        }
        let cells = bytes.get(HEADER_LEN..)?;
        let mut records = Records { reader: Reader::new(cells), lsn: first_lsn, instant, left: u32::MAX };
        let (mut count, mut len) = (0_u32, 0_usize);
        while let Some(Ok(_)) = records.next() {
            count = count.checked_add(1)?;
            len = cells.len().saturating_sub(records.reader.rest().len());
        }
        let payload = cells.get(..len).filter(|cells| !cells.is_empty())?.to_vec();
        let mut frame = Self { no, first_lsn, instant, prev_hash, count, payload, hash: FrameHash::default() };
        frame.hash = frame.compute_hash();
        Some((frame, HEADER_LEN.saturating_add(len)))
    }

    /// What stands behind the records of the frame.
    pub fn closing(&self) -> [u8; CLOSING_LEN] {
        closing(self.count, self.hash)
    }

    /// Its records in order. Ends after the first that is damaged, and with an error when there are more or fewer than
    /// the frame says.
    pub fn records(&self) -> Records<'_> {
        Records { reader: Reader::new(&self.payload), lsn: self.first_lsn, instant: self.instant, left: self.count }
    }

    fn header(&self) -> [u8; HEADER_LEN] {
        header(self.no, self.first_lsn, self.instant, self.prev_hash)
    }

    fn compute_hash(&self) -> FrameHash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.header());
        hasher.update(&self.payload);
        hasher.update(&self.count.to_le_bytes());
        FrameHash(*hasher.finalize().as_bytes())
    }
}

pub(crate) fn header(no: FrameNo, first_lsn: Lsn, instant: Instant, prev_hash: FrameHash) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    let parts =
        [&MAGIC[..], &no.0.to_le_bytes(), &first_lsn.0.to_le_bytes(), &instant.as_micros().to_le_bytes(), &prev_hash.0];
    header.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
    header
}

pub(crate) fn closing(count: u32, hash: FrameHash) -> [u8; CLOSING_LEN] {
    let mut closing = [0; CLOSING_LEN];
    let parts = [&[0][..], &count.to_le_bytes(), &hash.0];
    closing.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
    closing
}

/// The cells up to the zero that ends them, which is taken too.
fn cells<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], FrameError> {
    let all = reader.rest();
    loop {
        let before = reader.rest().len();
        let len =
            reader.u64().map_err(|_| if before < 10 { FrameError::Short } else { bad("a length makes no sense") })?;
        if len == 0 {
            return Ok(all.get(..all.len().saturating_sub(before)).unwrap_or_default());
        }
        let len =
            usize::try_from(len).ok().filter(|len| *len <= PAYLOAD_MAX).ok_or_else(|| bad("a length is absurd"))?;
        reader.take(len.saturating_add(4)).map_err(|_| FrameError::Short)?;
    }
}

fn bad(what: &str) -> FrameError {
    FrameError::Bad(what.to_owned())
}

/// Appends one cell; `scratch` is only room to work in.
pub(crate) fn put_cell(out: &mut Vec<u8>, scratch: &mut Vec<u8>, since: std::time::Duration, record: &Record) {
    scratch.clear();
    put_u64(scratch, u64::try_from(since.as_micros()).unwrap_or(u64::MAX));
    record.put(scratch);
    put_len(out, scratch.len());
    out.extend_from_slice(&crc32fast::hash(scratch).to_le_bytes());
    out.extend_from_slice(scratch);
}

/// The records of a frame.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
    lsn: Lsn,
    instant: Instant,
    left: u32,
}

impl Records<'_> {
    fn cell(&mut self) -> Result<Stamped, FrameError> {
        let damaged = |what| FrameError::Bad(format!("record {} is damaged: {what}", self.lsn));
        let mut reader = self.reader;
        let len = reader.len().map_err(|e| damaged(e.0))?;
        let sum = u32::from_le_bytes(reader.array().map_err(|e| damaged(e.0))?);
        let body = reader.take(len).map_err(|e| damaged(e.0))?;
        if crc32fast::hash(body) != sum {
            return Err(damaged("its checksum is not that of its bytes"));
        }
        let mut fields = Reader::new(body);
        let since = fields.u64().map_err(|e| damaged(e.0))?;
        let record = Record::read(&mut fields).map_err(|e| damaged(e.0))?;
        let instant = self.instant.saturating_add(std::time::Duration::from_micros(since));
        let stamped = Stamped { lsn: self.lsn, instant, record };
        self.reader = reader;
        self.instant = instant;
        self.lsn = self.lsn.next();
        Ok(stamped)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Stamped, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(left) = self.left.checked_sub(1) else {
            if self.reader.is_empty() {
                return None;
            }
            self.reader = Reader::new(&[]);
            return Some(Err(FrameError::Bad("it holds more records than it says".to_owned())));
        };
        self.left = left;
        let cell = self.cell();
        if cell.is_err() {
            self.left = 0;
            self.reader = Reader::new(&[]);
        }
        Some(cell)
    }
}

impl std::fmt::Debug for FrameHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for FrameHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_reads_back_and_its_records_keep_their_time() {
        let at = |micros: i64| Instant::from_micros(micros);
        let first = Frame::of(None, &[(at(-5), Record::Rest), (at(7), Record::Rest)]);
        let second = Frame::of(Some(first.head()), &[(at(7), Record::Rest)]);
        let bytes = [first.encode(), second.encode()].concat();
        let (read, len) = Frame::decode(&bytes).unwrap();
        assert_eq!(read, first);
        assert_eq!(Frame::decode(&bytes[len..]).unwrap().0, second);
        let places: Vec<_> = first.records().map(|r| r.map(|r| (r.lsn.0, r.instant.as_micros())).unwrap()).collect();
        assert_eq!(places, [(1, -5), (2, 7)]);
        assert_eq!((second.no, second.first_lsn, second.prev_hash), (FrameNo(2), Lsn(3), first.hash));
        for len in 0..len {
            assert_eq!(Frame::decode(&bytes[..len]), Err(FrameError::Short), "cut at {len}");
        }
    }

    #[test]
    fn an_unfinished_frame_gives_its_whole_records() {
        let records = [(Instant::EPOCH, Record::Rest), (Instant::from_micros(5), Record::Rest)];
        let whole = Frame::of(None, &records);
        let one = Frame::of(None, &records[..1]);
        let bytes = whole.encode();
        let (ends_one, ends_both) = (HEADER_LEN + one.payload.len(), HEADER_LEN + whole.payload.len());
        for cut in 0..bytes.len() {
            let expected = match cut {
                cut if cut >= ends_both => Some((whole.clone(), ends_both)),
                cut if cut >= ends_one => Some((one.clone(), ends_one)),
                _ => None,
            };
            assert_eq!(Frame::salvage(None, &bytes[..cut]), expected, "cut at {cut}");
            let zeroed = [&bytes[..cut], &[0; 64]].concat();
            assert_eq!(Frame::salvage(None, &zeroed), expected, "zeros from {cut}");
            if let Some((frame, len)) = expected {
                let sealed = [&zeroed[..len], &frame.closing()].concat();
                assert_eq!(Frame::decode(&sealed), Ok((frame, sealed.len())));
            }
        }
    }

    #[test]
    fn a_damaged_record_of_an_unfinished_frame_is_not_whole() {
        let records = [(Instant::EPOCH, Record::Rest), (Instant::from_micros(5), Record::Rest)];
        let one = Frame::of(None, &records[..1]);
        let bytes = Frame::of(None, &records).encode();
        for at in HEADER_LEN + one.payload.len()..bytes.len() - CLOSING_LEN {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(Frame::salvage(None, &damaged).map(|(frame, _)| frame.count), Some(1), "byte {at}");
        }
    }

    #[test]
    fn an_unfinished_frame_is_of_its_place_in_the_chain() {
        let first = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]);
        let head = first.head();
        let second = Frame::of(Some(head), &[(Instant::EPOCH, Record::Rest)]);
        let bytes = second.encode();
        let salvaged = |prev| Frame::salvage(prev, &bytes).map(|(frame, _)| frame);
        assert_eq!(salvaged(Some(head)), Some(second));
        assert_eq!(salvaged(None), None);
        assert_eq!(salvaged(Some(FrameHead { no: FrameNo(2), ..head })), None);
        assert_eq!(salvaged(Some(FrameHead { last_lsn: Lsn(2), ..head })), None);
        assert_eq!(salvaged(Some(FrameHead { hash: FrameHash::default(), ..head })), None);
    }

    #[test]
    fn a_length_that_makes_no_sense_is_damage_and_no_early_end() {
        let bytes = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]).encode();
        let with = |length: &[u8]| Frame::decode(&[&bytes[..HEADER_LEN], length].concat()).unwrap_err();
        assert!(matches!(with(&[0xff; 10]), FrameError::Bad(_)), "more than 64 bits");
        assert_eq!(with(&[0xff; 9]), FrameError::Short, "the rest of it may be missing");
        let mut length = Vec::new();
        put_u64(&mut length, 1 << 30);
        assert_eq!(with(&length), FrameError::Short);
        length.clear();
        put_u64(&mut length, (1 << 30) + 1);
        assert!(matches!(with(&length), FrameError::Bad(_)), "longer than any");
    }

    #[test]
    fn a_hash_is_shown_in_full() {
        let hash = FrameHash(std::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(hash.to_string(), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    }

    #[test]
    fn records_end_with_the_first_that_is_damaged() {
        let mut frame = Frame::of(None, &[const { (Instant::EPOCH, Record::Rest) }; 3]);
        let cell = frame.payload.len() / 3;
        frame.payload[cell + 1] ^= 1;
        let read: Vec<_> = frame.records().collect();
        assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_frame_that_miscounts_its_records_says_so() {
        let honest = Frame::of(None, &[(Instant::EPOCH, Record::Rest), (Instant::EPOCH, Record::Rest)]);
        for count in [0, 1, 3] {
            let records: Result<Vec<_>, _> = Frame { count, ..honest.clone() }.records().collect();
            assert!(records.is_err(), "{count}");
        }
    }

    proptest! {
        #[test]
        fn strangers_bytes_never_panic(bytes: Vec<u8>, payload: Vec<u8>, count in 0..5_u32) {
            let _ = Frame::decode(&bytes);
            let _ = Frame::salvage(None, &[&MAGIC[..], &bytes].concat());
            let _ = Frame::decode(&[&MAGIC[..], &bytes].concat());
            let frame = Frame { count, payload, ..Frame::of(None, &[(Instant::EPOCH, Record::Rest)]) };
            let _ = frame.records().count();
        }
    }
}
