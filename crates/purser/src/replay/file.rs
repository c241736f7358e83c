//! Recordings from elsewhere: a call on each line, as JSON or as a spreadsheet.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use purser_core::csv::Records;
use purser_core::id::{PersonId, RunId};
use purser_core::money::Currency;
use purser_core::price::PriceBook;
use purser_core::run::Named;
use purser_core::time::Instant;
use purser_core::usage::{Served, Tier, Usage};
use purser_providers::Tool;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::call::{Call, Needs};
use super::film::took;
use super::ground::Member;
use super::texts::Texts;
use crate::failure::Failure;

/// Lines of one recording: all are kept in memory, to put them in order.
const LINES_MAX: usize = 10_000_000;
/// Bad lines that are told; of more only how many.
const TOLD_MAX: usize = 20;
/// Output that is asked for at most where neither the line nor the model's card says how much.
const OUTPUT_MAX_UNKNOWN: u64 = 16_384;

/// A recording from elsewhere.
pub(super) struct Foreign {
    /// In the order in which they began.
    pub(super) calls: Vec<Rc<Call>>,
    /// People by the names that the file has for them, the first that calls first.
    pub(super) people: Vec<String>,
}

/// A line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: Instant,
    person: String,
    provider: String,
    model: String,
    #[serde(default)]
    tool: Option<String>,
    #[serde(default)]
    run: Option<String>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    input: u64,
    #[serde(default)]
    cache_read: u64,
    #[serde(default)]
    cache_write_5m: u64,
    #[serde(default)]
    cache_write_1h: u64,
    #[serde(default)]
    output: u64,
    #[serde(default)]
    reasoning: u64,
    #[serde(default)]
    tier: Option<Tier>,
    #[serde(default)]
    duration_ms: Option<u64>,
    #[serde(default)]
    max_output: Option<u64>,
    #[serde(default)]
    work: Option<String>,
    #[serde(default)]
    human: bool,
    #[serde(default)]
    failed: bool,
    #[serde(default)]
    retried: bool,
}

/// What a field of a spreadsheet is, where it is no text.
enum Kind {
    Number,
    YesOrNo,
}

const FIELDS: [(&str, Kind); 11] = [
    ("input", Kind::Number),
    ("cache_read", Kind::Number),
    ("cache_write_5m", Kind::Number),
    ("cache_write_1h", Kind::Number),
    ("output", Kind::Number),
    ("reasoning", Kind::Number),
    ("duration_ms", Kind::Number),
    ("max_output", Kind::Number),
    ("human", Kind::YesOrNo),
    ("failed", Kind::YesOrNo),
    ("retried", Kind::YesOrNo),
];

impl Foreign {
    /// Reads a file: a spreadsheet where its name ends in `.csv`, else a JSON object on each line.
    ///
    /// # Errors
    /// It can't be read, or some lines are no calls: nothing is told then, since a month with holes would look cheaper
    /// than it was.
    pub(super) fn read(path: &Path, book: &PriceBook, currency: &Currency) -> Result<Self, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::from_error(format!("{shown} can't be read"), &error))?;
        let is_sheet = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let lines = if is_sheet { sheet(&text)? } else { objects(&text) };
        if lines.len() > LINES_MAX {
            return Err(Failure::new(
                format!("{shown} has {} lines, and {LINES_MAX} are the most that fit into memory", lines.len()),
                "cut it into parts",
            ));
        }
        let (mut making, mut calls, mut bad) = (Making::new(book, currency), Vec::new(), Vec::new());
        for (number, line) in lines {
            match line.and_then(|line| making.call(&line)) {
                Ok(call) => calls.push(Rc::new(call)),
                Err(why) => bad.push((number, why)),
            }
        }
        if !bad.is_empty() {
            return Err(refused(&shown.to_string(), &bad));
        }
        if calls.is_empty() {
            return Err(Failure::new(
                format!("{shown} has no call in it"),
                "write one on each line; see docs/reference/replay.md",
            ));
        }
        calls.sort_by_key(|call| call.starts);
        Ok(Self { calls, people: making.names })
    }
}

