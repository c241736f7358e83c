//! What each person was charged on each day, for everybody at once.

use purser_core::id::PersonId;
use purser_core::money::Nano;

use super::Reader;
use super::usage::{Day, Days, instants};
use super::view::View;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Sums, all_models, damaged};

impl Reader {
    /// What people were charged on some days: a day may come several times for one person, and the parts add up. Nothing is
    /// said of days on which nothing was charged. Costs a row per day and key with any charge, and going through the open
    /// section once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn each_persons_days(&self, days: &Days, each: &mut dyn FnMut(PersonId, Day, Nano)) -> Result<(), StoreError> {
        self.ask("read what people were charged by day", |conn| {
            let view = View::of(conn)?;
            let mut select =
                conn.prepare_cached("SELECT day, person, models FROM usage_by_key WHERE day >= ?1 AND day < ?2")?;
            let mut rows = select.query((days.start.0, days.end.0))?;
            while let Some(row) = rows.next()? {
                let person = PersonId::new(row.get::<_, Bits>(1)?.get());
                let sum = all_models(row.get_ref(2)?.as_blob()?).ok_or_else(damaged)?;
                each(person, Day(row.get(0)?), Nano::new(sum.charge));
            }
            view.each_open(&instants(days), &mut |charge| {
                if let (Some(caller), Some(sums)) = (charge.called.caller, Sums::of(charge)) {
                    each(PersonId::new(caller.person.get()), Day::of(charge.at), Nano::new(sums.charge));
                }
                Ok(())
            })
        })
    }
}
