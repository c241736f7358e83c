//! What was used, a bar for each stretch of time, a part for each model.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect};
use super::figures::{Unit, percent};
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::{Chart, Table};

/// How many series have a name of their own.
const TOP: usize = 6;
/// What the others are called together.
const OTHER: &str = "Other";
const FILLS: [&str; TOP + 1] = ["c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "c-other"];
/// What stands in a part, and before its name.
const LETTERS: [&str; TOP + 1] = ["A", "B", "C", "D", "E", "F", "O"];

/// Bars made of parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stacked {
    /// What the figures are.
    pub unit: Unit,
    /// The names of the series, as many as a bar has parts. Beyond the six largest they are shown as one.
    pub series: Vec<String>,
    /// In order of time.
    pub bars: Vec<Bar>,
    /// What one bar is: `day`, `week`.
    pub per: &'static str,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What stands below it.
    pub label: String,
    /// In the order of the series. What is missing counts as nothing.
    pub parts: Vec<Part>,
}

/// One series' part of one bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// All of it; below zero counts as nothing.
    pub all: i64,
    /// What of it was read from a cache.
    pub cached: i64,
}

impl Part {
    fn held(self) -> (i128, i128) {
        let all = i128::from(self.all.max(0));
        (all, i128::from(self.cached).clamp(0, all))
    }
}

/// After the smaller ones were put together: names, and for each bar all and cached of each.
struct Folded {
    names: Vec<String>,
    bars: Vec<Vec<(i128, i128)>>,
}

impl Folded {
    fn sum(bar: &[(i128, i128)]) -> i128 {
        bar.iter().map(|(all, _)| all).sum()
    }

    fn total(&self) -> i128 {
        self.bars.iter().map(|bar| Self::sum(bar)).sum()
    }

    fn series(&self, at: usize) -> i128 {
        self.bars.iter().filter_map(|bar| bar.get(at)).map(|(all, _)| all).sum()
    }

    fn cached(&self) -> i128 {
        self.bars.iter().flatten().map(|(_, cached)| cached).sum()
    }
}

impl Stacked {
    fn fold(&self) -> Folded {
        let part = |bar: &Bar, at: usize| bar.parts.get(at).copied().unwrap_or_default().held();
        let mut order: Vec<(usize, i128)> = (0..self.series.len())
            .map(|at| (at, self.bars.iter().map(|bar| part(bar, at).0).sum()))
            .filter(|(_, sum)| *sum > 0)
            .collect();
        // The largest first; equal ones as they came.
        order.sort_by_key(|(at, sum)| (std::cmp::Reverse(*sum), *at));
        let (top, rest) = order.split_at(order.len().min(TOP));
        let mut names: Vec<String> = top.iter().map(|(at, _)| self.series[*at].clone()).collect();
        if !rest.is_empty() {
            names.push(format!("{OTHER} ({})", rest.len()));
        }
        let bars = self.bars.iter().map(|bar| {
            let mut parts: Vec<(i128, i128)> = top.iter().map(|(at, _)| part(bar, *at)).collect();
            if !rest.is_empty() {
                let parts_of = rest.iter().map(|(at, _)| part(bar, *at));
                parts.push(parts_of.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1)));
            }
            parts
        });
        Folded { names, bars: bars.collect() }
    }

    fn items(folded: &Folded) -> Vec<(Look, String)> {
        let names = folded.names.iter().zip(FILLS).zip(LETTERS);
        let mut items: Vec<_> =
            names.map(|((name, fill), letter)| (Look::Fill(fill), format!("{letter}  {name}"))).collect();
        if folded.cached() > 0 {
            items.push((Look::Hatched("c-plain"), "read from a cache".to_owned()));
        }
        items
    }
}

