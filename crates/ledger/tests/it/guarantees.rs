//! Guaranteed grants under ceilings that yield to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_ledger::{
    AccountNo, BootId, Correction, Detail, Guarantee, Hold, HoldOutcome, HoldRequest, LedgerError, Leg, MemoryJournal,
    Options, Resolution, Snapshot, Terms,
};

use crate::bench::{Bench, budget, command, exact, grant, is_cleared, journals, options, period};

/// A guaranteed grant of 60, one that is not of 100, a unit of 100 that keeps 60, a key's own ceiling of 1000.
struct World {
    bench: Bench,
    promised: AccountNo,
    other: AccountNo,
    unit: AccountNo,
    own: AccountNo,
}

fn guaranteed(limit: i64) -> Terms {
    Terms { limit: Nano::new(limit), guarantee: Guarantee::Guaranteed }
}

fn yields(limit: i64, reserve: i64) -> Terms {
    Terms { limit: Nano::new(limit), guarantee: Guarantee::Yields { reserve: Nano::new(reserve) } }
}

impl World {
    fn new() -> Self {
        Self::on(MemoryJournal::with_pen())
    }

    fn on(disk: MemoryJournal) -> Self {
        let bench = Bench::on(disk, None, options(1), Arc::default());
        let open = |key: AccountKey, terms: Terms| bench.ledger.accounts(&[(key, terms)]).unwrap().0[0];
        let promised = open(grant(1), guaranteed(60));
        let other = open(grant(2), Nano::new(100).into());
        let unit = open(budget(1), yields(100, 60));
        let own = open(budget(2), Nano::new(1_000).into());
        Self { bench, promised, other, unit, own }
    }

    fn place(&self, grants: &[AccountNo], want: i64) -> Option<Hold> {
        match self.bench.ask(grants, &[self.own, self.unit], want, want) {
            HoldOutcome::Placed(hold) => Some(hold),
            _ => None,
        }
    }

    /// Of the unit: spent, held, in suspense; then the guaranteed part of each.
    fn unit(&self) -> [i64; 6] {
        let b = self.bench.ledger.balance(self.unit).unwrap();
        let part = b.guaranteed;
        [b.spent, b.held, b.suspense, part.spent, part.held, part.suspense].map(Nano::get)
    }
}

#[test]
fn others_leave_what_is_kept_and_the_guaranteed_have_it_to_the_last_unit() {
    let world = World::new();
    assert!(world.place(&[world.other], 41).is_none());
    let attacker = world.place(&[world.other], 40).unwrap();
    assert!(world.place(&[world.other], 1).is_none());
    attacker.settle(exact(40)).unwrap();
    for _ in 0..60 {
        world.place(&[world.promised], 1).unwrap().settle(exact(1)).unwrap();
    }
    assert!(world.place(&[world.promised], 1).is_none(), "its own money is gone");
    assert_eq!(world.unit(), [100, 0, 0, 60, 0, 0]);
}

#[test]
fn a_denial_says_whether_others_only_hold_the_money() {
    let world = World::new();
    let held = world.place(&[world.other], 40).unwrap();
    let short = |world: &World| match world.bench.ask(&[world.other], &[world.unit], 10, 10) {
        HoldOutcome::Short(short) => (short.available.get(), short.if_all_released.get(), short.is_held()),
        other => panic!("{other:?}"),
    };
    assert_eq!(short(&world), (0, 40, true));
    held.settle(exact(40)).unwrap();
    assert_eq!(short(&world), (0, 0, false));
    // What guaranteed calls hold is kept for them also once they give it back.
    let promised = world.place(&[world.promised], 60).unwrap();
    assert_eq!(short(&world), (0, 0, false));
    promised.release().unwrap();
    assert_eq!(short(&world), (0, 0, false));
}

#[test]
fn a_ceiling_of_ones_own_binds_guarantees_too() {
    let world = World::new();
    world.bench.ledger.accounts(&[(budget(2), Nano::new(10))]).unwrap();
    assert!(world.place(&[world.promised], 11).is_none());
    assert!(world.place(&[world.promised], 10).is_some());
}

