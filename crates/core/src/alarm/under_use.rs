//! Somebody hardly uses what they were given.

use super::{AlarmKind, AlarmOn, Found, Level, Rules, Window};
use crate::id::PersonId;
use crate::money::Nano;
use crate::role::Family;

/// What somebody used, of what.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// Who.
    pub person: PersonId,
    /// The family of their role, where it is known.
    pub family: Option<&'a Family>,
    /// Whole days since they could first use anything.
    pub days: u32,
    /// Are they away now?
    pub away: bool,
    /// What they used in the weeks that the rule looks back on.
    pub used: Nano,
    /// What was released to them in these weeks: by the days on which they were there and their working share, as grants
    /// release it.
    pub released: Nano,
    /// What they used in the last year.
    pub used_in_year: Nano,
    /// What their position costs in a year of full time, all together; `None` where that is not known.
    pub cost: Option<Nano>,
    /// How much of that year they were there for, by their working share, in ten-thousandths: at most ten thousand.
    pub present: u32,
    /// The time in which it is told once.
    pub window: Window,
}

/// Ten-thousandths of a whole.
const WHOLE: i128 = 10_000;

/// Is it so little that somebody should offer help? The graver of the two that are true.
pub fn under_use(rules: &Rules, of: &Use<'_>) -> Option<Found> {
    let rules = &rules.under_use;
    let first = u32::from(rules.first_weeks).saturating_mul(7);
    if of.away || of.days < first {
        return None;
    }
    let found = |level, percent, used, out_of| Found {
        kind: AlarmKind::UnderUse,
        level,
        on: AlarmOn::Person(of.person),
        of: None,
        window: of.window,
        percent,
        used,
        out_of,
        gone: None,
        seen: None,
    };
    if is_critical(rules.critical_per_mille, of) {
        // What the position costs is not for everybody who sees this.
        return Some(found(Level::Critical, None, of.used_in_year, Nano::ZERO));
    }
    let percent = rules.warn_percent_for(of.family);
    let part = i128::from(of.released.get()).saturating_mul(i128::from(percent));
    let little = i128::from(of.used.get()).saturating_mul(100) < part;
    little.then(|| found(Level::Warn, Some(percent), of.used, of.released))
}

/// At most that part of the cost of the days on which they were there; and they were given something to use.
fn is_critical(per_mille: u16, of: &Use<'_>) -> bool {
    let Some(cost) = of.cost.filter(|cost| cost.is_positive() && per_mille > 0 && of.present > 0) else {
        return false;
    };
    if !of.released.is_positive() {
        return false;
    }
    let due = i128::from(cost.get()).saturating_mul(i128::from(of.present)).saturating_mul(i128::from(per_mille));
    i128::from(of.used_in_year.get()).saturating_mul(WHOLE.saturating_mul(1_000)) <= due
}
