//! The most that a grant can pay over some days: what is kept for it by budgets that others spend from too.

use crate::account::Period;
use crate::calendar::{Cadence, CivilSpan};
use crate::money::Nano;
use crate::time::Instant;
use crate::zone::{Zone, Zones};

use super::Grant;

impl Grant {
    /// The most that its person can draw on it between two instants: all that its periods release which run at any time
    /// between them, each in full, in nano-units. A period that began earlier counts, since nothing of it need have been
    /// spent before. Being voided does not matter. [`i128::MAX`] where it never ends and neither does the span.
    pub fn drawn_in(&self, zones: &Zones, span: Period, days_of: &mut DaysOf) -> i128 {
        if span.start >= span.end {
            return 0;
        }
        let term = CivilSpan { first: self.starts, until: self.ends.unwrap_or(jiff::civil::Date::MAX) };
        let days = if zones.after(self.created_at).is_empty() {
            days_of.days(&self.zone, span)
        } else {
            match self.days_across_zones(zones, span) {
                Some(days) => days,
                None => return 0,
            }
        };
        let days = days.and(term);
        if days.is_empty() {
            return 0;
        }
        if self.cadence == Cadence::Once {
            return i128::from(self.amount.get());
        }
        if span.end == Instant::FAR_FUTURE && self.ends.is_none() {
            return i128::MAX;
        }
        if self.cadence == Cadence::Day {
            let count = i128::from(self.days.count(days));
            return i128::from(self.amount.get()).saturating_mul(count);
        }
        let (mut sum, mut day) = (0_i128, days.first);
        while day < days.until {
            let whole = self.cadence.span(day);
            sum = sum.saturating_add(i128::from(self.part(whole, whole.and(term)).get()));
            if whole.until <= day {
                break;
            }
            day = whole.until;
        }
        sum
    }

    /// The days of the periods that run between two instants, for somebody who moved meanwhile; `None` when none does.
    fn days_across_zones(&self, zones: &Zones, span: Period) -> Option<CivilSpan> {
        let rhythm = self.rhythm(zones);
        let first = span.start.max(rhythm.starts_at());
        let just_before = |at: Instant| Instant::from_micros(at.as_micros().saturating_sub(1));
        let last = just_before(span.end.min(rhythm.ends_at()));
        let until = rhythm.period_at(last).map(|period| period.whole.until);
        let first = rhythm.period_at(first).filter(|_| first <= last).map(|period| period.whole.first)?;
        Some(CivilSpan { first, until: until.unwrap_or(jiff::civil::Date::MAX) })
    }
}

/// The days that spans of time touch in a zone. A hundred thousand people live in few zones, so each is worked out once.
#[derive(Debug, Default)]
pub struct DaysOf {
    known: Vec<(Zone, Period, CivilSpan)>,
}

/// Zones and spans remembered; beyond it each is worked out anew.
const KNOWN_MAX: usize = 64;

impl DaysOf {
    /// Nothing worked out yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn days(&mut self, zone: &Zone, span: Period) -> CivilSpan {
        if let Some((_, _, days)) = self.known.iter().find(|(known, of, _)| *of == span && known == zone) {
            return *days;
        }
        let days = touched(zone, span);
        if self.known.len() < KNOWN_MAX {
            self.known.push((zone.clone(), span, days));
        }
        days
    }
}

/// From the day that has begun when the span begins to the last that begins before it ends.
fn touched(zone: &Zone, span: Period) -> CivilSpan {
    let mut first = zone.date(span.start);
    while first < jiff::civil::Date::MAX && zone.first_instant(first) > span.start {
        first = first.yesterday().unwrap_or(jiff::civil::Date::MIN);
        if first == jiff::civil::Date::MIN {
            break;
        }
    }
    if span.end == Instant::FAR_FUTURE {
        return CivilSpan { first, until: jiff::civil::Date::MAX };
    }
    // Where clocks go back across midnight the wall shows a day that is over, though the next one has begun.
    let mut until = zone.date(span.end);
    while until < jiff::civil::Date::MAX && zone.first_instant(until) < span.end {
        until = until.tomorrow().unwrap_or(jiff::civil::Date::MAX);
    }
    CivilSpan { first, until }
}

/// A sum of such amounts as money, held at the end of its range.
pub(crate) fn held(sum: i128) -> Nano {
    Nano::new(i64::try_from(sum).unwrap_or(i64::MAX))
}
