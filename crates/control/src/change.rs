//! How anything changes: one at a time, checked, journaled, applied, and only then acknowledged.

use std::sync::Arc;

use purser_core::directory::{Directory, EventError};
use purser_core::event::Event;
use purser_core::id::{CommandId, time_ordered};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::TopUpError;
use purser_ledger::{EVENT_MAX, LedgerError, Lsn};
use purser_store::Fold;
use sha2::{Digest, Sha256};

use crate::access::Acting;
use crate::admins::AdminEvent;
use crate::audit::{Content, Entry, Outcome};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::reserves::Reserves;

/// The directory's events in the journal, which carries kinds as numbers.
pub(crate) use purser_store::KIND_DIRECTORY;
/// Events about administrators, which are no part of the directory.
pub(crate) const KIND_ADMIN: u8 = 2;
/// Entries of the audit trail. One stands before the events of each change.
pub(crate) use purser_store::KIND_AUDIT;

/// Bytes of events in one part of a large change: small beside the journal's queue.
const PART_BYTES: usize = EVENT_MAX / 4;

/// How often an event is given to a journal that waits for the disk; each time the disk has caught up meanwhile, and
/// calls may have filled the room again.
const BUSY_RETRIES: usize = 64;

/// The longest name of a change.
const NAME_BYTES_MAX: usize = 200;

/// The name that a caller gave a change, so that sending it twice does it once. An id (`cmd_…`) stands for itself, any
/// other text for a hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandName(CommandId);

impl CommandName {
    /// A name from text.
    ///
    /// # Errors
    /// The text is empty or longer than 200 bytes.
    pub fn try_new(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() || text.len() > NAME_BYTES_MAX {
            let message = format!("the name of a change has between 1 and {NAME_BYTES_MAX} bytes");
            return Err(Refused::new(Code::Invalid, message).into());
        }
        Ok(Self(text.parse().unwrap_or_else(|_| CommandId::new(first_bits(&[b"command name", text.as_bytes()])))))
    }

    /// Is it the name of that change?
    pub(crate) fn is(self, command: CommandId) -> bool {
        self.0 == command
    }
}

/// The turn of one change. While it lasts no other change happens.
///
/// The id of a thing that a change makes has the bits of the change's own id: made again, the change finds its thing
/// there and gives the first result.
pub(crate) struct Turn<'a> {
    inner: &'a Inner,
    reached: &'a mut Reached,
    /// For waiting, on the thread that may block.
    runtime: tokio::runtime::Handle,
    /// Which change.
    pub(crate) command: CommandId,
    /// When: never before an earlier change.
    pub(crate) now: Instant,
    events: u32,
    written: Option<Lsn>,
    /// Who makes it.
    acting: Arc<Acting>,
    /// Does its entry stand in the audit trail?
    audited: bool,
    /// What it says there about private content.
    contents: Vec<Content>,
}

/// How far the changes are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    /// The instant of the last one.
    pub(crate) at: Instant,
    /// The last event in the directory: its record, and the hash of its bytes.
    pub(crate) last: Option<(Lsn, [u8; 32])>,
    /// The records of the price lists in the directory.
    pub(crate) prices: Vec<Lsn>,
    /// Bytes of events since the directory was last kept in a file.
    pub(crate) unkept: usize,
}

impl Reached {
    /// Takes in that an event is in the directory.
    pub(crate) fn took(&mut self, lsn: Lsn, event: &Event, payload: &[u8]) {
        // One that was written before, and answered again, is in it already.
        if self.last.is_none_or(|(last, _)| last < lsn) {
            self.last = Some((lsn, Fold::event_hash(payload)));
            self.unkept = self.unkept.saturating_add(payload.len());
            if matches!(event, Event::PricesPublished(_)) {
                self.prices.push(lsn);
            }
        }
    }
}

