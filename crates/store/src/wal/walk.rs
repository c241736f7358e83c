//! From frame to frame, through the segments, checking each and the chain between them.

use std::io;
use std::sync::Arc;

use purser_ledger::{Frame, FrameHead, FrameNo, Lsn};

use super::disk::Disk;
use super::error::{damaged, missing};
use super::header::{FRAME_VERSION, Front, HEADER_LEN, Header, VERSION};
use super::scan::{Scan, to_u64};
use crate::error::StoreError;

/// A place in the log, between two frames.
#[derive(Debug)]
pub(super) struct Walk {
    disk: Arc<dyn Disk>,
    segment: u64,
    scan: Scan,
    /// Where the next frame must begin; 0 in front of the header.
    at: u64,
    /// The last frame passed, or the one before the segment that the walk began with.
    head: Option<FrameHead>,
    /// The place one frame back, in the same segment.
    back: Option<(u64, Option<FrameHead>)>,
}

impl Walk {
    /// At the beginning of segment `no`, whose first frame must be the one after `head`.
    pub(super) fn before(disk: &Arc<dyn Disk>, no: u64, head: Option<FrameHead>) -> Result<Self, StoreError> {
        let file = disk.open(no).map_err(StoreError::io("open", disk.path(no)))?;
        Ok(Self { disk: Arc::clone(disk), segment: no, scan: Scan::new(file), at: 0, head, back: None })
    }

