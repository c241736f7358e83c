//! Puts a plan into a provider's words: one file per dialect, each with the plain answer, the stream, and where usage goes.

pub(crate) mod anthropic;
pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod fault;
pub(crate) mod gemini;
pub(crate) mod models;
pub(crate) mod responses;

use crate::ask::Ask;
use crate::journal::{Dialect, ServedUsage, ToldUsage};
use crate::plan::Plan;
use crate::reel::Reel;
use crate::script::Telling;

/// All that a dialect needs to put an answer into words.
pub(crate) struct Answer<'a> {
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) plan: &'a Plan<'a>,
    /// Goes into every id of the answer; unique in a stand-in's life.
    pub(crate) id: u64,
    pub(crate) telling: Telling,
    pub(crate) created_s: u64,
    pub(crate) bytes_per_token: usize,
    pub(crate) tokens_per_event: u64,
}

impl Answer<'_> {
    /// Renders the whole answer.
    pub(crate) fn render(&self, reel: &mut Reel) {
        match (self.ask.dialect, self.ask.stream) {
            (Dialect::Messages, false) => anthropic::plain(self, reel),
            (Dialect::Messages, true) => anthropic::stream(self, reel),
            (Dialect::Chat, false) => chat::plain(self, reel),
            (Dialect::Chat, true) => chat::stream(self, reel),
            (Dialect::Responses, false) => responses::plain(self, reel),
            (Dialect::Responses, true) => responses::stream(self, reel),
            (Dialect::Embeddings, _) => embeddings::plain(self, reel),
            (Dialect::Gemini, false) => gemini::plain(self, reel),
            (Dialect::Gemini, true) => gemini::stream(self, reel),
        }
    }

    /// A plain body is a frame of its own.
    fn end_plain(&self, reel: &mut Reel) {
        reel.end_frame(self.plan.usage.output, self.plan.usage.thinking);
    }

    /// Bytes of text for that many tokens.
    fn bytes(&self, tokens: u64) -> usize {
        usize::try_from(tokens).unwrap_or_default() * self.bytes_per_token.max(1)
    }

    /// Cuts `tokens` into what one event carries: where each piece begins, and its length.
    fn pieces(&self, tokens: u64) -> impl Iterator<Item = (u64, u64)> + use<> {
        let step = self.tokens_per_event.max(1);
        (0..tokens.div_ceil(step)).map(move |piece| (piece * step, step.min(tokens - piece * step)))
    }
}

/// When a figure is told: a dialect may tell usage more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Early,
    Last,
}

/// Usage as it is put into an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The field is left out.
    Absent,
    /// The field is an empty object.
    Empty,
    Counts(ToldUsage),
}

impl Told {
    /// `truth` bent the way `telling` says.
    fn new(truth: ToldUsage, telling: Telling, moment: Moment) -> Self {
        let each = |change: fn(i64) -> i64| ToldUsage {
            input: change(truth.input),
            cache_read: change(truth.cache_read),
            cache_write: change(truth.cache_write),
            output: change(truth.output),
            thinking: change(truth.thinking),
        };
        match telling {
            Telling::None => Self::Absent,
            Telling::Empty => Self::Empty,
            Telling::Truth => Self::Counts(truth),
            Telling::Zero => Self::Counts(ToldUsage::default()),
            Telling::Negative => Self::Counts(each(i64::wrapping_neg)),
            Telling::Huge => Self::Counts(ToldUsage { output: i64::MAX, ..truth }),
            Telling::CacheAboveInput => {
                Self::Counts(ToldUsage { cache_read: truth.input.saturating_mul(2).saturating_add(1000), ..truth })
            }
            Telling::Decreasing => Self::Counts(match moment {
                Moment::Early => truth,
                Moment::Last => each(|count| count / 2),
            }),
        }
    }

    fn counts(self) -> Option<ToldUsage> {
        match self {
            Self::Counts(told) => Some(told),
            Self::Absent | Self::Empty => None,
        }
    }
}

/// Usage in OpenAI's terms: input includes the cache, output includes thinking.
fn inclusive(usage: &ServedUsage) -> ToldUsage {
    ToldUsage { input: signed(usage.input()), ..exclusive(usage) }
}

/// Usage in Anthropic's terms: input excludes the cache, output includes thinking.
fn exclusive(usage: &ServedUsage) -> ToldUsage {
    ToldUsage {
        input: signed(usage.input_uncached),
        cache_read: signed(usage.cache_read),
        cache_write: signed(usage.cache_write_short + usage.cache_write_long),
        output: signed(usage.output),
        thinking: signed(usage.thinking),
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies() {
        let truth = ToldUsage { input: 100, cache_read: 40, cache_write: 10, output: 30, thinking: 6 };
        let check = |telling, moment, expected: Option<[i64; 5]>| {
            let told = Told::new(truth, telling, moment).counts();
            let told = told.map(|told| [told.input, told.cache_read, told.cache_write, told.output, told.thinking]);
            assert_eq!(told, expected, "{telling:?}");
        };
        check(Telling::Truth, Moment::Last, Some([100, 40, 10, 30, 6]));
        check(Telling::None, Moment::Last, None);
        check(Telling::Empty, Moment::Last, None);
        check(Telling::Zero, Moment::Last, Some([0; 5]));
        check(Telling::Negative, Moment::Last, Some([-100, -40, -10, -30, -6]));
        check(Telling::Huge, Moment::Last, Some([100, 40, 10, i64::MAX, 6]));
        check(Telling::CacheAboveInput, Moment::Last, Some([100, 1200, 10, 30, 6]));
        check(Telling::Decreasing, Moment::Early, Some([100, 40, 10, 30, 6]));
        check(Telling::Decreasing, Moment::Last, Some([50, 20, 5, 15, 3]));
    }
}
