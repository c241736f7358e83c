//! The figures of a chart as a table.

use std::fmt::Write as _;

use super::draw::escaped;

/// A table: heads, rows whose first cell names them, and their sum where that means something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What the table has.
    pub caption: String,
    /// A head a column.
    pub head: Vec<String>,
    /// As many cells as there are heads, whole figures.
    pub rows: Vec<Vec<String>>,
    /// The sum of the rows.
    pub foot: Option<Vec<String>>,
}

impl Table {
    pub(super) fn new(caption: &str, head: &[&str]) -> Self {
        let head = head.iter().map(|&head| head.to_owned()).collect();
        Self { caption: caption.to_owned(), head, ..Self::default() }
    }

    /// HTML, in a box that scrolls by itself and can be reached by the keyboard.
    pub fn html(&self) -> String {
        let caption = escaped(&self.caption);
        let mut out = format!(
            "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead>"
        );
        row(&mut out, &self.head, "col");
        out.push_str("</thead><tbody>");
        for cells in &self.rows {
            row(&mut out, cells, "row");
        }
        out.push_str("</tbody>");
        if let Some(cells) = &self.foot {
            out.push_str("<tfoot>");
            row(&mut out, cells, "row");
            out.push_str("</tfoot>");
        }
        out.push_str("</table></div>");
        out
    }
}

fn row(out: &mut String, cells: &[String], scope: &str) {
    out.push_str("<tr>");
    for (at, cell) in cells.iter().enumerate() {
        let cell = escaped(cell);
        _ = match (at, scope) {
            (0, _) => write!(out, "<th scope=\"{scope}\">{cell}</th>"),
            (_, "col") => write!(out, "<th scope=\"col\" class=\"number\">{cell}</th>"),
            _ => write!(out, "<td class=\"number\">{cell}</td>"),
        };
    }
    out.push_str("</tr>");
}
