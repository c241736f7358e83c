//! Runs: agents' sessions, and what limits them.
//!
//! A run is known by what its client sends with each call, or by a key that calls again and again without a pause. Its
//! money is an account like any other ([`Subject::Run`](crate::account::Subject::Run)); the other limits are counted
//! where the calls are.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::account::Period;
use crate::event::KeyHash;
use crate::id::RunId;
use crate::money::Nano;
use crate::time::Instant;

/// A key that was silent for so long begins a new run with its next call, where the client names none. A judgement:
/// longer than a meal, shorter than a night.
pub const IDLE_GAP: Duration = Duration::from_mins(30);

/// A run that was silent for so long is over: whoever takes it up again begins anew, as its money does.
pub const OVER_AFTER: Duration = Duration::from_hours(30 * 24);

/// How long the money of a run counts together. A session that is taken up again later begins anew.
const BUDGET_DAYS: i64 = 30;
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// Runs that start runs that start runs: no more than so many levels count, whatever is allowed.
pub const DEPTH_MAX: u8 = 8;

/// A run by the name that its client has for it, as it is kept: a digest keyed by the hash of the key that it came with.
/// Nobody else's run can be named, and whoever has the journal alone can't try names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Of the client's session: [`ChargeRecord::session`](crate::charge::ChargeRecord::session), where there is no agent.
    pub session: u64,
    /// The run.
    pub run: RunId,
}

impl Named {
    /// Of a session, or of an agent within it.
    pub fn of(key: &KeyHash, session: &str, agent: Option<&str>) -> Self {
        let mut digest = Sha256::new().chain_update(key.0).chain_update(session);
        if let Some(agent) = agent {
            // No text of either has this byte.
            digest.update([0]);
            digest.update(agent);
        }
        Self::read(digest)
    }

    /// The run of calls that name none: one key's with one program, from this call on.
    pub fn by_nobody(key: &KeyHash, program: &str, began: Instant) -> RunId {
        // No text of a client begins with this byte.
        let digest = Sha256::new().chain_update(key.0).chain_update([1]).chain_update(program);
        Self::read(digest.chain_update(began.as_micros().to_be_bytes())).run
    }

    fn read(digest: Sha256) -> Self {
        let bytes: [u8; 32] = digest.finalize().into();
        let wide = bytes.iter().skip(8).take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let session = bytes.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
        Self { session, run: RunId::new(wide) }
    }
}

/// What a run may use at most; `None` for as much as there is. A child's use counts as its parents' too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunLimits {
    /// Money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Nano>,
    /// Tokens, in and out, cached ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Minutes from its first call to its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u64>,
    /// Levels of runs below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u8>,
    /// Runs that it may start itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<u64>,
}

impl RunLimits {
    /// No limit at all.
    pub const NONE: Self =
        Self { money: None, tokens: None, requests: None, minutes: None, depth: None, children: None };

    /// The lower of each.
    #[must_use]
    pub fn lowered_by(self, other: &Self) -> Self {
        Self {
            money: lower(self.money, other.money),
            tokens: lower(self.tokens, other.tokens),
            requests: lower(self.requests, other.requests),
            minutes: lower(self.minutes, other.minutes),
            depth: lower(self.depth, other.depth),
            children: lower(self.children, other.children),
        }
    }
}

fn lower<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What a run has used so far, as far as limits look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunUse {
    /// Tokens, in and out.
    pub tokens: u64,
    /// Calls.
    pub requests: u64,
    /// Runs that it started.
    pub children: u64,
}

/// A limit of a run that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunLimit {
    /// So many tokens.
    Tokens(u64),
    /// So many calls.
    Requests(u64),
    /// So many minutes.
    Minutes(u64),
    /// So many levels of runs below.
    Depth(u8),
    /// So many runs started.
    Children(u64),
}

impl RunLimits {
    /// May a run that began then and has used so much make one more call? Money is the ledger's to say.
    ///
    /// # Errors
    /// The limit that it has met.
    pub fn allow_call(&self, began: Instant, used: &RunUse, at: Instant) -> Result<(), RunLimit> {
        if let Some(most) = self.requests.filter(|most| used.requests >= *most) {
            return Err(RunLimit::Requests(most));
        }
        if let Some(most) = self.tokens.filter(|most| used.tokens >= *most) {
            return Err(RunLimit::Tokens(most));
        }
        let over = |minutes: u64| at >= began.saturating_add(Duration::from_secs(minutes.saturating_mul(60)));
        self.minutes.filter(|most| over(*most)).map_or(Ok(()), |most| Err(RunLimit::Minutes(most)))
    }

