//! Random histories through the ledger and the slow model side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, BootId, Correction, Detail, GrowOutcome, Guarantee, Hold, HoldId, HoldOutcome, HoldRequest, LedgerError,
    Leg, MemoryJournal, Options, Resolution, Snapshot, SuspenseId, Terms,
};

use crate::bench::{Bench, budget, cases, command, exact, grant, journals, options, period, run};
use crate::model::{Aside, Model, Name, Placed};

/// Grants 0 to 2, ceilings 3 to 5; the first grant and the first ceiling belong to a day that ends.
const ACCOUNTS: usize = 6;
const GRANTS: [usize; 3] = [0, 1, 2];
const DAY_S: i64 = 1_000;

fn key(account: usize) -> AccountKey {
    let day = period(0, DAY_S);
    match account {
        0 => AccountKey { period: day, ..grant(10) },
        1 => grant(11),
        2 => grant(12),
        3 => AccountKey { period: day, ..budget(13) },
        4 => budget(14),
        _ => run(15),
    }
}

#[derive(Clone, Debug)]
enum Op {
    Limit {
        account: usize,
        limit: i64,
    },
    /// Whoever knows of more guaranteed grants says so; nobody knows of fewer.
    Keep {
        account: usize,
        reserve: i64,
    },
    /// The reserve is set, up or down.
    Reserve {
        account: usize,
        reserve: i64,
    },
    Hold {
        grants: Vec<usize>,
        ceilings: Vec<usize>,
        want: i64,
        least: i64,
    },
    Grow {
        which: usize,
        want: i64,
        least: i64,
    },
    Settle {
        which: usize,
        charge: i64,
    },
    Release {
        which: usize,
    },
    Again {
        which: usize,
        charge: i64,
    },
    Adjust {
        which: usize,
        total: i64,
        twice: bool,
    },
    AdjustBy {
        which: usize,
        delta: i64,
    },
    Reverse {
        which: usize,
    },
    Resolve {
        which: usize,
        charge: Option<i64>,
        twice: bool,
    },
    Drop {
        which: usize,
    },
    Tick {
        seconds: i64,
    },
    Close,
    Write,
    Sync,
    Snapshot,
    Restart {
        other_boot: bool,
        from_snapshot: bool,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..8_usize;
    let grants = prop::sample::subsequence(GRANTS.to_vec(), 0..=3).prop_shuffle();
    let ceilings = prop::sample::subsequence(vec![3, 4, 5], 0..=3);
    prop_oneof![
        3 => (0..ACCOUNTS, 0..300_i64).prop_map(|(account, limit)| Op::Limit { account, limit }),
        2 => (3..ACCOUNTS, 0..200_i64).prop_map(|(account, reserve)| Op::Keep { account, reserve }),
        2 => (3..ACCOUNTS, 0..200_i64).prop_map(|(account, reserve)| Op::Reserve { account, reserve }),
        8 => (grants, ceilings, 0..120_i64, 0..60_i64).prop_map(|(grants, ceilings, want, least)| {
            Op::Hold { grants, ceilings, want, least: least.min(want) }
        }),
        2 => (which(), 0..60_i64, 0..20_i64)
            .prop_map(|(which, want, least)| Op::Grow { which, want, least: least.min(want) }),
        5 => (which(), 0..150_i64).prop_map(|(which, charge)| Op::Settle { which, charge }),
        1 => which().prop_map(|which| Op::Release { which }),
        1 => (which(), 0..50_i64).prop_map(|(which, charge)| Op::Again { which, charge }),
        2 => (which(), 0..200_i64, any::<bool>())
            .prop_map(|(which, total, twice)| Op::Adjust { which, total, twice }),
        1 => (which(), -50..50_i64).prop_map(|(which, delta)| Op::AdjustBy { which, delta }),
        1 => which().prop_map(|which| Op::Reverse { which }),
        2 => (which(), prop::option::of(0..100_i64), any::<bool>())
            .prop_map(|(which, charge, twice)| Op::Resolve { which, charge, twice }),
        1 => which().prop_map(|which| Op::Drop { which }),
        1 => (0..200_i64).prop_map(|seconds| Op::Tick { seconds }),
        1 => Just(Op::Close),
        2 => Just(Op::Write),
        2 => Just(Op::Sync),
        1 => Just(Op::Snapshot),
        1 => (any::<bool>(), any::<bool>())
            .prop_map(|(other_boot, from_snapshot)| Op::Restart { other_boot, from_snapshot }),
    ]
}

/// Both ledgers, and what the test needs to speak to both of the same thing.
struct Pair {
    bench: Option<Bench>,
    model: Model,
    numbers: BTreeMap<usize, AccountNo>,
    holds: BTreeMap<Name, Hold>,
    ids: BTreeMap<Name, HoldId>,
    items: BTreeMap<Name, SuspenseId>,
    snapshot: Option<Snapshot>,
    /// Grants that are guaranteed, and ceilings that yield to them.
    guarantees: Vec<usize>,
    /// The next name, of calls and commands.
    next: usize,
}

impl Pair {
    fn on(disk: MemoryJournal, guarantees: &[usize]) -> Self {
        let mut pair = Self {
            bench: Some(Bench::on(disk, None, options(1), Arc::default())),
            model: Model::default(),
            numbers: BTreeMap::new(),
            holds: BTreeMap::new(),
            ids: BTreeMap::new(),
            items: BTreeMap::new(),
            snapshot: None,
            guarantees: guarantees.to_vec(),
            next: 0,
        };
        for account in 0..ACCOUNTS {
            pair.limit(account, 200);
        }
        pair
    }

