//! What happens to a grant after it was made: checked against its terms, and against the pool that pays for it.

use std::sync::Arc;

use jiff::civil::Date;
use smallvec::{SmallVec, smallvec};

use super::{Directory, EventError, Person};
use crate::calendar::{Cadence, CivilSpan};
use crate::event::{GrantChange, GrantEvent};
use crate::grant::{Grant, Life, LifeChange, Lived};
use crate::id::GrantId;
use crate::money::Nano;
use crate::package::Remedy;
use crate::period::CivilPeriod;
use crate::policy::Moving;
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
    /// More than policy lets be advanced.
    #[error(
        "policy lets {percent} % of the next period be advanced: {left} more of grant {grant}, not {amount}; ask whoever sets \
         `policy.advance_percent`"
    )]
    AdvancePolicy {
        /// Which grant.
        grant: GrantId,
        /// In hundredths.
        percent: u8,
        /// What may still be.
        left: Nano,
        /// What was asked for.
        amount: Nano,
    },
    /// More than policy lets be given away.
    #[error(
        "policy lets {percent} % of the running period be given away: {left} more of grant {grant}, not {amount}; ask \
         whoever sets `policy.gift_percent`"
    )]
    GiftPolicy {
        /// Which grant.
        grant: GrantId,
        /// In hundredths.
        percent: u8,
        /// What may still be.
        left: Nano,
        /// What was asked for.
        amount: Nano,
    },
    /// To oneself, which would only change what it pays for.
    #[error("a gift goes to somebody else; grants {0} and {1} are one person's")]
    GiftToOneself(GrantId, GrantId),
    /// The terms say nothing of such days.
    #[error("the terms of grant {0} say nothing of days on which it can't be used; extend it or credit it instead")]
    NoRemedy(GrantId),
    /// No day on which it released anything, or one that is still to come.
    #[error("grant {grant} released nothing on {day}; only a day up to today that counts can be made good")]
    NoSuchDay {
        /// Which grant.
        grant: GrantId,
        /// The day asked for.
        day: Date,
    },
    /// Once is enough.
    #[error("{0} has been made good already")]
    Remedied(Date),
    /// Less than nothing was observed.
    #[error("{0} can't have been observed; what counts is zero or more")]
    ObservedNegative(Nano),
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
        let (grant, person) = self.lives(event.grant, event)?;
        let policy = self.policy_of(person.id).moving;
        let day = grant.day_at(&person.zones, event.at);
        let mut changed: SmallVec<[Arc<Grant>; 2]> =
            smallvec![grown(grant, event, day, changes(grant, person, event, day, policy)?)];
        if let GrantChange::Given { to, amount } = event.change {
            let (other, receiver) = self.lives(to, event)?;
            if receiver.id == person.id {
                return Err(LifeError::GiftToOneself(grant.id, other.id).into());
            }
            let running = running(other, receiver, event.at)?;
            let more = smallvec![LifeChange::Shift { day: running.days.first, by: amount }];
            changed.push(grown(other, event, other.day_at(&receiver.zones, event.at), more));
        }
        // All or none: the second may not fit where the first does.
        let mut next = self.clone();
        for grant in &changed {
            next.recommit(grant)?;
            next.put_grant(grant);
        }
        *self = next;
        Ok(())
    }

    /// A grant to which something can happen, and its person.
    fn lives(&self, id: GrantId, event: &GrantEvent) -> Result<(&Grant, &Person), EventError> {
        let grant = self.grant(id).ok_or(EventError::UnknownGrant(id))?;
        if let Some(voided_at) = grant.voided_at {
            return Err(EventError::AlreadyVoided { grant: id, voided_at });
        }
        if grant.life.as_ref().is_some_and(|life| life.made_by(event.command).is_some()) {
            return Err(EventError::Duplicate(event.command.to_string()));
        }
        Ok((grant, self.present(grant.person)?))
    }
}

/// A grant to which these things have happened.
fn grown(grant: &Grant, event: &GrantEvent, day: Date, changes: Changes) -> Arc<Grant> {
    let GrantEvent { command, change: ref asked, at, .. } = *event;
    let life = grant.life.as_deref().map_or_else(Life::default, Life::clone);
    let life = changes
        .into_iter()
        .fold(life, |life, change| life.with(Lived { at, day, command, asked: asked.clone(), change }));
    Arc::new(Grant { life: Some(Arc::new(life)), ..grant.clone() })
}

