//! A row of a table as JSON: ids as text, instants as such, what is withheld by a word.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_core::hex::Hex;
use purser_core::id::{GrantId, KeyId, LoginId, NoteId, OfferId, OutcomeId, PersonId, RunId, UnitId};
use purser_core::time::Instant;
use purser_store::Field;
use serde_json::{Map, Value};

use super::theirs::Theirs;

/// Columns that are instants, in whatever table they stand.
const INSTANTS: [&str; 11] =
    ["at", "told", "back", "began", "last", "first", "seen", "expires", "spoken", "start", "until"];
/// A table whose columns of such names are something else: tools' own counters.
const NO_INSTANTS: &str = "observed_counter";
/// What stands in the place of what is withheld.
const WITHHELD: &str = "(withheld)";

/// A row, by the names of its columns.
pub(super) fn row(table: &str, columns: &[String], fields: Vec<Field>, withheld: &[&str], theirs: &Theirs) -> Value {
    let mut record = Map::new();
    for (column, field) in columns.iter().zip(fields) {
        let value = match field {
            Field::Nothing => Value::Null,
            _ if withheld.contains(&column.as_str()) => WITHHELD.into(),
            Field::Text(text) => text.into(),
            Field::Number(number) if INSTANTS.contains(&column.as_str()) && table != NO_INSTANTS => {
                Instant::from_micros(number).to_string().into()
            }
            Field::Number(number) => number.into(),
            Field::Bytes(bytes) => written(column, bytes, theirs).into(),
        };
        record.insert(column.clone(), value);
    }
    Value::Object(record)
}

/// Bytes as text: an id by the column it stands in, a page as it is, the rest in base64.
fn written(column: &str, bytes: Vec<u8>, theirs: &Theirs) -> String {
    if column == "html" {
        return String::from_utf8(bytes).unwrap_or_else(|error| STANDARD.encode(error.as_bytes()));
    }
    let Ok(bits) = <[u8; 16]>::try_from(bytes.as_slice()).map(u128::from_be_bytes) else {
        return STANDARD.encode(bytes);
    };
    match column {
        "person" | "looker" => PersonId::new(bits).to_string(),
        "key" => KeyId::new(bits).to_string(),
        "unit" => UnitId::new(bits).to_string(),
        "run" | "parent" => RunId::new(bits).to_string(),
        "login" => LoginId::new(bits).to_string(),
        "offer" => OfferId::new(bits).to_string(),
        "note" => NoteId::new(bits).to_string(),
        "grant_id" => GrantId::new(bits).to_string(),
        "outcome" => OutcomeId::new(bits).to_string(),
        _ => theirs.text(bits).map_or_else(|| Hex(&bytes).to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_instants_are_readable_and_secrets_are_not_there() {
        let columns = ["person", "password", "seen", "count", "more"].map(str::to_owned);
        let person = PersonId::new(7);
        let fields = vec![
            Field::Bytes(person.get().to_be_bytes().to_vec()),
            Field::Text("$argon2id$".to_owned()),
            Field::Number(0),
            Field::Number(3),
            Field::Nothing,
        ];
        let row = row("login_private", &columns, fields, &["password"], &Theirs::default());
        let expected = serde_json::json!({ "person": person, "password": "(withheld)", "seen": Instant::EPOCH,
            "count": 3, "more": null });
        assert_eq!(row, expected);
    }
}
