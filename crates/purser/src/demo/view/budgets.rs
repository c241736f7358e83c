//! What company and units have left.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::text::bar;
use super::{Theme, heading};
use crate::demo::scene::Scene;

/// Columns that a budget takes.
pub(super) const WIDTH: u16 = 44;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let mut lines = vec![heading("Budgets", area.width, theme)];
    for budget in &scene.budgets {
        let mut line = vec![theme.plain(format!(" {:<12.12} ", budget.name))];
        line.extend(bar(budget.purse, 10, theme));
        let left = budget.purse.left().for_people(&scene.currency);
        line.push(theme.plain(format!(" {left:>11}")));
        line.push(theme.faint(format!(" {}", budget.per)));
        lines.push(Line::from(line));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