    /// May a run that has started so many start one more, which would stand so many levels below it?
    ///
    /// # Errors
    /// The limit that it has met.
    pub fn allow_child(&self, used: &RunUse, levels: u8) -> Result<(), RunLimit> {
        if let Some(most) = self.depth.filter(|most| levels > *most) {
            return Err(RunLimit::Depth(most));
        }
        // Only its own children count against their number.
        let most = self.children.filter(|most| levels == 1 && used.children >= *most);
        most.map_or(Ok(()), |most| Err(RunLimit::Children(most)))
    }
}

/// The period of a run's account: thirty days from the beginning, in UTC, of the day of its first call, so that closing
/// accounts that ended leaves nothing behind.
pub fn budget_period(began: Instant) -> Period {
    let start = began.as_micros().div_euclid(DAY_US).saturating_mul(DAY_US);
    let end = start.saturating_add(DAY_US.saturating_mul(BUDGET_DAYS));
    Period { start: Instant::from_micros(start), end: Instant::from_micros(end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Instant {
        Instant::from_micros(1_790_000_000_000_000 + minute * 60_000_000)
    }

    fn check(limits: RunLimits, used: RunUse, minute: i64, expected: Result<(), RunLimit>) {
        assert_eq!(limits.allow_call(at(0), &used, at(minute)), expected, "{limits:?} {used:?} {minute}");
    }

    #[test]
    fn each_limit_is_met_when_it_is_reached() {
        let used = RunUse { tokens: 100, requests: 10, children: 2 };
        let none = RunLimits::NONE;
        check(none, used, 100_000, Ok(()));
        check(RunLimits { requests: Some(11), ..none }, used, 0, Ok(()));
        check(RunLimits { requests: Some(10), ..none }, used, 0, Err(RunLimit::Requests(10)));
        check(RunLimits { tokens: Some(101), ..none }, used, 0, Ok(()));
        check(RunLimits { tokens: Some(100), ..none }, used, 0, Err(RunLimit::Tokens(100)));
        check(RunLimits { minutes: Some(5), ..none }, used, 4, Ok(()));
        check(RunLimits { minutes: Some(5), ..none }, used, 5, Err(RunLimit::Minutes(5)));
        check(RunLimits { minutes: Some(u64::MAX), ..none }, used, 5, Ok(()));
        check(RunLimits { requests: Some(0), ..none }, RunUse::default(), 0, Err(RunLimit::Requests(0)));
    }

    #[test]
    fn children_count_with_their_parent_and_levels_with_all_above() {
        let limits = RunLimits { depth: Some(2), children: Some(2), ..RunLimits::NONE };
        let used = |children| RunUse { children, ..RunUse::default() };
        assert_eq!(limits.allow_child(&used(1), 1), Ok(()));
        assert_eq!(limits.allow_child(&used(2), 1), Err(RunLimit::Children(2)));
        assert_eq!(limits.allow_child(&used(2), 2), Ok(()), "a grandchild is its own parent's child");
        assert_eq!(limits.allow_child(&used(0), 3), Err(RunLimit::Depth(2)));
        assert_eq!(RunLimits::NONE.allow_child(&used(9), 8), Ok(()));
    }

    #[test]
    fn limits_are_only_ever_lowered() {
        let policy = RunLimits { money: Some(Nano::new(5)), requests: Some(10), ..RunLimits::NONE };
        let asked = RunLimits { money: Some(Nano::new(9)), requests: Some(3), depth: Some(1), ..RunLimits::NONE };
        let both = RunLimits { money: Some(Nano::new(5)), requests: Some(3), depth: Some(1), ..RunLimits::NONE };
        assert_eq!((policy.lowered_by(&asked), asked.lowered_by(&policy)), (both, both));
    }

    #[test]
    fn runs_are_told_apart_by_key_session_and_agent() {
        let named = |key: u8, session, agent| Named::of(&KeyHash([key; 32]), session, agent);
        let own = named(1, "s", None);
        assert_eq!(own, named(1, "s", None));
        for other in [named(2, "s", None), named(1, "t", None), named(1, "s", Some("a")), named(1, "sa", None)] {
            assert!(other.run != own.run && other.session != own.session);
        }
        let nobodys = |program, minute| Named::by_nobody(&KeyHash([1; 32]), program, at(minute));
        assert_eq!(nobodys("codex", 0), nobodys("codex", 0));
        assert!(nobodys("codex", 0) != nobodys("codex", 1) && nobodys("codex", 0) != nobodys("other", 0));
    }

    #[test]
    fn money_counts_together_for_thirty_days() {
        let began: Instant = "2026-11-27T23:59:59Z".parse().unwrap();
        let period = budget_period(began);
        assert_eq!(
            (period.start.to_string(), period.end.to_string()),
            ("2026-11-27T00:00:00Z".to_owned(), "2026-12-27T00:00:00Z".to_owned())
        );
        assert!(period.contains(began));
    }
}
