//! Writing: data to standard output, everything else to standard error. A reader that went away (a closed pipe) ends
//! the writing without a complaint.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

/// How a command shows its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Text, or JSON where it was asked for.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Is JSON asked for?
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// The result: `value` as JSON, or what `text` makes of it.
    pub(crate) fn show<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) {
        let shown = if self.json {
            serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string())
        } else {
            text(value)
        };
        let shown = shown.trim_end();
        if !shown.is_empty() {
            write_line(io::stdout().lock(), format_args!("{shown}"));
        }
    }
}

/// A line of the result to standard output, while more of it is still to come.
pub(crate) fn tell(line: fmt::Arguments<'_>) {
    write_line(io::stdout().lock(), line);
}

/// Words on lines of at most 80 columns, the first behind `head`, the others below where it ends.
pub(crate) fn fold(text: &mut String, head: &str, line: &str) {
    const WIDE: usize = 80;
    let indent = head.chars().count();
    let mut column = indent;
    text.push_str(head);
    for (place, word) in line.split_whitespace().enumerate() {
        let long = word.chars().count();
        if place > 0 && column + 1 + long > WIDE {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if place > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += long;
    }
    text.push('\n');
}

/// A line to standard error: progress, hints, warnings.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    write_line(io::stderr().lock(), line);
}

fn write_line(mut to: impl Write, line: fmt::Arguments<'_>) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(to, "{line}");
}

/// Columns that line up, for people; amounts stand at the right.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<&'static str>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads; a head that starts with `>` belongs to a column of figures.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self {
            head: heads.iter().map(|head| head.trim_start_matches('>')).collect(),
            right: heads.iter().map(|head| head.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// One row more.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Has it no row?
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text; `empty` when there is no row.
    pub(crate) fn or(self, empty: &str) -> String {
        if self.rows.is_empty() { empty.to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths: Vec<usize> = self.head.iter().map(|head| head.chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let head: Vec<String> = self.head.iter().map(|head| (*head).to_owned()).collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            let cells = row.iter().zip(&widths).zip(&self.right).map(|((cell, width), right)| {
                let width = *width;
                if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_end_before_the_edge_and_go_on_where_they_began() {
        let mut text = String::new();
        fold(&mut text, "  clause   ", &"word ".repeat(40));
        assert!(text.lines().count() == 3 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("           word")), "{text}");
    }

    #[test]
    fn columns_line_up_and_figures_stand_at_the_right() {
        let mut table = Table::new(&["who", ">left"]);
        table.row(["the analyst".to_owned(), "4.87".to_owned()]);
        table.row(["ops".to_owned(), "120.00".to_owned()]);
        assert_eq!(table.to_string(), "who            left\nthe analyst    4.87\nops          120.00\n");
    }
}
