//! Grants: accepted, dated promises of an amount.
//!
//! A grant is never edited. It releases an *allowance* each period; what it releases is a function of the grant and
//! the period, so nothing is ever reset. Voiding stops it from then on and leaves what was spent as it is.

mod claim;
mod life;
mod presence;
mod release;
mod rollover;
mod share;

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

pub use claim::DaysOf;
pub(crate) use claim::held;
use life::Course;
pub use life::{Life, LifeChange, Lived};
pub use release::{Release, ReleaseError};
pub use rollover::{Part, ROLLOVER_PERIODS_MAX, Rollover};
pub use share::WorkShare;

use crate::account::Period;
use crate::calendar::{Cadence, CivilSpan, Days, split};
use crate::event::GrantChange;
use crate::id::{GrantId, NoteId, OfferId, PersonId, PoolId, TopUpId};
use crate::money::Nano;
use crate::package::Remedy;
use crate::period::{CivilPeriod, Rhythm, Term, cut};
use crate::role::FixedCalendar;
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::{Zone, Zones};

/// Periods to look back at for what lives on: each for which it does, and as many that are cut or in which no day counts.
const BACK_MAX: u8 = 4 * ROLLOVER_PERIODS_MAX;

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
    /// An approved request for more money, which has the grant's bits. Since version 8 of the events.
    TopUp(TopUpId),
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
    /// How much of a whole working time the person has at first: the amount is what full time releases.
    #[serde(default, skip_serializing_if = "is_default")]
    pub share: WorkShare,
    /// What becomes of what a period leaves unused; it lapses with the period where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// What a day is worth that could not be used; nothing by the terms where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// On which days. A day that does not count releases nothing; a longer period counts such days when it is prorated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days: Days,
    /// Whose holidays are no workdays; none are where nothing is said. Where every day counts it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Arc<FixedCalendar>>,
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
    /// What happened to it since, by events of their own.
    #[serde(skip)]
    pub life: Option<Arc<Life>>,
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
    /// Made and voided in one, or with a past.
    #[error("a new grant can't be voided or changed already; make it, then void or change it")]
    Voided,
    /// A rollover of nothing, for too long, or of an amount that has no next period.
    #[error(
        "a rollover has a cap above zero, lasts 1 to {ROLLOVER_PERIODS_MAX} periods, and there is none for an amount \
         released once"
    )]
    Rollover,
}

/// Ten-thousandths of a working share in a day.
const SHARE_PARTS: i64 = 10_000;

