//! One person's month.

use purser_core::money::Currency;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{Theme, grouped, heading};
use crate::demo::scene::StatementLines;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    statement: Option<&StatementLines>,
    currency: &Currency,
    theme: Theme,
) {
    let Some(statement) = statement else {
        let lines = vec![heading("Statement", area.width, theme), Line::from(theme.faint(" one moment…"))];
        frame.render_widget(Paragraph::new(lines), area);
        return;
    };
    let sums: Vec<String> = statement.sums.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
    let mut lines = vec![
        heading(&format!("Statement: {}", statement.title), area.width, theme),
        Line::from(theme.strong(format!(" {}", sums.join(", ")))),
    ];
    for (model, calls, charge) in &statement.models {
        let charge = charge.for_people(currency);
        lines.push(Line::from(theme.plain(format!(" {model:<28} {:>8} calls {charge:>12}", grouped(*calls)))));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
