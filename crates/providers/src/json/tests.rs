//! The cursor agrees with `serde_json` on what is JSON, without recursion.

use proptest::prelude::*;

use super::scan::plain_count;
use super::{Count, Cursor, Kind, Survey, number, number_len};

/// Our reader and `serde_json` agree on what is JSON (both stop at depth 128).
fn check(text: &str) {
    let mut cursor = Cursor::new(text.as_bytes());
    let ours = cursor.skip().and_then(|()| cursor.end());
    let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text);
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}: {ours:?} {theirs:?}");
}

#[test]
fn grammar() {
    for text in [
        "",
        " ",
        "{}",
        "[]",
        "{ }",
        "[ ]",
        "[1,2]",
        "[1,]",
        "[,1]",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "null",
        "nul",
        "true",
        "false",
        "01",
        "-",
        "-0",
        "1.",
        "1.5",
        ".5",
        "1e5",
        "1e",
        "1e+",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u1234\"",
        "\"a",
        "\"a\nb\"",
        "1 2",
        "[[[[]]]]",
        "[}",
        "{]",
        "[{\"a\":[{\"b\":[]}]},{}]",
        "[1 2]",
        "{\"a\" 1}",
        "\u{feff}{}",
        "[\"\\\"]",
        "-1.5E-10",
        "+1",
        "NaN",
    ] {
        check(text);
    }
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let read = |text: &str| Cursor::new(text.as_bytes()).skip().is_ok();
    assert!(read(&deep(128)));
    assert!(!read(&deep(129)));
    assert!(!read(&"[".repeat(1_000_000)));
    assert!(!read(&"{\"a\":".repeat(1_000_000)));
}

#[test]
fn counts() {
    let count = |text: &str| Cursor::new(text.as_bytes()).count().unwrap();
    assert_eq!(count("7"), Count::Is(7));
    assert_eq!(count("-0"), Count::Is(0));
    assert_eq!(count("-7"), Count::Negative);
    assert_eq!(count("null"), Count::Null);
    assert_eq!(count("9999999999999999999"), Count::Is(9_999_999_999_999_999_999));
    assert_eq!(count("18446744073709551615"), Count::Is(u64::MAX));
    for bad in ["18446744073709551616", "7.0", "7e2", "\"7\"", "true", "{}", "99999999999999999999999"] {
        assert_eq!(count(bad), Count::Bad, "{bad}");
    }
}

#[test]
fn wide_text_is_counted_as_utf8() {
    let wide = |text: &str| {
        let mut cursor = Cursor::new(text.as_bytes());
        cursor.skip().unwrap();
        Survey::of(text.as_bytes()).wide + cursor.tally().wide
    };
    assert_eq!(wide("\"abc\""), 0);
    assert_eq!(wide("\"é€😀\""), 9);
    assert_eq!(wide(r#""\u00e9\u20ac\ud83d\ude00""#), 9);
    assert_eq!(wide(r#""\u0041\n""#), 0);
}

proptest::proptest! {
    #[test]
    fn agrees_with_serde(text in "[\\[\\]{}:,\"\\\\a1e.+ -]{0,12}|[ -~]{0,24}") {
        check(&text);
    }
}

proptest! {
    /// What is read at a glance is what the whole grammar says.
    #[test]
    fn counts_at_a_glance(text in r#"(-?0{0,2}[0-9]{0,22}[.eE+ ,}\]"a]{0,3}|[\x00-\x7f]{0,24})"#) {
        let bytes = text.as_bytes();
        if let Some((value, len)) = plain_count(bytes) {
            prop_assert_eq!(number_len(bytes), Some(len));
            prop_assert_eq!(number(&bytes[..len]), Count::Is(value));
        }
        let ends_in_digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
        let is_count = ends_in_digits && bytes.len() < 19 && (bytes == b"0" || bytes[0] != b'0');
        prop_assert_eq!(plain_count(format!("{text},").as_bytes()).is_some(), is_count || plain_count(bytes).is_some());
    }

    #[test]
    fn keys_and_texts_at_a_glance(
        key in r"([a-z_]{0,40}|[\x00-\x7f\u{e9}\u{4e00}]{0,40})",
        text in r"([a-z ]{0,40}|[\x00-\x7f\u{e9}\u{4e00}]{0,40})",
        before in "[ \n]{0,2}",
        after in "[ \t]{0,2}",
        raw: bool,
    ) {
        let quoted = |text: &str| if raw { format!("\"{text}\"") } else { serde_json::to_string(text).unwrap() };
        let document = format!("{{{0}{1}{before}:{after}{2}{before},{after}\"last\":7{before}}}", before, quoted(&key), quoted(&text));
        let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&document);
        let mut cursor = Cursor::new(document.as_bytes());
        let mut ours = serde_json::Map::new();
        let read = cursor.object(|cursor, key| {
            let value = match cursor.kind()? {
                Kind::String => cursor.text()?.into(),
                _ => format!("{:?}", cursor.count()?).into(),
            };
            ours.insert(key.text().into_owned(), value);
            Ok(())
        });
        let read = read.and_then(|_| cursor.end());
        prop_assert_eq!(read.is_ok(), theirs.is_ok(), "{}", document);
        if let Ok(mut theirs) = theirs {
            for value in theirs.values_mut().filter(|value| value.is_number()) {
                *value = "Is(7)".into();
            }
            prop_assert_eq!(ours, theirs);
        }
    }
}
