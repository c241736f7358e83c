//! What differs between two versions, field by field.

use serde::Serialize;
use serde_json::Value;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where: `package.tokens.amount`.
    pub field: String,
    /// What stood there; `None` for nothing.
    pub before: Option<Value>,
    /// What stands there now; `None` for nothing.
    pub after: Option<Value>,
}

/// Every field that differs, in the order of its name. Lists differ as a whole: their order is their meaning.
pub fn diff<T: Serialize>(before: &T, after: &T) -> Vec<Change> {
    let value = |of: &T| serde_json::to_value(of).unwrap_or(Value::Null);
    let mut changes = Vec::new();
    walk(String::new(), Some(&value(before)), Some(&value(after)), &mut changes);
    changes
}

fn walk(field: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    // Of something that came or went each field is told, so that none of them hides in the whole.
    let empty = serde_json::Map::new();
    let fields = |value: Option<&Value>| match value {
        Some(Value::Object(fields)) => Some(fields.clone()),
        None => Some(empty.clone()),
        Some(_) => None,
    };
    match (fields(before), fields(after)) {
        (Some(old), Some(new)) if before.or(after).is_some_and(Value::is_object) => {
            let mut names: Vec<&String> =
                old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
            names.sort_unstable();
            for name in names {
                let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                walk(path, old.get(name), new.get(name), changes);
            }
        }
        _ => changes.push(Change { field, before: before.cloned(), after: after.cloned() }),
    }
}
