//! Closing a month of the company: its statements are kept as they are, and the journal keeps their hash.
//!
//! The months of all people are closed together, each between midnights of its person. What a past month contains is settled
//! by the time of its postings already; closing settles what is said about it, and refuses while something of it is still
//! open. Nothing opens a closed month again: what comes later is an item of the month in which it comes.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use purser_core::directory::Directory;
use purser_core::event::KeyHash;
use purser_core::hex::Hex;
use purser_core::id::{CommandId, PersonId};
use purser_core::money::Nano;
use purser_core::statement::{SpanOf, canonical, read as read_json};
use purser_core::time::Instant;
use purser_core::zone::Zones;
use purser_ledger::AccountNo;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Whose;
use super::sign::signed_part;
use crate::access::Party;
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{ClosePeriod, List, Period, PeriodDifference, PeriodReport, Statement};

/// Statements made from one reading of the projection, and kept in one transaction.
const AT_ONCE: usize = 250;
/// Bytes of one statement, unpacked.
const STATEMENT_MAX: u64 = 64 << 20;
/// Differences that a report names.
const NAMED_MAX: usize = 100;
/// What of a statement is not of the ledger: denials and what tools tell are written apart, and may come later.
const BESIDE: [&str; 2] = ["observed", "usable"];

/// That a month was closed, in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedPeriod {
    /// `YYYY-MM`.
    pub(crate) month: String,
    /// The change.
    pub(crate) command: CommandId,
    /// How many statements were kept.
    pub(crate) statements: u64,
    /// SHA-256 over a line for each of them, in order of the people: its person, a space, the SHA-256 of its bytes, a line
    /// feed.
    pub(crate) root: KeyHash,
    /// What their grants released together.
    pub(crate) granted: Nano,
    /// What they used together.
    pub(crate) used: Nano,
    /// Who closed it.
    pub(crate) by: Party,
    /// When.
    pub(crate) at: Instant,
}

/// The closed months.
#[derive(Debug, Default)]
pub(crate) struct ClosedPeriods(BTreeMap<SpanOf, ClosedPeriod>);

impl ClosedPeriods {
    pub(crate) fn closed(&mut self, period: &ClosedPeriod) {
        if let Ok(month) = SpanOf::month(&period.month) {
            self.0.insert(month, period.clone());
        }
    }

    fn last(&self) -> Option<SpanOf> {
        self.0.keys().next_back().copied()
    }

    fn first(&self) -> Option<SpanOf> {
        self.0.keys().next().copied()
    }

    pub(super) fn has(&self, month: SpanOf) -> bool {
        self.0.contains_key(&month)
    }
}

impl From<&ClosedPeriod> for Period {
    fn from(closed: &ClosedPeriod) -> Self {
        Self {
            month: closed.month.clone(),
            closed: closed.at,
            by: closed.by,
            statements: closed.statements,
            granted: closed.granted,
            used: closed.used,
            sha256: closed.root.to_string(),
        }
    }
}

impl Control {
    /// The closed months, the latest first.
    pub fn periods(&self) -> List<Period> {
        let admins = self.inner.admins.read();
        List { items: admins.periods.0.values().rev().map(Period::from).collect() }
    }

    /// Closes a month: makes everybody's statement and keeps it, and writes their hash into the journal. Takes as long as
    /// the statements take; nothing that calls need is held meanwhile.
    ///
    /// # Errors
    /// A month that can't be read, is not over somewhere, is closed, or is not the one after the last closed one; calls or
    /// suspense of it that are still open; or the files.
    pub async fn close_period(&self, name: Option<CommandName>, close: ClosePeriod) -> Result<Period, Error> {
        let month = SpanOf::month(&close.month)?;
        let _one_at_a_time = self.inner.closing.lock().await;
        if let Some(known) =
            self.inner.admins.read().periods.0.get(&month).filter(|known| name.is_some_and(|it| it.is(known.command)))
        {
            return Ok(known.into());
        }
        self.inner.may_close(month)?;
        self.inner.private.clear_statements(&month.to_string()).map_err(stored)?;
        let people = self.inner.people_of(month);
        let (mut lines, mut statements, mut granted, mut used) = (Sha256::new(), 0_u64, Nano::ZERO, Nano::ZERO);
        for some in people.chunks(AT_ONCE) {
            let some = some.to_vec();
            let made = self.report(move |inner| inner.keep(month, &some)).await?;
            for kept in made {
                lines.update(line(kept.person, &kept.hash));
                statements = statements.saturating_add(1);
                granted = granted.saturating_add(kept.granted);
                used = used.saturating_add(kept.used);
            }
        }
        let root = KeyHash(lines.finalize().into());
        self.change(name, move |turn| {
            // What was open while the statements were made may have been of this month all the same.
            turn.control().may_close(month)?;
            let closed = ClosedPeriod {
                month: month.to_string(),
                command: turn.command,
                statements,
                root,
                granted,
                used,
                by: turn.acting().party(),
                at: turn.now,
            };
            turn.commit_admin(&AdminEvent::PeriodClosed(closed.clone()))?;
            Ok(Period::from(&closed))
        })
        .await
    }

