//! What is looked at, and what keys do to it.

use std::cmp::Reverse;

use purser_control::shape::{Burning, BurningRun};
use purser_core::id::RunId;
use purser_core::money::Currency;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The minutes that `+` and `-` go through.
const MINUTES: [u32; 6] = [1, 5, 15, 60, 240, 1_440];

/// What has to be done outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Leave.
    Quit,
    /// Ask for the figures now.
    Look,
    /// Stop a run; it was confirmed.
    Stop(RunId),
}

/// By what the rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Money,
    Tokens,
    Calls,
    Last,
    Who,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::Money => Self::Tokens,
            Self::Tokens => Self::Calls,
            Self::Calls => Self::Last,
            Self::Last => Self::Who,
            Self::Who => Self::Money,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
            Self::Last => "last",
            Self::Who => "who",
        }
    }
}

/// What keys mean at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Moving about.
    Looking,
    /// Typing a filter.
    Filtering,
    /// Is this run to be stopped?
    Asking(RunId),
}

/// The board.
#[derive(Debug)]
pub(super) struct Board {
    burning: Burning,
    pub(super) currency: Currency,
    minutes: u32,
    pub(super) sort: Sort,
    pub(super) filter: String,
    pub(super) mode: Mode,
    selected: Option<RunId>,
    /// What the last thing done came to, until the next key.
    pub(super) notice: Option<String>,
    /// Why there are no newer figures.
    pub(super) failure: Option<String>,
}

impl Board {
    pub(super) fn new(burning: Burning, currency: Currency) -> Self {
        Self {
            minutes: burning.minutes,
            burning,
            currency,
            sort: Sort::Money,
            filter: String::new(),
            mode: Mode::Looking,
            selected: None,
            notice: None,
            failure: None,
        }
    }

    /// How many minutes back is wanted.
    pub(super) fn minutes(&self) -> u32 {
        self.minutes
    }

    /// The figures shown.
    pub(super) fn burning(&self) -> &Burning {
        &self.burning
    }

    /// Newer figures. What is selected stays so while it is there.
    pub(super) fn take(&mut self, burning: Burning) {
        self.burning = burning;
        self.failure = None;
    }

    /// There were none.
    pub(super) fn failed(&mut self, why: &str) {
        self.failure = Some(why.to_owned());
    }

    /// Says what something came to.
    pub(super) fn tell(&mut self, what: String) {
        self.notice = Some(what);
    }

    /// The rows that are shown, in their order.
    pub(super) fn rows(&self) -> Vec<&BurningRun> {
        let wanted = self.filter.trim().to_lowercase();
        let mut rows: Vec<&BurningRun> = self.burning.items.iter().filter(|run| has(run, &wanted)).collect();
        match self.sort {
            Sort::Money => rows.sort_by_key(|run| Reverse(run.charge)),
            Sort::Tokens => rows.sort_by_key(|run| Reverse(run.tokens)),
            Sort::Calls => rows.sort_by_key(|run| Reverse(run.calls)),
            Sort::Last => rows.sort_by_key(|run| Reverse(run.last)),
            Sort::Who => rows.sort_by_key(|run| (who(run).to_lowercase(), Reverse(run.charge))),
        }
        rows
    }

    /// The selected row.
    pub(super) fn selected(&self) -> Option<&BurningRun> {
        self.rows().into_iter().find(|run| Some(run.run) == self.selected)
    }

