//! What did not pass through the gateway: usage that a tool itself told of, seen beside the grants and not enforced.
//!
//! Seats and subscriptions are paid elsewhere, so nothing of this is a charge: no account is posted on, no hold was placed.
//! An [`Observation`] is a record of what was seen; [`crate::event::GrantChange::Observed`] is the effect that it has where
//! policy says that it [counts](ObservedUse::Counts): a running period releases so much less.
//!
//! **Once.** What is seen has names that whoever sends it again can't change ([`Seen::ids`]): within one session of one
//! tool each counts once, however often and in however many messages it comes. Sources that could tell of the same usage
//! under other names are not added to each other: the first one to tell of a session is the session's ([`Sources`]).

use serde::{Deserialize, Serialize};

use crate::id::{KeyId, PersonId};
use crate::money::Nano;
use crate::price::{Bucket, CardVersion};
use crate::time::Instant;
use crate::usage::{Tier, Usage};

/// The most that one observation tells of. More come in several.
pub const SEEN_MAX: usize = 500;
/// The most names of one thing that was seen: the points of a counter's export that were taken together.
pub const IDS_MAX: usize = 64;
/// The longest name of a tool, in bytes.
pub const TOOL_BYTES_MAX: usize = 32;
/// The longest name of a model or provider, in bytes.
pub const MODEL_BYTES_MAX: usize = 128;

/// More tokens, requests or calls than any request or growth of a counter has.
pub const COUNT_MAX: u64 = 10_000_000_000;
/// The most that one thing seen costs: a million of the currency.
pub const COST_MAX: Nano = Nano::new(1_000_000_000_000_000);

/// What becomes of observed amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObservedUse {
    /// They stand beside the grant and change nothing.
    #[default]
    Beside,
    /// They stand beside the grant, and its running period releases so much less.
    Counts,
}

/// Who tells of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Events or histories that name each request by the provider's own id of it.
    Requests,
    /// Events of requests without such an id.
    Events,
    /// Counters that grow.
    Counters,
    /// Local histories whose requests have no such id.
    History,
}

/// The sources that told of one session so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sources(u8);

impl Sources {
    /// From its number; bits of no source are left out.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1111)
    }

    /// Its number: a bit for each.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, source: Source) -> Self {
        Self(self.0 | source.bit())
    }

    /// May this one tell of the session too? Requests by their ids are the same whoever tells of them. Everything else
    /// could be told a second time under other names.
    pub const fn admit(self, source: Source) -> bool {
        self.0 & !source.beside() == 0
    }
}

impl Source {
    const fn bit(self) -> u8 {
        match self {
            Self::Requests => 1,
            Self::Events => 2,
            Self::Counters => 4,
            Self::History => 8,
        }
    }

    /// Those that it can stand beside, itself included.
    const fn beside(self) -> u8 {
        match self {
            Self::Requests => 1 | 2 | 8,
            Self::Events => 1 | 2,
            Self::Counters => 4,
            Self::History => 1 | 8,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Events => "events",
            Self::Counters => "counters",
            Self::History => "history",
        }
    }
}

/// What a tool told of one session, as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Whose.
    pub person: PersonId,
    /// The key that it came with; `None` for an imported history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// Which tool: `claude-code`, `codex`, `gemini-cli`.
    pub tool: String,
    /// Hash of person, tool and the tool's own id of the session, which is not kept.
    pub session: u64,
    /// Who told.
    pub source: Source,
    /// What was seen, [`SEEN_MAX`] at most.
    pub seen: Vec<Seen>,
    /// When it was taken in.
    pub at: Instant,
}

/// Usage that was seen: of one request, or the growth of a session's counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Its names within the session: whatever has one of them was seen before.
    pub ids: Vec<u64>,
    /// When it was used, as the tool says.
    pub used_at: Instant,
    /// The model, as the tool names it.
    pub model: String,
    /// Requests; zero for counters, which don't tell.
    #[serde(default, skip_serializing_if = "crate::grant::is_default")]
    pub requests: u64,
    /// What was used, without views of it (`reasoning`).
    #[serde(default, skip_serializing_if = "Usage::is_empty", with = "sparse")]
    pub usage: Usage,
    /// The tier that it was served in, as far as the tool says.
    #[serde(default, skip_serializing_if = "crate::grant::is_default")]
    pub tier: Tier,
    /// What that costs by Purser's own prices, in the ledger's currency; `None` where it has none for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Nano>,
    /// The card by which it was rated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardVersion>,
    /// What the tool itself says that it cost, in US dollars. Never added to anything but its like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<Nano>,
    /// How far the session's growing counters are with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Counter>,
}

/// The last known point of a counter that only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// Hash of what tells it from the session's others.
    pub series: u64,
    /// Since when it counts, in nanoseconds since 1970. Another start: it began anew.
    pub start: u64,
    /// Of which moment the value is, in nanoseconds since 1970.
    pub time: u64,
    /// How much.
    pub value: u64,
}

impl Counter {
    /// By how much it has grown at a later point; `None` when that point tells nothing new. A counter that began anew
    /// counts from zero, also when it does not say so and only falls. A point of before is nothing new: whatever it says
    /// is in the one known, or belongs to a process that has ended.
    pub const fn growth(known: Option<Self>, point: Self) -> Option<u64> {
        let Some(known) = known else { return Some(point.value) };
        if point.start < known.start || (point.start == known.start && point.time <= known.time) {
            return None;
        }
        let began_anew = point.start > known.start || point.value < known.value;
        Some(if began_anew { point.value } else { point.value.saturating_sub(known.value) })
    }
}

