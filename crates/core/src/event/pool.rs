//! Events about pools. Since version 3.

use serde::{Deserialize, Serialize};

use crate::grant::Grant;
use crate::id::{GrantId, OfferId, PersonId, PoolId, UnitId};
use crate::money::Nano;
use crate::pool::{FiscalCalendar, FiscalYear, Movement, PoolOn};
use crate::time::Instant;

/// Something that happened to pools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PoolEvent {
    /// The company's fiscal years begin in this month. Only while no pool has funds.
    CalendarSet {
        /// Which month.
        month: FiscalCalendar,
        /// When.
        at: Instant,
    },
    /// A pool was opened. It has no funds yet.
    Opened {
        /// Its id.
        pool: PoolId,
        /// Whose.
        on: PoolOn,
        /// Who grants from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manager: Option<PersonId>,
        /// When.
        at: Instant,
    },
    /// Funds went into, out of or between pools. The first ones of a year open it.
    Moved(Movement),
    /// An offer was sent: what its grant would release is set aside as if it had been made. Sent anew, it is set aside
    /// anew.
    OfferCommitted {
        /// Which offer.
        offer: OfferId,
        /// The unit that the person would be in.
        unit: UnitId,
        /// The grant that would come of it, guaranteed and with its pool; person and grant need not exist yet.
        terms: Box<Grant>,
        /// When.
        at: Instant,
    },
    /// An offer came to nothing, or its grant is made in the same change: nothing is set aside for it any more.
    OfferReleased {
        /// Which offer.
        offer: OfferId,
        /// When.
        at: Instant,
    },
    /// Everything that a grant releases in a year has been released and all its calls have ended: what it spent stays
    /// committed, the rest is free again.
    Accounted {
        /// Which grant.
        grant: GrantId,
        /// From which pool.
        pool: PoolId,
        /// In which year.
        year: FiscalYear,
        /// What it spent of that year's releases.
        spent: Nano,
        /// When.
        at: Instant,
    },
}
