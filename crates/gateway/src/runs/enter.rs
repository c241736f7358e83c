//! A call enters its run; where a breaker holds that back for a moment only, it waits for the owner's word.

use purser_core::breaker::{Act, Breaker, Rules};
use purser_core::snapshot::Snapshot;
use purser_providers::{RequestFacts, RunFacts};
use tokio::time::{Instant, timeout_at};

use super::{Asked, InRun, NotEntered};
use crate::auth::Caller;
use crate::call::About;
use crate::client::Client;
use crate::deny;
use crate::refuse::Refused;
use crate::worker::Worker;

/// Counts the call in its run, or says why not.
pub(crate) fn enter(
    worker: &Worker,
    snapshot: &Snapshot,
    about: &About,
    caller: &Caller,
    (facts, body): (&RequestFacts, &[u8]),
) -> Result<InRun, NotEntered> {
    let runs = &worker.shared.runs;
    let said = RunFacts::read(&about.head.headers, facts);
    runs.enter(snapshot, &Asked { caller, tool: &about.tool, said, turn: facts.turn(body, &runs.work_key) })
}

/// Enters a run that a breaker holds back, once its owner has said that it may go on. Where the breaker does not wait for
/// that, or nobody says so in time, the call is refused.
pub(crate) async fn enter_when_confirmed(
    worker: &Worker,
    client: &mut Client,
    about: &About,
    caller: &Caller,
    asked: (&RequestFacts, &[u8]),
) -> Result<InRun, Refused> {
    let mut stops = worker.shared.stops.clone();
    let policy = &caller.policy;
    let until = Instant::now() + policy.park.max_wait;
    loop {
        let snapshot = worker.snapshot();
        let (run, tripped) = match enter(worker, &snapshot, about, caller, asked) {
            Ok(run) => return Ok(run),
            Err(NotEntered::Refused(refused)) => return Err(refused),
            Err(NotEntered::Paused { run, tripped }) => (run, tripped),
        };
        if act_of(&policy.breakers, tripped.breaker) != Some(Act::Hold) || Instant::now() >= until {
            return Err(deny::paused(&snapshot, caller, run, tripped));
        }
        tokio::select! {
            _ = timeout_at(until, stops.changed()) => {}
            () = client.hung_up() => return Err(Refused::gone()),
        }
    }
}

/// What a breaker does.
fn act_of(rules: &Rules, breaker: Breaker) -> Option<Act> {
    match breaker {
        Breaker::Spend => rules.spend.as_ref().map(|rule| rule.act),
        Breaker::Repeat => rules.repeat.as_ref().map(|rule| rule.act),
        Breaker::Errors => rules.errors.as_ref().map(|rule| rule.act),
        Breaker::Growth => rules.growth.as_ref().map(|rule| rule.act),
        Breaker::Unattended => rules.unattended.as_ref().map(|rule| rule.act),
    }
}
