//! Spreadsheets as text: separated cells, quoted where they need it (RFC 4180), as programs really write them.

/// What may stand between cells. Spreadsheets write a semicolon where a comma is in numbers.
const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// Some programs say on a line of its own, before everything else, what separates.
const SAYS: &str = "sep=";

/// The records of a spreadsheet with the line each begins on, from one.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a str,
    line: usize,
    separator: char,
    unclosed: bool,
}

impl<'a> Records<'a> {
    /// The records of a text with commas; a mark of its byte order is passed over.
    pub fn of(text: &'a str) -> Self {
        Self { rest: text.trim_start_matches('\u{feff}'), line: 0, separator: ',', unclosed: false }
    }

    /// The records of a text that says itself what separates: on a line before the first (`sep=;`), or by what there is most
    /// of in the first: commas, semicolons or tabs, those in quotes left out.
    pub fn of_any(text: &'a str) -> Self {
        let mut records = Self::of(text);
        let end = records.rest.find('\n').map_or(records.rest.len(), |end| end.saturating_add(1));
        let (first, behind) = records.rest.split_at_checked(end).unwrap_or((records.rest, ""));
        if let Some(says) = first.strip_prefix(SAYS)
            && let Some(separator) = says.chars().next().filter(|says| SEPARATORS.contains(says))
        {
            return Self { rest: behind, line: 1, separator, unclosed: false };
        }
        let mut counts = SEPARATORS.map(|separator| (0_usize, separator));
        let mut quoted = false;
        for c in first.chars() {
            quoted ^= c == '"';
            if let Some((count, _)) = counts.iter_mut().find(|(_, separator)| !quoted && *separator == c) {
                *count = count.saturating_add(1);
            }
        }
        // Of equally many, the first.
        let most = counts.into_iter().rev().max_by_key(|(count, _)| *count);
        records.separator = most.map_or(',', |(_, separator)| separator);
        records
    }

    /// Did the last record end within quotes? Then a closing quote is missing somewhere behind its first line.
    pub fn is_unclosed(&self) -> bool {
        self.unclosed
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
                c if c == self.separator && !quoted => cells.push(std::mem::take(&mut cell)),
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
        self.unclosed = quoted;
        self.rest = self.rest.get(end..).unwrap_or("");
        Some((begins, cells))
    }
}

/// A row while it is written.
#[derive(Debug)]
pub struct Row<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Row<'a> {
    /// Begins a row behind what is there.
    pub fn new(out: &'a mut String) -> Self {
        Self { out, is_first: true }
    }

    /// A cell whose text is ours: a number, an instant, an id, a fixed word.
    pub fn cell(&mut self, text: &str) -> &mut Self {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        if text.contains([',', '"', '\n', '\r']) {
            self.out.push('"');
            self.out.push_str(&text.replace('"', "\"\""));
            self.out.push('"');
        } else {
            self.out.push_str(text);
        }
        self
    }

    /// A cell whose text somebody else chose, or whose beginning is theirs. What a spreadsheet would take for a formula gets
    /// an apostrophe before it, which spreadsheets read as "this is text" (OWASP, CSV injection).
    pub fn text(&mut self, text: &str) -> &mut Self {
        if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
            return self.cell(&format!("'{text}"));
        }
        self.cell(text)
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        Records::of_any(text).collect()
    }

    fn row(line: usize, cells: [&str; 2]) -> (usize, Vec<String>) {
        (line, cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let expected = [row(1, ["name", "zone"]), row(2, ["Person 1", "UTC"])];
        for text in [
            "name,zone\nPerson 1,UTC\n",
            "\u{feff}name;zone\r\nPerson 1;UTC\r\n",
            "name\tzone\nPerson 1\tUTC",
            "\"name\",\"zone\"\r\n\"Person 1\",UTC",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
        assert_eq!(read("sep=;\r\nname;zone\r\n"), [row(2, ["name", "zone"])], "lines are those of the file");
        let commas = "name;\"zone, where the day begins, and so on\"\n\"a;\"\"b\"\"\";\"x\ny\"\nc;d\n";
        let rows = read(commas);
        assert_eq!(rows[1], row(2, ["a;\"b\"", "x\ny"]));
        assert_eq!(rows[2], row(4, ["c", "d"]), "a cell of two lines counts as two");
    }

    #[test]
    fn what_is_written_reads_back_and_no_text_is_a_formula() {
        let mut text = String::new();
        let mut row = Row::new(&mut text);
        row.cell("-1.5").text("=1+1").text("-x").text("a, \"b\"\nc").cell("");
        row.end();
        assert!(text.starts_with("-1.5,'=1+1,'-x,"), "{text}");
        let cells: Vec<_> = Records::of(&text).map(|(_, cells)| cells).collect();
        assert_eq!(cells, [["-1.5", "'=1+1", "'-x", "a, \"b\"\nc", ""]]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let mut records = Records::of_any("a,b\n\"c,d\ne,f\n");
        assert!(records.next().is_some() && !records.is_unclosed());
        assert_eq!(records.next().map(|(line, _)| line), Some(2));
        assert!(records.is_unclosed() && records.next().is_none());
    }
}
