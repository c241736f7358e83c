//! Grants.

use purser_core::id::{GrantId, PersonId, PoolId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A grant to make. Accepted at once; offers come before it where there is something to negotiate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// Id or unique name.
    pub person: String,
    /// Amount and period: `20/day`, `500/month`.
    pub amount: String,
    /// `all` or `workdays`; `all` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<String>,
    /// The place whose holidays are no workdays, by its calendar of now; where workdays count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// First day in the person's zone; the running day where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// First day on which it releases nothing more; none: open-ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Lower burns first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Models it pays for; empty: every model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Providers it pays for; empty: every provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Tools it pays for, by the names under which Purser knows the programs that call; empty: every tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// How much of a whole working time the person has, such as `80%`: the amount is what full time releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// What of a period lives on when it is unused, at most; nothing where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Nano>,
    /// For how many periods more it lives on; one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover_periods: Option<u8>,
    /// What a day is worth that could not be used; nothing by the terms where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<DayRemedy>,
    /// A commitment that no later cut can eat, paid from a pool.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guaranteed: bool,
    /// Id or unique name of the pool that pays for the guarantee; the company's only one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
}

/// What a day is worth on which a grant could not be used although it should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayRemedy {
    /// The term ends a day that counts later.
    Extends,
    /// The day's amount is added to the running period.
    Credits,
}

/// What happens to a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGrant {
    /// What.
    pub change: GrantChange,
    /// Only show what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// The person has agreed: nothing less cuts what is guaranteed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agreed: bool,
}

/// Something that happens to a grant after it was made. Days are in the person's zone; today where they are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantChange {
    /// Another working share.
    Share {
        /// Such as `80%`.
        share: String,
        /// From which day on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// A leave begins.
    Leave {
        /// From which day on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// The leave ends; a guaranteed term ends as many days later.
    Back {
        /// From which day on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<String>,
    },
    /// The term is longer, for days on which the grant could not be used.
    Extend {
        /// How many days.
        days: u16,
    },
    /// The running period releases more, for days on which the grant could not be used.
    Credit {
        /// How much.
        amount: Nano,
    },
    /// The running period releases more and the next one less.
    Advance {
        /// How much.
        amount: Nano,
    },
    /// A day on which the grant could not be used is made good by its terms.
    Remedy {
        /// Which day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<String>,
    },
    /// Holidays of a place hold, by its calendar of now, from the period after the running one on.
    Calendar {
        /// Which place.
        place: String,
    },
    /// Some of the running period goes to somebody else.
    Give {
        /// Id of the grant that gets it.
        to: String,
        /// How much.
        amount: Nano,
    },
}

/// A gift of the running period to somebody else's grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveOfGrant {
    /// Id of the grant that gets it.
    pub to: String,
    /// How much.
    pub amount: Nano,
    /// Only show what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// How a grant is voided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VoidGrant {
    /// The person agrees to lose what was guaranteed.
    pub agreed: bool,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub person_name: Option<String>,
    /// Per period.
    pub amount: Nano,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub per: String,
    /// `all` or `workdays`.
    pub days: String,
    /// The place whose holidays are no workdays, from its next period on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Which of the place's calendars it goes by, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar_version: Option<u32>,
    /// From when on.
    pub start: Instant,
    /// First instant on which it releases nothing more.
    pub end: Option<Instant>,
    /// Lower burns first.
    pub priority: u16,
    /// Models it pays for; empty: every model.
    pub models: Vec<String>,
    /// Providers it pays for; empty: every provider.
    pub providers: Vec<String>,
    /// Tools it pays for; empty: every tool.
    pub tools: Vec<String>,
    /// How much of a whole working time the person has, by what is known for today.
    pub share: String,
    /// What of a period lives on when it is unused, at most.
    pub rollover: Option<Nano>,
    /// For how many periods more.
    pub rollover_periods: Option<u8>,
    /// What a day is worth that could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<DayRemedy>,
    /// Since when the person is away.
    pub away_since: Option<String>,
    /// What the running period releases; `None` when none is running.
    pub allowance: Option<Nano>,
    /// Can no later cut eat it?
    pub guaranteed: bool,
    /// What a whole period is not cut below before the term ends, by the letter that it came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Nano>,
    /// The pool that pays for the guarantee. Guaranteed without one: unfunded, as all were before there were pools.
    pub pool: Option<PoolId>,
    /// What the pool is called.
    pub pool_name: Option<String>,
    /// When it was voided, if it was.
    pub voided: Option<Instant>,
}
