//! The plan of a call: which accounts it draws on, in which order, before any balance is looked at.
//!
//! A plan is a function of the directory, the key, the call's scope and the instant. It stays the same until
//! [`Plan::valid_until`], so whoever serves many calls may keep it that long, as long as the directory is the same.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::account::{AccountKey, Period, Subject};
use crate::budget::Budget;
use crate::calendar::{Cadence, Days};
use crate::decision::Refused;
use crate::directory::{Directory, Key, Person};
use crate::grant::{Grant, Part};
use crate::id::{RunId, UnitId};
use crate::money::Nano;
use crate::scope::{CallScope, Pattern};
use crate::time::Instant;

/// Which accounts a call draws on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When it was made.
    pub at: Instant,
    /// The unit that the person is in, which the call counts in however late it is settled.
    pub unit: UnitId,
    /// Whose money.
    pub grants: Legs,
    /// Limits that the call counts against in full: the key's, the person's for the tool, the person's units' upwards, the
    /// company's.
    pub ceilings: Legs,
    /// The first instant at which another plan may come out: a period ends, a grant starts or ends, the key expires.
    pub valid_until: Instant,
    /// When new money for such a call comes next; `None` when none is promised.
    pub resets_at: Option<Instant>,
    /// Another tool may have another plan.
    pub by_tool: bool,
    /// Grants that release money in this period and do not cover this call. Whether some is left, the ledger knows.
    pub not_covering: SmallVec<[Arc<Grant>; 2]>,
}

/// The few accounts of a plan.
pub type Legs = SmallVec<[Leg; 4]>;

/// One account of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Whose, and in which period.
    pub account: AccountKey,
    /// What the account holds or allows in this period.
    pub limit: Nano,
    /// What of the limit is kept for guaranteed grants, used and unused together, by a ceiling that does not bind them.
    /// `None` for one that does, and for grants.
    pub reserve: Option<Nano>,
    /// When it next has money: the next period that is not empty.
    pub resets_at: Option<Instant>,
    /// What it stands for.
    pub of: LegOf,
}

/// What a leg stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegOf {
    /// Money of a person.
    Grant(Arc<Grant>),
    /// A ceiling.
    Budget(Arc<Budget>),
    /// What a run may cost.
    Run(RunId),
}

impl LegOf {
    /// How often it begins anew.
    pub fn cadence(&self) -> Cadence {
        match self {
            Self::Grant(grant) => grant.cadence,
            Self::Budget(budget) => budget.cadence,
            Self::Run(_) => Cadence::Once,
        }
    }

    /// On which days it releases.
    pub fn days(&self) -> Days {
        match self {
            Self::Grant(grant) => grant.days,
            Self::Budget(budget) => budget.days,
            Self::Run(_) => Days::All,
        }
    }

    /// Does the limit bind money that was promised for good? A run's does, as its owner chose it; for budgets see
    /// [`Budget::binds_guarantees`].
    pub fn binds_guarantees(&self) -> bool {
        match self {
            Self::Grant(_) | Self::Run(_) => true,
            Self::Budget(budget) => budget.binds_guarantees(),
        }
    }
}

impl Leg {
    fn ceiling(directory: &Directory, budget: &Arc<Budget>, at: Instant) -> Self {
        let (period, of) = (budget.period_at(at), LegOf::Budget(Arc::clone(budget)));
        Self {
            account: AccountKey { subject: Subject::Budget(budget.id), period },
            limit: budget.limit_at(at),
            reserve: (!of.binds_guarantees()).then(|| directory.reserve(budget, period)),
            resets_at: budget.next_release(at),
            of,
        }
    }

    /// What a run may cost, counted in a period of its own.
    pub fn run(run: RunId, period: Period, limit: Nano) -> Self {
        Self {
            account: AccountKey { subject: Subject::Run(run), period },
            limit,
            reserve: None,
            resets_at: None,
            of: LegOf::Run(run),
        }
    }

    /// Is what it pays guaranteed?
    pub fn is_guaranteed(&self) -> bool {
        matches!(&self.of, LegOf::Grant(grant) if grant.guaranteed)
    }
}

