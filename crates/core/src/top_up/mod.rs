//! Top-ups: more money for once. Somebody asks, somebody else decides, and what is approved is a grant.
//!
//! **Model.** A request names an amount, until when it may be spent and for what. It lies on a [`Desk`]: the lower ones
//! decide small amounts, and what nobody answers is passed on. A decision is final. A [`Mandate`] decides by itself, for a
//! manager who was given one; an [`Absence`] lends a person's right to decide to somebody else for some days.
//!
//! **Invariants.** One open request for each person and purpose. Nobody decides what they asked for or what is theirs. An
//! approval and its grant are one change. A mandate gives no more in a month than it has.
//!
//! Why somebody asks, and why somebody says no, is personal: it stands where it can be erased, and here is its id at most.

mod error;
mod outlook;
mod rules;

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use error::TopUpError;
pub use outlook::{PEERS_MIN, median, per_day};
pub use rules::{DAYS_MAX, HOLD_MAX, Rules};

pub use crate::role::Purpose;

use crate::calendar::{Cadence, Days};
use crate::grant::{Grant, GrantSource, Priority, WorkShare};
use crate::id::{GrantId, NoteId, PersonId, PoolId, RunId, TopUpId, UnitId};
use crate::money::Nano;
use crate::offer::Who;
use crate::scope::Scope;
use crate::time::Instant;
use crate::zone::Zone;

/// Requests of one person that may be open at once, each for another purpose: whoever asks again and again gets no further
/// by it. A judgement.
pub const OPEN_MAX: usize = 5;

/// Who may decide about a request: those at its desk, and those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desk {
    /// Managers of the person's unit.
    Manager,
    /// Finance.
    Finance,
    /// Administrators.
    Admin,
}

impl Desk {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Finance => "finance",
            Self::Admin => "admin",
        }
    }

    /// Who sits there, as in "is for … to decide".
    pub const fn people(self) -> &'static str {
        match self {
            Self::Manager => "a manager",
            Self::Finance => "finance",
            Self::Admin => "an administrator",
        }
    }

    /// Where a request goes that nobody answers here.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Manager => Some(Self::Finance),
            Self::Finance => Some(Self::Admin),
            Self::Admin => None,
        }
    }
}

impl fmt::Display for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A request, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// Its id. The grant of an approved one has the same bits, and so has the note that says why it was asked for.
    pub id: TopUpId,
    /// Who gets the money.
    pub person: PersonId,
    /// What for, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// How much is asked for.
    pub amount: Nano,
    /// The last day on which it may be spent, where the person is.
    pub until: Date,
    /// Who asked.
    pub by: Who,
    /// The agent's session that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// When.
    pub at: Instant,
    /// From when on nobody can decide any more.
    pub closes: Instant,
    /// Who may decide.
    pub desk: Desk,
    /// Since when it lies there.
    pub since: Instant,
    /// Where it is.
    pub state: State,
}

/// Where a request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum State {
    /// Nobody has decided.
    Open,
    /// There is a grant of so much.
    Approved {
        /// How much: all or a part.
        amount: Nano,
        /// Who decided.
        by: Decision,
    },
    /// There will be none.
    Denied(Decision),
    /// It was taken back.
    Cancelled {
        /// By whom.
        by: Who,
        /// When.
        at: Instant,
    },
    /// Nobody decided in time, or the person left.
    Expired {
        /// When.
        at: Instant,
    },
}

impl State {
    /// Its word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved { .. } => "approved",
            Self::Denied(_) => "denied",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
        }
    }
}

/// Who decided, and by what right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Who; Purser itself where a mandate did.
    pub by: Who,
    /// The desk whose right it is: of the decider's own, or of whoever lent theirs.
    pub desk: Desk,
    /// Whose right it is, when they were away and had named the decider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_absent: Option<PersonId>,
    /// The manager by whose mandate it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<PersonId>,
    /// What was said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<NoteId>,
    /// When.
    pub at: Instant,
}

impl TopUp {
    /// May it be decided at an instant?
    pub fn is_open(&self, at: Instant) -> bool {
        self.state == State::Open && at < self.closes
    }

    /// The id of its grant, once it is approved.
    pub const fn grant(&self) -> GrantId {
        GrantId::new(self.id.get())
    }

    /// The id of the text that says why it was asked for.
    pub const fn reason(&self) -> NoteId {
        NoteId::new(self.id.get())
    }

    /// The grant that an approval of so much makes, for a person whose zone is this one: all of it at once, from today until
    /// the last day is over. A pool makes it guaranteed.
    pub fn granted(&self, amount: Nano, pool: Option<PoolId>, zone: &Zone, at: Instant) -> Grant {
        Grant {
            id: self.grant(),
            person: self.person,
            amount,
            cadence: Cadence::Once,
            share: WorkShare::FULL,
            rollover: None,
            remedy: None,
            days: Days::All,
            calendar: None,
            zone: zone.clone(),
            starts: zone.date(at),
            ends: self.until.tomorrow().ok(),
            priority: Priority::default(),
            scope: Scope::EVERYTHING.into(),
            guaranteed: pool.is_some(),
            pool,
            source: GrantSource::TopUp(self.id),
            note: None,
            created_at: at,
            voided_at: None,
            life: None,
        }
    }

    /// Is that the grant which an approval of so much makes?
    pub(crate) fn is_kept_by(&self, grant: &Grant, amount: Nano) -> bool {
        *grant == self.granted(amount, grant.pool, &grant.zone, grant.created_at)
    }
}

/// How much a manager gives without being asked: what fits is approved when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// Whose.
    pub manager: PersonId,
    /// For the people of this unit and of those below it.
    pub unit: UnitId,
    /// At most so much in a calendar month of the company's; nothing: it is over.
    pub month: Nano,
    /// At most so much at once.
    pub request: Nano,
    /// The pool that pays, which makes what is given guaranteed; the budgets of unit and company where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// What was given in each month, by its first day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<Date, Nano>,
}

impl Mandate {
    /// What was given in a month.
    pub fn given_in(&self, month: Date) -> Nano {
        self.given.get(&month).copied().unwrap_or(Nano::ZERO)
    }

    /// What it has left in a month.
    pub fn left_in(&self, month: Date) -> Nano {
        self.month.saturating_sub(self.given_in(month)).max(Nano::ZERO)
    }
}

/// Somebody is away, and who decides meanwhile in their stead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Who is away.
    pub person: PersonId,
    /// Who decides.
    pub delegate: PersonId,
    /// The first day, where the person is.
    pub first: Date,
    /// The last day.
    pub last: Date,
}
