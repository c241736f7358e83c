//! Spreadsheets against what is there: what each line would add or change, what is missing, what can't be.
//!
//! **Model.** A file is read into rows, each row is compared with the thing it means, and its events are taken by a directory
//! that is thrown away. A preview ends there; a real run writes exactly the events that the preview would have told of.
//!
//! **Invariants.** A row takes effect whole or not at all. One bad line and nothing is written, unless the good ones were
//! asked for. All that is written takes effect together ([`Event::Part`](purser_core::event::Event::Part)). Nothing that a file
//! does not name is ended, unless that was asked for and every line is good.

mod mistake;
mod people;
mod sheet;
mod units;

pub(crate) use self::mistake::{Cell, Wrong};
pub(crate) use self::sheet::{Row, Sheet, refuse};