impl Directory {
    /// Which accounts a call with this key draws on at an instant.
    ///
    /// Grants come in burn order. One that releases nothing in this period (a workday grant on a Sunday) is left out
    /// where another one has money; where none has, the plan has legs with a limit of zero, so that the denial can
    /// say when money comes.
    ///
    /// # Errors
    /// [`Refused`] when no account could pay whatever the balances are.
    pub fn plan(&self, key: &Key, call: &CallScope<'_>, at: Instant) -> Result<Plan, Refused> {
        let person = self.may_call(key, call, at)?;
        // Whoever made the key knows better than the program that calls.
        let call = &CallScope { tool: key.tool.as_deref().unwrap_or(call.tool), ..*call };
        let mut search = Search::new(person, call, at);
        for grant in &person.grants {
            search.look_at(grant);
        }
        let Search { mut running, not_covering, mut valid_until, resets_at, by_tool, .. } = search.found()?;
        let of_tools = person.budgets.iter().any(|budget| budget.is_in_force(at));
        let by_tool = key.tool.is_none() && (by_tool || of_tools || !key.allow.tools.is_empty());

        running.sort_by(|a, b| Grant::burn_order((&a.grant, &a.period), (&b.grant, &b.period)));
        if running.iter().any(|leg| leg.limit.is_positive()) {
            running.retain(|leg| leg.limit.is_positive());
        }
        let grants = running.into_iter().map(Running::into_leg).collect();
        let in_force =
            self.budgets_over(key, at).filter(|budget| budget.is_in_force(at) && budget.covers_tool(call.tool));
        let ceilings: Legs = in_force.map(|budget| Leg::ceiling(self, budget, at)).collect();
        let ends =
            self.budgets_over(key, at).filter(|budget| budget.is_in_force(at)).filter_map(|budget| budget.ended_at);
        let periods = ceilings.iter().map(|leg| leg.account.period.end);
        // Stamps may lie ahead by the little that two clocks differ: a key revoked just now must not work on for a day.
        let stops = [key.expires, key.revoked_at, person.left_at].into_iter().flatten();
        let moves = self.next_move(person, at).map(|(_, moves)| moves);
        for change in periods.chain(ends).chain(stops).chain(moves) {
            valid_until = valid_until.min(change);
        }
        let unit = self.unit_of(person, at);
        Ok(Plan { at, unit, grants, ceilings, valid_until, resets_at, by_tool, not_covering })
    }

    /// The person behind a key that may make this call.
    fn may_call(&self, key: &Key, call: &CallScope<'_>, at: Instant) -> Result<&Arc<Person>, Refused> {
        if let Some(revoked_at) = key.revoked_at.filter(|revoked| *revoked <= at) {
            return Err(Refused::KeyRevoked { revoked_at });
        }
        if let Some(expired_at) = key.expires.filter(|expires| *expires <= at) {
            return Err(Refused::KeyExpired { expired_at });
        }
        let person = self.person(key.person).ok_or(Refused::KeyUnknown)?;
        if let Some(left_at) = person.left_at.filter(|left| *left <= at) {
            return Err(Refused::PersonLeft { left_at });
        }
        if !key.allow.covers_provider(call.provider) {
            let allowed = key.allow.to_string();
            return Err(Refused::ProviderNotAllowed { provider: call.provider.to_owned(), allowed });
        }
        if !key.allow.covers_model(call.model) {
            return Err(Refused::ModelNotAllowed { model: call.model.to_owned(), allowed: key.allow.to_string() });
        }
        if !key.allow.covers_tool(key.tool.as_deref().unwrap_or(call.tool)) {
            return Err(Refused::ToolNotAllowed { tool: call.tool.to_owned(), allowed: key.allow.to_string() });
        }
        self.may_go_on(key, person, call, at)?;
        Ok(person)
    }
}

/// An account of a grant in force.
struct Running {
    grant: Arc<Grant>,
    period: Period,
    limit: Nano,
    next: Option<Instant>,
}

impl Running {
    fn into_leg(self) -> Leg {
        Leg {
            account: AccountKey { subject: Subject::Grant(self.grant.id), period: self.period },
            limit: self.limit,
            reserve: None,
            resets_at: self.next,
            of: LegOf::Grant(self.grant),
        }
    }
}

