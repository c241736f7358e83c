//! What of a version can be enforced: the token line in the ledger's currency. The only figures of an offer that the
//! journal has.

use std::num::NonZeroU8;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Content;
use crate::calendar::{Cadence, Days};
use crate::grant::{self, Grant, GrantSource, Priority, WorkShare, is_default};
use crate::id::{GrantId, OfferId, PersonId, PoolId};
use crate::money::{Currency, Nano};
use crate::package::{Activation, Basis, Exact, PackageError, ReleaseEvery, Remedy, Rollover, Sharing};
use crate::role::{FixedCalendar, WorkCalendar};
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::Zone;

/// The token line of a version, converted once at the version's own rate. Amounts in the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenTerms {
    /// What a whole period releases; above zero.
    pub amount: Nano,
    /// How often.
    pub cadence: Cadence,
    /// On which days.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days: Days,
    /// Whose holidays are no workdays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Arc<FixedCalendar>>,
    /// What a whole year is worth.
    pub year: Nano,
    /// What a workday is worth, by the workdays that the version counts in a year.
    pub workday: Nano,
    /// Where their day begins.
    pub zone: Zone,
    /// The first day.
    pub starts: Date,
    /// The first day after; `None` for an open end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Date>,
    /// What it pays for.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// A commitment that no later cut can eat.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guaranteed: bool,
    /// What a period can't be cut below before the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Nano>,
    /// Which pool pays for the guarantee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Lower burns first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// What becomes of what is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// What a day is worth that could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// Theirs alone, or a team's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sharing: Sharing,
    /// From when on it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// Without it there is no acceptance.
    #[serde(default, skip_serializing_if = "is_default")]
    pub condition_precedent: bool,
}

/// Why a token line can't be enforced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// The pillars.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// No rate into the ledger's currency.
    #[error(
        "the package is in {} and the ledger in {}; fix the dated rate to {} in the version",
        from.code(), ledger.code(), ledger.code()
    )]
    NoRate {
        /// The package's currency.
        from: Currency,
        /// The ledger's.
        ledger: Currency,
    },
    /// Rounds to nothing, or was nothing.
    #[error("the token budget releases nothing; write an amount above zero, or leave the line out")]
    Nothing,
    /// Ends as it begins.
    #[error("the token budget ends on {ends}, not after the start date {starts}; the end is the first day without it")]
    EndsBeforeStart {
        /// The first day.
        starts: Date,
        /// The first day after.
        ends: Date,
    },
    /// Too long.
    #[error("the term of the token budget ends beyond the calendar; write a shorter one")]
    Term,
    /// More periods than accounts can be kept for, none, or nobody says how many.
    #[error(
        "what is not used can go on for 1 to {} periods; say for how many, with a cap above zero",
        grant::ROLLOVER_PERIODS_MAX
    )]
    Rollover,
    /// Said twice, and not the same.
    #[error("the tools of the token budget stand in its `tools` and in its `scope`; write them in one of the two")]
    Tools,
    /// More is kept than promised.
    #[error("the floor of the token budget lies above the amount; lower it")]
    Floor,
}