    fn bench(&self) -> &Bench {
        self.bench.as_ref().expect("there between two steps")
    }

    fn name(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn limit(&mut self, account: usize, limit: i64) {
        let guarantee = match account {
            _ if !self.guarantees.contains(&account) => Guarantee::Plain,
            0..3 => Guarantee::Guaranteed,
            _ => Guarantee::Yields { reserve: Nano::ZERO },
        };
        let asked = self.bench().ledger.accounts(&[(key(account), Terms { limit: Nano::new(limit), guarantee })]);
        if self.model.is_closed(account) {
            assert!(matches!(asked, Err(LedgerError::PeriodOver(_))));
            return;
        }
        let no = asked.unwrap().0[0];
        assert_eq!(*self.numbers.entry(account).or_insert(no), no);
        self.model.limits.insert(account, limit);
        match guarantee {
            Guarantee::Plain => {}
            Guarantee::Guaranteed => drop(self.model.guaranteed.insert(account)),
            Guarantee::Yields { .. } => drop(self.model.reserves.entry(account).or_default()),
        }
    }

    fn keep(&mut self, account: usize, reserve: i64) {
        if !self.guarantees.contains(&account) || self.model.is_closed(account) {
            return;
        }
        let limit = Nano::new(self.model.limits[&account]);
        let terms = Terms { limit, guarantee: Guarantee::Yields { reserve: Nano::new(reserve) } };
        self.bench().ledger.accounts(&[(key(account), terms)]).unwrap();
        let kept = self.model.reserves.get_mut(&account).unwrap();
        *kept = reserve.max(*kept);
    }

    fn reserve(&mut self, account: usize, reserve: i64) {
        if !self.guarantees.contains(&account) {
            return;
        }
        let asked = self.bench().ledger.reserve(&[(key(account), Nano::new(reserve))]);
        if self.model.is_closed(account) {
            assert!(asked.unwrap().is_none());
            return;
        }
        let room = (self.model.limits[&account] - self.model.others_on(account)).max(0);
        let kept = self.model.reserves.get_mut(&account).unwrap();
        match asked {
            Err(LedgerError::ReserveTooLarge { room: told, .. }) => {
                assert!(reserve > *kept && reserve > room, "{reserve} after {kept}, with room for {room}");
                assert_eq!(told.get(), room);
            }
            Ok(_) => {
                assert!(reserve <= *kept || reserve <= room, "{reserve} after {kept}, with room for {room}");
                *kept = reserve;
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn hold(&mut self, grants: &[usize], ceilings: &[usize], want: i64, least: i64) {
        let no = |accounts: &[usize]| accounts.iter().map(|a| self.numbers[a]).collect::<Vec<_>>();
        let (grant_numbers, ceiling_numbers) = (no(grants), no(ceilings));
        let request = HoldRequest {
            grants: &grant_numbers,
            ceilings: &ceiling_numbers,
            want: Nano::new(want),
            least: Nano::new(least),
        };
        let asked = self.bench().ledger.hold(&request);
        if grants.is_empty() && ceilings.is_empty() {
            assert!(matches!(asked, Err(LedgerError::AccountCount { .. })));
            return;
        }
        if grants.iter().chain(ceilings).any(|a| self.model.is_closed(*a)) {
            assert!(matches!(asked, Err(LedgerError::UnknownAccount(_))));
            return;
        }
        let name = self.name();
        match (asked.unwrap(), self.model.place(name, grants, ceilings, want, least)) {
            (HoldOutcome::Placed(hold), Placed::Amount(amount)) => {
                assert_eq!(hold.amount().get(), amount);
                self.ids.insert(name, hold.id());
                self.holds.insert(name, hold);
            }
            (HoldOutcome::Short(short), Placed::Short(only_held)) => assert_eq!(short.is_held(), only_held),
            (found, _) => panic!("the model says otherwise than {found:?}"),
        }
    }

    fn nth<T>(map: &BTreeMap<Name, T>, which: usize) -> Option<Name> {
        map.keys().nth(which % map.len().max(1)).copied()
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Limit { account, limit } => self.limit(*account, *limit),
            Op::Keep { account, reserve } => self.keep(*account, *reserve),
            Op::Reserve { account, reserve } => self.reserve(*account, *reserve),
            Op::Hold { grants, ceilings, want, least } => self.hold(grants, ceilings, *want, *least),
            Op::Grow { which, want, least } => {
                let Some(name) = Self::nth(&self.holds, *which) else { return };
                let hold = self.holds.get_mut(&name).unwrap();
                let grown = hold.grow(Nano::new(*want), Nano::new(*least)).unwrap();
                match (grown, self.model.grow(name, *want, *least)) {
                    (GrowOutcome::Grown { by }, Placed::Amount(amount)) => assert_eq!(by.get(), amount),
                    (GrowOutcome::Short(short), Placed::Short(only_held)) => assert_eq!(short.is_held(), only_held),
                    (found, _) => panic!("the model says otherwise than {found:?}"),
                }
            }
            Op::Settle { which, charge } => {
                let Some(name) = Self::nth(&self.holds, *which) else { return };
                let settled = self.holds.remove(&name).unwrap().settle(exact(*charge)).unwrap();
                assert_eq!(settled.overrun.get(), self.model.settle(name, *charge));
            }
            Op::Release { which } => {
                let Some(name) = Self::nth(&self.holds, *which) else { return };
                self.holds.remove(&name).unwrap().release().unwrap();
                self.model.settle(name, 0);
            }
            Op::Drop { which } => {
                let Some(name) = Self::nth(&self.holds, *which) else { return };
                let amount = self.model.holds[&name].amount;
                drop(self.holds.remove(&name));
                self.model.settle(name, amount);
            }
            Op::Again { which, charge } => {
                let Some(name) = self.paid_call(*which) else { return };
                let again = self.bench().ledger.settle(self.ids[&name], exact(*charge)).unwrap();
                assert!(again.repeated);
                assert_eq!(again.charge.get(), self.model.paid[&name].amount);
            }
            Op::Adjust { .. } | Op::AdjustBy { .. } | Op::Reverse { .. } => self.correct(op),
            Op::Resolve { which, charge, twice } => self.resolve(*which, *charge, *twice),
            Op::Tick { seconds } => self.bench().clock.advance_s(*seconds),
            Op::Close => self.close(),
            Op::Write => drop(self.bench.as_mut().unwrap().committer.write()),
            Op::Sync => drop(self.bench.as_mut().unwrap().committer.sync()),
            Op::Snapshot => self.snapshot = Some(self.bench().ledger.snapshot()),
            Op::Restart { other_boot, from_snapshot } => self.restart(*other_boot, *from_snapshot),
        }
    }

    /// A call that was paid (an item of a slice has no name among the calls).
    fn paid_call(&self, which: usize) -> Option<Name> {
        let calls: Vec<Name> = self.model.paid.keys().filter(|name| self.ids.contains_key(name)).copied().collect();
        calls.get(which % calls.len().max(1)).copied()
    }

    fn correct(&mut self, op: &Op) {
        let command = command(self.name() as u128);
        let ledger = self.bench().ledger.clone();
        match op {
            Op::Adjust { which, total, twice } => {
                let Some(name) = self.paid_call(*which) else { return };
                let to = Correction::To(Nano::new(*total));
                let first = ledger.adjust(command, self.ids[&name], &to, b"d").unwrap();
                assert_eq!(first.charge.get(), *total);
                self.model.adjust(name, *total);
                if *twice {
                    let again = ledger.adjust(command, self.ids[&name], &to, b"d").unwrap();
                    assert_eq!((again.charge, again.lsn, again.repeated), (first.charge, first.lsn, true));
                    let other = ledger.adjust(command, self.ids[&name], &to, b"other");
                    assert!(matches!(other, Err(LedgerError::Conflict(_))));
                }
            }
            Op::AdjustBy { which, delta } => {
                // By legs as the model shares them, as somebody would who has read the projection.
                let Some(name) = self.paid_call(*which) else { return };
                let before = self.model.paid[&name].clone();
                if before.amount + delta < 0 {
                    return;
                }
                self.model.adjust(name, before.amount + delta);
                let after = &self.model.paid[&name];
                let legs: Vec<Leg> = (before.grants.iter().zip(&after.grants))
                    .map(|(b, a)| Leg { no: self.numbers[&a.0], amount: Nano::new(a.1 - b.1) })
                    .collect();
                let ceilings: Vec<AccountNo> = after.ceilings.iter().map(|a| self.numbers[a]).collect();
                let by = Correction::By { legs: &legs, ceilings: &ceilings, delta: Nano::new(*delta) };
                ledger.adjust(command, self.ids[&name], &by, b"").unwrap();
            }
            Op::Reverse { which } => {
                let Some(name) = self.paid_call(*which) else { return };
                ledger.reverse(command, self.ids[&name]).unwrap();
                self.model.adjust(name, 0);
            }
            other => panic!("{other:?} corrects nothing"),
        }
    }

    fn resolve(&mut self, which: usize, charge: Option<i64>, twice: bool) {
        let Some(name) = Self::nth(&self.items, which) else { return };
        let item = self.items.remove(&name).unwrap();
        let command = command(self.name() as u128);
        let resolution = charge.map_or(Resolution::WriteOff, |charge| Resolution::Charge {
            charge: Nano::new(charge),
            detail: Detail::new(),
        });
        let ledger = &self.bench().ledger;
        let first = ledger.resolve(command, item, &resolution).unwrap();
        if twice {
            assert_eq!(ledger.resolve(command, item, &resolution).unwrap().lsn, first.lsn);
        }
        self.model.resolve(name, charge);
    }

    fn close(&mut self) {
        let ended = purser_core::time::Clock::now(&*self.bench().clock) >= Instant::from_micros(DAY_S * 1_000_000);
        let expected: Vec<usize> =
            [0, 3].into_iter().filter(|a| ended && !self.model.is_closed(*a) && !self.model.is_used(*a)).collect();
        assert_eq!(self.bench().ledger.close_ended(Instant::FAR_FUTURE, 10).unwrap(), expected.len());
        for account in expected {
            self.model.close(account);
        }
    }

    /// Everything is synced, so that the model need not know of loss; that is for `power`.
    fn restart(&mut self, other_boot: bool, from_snapshot: bool) {
        let mut bench = self.bench.take().unwrap();
        bench.committer.sync();
        let Bench { disk, options, clock, .. } = bench;
        let boot = BootId(options.boot.0 + u64::from(other_boot));
        let snapshot = self.snapshot.clone().filter(|_| from_snapshot);
        let next = disk.kill();
        std::mem::take(&mut self.holds).into_values().for_each(drop);
        let bench = Bench::on(next, snapshot, Options { boot, ..options }, clock);

        self.model.suspend_all();
        let account_of = |no: AccountNo| self.numbers.iter().find(|(_, known)| **known == no).map(|(a, _)| *a).unwrap();
        for item in &bench.recovery.suspended {
            let name = if let Some(id) = item.hold {
                *self.ids.iter().find(|(_, known)| **known == id).unwrap().0
            } else {
                assert!(other_boot);
                self.next += 1;
                let aside = Aside {
                    grants: item.legs.iter().map(|leg| (account_of(leg.no), leg.amount.get())).collect(),
                    ceilings: item.ceilings.iter().map(|no| account_of(*no)).collect(),
                    amount: item.amount.get(),
                    guaranteed: Vec::new(),
                };
                self.model.suspense.insert(self.next, aside);
                self.next
            };
            assert_eq!(self.model.suspense[&name].amount, item.amount.get());
            self.items.insert(name, item.id);
        }
        assert_eq!(self.items.len(), self.model.suspense.len());
        self.bench = Some(bench);
    }

    fn compare(&self) {
        for account in 0..ACCOUNTS {
            let found = self.bench().ledger.find(&key(account)).map(|balance| crate::bench::amounts(&balance));
            let expected = (!self.model.is_closed(account)).then(|| self.model.amounts(account));
            assert_eq!(found, expected, "account {account}: limit, spent, held, suspense, overrun");
            let Some(balance) = self.bench().ledger.find(&key(account)) else { continue };
            let part = balance.guaranteed;
            let found = [balance.reserve, part.spent, part.held, part.suspense].map(Nano::get);
            assert_eq!(found, self.model.guarantees(account), "account {account}: reserve; guaranteed of the three");
            assert_eq!(balance.available().get(), self.model.available(account), "account {account}");
        }
    }
}

fn check(guarantees: &[usize], ops: &[Op]) {
    for disk in journals() {
        check_on(disk, guarantees, ops);
    }
}

/// Which grants are guaranteed and which ceilings yield.
fn guarantees() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        1 => Just(Vec::new()),
        3 => prop::sample::subsequence((0..ACCOUNTS).collect::<Vec<_>>(), 0..=ACCOUNTS),
    ]
}

fn check_on(disk: MemoryJournal, guarantees: &[usize], ops: &[Op]) {
    let mut pair = Pair::on(disk, guarantees);
    for op in ops {
        pair.step(op);
        pair.compare();
    }
    // The end: replay is live, from the first frame and from the snapshot.
    let mut bench = pair.bench.take().unwrap();
    bench.assert_replay_is_live();
    if let Some(snapshot) = pair.snapshot.take() {
        let mut replica = purser_ledger::Replica::new(Some(snapshot));
        replica.catch_up(&mut bench.disk.clone()).unwrap();
        assert_eq!(replica.state().digest(), bench.ledger.snapshot().digest());
    }
    let bytes = bench.disk.bytes();
    assert_eq!(MemoryJournal::from_bytes(bytes.clone()).bytes(), bytes);
}

proptest! {
    #![proptest_config(cases(16_700))]

    #[test]
    fn any_history_gives_what_the_model_gives(
        guarantees in guarantees(),
        ops in prop::collection::vec(op(), 1..24),
    ) {
        check(&guarantees, &ops);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn so_does_a_long_one(guarantees in guarantees(), ops in prop::collection::vec(op(), 60..150)) {
        check(&guarantees, &ops);
    }
}
