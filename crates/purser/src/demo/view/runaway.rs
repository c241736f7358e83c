//! The agent that nobody watches: what it does, where it was stopped, what that saved.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::text::seconds;
use super::{Theme, grouped, heading};
use crate::demo::scene::Scene;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let runaway = &scene.runaway;
    let money = |amount: purser_core::money::Nano| amount.for_people(&scene.currency);
    let (spent, limit) = (money(runaway.purse.spent), money(runaway.purse.limit));
    let mut lines =
        vec![heading(&format!("Unattended agent: {} of {}", runaway.agent, runaway.owner), area.width, theme)];
    let (per_hour, per_month) = (money(runaway.per_hour()), money(runaway.per_month()));
    if let Some(ago) = runaway.stopped {
        lines.push(Line::from(vec![
            theme.bad(" STOPPED"),
            theme.plain(format!(
                " after {} at {spent} of {limit}; {} tries denied in {}",
                seconds(runaway.ran),
                grouped(runaway.denied),
                seconds(ago)
            )),
        ]));
        let measured = theme.plain(format!(" measured {per_hour}/h: "));
        let saved = theme.good(format!("{} saved so far", money(runaway.saved())));
        if usize::from(area.height) > lines.len() + 1 {
            lines.push(Line::from(vec![measured, saved]));
            lines.push(Line::from(theme.plain(format!(" {per_month} in a month without a pause (extrapolated)"))));
            lines.push(Line::from(theme.faint(format!(" it was told: {}", runaway.sentence))));
        } else {
            lines.push(Line::from(vec![measured, saved, theme.plain(format!(", {per_month} a month (extrapolated)"))]));
        }
    } else {
        lines.push(Line::from(vec![
            theme.warn(if runaway.ran.is_zero() { " WAITS" } else { " RUNS" }),
            theme.plain(format!(" for {}: {spent} of {limit} spent on {}", seconds(runaway.ran), runaway.model)),
        ]));
        lines.push(Line::from(
            theme.plain(format!(" at this pace {per_hour} an hour, {per_month} a month (extrapolated)")),
        ));
    }
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
}
