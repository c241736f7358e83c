//! What members did in a month: what they spent by day, less what is flagged, and what came of the rest.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use purser_core::board::{Counted, Window};
use purser_core::breaker::Breaker;
use purser_core::directory::Directory;
use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::stop::StopOn;
use purser_core::time::Instant;
use purser_store::{Day, Days, OutcomeRow, OutcomesOf};

use crate::control::{Inner, stored};
use crate::error::Error;
use crate::outcomes::Tally;

/// How long figures are shown before they are counted again: a board is no ticker, and counting a month of a large
/// company takes a tenth of a second. Who is a member is looked at in every answer.
const FRESH_FOR: Duration = Duration::from_mins(15);
/// Months whose figures are kept.
const MONTHS_KEPT: usize = 12;
/// Outcomes read at once.
const ROWS: usize = 1_000;
/// Days beside a month that are looked at for stretches that go across its ends.
const BESIDE: i64 = 7;

/// Figures of a month.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    /// As of when.
    pub(crate) at: Instant,
    pub(crate) people: Arc<BTreeMap<PersonId, Counted>>,
}

/// Figures counted of late, by the first instant of their month.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<Instant, Month>);

impl Inner {
    /// What these people did in a month, up to now.
    pub(super) fn month_of_members(
        &self,
        directory: &Directory,
        members: &BTreeSet<PersonId>,
        window: &Window,
        now: Instant,
    ) -> Result<Month, Error> {
        let kept = self.board_counts.lock().0.get(&window.start).cloned();
        let is_fresh = |month: &Month| month.at <= now && now < month.at.saturating_add(FRESH_FOR);
        if let Some(kept) = kept.filter(is_fresh)
            && members.iter().all(|person| kept.people.contains_key(person))
        {
            return Ok(kept);
        }
        let people = self.counted(directory, members, window, now)?;
        let month = Month { at: now, people: Arc::new(people) };
        let mut counts = self.board_counts.lock();
        counts.0.insert(window.start, month.clone());
        while counts.0.len() > MONTHS_KEPT {
            counts.0.pop_first();
        }
        Ok(month)
    }

    fn counted(
        &self,
        directory: &Directory,
        members: &BTreeSet<PersonId>,
        window: &Window,
        now: Instant,
    ) -> Result<BTreeMap<PersonId, Counted>, Error> {
        let end = Day::of(window.end).0.min(Day::of(now).0.saturating_add(1));
        let days = Day::of(window.start)..Day(end);
        let mut spent = self.reader.spent_by_day_of(members, &days).map_err(stored)?;
        let load = self.flagged_load(directory, members, &days)?;
        let mut outcomes = self.achieved(members, &days, &load)?;
        let counted = |person: &PersonId| {
            let (own, mut flagged) = (spent.remove(person).unwrap_or_default(), Nano::ZERO);
            let mut left = Vec::new();
            for (day, spent) in own {
                let idle = load.by_day.get(&(*person, day)).copied().unwrap_or(Nano::ZERO);
                flagged = flagged.saturating_add(idle);
                left.push(spent.saturating_sub(idle));
            }
            left.retain(|day| day.is_positive());
            let outcomes = outcomes.remove(person).unwrap_or_default().into_values().collect();
            (*person, Counted { days: left, flagged, outcomes })
        };
        Ok(members.iter().map(counted).collect())
    }