#[test]
fn one_call_may_have_both_and_the_ceiling_limits_the_other_part() {
    let world = World::new();
    // The other grant burns first, as far as the unit has something for it; the guaranteed one pays the rest.
    let hold = world.place(&[world.other, world.promised], 100).unwrap();
    assert_eq!(world.unit(), [0, 100, 0, 0, 60, 0]);
    // Refilled in burn order: what burns last is free first.
    hold.settle(exact(50)).unwrap();
    assert_eq!(world.unit(), [50, 0, 0, 10, 0, 0]);
    // The unit has nothing for others any more; the guaranteed grant still pays though it burns later.
    assert!(world.place(&[world.other], 1).is_none());
    let mut hold = world.place(&[world.other, world.promised], 30).unwrap();
    assert_eq!(world.unit(), [50, 30, 0, 10, 30, 0]);
    assert!(
        matches!(hold.grow(Nano::new(30), Nano::new(20)), Ok(purser_ledger::GrowOutcome::Grown { by }) if by.get() == 20)
    );
    assert_eq!(world.unit(), [50, 50, 0, 10, 50, 0]);
    hold.release().unwrap();
    assert_eq!(world.unit(), [50, 0, 0, 10, 0, 0]);
}

#[test]
fn an_excess_takes_guaranteed_money_before_it_takes_what_is_kept_for_others() {
    let world = World::new();
    let attacker = world.place(&[world.other], 30).unwrap();
    let hold = world.place(&[world.other, world.promised], 10).unwrap();
    // 10 above: the unit has nothing for others, the guaranteed grant has.
    let settled = hold.settle(exact(20)).unwrap();
    assert_eq!((settled.overrun.get(), world.unit()), (0, [20, 30, 0, 10, 0, 0]));
    attacker.settle(exact(30)).unwrap();
    assert_eq!(world.place(&[world.promised], 50).unwrap().amount().get(), 50);
}

#[test]
fn corrections_and_reversals_move_the_same_part() {
    let world = World::new();
    let hold = world.place(&[world.promised, world.other], 80).unwrap();
    let id = hold.id();
    hold.settle(exact(80)).unwrap();
    assert_eq!(world.unit(), [80, 0, 0, 60, 0, 0]);
    let to = |total| Correction::To(Nano::new(total));
    world.bench.ledger.adjust(command(1), id, &to(50), b"").unwrap();
    assert_eq!(world.unit(), [50, 0, 0, 50, 0, 0]);
    world.bench.ledger.adjust(command(2), id, &to(75), b"").unwrap();
    assert_eq!(world.unit(), [75, 0, 0, 60, 0, 0]);
    world.bench.ledger.reverse(command(3), id).unwrap();
    assert_eq!(world.unit(), [0; 6]);
}

/// The grant's account is closed with its day and the hold is forgotten: nobody knows whether it was guaranteed.
#[test]
fn a_correction_of_a_forgotten_call_never_gives_others_more() {
    let window = purser_ledger::Window { age_s: 10, settled_max: 1_000, commands_max: 1_000 };
    let bench = Bench::with(Options { window, ..options(1) });
    let day = AccountKey { period: period(0, 1_000), ..grant(1) };
    let day = bench.ledger.accounts(&[(day, guaranteed(60))]).unwrap().0[0];
    let unit = bench.ledger.accounts(&[(budget(1), yields(100, 60))]).unwrap().0[0];
    let hold = bench.hold(&[day], &[unit], 50);
    let id = hold.id();
    hold.settle(exact(50)).unwrap();
    bench.clock.set_s(2_000);
    assert_eq!(bench.ledger.close_ended(purser_core::time::Instant::FAR_FUTURE, 9).unwrap(), 1);
    let next = bench.hold(&[], &[unit], 1);
    next.release().unwrap();
    let available = || bench.ledger.balance(unit).unwrap().available().get();
    let by = |commands, delta| {
        let legs = [Leg { no: day, amount: Nano::new(delta) }];
        let by = Correction::By { legs: &legs, ceilings: &[unit], delta: Nano::new(delta) };
        bench.ledger.adjust(command(commands), id, &by, b"").unwrap();
    };
    assert_eq!(available(), 40);
    by(1, -20);
    assert_eq!(available(), 40, "what is paid back may be claimed by a guaranteed call again");
    by(2, 5);
    assert_eq!(available(), 35, "what is charged counts as others'");
}

/// What a ceiling has: its limit, what it keeps; `None` where it is not open.
fn terms_of(bench: &Bench, key: AccountKey) -> Option<(i64, i64)> {
    bench.ledger.find(&key).map(|balance| (balance.limit.get(), balance.reserve.get()))
}

