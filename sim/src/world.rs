//! One world: everything that goes on, one step at a time.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use purser_core::id::CommandId;
use purser_core::plan::Plan;
use purser_ledger::{AccountNo, BootId, Committer, HoldId, Ledger, LedgerError, Lsn, Options, Window};

use crate::audit::{Audit, Check, Crash, Finding, HoldName, Often, PLACES, Shape};
use crate::bug::Bug;
use crate::calls::{Call, Run};
use crate::clock::SimClock;
use crate::company::{Company, Founding};
use crate::dice::Dice;
use crate::disk::{DiskTally, Faults, SimDisk};
use crate::operations::Operation;
use crate::run::Setting;
use crate::tally::Tally;

/// What a step came to.
pub(crate) type Step = Result<(), Finding>;

/// A finding about the product's conduct.
pub(crate) fn odd(what: impl std::fmt::Display) -> Finding {
    Finding::new(Check::Conduct, what.to_string())
}

/// Where the journal lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One file, whole frames.
    Whole,
    /// One file, frames in pieces.
    Pieces,
    /// The product's write-ahead log.
    Log,
}

/// A plan that is kept, and the ledger's numbers for it: what the gateway keeps per key and model.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) version: usize,
    pub(crate) numbers: Vec<AccountNo>,
    /// What limits above are told to keep for guaranteed grants.
    pub(crate) kept: Rc<Vec<(crate::audit::Key, i128)>>,
}

/// Everything of one seed.
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) bug: Option<Bug>,
    pub(crate) kind: Kind,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) disk: SimDisk,
    pub(crate) ledger: Ledger,
    pub(crate) committer: Committer,
    pub(crate) options: Options,
    pub(crate) company: Company,
    pub(crate) audit: Audit,
    pub(crate) version: usize,
    pub(crate) planned: HashMap<(usize, usize, usize, usize), Rc<Planned>>,
    pub(crate) calls: Vec<Call>,
    /// The run of each key whose money is limited.
    pub(crate) runs: HashMap<usize, Run>,
    pub(crate) operations: Vec<Operation>,
    /// Calls that were settled with the provider's figures, for corrections.
    pub(crate) settled: Vec<HoldId>,
    pub(crate) snapshot: Option<Vec<u8>>,
    /// What frames the observer was told are durable.
    pub(crate) observed: Arc<parking_lot::Mutex<Lsn>>,
    pub(crate) tally: Tally,
    /// The last things that happened, for whoever looks for the cause of a finding.
    pub(crate) story: Vec<String>,
    pub(crate) steps: u64,
    pub(crate) last_call: u64,
    pub(crate) last_operation: u64,
    /// The last id given to anything.
    pub(crate) last_thing: u128,
    /// The latest moment that the clock ever showed.
    pub(crate) latest: i64,
    /// When the last change that is known was made.
    pub(crate) changed: i64,
    pub(crate) plenty: u64,
    /// The process dies before anything else happens.
    pub(crate) dies_next: bool,
    /// The disk's misfortunes when the process began: what it did since explains why the ledger stopped.
    pub(crate) misfortunes: u64,
    weights: [u64; ACTIONS],
}

const ACTIONS: usize = 13;
/// How much more often each happens where there are many changes: mostly they are made, written and synced.
const AT_A_BUSY_DESK: [u64; ACTIONS] = [1, 1, 4, 4, 12, 2, 8, 1, 1, 1, 1, 1, 1];

