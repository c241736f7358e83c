//! `purser suspense …`

use clap::{Args, Subcommand};
use purser_control::shape::{Resolve as Ending, Suspended};

use super::money;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done about money in suspense.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what is in suspense and since when
    List,
    /// Say what a call really cost
    Resolve(Resolve),
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The hold, as `suspense list` shows it
    pub(crate) hold: String,
    /// What the call cost, by the provider's report; 0 when it never ran
    #[arg(long, value_name = "AMOUNT", required_unless_present = "unaccounted", conflicts_with = "unaccounted")]
    pub(crate) charge: Option<String>,
    /// Nobody knows: take it off the person, onto the company's `unaccounted` account
    #[arg(long)]
    pub(crate) unaccounted: bool,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::List => {
                let list: Vec<Suspended> = client.list(path(["suspense"])).await?;
                out.show(&list, |items| table(items));
            }
            Self::Resolve(resolve) => {
                let ending = match resolve.charge {
                    Some(charge) => {
                        Ending::Charge(charge.parse().map_err(|error: purser_core::money::AmountError| {
                            Failure::usage(
                                error.to_string(),
                                "write the amount the provider billed, 0 when it billed none",
                            )
                        })?)
                    }
                    None => Ending::Unaccounted,
                };
                let item: Suspended = client.post(path(["suspense", &resolve.hold, "resolve"]), &ending).await?;
                out.show(&item, |item| table(std::slice::from_ref(item)));
            }
        }
        Ok(())
    }
}

fn table(items: &[Suspended]) -> String {
    let mut table = Table::new(&["id", ">amount", "since", "becomes unaccounted", "burdens"]);
    for item in items {
        table.row([
            item.id.clone(),
            money(item.amount),
            item.since.to_string(),
            item.moves_at.to_string(),
            item.burdens.join(", "),
        ]);
    }
    table.or("nothing is in suspense")
}
