//! Periods: which span of instants an instant belongs to. Computed, never reset by a job.
//!
//! Periods of one subject tile its term: half-open, in order, no gap, no overlap, whatever the clocks do. A civil day
//! gets at most one period, so a day's money is never released twice. When somebody moves to another zone, the
//! running period ends where it would have ended; the next one ends by the new zone's clock. Moving east makes it
//! shorter, moving west longer.

use jiff::civil::Date;

use crate::account::Period;
use crate::calendar::{Cadence, CivilSpan};
use crate::time::Instant;
use crate::zone::{Zone, ZoneChange};

/// The days on which something holds: from the first day on, to the day before `ends` if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The first day.
    pub starts: Date,
    /// The first day after; `None` for an open end.
    pub ends: Option<Date>,
}

impl Term {
    /// Without a first day and without a last.
    pub const ALWAYS: Self = Self { starts: Date::MIN, ends: None };

    /// The same as a span, whose ends stand for "always" and "never".
    pub fn days(&self) -> CivilSpan {
        CivilSpan { first: self.starts, until: self.ends.unwrap_or(Date::MAX) }
    }
}

/// A period and the civil days that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CivilPeriod {
    /// The instants.
    pub period: Period,
    /// The days of the calendar's period, whether or not they are in the term.
    pub whole: CivilSpan,
    /// Those of them that are in the term.
    pub days: CivilSpan,
}

/// What periods depend on.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm<'a> {
    /// How long a period is.
    pub cadence: Cadence,
    /// The zone at the start.
    pub zone: &'a Zone,
    /// Moves to other zones since, in order.
    pub moves: &'a [ZoneChange],
    /// The days on which there are periods at all.
    pub term: Term,
    /// Days at which a period ends although the calendar's goes on, in order: the term ended there once.
    pub seams: &'a [Date],
}

impl Rhythm<'_> {
    /// The period that an instant lies in; `None` before the term and after it.
    pub fn period_at(&self, at: Instant) -> Option<CivilPeriod> {
        // The end of time belongs to the last period, which ends there.
        let at = at.min(just_before(Instant::FAR_FUTURE));
        self.tiles_at(at).at(at).filter(|found| found.period.start <= at)
    }

    /// The first instant of the term, as far as moves are known.
    pub fn starts_at(&self) -> Instant {
        self.first_tiles().0.from
    }

    /// The first instant after the term, as far as moves are known; [`Instant::FAR_FUTURE`] for an open end.
    pub fn ends_at(&self) -> Instant {
        let tiles = self.tiles_at(Instant::FAR_FUTURE);
        tiles.zone.first_instant(tiles.term.until).max(tiles.from)
    }

    /// When the next period after an instant begins: a later one of this term, or its first. `None` when there is none.
    pub fn next_reset(&self, at: Instant) -> Option<Instant> {
        match self.period_at(at) {
            Some(running) => self.period_at(running.period.end).map(|next| next.period.start).filter(|next| *next > at),
            None => Some(self.starts_at()).filter(|start| *start > at && self.period_at(*start).is_some()),
        }
    }

    /// The zone by whose clock one of its periods ends.
    pub fn zone_of(&self, period: &CivilPeriod) -> &Zone {
        self.tiles_at(period.period.start).zone
    }

    /// The tiles that an instant falls in: those of the zone in force then.
    fn tiles_at(&self, at: Instant) -> Tiles<'_> {
        let (mut tiles, moves) = self.first_tiles();
        for change in moves {
            if change.from > tiles.from {
                // A move at the very end of a period counts for the next one.
                let Some(running) = tiles.at(just_before(change.from)) else { break };
                if at < running.period.end || running.days.until >= tiles.term.until {
                    break;
                }
                tiles.from = running.period.end;
                tiles.from_day = running.days.until;
            }
            tiles.zone = &change.zone;
        }
        tiles
    }

    /// Tiles from the start of the term, and the moves that come after it. No period runs before the term, so a move
    /// before it takes effect at once.
    fn first_tiles(&self) -> (Tiles<'_>, &[ZoneChange]) {
        let mut zone = self.zone;
        let mut from = zone.first_instant(self.term.starts);
        let mut moves = self.moves;
        while let Some((change, rest)) = moves.split_first().filter(|(change, _)| change.from <= from) {
            zone = &change.zone;
            // Moving east can bring the start forward, but not to before the move.
            from = zone.first_instant(self.term.starts).max(change.from);
            moves = rest;
        }
        if self.cadence == Cadence::Once {
            moves = &[]; // the only period is the running one
        }
        let Self { cadence, seams, .. } = *self;
        (Tiles { cadence, zone, term: self.term.days(), seams, from, from_day: self.term.starts }, moves)
    }
}

/// Periods in one zone, from an instant at which the day `from_day` is due.
struct Tiles<'a> {
    cadence: Cadence,
    zone: &'a Zone,
    term: CivilSpan,
    seams: &'a [Date],
    from: Instant,
    from_day: Date,
}

impl Tiles<'_> {
    /// The period that an instant lies in, or the first one when it comes before; `None` after the term.
    fn at(&self, at: Instant) -> Option<CivilPeriod> {
        // The calendar's last day stands for "never", so its last period begins before that.
        let last = Date::MAX.yesterday().unwrap_or(Date::MAX);
        let mut day = self.zone.date(at).max(self.from_day).min(last);
        loop {
            let whole = match self.cadence {
                Cadence::Once => self.term,
                cadence => cadence.span(day),
            };
            let days = cut(whole.and(self.term), self.seams, day);
            if days.is_empty() {
                return None;
            }
            let start = if days.first <= self.from_day {
                self.from
            } else {
                self.zone.first_instant(days.first).max(self.from)
            };
            let end = self.zone.first_instant(days.until).max(start);
            if at < end {
                return Some(CivilPeriod { period: Period { start, end }, whole, days });
            }
            if days.until >= self.term.until {
                return None;
            }
            // The wall shows a day that is over: clocks went back across midnight, or a seam between two zones.
            day = days.until;
        }
    }
}

/// The days of a span between the seams around a day in it.
pub(crate) fn cut(span: CivilSpan, seams: &[Date], day: Date) -> CivilSpan {
    seams.iter().fold(span, |span, seam| match *seam {
        seam if seam <= day => CivilSpan { first: span.first.max(seam), ..span },
        seam => CivilSpan { until: span.until.min(seam), ..span },
    })
}

fn just_before(at: Instant) -> Instant {
    Instant::from_micros(at.as_micros().saturating_sub(1))
}