impl World {
    pub(crate) fn new(seed: u64, setting: &Setting) -> Result<Self, Finding> {
        let bug = setting.bug;
        let mut dice = Dice::new(seed);
        let founding = Founding::by_chance(&mut dice);
        let kind = kind_of(&mut dice, bug);
        let faults = Faults {
            // A segment's header and the first bytes behind it share a sector, and the log relies on that.
            page: if kind == Kind::Log { *dice.pick(&[512, 4_096]) } else { *dice.pick(&[64, 512, 4_096]) },
            early_per_mille: *dice.pick(&[0, 100, 500]),
            retries_syncs: bug == Some(Bug::RetriedSync),
            is_silent_when_full: bug == Some(Bug::ShortWrite),
            ..Faults::default()
        };
        let disk = SimDisk::new(Dice::new(dice.next()), faults);
        let clock = Arc::new(SimClock::at(founding.begins));
        let month = 30 * 24 * 3_600;
        let options = Options {
            sync_pause: Duration::ZERO,
            write_pause: Duration::ZERO,
            slice_idle: Duration::from_secs(dice.between(1, 120)),
            slice_per_mille: u32::try_from(*dice.pick(&[10, 10, 100])).unwrap_or(10),
            wait_for_disk: dice.per_mille(100),
            queue_bytes_max: if dice.per_mille(200) { 600 } else { 8 << 20 },
            window: Window { age_s: month, settled_max: 100_000, commands_max: 100_000 },
            ..Options::new(BootId(1))
        };
        let shape = match kind {
            Kind::Whole => Shape::Whole,
            Kind::Pieces => Shape::Pieces,
            Kind::Log => Shape::Segments,
        };
        let mut audit = Audit::new(founding.prices.clone(), shape);
        let observed = Arc::default();
        let opening = crate::crash::Opening { kind, bug, options: &options, clock: &clock, observed: &observed };
        let opened = opening.open(&disk, None, dice.next()).map_err(|why| odd(why.what))?;
        disk.look(|os, promised| audit.reopened(Crash::Rest, os, promised))?;
        // Each run is busy in its own way.
        let mut weights = [20, 60, 8, 8, 30, 6, 16, 4, 2, 1, 1, 1, 1];
        for weight in &mut weights {
            *weight = *weight * *dice.pick(&[1, 2, 4, 8]) + *dice.pick(&[0, 0, 1]);
        }
        if setting.busy_desk || dice.per_mille(250) {
            for (weight, times) in weights.iter_mut().zip(AT_A_BUSY_DESK) {
                *weight *= times;
            }
        }
        let mut world = Self {
            dice,
            bug,
            kind,
            clock,
            disk,
            ledger: opened.ledger,
            committer: opened.committer,
            options,
            company: Company::new(bug),
            audit,
            version: 0,
            planned: HashMap::new(),
            calls: Vec::new(),
            runs: HashMap::new(),
            operations: Vec::new(),
            settled: Vec::new(),
            snapshot: None,
            observed,
            tally: Tally::default(),
            story: vec![format!("a journal of kind {kind:?}, pages of {} bytes", faults.page)],
            steps: 0,
            last_call: 0,
            last_operation: 0,
            last_thing: 5_000,
            latest: founding.begins,
            changed: founding.begins,
            plenty: founding.plenty,
            dies_next: false,
            misfortunes: 0,
            weights,
        };
        world.found(&founding)?;
        Ok(world)
    }

    /// Writes how the company begins.
    fn found(&mut self, founding: &Founding) -> Step {
        for event in &founding.events {
            self.last_operation += 1;
            let (command, payload) = (CommandId::new(self.last_operation.into()), event.to_bytes());
            self.audit.commanded(command.get(), self.last_operation);
            while let Err(why) = self.ledger.event(command, crate::operations::EVENT, &payload) {
                match why {
                    LedgerError::Busy(_) => self.sync()?,
                    other => return Err(odd(whole(&other))),
                }
            }
            self.company.take(event).map_err(odd)?;
        }
        self.sync()?;
        self.show_everybody(&[])?;
        // Offers are under way when calls begin.
        for _ in 0..self.dice.below(16) {
            let wish = self.wish_about_an_offer(purser_core::time::Instant::from_micros(self.latest));
            self.latest += 1_000_000;
            wish.map_or(Ok(()), |wish| self.consider(wish))?;
            while !self.operations.is_empty() {
                self.sync()?;
                self.go_on_with(0)?;
            }
        }
        Ok(())
    }

