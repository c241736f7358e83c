//! One segment's bytes, read through a window.

use std::io;
use std::sync::Arc;

use purser_ledger::{Frame, FrameError, FrameNo};

use super::disk::SegmentFile;

/// Bytes read at once. Frames are mostly far smaller; a larger one is read in one go of its own.
const WINDOW: usize = 128 << 10;
/// Bytes looked through at once for what must be zero.
const ZEROS: [u8; 16 << 10] = [0; 16 << 10];

/// A segment and the bytes of it that were read last.
#[derive(Debug)]
pub(super) struct Scan {
    file: Arc<dyn SegmentFile>,
    window: Vec<u8>,
    /// Where the window begins.
    start: u64,
}

impl Scan {
    pub(super) fn new(file: Arc<dyn SegmentFile>) -> Self {
        Self { file, window: Vec::new(), start: 0 }
    }

    pub(super) fn file(&self) -> &Arc<dyn SegmentFile> {
        &self.file
    }

    /// The bytes from `at` on, `len` of them or up to the end, as they are now.
    pub(super) fn bytes(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        self.start = at;
        // Not emptied first: what is there is overwritten, or cut off below.
        self.window.resize(len, 0);
        let mut got = 0;
        while let Some(room) = self.window.get_mut(got..).filter(|room| !room.is_empty()) {
            match self.file.read_at(room, at.saturating_add(to_u64(got))) {
                Ok(0) => break,
                Ok(more) => got = got.saturating_add(more),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.window.clear();
                    return Err(error);
                }
            }
        }
        self.window.truncate(got);
        Ok(&self.window)
    }

    /// The frame at `at` and its length, or why there is none.
    pub(super) fn frame(&mut self, at: u64) -> io::Result<Result<(Frame, u64), FrameError>> {
        let skipped = at.checked_sub(self.start).and_then(|skipped| usize::try_from(skipped).ok());
        let seen = skipped.and_then(|skipped| self.window.get(skipped..)).unwrap_or_default();
        if let Ok((frame, len)) = Frame::decode(seen) {
            return Ok(Ok((frame, to_u64(len))));
        }
        // What was read before may be of before the frame was finished.
        let mut wanted = WINDOW;
        loop {
            let bytes = self.bytes(at, wanted)?;
            match Frame::decode(bytes) {
                Ok((frame, len)) => return Ok(Ok((frame, to_u64(len)))),
                Err(FrameError::Short) if bytes.len() == wanted => wanted = wanted.saturating_mul(4),
                Err(why) => return Ok(Err(why)),
            }
        }
    }

    /// The first whole frame that begins at `from` or behind, and where.
    pub(super) fn find_frame(&mut self, from: u64) -> io::Result<Option<(u64, FrameNo)>> {
        let finder = memchr::memmem::Finder::new(b"PF");
        let mut at = from;
        loop {
            let bytes = self.bytes(at, WINDOW)?;
            let len = bytes.len();
            let places: Vec<usize> = finder.find_iter(bytes).collect();
            for place in places {
                let place = at.saturating_add(to_u64(place));
                if let Ok((frame, _)) = self.frame(place)? {
                    return Ok(Some((place, frame.no)));
                }
            }
            if len < WINDOW {
                return Ok(None);
            }
            // The two letters may stand on both sides of the border.
            at = at.saturating_add(to_u64(len)).saturating_sub(1);
        }
    }

    /// The place behind the last byte from `from` on that is not zero.
    pub(super) fn last_nonzero(&mut self, from: u64) -> io::Result<Option<u64>> {
        let (mut at, mut last) = (from, None);
        loop {
            let bytes = self.bytes(at, WINDOW)?;
            for (part, place) in bytes.chunks(ZEROS.len()).zip((at..).step_by(ZEROS.len())) {
                if ZEROS.get(..part.len()) != Some(part)
                    && let Some(behind) = part.iter().rposition(|byte| *byte != 0)
                {
                    last = Some(place.saturating_add(to_u64(behind)).saturating_add(1));
                }
            }
            if bytes.len() < WINDOW {
                return Ok(last);
            }
            at = at.saturating_add(to_u64(WINDOW));
        }
    }
}

/// A length in memory as one on disk.
pub(super) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
