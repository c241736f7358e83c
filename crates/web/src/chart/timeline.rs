//! A run, stretch by stretch: what each spent, what that adds up to beside its limit, where it was stopped, and what that
//! left of the limit.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect};
use super::figures::Unit;
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::{Chart, Table};

/// The fewest places for stretches, so that the only one of a short run is no wall.
const PLACES_MIN: usize = 12;

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// What the amounts are.
    pub unit: Unit,
    /// In order of time, without a gap.
    pub stretches: Vec<Stretch>,
    /// How long one is: `minute`, `5 minutes`.
    pub per: String,
    /// When the last one ends, written as their labels are.
    pub until: String,
    /// The most that all of them together may spend.
    pub limit: Option<i64>,
    /// Where it was stopped.
    pub stopped: Option<Stopped>,
}

/// One stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When it begins.
    pub label: String,
    /// What the run spent. Below zero counts as nothing.
    pub own: i64,
    /// What runs that it started spent. Below zero counts as nothing.
    pub below: i64,
}

impl Stretch {
    fn held(&self) -> (i128, i128) {
        (i128::from(self.own.max(0)), i128::from(self.below.max(0)))
    }

    fn sum(&self) -> i128 {
        let (own, below) = self.held();
        own + below
    }
}

/// The stop of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// After so many stretches.
    pub after: usize,
    /// When, as it is told.
    pub at: String,
}

impl Timeline {
    fn total(&self) -> i128 {
        self.stretches.iter().map(Stretch::sum).sum()
    }

    fn below(&self) -> i128 {
        self.stretches.iter().map(|stretch| stretch.held().1).sum()
    }

    fn limit(&self) -> Option<i128> {
        self.limit.map(|limit| i128::from(limit.max(0)))
    }

    /// What a stop left of the limit.
    fn left(&self) -> Option<i128> {
        let left = self.limit()? - self.total();
        self.stopped.as_ref().filter(|_| left > 0).map(|_| left)
    }

    /// Nobody says `in one 5 minutes`.
    fn one(&self) -> String {
        if self.per.starts_with(|c: char| c.is_ascii_digit()) { self.per.clone() } else { format!("one {}", self.per) }
    }

    fn items(&self) -> Vec<(Look, String)> {
        let mut items = vec![(Look::Fill("c-1"), format!("spent in {}", self.one()))];
        if self.below() > 0 {
            items.push((Look::Hatched("c-3"), "by runs that it started".to_owned()));
        }
        items.push((Look::Line("c-line"), "so far".to_owned()));
        if self.limit.is_some() {
            items.push((Look::Line("c-floor"), "its limit".to_owned()));
        }
        if let Some(left) = self.left() {
            items.push((Look::Hatched("c-saved"), format!("not spent {}", self.unit.short(left))));
        }
        items
    }

    /// What each stretch spent.
    fn draw_pace(&self, draw: &mut Draw, plot: &Plot, slots: &Slots) {
        for (at, stretch) in self.stretches.iter().enumerate() {
            let (own, below) = stretch.held();
            for (class, from, amount) in [("c-1", 0, own), ("c-3", own, below)] {
                if amount > 0 {
                    let title = format!("{}: {}", stretch.label, self.unit.exact(amount));
                    let (left, right) = slots.bar(at);
                    let rect = Rect::between(left, plot.y.at(from + amount), right, plot.y.at(from));
                    draw.rect(class, rect, Some(&title));
                    if class == "c-3" {
                        draw.hatch(rect, Some(&title));
                    }
                }
            }
        }
    }

    /// What they add up to.
    fn draw_sums(&self, draw: &mut Draw, plot: &Plot, slots: &Slots) {
        if let (Some(left), Some(limit)) = (self.left(), self.limit()) {
            let (from, to) = (slots.at(self.stopped_after()), plot.right);
            let (above, below) = (plot.y.at(limit), plot.y.at(limit - left));
            draw.area("c-saved", &[(from, above), (to, above), (to, below), (from, below)], true);
        }
        let mut points = vec![(slots.at(0), plot.y.at(0))];
        let mut sum = 0;
        for (at, stretch) in self.stretches.iter().enumerate() {
            sum += stretch.sum();
            points.push((slots.at(at + 1), plot.y.at(sum)));
        }
        draw.polyline("c-line", &points);
        if let Some(limit) = self.limit() {
            let y = plot.y.at(limit);
            draw.line("c-floor", (plot.left, y), (plot.right, y));
            let label = format!("limit {}", self.unit.short(limit));
            draw.text("c-label", Anchor::Start, (plot.left + 40, y - 40), &label);
        }
    }

    fn stopped_after(&self) -> usize {
        self.stopped.as_ref().map_or(0, |stopped| stopped.after.min(self.stretches.len()))
    }

