//! Denials on their way from the gateway's threads to the files.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use purser_gateway::Denials;
use purser_store::{Denial, DenialLog};

/// Batches that wait to be written. The gateway hands on one a second and thread; beyond this they are counted in the
/// log and dropped, because nothing is owed for a denial and a call must not wait for one.
const WAITING_MAX: usize = 64;

/// Takes batches at once; a thread of its own writes them. Dropping it waits until what it took is written, so that
/// whoever has waited for the gateway's end finds every denial in the files.
pub(super) struct Writer {
    /// `None` only while it is dropped.
    batches: Option<SyncSender<Vec<Denials>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(log: DenialLog) -> io::Result<Self> {
        let (send, receive) = sync_channel(WAITING_MAX);
        let thread =
            std::thread::Builder::new().name("purser-denials".to_owned()).spawn(move || write(&log, &receive))?;
        Ok(Self { batches: Some(send), thread: Some(thread) })
    }
}

impl purser_gateway::DenialLog for Writer {
    fn record(&self, batch: Vec<Denials>) {
        if self.batches.as_ref().is_none_or(|batches| batches.try_send(batch).is_err()) {
            tracing::warn!("a batch of denials was dropped: the disk can't keep up");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it was printed there.
            let _ = thread.join();
        }
    }
}

fn write(log: &DenialLog, batches: &Receiver<Vec<Denials>>) {
    while let Ok(batch) = batches.recv() {
        // Calls with an unknown key are nobody's: they are in the log and nowhere else.
        let batch: Vec<Denial> = batch.iter().filter_map(row).collect();
        if let Err(error) = log.record(&batch) {
            tracing::warn!(%error, "denials could not be recorded");
        }
    }
}

fn row(denials: &Denials) -> Option<Denial> {
    let (key, person) = denials.whose?;
    Some(Denial {
        at: denials.minute,
        key,
        person,
        reason: denials.code.to_owned(),
        funded: denials.funded,
        count: u32::try_from(denials.count).unwrap_or(u32::MAX),
    })
}