    /// Remembers what happened.
    pub(crate) fn tell(&mut self, what: impl std::fmt::Display) {
        self.story.push(format!("step {}: {what}", self.steps));
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The whole life of a world.
    pub(crate) fn live(&mut self, steps: u64) -> Step {
        for _ in 0..steps {
            self.step()?;
        }
        self.come_to_rest()
    }

    fn step(&mut self) -> Step {
        self.steps += 1;
        self.latest = self.latest.max(self.clock.micros());
        if self.ledger.stopped().is_some() {
            return self.after_a_stop();
        }
        if std::mem::take(&mut self.dies_next) {
            return self.crash(Crash::Kill);
        }
        match self.dice.weighted(&self.weights) {
            0 => self.begin_call(),
            1 => self.some_call(),
            2 => self.write(),
            3 => self.sync(),
            4 => self.some_operation(),
            5 => {
                self.pass_time();
                Ok(())
            }
            6 => self.begin_operation(),
            7 => self.slow_sync(),
            8 => self.tend(),
            9 => self.crash(Crash::Kill),
            10 => self.crash(Crash::PowerLoss),
            11 => self.misfortune(),
            _ => self.keep_or_close(),
        }
    }

    /// The ledger writes nothing any more. That must have a cause, and it must stay so; then the process ends.
    pub(crate) fn after_a_stop(&mut self) -> Step {
        let tally = self.disk.tally();
        if misfortunes(&tally) == self.misfortunes {
            return Err(odd(format!("the ledger stopped without a cause: {}", whole(&self.stop_cause()))));
        }
        if self.committer.sync() || self.committer.write() {
            return Err(odd("a ledger that had stopped went on writing"));
        }
        if self.disk.tally().syncs != tally.syncs {
            return Err(odd("after a failed write or sync another sync was tried"));
        }
        self.look()?;
        let crash = if self.dice.per_mille(500) { Crash::Kill } else { Crash::PowerLoss };
        self.crash(crash)
    }

    fn stop_cause(&self) -> purser_ledger::LedgerError {
        self.ledger.stopped().expect("asked only of a ledger that stopped")
    }

    /// Shows the auditor what was written.
    pub(crate) fn look(&mut self) -> Step {
        let Self { disk, audit, .. } = self;
        disk.look(|os, promised| audit.look(os, promised))
    }

    fn some_call(&mut self) -> Step {
        if self.calls.is_empty() {
            return self.begin_call();
        }
        let at = self.dice.index(self.calls.len());
        self.advance(at)
    }

    pub(crate) fn write(&mut self) -> Step {
        self.committer.write();
        self.look()?;
        self.compare()
    }

    pub(crate) fn sync(&mut self) -> Step {
        self.committer.sync();
        self.look()?;
        self.observe()
    }

    /// Whoever follows the journal is told of frames that are on disk, and of no others.
    pub(crate) fn observe(&mut self) -> Step {
        let observed = *self.observed.lock();
        self.audit.acknowledged(observed.0)
    }

    /// The ledger's own figures against the auditor's.
    fn compare(&mut self) -> Step {
        let decided = self.ledger.watermarks().decided;
        let balances: Vec<(u32, [i64; 7])> = self
            .ledger
            .balances()
            .iter()
            .map(|b| {
                let amounts = [b.limit, b.spent, b.held, b.suspense, b.overrun, b.reserve, b.guaranteed.sum()];
                (b.no.0, amounts.map(purser_core::money::Nano::get))
            })
            .collect();
        self.audit.balances(decided.0, &balances)
    }

    fn tend(&mut self) -> Step {
        if self.dice.per_mille(300) {
            let before = purser_core::time::Instant::from_micros(self.clock.micros());
            match self.ledger.close_ended(before, self.dice.index(8)) {
                Ok(count) => self.tally.add("closings", count as u64),
                Err(why) => self.excuse(&why)?,
            }
            // Closed accounts have other numbers when they are opened again, which they can't be.
            return Ok(());
        }
        self.committer.tend();
        Ok(())
    }

    /// Time goes on, or jumps: ahead, back, to the end of somebody's day.
    fn pass_time(&mut self) {
        const SECOND: i64 = 1_000_000;
        let small = i64::try_from(self.dice.below(90)).unwrap_or(0);
        match self.dice.weighted(&[20, 4, 2, 1, 2]) {
            0 => self.clock.jump(small * SECOND / 7),
            1 => self.clock.jump(small * 60 * SECOND),
            2 => {
                let place = &PLACES[self.dice.index(PLACES.len())];
                let (_, end) = place.period(Often::Daily, self.clock.micros());
                let around =
                    end - self.clock.micros() - SECOND + i64::try_from(self.dice.below(3)).unwrap_or(0) * SECOND;
                self.clock.jump(around);
                self.tally.note("clock: midnights");
            }
            3 => {
                self.clock.jump(small * 1_800 * SECOND);
                self.tally.note("clock: jumps ahead");
            }
            _ => {
                self.clock.jump(-small * 600 * SECOND);
                self.tally.note("clock: jumps back");
            }
        }
    }

    fn misfortune(&mut self) -> Step {
        if self.dice.per_mille(500) {
            self.tell("the next sync fails");
            self.disk.fail_next_sync();
            self.sync()
        } else {
            self.tell("the disk is nearly full");
            self.disk.limit_room(self.dice.below(400));
            Ok(())
        }
    }

    /// Keeps a snapshot of what is durable, or closes in order and begins again.
    fn keep_or_close(&mut self) -> Step {
        if self.dice.per_mille(700) {
            let snapshot = self.ledger.snapshot();
            if snapshot.lsn() <= self.ledger.watermarks().durable {
                self.snapshot = Some(snapshot.encode());
            }
            return Ok(());
        }
        self.crash(Crash::Rest)
    }

    /// A sync that takes its time, while others go on.
    fn slow_sync(&mut self) -> Step {
        self.disk.slow_sync();
        let disk = self.disk.clone();
        let none = self.no_committer()?;
        let kept = std::mem::replace(&mut self.committer, none);
        let thread = std::thread::spawn(move || {
            let mut committer = kept;
            committer.sync();
            disk.note_sync_ended();
            committer
        });
        let waiting = self.disk.clone();
        let mut outcome = Ok(());
        if waiting.is_half_way() {
            self.tally.note("disk: syncs taking time");
            let busy = self.dice.between(1, 12);
            for _ in 0..busy {
                outcome = match self.dice.weighted(&[4, 10, 2, 1]) {
                    0 => self.begin_call(),
                    1 => self.some_call(),
                    2 => self.some_operation(),
                    _ => {
                        self.pass_time();
                        Ok(())
                    }
                };
                if outcome.is_err() {
                    break;
                }
            }
            if outcome.is_ok() && self.dice.per_mille(100) {
                let crash = if self.dice.per_mille(300) { Crash::Kill } else { Crash::PowerLoss };
                self.tally.note("crash: in the middle of a sync");
                outcome = self.look();
                let next = self.die(crash);
                waiting.finish_sync();
                drop(thread.join());
                outcome?;
                return self.begin_again(crash, next);
            }
        }
        waiting.finish_sync();
        self.committer = thread.join().map_err(|_| odd("the committing thread panicked"))?;
        outcome?;
        self.look()?;
        self.observe()
    }

    /// Something in the place of the committer while that is on its own thread.
    pub(crate) fn no_committer(&self) -> Result<Committer, Finding> {
        let journal = Box::new(purser_ledger::MemoryJournal::new());
        let opened = Ledger::open_stepped(journal, None, self.options.clone(), self.clock.clone(), None);
        opened.map(|(_, committer, _)| committer).map_err(odd)
    }

    /// An error that the ledger may give because it stopped; anything else is a finding.
    pub(crate) fn excuse(&self, why: &purser_ledger::LedgerError) -> Step {
        match why {
            purser_ledger::LedgerError::Stopped { .. } => Ok(()),
            other => Err(odd(whole(other))),
        }
    }
}

/// What the ledger may stop for.
pub(crate) fn misfortunes(tally: &DiskTally) -> u64 {
    tally.failed_syncs + tally.full
}

/// The journal a bug shows itself in; else by chance.
fn kind_of(dice: &mut Dice, bug: Option<Bug>) -> Kind {
    let kind = *dice.pick(&[Kind::Whole, Kind::Pieces, Kind::Log, Kind::Log]);
    match bug {
        Some(Bug::NoSalvage) => Kind::Pieces,
        Some(Bug::ForgottenFrame) => *dice.pick(&[Kind::Whole, Kind::Pieces]),
        Some(Bug::RetriedSync | Bug::ShortWrite | Bug::SwappedBytes) if kind == Kind::Log => Kind::Pieces,
        _ => kind,
    }
}

/// The ledger's name for a hold in plain numbers.
pub(crate) fn name(id: HoldId) -> HoldName {
    (id.epoch().0, id.sequence())
}

/// Is it there already?
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// An error with its causes.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
