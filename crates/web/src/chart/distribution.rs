//! How many people are where: a strip with percentiles above a histogram.

use super::draw::{Anchor, Draw, Rect, width_of};
use super::figures::{Unit, counted};
use super::plot::Plot;
use super::scale::step;
use super::{Chart, Table};

/// A figure for each of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// What the figures are.
    pub unit: Unit,
    /// One each, in any order; below zero counts as nothing.
    pub values: Vec<i64>,
    /// Steps of one, two, five and ten times as much instead of equal ones: so that one who uses a thousand times what
    /// others do does not make them one bar.
    pub is_log: bool,
}

/// From, up to (excluded, save the last one's), how many.
type Bin = (i64, i64, usize);

impl Distribution {
    fn sorted(&self) -> Vec<i64> {
        let mut values: Vec<i64> = self.values.iter().map(|value| (*value).max(0)).collect();
        values.sort_unstable();
        values
    }

    /// Edges of the bins: the first is zero, each is above the one before.
    fn edges(&self, sorted: &[i64]) -> Vec<i64> {
        let most = sorted.last().copied().unwrap_or(0).max(1);
        let mut edges = vec![0];
        if self.is_log {
            let least = sorted.iter().copied().find(|value| *value > 0).unwrap_or(1);
            let mut ten = 1_i64;
            while ten <= least / 10 {
                ten *= 10;
            }
            'all: loop {
                for times in [1, 2, 5] {
                    let edge = ten.saturating_mul(times);
                    if edge > least || edges.len() > 1 {
                        edges.push(edge);
                    } else {
                        edges = vec![0, edge];
                    }
                    if edge > most || edge == i64::MAX {
                        break 'all;
                    }
                }
                ten = ten.saturating_mul(10);
            }
        } else {
            let step = i64::try_from(step(i128::from(most), 20)).unwrap_or(i64::MAX);
            while edges.last().is_some_and(|last| *last <= most && *last < i64::MAX) {
                edges.push(edges.last().copied().unwrap_or(0).saturating_add(step));
            }
        }
        edges.dedup();
        edges
    }

    fn bins(&self, sorted: &[i64]) -> Vec<Bin> {
        let edges = self.edges(sorted);
        let bins = edges.windows(2).map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let from_index = sorted.partition_point(|value| *value < from);
            let to_index = if to == i64::MAX { sorted.len() } else { sorted.partition_point(|value| *value < to) };
            (from, to, to_index - from_index)
        });
        bins.collect()
    }
}

/// The value that so many in a hundred don't exceed.
fn percentile(sorted: &[i64], percent: usize) -> i64 {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
}

impl Chart for Distribution {
    fn nothing(&self) -> Option<&'static str> {
        self.values.iter().all(|value| *value <= 0).then_some("Nothing to draw yet: nobody used anything in this time.")
    }

    fn sentence(&self) -> String {
        let sorted = self.sorted();
        let at = |percent| self.unit.short(percentile(&sorted, percent));
        format!(
            "Of {}, half used at most {}, nine in ten at most {}, ninety-nine in a hundred at most {}; the most was {}.",
            counted(sorted.len(), "person", "people"),
            at(50),
            at(90),
            at(99),
            at(100)
        )
    }

    fn table(&self) -> Table {
        let sorted = self.sorted();
        let unit = self.unit.column();
        let mut table = Table::new(&format!("How many used how much, in {unit}"), &["From", "To below", "People"]);
        for (from, to, count) in self.bins(&sorted) {
            table.rows.push(vec![self.unit.exact(from), self.unit.exact(to), count.to_string()]);
        }
        table.foot = Some(vec!["In all".to_owned(), String::new(), sorted.len().to_string()]);
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let sorted = self.sorted();
        let bins = self.bins(&sorted);
        draw.height = 2_900;
        let high = bins.iter().map(|(_, _, count)| *count).max().unwrap_or(0);
        let plot = Plot::new(draw, &Unit::Requests, 0, high as i128, 620);
        let count = i64::try_from(bins.len()).unwrap_or(1).max(1);
        let edge = |at: i64| plot.left + (plot.right - plot.left) * at / count;
        // Within a bin in proportion, so that the strip and the bars below agree.
        let place = |value: i64| {
            let found =
                (0_i64..).zip(&bins).find(|(_, (from, to, _))| (*from..*to).contains(&value) || *to == i64::MAX);
            let (at, (from, to, _)) = found.unwrap_or((count - 1, bins.last().unwrap_or(&(0, 1, 0))));
            let part = i128::from(value - from) * i128::from(edge(at + 1) - edge(at)) / i128::from((to - from).max(1));
            edge(at) + i64::try_from(part).unwrap_or(0)
        };
        for (at, (from, to, people)) in (0_i64..).zip(&bins) {
            if *people > 0 {
                let title = format!(
                    "{} from {} to below {}",
                    counted(*people, "person", "people"),
                    self.unit.exact(*from),
                    self.unit.exact(*to)
                );
                let rect = Rect::between(
                    edge(at) + 8,
                    plot.y.at(*people as i128),
                    (edge(at + 1) - 8).max(edge(at) + 18),
                    plot.bottom,
                );
                draw.rect("c-1", rect, Some(&title));
            }
        }
        strip(draw, &sorted, &self.unit, place);
        let labels: Vec<_> =
            (0_i64..).zip(&bins).map(|(at, (from, _, _))| (edge(at), self.unit.short(*from))).collect();
        plot.below(draw, &labels);
    }
}

/// All of them as a line, the middle eight in ten as a box, percentiles as ticks with their names.
fn strip(draw: &mut Draw, sorted: &[i64], unit: &Unit, place: impl Fn(i64) -> i64) {
    let y = 540;
    draw.line("c-axis", (place(percentile(sorted, 0)), y), (place(percentile(sorted, 100)), y));
    draw.rect(
        "c-strip",
        Rect::between(place(percentile(sorted, 10)), y - 50, place(percentile(sorted, 90)), y + 50),
        None,
    );
    let mut rows = [i64::MIN; 3];
    for (percent, name) in [(50, "half"), (90, "9 in 10"), (99, "99 in 100"), (100, "most")] {
        let value = percentile(sorted, percent);
        let x = place(value);
        draw.line("c-mark", (x, y - 80), (x, y + 80));
        let label = format!("{name} {}", unit.short(value));
        let half = width_of(&label) / 2;
        let middle = x.clamp(half, (draw.width - half).max(half));
        // The lowest of three rows where it touches no other.
        if let Some(row) = (0..3).find(|row| rows[*row] + 100 <= middle - half) {
            rows[row] = middle + half;
            let height = y - 120 - i64::try_from(row).unwrap_or(0) * 150;
            draw.text("c-label", Anchor::Middle, (middle, height), &label);
        }
    }
}
