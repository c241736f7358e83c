//! What some people spent by day, together: a question about a month of hundreds of them goes through its days once.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::id::PersonId;
use purser_core::money::Nano;

use super::usage::{Day, Days, instants, used_days};
use super::view::View;
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Sums, all_models, damaged, day_of};

/// What somebody spent, on days with anything.
type Spent = BTreeMap<Day, Nano>;

impl Reader {
    /// What each of these people spent by day (UTC). Costs going through everybody's keys of the days, reading those of
    /// these people, and the open section once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn spent_by_day_of(
        &self,
        people: &BTreeSet<PersonId>,
        days: &Days,
    ) -> Result<BTreeMap<PersonId, Spent>, StoreError> {
        self.ask("read what some people spent by day", |conn| {
            let mut all = BTreeMap::<PersonId, Spent>::new();
            if people.is_empty() {
                return Ok(all);
            }
            let mut add = |person: PersonId, day: Day, charge: i64| {
                let sum = all.entry(person).or_default().entry(day).or_default();
                *sum = sum.checked_add(Nano::new(charge))?;
                Some(())
            };
            let whose = |bits: Bits| Some(PersonId::new(bits.get())).filter(|person| people.contains(person));
            let mut select = conn.prepare_cached("SELECT person, models FROM usage_by_key WHERE day = ?1")?;
            for day in used_days(conn, days)? {
                let mut rows = select.query((day.0,))?;
                while let Some(row) = rows.next()? {
                    let Some(person) = whose(row.get(0)?) else { continue };
                    let sum = all_models(row.get_ref(1)?.as_blob()?).ok_or_else(damaged)?;
                    add(person, day, sum.charge).ok_or_else(overflow)?;
                }
            }
            View::of(conn)?.each_open(&instants(days), &mut |charge| {
                let person = charge.called.caller.and_then(|caller| whose(caller.person));
                let (Some(person), Some(sums)) = (person, Sums::of(charge)) else { return Ok(()) };
                add(person, Day(day_of(charge.at)), sums.charge).ok_or_else(overflow)
            })?;
            Ok(all)
        })
    }
}
