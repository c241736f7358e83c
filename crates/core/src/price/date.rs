//! Instants in cards: a plain day (`2026-10-07`, its first instant in UTC) or a full instant.

use serde::{Deserialize, Deserializer, Serializer};

use crate::time::Instant;

const MIDNIGHT: &str = "T00:00:00Z";

fn text(instant: Instant) -> String {
    let full = instant.to_string();
    full.strip_suffix(MIDNIGHT).map(str::to_owned).unwrap_or(full)
}

fn parse(text: &str) -> Result<Instant, jiff::Error> {
    if text.len() == 10 { format!("{text}{MIDNIGHT}").parse() } else { text.parse() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(super) fn serialize<S: Serializer>(instant: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*instant))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The same for an instant that may be absent.
pub(super) mod optional {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::time::Instant;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(in crate::price) fn serialize<S: Serializer>(
        instant: &Option<Instant>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => serializer.serialize_str(&super::text(*instant)),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::price) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Instant>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}
