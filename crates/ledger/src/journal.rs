//! The one commit point.

use std::ops::ControlFlow;

use crate::frame::{Frame, FrameHead};
use crate::number::FrameNo;

/// Where frames go. One writer; implementations live in `store`, and [`crate::MemoryJournal`] here for tests.
///
/// The bytes of a frame are [`Frame::encode`]'s, whatever the implementation, so that journals can be compared and
/// copied byte by byte.
///
/// **What an implementation owes.** After the process died, [`read`](Self::read) gives every frame for which `append`
/// returned; after the machine died, every frame for which a later `sync` returned, and of the others a prefix. An end
/// that is no whole frame is cut and reported by [`torn`](Self::torn); a bad frame with a good one behind it is
/// [`JournalError::Corrupt`].
pub trait Journal: Send {
    /// Frame is handed to the operating system: survives the death of this process. Frames come in order, each once;
    /// another number than the head's next is [`JournalError::OutOfOrder`].
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError>;

    /// Everything appended is on disk. An error is final: the caller stops, never retries, because after a failed
    /// flush the operating system may count the lost pages as clean.
    fn sync(&mut self) -> Result<(), JournalError>;

    /// Frames from `from` on, in order, until `each` breaks. Frame numbers start at 1; a `from` of 0 is 1.
    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError>;

    /// The last frame; `None` in an empty journal.
    fn head(&mut self) -> Result<Option<FrameHead>, JournalError>;

    /// Did this journal end, when it was opened, in bytes that are no whole frame? Then frames may be missing although
    /// the machine did not restart, and recovery treats it as if it had. A journal that cannot tear (a transactional
    /// database) keeps the default.
    fn torn(&mut self) -> Result<bool, JournalError> {
        Ok(false)
    }

    /// A way to write frames in pieces, from whichever thread needs a record written; asked for once. `None`: this
    /// journal takes whole frames only, by [`append`](Self::append), from the committing thread.
    ///
    /// With a pen, `append` is not called. The committing thread calls [`sync`](Self::sync) while others write.
    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        None
    }
}

/// Writes frames before they are complete.
///
/// A hold must be with the operating system before its call goes out. Handing it to another thread costs two wake-ups
/// a call, more than everything else the ledger does; so whoever needs it written writes it, with all that waits.
///
/// **What an implementation owes.** The pieces of a frame, put together, are [`Frame::encode`]'s bytes. Once `write`
/// returned, the piece survives the death of this process: the next start finds its whole records, sealed into a frame
/// if they were not ([`Frame::salvage`]). A frame is sealed only after a `sync` covered the one before it, so after a
/// power cut at most the last sealed frame is damaged; a damaged frame with a whole one behind it is therefore
/// [`JournalError::Corrupt`], as ever.
pub trait Pen: Send {
    /// Hands the next piece to the operating system. An error is final, as for `sync`.
    fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError>;
}

/// Some consecutive bytes of a frame, cut between records.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The number of the frame, when these are its first bytes.
    pub begins: Option<FrameNo>,
    /// The bytes, never none.
    pub bytes: &'a [u8],
    /// What the frame is, when these are its last bytes.
    pub seals: Option<FrameHead>,
}

/// Why a journal could not do what it promises.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk, the file or the database under it said no.
    #[error("the journal cannot {action}")]
    Io {
        /// What was attempted: "append a frame", "sync", "read".
        action: &'static str,
        /// What was answered.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A frame is damaged, and it is not just an unfinished end.
    #[error("frame {frame} of the journal is damaged: {what}")]
    Corrupt {
        /// The first frame that is not what was written.
        frame: FrameNo,
        /// What is wrong, for people.
        what: String,
    },
    /// A frame was appended that does not follow the head. A breach of the single-writer rule.
    #[error("frame {given} was appended where frame {expected} must follow")]
    OutOfOrder {
        /// The number that must follow.
        expected: FrameNo,
        /// The number given.
        given: FrameNo,
    },
}

impl JournalError {
    /// Wraps what the disk or database answered.
    pub fn io(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Io { action, source: source.into() }
    }
}

/// Told about every frame once it is on disk, in order, from the committing thread. Must be quick: the next commit
/// waits for it. (A projector takes the frame and returns.)
pub trait FrameObserver: Send {
    /// The frame is synced.
    fn durable(&mut self, frame: &std::sync::Arc<Frame>);
}
