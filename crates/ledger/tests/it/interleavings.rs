//! Every order in which a few actors can take their steps, not a sample of them. Each order runs on a real ledger of its
//! own, is compared with the slow model as long as nothing crashed, and ends with everything resolved at what it really
//! cost: then every account must have spent exactly what the provider was paid.
#![expect(clippy::print_stdout, reason = "how many orders there were is what one wants to know of such a test")]

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, Detail, GrowOutcome, Hold, HoldId, HoldOutcome, HoldRequest, LedgerError, Lsn, MemoryJournal,
    Resolution, Settled,
};

use crate::bench::{Bench, budget, command, exact, grant, is_cleared, journals, options, period};
use crate::model::{Model, Placed};

/// The person's grant; its day ends.
const GRANT: usize = 0;
/// The unit's ceiling, which does not end.
const CEILING: usize = 1;
const LIMIT: i64 = 100;
const DAY_S: i64 = 1_000;

/// What an actor does next. A call is named by its place; a step of a call that never got its hold does nothing.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Asks for an amount; takes as little as one.
    Hold {
        call: usize,
        want: i64,
    },
    /// The provider is paid so many thousandths of what is held, if the call may go out by now.
    Spend {
        call: usize,
        part: i64,
    },
    Grow {
        call: usize,
        want: i64,
    },
    /// Settles what was spent; where nothing was, releases.
    End {
        call: usize,
    },
    /// Settles with what the first settlement said, by the hold's name, as a client does that saw no answer.
    Again {
        call: usize,
    },
    Limit(i64),
    DayEnds,
    Close,
    Write,
    Sync,
    Kill,
    /// So many quarters of the unsynced bytes happen to be on disk.
    PowerCut {
        quarters: usize,
    },
    /// As the last, but the last byte is missing: a torn end.
    Torn,
}

#[derive(Default)]
struct Call {
    hold: Option<Hold>,
    id: Option<HoldId>,
    spent: i64,
    settled: Option<Settled>,
}

struct World {
    bench: Bench,
    numbers: [AccountNo; 2],
    calls: BTreeMap<usize, Call>,
    /// `None` once something crashed: the model knows no loss.
    model: Option<Model>,
    limit: i64,
    limit_max: i64,
    closed: bool,
    /// Settlements up to here were acknowledged.
    durable: Lsn,
    commands: u128,
}

fn key(account: usize) -> AccountKey {
    if account == GRANT { AccountKey { period: period(0, DAY_S), ..grant(1) } } else { budget(2) }
}

impl World {
    fn on(disk: MemoryJournal) -> Self {
        let mut bench = Bench::on(disk, None, options(1), Arc::default());
        let numbers = [bench.account(key(GRANT), LIMIT), bench.account(key(CEILING), 4 * LIMIT)];
        // A slice on both, so that some of what follows need not wait for the disk.
        bench.hold(&numbers[..1], &numbers[1..], 40).release().unwrap();
        bench.committer.sync();
        let mut model = Model::default();
        model.limits.extend([(GRANT, LIMIT), (CEILING, 4 * LIMIT)]);
        let durable = bench.ledger.watermarks().durable;
        Self {
            bench,
            numbers,
            calls: BTreeMap::new(),
            model: Some(model),
            limit: LIMIT,
            limit_max: LIMIT,
            closed: false,
            durable,
            commands: 0,
        }
    }

    fn step(mut self, step: Step) -> Self {
        match step {
            Step::Hold { call, want } => self.place(call, want),
            Step::Spend { call, part } => {
                let call = self.calls.entry(call).or_default();
                if let Some(hold) = call.hold.as_ref().filter(|hold| is_cleared(hold)) {
                    call.spent = call.spent.max(hold.amount().get() * part / 1_000);
                }
            }
            Step::Grow { call, want } => self.grow(call, want),
            Step::End { call } => self.end(call),
            Step::Again { call } => self.again(call),
            Step::Limit(limit) => self.set_limit(limit),
            Step::DayEnds => self.bench.clock.set_s(DAY_S),
            Step::Close => self.close(),
            Step::Write => drop(self.bench.committer.write()),
            Step::Sync => {
                self.bench.committer.sync();
                self.durable = self.bench.ledger.watermarks().durable;
            }
            Step::Kill => return self.crash(None),
            Step::PowerCut { .. } | Step::Torn => {
                let unsynced = self.bench.disk.bytes().len() - self.bench.disk.synced_len();
                let kept = match step {
                    Step::PowerCut { quarters } => unsynced * quarters / 4,
                    _ => unsynced.saturating_sub(1),
                };
                return self.crash(Some(kept));
            }
        }
        self.agrees(step);
        self
    }

