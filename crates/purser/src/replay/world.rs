//! One policy under which calls are told again: a company, a ledger, what a gateway knows, and what came of it.
//!
//! Calls come in order of time. Before one is looked at, whatever ends earlier has ended: answers, patience, the owner's
//! silence. So calls that were under way at once are held at once, and money that one gives back is there for the next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use purser_core::breaker::{Act, Pace};
use purser_core::directory::Directory;
use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, RunId, StopId};
use purser_core::policy::Admission;
use purser_core::price::{PriceBook, RateCard};
use purser_core::snapshot::Snapshot;
use purser_core::stop::{Stop, StopOn, Tripped};
use purser_core::time::{Clock as _, Instant};
use purser_gateway::{Admission as Asked, Denied, Entered, Rehearsal, RehearsedUse, Tripping};
use purser_ledger::{BootId, Committer, Detail, Hold, Ledger, Mark, Options, Settlement};

use super::call::Call;
use super::clock::ReplayClock;
use super::journal::{Settlements, Unkept};
use super::tally::Tally;
use crate::failure::{Failure, chain};

/// Frames are written after so many settlements: what waits to be written is kept in memory.
const WRITTEN_EACH: u32 = 256;

/// What the owner of a run does once a breaker holds it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nothing: it stays where it is.
    Away,
    /// Lets it go on after so long.
    Answers(Duration),
}

/// A telling.
pub(super) struct World {
    snapshot: Arc<Snapshot>,
    owner: Owner,
    clock: Arc<ReplayClock>,
    ledger: Ledger,
    committer: Committer,
    settlements: Settlements,
    rehearsal: Rehearsal,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    /// In order of arrival, for money that other calls have set aside.
    waiting: BTreeMap<PersonId, VecDeque<Waiting>>,
    /// Until when the calls that wait do so.
    patience: BTreeSet<(Instant, PersonId)>,
    lifts: BinaryHeap<Reverse<(Instant, StopId, RunId)>>,
    stops: u128,
    calls: u64,
    unwritten: u32,
    tally: Tally,
}

/// A call whose money is set aside.
struct UnderWay {
    ends: Instant,
    no: u64,
    hold: Hold,
    entered: Entered,
    call: Rc<Call>,
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        (self.ends, self.no) == (other.ends, other.no)
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.ends, self.no).cmp(&(other.ends, other.no))
    }
}

/// A call that waits for its turn.
struct Waiting {
    entered: Entered,
    call: Rc<Call>,
    until: Instant,
    /// What it is told once it has waited in vain.
    denied: Denied,
}

/// What became of asking for money.
enum Became {
    /// It was made, or refused for good.
    Decided,
    /// It may wait; what it would be told otherwise.
    Held(Box<Entered>, Denied),
}

impl World {
    /// A company at an instant before the first call, and nothing spent; its prices are these.
    ///
    /// # Errors
    /// The ledger can't be opened.
    pub(super) fn new(directory: Directory, prices: &PriceBook, owner: Owner, from: Instant) -> Result<Self, Failure> {
        let clock = Arc::new(ReplayClock::at(from));
        let settlements = Settlements::default();
        let opened = Ledger::open_stepped(
            Box::new(Unkept::default()),
            None,
            Options::new(BootId(1)),
            Arc::<ReplayClock>::clone(&clock),
            Some(Box::new(settlements.clone())),
        );
        let (ledger, committer, _nothing_before) =
            opened.map_err(|error| Failure::from_error("the ledger of the replay can't be opened", &error))?;
        let rehearsal = Rehearsal::new(ledger.clone());
        Ok(Self {
            snapshot: Arc::new(Snapshot { prices: prices.clone(), ..Snapshot::of(directory) }),
            owner,
            clock,
            ledger,
            committer,
            settlements,
            rehearsal,
            under_way: BinaryHeap::new(),
            waiting: BTreeMap::new(),
            patience: BTreeSet::new(),
            lifts: BinaryHeap::new(),
            stops: 0,
            calls: 0,
            unwritten: 0,
            tally: Tally::default(),
        })
    }

    /// What somebody spent before the first call.
    pub(super) fn remember(&self, person: PersonId, past: &Pace) {
        self.rehearsal.remember(person, past);
    }

    /// A call comes.
    ///
    /// # Errors
    /// The ledger's or the price book's; a call that is refused is none.
    pub(super) fn offer(&mut self, call: &Rc<Call>) -> Result<(), Failure> {
        self.until(call.starts)?;
        self.clock.set(call.starts);
        let at = self.clock.now();
        let entered = match self.rehearsal.enter(&self.snapshot, &call.rehearsed()) {
            Ok(entered) => entered,
            Err(denied) => {
                self.tally.refused(call.starts, call, denied);
                return Ok(());
            }
        };
        let call = self.switched(&entered, call)?;
        let person = entered.person();
        // Who arrives while others of the same person wait must not overtake them.
        if self.waiting.contains_key(&person) {
            self.park(entered, call, Denied::behind_others());
        } else if let Became::Held(entered, denied) = self.ask(entered, &call, at)? {
            self.park(*entered, call, denied);
        }
        Ok(())
    }

