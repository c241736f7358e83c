//! Bands: what token budgets are usual, in money for each workday and as a part of base.

use serde::{Deserialize, Serialize};

use super::{Level, Place, RoleError};
use crate::money::Nano;
use crate::package::{Exact, Percent, Share};

/// What is usual for a level in a place. Amounts in the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// For which level; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// For which place; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The lower end for each workday.
    pub low: Nano,
    /// The upper end for each workday.
    pub high: Nano,
    /// The lower end as a part of base salary, where one is set. Who reaches either lower end is not below the band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_of_base: Option<Percent>,
    /// The upper end as a part of base salary, where one is set. Who keeps to either upper end is not above the band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_of_base: Option<Percent>,
    /// Where the figures come from.
    pub source: String,
}

/// On which side of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BandSide {
    /// Below both lower ends.
    Below,
    /// Between, ends included.
    Within,
    /// Above both upper ends.
    Above,
}

/// Where in a band, for each workday: 0 at its lower end, 100 at its upper one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    side: BandSide,
    percent: Option<Exact>,
}

impl Position {
    /// On which side.
    pub const fn side(self) -> BandSide {
        self.side
    }

    /// In whole hundredths of the band's width, rounded down; below zero or above a hundred outside of it. `None` of
    /// a band without width.
    pub fn percent(self) -> Option<i64> {
        self.percent.and_then(Exact::floor).map(Nano::get)
    }
}

impl Band {
    /// Where an amount for each workday lies.
    pub fn position(&self, workday: Exact, of_base: Option<Share>) -> Position {
        let (low, high) = (Exact::of(self.low), Exact::of(self.high));
        let part = |percent: Option<Percent>| percent.and_then(|percent| percent.of(Exact::whole(1)));
        let base = of_base.map(Share::exact);
        let reaches = part(self.low_of_base).zip(base).is_some_and(|(low, base)| base >= low);
        let keeps = part(self.high_of_base).zip(base).is_some_and(|(high, base)| base <= high);
        let side = match () {
            () if workday < low && !reaches => BandSide::Below,
            () if workday > high && !keeps => BandSide::Above,
            () => BandSide::Within,
        };
        let percent = || workday.checked_sub(low)?.part_of(high.checked_sub(low)?)?.times(100);
        Position { side, percent: percent() }
    }

    pub(super) fn check(&self) -> Result<(), RoleError> {
        if self.low.is_negative() || self.high.is_negative() {
            return Err(RoleError::BandNegative);
        }
        let upside_down = self.low_of_base.zip(self.high_of_base).is_some_and(|(low, high)| low.exceeds(high));
        if self.low > self.high || upside_down { Err(RoleError::BandUpsideDown) } else { Ok(()) }
    }
}
