//! The figures, each with where it comes from. Change them here, never in code.
//!
//! "Documented" means the provider's own page said so in November 2026.

use crate::dialect::Family;

/// Figures of one family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) family: Family,
    pub(super) names: Names,
    /// The largest context window among them, in tokens.
    pub(super) window: u64,
    /// The most tokens that 100 bytes of the body can become; above 100 where the tokenizer has tokens that stand for
    /// no byte (marks of word ends and capitals), or where text is written anew with more space in it.
    pub(super) per_100_bytes: u64,
    /// The most tokens that one UTF-8 byte of non-ASCII text can become, by normalisation or by being written anew.
    pub(super) per_wide_byte: u64,
    /// The most tokens that one of `<`, `>`, `&` and `'` can become: some servers write JSON anew and escape them.
    pub(super) per_markup_byte: u64,
    /// Tokens around the whole conversation: start marks, hidden system text.
    pub(super) per_call: u64,
    /// Tokens around each message beyond its own JSON syntax.
    pub(super) per_message: u64,
    /// Tokens around each tool beyond its own JSON syntax.
    pub(super) per_tool: u64,
    /// Hidden instructions added once when there are tools.
    pub(super) tools_prompt: u64,
    /// How images become tokens.
    pub(super) image: Image,
    /// Sampling passes of one request with hosted tools, where documented.
    pub(super) loop_passes: Option<u64>,
    /// The output maximum holds for the whole request, all passes together.
    pub(super) output_max_is_total: bool,
    /// Bytes of plain text in 100 tokens, for estimates alone.
    pub(super) bytes_per_100_tokens: u64,
}

/// Which models of a family a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Every model that no earlier row is for.
    Others,
    /// Names that start with one of these.
    Starting(&'static [&'static str]),
    /// One of these names and no later version of it: alone, with a date behind it, or as `-latest`.
    Exactly(&'static [&'static str]),
}

impl Names {
    pub(super) fn fit(self, model: &str) -> bool {
        let is_dated =
            |rest: &str| rest.is_empty() || ["-20", "@20", "-latest"].iter().any(|date| rest.starts_with(date));
        match self {
            Self::Others => true,
            Self::Starting(starts) => starts.iter().any(|start| begins(model, start)),
            Self::Exactly(names) => {
                names.iter().any(|name| begins(model, name) && model.strip_prefix(name).is_some_and(is_dated))
            }
        }
    }
}

/// As `starts_with`, the last byte first: names of one family differ at their ends.
fn begins(model: &str, start: &str) -> bool {
    let last = start.len().wrapping_sub(1);
    model.as_bytes().get(last) == start.as_bytes().get(last) && model.starts_with(start)
}

/// How an image becomes tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// At most this many, whatever its size.
    AtMost(u64),
    /// The larger of a floor and so many per square patch. The factor is `hundredths`/100.
    Patches { side: u64, hundredths: u64, floor: u64 },
    /// The larger of a floor and so many per tile; a tile's side is two thirds of the shorter side, within bounds.
    Tiles { per_tile: u64, side_min: u64, side_max: u64, floor: u64 },
    /// Nobody says: the window is the bound.
    Unknown,
}

/// Escaped as `\u003c`, one byte becomes six.
const ESCAPED: u64 = 6;

/// What all of Anthropic's models have in common; the rows change what is known of their tokenizers.
const ANTHROPIC: Row = Row {
    family: Family::Anthropic,
    names: Names::Others,
    // Documented: 1M tokens is the largest window of any Claude model.
    window: 1_000_000,
    // The widest of the rows below: nobody has published or measured the tokenizers of the models that come here.
    per_100_bytes: 167,
    per_wide_byte: 11,
    // Tool schemas and arguments have not been seen to be escaped.
    per_markup_byte: 1,
    // Documented: tokens the system adds by itself are not billed; the package `ctok` 1.3.0 measured at most 11 around a
    // request of one message. An output format adds hidden instructions ("slightly more") whose size nobody documents.
    per_call: 512,
    per_message: 16,
    per_tool: 32,
    // Documented table of hidden tool instructions: 804 is the largest entry (Opus 4.7, `any` and `tool`).
    tools_prompt: 804,
    // Documented: 4,784 tokens is the most for one image on high-resolution models (Opus 4.7 and later).
    image: Image::AtMost(4_784),
    // Documented with `pause_turn`: the server-side loop stops after 10 iterations by default.
    loop_passes: Some(10),
    // Not documented, so each pass is taken to have its own.
    output_max_is_total: false,
    // Measured on English prose and code with tokenizers since Opus 4.7.
    bytes_per_100_tokens: 310,
};

