//! Journals with a bug on purpose, around a good one.

use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError, Pen, Piece};

use crate::bug::Bug;
use crate::dice::Dice;

/// A journal that mistreats what it is given.
pub(crate) struct BadJournal {
    inner: Box<dyn Journal>,
    state: Arc<Mutex<State>>,
}

struct BadPen {
    inner: Box<dyn Pen>,
    state: Arc<Mutex<State>>,
}

struct State {
    bug: Bug,
    dice: Dice,
    syncs: u64,
    /// Pieces that wait in the process.
    waiting: Vec<(Option<FrameNo>, Vec<u8>, Option<FrameHead>)>,
    frames: Vec<Frame>,
    /// For the sync to empty what waits.
    pen: Option<Box<dyn Pen>>,
}

impl BadJournal {
    /// Around a good one.
    pub(crate) fn around(inner: Box<dyn Journal>, bug: Bug, dice: Dice) -> Self {
        let state = State { bug, dice, syncs: 0, waiting: Vec::new(), frames: Vec::new(), pen: None };
        Self { inner, state: Arc::new(Mutex::new(state)) }
    }
}

impl State {
    /// How often the bytes are written, and which.
    fn mistreat(&mut self, bytes: &[u8]) -> (usize, Vec<u8>) {
        let mut bytes = bytes.to_vec();
        let times = match self.bug {
            Bug::DroppedWrite if self.dice.per_mille(25) => 0,
            Bug::DoubledWrite if self.dice.per_mille(33) => 2,
            Bug::SwappedBytes if self.dice.per_mille(33) && bytes.len() > 1 => {
                let at = self.dice.index(bytes.len() - 1);
                bytes.swap(at, at + 1);
                1
            }
            _ => 1,
        };
        (times, bytes)
    }
}

impl Journal for BadJournal {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        let mut state = self.state.lock();
        if state.bug == Bug::BufferedWrites {
            state.frames.push(frame.clone());
            return Ok(());
        }
        let (times, payload) = state.mistreat(&frame.payload);
        let frame = Frame { payload, ..frame.clone() };
        (0..times).try_for_each(|_| self.inner.append(&frame))
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        let mut state = self.state.lock();
        state.syncs += 1;
        for frame in std::mem::take(&mut state.frames) {
            self.inner.append(&frame)?;
        }
        let waiting = std::mem::take(&mut state.waiting);
        if let Some(pen) = &mut state.pen {
            for (begins, bytes, seals) in &waiting {
                pen.write(Piece { begins: *begins, bytes, seals: *seals })?;
            }
        }
        match state.bug {
            Bug::NoSync => Ok(()),
            Bug::SometimesNoSync if state.syncs.is_multiple_of(5) => Ok(()),
            _ => {
                drop(state);
                self.inner.sync()
            }
        }
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        self.inner.read(from, each)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        self.inner.head()
    }

    fn torn(&mut self) -> Result<bool, JournalError> {
        self.inner.torn()
    }

    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        let inner = self.inner.pen()?;
        self.state.lock().pen = self.inner.pen();
        Some(Box::new(BadPen { inner, state: Arc::clone(&self.state) }))
    }
}

impl Pen for BadPen {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError> {
        let mut state = self.state.lock();
        if state.bug == Bug::BufferedWrites {
            state.waiting.push((piece.begins, piece.bytes.to_vec(), piece.seals));
            return Ok(());
        }
        let (times, bytes) = state.mistreat(piece.bytes);
        (0..times).try_for_each(|_| self.inner.write(Piece { bytes: &bytes, ..piece }))
    }
}
