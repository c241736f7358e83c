//! The provider's bill: reports that were imported, how the ledger stands to them, and what makes it equal.

use std::collections::BTreeMap;

use purser_core::bill::{Cause, Format, Inexact};
use purser_core::id::TrueUpId;
use purser_core::money::{Currency, Nano};
use purser_core::price::Bucket;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A report to be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBill {
    /// Whose bill it is: the provider's name in the configuration; the one whose form it has where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Its form; told by its fields where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// What an OpenAI usage report is of (`completions`, `embeddings`, …), where nothing was used that would say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The report as it came: JSON with all its pages one after the other, or CSV.
    pub text: String,
    /// Only say what would be imported.
    #[serde(default, skip_serializing_if = "is_false")]
    pub preview: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Reports to be fetched from a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullBill {
    /// The provider's name in the configuration, where it has an admin key.
    pub provider: String,
    /// First day (UTC); a week ago where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day not included (UTC); today where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BillImport {
    /// Whose bill.
    pub provider: String,
    /// Was anything written? A report that says what was known before changes nothing.
    pub written: bool,
    /// Its days.
    pub days: Vec<BillDay>,
}

/// A day of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BillDay {
    /// `PROVIDER/REPORT/DAY`.
    pub id: String,
    /// Whose bill.
    pub provider: String,
    /// `costs`, or usage by what it is of: `messages`, `completions`, `embeddings`, `csv`, …
    pub report: String,
    /// The day (UTC).
    pub day: String,
    /// Is all of the day in it?
    pub whole: bool,
    /// Lines by model, key and tier, or by what is paid for.
    pub lines: u64,
    /// Of usage: everything that was counted, by bucket.
    pub usage: BTreeMap<Bucket, u64>,
    /// Of costs: amounts by currency, taxes and credits included.
    pub amounts: BTreeMap<String, Nano>,
    /// SHA-256 of what is kept of it, in hexadecimal digits.
    pub hash: String,
    /// Is it new?
    pub state: BillDayState,
    /// When it was imported.
    pub at: Instant,
    /// By whom.
    pub by: String,
    /// Was it fetched from the provider, rather than given?
    pub pulled: bool,
    /// Reports of the same day that it replaced, oldest first.
    pub replaced: Vec<ReplacedBill>,
}

/// What an import means for a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillDayState {
    /// No report of the day was there.
    New,
    /// It replaces another.
    Replaced,
    /// It says what is known.
    Unchanged,
}

/// A report that was replaced. What it said stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReplacedBill {
    /// Its hash.
    pub hash: String,
    /// When it was imported.
    pub at: Instant,
    /// By whom.
    pub by: String,
}

/// `?provider=`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedBills {
    /// Only this provider's.
    pub provider: Option<String>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// Imported days, latest first, in pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bills {
    /// The days.
    pub items: Vec<BillDay>,
    /// What to ask `after` for the page behind this one.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: usize,
    /// The keys of each account that are Purser's, as they were set.
    pub keys: Vec<BillKeys>,
    /// The providers that reports can be fetched from.
    pub pulls: Vec<String>,
}

/// Which of a provider's API keys are Purser's: usage with any other is shadow usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillKeys {
    /// The provider.
    pub provider: String,
    /// Ids as its reports have them (`apikey_…`, `key_…`), never secrets. None: they are not known, and a key shows as a
    /// shadow only where its usage is just what the ledger lacks.
    pub keys: Vec<String>,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvoice {
    /// Whose.
    pub provider: String,
    /// Its number. Entered again, the later one holds.
    pub number: String,
    /// Its first day (UTC).
    pub from: String,
    /// The first day that is not in it.
    pub to: String,
    /// What is to be paid, taxes included and credits taken off.
    pub total: Nano,
    /// The currency; the ledger's where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Taxes in it that no cost report has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Nano>,
    /// Credits taken off that no cost report has, zero or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Nano>,
}

/// An invoice held against the costs of its days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct InvoiceChecked {
    /// Whose.
    pub provider: String,
    /// Its number.
    pub number: String,
    /// Its first day.
    pub from: String,
    /// The first day that is not in it.
    pub to: String,
    /// In which currency all amounts here are.
    #[schemars(with = "String")]
    pub currency: Currency,
    /// What is to be paid.
    pub total: Nano,
    /// What the cost reports of its days have, with its own taxes and credits.
    pub reported: Nano,
    /// The invoice less that.
    pub difference: Nano,
    /// Nothing but roundings, of which there can be so much?
    pub within: Nano,
    /// Does it agree?
    pub agrees: bool,
    /// Days of it without a whole cost report.
    pub missing: Vec<String>,
}

