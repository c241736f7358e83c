//! What has to be done now and then, with nobody asking.

use std::time::Duration;

use purser_ledger::LedgerError;
use tokio::sync::watch;

use crate::control::Control;
use crate::privacy::Forgotten;

/// How often the jobs look whether there is something to do. All of them may be late without harm.
const EACH: Duration = Duration::from_mins(1);
/// How long an account stays in memory after its period, for late settlements to find it.
const KEPT: Duration = Duration::from_hours(24);
/// How many accounts are closed at once: each is a record, and calls wait while they are written.
const CLOSED_AT_ONCE: usize = 1_000;

/// Runs the jobs until `stop` turns true.
pub async fn run(control: Control, mut stop: watch::Receiver<bool>) {
    loop {
        once(&control).await;
        tokio::select! {
            () = tokio::time::sleep(EACH) => {}
            // An error means that the sender is gone, which is a stop too.
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Does what is to be done at the moment.
pub async fn once(control: &Control) {
    match control.write_looks().await {
        Ok(0) => {}
        Ok(looks) => tracing::debug!(looks, "who looked at whose data is written"),
        Err(error) => tracing::warn!(%error, "who looked at whose data could not be written yet"),
    }
    if let Err(error) = control.write_off_old_suspense().await {
        tracing::warn!(%error, "old suspense could not be moved");
    }
    match control.account_for_ended().await {
        Ok(0) => {}
        Ok(grants) => tracing::debug!(grants, "what ended grants did not spend is free in their pools again"),
        Err(error) => tracing::warn!(%error, "ended grants could not be accounted for"),
    }
    match control.expire_offers().await {
        Ok(0) => {}
        Ok(expired) => tracing::info!(expired, "offers expired; what was set aside for them is free"),
        Err(error) => tracing::warn!(%error, "offers could not be ended at their expiry"),
    }
    match control.forget_candidates().await {
        Ok(0) => {}
        Ok(forgotten) => tracing::info!(forgotten, "offers that came to nothing are old: what they said is forgotten"),
        Err(error) => tracing::warn!(%error, "what old offers said could not be forgotten"),
    }
    match control.tend_top_ups().await {
        Ok((0, 0)) => {}
        Ok((passed, closed)) => tracing::info!(passed, closed, "requests for more money were passed on or closed"),
        Err(error) => tracing::warn!(%error, "requests for more money could not be passed on or closed"),
    }
    match control.forget_top_ups().await {
        Ok(0) => {}
        Ok(forgotten) => tracing::info!(forgotten, "what those said who have left is forgotten"),
        Err(error) => tracing::warn!(%error, "what those said who have left could not be forgotten"),
    }
    match control.end_board_memberships().await {
        Ok(0) => {}
        Ok(ended) => tracing::info!(ended, "those who have left are on boards no longer"),
        Err(error) => tracing::warn!(%error, "memberships of those who have left could not be ended"),
    }
    match control.forget_old().await {
        Ok(gone) if gone == Forgotten::default() => {}
        Ok(gone) => tracing::info!(
            people = gone.people,
            links = gone.links,
            denials = gone.denials,
            looks = gone.looks,
            reasons = gone.reasons,
            "what was kept long enough is erased"
        ),
        Err(error) => tracing::warn!(%error, "what was kept long enough could not be erased"),
    }
    match control.apply_remedies().await {
        Ok(0) => {}
        Ok(days) => tracing::info!(days, "days on which promises could not be used are made good by their terms"),
        Err(error) => tracing::warn!(%error, "days on which promises could not be used could not be made good"),
    }
    match control.lift_stops_of_over_runs().await {
        Ok(0) => {}
        Ok(lifted) => tracing::info!(lifted, "stops of runs that have been over for a month are lifted"),
        Err(error) => tracing::warn!(%error, "stops of runs that are over could not be lifted"),
    }
    if let Err(error) = control.read_costs().await {
        tracing::warn!(%error, "what people are paid could not be read yet");
    }
    match control.tend_alarms().await {
        Ok(0) => {}
        Ok(raised) => tracing::info!(raised, "alarms were raised"),
        Err(error) => tracing::warn!(%error, "it could not be looked whether there is an alarm"),
    }
    if let Err(error) = control.read_outcomes().await {
        tracing::warn!(%error, "what was achieved could not be read yet");
    }
    match close_ended(control) {
        Ok(0) => {}
        Ok(closed) => tracing::debug!(closed, "accounts of past periods are closed"),
        Err(error) => tracing::warn!(%error, "accounts of past periods could not be closed"),
    }
}

fn close_ended(control: &Control) -> Result<usize, LedgerError> {
    let before = control.inner.clock.now().saturating_sub(KEPT);
    control.inner.ledger.close_ended(before, CLOSED_AT_ONCE)
}
