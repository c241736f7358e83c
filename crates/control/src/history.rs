//! Usage over time: what each model cost in each day, week or month.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::{Day, Line, Scope};

use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{HistoryPer, HistoryRow, UsageHistory, WantedUsageHistory};
use crate::usage::{Understood, Wanted, day_after};

/// The most days, weeks or months of one answer: a year of days and the weeks around it.
const STRETCHES_MAX: usize = 400;

impl Control {
    /// What each model cost in each stretch of time (days of UTC; weeks begin on Monday). A stretch or model without any is
    /// left out. Contains everything that was written when it is asked for.
    ///
    /// # Errors
    /// Nobody of that name, a day that can't be read, more than 400 stretches, or the projection.
    pub async fn usage_history(&self, wanted: WantedUsageHistory) -> Result<UsageHistory, Error> {
        let WantedUsageHistory { person, per, from, to } = wanted;
        let per = per.unwrap_or_default();
        let asked = Wanted { person, from, to, ..Wanted::default() };
        let Understood { person, range, .. } = self.understood(&asked)?;
        let days = Day::of(range.start)..day_after(range.end);
        if stretches(per, &days) > STRETCHES_MAX {
            return Err(Refused::new(Code::Invalid, format!("that is more than {STRETCHES_MAX} {}s", per.word()))
                .hint("ask for fewer days, or for weeks or months")
                .into());
        }
        let (from, to) = (days.start.start(), days.end.start());
        self.report(move |inner| {
            let scope = person.map_or(Scope::Company, Scope::Person);
            let lines = inner.reader.usage_by_day_and_model(scope, days).map_err(stored)?;
            Ok(told(lines, per, from..to))
        })
        .await
    }
}

/// How many whole ones these days are.
fn stretches(per: HistoryPer, days: &Range<Day>) -> usize {
    let days = usize::try_from(days.end.0.saturating_sub(days.start.0)).unwrap_or(0);
    match per {
        HistoryPer::Day => days,
        HistoryPer::Week => days.div_ceil(7),
        HistoryPer::Month => days.div_ceil(31),
    }
}

fn told(lines: Vec<Line<(Day, String)>>, per: HistoryPer, range: Range<Instant>) -> UsageHistory {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let mut sums = BTreeMap::<(Date, String), HistoryRow>::new();
    for Line { of: (day, model), calls, input, cache_read, output, charge } in lines {
        let starts = per.first_day(Zone::UTC.date(day.start()));
        let row = sums.entry((starts, model)).or_insert_with_key(|(starts, model)| HistoryRow {
            starts: starts.to_string(),
            model: model.clone(),
            calls: 0,
            input_tokens: 0,
            cached_tokens: 0,
            output_tokens: 0,
            charge: Nano::ZERO,
        });
        row.calls = row.calls.saturating_add(count(calls));
        row.input_tokens = row.input_tokens.saturating_add(count(input));
        row.cached_tokens = row.cached_tokens.saturating_add(count(cache_read));
        row.output_tokens = row.output_tokens.saturating_add(count(output));
        row.charge = row.charge.saturating_add(charge);
    }
    let items: Vec<HistoryRow> = sums.into_values().collect();
    UsageHistory {
        charge: items.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row.charge)),
        calls: items.iter().fold(0_u64, |sum, row| sum.saturating_add(row.calls)),
        per,
        from: range.start,
        to: range.end,
        items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_together_to_weeks_and_months() {
        let line = |date: &str, model: &str, nano| {
            let day = Day::of(Zone::UTC.first_instant(date.parse().unwrap()));
            Line { of: (day, model.to_owned()), calls: 1, input: 10, cache_read: 4, output: 2, charge: Nano::new(nano) }
        };
        // A Sunday, the Monday behind it, and the first of a month.
        let lines = || vec![line("2026-11-29", "a", 1), line("2026-11-30", "a", 2), line("2026-12-01", "b", 4)];
        let check = |per, expected: &[(&str, &str, i64)]| {
            let history = told(lines(), per, Instant::from_micros(0)..Instant::from_micros(1));
            let rows: Vec<_> = history.items.iter().map(|row| (&*row.starts, &*row.model, row.charge.get())).collect();
            assert_eq!(rows, expected);
            assert_eq!((history.charge, history.calls), (Nano::new(7), 3));
        };
        check(HistoryPer::Day, &[("2026-11-29", "a", 1), ("2026-11-30", "a", 2), ("2026-12-01", "b", 4)]);
        check(HistoryPer::Week, &[("2026-11-23", "a", 1), ("2026-11-30", "a", 2), ("2026-11-30", "b", 4)]);
        check(HistoryPer::Month, &[("2026-11-01", "a", 3), ("2026-12-01", "b", 4)]);
    }

    #[test]
    fn an_answer_is_bounded() {
        let days = |count| Day(0)..Day(count);
        assert_eq!(stretches(HistoryPer::Day, &days(400)), 400);
        assert_eq!(stretches(HistoryPer::Week, &days(15)), 3);
        assert_eq!(stretches(HistoryPer::Month, &days(3_650)), 118);
        assert_eq!(stretches(HistoryPer::Day, &(Day(3)..Day(1))), 0);
    }
}