    pub(super) fn segment(&self) -> u64 {
        self.segment
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn scan(&mut self) -> &mut Scan {
        &mut self.scan
    }

    pub(super) fn head(&self) -> Option<FrameHead> {
        self.head
    }

    /// The number of the next frame.
    pub(super) fn expected(&self) -> FrameNo {
        self.head.map_or(FrameNo(0), |head| head.no).next()
    }

    /// Goes back over the last frame if that makes `from` the next. `true`: `from` is the next.
    pub(super) fn turn_to(&mut self, from: FrameNo) -> bool {
        if self.expected().0 == from.0.saturating_add(1)
            && let Some((at, head)) = self.back.take()
        {
            (self.at, self.head) = (at, head);
        }
        self.expected() == from
    }

    /// The next frame. `None`: there is no whole one at this place; why, [`lost`](Self::lost) tells.
    pub(super) fn step(&mut self) -> Result<Option<Frame>, StoreError> {
        loop {
            if self.at == 0 {
                match front(&*self.disk, self.segment, &mut self.scan)? {
                    Front::Header(header) if self.is_continued_by(&header) => self.at = to_u64(HEADER_LEN),
                    _ => return Ok(None),
                }
            }
            match self.scan.frame(self.at).map_err(StoreError::io("read", self.path()))? {
                Ok((frame, len)) => {
                    self.check(&frame)?;
                    self.back = Some((self.at, self.head));
                    self.at = self.at.saturating_add(len);
                    self.head = Some(frame.head());
                    return Ok(Some(frame));
                }
                Err(_) if self.move_on()? => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// Where [`step`](Self::step) found nothing: is that no end, because whole frames follow?
    /// Reads everything behind. A frame of a newer version is refused.
    pub(super) fn lost(&mut self) -> Result<Option<StoreError>, StoreError> {
        let disk = Arc::clone(&self.disk);
        let expected = self.expected();
        let mut next = self.segment;
        for no in numbers(&*disk)?.into_iter().filter(|no| *no >= self.segment) {
            if no != next {
                return Ok(Some(missing(&*disk, expected, next)));
            }
            next = next.saturating_add(1);
            let read = StoreError::io("read", disk.path(no));
            let found = if no == self.segment {
                self.scan.find_frame(self.at.saturating_add(1))
            } else {
                disk.open(no).and_then(|file| Scan::new(file).find_frame(0))
            };
            let Some((place, frame)) = found.map_err(read)? else { continue };
            let why = self.why_not()?;
            let what = if no == self.segment {
                format!("{why}, and frame {frame} follows at byte {place}")
            } else {
                format!("{why}, and frame {frame} follows in segment {no} at byte {place}")
            };
            return Ok(Some(damaged(&*disk, expected, self.segment, self.at, &what)));
        }
        self.refuse_newer_frame()?;
        Ok(None)
    }

    /// What is wrong with the bytes at this place.
    fn why_not(&mut self) -> Result<String, StoreError> {
        if self.at == 0 {
            return Ok(match front(&*self.disk, self.segment, &mut self.scan)? {
                Front::Bad(what) => what.to_owned(),
                Front::Zeros | Front::Newer(_) => "its header is missing".to_owned(),
                Front::Header(header) => self.contradiction(&header),
            });
        }
        let next = self.segment.saturating_add(1);
        if let Ok(file) = self.disk.open(next)
            && let Front::Header(header) = front(&*self.disk, next, &mut Scan::new(file))?
            && header.first_frame == self.expected()
        {
            return Ok(format!("segment {next} does not continue the journal: {}", self.contradiction(&header)));
        }
        let bytes = self.scan.frame(self.at).map_err(StoreError::io("read", self.path()))?;
        Ok(bytes.err().map_or_else(|| "the frame there is not the next".to_owned(), |why| why.to_string()))
    }

    fn contradiction(&self, header: &Header) -> String {
        let Header { first_frame, first_lsn, prev_hash, .. } = Header::after(header.no, self.head);
        if header.first_frame != first_frame {
            return format!("it begins with frame {}, frame {first_frame} must follow", header.first_frame);
        }
        if header.first_lsn != first_lsn {
            return format!("it begins with record {}, record {first_lsn} must follow", header.first_lsn);
        }
        format!("it names {} as the hash of the frame before, which is {prev_hash}", header.prev_hash)
    }

    fn is_continued_by(&self, header: &Header) -> bool {
        *header == Header::after(header.no, self.head)
    }

    /// Goes to the next segment if the journal goes on there.
    fn move_on(&mut self) -> Result<bool, StoreError> {
        let next = self.segment.saturating_add(1);
        let file = match self.disk.open(next) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io("open", self.disk.path(next))(error)),
        };
        let mut scan = Scan::new(file);
        match front(&*self.disk, next, &mut scan)? {
            Front::Header(header) if self.is_continued_by(&header) => {}
            _ => return Ok(false),
        }
        let behind = self.scan.last_nonzero(self.at).map_err(StoreError::io("read", self.path()))?;
        if behind.is_some() {
            let what = "there are bytes that belong to no frame";
            return Err(damaged(&*self.disk, self.expected(), self.segment, self.at, what));
        }
        (self.segment, self.scan, self.at, self.back) = (next, scan, to_u64(HEADER_LEN), None);
        Ok(true)
    }

    fn check(&self, frame: &Frame) -> Result<(), StoreError> {
        let expected = Header::after(self.segment, self.head);
        let wrong = |what: String| Err(damaged(&*self.disk, self.expected(), self.segment, self.at, &what));
        if frame.no != expected.first_frame {
            return wrong(format!("frame {} stands there", frame.no));
        }
        if frame.prev_hash != expected.prev_hash {
            return wrong("it does not continue the chain of hashes".to_owned());
        }
        if frame.first_lsn != expected.first_lsn {
            return wrong(format!("it begins with record {}, {} must follow", frame.first_lsn, expected.first_lsn));
        }
        Ok(())
    }

    /// A frame in its place, in the chain, of a version that this program does not know.
    fn refuse_newer_frame(&mut self) -> Result<(), StoreError> {
        let Header { first_frame, first_lsn, prev_hash, .. } = Header::after(self.segment, self.head);
        let path = self.path();
        let bytes = self.scan.bytes(self.at, 59).map_err(StoreError::io("read", &path))?;
        let Some(([b'P', b'F', version], rest)) = bytes.split_first_chunk() else { return Ok(()) };
        let ours = [&first_frame.0.to_le_bytes()[..], &first_lsn.0.to_le_bytes()].concat();
        let found = u64::from(*version);
        if found > FRAME_VERSION && rest.starts_with(&ours) && rest.ends_with(&prev_hash.0) {
            return Err(StoreError::Newer { file: path, found, known: FRAME_VERSION });
        }
        Ok(())
    }

    fn path(&self) -> std::path::PathBuf {
        self.disk.path(self.segment)
    }
}

/// What stands at the front of a segment; a newer one is refused.
pub(super) fn front(disk: &dyn Disk, no: u64, scan: &mut Scan) -> Result<Front, StoreError> {
    let bytes = scan.bytes(0, HEADER_LEN).map_err(StoreError::io("read", disk.path(no)))?;
    match Header::read(no, bytes) {
        Front::Newer(found) => Err(StoreError::Newer { file: disk.path(no), found, known: VERSION }),
        other => Ok(other),
    }
}

/// The numbers of all segments, in order.
pub(super) fn numbers(disk: &dyn Disk) -> Result<Vec<u64>, StoreError> {
    disk.segments().map_err(StoreError::io("list the segments beside", disk.path(1)))
}

/// The walk to frame `from`: at the beginning of the segment that holds it, or would. `None`: there are no segments.
pub(super) fn locate(disk: &Arc<dyn Disk>, from: FrameNo) -> Result<Option<Walk>, StoreError> {
    last_that(disk, &|header| header.first_frame <= from)
}

/// The walk to a record: at the beginning of the segment that holds it, or would. `None`: there are no segments.
pub(super) fn locate_record(disk: &Arc<dyn Disk>, lsn: Lsn) -> Result<Option<Walk>, StoreError> {
    last_that(disk, &|header| header.first_lsn <= lsn)
}

/// The walk at the beginning of the last segment that begins early enough, else of the first.
fn last_that(disk: &Arc<dyn Disk>, is_early: &dyn Fn(&Header) -> bool) -> Result<Option<Walk>, StoreError> {
    let numbers = numbers(&**disk)?;
    let Some(first) = numbers.first() else { return Ok(None) };
    if *first != 1 {
        return Err(missing(&**disk, FrameNo(1), 1));
    }
    let header = |no: u64| -> Result<Option<Header>, StoreError> {
        let file = disk.open(no).map_err(StoreError::io("open", disk.path(no)))?;
        match front(&**disk, no, &mut Scan::new(file))? {
            Front::Header(header) => Ok(Some(header)),
            // Not begun, or damaged: the walk comes by and looks closer.
            _ => Ok(None),
        }
    };
    let (mut low, mut high) = (0_usize, numbers.len());
    let mut best = None;
    while let Some(middle) = low.checked_add(high).map(|sum| sum / 2).filter(|middle| (low..high).contains(middle)) {
        let Some(no) = numbers.get(middle) else { break };
        match header(*no)? {
            Some(header) if is_early(&header) => {
                best = Some(header);
                low = middle.saturating_add(1);
            }
            _ => high = middle,
        }
    }
    let (no, head) = best.map_or((1, None), |header| (header.no, header.before()));
    Walk::before(disk, no, head).map(Some)
}