impl<'a> Turn<'a> {
    /// What holds now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// The rest of control.
    pub(crate) fn control(&self) -> &'a Inner {
        self.inner
    }

    /// Checks the event, writes it, and shows its effect to everybody.
    ///
    /// The gateway may act on it before it is on disk. That is sound because the journal is one sequence: whatever a
    /// call does with a new grant comes after the grant in it, and is lost with it or not at all.
    ///
    /// # Errors
    /// The event contradicts what is there, or the journal does not take it. Nothing was changed then.
    pub(crate) fn commit(&mut self, event: &Event) -> Result<(), Error> {
        // In proportion to the event, not to the company: the rest is shared with the snapshot before.
        let before = self.snapshot();
        let next = before.directory.apply(event).map(Snapshot::of).map_err(|error| refused(&error))?;
        let reserves = Reserves::keep(&self.inner.ledger, (&before.directory, &next.directory), [event], self.now)?;
        let payload = event.to_bytes();
        let lsn = match self.write(KIND_DIRECTORY, &payload) {
            Ok(lsn) => lsn,
            Err(error) => {
                reserves.given_up(&self.inner.ledger);
                return Err(error);
            }
        };
        self.reached.took(lsn, event, &payload);
        self.inner.snapshot.store(Arc::new(next));
        reserves.seen(&self.inner.ledger);
        if matches!(event, Event::Stop(_)) {
            self.inner.stops.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }

    /// What would be after an event, by the checks of [`Turn::commit`]. Nothing is written.
    ///
    /// # Errors
    /// As there, but for the journal.
    pub(crate) fn preview(&self, event: &Event) -> Result<Snapshot, Error> {
        let before = self.snapshot();
        let next = before.directory.apply(event).map(Snapshot::of).map_err(|error| refused(&error))?;
        Reserves::check(&self.inner.ledger, (&before.directory, &next.directory), [event], self.now)?;
        Ok(next)
    }

    /// The same for many events, which take effect together or not at all: `next` is the directory after all of them.
    /// Written in parts, each no larger than a record may be.
    ///
    /// # Errors
    /// The journal does not take a part. Then nothing has happened, also for the next start.
    pub(crate) fn commit_all(&mut self, events: Vec<Event>, next: Directory) -> Result<(), Error> {
        // Not the change's own id: an attempt that ended half way and the one that repeats it must not run together.
        let change = CommandId::new(self.inner.random_bits()?);
        let before = self.snapshot();
        let reserves = Reserves::keep(&self.inner.ledger, (&before.directory, &next), &events, self.now)?;
        if let Err(error) = self.write_parts(change, events) {
            reserves.given_up(&self.inner.ledger);
            return Err(error);
        }
        self.inner.snapshot.store(Arc::new(Snapshot::of(next)));
        reserves.seen(&self.inner.ledger);
        Ok(())
    }

    /// Events that take effect together, checked one after the other; none where there is nothing to do.
    ///
    /// # Errors
    /// As for [`Turn::commit`]. Nothing was changed then.
    pub(crate) fn commit_together(&mut self, events: Vec<Event>) -> Result<(), Error> {
        match events.as_slice() {
            [] => Ok(()),
            [only] => self.commit(only),
            several => {
                let next = after(&self.snapshot().directory, several)?;
                self.commit_all(events, next)
            }
        }
    }

    /// Would they be taken? Nothing is written.
    ///
    /// # Errors
    /// As for [`Turn::commit_together`], but for the journal.
    pub(crate) fn preview_together(&self, events: &[Event]) -> Result<(), Error> {
        self.would_fit(&self.snapshot().directory, events)
    }

    /// Would they be taken by a directory that is not everybody's yet?
    ///
    /// # Errors
    /// As for [`Turn::preview_together`].
    pub(crate) fn would_fit(&self, before: &Directory, events: &[Event]) -> Result<(), Error> {
        let together = Event::Part { change: self.command, last: true, events: events.to_vec() };
        let next = before.apply(&together).map_err(|error| refused(&error))?;
        Reserves::check(&self.inner.ledger, (before, &next), events, self.now)
    }

    fn write_parts(&mut self, change: CommandId, events: Vec<Event>) -> Result<(), Error> {
        let mut parts = parts_of(events).enumerate().peekable();
        while let Some((place, events)) = parts.next() {
            let last = parts.peek().is_none();
            let event = Event::Part { change, last, events };
            let payload = event.to_bytes();
            let command = CommandId::new(derived(change, "part", place));
            let lsn = self.write_as(command, KIND_DIRECTORY, &payload)?;
            if last {
                self.reached.took(lsn, &event, &payload);
            }
            self.reached.unkept = self.reached.unkept.saturating_add(payload.len());
            // So that not many parts are in memory at once.
            self.runtime.block_on(self.inner.ledger.written(lsn)).map_err(failed)?;
        }
        Ok(())
    }

    /// The same for an event about administrators.
    ///
    /// # Errors
    /// The journal does not take it.
    pub(crate) fn commit_admin(&mut self, event: &AdminEvent) -> Result<(), Error> {
        let _lsn = self.write(KIND_ADMIN, &event.to_bytes())?;
        self.inner.admins.write().apply(event);
        Ok(())
    }

    /// Who makes this change.
    pub(crate) fn acting(&self) -> &Acting {
        &self.acting
    }

    /// Says, for the change's entry in the audit trail, that private content of a thing is now `bytes`. Only a keyed
    /// hash of it is written: it proves the content to whoever has it, and nobody can guess it. To be called before
    /// the change's first event.
    pub(crate) fn touches(&mut self, of: &str, bytes: &[u8]) {
        self.contents.push(Content { of: of.to_owned(), hash: self.inner.keyed_hash(bytes) });
    }

    /// Writes the change's entry in the audit trail, before what it is about, unless it stands there. Whatever goes
    /// through [`Turn::commit`] and its like has this done; only records that something else writes need it called.
    ///
    /// # Errors
    /// The journal or the place of private texts. Nothing was changed then.
    pub(crate) fn audit(&mut self, action: &str, targets: &[String], record: Option<&[u8]>) -> Result<(), Error> {
        if std::mem::replace(&mut self.audited, true) {
            return Ok(());
        }
        let mut entry = Entry::new(self.inner, &self.acting, self.now, action, Outcome::Made)?;
        entry.targets = targets.to_vec();
        entry.change = Some(self.command);
        entry.record = record.map(|bytes| self.inner.keyed_hash(bytes));
        entry.contents = std::mem::take(&mut self.contents);
        self.write_entry(&entry)
    }

    /// Writes an entry about what was not allowed. It stands although the change that is refused writes nothing.
    ///
    /// # Errors
    /// The journal.
    pub(crate) fn audit_denied(&mut self, action: &str, target: &str, code: Code) -> Result<(), Error> {
        let mut entry = Entry::new(self.inner, &self.acting, self.now, action, Outcome::Denied)?;
        entry.targets = vec![target.to_owned()];
        entry.code = Some(code);
        self.write_entry(&entry)
    }

    /// Writes an entry as it stands.
    ///
    /// # Errors
    /// The journal.
    pub(crate) fn write_entry(&mut self, entry: &Entry) -> Result<(), Error> {
        self.write_as(CommandId::new(entry.id.get()), KIND_AUDIT, &entry.to_bytes()).map(drop)
    }

    /// Waits until a record is on disk.
    ///
    /// # Errors
    /// The journal.
    pub(crate) fn durable(&self, lsn: Lsn) -> Result<(), Error> {
        self.runtime.block_on(self.inner.ledger.durable(lsn)).map_err(failed)
    }

    /// Waits until what this change wrote, and everything up to a record, is on disk and in the projection.
    ///
    /// # Errors
    /// The journal, or the projection stands.
    pub(crate) fn caught_up(&self, with: Lsn) -> Result<(), Error> {
        let lsn = self.written.map_or(with, |written| written.max(with));
        self.durable(lsn)?;
        crate::control::wait(&self.inner.projector, lsn)
    }

    /// Notes a record that something else wrote for this change, to be waited for.
    pub(crate) fn wrote(&mut self, lsn: Lsn) {
        self.written = self.written.max(Some(lsn));
    }

    fn write(&mut self, kind: u8, payload: &[u8]) -> Result<Lsn, Error> {
        let command = self.next_command();
        self.write_as(command, kind, payload)
    }

    fn write_as(&mut self, command: CommandId, kind: u8, payload: &[u8]) -> Result<Lsn, Error> {
        if kind != KIND_AUDIT && !self.audited {
            let targets = crate::audit::ids_in(payload);
            let action = crate::audit::word_of(payload).to_owned();
            self.audit(&action, &targets, Some(payload))?;
        }
        let mut tries = 0;
        loop {
            match self.inner.ledger.event(command, kind, payload) {
                // Of what is not on disk yet only so much is taken. A change waits for the disk at its end anyway.
                Err(LedgerError::Busy(lsn)) if tries < BUSY_RETRIES => {
                    tries += 1;
                    self.runtime.block_on(self.inner.ledger.durable(lsn)).map_err(failed)?;
                }
                receipt => {
                    let receipt = receipt.map_err(failed)?;
                    self.wrote(receipt.lsn);
                    return Ok(receipt.lsn);
                }
            }
        }
    }

    /// An id for the thing of a kind that this change makes at a place: the same ones when the change is made again.
    pub(crate) fn derived(&self, kind: &str, place: usize) -> u128 {
        derived(self.command, kind, place)
    }

    /// The change's own id for its first event, ids derived from it for the others.
    fn next_command(&mut self) -> CommandId {
        let place = self.events;
        self.events += 1;
        match place {
            0 => self.command,
            _ => following(self.command, place),
        }
    }
}