/// Why lines are no calls, one a line.
fn refused(file: &str, bad: &[(usize, String)]) -> Failure {
    let mut what = format!("{} lines of {file} are no calls:", bad.len());
    for (number, why) in bad.iter().take(TOLD_MAX) {
        let _ = write!(what, "\n  line {number}: {why}");
    }
    if bad.len() > TOLD_MAX {
        let _ = write!(what, "\n  and {} more", bad.len() - TOLD_MAX);
    }
    Failure::new(what, "mend or remove them; docs/reference/replay.md has every field")
}

type Lines = Vec<(usize, Result<Line, String>)>;

fn objects(text: &str) -> Lines {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    lines.map(|(line, number)| (number, serde_json::from_str(line).map_err(|error| plain(&error)))).collect()
}

/// What is wrong, without the line and column inside of the line.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

fn sheet(text: &str) -> Result<Lines, Failure> {
    let mut records = Records::of_any(text);
    let head = records.next().map(|(_, cells)| cells).unwrap_or_default();
    let head: Vec<String> = head.iter().map(|cell| cell.trim().to_owned()).collect();
    let rows = records.by_ref().filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    let lines = rows.map(|(number, cells)| (number, row(&head, &cells))).collect();
    if records.is_unclosed() {
        return Err(Failure::new("the spreadsheet ends within quotes", "close the last `\"`"));
    }
    Ok(lines)
}

/// A row as the object that it would be; empty cells are fields that are not there.
fn row(head: &[String], cells: &[String]) -> Result<Line, String> {
    if cells.len() > head.len() {
        return Err(format!("{} cells, where the first line names {}", cells.len(), head.len()));
    }
    let mut fields = Map::new();
    for (name, cell) in head.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty()) {
        let cell = cell.trim();
        let kind = FIELDS.iter().find(|(field, _)| field == name).map(|(_, kind)| kind);
        let value = match kind {
            None => Value::from(cell),
            Some(Kind::Number) => {
                let number: u64 = cell.parse().map_err(|_| format!("{name} is `{cell}`, which is no whole number"))?;
                Value::from(number)
            }
            Some(Kind::YesOrNo) => match cell.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Value::from(true),
                "false" | "no" | "0" => Value::from(false),
                _ => return Err(format!("{name} is `{cell}`, where `true` or `false` is meant")),
            },
        };
        fields.insert(name.clone(), value);
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| plain(&error))
}

/// Lines on their way to calls.
struct Making<'b> {
    book: &'b PriceBook,
    currency: &'b Currency,
    people: BTreeMap<String, u128>,
    names: Vec<String>,
    texts: Texts,
}

impl<'b> Making<'b> {
    fn new(book: &'b PriceBook, currency: &'b Currency) -> Self {
        Self { book, currency, people: BTreeMap::new(), names: Vec::new(), texts: Texts::default() }
    }

    fn call(&mut self, line: &Line) -> Result<Call, String> {
        if line.person.trim().is_empty() {
            return Err("person is empty".to_owned());
        }
        let card = self.book.lookup(&line.provider, &line.model, line.at).map_err(|error| error.to_string())?;
        let terms = self.book.terms(card, line.at, self.currency).map_err(|error| error.to_string())?;
        let number = self.person(&line.person);
        let member = Member::made_up(number);
        let key = member.keys.first().map(|(key, _)| *key).ok_or("nobody has a key")?;
        let run = |name: &String| -> RunId { Named::of(&Member::hash(number), name, None).run };
        let lasts = line.duration_ms.map_or_else(|| took(line.output), Duration::from_millis);
        let usage = Usage {
            input_uncached: line.input,
            cache_read: line.cache_read,
            cache_write_5m: line.cache_write_5m,
            cache_write_1h: line.cache_write_1h,
            output: line.output,
            reasoning: line.reasoning,
            ..Usage::default()
        };
        let ceiling = card.max_output().or(card.context_window()).unwrap_or(OUTPUT_MAX_UNKNOWN);
        let mut call = Call {
            starts: line.at,
            ends: line.at.saturating_add(lasts),
            person: member.person,
            key,
            provider: self.texts.shared(&line.provider),
            model: self.texts.shared(&line.model),
            tool: line.tool.as_deref().map_or(Tool::Other, Tool::named),
            run: line.run.as_ref().map(run),
            parent: line.parent.as_ref().map(run),
            human: line.human,
            retried: line.retried,
            failed: line.failed,
            work: line.work.as_deref().map(hash),
            usage,
            served: Served { tier: line.tier.unwrap_or_default(), ..Served::default() },
            card: Some(Arc::clone(card)),
            terms,
            charge: purser_core::money::Nano::ZERO,
            needs: Needs::Bound { output_max: line.max_output.unwrap_or(ceiling).max(line.output) },
        };
        call.charge = call.rate().map_err(|error| error.to_string())?;
        Ok(call)
    }

