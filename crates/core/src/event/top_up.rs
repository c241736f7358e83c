//! Events about requests for more money, and about who decides. Since version 8.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{PersonId, PoolId, RunId, TopUpId, UnitId};
use crate::money::Nano;
use crate::offer::Who;
use crate::time::Instant;
use crate::top_up::{Absence, Decision, Desk, Purpose};

/// Something that happened to top-ups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TopUpEvent {
    /// Somebody asks for more. It lies on the desk that policy has for the amount.
    Asked {
        /// Its id, and its grant's once there is one.
        top_up: TopUpId,
        /// Who would get the money.
        person: PersonId,
        /// What for, in a word that stays in the journal for good; one request at a time for each.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<Purpose>,
        /// How much.
        amount: Nano,
        /// The last day on which it may be spent, where the person is.
        until: Date,
        /// Who asks.
        by: Who,
        /// The agent's session that asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
        /// From when on nobody can decide any more.
        closes: Instant,
        /// When.
        at: Instant,
    },
    /// Nobody has answered: those at a higher desk may.
    Passed {
        /// Which.
        top_up: TopUpId,
        /// To which desk.
        to: Desk,
        /// When.
        at: Instant,
    },
    /// It is approved. The grant is made in the same change, before this.
    Approved {
        /// Which.
        top_up: TopUpId,
        /// How much: all or a part.
        amount: Nano,
        /// Who decided, and when.
        decision: Decision,
    },
    /// It is denied.
    Denied {
        /// Which.
        top_up: TopUpId,
        /// Who decided, and when.
        decision: Decision,
    },
    /// It is taken back.
    Cancelled {
        /// Which.
        top_up: TopUpId,
        /// By whom.
        by: Who,
        /// When.
        at: Instant,
    },
    /// Nobody decided in time, or the person left.
    Expired {
        /// Which.
        top_up: TopUpId,
        /// When it was noticed.
        at: Instant,
    },
    /// What a manager gives without being asked. Replaces what was set before; what was given in a month stays.
    MandateSet {
        /// Whose.
        manager: PersonId,
        /// For the people of this unit and of those below it.
        unit: UnitId,
        /// At most so much in a calendar month of the company's; nothing: it is over.
        month: Nano,
        /// At most so much at once.
        request: Nano,
        /// The pool that pays; the budgets of unit and company where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<PoolId>,
        /// When.
        at: Instant,
    },
    /// Somebody will be away, and who decides meanwhile. Replaces what they said before.
    AbsenceSet {
        /// Who, who instead, and on which days.
        absence: Absence,
        /// When.
        at: Instant,
    },
    /// Somebody is not away after all, or no longer.
    AbsenceEnded {
        /// Who.
        person: PersonId,
        /// When.
        at: Instant,
    },
}