impl Grant {
    /// Are the terms those of a new grant that can be kept?
    ///
    /// # Errors
    /// [`GrantError`] with what is wrong with them.
    pub fn check(&self) -> Result<(), GrantError> {
        if !self.amount.is_positive() {
            return Err(GrantError::Amount(self.amount));
        }
        if self.voided_at.is_some() || self.life.is_some() {
            return Err(GrantError::Voided);
        }
        if let Some(rollover) = self.rollover {
            let lasts = rollover.periods.get() <= ROLLOVER_PERIODS_MAX;
            if !rollover.max.is_positive() || !lasts || self.cadence == Cadence::Once {
                return Err(GrantError::Rollover);
            }
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

    /// Does it have terms that programs before version 3 of the events don't know?
    pub(crate) fn is_of_version_3(&self) -> bool {
        self.pool.is_some() || self.rollover.is_some() || self.remedy.is_some() || self.share != WorkShare::FULL
    }

    /// Does it have terms that programs before version 8 of the events don't know?
    pub(crate) fn is_of_version_8(&self) -> bool {
        matches!(self.source, GrantSource::TopUp(_))
    }

    /// Does it have terms that programs before version 6 of the events don't know?
    pub(crate) fn is_of_version_6(&self) -> bool {
        !self.scope.tools.is_empty() || self.calendar.is_some()
    }

    /// The days on which it holds, as far as is known.
    pub fn term(&self) -> Term {
        let longer = self.life.as_ref().and_then(|life| life.ends());
        Term { starts: self.starts, ends: longer.or(self.ends) }
    }

    /// Its periods, given the zones its person lived in.
    pub fn rhythm<'a>(&'a self, zones: &'a Zones) -> Rhythm<'a> {
        let moves = zones.after(self.created_at);
        Rhythm { cadence: self.cadence, zone: &self.zone, moves, term: self.term(), seams: self.seams() }
    }

    /// What it releases in one of its periods. A period that the term cuts gets its days' share of the whole, and so
    /// does one in which the working share changes or the person is away: neighbouring pieces add up exactly. `Once`
    /// releases everything at the start.
    pub fn allowance(&self, period: &CivilPeriod) -> Nano {
        self.part(period.whole, period.days, self.lived())
    }

    /// What it released in a period by what was known before an instant.
    fn allowance_known(&self, period: &CivilPeriod, before: Instant) -> Nano {
        let known = self.life.as_ref().map_or(&[][..], |life| life.known_before(before));
        self.part(period.whole, period.days, known)
    }

    /// The same without what was moved into it or out of it.
    pub fn released(&self, whole: CivilSpan, days: CivilSpan) -> Nano {
        self.share_of(whole, days, self.lived())
    }

    /// The share that some days of a whole period get, and what was moved, by what is known.
    fn part(&self, whole: CivilSpan, days: CivilSpan, known: &[Lived]) -> Nano {
        let released = self.share_of(whole, days, known);
        if known.is_empty() {
            return released;
        }
        let moved: i128 = life::moved(known, days).map(|(_, by)| i128::from(by.get())).sum();
        let sum = i128::from(released.get()).saturating_add(moved).max(0);
        i64::try_from(sum).map_or(Nano::MAX, Nano::new)
    }

    /// How much of what was observed counts against a period.
    pub fn observed(&self, period: &CivilPeriod) -> Nano {
        let counted = self.moved(period.days).filter(|(asked, _)| matches!(asked, GrantChange::Observed { .. }));
        counted.fold(Nano::ZERO, |sum, (_, by)| sum.saturating_sub(by))
    }

    /// What was moved into the period that has these days, or out of it, and what asked for that.
    pub(crate) fn moved(&self, days: CivilSpan) -> impl Iterator<Item = (&GrantChange, Nano)> {
        life::moved(self.lived(), days)
    }

    fn share_of(&self, whole: CivilSpan, days: CivilSpan, known: &[Lived]) -> Nano {
        let course = self.course(known);
        if self.cadence == Cadence::Once {
            return self.first_share();
        }
        let upto = |until| course.weight(CivilSpan { first: whole.first, until });
        split(self.amount, upto(days.first), upto(days.until), course.count(whole).saturating_mul(SHARE_PARTS))
    }

    /// The amount by the working share that it was made with.
    fn first_share(&self) -> Nano {
        split(self.amount, 0, i64::from(self.share.get()), SHARE_PARTS)
    }

    fn course<'a>(&'a self, known: &'a [Lived]) -> Course<'a> {
        Course { days: self.days, calendar: self.calendar.as_deref(), first: self.share, known }
    }

    /// How many days of a span count, by what is known of holidays.
    pub fn count(&self, span: CivilSpan) -> i64 {
        self.course(self.lived()).count(span)
    }

    /// How many count by the calendar that it was made with. What names an account goes by this one: another would name it
    /// anew.
    fn count_at_first(&self, span: CivilSpan) -> i64 {
        self.course(&[]).count(span)
    }

    /// The calendar that its next periods go by; `None` for Monday to Friday, or every day.
    pub fn calendar_now(&self) -> Option<&FixedCalendar> {
        let known = self.lived().iter().rev().find_map(|lived| match &lived.change {
            LifeChange::Calendar { calendar, .. } => Some(&**calendar),
            _ => None,
        });
        known.or(self.calendar.as_deref())
    }

    /// The working share on a day, by what is known.
    pub fn share_on(&self, day: Date) -> WorkShare {
        let known = self.lived().iter().filter_map(|lived| match lived.change {
            LifeChange::Share { share, from } if from <= day => Some((from, share)),
            _ => None,
        });
        // Of several on one day the last one made known.
        known.max_by_key(|(from, _)| *from).map_or(self.share, |(_, share)| share)
    }

    fn lived(&self) -> &[Lived] {
        self.life.as_ref().map_or(&[], |life| life.changes())
    }

    fn seams(&self) -> &[Date] {
        self.life.as_ref().map_or(&[], |life| life.seams())
    }

    /// The accounts that a period opens, those that lapse sooner first, and those of earlier periods that live on at an
    /// instant in it. All have limits above zero; none where nothing is released.
    pub fn parts_at(&self, rhythm: &Rhythm<'_>, at: Instant) -> SmallVec<[Part; 3]> {
        let Some(running) = rhythm.period_at(at) else { return SmallVec::new() };
        let mut parts = SmallVec::new();
        if let Some(rollover) = self.rollover {
            self.living(rhythm, rollover, &running, at, &mut parts);
        }
        parts.extend(self.parts(rhythm, &running).into_iter().flatten());
        parts.retain(|part: &mut Part| part.limit.is_positive());
        parts.sort_unstable_by_key(|part| (part.period.end, part.period.start));
        parts
    }

    /// What a period releases: the part that lapses with it, and the one that lives on.
    ///
    /// What is added to a period after it has begun, or taken from it, is added to or taken from the part that lives on.
    /// The other one, which is drawn on first, then stands still while there is money in the second: whatever was spent
    /// before, the two together have left what one account would have that they stand for.
    pub fn parts(&self, rhythm: &Rhythm<'_>, period: &CivilPeriod) -> [Option<Part>; 2] {
        self.split_up(rhythm, period, self.allowance(period))
    }

    /// The same by what was known before an instant, of a period that had begun by then: the same accounts, with what was
    /// released to them at that time.
    pub fn parts_known(&self, rhythm: &Rhythm<'_>, period: &CivilPeriod, before: Instant) -> [Option<Part>; 2] {
        self.split_up(rhythm, period, self.allowance_known(period, before))
    }

    fn split_up(&self, rhythm: &Rhythm<'_>, period: &CivilPeriod, limit: Nano) -> [Option<Part>; 2] {
        let lapsing = |limit| Some(Part { period: period.period, limit });
        let Some(rollover) = self.rollover else { return [lapsing(limit), None] };
        let at_first = self.allowance_known(period, period.period.start);
        let lapses = at_first.saturating_sub(rollover.max).max(Nano::ZERO).min(limit);
        let end =
            rhythm.zone_of(period).first_instant(self.lapses(period.whole.until, rollover)).max(period.period.end);
        let lives_on = Period { start: period.period.start, end };
        [lapsing(lapses), Some(Part { period: lives_on, limit: limit.saturating_sub(lapses) })]
    }

    /// Parts of earlier periods that live on in the running one.
    fn living(
        &self,
        rhythm: &Rhythm<'_>,
        rollover: Rollover,
        running: &CivilPeriod,
        at: Instant,
        parts: &mut SmallVec<[Part; 3]>,
    ) {
        let (mut start, mut left) = (running.period.start, rollover.periods.get());
        for _ in 0..BACK_MAX {
            let before = Instant::from_micros(start.as_micros().saturating_sub(1));
            let Some(period) = rhythm.period_at(before).filter(|_| left > 0) else { break };
            if let Some(part) = self.parts(rhythm, &period)[1].filter(|part| part.period.contains(at)) {
                parts.push(part);
            }
            // One that is seen twice because a seam cut it counts once.
            if period.days.first <= period.whole.first && self.count_at_first(period.whole) > 0 {
                left = left.saturating_sub(1);
            }
            start = period.period.start;
        }
    }

    /// The day on which lapses what lives on from a period that ended before `day`.
    fn lapses(&self, day: Date, rollover: Rollover) -> Date {
        /// Periods in a row in which no day counts: a weekend has two days, and holidays may join two of them.
        const EMPTY_MAX: usize = 40;
        let mut day = day;
        for _ in 0..rollover.periods.get() {
            for _ in 0..EMPTY_MAX {
                let whole = self.cadence.span(day);
                day = whole.until;
                if self.count_at_first(whole) > 0 {
                    break;
                }
            }
        }
        day
    }

    /// The days after its first one from which on it may release more than before: another share, a return, what was
    /// the first day after its term.
    pub(crate) fn rises(&self) -> impl Iterator<Item = Date> {
        let days = self.lived().iter().filter_map(|lived| match lived.change {
            LifeChange::Share { from, .. } | LifeChange::Calendar { from, .. } => Some(from),
            LifeChange::Returned { on } => Some(on),
            _ => None,
        });
        let longer = self.ends.filter(|_| self.life.as_ref().is_some_and(|life| life.ends().is_some()));
        days.chain(longer)
    }

    /// The first day on which it can be drawn on: its first one, but not before it was made.
    pub fn born(&self) -> Date {
        self.starts.max(self.zone.date(self.created_at))
    }

    /// The most it releases in the periods that begin on these days, in nano-units. The period running when it was made
    /// counts as if it began then; one that released more before it was cut counts with what it had, since that may
    /// have been spent. Zones change when its days begin, never how many there are, so they don't matter; nor does being
    /// voided.
    pub fn released_in(&self, days: CivilSpan) -> i128 {
        let (born, term) = (self.born(), self.term().days());
        let is_in = |day: Date| days.first <= day && day < days.until;
        let (mut sum, mut day) = (0_i128, days.first.max(born));
        if self.cadence == Cadence::Once {
            let once = self.part(term, term, self.lived());
            return if is_in(born) && born < term.until { i128::from(once.get()) } else { 0 };
        }
        if self.cadence == Cadence::Day && self.life.is_none() {
            // Nothing ever happened to it: each day that counts releases the same.
            let until = days.until.min(term.until);
            let counted = if day < until { self.count(CivilSpan { first: day, until }) } else { 0 };
            return i128::from(self.first_share().get()).saturating_mul(i128::from(counted));
        }
        while day < days.until.min(term.until) {
            let whole = self.cadence.span(day);
            let inside = cut(whole.and(term), self.seams(), day);
            let begins = inside.first.max(born);
            if is_in(begins) {
                sum = sum.saturating_add(i128::from(self.released_most(whole, inside, begins).get()));
            }
            day = inside.until;
        }
        sum
    }

    /// The most that a period ever released since it began.
    fn released_most(&self, whole: CivilSpan, days: CivilSpan, begins: Date) -> Nano {
        self.released_ever(whole, days, begins).fold(self.part(whole, days, self.lived()), Nano::max)
    }

    /// The least that a period ever released since it began, or just before.
    fn released_least(&self, whole: CivilSpan, days: CivilSpan, begins: Date) -> Nano {
        self.released_ever(whole, days, begins).fold(self.part(whole, days, self.lived()), Nano::min)
    }

    /// What a period released before each of the things that were made known on its first day or later. What was made
    /// known after its last day changes nothing in it.
    fn released_ever(&self, whole: CivilSpan, days: CivilSpan, begins: Date) -> impl Iterator<Item = Nano> {
        let lived = self.lived();
        let meanwhile = lived.iter().enumerate().filter(move |(_, one)| begins <= one.day && one.day < days.until);
        meanwhile.filter_map(|(count, _)| lived.get(..count)).map(move |known| self.part(whole, days, known))
    }

    /// The first day on which nothing of what it released in periods that begin on these days can be drawn on.
    pub fn lapsed(&self, days: CivilSpan) -> Date {
        let last = days.until.yesterday().unwrap_or(Date::MIN).max(self.born());
        let until = self.cadence.span(last).until;
        self.rollover.map_or(until, |rollover| self.lapses(until, rollover)).min(self.term().days().until)
    }

    /// The pools from which it is or was paid.
    pub fn pools(&self) -> impl Iterator<Item = PoolId> {
        self.pool.into_iter()
    }

    /// The day of the running period that an instant is in, by the clock that the period goes by; the date for its person
    /// when none runs. Where the person moved west, a period begins while the new clock still shows the day before: that
    /// counts as its first day.
    pub fn day_at(&self, zones: &Zones, at: Instant) -> Date {
        let rhythm = self.rhythm(zones);
        let Some(running) = rhythm.period_at(at) else { return zones.at(at).date(at) };
        let last = running.days.until.yesterday().unwrap_or(running.days.first);
        rhythm.zone_of(&running).date(at).min(last).max(running.days.first)
    }

    /// When it next releases money after an instant; `None` when it never does.
    pub fn next_release(&self, zones: &Zones, at: Instant) -> Option<Instant> {
        let rhythm = self.rhythm(zones);
        let voided = self.voided_at.unwrap_or(Instant::FAR_FUTURE);
        next_funded(&rhythm, at, |period| self.allowance(period)).filter(|next| *next < voided)
    }

    /// The first instant after its term, voided or not; `None` for an open end.
    pub fn ends_at(&self, zones: &Zones) -> Option<Instant> {
        self.term().ends.map(|_| self.rhythm(zones).ends_at())
    }

    /// Voided by then?
    pub fn is_voided(&self, at: Instant) -> bool {
        self.voided_at.is_some_and(|voided| voided <= at)
    }

    /// The order in which the accounts of two grants burn: lower priority number; then what lapses sooner, which is the
    /// end of the account's period; then the older grant.
    /// Of one grant, what was released earlier burns first.
    pub fn burn_order(a: (&Self, &Period), b: (&Self, &Period)) -> Ordering {
        let key =
            |(grant, period): (&Self, &Period)| (grant.priority, period.end, grant.created_at, grant.id, period.start);
        key(a).cmp(&key(b))
    }
}

/// The start of the first period after an instant that has money.
pub(crate) fn next_funded(
    rhythm: &Rhythm<'_>,
    at: Instant,
    allowance: impl Fn(&CivilPeriod) -> Nano,
) -> Option<Instant> {
    /// Days without workdays in a row: two at a weekend, a whole short week at the start of a term, weeks of holidays.
    const EMPTY_PERIODS_MAX: usize = 40;
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
