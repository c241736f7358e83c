//! The field that most charts draw into: an upright axis of amounts, a level one of anything.

use super::draw::{Anchor, Draw, width_of};
use super::figures::Unit;
use super::scale::{Scale, ticks};

/// A field with its upright scale.
pub(super) struct Plot {
    pub(super) left: i64,
    pub(super) right: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
    pub(super) y: Scale,
}

impl Plot {
    /// Draws grid and ticks for amounts between `low` and `high`; zero is always among them. `top` is where the legend
    /// ends; below the field there is room for one row of labels.
    pub(super) fn new(draw: &mut Draw, unit: &Unit, low: i128, high: i128, top: i64) -> Self {
        let ticks = ticks(low.min(0), high.max(0), 4);
        let label = ticks.iter().map(|tick| width_of(&unit.short(*tick))).max().unwrap_or(0);
        let (left, right) = (label + 80, draw.width - 20);
        let (top, bottom) = (top + 120, draw.height - 240);
        let (first, last) = (ticks.first().copied().unwrap_or(0), ticks.last().copied().unwrap_or(1));
        let y = Scale::new(first, last, bottom, top);
        for tick in ticks {
            let at = y.at(tick);
            let class = if tick == 0 { "c-axis" } else { "c-grid" };
            draw.line(class, (left, at), (right, at));
            draw.text("c-tick", Anchor::End, (left - 60, at + 40), &unit.short(tick));
        }
        Self { left, right, top, bottom, y }
    }

    /// Labels below the field at these places, leaving out those that would touch. The last one is kept if it can be.
    pub(super) fn below(&self, draw: &mut Draw, labels: &[(i64, String)]) {
        let Some((last_at, last)) = labels.last() else { return };
        let y = self.bottom + 180;
        let last_starts = (*last_at).min(draw.width - width_of(last) / 2) - width_of(last) / 2;
        let mut free = i64::MIN;
        for (at, label) in &labels[..labels.len() - 1] {
            let half = width_of(label) / 2;
            let middle = (*at).clamp(half, (draw.width - half).max(half));
            if middle - half >= free && middle + half + 120 <= last_starts {
                draw.text("c-tick", Anchor::Middle, (middle, y), label);
                free = middle + half + 120;
            }
        }
        draw.text("c-tick", Anchor::Middle, (*last_at, y), last);
    }
}
