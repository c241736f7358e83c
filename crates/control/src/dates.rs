//! Days and months as people write them.

use std::ops::Range;

use jiff::civil::Date;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::error::{Code, Error, Refused};

/// A day: `2026-11-24`.
pub(crate) fn day(text: &str) -> Result<Date, Error> {
    text.trim().parse().map_err(|_| bad(text, "a day", "2026-11-24"))
}

/// A day's first instant in UTC, or an instant as it stands.
pub(crate) fn instant(text: &str) -> Result<Instant, Error> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(instant);
    }
    text.parse::<Date>()
        .map(|day| Zone::UTC.first_instant(day))
        .map_err(|_| bad(text, "a day or an instant", "2026-11-24 or 2026-11-24T10:00:00Z"))
}

/// The first instant of a month (`2026-11`) in a zone, and the first after it.
pub(crate) fn month(text: &str, zone: &Zone) -> Result<Range<Instant>, Error> {
    let first: Date = format!("{}-01", text.trim()).parse().map_err(|_| bad(text, "a month", "2026-11"))?;
    let next = first.checked_add(jiff::Span::new().months(1)).map_err(|_| bad(text, "a month", "2026-11"))?;
    Ok(zone.first_instant(first)..zone.first_instant(next))
}

/// The month that an instant is in, as [`month`] reads it.
pub(crate) fn month_of(at: Instant, zone: &Zone) -> String {
    zone.date(at).strftime("%Y-%m").to_string()
}

fn bad(text: &str, what: &str, example: &str) -> Error {
    Refused::new(Code::Invalid, format!("`{text}` is not {what}")).hint(format!("write it like {example}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_months_and_instants() {
        assert_eq!(instant("2026-11-24").unwrap().to_string(), "2026-11-24T00:00:00Z");
        assert_eq!(instant(" 2026-11-24T10:00:00+01:00 ").unwrap().to_string(), "2026-11-24T09:00:00Z");
        let berlin = Zone::try_new("Europe/Berlin").unwrap();
        let november = month("2026-11", &berlin).unwrap();
        assert_eq!(november.start.to_string(), "2026-10-31T23:00:00Z");
        assert_eq!(november.end.to_string(), "2026-11-30T23:00:00Z");
        assert_eq!(month_of(november.start, &berlin), "2026-11");
        for text in ["", "2026-13", "2026", "2026-11-01", "November"] {
            assert!(month(text, &berlin).is_err(), "{text:?}");
        }
        assert!(day("24.11.2026").is_err() && instant("yesterday").is_err());
    }
}
