//! Reports in pages of buckets, as both providers send them: one page, several one after the other, or a list of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{BillMistake, CostLine, DAY_S, Day, Report, shown};
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
fn pages<B: DeserializeOwned>(text: &str) -> Result<Vec<Page<B>>, BillMistake> {
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

/// A bucket, as one of the providers writes it.
pub(super) trait Bucket: DeserializeOwned {
    /// One of its results.
    type Line;

    /// # Errors
    /// It names no span within a day.
    fn span(&self, at: &str) -> Result<Span, BillMistake>;

    fn results(self) -> Vec<Self::Line>;
}

/// Where a bucket is, its span and its results.
pub(super) type Read<L> = (String, Span, Vec<L>);

/// The buckets of all pages of a text.
///
/// # Errors
/// As [`pages`], or a bucket names no span within a day.
pub(super) fn buckets<B: Bucket>(text: &str) -> Result<Vec<Read<B::Line>>, BillMistake> {
    let mut found = Vec::new();
    for (p, page) in pages::<B>(text)?.into_iter().enumerate() {
        for (b, bucket) in page.data.into_iter().enumerate() {
            let at = if p == 0 { format!("data[{b}]") } else { format!("page {} data[{b}]", p.saturating_add(1)) };
            let span = bucket.span(&at)?;
            found.push((at, span, bucket.results()));
        }
    }
    Ok(found)
}

/// A report of costs, each line made by `line` from a result and its place.
///
/// # Errors
/// As [`buckets`], or those of `line`.
pub(super) fn costs<B: Bucket>(
    text: &str,
    line: impl Fn(B::Line, &str) -> Result<CostLine, BillMistake>,
) -> Result<Report, BillMistake> {
    let mut days = Days::new();
    for (at, span, results) in buckets::<B>(text)? {
        let lines = days.at(span.day, span);
        for (r, result) in results.into_iter().enumerate() {
            lines.push(line(result, &format!("{at}.results[{r}]"))?);
        }
    }
    Ok(Report { costs: days.done(), ..Report::default() })
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
