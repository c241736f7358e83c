//! The view: a board in, a screen out. Made for 80 by 24 and anything larger; nothing is told by colour alone.

use purser_control::shape::{Burning, BurningRun};
use purser_core::time::Instant;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table, TableState};

use super::board::{Board, Mode, who};
use crate::figures::compact;
use crate::output;
use crate::terminal::Theme;

/// From this width on there is room for whole names.
const WIDE: u16 = 120;
/// Smaller than this nothing useful fits.
const SMALLEST: (u16, u16) = (60, 8);

/// Draws one moment.
pub(super) fn draw(frame: &mut Frame<'_>, board: &Board, theme: Theme) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let (wide, high) = SMALLEST;
        frame.render_widget(Line::raw(format!("make the window larger: {wide} by {high} at least (q quits)")), area);
        return;
    }
    let [head, rows, detail, notice, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(title(board, theme), head);
    draw_rows(frame, rows, board, theme);
    frame.render_widget(Text::from(selected(board, theme)), detail);
    frame.render_widget(told(board, theme), notice);
    frame.render_widget(keys(board, theme), foot);
}

fn title(board: &Board, theme: Theme) -> Line<'static> {
    let burning = board.burning();
    let runs = match burning.items.len() {
        1 => "1 run".to_owned(),
        many => format!("{many} runs"),
    };
    let money = burning.per_minute.for_people(&board.currency);
    let minutes = if burning.minutes == 1 { "minute".to_owned() } else { format!("{} minutes", burning.minutes) };
    Line::from(vec![
        theme.strong(" purser top"),
        theme.plain(format!("  {runs}, {money} a minute over the last {minutes}  ")),
        theme.faint(format!("{} UTC", clock(burning.at))),
    ])
}

fn draw_rows(frame: &mut Frame<'_>, area: Rect, board: &Board, theme: Theme) {
    let shown = board.rows();
    if shown.is_empty() {
        let why = if board.burning().items.is_empty() {
            "Nothing was charged in this time. `+` looks further back."
        } else {
            "No run has that in its name, tool, project, model or id. esc clears the filter."
        };
        frame.render_widget(Line::from(theme.faint(format!("\n {why}").trim_start_matches('\n').to_owned())), area);
        return;
    }
    let widths = if area.width >= WIDE { [26, 14, 18, 26, 10, 7, 6, 7] } else { [12, 11, 8, 15, 9, 6, 5, 7] };
    let heads = [" who", "tool", "project", "model", ">a minute", ">tokens", ">calls", ">last"];
    let header = Row::new(heads.map(|head| match head.strip_prefix('>') {
        Some(head) => right(theme.faint(head)),
        None => Cell::new(theme.faint(head)),
    }));
    let chosen = board.selected().map(|run| run.run);
    let at = board.burning().at;
    let rows = shown.iter().map(|run| {
        let row = Row::new(cells(run, chosen == Some(run.run), board, at, theme));
        if chosen == Some(run.run) { row.style(theme.selected()) } else { row }
    });
    let table = Table::new(rows, widths.map(Constraint::Length)).header(header).column_spacing(1);
    // The state scrolls to what is selected.
    let place = shown.iter().position(|run| chosen == Some(run.run));
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(place));
}

fn cells(run: &BurningRun, chosen: bool, board: &Board, at: Instant, theme: Theme) -> Vec<Cell<'static>> {
    let mark = if chosen { ">" } else { " " };
    let last = if run.stopped { theme.bad("stopped") } else { theme.plain(ago(run.last, at)) };
    vec![
        Cell::new(theme.plain(format!("{mark}{}", who(run)))),
        Cell::new(theme.plain(run.tool.clone())),
        Cell::new(theme.plain(run.project.clone().unwrap_or_else(|| "-".to_owned()))),
        Cell::new(theme.plain(run.model.clone())),
        right(theme.strong(run.per_minute.for_people(&board.currency))),
        right(theme.plain(compact(run.tokens))),
        right(theme.plain(compact(run.calls))),
        right(last),
    ]
}

/// The selected run with what does not fit into its row.
fn selected(board: &Board, theme: Theme) -> Vec<Line<'static>> {
    let Some(run) = board.selected() else { return Vec::new() };
    let parent = run.parent.map_or_else(String::new, |parent| format!("  started by {parent}"));
    let project = run.project.as_deref().map_or_else(String::new, |project| format!(" for {project}"));
    vec![
        Line::from(theme.plain(format!(" {}{parent}", run.run))),
        Line::from(theme.faint(format!(
            " {}, {}{project}: {} in {} min",
            who(run),
            run.model,
            run.charge.for_people(&board.currency),
            board.burning().minutes
        ))),
    ]
}

