//! What happens to a grant after it was made: another working share, leave, a longer term, money moved between periods.
//!
//! A grant's terms stay as they were accepted. Each happening is added with the instant at which it was made known, so
//! what a period releases is a function of the terms and of what was known, for now and for any moment before.
//!
//! The accounts of a grant are named by their periods, so nothing that happens may change a period that has begun. A
//! working share, leave and moved money change what a period releases, never its bounds. A longer term adds periods
//! behind the old end, and where the last one has begun, a seam there begins a new one.

use std::sync::Arc;

use jiff::civil::Date;
use smallvec::SmallVec;

use super::share::WorkShare;
use crate::calendar::{CivilSpan, Days};
use crate::event::GrantChange;
use crate::id::CommandId;
use crate::money::Nano;
use crate::role::FixedCalendar;
use crate::time::Instant;

/// Everything that happened to a grant, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    changes: Vec<Lived>,
    /// The first day after the term, where it is not that of the terms any more.
    ends: Option<Date>,
    /// Days at which a period ends although the calendar's goes on, in order.
    seams: Vec<Date>,
}

/// Something that happened, and when it was made known.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lived {
    /// When it was made known.
    pub at: Instant,
    /// The day of the running period then.
    pub day: Date,
    /// The command it comes from.
    pub command: CommandId,
    /// What was asked for.
    pub asked: GrantChange,
    /// What it changes.
    pub change: LifeChange,
}

/// Something that happened to a grant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LifeChange {
    /// The person works another share of a whole working time.
    Share {
        /// How much.
        share: WorkShare,
        /// From which day on.
        from: Date,
    },
    /// The person is away: days release nothing until they are back.
    Left {
        /// From which day on.
        from: Date,
    },
    /// The person is back.
    Returned {
        /// From which day on.
        on: Date,
    },
    /// The term is longer.
    Ends {
        /// The first day after it, now.
        ends: Date,
        /// Does a new period begin where it ended before, because the last one had begun?
        seam: Option<Date>,
    },
    /// Other holidays hold.
    Calendar {
        /// Which.
        calendar: Arc<FixedCalendar>,
        /// From which day on, the first one of a period.
        from: Date,
    },
    /// The period that a day is in releases so much more, or less.
    Shift {
        /// The day.
        day: Date,
        /// How much.
        by: Nano,
    },
}

impl Lived {
    /// Is it what counts of a period's observed amounts, and the other one too? Not where the period got something back by
    /// it: how much it had at most must stay known, because it may have been spent.
    fn is_told_anew_by(&self, next: &Self) -> bool {
        let observed = |lived: &Self| match (&lived.asked, &lived.change) {
            (GrantChange::Observed { .. }, LifeChange::Shift { day, by }) => Some((*day, *by)),
            _ => None,
        };
        let before = observed(self).filter(|(_, by)| !by.is_positive());
        before.is_some_and(|(day, _)| observed(next).is_some_and(|(next, _)| next == day))
    }

    /// Moves what another one moved too.
    fn add(&mut self, other: &Self) {
        if let (LifeChange::Shift { by, .. }, LifeChange::Shift { by: more, .. }) = (&mut self.change, &other.change) {
            *by = by.saturating_add(*more);
        }
    }
}

impl Life {
    /// What a command has done to it.
    pub fn made_by(&self, command: CommandId) -> Option<&Lived> {
        self.changes.iter().find(|lived| lived.command == command)
    }

    /// What happened.
    pub fn changes(&self) -> &[Lived] {
        &self.changes
    }

    /// The same with something more.
    #[must_use]
    pub fn with(&self, lived: Lived) -> Self {
        let mut life = self.clone();
        let mut lived = lived;
        // What is observed in a period grows all day; told in a row, it is one thing.
        if let Some(before) = life.changes.pop_if(|before| before.is_told_anew_by(&lived)) {
            lived.add(&before);
        }
        if let LifeChange::Ends { ends, seam } = lived.change {
            life.ends = Some(ends);
            life.seams.extend(seam);
        }
        life.changes.push(lived);
        life
    }

    /// Since when the person is away, when they are.
    pub fn away_since(&self) -> Option<Date> {
        self.changes.iter().rev().find_map(|lived| match lived.change {
            LifeChange::Left { from } => Some(Some(from)),
            LifeChange::Returned { .. } => Some(None),
            _ => None,
        })?
    }

