//! Where the data is.

use std::path::PathBuf;

use purser_core::money::Currency;
use purser_core::zone::Zone;
use purser_store::JournalKind;

/// A data folder, and what its ledger is to be like should it have to be made.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The folder.
    pub(crate) data: PathBuf,
    /// Used once, when the ledger is made.
    pub(crate) currency: Currency,
    /// Where the company's periods begin and end. Used once too.
    pub(crate) zone: Zone,
    /// How the journal is kept, if the folder has to be made.
    pub(crate) journal: JournalKind,
}

impl Place {
    /// The socket of the `serve` that holds the folder.
    pub(crate) fn socket(&self) -> PathBuf {
        self.data.join("purser.sock")
    }

    /// Is a Purser there already? The format file is the last that its making writes.
    pub(crate) fn exists(&self) -> bool {
        self.data.join("format").exists()
    }
}
