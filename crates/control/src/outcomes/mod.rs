//! What was achieved with the money: told of by agents, by scripts, by spreadsheets, by other systems' webhooks, by a repository.
//!
//! **Model.** An outcome is so many things of a kind that the company counts, of one person, at an instant. Its id follows from
//! the source and from what the source calls it, so whoever tells of it twice changes nothing. What turned out to be none (a
//! change that was reverted, a ticket that was opened again) is *taken back* and no longer counted.
//!
//! **Owns** outcomes, how they are told of, and the sums by person and day that reports ask for ([`Tallies`]).
//!
//! **Does not own** what they are worth beside their cost (`returns`).
//!
//! **Invariants.** Nothing about money depends on outcomes, and they are about what people did: so they stand where they can
//! be erased, and the journal has the trail's entry with a keyed hash of what was told, before it is put there. What other
//! systems call an outcome is kept as a keyed hash only.

mod agents;
mod hook;
mod list;
mod record;
mod sheet;
mod signature;
mod tally;

pub(crate) use self::hook::{Hooks, Message, OutcomeEvent};
pub(crate) use self::tally::{Tallies, Tally};

use std::collections::BTreeSet;

use parking_lot::RwLock;
use purser_core::directory::Directory;
use purser_core::id::{NoteId, OutcomeId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::role::presets;
use purser_core::time::Instant;
use purser_store::{OutcomeRow, OutcomesPut, Private};

use crate::access::{Actor, Party};
use crate::change::Turn;
use crate::control::{Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::shape;

/// Bytes of a link.
const LINK_MAX: usize = 500;
/// The most things that one entry counts.
const COUNT_MAX: u64 = 1_000_000;
/// Outcomes of which one entry of the trail tells.
pub(crate) const AT_ONCE_MAX: usize = 10_000;

/// Sums of outcomes, once somebody has asked for them.
pub(crate) type Counted = RwLock<Option<Tallies>>;

/// Outcomes of the journal's own events, as they were before they stood where they can be erased. Moved there at start.
#[derive(Debug, Default)]
pub(crate) struct Logged(Vec<OutcomeRow>);

impl Logged {
    /// Takes in that something was achieved.
    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    pub(crate) fn logged(
        &mut self,
        id: OutcomeId,
        by: Party,
        kind: &str,
        count: u64,
        value: Option<Nano>,
        run: Option<RunId>,
        at: Instant,
    ) {
        let Some(person) = by.person else { return };
        self.0.push(OutcomeRow {
            outcome: id,
            person,
            at,
            told: at,
            kind: kind.to_owned(),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            value,
            source: agents::SOURCE.to_owned(),
            key: if let Actor::CallKey(key) = by.actor { Some(key) } else { None },
            run,
            link: None,
            back: None,
        });
    }

    /// Moves them, each once in the life of the data folder.
    ///
    /// # Errors
    /// The files.
    pub(crate) fn moved(&mut self, private: &Private) -> Result<(), Error> {
        let mut rows = std::mem::take(&mut self.0);
        for row in &mut rows {
            row.link = private.note(NoteId::new(row.outcome.get())).map_err(stored)?;
        }
        if rows.is_empty() { Ok(()) } else { private.move_outcomes(&rows).map_err(stored) }
    }
}

impl Turn<'_> {
    /// Puts outcomes in and takes others back, with an entry in the trail when any of it is new. What is known stays as it is.
    ///
    /// # Errors
    /// The journal or the files; then nothing was changed.
    pub(crate) fn put_outcomes(
        &mut self,
        rows: &[OutcomeRow],
        taken_back: &[(OutcomeId, Instant)],
    ) -> Result<OutcomesPut, Error> {
        let control = self.control();
        let ids: Vec<OutcomeId> = rows.iter().map(|row| row.outcome).collect();
        let back: Vec<OutcomeId> = taken_back.iter().map(|(outcome, _)| *outcome).collect();
        let (known, known_back) = control.reader.known_outcomes(&ids, &back).map_err(stored)?;
        let is_new = |(row, known): (&OutcomeRow, &bool)| (!known).then(|| written(row));
        let new: Vec<String> = rows.iter().zip(&known).filter_map(is_new).collect();
        let more = taken_back.iter().zip(&known_back).filter(|(_, known)| !**known);
        let more: Vec<String> = more.map(|((outcome, _), _)| format!("{outcome} taken back")).collect();
        if new.is_empty() && more.is_empty() {
            return Ok(OutcomesPut { new: vec![false; rows.len()], back: Vec::new() });
        }
        let record = [new, more].concat().join("\n");
        let mut targets: Vec<String> = Vec::new();
        for row in rows.iter().zip(&known).filter(|(_, known)| !**known).map(|(row, _)| row) {
            let target = if rows.len() == 1 { row.outcome.to_string() } else { row.person.to_string() };
            if targets.len() < TARGETS_MAX && !targets.contains(&target) {
                targets.push(target);
            }
        }
        self.audit("record_outcomes", &targets, Some(record.as_bytes()))?;
        // Held meanwhile, so that whoever reads all outcomes for their sums counts these once.
        let mut tallies = control.outcomes.write();
        let put = control.private.put_outcomes(rows, taken_back).map_err(stored)?;
        if let Some(tallies) = tallies.as_mut() {
            for (row, new) in rows.iter().zip(&put.new) {
                if *new {
                    tallies.add_row(row);
                }
            }
            for outcome in &put.back {
                if let Some(row) = control.reader.outcome(*outcome).map_err(stored)? {
                    tallies.take_back(&row);
                }
            }
        }
        Ok(put)
    }
}

/// Things named in one entry.
const TARGETS_MAX: usize = 8;

/// What the trail's keyed hash is of: what was told, without the link, which may be mended.
fn written(row: &OutcomeRow) -> String {
    let OutcomeRow { outcome, person, at, kind, count, value, .. } = row;
    let value = value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    format!("{outcome} {person} {at} {kind} {count} {value}")
}

/// A count that an entry may have.
fn checked_count(count: Option<u64>) -> Result<u32, Error> {
    let count = count.unwrap_or(1);
    let fits = u32::try_from(count).ok().filter(|_| (1..=COUNT_MAX).contains(&count));
    fits.ok_or_else(|| invalid(format!("{count} is no count"), "count from 1 to a million, or leave it out for one"))
}

fn checked_value(value: Option<Nano>) -> Result<Option<Nano>, Error> {
    match value.filter(|value| value.is_negative()) {
        Some(value) => Err(invalid(format!("{value} is no value"), "leave the value out where it is not known")),
        None => Ok(value),
    }
}

fn checked_link(link: Option<String>) -> Result<Option<String>, Error> {
    let link = link.map(|link| link.trim().to_owned()).filter(|link| !link.is_empty());
    match &link {
        Some(text) if !text.starts_with("https://") || text.len() > LINK_MAX || text.contains(char::is_whitespace) => {
            let hint = "give one that begins with https:// and has at most 500 bytes, or leave it out";
            Err(invalid("the link is no address".to_owned(), hint))
        }
        _ => Ok(link),
    }
}

fn invalid(message: String, hint: &str) -> Error {
    Refused::new(Code::Invalid, message).hint(hint).into()
}

/// The kinds that the company counts. Any family's will do: people help each other out.
fn kinds(directory: &Directory) -> BTreeSet<String> {
    let set = &directory.roles().families;
    let usual = presets();
    let families = if set.is_empty() { &usual.families } else { set };
    families.values().flat_map(|terms| &terms.outcomes).cloned().collect()
}

/// The kind as it is counted.
///
/// # Errors
/// It is none that the company counts; with those that are.
fn checked_kind(
    directory: &Directory,
    kinds: &BTreeSet<String>,
    person: Option<PersonId>,
    kind: &str,
) -> Result<String, Error> {
    let kind = kind.trim().to_lowercase();
    if kinds.contains(&kind) {
        return Ok(kind);
    }
    let own = person.and_then(|person| {
        let family = &directory.role_of(person)?.family;
        Some((family, &directory.roles().families.get(family)?.outcomes))
    });
    let hint = match own.filter(|(_, outcomes)| !outcomes.is_empty()) {
        Some((family, outcomes)) => format!("for {family} these count: {}", outcomes.join(", ")),
        None => format!("these count: {}", kinds.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    let shown: String = kind.chars().take(40).collect();
    Err(invalid(format!("`{shown}` is no kind of outcome that the company counts"), &hint))
}

impl Inner {
    /// The id of what a source tells of, by what it calls it. Nobody can guess one from the other.
    pub(crate) fn outcome_id(&self, source: &str, external: &str) -> OutcomeId {
        let of = format!("outcome\n{}\n{source}\n{external}", source.len());
        let hash = self.keyed_hash(of.as_bytes()).0;
        OutcomeId::new(hash.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
    }

    fn show_outcome(&self, row: &OutcomeRow) -> shape::Outcome {
        shape::Outcome {
            id: row.outcome,
            at: row.at,
            person: row.person,
            person_name: self.names.read().person_name(row.person),
            key: row.key,
            kind: row.kind.clone(),
            count: u64::from(row.count),
            value: row.value,
            link: row.link.clone(),
            run: row.run,
            source: row.source.clone(),
            taken_back: row.back,
        }
    }
}