    /// The day on which the person was last back, when they have been away.
    pub fn last_return(&self) -> Option<Date> {
        self.changes.iter().rev().find_map(|lived| match lived.change {
            LifeChange::Returned { on } => Some(on),
            _ => None,
        })
    }

    pub(super) fn ends(&self) -> Option<Date> {
        self.ends
    }

    pub(super) fn seams(&self) -> &[Date] {
        &self.seams
    }

    /// What was known before an instant.
    pub(super) fn known_before(&self, at: Instant) -> &[Lived] {
        let count = self.changes.partition_point(|lived| lived.at < at);
        self.changes.get(..count).unwrap_or(&self.changes)
    }
}

/// How the days of a grant count, given its share at first and what is known to have happened.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) days: Days,
    pub(super) calendar: Option<&'a FixedCalendar>,
    pub(super) first: WorkShare,
    pub(super) known: &'a [Lived],
}

impl Course<'_> {
    /// How many days of a span count: holidays of a place don't where workdays do. Each day goes by the calendar in force
    /// on it.
    pub(super) fn count(&self, span: CivilSpan) -> i64 {
        let days = self.days.count(span);
        if self.days == Days::All {
            return days;
        }
        let (mut calendar, mut from, mut off) = (self.calendar, span.first, 0_i64);
        let mut pass = |calendar: Option<&FixedCalendar>, first, until: Date| {
            let until = until.min(span.until);
            off = off.saturating_add(calendar.map_or(0, |calendar| calendar.off(CivilSpan { first, until })));
        };
        let changes = self.known.iter().filter_map(|lived| match &lived.change {
            LifeChange::Calendar { calendar, from } => Some((&**calendar, *from)),
            _ => None,
        });
        // They are made known in order, each for the period after the running one: so their days are in order too.
        for (next, since) in changes {
            if since > from {
                pass(calendar, from, since);
                from = since;
            }
            calendar = Some(next);
        }
        pass(calendar, from, span.until);
        days.saturating_sub(off)
    }

    /// Days of a span that count, each with its share in ten-thousandths; days of leave count nothing.
    pub(super) fn weight(&self, span: CivilSpan) -> i64 {
        let (mut sum, mut from, mut share, mut away) = (0_i64, span.first, self.first, false);
        let mut count = |from: Date, until: Date, share: WorkShare, away: bool| {
            let days = self.count(CivilSpan { first: from, until: until.min(span.until) });
            if !away {
                sum = sum.saturating_add(days.saturating_mul(i64::from(share.get())));
            }
        };
        // Changes of share are in order of their days, and so are leave and return; put together they are by day.
        let mut turns: SmallVec<[(Date, &LifeChange); 8]> = self.known.iter().filter_map(turn).collect();
        turns.sort_by_key(|(day, _)| *day);
        for (day, change) in turns {
            if day >= span.until {
                break;
            }
            if day > from {
                count(from, day, share, away);
                from = day;
            }
            match change {
                LifeChange::Share { share: new, .. } => share = *new,
                LifeChange::Left { .. } => away = true,
                LifeChange::Returned { .. } => away = false,
                LifeChange::Ends { .. } | LifeChange::Shift { .. } | LifeChange::Calendar { .. } => {}
            }
        }
        count(from, span.until, share, away);
        sum
    }
}

/// What is moved into the period that has these days, or out of it, and what asked for that.
pub(super) fn moved(known: &[Lived], days: CivilSpan) -> impl Iterator<Item = (&GrantChange, Nano)> {
    known.iter().filter_map(move |lived| match lived.change {
        LifeChange::Shift { day, by } if days.first <= day && day < days.until => Some((&lived.asked, by)),
        _ => None,
    })
}

/// From which day on something makes days count otherwise.
fn turn(lived: &Lived) -> Option<(Date, &LifeChange)> {
    match &lived.change {
        change @ (LifeChange::Share { from, .. } | LifeChange::Left { from }) => Some((*from, change)),
        change @ LifeChange::Returned { on } => Some((*on, change)),
        LifeChange::Ends { .. } | LifeChange::Shift { .. } | LifeChange::Calendar { .. } => None,
    }
}