    /// As many places as there are stretches, and some for what was not spent any more.
    fn places(&self) -> usize {
        let count = self.stretches.len();
        (count + if self.left().is_some() { (count / 6).max(2) } else { 0 }).max(PLACES_MIN)
    }
}

/// Where stretches are.
struct Slots {
    left: i64,
    width: i64,
    count: i64,
}

impl Slots {
    fn at(&self, place: usize) -> i64 {
        self.left + self.width * i64::try_from(place).unwrap_or(0) / self.count
    }

    /// From where to where a bar goes: at least half a unit wide.
    fn bar(&self, place: usize) -> (i64, i64) {
        let (left, right) = (self.at(place), self.at(place + 1));
        let gap = if right - left > 60 { 10 } else { 0 };
        (left, (right - gap).max(left + 5))
    }
}

impl Chart for Timeline {
    fn nothing(&self) -> Option<&'static str> {
        (self.total() == 0).then_some("Nothing to draw yet: the run has not been charged anything.")
    }

    fn sentence(&self) -> String {
        let unit = &self.unit;
        let mut text = unit.said(self.total());
        match self.stretches.as_slice() {
            [only] => _ = write!(text, " in {} ({})", self.one(), only.label),
            all => {
                if let Some(first) = all.first() {
                    _ = write!(text, " between {} and {}", first.label, self.until);
                }
                // Of equal ones the first.
                if let Some(most) = all.iter().rev().max_by_key(|stretch| stretch.sum()) {
                    _ = write!(text, ", at most {} in {} ({})", unit.short(most.sum()), self.one(), most.label);
                }
            }
        }
        text.push('.');
        if self.below() > 0 {
            _ = write!(text, " {} of it was spent by runs that it started.", unit.short(self.below()));
        }
        let limit = self.limit().map(|limit| unit.short(limit));
        match (&self.stopped, self.left(), limit) {
            (Some(stopped), Some(left), Some(limit)) => {
                let left = unit.short(left);
                _ = write!(text, " Stopped at {}, with {left} of its limit of {limit} not spent.", stopped.at);
            }
            (Some(stopped), ..) => _ = write!(text, " Stopped at {}.", stopped.at),
            (None, _, Some(limit)) => _ = write!(text, " It may spend {limit} in all."),
            (None, _, None) => {}
        }
        text
    }

    fn table(&self) -> Table {
        let caption = format!("What was spent in each {}, in {}", self.per, self.unit.column());
        let mut table = Table::new(&caption, &["From", "Spent", "By runs that it started", "So far"]);
        let mut sum = 0;
        for stretch in &self.stretches {
            let (own, below) = stretch.held();
            sum += own + below;
            let cells = [own, below, sum].map(|amount| self.unit.exact(amount));
            table.rows.push([stretch.label.clone()].into_iter().chain(cells).collect());
        }
        let cells = [sum - self.below(), self.below(), sum].map(|amount| self.unit.exact(amount));
        table.foot = Some(["In all".to_owned()].into_iter().chain(cells).collect());
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let items = self.items();
        let (pace, sums) = if draw.is_wide() { (1_400, 1_500) } else { (1_200, 1_300) };
        // The word at the stop stands between the legend and the field.
        let word = if self.stopped.is_some() { 100 } else { 0 };
        let whole = height(draw, &items) + word + pace + sums;
        draw.height = whole;
        let top = legend(draw, &items) + word;
        let high = self.stretches.iter().map(Stretch::sum).max().unwrap_or(0);
        let most = self.total().max(self.limit().unwrap_or(0));
        let margin = Plot::margin(&self.unit, 0, high).max(Plot::margin(&self.unit, 0, most));

        draw.height = top + pace;
        let pace = Plot::within(draw, &self.unit, (0, high), top, 0, margin);
        draw.height = whole;
        let sums = Plot::within(draw, &self.unit, (0, most), pace.bottom + 40, 1, margin);
        let count = i64::try_from(self.places()).unwrap_or(1).max(1);
        let slots = Slots { left: pace.left, width: pace.right - pace.left, count };
        self.draw_pace(draw, &pace, &slots);
        self.draw_sums(draw, &sums, &slots);
        if let Some(stopped) = &self.stopped {
            let x = slots.at(self.stopped_after());
            draw.line("c-stop", (x, pace.top - 100), (x, sums.bottom));
            draw.dot("c-stop-point", (x, pace.top - 100), 45);
            let anchor = if x > i64::midpoint(pace.left, pace.right) { Anchor::End } else { Anchor::Start };
            let aside = if anchor == Anchor::End { -80 } else { 80 };
            draw.text("c-warning", anchor, (x + aside, pace.top - 60), &format!("stopped {}", stopped.at));
        }
        let labels: Vec<_> =
            self.stretches.iter().enumerate().map(|(at, stretch)| (slots.at(at), stretch.label.clone())).collect();
        sums.below(draw, &labels);
    }
}