    fn person(&mut self, name: &str) -> u128 {
        if let Some(number) = self.people.get(name) {
            return *number;
        }
        let number = u128::try_from(self.names.len()).unwrap_or(u128::MAX);
        self.people.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

impl Foreign {
    /// Whoever calls, by number.
    pub(super) fn members(&self) -> Vec<Member> {
        (0..u128::try_from(self.people.len()).unwrap_or(0)).map(Member::made_up).collect()
    }

    /// What people are called.
    pub(super) fn names(&self) -> BTreeMap<PersonId, String> {
        let people = (0..).map(|number| Member::made_up(number).person);
        people.zip(self.people.iter().cloned()).collect()
    }
}

/// The same for the same text, within one program.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls of a file of this name and text, or what is said of it.
    fn check(name: &str, text: &str) -> Result<Vec<(u64, String)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let read = Foreign::read(&path, &PriceBook::bundled(), &Currency::usd());
        let read = read.map_err(|failure| failure.message().replace(&folder.path().display().to_string(), ""))?;
        Ok(read.calls.iter().map(|call| (call.usage.output, call.charge.to_string())).collect())
    }

    #[test]
    fn a_call_stands_on_each_line() {
        let line = r#"{"at":"2026-11-02T09:00:05Z","person":"ada","provider":"anthropic","model":"claude-opus-5-5","output":1000,"input":2000}"#;
        let earlier = line.replace("09:00:05", "09:00:00").replace("1000", "500");
        let expected = vec![(500, "0.018".to_owned()), (1_000, "0.028".to_owned())];
        assert_eq!(check("calls.jsonl", &format!("{line}\n\n{earlier}\n")), Ok(expected.clone()), "in order of time");
        let sheet = "at;person;provider;model;input;output;human\n\
                     2026-11-02T09:00:05Z;ada;anthropic;claude-opus-5-5;2000;1000;yes\n\
                     2026-11-02T09:00:00Z;ada;anthropic;claude-opus-5-5;2000;500;\n";
        assert_eq!(check("calls.csv", sheet), Ok(expected));
    }

    #[test]
    fn bad_lines_are_told_with_their_numbers_and_nothing_is_read() {
        let good = r#"{"at":"2026-11-02T09:00:05Z","person":"ada","provider":"anthropic","model":"claude-opus-5-5"}"#;
        let bad = [
            good.replace("-05Z", "").replace("2026-11-02", "yesterday"),
            good.replace("person", "persn"),
            good.replace("claude-opus-5-5", "claude-opus-99"),
            good.replace("ada", " "),
            "no json".to_owned(),
        ];
        let said = check("calls.jsonl", &format!("{good}\n{}\n", bad.join("\n"))).unwrap_err();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "5 lines of /calls.jsonl are no calls:");
        for (line, says) in lines[1..].iter().zip([
            "line 2: ",
            "line 3: unknown field `persn`",
            "line 4: ",
            "line 5: person is empty",
            "line 6: ",
        ]) {
            assert!(line.trim_start().starts_with(says), "{said}");
        }
        assert!(lines[3].contains("anthropic/claude-opus-99 has no price"), "{said}");
        assert_eq!(check("calls.jsonl", "\n").unwrap_err(), "/calls.jsonl has no call in it");
        let said = check("calls.csv", "at,person\n2026-11-02T09:00:05Z,ada,more\n").unwrap_err();
        assert!(said.contains("line 2: 3 cells, where the first line names 2"), "{said}");
    }
}
