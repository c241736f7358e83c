//! Spreadsheets as text: comma separated cells, quoted where they need it (RFC 4180).

/// The records of a spreadsheet with the line each begins on, from one.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Records<'a> {
    /// The records of a text; a mark of its byte order is passed over.
    pub fn of(text: &'a str) -> Self {
        Self { rest: text.trim_start_matches('\u{feff}'), line: 0 }
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.line = self.line.saturating_add(1);
        let begins = self.line;
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            match c {
                '"' if quoted && next == Some('"') => {
                    cell.push('"');
                    chars.next();
                }
                '"' if quoted || cell.is_empty() => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                '\r' if !quoted && next == Some('\n') => {}
                '\n' if !quoted => {
                    end = at.saturating_add(1);
                    break;
                }
                c => {
                    self.line = self.line.saturating_add(usize::from(c == '\n'));
                    cell.push(c);
                }
            }
        }
        cells.push(cell);
        self.rest = self.rest.get(end..).unwrap_or("");
        Some((begins, cells))
    }
}
