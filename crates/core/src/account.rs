//! What an account is the account *of*: a subject in a period.

use serde::{Deserialize, Serialize};

use crate::id::{BudgetId, GrantId, RunId};
use crate::time::Instant;

/// A half-open span `[start, end)`. Two periods of one subject never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First instant inside.
    pub start: Instant,
    /// First instant after.
    pub end: Instant,
}

impl Period {
    /// Is the instant inside?
    pub fn contains(&self, at: Instant) -> bool {
        self.start <= at && at < self.end
    }
}

/// Whose money or limit an account counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person's grant: real money, drawn in burn order.
    Grant(GrantId),
    /// A hard budget above (unit, company, key): a limit that every call under it counts against in full.
    Budget(BudgetId),
    /// One agent session's budget: a limit, like a budget.
    Run(RunId),
}

impl Subject {
    /// The book whose postings must sum to zero with this subject's.
    pub const fn book(&self) -> Book {
        match self {
            Self::Grant(_) => Book::Money,
            Self::Budget(_) | Self::Run(_) => Book::Limit,
        }
    }
}

/// Postings of every entry sum to zero in each book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Book {
    /// Money of grants, flowing from a funding source to providers. A call is counted here once.
    Money,
    /// What counts against limits. A call is counted once for each limit above it.
    Limit,
}

/// The key of an account: a subject in one period. A new period is a new account; nothing is ever reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// Whose.
    pub subject: Subject,
    /// When.
    pub period: Period,
}
