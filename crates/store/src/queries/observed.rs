//! What was seen beside the grants.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::observed::{Counter, Sources};
use purser_core::time::Instant;

use super::Reader;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::observed::{self, TALLIED, Tallied, quarter_of, quarter_start};

/// Usage of one session and model in a quarter of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRow {
    /// Whose.
    pub person: PersonId,
    /// The quarter's first instant.
    pub at: Instant,
    /// Which tool.
    pub tool: String,
    /// The session's hash.
    pub session: u64,
    /// The model, as the tool names it.
    pub model: String,
    /// What was counted.
    pub sums: ObservedSums,
}

/// What was counted, held at the ends of the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObservedSums {
    /// Requests; counters don't tell how many.
    pub requests: u64,
    /// Tokens of prompts that no cache was involved in.
    pub input: u64,
    /// Those read from a cache.
    pub cache_read: u64,
    /// Those written to the short-lived cache.
    pub cache_write_5m: u64,
    /// Those written to the long-lived cache.
    pub cache_write_1h: u64,
    /// Tokens that came out.
    pub output: u64,
    /// What that costs by Purser's own prices.
    pub charge: Nano,
    /// Things seen that have no price, so are not in `charge`.
    pub unpriced: u64,
    /// What the tools themselves say that it cost, in US dollars.
    pub claimed: Nano,
}

impl ObservedSums {
    fn of(tallied: &Tallied) -> Self {
        let [requests, input, cache_read, cache_write_5m, cache_write_1h, output, charge, unpriced, claimed] =
            tallied.columns();
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Self {
            requests: count(requests),
            input: count(input),
            cache_read: count(cache_read),
            cache_write_5m: count(cache_write_5m),
            cache_write_1h: count(cache_write_1h),
            output: count(output),
            charge: Nano::new(charge),
            unpriced: count(unpriced),
            claimed: Nano::new(claimed),
        }
    }

    /// Adds more.
    pub fn add(&mut self, more: &Self) {
        self.requests = self.requests.saturating_add(more.requests);
        self.input = self.input.saturating_add(more.input);
        self.cache_read = self.cache_read.saturating_add(more.cache_read);
        self.cache_write_5m = self.cache_write_5m.saturating_add(more.cache_write_5m);
        self.cache_write_1h = self.cache_write_1h.saturating_add(more.cache_write_1h);
        self.output = self.output.saturating_add(more.output);
        self.charge = self.charge.saturating_add(more.charge);
        self.unpriced = self.unpriced.saturating_add(more.unpriced);
        self.claimed = self.claimed.saturating_add(more.claimed);
    }
}

/// What is known of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownSession {
    /// Who told of it.
    pub sources: Sources,
    /// Which of the names asked about are known.
    pub ids: HashSet<u64>,
    /// The last points of the counters asked about.
    pub counters: BTreeMap<u64, Counter>,
}

impl Reader {
    /// What was seen in a range of time that begins and ends with quarters of an hour, of one person or everybody: by
    /// person, and then in order of time.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn observed(&self, person: Option<PersonId>, range: &Range<Instant>) -> Result<Vec<ObservedRow>, StoreError> {
        let quarters = (quarter_of(range.start), quarter_of(range.end));
        let select = |whose: &str| {
            format!(
                "SELECT person, quarter, tool, session, model, {TALLIED} FROM observed
                 WHERE {whose} AND quarter >= ?1 AND quarter < ?2 ORDER BY person, quarter, tool, session, model"
            )
        };
        self.ask("read what was observed", |conn| {
            if let Some(person) = person {
                return conn
                    .prepare_cached(&select("person = ?3"))?
                    .query_map((quarters.0, quarters.1, Bits::new(person.get())), row)?
                    .collect();
            }
            conn.prepare_cached(&select("1"))?.query_map(quarters, row)?.collect()
        })
    }

    /// What is known of a session: its sources, which of these names, and where these counters are. Each name is with what
    /// it is a name in.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn observed_session(
        &self,
        session: u64,
        ids: &mut dyn Iterator<Item = (u64, u64)>,
        series: &mut dyn Iterator<Item = u64>,
    ) -> Result<KnownSession, StoreError> {
        self.ask("read what is known of a session", |conn| {
            let session = session.cast_signed();
            let mut known = KnownSession { sources: observed::sources(conn, session)?, ..KnownSession::default() };
            let mut of_id = conn.prepare_cached("SELECT 1 FROM observed_id WHERE names = ?1 AND id = ?2")?;
            for (names, id) in ids {
                if of_id.exists((names.cast_signed(), id.cast_signed()))? {
                    known.ids.insert(id);
                }
            }
            for series in series {
                known.counters.extend(observed::counter_of(conn, session, series)?.map(|counter| (series, counter)));
            }
            Ok(known)
        })
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ObservedRow> {
    Ok(ObservedRow {
        person: PersonId::new(row.get::<_, Bits>(0)?.get()),
        at: quarter_start(row.get(1)?),
        tool: row.get(2)?,
        session: row.get::<_, i64>(3)?.cast_unsigned(),
        model: row.get(4)?,
        sums: ObservedSums::of(&Tallied::read(row, 5)?),
    })
}