impl TokenTerms {
    /// The terms of a version; `None` when it has no token line. The pool is the one that its line names, the calendar that
    /// of its place, which what is released by the workday goes by.
    ///
    /// # Errors
    /// [`TermsError`] when they can't be enforced.
    pub fn of(
        content: &Content,
        ledger: &Currency,
        pool: Option<PoolId>,
        calendar: Option<&WorkCalendar>,
    ) -> Result<Option<Self>, TermsError> {
        let package = &content.package;
        let annual = package.annual()?;
        let Some(line) = &package.tokens else { return Ok(None) };
        let no_rate = || TermsError::NoRate { from: package.currency.clone(), ledger: ledger.clone() };
        if package.currency != *ledger && package.rate.as_ref().is_none_or(|rate| rate.to != *ledger) {
            return Err(no_rate());
        }
        let in_ledger = |year: Exact| package.in_currency(year, ledger).ok_or(PackageError::TooLarge);
        let round = |exact: Option<Exact>| exact.and_then(Exact::round).ok_or(PackageError::TooLarge);
        let workdays = i64::from(package.workdays_per_year);
        let every = line.released_every();
        let period = |year: Exact| match every {
            ReleaseEvery::Workday => year.over(workdays),
            ReleaseEvery::Month => year.over(12),
            ReleaseEvery::Quarter => year.over(4),
            ReleaseEvery::Year => Some(year),
        };
        let year = in_ledger(annual.tokens)?;
        let amount = round(period(year))?;
        if !amount.is_positive() {
            return Err(TermsError::Nothing);
        }
        let floor = |floor: Basis| {
            let year = package.basis_year(floor).ok_or(PackageError::TooLarge)?;
            round(period(in_ledger(year)?))
        };
        let floor = line.floor.map(floor).transpose()?;
        if floor.is_some_and(|floor| floor > amount) {
            return Err(TermsError::Floor);
        }
        let ends = line.term.map(|term| term.ends(content.starts).ok_or(TermsError::Term)).transpose()?;
        if let Some(ends) = ends.filter(|ends| *ends <= content.starts) {
            return Err(TermsError::EndsBeforeStart { starts: content.starts, ends });
        }
        let mut scope = line.scope.clone();
        if !line.tools.is_empty() {
            if !scope.tools.is_empty() && scope.tools != line.tools {
                return Err(TermsError::Tools);
            }
            scope.tools.clone_from(&line.tools);
        }
        let (cadence, days) = every.cadence();
        let fixed = |(place, calendar): (_, &WorkCalendar)| Arc::new(calendar.fixed(place, content.starts));
        let calendar = content.place.as_ref().zip(calendar).filter(|_| days == Days::Workdays).map(fixed);
        let terms = Self {
            amount,
            cadence,
            days,
            calendar,
            year: round(Some(year))?,
            workday: round(year.over(workdays))?,
            zone: content.zone.clone(),
            starts: content.starts,
            ends,
            scope,
            guaranteed: line.guaranteed,
            floor,
            pool: pool.filter(|_| line.guaranteed),
            priority: line.priority,
            rollover: line.rollover,
            remedy: line.remedy,
            sharing: line.sharing,
            activation: line.activation,
            condition_precedent: line.condition_precedent,
        };
        // What a line promises its grant does, or the version is none.
        let kept = terms.lives_on().is_some_and(|rollover| rollover.periods.get() <= grant::ROLLOVER_PERIODS_MAX);
        if matches!(terms.rollover, Some(Rollover::Carries { .. })) && !kept {
            return Err(TermsError::Rollover);
        }
        Ok(Some(terms))
    }

    /// The grant that comes of them.
    pub fn grant(&self, id: GrantId, person: PersonId, zone: &Zone, offer: OfferId, at: Instant) -> Grant {
        Grant {
            id,
            person,
            amount: self.amount,
            cadence: self.cadence,
            share: WorkShare::FULL,
            rollover: self.lives_on(),
            remedy: self.remedy,
            days: self.days,
            calendar: self.calendar.clone(),
            zone: zone.clone(),
            starts: self.starts,
            ends: self.ends,
            priority: self.priority,
            scope: Arc::new(self.scope.clone()),
            guaranteed: self.guaranteed,
            pool: self.pool,
            source: GrantSource::Offer(offer),
            note: None,
            created_at: at,
            voided_at: None,
            life: None,
        }
    }

    /// Do programs before version 6 of the events not know them?
    pub(crate) fn is_of_version_6(&self) -> bool {
        !self.scope.tools.is_empty() || self.calendar.is_some()
    }

    /// The rollover of the grant: what a period leaves unused, up to the cap that the line writes as a part of what a
    /// period releases. Nothing where nothing lives on.
    fn lives_on(&self) -> Option<grant::Rollover> {
        let Some(Rollover::Carries { cap, periods }) = self.rollover else { return None };
        let amount = Exact::of(self.amount);
        let max = cap.map_or(Some(amount), |cap| cap.of(amount)).and_then(Exact::round)?;
        let periods = u8::try_from(periods?).ok().and_then(NonZeroU8::new)?;
        max.is_positive().then_some(grant::Rollover { max, periods })
    }

    /// Is a grant the one that comes of them?
    pub fn is_kept_by(&self, grant: &Grant) -> bool {
        let GrantSource::Offer(offer) = grant.source else { return false };
        let mut made = self.grant(grant.id, grant.person, &grant.zone, offer, grant.created_at);
        made.voided_at = grant.voided_at;
        made.note = grant.note;
        made.life.clone_from(&grant.life);
        made == *grant
    }
}
