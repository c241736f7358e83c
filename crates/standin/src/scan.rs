//! Finds the parts of a JSON text without building a tree: values are spans of the text. Only the structure is checked;
//! what a span holds is judged by whoever reads it.

use memchr::memchr2;

/// The text is not the JSON that was expected at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Calls `field` with each key (between its quotes, escapes untouched) and value of an object, in order.
pub(crate) fn object<'a>(json: &'a [u8], mut field: impl FnMut(&'a [u8], &'a [u8])) -> Result<(), NotJson> {
    let mut at = open(json, b'{')?;
    if peek(json, at) == Some(b'}') {
        return end(json, at + 1);
    }
    loop {
        let key_end = value_end(json, at)?;
        let key = string(json.get(at..key_end).ok_or(NotJson)?).ok_or(NotJson)?;
        at = skip_space(json, key_end);
        if peek(json, at) != Some(b':') {
            return Err(NotJson);
        }
        let value_at = skip_space(json, at + 1);
        let value_to = value_end(json, value_at)?;
        field(key, json.get(value_at..value_to).ok_or(NotJson)?);
        at = skip_space(json, value_to);
        match peek(json, at) {
            Some(b',') => at = skip_space(json, at + 1),
            Some(b'}') => return end(json, at + 1),
            _ => return Err(NotJson),
        }
    }
}

/// Calls `item` with each element of an array, in order.
pub(crate) fn array<'a>(json: &'a [u8], mut item: impl FnMut(&'a [u8])) -> Result<(), NotJson> {
    let mut at = open(json, b'[')?;
    if peek(json, at) == Some(b']') {
        return end(json, at + 1);
    }
    loop {
        let to = value_end(json, at)?;
        item(json.get(at..to).ok_or(NotJson)?);
        at = skip_space(json, to);
        match peek(json, at) {
            Some(b',') => at = skip_space(json, at + 1),
            Some(b']') => return end(json, at + 1),
            _ => return Err(NotJson),
        }
    }
}

/// The value of one field of an object; the last one if the key is repeated, `None` if it is absent or this is no object.
pub(crate) fn get<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut found = None;
    object(json, |key, value| {
        if key == name.as_bytes() {
            found = Some(value);
        }
    })
    .ok()?;
    found
}

/// What is between the quotes of a string, escapes untouched; `None` for other values.
pub(crate) fn string(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// The same as text.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    str::from_utf8(string(value)?).ok()
}

/// A non-negative whole number; `None` for other values.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    str::from_utf8(value).ok()?.parse().ok()
}

/// Index after the value that begins at `at`.
pub(crate) fn value_end(json: &[u8], at: usize) -> Result<usize, NotJson> {
    match peek(json, at) {
        Some(b'"') => string_end(json, at),
        Some(b'{' | b'[') => container_end(json, at),
        Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => {
            let word = json.get(at..).ok_or(NotJson)?;
            let inside = |byte: &u8| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            Ok(at + word.iter().take_while(|byte| inside(byte)).count())
        }
        _ => Err(NotJson),
    }
}

/// Index of the first byte from `at` on that is not white space.
pub(crate) fn skip_space(json: &[u8], at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count()
}

fn string_end(json: &[u8], at: usize) -> Result<usize, NotJson> {
    let mut at = at + 1;
    loop {
        let rest = json.get(at..).ok_or(NotJson)?;
        let step = memchr2(b'"', b'\\', rest).ok_or(NotJson)?;
        if rest.get(step) == Some(&b'"') {
            return Ok(at + step + 1);
        }
        at += step + 2;
    }
}

fn container_end(json: &[u8], at: usize) -> Result<usize, NotJson> {
    enclosing_end(json, at + 1)
}

/// Index after the bracket that closes the container around `at`, which is between two of its values. Nested containers
/// are skipped with a count, not a stack: kinds of brackets are not told apart.
pub(crate) fn enclosing_end(json: &[u8], at: usize) -> Result<usize, NotJson> {
    let mut at = at;
    let mut depth = 1_usize;
    loop {
        match peek(json, at).ok_or(NotJson)? {
            b'"' => {
                at = string_end(json, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn open(json: &[u8], bracket: u8) -> Result<usize, NotJson> {
    let at = skip_space(json, 0);
    if peek(json, at) == Some(bracket) { Ok(skip_space(json, at + 1)) } else { Err(NotJson) }
}

fn end(json: &[u8], at: usize) -> Result<(), NotJson> {
    if skip_space(json, at) == json.len() { Ok(()) } else { Err(NotJson) }
}

fn peek(json: &[u8], at: usize) -> Option<u8> {
    json.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        object(json.as_bytes(), |key, value| found.push((owned(key), owned(value)))).ok()?;
        Some(found)
    }

    fn check(json: &str, expected: Option<&[(&str, &str)]>) {
        let expected = expected.map(|pairs| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        assert_eq!(fields(json), expected, "{json}");
    }

    #[test]
    fn spans_of_fields() {
        check("{}", Some(&[]));
        check(" { } ", Some(&[]));
        check(
            r#"{"a":1,"b" : "x\"}","c":[{"d":"]"}],"e":null}"#,
            Some(&[("a", "1"), ("b", r#""x\"}""#), ("c", r#"[{"d":"]"}]"#), ("e", "null")]),
        );
    }

    #[test]
    fn what_is_not_an_object() {
        for json in ["", "[]", "{", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1"#, r#"{"a":1,}"#, r#"{"a":"x}"#, r#"{"a":1} x"#]
        {
            check(json, None);
        }
    }

    #[test]
    fn elements_and_leaves() {
        let mut items = Vec::new();
        array(br#"[1, "two" ,{"three":3}]"#, |item| items.push(item.to_vec())).unwrap();
        assert_eq!(items, [b"1".to_vec(), br#""two""#.to_vec(), br#"{"three":3}"#.to_vec()]);
        assert_eq!(get(br#"{"a":1,"a":2}"#, "a").and_then(number), Some(2));
        assert_eq!(get(br#"{"a":"x"}"#, "a").and_then(text), Some("x"));
        assert_eq!(number(b"-1"), None);
    }

    proptest::proptest! {
        #[test]
        fn strangers_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = object(&bytes, |_, _| {});
            let _ = array(&bytes, |_| {});
        }

        #[test]
        fn mangled_json_never_panics(at in 0_usize..60, byte: u8) {
            let mut json = br#"{"model":"m","messages":[{"role":"user","content":"h\\i"}]}"#.to_vec();
            if let Some(place) = json.get_mut(at) { *place = byte; }
            let _ = object(&json, |_, _| {});
        }
    }
}
