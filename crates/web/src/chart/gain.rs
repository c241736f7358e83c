//! What comes back for money, by how much more is done with it, with the point at which it pays.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw};
use super::figures::{Unit, thousandths};
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::scale::{Scale, ticks};
use super::{Chart, Table};

/// A curve of gains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// What the gains are.
    pub unit: Unit,
    /// By multiplier in thousandths (1200: 1.2 times as much is done): what is gained, below zero where it does not pay.
    /// In order of multipliers.
    pub points: Vec<(i64, i64)>,
    /// At which multiplier it pays, in thousandths.
    pub break_even: Option<i64>,
    /// What was measured.
    pub measured: Option<Measured>,
}

/// What was measured: a multiplier in thousandths, with the bounds between which it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The multiplier.
    pub at: i64,
    /// At least.
    pub low: i64,
    /// At most.
    pub high: i64,
    /// What is gained at it.
    pub gain: i64,
}

impl Gain {
    fn items(&self) -> Vec<(Look, String)> {
        let mut items = vec![(Look::Line("c-line"), "net gain".to_owned())];
        if self.break_even.is_some() {
            items.push((Look::Dot("c-even-point"), "break-even".to_owned()));
        }
        if self.measured.is_some() {
            items.push((Look::Dot("c-measured"), "measured, with its interval".to_owned()));
        }
        items
    }
}

impl Chart for Gain {
    fn nothing(&self) -> Option<&'static str> {
        (self.points.len() < 2).then_some("Nothing to draw yet: there are no two points of a curve.")
    }

    fn sentence(&self) -> String {
        let mut text = match self.break_even {
            Some(even) => format!("It pays from {} times as much work.", thousandths(even)),
            None => "No multiplier shown is one at which it pays exactly.".to_owned(),
        };
        if let Some(measured) = self.measured {
            let sign = if measured.gain < 0 { "a loss of" } else { "a gain of" };
            _ = write!(
                text,
                " Measured: {} (between {} and {}), {sign} {}.",
                thousandths(measured.at),
                thousandths(measured.low),
                thousandths(measured.high),
                self.unit.short(i128::from(measured.gain).abs())
            );
            if let Some(even) = self.break_even
                && (measured.low..=measured.high).contains(&even)
            {
                text += " The interval reaches both sides of break-even.";
            }
        }
        text
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new(&format!("Net gain by multiplier, in {}", self.unit.column()), &["Multiplier", "Net gain"]);
        table.rows = self.points.iter().map(|(x, y)| vec![thousandths(*x), self.unit.exact(*y)]).collect();
        if let Some(even) = self.break_even {
            table.rows.push(vec![format!("{} (break-even)", thousandths(even)), self.unit.exact(0)]);
        }
        if let Some(measured) = self.measured {
            let at = format!(
                "{} (measured, {} to {})",
                thousandths(measured.at),
                thousandths(measured.low),
                thousandths(measured.high)
            );
            table.rows.push(vec![at, self.unit.exact(measured.gain)]);
        }
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let items = self.items();
        draw.height = height(draw, &items) + if draw.is_wide() { 3_000 } else { 2_700 };
        let top = legend(draw, &items);
        let gains = self.points.iter().map(|(_, y)| *y).chain(self.measured.map(|measured| measured.gain));
        let (low, high) = gains.fold((0, 0), |(low, high), gain| (gain.min(low), gain.max(high)));
        let plot = Plot::new(draw, &self.unit, i128::from(low), i128::from(high), top);
        let xs = self.points.iter().map(|(x, _)| *x);
        let xs = xs.chain(self.measured.iter().flat_map(|m| [m.low, m.at, m.high])).chain(self.break_even);
        let (from, to) = xs.fold((i64::MAX, i64::MIN), |(from, to), x| (from.min(x), to.max(x)));
        let x = Scale::new(i128::from(from), i128::from(to), plot.left, plot.right);
        let line: Vec<_> = self.points.iter().map(|(at, gain)| (x.at(*at), plot.y.at(*gain))).collect();
        draw.polyline("c-line", &line);
        let zero = plot.y.at(0);
        if let Some(even) = self.break_even {
            let at = x.at(even);
            draw.line("c-even", (at, plot.top), (at, plot.bottom));
            draw.dot("c-even-point", (at, zero), 55);
            let label = format!("break-even at {}", thousandths(even));
            let anchor = if at > i64::midpoint(plot.left, plot.right) { Anchor::End } else { Anchor::Start };
            let aside = if anchor == Anchor::End { -70 } else { 70 };
            draw.text("c-value", anchor, (at + aside, plot.top + 110), &label);
        }
        if let Some(measured) = self.measured {
            let (at, y) = (x.at(measured.at), plot.y.at(measured.gain));
            let (low, high) = (x.at(measured.low), x.at(measured.high));
            draw.line("c-interval", (low, y), (high, y));
            for end in [low, high] {
                draw.line("c-interval", (end, y - 50), (end, y + 50));
            }
            draw.dot("c-measured", (at, y), 55);
            let below = if y + 260 < plot.bottom { y + 190 } else { y - 110 };
            let label = format!("measured {}", thousandths(measured.at));
            draw.text("c-value", Anchor::Start, (high.min(at + 60), below), &label);
        }
        let labels: Vec<_> = ticks(i128::from(from), i128::from(to), if draw.is_wide() { 8 } else { 4 })
            .into_iter()
            .filter(|tick| (i128::from(from)..=i128::from(to)).contains(tick))
            .map(|tick| (x.at(tick), thousandths(i64::try_from(tick).unwrap_or(0))))
            .collect();
        plot.below(draw, &labels);
    }
}
