//! Would the forecasts have held? On the company's own history.

use std::collections::HashMap;

use purser_core::forecast::{BackTest, HORIZONS, Spent, WITHIN_PERCENT, back_test};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_store::{Day, Days, Scope};

use super::person::Own;
use crate::access::{Within, forbidden};
use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{ForecastTest, ForecastTestRow, WantedForecastTest};

/// Days that are looked at where nobody says: half a year.
const DAYS: u16 = 182;
/// And at most: fourteen months.
const DAYS_MAX: u16 = 430;

impl Control {
    /// What became of the forecasts that would have been made.
    ///
    /// # Errors
    /// Nobody of that name among those who are covered, a company asked about by whoever sees a part of it, days that are
    /// too few or too many; the projection.
    pub(crate) async fn forecast_test(
        &self,
        within: Within,
        wanted: WantedForecastTest,
    ) -> Result<ForecastTest, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let person = match &wanted.person {
            Some(who) => Some(self.covered_person(&within, who)?),
            None if within.is_everything() => None,
            None => match within.own() {
                Some(own) => Some(own),
                None => return Err(forbidden("your role sees the people of a unit: name one of them")),
            },
        };
        let days = wanted.days.unwrap_or(DAYS);
        if !(84..=DAYS_MAX).contains(&days) {
            return Err(Refused::new(
                Code::Invalid,
                format!("{days} days are too few or too many to test forecasts on"),
            )
            .hint(format!("between 84 and {DAYS_MAX}"))
            .into());
        }
        self.report(move |inner| {
            let today = Day::of(now).0;
            let first = today.saturating_sub(i64::from(days));
            let mut people = HashMap::<PersonId, Vec<Nano>>::new();
            let mut add = |whose: PersonId, day: Day, amount| {
                let all = people.entry(whose).or_insert_with(|| vec![Nano::ZERO; usize::from(days)]);
                let place = usize::try_from(day.0.saturating_sub(first)).ok();
                if let Some(sum) = place.and_then(|place| all.get_mut(place)) {
                    *sum = sum.saturating_add(amount);
                }
            };
            let range: Days = Day(first)..Day(today);
            match person {
                Some(person) => {
                    let lines = inner.reader.usage_by_day(Scope::Person(person), range).map_err(stored)?;
                    for line in &lines {
                        add(person, line.of, line.charge);
                    }
                }
                None => inner.reader.each_persons_days(&range, &mut add).map_err(stored)?,
            }
            let mut known: Vec<(PersonId, Vec<Nano>)> = people.into_iter().collect();
            known.sort_unstable_by_key(|(person, _)| *person);
            let mut histories = Vec::new();
            for (id, days) in &known {
                let Some(person) = snapshot.directory.person(*id) else { continue };
                // Whoever has left would be forecast to go on until then: their last day is not known before it is there.
                let end = person.left_at.map_or(today, |left| Day::of(left).0.min(today));
                let spent = Spent { first, days }.before(end).since(Own::of(person, now).since());
                histories.push(spent);
            }
            let rows = HORIZONS.map(|horizon| row(&back_test(&histories, horizon)));
            Ok(ForecastTest {
                from: crate::usage::date_of(Day(first)),
                to: crate::usage::date_of(Day(today)),
                people: histories.len(),
                within_percent: WITHIN_PERCENT,
                items: rows.into(),
            })
        })
        .await
    }
}

fn row(test: &BackTest) -> ForecastTestRow {
    let per_mille = |part: u64| part.saturating_mul(1_000).checked_div(test.forecasts);
    let off = test.expected.saturating_sub(test.actual).saturating_mul(1_000).checked_div(test.actual);
    ForecastTestRow {
        days: u16::try_from(test.days).unwrap_or(u16::MAX),
        forecasts: test.forecasts,
        within_per_mille: test.within_per_mille(),
        below_per_mille: per_mille(test.below),
        above_per_mille: per_mille(test.above),
        expected_off_per_mille: off.and_then(|off| i64::try_from(off).ok()),
        widened_per_mille: test.factor,
    }
}
