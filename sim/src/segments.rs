//! The simulated disk in the place of a folder of segments.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use purser_store::{Disk, SegmentFile};

use crate::disk::SimDisk;

/// The simulated disk as the write-ahead log sees it.
#[derive(Clone, Debug)]
pub(crate) struct SimSegments(pub(crate) SimDisk);

#[derive(Debug)]
struct SimSegment {
    disk: SimDisk,
    no: u64,
}

impl Disk for SimSegments {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.0.files())
    }

    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>> {
        self.0.len(no)?;
        Ok(Arc::new(SimSegment { disk: self.0.clone(), no }))
    }

    fn prepare(&self, no: u64, len: u64) -> io::Result<Arc<dyn SegmentFile>> {
        self.0.prepare(no, len)?;
        self.open(no)
    }

    fn path(&self, no: u64) -> PathBuf {
        PathBuf::from(format!("{no}.wal"))
    }
}

impl SegmentFile for SimSegment {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.disk.write(self.no, bytes, at)
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.disk.read(self.no, bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync(self.no)
    }

    fn length(&self) -> io::Result<u64> {
        self.disk.len(self.no)
    }
}
