//! Grants: accepted, dated promises of an amount.
//!
//! A grant is never edited. It releases an *allowance* each period; what it releases is a function of the grant and
//! the period, so nothing is ever reset. Voiding stops it from then on and leaves what was spent as it is.

mod claim;
mod release;

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use claim::DaysOf;
pub(crate) use claim::held;
pub use release::{Release, ReleaseError};

use crate::calendar::{Cadence, CivilSpan, Days, split};
use crate::id::{GrantId, NoteId, OfferId, PersonId, PoolId};
use crate::money::Nano;
use crate::period::{CivilPeriod, Rhythm, Term};
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::{Zone, Zones};

/// Lower burns first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Priority(u16);

impl Priority {
    /// Burns first of all.
    pub const FIRST: Self = Self(1);
    /// Burns last of all.
    pub const LAST: Self = Self(1000);

    /// A priority from 1 to 1000; `None` for anything else.
    pub const fn try_new(number: u16) -> Option<Self> {
        if Self::FIRST.0 <= number && number <= Self::LAST.0 { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for Priority {
    /// 10: room before it for what should burn first, and much room after it.
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u16> for Priority {
    type Error = String;
    fn try_from(number: u16) -> Result<Self, String> {
        Self::try_new(number)
            .ok_or_else(|| format!("a priority lies between 1 (burns first) and 1000, not at {number}"))
    }
}

impl From<Priority> for u16 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// Where a grant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantSource {
    /// Somebody with the right to do so made it.
    Manual,
    /// An accepted offer.
    Offer(OfferId),
}

/// An accepted, dated promise of an amount per period to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whose it is.
    pub person: PersonId,
    /// What a whole period releases; above zero.
    pub amount: Nano,
    /// How often.
    pub cadence: Cadence,
    /// On which days. A day that does not count releases nothing; a longer period counts such days when it is prorated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days: Days,
    /// The person's zone when the grant was made; moves made known since are the person's.
    pub zone: Zone,
    /// The first civil day.
    pub starts: Date,
    /// The first civil day after; `None` for an open end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Date>,
    /// Lower burns first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// What it pays for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: Arc<Scope>,
    /// A commitment that no later cut can eat, rather than a discretionary amount.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guaranteed: bool,
    /// The pool in which a guaranteed grant commits what it can release. Guaranteed and without one: not funded, as
    /// all were before there were pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Where it comes from.
    pub source: GrantSource,
    /// A text kept elsewhere, where it can be erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<NoteId>,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it releases and pays nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<Instant>,
}

/// Why the terms of a grant make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Nothing, or less than nothing.
    #[error("a grant of {0} gives nothing; the amount must be above zero")]
    Amount(Nano),
    /// Ends on or before its first day.
    #[error("a grant that starts on {starts} can't end on {ends}; the end is the first day without it")]
    EndsBeforeStart {
        /// The first day.
        starts: Date,
        /// The first day after.
        ends: Date,
    },
    /// A date nobody means.
    #[error("{0} is no date for a grant; write one between 1970-01-01 and 9000-01-01")]
    Date(Date),
    /// Funds for something that is not promised for good.
    #[error("grant {0} names a pool and is not guaranteed; only guaranteed grants commit funds, leave the pool out")]
    PoolWithoutGuarantee(GrantId),
    /// Made and voided in one.
    #[error("a new grant can't be voided already; make it, then void it")]
    Voided,
}

impl Grant {
    /// Are the terms those of a new grant that can be kept?
    ///
    /// # Errors
    /// [`GrantError`] with what is wrong with them.
    pub fn check(&self) -> Result<(), GrantError> {
        if !self.amount.is_positive() {
            return Err(GrantError::Amount(self.amount));
        }
        if self.voided_at.is_some() {
            return Err(GrantError::Voided);
        }
        if self.pool.is_some() && !self.guaranteed {
            return Err(GrantError::PoolWithoutGuarantee(self.id));
        }
        if let Some(date) = [Some(self.starts), self.ends].into_iter().flatten().find(|date| !is_sane(*date)) {
            return Err(GrantError::Date(date));
        }
        match self.ends {
            Some(ends) if ends <= self.starts => Err(GrantError::EndsBeforeStart { starts: self.starts, ends }),
            _ => Ok(()),
        }
    }

    /// The days on which it holds.
    pub const fn term(&self) -> Term {
        Term { starts: self.starts, ends: self.ends }
    }

    /// Its periods, given the zones its person lived in.
    pub fn rhythm<'a>(&'a self, zones: &'a Zones) -> Rhythm<'a> {
        Rhythm { cadence: self.cadence, zone: &self.zone, moves: zones.after(self.created_at), term: self.term() }
    }

