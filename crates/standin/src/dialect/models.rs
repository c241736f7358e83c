//! Model lists, in the shape the caller's headers ask for.

use crate::config::{ListedModel, Owner};
use crate::reel::{Pen, Reel};

/// `GET …/models`: the models of one provider.
pub(crate) fn list(models: &[ListedModel], shape: Owner, created_s: u64, reel: &mut Reel) {
    let listed = || models.iter().filter(|model| model.owner == shape);
    let mut pen = reel.pen();
    pen.raw(match shape {
        Owner::Anthropic => r#"{"data":["#,
        Owner::OpenAi => r#"{"object":"list","data":["#,
        Owner::Google => r#"{"models":["#,
    });
    let mut comma = "";
    for model in listed() {
        pen.raw(comma);
        entry(&mut pen, model, created_s);
        comma = ",";
    }
    pen.raw("]");
    if shape == Owner::Anthropic {
        let id = |model: Option<&ListedModel>| model.map_or_else(|| "null".to_owned(), |m| format!("\"{}\"", m.id));
        pen.raw(r#","has_more":false,"first_id":"#).raw(&id(listed().next()));
        pen.raw(r#","last_id":"#).raw(&id(listed().next_back()));
    }
    pen.raw("}");
    reel.end_frame(0, 0);
}

/// `GET …/models/ID`. Whether there is such a model in that provider's list.
pub(crate) fn one(models: &[ListedModel], shape: Owner, id: &str, created_s: u64, reel: &mut Reel) -> bool {
    let Some(model) = models.iter().find(|model| model.owner == shape && model.id == id) else { return false };
    entry(&mut reel.pen(), model, created_s);
    reel.end_frame(0, 0);
    true
}

fn entry(pen: &mut Pen<'_>, model: &ListedModel, created_s: u64) {
    match model.owner {
        Owner::Anthropic => {
            pen.raw(r#"{"type":"model","id":""#).raw(&model.id).raw(r#"","display_name":""#).raw(&model.id);
            pen.raw(r#"","created_at":"2026-01-01T00:00:00Z"}"#);
        }
        Owner::OpenAi => {
            pen.raw(r#"{"id":""#).raw(&model.id).raw(r#"","object":"model","created":"#).num(created_s);
            pen.raw(r#","owned_by":"standin"}"#);
        }
        Owner::Google => {
            pen.raw(r#"{"name":"models/"#).raw(&model.id).raw(r#"","displayName":""#).raw(&model.id);
            pen.raw(r#"","inputTokenLimit":"#).num(model.input_tokens_max);
            pen.raw(r#","outputTokenLimit":"#).num(model.output_tokens_max);
            pen.raw(r#","supportedGenerationMethods":["generateContent","countTokens"]}"#);
        }
    }
}
