//! Equity and when it vests.

use serde::{Deserialize, Serialize};

use super::Exact;
use crate::calendar::split;
use crate::money::Nano;

/// The months of a year.
const YEAR: u16 = 12;

/// Shares or options, at the value that the offer puts on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Equity {
    /// The whole grant's value, in the package's currency. Not scaled by the working share.
    pub value: Nano,
    /// When it becomes theirs.
    #[serde(default)]
    pub vesting: Vesting,
}

/// When equity becomes its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Vesting {
    /// Until all of it has vested; above zero.
    pub months: u16,
    /// Nothing vests before; what would have vested until then comes at once. Zero for none.
    #[serde(default)]
    pub cliff_months: u16,
    /// Months between two steps; above zero.
    #[serde(default = "monthly")]
    pub every_months: u16,
}

fn monthly() -> u16 {
    1
}

impl Default for Vesting {
    /// Four years, a cliff after the first, then monthly: what most offers say.
    fn default() -> Self {
        Self { months: 48, cliff_months: 12, every_months: 1 }
    }
}

impl Vesting {
    /// Are the figures those of a schedule?
    pub const fn is_sound(self) -> bool {
        self.months > 0 && self.every_months > 0 && self.cliff_months <= self.months
    }
}

impl Equity {
    /// What one year is worth: the value over the years of vesting. What vests in less than a year is worth what it is.
    pub fn annual(&self) -> Option<Exact> {
        let months = self.vesting.months.max(YEAR);
        Exact::of(self.value).times(i64::from(YEAR))?.over(i64::from(months))
    }

    /// What has vested after so many whole months. Steps add up to the value, to the last nano-unit.
    pub fn vested(&self, after_months: u16) -> Nano {
        let Vesting { months, cliff_months, every_months } = self.vesting;
        if after_months < cliff_months {
            return Nano::ZERO;
        }
        let into = after_months.checked_rem(every_months).unwrap_or(0);
        let stepped = if after_months >= months { months } else { after_months.saturating_sub(into) };
        split(self.value, 0, i64::from(stepped), i64::from(months))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vesting: Vesting, after: u16, units: &str) {
        let equity = Equity { value: "400000".parse().unwrap(), vesting };
        assert_eq!(equity.vested(after), units.parse().unwrap(), "{vesting:?} after {after} months");
    }

    #[test]
    fn equity_vests_in_steps_after_the_cliff() {
        let usual = Vesting::default();
        check(usual, 0, "0");
        check(usual, 11, "0");
        check(usual, 12, "100000");
        check(usual, 13, "108333.333333333");
        check(usual, 47, "391666.666666666");
        check(usual, 48, "400000");
        check(usual, 600, "400000");
        let quarterly = Vesting { months: 36, cliff_months: 0, every_months: 3 };
        check(quarterly, 2, "0");
        check(quarterly, 5, "33333.333333333");
        check(quarterly, 36, "400000");
        let odd = Vesting { months: 10, cliff_months: 0, every_months: 3 };
        check(odd, 9, "360000");
        check(odd, 10, "400000");
    }

    #[test]
    fn a_year_of_equity_is_a_year_of_vesting() {
        let annual = |months| {
            let vesting = Vesting { months, ..Vesting::default() };
            Equity { value: "400000".parse().unwrap(), vesting }.annual().and_then(Exact::round).unwrap()
        };
        assert_eq!(annual(48), "100000".parse().unwrap());
        assert_eq!(annual(36), "133333.333333333".parse().unwrap());
        assert_eq!(annual(6), "400000".parse().unwrap(), "six months' vesting is one year's pay");
    }
}
