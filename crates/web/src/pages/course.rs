//! The course of a run: what it spent when, as a chart.

use std::time::Duration;

use purser_control::shape::RunTimeline;
use purser_core::money::Nano;
use purser_core::time::Instant;

use crate::chart::{self, Kind, Spec, Stopped, Stretch, Timeline, Unit};
use crate::say::Markup;
use crate::visitor::Visitor;

/// The chart, with clocks of the visitor's zone.
pub(super) fn drawn(course: &RunTimeline, visitor: &Visitor) -> Markup {
    let length = Duration::from_secs(u64::from(course.minutes) * 60);
    let ends = course.items.last().map_or(visitor.now, |last| last.at.saturating_add(length));
    let begins = course.items.first().map_or(ends, |first| first.at);
    let day = |at: Instant| visitor.zone.date(at);
    // A run over midnight says the day as well; one that ends with the day does not.
    let is_long = day(begins) != day(ends.saturating_sub(Duration::from_micros(1)));
    let clock =
        |at: Instant| visitor.zone.wall(at).strftime(if is_long { "%-d %b %H:%M" } else { "%H:%M" }).to_string();
    let stopped = course
        .stopped
        .map(|at| Stopped { after: course.items.iter().take_while(|stretch| stretch.at <= at).count(), at: clock(at) });
    let stretches = course.items.iter().map(|stretch| Stretch {
        label: clock(stretch.at),
        own: stretch.charge.get(),
        below: stretch.below.get(),
    });
    let kind = Kind::Timeline(Timeline {
        unit: Unit::Money(visitor.currency.clone()),
        stretches: stretches.collect(),
        per: per(course.minutes),
        until: clock(ends),
        limit: course.limit.map(Nano::get),
        stopped,
    });
    let title = "What it spent when".to_owned();
    Markup::new(chart::svg(&Spec { id: "course".to_owned(), title, kind }).html())
}

/// How long a stretch is, in words.
fn per(minutes: u32) -> String {
    match minutes {
        1 => "minute".to_owned(),
        60 => "hour".to_owned(),
        1_440 => "day".to_owned(),
        minutes if minutes % 1_440 == 0 => format!("{} days", minutes / 1_440),
        minutes if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_have_their_length_in_words() {
        assert_eq!([1, 5, 60, 360, 1_440, 4_320].map(per), ["minute", "5 minutes", "hour", "6 hours", "day", "3 days"]);
    }
}
