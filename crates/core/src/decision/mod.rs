//! Decisions: what a call is told.
//!
//! A decision is an ordinary value: a denial names the limit met, its figures, its owner and the instant of its
//! reset. [`Decision::code`] is for programs and never changes; [`Decision::sentence`] is the one line that people
//! read in their own tool.

mod sentence;

use serde::Serialize;

pub use sentence::Names;

use crate::budget::BudgetOn;
use crate::calendar::{Cadence, Days};
use crate::id::{GrantId, KeyId, PersonId, RunId, UnitId};
use crate::money::Nano;
use crate::plan::{Leg, LegOf};
use crate::run::RunLimit;
use crate::scope::Pattern;
use crate::stop::Tripped;
use crate::time::Instant;

/// What a call is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It goes out.
    Allowed,
    /// The money is there but set aside by other calls: try again.
    Held(LimitMet),
    /// Spent, suspended and the smallest useful bound of this call exceed the limit: final until reset or top-up.
    Exhausted(LimitMet),
    /// It may not be made at all.
    Refused(Refused),
}

/// Whose limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// The person's grants that cover the call, together.
    Person(PersonId),
    /// A unit's budget.
    Unit(UnitId),
    /// The company's budget.
    Company,
    /// The key's budget.
    Key(KeyId),
    /// The run's budget.
    Run(RunId),
    /// The person's budget for some tools: [`LimitMet::tools`].
    Tools(PersonId),
}

/// The figures of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// What it holds or allows in this period.
    pub limit: Nano,
    /// Charges.
    pub spent: Nano,
    /// Set aside by calls under way.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
}

/// The limit that stopped a call, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitMet {
    /// Whose it is.
    pub of: LimitOf,
    /// The tools that it is for, where it is for some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Pattern>,
    /// Its period; `None` where several grants with different ones were met together.
    pub cadence: Option<Cadence>,
    /// On which days it releases.
    pub days: Days,
    /// Where it stands.
    pub figures: Figures,
    /// What a ceiling keeps for guaranteed grants besides, used by nobody so far.
    pub kept: Nano,
    /// The least that this call must set aside to be of use.
    pub needed: Nano,
    /// When it next has money, if it does.
    pub resets_at: Option<Instant>,
    /// Grants with money that do not cover this call.
    pub not_covering: Vec<GrantId>,
}

impl LimitMet {
    /// A person's grants, met together: figures of each leg, in the legs' order.
    pub fn of_grants(person: PersonId, legs: &[Leg], figures: &[Figures], needed: Nano) -> Self {
        let cadence =
            legs.first().map(|leg| leg.of.cadence()).filter(|one| legs.iter().all(|leg| leg.of.cadence() == *one));
        let workdays = !legs.is_empty() && legs.iter().all(|leg| leg.of.days() == Days::Workdays);
        let sum = figures.iter().fold(Figures::default(), |sum, more| Figures {
            limit: sum.limit.saturating_add(more.limit),
            spent: sum.spent.saturating_add(more.spent),
            held: sum.held.saturating_add(more.held),
            suspense: sum.suspense.saturating_add(more.suspense),
        });
        Self {
            of: LimitOf::Person(person),
            tools: None,
            cadence,
            days: if workdays { Days::Workdays } else { Days::All },
            figures: sum,
            kept: Nano::ZERO,
            needed,
            resets_at: legs.iter().filter_map(|leg| leg.resets_at).min(),
            not_covering: Vec::new(),
        }
    }

    /// A ceiling (or one grant) that was met.
    pub fn of_leg(leg: &Leg, figures: Figures, needed: Nano) -> Self {
        let of = match &leg.of {
            LegOf::Grant(grant) => LimitOf::Person(grant.person),
            LegOf::Budget(budget) => match budget.on {
                BudgetOn::Company => LimitOf::Company,
                BudgetOn::Unit(unit) => LimitOf::Unit(unit),
                BudgetOn::Key(key) => LimitOf::Key(key),
                BudgetOn::Person(person) => LimitOf::Tools(person),
            },
            LegOf::Run(run) => LimitOf::Run(*run),
        };
        let tools = if let LegOf::Budget(budget) = &leg.of { budget.tools.clone() } else { None };
        Self {
            of,
            tools,
            cadence: Some(leg.of.cadence()),
            days: leg.of.days(),
            figures,
            kept: Nano::ZERO,
            needed,
            resets_at: leg.resets_at,
            not_covering: Vec::new(),
        }
    }

    /// Held or exhausted? It is exhausted when even with everything held given back the call would not fit.
    pub fn decide(self) -> Decision {
        if self.left().get() < self.needed.get() || !self.left().is_positive() {
            Decision::Exhausted(self)
        } else {
            Decision::Held(self)
        }
    }