/// Claude 3 to Opus 4.6, one tokenizer.
const CLAUDE_3: Row = Row {
    // The tokenizer that `ctok` 1.3.0 rebuilt from 2.3 million counts of the provider marks word ends and capitals. At
    // worst (`Zz!Zz!`, found by trying all words of two letters) 3 bytes are 4 tokens.
    per_100_bytes: 134,
    // Normalised to NFC, under which UTF-8 grows at most 3-fold; the worst, found by trying all of Unicode,
    // is U+023E, which its marks and a separator bring to 3.4 a byte.
    per_wide_byte: 4,
    // Documented: 589 is the largest entry among these (Opus 4.6 and Sonnet 4.6, `any` and `tool`).
    tools_prompt: 589,
    // Documented: 1,568 tokens is the most for one image on models before Opus 4.7; about 1,600 in earlier words.
    image: Image::AtMost(1_600),
    bytes_per_100_tokens: 360,
    ..ANTHROPIC
};

/// The first row that fits decides.
pub(super) const ROWS: [Row; 9] = [
    Row {
        names: Names::Starting(&["claude-v", "claude-1", "claude-2", "claude-instant"]),
        // The tokenizer that Anthropic published (npm `@anthropic-ai/tokenizer` 0.0.4) is a byte-level BPE: a byte is at
        // most a token.
        per_100_bytes: 100,
        // It normalises text to NFKC, under which UTF-8 grows at most 11-fold (Unicode FAQ on normalization, U+FDFA).
        per_wide_byte: 11,
        ..ANTHROPIC
    },
    Row { names: Names::Starting(&["claude-3-"]), ..CLAUDE_3 },
    Row {
        names: Names::Exactly(&[
            "claude-haiku-4-5",
            "claude-opus-4",
            "claude-opus-4-0",
            "claude-opus-4-1",
            "claude-opus-4-5",
            "claude-opus-4-6",
            "claude-sonnet-4",
            "claude-sonnet-4-0",
            "claude-sonnet-4-5",
            "claude-sonnet-4-6",
        ]),
        ..CLAUDE_3
    },
    Row {
        names: Names::Exactly(&[
            "claude-fable-5",
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-5",
            "claude-sonnet-5",
        ]),
        // The tokenizer that `ctok` 1.3.0 rebuilt from 2.3 million counts of the provider marks both ends and the capitals
        // of a word. At worst (`ZZ!ZZ!`, found by trying all words of two letters) 3 bytes are 5 tokens.
        per_100_bytes: 167,
        // Normalised to NFC, under which UTF-8 grows at most 3-fold; the worst, found by trying all of
        // Unicode, is U+023E, which its marks and a separator bring to 3.4 a byte.
        per_wide_byte: 4,
        ..ANTHROPIC
    },
    ANTHROPIC,
    Row {
        family: Family::OpenAi,
        // Documented: tile cost of this model is 2,833 + 5,667 per tile, at most 8 tiles.
        names: Names::Starting(&["gpt-4o-mini"]),
        window: 128_000,
        // As in the next row.
        per_100_bytes: 100,
        per_wide_byte: 3,
        per_markup_byte: 1,
        per_call: 512,
        per_message: 16,
        per_tool: 32,
        tools_prompt: 64,
        image: Image::AtMost(48_169),
        loop_passes: None,
        output_max_is_total: true,
        bytes_per_100_tokens: 420,
    },
    Row {
        family: Family::OpenAi,
        names: Names::Starting(&["gpt-", "o1", "o3", "o4", "chatgpt-", "codex-", "computer-use-", "text-embedding-"]),
        // Documented: 1.05M tokens (GPT-5.4 and later).
        window: 1_050_000,
        // Byte-level BPE without normalisation (the published tiktoken encodings): a byte is at most a token.
        per_100_bytes: 100,
        // Text of tool schemas may be written anew with `\u` escapes, which makes 6 ASCII bytes of 2.
        per_wide_byte: 3,
        // The published harmony renderer escapes no markup.
        per_markup_byte: 1,
        // Chat formats add a hidden system message to some models; the published harmony format's is under 100 tokens.
        per_call: 512,
        // The published chat formats use 3 to 5 marks a message; the JSON around it is counted as well.
        per_message: 16,
        per_tool: 32,
        tools_prompt: 64,
        // Documented: 32-pixel patches, multipliers up to 2.46; older models at most 85 + 8 * 170 by tiles.
        image: Image::Patches { side: 32, hundredths: 246, floor: 1_445 },
        // No number of passes is documented; `max_tool_calls` sets one.
        loop_passes: None,
        // Documented: `max_output_tokens` bounds all tokens generated for a response.
        output_max_is_total: true,
        bytes_per_100_tokens: 420,
    },
    Row {
        // Compatible servers: anybody's model, template and tokenizer.
        family: Family::OpenAi,
        names: Names::Others,
        // The largest window advertised for an open model (Llama 4 Scout, 10M).
        window: 10_485_760,
        // Some resell Claude, so its tokens that stand for no byte count here too; and engines that read the arguments of
        // a tool call and write them anew with `, ` make 3 tokens of the 2 bytes of an element of `[1,2,3]`.
        per_100_bytes: 167,
        // As the widest of Anthropic's rows. Qwen normalises to NFC (3-fold), the other published tokenizers don't.
        per_wide_byte: 11,
        // Go's `encoding/json` and Jinja's own `tojson`, which print tools and arguments into templates, escape markup.
        per_markup_byte: ESCAPED,
        // Templates of open models add up to some hundred tokens of their own (tool instructions, dates).
        per_call: 512,
        per_message: 16,
        per_tool: 64,
        // As the largest of Anthropic's.
        tools_prompt: 804,
        image: Image::Unknown,
        loop_passes: None,
        output_max_is_total: false,
        bytes_per_100_tokens: 380,
    },
    Row {
        family: Family::Gemini,
        names: Names::Others,
        // Documented: 2M tokens (Gemini 1.5 Pro); 1,048,576 today.
        window: 2_097_152,
        // Google's own SDK counts Gemini's tokens with Gemma's vocabulary: pieces and bytes, no normalisation, so a byte
        // is at most a token.
        per_100_bytes: 100,
        // Arguments and results of functions are JSON that may be written anew with `\u` escapes.
        per_wide_byte: 3,
        // Protocol Buffers' JSON writer escapes `<` and `>`.
        per_markup_byte: ESCAPED,
        // Instructions for an output schema, if there are any, are not documented.
        per_call: 512,
        per_message: 16,
        per_tool: 64,
        tools_prompt: 512,
        // Documented: 258 tokens a tile, tiles of two thirds of the shorter side between 256 and 768 pixels; Gemini 3 at
        // most 2,240 (`MEDIA_RESOLUTION_ULTRA_HIGH`).
        image: Image::Tiles { per_tile: 258, side_min: 256, side_max: 768, floor: 2_240 },
        // Nothing is documented about the number of passes with hosted tools.
        loop_passes: None,
        output_max_is_total: true,
        bytes_per_100_tokens: 400,
    },
];

/// Schemas that Anthropic adds for its own client-run tools, by the start of the tool's type. Documented in the pages of
/// these tools, computer use with its hidden instructions. For the tokenizer of Opus 4.7 on, only bash's is documented
/// anew (325 for 244); the others' figures (700; 735 + 499) are raised by the same third.
const SCHEMAS: [(&str, u64); 5] = [
    ("bash_", 325),
    ("text_editor_", 933),
    ("computer_20241022", 683 + 499),
    ("computer_20250124", 980 + 665),
    ("computer_20251124", 980 + 665),
];

/// Tokens of the hidden schema of a tool that the provider defines and the client runs; `None` where not documented.
pub(crate) fn schema_tokens(tool_type: &str) -> Option<u64> {
    SCHEMAS.iter().find(|(stem, _)| tool_type.starts_with(stem)).map(|(_, tokens)| *tokens)
}
