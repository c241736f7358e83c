//! A spreadsheet of usage, costs or both: for providers without reports of a known form. A line per day and whatever else it
//! is split by; the columns are those of `docs/reference/bills.md`.

use std::collections::BTreeMap;

use super::amount::{self, Unit};
use super::{
    ApiKey, BillMistake, CostKind, CostLine, DAY_S, Day, Report, UsageLine, day_of_text, kept, kept_some, shown,
};
use crate::csv::Records;
use crate::money::Currency;
use crate::price::Bucket;
use crate::usage::{Tier, Usage};

/// What usage of a spreadsheet is called.
const SHEET: &str = "csv";
/// Columns besides those of the buckets.
const COLUMNS: [&str; 9] = ["day", "model", "api_key", "tier", "requests", "amount", "currency", "kind", "description"];
/// The column of a cost line's bucket.
const BUCKET: &str = "bucket";

/// Reads a spreadsheet.
pub(super) fn read(text: &str) -> Result<Report, BillMistake> {
    let mut records = Records::of_any(text);
    let (_, head) = records.next().ok_or_else(|| BillMistake::new("line 1", "it is empty"))?;
    let head: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
    for (place, name) in head.iter().enumerate() {
        let known = COLUMNS.contains(&name.as_str()) || name == BUCKET || Bucket::from_name(name).is_some();
        let twice = head.iter().take(place).any(|other| other == name);
        if !known || twice {
            let what = if twice { "is there twice" } else { "is not a column of bills" };
            let names = COLUMNS.join(", ");
            let hint = format!("`{}` {what}; columns are {names}, bucket, and the names of buckets", shown(name));
            return Err(BillMistake::new("line 1", hint));
        }
    }
    if !head.iter().any(|name| name == "day") {
        return Err(BillMistake::new("line 1", "there is no column `day`"));
    }
    let mut report = Report::default();
    while let Some((line, cells)) = records.next() {
        let at = format!("line {line}");
        if records.is_unclosed() {
            return Err(BillMistake::new(at, "a quote is never closed"));
        }
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if cells.len() > head.len() {
            return Err(BillMistake::new(at, format!("{} cells, and {} columns", cells.len(), head.len())));
        }
        let row: BTreeMap<&str, &str> =
            head.iter().map(String::as_str).zip(cells.iter().map(|cell| cell.trim())).collect();
        take(&mut report, &Row { at, row })?;
    }
    Ok(report)
}

struct Row<'a> {
    at: String,
    row: BTreeMap<&'a str, &'a str>,
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&str> {
        self.row.get(name).copied().filter(|cell| !cell.is_empty())
    }

    fn wrong(&self, name: &str, what: &str) -> BillMistake {
        let cell = self.cell(name).unwrap_or_default();
        BillMistake::new(self.at.clone(), format!("`{}` in column {name} {what}", shown(cell)))
    }

    fn count(&self, name: &str) -> Result<Option<u64>, BillMistake> {
        self.cell(name).map(|cell| cell.parse().map_err(|_| self.wrong(name, "is not a whole number"))).transpose()
    }

    /// A word that serde knows.
    fn word<T: serde::de::DeserializeOwned + Default>(&self, name: &str) -> Result<T, BillMistake> {
        let Some(cell) = self.cell(name) else { return Ok(T::default()) };
        let word = serde_json::Value::String(cell.to_lowercase());
        serde_json::from_value(word).map_err(|_| self.wrong(name, "is not a word that it may have"))
    }
}

fn take(report: &mut Report, row: &Row<'_>) -> Result<(), BillMistake> {
    let day =
        row.cell("day").and_then(day_of_text).ok_or_else(|| row.wrong("day", "is not a day such as 2026-11-24"))?;
    let model = kept_some(row.cell("model"));
    let mut usage = Usage::default();
    let mut counted = false;
    for bucket in Bucket::ALL {
        if let Some(count) = row.count(bucket.name())? {
            *bucket.of_mut(&mut usage) = count;
            counted = true;
        }
    }
    if counted || row.cell("requests").is_some() {
        let key = match row.cell("api_key") {
            None => ApiKey::Untold,
            Some("console") => ApiKey::Console,
            Some(id) => ApiKey::Id(kept(id)),
        };
        let (tier, requests) = (row.word::<Tier>("tier")?, row.count("requests")?.unwrap_or(0));
        let whole = || Day { covered_s: DAY_S, lines: Vec::new() };
        let lines = &mut report.usage.entry((SHEET.to_owned(), day)).or_insert_with(whole).lines;
        lines.push(UsageLine { model: model.clone(), key, tier, requests, usage });
    }
    let Some(cell) = row.cell("amount") else { return Ok(()) };
    let (amount, grain) = amount::parse(cell, Unit::Units).ok_or_else(|| row.wrong("amount", "is not an amount"))?;
    let code = row.cell("currency").ok_or_else(|| row.wrong("currency", "is no currency: an amount needs one"))?;
    let currency = Currency::try_new(&code.to_uppercase()).ok_or_else(|| row.wrong("currency", "is no currency"))?;
    let bucket = match row.cell(BUCKET) {
        None => None,
        Some(name) => Some(Bucket::from_name(name).ok_or_else(|| row.wrong(BUCKET, "is no bucket"))?),
    };
    let description = row.cell("description").map(kept).unwrap_or_default();
    let kind = row.word::<CostKind>("kind")?;
    let whole = || Day { covered_s: DAY_S, lines: Vec::new() };
    let lines = &mut report.costs.entry(day).or_insert_with(whole).lines;
    lines.push(CostLine { kind, model, bucket, description, currency, amount, grain });
    Ok(())
}
