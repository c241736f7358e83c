//! What the world tells the auditor, and what the auditor says.

use std::fmt;
use std::rc::Rc;

use super::due::CallOn;
use super::entry::{HoldName, Key};
use super::rating::Counts;

/// Which promise was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The bytes are what a journal is: checksums, hash chain, numbers.
    Bytes,
    /// Each record follows the rules: sums, limits, order, each thing ended once.
    Rules,
    /// The ledger's balances are those of the records.
    Balances,
    /// Nothing acknowledged is lost; what is left after a crash is a prefix.
    Prefix,
    /// An acknowledgement comes after the sync of its record.
    Acknowledged,
    /// A call goes out after its hold is safe.
    Cleared,
    /// Real money is counted as spent, held or in suspense.
    Covered,
    /// A call draws on the accounts that were agreed, in the right period and order, and takes what fits.
    Plan,
    /// A charge is what the price list says.
    Charge,
    /// A call pays once, and only if it was made; a command is carried out once.
    Once,
    /// Nobody is refused whose money is there.
    Denial,
    /// Guaranteed money works whatever others spend, nobody takes what is kept for it, and no limit is exceeded by it.
    Guarantee,
    /// Pools, offers and the lives of grants follow their rules: nothing is promised beyond the funds, nothing accepted
    /// without its grant, nothing released that was not promised.
    Promises,
    /// After a crash exactly what is unaccounted for is set aside.
    Recovery,
    /// Once all is quiet nothing is held, dropped or in suspense, and every call cost what it cost.
    Quiet,
    /// The product's own verification agrees.
    Verify,
    /// The product did what it may not: an unexpected refusal, a stop, a panic.
    Conduct,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub check: Check,
    /// What was seen.
    pub what: String,
}

impl Finding {
    /// Of a check.
    pub fn new(check: Check, what: impl Into<String>) -> Self {
        Self { check, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.check, self.what)
    }
}

/// Money was set aside for an attempt of a call.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The call.
    pub call: u64,
    /// Which attempt.
    pub attempt: u32,
    /// With which key.
    pub key: u128,
    /// For which model, of which provider, from which tool.
    pub on: CallOn<'static>,
    /// Which state of the company was known.
    pub version: usize,
    /// The moment it was planned for.
    pub planned_at: i64,
    /// Its run, where what that may cost is limited: which, when it began, how much.
    pub run: Option<(u128, i64, i128)>,
    /// What limits above were told to keep for guaranteed grants.
    pub kept: Rc<Vec<(Key, i128)>>,
    /// The most it can cost.
    pub want: i128,
    /// The least that was useful.
    pub least: i128,
}

/// A call was refused for want of money.
#[derive(Clone, Debug)]
pub struct Denied {
    /// The last record decided before.
    pub lsn: u64,
    /// With which key.
    pub key: u128,
    /// For which model, of which provider, from which tool.
    pub on: CallOn<'static>,
    /// Which state of the company was known.
    pub version: usize,
    /// The moment it was planned for.
    pub planned_at: i64,
    /// Its run, where what that may cost is limited: which, when it began, how much.
    pub run: Option<(u128, i64, i128)>,
    /// What limits above were told to keep for guaranteed grants.
    pub kept: Rc<Vec<(Key, i128)>>,
    /// The least that was useful.
    pub least: i128,
    /// Told that the money is gone, not only set aside.
    pub is_final: bool,
}

/// How a call is to end once everything is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It costs what the price list says for these counts.
    Costs(u64, Counts),
    /// It costs this much, because somebody decided so.
    Is(i128),
}

/// What the auditor knows of one hold.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) asked: Asked,
    pub(super) sent: bool,
    /// What the provider served so far, in nano-units.
    pub(super) real: i128,
    /// How much of the hold was safe to spend when that was last asked.
    pub(super) safe: i128,
    pub(super) report: Option<Report>,
    pub(super) finish: Option<Finish>,
    /// Its growth was lost: what it cost above what is left of the hold is a slice's business.
    pub(super) outgrew: bool,
    /// The hold as it was when last seen, lost or not.
    pub(super) seen: super::book::Aside,
}

/// What the provider told in the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) card: u64,
    pub(super) counts: Counts,
    pub(super) believable: bool,
}

/// The holds by name.
pub(super) type AllKnown = std::collections::BTreeMap<HoldName, Known>;
