//! Dying and beginning again.

use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use purser_core::event::Event;
use purser_core::time::Clock;
use purser_ledger::{
    BootId, Committer, Frame, FrameNo, FrameObserver, Journal, Ledger, Lsn, Options, Record, Recovery, Snapshot,
};
use purser_store::{Prepare, WalJournal, WalOptions};

use crate::audit::{Check, Crash, Finding};
use crate::bad_journal::BadJournal;
use crate::bug::Bug;
use crate::clock::SimClock;
use crate::company::Company;
use crate::dice::Dice;
use crate::disk::SimDisk;
use crate::flat::FlatJournal;
use crate::operations::What;
use crate::world::{Kind, Step, World, misfortunes, odd, whole};

/// How a ledger is opened.
pub(crate) struct Opening<'a> {
    pub(crate) kind: Kind,
    pub(crate) bug: Option<Bug>,
    pub(crate) options: &'a Options,
    pub(crate) clock: &'a Arc<SimClock>,
    pub(crate) observed: &'a Arc<Mutex<Lsn>>,
}

/// An open ledger, and the events that its journal held.
pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    pub(crate) committer: Committer,
    pub(crate) recovery: Recovery,
    pub(crate) events: Vec<Event>,
}

/// Why it could not be opened.
pub(crate) struct NotOpened {
    pub(crate) what: String,
    /// The disk failed; anything else is the product's doing.
    pub(crate) is_excused: bool,
}

struct Watch(Arc<Mutex<Lsn>>);

impl FrameObserver for Watch {
    fn durable(&mut self, frame: &Arc<Frame>) {
        *self.0.lock() = frame.last_lsn();
    }
}

impl Opening<'_> {
    pub(crate) fn open(&self, disk: &SimDisk, snapshot: Option<&[u8]>, seed: u64) -> Result<Opened, NotOpened> {
        let before = misfortunes(&disk.tally());
        self.open_on(disk, snapshot, seed)
            .map_err(|why| NotOpened { what: whole(&*why), is_excused: misfortunes(&disk.tally()) > before })
    }

    fn open_on(
        &self,
        disk: &SimDisk,
        snapshot: Option<&[u8]>,
        seed: u64,
    ) -> Result<Opened, Box<dyn std::error::Error>> {
        let mut journal = self.journal(disk, seed)?;
        let events = events(journal.as_mut())?;
        let snapshot = snapshot.map(Snapshot::decode).transpose()?;
        let watch = Box::new(Watch(Arc::clone(self.observed)));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let (ledger, committer, recovery) =
            Ledger::open_stepped(journal, snapshot, self.options.clone(), clock, Some(watch))?;
        Ok(Opened { ledger, committer, recovery, events })
    }

    pub(crate) fn journal(&self, disk: &SimDisk, seed: u64) -> Result<Box<dyn Journal>, Box<dyn std::error::Error>> {
        let good: Box<dyn Journal> = match self.kind {
            Kind::Whole => Box::new(FlatJournal::open(disk.clone(), false, self.bug)?),
            Kind::Pieces => Box::new(FlatJournal::open(disk.clone(), true, self.bug)?),
            Kind::Log => {
                let options = WalOptions { first_bytes: 4_096, max_bytes: 16_384, prepare: Prepare::Inline };
                Box::new(WalJournal::open_on(Arc::new(crate::segments::SimSegments(disk.clone())), options)?)
            }
        };
        Ok(match self.bug {
            Some(bug) => Box::new(BadJournal::around(good, bug, Dice::new(seed))),
            None => good,
        })
    }
}