    fn place(&mut self, call: usize, want: i64) {
        let request = HoldRequest {
            grants: &self.numbers[..1],
            ceilings: &self.numbers[1..],
            want: Nano::new(want),
            least: Nano::new(1),
        };
        let asked = self.bench.ledger.hold(&request);
        if self.closed {
            assert!(matches!(asked, Err(LedgerError::UnknownAccount(_))));
            return;
        }
        let expected = self.model.as_mut().map(|model| model.place(call, &[GRANT], &[CEILING], want, 1));
        match (asked.unwrap(), expected) {
            (HoldOutcome::Placed(hold), Some(Placed::Amount(amount))) => {
                assert_eq!(hold.amount().get(), amount);
                self.keep(call, hold);
            }
            (HoldOutcome::Placed(hold), None) => self.keep(call, hold),
            (HoldOutcome::Short(short), Some(Placed::Short(only_held))) => assert_eq!(short.is_held(), only_held),
            (HoldOutcome::Short(_), None) => {}
            (found, _) => panic!("the model says otherwise than {found:?}"),
        }
    }

    fn keep(&mut self, call: usize, hold: Hold) {
        self.calls.insert(call, Call { id: Some(hold.id()), hold: Some(hold), ..Call::default() });
    }

    fn grow(&mut self, call: usize, want: i64) {
        let Some(hold) = self.calls.get_mut(&call).and_then(|call| call.hold.as_mut()) else { return };
        let grown = hold.grow(Nano::new(want), Nano::new(1)).unwrap();
        let expected = self.model.as_mut().map(|model| model.grow(call, want, 1));
        match (grown, expected) {
            (GrowOutcome::Grown { by }, Some(Placed::Amount(amount))) => assert_eq!(by.get(), amount),
            (GrowOutcome::Short(short), Some(Placed::Short(only_held))) => assert_eq!(short.is_held(), only_held),
            (_, None) => {}
            (found, _) => panic!("the model says otherwise than {found:?}"),
        }
    }

    fn end(&mut self, name: usize) {
        let Some(call) = self.calls.get_mut(&name) else { return };
        let Some(hold) = call.hold.take() else { return };
        let settled = if call.spent > 0 { hold.settle(exact(call.spent)) } else { hold.release() }.unwrap();
        assert_eq!((settled.charge.get(), settled.repeated), (call.spent, false));
        call.settled = Some(settled);
        if let Some(model) = &mut self.model {
            assert_eq!(settled.overrun.get(), model.settle(name, call.spent));
        }
    }

    fn again(&self, call: usize) {
        let Some(Call { id: Some(id), settled: Some(first), .. }) = self.calls.get(&call) else { return };
        let again = self.bench.ledger.settle(*id, exact(7)).unwrap();
        assert_eq!((again.charge, again.lsn, again.repeated), (first.charge, first.lsn, true));
    }

    fn set_limit(&mut self, limit: i64) {
        let asked = self.bench.ledger.accounts(&[(key(GRANT), Nano::new(limit))]);
        if self.closed {
            assert!(matches!(asked, Err(LedgerError::PeriodOver(_))));
            return;
        }
        asked.unwrap();
        self.limit = limit;
        self.limit_max = self.limit_max.max(limit);
        if let Some(model) = &mut self.model {
            model.limits.insert(GRANT, limit);
        }
    }

    fn close(&mut self) {
        let over = purser_core::time::Clock::now(&*self.bench.clock) >= key(GRANT).period.end;
        let balance = self.bench.ledger.find(&key(GRANT));
        let used = self.calls.values().any(|call| call.hold.is_some())
            || balance.is_some_and(|balance| !balance.suspense.is_zero());
        let expected = usize::from(over && !used && !self.closed);
        let closed = self.bench.ledger.close_ended(Instant::FAR_FUTURE, 10).unwrap();
        if self.model.is_some() {
            assert_eq!(closed, expected);
        }
        if closed > 0 {
            self.closed = true;
            if let Some(model) = &mut self.model {
                model.close(GRANT);
            }
        }
    }

    /// The live ledger is what the model says, and nobody was given more than there ever was.
    fn agrees(&self, step: Step) {
        for account in [GRANT, CEILING] {
            let Some(balance) = self.bench.ledger.balance(self.numbers[account]) else {
                assert!(account == GRANT && self.closed, "{step:?}");
                continue;
            };
            let found = crate::bench::amounts(&balance);
            if let Some(model) = &self.model {
                assert_eq!(found, model.amounts(account), "{step:?}: limit, spent, held, suspense, overrun");
            }
            let [_, spent, held, _, overrun] = found;
            let most = if account == GRANT { self.limit_max } else { 4 * LIMIT };
            assert!(spent + held <= most && overrun == 0, "{step:?}");
        }
    }

