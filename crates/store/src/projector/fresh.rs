//! Frames on their way from the committing thread to the projector, so that what was just written need not be read back
//! and checked again.

use std::collections::VecDeque;
use std::sync::Arc;

use purser_ledger::{Frame, FrameNo};

/// Bytes of records that wait here, at most: some tenths of a second of a busy gateway.
const BYTES_MAX: usize = 4 << 20;

/// Consecutive frames, each of them durable. The journal has them too: what does not fit is forgotten and read there.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
}

impl Fresh {
    /// Takes in the frame that follows.
    pub(super) fn push(&mut self, frame: &Arc<Frame>) {
        let bytes = self.bytes.saturating_add(frame.payload.len());
        let follows = self.frames.back().is_none_or(|last| last.no.next() == frame.no);
        if bytes > BYTES_MAX || !follows {
            *self = Self::default();
        }
        if frame.payload.len() <= BYTES_MAX {
            self.bytes = self.bytes.saturating_add(frame.payload.len());
            self.frames.push_back(Arc::clone(frame));
        }
    }

    /// The first frame that is here, of those from `from` on; what is before it is forgotten.
    pub(super) fn first(&mut self, from: FrameNo) -> Option<FrameNo> {
        while self.frames.front()?.no < from {
            self.pop();
        }
        self.frames.front().map(|frame| frame.no)
    }

    /// Gives the first frame away.
    pub(super) fn pop(&mut self) -> Option<Arc<Frame>> {
        let frame = self.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(frame.payload.len());
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use purser_core::time::Instant;
    use purser_ledger::Record;

    use super::*;

    fn frame(no: u64, payload: usize) -> Arc<Frame> {
        let frame = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]);
        Arc::new(Frame { no: FrameNo(no), payload: vec![0; payload], ..frame })
    }

    fn left(fresh: &mut Fresh) -> Vec<u64> {
        std::iter::from_fn(|| fresh.pop()).map(|frame| frame.no.0).collect()
    }

    #[test]
    fn frames_are_given_in_order_and_those_before_are_forgotten() {
        let mut fresh = Fresh::default();
        assert_eq!((fresh.first(FrameNo(1)), fresh.pop()), (None, None));
        (3..8).for_each(|no| fresh.push(&frame(no, 10)));
        assert_eq!((fresh.first(FrameNo(1)), fresh.bytes), (Some(FrameNo(3)), 50));
        assert_eq!((fresh.first(FrameNo(5)), fresh.bytes), (Some(FrameNo(5)), 30));
        assert_eq!(left(&mut fresh), [5, 6, 7]);
        assert_eq!((fresh.bytes, fresh.first(FrameNo(9))), (0, None));
    }

    #[test]
    fn what_does_not_fit_or_follow_begins_anew() {
        let mut fresh = Fresh::default();
        fresh.push(&frame(1, BYTES_MAX - 1));
        fresh.push(&frame(2, 1));
        assert_eq!(fresh.bytes, BYTES_MAX);
        fresh.push(&frame(3, 1));
        assert_eq!((fresh.bytes, left(&mut fresh)), (1, vec![3]));
        fresh.push(&frame(4, 1));
        fresh.push(&frame(6, 2));
        assert_eq!((fresh.bytes, left(&mut fresh)), (2, vec![6]));
        fresh.push(&frame(7, 1));
        fresh.push(&frame(8, BYTES_MAX + 1));
        assert_eq!((fresh.bytes, left(&mut fresh)), (0, vec![]), "too large by itself");
    }
}
