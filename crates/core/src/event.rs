//! Events: what the journal carries about people, grants, budgets, keys, prices and policy.
//!
//! The [directory](crate::directory) is a function of these events and nothing else, live and at replay. No event
//! has a name, a salary or any other personal field: those live where they can be erased, and are referred to by id.
//!
//! In the journal an event is JSON, `{"v":1,"event":{"person_added":{…}}}`. A field may be added to an event under
//! the same version when leaving it out means what was meant before; anything else raises the version.

mod grant;
mod offer;
mod pool;
mod stop;
mod top_up;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

pub use grant::{GrantChange, GrantEvent};
pub use offer::{OfferEvent, RoleEvent};
pub use pool::PoolEvent;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use stop::StopEvent;
pub use top_up::TopUpEvent;

use crate::budget::Budget;
use crate::grant::Grant;
use crate::hex::Hex;
use crate::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, UnitId};
use crate::money::Currency;
use crate::observed::{Observation, ObservedUse};
use crate::policy::Policy;
use crate::price::PriceList;
use crate::role::{Role, RoleChange};
use crate::scope::Scope;
use crate::stop::StopOn;
use crate::time::Instant;
use crate::top_up::Rules;
use crate::zone::Zone;

/// The latest version this program reads. It writes the earliest in which an event means what it means.
pub const EVENT_VERSION: u32 = 9;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The first event of all.
    CompanyFounded {
        /// The ledger's currency, for good.
        currency: Currency,
        /// Where the company's periods begin and end.
        zone: Zone,
        /// When.
        at: Instant,
    },
    /// A team or department.
    UnitAdded {
        /// Its id.
        unit: UnitId,
        /// The unit it is part of; `None` for the company itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<UnitId>,
        /// Where its periods begin and end.
        zone: Zone,
        /// When.
        at: Instant,
    },
    /// A unit, with all below it, is part of another one from now on.
    UnitMoved {
        /// Which unit.
        unit: UnitId,
        /// The unit it is part of now; `None` for the company itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<UnitId>,
        /// When.
        at: Instant,
    },
    /// Nobody and nothing is part of this unit any more. Its history stays.
    UnitClosed {
        /// Which unit.
        unit: UnitId,
        /// When.
        at: Instant,
    },
    /// Somebody came.
    PersonAdded {
        /// Their id.
        person: PersonId,
        /// Their unit.
        unit: UnitId,
        /// Where their day begins and ends.
        zone: Zone,
        /// When.
        at: Instant,
    },
    /// Somebody changed units. Grants follow the person.
    PersonMoved {
        /// Who.
        person: PersonId,
        /// Their unit from then on.
        unit: UnitId,
        /// From when on, not before `at`; at once where nothing is said. Since version 4.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective: Option<Instant>,
        /// When it was made known.
        at: Instant,
    },
    /// Somebody lives in another zone. Periods that run then end where they would have ended.
    PersonZoneChanged {
        /// Who.
        person: PersonId,
        /// Their zone from then on.
        zone: Zone,
        /// From when on: not before `at`, since periods that have been used can't change. Exactly `at` counts as just
        /// after it.
        effective: Instant,
        /// When it was made known.
        at: Instant,
    },
    /// Somebody's role was said, or what was said of it is taken back. What was said last counts: a role that is set stands
    /// until an offer is accepted or another is set. Since version 9.
    PersonRoleSet {
        /// Who.
        person: PersonId,
        /// The role; `None` to fall back to that of the offer they accepted last, or to none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// When.
        at: Instant,
    },
    /// Somebody left: their keys stop working. What was spent stays. Whoever comes back is a new person.
    PersonLeft {
        /// Who.
        person: PersonId,
        /// When.
        at: Instant,
    },
    /// A grant was made.
    GrantMade(Grant),
    /// A grant stops.
    GrantVoided {
        /// Which one.
        grant: GrantId,
        /// When.
        at: Instant,
    },
    /// A budget was set, or an existing one got another amount.
    BudgetSet(Budget),
    /// A budget limits nothing any more.
    BudgetEnded {
        /// Which one.
        budget: BudgetId,
        /// When.
        at: Instant,
    },
    /// A key was issued.
    KeyIssued(KeyIssue),
    /// A key stops working.
    KeyRevoked {
        /// Which one.
        key: KeyId,
        /// When.
        at: Instant,
    },
    /// Prices were published.
    PricesPublished(PriceList),
    /// A policy was set.
    PolicySet {
        /// For whom.
        on: PolicyOn,
        /// The policy; `None` to fall back: a person to the company's, the company to the defaults.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<Box<Policy>>,
        /// When.
        at: Instant,
    },
    /// Something about pools. Since version 3.
    Pool(PoolEvent),
    /// Something about a grant after it was made. Since version 3.
    Grant(GrantEvent),
    /// Something about offers. Since version 3.
    Offer(OfferEvent),
    /// Something about stop switches. Since version 5.
    Stop(StopEvent),
    /// Usage that did not pass through the gateway was seen. Since version 7.
    Observed(Observation),
    /// Something about roles: bands, policies, calendars, approval rules. Since version 3.
    Role(RoleEvent),
    /// Something about requests for more money, or about who decides. Since version 8.
    TopUp(TopUpEvent),
    /// Some of the events of one change that is too large for one record. They take effect together, with the last
    /// part: a change of which only some parts were written has not happened. Parts of one change follow each other;
    /// any other event in between gives the change up. Since version 2.
    Part {
        /// Which change.
        change: CommandId,
        /// Is it complete with this part?
        last: bool,
        /// The events, in order; none of them is a part.
        events: Vec<Event>,
    },
}

