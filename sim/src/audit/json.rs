//! JSON as the events are written in: whole numbers only, every field accounted for.

use super::bytes::Read;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Truth(bool),
    Number(i128),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// The fields of a map that nobody has asked for yet. What is left in the end was not understood.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    of: &'static str,
    left: Vec<(String, Json)>,
}

impl Json {
    /// Reads bytes that are one value.
    pub(super) fn read(bytes: &[u8]) -> Read<Self> {
        let text = std::str::from_utf8(bytes).map_err(|_| "an event is no text".to_owned())?;
        let mut left = text.chars().peekable();
        let value = value(&mut left)?;
        skip(&mut left);
        if left.next().is_none() { Ok(value) } else { Err("something follows an event".to_owned()) }
    }

    /// Its fields, given what it is called.
    pub(super) fn fields(self, of: &'static str) -> Read<Fields> {
        match self {
            Self::Map(left) => Ok(Fields { of, left }),
            other => Err(format!("{of} has no fields: {other:?}")),
        }
    }

    /// `{"kind": …}`, or the bare kind.
    pub(super) fn kind(self) -> Read<(String, Self)> {
        match self {
            Self::Text(kind) => Ok((kind, Self::Null)),
            Self::Map(mut only) if only.len() == 1 => only.pop().ok_or_else(|| "checked above".to_owned()),
            other => Err(format!("this is of no one kind: {other:?}")),
        }
    }

    pub(super) fn text(self) -> Read<String> {
        if let Self::Text(text) = self { Ok(text) } else { Err(format!("this is no text: {self:?}")) }
    }

    pub(super) fn number(self) -> Read<i128> {
        if let Self::Number(number) = self { Ok(number) } else { Err(format!("this is no number: {self:?}")) }
    }

    pub(super) fn truth(self) -> Read<bool> {
        if let Self::Truth(truth) = self { Ok(truth) } else { Err(format!("this is neither true nor false: {self:?}")) }
    }

    pub(super) fn list(self) -> Read<Vec<Self>> {
        if let Self::List(list) = self { Ok(list) } else { Err(format!("this is no list: {self:?}")) }
    }
}

impl Fields {
    /// A field that may be missing.
    pub(super) fn maybe(&mut self, name: &str) -> Option<Json> {
        let at = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.swap_remove(at).1).filter(|value| *value != Json::Null)
    }

    pub(super) fn must(&mut self, name: &str) -> Read<Json> {
        self.maybe(name).ok_or_else(|| format!("{} says nothing of `{name}`", self.of))
    }

    /// Nothing may be left that was not understood.
    pub(super) fn end(self) -> Read<()> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("the auditor does not know what `{name}` of {} means", self.of)),
        }
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip(left: &mut Chars<'_>) {
    while left.next_if(char::is_ascii_whitespace).is_some() {}
}

fn expect(left: &mut Chars<'_>, wanted: char) -> Read<()> {
    skip(left);
    match left.next() {
        Some(found) if found == wanted => Ok(()),
        found => Err(format!("`{wanted}` is wanted, not {found:?}")),
    }
}

/// Does it end here, or does another one follow?
fn ends(left: &mut Chars<'_>, end: char, is_first: bool) -> Read<bool> {
    skip(left);
    if left.next_if_eq(&end).is_some() {
        return Ok(true);
    }
    if is_first { Ok(false) } else { expect(left, ',').map(|()| false) }
}

fn value(left: &mut Chars<'_>) -> Read<Json> {
    skip(left);
    match left.peek() {
        Some('{') => {
            left.next();
            let mut map = Vec::new();
            while !ends(left, '}', map.is_empty())? {
                skip(left);
                let name = text(left)?;
                expect(left, ':')?;
                if map.iter().any(|(known, _)| *known == name) {
                    return Err(format!("`{name}` is said twice"));
                }
                map.push((name, value(left)?));
            }
            Ok(Json::Map(map))
        }
        Some('[') => {
            left.next();
            let mut list = Vec::new();
            while !ends(left, ']', list.is_empty())? {
                list.push(value(left)?);
            }
            Ok(Json::List(list))
        }
        Some('"') => text(left).map(Json::Text),
        _ => {
            let mut word = String::new();
            while let Some(c) = left.next_if(|c| c.is_ascii_alphanumeric() || *c == '-') {
                word.push(c);
            }
            match word.as_str() {
                "null" => Ok(Json::Null),
                "true" => Ok(Json::Truth(true)),
                "false" => Ok(Json::Truth(false)),
                number => number.parse().map(Json::Number).map_err(|_| format!("`{number}` is no whole number")),
            }
        }
    }
}

fn text(left: &mut Chars<'_>) -> Read<String> {
    if left.next() != Some('"') {
        return Err("a text begins with a quotation mark".to_owned());
    }
    let mut text = String::new();
    loop {
        match left.next() {
            Some('"') => return Ok(text),
            Some('\\') => match left.next() {
                Some(c @ ('"' | '\\' | '/')) => text.push(c),
                Some('n') => text.push('\n'),
                other => return Err(format!("the auditor does not read `\\{other:?}`, and no event needs it")),
            },
            Some(c) => text.push(c),
            None => return Err("a text does not end".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named() {
        let read = |text: &str| Json::read(text.as_bytes());
        let map = read(r#" {"a": [1, -2, []], "b\"": {"c": "d"}, "e": true} "#).unwrap();
        let mut fields = map.fields("it").unwrap();
        assert_eq!(fields.must("a").unwrap().list().unwrap().len(), 3);
        assert_eq!(fields.must("b\"").unwrap().kind().unwrap(), ("c".to_owned(), Json::Text("d".to_owned())));
        assert!(fields.clone().end().unwrap_err().contains('e'));
        assert!(fields.must("a").is_err());
        for wrong in ["", "{", "{\"a\":1,}", "[1 2]", "1.5", "{\"a\":1,\"a\":2}", "1 2", "\"\\u0041\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
