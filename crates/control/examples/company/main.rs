//! Makes the data folder of a large company that has been at work, through the real ledger, journal and control plane.
//!
//! `cargo run --release -p purser-control --example company -- FOLDER PEOPLE ENTRIES KEYS [UNKEPT]`
//!
//! Everybody has a daily grant and a key with a monthly budget, in one of twenty units with budgets of their own, under
//! the company's: four accounts a call. Ten thousand of them a day call, evenly over the thirty days up to now, until
//! the journal has so many entries (0: nobody ever called). The secrets of the keys go into the file KEYS, one a line.
//! Snapshots are kept while UNKEPT entries are still to come, as `serve` may leave them when it is killed; 0 keeps them
//! at the end, as an orderly close does.
//!
//! `… --example company -- years FOLDER PEOPLE MONTHS`
//!
//! So many months with a little of everything: a tree of units, pools, guarantees, offers in every state, people who
//! move and leave, denials, suspense, an audit trail of many hands; on each workday nearly every other person calls.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]

mod calls;
mod desk;
mod ground;
mod month;
mod years;

use std::error::Error;

use tokio::task::LocalSet;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let within = LocalSet::new();
    match args.as_slice() {
        [word, folder, people, months] if word == "years" => {
            let wanted = years::Wanted { folder: folder.into(), people: people.parse()?, months: months.parse()? };
            runtime.block_on(within.run_until(years::make(&wanted)))
        }
        [folder, people, entries, keys, rest @ ..] => {
            let wanted = month::Wanted {
                folder: folder.into(),
                people: people.parse()?,
                entries: entries.parse()?,
                keys: keys.into(),
                unkept: rest.first().map_or(Ok(0), |text| text.parse())?,
            };
            runtime.block_on(within.run_until(month::make(&wanted)))
        }
        _ => Err("usage: company FOLDER PEOPLE ENTRIES KEYS [UNKEPT], or company years FOLDER PEOPLE MONTHS".into()),
    }
}
