//! Statements: one person's month or year, and the signature below it.

use std::marker::PhantomData;

use purser_core::id::{GrantId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Funds, ObservedTotals};

/// Which statement. The running month where nothing is named.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedStatement {
    /// `2026-11`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// `2026`, in place of a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
}

/// How final a statement is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementStatus {
    /// Its time is not over: figures grow.
    #[default]
    Running,
    /// Its time is over. What was posted in it stays; calls that began in it may still be under way.
    Over,
    /// Finance closed it: it is given as it was kept then.
    Closed,
}

/// One person's month or year. Sums are those of the ledger: `opening + granted + moved − paid − expired − voided = closing`
/// and `paid + overrun = used`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Statement {
    /// What it is: `purser.statement/1`.
    pub document: String,
    /// Whose.
    pub person: PersonId,
    /// The person's name. Not signed: names can be changed and erased.
    pub name: Option<String>,
    /// `YYYY-MM`, or `YYYY` of a year's.
    pub month: String,
    /// The zone whose midnights bound it: the one that they live in at its end.
    pub zone: String,
    /// First instant.
    pub from: Instant,
    /// First instant after.
    pub to: Instant,
    /// Seen then: now, and its end once that is over.
    pub as_of: Instant,
    /// How final it is.
    pub status: StatementStatus,
    /// What there was at the beginning.
    pub opening: Nano,
    /// Released by periods that began in it, so far.
    pub granted: Nano,
    /// Added to periods that had begun before, or taken from them: credits, gifts, another working share.
    pub moved: Nano,
    /// What calls cost, posted in it: prior-period items and corrections included.
    pub used: Nano,
    /// The part of it that their grants paid.
    pub paid: Nano,
    /// The part of it that their grants did not have.
    pub overrun: Nano,
    /// Lapsed unused with its period. Below zero where something was charged to a period that was over.
    pub expired: Nano,
    /// Left when a grant was voided.
    pub voided: Nano,
    /// What lived on when its period ended; it is in what was used later, lapsed later, or is left.
    pub rolled: Nano,
    /// What there is at the end, what is set aside included.
    pub closing: Nano,
    /// Set aside by running calls now; nothing in one that is closed.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
    /// The part of `used` that is corrections of charges, charges taken back, and suspense that was resolved.
    pub adjusted: Nano,
    /// The part of `used` that belongs to earlier periods.
    pub prior: Nano,
    /// Calls, those taken back subtracted.
    pub calls: u64,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// The entries in which all of this stands.
    pub entries: StatementEntries,
    /// What was seen of calls that did not pass here; in none of the other figures.
    #[serde(default)]
    pub observed: ObservedTotals,
    /// How much less the grants released because of it.
    #[serde(default)]
    pub counted: Nano,
    /// How much of what was promised could be used.
    pub usable: StatementUsable,
    /// By grant, in burn order.
    pub grants: Vec<StatementGrant>,
    /// By model, dearest first.
    pub models: Vec<StatementModel>,
    /// By tool, dearest first; empty for what names none.
    pub tools: Vec<StatementTool>,
    /// Of a month, by day of the person's zone, in order; only days with an entry.
    pub days: Vec<StatementDay>,
    /// Of a year, by month, in order; only months with an entry.
    pub months: Vec<StatementMonth>,
    /// Prior-period items and corrections, in order; a thousand at most.
    pub items: Vec<StatementItem>,
    /// Items more, which are in the sums.
    pub items_left_off: u64,
    /// Who says so, for anybody to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// Entries of the journal: `purser trace "entry N"` goes on from each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementEntries {
    /// How many.
    pub count: u64,
    /// The first; none where there are none.
    pub first: Option<u64>,
    /// The last.
    pub last: Option<u64>,
}

/// A grant's part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementGrant {
    /// Which.
    pub grant: GrantId,
    /// Of its periods that began in the span: released, paid until its end, set aside; and what is left of all its periods.
    #[serde(flatten)]
    pub funds: Funds,
    /// What there was at the beginning.
    pub opening: Nano,
    /// Released in the span.
    pub granted: Nano,
    /// Added to earlier periods, or taken from them.
    pub moved: Nano,
    /// Paid in the span.
    pub used: Nano,
    /// Lapsed unused.
    pub expired: Nano,
    /// Left when it was voided.
    pub voided: Nano,
    /// Lived on after its period.
    pub rolled: Nano,
    /// What there is at the end.
    pub closing: Nano,
    /// Its accounts on which anything was posted in the span, in order.
    pub accounts: Vec<StatementAccount>,
}