    /// Spent, and what counts as spent until it is accounted for.
    pub fn used(&self) -> Nano {
        self.figures.spent.saturating_add(self.figures.suspense)
    }

    /// What would be left were everything held given back; not below zero.
    pub fn left(&self) -> Nano {
        self.figures.limit.saturating_sub(self.used()).max(Nano::ZERO)
    }
}

/// Why a call may not be made at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// No such key, or none came.
    KeyUnknown,
    /// The key was revoked.
    KeyRevoked {
        /// When.
        revoked_at: Instant,
    },
    /// The key has expired.
    KeyExpired {
        /// When.
        expired_at: Instant,
    },
    /// The key's person left.
    PersonLeft {
        /// When.
        left_at: Instant,
    },
    /// The key may not call this provider.
    ProviderNotAllowed {
        /// Which provider.
        provider: String,
        /// What it may call.
        allowed: String,
    },
    /// The key may not call this model.
    ModelNotAllowed {
        /// Which model.
        model: String,
        /// What it may call.
        allowed: String,
    },
    /// The key may not be used with this tool.
    ToolNotAllowed {
        /// Which tool, as the program says.
        tool: String,
        /// What it may call.
        allowed: String,
    },
    /// Nobody granted this person anything.
    NoGrant,
    /// The first grant that covers the call lies ahead.
    GrantNotStarted {
        /// When it starts.
        starts_at: Instant,
    },
    /// The last grant that covers the call is over, or was voided.
    GrantEnded {
        /// When.
        ended_at: Instant,
    },
    /// No grant pays for this model of this provider.
    NotCovered {
        /// Which model.
        model: String,
        /// Of which provider.
        provider: String,
        /// Grants that have money for other calls.
        grants: Vec<GrantId>,
    },
    /// The grants that pay for this model pay for other tools only.
    ToolNotCovered {
        /// Which tool: what the key was made for, else what the program says that it is.
        tool: String,
        /// The tools that they pay for.
        covered: Vec<String>,
    },
    /// The model has no price, so nothing can be held for it.
    UnknownModel {
        /// Which model.
        model: String,
        /// Models with a price whose names are near.
        nearest: Vec<String>,
    },
    /// What the call asks for can't be bounded or metered.
    Unmetered {
        /// What that is, as in "it asks for …".
        what: String,
    },
    /// A stop switch is on.
    Stopped {
        /// What was stopped, as in "… is stopped".
        what: String,
    },
    /// A run has met one of its limits other than money.
    RunLimit {
        /// Which run.
        run: RunId,
        /// Which limit.
        limit: RunLimit,
    },
    /// A breaker holds the run back until its owner says that it may go on.
    RunPaused {
        /// Which run.
        run: RunId,
        /// Which breaker, and what it saw.
        tripped: Tripped,
    },
    /// The key made all requests that it may make in a minute.
    RateLimited {
        /// How many those are.
        per_minute: u32,
        /// When the next one may be made.
        retry_at: Instant,
    },
}

impl Refused {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyUnknown => "key_unknown",
            Self::KeyRevoked { .. } => "key_revoked",
            Self::KeyExpired { .. } => "key_expired",
            Self::PersonLeft { .. } => "person_left",
            Self::ProviderNotAllowed { .. } => "provider_not_allowed",
            Self::ModelNotAllowed { .. } => "model_not_allowed",
            Self::ToolNotAllowed { .. } => "tool_not_allowed",
            Self::NoGrant => "no_grant",
            Self::GrantNotStarted { .. } => "grant_not_started",
            Self::GrantEnded { .. } => "grant_ended",
            Self::NotCovered { .. } => "not_covered",
            Self::ToolNotCovered { .. } => "tool_not_covered",
            Self::UnknownModel { .. } => "unknown_model",
            Self::Unmetered { .. } => "unmetered",
            Self::Stopped { .. } => "stopped",
            Self::RunLimit { .. } => "run_limit",
            Self::RunPaused { .. } => "run_paused",
            Self::RateLimited { .. } => "rate_limited",
        }
    }

    /// When trying again may help, if time alone does.
    pub const fn retry_at(&self) -> Option<Instant> {
        match self {
            Self::GrantNotStarted { starts_at } => Some(*starts_at),
            Self::RateLimited { retry_at, .. } => Some(*retry_at),
            _ => None,
        }
    }
}

impl Decision {
    /// The stable code, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Held(_) => "budget_held",
            Self::Exhausted(_) => "budget_exhausted",
            Self::Refused(refused) => refused.code(),
        }
    }

    /// Is it a final answer, which only a change elsewhere or a later period can turn?
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Allowed | Self::Held(_) | Self::Refused(Refused::RateLimited { .. }) => false,
            Self::Exhausted(_) | Self::Refused(_) => true,
        }
    }
}

impl From<Refused> for Decision {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
