//! The one form of a statement that is signed: JSON with its names in order, without a space, each name once.
//!
//! It is RFC 8785 (JCS) for what statements have: objects, lists, texts, truth values, nothing, and whole numbers below
//! 2^53. Amounts are texts. A number that would be written in more than one way is refused.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why something has no such form.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// No JSON, or a name that stands in it twice.
    #[error("it can't be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A number that other programs may read or write otherwise.
    #[error("the number {0} can be written in more than one way")]
    Number(Number),
}

/// JSON's largest whole number that every program reads alike.
const WHOLE_MAX: u64 = 1 << 53;

/// The form.
///
/// # Errors
/// [`CanonicalError::Number`].
pub fn canonical(value: &Value) -> Result<String, CanonicalError> {
    let mut out = String::new();
    put(&mut out, value)?;
    Ok(out)
}

/// JSON as somebody wrote it. A name that stands twice in an object is refused: one program would read the first, another
/// the last.
///
/// # Errors
/// [`CanonicalError::Unreadable`].
pub fn read(text: &str) -> Result<Value, CanonicalError> {
    let Once(value) = serde_json::from_str(text)?;
    Ok(value)
}

fn put(out: &mut String, value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Number(number) => {
            let is_whole = number.as_i64().is_some_and(|number| number.unsigned_abs() <= WHOLE_MAX);
            if !is_whole {
                return Err(CanonicalError::Number(number.clone()));
            }
            out.push_str(&number.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                put(out, item)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            // By UTF-16, as the RFC has it; for the names of statements that is the order of their bytes.
            let mut names: Vec<_> = map.iter().collect();
            names.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (place, (name, item)) in names.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                put(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// A value in whose objects each name stands once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Once, E> {
        Number::from_f64(value).map(|number| Once(number.into())).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        let mut items = Vec::new();
        while let Some(Once(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Once(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Once, A::Error> {
        let mut map = Map::new();
        while let Some((name, Once(item))) = access.next_entry::<String, Once>()? {
            if map.insert(name.clone(), item).is_some() {
                return Err(de::Error::custom(format!("`{name}` stands in it twice")));
            }
        }
        Ok(Once(map.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let got = read(text).and_then(|value| canonical(&value));
        assert_eq!(got.unwrap_or_else(|error| error.to_string()), expected, "{text}");
    }

    #[test]
    fn one_form_whoever_wrote_it() {
        check(
            r#" { "b" : [1, 2 , {"z":null,"a":true}], "a": "1.50" } "#,
            r#"{"a":"1.50","b":[1,2,{"a":true,"z":null}]}"#,
        );
        check(r#"{"\u0061":"\u00fc\n\"\\"}"#, "{\"a\":\"ü\\n\\\"\\\\\"}");
        check("210000000000", "210000000000");
        check("-5", "-5");
        check("1.0", "the number 1.0 can be written in more than one way");
        check("1e3", "the number 1000.0 can be written in more than one way");
        check("9007199254740993", "the number 9007199254740993 can be written in more than one way");
        let twice = read(r#"{"used":"1","used":"2"}"#).unwrap_err().to_string();
        assert!(twice.contains("`used` stands in it twice"), "{twice}");
        assert!(read("{} {}").is_err() && read("").is_err());
    }
}