    /// A key.
    pub(super) fn pressed(&mut self, key: KeyEvent) -> Option<Wish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return Some(Wish::Quit);
        }
        self.notice = None;
        match self.mode {
            Mode::Looking => self.looking(key.code),
            Mode::Filtering => {
                self.filtering(key.code);
                None
            }
            Mode::Asking(run) => {
                self.mode = Mode::Looking;
                if matches!(key.code, KeyCode::Char('y' | 'Y')) {
                    return Some(Wish::Stop(run));
                }
                self.tell("Nothing was stopped.".to_owned());
                None
            }
        }
    }

    fn looking(&mut self, code: KeyCode) -> Option<Wish> {
        match code {
            KeyCode::Char('q') => return Some(Wish::Quit),
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('/') => self.mode = Mode::Filtering,
            KeyCode::Char('r') => return Some(Wish::Look),
            KeyCode::Char('+' | '=') => return self.window(|minutes| MINUTES.into_iter().find(|more| *more > minutes)),
            KeyCode::Char('-') => {
                return self.window(|minutes| MINUTES.into_iter().rev().find(|less| *less < minutes));
            }
            KeyCode::Down | KeyCode::Char('j') => self.step(|at, rows| at.map_or(0, |at| (at + 1) % rows)),
            KeyCode::Up | KeyCode::Char('k') => self.step(|at, rows| at.map_or(rows - 1, |at| (at + rows - 1) % rows)),
            KeyCode::Char('x') => match self.selected().map(|run| (run.run, run.stopped)) {
                Some((run, false)) => self.mode = Mode::Asking(run),
                Some((run, true)) => self.tell(format!("It is stopped already; `purser resume {run}` lets it go on.")),
                None => self.tell("Select a run first, with the arrow keys.".to_owned()),
            },
            KeyCode::Esc => {
                self.selected = None;
                self.filter.clear();
            }
            _ => {}
        }
        None
    }

    fn filtering(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.mode = Mode::Looking,
            KeyCode::Esc => {
                self.filter.clear();
                self.mode = Mode::Looking;
            }
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(letter) => self.filter.push(letter),
            _ => {}
        }
    }

    fn window(&mut self, next: impl FnOnce(u32) -> Option<u32>) -> Option<Wish> {
        self.minutes = next(self.minutes)?;
        Some(Wish::Look)
    }

    /// Moves the selection, from where it is among so many rows.
    fn step(&mut self, next: impl FnOnce(Option<usize>, usize) -> usize) {
        let rows = self.rows();
        if rows.is_empty() {
            return;
        }
        let at = rows.iter().position(|run| Some(run.run) == self.selected);
        self.selected = rows.get(next(at, rows.len())).map(|run| run.run);
    }
}

/// Whose it is, in words.
pub(super) fn who(run: &BurningRun) -> String {
    run.name.clone().unwrap_or_else(|| run.person.to_string())
}

