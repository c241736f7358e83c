//! Providers' bills: kept as the journal tells them, held against the ledger, and the ledger trued up to them.
//!
//! What a report says of a day stands in the journal as one event, figures included: the journal alone gives everything again,
//! and a report that was replaced stays there. The book in memory has the last report of each day.

mod import;
mod invoice;
mod look;
mod make;
mod pull;
mod reconcile;
mod sentence;
mod true_up;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use purser_core::bill::{CostLine, Day, Invoice, UsageLine};
use purser_core::event::KeyHash;
use purser_core::id::TrueUpId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::access::Party;
pub use pull::{BillPort, PullFrom};

/// What costs are called among reports.
pub(crate) const COSTS: &str = "costs";

/// What the journal says about bills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum BillEvent {
    /// A provider says what was used on a day.
    Usage {
        /// Whose report.
        provider: String,
        /// What it is of.
        part: String,
        /// The day, since 1970-01-01 in UTC.
        day: i64,
        /// What it says.
        data: Day<UsageLine>,
        /// Was it fetched?
        pulled: bool,
        /// Who imported it.
        by: Party,
        /// When.
        at: Instant,
    },
    /// A provider says what a day costs.
    Costs {
        /// Whose report.
        provider: String,
        /// The day.
        day: i64,
        /// What it says.
        data: Day<CostLine>,
        /// Was it fetched?
        pulled: bool,
        /// Who imported it.
        by: Party,
        /// When.
        at: Instant,
    },
    /// There is an invoice.
    Invoice {
        /// Whose.
        provider: String,
        /// What it says.
        invoice: Invoice,
        /// Who entered it.
        by: Party,
        /// When.
        at: Instant,
    },
    /// Which keys of an account are Purser's.
    Keys {
        /// Whose account.
        provider: String,
        /// Their ids there.
        keys: BTreeSet<String>,
        /// When.
        at: Instant,
    },
    /// Somebody proposes what makes the ledger equal a bill.
    Proposed {
        /// Its id.
        true_up: TrueUpId,
        /// Whose bill.
        provider: String,
        /// First day.
        from: i64,
        /// First day not included.
        to: i64,
        /// What the ledger has more after it.
        amount: Nano,
        /// How many entries.
        entries: u64,
        /// SHA-256 of the plan.
        hash: KeyHash,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
    /// Somebody else approved it, and its entries stand behind.
    Made {
        /// Which.
        true_up: TrueUpId,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
}

/// What was used on a day, by what it is of.
pub(crate) type Parts = BTreeMap<String, Kept<Day<UsageLine>>>;

/// What is known of bills.
#[derive(Debug, Default)]
pub(crate) struct BillBook {
    /// By provider and day, then by part.
    pub(crate) usage: BTreeMap<String, BTreeMap<i64, Parts>>,
    /// By provider and day.
    pub(crate) costs: BTreeMap<String, BTreeMap<i64, Kept<Day<CostLine>>>>,
    /// By provider and number.
    pub(crate) invoices: BTreeMap<(String, String), Invoice>,
    /// By provider.
    pub(crate) keys: BTreeMap<String, BTreeSet<String>>,
    /// Proposed ones and made ones.
    pub(crate) true_ups: BTreeMap<TrueUpId, TrueUp>,
}

/// Something that was imported.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T> {
    pub(crate) data: Arc<T>,
    pub(crate) hash: KeyHash,
    pub(crate) pulled: bool,
    pub(crate) by: Party,
    pub(crate) at: Instant,
    /// Those that it replaced, oldest first.
    pub(crate) replaced: Vec<(KeyHash, Instant, Party)>,
}

/// What was proposed.
#[derive(Clone, Debug)]
pub(crate) struct TrueUp {
    pub(crate) provider: String,
    pub(crate) days: (i64, i64),
    pub(crate) amount: Nano,
    pub(crate) entries: u64,
    pub(crate) hash: KeyHash,
    pub(crate) proposed: (Party, Instant),
    pub(crate) made: Option<(Party, Instant)>,
}

/// SHA-256 of what is kept: equal for equal reports, whoever imports them and however they were paged.
pub(crate) fn hash_of<T: Serialize>(data: &T) -> KeyHash {
    let bytes = serde_json::to_vec(data).expect("texts and numbers can be written as JSON");
    KeyHash(Sha256::digest(bytes).into())
}

impl<T: Clone + Serialize> Kept<T> {
    fn of(data: &T, (pulled, by, at): (bool, Party, Instant), before: Option<Self>) -> Self {
        let mut replaced = Vec::new();
        if let Some(before) = before {
            replaced = before.replaced;
            replaced.push((before.hash, before.at, before.by));
        }
        Self { hash: hash_of(data), data: Arc::new(data.clone()), pulled, by, at, replaced }
    }
}

impl BillBook {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &BillEvent) {
        match event {
            BillEvent::Usage { provider, part, day, data, pulled, by, at } => {
                let parts = self.usage.entry(provider.clone()).or_default().entry(*day).or_default();
                let before = parts.remove(part);
                parts.insert(part.clone(), Kept::of(data, (*pulled, *by, *at), before));
            }
            BillEvent::Costs { provider, day, data, pulled, by, at } => {
                let days = self.costs.entry(provider.clone()).or_default();
                let before = days.remove(day);
                days.insert(*day, Kept::of(data, (*pulled, *by, *at), before));
            }
            BillEvent::Invoice { provider, invoice, .. } => {
                self.invoices.insert((provider.clone(), invoice.number.clone()), invoice.clone());
            }
            BillEvent::Keys { provider, keys, .. } => {
                self.keys.insert(provider.clone(), keys.clone());
            }
            BillEvent::Proposed { true_up, provider, from, to, amount, entries, hash, by, at } => {
                let proposed = TrueUp {
                    provider: provider.clone(),
                    days: (*from, *to),
                    amount: *amount,
                    entries: *entries,
                    hash: *hash,
                    proposed: (*by, *at),
                    made: None,
                };
                self.true_ups.insert(*true_up, proposed);
            }
            BillEvent::Made { true_up, by, at } => {
                if let Some(known) = self.true_ups.get_mut(true_up) {
                    known.made = Some((*by, *at));
                }
            }
        }
    }

    /// Everybody of whom there is a report.
    pub(crate) fn providers(&self) -> BTreeSet<String> {
        self.usage.keys().chain(self.costs.keys()).cloned().collect()
    }

    /// What was used on a day, all parts together: as much of the day is covered as by the part that covers least.
    pub(crate) fn usage_of(&self, provider: &str, day: i64) -> Option<(Day<UsageLine>, bool)> {
        let parts = self.usage.get(provider)?.get(&day)?;
        let covered_s = parts.values().map(|kept| kept.data.covered_s).min()?;
        let lines = parts.values().flat_map(|kept| kept.data.lines.iter().cloned()).collect();
        Some((Day { covered_s, lines }, parts.contains_key("messages")))
    }
}