    /// Everything that is under way ends.
    ///
    /// # Errors
    /// As [`offer`](Self::offer); or the ledger's frames settle something else than what was told of each call, which is
    /// a defect.
    pub(super) fn end(mut self) -> Result<Tally, Failure> {
        while let Some(at) = self.next().filter(|_| !self.under_way.is_empty() || !self.waiting.is_empty()) {
            self.until(at)?;
        }
        self.committer.sync();
        let told = (self.tally.made.calls, self.tally.made.nano);
        let settled = self.settlements.sum().map(|(calls, nano)| (calls, i128::from(nano)));
        let open = self.ledger.open_holds().len();
        if settled != Some(told) || open > 0 || self.ledger.dropped_holds() > 0 || self.settlements.overrun() > 0 {
            return Err(Failure::new(
                format!("the replay's ledger settled {settled:?} with {open} holds open, where {told:?} were told"),
                "this is a defect of Purser: please report it with the command",
            ));
        }
        Ok(self.tally)
    }

    /// When the next thing happens by itself.
    fn next(&self) -> Option<Instant> {
        let ends = self.under_way.peek().map(|Reverse(call)| call.ends);
        let lifts = self.lifts.peek().map(|Reverse((at, ..))| *at);
        let gives_up = self.patience.first().map(|(at, _)| *at);
        [ends, lifts, gives_up].into_iter().flatten().min()
    }

    /// Everything up to this instant happens.
    fn until(&mut self, to: Instant) -> Result<(), Failure> {
        while let Some(at) = self.next().filter(|at| *at <= to) {
            self.clock.set(at);
            if self.under_way.peek().is_some_and(|Reverse(call)| call.ends == at) {
                if let Some(Reverse(ended)) = self.under_way.pop() {
                    self.over(ended)?;
                }
            } else if self.lifts.peek().is_some_and(|Reverse((when, ..))| *when == at) {
                if let Some(Reverse((_, stop, run))) = self.lifts.pop() {
                    self.lift(at, stop, run)?;
                }
            } else if let Some((_, person)) = self.patience.pop_first() {
                self.give_up(at, person)?;
            }
        }
        Ok(())
    }

    /// The call with the model that the policy wants now.
    fn switched(&mut self, entered: &Entered, call: &Rc<Call>) -> Result<Rc<Call>, Failure> {
        let rehearsed = call.rehearsed();
        let price_list = call.card.as_ref().map_or(&*call.provider, |card| card.provider());
        let card = |model: &str| -> Option<&Arc<RateCard>> {
            let prices = &self.snapshot.prices;
            let own = prices.lookup(&call.provider, model, call.starts);
            own.or_else(|_| prices.lookup(price_list, model, call.starts)).ok()
        };
        let Some(to) = self.rehearsal.cheaper(&self.snapshot, (entered, &rehearsed), card) else {
            return Ok(Rc::clone(call));
        };
        let switched = call.by(to).map_err(|error| unratable(call, &error))?;
        self.tally.switched.add(call.charge.saturating_sub(switched.charge));
        Ok(Rc::new(switched))
    }

    /// Asks for money; where there is some, the call is made.
    fn ask(&mut self, entered: Entered, call: &Rc<Call>, at: Instant) -> Result<Became, Failure> {
        let policy = self.snapshot.directory.policy_of(entered.person());
        let exactly = policy.admission == Admission::Calibrated;
        let bounded = call.bounded(policy.useful_floor_tokens, exactly).map_err(|error| unratable(call, &error))?;
        let hold = loop {
            let rehearsed = call.rehearsed();
            let asked = self.rehearsal.admit(&self.snapshot, (&entered, &rehearsed), at, (bounded.most, bounded.least));
            match asked.map_err(|error| Failure::from_error("the ledger refuses a call", &error))? {
                Asked::Placed(hold) => break hold,
                Asked::Held(denied) => return Ok(Became::Held(Box::new(entered), denied)),
                Asked::Denied(denied) => {
                    self.tally.refused(at, call, denied);
                    return Ok(Became::Decided);
                }
                Asked::Wait(_) => self.write(),
            }
        };
        let cut = call.clamped(&bounded, hold.amount()).map_err(|error| unratable(call, &error))?;
        let call = cut.map_or_else(
            || Rc::clone(call),
            |cut| {
                self.tally.clamped.add(call.charge.saturating_sub(cut.charge));
                Rc::new(cut)
            },
        );
        self.calls += 1;
        let ends = at.saturating_add(call.took());
        self.under_way.push(Reverse(UnderWay { ends, no: self.calls, hold, entered, call }));
        Ok(Became::Decided)
    }

