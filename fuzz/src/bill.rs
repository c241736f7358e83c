//! Reports about a provider's bill. Input: their form, then the bytes.
//!
//! The same text reads the same; a day has no more lines than it may, each key once; what was read can be kept and read again;
//! adding up never leaves the range.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::bill::{self, Format, LINES_MAX, Prices, Report, ReportedDay};
use purser_core::money::Nano;
use purser_core::price::Bucket;

/// Checks one report.
pub fn check(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(body) else { return };
    let format = match kind {
        b'a' => Format::AnthropicUsage,
        b'b' => Format::AnthropicCost,
        b'c' => Format::OpenaiUsage,
        b'd' => Format::OpenaiCosts,
        b'e' => Format::Csv,
        _ => return,
    };
    let _ = Format::of(text);
    let _ = bill::more_in(text);
    let read = bill::read(format, None, text);
    assert_eq!(bill::read(format, None, text), read);
    let Ok(Report { usage, costs }) = read else { return };
    for day in usage.values() {
        assert!(day.lines.len() <= LINES_MAX && (0..=86_400).contains(&day.covered_s));
        let keys: BTreeSet<_> =
            day.lines.iter().map(|line| (&line.model, &line.key, format!("{:?}", line.tier))).collect();
        assert_eq!(keys.len(), day.lines.len(), "each key once");
        let kept = serde_json::to_string(day).expect("what was read is JSON");
        assert_eq!(&serde_json::from_str::<bill::Day<bill::UsageLine>>(&kept).expect("and reads back"), day);
    }
    for day in costs.values() {
        let kept = serde_json::to_string(day).expect("what was read is JSON");
        assert_eq!(&serde_json::from_str::<bill::Day<bill::CostLine>>(&kept).expect("and reads back"), day);
    }
    // Held against an empty ledger, with and without prices: nothing overflows, and all of it is found.
    let first = usage.keys().map(|(_, day)| *day).chain(costs.keys().copied()).min().unwrap_or(0);
    let of = ReportedDay {
        day: first,
        usage: usage.into_iter().find(|((_, day), _)| *day == first).map(|(_, day)| day),
        costs: costs.get(&first).cloned(),
        ..ReportedDay::default()
    };
    let used = of.usage.iter().flat_map(|day| &day.lines).any(|line| !line.usage.is_empty());
    let found = bill::compare(std::slice::from_ref(&of), &BTreeSet::new(), &NoPrices);
    assert!(!used || !found.is_empty(), "usage that nobody's call has is found");
}

struct NoPrices;

impl Prices for NoPrices {
    fn value(&self, _day: i64, _model: &str, _differences: &BTreeMap<Bucket, i64>) -> Option<Nano> {
        None
    }
}
