//! `purser top-up …`

use clap::{Args, Subcommand};
use purser_control::shape::{TopUp, TopUpState};
use serde_json::json;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with requests for more money.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the requests, oldest first
    List {
        /// Only this person's (id or name)
        #[arg(long)]
        person: Option<String>,
        /// Decided and expired ones too
        #[arg(long)]
        all: bool,
    },
    /// Make the grant that is asked for; nobody approves their own
    Approve(Which),
    /// Make none
    Deny(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Id of the request (`purser top-up list`)
    pub(crate) id: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let decided: TopUp = match self {
            Self::List { person, all } => {
                let mut list: Vec<TopUp> = client.list(path(["top-ups"]).with("person", person.as_deref())).await?;
                list.retain(|one| all || one.state == TopUpState::Open);
                out.show(&list, |list| table(list));
                return Ok(());
            }
            Self::Approve(which) => client.post(path(["top-ups", &which.id, "approve"]), &json!({})).await?,
            Self::Deny(which) => client.post(path(["top-ups", &which.id, "deny"]), &json!({})).await?,
        };
        if let Some(grant) = decided.grant {
            say(format_args!(
                "{} until {} is granted as {grant}; the next call can spend it.",
                decided.amount, decided.until
            ));
        }
        out.show(&decided, |one| table(std::slice::from_ref(one)));
        Ok(())
    }
}

fn table(list: &[TopUp]) -> String {
    let mut table = Table::new(&["id", "person", ">amount", "until", "state", "asked", "by", "reason"]);
    for one in list {
        let state = match one.state {
            TopUpState::Open => "open",
            TopUpState::Approved => "approved",
            TopUpState::Denied => "denied",
            TopUpState::Expired => "expired",
        };
        table.row([
            one.id.to_string(),
            one.person_name.clone().unwrap_or_else(|| one.person.to_string()),
            money(one.amount),
            one.until.clone(),
            state.to_owned(),
            one.asked.to_string(),
            or_dash(one.decided_by.as_deref()),
            or_dash(one.reason.as_deref()),
        ]);
    }
    table.or("nobody waits for more money; agents ask by the tool `request_top_up`")
}
