//! The cursor agrees with `serde_json` on what is JSON, without recursion.

use super::{Count, Cursor, Survey};

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
