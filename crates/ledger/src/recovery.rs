//! The start: replay, set aside what is unaccounted for, begin an epoch.
//!
//! Suspended first, booted last: should the machine die in the middle, what was done stays done and the next start,
//! which still sees the old boot, does the rest.

use std::ops::ControlFlow;
use std::sync::Arc;

use purser_core::money::Nano;
use purser_core::time::Clock;

use crate::committer::Committer;
use crate::core::{Core, Desk};
use crate::error::{LedgerError, OpenError};
use crate::frame::FrameHead;
use crate::journal::{FrameObserver, Journal};
use crate::ledger::Recovery;
use crate::number::{AccountNo, FrameNo, HoldId, Lsn};
use crate::options::Options;
use crate::record::Record;
use crate::replica::Replica;
use crate::snapshot::Snapshot;
use crate::verify::VerifyFailure;
use crate::view;

/// Opens the ledger up to the point where somebody must drive the committer.
pub(crate) fn open(
    mut journal: Box<dyn Journal>,
    snapshot: Option<Snapshot>,
    options: Options,
    clock: Arc<dyn Clock>,
    observer: Option<Box<dyn FrameObserver>>,
) -> Result<(Arc<Core>, Committer, Recovery), OpenError> {
    let torn = journal.torn()?;
    let skipped = snapshot.as_ref().map_or(Lsn(0), Snapshot::lsn);
    let (state, head) = replay(journal.as_mut(), snapshot)?.into_parts();
    state.audit().map_err(|what| OpenError::Replay {
        frame: head.map_or(FrameNo(0), |head| head.no),
        what: format!("after it the balances do not add up: {what}"),
    })?;

    let records = state.lsn().0.saturating_sub(skipped.0);
    let other_boot = state.boot().is_some_and(|boot| boot != options.boot);
    let tail_may_be_lost = (other_boot || torn) && !state.rested();
    let before = state.lsn();

    let pen = journal.pen();
    let core = Arc::new(Core::new(state, head, pen, options, clock));
    let mut committer = Committer::new(Arc::clone(&core), journal, observer, head);
    {
        let mut desk = core.desk().map_err(OpenError::Start)?;
        begin_epoch(&core, &mut desk, tail_may_be_lost).map_err(OpenError::Start)?;
    }
    committer.sync();
    if let Some(stopped) = core.progress.stopped() {
        return Err(OpenError::Start(stopped));
    }
    let desk = core.desk.lock();
    let recovery = Recovery {
        epoch: desk.state.epoch(),
        records,
        tail_may_be_lost,
        suspended: view::items(&desk.state).filter(|item| item.id.0 > before.0).collect(),
    };
    drop(desk);
    Ok((core, committer, recovery))
}

fn begin_epoch(core: &Core, desk: &mut Desk, tail_may_be_lost: bool) -> Result<(), LedgerError> {
    let open: Vec<HoldId> = desk.state.holds_sorted().into_iter().map(|(id, _)| id).collect();
    for id in open {
        core.post(desk, &Record::Suspend { id })?;
    }
    if tail_may_be_lost {
        let sliced: Vec<(AccountNo, Nano)> = desk
            .state
            .accounts_sorted()
            .map(|(no, account)| (no, account.slice))
            .filter(|(_, amount)| amount.is_positive())
            .collect();
        for (no, amount) in sliced {
            core.post(desk, &Record::SuspendSlice { no, amount })?;
        }
    }
    let Options { boot, window, .. } = core.options;
    core.post(desk, &Record::Boot { epoch: desk.state.epoch().next(), boot, window })?;
    Ok(())
}

fn replay(journal: &mut dyn Journal, snapshot: Option<Snapshot>) -> Result<Replica, OpenError> {
    let end = journal.head()?.map_or(Lsn(0), |head| head.last_lsn);
    if let Some(snapshot) = &snapshot
        && snapshot.lsn() > end
    {
        return Err(OpenError::SnapshotAhead { snapshot: snapshot.lsn(), journal: end });
    }
    if let Some(head) = snapshot.as_ref().and_then(Snapshot::frame) {
        same_frame(journal, head)?;
    }
    let mut replica = Replica::new(snapshot);
    replica.catch_up(journal).map_err(|error| match error {
        crate::replica::CatchUpError::Journal(error) => OpenError::Journal(error),
        crate::replica::CatchUpError::Frame(VerifyFailure { frame, what, .. }) => OpenError::Replay { frame, what },
    })?;
    if replica.state().lsn() != end {
        let frame = replica.head().map_or(FrameNo(0), |head| head.no);
        return Err(OpenError::Replay { frame, what: format!("the journal says it ends with record {end}") });
    }
    Ok(replica)
}

/// Is the snapshot's frame the one in this journal?
fn same_frame(journal: &mut dyn Journal, head: FrameHead) -> Result<(), OpenError> {
    let mut same = false;
    journal.read(head.no, &mut |frame| {
        same = frame.head() == head;
        ControlFlow::Break(())
    })?;
    if same { Ok(()) } else { Err(OpenError::SnapshotForeign(head.no)) }
}
