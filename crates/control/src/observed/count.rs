//! What of observed usage counts against grants, where policy says that it does.
//!
//! A grant's running period releases so much less as was seen in it, in burn order, each thing once: a grant that covers
//! the tool and model takes it up to what it has left, the next one the rest. What is over is nobody's; budgets of units and
//! the company don't change. It is worked out anew whenever something is seen, so it follows a policy that was changed and
//! calls that were made since.

use purser_core::event::{Event, GrantChange, GrantEvent};
use purser_core::grant::Grant;
use purser_core::id::{GrantId, PersonId};
use purser_core::money::Nano;
use purser_core::observed::{Observation, ObservedUse};
use purser_core::period::CivilPeriod;
use purser_core::scope::CallScope;
use purser_core::time::Instant;
use purser_observed::Tool;

use crate::change::{Turn, following};
use crate::control::stored;
use crate::error::Error;
use crate::usage::running_grants;

/// Ids of these changes come behind those of the observations.
const BEHIND: u32 = 1 << 20;

/// A grant in its running period.
struct Counting<'a> {
    grant: &'a Grant,
    period: CivilPeriod,
    /// What counts now.
    counted: Nano,
    /// What may still count.
    room: Nano,
    /// What should count.
    wanted: Nano,
}

/// Something seen.
struct Amount {
    at: Instant,
    tool: String,
    model: String,
    charge: Nano,
}

/// Brings what counts to what was seen, `new` included, which the projection does not have yet.
///
/// # Errors
/// The projection or the journal.
pub(super) fn keep(turn: &mut Turn<'_>, person: PersonId, new: &[Observation]) -> Result<(), Error> {
    let snapshot = turn.snapshot();
    let directory = &snapshot.directory;
    let Some(person) = directory.person(person).filter(|person| !person.has_left(turn.now)) else { return Ok(()) };
    let mut grants: Vec<Counting<'_>> = Vec::new();
    for (grant, period) in running_grants(person, turn.now) {
        let counted = grant.observed(&period);
        let mut room = Nano::ZERO;
        if directory.observed_use(person, grant) == ObservedUse::Counts {
            let parts: Vec<_> = grant.parts(&grant.rhythm(&person.zones), &period).into_iter().flatten().collect();
            let left = turn.control().grant_funds(grant, &parts).available.max(Nano::ZERO);
            room = left.saturating_add(counted);
        }
        if room.is_positive() || !counted.is_zero() {
            grants.push(Counting { grant, period, counted, room, wanted: Nano::ZERO });
        }
    }
    let Some(first) = grants.iter().map(|counting| counting.period.period.start).min() else { return Ok(()) };
    for amount in amounts(turn, person.id, first..turn.now, new)? {
        share(&mut grants, &amount);
    }
    let mut place = BEHIND;
    for Counting { grant, wanted, .. } in grants.iter().filter(|counting| counting.wanted != counting.counted) {
        let command = following(turn.command, place);
        place = place.saturating_add(1);
        let change = GrantChange::Observed { amount: *wanted };
        commit(turn, grant.id, GrantEvent { grant: grant.id, command, change, at: turn.now })?;
    }
    Ok(())
}

/// What was seen is written and stays; that it does not count now is told and mended with the next telling.
fn commit(turn: &mut Turn<'_>, grant: GrantId, event: GrantEvent) -> Result<(), Error> {
    match turn.commit(&Event::Grant(event)) {
        Err(Error::Refused(refused)) => {
            tracing::warn!(grant.id = %grant, why = %refused, "what was observed does not count against a grant");
            Ok(())
        }
        other => other,
    }
}

/// What was seen of a person in a span of time, in order.
fn amounts(
    turn: &Turn<'_>,
    person: PersonId,
    range: std::ops::Range<Instant>,
    new: &[Observation],
) -> Result<Vec<Amount>, Error> {
    let until = range.end.saturating_add(std::time::Duration::from_mins(15));
    let rows = turn.control().reader.observed(Some(person), &(range.start..until)).map_err(stored)?;
    let known =
        rows.into_iter().map(|row| Amount { at: row.at, tool: row.tool, model: row.model, charge: row.sums.charge });
    let told = new.iter().flat_map(|observation| {
        observation.seen.iter().filter(|seen| seen.used_at >= range.start).map(|seen| Amount {
            at: seen.used_at,
            tool: observation.tool.clone(),
            model: seen.model.clone(),
            charge: seen.charge.unwrap_or_default(),
        })
    });
    let mut all: Vec<Amount> = known.chain(told).filter(|amount| amount.charge.is_positive()).collect();
    all.sort_by_key(|amount| amount.at);
    Ok(all)
}

/// Has the grants take an amount, in burn order.
fn share(grants: &mut [Counting<'_>], amount: &Amount) {
    let Ok(tool) = amount.tool.parse::<Tool>() else { return };
    let call = CallScope { provider: tool.provider(), model: &amount.model, tool: tool.name() };
    let mut left = amount.charge;
    for counting in grants {
        let takes = counting.period.period.contains(amount.at) && counting.grant.scope.covers(&call);
        let free = counting.room.saturating_sub(counting.wanted);
        let part = if takes { left.min(free).max(Nano::ZERO) } else { Nano::ZERO };
        counting.wanted = counting.wanted.saturating_add(part);
        left = left.saturating_sub(part);
    }
}