/// Whose policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyOn {
    /// Everybody who has none of their own.
    Company,
    /// One person.
    Person(PersonId),
}

/// The terms of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyIssue {
    /// Its id.
    pub key: KeyId,
    /// SHA-256 of its secret. The secret is shown once and kept nowhere.
    pub hash: KeyHash,
    /// Whose it is.
    pub person: PersonId,
    /// Which of the person's agents or machines uses it, such as `laptop` or `nightly`. It stays in the journal for good,
    /// so it must not name anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What it may call.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub allow: Scope,
    /// The tool it was made for: its calls count as that tool's, whatever the program says that it is. Since version 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What its calls are for where they do not say so themselves: a project or repository. It stays in the journal for
    /// good. Since version 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Requests per minute at most; `None` for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// From when on it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// When it was issued.
    pub at: Instant,
}

/// SHA-256 of a key's secret. In JSON 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// Looked up by the plain bytes; a newtype hashes as what it wraps.
impl Borrow<[u8; 32]> for KeyHash {
    fn borrow(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for KeyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Not the text of a key's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's hash is 64 hexadecimal digits")]
pub struct KeyHashError;

impl FromStr for KeyHash {
    type Err = KeyHashError;

    fn from_str(text: &str) -> Result<Self, KeyHashError> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut hash = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != hash.len() || !rest.is_empty() {
            return Err(KeyHashError);
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4) | low).ok_or(KeyHashError)?;
        }
        Ok(Self(hash))
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// Why bytes of the journal are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a later program.
    #[error(
        "the event has version {found}, this program knows versions up to {EVENT_VERSION}: start a release at least \
         as new as the one that wrote the journal"
    )]
    Newer {
        /// The version found.
        found: u32,
    },
    /// Not an event of a version we know.
    #[error("the bytes are not an event this program knows")]
    Malformed(#[source] serde_json::Error),
}

#[derive(Serialize)]
struct Stored<'a> {
    v: u32,
    event: &'a Event,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    v: u32,
    event: Event,
}

#[derive(Deserialize)]
struct Head {
    v: u32,
}

/// Does a policy say something that programs before version 7 don't know?
fn is_policy_of_version_7(policy: &Policy) -> bool {
    let before = Policy::default();
    policy.observed != ObservedUse::default()
        || policy.runs != before.runs
        || policy.breakers != before.breakers
        || policy.switch != before.switch
}

impl Event {
    /// The earliest version in which this event can be read.
    fn version(&self) -> u32 {
        match self {
            Self::PersonRoleSet { .. } => 9,
            Self::TopUp(_) => 8,
            Self::GrantMade(grant) if grant.is_of_version_8() => 8,
            Self::PolicySet { policy: Some(policy), .. } if policy.top_ups != Rules::default() => 8,
            event if event.is_of_version_7() => 7,
            event if event.is_of_version_6() => 6,
            Self::Pool(_) | Self::Grant(_) | Self::Offer(_) | Self::Role(_) => 3,
            Self::PersonMoved { effective: Some(_), .. } => 4,
            Self::Stop(_) => 5,
            Self::GrantMade(grant) if grant.is_of_version_3() => 3,
            Self::Part { events, .. } => events.iter().map(Self::version).fold(2, u32::max),
            _ => 1,
        }
    }

    /// Does it say something that programs before version 7 don't know?
    fn is_of_version_7(&self) -> bool {
        match self {
            Self::Observed(_) => true,
            Self::Grant(event) => matches!(event.change, GrantChange::Observed { .. }),
            Self::PolicySet { policy: Some(policy), .. } => is_policy_of_version_7(policy),
            Self::Role(RoleEvent { change: RoleChange::Family { terms, .. }, .. }) => {
                terms.observed.is_some() || !terms.runs.is_empty()
            }
            Self::KeyIssued(issue) => issue.project.is_some(),
            Self::BudgetSet(budget) => budget.tools.is_some(),
            Self::Stop(StopEvent::Placed(stop)) => stop.tripped.is_some() || matches!(stop.on, StopOn::Run(_)),
            _ => false,
        }
    }

    /// Does it say something that programs before version 6 don't know?
    fn is_of_version_6(&self) -> bool {
        match self {
            Self::GrantMade(grant) => grant.is_of_version_6(),
            Self::KeyIssued(issue) => issue.tool.is_some() || !issue.allow.tools.is_empty(),
            Self::Offer(event) => event.is_of_version_6(),
            Self::Pool(PoolEvent::OfferCommitted { terms, .. }) => terms.is_of_version_6(),
            Self::Grant(event) => matches!(event.change, GrantChange::CalendarSet { .. }),
            _ => false,
        }
    }

    /// The bytes for the journal.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Every map in an event has text for keys and every number is an integer, which is all JSON can refuse.
        serde_json::to_vec(&Stored { v: self.version(), event: self }).expect("an event can be written as JSON")
    }

    /// An event from the journal's bytes.
    ///
    /// # Errors
    /// [`DecodeError::Newer`] when a later program wrote it, whatever else is in it; otherwise
    /// [`DecodeError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let head = |bytes| serde_json::from_slice::<Head>(bytes).ok().map(|head| head.v);
        match serde_json::from_slice::<Read>(bytes) {
            Ok(read) if read.v <= EVENT_VERSION => Ok(read.event),
            Ok(read) => Err(DecodeError::Newer { found: read.v }),
            Err(malformed) => match head(bytes) {
                Some(found) if found > EVENT_VERSION => Err(DecodeError::Newer { found }),
                _ => Err(DecodeError::Malformed(malformed)),
            },
        }
    }
}
