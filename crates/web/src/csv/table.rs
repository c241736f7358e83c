//! A list's items as lines of a table.

use std::fmt;

use purser_core::csv::Row;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Columns before and behind those of the items.
const RECORD: &str = "record";
const NOTE: &str = "note";

/// The fields of an object in their order, as they were written.
#[derive(Debug)]
pub(super) struct Answer(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Answer(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl Answer {
    fn field(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| &**value)
    }

    /// The items of a list's page, each flat; nothing where this is no list.
    pub(super) fn items(&self) -> Option<Vec<Flat>> {
        let items: Vec<Self> = serde_json::from_str(self.field("items")?.get()).ok()?;
        Some(items.iter().map(Flat::of).collect())
    }

    /// What to ask for the next page with; nothing on the last one.
    pub(super) fn next(&self) -> Option<String> {
        match serde_json::from_str(self.field("next")?.get()) {
            Ok(Value::String(next)) => Some(next),
            Ok(Value::Number(next)) => Some(next.to_string()),
            _ => None,
        }
    }

    /// What stands beside the items: sums, and what they are of.
    fn beside(&self) -> Flat {
        let beside = self.0.iter().filter(|(name, _)| name != "items" && name != "next");
        let mut flat = Flat(Vec::new());
        beside.for_each(|(name, value)| flat.add(name, value));
        flat
    }
}

/// Fields without anything in them: those of an object within have its name and a dot before theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flat(Vec<(String, String)>);

impl Flat {
    fn of(item: &Answer) -> Self {
        let mut flat = Self::default();
        item.0.iter().for_each(|(name, value)| flat.add(name, value));
        flat
    }

    fn add(&mut self, name: &str, raw: &RawValue) {
        if let Ok(within) = serde_json::from_str::<Answer>(raw.get()) {
            within.0.iter().for_each(|(field, value)| self.add(&format!("{name}.{field}"), value));
            return;
        }
        let text = match serde_json::from_str(raw.get()) {
            Ok(Value::Null) => String::new(),
            Ok(Value::String(text)) => text,
            Ok(Value::Array(list)) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
            }
            // Numbers as they were written: a figure beyond 2^53 stays whole.
            _ => raw.get().to_owned(),
        };
        self.0.push((name.to_owned(), text));
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub(super) struct Table(Vec<String>);

impl Table {
    /// With a column for each field that any of the items has, in the order in which they are first met.
    pub(super) fn of(items: &[Flat]) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for (name, _) in items.iter().flat_map(|item| &item.0) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        Self(columns)
    }

    /// The line of names.
    pub(super) fn head(&self) -> String {
        let mut out = String::new();
        let mut row = Row::new(&mut out);
        row.cell(RECORD);
        self.0.iter().for_each(|name| {
            row.cell(name);
        });
        row.cell(NOTE);
        row.end();
        out
    }

    /// The record that says what was asked.
    pub(super) fn asked(&self, address: &str) -> String {
        self.line("asked", &Flat::default(), address)
    }

    /// A record for each item. What has no column, because the first page had nothing of that name, stands in the note.
    pub(super) fn rows(&self, items: &[Flat]) -> String {
        items.iter().map(|item| self.line("row", item, &self.others(item))).collect()
    }

    /// The record of sums: those that the rows have columns for below them, the others in the note.
    pub(super) fn total(&self, last: &Answer) -> String {
        let beside = last.beside();
        self.line("total", &beside, &self.others(&beside))
    }

    fn others(&self, flat: &Flat) -> String {
        let others = flat.0.iter().filter(|(name, text)| !self.0.contains(name) && !text.is_empty());
        others.map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
    }

    fn line(&self, record: &str, cells: &Flat, note: &str) -> String {
        let mut out = String::new();
        let mut row = Row::new(&mut out);
        row.cell(record);
        for name in &self.0 {
            let text = cells.get(name);
            // A figure may be below zero; no other text may begin like a formula.
            if is_figure(text) {
                row.cell(text)
            } else {
                row.text(text)
            };
        }
        row.text(note);
        row.end();
        out
    }
}

fn is_figure(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(pages: &[&str]) -> String {
        let answers: Vec<Answer> = pages.iter().map(|page| serde_json::from_str(page).unwrap()).collect();
        let table = Table::of(&answers[0].items().unwrap());
        let rows: String = answers.iter().map(|page| table.rows(&page.items().unwrap())).collect();
        table.head() + &table.asked("/api/v1/things?a=b") + &rows + &table.total(answers.last().unwrap())
    }

    #[test]
    fn every_field_has_its_column_and_sums_stand_below_them() {
        let first = r#"{"items": [{"id": "a", "charge": "-1.50", "funds": {"limit": "2", "left": null}},
            {"id": "b, \"c\"", "charge": "3.5", "names": ["x", "y"], "tokens": 210000000000000001}],
            "next": "b", "charge": "2.00", "from": "2026-11-01T00:00:00Z"}"#;
        let second = r#"{"items": [{"id": "=1+1", "charge": "0", "late": "@home"}], "next": null, "charge": "2.00",
            "from": "2026-11-01T00:00:00Z"}"#;
        let expected = "record,id,charge,funds.limit,funds.left,names,tokens,note\n\
            asked,,,,,,,/api/v1/things?a=b\n\
            row,a,-1.50,2,,,,\n\
            row,\"b, \"\"c\"\"\",3.5,,,x; y,210000000000000001,\n\
            row,'=1+1,0,,,,,late=@home\n\
            total,,2.00,,,,,from=2026-11-01T00:00:00Z\n";
        assert_eq!(file(&[first, second]), expected);
    }

    #[test]
    fn what_is_no_list_is_told_apart() {
        let answer = |text: &str| serde_json::from_str::<Answer>(text).unwrap();
        assert!(answer(r#"{"id": "a"}"#).items().is_none());
        assert!(answer(r#"{"items": 7}"#).items().is_none());
        assert_eq!(answer(r#"{"items": []}"#).items(), Some(Vec::new()));
        assert_eq!(answer(r#"{"items": [], "next": 7}"#).next().as_deref(), Some("7"));
        assert_eq!(answer(r#"{"items": [], "next": null}"#).next(), None);
    }
}
