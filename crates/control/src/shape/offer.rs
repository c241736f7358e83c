//! Offers, roles, and the report over all offers.

use std::collections::BTreeMap;

use purser_core::id::{GrantId, OfferId, PersonId, UnitId};
use purser_core::lint::Finding;
use purser_core::offer::{Content, DeclineReason};
use purser_core::role::{Duty, RoleChange, Standing};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::{Confidential, Whose};

/// An offer to draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// The unit that the candidate would be in: id or unique name; the one of everybody where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it says.
    pub content: Content,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Another version of an offer: the company's, or the candidate's counter-offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    /// What it says.
    pub content: Content,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveOffer {
    /// In which capacity.
    pub duty: Duty,
}

/// Why something is returned or withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfferNote {
    /// In the words of whoever does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A candidate's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineOffer {
    /// Why, in one of few words.
    pub reason: DeclineReason,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A candidate's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptOffer {
    /// The version that they have before them.
    pub version: u32,
    /// Their name as they typed it: the signature.
    pub signed: String,
}

/// An offer in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferRow {
    /// Its id.
    pub id: OfferId,
    /// The candidate's name; `None` once erased.
    pub candidate: Option<String>,
    /// The unit that they would be in.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: Option<String>,
    /// The family it is measured as.
    pub family: String,
    /// `draft`, `approval`, `approved`, `sent`, `viewed`, `countered`, `accepted`, `declined`, `expired`, `withdrawn`.
    pub state: String,
    /// Since when.
    pub since: Instant,
    /// The number of its latest version.
    pub version: u32,
    /// Does that one have a token line?
    pub has_tokens: bool,
    /// Is that line guaranteed?
    pub guaranteed: bool,
    /// From when on it can't be accepted any more, while it is out.
    pub expires: Option<Instant>,
    /// What the linter finds in that version, by code; empty once erased.
    #[serde(default)]
    pub flags: Vec<OfferFlag>,
}

/// A finding of the linter in a list: its sentence may have figures, its code has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferFlag {
    /// Stable: `TOK001`.
    pub code: String,
    /// `note`, `warning` or `error`.
    pub severity: String,
    /// What it is about, in few words.
    pub short: String,
}

/// A version of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferVersion {
    /// From 1 up.
    pub number: u32,
    /// `candidate`, or the actor of the company.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why; `None` where nobody said, or once erased. Confidential: people write figures into it.
    pub reason: Option<Confidential<String>>,
    /// The keyed hash of what it says.
    pub hash: String,
    /// What it says; without the confidential amounts, where they are not for whoever asks; `None` once erased.
    pub content: Option<Confidential<Value>>,
    /// What differs from the version before.
    pub changes: Vec<OfferChange>,
}

/// One field that differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferChange {
    /// Where: `package.tokens.amount`.
    pub field: String,
    /// What stood there.
    pub before: Option<Confidential<Value>>,
    /// What stands there now.
    pub after: Option<Confidential<Value>>,
}

/// An approval given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferApproval {
    /// In which capacity.
    pub duty: Duty,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Offer {
    /// What a list shows of it.
    #[serde(flatten)]
    pub row: OfferRow,
    /// All versions, the first one first.
    pub versions: Vec<OfferVersion>,
    /// Approvals that are still missing.
    pub missing: Vec<Duty>,
    /// Approvals given.
    pub approvals: Vec<OfferApproval>,
    /// Who the candidate became.
    pub person: Option<PersonId>,
    /// The grant made of it.
    pub grant: Option<GrantId>,
    /// The keyed hash of the letter that they signed.
    #[serde(default)]
    pub letter: Option<String>,
    /// Why the candidate said no.
    pub declined: Option<DeclineReason>,
    /// More about why it was returned, declined or withdrawn. Confidential as reasons are.
    pub note: Option<Confidential<String>>,
    /// What the linter says of the latest version.
    pub findings: Vec<OfferFinding>,
}

/// What the linter found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferFinding {
    /// Stable: `TOK001`.
    pub code: String,
    /// `note`, `warning` or `error`.
    pub severity: String,
    /// What was found; in few words where the sentence may have figures that are not for whoever asks.
    pub message: Confidential<String>,
    /// Where the expectation comes from.
    pub source: String,
    /// What to write instead. Confidential as the sentence is.
    pub fix: Confidential<String>,
}

impl OfferFinding {
    /// About an offer of the company. Every sentence is confidential, so that no rule has to say whether its own has a
    /// figure in it.
    pub(crate) fn about(finding: Finding, whose: &Whose) -> Self {
        let Finding { code, severity, message, source, fix } = finding;
        let message = Confidential::new(message, whose).or(code.short().to_owned());
        let (code, severity) = (code.to_string(), severity.word().to_owned());
        Self { code, severity, message, source, fix: Confidential::new(fix, whose) }
    }
}

impl From<Finding> for OfferFinding {
    /// About an offer that whoever asks has brought.
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, message, source, fix } = finding;
        let (message, fix) = (Confidential::open(message), Confidential::open(fix));
        Self { code: code.to_string(), severity: severity.word().to_owned(), message, source, fix }
    }
}

/// Changes of roles to look at before they are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRoles {
    /// In order.
    pub changes: Vec<RoleChange>,
    /// The day to look at; today where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

/// What changes of roles would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RolesImpact {
    /// Open offers, running grants that came from offers, and people who came without one, that would stand elsewhere.
    pub moved: Vec<RolesMoved>,
    /// How many would stand how.
    pub after: BTreeMap<Standing, usize>,
    /// How many were looked at.
    pub looked_at: usize,
}

/// One that would stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RolesMoved {
    /// An offer, a grant, or a person who came without an offer.
    pub id: String,
    /// How it stands now.
    pub before: Standing,
    /// How it would stand.
    pub after: Standing,
}

/// Open offers and how many of them have a token pillar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferShare {
    /// A family, a month, or `all`.
    pub of: String,
    /// Offers.
    pub offers: u32,
    /// Those with a token pillar.
    pub with_tokens: u32,
    /// The part of them, such as `66.7 %`; `None` without offers.
    pub share: Option<String>,
}

/// The report over all offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfferReport {
    /// All open offers.
    pub open: OfferShare,
    /// By family; their sum is all.
    pub families: Vec<OfferShare>,
    /// Open at any time of a month.
    pub months: Vec<OfferShare>,
}
