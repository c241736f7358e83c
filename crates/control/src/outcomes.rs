//! What was achieved with the money: logged by agents, of a kind that the company counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use purser_core::directory::Directory;
use purser_core::id::{NoteId, OutcomeId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::role::presets;
use purser_core::time::Instant;

use crate::access::{Actor, Party, Within};
use crate::admins::AdminEvent;
use crate::agent::Agent;
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::people::known;
use crate::shape::{self, NewOutcome, Page};

/// Bytes of a link.
const LINK_MAX: usize = 500;
/// Outcomes that one person's agents log in a day: a loop must not fill the journal.
const DAY_MAX: usize = 1_000;
const DAY: Duration = Duration::from_hours(24);
/// The most things that one entry counts.
const COUNT_MAX: u64 = 1_000_000;

/// The outcomes of this ledger.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<OutcomeId, Logged>);

/// One outcome, as the journal knows it.
#[derive(Clone, Debug)]
struct Logged {
    id: OutcomeId,
    by: Party,
    kind: Box<str>,
    count: u64,
    value: Option<Nano>,
    run: Option<RunId>,
    at: Instant,
}

impl Outcomes {
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
        self.0.insert(id, Logged { id, by, kind: kind.into(), count, value, run, at });
    }

    /// Whose each is, in which run, and when.
    pub(crate) fn each(&self) -> impl Iterator<Item = (PersonId, Option<RunId>, Instant)> {
        self.0.values().filter_map(|logged| Some((logged.by.person?, logged.run, logged.at)))
    }
}

impl Agent {
    /// Puts on record what was achieved.
    ///
    /// # Errors
    /// [`Code::Invalid`] for a kind that is not known (with those that are), a count of nothing, a negative value, a link
    /// that is none; [`Code::NotFound`] for a run that is not one's own; [`Code::TooMany`] when a day has too many; the
    /// projection or the journal.
    pub async fn log_outcome(&self, new: NewOutcome) -> Result<shape::Outcome, Error> {
        let invalid = |message: String, hint: &str| Err(Refused::new(Code::Invalid, message).hint(hint).into());
        let count = new.count.unwrap_or(1);
        if count == 0 || count > COUNT_MAX {
            return invalid(format!("{count} is no count"), "count from 1 to a million, or leave it out for one");
        }
        if let Some(value) = new.value.filter(|value| value.is_negative()) {
            return invalid(format!("{value} is no value"), "leave the value out where it is not known");
        }
        let link = new.link.map(|link| link.trim().to_owned()).filter(|link| !link.is_empty());
        if let Some(link) = &link
            && (!link.starts_with("https://") || link.len() > LINK_MAX || link.contains(char::is_whitespace))
        {
            return invalid(
                "the link is no address".to_owned(),
                "give one that begins with https:// and has at most 500 bytes, or leave it out",
            );
        }
        let run = match &new.run {
            Some(id) => self.own_run(id).await?.first().map(|run| run.run),
            None => self.present_run().await?.map(|run| run.run),
        };
        let (person, kind) = (self.person(), new.kind.trim().to_lowercase());
        self.doing("log_outcome")
            .change(None, move |turn| {
                is_known(&turn.snapshot().directory, person, &kind)?;
                let since = turn.now.saturating_sub(DAY);
                let lately = |logged: &&Logged| logged.by.person == Some(person) && logged.at > since;
                if turn.control().admins.read().outcomes.0.values().filter(lately).count() >= DAY_MAX {
                    let message = format!("{DAY_MAX} outcomes were logged within a day");
                    return Err(Refused::new(Code::TooMany, message).hint("log several at once with `count`").into());
                }
                let (id, by, at) = (OutcomeId::new(turn.command.get()), turn.acting().party(), turn.now);
                if let Some(link) = &link {
                    turn.control().private.put_note(NoteId::new(id.get()), link).map_err(stored)?;
                    turn.touches(&id.to_string(), link.as_bytes());
                }
                let value = new.value;
                turn.commit_admin(&AdminEvent::OutcomeLogged {
                    outcome: id,
                    by,
                    kind: kind.clone(),
                    count,
                    value,
                    run,
                    at,
                })?;
                turn.control().show_outcome(&Logged { id, by, kind: kind.as_str().into(), count, value, run, at })
            })
            .await
    }
}

impl Control {
    /// Outcomes of those who are covered, the latest first, in pages.
    pub(crate) fn outcomes_page(
        &self,
        within: &Within,
        who: Option<&str>,
        part: &Part,
    ) -> Result<Page<shape::Outcome>, Error> {
        let snapshot = self.snapshot();
        let whose = who.map(|who| self.inner.find_person(&snapshot, who)).transpose()?;
        let covered = |logged: &&Logged| {
            let person = logged.by.person;
            whose.is_none_or(|whose| person == Some(whose))
                && (within.is_everything() || person.is_some_and(|person| within.person(&snapshot.directory, person)))
        };
        let mut logged: Vec<Logged> = self.inner.admins.read().outcomes.0.values().filter(covered).cloned().collect();
        logged.sort_by_key(|logged| std::cmp::Reverse((logged.at, logged.id)));
        part.of(&logged, |logged| logged.id.to_string(), |logged| self.inner.show_outcome(logged))
    }
}

/// Is it a kind that the company counts? Any family's will do: people help each other out.
fn is_known(directory: &Directory, person: PersonId, kind: &str) -> Result<(), Error> {
    let set = &directory.roles().families;
    let usual = presets();
    let families = if set.is_empty() { &usual.families } else { set };
    let all: BTreeSet<&str> = families.values().flat_map(|terms| &terms.outcomes).map(String::as_str).collect();
    if all.contains(kind) {
        return Ok(());
    }
    let role = directory.offers().find_map(|offer| {
        let accepted = offer.accepted.as_ref().filter(|accepted| accepted.person == person)?;
        offer.versions.iter().find(|version| version.number == accepted.version).map(|version| &version.role.family)
    });
    let own = role.and_then(|family| Some((family, &families.get(family)?.outcomes)));
    let hint = match own.filter(|(_, outcomes)| !outcomes.is_empty()) {
        Some((family, outcomes)) => format!("for {family} these count: {}", outcomes.join(", ")),
        None => format!("these count: {}", all.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let shown: String = kind.chars().take(40).collect();
    Err(Refused::new(Code::Invalid, format!("`{shown}` is no kind of outcome that the company counts"))
        .hint(hint)
        .into())
}

impl Inner {
    fn show_outcome(&self, logged: &Logged) -> Result<shape::Outcome, Error> {
        let person = known(logged.by.person, "person", &"of that outcome")?;
        Ok(shape::Outcome {
            id: logged.id,
            at: logged.at,
            person,
            person_name: self.names.read().person_name(person),
            key: if let Actor::CallKey(key) = logged.by.actor { Some(key) } else { None },
            kind: logged.kind.to_string(),
            count: logged.count,
            value: logged.value,
            link: self.private.note(NoteId::new(logged.id.get())).map_err(stored)?,
            run: logged.run,
        })
    }
}
