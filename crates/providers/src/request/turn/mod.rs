//! What a turn is: whether a human being spoke last, and what the agent did last and saw.
//!
//! **Model.** An agent's request repeats the whole conversation, so a hash of the request never repeats; what the agent
//! does over and over stands at its end. [`RequestFacts::read`] goes from the first thing said to the last one, and keeps
//! where the pieces stand that are of the last answer's calls and of what was said since ([`Last`]): each answer makes it
//! forget the ones before. [`RequestFacts::turn`] then looks at those few pieces.
//!
//! **Owns** what counts as said by a human being, and which bytes of a call and its result take part in the hash.
//!
//! **Does not own** what follows from either (`core::breaker`).
//!
//! Read in requests of Claude Code 2.1.330, Codex 0.169.0 and Gemini CLI 0.61.0; the tests hold some of each.

mod last;
mod said;
mod work;

use foldhash::SharedSeed;

pub(crate) use self::last::Last;
pub(super) use self::last::{Piece, Span, Who};
use self::work::Work;
use super::RequestFacts;
use crate::dialect::Dialect;
use crate::json::Read;

/// What a request says about the turn that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The last thing said is a human being's: no result of a tool, and no text that a client puts in by itself
    /// (reminders, surroundings, the request for a summary, the summary). A side call of Claude Code (titles, quota) is
    /// nobody's. What a sub-agent is told first looks like a human being's words; its headers tell that it is one.
    pub human: bool,
    /// A keyed hash of the last tool calls and of their results, equal where the agent did the same again and saw the
    /// same. Ids, marks for caching and what clients measure about a result (its time, the number of its process) take
    /// no part; that arguments are written with other space between them, does. Calls of one answer are hashed together;
    /// in which order their results came says nothing. `None` where no results stand at the end of the request, where
    /// there are more than 255 calls and results, and where the calls are not in the body
    /// (`previous_response_id`).
    pub work: Option<u64>,
}

/// From so many calls, results and texts on since the last answer, there is no work.
const PIECES_MAX: usize = 256;

/// The key of [`Turn::work`]: random, for one process, written down nowhere. Hashes by different keys say nothing about
/// each other.
#[derive(Clone, Debug)]
pub struct WorkKey {
    shared: SharedSeed,
    own: u64,
}

impl WorkKey {
    /// A key made of a random number.
    pub const fn new(random: u64) -> Self {
        Self { shared: SharedSeed::from_u64(random), own: random }
    }
}

impl RequestFacts {
    /// What the request says about the turn that it is. `body` is what these facts were read from; of a body of another
    /// length, and of one that can't be understood, nothing is said.
    ///
    /// Takes time in proportion to the last calls and their results, not to the body.
    pub fn turn(&self, body: &[u8], key: &WorkKey) -> Turn {
        let same = u64::try_from(body.len()).is_ok_and(|len| len == self.body_bytes);
        if !same || self.is_side_call() {
            return Turn::default();
        }
        self.hear(body, key).unwrap_or_default()
    }

    fn hear(&self, body: &[u8], key: &WorkKey) -> Read<Turn> {
        let (mut human, mut calls, mut results) = (false, false, false);
        let mut work = Work::new(key);
        for piece in self.places.last.pieces() {
            match piece {
                Piece::Call { name, arguments } => {
                    calls = true;
                    work.call(name.of(body), arguments.of(body));
                }
                Piece::Result { content, failed } => {
                    // What was said before a result is not what was said last.
                    (results, human) = (true, false);
                    if calls {
                        work.result(body, *content, *failed)?;
                    }
                }
                Piece::Said(text) => human = human || said::by_person(body, *text)?,
                Piece::Shown => human = true,
            }
        }
        let known = calls && results && !self.places.last.is_full();
        Ok(Turn { human, work: known.then(|| work.sum()) })
    }

    /// Claude Code asks for titles, topics and its quota beside the conversation: as itself, and with no tools at hand.
    fn is_side_call(&self) -> bool {
        self.dialect == Dialect::AnthropicMessages && self.tools == 0 && self.session.is_some()
    }
}