/// `?provider=&from=&to=&cause=`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedReconciliation {
    /// Only this provider's.
    pub provider: Option<String>,
    /// First day (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day not included; today where it is missing.
    pub to: Option<String>,
    /// Only differences of this cause.
    pub cause: Option<Cause>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// How the ledger stands to what providers reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reconciliation {
    /// First day (UTC).
    pub from: String,
    /// First day not included.
    pub to: String,
    /// By provider.
    pub providers: Vec<ProviderReconciled>,
    /// Invoices that lie in these days, or begin or end in them.
    pub invoices: Vec<InvoiceChecked>,
    /// Every difference, by provider, day and model.
    pub items: Vec<Difference>,
    /// What to ask `after` for the page behind this one.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: usize,
}

/// How the ledger stands to one provider's reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProviderReconciled {
    /// The provider.
    pub provider: String,
    /// Days of which there is a whole usage report.
    pub usage_days: u64,
    /// Days of which there is a whole cost report.
    pub cost_days: u64,
    /// Days on which the ledger has calls.
    pub ledger_days: u64,
    /// What the ledger has, of the days with a whole cost report.
    pub ledger: Nano,
    /// What the provider bills for usage on these days, in the ledger's currency.
    pub bill: Nano,
    /// The bill less the ledger.
    pub difference: Nano,
    /// Differences of quantities and of costs, by cause.
    pub causes: Vec<CauseSum>,
}

/// What one cause comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CauseSum {
    /// The cause.
    pub cause: Cause,
    /// How many differences.
    pub count: u64,
    /// What the bill has more for it.
    pub amount: Nano,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Difference {
    /// What to go on after.
    pub id: String,
    /// The provider.
    pub provider: String,
    /// The day (UTC).
    pub day: String,
    /// The model, where it is of one.
    pub model: Option<String>,
    /// Why.
    pub cause: Cause,
    /// Is it one of costs, with the quantities explained? Of quantities otherwise.
    pub of_cost: bool,
    /// What the bill has more than the ledger; none where there is no price for it.
    pub amount: Option<Nano>,
    /// What the report has more, by bucket.
    pub differences: BTreeMap<Bucket, i64>,
    /// The account's API key that it was used with, where that is told.
    pub key: Option<String>,
    /// Calls of the day and model whose charge is not the provider's own figure.
    pub inexact: Option<Inexact>,
    /// Prices that the costs imply, where they drifted.
    pub implied: Vec<ImpliedPrice>,
    /// All of that in a sentence.
    pub sentence: String,
}

/// A price that costs imply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImpliedPrice {
    /// Of which bucket, per million; of the whole amount where the costs are not by bucket.
    pub bucket: Option<Bucket>,
    /// By the price book, discounts included.
    pub listed: Nano,
    /// By the costs.
    pub implied: Nano,
}

/// `?provider=&from=&to=`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedTrueUp {
    /// Which provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// First day (UTC); the first of the running month where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day not included; today where it is missing. At most a hundred days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What would make the ledger equal a provider's bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TrueUpPlan {
    /// Whose bill.
    pub provider: String,
    /// First day (UTC).
    pub from: String,
    /// First day not included.
    pub to: String,
    /// What the ledger has more after it.
    pub amount: Nano,
    /// What of it the company bears.
    pub company: Nano,
    /// What of it is of single calls, and is theirs who paid for them.
    pub calls: Nano,
    /// What goes back to those who paid.
    pub given_back: Nano,
    /// The entries.
    pub entries: Vec<TrueUpEntry>,
    /// Its hash: an approval is of what was proposed.
    pub hash: String,
}

/// One entry of a true-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TrueUpEntry {
    /// The day (UTC) of the bill.
    pub day: String,
    /// Who pays or gets it.
    pub on: TrueUpOn,
    /// Why.
    pub cause: Cause,
    /// The model, where it is of one.
    pub model: Option<String>,
    /// The account's API key, where it is of one.
    pub key: Option<String>,
    /// The call's hold.
    pub hold: Option<String>,
    /// What was used: of a call all that it used; of the company what nobody's call has.
    pub usage: BTreeMap<Bucket, u64>,
    /// What the ledger has more after it.
    pub amount: Nano,
}

/// Who pays or gets an entry of a true-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrueUpOn {
    /// Whoever paid for the call.
    Call,
    /// The company.
    Company,
    /// Everybody who paid for the provider's calls of the day, in proportion.
    Payers,
    /// The account from which it was set aside.
    Suspense,
}

/// A true-up, proposed and perhaps made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TrueUp {
    /// Its id.
    pub id: TrueUpId,
    /// Whose bill.
    pub provider: String,
    /// First day (UTC).
    pub from: String,
    /// First day not included.
    pub to: String,
    /// What the ledger has more after it.
    pub amount: Nano,
    /// How many entries.
    pub entries: u64,
    /// The hash of the plan.
    pub hash: String,
    /// When it was proposed.
    pub proposed: Instant,
    /// By whom.
    pub proposed_by: String,
    /// When it was approved and made.
    pub made: Option<Instant>,
    /// By whom.
    pub made_by: Option<String>,
}
