//! The one that writes.

/// Owns the journal: makes frames of what waits, writes them, syncs them, tells who waits. Driven by its own thread
/// ([`crate::Ledger::open`]) or step by step ([`crate::Ledger::open_stepped`]). Dropping it stops the ledger.
#[derive(Debug)]
pub struct Committer {
    _core: (),
}

impl Committer {
    /// Hands all records that wait to the journal as one frame. `false`: none waited, or the ledger has stopped.
    pub fn write(&mut self) -> bool {
        unimplemented!()
    }

    /// Syncs the journal and tells who waits. `false`: nothing was unsynced, or the ledger has stopped.
    pub fn sync(&mut self) -> bool {
        unimplemented!()
    }
}