    fn park(&mut self, entered: Entered, call: Rc<Call>, denied: Denied) {
        let person = entered.person();
        let park = self.snapshot.directory.policy_of(person).park;
        let queue = self.waiting.entry(person).or_default();
        if queue.len() >= park.max_calls {
            self.tally.refused(call.starts, &call, denied);
            return;
        }
        let until = call.starts.saturating_add(park.max_wait);
        self.patience.insert((until, person));
        queue.push_back(Waiting { entered, call, until, denied });
        self.tally.parked += 1;
    }

    /// Money came free: those who wait for it look again, in order of arrival.
    fn look(&mut self, at: Instant, person: PersonId) -> Result<(), Failure> {
        while let Some(Waiting { entered, call, until, .. }) =
            self.waiting.get_mut(&person).and_then(VecDeque::pop_front)
        {
            if let Became::Held(entered, denied) = self.ask(entered, &call, at)? {
                let again = Waiting { entered: *entered, call, until, denied };
                self.waiting.entry(person).or_default().push_front(again);
                return Ok(());
            }
        }
        self.waiting.remove(&person);
        Ok(())
    }

    /// Whoever waited this long is told no.
    fn give_up(&mut self, at: Instant, person: PersonId) -> Result<(), Failure> {
        let Some(queue) = self.waiting.get_mut(&person) else { return Ok(()) };
        let (over, kept): (VecDeque<_>, VecDeque<_>) = queue.drain(..).partition(|waiting| waiting.until <= at);
        *queue = kept;
        for Waiting { call, denied, .. } in over {
            self.tally.refused(at, &call, denied);
        }
        self.look(at, person)
    }

    /// An answer has ended: it is settled, and breakers look at its run.
    fn over(&mut self, ended: UnderWay) -> Result<(), Failure> {
        let UnderWay { ends: at, hold, entered, call, .. } = ended;
        let unused = call.failed && call.charge.get() == 0;
        let settled = if unused {
            hold.release()
        } else {
            hold.settle(Settlement { charge: call.charge, mark: Mark::Exact, detail: Detail::new() })
        };
        settled.map_err(|error| Failure::from_error("the ledger can't settle a call", &error))?;
        if !unused {
            self.tally.paid(at, entered.run(), &call);
        }
        let used = RehearsedUse {
            input: call.usage.prompt_tokens(),
            output: call.usage.output_tokens(),
            charge: call.charge,
            failed: call.failed,
        };
        for tripping in self.rehearsal.over(&self.snapshot, &entered, &used, at) {
            self.trips(tripping)?;
        }
        self.unwritten += 1;
        if self.unwritten >= WRITTEN_EACH {
            self.write();
        }
        // What is given back may be a unit's or the company's too.
        let waiting: Vec<PersonId> = self.waiting.keys().copied().collect();
        waiting.into_iter().try_for_each(|person| self.look(at, person))
    }

    fn write(&mut self) {
        self.unwritten = 0;
        self.committer.sync();
    }

    /// A breaker tripped: as the control plane does, a stop is placed, which its owner lifts.
    fn trips(&mut self, tripping: Tripping) -> Result<(), Failure> {
        let Tripping { run, act, at, .. } = tripping;
        let tripped = tripping.tripped.clone();
        self.tally.tripped(tripping);
        if act == Act::Warn || self.snapshot.directory.stop_of_run(run).is_some() {
            return Ok(());
        }
        self.stops += 1;
        let id = StopId::new(self.stops);
        self.place(id, run, at, tripped)?;
        if let Owner::Answers(after) = self.owner {
            self.lifts.push(Reverse((at.saturating_add(after), id, run)));
        }
        Ok(())
    }

    fn place(&mut self, id: StopId, run: RunId, at: Instant, tripped: Tripped) -> Result<(), Failure> {
        self.change(&StopEvent::Placed(Stop { id, on: StopOn::Run(run), at, tripped: Some(tripped) }))
    }

    fn lift(&mut self, at: Instant, stop: StopId, run: RunId) -> Result<(), Failure> {
        self.change(&StopEvent::Lifted { stop, at })?;
        self.rehearsal.look(&self.snapshot.directory, at);
        self.tally.lifted(at, run);
        Ok(())
    }

    fn change(&mut self, event: &StopEvent) -> Result<(), Failure> {
        let mut directory = self.snapshot.directory.clone();
        directory
            .take(&Event::Stop(event.clone()))
            .map_err(|error| Failure::from_error("a stop of the replay is refused", &error))?;
        let prices = self.snapshot.prices.clone();
        self.snapshot = Arc::new(Snapshot { prices, ..Snapshot::of(directory) });
        Ok(())
    }
}

fn unratable(call: &Call, error: &dyn std::error::Error) -> Failure {
    Failure::new(
        format!("a call of {} to {} at {} can't be rated: {}", call.model, call.provider, call.starts, chain(error)),
        "see `purser price show` for what the model's card prices",
    )
}
