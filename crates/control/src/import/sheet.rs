//! A spreadsheet as rows under known columns.

use purser_core::csv::Records;

use super::mistake::{Wrong, in_words};
use crate::error::{Code, Error, Refused};
use crate::shape::ImportMistake;

/// The most lines of one file: what is read is held in memory.
const LINES_MAX: usize = 200_000;

/// A file, read.
pub(crate) struct Sheet {
    /// Lines that have as many cells as there are columns, blank ones left out.
    pub(crate) rows: Vec<Row>,
    /// The other lines.
    pub(crate) mistakes: Vec<ImportMistake>,
}

/// A line.
pub(crate) struct Row {
    pub(crate) line: usize,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// Is there such a column?
    pub(crate) fn has(&self, column: &str) -> bool {
        self.cells.iter().any(|(own, _)| *own == column)
    }

    /// What stands in a column; `None` for nothing.
    pub(crate) fn cell(&self, column: &str) -> Option<&str> {
        let (_, cell) = self.cells.iter().find(|(own, _)| *own == column)?;
        Some(cell.trim()).filter(|cell| !cell.is_empty())
    }
}

impl Sheet {
    /// Reads a file that may have some columns and must have others.
    ///
    /// # Errors
    /// It is empty or too long, or its first line does not name the columns.
    pub(crate) fn read(csv: &str, columns: &[&'static str], needed: &[&str]) -> Result<Self, Error> {
        let hint = || format!("the first line names the columns: {}; needed: {}", columns.join(","), needed.join(", "));
        let mut records = Records::of_any(csv);
        let Some((first, header)) = records.next() else {
            return Err(invalid("the spreadsheet is empty").hint(hint()).into());
        };
        let mut names: Vec<&'static str> = Vec::with_capacity(header.len());
        for name in &header {
            let name = name.trim().to_ascii_lowercase();
            let known = columns.iter().find(|known| **known == name);
            let known = known.ok_or_else(|| invalid(format!("line {first}: `{name}` is not a column")).hint(hint()))?;
            if names.contains(known) {
                return Err(invalid(format!("line {first}: the column `{name}` stands there twice")).into());
            }
            names.push(known);
        }
        if let Some(missing) = needed.iter().find(|needed| !names.contains(needed)) {
            return Err(invalid(format!("line {first}: the column `{missing}` is missing")).hint(hint()).into());
        }
        let mut sheet = Self { rows: Vec::new(), mistakes: Vec::new() };
        while let Some((line, cells)) = records.next() {
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if sheet.rows.len() >= LINES_MAX {
                let message = format!("the spreadsheet has more than {LINES_MAX} lines");
                return Err(invalid(message).hint("import it in parts").into());
            }
            if records.is_unclosed() {
                let wrong =
                    invalid("a quote is opened here and never closed").hint("close it, or write \"\" for a quote");
                sheet.mistakes.push(Wrong::from(wrong).told(line)?);
            } else if cells.len() == names.len() {
                sheet.rows.push(Row { line, cells: names.iter().copied().zip(cells).collect() });
            } else {
                let wrong = invalid(format!("{} cells under {} columns", cells.len(), names.len()));
                let wrong = wrong.hint("put a cell that has a separator in it between quotes");
                sheet.mistakes.push(Wrong::from(wrong).told(line)?);
            }
        }
        if sheet.rows.is_empty() && sheet.mistakes.is_empty() {
            return Err(invalid("the spreadsheet names nobody").into());
        }
        Ok(sheet)
    }
}

/// Refuses a file with mistakes in it.
pub(crate) fn refuse(mistakes: &[ImportMistake]) -> Result<(), Error> {
    if mistakes.is_empty() {
        return Ok(());
    }
    let hint =
        "nothing was changed; mend these lines and import all of them again, or take the good ones with `--partial`";
    Err(invalid(in_words(mistakes)).hint(hint).into())
}

/// A refusal of what was written.
pub(crate) fn invalid(message: impl Into<String>) -> Refused {
    Refused::new(Code::Invalid, message)
}