    /// Holds the statements of a closed month against the journal's hash, and against the ledger.
    ///
    /// # Errors
    /// The month is not closed, or the files.
    pub async fn verify_period(&self, month: &str) -> Result<PeriodReport, Error> {
        let month = SpanOf::month(month)?;
        let closed = self.inner.admins.read().periods.0.get(&month).cloned();
        let closed = closed.ok_or_else(|| {
            Refused::new(Code::NotFound, format!("{month} is not closed"))
                .hint("`purser period list` shows those that are")
        })?;
        let mut found =
            PeriodReport { month: month.to_string(), sha256: closed.root.to_string(), ..PeriodReport::default() };
        let (mut lines, mut after) = (Sha256::new(), PersonId::new(0));
        loop {
            let (hashes, differences) = self.report(move |inner| inner.held_against(month, after)).await?;
            let Some((last, _)) = hashes.last() else { break };
            after = *last;
            for (person, hash) in &hashes {
                lines.update(line(*person, hash));
                found.statements = found.statements.saturating_add(1);
            }
            found.different = found.different.saturating_add(u64::try_from(differences.len()).unwrap_or(u64::MAX));
            let room = NAMED_MAX.saturating_sub(found.differences.len());
            found.differences.extend(differences.into_iter().take(room));
        }
        found.unchanged = KeyHash(lines.finalize().into()) == closed.root && found.statements == closed.statements;
        found.good = found.unchanged && found.different == 0;
        Ok(found)
    }
}

/// Whose statement has which hash.
type Hashed = (PersonId, [u8; 32]);

/// A statement that was kept.
struct Kept {
    person: PersonId,
    hash: [u8; 32],
    granted: Nano,
    used: Nano,
}

impl Inner {
    /// Whose statements a month or year has: everybody's who was here by its end, in order of their ids.
    pub(crate) fn people_of(&self, month: SpanOf) -> Vec<Whose> {
        let snapshot = self.snapshot.load_full();
        let people = snapshot.directory.people();
        let mut people: Vec<Whose> = people
            .filter(|person| person.added_at < month.bounds(&person.zones).end)
            .map(|person| (Arc::clone(person), month))
            .collect();
        people.sort_unstable_by_key(|(person, _)| person.id);
        people
    }

    /// Can a month be closed now?
    fn may_close(&self, month: SpanOf) -> Result<(), Error> {
        let (directory, now) = (&self.snapshot.load_full().directory, self.clock.now());
        let refused = |message: String, hint: String| Err(Refused::new(Code::Conflict, message).hint(hint).into());
        {
            let admins = self.admins.read();
            let periods = &admins.periods;
            if let Some(known) = periods.0.get(&month) {
                let hint =
                    "what came later is on the next statement; `purser period list` shows what is closed".to_owned();
                return refused(format!("{month} was closed at {}", known.at), hint);
            }
            if let (Some(first), Some(last)) = (periods.first(), periods.last())
                && month != last.next()
            {
                let message = if month < first {
                    format!("{month} is before {first}, the first month that was closed")
                } else {
                    format!("months are closed in order, and the next one is {}", last.next())
                };
                return refused(message, format!("`purser period close {}` closes that one", last.next()));
            }
        }
        let company = directory.company();
        let founded = company.map(|company| SpanOf::month_of(company.zone.date(company.founded_at)));
        if founded.is_some_and(|founded| month < founded) {
            let message = format!("there was no company in {month}");
            return refused(message, "close the months from its founding on".to_owned());
        }
        let ends = ends_everywhere(directory, month);
        if now < ends {
            let message = format!("{month} is not over for everybody before {ends}");
            return refused(message, "close it then".to_owned());
        }
        let holds: Vec<Instant> =
            self.ledger.open_holds().into_iter().map(|hold| hold.since).filter(|since| *since < ends).collect();
        if let Some(oldest) = holds.iter().min() {
            let message =
                format!("{} calls that began in {month} are still under way, the oldest since {oldest}", holds.len());
            return refused(message, "close it when they have ended; `purser top` shows them".to_owned());
        }
        let items: Vec<Nano> = self
            .ledger
            .suspense_items()
            .into_iter()
            .filter(|item| item.since < ends || item.legs.iter().any(|leg| self.was_over(leg.no, ends)))
            .map(|item| item.amount)
            .collect();
        if !items.is_empty() {
            let sum = items.iter().fold(Nano::ZERO, |sum, amount| sum.saturating_add(*amount));
            let message = format!("{} items of {month} are in suspense, {sum} together", items.len());
            let hint = "resolve them (`purser suspense list`), or wait until they are borne by the company".to_owned();
            return refused(message, hint);
        }
        Ok(())
    }

