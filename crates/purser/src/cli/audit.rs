//! `purser audit …`

use clap::{Args, Subcommand};
use purser_control::shape::{AuditEntry, AuditPage, AuditReport};
use purser_store::{DataDir, Mode};
use serde_json::json;

use super::or_dash;
use crate::client::{Client, path};
use crate::engine::store;
use crate::failure::Failure;
use crate::output::{Output, Table, say};
use crate::place::Place;

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show who did, tried or looked at what, newest first
    List(Listing),
    /// Prove that the journal is whole and that every change in it is in the trail
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only what this actor did: local, purser, or the id of a login or a key
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only this action, such as `add_grant`
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only what was done with the thing of this id
    #[arg(long, value_name = "ID")]
    pub(crate) target: Option<String>,
    /// Only what became this: made, denied or read
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    /// First day or instant (UTC)
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// First day or instant not included
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// Entries before this one of the journal
    #[arg(long, value_name = "ENTRY")]
    pub(crate) before: Option<u64>,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, place: &Place, out: Output) -> Result<(), Failure> {
        match self {
            Self::List(listing) => {
                let before = listing.before.map(|before| before.to_string());
                let asked = path(["audit"])
                    .with("actor", listing.actor.as_deref())
                    .with("action", listing.action.as_deref())
                    .with("target", listing.target.as_deref())
                    .with("outcome", listing.outcome.as_deref())
                    .with("from", listing.from.as_deref())
                    .with("to", listing.to.as_deref())
                    .with("before", before.as_deref());
                let page: AuditPage = client.get(asked).await?;
                out.show(&page.items, |entries| table(entries));
                if let Some(next) = page.next {
                    say(format_args!("there are more: add `--before {next}`"));
                }
                Ok(())
            }
            Self::Verify => verify(client, place, out).await,
        }
    }
}

async fn verify(client: &mut Client, place: &Place, out: Output) -> Result<(), Failure> {
    let report: AuditReport = client.get(path(["audit", "verify"])).await?;
    let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
    let files = purser_store::verify(&dir).map_err(|error| store(&error))?;
    let head = files.journal.as_ref().map(|journal| journal.head.to_string());
    let mut findings = report.findings.clone();
    findings.extend(files.findings.iter().map(ToString::to_string));
    let good = report.good && files.is_good();
    out.show(&json!({ "good": good, "head": head, "trail": report, "findings": findings }), |_| {
        if !good {
            return findings.join("\n");
        }
        format!(
            "good: {} entries, {} events in their changes, {} denied, {} shown\nhead of the chain: {}",
            report.entries,
            report.covered,
            report.denied,
            report.read,
            or_dash(head.as_deref())
        )
    });
    if good {
        return Ok(());
    }
    let number = findings.len();
    Err(Failure::new(format!("{number} things are wrong with the audit trail"), "a backup from before may be whole"))
}

fn table(entries: &[AuditEntry]) -> String {
    let mut table = Table::new(&["at", "actor", "action", "outcome", "with", "for", "reason"]);
    for entry in entries {
        let outcome = serde_json::to_value(entry.outcome).ok().and_then(|word| word.as_str().map(str::to_owned));
        let code = entry.code.and_then(|code| serde_json::to_value(code).ok());
        let code = code.as_ref().and_then(|code| code.as_str()).map(|code| format!(" ({code})")).unwrap_or_default();
        table.row([
            entry.at.to_string(),
            entry.actor_name.clone().unwrap_or_else(|| entry.actor.clone()),
            entry.action.clone(),
            format!("{}{code}", or_dash(outcome.as_deref())),
            or_dash(entry.targets.first().map(String::as_str)),
            entry.on_behalf_of.map_or_else(|| "-".to_owned(), |person| person.to_string()),
            or_dash(entry.reason.as_deref()),
        ]);
    }
    table.or("nothing of that kind is in the trail")
}