/// Why an observation can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObservedError {
    /// Nothing, or too much.
    #[error("an observation tells of 1 to {SEEN_MAX} things, not {0}; send more in several")]
    Count(usize),
    /// Without a name there is no once.
    #[error("what was seen has 1 to {IDS_MAX} names, each once in an observation")]
    Ids,
    /// Less than nothing, or more than anything costs.
    #[error("what was seen costs nothing at least and {COST_MAX} at most")]
    Cost,
    /// More than there can be.
    #[error("nothing that is seen has more than {COUNT_MAX} tokens or requests")]
    Usage,
    /// A name nobody means.
    #[error(
        "a tool has a name of 1 to {TOOL_BYTES_MAX} bytes and a model one of 1 to {MODEL_BYTES_MAX}, both in visible ASCII"
    )]
    Name,
}

impl Observation {
    /// Is it one that can be kept?
    ///
    /// # Errors
    /// [`ObservedError`] with what is wrong with it.
    pub fn check(&self) -> Result<(), ObservedError> {
        if !(1..=SEEN_MAX).contains(&self.seen.len()) {
            return Err(ObservedError::Count(self.seen.len()));
        }
        if !is_name(&self.tool, TOOL_BYTES_MAX) {
            return Err(ObservedError::Name);
        }
        let mut known = std::collections::BTreeSet::new();
        for seen in &self.seen {
            if !is_name(&seen.model, MODEL_BYTES_MAX) {
                return Err(ObservedError::Name);
            }
            let fit = (1..=IDS_MAX).contains(&seen.ids.len()) && seen.counters.len() <= IDS_MAX;
            if !fit || !seen.ids.iter().all(|id| known.insert(*id)) {
                return Err(ObservedError::Ids);
            }
            let costs = [seen.charge, seen.claimed].into_iter().flatten();
            if !costs.into_iter().all(|cost| (Nano::ZERO..=COST_MAX).contains(&cost)) {
                return Err(ObservedError::Cost);
            }
            let mut counts = seen.usage.used().map(|(_, count)| count).chain([seen.requests]);
            if !counts.all(|count| count <= COUNT_MAX) {
                return Err(ObservedError::Usage);
            }
        }
        Ok(())
    }
}

impl Observation {
    /// Within what its names are names: the session, and for ids of the provider's all sessions of the person with the
    /// tool, because a session that goes on from another one repeats its requests.
    pub fn names_in(&self) -> u64 {
        match self.source {
            Source::Requests => hash(&[b"requests", &self.person.get().to_le_bytes(), self.tool.as_bytes()]),
            Source::Events | Source::Counters | Source::History => self.session,
        }
    }
}

/// The hash that stands for a session: the tool's own id of it is not kept.
pub fn session_of(person: PersonId, tool: &str, session: &str) -> u64 {
    hash(&[b"session", &person.get().to_le_bytes(), tool.as_bytes(), session.as_bytes()])
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes()).update(part);
    }
    let mut bits = [0; 8];
    hash.finalize_xof().fill(&mut bits);
    u64::from_le_bytes(bits)
}

/// Is it a name that fits a report and the journal?
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Usage as the buckets that have something.
mod sparse {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Bucket, Usage};

    pub(super) fn serialize<S: Serializer>(usage: &Usage, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(usage.used())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Usage, D::Error> {
        let used = BTreeMap::<Bucket, u64>::deserialize(deserializer)?;
        Ok(used.into_iter().fold(Usage::default(), |mut usage, (bucket, count)| {
            *bucket.of_mut(&mut usage) = count;
            usage
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Source::{Counters, Events, History, Requests};
    use super::*;

    #[test]
    fn a_counter_grows_begins_anew_and_is_not_told_twice() {
        let at = |start, time, value| Counter { series: 1, start, time, value };
        let check = |known: Option<Counter>, point, growth: Option<u64>| {
            assert_eq!(Counter::growth(known, point), growth, "{known:?} {point:?}");
        };
        let known = Some(at(10, 20, 100));
        check(None, at(10, 20, 100), Some(100));
        check(known, at(10, 30, 130), Some(30));
        check(known, at(10, 30, 100), Some(0));
        check(known, at(10, 20, 100), None);
        check(known, at(10, 15, 60), None);
        check(known, at(25, 30, 7), Some(7));
        check(known, at(10, 30, 7), Some(7));
        check(known, at(5, 30, 500), None);
    }

    #[test]
    fn sources_that_could_tell_the_same_are_not_added() {
        let of = |sources: &[Source]| sources.iter().fold(Sources::default(), |all, source| all.with(*source));
        let check = |told: &[Source], source, may| assert_eq!(of(told).admit(source), may, "{told:?} {source:?}");
        for source in [Requests, Events, Counters, History] {
            check(&[], source, true);
            check(&[source], source, true);
            check(&[Counters], source, source == Counters);
        }
        check(&[Events], Requests, true);
        check(&[Requests], Events, true);
        check(&[Requests], History, true);
        check(&[Requests], Counters, false);
        check(&[Events], History, false);
        check(&[Requests, Events], History, false);
        check(&[Requests, History], Events, false);
    }
}
