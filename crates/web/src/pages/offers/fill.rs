//! From a version's JSON to the fields of its form and back. What the form has no field for stays as it was.

use axum::http::StatusCode;
use purser_core::money::{Currency, Nano};
use serde_json::{Map, Value, json};

use crate::form::{Fields, Wrong};

/// What stands in the form of a version.
pub(super) fn fields(content: &Value) -> Fields {
    let text = |path: &str| content.pointer(path).map(said).unwrap_or_default();
    let line = |name: &str| text(&format!("/package/tokens/{name}"));
    let yes = |path: &str| if content.pointer(path) == Some(&Value::Bool(true)) { "yes" } else { "" }.to_owned();
    let (amount, per) = split(&line("amount"));
    let list = |path: &str| {
        let all = content.pointer(path).and_then(Value::as_array);
        all.map(|all| all.iter().map(said).collect::<Vec<_>>().join(", ")).unwrap_or_default()
    };
    let word = |path: &str| match content.pointer(path) {
        Some(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        other => other.map(said).unwrap_or_default(),
    };
    let bonus = match content.pointer("/package/bonus") {
        Some(Value::Object(bonus)) => match (bonus.get("of_base"), bonus.get("amount")) {
            (Some(percent), _) => format!("{} %", said(percent)),
            (_, Some(amount)) => plain(&said(amount)),
            _ => String::new(),
        },
        other => other.map(said).unwrap_or_default(),
    };
    let share = text("/package/working_share");
    let purpose = word("/package/tokens/purpose");
    let pairs = [
        ("candidate", text("/candidate/name")),
        ("email", text("/candidate/email")),
        ("title", text("/title")),
        ("family", text("/role/family")),
        ("level", text("/role/level")),
        ("place", text("/place")),
        ("zone", text("/zone")),
        ("starts", text("/starts")),
        ("expires", text("/expires")),
        ("currency", text("/package/currency")),
        ("rate", text("/package/rate/rate")),
        ("salary", plain(&text("/package/salary"))),
        ("bonus", bonus),
        ("equity", plain(&text("/package/equity/value"))),
        ("vesting", text("/package/equity/vesting/months")),
        ("share", if share.is_empty() { "1".to_owned() } else { share }),
        ("tokens", plain(&amount)),
        ("per", per),
        ("guaranteed", yes("/package/tokens/guaranteed")),
        ("pool", line("pool")),
        ("term", line("term")),
        ("floor", plain(&split(&line("floor")).0)),
        ("remedy", line("remedy")),
        ("rollover", word("/package/tokens/rollover")),
        ("sharing", word("/package/tokens/sharing")),
        ("purpose", if purpose == "personal_share" { "personal".to_owned() } else { purpose }),
        ("activation", line("activation")),
        ("models", list("/package/tokens/scope/models")),
        ("tools", list("/package/tokens/tools")),
        ("condition", yes("/package/tokens/condition_precedent")),
        ("notes", text("/notes")),
    ];
    Fields::holding(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)))
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// `300.00` as people write it.
fn plain(amount: &str) -> String {
    amount.strip_suffix(".00").unwrap_or(amount).to_owned()
}

/// `300.00/workday` as its amount and what it is for.
fn split(basis: &str) -> (String, String) {
    match (basis.split_once('/'), basis.split_once('%')) {
        (Some((amount, per)), _) => (amount.to_owned(), per.to_owned()),
        (None, Some((percent, _))) => (percent.to_owned(), "base".to_owned()),
        (None, None) => (basis.to_owned(), "workday".to_owned()),
    }
}

