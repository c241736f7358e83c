//! Power cuts at any byte. The test keeps its own count of what was really spent, and holds the ledger to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use purser_core::money::Nano;
use purser_ledger::{
    AccountNo, Detail, GrowOutcome, Guarantee, Hold, HoldOutcome, HoldRequest, MemoryJournal, Options, Record,
    Resolution, SuspenseItem, Terms,
};

use crate::bench::{Bench, amounts, budget, cases, command, exact, grant, is_cleared, journals, options};

/// Low enough that histories reach the end of the money, where slices matter most.
const LIMIT: i64 = 400;
/// Two grants, two ceilings; the second ceiling is the tight one.
const ACCOUNTS: usize = 4;

#[derive(Clone, Debug)]
enum Op {
    /// Asks for `want` on one or both grants.
    Hold {
        grants: usize,
        want: i64,
    },
    /// A call that is cleared costs so many thousandths of its hold, at the provider, for real.
    Spend {
        which: usize,
        part: i64,
    },
    /// Only calls on one grant grow here: with more, a growth may move what was spent from one to the other in the
    /// books, and "really spent on this account" is no fact any more.
    Grow {
        which: usize,
        want: i64,
    },
    /// All of a small call at once: held, written, spent in full if it is cleared by then.
    Call {
        want: i64,
    },
    /// Settles with what was spent.
    Settle {
        which: usize,
    },
    /// The company raises the tight limit; only a durable raise may be leaned on.
    Raise {
        by: i64,
    },
    Tick {
        seconds: i64,
    },
    Write,
    Sync,
    PowerCut {
        kept: usize,
    },
    Kill,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (1..=3_usize, 1..200_i64).prop_map(|(grants, want)| Op::Hold { grants, want }),
        6 => (0..6_usize, 0..=1_000_i64).prop_map(|(which, part)| Op::Spend { which, part }),
        6 => (1..60_i64).prop_map(|want| Op::Call { want }),
        2 => (0..6_usize, 1..100_i64).prop_map(|(which, want)| Op::Grow { which, want }),
        5 => (0..6_usize).prop_map(|which| Op::Settle { which }),
        1 => (1..300_i64).prop_map(|by| Op::Raise { by }),
        1 => (0..90_i64).prop_map(|seconds| Op::Tick { seconds }),
        5 => Just(Op::Write),
        3 => Just(Op::Sync),
        1 => prop_oneof![Just(0), 0..2_000_usize].prop_map(|kept| Op::PowerCut { kept }),
        1 => Just(Op::Kill),
    ]
}

/// A call under way: its hold, and what it really cost so far.
struct Call {
    hold: Hold,
    may_grow: bool,
    spent: i64,
}

struct World {
    bench: Bench,
    accounts: [AccountNo; ACCOUNTS],
    calls: Vec<Call>,
    /// What each call really cost on each account, by hold.
    real: BTreeMap<purser_ledger::HoldId, [i64; ACCOUNTS]>,
    /// What was lost and found in slices so far.
    found: [i64; ACCOUNTS],
    tight: i64,
    commands: u128,
}

impl World {
    fn on(disk: MemoryJournal, wait_for_disk: bool, guaranteed: i64) -> Self {
        let mut bench = Bench::on(disk, None, Options { wait_for_disk, ..options(1) }, Arc::default());
        let open = |key, limit, guarantee| {
            bench.ledger.accounts(&[(key, Terms { limit: Nano::new(limit), guarantee })]).unwrap().0[0]
        };
        let (second, above) = match guaranteed {
            0 => (Guarantee::Plain, Guarantee::Plain),
            reserve => (Guarantee::Guaranteed, Guarantee::Yields { reserve: Nano::new(reserve) }),
        };
        let accounts = [
            open(grant(1), LIMIT, Guarantee::Plain),
            open(grant(2), if guaranteed > 0 { guaranteed } else { LIMIT }, second),
            open(budget(1), 4 * LIMIT, Guarantee::Plain),
            open(budget(2), LIMIT, above),
        ];
        bench.committer.sync();
        Self {
            bench,
            accounts,
            calls: Vec::new(),
            real: BTreeMap::new(),
            found: [0; ACCOUNTS],
            tight: LIMIT,
            commands: 0,
        }
    }

