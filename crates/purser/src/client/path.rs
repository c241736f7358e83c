//! Paths and queries with whatever people type in them.

use std::fmt;

/// A path below `/api/v1`, its parts escaped.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    text: String,
    has_query: bool,
}

/// `path(["people", name])` is `/api/v1/people/<name, escaped>`.
pub(crate) fn path<'a>(parts: impl IntoIterator<Item = &'a str>) -> Path {
    let mut text = "/api/v1".to_owned();
    for part in parts {
        text.push('/');
        escape(part, &mut text);
    }
    Path { text, has_query: false }
}

impl Path {
    /// The same with `name=value` behind it, when there is a value.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.text.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.text.push_str(name);
            self.text.push('=');
            escape(value, &mut self.text);
        }
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(super) fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_anything_in_them_stay_one_part() {
        assert_eq!(path(["people", "a/b ?é"]).to_string(), "/api/v1/people/a%2Fb%20%3F%C3%A9");
        let path = path(["usage"]).with("by", Some("day")).with("from", None).with("to", Some("2026-11-24"));
        assert_eq!(path.to_string(), "/api/v1/usage?by=day&to=2026-11-24");
    }
}
