//! A journal in one file of the simulated disk: the plainest thing that keeps the contract of [`Journal`].

use std::ops::ControlFlow;

use purser_ledger::{Frame, FrameError, FrameHead, FrameNo, Journal, JournalError, Pen, Piece};

use crate::bug::Bug;
use crate::disk::SimDisk;

/// The only file.
pub(crate) const FILE: u64 = 1;

/// A journal in one file. Takes whole frames, or with a pen pieces of them.
#[derive(Clone, Debug)]
pub(crate) struct FlatJournal {
    disk: SimDisk,
    has_pen: bool,
    torn: bool,
    head: Option<FrameHead>,
}

impl FlatJournal {
    /// Opens it: seals or cuts what is unfinished at the end, durably.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open(disk: SimDisk, has_pen: bool, bug: Option<Bug>) -> Result<Self, JournalError> {
        let io = |error: std::io::Error| JournalError::io("open", error);
        disk.prepare(FILE, 0).map_err(io)?;
        // What a killed process left is made safe before anybody builds on it.
        disk.sync(FILE).map_err(io)?;
        let bytes = contents(&disk)?;
        let (mut at, mut head) = (0, None);
        let mut last = None;
        while let Ok((frame, len)) = Frame::decode(&bytes[at..]) {
            let expected = head.map_or(FrameNo(0), |head: FrameHead| head.no).next();
            if frame.no != expected || frame.prev_hash != head.map_or_else(Default::default, |head| head.hash) {
                break;
            }
            last = Some((at, head));
            head = Some(frame.head());
            at += len;
        }
        if bug == Some(Bug::ForgottenFrame) {
            (at, head) = last.unwrap_or((at, head));
        }
        let rest = &bytes[at..];
        let salvaged = if has_pen && !matches!(bug, Some(Bug::NoSalvage | Bug::ForgottenFrame)) {
            Frame::salvage(head, rest)
        } else {
            None
        };
        let whole = salvaged.as_ref().map_or(0, |(_, len)| *len);
        let torn = rest.len() > whole && rest[whole..].iter().any(|byte| *byte != 0);
        disk.truncate(FILE, (at + whole) as u64).map_err(io)?;
        if let Some((frame, _)) = salvaged {
            disk.write(FILE, &frame.closing(), (at + whole) as u64).map_err(io)?;
            head = Some(frame.head());
        }
        disk.sync(FILE).map_err(io)?;
        Ok(Self { disk, has_pen, torn, head })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        let end = self.disk.len(FILE).map_err(|error| JournalError::io("append a frame", error))?;
        self.disk.write(FILE, bytes, end).map_err(|error| JournalError::io("append a frame", error))
    }
}

fn contents(disk: &SimDisk) -> Result<Vec<u8>, JournalError> {
    let io = |error: std::io::Error| JournalError::io("read", error);
    let mut bytes = vec![0; usize::try_from(disk.len(FILE).map_err(io)?).unwrap_or(0)];
    disk.read(FILE, &mut bytes, 0).map_err(io)?;
    Ok(bytes)
}

impl Journal for FlatJournal {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        let expected = self.head.map_or(FrameNo(0), |head| head.no).next();
        if frame.no != expected {
            return Err(JournalError::OutOfOrder { expected, given: frame.no });
        }
        self.put(&frame.encode())?;
        self.head = Some(frame.head());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.disk.sync(FILE).map_err(|error| JournalError::io("sync", error))
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        let bytes = contents(&self.disk)?;
        let mut rest = bytes.as_slice();
        let mut expected = FrameNo(1);
        while !rest.is_empty() {
            let (frame, len) = match Frame::decode(rest) {
                Ok(found) => found,
                // A frame under way is the end.
                Err(FrameError::Short) if self.has_pen => break,
                Err(error) => return Err(JournalError::Corrupt { frame: expected, what: error.to_string() }),
            };
            rest = &rest[len..];
            expected = frame.no.next();
            if frame.no >= from && each(frame).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(self.head)
    }

    fn torn(&mut self) -> Result<bool, JournalError> {
        Ok(self.torn)
    }

    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        self.has_pen.then(|| Box::new(self.clone()) as Box<dyn Pen>)
    }
}

impl Pen for FlatJournal {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError> {
        self.put(piece.bytes)?;
        if let Some(head) = piece.seals {
            self.head = Some(head);
        }
        Ok(())
    }
}
