//! Alarms about money that goes: what is used, and what will be gone early.

use super::{AlarmKind, AlarmOf, AlarmOn, Found, Level, Rules, Window};
use crate::calendar::Cadence;
use crate::money::Nano;
use crate::time::Instant;

/// Something that limits spending, in its running period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose.
    pub on: AlarmOn,
    /// Which.
    pub of: AlarmOf,
    /// How often it begins anew.
    pub cadence: Cadence,
    /// The running period.
    pub window: Window,
    /// What is there in it.
    pub limit: Nano,
    /// What is spent of it or set aside for calls whose end is not known.
    pub used: Nano,
}

/// The highest threshold that is reached, if any; the lower ones are passed, and no news.
pub fn used(rules: &Rules, allowance: &Allowance) -> Option<Found> {
    let Allowance { on, of, window, limit, used, .. } = *allowance;
    if !limit.is_positive() || !rules.shortest.includes(allowance.cadence) {
        return None;
    }
    let reached = |percent: &&u8| {
        i128::from(used.get()).saturating_mul(100) >= i128::from(limit.get()).saturating_mul(i128::from(**percent))
    };
    let percent = *rules.used_percent.iter().filter(reached).max()?;
    Some(Found {
        kind: AlarmKind::Used,
        level: Rules::level(percent),
        on,
        of: Some(of),
        window,
        percent: Some(percent),
        used,
        out_of: limit,
        gone: None,
        seen: None,
    })
}

/// Money that will be gone so long before its period ends that it is worth a word. What is gone already is told by [`used`].
pub fn runs_out(rules: &Rules, allowance: &Allowance, gone: Option<Instant>, now: Instant) -> Option<Found> {
    let Allowance { on, of, window, limit, used, .. } = *allowance;
    let gone = gone.filter(|gone| now < *gone && *gone < window.to)?;
    let days = window.to.since(gone).as_secs().checked_div(86_400)?;
    let off = rules.runs_out_days == 0 || !rules.shortest.includes(allowance.cadence);
    if off || !limit.is_positive() || used >= limit || days < u64::from(rules.runs_out_days) {
        return None;
    }
    Some(Found {
        kind: AlarmKind::RunsOut,
        level: Level::Warn,
        on,
        of: Some(of),
        window,
        percent: None,
        used,
        out_of: limit,
        gone: Some(gone),
        seen: None,
    })
}