    /// `kept`: power is cut and so many unsynced bytes are on disk. `None`: the process is killed.
    fn crash(mut self, kept: Option<usize>) -> Self {
        self.model = None;
        self.bench = match kept {
            Some(kept) => self.bench.lose_power(kept),
            None => self.bench.kill(),
        };
        for call in self.calls.values_mut() {
            drop(call.hold.take());
        }
        assert!(kept.is_some() || self.bench.recovery.suspended.iter().all(|item| item.hold.is_some()));
        // Whatever crashed, what the provider was paid is counted, and no limit was leaned on that is lost now.
        let real: i64 = self.calls.values().map(|call| call.spent).sum();
        for account in [GRANT, CEILING] {
            let Some(balance) = self.bench.ledger.find(&key(account)) else {
                self.closed = true;
                continue;
            };
            let [limit, spent, _, suspense, _] = crate::bench::amounts(&balance);
            assert!(real <= spent + suspense, "of {real} on {account} only {spent} and {suspense} are known");
            if self.limit == self.limit_max {
                assert!(real <= limit, "{real} of {limit} on {account}");
            }
        }
        if self.bench.ledger.find(&key(GRANT)).is_some() {
            self.closed = false;
        }
        for call in self.calls.values_mut() {
            let (Some(id), Some(first)) = (call.id, call.settled) else { continue };
            match self.bench.ledger.settle(id, exact(7)) {
                Ok(again) => assert_eq!((again.charge, again.lsn, again.repeated), (first.charge, first.lsn, true)),
                // Lost before anybody was told that it is safe; its number will be another record's.
                Err(LedgerError::InSuspense { .. } | LedgerError::UnknownHold(_)) => {
                    assert!(first.lsn > self.durable, "an acknowledged charge is lost");
                    call.settled = None;
                }
                Err(other) => panic!("{other}"),
            }
        }
        self.durable = self.bench.ledger.watermarks().durable;
        self
    }

    /// Ends what is open and resolves what is in suspense at what it really cost: then the books must show exactly that.
    fn finish(mut self) {
        let names: Vec<usize> = self.calls.keys().copied().collect();
        for name in names {
            self.end(name);
        }
        let real: i64 = self.calls.values().map(|call| call.spent).sum();
        let mut spent_of: BTreeMap<HoldId, i64> =
            self.calls.values().filter_map(|call| call.id.map(|id| (id, call.spent))).collect();
        for item in self.bench.ledger.suspense_items() {
            let Some(id) = item.hold else { continue };
            let charge = spent_of.remove(&id).unwrap().min(item.amount.get());
            self.resolve(item.id, charge);
        }
        // What is missing now was in records that are lost: a slice must have it.
        for item in self.bench.ledger.suspense_items() {
            let no = item.legs.first().map(|leg| leg.no).or(item.ceilings.first().copied()).unwrap();
            let missing = real - self.bench.ledger.balance(no).unwrap().spent.get();
            let charge = missing.clamp(0, item.amount.get());
            self.resolve(item.id, charge);
        }
        for account in [GRANT, CEILING] {
            // A closed day's last figures are gone with it; the ceiling has the same sum.
            let Some(balance) = self.bench.ledger.find(&key(account)) else { continue };
            let [_, spent, held, suspense, _] = crate::bench::amounts(&balance);
            assert_eq!((spent, held, suspense), (real, 0, 0), "account {account}");
        }
        assert_eq!(self.bench.ledger.stopped().map(|error| error.to_string()), None);
        self.bench.assert_replay_is_live();
    }

    fn resolve(&mut self, item: purser_ledger::SuspenseId, charge: i64) {
        self.commands += 1;
        let charge = Resolution::Charge { charge: Nano::new(charge), detail: Detail::new() };
        self.bench.ledger.resolve(command(self.commands), item, &charge).unwrap();
    }
}

/// Runs every order of the actors' steps; each actor keeps its own order. Returns how many there were.
fn each_order(actors: &[&[Step]], order: &mut Vec<Step>, at: &mut Vec<usize>, run: &mut impl FnMut(&[Step])) -> u64 {
    let mut orders = 0;
    for actor in 0..actors.len() {
        let Some(step) = actors[actor].get(at[actor]) else { continue };
        order.push(*step);
        at[actor] += 1;
        orders += each_order(actors, order, at, run);
        at[actor] -= 1;
        order.pop();
    }
    if at.iter().zip(actors).all(|(at, steps)| *at == steps.len()) {
        run(order);
        return 1;
    }
    orders
}