    fn step(mut self, op: &Op) -> Self {
        match op {
            Op::Hold { grants, want } => drop(self.place(*grants, *want)),
            Op::Spend { which, part } => self.spend(which % self.calls.len().max(1), *part),
            Op::Call { want } => {
                if let Some(call) = self.place(1, *want) {
                    self.bench.committer.write();
                    self.spend(call, 1_000);
                }
            }
            Op::Grow { which, want } => {
                let count = self.calls.len().max(1);
                if let Some(call) = self.calls.get_mut(which % count).filter(|call| call.may_grow) {
                    let _: GrowOutcome = call.hold.grow(Nano::new(*want), Nano::new(1)).unwrap();
                }
            }
            Op::Settle { which } => {
                if !self.calls.is_empty() {
                    let Call { hold, spent, .. } = self.calls.remove(which % self.calls.len());
                    hold.settle(exact(spent)).unwrap();
                }
            }
            Op::Raise { by } => {
                self.tight += by;
                self.bench.account(budget(2), self.tight);
            }
            Op::Tick { seconds } => {
                self.bench.clock.advance_s(*seconds);
                self.bench.committer.tend();
            }
            Op::Write => drop(self.bench.committer.write()),
            Op::Sync => drop(self.bench.committer.sync()),
            Op::PowerCut { kept } => {
                let dead = std::mem::take(&mut self.calls);
                self.bench = self.bench.lose_power(*kept);
                self = self.recovered(dead);
            }
            Op::Kill => {
                let dead = std::mem::take(&mut self.calls);
                self.bench = self.bench.kill();
                assert!(self.bench.recovery.suspended.iter().all(|item| item.hold.is_some()), "no slice is set aside");
                self = self.recovered(dead);
            }
        }
        self.covered("live");
        self
    }

    /// Which call it became, when it fits.
    fn place(&mut self, grants: usize, want: i64) -> Option<usize> {
        let grants: Vec<AccountNo> =
            [(1, 0), (2, 1)].iter().filter(|(bit, _)| grants & bit != 0).map(|(_, i)| self.accounts[*i]).collect();
        let ceilings = &self.accounts[2..];
        let request = HoldRequest { grants: &grants, ceilings, want: Nano::new(want), least: Nano::new(1) };
        let HoldOutcome::Placed(hold) = self.bench.ledger.hold(&request).unwrap() else { return None };
        self.calls.push(Call { hold, may_grow: grants.len() == 1, spent: 0 });
        Some(self.calls.len() - 1)
    }

    /// The provider charges `part` thousandths of what is held, if the call may go out.
    fn spend(&mut self, which: usize, part: i64) {
        let Some(call) = self.calls.get_mut(which).filter(|call| is_cleared(&call.hold)) else { return };
        call.spent = call.spent.max(call.hold.amount().get() * part / 1_000);
        let id = call.hold.id();
        let view = self.bench.ledger.open_holds().into_iter().find(|view| view.id == id).unwrap();
        let mut rest = call.spent;
        let mut split = [0, 0, call.spent, call.spent];
        for leg in view.legs {
            let part = rest.min(leg.amount.get());
            rest -= part;
            split[self.accounts.iter().position(|no| *no == leg.no).unwrap()] = part;
        }
        assert_eq!(rest, 0);
        self.real.insert(id, split);
    }

    /// What was really spent is counted, on every account, at all times.
    fn covered(&self, when: &str) {
        for (i, no) in self.accounts.iter().enumerate() {
            let real: i64 = self.real.values().map(|split| split[i]).sum();
            let [limit, spent, held, suspense, overrun] = amounts(&self.bench.ledger.balance(*no).unwrap());
            assert!(real <= spent + held + suspense, "{when}: account {i} counts {spent}+{held}+{suspense} of {real}");
            assert!(real <= limit, "{when}: account {i} has {limit} and {real} were spent");
            assert_eq!(overrun, 0);
        }
    }

    /// After a crash: checks, then resolves every item with what it really was, which must not uncover anything.
    fn recovered(mut self, dead: Vec<Call>) -> Self {
        self.tight = self.bench.ledger.balance(self.accounts[3]).unwrap().limit.get();
        self.covered("recovered");
        drop(dead);
        let items = self.bench.recovery.suspended.clone();
        let (known, settled) = known_holds(&self.bench);
        // Of holds that are in the journal, at most what it says they held (or were charged) is their own item's
        // business; the rest, and all of a lost hold, is the slices'.
        let mut lost = [0_i64; ACCOUNTS];
        for (id, split) in &self.real {
            let own = settled.get(id).or(known.get(id)).copied().unwrap_or([0; ACCOUNTS]);
            for ((lost, real), own) in lost.iter_mut().zip(split).zip(own) {
                *lost += (real - own).max(0);
            }
        }
        for item in &items {
            let charge = if let Some(id) = item.hold {
                self.real.get(&id).map_or(0, |split| split[3]).min(item.amount.get())
            } else {
                let i = self.index(item);
                let charge = lost[i] - self.found[i];
                assert!(charge <= item.amount.get(), "account {i}: {charge} lost, slice {}", item.amount);
                self.found[i] = lost[i];
                charge
            };
            self.commands += 1;
            let resolution = Resolution::Charge { charge: Nano::new(charge), detail: Detail::new() };
            self.bench.ledger.resolve(command(self.commands), item.id, &resolution).unwrap();
            self.covered("resolving");
        }
        assert_eq!(lost, self.found, "money was lost without a slice");
        // So that what was resolved is not lost in turn.
        self.bench.committer.sync();
        self
    }

