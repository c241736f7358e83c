//! Rows of a statement.

use std::collections::BTreeMap;

use jiff::civil::Date;
use purser_core::statement::SpanOf;

use super::gather::Sums;
use crate::shape::{StatementDay, StatementModel, StatementMonth, StatementTool};

/// A count as people read it: never below nothing.
pub(super) fn count(of: i64) -> u64 {
    u64::try_from(of).unwrap_or(0)
}

/// By what they cost, the dearest first.
fn dearest(sums: BTreeMap<String, Sums>) -> impl Iterator<Item = (String, Sums)> {
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by(|a, b| b.1.charge.cmp(&a.1.charge).then_with(|| a.0.cmp(&b.0)));
    rows.into_iter()
}

pub(super) fn models(sums: BTreeMap<String, Sums>) -> Vec<StatementModel> {
    let row = |(model, sums): (String, Sums)| StatementModel {
        model,
        calls: count(sums.calls),
        charge: sums.charge,
        input_tokens: count(sums.input),
        cached_tokens: count(sums.cached),
        output_tokens: count(sums.output),
    };
    dearest(sums).map(row).collect()
}

pub(super) fn tools(sums: BTreeMap<String, Sums>) -> Vec<StatementTool> {
    let row = |(tool, sums): (String, Sums)| StatementTool {
        tool,
        calls: count(sums.calls),
        charge: sums.charge,
        input_tokens: count(sums.input),
        output_tokens: count(sums.output),
    };
    dearest(sums).map(row).collect()
}

pub(super) fn days(sums: BTreeMap<Date, Sums>) -> Vec<StatementDay> {
    let row = |(day, sums): (Date, Sums)| StatementDay {
        day: day.to_string(),
        calls: count(sums.calls),
        charge: sums.charge,
        entries: sums.entries,
    };
    sums.into_iter().map(row).collect()
}

pub(super) fn months(sums: BTreeMap<SpanOf, Sums>) -> Vec<StatementMonth> {
    let row = |(month, sums): (SpanOf, Sums)| StatementMonth {
        month: month.to_string(),
        calls: count(sums.calls),
        charge: sums.charge,
        entries: sums.entries,
    };
    sums.into_iter().map(row).collect()
}