/// How many orders there are: the multinomial coefficient.
fn orders(actors: &[&[Step]]) -> u64 {
    let factorial = |n: usize| (1..=n as u64).product::<u64>();
    let all: usize = actors.iter().map(|steps| steps.len()).sum();
    actors.iter().fold(factorial(all), |left, steps| left / factorial(steps.len()))
}

fn check(what: &str, actors: &[&[Step]]) {
    let mut ran = 0;
    for disk in journals() {
        ran += each_order(actors, &mut Vec::new(), &mut vec![0; actors.len()], &mut |order| {
            let finished = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let world = World::on(disk.kill());
                order.iter().fold(world, |world, step| world.step(*step)).finish();
            }));
            assert!(finished.is_ok(), "in this order: {order:?}");
        });
    }
    assert_eq!(ran, 2 * orders(actors), "every order, on both kinds of journal");
    println!("{what}: {ran} orders");
}

/// A call from its hold to its end.
const fn call(call: usize, want: i64, part: i64) -> [Step; 3] {
    [Step::Hold { call, want }, Step::Spend { call, part }, Step::End { call }]
}

/// The same, growing once.
const fn growing(call: usize, want: i64, more: i64, part: i64) -> [Step; 4] {
    [Step::Hold { call, want }, Step::Grow { call, want: more }, Step::Spend { call, part }, Step::End { call }]
}

const CRASHES: [Step; 7] = [
    Step::Kill,
    Step::PowerCut { quarters: 0 },
    Step::PowerCut { quarters: 1 },
    Step::PowerCut { quarters: 2 },
    Step::PowerCut { quarters: 3 },
    Step::PowerCut { quarters: 4 },
    Step::Torn,
];

#[test]
fn two_calls_and_the_disk() {
    check(
        "two calls and the disk",
        &[&growing(1, 60, 30, 1_000), &growing(2, 50, 40, 500), &[Step::Write, Step::Sync]],
    );
}

#[test]
fn three_calls_for_the_same_money() {
    check("three calls", &[&call(1, 60, 1_000), &call(2, 60, 300), &call(3, 60, 0), &[Step::Sync]]);
}

#[test]
fn two_calls_and_a_crash_anywhere() {
    for crash in CRASHES {
        let disk = [Step::Write, Step::Sync, crash];
        check(&format!("two calls and {crash:?}"), &[&call(1, 30, 1_000), &call(2, 25, 600), &disk]);
    }
}

#[test]
fn a_call_that_grows_settles_twice_and_a_crash_anywhere() {
    let grows = [
        Step::Hold { call: 1, want: 20 },
        Step::Grow { call: 1, want: 20 },
        Step::Spend { call: 1, part: 1_000 },
        Step::End { call: 1 },
        Step::Again { call: 1 },
    ];
    for crash in CRASHES {
        check(&format!("growth and {crash:?}"), &[&grows, &[Step::Sync, Step::Write, Step::Sync], &[crash]]);
    }
}

#[test]
fn a_crash_and_a_crash_again() {
    for first in [Step::Kill, Step::PowerCut { quarters: 0 }, Step::PowerCut { quarters: 2 }, Step::Torn] {
        for second in [Step::Kill, Step::PowerCut { quarters: 0 }] {
            let crashes = [Step::Write, first, second];
            check(&format!("{first:?}, {second:?}"), &[&call(1, 30, 1_000), &call(2, 30, 700), &crashes]);
        }
    }
}

#[test]
fn a_limit_that_moves_under_two_calls() {
    for crash in [Step::Sync, Step::Kill, Step::PowerCut { quarters: 0 }] {
        check(
            &format!("a raise and {crash:?}"),
            &[&call(1, 90, 1_000), &call(2, 90, 1_000), &[Step::Limit(170)], &[Step::Sync, crash]],
        );
    }
    check(
        "a cut and a raise",
        &[&call(1, 60, 1_000), &call(2, 60, 500), &[Step::Limit(40), Step::Limit(130)], &[Step::Sync]],
    );
}

#[test]
fn a_day_that_ends_under_a_call() {
    for crash in [Step::Sync, Step::Kill, Step::PowerCut { quarters: 0 }, Step::PowerCut { quarters: 4 }] {
        check(
            &format!("the end of a day and {crash:?}"),
            &[
                &call(1, 60, 1_000),
                &[Step::Hold { call: 2, want: 60 }, Step::End { call: 2 }],
                &[Step::DayEnds, Step::Close, Step::Close],
                &[crash],
            ],
        );
    }
}
