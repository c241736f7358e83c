//! Outcomes in memory, added up by whoever asks: a million of them take some tens of megabytes and some milliseconds.

use std::collections::{HashMap, HashSet};

use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::{Day, OutcomeCount, OutcomeRow, Reader, StoreError};

/// Every outcome, as far as it is counted.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    people: Vec<PersonId>,
    places: HashMap<PersonId, u32>,
    kinds: Vec<String>,
    rows: Vec<Row>,
    /// Those that were achieved in a run, which few are.
    runs: Vec<(u32, RunId, i32)>,
}

/// One outcome, small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    person: u32,
    day: i32,
    count: u32,
    kind: u16,
    back: bool,
    /// Has a place among those in a run.
    in_run: bool,
    value: i64,
}

/// What of an outcome is told to whoever adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Whose.
    pub(crate) person: PersonId,
    /// The day (UTC) on which it was achieved, since 1970.
    pub(crate) day: i64,
    /// The place of its kind in [`Tallies::kinds`].
    pub(crate) kind: usize,
    /// How many.
    pub(crate) count: u32,
    /// What they are worth together, where that is known.
    pub(crate) value: Nano,
    /// Was it taken back?
    pub(crate) back: bool,
}

impl Tallies {
    /// Reads all of them.
    ///
    /// # Errors
    /// The files.
    pub(super) fn read(reader: &Reader) -> Result<Self, StoreError> {
        let mut tallies = Self::default();
        let mut numbers = Vec::new();
        let words = reader.each_outcome(&mut |one: OutcomeCount| {
            // Numbers of words until their words are there.
            let kind = numbers.iter().position(|known| *known == one.kind).unwrap_or_else(|| {
                numbers.push(one.kind);
                numbers.len().saturating_sub(1)
            });
            tallies.add(&one, u16::try_from(kind).unwrap_or(u16::MAX));
        })?;
        let words: HashMap<i64, String> = words.into_iter().collect();
        tallies.kinds = numbers.iter().map(|number| words.get(number).cloned().unwrap_or_default()).collect();
        Ok(tallies)
    }

    /// The kinds, by their places.
    pub(crate) fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// Calls `each` with every outcome of some days, the last excluded.
    pub(crate) fn each(&self, days: &std::ops::Range<i64>, mut each: impl FnMut(Tally)) {
        let day = |day: i64| i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX });
        let days = day(days.start)..day(days.end);
        for row in self.rows.iter().filter(|row| days.contains(&row.day)) {
            let Some(person) = usize::try_from(row.person).ok().and_then(|place| self.people.get(place)) else {
                continue;
            };
            each(Tally {
                person: *person,
                day: i64::from(row.day),
                kind: usize::from(row.kind),
                count: row.count,
                value: Nano::new(row.value),
                back: row.back,
            });
        }
    }

    /// How many entries there are of those that `counts`.
    pub(crate) fn entries(&self, counts: impl Fn(PersonId) -> bool) -> usize {
        let counted: Vec<bool> = self.people.iter().map(|person| counts(*person)).collect();
        let is_counted = |row: &&Row| usize::try_from(row.person).ok().and_then(|at| counted.get(at)).copied();
        self.rows.iter().filter(|row| is_counted(row).unwrap_or(false)).count()
    }

    /// On which of some days something was achieved, by those and on days that are `wanted`, in a run or in none; those taken
    /// back left out.
    pub(crate) fn days(
        &self,
        days: std::ops::Range<i64>,
        wanted: impl Fn(PersonId, i64) -> bool,
    ) -> HashSet<(PersonId, Option<RunId>, i64)> {
        let found = |place: u32, run: Option<RunId>, day: i32| {
            let day = i64::from(day);
            let person = usize::try_from(place).ok().and_then(|place| self.people.get(place)).copied();
            let person = person.filter(|person| days.contains(&day) && wanted(*person, day))?;
            Some((person, run, day))
        };
        let free = self.rows.iter().filter(|row| !row.back && !row.in_run);
        let free = free.filter_map(|row| found(row.person, None, row.day));
        free.chain(self.runs.iter().filter_map(|(place, run, day)| found(*place, Some(*run), *day))).collect()
    }

    pub(super) fn add_row(&mut self, row: &OutcomeRow) {
        let kind = self.kind(&row.kind);
        self.add(&of(row), kind);
    }

    /// Counts an outcome no longer.
    pub(super) fn take_back(&mut self, row: &OutcomeRow) {
        let wanted = self.find(&OutcomeRow { back: None, ..row.clone() });
        if let Some(row) = wanted.and_then(|place| self.rows.get_mut(place)) {
            row.back = true;
        }
        self.forget_run(row);
    }

    /// Forgets an outcome.
    pub(super) fn erase(&mut self, row: &OutcomeRow) {
        if let Some(place) = self.find(row) {
            self.rows.swap_remove(place);
        }
        self.forget_run(row);
    }

    /// Forgets all outcomes of somebody.
    pub(super) fn erase_person(&mut self, person: PersonId) {
        if let Some(place) = self.places.get(&person).copied() {
            self.rows.retain(|row| row.person != place);
            self.runs.retain(|(of, _, _)| *of != place);
        }
    }

    fn forget_run(&mut self, row: &OutcomeRow) {
        let (place, day) = (self.places.get(&row.person).copied(), day(row.at));
        let gone = self.runs.iter().position(|(of, run, on)| Some(*of) == place && Some(*run) == row.run && *on == day);
        if let Some(gone) = gone {
            self.runs.swap_remove(gone);
        }
    }

    /// Where one stands that is counted the same: any of several alike will do.
    fn find(&self, row: &OutcomeRow) -> Option<usize> {
        let kind = self.kinds.iter().position(|kind| *kind == row.kind)?;
        let wanted = small(&of(row), *self.places.get(&row.person)?, u16::try_from(kind).ok()?);
        self.rows.iter().position(|row| *row == wanted)
    }

    fn kind(&mut self, word: &str) -> u16 {
        let place = self.kinds.iter().position(|kind| kind == word).unwrap_or_else(|| {
            self.kinds.push(word.to_owned());
            self.kinds.len().saturating_sub(1)
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn add(&mut self, one: &OutcomeCount, kind: u16) {
        let next = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(one.person).or_insert(next);
        if place == next {
            self.people.push(one.person);
        }
        let row = small(one, place, kind);
        if let Some(run) = one.run.filter(|_| !one.back) {
            self.runs.push((place, run, row.day));
        }
        self.rows.push(row);
    }
}

fn small(one: &OutcomeCount, person: u32, kind: u16) -> Row {
    let (day, in_run) = (day(one.at), one.run.is_some());
    Row { person, day, count: one.count, kind, back: one.back, in_run, value: one.value }
}

fn of(row: &OutcomeRow) -> OutcomeCount {
    OutcomeCount {
        person: row.person,
        at: row.at,
        kind: 0,
        count: row.count,
        value: row.value.unwrap_or_default().get(),
        run: row.run,
        back: row.back.is_some(),
    }
}

fn day(at: Instant) -> i32 {
    i32::try_from(Day::of(at).0).unwrap_or(0)
}
