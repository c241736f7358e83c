//! What a grant knows of its person's days: when they are there, for how much of a whole working time, and which part of an
//! amount some days get. For figures and forecasts; accounts go by periods.

use jiff::civil::Date;

use super::{Grant, LifeChange};
use crate::calendar::{Cadence, CivilSpan, Days};
use crate::forecast::DayKind;
use crate::money::Nano;

impl Grant {
    /// Is the person on leave on a day, by what is known?
    pub fn is_away(&self, day: Date) -> bool {
        let turns = self.lived().iter().filter_map(|lived| match lived.change {
            LifeChange::Left { from } => Some((from, true)),
            LifeChange::Returned { on } => Some((on, false)),
            _ => None,
        });
        // Of several on one day the last one made known.
        turns.filter(|(from, _)| *from <= day).max_by_key(|(from, _)| *from).is_some_and(|(_, away)| away)
    }

    /// What kind of day it is for the person.
    pub fn day_kind(&self, day: Date) -> DayKind {
        if self.is_away(day) {
            DayKind::Away
        } else if Days::Workdays.includes(day) && self.calendar_now().is_none_or(|calendar| !calendar.has(day)) {
            DayKind::Work
        } else {
            DayKind::Off
        }
    }

    /// What some days get of what it releases, whatever periods they are in: of a month's amount a week gets the share of
    /// its days. Held at the ends of the range. What is released once has the days of its term, and none where that is open.
    pub fn released_over(&self, days: CivilSpan) -> Nano {
        let term = self.term().days();
        let inside = days.and(term);
        if self.cadence == Cadence::Once {
            let all = self.course(self.lived()).count(term);
            let some = self.course(self.lived()).count(inside);
            let open = term.until >= Date::MAX;
            return if open { Nano::ZERO } else { crate::calendar::split(self.amount, 0, some, all) };
        }
        let (mut sum, mut day) = (Nano::ZERO, inside.first);
        while day < inside.until {
            let whole = self.cadence.span(day);
            sum = sum.saturating_add(self.released(whole, whole.and(inside)));
            day = whole.until;
        }
        sum
    }

    /// How much of some days the person was there for, in ten-thousandths: days outside its term and days of leave count
    /// nothing, others by the working share.
    pub fn present(&self, days: CivilSpan) -> u32 {
        let inside = days.and(self.term().days());
        if inside.is_empty() {
            return 0;
        }
        let course = self.course(self.lived());
        // Days before the term and after it count by the same calendar.
        let parts = course.weight(inside).checked_div(course.count(days)).unwrap_or(0);
        u32::try_from(parts.clamp(0, 10_000)).unwrap_or(0)
    }
}
