//! A run, minute by minute: what it spent, its caps, where it was stopped, and what that saved.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect};
use super::figures::{Unit, counted};
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::{Chart, Table};

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// What the amounts are.
    pub unit: Unit,
    /// The first minute in minutes since midnight where the run is read.
    pub began: u16,
    /// What each minute spent, from the first on.
    pub spent: Vec<i64>,
    /// Lines that a minute may not cross.
    pub caps: Vec<Cap>,
    /// After how many minutes it was stopped.
    pub stopped_after: Option<usize>,
    /// What the minutes after that would have spent, as whoever asks reckons it.
    pub saved: Vec<i64>,
}

/// One cap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// What it is.
    pub name: String,
    /// For a minute.
    pub amount: i64,
}

impl Timeline {
    fn clock(&self, minute: usize) -> String {
        let minute = (usize::from(self.began) + minute) % 1_440;
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    fn minutes(&self) -> usize {
        self.spent.len().max(self.stopped_after.unwrap_or(0)) + self.saved.len()
    }

    /// Where what was saved begins.
    fn end(&self) -> usize {
        self.minutes() - self.saved.len()
    }
}

fn total(minutes: &[i64]) -> i128 {
    minutes.iter().map(|minute| i128::from((*minute).max(0))).sum()
}

impl Chart for Timeline {
    fn nothing(&self) -> Option<&'static str> {
        (total(&self.spent) == 0).then_some("Nothing to draw yet: the run has not been charged anything.")
    }

    fn sentence(&self) -> String {
        let unit = &self.unit;
        let most = self.spent.iter().zip(0..).max_by_key(|(spent, _)| **spent);
        let mut text =
            format!("{} in {}", unit.said(total(&self.spent)), counted(self.spent.len(), "minute", "minutes"));
        if let Some((most, at)) = most {
            _ = write!(text, ", at most {} in one ({})", unit.short(*most), self.clock(at));
        }
        text.push('.');
        if let Some(after) = self.stopped_after {
            _ = write!(text, " Stopped at {}.", self.clock(after));
        }
        if total(&self.saved) > 0 {
            let minutes = counted(self.saved.len(), "minute", "minutes");
            _ = write!(text, " Going on for {minutes} would have cost about {}.", unit.short(total(&self.saved)));
        }
        text
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            &format!("The run by minute, in {}", self.unit.column()),
            &["Minute", "Spent", "Would have spent"],
        );
        for (at, spent) in self.spent.iter().enumerate() {
            table.rows.push(vec![self.clock(at), self.unit.exact((*spent).max(0)), String::new()]);
        }
        for (at, saved) in self.saved.iter().enumerate() {
            table.rows.push(vec![self.clock(self.end() + at), String::new(), self.unit.exact((*saved).max(0))]);
        }
        table.foot =
            Some(vec!["In all".to_owned(), self.unit.exact(total(&self.spent)), self.unit.exact(total(&self.saved))]);
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let mut items = vec![(Look::Fill("c-1"), "spent in a minute".to_owned())];
        if !self.caps.is_empty() {
            items.push((Look::Line("c-floor"), "cap".to_owned()));
        }
        if total(&self.saved) > 0 {
            items.push((Look::Hatched("c-saved"), format!("saved {}", self.unit.short(total(&self.saved)))));
        }
        draw.height = height(draw, &items) + if draw.is_wide() { 2_600 } else { 2_400 };
        let top = legend(draw, &items);
        let all = self.spent.iter().chain(&self.saved).copied().chain(self.caps.iter().map(|cap| cap.amount));
        let high = all.max().unwrap_or(0);
        let plot = Plot::new(draw, &self.unit, 0, i128::from(high), top + 60);
        let count = i64::try_from(self.minutes()).unwrap_or(1).max(1);
        let slot = |at: usize| plot.left + (plot.right - plot.left) * i64::try_from(at).unwrap_or(0) / count;
        let gap = if (plot.right - plot.left) / count > 60 { 10 } else { 0 };

        let mut outline = vec![(slot(self.end()), plot.bottom)];
        for (at, saved) in self.saved.iter().enumerate() {
            let y = plot.y.at(*saved);
            outline.extend([(slot(self.end() + at), y), (slot(self.end() + at + 1), y)]);
        }
        outline.push((slot(self.minutes()), plot.bottom));
        if total(&self.saved) > 0 {
            draw.area("c-saved", &outline, true);
        }
        for (at, spent) in self.spent.iter().enumerate().filter(|(_, spent)| **spent > 0) {
            let title = format!("{}: {}", self.clock(at), self.unit.exact(*spent));
            let rect = Rect::between(slot(at), plot.y.at(*spent), (slot(at + 1) - gap).max(slot(at) + 5), plot.bottom);
            draw.rect("c-1", rect, Some(&title));
        }
        let mut lowest_free = i64::MAX;
        let mut caps: Vec<&Cap> = self.caps.iter().collect();
        caps.sort_by_key(|cap| cap.amount);
        for cap in caps {
            let y = plot.y.at(cap.amount);
            draw.line("c-floor", (plot.left, y), (plot.right, y));
            if y - 40 < lowest_free {
                let label = format!("{} {}", cap.name, self.unit.short(cap.amount));
                draw.text("c-label", Anchor::Start, (plot.left + 40, y - 40), &label);
                lowest_free = y - 180;
            }
        }
        if let Some(after) = self.stopped_after {
            let x = slot(after.min(self.minutes()));
            draw.line("c-stop", (x, plot.top - 100), (x, plot.bottom));
            draw.dot("c-stop-point", (x, plot.top - 100), 45);
            let anchor = if x > i64::midpoint(plot.left, plot.right) { Anchor::End } else { Anchor::Start };
            let aside = if anchor == Anchor::End { -80 } else { 80 };
            draw.text("c-warning", anchor, (x + aside, plot.top - 60), &format!("stopped {}", self.clock(after)));
        }
        let every = (self.minutes() / if draw.is_wide() { 8 } else { 4 }).max(1);
        let labels: Vec<_> =
            (0..self.minutes()).filter(|at| at % every == 0).map(|at| (slot(at), self.clock(at))).collect();
        plot.below(draw, &labels);
    }
}
