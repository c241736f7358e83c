//! Events about what happens to a grant after it was made. Since version 3.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::grant::WorkShare;
use crate::id::{CommandId, GrantId};
use crate::money::Nano;
use crate::role::FixedCalendar;
use crate::time::Instant;

/// Something that happened to a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantEvent {
    /// Which grant.
    pub grant: GrantId,
    /// The command it comes from: the same one never changes a grant twice.
    pub command: CommandId,
    /// What.
    pub change: GrantChange,
    /// When it was made known.
    pub at: Instant,
}

/// What happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantChange {
    /// Its person works another share of a whole working time. Days from then on release that share.
    ShareSet {
        /// How much.
        share: WorkShare,
        /// From which day on, not before the day on which it is made known.
        from: Date,
    },
    /// Its person is away: days release nothing until they are back.
    LeaveBegun {
        /// From which day on, not before the day on which it is made known.
        from: Date,
    },
    /// Its person is back. A guaranteed term ends so many days later.
    LeaveEnded {
        /// From which day on, not before the day on which it is made known.
        on: Date,
    },
    /// Days on which it could not be used are made good: the term is so many days longer.
    Extended {
        /// How many days.
        days: u16,
    },
    /// Days on which it could not be used are made good: the running period releases so much more.
    Credited {
        /// How much.
        amount: Nano,
    },
    /// The running period releases so much more, the next one that releases anything so much less.
    Advanced {
        /// How much.
        amount: Nano,
    },
    /// A day on which it could not be used is made good by its terms: the term ends a day that counts later, or the
    /// running period releases that day's amount more. Each day once.
    Remedied {
        /// Which day, not after the one on which it is made known.
        day: Date,
    },
    /// Other holidays hold for what counts workdays, from the period after the running one on. Since version 6.
    CalendarSet {
        /// Which.
        calendar: Arc<FixedCalendar>,
    },
    /// So much in all of what was observed in the running period counts against it: the period releases so much less than
    /// it would without. Replaces what counted in it before. Since version 7.
    Observed {
        /// How much; zero for nothing any more.
        amount: Nano,
    },
    /// Its person gives some of the running period to somebody else: their grant releases so much more in its own.
    Given {
        /// Which grant gets it.
        to: GrantId,
        /// How much.
        amount: Nano,
    },
}
