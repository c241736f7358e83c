//! `purser outcome import-git`: merged changes of a repository, by whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use purser_control::shape::{OutcomeTold, OutcomesTaken, RecordOutcomes};
use purser_core::csv::Records;
use serde::Serialize;

use super::repository::{Change, Changes, log};
use crate::cli::person::read;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, say};

/// Changes sent at once.
const AT_ONCE: usize = 5_000;
/// The source of commits: their ids are the same wherever the repository is.
const SOURCE: &str = "git";
/// Authors without a person that are named.
const NAMED_MAX: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct ImportGit {
    /// The repository: a folder on this machine
    pub(crate) repository: PathBuf,
    /// Only changes from this day on, such as 2026-01-01
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<jiff::civil::Date>,
    /// The branch on which changes count as merged [default: the one that is checked out]
    #[arg(long, default_value = "HEAD")]
    pub(crate) branch: String,
    /// Who wrote what: lines of mail address and person (id or name; empty for nobody) [default: people's own mail addresses]
    #[arg(long, value_name = "FILE")]
    pub(crate) people: Option<PathBuf>,
    /// What kind of outcome a merged change is
    #[arg(long, default_value = "merged_change")]
    pub(crate) kind: String,
    /// Only tell what would be
    #[arg(long, alias = "preview")]
    pub(crate) dry_run: bool,
}

/// What was made of a repository.
#[derive(Debug, Default, Serialize)]
struct Imported {
    /// Changes that reached the branch, those that revert others left out.
    changes: usize,
    taken: usize,
    known: usize,
    taken_back: usize,
    /// Changes that are on record as somebody else's.
    otherwise: usize,
    /// Changes of those who are nobody here.
    left_out: usize,
    /// Their mail addresses: shown here, kept nowhere.
    unknown: BTreeSet<String>,
    preview: bool,
}

impl ImportGit {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let people = self.people.as_deref().map(mapping).transpose()?;
        let since = self.since.map(|day| day.to_string());
        let Changes { merged, reverted } = log(&self.repository, &self.branch, since.as_deref())?;
        let mut imported = Imported { changes: merged.len(), preview: self.dry_run, ..Imported::default() };
        let mut told = Vec::new();
        for Change { commit, author, at } in &merged {
            let person = match &people {
                None => Some(author.clone()),
                // Who is in no line may still have the address here.
                Some(people) => people.get(author).cloned().unwrap_or_else(|| Some(author.clone())),
            };
            let Some(person) = person else {
                imported.left_out += 1;
                continue;
            };
            told.push((
                author.clone(),
                OutcomeTold {
                    person: Some(person),
                    kind: Some(self.kind.clone()),
                    at: Some(at.to_string()),
                    id: Some(commit.clone()),
                    ..OutcomeTold::default()
                },
            ));
        }
        let back = reverted.iter().map(|(commit, at)| OutcomeTold {
            id: Some(commit.clone()),
            taken_back: Some(at.to_string()),
            ..OutcomeTold::default()
        });
        told.extend(back.map(|told| (String::new(), told)));
        for part in told.chunks(AT_ONCE) {
            let outcomes = part.iter().map(|(_, told)| told.clone()).collect();
            let record =
                RecordOutcomes { source: Some(SOURCE.to_owned()), outcomes, partial: true, preview: self.dry_run };
            let taken: OutcomesTaken = client.post(path(["outcomes"]), &record).await?;
            imported.add(part, &taken)?;
        }
        out.show(&imported, Imported::sentence);
        if !imported.unknown.is_empty() {
            let shown: Vec<&str> = imported.unknown.iter().take(NAMED_MAX).map(String::as_str).collect();
            let more = imported.unknown.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            say(format_args!("nobody here is {}{more}; `--people FILE` says who they are", shown.join(", ")));
        }
        Ok(())
    }
}

impl Imported {
    /// Takes in what became of a part.
    fn add(&mut self, part: &[(String, OutcomeTold)], taken: &OutcomesTaken) -> Result<(), Failure> {
        self.taken += taken.taken;
        self.known += taken.known;
        self.taken_back += taken.taken_back;
        for mistake in &taken.mistakes {
            let author = mistake.line.checked_sub(1).and_then(|place| part.get(place)).map(|(author, _)| author);
            match (mistake.field.as_deref(), author.filter(|author| !author.is_empty())) {
                (Some("person"), Some(author)) => {
                    self.left_out += 1;
                    self.unknown.insert(author.clone());
                }
                // On record as somebody else's, by another file of people then.
                (Some("id"), Some(_)) => self.otherwise += 1,
                _ => return Err(Failure::new(mistake.message.clone(), mistake.hint.clone().unwrap_or_default())),
            }
        }
        Ok(())
    }

    fn sentence(&self) -> String {
        format!(
            "{}merged changes {}: on record {}, known before {}, as somebody else's {}, of nobody here {}; taken back {}",
            crate::cli::person::would(self.preview),
            self.changes,
            self.taken,
            self.known,
            self.otherwise,
            self.left_out,
            self.taken_back
        )
    }
}

/// Persons by mail address; nobody where the second cell is empty.
fn mapping(file: &std::path::Path) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let text = read(file)?;
    let mut people = BTreeMap::new();
    for (line, cells) in Records::of_any(&text) {
        match cells.iter().map(|cell| cell.trim()).collect::<Vec<_>>().as_slice() {
            [] | [""] => {}
            [email, person] if email.contains('@') => {
                let person = Some((*person).to_owned()).filter(|person| !person.is_empty());
                people.insert(email.to_lowercase(), person);
            }
            // A line of column names.
            [_, _] if line == 1 => {}
            _ => {
                let message = format!("{}, line {line}: no mail address and person", file.display());
                return Err(Failure::new(message, "write lines such as `one@example.com,Person 1`"));
            }
        }
    }
    Ok(people)
}
