//! How much a request may use: true upper bounds from bytes and documented figures, and plain estimates.
//!
//! A token of most tokenizers covers at least one byte, so the bytes of a body, JSON syntax and all, bound the tokens of
//! its text once three things are allowed for: normalisation of non-ASCII text, tokens that stand for no byte, and JSON
//! that is written anew on its way into the prompt. The table has a factor for each, and `tests/bounds` holds the bound
//! against real tokenizers. What the body does not contain is bounded by the model's context window, because no single
//! pass can take in more; hosted tools make several passes.

mod table;

use crate::dialect::{Dialect, Family};
use crate::request::{Hosted, HostedKind, Media, MediaKind, RequestFacts};

pub(crate) use table::schema_tokens;
use table::{Image, ROWS, Row};

/// The least output that is of use to anybody, in tokens.
pub const USEFUL_OUTPUT: u64 = 4_096;

/// Figures for one model: a row of the table in `bound/table.rs`, where each has its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundRules {
    /// The model's context window in tokens: no single pass can take in more.
    pub window: u64,
    row: &'static Row,
}

impl BoundRules {
    /// The rules for `model`. `window` is the model's context window as the price book knows it; without one the
    /// largest of the family is taken.
    pub fn of(dialect: Dialect, model: &str, window: Option<u64>) -> Self {
        let row = row(dialect.family(), model);
        Self { window: window.unwrap_or(row.window), row }
    }
}

fn row(family: Family, model: &str) -> &'static Row {
    let model = model.strip_prefix("ft:").unwrap_or(model);
    let fits = |row: &&Row| row.family == family && row.names.fit(model);
    // The table ends in a row for every model of its family, which a test holds.
    const { &ROWS }.iter().find(fits).unwrap_or(const { &ROWS[0] })
}

/// What made a bound large or uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// Bytes of text.
    Text,
    /// Images in the body.
    Media,
    /// Something that is not in the body or cannot be measured there: the window is the bound.
    Outside,
    /// A hosted tool that loops: the window times the passes.
    Loop,
    /// A hosted tool whose passes nobody documents.
    UndocumentedLoop,
}

/// An upper bound of what a request may take in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputBound {
    /// Input tokens of all passes together.
    pub tokens: u64,
    /// The largest prompt of a single pass, against which long-context prices are tested.
    pub prompt_max: u64,
    /// Documented figures make this a true upper bound. Where not, `strict` refuses.
    pub certain: bool,
    /// What decided the figure.
    pub why: Because,
    /// Passes of the model over its context; 1 without hosted tools.
    pub passes: u64,
    /// The most hosted web searches.
    pub web_search_calls: u64,
    /// The most hosted file searches.
    pub file_search_calls: u64,
    /// The most hosted code containers.
    pub code_calls: u64,
    /// Calls on other models (advisors, fallbacks), each to be bounded by that model's own window and output.
    pub others: Vec<Hosted>,
    /// Setting [`Edits::tool_calls_max`](crate::Edits::tool_calls_max) would make an uncertain bound certain. Compute it
    /// anew then, from [`RequestFacts::with_tool_calls_max`].
    pub tool_calls_can_be_limited: bool,
}

/// The bound of a request's input.
pub fn input_bound(facts: &RequestFacts, rules: &BoundRules) -> InputBound {
    let (prompt, mut why) = single_pass(facts, rules);
    let loops = Loops::of(facts, rules);
    let looped = loops.passes > 1;
    let prompt_max = if looped || loops.pulls_in { rules.window } else { prompt };
    if looped || loops.pulls_in {
        why = Because::Loop;
    }
    if !loops.certain {
        why = Because::UndocumentedLoop;
    }
    InputBound {
        tokens: prompt_max.saturating_mul(loops.passes),
        prompt_max,
        certain: loops.certain,
        why,
        passes: loops.passes,
        web_search_calls: loops.calls(facts, HostedKind::WebSearch),
        file_search_calls: loops.calls(facts, HostedKind::FileSearch),
        code_calls: count(facts, HostedKind::Code),
        others: facts.hosted.iter().filter(|hosted| runs_elsewhere(hosted)).cloned().collect(),
        tool_calls_can_be_limited: loops.can_be_limited,
    }
}

/// The prompt as the request gives it, and what decided its size.
fn single_pass(facts: &RequestFacts, rules: &BoundRules) -> (u64, Because) {
    let row = rules.row;
    if !facts.outside.is_empty() {
        return (rules.window, Because::Outside);
    }
    let text = text_bound(facts, row);
    let mut media: u64 = 0;
    for one in &facts.media {
        let Some(tokens) = image_bound(one, row.image) else { return (rules.window, Because::Outside) };
        media = media.saturating_add(tokens);
    }
    let why = if media > text { Because::Media } else { Because::Text };
    (text.saturating_add(media).min(rules.window), why)
}

