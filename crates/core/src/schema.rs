//! What the words of this crate look like in JSON, for documents about an API that uses them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::charge::Beside;
use crate::grant::Priority;
use crate::id::{
    ActivationId, AdminKeyId, AlarmId, AuditId, BreakGlassId, BudgetId, CommandId, GrantId, HookId, KeyId, LoginId,
    MuteId, NoteId, OfferId, OfferLinkId, OutcomeId, PersonId, PoolId, PriceListId, RunId, StopId, TopUpId, TrueUpId,
    UnitId,
};
use crate::money::{Currency, Nano};
use crate::package::{Basis, Percent, Share, TokenTerm};
use crate::price::{CardSpec, CardVersion, Discount, Exchange, Layer, Ratio};
use crate::role::{Family, Level, Place};
use crate::scope::Pattern;
use crate::time::Instant;
use crate::usage::{Tier, Usage};
use crate::zone::Zone;

/// Types that are one text of a certain form.
macro_rules! texts {
    ($($type:ident: $format:expr, $pattern:expr, $about:expr;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!({ "type": "string", "description": $about });
                let (format, pattern): (Option<&str>, Option<&str>) = ($format, $pattern);
                if let Some(format) = format {
                    schema.insert("format".to_owned(), format.into());
                }
                if let Some(pattern) = pattern {
                    schema.insert("pattern".to_owned(), pattern.into());
                }
                schema
            }
        }
    )*};
}

texts! {
    Nano: None, Some(r"^-?[0-9]+(\.[0-9]{1,9})?$"), "An amount in the ledger's currency.";
    Instant: Some("date-time"), None, "An instant.";
    Ratio: None, None, "A fraction.";
    CardVersion: None, None, "The version of a rate card.";
    Currency: None, Some("^[A-Z]{3}$"), "A currency by its three letters.";
    Zone: None, None, "A time zone by its name: `Europe/Berlin`.";
    Pattern: None, None, "A name, in which `*` stands for any text.";
    Family: None, Some(WORD), "A family of roles: up to 40 small letters, digits and dashes.";
    Place: None, Some(WORD), "A place: up to 40 small letters, digits and dashes.";
    Level: None, Some("^L([1-9]|1[0-9]|20)$"), "How senior, from `L1` to `L20`.";
    Percent: None, Some(r"^([0-9]+(\.[0-9]+)?|[0-9]+/[0-9]+)$"), "Hundredths: `12.5`, or exactly as in `100/3`.";
    Share: None, Some(r"^-?[0-9]+\.[0-9] %$"), "A part of a whole, in tenths of a percent.";
    Basis: None, Some(BASIS), "How much in which period: `100/workday`, `2000/month`, `26000/year`, `50% of base`.";
    TokenTerm: None, Some("^([1-9][0-9]{0,2} months|[0-9]{4}-[0-9]{2}-[0-9]{2})$"), "How long it holds: `24 months`, or the first day without.";
    Day: Some("date"), None, "A day.";
}

/// How families and places are written.
const WORD: &str = "^[a-z0-9-]{1,40}$";

/// How amounts of token lines are written.
const BASIS: &str = r"^([0-9]+(\.[0-9]{1,9})?/(workday|month|year)|[0-9]+(\.[0-9]+)?% of base)$";

/// A day, as it stands in JSON.
pub(crate) struct Day;

impl JsonSchema for Priority {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Priority".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (minimum, maximum) = (Self::FIRST.get(), Self::LAST.get());
        json_schema!({ "type": "integer", "minimum": minimum, "maximum": maximum })
    }
}

/// Ids: their prefix, and 26 digits.
macro_rules! ids {
    ($($type:ident: $prefix:literal;)*) => {
        texts! {$(
            $type: None, Some(concat!("^", $prefix, "_[0-9a-hjkmnp-tv-z]{26}$")), concat!("An id: `", $prefix, "_…`.");
        )*}
    };
}

ids! {
    PersonId: "per";
    UnitId: "unt";
    GrantId: "grt";
    OfferId: "ofr";
    OfferLinkId: "ofl";
    NoteId: "nte";
    BudgetId: "bud";
    KeyId: "key";
    AdminKeyId: "adm";
    LoginId: "lgn";
    AuditId: "aud";
    BreakGlassId: "brk";
    ActivationId: "act";
    PoolId: "pol";
    RunId: "run";
    StopId: "stp";
    TopUpId: "top";
    TrueUpId: "tru";
    OutcomeId: "out";
    HookId: "hok";
    AlarmId: "alm";
    MuteId: "mut";
    PriceListId: "prl";
    CommandId: "cmd";
}

/// Types whose form is that of a price file, which docs/reference describes.
macro_rules! written {
    ($($type:ident)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "object", "description": "As in a price file." })
            }
        }
    )*};
}

written! { CardSpec Discount Exchange }

impl JsonSchema for Layer {
    fn schema_name() -> Cow<'static, str> {
        "Layer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl JsonSchema for Tier {
    fn schema_name() -> Cow<'static, str> {
        "Tier".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["standard", "batch", "flex", "priority", "fast"] })
    }
}

impl JsonSchema for Usage {
    fn schema_name() -> Cow<'static, str> {
        "Usage".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let count = generator.subschema_for::<u64>();
        // Its own form says which counts there are.
        let counts = serde_json::to_value(Self::default()).unwrap_or_default();
        let names = counts.as_object().into_iter().flat_map(serde_json::Map::keys);
        let properties: serde_json::Map<_, _> = names.map(|name| (name.clone(), count.clone().into())).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

impl JsonSchema for Beside {
    fn schema_name() -> Cow<'static, str> {
        "Beside".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "model": { "type": "string" },
                "card": generator.subschema_for::<CardVersion>(),
                "usage": generator.subschema_for::<Usage>(),
            },
            "required": ["card", "usage"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_amounts_are_of_the_form_that_is_said() {
        let pattern = |schema: Schema| schema.get("pattern").and_then(|it| it.as_str().map(str::to_owned)).unwrap();
        let mut generator = SchemaGenerator::default();
        assert!(pattern(PersonId::json_schema(&mut generator)).starts_with("^per_"));
        assert!(PersonId::new(u128::MAX).to_string().chars().skip(4).all(|digit| !"ilou".contains(digit)));
        assert!(pattern(Nano::json_schema(&mut generator)).ends_with("{1,9})?$"), "nine decimals at most");
        let usage = Usage::json_schema(&mut generator);
        let properties = usage.get("properties").and_then(|it| it.as_object()).unwrap();
        assert_eq!(properties.len(), 14);
    }
}