#[test]
fn an_account_for_which_the_queue_has_no_room_is_not_opened_in_part() {
    let (wanted, keys) = ((1..=5).map(|id| (budget(id), yields(100, 60))).collect::<Vec<_>>(), (1..=5).map(budget));
    let mut refused = 0;
    for queue_bytes_max in 1..400 {
        let mut bench = Bench::with(Options { queue_bytes_max, ..options(1) });
        bench.committer.sync();
        let is_busy = matches!(bench.ledger.accounts(&wanted), Err(LedgerError::Busy(_)));
        let found: Vec<_> = keys.clone().filter_map(|key| terms_of(&bench, key)).collect();
        assert_eq!(found, vec![(100, 60); found.len()], "{queue_bytes_max} bytes");
        assert_eq!(is_busy, found.len() < 5, "{queue_bytes_max} bytes");
        refused += usize::from(is_busy);
        bench.committer.sync();
        bench.ledger.accounts(&wanted[found.len()..]).ok();
        bench.committer.sync();
        bench.ledger.reserve(&[(budget(1), Nano::new(100))]).unwrap().unwrap();
    }
    assert!((1..399).contains(&refused), "{refused}");
}

#[test]
fn an_account_of_which_a_power_cut_left_no_more_than_the_name_can_be_reserved_on() {
    let mut only_names = 0;
    for kept in 0..400 {
        let bench = Bench::new();
        bench.ledger.accounts(&[(budget(1), yields(100, 60))]).unwrap();
        let mut bench = bench;
        bench.committer.write();
        let bench = bench.lose_power(kept);
        let left = terms_of(&bench, budget(1));
        only_names += usize::from(left == Some((0, 0)));
        let told = bench.ledger.reserve(&[(budget(1), Nano::new(70))]).unwrap();
        assert_eq!(told.is_some(), left.is_some_and(|(limit, _)| limit > 0), "{kept} bytes: {left:?}");
        bench.ledger.accounts(&[(budget(1), yields(100, 70))]).unwrap();
        assert_eq!(terms_of(&bench, budget(1)), Some((100, 70)), "{kept} bytes");
    }
    assert!(only_names > 0, "the cut between name and limit was among them");
}

#[test]
fn a_reserve_is_raised_as_far_as_others_left_room_and_only_lowered_on_purpose() {
    let world = World::new();
    let ledger = &world.bench.ledger;
    world.place(&[world.other], 30).unwrap().settle(exact(30)).unwrap();
    let reserve = |amount| ledger.reserve(&[(budget(1), Nano::new(amount))]);
    assert!(matches!(reserve(71), Err(LedgerError::ReserveTooLarge { room, .. }) if room.get() == 70));
    reserve(70).unwrap().unwrap();
    assert!(reserve(70).unwrap().is_none(), "nothing to do");
    assert!(world.place(&[world.other], 1).is_none());
    // Somebody with an older view asks for less and changes nothing.
    let request =
        HoldRequest { grants: &[world.other], ceilings: &[world.unit], want: Nano::new(1), least: Nano::new(1) };
    let asked = ledger.hold_if(&request, &[Nano::new(100).into(), yields(100, 60)]).unwrap();
    assert!(matches!(asked, Some(HoldOutcome::Short(_))));
    // Somebody with a newer one is told to open it anew.
    assert!(ledger.hold_if(&request, &[Nano::new(100).into(), yields(100, 71)]).unwrap().is_none());
    reserve(50).unwrap().unwrap();
    assert!(world.place(&[world.other], 20).is_some());
    // All or none.
    let both = [(budget(1), Nano::new(10)), (budget(2), Nano::new(-1))];
    assert!(ledger.reserve(&both).is_err());
    assert_eq!(ledger.balance(world.unit).unwrap().reserve.get(), 50);
    assert!(ledger.reserve(&[(budget(77), Nano::new(5))]).unwrap().is_none(), "whoever opens it says what it keeps");
    assert!(matches!(ledger.accounts(&[(budget(3), guaranteed(1))]), Err(LedgerError::WrongTerms { .. })));
    assert!(matches!(ledger.accounts(&[(grant(3), yields(1, 1))]), Err(LedgerError::WrongTerms { .. })));
}

/// An account of a journal from before guarantees were told apart, with calls under way and in suspense.
#[test]
fn an_old_account_comes_to_yield_with_what_calls_have_of_it() {
    let world = World::new();
    let old = world.bench.account(budget(9), 100);
    let ask = |want| world.bench.hold(&[world.promised, world.other], &[old], want);
    let paid = ask(10);
    let id = paid.id();
    paid.settle(exact(10)).unwrap();
    let held = ask(60);
    world.bench.ledger.accounts(&[(budget(9), yields(100, 60))]).unwrap();
    let b = world.bench.ledger.balance(old).unwrap();
    assert_eq!((b.guaranteed.held.get(), b.guaranteed.spent.get()), (50, 0));
    held.settle(exact(50)).unwrap();
    world.bench.ledger.reverse(command(1), id).unwrap();
    let b = world.bench.ledger.balance(old).unwrap();
    assert_eq!((b.guaranteed.spent.get(), b.spent.get()), (40, 50), "never below what is known");
    let mut bench = world.bench;
    bench.assert_replay_is_live();
}