fn text_bound(facts: &RequestFacts, row: &Row) -> u64 {
    let wide = facts.wide_bytes.saturating_mul(row.per_wide_byte.saturating_sub(1));
    let escaped = facts.markup_bytes.saturating_mul(row.per_markup_byte.saturating_sub(1));
    let tools_prompt = if facts.tools > 0 { row.tools_prompt } else { 0 };
    [
        facts.text_bytes.saturating_mul(row.per_100_bytes).div_ceil(100),
        wide,
        escaped,
        // Each bracket, comma and colon may be written anew with one more run of space, which is one token.
        facts.structure,
        facts.schema_tokens,
        row.per_call,
        row.per_message.saturating_mul(facts.messages),
        row.per_tool.saturating_mul(facts.tools),
        tools_prompt,
    ]
    .iter()
    .fold(0, |sum, part| sum.saturating_add(*part))
}

/// The most tokens of one medium; `None` where only the window bounds it: PDFs (compressed text and a picture of each
/// page), recordings (silence compresses to nothing), anything not in the body.
fn image_bound(media: &Media, image: Image) -> Option<u64> {
    if media.kind != MediaKind::Image {
        return None;
    }
    let pixels = media.pixels.map(|(width, height)| (u64::from(width), u64::from(height)));
    match (image, pixels) {
        (Image::AtMost(tokens), _) => Some(tokens),
        (Image::Patches { side, hundredths, floor }, Some((width, height))) => {
            let patches = width.div_ceil(side).saturating_mul(height.div_ceil(side));
            Some(patches.saturating_mul(hundredths).div_ceil(100).max(floor))
        }
        (Image::Tiles { per_tile, side_min, side_max, floor }, Some((width, height))) => {
            let two_thirds = width.min(height).saturating_mul(2).div_euclid(3);
            let side = two_thirds.clamp(side_min, side_max);
            let tiles = width.div_ceil(side).saturating_mul(height.div_ceil(side));
            Some(tiles.saturating_mul(per_tile).max(floor))
        }
        (Image::Patches { .. } | Image::Tiles { .. }, None) | (Image::Unknown, _) => None,
    }
}

fn runs_elsewhere(hosted: &Hosted) -> bool {
    matches!(hosted.kind, HostedKind::Advisor | HostedKind::Fallback)
}

fn count(facts: &RequestFacts, kind: HostedKind) -> u64 {
    let found = facts.hosted.iter().filter(|hosted| hosted.kind == kind).count();
    u64::try_from(found).unwrap_or(u64::MAX)
}

/// How often the model is run over its context.
struct Loops {
    passes: u64,
    certain: bool,
    /// Text comes in that the body does not show, though in a single pass.
    pulls_in: bool,
    can_be_limited: bool,
}

impl Loops {
    fn of(facts: &RequestFacts, rules: &BoundRules) -> Self {
        match facts.dialect {
            _ if facts.hosted.is_empty() => Self { passes: 1, certain: true, pulls_in: false, can_be_limited: false },
            Dialect::AnthropicMessages => Self::of_anthropic(facts, rules),
            Dialect::OpenAiResponses => Self::of_responses(facts),
            // A search model searches once, before it answers; other models may be tried one after the other.
            Dialect::OpenAiChat => Self {
                passes: 1,
                certain: facts.hosted.iter().all(|hosted| match hosted.kind {
                    HostedKind::WebSearch => true,
                    HostedKind::Fallback => hosted.model.is_some(),
                    _ => false,
                }),
                pulls_in: true,
                can_be_limited: false,
            },
            Dialect::OpenAiEmbeddings | Dialect::GeminiGenerate { .. } => {
                Self { passes: 1, certain: false, pulls_in: true, can_be_limited: false }
            }
        }
    }

    fn of_anthropic(facts: &RequestFacts, rules: &BoundRules) -> Self {
        let mut uses: Option<u64> = Some(0);
        let mut certain = true;
        for hosted in facts.hosted.iter().filter(|hosted| !is_pass_of_its_own(hosted.kind)) {
            uses = uses.zip(hosted.uses_max).map(|(sum, more)| sum.saturating_add(more));
            certain &= match hosted.kind {
                // Billed by the call or by another model: without a number of uses there is no bound.
                HostedKind::WebSearch => hosted.uses_max.is_some(),
                HostedKind::Advisor => hosted.uses_max.is_some() && hosted.model.is_some(),
                HostedKind::WebFetch | HostedKind::Code | HostedKind::ToolSearch | HostedKind::Mcp => true,
                _ => false,
            };
        }
        let loop_passes = rules.row.loop_passes.unwrap_or(1);
        // Every pass but the last ends in at least one use.
        let mut passes = uses.map_or(loop_passes, |uses| uses.saturating_add(1).min(loop_passes));
        if facts.asks_for(HostedKind::Compaction) {
            passes = passes.saturating_mul(2);
        }
        for hosted in facts.hosted.iter().filter(|hosted| hosted.kind == HostedKind::Fallback) {
            certain &= hosted.model.is_some();
        }
        Self { passes, certain, pulls_in: false, can_be_limited: false }
    }

