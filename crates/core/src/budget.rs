//! Budgets: hard ceilings on the company, a unit, a key, or what a person spends with a tool.
//!
//! A budget holds no money: it limits what is spent under it. Every call under a budget counts against it.

use serde::{Deserialize, Serialize};

use crate::account::Period;
use crate::calendar::{Cadence, Days};
use crate::grant::{Grant, is_default, next_funded};
use crate::id::{BudgetId, KeyId, PersonId, UnitId};
use crate::money::Nano;
use crate::period::{CivilPeriod, Rhythm, Term};
use crate::scope::Pattern;
use crate::time::Instant;
use crate::zone::Zone;

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetOn {
    /// Everything.
    Company,
    /// A unit and all units below it.
    Unit(UnitId),
    /// One key.
    Key(KeyId),
    /// What a person spends with the budget's tools.
    Person(PersonId),
}

/// A hard ceiling per period. Its amount may be set anew and keeps what is spent; everything else is fixed, because
/// other periods would be other accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Its id.
    pub id: BudgetId,
    /// What it limits.
    pub on: BudgetOn,
    /// The tools whose calls it limits; `None` for all. A person's budget has some, and no other one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Pattern>,
    /// The most that a period may cost. Zero stops everything under it.
    pub amount: Nano,
    /// How often it begins anew.
    pub cadence: Cadence,
    /// On which days anything may be spent at all, for a daily one; longer ones take no notice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days: Days,
    /// Where its periods begin and end: the unit's or the company's zone, for a key or a person the person's.
    pub zone: Zone,
    /// When it was first set.
    pub created_at: Instant,
    /// From when on it limits nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
}

impl Budget {
    /// Does it limit a call of this tool?
    pub fn covers_tool(&self, tool: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.matches(tool))
    }

    /// Would it limit every call that a guaranteed grant may pay for, because that grant is for these tools alone?
    pub fn eats(&self, grant: &Grant) -> bool {
        let Some(tools) = &self.tools else { return false };
        let promised = &grant.scope.tools;
        grant.guaranteed && !promised.is_empty() && promised.iter().all(|tool| tools.matches(tool.as_str()))
    }

    /// Does it bind money that was promised for good? What its owner chose does: a key's, and a person's for a tool, which
    /// leaves the money for other tools. A unit's or the company's may not eat a guarantee.
    pub fn binds_guarantees(&self) -> bool {
        matches!(self.on, BudgetOn::Key(_) | BudgetOn::Person(_))
    }

    /// Its periods. They are whole even when it was set in the middle of one: a ceiling is not prorated.
    fn rhythm(&self) -> Rhythm<'_> {
        Rhythm { cadence: self.cadence, zone: &self.zone, moves: &[], term: Term::ALWAYS, seams: &[] }
    }

    /// The period running at an instant. A `Once` budget has a single one, from when it was set.
    pub fn period_at(&self, at: Instant) -> Period {
        let once = Period { start: self.created_at, end: Instant::FAR_FUTURE };
        match self.cadence {
            Cadence::Once => once,
            _ => self.rhythm().period_at(at).map_or(once, |found| found.period),
        }
    }

    /// The ceiling in the period running at an instant: the amount, but nothing on a day that does not count.
    pub fn limit_at(&self, at: Instant) -> Nano {
        match self.cadence {
            Cadence::Once => self.amount,
            _ => self.rhythm().period_at(at).map_or(Nano::ZERO, |period| self.limit(&period)),
        }
    }

    /// When it next begins anew after an instant with room to spend; `None` when it never does.
    pub fn next_release(&self, at: Instant) -> Option<Instant> {
        match self.cadence {
            Cadence::Once => None,
            _ => next_funded(&self.rhythm(), at, |period| self.limit(period)),
        }
    }

    /// In force then?
    pub fn is_in_force(&self, at: Instant) -> bool {
        self.ended_at.is_none_or(|ended| at < ended)
    }

    fn limit(&self, period: &CivilPeriod) -> Nano {
        if self.days.count(period.whole) > 0 { self.amount } else { Nano::ZERO }
    }
}
