//! The field that most charts draw into: an upright axis of amounts, a level one of anything.

use super::draw::{Anchor, Draw, width_of};
use super::figures::Unit;
use super::scale::{Scale, ticks};

/// The height of a row of labels.
const ROW: i64 = 160;

/// A field with its upright scale.
pub(super) struct Plot {
    pub(super) left: i64,
    pub(super) right: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
    rows: usize,
    pub(super) y: Scale,
}

impl Plot {
    /// Draws grid and ticks for amounts between `low` and `high`; zero is always among them. `top` is where the legend
    /// ends; below the field there is room for one row of labels.
    pub(super) fn new(draw: &mut Draw, unit: &Unit, low: i128, high: i128, top: i64) -> Self {
        Self::with_rows(draw, unit, (low, high), top, 1)
    }

    /// The same with room for so many rows of labels.
    pub(super) fn with_rows(draw: &mut Draw, unit: &Unit, range: (i128, i128), top: i64, rows: usize) -> Self {
        Self::within(draw, unit, range, top, rows, 0)
    }

    /// How much room the labels of such amounts take at the left.
    pub(super) fn margin(unit: &Unit, low: i128, high: i128) -> i64 {
        let ticks = ticks(low.min(0), high.max(0), 4);
        ticks.iter().map(|tick| width_of(&unit.short(*tick))).max().unwrap_or(0) + 80
    }

    /// The same with a margin of at least this: fields above one another begin at the same place.
    pub(super) fn within(
        draw: &mut Draw,
        unit: &Unit,
        (low, high): (i128, i128),
        top: i64,
        rows: usize,
        margin: i64,
    ) -> Self {
        let ticks = ticks(low.min(0), high.max(0), 4);
        let (left, right) = (Self::margin(unit, low, high).max(margin), draw.width - 20);
        let room = 80 + ROW * i64::try_from(rows).unwrap_or(1);
        let (top, bottom) = (top + 120, draw.height - room);
        let (first, last) = (ticks.first().copied().unwrap_or(0), ticks.last().copied().unwrap_or(1));
        let y = Scale::new(first, last, bottom, top);
        for tick in ticks {
            let at = y.at(tick);
            let class = if tick == 0 { "c-axis" } else { "c-grid" };
            draw.line(class, (left, at), (right, at));
            draw.text("c-tick", Anchor::End, (left - 60, at + 40), &unit.short(tick));
        }
        Self { left, right, top, bottom, rows, y }
    }

    /// Labels below the field at these places, each in the first row in which it touches no other, left out where there is
    /// none. The last one is kept if it can be.
    pub(super) fn below(&self, draw: &mut Draw, labels: &[(i64, String)]) {
        let Some((last_at, last)) = labels.last() else { return };
        let y = |row: usize| self.bottom + ROW * i64::try_from(row).unwrap_or(0) + 180;
        let last_starts = (*last_at).min(draw.width - width_of(last) / 2) - width_of(last) / 2;
        let mut free = vec![i64::MIN; self.rows];
        for (at, label) in &labels[..labels.len() - 1] {
            let half = width_of(label) / 2;
            let middle = (*at).clamp(half, (draw.width - half).max(half));
            // The last label is in the first row.
            let ends = |row: usize| if row == 0 { last_starts } else { draw.width + 120 };
            let fits = |row: usize| middle - half >= free[row] && middle + half + 120 <= ends(row);
            if let Some(row) = (0..self.rows).find(|row| fits(*row)) {
                draw.text("c-tick", Anchor::Middle, (middle, y(row)), label);
                free[row] = middle + half + 120;
            }
        }
        draw.text("c-tick", Anchor::Middle, (*last_at, y(0)), last);
    }
}