    fn of_responses(facts: &RequestFacts) -> Self {
        let limited = |hosted: &Hosted| {
            matches!(hosted.kind, HostedKind::WebSearch | HostedKind::FileSearch | HostedKind::Code)
                || hosted.kind == HostedKind::Compaction && hosted.uses_max == Some(1)
        };
        let compactions = facts.hosted.iter().filter(|hosted| hosted.kind == HostedKind::Compaction).count();
        let only_compaction = compactions == facts.hosted.len();
        let limits_help = facts.hosted.iter().all(limited);
        let calls = if only_compaction { Some(0) } else { facts.tool_calls_max };
        let passes = calls.unwrap_or(1).saturating_add(1).saturating_add(u64::try_from(compactions).unwrap_or(0));
        Self {
            passes,
            certain: limits_help && calls.is_some(),
            pulls_in: true,
            can_be_limited: limits_help && calls.is_none(),
        }
    }

    /// The most calls of a hosted tool that is billed by the call.
    fn calls(&self, facts: &RequestFacts, kind: HostedKind) -> u64 {
        let mut of_kind = facts.hosted.iter().filter(|hosted| hosted.kind == kind).peekable();
        if of_kind.peek().is_none() {
            return 0;
        }
        let unbounded = facts.tool_calls_max.unwrap_or(self.passes);
        of_kind.fold(0, |sum: u64, hosted| sum.saturating_add(hosted.uses_max.unwrap_or(unbounded)))
    }
}

/// Kinds that add passes by rules of their own.
fn is_pass_of_its_own(kind: HostedKind) -> bool {
    matches!(kind, HostedKind::Compaction | HostedKind::Fallback)
}

/// The bound of a request's output when each answer may be `output_max` tokens long: all answers, predicted output,
/// and passes whose output is billed apart.
pub fn output_bound(facts: &RequestFacts, rules: &BoundRules, output_max: u64) -> u64 {
    let passes = if rules.row.output_max_is_total { 1 } else { Loops::of(facts, rules).passes };
    let answers = output_max.saturating_mul(facts.candidates).saturating_mul(passes);
    answers.saturating_add(facts.prediction_bytes)
}

/// The smallest output maximum to which a request may be clamped: `floor` (usually [`USEFUL_OUTPUT`]) beyond a
/// thinking budget, but never more than the request itself asks for.
pub fn least_output(facts: &RequestFacts, floor: u64) -> u64 {
    let useful = floor.saturating_add(facts.thinking_budget.unwrap_or(0));
    facts.output_max().map_or(useful, |own| own.min(useful))
}

/// A plain guess of a request's input tokens, neither bound nor bill.
pub fn estimate_input(facts: &RequestFacts) -> u64 {
    let row = row(facts.dialect.family(), &facts.model);
    let text = facts.text_bytes.saturating_mul(100).div_ceil(row.bytes_per_100_tokens.max(1));
    let media = facts.media.iter().fold(0_u64, |sum, media| {
        // A medium whose size cannot be told is guessed as an image of the usual size.
        sum.saturating_add(image_bound(media, row.image).unwrap_or(1_600).min(4_784))
    });
    text.saturating_add(media).saturating_add(facts.schema_tokens)
}

/// A plain guess of the tokens behind `visible_bytes` of output; at least one if there are any.
pub fn estimate_output(dialect: Dialect, visible_bytes: u64) -> u64 {
    let row = row(dialect.family(), "");
    visible_bytes.saturating_mul(100).div_ceil(row.bytes_per_100_tokens.max(1))
}

#[cfg(test)]
mod tests {
    use super::table::Names;
    use super::{ROWS, row};
    use crate::dialect::Family;

    #[test]
    fn the_table_has_a_row_for_every_model() {
        for family in [Family::Anthropic, Family::OpenAi, Family::Gemini] {
            assert!(ROWS.iter().any(|row| row.family == family && row.names == Names::Others));
            assert_eq!(row(family, "some-model").family, family);
        }
        assert_eq!(row(Family::OpenAi, "ft:gpt-4o-mini:x").window, 128_000);
    }

    /// The tokenizer of a later version is not that of an earlier one, so the widest factors count until it is known.
    #[test]
    fn a_later_version_does_not_come_under_an_earlier_ones_row() {
        let check = |model: &str, per_100_bytes: u64, per_wide_byte: u64| {
            let row = row(Family::Anthropic, model);
            assert_eq!((row.per_100_bytes, row.per_wide_byte), (per_100_bytes, per_wide_byte), "{model}");
        };
        for model in ["claude-2.1", "claude-instant-1.2"] {
            check(model, 100, 11);
        }
        for model in
            ["claude-3-5-sonnet-latest", "claude-sonnet-4-20250514", "claude-opus-4-6", "claude-opus-4-5@20251101"]
        {
            check(model, 134, 4);
        }
        for model in ["claude-opus-4-7", "claude-opus-5-20260901", "claude-sonnet-5"] {
            check(model, 167, 4);
        }
        for model in
            ["claude-opus-5-5", "claude-opus-4-70", "claude-sonnet-4-60", "us.anthropic.claude-opus-4-6-v1:0", ""]
        {
            check(model, 167, 11);
        }
    }
}