impl Control {
    /// Makes one change: waits for its turn, does the work on a thread that may block, waits for the disk.
    ///
    /// The work runs to its end even when the caller goes away meanwhile, so an event is never written without being
    /// applied.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        name: Option<CommandName>,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let control = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            let mut reached = control.inner.turn.lock();
            let now = control.inner.clock.now().max(reached.at);
            let command = match name {
                Some(CommandName(command)) => command,
                None => CommandId::new(time_ordered(now, control.inner.random_bits()?)),
            };
            reached.at = now;
            let inner = &control.inner;
            let mut turn = Turn {
                inner,
                reached: &mut reached,
                runtime,
                command,
                now,
                events: 0,
                written: None,
                acting: Arc::clone(&control.acting),
                audited: false,
                contents: Vec::new(),
            };
            let made = work(&mut turn);
            Ok::<_, Error>((made, turn.written))
        })
        .await
        .map_err(|error| Error::failed("a change ended in a panic", error))?;
        let (made, written) = done?;
        if let Some(lsn) = written {
            self.inner.ledger.durable(lsn).await.map_err(failed)?;
        }
        made
    }
}

/// The events in runs whose bytes fit a record with room to spare.
fn parts_of(events: Vec<Event>) -> impl Iterator<Item = Vec<Event>> {
    let mut left = events.into_iter().peekable();
    std::iter::from_fn(move || {
        let (mut part, mut bytes) = (Vec::new(), 0_usize);
        while let Some(next) = left.peek() {
            // By itself an event has a frame of a few bytes around it, which its place in the part has not.
            let more = next.to_bytes().len();
            if !part.is_empty() && bytes.saturating_add(more) > PART_BYTES {
                break;
            }
            bytes = bytes.saturating_add(more);
            part.extend(left.next());
        }
        (!part.is_empty()).then_some(part)
    })
}

