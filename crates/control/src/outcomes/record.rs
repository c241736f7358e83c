//! Outcomes that scripts and people tell of.

use std::collections::{BTreeSet, HashMap};

use purser_core::directory::Directory;
use purser_core::id::{OutcomeId, PersonId};
use purser_core::money::Nano;
use purser_core::role::Family;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_store::OutcomeRow;

use super::{AT_ONCE_MAX, checked_count, checked_kind, checked_link, checked_value, invalid, kinds};
use crate::access::{Within, forbidden};
use crate::change::{CommandName, Turn};
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::import::{Cell as _, Wrong, refuse};
use crate::shape::{OutcomeTold, OutcomesTaken, RecordOutcomes};

/// The source where nobody names one.
const SOURCE: &str = "api";
/// Bytes of what a source calls an outcome.
const EXTERNAL_MAX: usize = 300;

/// What is wanted of one telling.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// Only say what would be.
    pub(super) preview: bool,
    /// Take the good ones although others are bad.
    pub(super) partial: bool,
    /// Something known that is told of otherwise is a mistake, rather than passed over.
    pub(super) strict: bool,
}

/// One thing that is told, and where it stands in the telling.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) place: usize,
    pub(super) told: OutcomeTold,
    /// What stands for the source's own id where it gave none.
    pub(super) instead: String,
}

impl Control {
    /// Takes in what was achieved, of people who are covered. All of it or nothing, unless the good ones are asked for.
    ///
    /// # Errors
    /// [`Code::Invalid`] with what is wrong, by place, or for more than are taken at once; the files or the journal.
    pub(crate) async fn record_outcomes(
        &self,
        name: Option<CommandName>,
        within: Within,
        record: RecordOutcomes,
    ) -> Result<OutcomesTaken, Error> {
        let RecordOutcomes { source, outcomes, partial, preview } = record;
        if outcomes.is_empty() || outcomes.len() > AT_ONCE_MAX {
            let message = format!("{} outcomes are told at once", outcomes.len());
            return Err(invalid(message, &format!("send between 1 and {AT_ONCE_MAX}, and the others after them")));
        }
        let source = checked_source(source.as_deref(), SOURCE)?;
        self.change(name, move |turn| {
            let line = |(place, told)| Line {
                place: place + 1,
                told,
                // Of one telling: sent again under its name it is the same.
                instead: format!("{}/{place}", turn.command),
            };
            let lines: Vec<Line> = outcomes.into_iter().enumerate().map(line).collect();
            turn.tell(&within, &source, lines, Vec::new(), Wanted { preview, partial, strict: true })
        })
        .await
    }
}

/// A source as it may be named: it tells ids of one system from those of another.
pub(super) fn checked_source(source: Option<&str>, usual: &str) -> Result<String, Error> {
    let Some(source) = source.map(str::trim).filter(|source| !source.is_empty()) else { return Ok(usual.to_owned()) };
    // The same letters as a family's name.
    let word = source.parse::<Family>().map(|word| word.to_string());
    let word = word.ok().filter(|word| word != super::agents::SOURCE);
    word.ok_or_else(|| {
        let message = format!("`{source}` is no name of a source");
        invalid(message, "use up to 40 small letters, digits and dashes, such as github; `agent` is taken")
    })
}

/// Looks people up: by id, name or mail address.
struct Found<'a> {
    inner: &'a Inner,
    snapshot: &'a Snapshot,
    by_email: Option<HashMap<String, Vec<PersonId>>>,
    known: HashMap<String, Result<PersonId, Refused>>,
}

impl<'a> Found<'a> {
    fn new(inner: &'a Inner, snapshot: &'a Snapshot) -> Self {
        Self { inner, snapshot, by_email: None, known: HashMap::new() }
    }

    fn person(&mut self, within: &Within, who: &str) -> Result<PersonId, Error> {
        if let Some(known) = self.known.get(who) {
            return known.clone().map_err(Into::into);
        }
        let found = match self.look(who) {
            Ok(person) if within.person(&self.snapshot.directory, person) => Ok(person),
            Err(Error::Refused(refused)) if within.is_everything() => Err(refused),
            Err(failed @ Error::Failed { .. }) => return Err(failed),
            _ => Err(Refused::new(Code::Forbidden, "nobody whose outcomes you may tell of is called that")),
        };
        self.known.insert(who.to_owned(), found.clone());
        found.map_err(Into::into)
    }

