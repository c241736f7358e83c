//! The figures, each with where it comes from. Change them here, never in code.
//!
//! "Documented" means the provider's own page said so in November 2026.

use crate::dialect::Family;

/// Figures of one family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) family: Family,
    /// Models whose name starts with one of these; empty for every other model of the family.
    pub(super) prefixes: &'static [&'static str],
    /// The largest context window among them, in tokens.
    pub(super) window: u64,
    /// The most tokens that one UTF-8 byte of non-ASCII text can become, by normalisation or by being written anew.
    pub(super) per_wide_byte: u64,
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

/// The first row that fits decides.
pub(super) const ROWS: [Row; 5] = [
    Row {
        family: Family::Anthropic,
        prefixes: &[],
        // Documented: 1M tokens is the largest window of any Claude model.
        window: 1_000_000,
        // The tokenizer Anthropic published normalises text to NFKC; UTF-8 grows at most 11-fold under NFKC (Unicode
        // FAQ on normalization, worst case U+FDFA). Later tokenizers are not published, so the factor stays.
        per_wide_byte: 11,
        // Documented: tokens the system adds by itself are not billed; this covers turn marks around the whole.
        per_call: 64,
        per_message: 16,
        per_tool: 32,
        // Documented table of hidden tool instructions: 530 is the largest entry (Claude 3 Opus, `auto`).
        tools_prompt: 530,
        // Documented: 4,784 tokens is the most for one image on high-resolution models, about 1,600 on others.
        image: Image::AtMost(4_784),
        // Documented with `pause_turn`: the server-side loop stops after 10 iterations by default.
        loop_passes: Some(10),
        // Not documented, so each pass is taken to have its own.
        output_max_is_total: false,
        // Measured on English prose and code with tokenizers since Opus 4.7.
        bytes_per_100_tokens: 310,
    },
    Row {
        family: Family::OpenAi,
        // Documented: tile cost of this model is 2,833 + 5,667 per tile, at most 8 tiles.
        prefixes: &["gpt-4o-mini"],
        window: 128_000,
        per_wide_byte: 3,
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
        prefixes: &["gpt-", "o1", "o3", "o4", "chatgpt-", "codex-", "computer-use-", "text-embedding-"],
        // Documented: 1.05M tokens (GPT-5.4 and later).
        window: 1_050_000,
        // Byte-level BPE without normalisation (the published tiktoken encodings): a byte is at most a token. Text of
        // tool schemas may be written anew with `\u` escapes, which makes 6 ASCII bytes of 2.
        per_wide_byte: 3,
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
        prefixes: &[],
        // The largest window advertised for an open model (Llama 4 Scout, 10M).
        window: 10_485_760,
        per_wide_byte: 11,
        // Templates of open models add up to some hundred tokens of their own (tool instructions, dates).
        per_call: 512,
        per_message: 16,
        per_tool: 64,
        tools_prompt: 512,
        image: Image::Unknown,
        loop_passes: None,
        output_max_is_total: false,
        bytes_per_100_tokens: 380,
    },
    Row {
        family: Family::Gemini,
        prefixes: &[],
        // Documented: 2M tokens (Gemini 1.5 Pro); 1,048,576 today.
        window: 2_097_152,
        // SentencePiece with byte fallback and no normalisation (published for Gemma): a byte is at most a token.
        // Arguments and results of functions are JSON that may be written anew with escapes.
        per_wide_byte: 3,
        per_call: 64,
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

/// Schemas that Anthropic adds for its own client-run tools, by the start of the tool's type. Documented in the pages
/// of these tools; computer use includes its hidden instructions (499).
const SCHEMAS: [(&str, u64); 5] = [
    ("bash_", 245),
    ("text_editor_", 700),
    ("computer_20241022", 683 + 499),
    ("computer_20250124", 735 + 499),
    ("computer_20251124", 735 + 499),
];

/// Tokens of the hidden schema of a tool that the provider defines and the client runs; `None` where not documented.
pub(crate) fn schema_tokens(tool_type: &str) -> Option<u64> {
    SCHEMAS.iter().find(|(stem, _)| tool_type.starts_with(stem)).map(|(_, tokens)| *tokens)
}
