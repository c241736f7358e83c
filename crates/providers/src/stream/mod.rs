//! Metering an answer while it streams by, without re-encoding it.
//!
//! Bytes are handed on in whole events, as slices of the chunks they came in. An event that arrives in pieces is held
//! until it is whole; that costs no time, because a client cannot use half an event either, and it means that a stream
//! can be ended in good order after any chunk.

mod array;
mod held;
mod pattern;
mod reader;
mod sse;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::ids::ProviderId;
use crate::usage::{Metered, UsageProblem};

use array::Elements;
use held::Run;
use reader::Reader;
use sse::Lines;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is handed on.
    Pass,
    /// The client did not ask for it.
    Drop,
}

/// How a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of output seen: text, thinking, tool arguments, decoded.
    pub visible_bytes: u64,
    /// Events seen.
    pub events: u64,
    /// Events that could not be read; they were handed on all the same.
    pub unread: u64,
    /// The provider's own end of the stream was seen.
    pub complete: bool,
    /// The provider reported an error in the stream.
    pub errored: bool,
    /// A tool call is being written at this moment.
    pub tool_call_open: bool,
}

/// Reads one streamed answer. Bytes go in by [`feed`](Self::feed) however the network cut them, and come out as they
/// were (less a usage chunk that the client did not ask for).
#[derive(Debug)]
pub struct StreamMeter {
    pub(crate) dialect: Dialect,
    pub(crate) reader: Reader,
    framing: Framing,
    /// The closing frames are out: nothing follows them.
    ended: bool,
}

#[derive(Debug)]
enum Framing {
    Events(Lines),
    Array(Elements),
}

impl StreamMeter {
    /// For an answer in `dialect`. `strip_usage`: the gateway asked for usage on the client's behalf, so take the
    /// extra chunk out (chat alone).
    pub fn new(dialect: Dialect, strip_usage: bool) -> Self {
        let in_array = matches!(dialect, Dialect::GeminiGenerate { sse: false, .. });
        let framing = if in_array { Framing::Array(Elements::default()) } else { Framing::Events(Lines::default()) };
        let reader = Reader::new(dialect, strip_usage, in_array);
        Self { dialect, reader, framing, ended: false }
    }

    /// Takes `chunk` in and appends to `out` what is to be passed on now: every event that is whole, as slices of the
    /// chunks given, as few as there can be.
    pub fn feed(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        if self.ended {
            return;
        }
        let run = Run::new(chunk, out);
        match &mut self.framing {
            Framing::Events(lines) => lines.feed(chunk, run, &mut self.reader),
            Framing::Array(elements) => elements.feed(chunk, run, &mut self.reader),
        }
    }

    /// The provider closed the stream: reads what is left and appends what was kept back.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) {
        if self.ended {
            return;
        }
        let reader = &mut self.reader;
        match &mut self.framing {
            Framing::Events(lines) => {
                // The last event may lack the blank line after it.
                let last = lines.held.joined();
                if lines.held.torn || last.is_empty() || reader.event(&last) == Verdict::Pass {
                    lines.held.flush(out);
                }
            }
            Framing::Array(elements) => elements.held.flush(out),
        }
        self.ended = true;
    }

    /// How the stream stands.
    pub fn progress(&self) -> Progress {
        let common = self.reader.answer.common();
        Progress {
            visible_bytes: common.visible_bytes,
            events: self.reader.events,
            unread: self.reader.unread,
            complete: common.complete,
            errored: common.errored,
            tool_call_open: common.tool_call_open,
        }
    }

    /// The provider's own end of the stream was seen (`message_stop`, `[DONE]`, `response.completed`…).
    pub fn is_complete(&self) -> bool {
        self.reader.answer.common().complete
    }

    /// What has been used so far, or in the end: see [`Metered::stage`].
    ///
    /// # Errors
    /// [`UsageProblem::Missing`] until the first count, and for good where none came.
    pub fn metered(&self) -> Result<Metered, UsageProblem> {
        self.reader.answer.metered()
    }

    /// Ids that the answer says were made at the provider.
    pub fn ids(&self) -> &[ProviderId] {
        self.reader.answer.ids()
    }

    /// The format.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Nothing is to be passed on any more. What was held is thrown away; says how the stream was left.
    pub(crate) fn stop(&mut self) -> Left {
        let left = match &self.framing {
            _ if self.ended => Left::Ended,
            Framing::Events(lines) if lines.held.torn => Left::MidEvent,
            Framing::Events(_) => Left::BetweenEvents,
            Framing::Array(elements) if elements.closed || elements.held.torn => Left::Ended,
            Framing::Array(elements) => Left::InArray { any: elements.any },
        };
        self.ended = true;
        left
    }
}

/// How a stream was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing can follow.
    Ended,
    /// Events can follow.
    BetweenEvents,
    /// Part of an event is out, because it was too large to be held.
    MidEvent,
    /// Elements of an array can follow.
    InArray {
        /// An element went before.
        any: bool,
    },
}