/// What one pass over a person's grants finds.
struct Search<'a> {
    person: &'a Person,
    call: &'a CallScope<'a>,
    at: Instant,
    running: SmallVec<[Running; 4]>,
    not_covering: SmallVec<[Arc<Grant>; 2]>,
    valid_until: Instant,
    resets_at: Option<Instant>,
    /// The next covering grant to start, and the last covering one that ended.
    starts: Option<Instant>,
    ended: Option<Instant>,
    /// Grants running or ahead that do not cover the call.
    uncovered: bool,
    /// Some grant pays only for calls from some tools.
    by_tool: bool,
    /// The tools of those that pay for such a call from another tool.
    tools: Vec<Pattern>,
}

impl<'a> Search<'a> {
    fn new(person: &'a Person, call: &'a CallScope<'a>, at: Instant) -> Self {
        Self {
            person,
            call,
            at,
            running: SmallVec::new(),
            not_covering: SmallVec::new(),
            valid_until: Instant::FAR_FUTURE,
            resets_at: None,
            starts: None,
            ended: None,
            uncovered: false,
            by_tool: false,
            tools: Vec::new(),
        }
    }

    fn look_at(&mut self, grant: &Arc<Grant>) {
        let (at, zones) = (self.at, &self.person.zones);
        let covers = grant.scope.covers(self.call);
        if grant.is_voided(at) {
            self.ended = self.ended.max(grant.voided_at.filter(|_| covers));
            return;
        }
        if let Some(voided) = grant.voided_at {
            self.valid_until = self.valid_until.min(voided);
        }
        self.by_tool |= !grant.scope.tools.is_empty();
        let rhythm = grant.rhythm(zones);
        match rhythm.period_at(at) {
            Some(period) => {
                self.valid_until = self.valid_until.min(period.period.end);
                let parts = grant.parts_at(&rhythm, at);
                for part in &parts {
                    self.valid_until = self.valid_until.min(part.period.end);
                }
                if covers {
                    let next = grant.next_release(zones, at);
                    self.resets_at = soonest(self.resets_at, next);
                    let running =
                        |part: Part| Running { grant: Arc::clone(grant), period: part.period, limit: part.limit, next };
                    if parts.is_empty() {
                        // For the denial to say when money comes.
                        self.running.push(running(Part { period: period.period, limit: Nano::ZERO }));
                    }
                    self.running.extend(parts.into_iter().map(running));
                } else {
                    self.not_covered_by(grant);
                    if !parts.is_empty() {
                        self.not_covering.push(Arc::clone(grant));
                    }
                }
            }
            None if at < rhythm.starts_at() => {
                self.valid_until = self.valid_until.min(rhythm.starts_at());
                if covers {
                    self.starts = soonest(self.starts, Some(rhythm.starts_at()));
                    self.resets_at = soonest(self.resets_at, grant.next_release(zones, at));
                } else {
                    self.not_covered_by(grant);
                }
            }
            None => self.ended = self.ended.max(grant.ends_at(zones).filter(|_| covers)),
        }
    }

    fn not_covered_by(&mut self, grant: &Grant) {
        self.uncovered = true;
        if grant.scope.covers_provider(self.call.provider) && grant.scope.covers_model(self.call.model) {
            self.tools.extend(
                grant.scope.tools.iter().filter(|tool| !self.tools.contains(tool)).cloned().collect::<Vec<_>>(),
            );
        }
    }

    /// Itself when there is something to draw on, else the most helpful reason why not.
    fn found(self) -> Result<Self, Refused> {
        if !self.running.is_empty() {
            return Ok(self);
        }
        Err(match (self.starts, self.ended) {
            (Some(starts_at), _) => Refused::GrantNotStarted { starts_at },
            (None, _) if !self.tools.is_empty() => Refused::ToolNotCovered {
                tool: self.call.tool.to_owned(),
                covered: self.tools.iter().map(Pattern::to_string).collect(),
            },
            (None, _) if self.uncovered => {
                let grants = self.not_covering.iter().map(|grant| grant.id).collect();
                Refused::NotCovered {
                    model: self.call.model.to_owned(),
                    provider: self.call.provider.to_owned(),
                    grants,
                }
            }
            (None, Some(ended_at)) => Refused::GrantEnded { ended_at },
            (None, None) => Refused::NoGrant,
        })
    }
}

fn soonest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