/// Does a row have this text in it, in small letters?
fn has(run: &BurningRun, wanted: &str) -> bool {
    let project = run.project.as_deref().unwrap_or_default();
    [&who(run), run.tool.as_str(), project, run.model.as_str(), &run.run.to_string()]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

#[cfg(test)]
pub(super) mod tests {
    use purser_core::id::PersonId;
    use purser_core::money::Nano;

    use super::*;

    pub(in super::super) fn run(id: u128, name: &str, tool: &str, charge: &str) -> BurningRun {
        let charge: Nano = charge.parse().unwrap();
        BurningRun {
            run: RunId::new(id),
            parent: None,
            person: PersonId::new(id),
            name: Some(name.to_owned()),
            tool: tool.to_owned(),
            project: (id % 2 == 1).then(|| "checkout".to_owned()),
            model: "claude-opus-5-5".to_owned(),
            last: format!("2026-11-27T03:0{}:00Z", id % 10).parse().unwrap(),
            calls: 10 - u64::try_from(id).unwrap(),
            tokens: u64::try_from(id).unwrap() * 123_456,
            charge,
            per_minute: Nano::new(charge.get() / 5),
            stopped: false,
        }
    }

    pub(in super::super) fn board() -> Board {
        let items = vec![
            run(1, "Staff engineer", "claude-code", "12.50"),
            run(2, "Analyst", "codex", "3.75"),
            run(3, "Night batch of the data team", "gemini-cli", "0.01"),
            BurningRun { stopped: true, ..run(4, "Intern", "other", "1") },
        ];
        let charge = items.iter().fold(Nano::ZERO, |all, run| all.saturating_add(run.charge));
        let per_minute = Nano::new(charge.get() / 5);
        let at = "2026-11-27T03:09:10Z".parse().unwrap();
        Board::new(Burning { items, minutes: 5, at, charge, per_minute }, Currency::usd())
    }

    /// Presses keys; a name in angle brackets is one key. The last one's wish.
    pub(in super::super) fn press(board: &mut Board, keys: &str) -> Option<Wish> {
        let mut wish = None;
        for word in keys.split_inclusive(['<', '>']) {
            let codes: Vec<KeyCode> = match word {
                "down>" => vec![KeyCode::Down],
                "up>" => vec![KeyCode::Up],
                "esc>" => vec![KeyCode::Esc],
                "enter>" => vec![KeyCode::Enter],
                "back>" => vec![KeyCode::Backspace],
                other => other.trim_end_matches('<').chars().map(KeyCode::Char).collect(),
            };
            for code in codes {
                wish = board.pressed(KeyEvent::new(code, KeyModifiers::NONE));
            }
        }
        wish
    }

    fn shown(board: &Board) -> Vec<u128> {
        board.rows().iter().map(|run| run.run.get()).collect()
    }

    fn check(keys: &str, rows: &[u128], selected: Option<u128>) {
        let mut board = board();
        press(&mut board, keys);
        assert_eq!(shown(&board), rows, "{keys}");
        assert_eq!(board.selected().map(|run| run.run.get()), selected, "{keys}");
    }

    #[test]
    fn rows_are_sorted_filtered_and_selected() {
        check("", &[1, 2, 4, 3], None);
        check("s", &[4, 3, 2, 1], None);
        check("ss", &[1, 2, 3, 4], None);
        check("sss", &[4, 3, 2, 1], None);
        check("ssss", &[2, 4, 3, 1], None);
        check("sssss", &[1, 2, 4, 3], None);
        check("/CODE<enter>", &[1, 2], None);
        check("/checkout<enter>j", &[1, 3], Some(1));
        check("/codexx<back><enter><down>", &[2], Some(2));
        check("/codex<esc>", &[1, 2, 4, 3], None);
        check("/nothing<enter>jk", &[], None);
        check("jj", &[1, 2, 4, 3], Some(2));
        check("<up>", &[1, 2, 4, 3], Some(3));
        check("<up><down>", &[1, 2, 4, 3], Some(1));
        check("jjs", &[4, 3, 2, 1], Some(2));
        check("jj<esc>", &[1, 2, 4, 3], None);
    }

    fn wishes(keys: &str, wish: Option<Wish>, notice: &str) {
        let mut board = board();
        assert_eq!(press(&mut board, keys), wish, "{keys}");
        assert!(board.notice.as_deref().unwrap_or_default().starts_with(notice), "{keys}: {:?}", board.notice);
    }

    #[test]
    fn a_run_is_stopped_only_after_a_yes() {
        wishes("x", None, "Select a run first");
        wishes("jx", None, "");
        wishes("jxy", Some(Wish::Stop(RunId::new(1))), "");
        wishes("jxn", None, "Nothing was stopped");
        wishes("jx<enter>", None, "Nothing was stopped");
        wishes("jxq", None, "Nothing was stopped");
        wishes("jjjx", None, "It is stopped already");
        wishes("/y", None, "");
        wishes("q", Some(Wish::Quit), "");
        wishes("/q", None, "");
        wishes("+", Some(Wish::Look), "");
    }

    #[test]
    fn what_is_asked_about_is_what_was_selected_whatever_the_figures_do_meanwhile() {
        let mut board = board();
        press(&mut board, "jx");
        board.take(Burning { items: vec![run(9, "Somebody else", "codex", "99")], ..board.burning().clone() });
        assert_eq!(press(&mut board, "y"), Some(Wish::Stop(RunId::new(1))));
    }

    #[test]
    fn minutes_go_up_and_down_within_bounds() {
        let mut board = board();
        for (keys, minutes) in [("-", 1), ("-", 1), ("+", 5), ("++++", 1_440), ("+", 1_440), ("-", 240)] {
            press(&mut board, keys);
            assert_eq!(board.minutes(), minutes);
        }
    }
}