/// The version that a form says, upon the one before it.
pub(super) fn content(before: &Value, filled: &Fields, ledger: &Currency, today: &str) -> Result<Value, Wrong> {
    let mut content = if before.is_object() { before.clone() } else { json!({}) };
    for (field, path) in [
        ("candidate", "/candidate/name"),
        ("email", "/candidate/email"),
        ("title", "/title"),
        ("family", "/role/family"),
        ("level", "/role/level"),
        ("place", "/place"),
        ("zone", "/zone"),
        ("starts", "/starts"),
        ("expires", "/expires"),
        ("notes", "/notes"),
    ] {
        put(&mut content, path, filled.some(field).map(Value::String));
    }
    for (field, what) in [
        ("candidate", "write the candidate's name"),
        ("family", "name the family that this is measured as"),
        ("zone", "name the time zone in which their day begins, such as Europe/Berlin"),
        ("starts", "name the first day"),
        ("expires", "name the first day on which it can't be accepted any more"),
    ] {
        if filled.some(field).is_none() {
            return Err(wrong(field, what));
        }
    }
    let currency = filled.some("currency").unwrap_or_else(|| ledger.code().to_owned()).to_uppercase();
    put(&mut content, "/package/currency", Some(json!(currency)));
    put(&mut content, "/package/salary", amount(filled, "salary")?);
    let bonus = filled.text("bonus");
    let bonus = match bonus.strip_suffix('%') {
        Some(percent) => Some(json!({ "of_base": percent.trim() })),
        None => amount(filled, "bonus")?.map(|amount| json!({ "amount": amount })),
    };
    put(&mut content, "/package/bonus", bonus);
    match amount(filled, "equity")? {
        None => put(&mut content, "/package/equity", None),
        value => {
            put(&mut content, "/package/equity/value", value);
            if let Some(months) = filled.some("vesting") {
                let months: u16 =
                    months.parse().map_err(|_| wrong("vesting", "write a number of months, such as 48"))?;
                put(&mut content, "/package/equity/vesting/months", Some(json!(months)));
            }
        }
    }
    put(&mut content, "/package/working_share", filled.some("share").filter(|share| share != "1").map(Value::String));
    rate(&mut content, filled, &currency, ledger, today);
    tokens(&mut content, filled)?;
    Ok(content)
}

/// The dated rate to the ledger's currency, where the package's is another one; as it was where nobody changed it.
fn rate(content: &mut Value, filled: &Fields, currency: &str, ledger: &Currency, today: &str) {
    let rate = filled.some("rate").filter(|_| currency != ledger.code());
    let same = rate.as_deref() == content.pointer("/package/rate/rate").and_then(Value::as_str);
    if rate.is_none() || !same {
        let rate = rate.map(|rate| json!({ "to": ledger.code(), "rate": rate, "on": today }));
        put(content, "/package/rate", rate);
    }
}

fn tokens(content: &mut Value, filled: &Fields) -> Result<(), Wrong> {
    let per = filled.text("per");
    let basis = |field: &'static str| -> Result<Option<Value>, Wrong> {
        let Some(Value::String(number)) = amount(filled, field)? else { return Ok(None) };
        Ok(Some(Value::String(if per == "base" { format!("{number}% of base") } else { format!("{number}/{per}") })))
    };
    let Some(amount) = basis("tokens")? else {
        put(content, "/package/tokens", None);
        return Ok(());
    };
    let yes = |field: &str| Some(Value::Bool(true)).filter(|_| !filled.text(field).is_empty());
    let set = |content: &mut Value, name: &str, value: Option<Value>| {
        put(content, &format!("/package/tokens/{name}"), value);
    };
    set(content, "amount", Some(amount));
    set(content, "floor", basis("floor")?);
    set(content, "guaranteed", yes("guaranteed"));
    set(content, "condition_precedent", yes("condition"));
    for name in ["pool", "term", "remedy", "activation"] {
        set(content, name, filled.some(name).map(Value::String));
    }
    // Of what says more than its word, the rest stays while the word does.
    for (name, word, whole) in [
        ("rollover", "carries", json!({ "carries": { "periods": 1 } })),
        ("sharing", "shared", json!({ "shared": { "people": null } })),
        ("purpose", "personal", json!({ "personal_share": "10" })),
    ] {
        let is_same = filled.text(name) == fields(content).text(name);
        if !is_same {
            let value = filled.some(name).map(|text| if text == word { whole } else { Value::String(text) });
            set(content, name, value);
        }
    }
    for (field, path) in [("models", "scope/models"), ("tools", "tools")] {
        let names = filled.text(field).split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<Value> = names.map(|name| Value::String(name.to_owned())).collect();
        set(
            content,
            path,
            Some(Value::Array(names)).filter(|names| names.as_array().is_some_and(|all| !all.is_empty())),
        );
    }
    if content.pointer("/package/tokens/scope") == Some(&json!({})) {
        set(content, "scope", None);
    }
    Ok(())
}

/// An amount that somebody typed, as the API reads it.
fn amount(filled: &Fields, field: &'static str) -> Result<Option<Value>, Wrong> {
    let Some(text) = filled.some(field) else { return Ok(None) };
    let text = text.replace(',', "");
    let said = "write a number, such as 300 or 12.50";
    text.parse::<Nano>().map_err(|_| wrong(field, said)).map(|_| Some(Value::String(text)))
}

fn wrong(field: &'static str, message: &str) -> Wrong {
    Wrong::in_field(field, message, StatusCode::BAD_REQUEST)
}

