//! What events say.

use crate::dialect::Dialect;
use crate::usage::{Answer, Said};

use super::Verdict;
use super::pattern::Patterns;
use super::sse::{self, Data};

/// Reads the events of one stream.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) answer: Answer,
    pub(crate) strip_usage: bool,
    pub(super) events: u64,
    pub(super) unread: u64,
    /// Elements of an array stand bare.
    in_array: bool,
    pub(super) patterns: Patterns,
}

impl Reader {
    pub(super) fn new(dialect: Dialect, strip_usage: bool, in_array: bool) -> Self {
        let patterns = Patterns::default();
        Self { answer: Answer::new(dialect), strip_usage, events: 0, unread: 0, in_array, patterns }
    }

    /// Takes in the whole event that `bytes` start with, if it is like one before and therefore handed on; its length.
    pub(super) fn like_before(&mut self, bytes: &[u8]) -> Option<usize> {
        let len = self.patterns.take(bytes, &mut self.answer)?;
        self.events = self.events.saturating_add(1);
        Some(len)
    }

    /// An event that came in pieces.
    pub(super) fn joined(&mut self, event: &[u8]) -> Verdict {
        match self.like_before(event) {
            Some(_) => Verdict::Pass,
            None => self.event(event),
        }
    }

    /// An event as it stands in the stream.
    pub(super) fn event(&mut self, event: &[u8]) -> Verdict {
        if self.in_array {
            // Brackets, commas and space before the element are not part of it.
            return match memchr::memchr(b'{', event) {
                Some(at) => self.data(event.get(at..).unwrap_or_default(), Some((event, at))),
                // The bracket that closes the array has no element before it.
                None => Verdict::Pass,
            };
        }
        match sse::data(event) {
            Data::None => Verdict::Pass,
            Data::Line(at) => self.data(event.get(at.clone()).unwrap_or_default(), Some((event, at.start))),
            Data::Lines(joined) => self.data(&joined, None),
        }
    }

    /// The data of an event; `whole` is the event and where in it the data stands, where it stands there in one piece.
    fn data(&mut self, data: &[u8], whole: Option<(&[u8], usize)>) -> Verdict {
        self.events = self.events.saturating_add(1);
        if data.trim_ascii() == b"[DONE]" {
            self.answer.common_mut().complete = true;
            return Verdict::Pass;
        }
        let spots = std::mem::take(&mut self.patterns.spots);
        let (read, spots) = self.answer.read_event(data, spots);
        self.patterns.spots = spots;
        if read.is_err() {
            self.unread = self.unread.saturating_add(1);
        }
        let said = read.unwrap_or(Said::More);
        let (event, at) = whole.unwrap_or_default();
        self.patterns.learn(said, event, at);
        match &self.answer {
            Answer::Chat(chat) if self.strip_usage && chat.is_usage_chunk => Verdict::Drop,
            _ => Verdict::Pass,
        }
    }
}
