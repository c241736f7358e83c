//! What was seen beside the grants, added up, and by which names it was known.
//!
//! Whatever the journal tells twice counts once: a name of something seen is kept with the record that told it first, and
//! a later record's is passed over. Sums are by quarter of an hour, since all zones of the world begin their days at one.

use purser_core::event::Event;
use purser_core::money::Nano;
use purser_core::observed::{Counter, Observation, Seen, Sources};
use purser_core::time::Instant;
use purser_ledger::Lsn;
use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use crate::ids::Bits;

/// The kind of the directory's events; never another's.
pub const KIND_DIRECTORY: u8 = 1;

/// How an observation's bytes begin, behind the version.
const BEGINS: &[u8] = br#""event":{"observed":{"#;
/// Where that is looked for: the version is a number of a few digits.
const HEAD_BYTES: usize = 48;
/// Seconds in a quarter of an hour.
const QUARTER_S: i64 = 900;

/// The observation of an event, where it is one.
pub(crate) fn observation(kind: u8, payload: &[u8]) -> Option<Observation> {
    let head = payload.get(..payload.len().min(HEAD_BYTES))?;
    if kind != KIND_DIRECTORY || !head.windows(BEGINS.len()).any(|window| window == BEGINS) {
        return None;
    }
    match Event::from_bytes(payload) {
        Ok(Event::Observed(observation)) => Some(observation),
        _ => None,
    }
}

/// The quarter of an hour that an instant is in, counted from 1970.
pub(crate) fn quarter_of(at: Instant) -> i64 {
    at.as_secs().div_euclid(QUARTER_S)
}

/// The first instant of a quarter.
pub(crate) fn quarter_start(quarter: i64) -> Instant {
    Instant::from_micros(quarter.saturating_mul(QUARTER_S).saturating_mul(1_000_000))
}

/// The columns of what was counted, in the order of [`Tallied::columns`].
pub(crate) const TALLIED: &str =
    "requests, input, cache_read, cache_write_5m, cache_write_1h, output, charge_nano, unpriced, claimed_nano";

/// What was counted. Held at the ends of the range: these are displays, never postings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tallied([i64; 9]);

impl Tallied {
    pub(crate) fn of(seen: &Seen) -> Self {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let usage = &seen.usage;
        let input = [usage.input_uncached, usage.audio_in, usage.image_in].into_iter().fold(0, u64::saturating_add);
        let cached = usage.cache_read.saturating_add(usage.audio_cache_read);
        let unpriced = seen.charge.is_none() && !usage.is_empty();
        Self([
            count(seen.requests),
            count(input),
            count(cached),
            count(usage.cache_write_5m),
            count(usage.cache_write_1h),
            count(usage.output_tokens()),
            seen.charge.map_or(0, Nano::get),
            i64::from(unpriced),
            seen.claimed.map_or(0, Nano::get),
        ])
    }

    /// From a row, beginning at a column.
    pub(crate) fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let mut tallied = Self::default();
        for (place, sum) in (first..).zip(&mut tallied.0) {
            *sum = row.get(place)?;
        }
        Ok(tallied)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(more);
        }
    }

    pub(crate) const fn columns(&self) -> [i64; 9] {
        self.0
    }
}

/// Takes in what a record tells.
pub(super) fn take(conn: &Connection, lsn: Lsn, observation: &Observation) -> rusqlite::Result<()> {
    let session = observation.session.cast_signed();
    let sources = sources(conn, session)?;
    if !sources.admit(observation.source) {
        return Ok(());
    }
    let names = observation.names_in().cast_signed();
    let mut told = false;
    for seen in &observation.seen {
        if any_known(conn, names, &seen.ids)? {
            continue;
        }
        told = true;
        let mut name = conn.prepare_cached("INSERT INTO observed_id (names, id, lsn) VALUES (?1, ?2, ?3)")?;
        for id in &seen.ids {
            name.execute((names, id.cast_signed(), lsn.0.cast_signed()))?;
        }
        count(conn, observation, seen)?;
        for counter in &seen.counters {
            move_counter(conn, session, counter)?;
        }
    }
    if told {
        conn.prepare_cached("INSERT OR REPLACE INTO observed_session (session, sources) VALUES (?1, ?2)")?
            .execute((session, sources.with(observation.source).bits()))?;
    }
    Ok(())
}

fn any_known(conn: &Connection, names: i64, ids: &[u64]) -> rusqlite::Result<bool> {
    let mut known = conn.prepare_cached("SELECT 1 FROM observed_id WHERE names = ?1 AND id = ?2")?;
    for id in ids {
        if known.exists((names, id.cast_signed()))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(conn: &Connection, observation: &Observation, seen: &Seen) -> rusqlite::Result<()> {
    let (person, quarter) = (Bits::new(observation.person.get()), quarter_of(seen.used_at));
    let session = observation.session.cast_signed();
    let key = (person, quarter, &observation.tool, session, &seen.model);
    let select = format!(
        "SELECT {TALLIED} FROM observed
         WHERE person = ?1 AND quarter = ?2 AND tool = ?3 AND session = ?4 AND model = ?5"
    );
    let known =
        conn.prepare_cached(&select)?.query_row(key, |row| Tallied::read(row, 0)).optional()?.unwrap_or_default();
    let mut sum = Tallied::of(seen);
    sum.add(&known);
    let insert = format!(
        "INSERT OR REPLACE INTO observed (person, quarter, tool, session, model, {TALLIED})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    let sums = sum.columns();
    let key: [&dyn ToSql; 5] = [&person, &quarter, &observation.tool, &session, &seen.model];
    let all = key.into_iter().chain(sums.iter().map(|sum| sum as &dyn ToSql));
    conn.prepare_cached(&insert)?.execute(params_from_iter(all))?;
    Ok(())
}

/// Keeps the last known point of a counter.
fn move_counter(conn: &Connection, session: i64, counter: &Counter) -> rusqlite::Result<()> {
    let known = counter_of(conn, session, counter.series)?;
    if Counter::growth(known, *counter).is_none() {
        return Ok(());
    }
    let Counter { series, start, time, value } = counter;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO observed_counter (session, series, start, time, value) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((session, series.cast_signed(), start.cast_signed(), time.cast_signed(), value.cast_signed()))?;
    Ok(())
}

/// The sources that told of a session.
pub(crate) fn sources(conn: &Connection, session: i64) -> rusqlite::Result<Sources> {
    let bits = conn
        .prepare_cached("SELECT sources FROM observed_session WHERE session = ?1")?
        .query_row((session,), |row| row.get(0))
        .optional()?;
    Ok(Sources::from_bits(bits.unwrap_or(0)))
}

/// The last known point of a counter.
pub(crate) fn counter_of(conn: &Connection, session: i64, series: u64) -> rusqlite::Result<Option<Counter>> {
    conn.prepare_cached("SELECT start, time, value FROM observed_counter WHERE session = ?1 AND series = ?2")?
        .query_row((session, series.cast_signed()), |row| {
            let number = |place| row.get::<_, i64>(place).map(i64::cast_unsigned);
            Ok(Counter { series, start: number(0)?, time: number(1)?, value: number(2)? })
        })
        .optional()
}