#[test]
fn crashes_keep_the_parts_apart_and_a_lost_tail_counts_against_others() {
    for disk in journals() {
        let mut world = World::on(disk);
        let hold = world.place(&[world.other, world.promised], 90).unwrap();
        world.bench.committer.sync();
        let snapshot = world.bench.ledger.snapshot();
        let read = Snapshot::decode(&snapshot.encode()).unwrap();
        assert_eq!(read.digest(), snapshot.digest());
        world.bench = world.bench.kill();
        drop(hold);
        assert_eq!(world.unit(), [0, 0, 90, 0, 0, 50]);
        let item = world.bench.ledger.suspense_items()[0].id;
        let charge = Resolution::Charge { charge: Nano::new(45), detail: Detail::new() };
        world.bench.ledger.resolve(command(1), item, &charge).unwrap();
        assert_eq!(world.unit(), [45, 0, 0, 5, 0, 0]);

        // A slice is on the unit; the machine dies and nobody knows whose calls were lost.
        world.place(&[world.promised], 10).unwrap().settle(exact(10)).unwrap();
        world.bench.committer.sync();
        let lost = world.place(&[world.promised], 10).unwrap();
        world.bench.committer.write();
        assert!(is_cleared(&lost), "a guaranteed call is inside the slice though others have nothing left");
        world.bench = world.bench.lose_power(0);
        drop(lost);
        let [spent, _, suspense, part, _, part_suspense] = world.unit();
        assert!(spent == 55 && part == 15 && part_suspense == 0 && suspense >= 10);
        world.bench.assert_replay_is_live();
    }
}

/// Every order of a guaranteed call, an attacker, and somebody who promises more: the guarantee always works, nobody
/// is overspent, and replay gives the same.
#[test]
fn in_every_order_the_guarantee_works_and_nobody_is_overspent() {
    let actors: [&[&str]; 3] =
        [&["place", "grow", "settle"], &["attack", "attack", "pay"], &["promise", "kill", "take back"]];
    let mut orders = vec![(Vec::<&str>::new(), [0_usize; 3])];
    for _ in 0..9 {
        orders = orders
            .into_iter()
            .flat_map(|(order, at)| {
                (0..3).filter(move |i| at[*i] < 3).map(move |i| {
                    let (mut order, mut next) = (order.clone(), at);
                    order.push(actors[i][at[i]]);
                    next[i] += 1;
                    (order, next)
                })
            })
            .collect();
    }
    assert_eq!(orders.len(), 1_680);
    for (order, _) in orders {
        in_order(&order);
    }
}

fn in_order(order: &[&str]) {
    let mut world = World::new();
    let mut holds: BTreeMap<&str, Vec<Hold>> = BTreeMap::new();
    let mut killed = false;
    for step in order {
        match *step {
            "place" => {
                let hold = world.place(&[world.promised], 30);
                holds.entry("own").or_default().push(hold.expect("a guaranteed call is not refused"));
            }
            "grow" => {
                for hold in holds.get_mut("own").into_iter().flatten().filter(|_| !killed) {
                    let grown = hold.grow(Nano::new(20), Nano::new(20)).unwrap();
                    assert!(matches!(grown, purser_ledger::GrowOutcome::Grown { .. }), "{order:?}");
                }
            }
            "settle" => {
                for hold in holds.remove("own").unwrap_or_default() {
                    let _ = hold.settle(exact(25));
                }
            }
            "attack" => {
                let asked = world.bench.ask(&[world.other], &[world.own, world.unit], 40, 1);
                if let HoldOutcome::Placed(hold) = asked {
                    holds.entry("attack").or_default().push(hold);
                }
            }
            "pay" => {
                for hold in holds.remove("attack").unwrap_or_default() {
                    let amount = hold.amount().get();
                    let _ = hold.settle(exact(amount));
                }
            }
            "promise" => drop(world.bench.ledger.reserve(&[(budget(1), Nano::new(80))])),
            "take back" => drop(world.bench.ledger.reserve(&[(budget(1), Nano::new(60))]).unwrap()),
            "kill" => {
                world.bench.committer.sync();
                world.bench = world.bench.kill();
                killed = true;
            }
            other => panic!("{other}"),
        }
        let b = world.bench.ledger.balance(world.unit).unwrap();
        assert!(b.room() >= Nano::ZERO && b.available() >= Nano::ZERO, "{order:?} at {step}: {b:?}");
    }
    world.bench.assert_replay_is_live();
    let options = Options { boot: BootId(1), ..world.bench.options.clone() };
    let again = Bench::on(world.bench.disk.kill(), None, options, world.bench.clock.clone());
    drop(holds);
    drop(again);
}
