//! `purser outcome …`

mod git;
mod repository;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use purser_control::shape::{
    Hook, ImportOutcomes, NewHook, Outcome, OutcomeTold, OutcomesErased, OutcomesTaken, RecordOutcomes,
};
use purser_core::money::Nano;

use super::person::{left_out, read, would};
use super::{money, or_dash, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with outcomes.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what was achieved, the latest first
    List {
        /// Only this person's (id or name)
        #[arg(long)]
        person: Option<String>,
    },
    /// Put on record what somebody achieved
    Add(Add),
    /// Take in a spreadsheet; a file a second time changes nothing
    Import(Import),
    /// Take in the merged changes of a git repository: whose, when, and nothing of what is in them
    ///
    /// Every commit on the first-parent line of a branch is a merged change of whoever wrote it: of a merge, the author of the
    /// last commit that it brought in. A commit that reverts another one is none, and takes that one back. Commits are kept as
    /// keyed hashes of their ids. A second time only what is new is taken in.
    ImportGit(git::ImportGit),
    /// Forget an outcome that is none
    Forget {
        /// Its id
        outcome: String,
    },
    /// Forget everything that somebody achieved
    ForgetAll {
        /// Id or name
        person: String,
    },
    /// Make an address at which another system tells of outcomes (Standard Webhooks 1.0); its secret is shown once
    Hook {
        /// What the system is called, in small letters: github, tickets
        source: String,
    },
    /// Show those addresses
    Hooks,
    /// Stop such an address at once
    RevokeHook {
        /// Its id
        hook: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Whose (id, name or mail address)
    pub(crate) person: String,
    /// What kind of thing, such as report or ticket_resolved
    pub(crate) kind: String,
    /// How many [default: one]
    #[arg(long)]
    pub(crate) count: Option<u64>,
    /// What they are worth together
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) value: Option<Nano>,
    /// The day or instant [default: now]
    #[arg(long)]
    pub(crate) at: Option<String>,
    /// What its source calls it: told of twice, it counts once
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Where it can be looked at (https://…)
    #[arg(long)]
    pub(crate) link: Option<String>,
    /// Whose id that is [default: api]
    #[arg(long)]
    pub(crate) source: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file; `-` for standard input
    ///
    /// Cells separated by commas, semicolons or tabs. The first line names the columns: person (id, name or mail address) and
    /// kind, and where wanted count, value, at, id, link, taken_back.
    pub(crate) file: PathBuf,
    /// Whose ids are in it [default: csv]
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Take the good lines although others are bad
    #[arg(long)]
    pub(crate) partial: bool,
    /// Only tell what would be
    #[arg(long, alias = "preview")]
    pub(crate) dry_run: bool,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::List { person } => {
                let list: Vec<Outcome> = client.list(path(["outcomes"]).with("person", person.as_deref())).await?;
                out.show(&list, |list| table(list));
            }
            Self::Add(add) => {
                let Add { person, kind, count, value, at, id, link, source } = add;
                let (person, kind) = (Some(person), Some(kind));
                let told = OutcomeTold { person, kind, count, value, at, id, link, taken_back: None };
                let record = RecordOutcomes { source, outcomes: vec![told], partial: false, preview: false };
                let taken: OutcomesTaken = client.post(path(["outcomes"]), &record).await?;
                out.show(&taken, sentence);
            }
            Self::Import(Import { file, source, partial, dry_run }) => {
                let import = ImportOutcomes { csv: read(&file)?, source, partial, preview: dry_run };
                let taken: OutcomesTaken = client.post(path(["outcomes", "import"]), &import).await?;
                out.show(&taken, sentence);
                return left_out(&taken.mistakes);
            }
            Self::ImportGit(import) => return import.run(client, out).await,
            Self::Forget { outcome } => {
                let gone: Outcome = client.delete(path(["outcomes", &outcome])).await?;
                out.show(&gone, |one| table(std::slice::from_ref(one)));
            }
            Self::ForgetAll { person } => {
                let gone: OutcomesErased = client.delete(path(["people", &person, "outcomes"])).await?;
                out.show(&gone, |gone| format!("forgot {} outcomes of {}", gone.erased, gone.person));
            }
            Self::Hook { source } => {
                let hook: Hook = client.post(path(["outcomes", "hooks"]), &NewHook { source }).await?;
                out.show(&hook, |hook| hooks(std::slice::from_ref(hook)));
                if let Some(secret) = &hook.secret
                    && !out.is_json()
                {
                    say(format_args!("its secret, shown once: {secret}"));
                }
            }
            Self::Hooks => {
                let list: Vec<Hook> = client.list(path(["outcomes", "hooks"])).await?;
                out.show(&list, |list| hooks(list));
            }
            Self::RevokeHook { hook } => {
                let hook: Hook = client.delete(path(["outcomes", "hooks", &hook])).await?;
                out.show(&hook, |hook| hooks(std::slice::from_ref(hook)));
            }
        }
        Ok(())
    }
}

/// What became of outcomes that were told of.
fn sentence(taken: &OutcomesTaken) -> String {
    format!(
        "{}on record {}, known before {}, taken back {}, bad lines {}",
        would(taken.preview),
        taken.taken,
        taken.known,
        taken.taken_back,
        taken.mistakes.len()
    )
}

fn table(list: &[Outcome]) -> String {
    let mut table = Table::new(&["at", "person", "kind", ">count", ">value", "source", "run", "link"]);
    for one in list {
        let back = if one.taken_back.is_some() { " (taken back)" } else { "" };
        table.row([
            second(one.at),
            one.person_name.clone().unwrap_or_else(|| one.person.to_string()),
            format!("{}{back}", one.kind),
            one.count.to_string(),
            one.value.map_or_else(|| "-".to_owned(), money),
            one.source.clone(),
            one.run.map_or_else(|| "-".to_owned(), |run| run.to_string()),
            or_dash(one.link.as_deref()),
        ]);
    }
    table.or(
        "nothing is on record yet; agents log by the tool `log_outcome`, and `purser outcome import` takes in a file",
    )
}

fn hooks(list: &[Hook]) -> String {
    let mut table = Table::new(&["id", "source", "address", "made", "works"]);
    for hook in list {
        table.row([
            hook.id.to_string(),
            hook.source.clone(),
            hook.address.clone(),
            second(hook.made),
            if hook.revoked.is_some() { "no" } else { "yes" }.to_owned(),
        ]);
    }
    table.or("no other system tells of outcomes; `purser outcome hook SOURCE` makes an address for one")
}