    /// What came of runs that are not flagged, by day; what was taken back left out.
    fn achieved(
        &self,
        members: &BTreeSet<PersonId>,
        days: &Days,
        load: &Load,
    ) -> Result<BTreeMap<PersonId, BTreeMap<Day, u64>>, Error> {
        let mut achieved = BTreeMap::<PersonId, BTreeMap<Day, u64>>::new();
        let add = |tally: Tally| {
            if !tally.back && members.contains(&tally.person) {
                let sum = achieved.entry(tally.person).or_default().entry(Day(tally.day)).or_default();
                *sum = sum.saturating_add(u64::from(tally.count));
            }
        };
        self.with_tallies(|tallies| tallies.each(&(days.start.0..days.end.0), add)).map_err(stored)?;
        // Few have any flagged run, and those are read one by one.
        let people: HashSet<PersonId> = load.by_day.keys().map(|(person, _)| *person).collect();
        let rows = self.outcomes_in_runs(&people, days)?;
        let tops = self.reader.tops_of(&rows.iter().filter_map(|row| row.run).collect()).map_err(stored)?;
        for row in rows {
            let is_flagged = row.run.and_then(|run| tops.get(&run)).is_some_and(|top| load.runs.contains(top));
            if is_flagged
                && let Some(sum) = achieved.get_mut(&row.person).and_then(|days| days.get_mut(&Day::of(row.at)))
            {
                *sum = sum.saturating_sub(u64::from(row.count));
            }
        }
        Ok(achieved)
    }

    /// Outcomes of some people in some days that belong to a run and were not taken back.
    fn outcomes_in_runs(&self, people: &HashSet<PersonId>, days: &Days) -> Result<Vec<OutcomeRow>, Error> {
        let (mut found, mut after) = (Vec::new(), None);
        while !people.is_empty() {
            let rows = self.reader.outcomes(OutcomesOf::Few(people), after.as_ref(), ROWS).map_err(stored)?;
            let is_last = rows.len() < ROWS || rows.last().is_none_or(|row| Day::of(row.at) < days.start);
            after = rows.last().cloned();
            let counts = |row: &OutcomeRow| row.run.is_some() && row.back.is_none() && days.contains(&Day::of(row.at));
            found.extend(rows.into_iter().filter(counts));
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    /// Load that counts for nothing: flagged runs and keys, and runs that a breaker holds back.
    fn flagged_load(&self, directory: &Directory, members: &BTreeSet<PersonId>, days: &Days) -> Result<Load, Error> {
        let around = Day(days.start.0.saturating_sub(BESIDE))..Day(days.end.0.saturating_add(BESIDE));
        let used = self.reader.flaggable_runs(&around).map_err(stored)?;
        let idle = self.idle_load(&used)?;
        let mut load = Load::default();
        let mut seen = BTreeSet::new();
        for used in idle.iter().filter(|used| members.contains(&used.person) && days.contains(&used.day)) {
            load.runs.insert(used.top);
            if seen.insert((used.run, used.day)) {
                load.add(used.person, used.day, used.charge);
            }
        }
        let held_back = |breaker: Breaker| matches!(breaker, Breaker::Repeat | Breaker::Growth | Breaker::Unattended);
        let tripped: BTreeSet<RunId> = directory
            .stops()
            .filter(|stop| stop.tripped.as_ref().is_some_and(|tripped| held_back(tripped.breaker)))
            .filter_map(|stop| if let StopOn::Run(run) = stop.on { Some(run) } else { None })
            .collect();
        let owners = self.reader.owners_of_runs(&tripped).map_err(stored)?;
        let people: BTreeSet<PersonId> = owners.into_values().filter(|person| members.contains(person)).collect();
        for person in people {
            for used in self.reader.runs_by_day(Some(person), days).map_err(stored)? {
                if tripped.contains(&used.run) || tripped.contains(&used.top) {
                    load.runs.insert(used.top);
                    if seen.insert((used.run, used.day)) {
                        load.add(person, used.day, used.charge);
                    }
                }
            }
        }
        Ok(load)
    }
}

#[derive(Debug, Default)]
struct Load {
    by_day: BTreeMap<(PersonId, Day), Nano>,
    /// The runs at the top of it.
    runs: BTreeSet<RunId>,
}

impl Load {
    fn add(&mut self, person: PersonId, day: Day, charge: Nano) {
        let sum = self.by_day.entry((person, day)).or_default();
        *sum = sum.saturating_add(charge);
    }
}
