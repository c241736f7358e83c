//! What happens to a grant after it was made: checked against its terms, and against the pool that pays for it.

use std::sync::Arc;

use jiff::civil::Date;
use smallvec::{SmallVec, smallvec};

use super::{Directory, EventError, Person};
use crate::calendar::Cadence;
use crate::event::{GrantChange, GrantEvent};
use crate::grant::{Grant, Life, LifeChange, Lived};
use crate::id::GrantId;
use crate::money::Nano;
use crate::period::CivilPeriod;
use crate::time::Instant;

/// Why something can't have happened to a grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// What is released once has no days and no next period, and a longer term would begin a period with all of it again.
    #[error(
        "grant {0} releases everything at once; only amounts per period have days and a next period. Credit it instead"
    )]
    Once(GrantId),
    /// The past has been spent.
    #[error("what happens to a grant begins on the day on which it is made known ({today}) or later, not on {day}")]
    InThePast {
        /// The day on which it is made known.
        today: Date,
        /// The day asked for.
        day: Date,
    },
    /// Away twice, back twice, or back before going.
    #[error("a leave begins after the one before has ended and ends after it began; {0} fits no such order")]
    LeaveOrder(Date),
    /// No term to make longer.
    #[error("grant {0} has no end that could come later; credit the amount instead")]
    OpenEnd(GrantId),
    /// No period to credit.
    #[error("grant {0} has no period running; what ended or has not begun can't be credited or advanced")]
    NotRunning(GrantId),
    /// More than the next period has.
    #[error("the next period of grant {grant} releases {left}; an advance of {amount} is more than that")]
    AdvanceTooLarge {
        /// Which grant.
        grant: GrantId,
        /// What the next period releases.
        left: Nano,
        /// What was asked for.
        amount: Nano,
    },
    /// Nothing.
    #[error("a change of nothing changes nothing; write an amount or a number of days above zero")]
    Nothing,
    /// An end nobody means.
    #[error("a term can't be made longer than the calendar")]
    TooLong,
}

type Changes = SmallVec<[LifeChange; 2]>;

impl Directory {
    pub(super) fn change_grant(&mut self, event: &GrantEvent) -> Result<(), EventError> {
        let id = event.grant;
        let grant = self.grant(id).ok_or(EventError::UnknownGrant(id))?;
        if let Some(voided_at) = grant.voided_at {
            return Err(EventError::AlreadyVoided { grant: id, voided_at });
        }
        if grant.life.as_ref().is_some_and(|life| life.made_by(event.command).is_some()) {
            return Err(EventError::Duplicate(event.command.to_string()));
        }
        let person = self.present(grant.person)?;
        let day = today(grant, person, event.at);
        let mut changed = Grant::clone(grant);
        for change in changes(grant, person, event, day)? {
            let life = changed.life.as_deref().map_or_else(Life::default, Life::clone);
            let GrantEvent { command, change: asked, at, .. } = *event;
            changed.life = Some(Arc::new(life.with(Lived { at, day, command, asked, change })));
        }
        let changed = Arc::new(changed);
        self.recommit(&changed)?;
        self.put_grant(&changed);
        Ok(())
    }
}

/// The date at an instant, by the clock that the running period goes by.
fn today(grant: &Grant, person: &Person, at: Instant) -> Date {
    let rhythm = grant.rhythm(&person.zones);
    let running = rhythm.period_at(at);
    running.map_or_else(|| person.zone(at), |running| rhythm.zone_of(&running)).date(at)
}

/// What an event adds to a grant's life.
fn changes(grant: &Grant, person: &Person, event: &GrantEvent, today: Date) -> Result<Changes, LifeError> {
    let (id, life) = (grant.id, grant.life.as_deref());
    let ahead = |day: Date| if day < today { Err(LifeError::InThePast { today, day }) } else { Ok(()) };
    if grant.cadence == Cadence::Once && !matches!(event.change, GrantChange::Credited { .. }) {
        return Err(LifeError::Once(id));
    }
    Ok(match event.change {
        GrantChange::ShareSet { share, from } => {
            ahead(from)?;
            smallvec![LifeChange::Share { share, from }]
        }
        GrantChange::LeaveBegun { from } => {
            ahead(from)?;
            let is_away = life.is_some_and(|life| life.away_since().is_some());
            if is_away || life.and_then(Life::last_return).is_some_and(|back| from < back) {
                return Err(LifeError::LeaveOrder(from));
            }
            smallvec![LifeChange::Left { from }]
        }
        GrantChange::LeaveEnded { on } => {
            ahead(on)?;
            let since = life.and_then(Life::away_since).filter(|since| *since < on);
            let since = since.ok_or(LifeError::LeaveOrder(on))?;
            let mut changes: Changes = smallvec![LifeChange::Returned { on }];
            if let Some(ends) = grant.term().ends.filter(|ends| grant.guaranteed && since < *ends) {
                let away = on.duration_since(since).as_hours().div_euclid(24);
                changes.push(longer(grant, ends, away, today)?);
            }
            changes
        }
        GrantChange::Extended { days: 0 } => return Err(LifeError::Nothing),
        GrantChange::Extended { days } => {
            let ends = grant.term().ends.ok_or(LifeError::OpenEnd(id))?;
            if today >= ends {
                return Err(LifeError::NotRunning(id));
            }
            smallvec![longer(grant, ends, i64::from(days), today)?]
        }
        GrantChange::Credited { amount } => {
            let running = running(grant, person, event.at)?;
            if !amount.is_positive() {
                return Err(LifeError::Nothing);
            }
            smallvec![LifeChange::Shift { day: running.days.first, by: amount }]
        }
        GrantChange::Advanced { amount } => {
            let running = running(grant, person, event.at)?;
            if !amount.is_positive() {
                return Err(LifeError::Nothing);
            }
            let rhythm = grant.rhythm(&person.zones);
            let next = grant.next_release(&person.zones, event.at).and_then(|next| rhythm.period_at(next));
            let next = next.ok_or(LifeError::AdvanceTooLarge { grant: id, left: Nano::ZERO, amount })?;
            let left = grant.allowance(&next);
            if amount > left {
                return Err(LifeError::AdvanceTooLarge { grant: id, left, amount });
            }
            let back = Nano::ZERO.saturating_sub(amount);
            smallvec![
                LifeChange::Shift { day: running.days.first, by: amount },
                LifeChange::Shift { day: next.days.first, by: back }
            ]
        }
    })
}

fn running(grant: &Grant, person: &Person, at: Instant) -> Result<CivilPeriod, LifeError> {
    grant.rhythm(&person.zones).period_at(at).ok_or(LifeError::NotRunning(grant.id))
}

/// A term that ends so many days later. Where its last period has begun, a new one begins at the old end: a period that
/// has begun is an account, and keeps its bounds.
fn longer(grant: &Grant, ends: Date, days: i64, today: Date) -> Result<LifeChange, LifeError> {
    let later = ends.checked_add(jiff::SignedDuration::from_hours(days.saturating_mul(24)));
    let later = later.ok().filter(|later| later.year() < 9000).ok_or(LifeError::TooLong)?;
    let last = ends.yesterday().unwrap_or(ends);
    let begun = grant.cadence.span(last).first <= today;
    Ok(LifeChange::Ends { ends: later, seam: begun.then_some(ends) })
}