    fn look(&mut self, who: &str) -> Result<PersonId, Error> {
        if !who.contains('@') {
            return self.inner.find_person(self.snapshot, who);
        }
        let by_email = self.by_email.get_or_insert_with(|| {
            let names = self.inner.names.read();
            let mut by_email = HashMap::<String, Vec<PersonId>>::new();
            for person in self.snapshot.directory.people() {
                if let Some(email) = names.person(person.id).and_then(|known| known.email.as_deref()) {
                    by_email.entry(email.trim().to_lowercase()).or_default().push(person.id);
                }
            }
            by_email
        });
        match by_email.get(&who.trim().to_lowercase()).map(Vec::as_slice) {
            Some([only]) => Ok(*only),
            Some(several) => {
                Err(Refused::new(Code::Ambiguous, format!("{} people have this mail address", several.len()))
                    .hint("name the person by id")
                    .into())
            }
            None => Err(Refused::new(Code::NotFound, "nobody here has this mail address")
                .hint("name the person by id or name, or give them the address")
                .into()),
        }
    }
}

impl Turn<'_> {
    /// Checks what is told, and puts in what is good.
    ///
    /// # Errors
    /// Something is wrong and not only the good ones were asked for; the files or the journal.
    pub(super) fn tell(
        &mut self,
        within: &Within,
        source: &str,
        lines: Vec<Line>,
        mut mistakes: Vec<crate::shape::ImportMistake>,
        wanted: Wanted,
    ) -> Result<OutcomesTaken, Error> {
        let (snapshot, now) = (self.snapshot(), self.now);
        let (mut rows, mut back) = (Vec::new(), Vec::new());
        let found = Found::new(self.control(), &snapshot);
        let mut telling = Telling { found, kinds: kinds(&snapshot.directory), within, source, now };
        for Line { place, told, instead } in lines {
            match telling.checked(told, &instead) {
                Ok(Checked { row, taken_back }) => {
                    rows.extend(row.map(|row| (place, row)));
                    back.extend(taken_back);
                }
                Err(wrong) => mistakes.push(wrong.unless_forbidden()?.told(place)?),
            }
        }
        let rows = if wanted.strict { self.not_otherwise(rows, &mut mistakes)? } else { rows };
        let rows: Vec<OutcomeRow> = rows.into_iter().map(|(_, row)| row).collect();
        mistakes.sort_by_key(|mistake| mistake.line);
        if !wanted.partial && !wanted.preview {
            refuse(&mistakes)?;
        }
        let (new, took_back) = if wanted.preview {
            let ids: Vec<OutcomeId> = rows.iter().map(|row| row.outcome).collect();
            let backs: Vec<OutcomeId> = back.iter().map(|(outcome, _)| *outcome).collect();
            let (known, known_back) =
                self.control().reader.known_outcomes(&ids, &backs).map_err(crate::control::stored)?;
            let not = |known: &[bool]| known.iter().filter(|known| !**known).count();
            (not(&known), not(&known_back))
        } else {
            let put = self.put_outcomes(&rows, &back)?;
            (put.new.iter().filter(|new| **new).count(), put.back.len())
        };
        Ok(OutcomesTaken {
            taken: new,
            known: rows.len().saturating_sub(new),
            taken_back: took_back,
            mistakes,
            preview: wanted.preview,
        })
    }
}

