//! `purser outcome …`

use clap::Subcommand;
use purser_control::shape::Outcome;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with outcomes.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what was achieved, the latest first
    List {
        /// Only this person's (id or name)
        #[arg(long)]
        person: Option<String>,
    },
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let Self::List { person } = self;
        let list: Vec<Outcome> = client.list(path(["outcomes"]).with("person", person.as_deref())).await?;
        out.show(&list, |list| table(list));
        Ok(())
    }
}

fn table(list: &[Outcome]) -> String {
    let mut table = Table::new(&["at", "person", "kind", ">count", ">value", "run", "link"]);
    for one in list {
        table.row([
            one.at.to_string(),
            one.person_name.clone().unwrap_or_else(|| one.person.to_string()),
            one.kind.clone(),
            one.count.to_string(),
            one.value.map_or_else(|| "-".to_owned(), money),
            one.run.map_or_else(|| "-".to_owned(), |run| run.to_string()),
            or_dash(one.link.as_deref()),
        ]);
    }
    table.or("nothing was logged yet; agents log by the tool `log_outcome`")
}
