//! Charts of usage over time, from the API's figures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use purser_control::Problem;
use purser_control::shape::{HistoryRow, Overview, UsageHistory};

use super::asked::{Looked, Metric, label, next};
use super::today;
use crate::ask::to;
use crate::chart::{self, Bar, Calendar, Day, Kind, Part, Spec, Stacked, Unit};
use crate::say::Markup;
use crate::visitor::Visitor;

/// Days of the calendar: 53 weeks.
const CALENDAR_DAYS: i32 = 371;

/// Bars in order of time, the empty ones too, a part for each model.
pub(super) fn stacked(history: &UsageHistory, looked: &Looked, visitor: &Visitor) -> Markup {
    let series: BTreeSet<&str> = history.items.iter().map(|row| row.model.as_str()).collect();
    let series: Vec<&str> = series.into_iter().collect();
    let mut bars = BTreeMap::<Date, Vec<Part>>::new();
    let mut first = Some(looked.per.first_day(looked.from));
    while let Some(date) = first.filter(|date| *date < looked.to) {
        bars.insert(date, vec![Part::default(); series.len()]);
        first = next(looked.per, date);
    }
    for row in &history.items {
        let bar = row.starts.parse().ok().and_then(|date: Date| bars.get_mut(&date));
        let place = series.iter().position(|name| *name == row.model);
        if let Some(part) = bar.zip(place).and_then(|(bar, place)| bar.get_mut(place)) {
            *part = counted(row, looked.metric);
        }
    }
    let kind = Kind::Stacked(Stacked {
        unit: match looked.metric {
            Metric::Money => Unit::Money(visitor.currency.clone()),
            Metric::Tokens => Unit::Tokens,
            Metric::Calls => Unit::Requests,
        },
        series: series.into_iter().map(str::to_owned).collect(),
        bars: bars.into_iter().map(|(date, parts)| Bar { label: label(looked.per, date), parts }).collect(),
        per: looked.per.word(),
    });
    drawn("over-time", "Usage over time by model", kind)
}

fn counted(row: &HistoryRow, metric: Metric) -> Part {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    match metric {
        Metric::Money => Part { all: row.charge.get(), cached: 0 },
        Metric::Tokens => {
            Part { all: whole(row.input_tokens.saturating_add(row.output_tokens)), cached: whole(row.cached_tokens) }
        }
        Metric::Calls => Part { all: whole(row.calls), cached: 0 },
    }
}

/// The year up to today, day by day.
pub(super) async fn calendar(visitor: &Visitor, person: Option<&str>) -> Result<Markup, Problem> {
    let until = today(visitor);
    let from = until.checked_sub(CALENDAR_DAYS.days()).unwrap_or(until);
    let days: Overview =
        visitor.ask.get(&to(&["usage"]).with("by", "day").with("from", from).with_some("person", person)).await?;
    let day = |key: &str, value: i64| Some(Day { date: key.parse().ok()?, value, is_leave: false });
    let kind = Kind::Calendar(Calendar {
        unit: Unit::Money(visitor.currency.clone()),
        until,
        days: days.items.iter().filter_map(|row| day(&row.key, row.charge.get())).collect(),
    });
    Ok(drawn("calendar", "A year of days", kind))
}

fn drawn(id: &str, title: &str, kind: Kind) -> Markup {
    Markup::new(chart::svg(&Spec { id: id.to_owned(), title: title.to_owned(), kind }).html())
}