impl Turn<'_> {
    /// Those that are new, or known as they are told of now. The others are mistakes.
    fn not_otherwise(
        &self,
        rows: Vec<(usize, OutcomeRow)>,
        mistakes: &mut Vec<crate::shape::ImportMistake>,
    ) -> Result<Vec<(usize, OutcomeRow)>, Error> {
        let ids: Vec<OutcomeId> = rows.iter().map(|(_, row)| row.outcome).collect();
        let known = self.control().reader.outcomes_of_ids(&ids).map_err(crate::control::stored)?;
        let mut good = Vec::with_capacity(rows.len());
        for ((line, row), known) in rows.into_iter().zip(known) {
            let of = |row: &OutcomeRow| (row.person, row.kind.clone(), row.count, row.value);
            if known.is_some_and(|known| of(&known) != of(&row)) {
                let message =
                    format!("it was told of before with another person, kind, count or value: {}", row.outcome);
                let wrong = invalid(message, "what is on record stays; forget it first where it is wrong");
                mistakes.push(Wrong::under(wrong, "id").told(line)?);
            } else {
                good.push((line, row));
            }
        }
        Ok(good)
    }
}

struct Checked {
    row: Option<OutcomeRow>,
    taken_back: Option<(OutcomeId, Instant)>,
}

/// Who tells, of whom they may tell, and what is known already.
struct Telling<'a> {
    found: Found<'a>,
    kinds: BTreeSet<String>,
    within: &'a Within,
    source: &'a str,
    now: Instant,
}

impl Telling<'_> {
    fn checked(&mut self, told: OutcomeTold, instead: &str) -> Result<Checked, Wrong> {
        let Self { found, kinds, within, source, now } = self;
        let (within, source, now) = (*within, *source, *now);

        let OutcomeTold { person, kind, count, value, at, id, link, taken_back } = told;
        let external = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        if external.as_ref().is_some_and(|id| id.len() > EXTERNAL_MAX) {
            let hint = "give what the source calls it, not what it says";
            return Err(invalid(format!("an id has at most {EXTERNAL_MAX} bytes"), hint)).under("id");
        }
        let back = taken_back.map(|at| past(&at, now)).transpose().under("taken_back")?;
        if back.is_some() && external.is_none() {
            let hint = "give the id under which the source told of it";
            return Err(invalid("what is taken back is named by its id".to_owned(), hint)).under("id");
        }
        let outcome = found.inner.outcome_id(source, external.as_deref().unwrap_or(instead));
        if let Some(at) = back {
            // Whosever it is on record as: that somebody names their own id for it changes nothing.
            let known = found.inner.reader.outcome(outcome).map_err(crate::control::stored)?;
            let of = known.as_ref().map(|row| row.person);
            // What says nothing else may be one that is told of later.
            let is_new = of.is_none() && (kind.is_some() || within.is_everything());
            if !is_new && !of.is_some_and(|of| within.person(&found.snapshot.directory, of)) {
                return Err(forbidden("no outcome that you may take back is called that")).under("id");
            }
            if kind.is_none() {
                return Ok(Checked { row: None, taken_back: Some((outcome, at)) });
            }
        }
        let whose = match (&person, within.own()) {
            (Some(who), _) => found.person(within, who).under("person")?,
            (None, Some(own)) => own,
            (None, None) => {
                return Err(invalid(
                    "it says of nobody whose it is".to_owned(),
                    "name a person by id, name or mail address",
                ))
                .under("person");
            }
        };
        let directory: &Directory = &found.snapshot.directory;
        let kind = checked_kind(directory, kinds, Some(whose), kind.as_deref().unwrap_or_default()).under("kind")?;
        let (count, value) = (checked_count(count).under("count")?, checked_value(value).under("value")?);
        let link = checked_link(link).under("link")?;
        let at = at.map_or(Ok(now), |at| past(&at, now)).under("at")?;
        let row = OutcomeRow {
            outcome,
            person: whose,
            at,
            told: now,
            kind,
            count,
            value: value.filter(|value| *value != Nano::ZERO),
            source: source.to_owned(),
            key: None,
            run: None,
            link,
            back: None,
        };
        Ok(Checked { row: Some(row), taken_back: back.map(|at| (outcome, at)) })
    }
}

/// A day or an instant that has come.
fn past(text: &str, now: Instant) -> Result<Instant, Error> {
    let at = dates::instant(text)?;
    if at > now || at < Instant::EPOCH {
        return Err(invalid(
            format!("{at} has not come yet, or is too long ago"),
            "write the day on which it was achieved",
        ));
    }
    Ok(at)
}