/// An account: a grant in one of its periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementAccount {
    /// Its number in the journal.
    pub account: u32,
    /// When its period began.
    pub from: Instant,
    /// When it ends.
    pub to: Instant,
    /// Posted on it in the span.
    pub paid: Nano,
    /// In these entries.
    pub entries: StatementEntries,
}

/// A model's part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementModel {
    /// Its name.
    pub model: String,
    /// Calls.
    pub calls: u64,
    /// What they cost.
    pub charge: Nano,
    /// Prompt tokens, every cache bucket included.
    #[serde(default)]
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Answer tokens.
    #[serde(default)]
    pub output_tokens: u64,
}

/// A tool's part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementTool {
    /// Its name; empty for what names none.
    pub tool: String,
    /// Calls.
    pub calls: u64,
    /// What they cost.
    pub charge: Nano,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
}

/// A day's part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Calls.
    pub calls: u64,
    /// What they cost.
    pub charge: Nano,
    /// In these entries.
    #[serde(default)]
    pub entries: StatementEntries,
}

/// A month's part of a year's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementMonth {
    /// `YYYY-MM`.
    pub month: String,
    /// Calls.
    pub calls: u64,
    /// What they cost.
    pub charge: Nano,
    /// In these entries.
    pub entries: StatementEntries,
}

/// A charge that belongs to an earlier period, or corrects one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementItem {
    /// Its entry.
    pub entry: u64,
    /// `settlement` (a late one), `adjustment`, `reversal` or `resolution`.
    pub kind: String,
    /// When it was posted.
    pub at: Instant,
    /// How much; below zero where something was given back.
    pub amount: Nano,
    /// The call's hold, which `purser trace` takes.
    pub hold: Option<String>,
    /// Is it an item of an earlier period?
    pub prior: bool,
    /// When what it corrects was posted.
    pub corrects: Option<Instant>,
    /// The periods of the grants that pay it, by the first instant of each.
    pub periods: Vec<Instant>,
}

/// How much of what was promised could be used. What nobody asked for is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementUsable {
    /// Calls charged.
    pub served: u64,
    /// Calls denied although money was there.
    pub denied_funded: u64,
    /// Calls denied because a provider or Purser itself could not serve.
    pub faults: u64,
    /// Calls denied because somebody had stopped them.
    pub stopped: u64,
    /// 1 − denied while funded ÷ (served and denied while funded), in percent rounded down; none where nobody asked.
    pub percent: Option<String>,
    /// The same with the faults among those denied.
    pub percent_with_faults: Option<String>,
}

/// A signature under everything in a document but itself and `name`: ed25519 over its canonical JSON (RFC 8785).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Signature {
    /// `ed25519`.
    pub algorithm: String,
    /// The public key, 64 hexadecimal digits. `GET /api/v1/statements/key` says whether it is this Purser's.
    pub key: String,
    /// SHA-256 of what is signed, 64 hexadecimal digits.
    pub sha256: String,
    /// The signature, 128 hexadecimal digits.
    pub value: String,
}

/// The key that statements are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementsKey {
    /// `ed25519`.
    pub algorithm: String,
    /// The public key, 64 hexadecimal digits.
    pub key: String,
    /// The same as PEM (SubjectPublicKeyInfo), as other programs take it.
    pub pem: String,
}

/// A document as it was signed, to the byte: whatever a later Purser would add to its shape is not added to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed<T> {
    content: Map<String, Value>,
    of: PhantomData<fn() -> T>,
}

impl<T> Signed<T> {
    pub(crate) fn new(content: Map<String, Value>) -> Self {
        Self { content, of: PhantomData }
    }

    /// Its fields.
    pub fn content(&self) -> &Map<String, Value> {
        &self.content
    }
}

impl<T> Serialize for Signed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.content.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Signed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::new)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Signed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