    /// What it releases in one of its periods. A period that the term cuts gets its days' share of the whole, so that
    /// neighbouring grants add up exactly. `Once` releases everything at the start.
    pub fn allowance(&self, period: &CivilPeriod) -> Nano {
        if self.cadence == Cadence::Once {
            return self.amount;
        }
        self.part(period.whole, period.days)
    }

    /// The share that some days of a whole period get.
    fn part(&self, whole: CivilSpan, days: CivilSpan) -> Nano {
        let upto = |until| self.days.count(CivilSpan { first: whole.first, until });
        split(self.amount, upto(days.first), upto(days.until), upto(whole.until))
    }

    /// The first day on which it can be drawn on: its first one, but not before it was made.
    pub fn born(&self) -> Date {
        self.starts.max(self.zone.date(self.created_at))
    }

    /// The most it releases in the periods that begin on these days, in nano-units. The period running when it was made
    /// counts as if it began then. Zones change when its days begin, never how many there are, so they don't matter;
    /// nor does being voided.
    pub fn released_in(&self, days: CivilSpan) -> i128 {
        let (born, term) = (self.born(), CivilSpan { first: self.starts, until: self.ends.unwrap_or(Date::MAX) });
        let is_in = |day: Date| days.first <= day && day < days.until;
        if self.cadence == Cadence::Once {
            return if is_in(born) && born < term.until { i128::from(self.amount.get()) } else { 0 };
        }
        let (mut sum, mut day) = (0_i128, days.first.max(born));
        while day < days.until.min(term.until) {
            let whole = self.cadence.span(day);
            let inside = whole.and(term);
            if is_in(inside.first.max(born)) {
                sum = sum.saturating_add(i128::from(self.part(whole, inside).get()));
            }
            day = whole.until;
        }
        sum
    }

    /// The first day on which nothing of what it released in periods that begin on these days can be drawn on.
    pub fn lapsed(&self, days: CivilSpan) -> Date {
        let end = self.ends.unwrap_or(Date::MAX);
        let last = days.until.yesterday().unwrap_or(Date::MIN).max(self.born());
        self.cadence.span(last).until.min(end)
    }

    /// The pools from which it is or was paid.
    pub fn pools(&self) -> impl Iterator<Item = PoolId> {
        self.pool.into_iter()
    }

    /// When it next releases money after an instant; `None` when it never does.
    pub fn next_release(&self, zones: &Zones, at: Instant) -> Option<Instant> {
        let rhythm = self.rhythm(zones);
        let voided = self.voided_at.unwrap_or(Instant::FAR_FUTURE);
        next_funded(&rhythm, at, |period| self.allowance(period)).filter(|next| *next < voided)
    }

    /// The first instant after its term, voided or not; `None` for an open end.
    pub fn ends_at(&self, zones: &Zones) -> Option<Instant> {
        self.ends.map(|_| self.rhythm(zones).ends_at())
    }

    /// Voided by then?
    pub fn is_voided(&self, at: Instant) -> bool {
        self.voided_at.is_some_and(|voided| voided <= at)
    }

    /// The order in which two grants burn in the periods running at one instant: lower priority number; then what
    /// lapses sooner, which is the end of the running period, since what it released lapses there; then the older one.
    pub fn burn_order(a: (&Self, &CivilPeriod), b: (&Self, &CivilPeriod)) -> Ordering {
        let key =
            |(grant, period): (&Self, &CivilPeriod)| (grant.priority, period.period.end, grant.created_at, grant.id);
        key(a).cmp(&key(b))
    }
}

/// The start of the first period after an instant that has money.
pub(crate) fn next_funded(
    rhythm: &Rhythm<'_>,
    at: Instant,
    allowance: impl Fn(&CivilPeriod) -> Nano,
) -> Option<Instant> {
    /// Days without workdays in a row: two at a weekend, and a whole short week at the start of a term.
    const EMPTY_PERIODS_MAX: usize = 8;
    let mut at = at;
    for _ in 0..EMPTY_PERIODS_MAX {
        at = rhythm.next_reset(at)?;
        if rhythm.period_at(at).is_some_and(|period| allowance(&period).is_positive()) {
            return Some(at);
        }
    }
    None
}

/// Dates that a calendar and a clock agree on, with room for every period around them.
fn is_sane(date: Date) -> bool {
    (1970..9000).contains(&date.year())
}

/// For leaving out of JSON what need not be said.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
