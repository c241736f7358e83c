//! Places and settles holds on one grant under three ceilings, for counting instructions:
//!
//! ```text
//! cargo build --release -p purser-ledger --example hold_and_settle
//! valgrind --tool=callgrind target/release/examples/hold_and_settle 20000
//! ```
//!
//! The difference between two counts of calls is what those calls took: the start falls out.
#![expect(clippy::unwrap_used, reason = "a tool for developers")]

use std::sync::Arc;

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, GrantId};
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    BootId, Detail, HoldOutcome, HoldRequest, Ledger, Mark, MemoryJournal, Options, Settlement, Window,
};

/// A clock that stands.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant::from_micros(43_200_000_000)
    }
}

fn main() {
    let calls: u64 = std::env::args().nth(1).map_or(10_000, |count| count.parse().unwrap());
    let window = Window { age_s: 60, settled_max: 1_000, commands_max: 1_000 };
    let options = Options { window, ..Options::new(BootId(1)) };
    let (ledger, mut committer, _) =
        Ledger::open_stepped(Box::new(MemoryJournal::new()), None, options, Arc::new(Noon), None).unwrap();
    let period = Period { start: Instant::EPOCH, end: Instant::FAR_FUTURE };
    let much = Nano::new(1 << 60);
    let mut wanted = vec![(AccountKey { subject: Subject::Grant(GrantId::new(1)), period }, much)];
    wanted.extend((1..=3).map(|n| (AccountKey { subject: Subject::Budget(BudgetId::new(n)), period }, much)));
    let (numbers, _) = ledger.accounts(&wanted).unwrap();
    let limits = vec![much; numbers.len()];
    let (grants, ceilings) = numbers.split_at(1);
    for call in 0..calls {
        let request = HoldRequest { grants, ceilings, want: Nano::new(30_000_000), least: Nano::new(1_000_000) };
        let Some(HoldOutcome::Placed(hold)) = ledger.hold_if(&request, &limits).unwrap() else { panic!("no hold") };
        let settlement =
            Settlement { charge: Nano::new(12_345_678), mark: Mark::Exact, detail: Detail::from_slice(&[7; 80]) };
        hold.settle(settlement).unwrap();
        if call % 64 == 0 {
            committer.write();
            committer.sync();
        }
    }
    assert_eq!(ledger.balance(numbers[0]).unwrap().spent.get(), i64::try_from(calls).unwrap() * 12_345_678);
}
