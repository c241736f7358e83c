//! How one total became another, cause by cause.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect};
use super::figures::Unit;
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::{Chart, Table};

/// A total, what changed it, and so the other total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// What the amounts are.
    pub unit: Unit,
    /// What the first total is called.
    pub from: String,
    /// The first total.
    pub first: i64,
    /// In the order in which they are told.
    pub steps: Vec<Step>,
    /// What the other total is called. It is the first and all steps.
    pub to: String,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// By how much.
    pub change: i64,
}

impl Waterfall {
    fn last(&self) -> i128 {
        i128::from(self.first) + self.steps.iter().map(|step| i128::from(step.change)).sum::<i128>()
    }
}

impl Chart for Waterfall {
    fn nothing(&self) -> Option<&'static str> {
        let is_nothing = self.first == 0 && self.steps.iter().all(|step| step.change == 0);
        is_nothing.then_some("Nothing to draw yet: there is nothing in either month.")
    }

    fn sentence(&self) -> String {
        let (first, last) = (i128::from(self.first), self.last());
        let mut text = format!(
            "From {} ({}) to {} ({}), a change of {}.",
            self.unit.short(first),
            self.from,
            self.unit.short(last),
            self.to,
            self.unit.change(last - first)
        );
        let most = self.steps.iter().filter(|step| step.change != 0).max_by_key(|step| step.change.unsigned_abs());
        if let Some(most) = most {
            _ = write!(text, " The most came of {} ({}).", most.name, self.unit.change(most.change));
        }
        text
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new(&format!("From one total to the other, in {}", self.unit.column()), &["What", "Change", "Then"]);
        let mut sum = i128::from(self.first);
        table.rows.push(vec![self.from.clone(), String::new(), self.unit.exact(sum)]);
        for step in &self.steps {
            sum += i128::from(step.change);
            table.rows.push(vec![step.name.clone(), self.unit.exact(step.change), self.unit.exact(sum)]);
        }
        table.foot = Some(vec![self.to.clone(), String::new(), self.unit.exact(sum)]);
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let items = [
            (Look::Fill("c-total"), "total".to_owned()),
            (Look::Fill("c-more"), "more".to_owned()),
            (Look::Hatched("c-less"), "less".to_owned()),
        ];
        draw.height = height(draw, &items) + 2_760;
        let top = legend(draw, &items);
        let mut sums = vec![i128::from(self.first)];
        for step in &self.steps {
            sums.push(sums.last().copied().unwrap_or(0) + i128::from(step.change));
        }
        let (low, high) = sums.iter().fold((0, 0), |(low, high), sum| ((*sum).min(low), (*sum).max(high)));
        // Names of neighbours are told apart by rows.
        let plot = Plot::with_rows(draw, &self.unit, (low, high), top, 2);
        let count = i64::try_from(self.steps.len()).unwrap_or(0) + 2;
        let slot = |at: i64| plot.left + (plot.right - plot.left) * at / count;
        let mut labels = Vec::new();
        let ends = [(&self.from, 0, sums[0]), (&self.to, count - 1, self.last())];
        for (name, at, sum) in ends {
            let (from, to) = (slot(at) + 60, (slot(at + 1) - 60).max(slot(at) + 70));
            draw.rect("c-total", Rect::between(from, plot.y.at(sum), to, plot.y.at(0)), Some(&self.unit.exact(sum)));
            draw.text(
                "c-value",
                Anchor::Middle,
                (i64::midpoint(from, to), plot.y.at(sum.max(0)) - 50),
                &self.unit.short(sum),
            );
            labels.push((i64::midpoint(from, to), name.clone()));
        }
        for ((at, step), pair) in (1_i64..).zip(&self.steps).zip(sums.windows(2)) {
            let (from, to) = (slot(at) + 60, (slot(at + 1) - 60).max(slot(at) + 70));
            let (before, after) = (plot.y.at(pair[0]), plot.y.at(pair[1]));
            draw.line("c-join", (slot(at) - 60, before), (to, before));
            let rect = Rect::between(from, before, to, after);
            let title = format!("{}: {}", step.name, self.unit.exact(step.change));
            let class = if step.change < 0 { "c-less" } else { "c-more" };
            draw.rect(class, rect, Some(&title));
            if step.change < 0 {
                draw.hatch(rect, Some(&title));
            }
            draw.text(
                "c-value",
                Anchor::Middle,
                (i64::midpoint(from, to), before.min(after) - 50),
                &self.unit.change(step.change),
            );
            labels.insert(labels.len() - 1, (i64::midpoint(from, to), step.name.clone()));
        }
        draw.line(
            "c-join",
            (slot(count - 1) - 60, plot.y.at(self.last())),
            (slot(count - 1) + 60, plot.y.at(self.last())),
        );
        plot.below(draw, &labels);
    }
}