    fn index(&self, item: &SuspenseItem) -> usize {
        let no = item.legs.first().map(|leg| leg.no).or(item.ceilings.first().copied()).unwrap();
        self.accounts.iter().position(|known| *known == no).unwrap()
    }
}

fn each_record(bench: &Bench, mut each: impl FnMut(&purser_ledger::State, &Record)) {
    let mut replica = purser_ledger::Replica::new(None);
    purser_ledger::Journal::read(&mut bench.disk.clone(), purser_ledger::FrameNo(1), &mut |frame| {
        replica
            .apply_each(&frame, |state, stamped| {
                each(state, &stamped.record);
                Ok(())
            })
            .unwrap();
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
}

type Splits = BTreeMap<purser_ledger::HoldId, [i64; ACCOUNTS]>;

/// From the journal alone: what each hold held in the end, and what was charged for those that ended.
fn known_holds(bench: &Bench) -> (Splits, Splits) {
    let (mut held, mut charged) = (Splits::new(), Splits::new());
    let numbers: Vec<AccountNo> = bench.ledger.balances().iter().map(|balance| balance.no).collect();
    let split = |amount: Nano, legs: &[purser_ledger::Leg]| {
        let mut split = [0, 0, amount.get(), amount.get()];
        for leg in legs {
            split[numbers.iter().position(|no| *no == leg.no).unwrap()] = leg.amount.get();
        }
        split
    };
    each_record(bench, |state, record| match record {
        Record::Hold { id, amount, legs, .. } => drop(held.insert(*id, split(*amount, legs))),
        Record::Grow { id, amount, legs } => {
            let more = split(*amount, legs);
            held.get_mut(id).unwrap().iter_mut().zip(more).for_each(|(held, more)| *held += more);
        }
        Record::Settle { id, charge, legs, .. } => drop(charged.insert(*id, split(*charge, legs))),
        Record::Resolve { item, charge, legs, .. } => {
            let item = state.suspense_items().into_iter().find(|open| open.id == *item).unwrap();
            if let Some(id) = item.hold {
                charged.insert(id, split(*charge, legs));
            }
        }
        _ => {}
    });
    (held, charged)
}

/// Why a slice is set aside whole: the lost hold B spent money that was free only because the settlement of A, lost
/// with it, had freed it. Had recovery stopped at what was available (nothing, A held it all), resolving A with its
/// true cost would have made B's money spendable a second time.
#[test]
fn a_lost_hold_is_not_covered_by_another_lost_settlement() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 100);
    bench.hold(&[person], &[], 20).settle(exact(20)).unwrap(); // takes a slice of 25
    bench.committer.sync();
    let a = bench.hold(&[person], &[], 80);
    bench.committer.sync();
    assert!(is_cleared(&a));
    let a_cost = 10;
    a.settle(exact(a_cost)).unwrap();
    let b = bench.hold(&[person], &[], 20);
    bench.committer.write();
    assert!(is_cleared(&b), "inside the slice");
    let b_cost = 20;

    let bench = bench.lose_power(0);
    drop(b);
    let slice = bench.amounts(person)[3] - 80;
    assert!(slice >= b_cost);
    let of_a = bench.ledger.suspense_items().into_iter().find(|item| item.hold.is_some()).unwrap();
    let charge = Resolution::Charge { charge: Nano::new(a_cost), detail: Detail::new() };
    bench.ledger.resolve(command(1), of_a.id, &charge).unwrap();
    let real = 20 + a_cost + b_cost;
    assert!(bench.ledger.balance(person).unwrap().available().get() <= 100 - real);
}

fn check(wait_for_disk: bool, guaranteed: i64, ops: &[Op]) {
    for disk in journals() {
        let mut world = World::on(disk, wait_for_disk, guaranteed);
        for op in ops {
            world = world.step(op);
        }
        world.bench.assert_replay_is_live();
    }
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn no_power_cut_makes_anybody_overspend(ops in prop::collection::vec(op(), 1..100)) {
        check(false, 0, &ops);
    }

    /// The second grant is guaranteed, and the tight ceiling keeps what it promises.
    #[test]
    fn nor_where_a_part_is_guaranteed(guaranteed in 1..LIMIT, ops in prop::collection::vec(op(), 1..100)) {
        check(false, guaranteed, &ops);
    }

    #[test]
    fn nor_when_every_hold_waits_for_the_disk(ops in prop::collection::vec(op(), 1..60)) {
        check(true, 0, &ops);
    }
}
