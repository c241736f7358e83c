//! What happened last, in sentences.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::text::minutes;
use super::{Theme, heading};
use crate::demo::scene::{Kind, Scene};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let mut lines = vec![heading("Latest decisions", area.width, theme)];
    let room = usize::from(area.height).saturating_sub(1);
    for decision in scene.decisions.iter().take(room) {
        let word = format!("{:<8} ", decision.kind.word());
        let word = match decision.kind {
            Kind::Paid | Kind::HungUp => theme.plain(word),
            Kind::Cut | Kind::Held | Kind::Fault => theme.warn(word),
            Kind::Denied | Kind::Lost => theme.bad(word),
        };
        let head = format!(" {} ", minutes(decision.at));
        let told = format!("{}: {}", decision.who, decision.text);
        let room = usize::from(area.width).saturating_sub(head.chars().count() + 9);
        lines.push(Line::from(vec![theme.faint(head), word, theme.plain(fitted(&told, room))]));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Cut with an ellipsis where it is too long.
fn fitted(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(room.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