    /// Is it an account whose period was over by then? Suspense on it is of calls before, whenever that was found.
    fn was_over(&self, no: AccountNo, by: Instant) -> bool {
        self.ledger.balance(no).is_some_and(|balance| balance.key.period.end <= by)
    }

    /// Makes the statements of some people and keeps them. Those with nothing on them are not kept: they are made again
    /// when somebody asks.
    fn keep(&self, month: SpanOf, people: &[Whose]) -> Result<Vec<Kept>, Error> {
        let made = self.statements_of(people, self.clock.now(), true)?;
        let (mut kept, mut rows) = (Vec::new(), Vec::new());
        for statement in made.into_iter().filter(|it| it.entries.count > 0 || !it.grants.is_empty()) {
            let text = written(&statement)?;
            let hash = Sha256::digest(text.as_bytes()).into();
            rows.push((statement.person, packed(&text)?));
            kept.push(Kept { person: statement.person, hash, granted: statement.granted, used: statement.used });
        }
        self.private.put_statements(&month.to_string(), &rows).map_err(stored)?;
        Ok(kept)
    }

    /// Some statements of a closed month after a person's: their hashes, and where the ledger says otherwise.
    fn held_against(&self, month: SpanOf, after: PersonId) -> Result<(Vec<Hashed>, Vec<PeriodDifference>), Error> {
        let rows = self.private.statements_after(&month.to_string(), after, AT_ONCE).map_err(stored)?;
        let snapshot = self.snapshot.load_full();
        let (mut hashes, mut differences, mut texts, mut people) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (person, bytes) in rows {
            // Whatever can't be unpacked is not what was kept.
            let text = unpacked(&bytes).unwrap_or_default();
            hashes.push((person, Sha256::digest(text.as_bytes()).into()));
            match snapshot.directory.person(person) {
                Some(known) => {
                    people.push((Arc::clone(known), month));
                    texts.push(text);
                }
                None => differences.push(PeriodDifference { person, fields: vec!["person".to_owned()] }),
            }
        }
        let now = self.statements_of(&people, self.clock.now(), true)?;
        for (statement, text) in now.iter().zip(&texts) {
            let (then, now) = (fields(text), fields(&written(statement)?));
            let names = then.keys().chain(now.keys()).filter(|name| !BESIDE.contains(&name.as_str()));
            let mut names: Vec<String> = names.filter(|name| then.get(*name) != now.get(*name)).cloned().collect();
            names.sort_unstable();
            names.dedup();
            if !names.is_empty() {
                differences.push(PeriodDifference { person: statement.person, fields: names });
            }
        }
        Ok((hashes, differences))
    }

    /// The closed months, the earliest first.
    pub(crate) fn closed_months(&self) -> Vec<SpanOf> {
        self.admins.read().periods.0.keys().copied().collect()
    }

    /// A person's statement as it was kept when its month was closed.
    pub(crate) fn kept_statement(&self, month: SpanOf, person: PersonId) -> Result<Option<Map<String, Value>>, Error> {
        let Some(bytes) = self.private.statement(&month.to_string(), person).map_err(stored)? else { return Ok(None) };
        let text = unpacked(&bytes)?;
        match read_json(&text) {
            Ok(Value::Object(content)) => Ok(Some(content)),
            _ => Err(Error::failed("a kept statement can't be read", "it is no JSON object")),
        }
    }
}

/// When a month is over for everybody, the company included.
fn ends_everywhere(directory: &Directory, month: SpanOf) -> Instant {
    let company = directory.company().map(|company| month.bounds(&Zones::new(company.zone.clone())).end);
    let people = directory.people().map(|person| month.bounds(&person.zones).end);
    people.chain(company).max().unwrap_or(Instant::EPOCH)
}

fn line(person: PersonId, hash: &[u8; 32]) -> String {
    format!("{person} {}\n", Hex(hash))
}

/// A statement as it is kept and signed.
fn written(statement: &Statement) -> Result<String, Error> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| Error::failed("a statement could not be written", error);
    match serde_json::to_value(statement) {
        Ok(Value::Object(content)) => signed_part(&content).map_err(|error| failed(error.into())),
        Ok(_) => Err(failed("it is no object".into())),
        Err(error) => Err(failed(error.into())),
    }
}

/// The fields of one, each in its one form.
fn fields(text: &str) -> BTreeMap<String, String> {
    match read_json(text) {
        Ok(Value::Object(content)) => {
            content.into_iter().map(|(name, value)| (name, canonical(&value).unwrap_or_default())).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn packed(text: &str) -> Result<Vec<u8>, Error> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::default());
    out.write_all(text.as_bytes())
        .and_then(|()| out.finish())
        .map_err(|error| Error::failed("a statement could not be packed", error))
}

fn unpacked(bytes: &[u8]) -> Result<String, Error> {
    let mut text = String::new();
    DeflateDecoder::new(bytes)
        .take(STATEMENT_MAX)
        .read_to_string(&mut text)
        .map_err(|error| Error::failed("a kept statement can't be unpacked", error))?;
    Ok(text)
}
