//! The most that a grant can pay over some days: what is kept for it by budgets that others spend from too.

use jiff::civil::Date;

use super::{BACK_MAX, Grant, Rollover, WorkShare};
use crate::account::Period;
use crate::calendar::{Cadence, CivilSpan, split};
use crate::money::Nano;
use crate::period::cut;
use crate::time::Instant;
use crate::zone::{Zone, Zones};

impl Grant {
    /// The most that its person can draw on it between two instants: all that its periods release which run at any time
    /// between them, each in full, and what lives on from earlier ones, in nano-units. A period that began earlier
    /// counts, since nothing of it need have been spent before; one that was cut while it ran counts with what it had.
    /// Being voided does not matter. [`i128::MAX`] where it never ends and neither does the span.
    pub fn drawn_in(&self, zones: &Zones, span: Period, days_of: &mut DaysOf) -> i128 {
        if span.start >= span.end {
            return 0;
        }
        let term = self.term().days();
        let moved = !zones.after(self.created_at).is_empty();
        let days = if moved {
            match self.days_across_zones(zones, span) {
                Some(days) => days,
                None => return 0,
            }
        } else {
            days_of.days(&self.zone, span)
        };
        let days = days.and(term);
        if days.is_empty() {
            return 0;
        }
        if self.cadence == Cadence::Once {
            return i128::from(self.released_most(term, term, self.born()).get());
        }
        if span.end == Instant::FAR_FUTURE && term.until == Date::MAX {
            return i128::MAX;
        }
        let lives_on = self.lives_on_until(days.first, moved);
        if self.cadence == Cadence::Day && self.lived().is_empty() {
            let count = i128::from(self.count(days));
            return i128::from(self.daily().get()).saturating_mul(count).saturating_add(lives_on);
        }
        let (mut sum, mut day) = (lives_on, days.first);
        while day < days.until {
            let (whole, inside) = self.piece(day);
            sum =
                sum.saturating_add(i128::from(self.released_most(whole, inside, inside.first.max(self.born())).get()));
            if inside.until <= day {
                break;
            }
            day = inside.until;
        }
        sum
    }

    /// What a day that counts releases when nothing has happened to the grant.
    fn daily(&self) -> Nano {
        split(self.amount, 0, i64::from(self.share.get()), i64::from(WorkShare::FULL.get()))
    }

    /// The calendar's period of a day, and those of its days that are one period of the term.
    fn piece(&self, day: Date) -> (CivilSpan, CivilSpan) {
        let whole = self.cadence.span(day);
        (whole, cut(whole.and(self.term().days()), self.seams(), day))
    }

    /// The most of what periods before that of a day released that can still be there when the day begins. For somebody who moved, a
    /// little more than that: the old zone's clock may be behind.
    fn lives_on_until(&self, first: Date, moved: bool) -> i128 {
        /// Days that two clocks can be apart, and one that the wall shows again.
        const APART: i64 = 2;
        let Some(rollover) = self.rollover else { return 0 };
        let slack = if moved { APART } else { 0 };
        let (mut sum, mut day) = (0_i128, self.piece(first).1.first);
        let mut left = i64::from(rollover.periods.get()).saturating_add(slack);
        for _ in 0..BACK_MAX {
            let before = day.yesterday().ok().filter(|before| self.term().starts <= *before && left > 0);
            let Some(before) = before else { break };
            let (whole, inside) = self.piece(before);
            let lapses = self.lapses(whole.until, rollover).saturating_add(jiff::Span::new().days(slack));
            if lapses > first {
                sum = sum.saturating_add(i128::from(self.lives_on_most(rollover, whole, inside).get()));
            }
            if inside.first <= whole.first && self.count_at_first(whole) > 0 {
                left = left.saturating_sub(1);
            }
            day = inside.first;
        }
        sum
    }

    /// The most that the part of a period that lives on ever had.
    fn lives_on_most(&self, rollover: Rollover, whole: CivilSpan, days: CivilSpan) -> Nano {
        let begins = days.first.max(self.born());
        let most = self.released_most(whole, days, begins);
        let lapses = self.released_least(whole, days, begins).saturating_sub(rollover.max).max(Nano::ZERO);
        most.saturating_sub(lapses).max(Nano::ZERO)
    }

    /// The days of the periods that run between two instants, for somebody who moved meanwhile; `None` when none does.
    fn days_across_zones(&self, zones: &Zones, span: Period) -> Option<CivilSpan> {
        let rhythm = self.rhythm(zones);
        let first = span.start.max(rhythm.starts_at());
        let just_before = |at: Instant| Instant::from_micros(at.as_micros().saturating_sub(1));
        let last = just_before(span.end.min(rhythm.ends_at()));
        let until = rhythm.period_at(last).map(|period| period.days.until);
        let first = rhythm.period_at(first).filter(|_| first <= last).map(|period| period.days.first)?;
        Some(CivilSpan { first, until: until.unwrap_or(Date::MAX) })
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
    while first < Date::MAX && zone.first_instant(first) > span.start {
        first = first.yesterday().unwrap_or(Date::MIN);
        if first == Date::MIN {
            break;
        }
    }
    if span.end == Instant::FAR_FUTURE {
        return CivilSpan { first, until: Date::MAX };
    }
    // Where clocks go back across midnight the wall shows a day that is over, though the next one has begun.
    let mut until = zone.date(span.end);
    while until < Date::MAX && zone.first_instant(until) < span.end {
        until = until.tomorrow().unwrap_or(Date::MAX);
    }
    CivilSpan { first, until }
}

/// A sum of such amounts as money, held at the end of its range.
pub(crate) fn held(sum: i128) -> Nano {
    Nano::new(i64::try_from(sum).unwrap_or(i64::MAX))
}
