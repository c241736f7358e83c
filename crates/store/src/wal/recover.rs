//! The log after a crash: where it ends, made an end that one can write on from.

use std::sync::Arc;

use purser_ledger::{CLOSING_LEN, Frame, FrameHead, FrameNo};

use super::WalOptions;
use super::disk::{Disk, SegmentFile};
use super::error::missing;
use super::header::{Front, HEADER_LEN};
use super::scan::{Scan, to_u64};
use super::walk::{Walk, front, numbers};
use crate::error::StoreError;

/// Zeros written at once behind the end: small, for the reason that segments are made of small writes.
const ZEROS_AT_ONCE: u64 = 4_096;

/// Where to write on.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) segment: u64,
    pub(super) file: Arc<dyn SegmentFile>,
    /// Behind the last frame; 0 when the segment has no header yet.
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) head: Option<FrameHead>,
    /// Bytes were cut that were not zero.
    pub(super) torn: bool,
}

/// Finds the end and mends it, durably. Refuses a log that is damaged anywhere else; of the segments before the last
/// two only the names are looked at.
pub(super) fn recover(disk: &Arc<dyn Disk>, options: &WalOptions) -> Result<Found, StoreError> {
    let numbers = numbers(&**disk)?;
    for (no, found) in (1..).zip(&numbers) {
        if *found != no {
            return Err(missing(&**disk, FrameNo(1), no));
        }
    }
    if numbers.is_empty() {
        let len = options.segment_bytes(1);
        let file = disk.prepare(1, len).map_err(StoreError::io("create", disk.path(1)))?;
        return Ok(Found { segment: 1, file, at: 0, len, head: None, torn: false });
    }
    let mut walk = last_proven(disk, &numbers)?;
    while walk.step()?.is_some() {}
    if let Some(lost) = walk.lost()? {
        return Err(lost);
    }
    mend(disk, &numbers, walk)
}

/// The walk from the segment before the last one that begins with a whole frame: that frame was sealed after a sync of
/// all before it.
fn last_proven(disk: &Arc<dyn Disk>, numbers: &[u64]) -> Result<Walk, StoreError> {
    for no in numbers.iter().rev() {
        let file = disk.open(*no).map_err(StoreError::io("open", disk.path(*no)))?;
        let mut scan = Scan::new(file);
        if let Front::Header(_) = front(&**disk, *no, &mut scan)?
            && scan.frame(to_u64(HEADER_LEN)).map_err(StoreError::io("read", disk.path(*no)))?.is_ok()
        {
            return from_its_header(disk, no.saturating_sub(1).max(1));
        }
    }
    Walk::before(disk, 1, None)
}

fn from_its_header(disk: &Arc<dyn Disk>, no: u64) -> Result<Walk, StoreError> {
    let file = disk.open(no).map_err(StoreError::io("open", disk.path(no)))?;
    match front(&**disk, no, &mut Scan::new(file))? {
        Front::Header(header) => Walk::before(disk, no, header.before()),
        // The walk finds out what is there instead.
        _ if no == 1 => Walk::before(disk, no, None),
        Front::Bad(what) => Err(StoreError::damaged(disk.path(no), None, what)),
        Front::Zeros | Front::Newer(_) => Err(StoreError::damaged(disk.path(no), None, "its header is missing")),
    }
}

/// Seals what is whole at the end of the walk and zeroes what is behind.
fn mend(disk: &Arc<dyn Disk>, numbers: &[u64], mut walk: Walk) -> Result<Found, StoreError> {
    let (segment, at, mut head, mut torn) = (walk.segment(), walk.at(), walk.head(), false);
    let path = disk.path(segment);
    let file = Arc::clone(walk.scan().file());
    // What a killed process wrote is synced before it is sealed: see the module's rule.
    if segment > 1 {
        let before = segment.saturating_sub(1);
        let synced = disk.open(before).and_then(|file| file.sync());
        synced.map_err(StoreError::io("sync", disk.path(before)))?;
    }
    file.sync().map_err(StoreError::io("sync", &path))?;

    let len = file.length().map_err(StoreError::io("read", &path))?;
    let behind = walk.scan().last_nonzero(at).map_err(StoreError::io("read", &path))?.unwrap_or(at);
    let mut end = at;
    if behind > at {
        // To the end of the file: a record may itself end in zeros.
        let rest = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
        let rest = walk.scan().bytes(at, rest).map_err(StoreError::io("read", &path))?;
        // In front of a header there is no frame.
        let salvaged = if at == 0 { None } else { Frame::salvage(head, rest) };
        if let Some((frame, len)) = salvaged {
            let place = at.saturating_add(to_u64(len));
            torn = behind > place;
            file.write_at(&frame.closing(), place).map_err(StoreError::io("write", &path))?;
            end = place.saturating_add(to_u64(CLOSING_LEN));
            head = Some(frame.head());
        } else {
            torn = true;
        }
        zero(&*file, end, behind).map_err(StoreError::io("write", &path))?;
        file.sync().map_err(StoreError::io("sync", &path))?;
    }
    for no in numbers.iter().filter(|no| **no > segment) {
        torn |= empty(&**disk, *no)?;
    }
    Ok(Found { segment, file, at: end, len: len.max(end), head, torn })
}

/// Makes a segment behind the end one of zeros. `true`: it was not.
fn empty(disk: &dyn Disk, no: u64) -> Result<bool, StoreError> {
    let file = disk.open(no).map_err(StoreError::io("open", disk.path(no)))?;
    let mut scan = Scan::new(Arc::clone(&file));
    let Some(behind) = scan.last_nonzero(0).map_err(StoreError::io("read", disk.path(no)))? else { return Ok(false) };
    zero(&*file, 0, behind).and_then(|()| file.sync()).map_err(StoreError::io("write", disk.path(no)))?;
    Ok(true)
}

fn zero(file: &dyn SegmentFile, from: u64, to: u64) -> std::io::Result<()> {
    let len = to.saturating_sub(from);
    if len == 0 {
        return Ok(());
    }
    let zeros = vec![0; usize::try_from(len.min(ZEROS_AT_ONCE)).unwrap_or_default()];
    let mut at = from;
    while at < to {
        let part = usize::try_from(to.saturating_sub(at)).unwrap_or(usize::MAX);
        let part = zeros.get(..part).unwrap_or(&zeros);
        file.write_at(part, at)?;
        at = at.saturating_add(to_u64(part.len()));
    }
    Ok(())
}
