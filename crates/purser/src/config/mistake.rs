//! A mistake in `purser.toml`, shown the way its author can mend it: the line, the field, what was probably meant.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a configuration was not taken. Shown to the admin as it is.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The file, where there is one.
    file: Option<PathBuf>,
    /// Line and column, counted from one, and the line's text.
    place: Option<Place>,
    /// What is wrong, a sentence.
    what: String,
    /// What to do, a sentence.
    hint: Option<String>,
}

#[derive(Debug)]
struct Place {
    line: usize,
    column: usize,
    width: usize,
    text: String,
}

impl Mistake {
    /// A mistake in no particular line: fields that contradict each other, a file that can't be read.
    pub(crate) fn new(file: Option<&Path>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.map(Path::to_owned), place: None, what: what.into(), hint: Some(hint.into()) }
    }

    /// A mistake at a place of `source`.
    pub(crate) fn at(
        file: Option<&Path>,
        source: &str,
        span: std::ops::Range<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { place: Some(Place::of(source, span)), ..Self::new(file, what, hint) }
    }

    /// What the TOML reader said, with its place in `source` and, for an unknown field, the closest known one.
    pub(crate) fn from_toml(file: Option<&Path>, source: &str, error: &toml::de::Error) -> Self {
        let (what, hint) = explain(error.message());
        let place = error.span().map(|span| Place::of(source, span));
        Self { file: file.map(Path::to_owned), place, what, hint }
    }
}

impl Place {
    fn of(source: &str, span: std::ops::Range<usize>) -> Self {
        let before = source.get(..span.start).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let text = source.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = before.get(line_start..).map_or(0, |part| part.chars().count());
        let marked = source.get(span).and_then(|part| part.lines().next()).map_or(1, |part| part.chars().count());
        let left = text.chars().count().saturating_sub(column);
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width: marked.clamp(1, left.max(1)),
            text: text.to_owned(),
        }
    }
}

/// `unknown field `x`, expected one of `a`, `b`` becomes a sentence and the closest known name.
fn explain(message: &str) -> (String, Option<String>) {
    for (start, thing) in [("unknown field ", "field"), ("unknown variant ", "value")] {
        let Some(rest) = message.strip_prefix(start) else { continue };
        let mut names = rest.split('`').skip(1).step_by(2);
        let Some(given) = names.next() else { continue };
        let known: Vec<&str> = names.collect();
        let hint = match closest(given, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        return (format!("`{given}` is not a known {thing} here"), Some(hint));
    }
    (message.to_owned(), None)
}

/// The known word nearest to the given one, when it is near enough to be a slip: at most a third of its letters off.
pub(crate) fn closest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let bound = (given.chars().count() / 3).max(1) + 1;
    known
        .iter()
        .map(|word| (distance(given, word), *word))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, word)| word)
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (slot, to) in row.iter_mut().skip(1).zip(&b) {
            let replaced = corner + usize::from(from != *to);
            corner = *slot;
            left = replaced.min(corner + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map_or_else(|| "configuration".to_owned(), |file| file.display().to_string());
        match &self.place {
            None => write!(f, "{file}: {}", self.what)?,
            Some(place) => {
                let number = place.line.to_string();
                let margin = " ".repeat(number.len());
                let shift = " ".repeat(place.column.saturating_sub(1));
                let mark = "^".repeat(place.width);
                writeln!(f, "{file}, line {number}, column {}: {}", place.column, self.what)?;
                writeln!(f, "{margin} |")?;
                writeln!(f, "{number} | {}", place.text)?;
                write!(f, "{margin} | {shift}{mark}")?;
            }
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mistake {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_a_different_word_is_not() {
        let known = ["gateway", "control", "behind_proxy"];
        assert_eq!(closest("gatway", &known), Some("gateway"));
        assert_eq!(closest("behind-proxy", &known), Some("behind_proxy"));
        assert_eq!(closest("colour", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
