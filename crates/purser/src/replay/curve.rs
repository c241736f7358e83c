//! Money over time: by the day, and minute by minute around a stop.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use purser_core::breaker::Act;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use serde::Serialize;

use super::comparison::name_of;
use super::recorded::exact;
use super::tally::{Burn, Tally};
use crate::failure::Failure;

/// More days than this are shown by the week, more than that many weeks by the month.
const ROWS_MAX: i64 = 62;

/// Minutes before and after a stop that are shown.
const BEFORE: u64 = 9;
const AFTER: u64 = 4;

/// How long one row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Grain {
    /// A day of UTC.
    Day,
    /// From Monday.
    Week,
    /// A calendar month.
    Month,
}

/// Money by the day, week or month.
#[derive(Debug, Serialize)]
pub(super) struct Days {
    pub(super) grain: Grain,
    /// Whose each column is.
    pub(super) of: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Its first day.
    pub(super) day: Date,
    pub(super) spent: Vec<Nano>,
}

/// One minute.
#[derive(Debug, Serialize)]
pub(super) struct Minute {
    pub(super) at: Instant,
    pub(super) without: Nano,
    pub(super) with: Nano,
    /// What happened in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<String>,
}

impl Grain {
    fn first(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(since_monday.days()).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
        }
    }

    fn step(self) -> Span {
        match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        }
    }
}

impl Days {
    /// Of several tellings, each minute in the row of its day (UTC). Rows without any money in between are there.
    ///
    /// # Errors
    /// A sum is beyond the ledger's range.
    pub(super) fn of(burns: &[(&str, &Burn)]) -> Result<Self, Failure> {
        let of = burns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let spent = |burn: &Burn| burn.minutes().filter(|(_, nano)| *nano != 0).map(|(at, _)| at).collect::<Vec<_>>();
        let all: Vec<Vec<Instant>> = burns.iter().map(|(_, burn)| spent(burn)).collect();
        let first = all.iter().filter_map(|minutes| minutes.first()).min();
        let last = all.iter().filter_map(|minutes| minutes.last()).max();
        let Some((first, last)) = first.zip(last) else { return Ok(Self { grain: Grain::Day, of, rows: Vec::new() }) };
        let (first, last) = (Zone::UTC.date(*first), Zone::UTC.date(*last));
        let days = i64::from(last.since(first).map_or(0, |span| span.get_days()));
        let grain = match days {
            days if days < ROWS_MAX => Grain::Day,
            days if days < 7 * ROWS_MAX => Grain::Week,
            _ => Grain::Month,
        };
        let mut rows: Vec<(Date, Vec<i128>)> = Vec::new();
        let mut day = grain.first(first);
        while day <= last {
            rows.push((day, vec![0; burns.len()]));
            day = day.checked_add(grain.step()).unwrap_or(Date::MAX);
        }
        for (column, (_, burn)) in burns.iter().enumerate() {
            for (at, nano) in burn.minutes().filter(|(_, nano)| *nano != 0) {
                let day = grain.first(Zone::UTC.date(at));
                if let Ok(place) = rows.binary_search_by_key(&day, |(first, _)| *first)
                    && let Some(sum) = rows.get_mut(place).and_then(|(_, sums)| sums.get_mut(column))
                {
                    *sum += i128::from(nano);
                }
            }
        }
        let row = |(day, sums): (Date, Vec<i128>)| {
            Ok(Row { day, spent: sums.into_iter().map(exact).collect::<Result<_, Failure>>()? })
        };
        Ok(Self { grain, of, rows: rows.into_iter().map(row).collect::<Result<_, Failure>>()? })
    }
}

/// The minutes around a stop: what went without it, what went with it, and what happened.
pub(super) fn around(without: &Burn, with: &Tally, stop: Instant) -> Vec<Minute> {
    let minute = Duration::from_mins(1);
    let first = Instant::from_micros(stop.as_micros().div_euclid(60_000_000) * 60_000_000)
        .saturating_sub(minute * u32::try_from(BEFORE).unwrap_or(0));
    let minutes = (0..=BEFORE + AFTER).map(|number| first.saturating_add(Duration::from_mins(number)));
    minutes
        .map(|at| {
            let end = at.saturating_add(minute);
            let trips = with.trips.iter().filter(|trip| at <= trip.at && trip.at < end);
            // A person's money may hold many runs back at once.
            let mut seen: Vec<(String, u32)> = Vec::new();
            for trip in trips {
                let what = if trip.act == Act::Warn { "warned" } else { "held back" };
                let event = format!("{what} by {}: {}", name_of(trip.tripped.breaker), trip.tripped.seen);
                match seen.last_mut() {
                    Some((last, times)) if *last == event => *times += 1,
                    _ => seen.push((event, 1)),
                }
            }
            let runs =
                |(event, times): (String, u32)| if times == 1 { event } else { format!("{event} ({times} runs)") };
            let mut events: Vec<String> = seen.into_iter().map(runs).collect();
            let refused = with.refused.iter().filter(|(_, of)| at <= of.first && of.first < end);
            events.extend(refused.map(|(code, _)| format!("first refused: {code}")));
            Minute { at, without: Nano::new(without.of(at)), with: Nano::new(with.burn.of(at)), events }
        })
        .collect()
}