fn told(board: &Board, theme: Theme) -> Line<'static> {
    match (&board.notice, &board.failure) {
        (Some(notice), _) => Line::from(theme.warn(format!(" {notice}"))),
        (None, Some(why)) => Line::from(theme.bad(format!(" No newer figures: {why}"))),
        (None, None) => Line::default(),
    }
}

fn keys(board: &Board, theme: Theme) -> Line<'static> {
    match board.mode {
        Mode::Asking(run) => Line::from(theme.warn(format!(" Stop {run} and all that it started? y / n"))),
        Mode::Filtering => {
            Line::from(theme.plain(format!(" filter: {}_   enter keeps it, esc clears it", board.filter)))
        }
        Mode::Looking => {
            let filter = match board.filter.trim() {
                "" => "/ filter".to_owned(),
                filter => format!("/ filter: {filter}"),
            };
            Line::from(
                theme.faint(format!(" q quit  ↑↓ select  x stop  s sort: {}  {filter}  +- minutes", board.sort.name())),
            )
        }
    }
}

/// `42s`, `7m`, `3h`: how long ago.
fn ago(then: Instant, now: Instant) -> String {
    let seconds = now.as_micros().saturating_sub(then.as_micros()).max(0) / 1_000_000;
    match seconds {
        0..=89 => format!("{seconds}s"),
        90..=5_399 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3_600),
    }
}

/// The time of day, in UTC.
fn clock(at: Instant) -> String {
    at.to_string().chars().skip(11).take(8).collect()
}

fn right(span: ratatui::text::Span<'static>) -> Cell<'static> {
    Cell::new(Text::from(Line::from(span).right_aligned()))
}

/// The same once, for where there is no terminal.
pub(super) fn table(burning: &Burning) -> String {
    let heads = ["run", "who", "tool", "project", "model", ">a minute", ">cost", ">tokens", ">calls", "last"];
    let mut table = output::Table::new(&heads);
    for run in &burning.items {
        table.row([
            run.run.to_string(),
            who(run),
            run.tool.clone(),
            run.project.clone().unwrap_or_else(|| "-".to_owned()),
            run.model.clone(),
            run.per_minute.to_string(),
            run.charge.to_string(),
            run.tokens.to_string(),
            run.calls.to_string(),
            if run.stopped { "stopped".to_owned() } else { ago(run.last, burning.at) },
        ]);
    }
    table.or(&format!("nothing was charged in the last {} minutes", burning.minutes))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::board::tests::{board, press, run};
    use super::*;

    fn drawn(board: &Board, (wide, high): (u16, u16)) -> String {
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).unwrap();
        terminal.draw(|frame| draw(frame, board, Theme::PLAIN)).unwrap();
        let shown = terminal.backend().to_string();
        // The backend puts quotes around its lines.
        shown.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
    }

    fn after(keys: &str) -> Board {
        let mut board = board();
        press(&mut board, keys);
        board
    }

    #[test]
    fn at_80_by_24() {
        insta::assert_snapshot!(drawn(&after(""), (80, 24)));
    }

    #[test]
    fn at_80_by_24_before_something_is_stopped() {
        insta::assert_snapshot!(drawn(&after("jjx"), (80, 24)));
    }

    #[test]
    fn at_130_by_12() {
        insta::assert_snapshot!(drawn(&after("s/c<enter>j"), (130, 12)));
    }

    #[test]
    fn what_there_is_to_say_is_said() {
        let mut board = after("");
        board.failed("nobody answers");
        assert!(drawn(&board, (80, 24)).contains("No newer figures: nobody answers"));
        board.tell("Stopped.".to_owned());
        assert!(drawn(&board, (80, 24)).contains(" Stopped."));
        assert!(drawn(&after("/zebra"), (80, 24)).contains("No run has that"));
        assert!(drawn(&after("/zebra"), (80, 24)).contains("filter: zebra_"));
        let mut empty = after("");
        empty.take(Burning { items: Vec::new(), ..board.burning().clone() });
        assert!(drawn(&empty, (80, 24)).contains("Nothing was charged"));
    }

    #[test]
    fn what_is_selected_is_on_the_screen_also_far_down() {
        let mut board = after("");
        let items = (0..9).map(|place| run(place, &format!("Person {place}"), "codex", "1")).collect();
        board.take(Burning { items, ..board.burning().clone() });
        press(&mut board, "<up>");
        let shown = drawn(&board, (80, 10));
        assert!(shown.contains(">Person 8") && !shown.contains("Person 0"), "{shown}");
    }

    #[test]
    fn every_size_is_drawn() {
        for size in [(1, 1), (59, 30), (60, 8), (79, 23), (119, 24), (120, 24), (300, 100)] {
            drawn(&after("j"), size);
        }
    }
}
