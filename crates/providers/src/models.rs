//! Bodies of model lists in the three shapes.

use bytes::Bytes;
use purser_core::time::Instant;
use serde_json::{Value, json};

use crate::dialect::Family;

/// One model as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry<'a> {
    /// The name to ask for.
    pub id: &'a str,
    /// The name for people; the id where there is none.
    pub display_name: &'a str,
    /// Whose it is (`anthropic`).
    pub owner: &'a str,
    /// When it came out; [`Instant::EPOCH`] when unknown.
    pub created: Instant,
    /// The largest prompt in tokens.
    pub input_max: Option<u64>,
    /// The largest answer in tokens.
    pub output_max: Option<u64>,
}

/// The list of models in the shape of `family`, in one page.
pub fn models_list(family: Family, models: &[ModelEntry<'_>]) -> Bytes {
    let entries: Vec<Value> = models.iter().map(|model| entry(family, model)).collect();
    let body = match family {
        Family::OpenAi => json!({"object": "list", "data": entries}),
        Family::Anthropic => json!({
            "data": entries,
            "has_more": false,
            "first_id": models.first().map(|model| model.id),
            "last_id": models.last().map(|model| model.id),
        }),
        Family::Gemini => json!({"models": entries}),
    };
    Bytes::from(body.to_string())
}

/// One model in the shape of `family`.
pub fn model_get(family: Family, model: &ModelEntry<'_>) -> Bytes {
    Bytes::from(entry(family, model).to_string())
}

fn entry(family: Family, model: &ModelEntry<'_>) -> Value {
    let ModelEntry { id, display_name, owner, created, input_max, output_max } = *model;
    match family {
        Family::OpenAi => json!({"id": id, "object": "model", "created": created.as_secs(), "owned_by": owner}),
        Family::Anthropic => json!({
            "type": "model", "id": id, "display_name": display_name, "created_at": created.to_string(),
        }),
        Family::Gemini => {
            let mut entry = json!({
                "name": format!("models/{id}"),
                "displayName": display_name,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            });
            if let Some(fields) = entry.as_object_mut() {
                for (name, limit) in [("inputTokenLimit", input_max), ("outputTokenLimit", output_max)] {
                    if let Some(limit) = limit {
                        fields.insert(name.to_owned(), json!(limit));
                    }
                }
            }
            entry
        }
    }
}

#[cfg(test)]
mod tests {
    use purser_core::time::Instant;

    use super::{ModelEntry, model_get, models_list};
    use crate::dialect::Family;

    fn check(family: Family, list: &str, one: &str) {
        let model = ModelEntry {
            id: "m-1",
            display_name: "M 1",
            owner: "maker",
            created: Instant::from_micros(1_700_000_000_000_000),
            input_max: Some(200_000),
            output_max: None,
        };
        assert_eq!(String::from_utf8_lossy(&models_list(family, std::slice::from_ref(&model))), list);
        assert_eq!(String::from_utf8_lossy(&model_get(family, &model)), one);
    }

    #[test]
    fn three_shapes() {
        let one = r#"{"created":1700000000,"id":"m-1","object":"model","owned_by":"maker"}"#;
        check(Family::OpenAi, &format!(r#"{{"data":[{one}],"object":"list"}}"#), one);
        let one = r#"{"created_at":"2023-11-14T22:13:20Z","display_name":"M 1","id":"m-1","type":"model"}"#;
        let page = format!(r#"{{"data":[{one}],"first_id":"m-1","has_more":false,"last_id":"m-1"}}"#);
        check(Family::Anthropic, &page, one);
        let one = r#"{"displayName":"M 1","inputTokenLimit":200000,"name":"models/m-1","supportedGenerationMethods":["generateContent","countTokens"]}"#;
        check(Family::Gemini, &format!(r#"{{"models":[{one}]}}"#), one);
    }
}
