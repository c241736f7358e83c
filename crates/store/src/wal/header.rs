//! What stands at the front of a segment.

use purser_ledger::{FrameHash, FrameHead, FrameNo, Lsn};

/// The version of everything in a segment, its frames included.
pub(super) const VERSION: u64 = 1;
/// The version byte of frames that this program reads.
pub(super) const FRAME_VERSION: u64 = 1;
/// Length of the header. In every later version these bytes keep their places, so that an older program can tell a
/// newer segment from a damaged one.
pub(super) const HEADER_LEN: usize = 72;
const MAGIC: [u8; 8] = *b"PURSERWL";

/// Where a segment continues the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Its number, as in its name.
    pub(super) no: u64,
    /// The number of its first frame.
    pub(super) first_frame: FrameNo,
    /// The number of that frame's first record.
    pub(super) first_lsn: Lsn,
    /// The hash of the frame before.
    pub(super) prev_hash: FrameHash,
}

/// What was found at the front of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// Nothing yet.
    Zeros,
    /// A header.
    Header(Header),
    /// One of a version that this program does not know.
    Newer(u64),
    /// Something else.
    Bad(&'static str),
}

impl Header {
    /// The header of segment `no`, which begins with the frame after `head`.
    pub(super) fn after(no: u64, head: Option<FrameHead>) -> Self {
        let (frame, lsn, prev_hash) =
            head.map_or((FrameNo(0), Lsn(0), FrameHash::default()), |head| (head.no, head.last_lsn, head.hash));
        Self { no, first_frame: frame.next(), first_lsn: lsn.next(), prev_hash }
    }

    /// The frame before the segment.
    pub(super) fn before(&self) -> Option<FrameHead> {
        let no = FrameNo(self.first_frame.0.checked_sub(1).filter(|no| *no > 0)?);
        Some(FrameHead { no, last_lsn: Lsn(self.first_lsn.0.saturating_sub(1)), hash: self.prev_hash })
    }

    pub(super) fn encode(&self) -> [u8; HEADER_LEN] {
        let version = u32::try_from(VERSION).unwrap_or(u32::MAX).to_le_bytes();
        let (no, frame, lsn) =
            (self.no.to_le_bytes(), self.first_frame.0.to_le_bytes(), self.first_lsn.0.to_le_bytes());
        let parts = [&MAGIC[..], &version, &no, &frame, &lsn, &self.prev_hash.0];
        let mut bytes = [0; HEADER_LEN];
        bytes.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        let (body, crc) = bytes.split_at_mut(HEADER_LEN - 4);
        crc.copy_from_slice(&crc32fast::hash(body).to_le_bytes());
        bytes
    }

    /// What the first bytes of segment `no` are.
    pub(super) fn read(no: u64, bytes: &[u8]) -> Front {
        if bytes.iter().all(|byte| *byte == 0) {
            return Front::Zeros;
        }
        let Some(bytes) = bytes.first_chunk::<HEADER_LEN>() else { return Front::Bad("its header is cut short") };
        let (body, crc) = bytes.split_at(HEADER_LEN - 4);
        if crc32fast::hash(body).to_le_bytes() != crc {
            return Front::Bad("its header's checksum is not that of its bytes");
        }
        let number = |at: usize| {
            let bytes = body.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            u64::from_le_bytes(bytes)
        };
        if body.first_chunk() != Some(&MAGIC) {
            return Front::Bad("it does not begin as a segment does");
        }
        let version = number(8) & u64::from(u32::MAX);
        if version > VERSION {
            return Front::Newer(version);
        }
        let prev_hash = body.last_chunk().copied().unwrap_or_default();
        let header = Self {
            no: number(12),
            first_frame: FrameNo(number(20)),
            first_lsn: Lsn(number(28)),
            prev_hash: FrameHash(prev_hash),
        };
        if header.no != no {
            return Front::Bad("its header is that of another segment");
        }
        if header.first_frame.0 == 0 || header.first_lsn.0 == 0 {
            return Front::Bad("its header begins with frame or record 0, and they start at 1");
        }
        Front::Header(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { no: 7, first_frame: FrameNo(300), first_lsn: Lsn(4_000), prev_hash: FrameHash([9; 32]) }
    }

    #[test]
    fn a_header_reads_back() {
        assert_eq!(Header::read(7, &header().encode()), Front::Header(header()));
        let head = header().before();
        assert_eq!(Header::after(7, head), header());
        assert_eq!(Header::after(1, None).before(), None);
        assert_eq!(Header::read(7, &[0; HEADER_LEN]), Front::Zeros);
        assert_eq!(Header::read(7, &[]), Front::Zeros);
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_found() {
        let good = header().encode();
        for at in 0..good.len() * 8 {
            let mut bad = good;
            bad[at / 8] ^= 1 << (at % 8);
            assert!(matches!(Header::read(7, &bad), Front::Bad(_)), "bit {at}");
        }
        for len in 1..good.len() {
            assert!(matches!(Header::read(7, &good[..len]), Front::Bad(_)), "{len} bytes");
        }
    }

    #[test]
    fn a_swapped_and_a_newer_segment_say_so() {
        assert!(matches!(Header::read(8, &header().encode()), Front::Bad(what) if what.contains("another segment")));
        let mut newer = header().encode();
        newer[8] = 2;
        let crc = crc32fast::hash(&newer[..HEADER_LEN - 4]);
        newer[HEADER_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Header::read(7, &newer), Front::Newer(2));
    }
}
