//! A file of prices: our own form, or one of the public catalogues, recognised by its shape.

use purser_core::price::import::{self, Format, Options, Unlikely};
use purser_core::price::{CardSpec, Discount, Exchange};
use purser_core::time::Instant;
use serde::Deserialize;
use serde_json::Value;

use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::ImportPrices;

/// A file, understood.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) format: &'static str,
    pub(super) cards: Vec<CardSpec>,
    pub(super) discounts: Vec<Discount>,
    pub(super) exchange: Vec<Exchange>,
    pub(super) skipped: Vec<String>,
}

/// Our own form: an array of cards, or an object with cards, discounts and exchange rates.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    cards: Vec<CardSpec>,
    discounts: Vec<Discount>,
    exchange: Vec<Exchange>,
}

enum Shape {
    Own,
    Catalogue(Format),
}

/// Reads a file.
///
/// # Errors
/// It is none of the forms, or not well-formed.
pub(super) fn read(asked: &ImportPrices, now: Instant) -> Result<File, Error> {
    let text = asked.text.trim_start_matches('\u{feff}').trim_start();
    let shape = match asked.format.as_deref() {
        None => recognise(text)?,
        Some("cards") => Shape::Own,
        Some(name) => Shape::Catalogue(name.parse().map_err(|message: String| Refused::new(Code::Invalid, message))?),
    };
    match shape {
        Shape::Own => own(text),
        Shape::Catalogue(format) => {
            let options = Options {
                from: asked.from.as_deref().map_or(Ok(now), dates::instant)?,
                provider: asked.provider.clone(),
                unlikely: if asked.keep_unlikely { Unlikely::Keep } else { Unlikely::Skip },
            };
            let read = import::read(text, format, &options).map_err(not_understood)?;
            let skipped = read.skipped.iter().map(ToString::to_string).collect();
            Ok(File { format: name(format), cards: read.cards, skipped, ..File::default() })
        }
    }
}

fn own(text: &str) -> Result<File, Error> {
    let own = if text.starts_with('[') {
        serde_json::from_str(text).map(|cards| Own { cards, ..Own::default() })
    } else {
        serde_json::from_str(text)
    };
    let Own { cards, discounts, exchange } = own.map_err(not_understood)?;
    Ok(File { format: "rate cards", cards, discounts, exchange, skipped: Vec::new() })
}

/// Which form a text has, by what only that form has.
fn recognise(text: &str) -> Result<Shape, Error> {
    if text.starts_with('[') {
        return Ok(Shape::Own);
    }
    if !text.starts_with('{') {
        return Ok(Shape::Catalogue(Format::Csv));
    }
    let value: Value = serde_json::from_str(text).map_err(not_understood)?;
    let Some(fields) = value.as_object() else { return Ok(Shape::Own) };
    let any_has = |name: &str| fields.values().any(|entry| entry.get(name).is_some());
    Ok(if ["cards", "discounts", "exchange"].iter().any(|name| fields.contains_key(*name)) {
        Shape::Own
    } else if fields.get("data").is_some_and(Value::is_array) {
        Shape::Catalogue(Format::Openrouter)
    } else if any_has("litellm_provider") {
        Shape::Catalogue(Format::Litellm)
    } else if any_has("models") {
        Shape::Catalogue(Format::ModelsDev)
    } else {
        return Err(Refused::new(Code::Invalid, "this is no form of price file that is known here").hint(FORMS).into());
    })
}

const FORMS: &str = "rate cards as `purser price show --json` writes them, a CSV with a header line, or the catalogues \
                     of litellm, models.dev and OpenRouter; --format names one";

const fn name(format: Format) -> &'static str {
    match format {
        Format::Litellm => "litellm",
        Format::ModelsDev => "models.dev",
        Format::Openrouter => "openrouter",
        Format::Csv => "csv",
    }
}

fn not_understood(error: impl std::error::Error) -> Error {
    let mut message = format!("the file is not understood: {error}");
    if let Some(cause) = error.source() {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    Refused::new(Code::Invalid, message).hint(FORMS).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: &str) {
        let asked = ImportPrices { text: text.to_owned(), ..ImportPrices::default() };
        let found = match read(&asked, Instant::EPOCH) {
            Ok(file) => file.format.to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(format), "{text}: {found}");
    }

    #[test]
    fn files_are_recognised_by_their_shape() {
        check("[]", "rate cards");
        check(r#"{"discounts": []}"#, "rate cards");
        check(r#"{"data": []}"#, "openrouter");
        check(r#"{"m": {"litellm_provider": "openai", "mode": "chat"}}"#, "litellm");
        check(r#"{"openai": {"id": "openai", "models": {}}}"#, "models.dev");
        check("provider,model,input,output\n", "csv");
        check(r#"{"what": 1}"#, "this is no form of price file");
        check("{", "the file is not understood");
    }
}
