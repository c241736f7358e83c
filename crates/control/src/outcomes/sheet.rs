//! Outcomes from a spreadsheet.

use std::collections::HashMap;

use purser_core::money::Nano;

use super::invalid;
use super::record::{Line, Wanted, checked_source};
use crate::access::Within;
use crate::change::CommandName;
use crate::control::Control;
use crate::error::Error;
use crate::import::{Cell as _, Row, Sheet, Wrong};
use crate::shape::{ImportOutcomes, OutcomeTold, OutcomesTaken};

/// The columns there may be.
const COLUMNS: [&str; 8] = ["person", "kind", "count", "value", "at", "id", "link", "taken_back"];
/// The columns there must be.
const NEEDED: [&str; 2] = ["person", "kind"];
/// The source where nobody names one.
const SOURCE: &str = "csv";

impl Control {
    /// Takes in what a spreadsheet says was achieved, of people who are covered. A line without an id stands for itself: the
    /// same line a second time, also in another file, is known, and several alike in one file are several outcomes.
    ///
    /// # Errors
    /// What is wrong with the file or with its lines, all of them; the files or the journal. Nothing was changed then.
    pub(crate) async fn import_outcomes(
        &self,
        name: Option<CommandName>,
        within: Within,
        import: ImportOutcomes,
    ) -> Result<OutcomesTaken, Error> {
        let source = checked_source(import.source.as_deref(), SOURCE)?;
        self.change(name, move |turn| {
            let Sheet { rows, mut mistakes } = Sheet::read(&import.csv, &COLUMNS, &NEEDED)?;
            let (mut lines, mut alike) = (Vec::with_capacity(rows.len()), HashMap::<String, usize>::new());
            for row in &rows {
                match told(row) {
                    Ok(told) => {
                        let cells = COLUMNS.map(|column| row.cell(column).unwrap_or_default());
                        let itself = cells.join("\n");
                        let before = alike.entry(itself.clone()).or_default();
                        lines.push(Line { place: row.line, told, instead: format!("{itself}\n{before}") });
                        *before += 1;
                    }
                    Err(wrong) => mistakes.push(wrong.told(row.line)?),
                }
            }
            let wanted = Wanted { preview: import.preview, partial: import.partial, strict: true };
            turn.tell(&within, &source, lines, mistakes, wanted)
        })
        .await
    }
}

fn told(row: &Row) -> Result<OutcomeTold, Wrong> {
    let text = |column: &str| row.cell(column).map(str::to_owned);
    let count = row.cell("count").map(|cell| {
        let hint = "write a whole number from 1 to a million, or leave the cell empty for one";
        cell.parse::<u64>().map_err(|_| invalid(format!("`{cell}` is no count"), hint))
    });
    let value = row.cell("value").map(|cell| {
        let hint = "write an amount such as 150 or 150.50, or leave the cell empty";
        cell.parse::<Nano>().map_err(|_| invalid(format!("`{cell}` is no amount"), hint))
    });
    Ok(OutcomeTold {
        person: text("person"),
        kind: text("kind"),
        count: count.transpose().under("count")?,
        value: value.transpose().under("value")?,
        at: text("at"),
        id: text("id"),
        link: text("link"),
        taken_back: text("taken_back"),
    })
}
