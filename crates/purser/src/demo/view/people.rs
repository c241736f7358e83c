//! Who has what left.

use purser_core::money::Nano;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table};

use super::text::bar;
use super::{Theme, WIDE, compact};
use crate::demo::scene::{PersonLine, Scene};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene, selected: Option<usize>, theme: Theme) {
    let wide = area.width >= WIDE;
    let bar_wide = if wide { 16 } else { 9 };
    let rows = scene.people.iter().enumerate().map(|(place, person)| {
        let row = Row::new(cells(person, scene, wide, bar_wide, theme));
        if selected == Some(place) { row.style(theme.selected()) } else { row }
    });
    let mut widths = vec![Constraint::Length(31)];
    let mut heads = vec![head(" who", theme)];
    if wide {
        widths.push(Constraint::Length(13));
        heads.push(head("where", theme));
    }
    widths.extend([Constraint::Length(bar_wide), Constraint::Length(9), Constraint::Length(12), Constraint::Length(8)]);
    heads.extend([head("left", theme), figure_head("", theme), head("of", theme), figure_head("per hour", theme)]);
    if wide {
        widths.extend([Constraint::Length(8), Constraint::Length(6)]);
        heads.extend([figure_head("held", theme), figure_head("calls", theme)]);
    }
    widths.push(Constraint::Length(6));
    heads.push(figure_head("denied", theme));
    frame.render_widget(Table::new(rows, widths).header(Row::new(heads)).column_spacing(1), area);
}

fn cells(person: &PersonLine, scene: &Scene, wide: bool, bar_wide: u16, theme: Theme) -> Vec<Cell<'static>> {
    let money = |amount: Nano| amount.for_people(&scene.currency);
    let left = money(person.purse.left());
    let name =
        if person.out { theme.bad(format!("!{}", person.short)) } else { theme.plain(format!(" {}", person.short)) };
    let mut cells = vec![Cell::new(name)];
    if wide {
        cells.push(Cell::new(theme.faint(person.city.clone())));
    }
    let limit = format!("{}/{}", short(person.purse.limit, scene), person.per);
    cells.extend([
        Cell::new(Line::from(bar(person.purse, bar_wide, theme))),
        right(if person.out { theme.bad(left) } else { theme.plain(left) }),
        Cell::new(theme.faint(limit)),
        right(theme.plain(short(person.per_hour, scene))),
    ]);
    if wide {
        cells.push(right(theme.plain(money(person.purse.held))));
        cells.push(right(theme.plain(compact(person.tally.all()))));
    }
    let denied = person.tally.denied;
    cells.push(right(if denied > 0 { theme.warn(compact(denied)) } else { theme.faint("-") }));
    cells
}

/// Whole units where there is room for no more.
fn short(amount: Nano, scene: &Scene) -> String {
    let text = amount.for_people(&scene.currency);
    if amount >= Nano::try_from_units(100).unwrap_or(Nano::MAX) || text.ends_with(".00") {
        return text.split('.').next().unwrap_or_default().to_owned();
    }
    match text.strip_prefix(&scene.currency.symbol()) {
        // Six places of a part of a cent are no news here.
        Some(figure) if figure.starts_with("0.00") => format!("{}0", scene.currency.symbol()),
        _ => text,
    }
}

fn right(span: ratatui::text::Span<'static>) -> Cell<'static> {
    Cell::new(Text::from(Line::from(span).right_aligned()))
}

fn head(text: &'static str, theme: Theme) -> Cell<'static> {
    Cell::new(theme.faint(text))
}

fn figure_head(text: &'static str, theme: Theme) -> Cell<'static> {
    right(theme.faint(text))
}
