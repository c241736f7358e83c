//! Names of models: what a request may call a model, and what it most likely meant.

use std::borrow::Cow;

/// Names longer than this are not looked up: no provider has them, and nearness is not worth computing for them.
pub(super) const NAME_BYTES_MAX: usize = 200;

/// The name as the book keeps it: lower case, without Google's `models/` in front. Borrowed unless it has capitals.
pub(super) fn normal(name: &str) -> Cow<'_, str> {
    let name = name.strip_prefix("models/").unwrap_or(name);
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The model that a dated or floating name is a snapshot of: `claude-x-20260922`, `gpt-x-2026-09-22`, `x@20260922`,
/// `x@default` and `x-latest` all stand for `x`. Anything else after a known name (`x-pro`, `x-2`, `x-0922`) is another
/// model with a price of its own, so it has none until somebody gives it one.
pub(super) fn undated(name: &str) -> Option<&str> {
    if let Some(base) = name.strip_suffix("-latest").or_else(|| name.strip_suffix("@default")) {
        return Some(base);
    }
    let tail = |length: usize| name.len().checked_sub(length).and_then(|at| name.split_at_checked(at));
    if let Some((base, date)) = tail(11)
        && let [b'-', y @ .., b'-', m1, m2, b'-', d1, d2] = date.as_bytes()
        && y.len() == 4
        && is_date(y.iter().chain([m1, m2, d1, d2]))
    {
        return Some(base);
    }
    if let Some((base, date)) = tail(9)
        && let [b'-' | b'@', digits @ ..] = date.as_bytes()
        && is_date(digits.iter())
    {
        return Some(base);
    }
    None
}

/// Eight digits that name a day of this century.
fn is_date<'a>(digits: impl Iterator<Item = &'a u8>) -> bool {
    let number = digits.into_iter().try_fold(0_u32, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u32::from(digit))
    });
    number.is_some_and(|date| {
        let day = date.checked_rem(100).unwrap_or(0);
        let month = date.checked_div(100).and_then(|rest| rest.checked_rem(100)).unwrap_or(0);
        (20_000_000..21_000_000).contains(&date) && (1..=12).contains(&month) && (1..=31).contains(&day)
    })
}

/// The beginnings of a name that an alias ending in a separator can stand for, longest first.
pub(super) fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    name.char_indices()
        .rev()
        .filter(|(_, c)| is_separator(*c))
        .filter_map(|(at, c)| at.checked_add(c.len_utf8()).and_then(|end| name.get(..end)))
}

fn is_separator(c: char) -> bool {
    matches!(c, ':' | '/' | '@')
}

/// How alike two names are: parts in common count most, then how far they begin alike. Higher is nearer.
pub(super) fn likeness(asked: &str, known: &str) -> usize {
    let parts = |name: &str| name.split(['-', '.', ':', '/', '@', '_']).count();
    let shared = asked
        .split(['-', '.', ':', '/', '@', '_'])
        .filter(|part| !part.is_empty() && known.split(['-', '.', ':', '/', '@', '_']).any(|other| other == *part))
        .count();
    let same_start = asked.bytes().zip(known.bytes()).take_while(|(a, b)| a == b).count();
    let more_parts = parts(known).abs_diff(parts(asked));
    shared.saturating_mul(8).saturating_add(same_start).saturating_sub(more_parts.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, base: Option<&str>) {
        assert_eq!(undated(name), base, "{name}");
    }

    #[test]
    fn only_dates_and_floating_names_are_taken_off() {
        check("claude-opus-5-5-20260922", Some("claude-opus-5-5"));
        check("gpt-5.5-2026-03-01", Some("gpt-5.5"));
        check("claude-opus-5-5@20260922", Some("claude-opus-5-5"));
        check("claude-opus-5-5@default", Some("claude-opus-5-5"));
        check("claude-opus-5-5-latest", Some("claude-opus-5-5"));
        check("gpt-5.5-pro", None);
        check("gpt-5.5-0125", None);
        check("gpt-5.5-20261399", None);
        check("gpt-5.5-12345678", None);
        check("mistral-large-2411", None);
        check("é-2026-03-01", Some("é"));
        check("ééééé", None);
        check("-latest", Some(""));
    }

    #[test]
    fn beginnings_end_in_a_separator() {
        let all: Vec<&str> = beginnings("ft:gpt-4o:acme/x").collect();
        assert_eq!(all, ["ft:gpt-4o:acme/", "ft:gpt-4o:", "ft:"]);
    }
}