/// What an event adds to a grant's life.
fn changes(
    grant: &Grant,
    person: &Person,
    event: &GrantEvent,
    today: Date,
    policy: Moving,
) -> Result<Changes, LifeError> {
    let (id, life) = (grant.id, grant.life.as_deref());
    let ahead = |day: Date| if day < today { Err(LifeError::InThePast { today, day }) } else { Ok(()) };
    if grant.cadence == Cadence::Once
        && !matches!(
            event.change,
            GrantChange::Credited { .. } | GrantChange::Given { .. } | GrantChange::Observed { .. }
        )
    {
        return Err(LifeError::Once(id));
    }
    Ok(match event.change {
        GrantChange::CalendarSet { ref calendar } => {
            let from = next_period(grant, today).ok_or(LifeError::NotRunning(id))?;
            smallvec![LifeChange::Calendar { calendar: Arc::clone(calendar), from }]
        }
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
            let advanced = taken(grant, &next, |asked| matches!(asked, GrantChange::Advanced { .. }));
            if let Some(left) = beyond(grant, &next, policy.advance_percent, advanced, amount) {
                return Err(LifeError::AdvancePolicy { grant: id, percent: policy.advance_percent, left, amount });
            }
            smallvec![
                LifeChange::Shift { day: running.days.first, by: amount },
                LifeChange::Shift { day: next.days.first, by: minus(amount) }
            ]
        }
        GrantChange::Observed { amount } => {
            let running = running(grant, person, event.at)?;
            if amount.is_negative() {
                return Err(LifeError::ObservedNegative(amount));
            }
            let by = grant.observed(&running).checked_sub(amount).filter(|by| !by.is_zero());
            smallvec![LifeChange::Shift { day: running.days.first, by: by.ok_or(LifeError::Nothing)? }]
        }
        GrantChange::Remedied { day } => smallvec![remedied(grant, person, event, today, day)?],
        GrantChange::Given { to: _, amount } => {
            let running = running(grant, person, event.at)?;
            if !amount.is_positive() {
                return Err(LifeError::Nothing);
            }
            let given = taken(grant, &running, |asked| matches!(asked, GrantChange::Given { .. }));
            if let Some(left) = beyond(grant, &running, policy.gift_percent, given, amount) {
                return Err(LifeError::GiftPolicy { grant: id, percent: policy.gift_percent, left, amount });
            }
            smallvec![LifeChange::Shift { day: running.days.first, by: minus(amount) }]
        }
    })
}

/// The first day of the period after the one that a day is in; that of the first one where none has begun. `None` after
/// the term.
fn next_period(grant: &Grant, today: Date) -> Option<Date> {
    let term = grant.term();
    if today < term.starts {
        return Some(term.starts);
    }
    let next = grant.cadence.span(today).until;
    term.ends.is_none_or(|ends| next < ends).then_some(next)
}

/// What makes a day good on which a grant could not be used.
fn remedied(
    grant: &Grant,
    person: &Person,
    event: &GrantEvent,
    today: Date,
    day: Date,
) -> Result<LifeChange, LifeError> {
    let id = grant.id;
    let remedy = grant.remedy.ok_or(LifeError::NoRemedy(id))?;
    let lived = grant.life.as_deref().map_or(&[][..], Life::changes);
    if lived.iter().any(|lived| lived.asked == event.change) {
        return Err(LifeError::Remedied(day));
    }
    let worth = released_on(grant, day).filter(|_| grant.born() <= day && day <= today);
    let worth = worth.ok_or(LifeError::NoSuchDay { grant: id, day })?;
    match remedy {
        Remedy::Extends => {
            let ends = grant.term().ends.ok_or(LifeError::OpenEnd(id))?;
            if today >= ends {
                return Err(LifeError::NotRunning(id));
            }
            longer(grant, ends, until_it_counts(grant, ends), today)
        }
        Remedy::Credits => {
            let running = running(grant, person, event.at)?;
            Ok(LifeChange::Shift { day: running.days.first, by: worth })
        }
    }
}

const fn minus(amount: Nano) -> Nano {
    Nano::new(amount.get().saturating_neg())
}

/// What was moved out of a period, of what was asked for so.
fn taken(grant: &Grant, period: &CivilPeriod, of: impl Fn(&GrantChange) -> bool) -> i128 {
    let moved = grant.moved(period.days).filter(|(asked, by)| by.is_negative() && of(asked));
    moved.map(|(_, by)| i128::from(by.get()).saturating_neg()).sum()
}

/// What may still be moved out of a period by policy, where that is less than an amount.
fn beyond(grant: &Grant, period: &CivilPeriod, percent: u8, taken: i128, amount: Nano) -> Option<Nano> {
    let released = i128::from(grant.released(period.whole, period.days).get());
    let most = released.saturating_mul(i128::from(percent)).div_euclid(100);
    // Neither what a grant has now, which may be less than what it released.
    let left = most.saturating_sub(taken).min(i128::from(grant.allowance(period).get())).max(0);
    (i128::from(amount.get()) > left).then(|| Nano::new(i64::try_from(left).unwrap_or(i64::MAX)))
}

/// What a day that counts released, without what was moved; `None` where that is nothing.
fn released_on(grant: &Grant, day: Date) -> Option<Nano> {
    let term = grant.term();
    let until = day.tomorrow().ok().filter(|_| term.starts <= day && term.ends.is_none_or(|ends| day < ends))?;
    let released = grant.released(grant.cadence.span(day), CivilSpan { first: day, until });
    Some(released).filter(|released| released.is_positive())
}

/// By how many days a term is longer that has one day more that counts.
fn until_it_counts(grant: &Grant, ends: Date) -> i64 {
    /// A weekend with weeks of holidays around it, and the day after.
    const DAYS_MAX: i64 = 40;
    let counts = |n: &i64| {
        let day = ends.checked_add(jiff::Span::new().days(n.saturating_sub(1)));
        day.is_ok_and(|day| grant.count(Cadence::Day.span(day)) > 0)
    };
    (1..=DAYS_MAX).find(counts).unwrap_or(DAYS_MAX)
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
