//! Looking through the trail, newest first.

use std::time::Duration;

use purser_core::id::{AuditId, PersonId};
use purser_core::time::Instant;
use purser_ledger::Lsn;
use purser_store::{EventRow, Word};
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Outcome};
use crate::access::{Acting, Actor};
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error};
use crate::shape::{AuditEntry, AuditPage};

/// Entries in a page.
const PAGE: usize = 100;
/// Entries read at once.
const PAGE_OF_ROWS: u32 = 200;
/// How long after an entry was made its record may come.
const WRITTEN_WITHIN: Duration = Duration::from_mins(10);
/// Entries looked at for one page; the next page goes on from there.
const SCANNED_MAX: usize = 20_000;

/// A question about the trail.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Trail {
    /// Only what this actor did: `local`, `purser`, or an id of a login or a key.
    pub actor: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only what was done with this id.
    pub target: Option<String>,
    /// Only what became this: `made`, `denied` or `read`.
    pub outcome: Option<Outcome>,
    /// First day or instant (UTC).
    pub from: Option<String>,
    /// First day or instant not included.
    pub to: Option<String>,
    /// Those before this entry of the journal: the `next` of the page before.
    pub before: Option<u64>,
}

impl Control {
    /// A page of the trail, newest first.
    ///
    /// # Errors
    /// A day that can't be read, or the projection.
    pub async fn audit(&self, wanted: Trail) -> Result<AuditPage, Error> {
        let from = wanted.from.as_deref().map(dates::instant).transpose()?;
        let to = wanted.to.as_deref().map(dates::instant).transpose()?;
        self.report(move |inner| {
            let (mut items, mut scanned) = (Vec::new(), 0);
            let mut cursor = wanted.before.map(Lsn);
            // An entry is made before its record: those that are late for the day are looked at one by one.
            if let Some(end) = to.map(|to| to.saturating_add(WRITTEN_WITHIN))
                && let Some(end) = inner.reader.event_at(end).map_err(stored)?
            {
                cursor = Some(cursor.map_or(end, |cursor| cursor.min(end)));
            }
            let words = wanted.words();
            loop {
                let page = inner.reader.trail(&words, cursor, PAGE_OF_ROWS).map_err(stored)?;
                let full = page.len() >= usize::try_from(PAGE_OF_ROWS).unwrap_or(usize::MAX);
                for row in page {
                    scanned += 1;
                    cursor = Some(row.lsn);
                    let entry = Entry::from_bytes(&row.payload)?;
                    if from.is_some_and(|from| entry.at < from) {
                        return Ok(AuditPage { items, next: None });
                    }
                    if to.is_none_or(|to| entry.at < to) && wanted.wants(&entry) {
                        items.push(inner.shown(&row, entry)?);
                        if items.len() >= PAGE {
                            return Ok(AuditPage { items, next: cursor.map(|lsn| lsn.0) });
                        }
                    }
                }
                if !full {
                    return Ok(AuditPage { items, next: None });
                }
                if scanned >= SCANNED_MAX {
                    return Ok(AuditPage { items, next: cursor.map(|lsn| lsn.0) });
                }
            }
        })
        .await
    }

    /// Writes that something was not allowed, within the actor's bound.
    pub(crate) async fn audit_denied(&self, acting: &Acting, targets: Vec<String>, code: Code) {
        let now = self.inner.clock.now();
        if !self.inner.bounds.lock().take(acting.actor, now) {
            tracing::warn!(actor = %acting.actor, action = acting.action, "denied, and no longer written: too many");
            return;
        }
        let written = self.write_entry(acting.clone(), Outcome::Denied, targets, Some(code)).await;
        if let Err(error) = written {
            tracing::error!(%error, actor = %acting.actor, action = acting.action, "a denial could not be written");
        }
    }

    /// Writes that confidential things were shown to somebody.
    ///
    /// # Errors
    /// The journal: then they must not be shown.
    pub(crate) async fn audit_read(&self, acting: &Acting, targets: Vec<String>) -> Result<(), Error> {
        self.write_entry(acting.clone(), Outcome::Read, targets, None).await
    }

    /// Writes an entry that no events follow, and waits for the disk.
    pub(crate) async fn write_entry(
        &self,
        acting: Acting,
        outcome: Outcome,
        targets: Vec<String>,
        code: Option<Code>,
    ) -> Result<(), Error> {
        self.change(None, move |turn| {
            let mut entry = Entry::new(turn.control(), &acting, turn.now, "", outcome)?;
            (entry.targets, entry.code) = (targets, code);
            turn.write_entry(&entry)
        })
        .await
    }
}

impl Trail {
    /// What an index knows of what is wanted, the rarest first.
    fn words(&self) -> Vec<Word<'_>> {
        let outcome = self.outcome.map(|outcome| match outcome {
            Outcome::Made => "made",
            Outcome::Denied => "denied",
            Outcome::Read => "read",
        });
        let words = [
            self.target.as_deref().map(Word::Target),
            self.action.as_deref().map(Word::Action),
            self.actor.as_deref().map(Word::Actor),
            outcome.map(Word::Outcome),
        ];
        words.into_iter().flatten().collect()
    }

    fn wants(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let target = self.target.as_ref();
        is(&self.actor, &entry.by.to_string())
            && is(&self.action, &entry.action)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && target.is_none_or(|target| {
                entry.targets.contains(target) || entry.contents.iter().any(|content| content.of == *target)
            })
    }
}

impl Inner {
    fn shown(&self, row: &EventRow, entry: Entry) -> Result<AuditEntry, Error> {
        let reason = entry.reason.map(|note| self.private.note(note)).transpose().map_err(stored)?.flatten();
        let (actor_name, person): (Option<String>, Option<PersonId>) = (self.actor_name(entry.by), entry.person);
        let (id, at): (AuditId, Instant) = (entry.id, entry.at);
        Ok(AuditEntry {
            entry: row.lsn.0,
            id,
            at,
            actor: entry.by.to_string(),
            actor_name,
            person,
            on_behalf_of: entry.on_behalf_of,
            action: entry.action,
            outcome: entry.outcome,
            targets: entry.targets,
            change: entry.change,
            record: entry.record.map(|hash| hash.to_string()),
            contents: entry.contents.into_iter().map(|content| (content.of, content.hash.to_string())).collect(),
            reason,
            code: entry.code,
        })
    }

    /// What people call an actor.
    pub(crate) fn actor_name(&self, actor: Actor) -> Option<String> {
        match actor {
            Actor::Purser
            | Actor::Local
            | Actor::Stranger
            | Actor::Activation(_)
            | Actor::CallKey(_)
            | Actor::Hook(_)
            | Actor::OfferLink(_) => None,
            Actor::Key(key) => self.admins.read().label(key),
            Actor::Login(login) => self.private.login(login).ok().flatten().map(|fields| fields.email),
        }
    }
}