impl Chart for Stacked {
    fn nothing(&self) -> Option<&'static str> {
        (self.fold().total() == 0).then_some("Nothing to draw yet: nothing was used in this time.")
    }

    fn sentence(&self) -> String {
        let folded = self.fold();
        let total = folded.total();
        let most = folded.bars.iter().map(|bar| Folded::sum(bar)).zip(&self.bars).max_by_key(|(sum, _)| *sum);
        let mut text = format!("{} in all", self.unit.said(total));
        if let Some(name) = folded.names.first() {
            _ = write!(text, ", {} of it {name}", percent(folded.series(0), total));
        }
        text.push('.');
        if let (Some((sum, bar)), true) = (most, self.bars.len() > 1) {
            _ = write!(text, " The {} with the most was {} with {}.", self.per, bar.label, self.unit.short(sum));
        }
        if folded.cached() > 0 {
            _ = write!(text, " {} was read from a cache.", percent(folded.cached(), total));
        }
        text
    }

    fn table(&self) -> Table {
        let folded = self.fold();
        let mut table =
            Table::new(&format!("What was used by {}, in {}", self.per, self.unit.column()), &["When", "In all"]);
        table.head.extend(folded.names.iter().cloned());
        table.head.push("Of it read from a cache".to_owned());
        let cells = |name: &str, bar: &[(i128, i128)]| {
            let parts = bar.iter().map(|(all, _)| self.unit.exact(*all));
            let cached = bar.iter().map(|(_, cached)| cached).sum::<i128>();
            let mut cells = vec![name.to_owned(), self.unit.exact(Folded::sum(bar))];
            cells.extend(parts);
            cells.push(self.unit.exact(cached));
            cells
        };
        table.rows = self.bars.iter().zip(&folded.bars).map(|(bar, parts)| cells(&bar.label, parts)).collect();
        let mut sums = vec![(0, 0); folded.names.len()];
        for bar in &folded.bars {
            for (sum, part) in sums.iter_mut().zip(bar) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
        table.foot = Some(cells("In all", &sums));
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let folded = self.fold();
        let items = Self::items(&folded);
        draw.height = height(draw, &items) + if draw.is_wide() { 2_700 } else { 2_400 };
        let top = legend(draw, &items);
        let high = folded.bars.iter().map(|bar| Folded::sum(bar)).max().unwrap_or(0);
        let plot = Plot::new(draw, &self.unit, 0, high, top);
        let count = i64::try_from(self.bars.len()).unwrap_or(1).max(1);
        let slot = |at: i64| plot.left + (plot.right - plot.left) * at / count;
        // The bar in which each series is the largest has its letter.
        let lettered: Vec<usize> = (0..folded.names.len())
            .map(|at| (0..folded.bars.len()).max_by_key(|bar| (folded.bars[*bar][at].0, *bar)).unwrap_or(0))
            .collect();
        let mut labels = Vec::with_capacity(self.bars.len());
        for ((index, bar), parts) in (0_i64..).zip(&self.bars).zip(&folded.bars) {
            let (from, to) = (slot(index), slot(index + 1));
            let gap = ((to - from) / 5).min(120);
            let (from, to) = (from + gap / 2, (to - gap / 2).max(from + 1).min(from + 700));
            labels.push((i64::midpoint(from, to), bar.label.clone()));
            let mut sum = 0_i128;
            for (at, (all, cached)) in parts.iter().enumerate().filter(|(_, (all, _))| *all > 0) {
                let bottom = plot.y.at(sum);
                let (edge, above) = (plot.y.at(sum + cached), plot.y.at(sum + all));
                sum += all;
                // A hair between parts, where there is room for one.
                let above = if bottom - above > 40 { above + 10 } else { above };
                let title = format!("{}, {}: {}", bar.label, folded.names[at], self.unit.exact(*all));
                draw.rect(FILLS[at], Rect::between(from, above, to, bottom), Some(&title));
                if *cached > 0 {
                    let title = format!("{title}, of it read from a cache: {}", self.unit.exact(*cached));
                    draw.hatch(Rect::between(from, edge.max(above), to, bottom), Some(&title));
                }
                let free = if bottom - edge > edge - above && *cached > 0 { None } else { Some(edge - above) };
                if lettered[at] == usize::try_from(index).unwrap_or(0)
                    && free.is_some_and(|f| f >= 150)
                    && to - from >= 110
                {
                    draw.text(
                        "c-in",
                        Anchor::Middle,
                        (i64::midpoint(from, to), i64::midpoint(above, edge) + 42),
                        LETTERS[at],
                    );
                }
            }
        }
        plot.below(draw, &labels);
    }
}
