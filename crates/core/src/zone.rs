//! Time zones: where somebody's day begins.
//!
//! All nodes must draw the same line between two days, or the same day would be two accounts with twice the money.
//! So zones come from the data built into the program, never from the machine it happens to run on.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Instant;

/// Earlier than anything.
const FAR_PAST: Instant = Instant::from_micros(i64::MIN);

/// Why a text names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
pub struct ZoneError(
    /// What was given.
    pub String,
);

/// A time zone by its IANA name, known to exist. One word large, cheap to clone; JSON shows the name.
#[derive(Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// A zone from its IANA name, in any case (`europe/berlin` becomes `Europe/Berlin`).
    ///
    /// # Errors
    /// [`ZoneError`] when there is no such zone.
    pub fn try_new(name: &str) -> Result<Self, ZoneError> {
        static BUILT_IN: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let zone = BUILT_IN.get_or_init(TimeZoneDatabase::bundled).get(name);
        match zone {
            Ok(zone) if !zone.is_unknown() && zone.iana_name().is_some() => Ok(Self(zone)),
            _ => Err(ZoneError(name.to_owned())),
        }
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The date on the wall at an instant.
    pub fn date(&self, at: Instant) -> Date {
        self.0.to_datetime(at.into()).date()
    }

    /// What a clock on the wall shows at an instant.
    pub fn wall(&self, at: Instant) -> jiff::civil::DateTime {
        self.0.to_datetime(at.into())
    }

    /// The first instant of a civil day: midnight; where the clocks skip midnight, the moment they skip to; where it
    /// comes twice, the first. Later dates never begin earlier. The last date of the calendar stands for "never" and
    /// begins at [`Instant::FAR_FUTURE`]; the first one stands for "always".
    pub fn first_instant(&self, date: Date) -> Instant {
        if date >= Date::MAX {
            return Instant::FAR_FUTURE;
        }
        if date <= Date::MIN {
            return FAR_PAST;
        }
        let midnight = date.at(0, 0, 0, 0);
        let at = |offset: Offset| offset.to_timestamp(midnight).ok();
        let found = match self.0.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => at(offset),
            // Read with the clock of after the gap, midnight lies just before the gap: the next transition is its end.
            AmbiguousOffset::Gap { after, .. } => {
                at(after).and_then(|before_gap| self.0.following(before_gap).next().map(|gap| gap.timestamp()))
            }
        };
        found.map_or(if date.year() > 0 { Instant::FAR_FUTURE } else { FAR_PAST }, Instant::from)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Zone {
    type Err = ZoneError;
    fn from_str(name: &str) -> Result<Self, ZoneError> {
        Self::try_new(name)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// From this instant on somebody lives in another zone. It takes effect at the end of the period running just before,
/// so where one begins at this very instant, for that one. It is later than the instant at which it was made known:
/// then it never changes a period that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ZoneChange {
    /// When the move happened.
    pub from: Instant,
    /// Where to.
    pub zone: Zone,
}

/// The zones somebody has lived in, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zones {
    first: Zone,
    changes: Vec<ZoneChange>,
}

impl Zones {
    /// One zone, forever.
    pub const fn new(zone: Zone) -> Self {
        Self { first: zone, changes: Vec::new() }
    }

    /// The zone in force at an instant.
    pub fn at(&self, at: Instant) -> &Zone {
        let known = self.changes.partition_point(|change| change.from <= at);
        known.checked_sub(1).and_then(|last| self.changes.get(last)).map_or(&self.first, |change| &change.zone)
    }

    /// The changes after an instant, in order.
    pub fn after(&self, at: Instant) -> &[ZoneChange] {
        let known = self.changes.partition_point(|change| change.from <= at);
        self.changes.get(known..).unwrap_or(&[])
    }

    /// The last change known, which may lie ahead.
    pub fn last_change(&self) -> Option<&ZoneChange> {
        self.changes.last()
    }

    /// The same with one more change; `None` when it would come before one that is known.
    pub fn with(&self, from: Instant, zone: Zone) -> Option<Self> {
        if self.last_change().is_some_and(|last| from < last.from) {
            return None;
        }
        let mut changes = self.changes.clone();
        changes.push(ZoneChange { from, zone });
        Some(Self { first: self.first.clone(), changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, date: &str, first_instant: &str) {
        let zone = Zone::try_new(zone).unwrap();
        let first = zone.first_instant(date.parse().unwrap());
        assert_eq!(first.to_string(), first_instant, "{zone} {date}");
    }

    #[test]
    fn a_day_begins_when_its_date_first_shows() {
        check("Europe/Berlin", "2026-11-24", "2026-11-23T23:00:00Z");
        // The clocks skip from 00:00 to 01:00.
        check("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z");
        check("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z");
        // They skip from 23:30 to 00:30.
        check("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z");
        // A whole day is skipped: it begins, and ends, when the next one begins.
        check("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z");
        check("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z");
        // At 00:01 they go back to 23:01 of the day before: midnight comes twice, the first one counts.
        check("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z");
        // Half an hour of daylight saving.
        check("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z");
        check("Australia/Lord_Howe", "2026-04-06", "2026-04-05T13:30:00Z");
    }

    #[test]
    fn names_are_checked_and_read_back() {
        assert_eq!(Zone::try_new("europe/berlin").unwrap().name(), "Europe/Berlin");
        for wrong in ["", "Berlin", "Etc/Unknown", "+02:00", "../../etc/passwd"] {
            assert_eq!(Zone::try_new(wrong), Err(ZoneError(wrong.to_owned())));
        }
        let text = serde_json::to_string(&Zone::UTC).unwrap();
        assert_eq!(serde_json::from_str::<Zone>(&text).unwrap(), Zone::UTC);
    }

    #[test]
    fn zones_are_told_apart_by_their_names() {
        use std::hash::BuildHasher as _;
        let [berlin, again, apia] =
            ["Europe/Berlin", "europe/BERLIN", "Pacific/Apia"].map(|name| Zone::try_new(name).unwrap());
        assert_eq!(
            (berlin.partial_cmp(&again), berlin.partial_cmp(&apia)),
            (Some(Ordering::Equal), Some(Ordering::Less))
        );
        let hasher = std::hash::RandomState::new();
        assert_eq!(hasher.hash_one(&berlin), hasher.hash_one(&again));
        assert_ne!(hasher.hash_one(&berlin), hasher.hash_one(&apia), "or every zone would be in one bucket of a table");
    }
}