/// Sets what stands at a path, or takes it away, and makes what is on the way there.
fn put(into: &mut Value, path: &str, value: Option<Value>) {
    let mut here = into;
    let mut parts = path.trim_start_matches('/').split('/').peekable();
    while let Some(part) = parts.next() {
        if !here.is_object() {
            if value.is_none() {
                return;
            }
            *here = Value::Object(Map::new());
        }
        let Value::Object(fields) = here else { return };
        if parts.peek().is_none() {
            match value {
                Some(value) => drop(fields.insert(part.to_owned(), value)),
                None => drop(fields.remove(part)),
            }
            return;
        }
        if value.is_none() && !fields.contains_key(part) {
            return;
        }
        here = fields.entry(part.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    }
}

#[cfg(test)]
mod tests {
    use purser_core::offer::Content;

    use super::*;

    fn whole() -> Value {
        json!({
            "candidate": {"name": "Person 17", "email": "person17@example.com"}, "title": "Analyst",
            "role": {"family": "engineering", "level": "L4"}, "place": "berlin", "zone": "Europe/Berlin",
            "starts": "2027-01-04", "expires": "2026-12-10", "notes": "a desk by the window",
            "package": {
                "currency": "EUR", "salary": "90000.00", "bonus": {"of_base": "10"},
                "rate": {"to": "USD", "rate": "1.0837", "on": "2026-10-01", "source": "treasury"},
                "equity": {"value": "40000.00", "vesting": {"months": 36, "cliff_months": 6, "every_months": 3}},
                "working_share": "0.8",
                "tokens": {
                    "amount": "300.00/workday", "guaranteed": true, "floor": "200.00/workday", "term": "24 months",
                    "remedy": "extends", "scope": {"models": ["claude-*"], "providers": ["anthropic"]},
                    "tools": ["claude-code"], "sharing": {"shared": {"people": 12}},
                    "rollover": {"carries": {"cap": "50", "periods": 2}}, "purpose": {"personal_share": "15"},
                    "activation": "start_date", "condition_precedent": true, "pool": "Research", "priority": 7,
                },
            },
        })
    }

    /// Equal as what the API reads, whatever an amount looks like.
    fn same(one: &Value, other: &Value) {
        let read = |value: &Value| serde_json::from_value::<Content>(value.clone()).unwrap();
        assert_eq!(read(one), read(other));
    }

    #[test]
    fn what_nobody_touches_stays_as_it_was() {
        let again = content(&whole(), &fields(&whole()), &Currency::usd(), "2026-11-28").unwrap();
        same(&again, &whole());
        let plain = json!({
            "candidate": {"name": "Person 1"}, "role": {"family": "finance"}, "zone": "UTC", "starts": "2027-01-04",
            "expires": "2026-12-10", "package": {"currency": "USD", "bonus": {"amount": "5.50"}},
        });
        same(&content(&plain, &fields(&plain), &Currency::usd(), "2026-11-28").unwrap(), &plain);
    }

    #[test]
    fn a_form_makes_a_first_version() {
        let filled = [
            ("candidate", "Person 2"),
            ("family", "engineering"),
            ("zone", "UTC"),
            ("starts", "2027-01-04"),
            ("expires", "2026-12-10"),
            ("salary", "120,000"),
            ("bonus", "10 %"),
            ("tokens", "40"),
            ("per", "base"),
            ("rollover", "carries"),
            ("sharing", "own"),
            ("models", "claude-*, gpt-5*"),
        ];
        let filled = Fields::holding(filled.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let made = content(&Value::Null, &filled, &Currency::usd(), "2026-11-28").unwrap();
        let read: Content = serde_json::from_value(made.clone()).unwrap();
        assert_eq!(made["package"]["tokens"]["amount"], "40% of base");
        assert_eq!(read.package.tokens.unwrap().scope.models.len(), 2);
        for (field, value) in [("salary", "much"), ("candidate", ""), ("vesting", "long")] {
            let mut pairs: Vec<_> = names_and_values(&filled);
            pairs.extend([(field.to_owned(), value.to_owned()), ("equity".to_owned(), "5".to_owned())]);
            let wrong = content(&Value::Null, &Fields::holding(pairs), &Currency::usd(), "2026-11-28").unwrap_err();
            assert_eq!(wrong.field, field);
        }
    }

    fn names_and_values(filled: &Fields) -> Vec<(String, String)> {
        super::super::inputs::names().map(|name| (name.to_owned(), filled.text(name).to_owned())).collect()
    }

    #[test]
    fn a_pillar_is_taken_away() {
        let mut pairs = names_and_values(&fields(&whole()));
        pairs.extend([("tokens".to_owned(), String::new()), ("equity".to_owned(), String::new())]);
        let made = content(&whole(), &Fields::holding(pairs), &Currency::usd(), "2026-11-28").unwrap();
        assert_eq!((made.pointer("/package/tokens"), made.pointer("/package/equity")), (None, None));
    }
}
