//! Reports in pages of buckets, as both providers send them: one page, several one after the other, or a list of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{BillMistake, DAY_S, Day, shown};
use crate::time::Instant;

/// A page.
#[derive(Deserialize)]
pub(super) struct Page<B> {
    pub(super) data: Vec<B>,
    #[serde(default)]
    pub(super) has_more: Option<bool>,
    #[serde(default, rename = "next_page")]
    pub(super) next: Option<String>,
}

/// The pages of a text.
///
/// # Errors
/// It is no such JSON, or its last page says that there are more.
pub(super) fn pages<B: DeserializeOwned>(text: &str) -> Result<Vec<Page<B>>, BillMistake> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let wrong = |error: &serde_json::Error| {
        BillMistake::new(format!("line {} column {}", error.line(), error.column()), without_place(error))
    };
    let pages: Vec<Page<B>> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(|error| wrong(&error))?
    } else {
        let read = serde_json::Deserializer::from_str(text).into_iter();
        read.collect::<Result<_, _>>().map_err(|error| wrong(&error))?
    };
    if pages.is_empty() {
        return Err(BillMistake::new("line 1", "it has no page"));
    }
    if pages.last().is_some_and(|page| page.has_more == Some(true)) {
        let what =
            "the last page says that there are more (`has_more`); put all pages into the file, one after the other";
        return Err(BillMistake::new(format!("page {}", pages.len()), what));
    }
    Ok(pages)
}

/// What is wrong, without the place that serde says again.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    shown(text.split(" at line ").next().unwrap_or(&text))
}

/// The span of one bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) day: i64,
    start_s: i64,
    end_s: i64,
}

impl Span {
    /// # Errors
    /// It is empty, or lies in more than one day of UTC.
    pub(super) fn try_new(at: &str, start: Instant, end: Instant) -> Result<Self, BillMistake> {
        let (start_s, end_s) = (start.as_secs(), end.as_secs());
        let day = start_s.div_euclid(DAY_S);
        let last = end_s.saturating_sub(1).div_euclid(DAY_S);
        if end_s <= start_s || last != day {
            let what = format!("the bucket from {start} to {end} is not within one day of UTC");
            return Err(BillMistake::new(at, what));
        }
        Ok(Self { day, start_s, end_s })
    }
}

/// Days that are being put together.
#[derive(Debug)]
pub(super) struct Days<K, L> {
    spans: BTreeMap<K, BTreeSet<(i64, i64)>>,
    days: BTreeMap<K, Day<L>>,
}

impl<K: Ord + Clone, L> Days<K, L> {
    pub(super) const fn new() -> Self {
        Self { spans: BTreeMap::new(), days: BTreeMap::new() }
    }

    /// The lines of the day; the bucket is in it.
    pub(super) fn at(&mut self, key: K, span: Span) -> &mut Vec<L> {
        let day = self.days.entry(key.clone()).or_insert_with(|| Day { covered_s: 0, lines: Vec::new() });
        if self.spans.entry(key).or_default().insert((span.start_s, span.end_s)) {
            let length = span.end_s.saturating_sub(span.start_s);
            day.covered_s = day.covered_s.saturating_add(length).min(DAY_S);
        }
        &mut day.lines
    }

    pub(super) fn done(self) -> BTreeMap<K, Day<L>> {
        self.days
    }
}
