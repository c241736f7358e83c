//! What was seen, for reports.

use std::collections::BTreeMap;

use purser_store::{ObservedRow, ObservedSums};

use super::MARK;
use crate::access::Within;
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::shape::{ObservedBy, ObservedLine, ObservedPage, ObservedTotals, Page, WantedObserved};
use crate::usage::{Understood, Wanted};

impl Control {
    /// What was seen, by tool, model, day of UTC, session or person: one's own, or of everybody who is covered. Contains
    /// everything that was told when it is asked for.
    ///
    /// # Errors
    /// Nobody of that name, a day that can't be read, or the projection.
    pub(crate) async fn observed_page(&self, within: Within, wanted: WantedObserved) -> Result<ObservedPage, Error> {
        let WantedObserved { person, by, from, to, limit, after } = wanted;
        let asked = Wanted { person, from, to, ..Wanted::default() };
        let Understood { snapshot, person, range } = self.understood(&asked)?;
        self.report(move |inner| {
            let rows = inner.reader.observed(person, &range).map_err(stored)?;
            let mut lines: BTreeMap<String, ObservedSums> = BTreeMap::new();
            let mut sums = ObservedSums::default();
            for row in rows.iter().filter(|row| within.person(&snapshot.directory, row.person)) {
                sums.add(&row.sums);
                lines.entry(key_of(by.unwrap_or_default(), row)).or_default().add(&row.sums);
            }
            let mut lines: Vec<(String, ObservedSums)> = lines.into_iter().collect();
            if by != Some(ObservedBy::Day) {
                lines.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.charge));
            }
            let part = crate::pages::Part::new(limit, after);
            let show = |(key, sums): &(String, ObservedSums)| {
                Ok(ObservedLine { key: key.clone(), name: inner.name_of_line(by, key), totals: totals(sums) })
            };
            let Page { items, next, .. } = part.of(&lines, |(key, _)| key.clone(), show)?;
            Ok(ObservedPage { items, next, from: range.start, to: range.end, totals: totals(&sums) })
        })
        .await
    }
}

impl Inner {
    fn name_of_line(&self, by: Option<ObservedBy>, key: &str) -> Option<String> {
        let person = key.parse().ok().filter(|_| by == Some(ObservedBy::Person))?;
        self.names.read().person_name(person)
    }
}

fn key_of(by: ObservedBy, row: &ObservedRow) -> String {
    match by {
        ObservedBy::Tool => row.tool.clone(),
        ObservedBy::Model => row.model.clone(),
        ObservedBy::Day => purser_core::zone::Zone::UTC.date(row.at).to_string(),
        ObservedBy::Session => format!("{}/{:016x}", row.tool, row.session),
        ObservedBy::Person => row.person.to_string(),
    }
}

/// As it is shown.
pub(crate) fn totals(sums: &ObservedSums) -> ObservedTotals {
    let ObservedSums { requests, input, cache_read, cache_write_5m, cache_write_1h, output, charge, unpriced, claimed } =
        *sums;
    let parts = [input, cache_read, cache_write_5m, cache_write_1h];
    ObservedTotals {
        mark: MARK.to_owned(),
        requests,
        input_tokens: parts.into_iter().fold(0, u64::saturating_add),
        cached_tokens: cache_read,
        written_tokens: cache_write_5m.saturating_add(cache_write_1h),
        output_tokens: output,
        charge,
        unpriced,
        claimed_usd: claimed,
    }
}
