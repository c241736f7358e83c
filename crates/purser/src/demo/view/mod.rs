//! The live view: a scene in, a screen out. No state but the scene and what is selected, no clock, no questions.
//!
//! Made for 80 by 24 and anything larger. Every figure stands in words too: nothing is told by colour alone.

mod budgets;
mod decisions;
mod people;
mod runaway;
mod statement;
mod text;
mod totals;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use self::text::minutes;
use super::scene::Scene;
pub(crate) use crate::figures::{compact, grouped};
pub(crate) use crate::terminal::Theme;

/// From this width on there is room for places, holds and refusals, and for two columns below.
const WIDE: u16 = 110;
/// Smaller than this nothing useful fits.
const SMALLEST: (u16, u16) = (60, 20);

/// Draws one moment. `selected` is a place in the list of people whose statement is wanted.
pub(crate) fn draw(frame: &mut Frame<'_>, scene: &Scene, selected: Option<usize>, theme: Theme) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let (wide, high) = SMALLEST;
        frame.render_widget(Line::raw(format!("make the window larger: {wide} by {high} at least (q quits)")), area);
        return;
    }
    let people_high = u16::try_from(scene.people.len()).unwrap_or(u16::MAX).saturating_add(1);
    let [head, people, rest, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(people_high),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(title(scene, theme), head);
    people::draw(frame, people, scene, selected, theme);
    match selected {
        Some(place) => with_statement(frame, rest, scene, place, theme),
        None if area.width >= WIDE => wide(frame, rest, scene, theme),
        None => narrow(frame, rest, scene, theme),
    }
    frame.render_widget(keys(selected.is_some(), scene.paused, theme), foot);
}

fn narrow(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let [above, middle, below] =
        Layout::vertical([Constraint::Length(3), Constraint::Length(3), Constraint::Fill(1)]).areas(area);
    runaway::draw(frame, above, scene, theme);
    totals::draw(frame, middle, scene, theme);
    decisions::draw(frame, below, scene, theme);
}

fn wide(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let budgets_high = u16::try_from(scene.budgets.len()).unwrap_or(u16::MAX).saturating_add(1);
    let [above, below] = Layout::vertical([Constraint::Length(budgets_high.max(12)), Constraint::Fill(1)]).areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(budgets::WIDTH)]).spacing(2).areas(above);
    let [first, second] = Layout::vertical([Constraint::Length(7), Constraint::Fill(1)]).areas(left);
    runaway::draw(frame, first, scene, theme);
    totals::draw(frame, second, scene, theme);
    budgets::draw(frame, right, scene, theme);
    decisions::draw(frame, below, scene, theme);
}

fn with_statement(frame: &mut Frame<'_>, area: Rect, scene: &Scene, place: usize, theme: Theme) {
    let shown = scene.statement.as_ref().filter(|statement| statement.place == place);
    let [above, below] = Layout::vertical([Constraint::Length(7), Constraint::Fill(1)]).areas(area);
    statement::draw(frame, above, shown, &scene.currency, theme);
    decisions::draw(frame, below, scene, theme);
}

fn title(scene: &Scene, theme: Theme) -> Line<'static> {
    let state = match (scene.paused, scene.morning) {
        (true, _) => "  PAUSED",
        (false, true) => "  making good the morning's work",
        (false, false) => "",
    };
    Line::from(vec![
        theme.strong(" Purser demo"),
        theme.plain(format!(
            "  {} roles at work, gateway {}  {}",
            scene.people.len(),
            scene.gateway,
            minutes(scene.elapsed)
        )),
        theme.warn(state.to_owned()),
    ])
}

fn keys(selected: bool, paused: bool, theme: Theme) -> Line<'static> {
    let pause = if paused { "p go on" } else { "p pause" };
    let arrows = if selected { "↑↓ next person  esc back" } else { "↑↓ a person's statement" };
    Line::from(theme.faint(format!(" q quit  {pause}  {arrows}")))
}

/// A line across with a heading in it.
fn heading(text: &str, width: u16, theme: Theme) -> Line<'static> {
    let head = format!("── {text} ");
    let rest = usize::from(width).saturating_sub(head.chars().count());
    Line::from(theme.faint(format!("{head}{}", "─".repeat(rest))))
}

#[cfg(test)]
mod tests;