/// The directory after several events that take effect together.
fn after(directory: &Directory, events: &[Event]) -> Result<Directory, Error> {
    let together = Event::Part { change: CommandId::new(0), last: true, events: events.to_vec() };
    directory.apply(&together).map_err(|error| refused(&error))
}

fn derived(command: CommandId, kind: &str, place: usize) -> u128 {
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    first_bits(&[&command.get().to_be_bytes(), kind.as_bytes(), &place.to_be_bytes()])
}

/// The first 128 bits of a hash over parts, each with its length.
fn first_bits(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

/// The id of a change's event that is not its first.
pub(crate) fn following(command: CommandId, place: u32) -> CommandId {
    CommandId::new(first_bits(&[&command.get().to_be_bytes(), &place.to_be_bytes()]))
}

/// The command was given before with other input.
pub(crate) fn reused() -> Error {
    Refused::new(Code::CommandReused, "this name was given to another change before")
        .hint("the first change stands; give this one a name of its own")
        .into()
}

/// A refusal of the directory, as the reader sees it.
pub(crate) fn refused(error: &EventError) -> Error {
    let code = match error {
        EventError::UnknownUnit(_)
        | EventError::UnknownPerson(_)
        | EventError::UnknownKey(_)
        | EventError::UnknownGrant(_)
        | EventError::UnknownBudget(_) => Code::NotFound,
        EventError::Pool(pool) if pool.is_unknown() => Code::NotFound,
        EventError::Pool(pool) if pool.is_short() => Code::PoolShort,
        EventError::Pool(pool) if pool.is_nonsense() => Code::Invalid,
        EventError::Offer(error) => crate::offers::code(error),
        EventError::TopUp(TopUpError::Own) => Code::SelfApproval,
        EventError::TopUp(TopUpError::Desk { .. }) => Code::Forbidden,
        EventError::TopUp(error) if error.is_unknown() => Code::NotFound,
        EventError::TopUp(error) if error.is_nonsense() => Code::Invalid,
        EventError::BudgetEats { .. } => Code::Guaranteed,
        EventError::Role(_)
        | EventError::Life(_)
        | EventError::Grant(_)
        | EventError::BudgetTerms(_)
        | EventError::BudgetTools(_)
        | EventError::Prices(_)
        | EventError::UnitTooDeep { .. } => Code::Invalid,
        _ => Code::Conflict,
    };
    Refused::new(code, error.to_string()).into()
}

/// A failure of the ledger, as the reader sees it.
pub(crate) fn failed(error: LedgerError) -> Error {
    match error {
        LedgerError::Conflict(_) => reused(),
        LedgerError::UnknownItem(item) => {
            Refused::new(Code::NotFound, format!("no suspense item {item} is open")).into()
        }
        LedgerError::TooLong { what, len, max } => {
            Refused::new(Code::Invalid, format!("{what} has {len} bytes, at most {max} are taken")).into()
        }
        LedgerError::Stopped { .. } => Refused::new(Code::Unavailable, "the ledger writes nothing any more")
            .hint("the log of `purser serve` says why; start it again once that is mended")
            .into(),
        LedgerError::Busy(_) => {
            Refused::new(Code::Unavailable, "the disk can't keep up").hint("try again in a moment").into()
        }
        other => Error::failed("the ledger refused a change", other),
    }
}