fn events(journal: &mut dyn Journal) -> Result<Vec<Event>, Box<dyn std::error::Error>> {
    let mut events = Vec::new();
    let mut bad = None;
    journal.read(FrameNo(1), &mut |frame: Frame| {
        for record in frame.records().flatten() {
            if let Record::Event { payload, .. } = record.record {
                match Event::from_bytes(&payload) {
                    Ok(event) => events.push(event),
                    Err(why) => bad = Some(why),
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    bad.map_or(Ok(events), |why| Err(why.into()))
}

impl World {
    /// Everything that is under way ends here and now.
    pub(crate) fn crash(&mut self, crash: Crash) -> Step {
        self.look()?;
        let next = self.die(crash);
        self.begin_again(crash, next)
    }

    /// The process or the machine is gone; what the next one finds.
    pub(crate) fn die(&mut self, crash: Crash) -> SimDisk {
        self.tell(format!("{crash:?}"));
        self.tally.note(match crash {
            Crash::Kill => "crash: kill",
            Crash::PowerLoss => "crash: power loss",
            Crash::Rest => "crash: rest",
        });
        let next = match crash {
            Crash::PowerLoss => self.disk.lose_power(),
            Crash::Kill => self.disk.kill(),
            Crash::Rest => {
                // Nothing more is taken, so calls under way leave their holds behind, as in a crash.
                let _ = self.ledger.clone().close();
                self.disk.clone()
            }
        };
        // Whatever was sent, the provider goes on with: nobody can call it back.
        for call in std::mem::take(&mut self.calls) {
            self.abandon(call);
        }
        next
    }

    /// The next start, on what is left.
    pub(crate) fn begin_again(&mut self, crash: Crash, disk: SimDisk) -> Step {
        let mut crash = crash;
        if crash == Crash::Rest {
            let none = self.no_committer()?;
            let committer = std::mem::replace(&mut self.committer, none);
            if let Err(why) = committer.close() {
                self.excuse(&why)?;
                if misfortunes(&disk.tally()) == self.misfortunes {
                    return Err(odd("an orderly end failed without a cause"));
                }
                crash = Crash::Kill;
            }
            self.disk = disk;
            self.look()?;
            let next = self.disk.kill();
            return self.open_again(crash, next);
        }
        self.open_again(crash, disk)
    }

    fn open_again(&mut self, crash: Crash, disk: SimDisk) -> Step {
        if crash == Crash::PowerLoss && !self.has(Bug::SameBoot) {
            self.options.boot = BootId(self.options.boot.0 + 1);
        }
        let (mut crash, mut disk) = (crash, disk);
        for _ in 0..8 {
            *self.observed.lock() = Lsn(0);
            let seed = self.dice.next();
            if self.dice.per_mille(60) {
                disk.fail_next_sync();
            }
            let snapshot = self.snapshot.clone().filter(|_| self.dice.per_mille(500));
            let Self { kind, bug, options, clock, observed, .. } = &*self;
            let opening = Opening { kind: *kind, bug: *bug, options, clock, observed };
            match opening.open(&disk, snapshot.as_deref(), seed) {
                Ok(opened) => {
                    self.tally.add("snapshots: started from", u64::from(snapshot.is_some()));
                    self.misfortunes = misfortunes(&disk.tally());
                    self.disk = disk;
                    self.tell(format!("a start: {:?}", opened.recovery));
                    let slices = opened.recovery.suspended.iter().filter(|item| item.hold.is_none()).count();
                    self.tally.add("suspense: slices", slices as u64);
                    let Self { disk, audit, .. } = self;
                    disk.look(|os, promised| audit.reopened(crash, os, promised))?;
                    return self.take_over(opened);
                }
                Err(NotOpened { is_excused: true, what }) => {
                    self.tell(format!("a start fails: {what}"));
                    self.tally.note("crash: failed start");
                    let Self { audit, .. } = self;
                    disk.look(|os, promised| audit.start_failed(crash, os, promised))?;
                    let kind = if crash != Crash::PowerLoss && self.dice.per_mille(500) {
                        Crash::Kill
                    } else {
                        Crash::PowerLoss
                    };
                    if kind == Crash::PowerLoss && crash != Crash::PowerLoss && !self.has(Bug::SameBoot) {
                        self.options.boot = BootId(self.options.boot.0 + 1);
                    }
                    disk = if kind == Crash::PowerLoss { disk.lose_power() } else { disk.kill() };
                    crash = kind;
                }
                Err(NotOpened { what, .. }) => {
                    return Err(Finding::new(
                        Check::Prefix,
                        format!("after {crash:?} the journal does not open: {what}"),
                    ));
                }
            }
        }
        Err(odd("eight starts failed one after the other"))
    }

    fn take_over(&mut self, opened: Opened) -> Step {
        self.ledger = opened.ledger;
        self.committer = opened.committer;
        let mut company = Company::new(self.bug);
        for event in &opened.events {
            let taken = match event {
                Event::Part { events, .. } if self.has(Bug::HalfAChange) => {
                    events.iter().try_for_each(|event| company.take(event))
                }
                event => company.take(event),
            };
            taken.map_err(|why| odd(format!("the journal has an event that can't have happened: {}", whole(&why))))?;
        }
        let mut changes = self.operations.iter().filter_map(|operation| match &operation.what {
            What::Change(change) => Some(change),
            _ => None,
        });
        let is_known = changes.any(|change| change.allows(&company.directory));
        if !is_known && company.directory != self.company.directory {
            return Err(odd("a start makes another company of the journal than everybody knew"));
        }
        self.company = company;
        self.show_everybody(&[])?;
        self.planned.clear();
        self.observe()?;
        self.resolve_suspense();
        for operation in &mut self.operations {
            operation.ask_again();
        }
        Ok(())
    }
}
