//! What policy says about requests for more money.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Desk;
use crate::money::Nano;

/// The longest that a call may wait for a decision: as long as the providers' client libraries wait for an answer.
pub const HOLD_MAX: Duration = Duration::from_mins(10);
/// The most days for which money may be asked for.
pub const DAYS_MAX: u16 = 366;

/// The choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The most that a manager may decide about.
    pub manager_max: Nano,
    /// The most that finance may decide about; beyond it an administrator must.
    pub finance_max: Nano,
    /// After how many hours without an answer a request is passed on.
    pub answer_hours: u16,
    /// After how many hours a request closes without a decision.
    pub closes_hours: u16,
    /// How long a call that has no money left waits while a request of its person is open; zero: not at all.
    #[serde(rename = "hold_ms", with = "crate::policy::milliseconds")]
    pub hold: Duration,
}

impl Default for Rules {
    /// 250 and 2,500 of the currency, judgements: some days of a generous budget, and some weeks of it. A day for an
    /// answer, a week until it closes: whoever asks on a Friday is answered after the weekend. Calls don't wait.
    fn default() -> Self {
        Self {
            manager_max: Nano::new(250_000_000_000),
            finance_max: Nano::new(2_500_000_000_000),
            answer_hours: 24,
            closes_hours: 7 * 24,
            hold: Duration::ZERO,
        }
    }
}

impl Rules {
    /// Whose decision an amount is.
    pub fn desk(&self, amount: Nano) -> Desk {
        match amount {
            amount if amount <= self.manager_max => Desk::Manager,
            amount if amount <= self.finance_max => Desk::Finance,
            _ => Desk::Admin,
        }
    }
}
