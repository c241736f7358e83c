//! Flags: what was spent in the last days of a period or with nobody there, worked out from the projection whenever somebody
//! asks. Nothing is kept of it and nothing follows from it by itself.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use purser_core::calendar::Cadence;
use purser_core::directory::Directory;
use purser_core::flag::{self, FlagKind, IdleDay, PaidDays as Paid, PeriodDays};
use purser_core::grant::Grant;
use purser_core::id::{GrantId, KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::{Day, Days, FlaggableRuns, PaidDays, RunOnDay};

use crate::access::Within;
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{Flag, Page, WantedFlags};
use crate::usage::{date_of, day_after};

/// How far back it is looked where nobody says.
const LOOKED_BACK: Duration = Duration::from_hours(30 * 24);
/// Days of one question. Every day of every run in them is read.
const DAYS_MAX: i64 = 400;
/// Days by which a period's date may be another than that of its first instant.
const BESIDE: i64 = 2;
/// Periods before one that tell somebody's own pace.
const PERIODS_BEFORE: i64 = 2;

/// A flag, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flagged {
    pub(crate) person: PersonId,
    pub(crate) of: FlaggedOf,
    pub(crate) flag: flag::Flag,
}

/// What spent or paid it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FlaggedOf {
    Run(RunId),
    Key(KeyId),
    Grant(GrantId),
}

impl Control {
    /// Flags of whoever is covered, the latest first, in pages.
    ///
    /// # Errors
    /// Nobody of that name, days that can't be read or are too many, or the projection.
    pub(crate) async fn flags(&self, within: Within, wanted: WantedFlags) -> Result<Page<Flag>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let person = match &wanted.person {
            Some(who) => Some(self.covered_person(&within, who)?),
            None => within.own(),
        };
        let from = wanted.from.as_deref().map_or_else(|| Ok(now.saturating_sub(LOOKED_BACK)), dates::instant)?;
        let to = wanted.to.as_deref().map_or_else(|| Ok(day_after(now).start()), dates::instant)?;
        let days = Day::of(from)..day_after(to);
        if !(1..=DAYS_MAX).contains(&days.end.0.saturating_sub(days.start.0)) {
            return Err(Refused::new(Code::Invalid, format!("between {from} and {to} are no days, or too many"))
                .hint(format!("`to` is the first day that is not included; at most {DAYS_MAX} days are looked at"))
                .into());
        }
        let part = Part::new(wanted.limit, wanted.after);
        self.report(move |inner| {
            let mut flags = inner.flags_of(&snapshot.directory, person, &days, now)?;
            flags.retain(|flagged| within.person(&snapshot.directory, flagged.person));
            flags.sort_by_key(|flagged| (std::cmp::Reverse(flagged.flag.days), flagged.person, flagged.of));
            part.of(&flags, Flagged::name, |flagged| Ok(inner.show_flag(flagged)))
        })
        .await
    }
}

impl Flagged {
    /// What tells it from all others in a list.
    fn name(&self) -> String {
        let of = match self.of {
            FlaggedOf::Run(run) => run.to_string(),
            FlaggedOf::Key(key) => key.to_string(),
            FlaggedOf::Grant(grant) => grant.to_string(),
        };
        format!("{of}/{:?}/{}", self.flag.kind, date_of(Day(self.flag.days.0)))
    }
}

impl Inner {
    /// Everything of a person (or of everybody) that is flagged on some days. Stretches of days are cut where the days begin
    /// and end; of a period every day counts whose last days are among them.
    pub(crate) fn flags_of(
        &self,
        directory: &Directory,
        person: Option<PersonId>,
        days: &Days,
        now: Instant,
    ) -> Result<Vec<Flagged>, Error> {
        let used = match person {
            Some(_) => everything(self.reader.runs_by_day(person, days).map_err(stored)?),
            None => self.reader.flaggable_runs(days).map_err(stored)?,
        };
        let grants = match person {
            Some(_) => None,
            None => Some(self.reader.flaggable_grants(days).map_err(stored)?),
        };
        let mut flags = self.idle(&used)?;
        let of = |grant: &Grant| {
            person.is_none_or(|person| person == grant.person)
                && grants.as_ref().is_none_or(|grants| grants.contains(&grant.id))
        };
        flags.extend(self.binges(directory, &of, days, now)?);
        Ok(flags)
    }

    /// What is flagged of a run with those that it started, between its first charge and its last.
    pub(crate) fn flags_of_run(&self, run: RunId, person: PersonId, time: Range<Instant>) -> Result<Vec<Flag>, Error> {
        let end = Day(Day::of(time.end).0.saturating_add(1));
        let start = Day::of(time.start).max(Day(end.0.saturating_sub(DAYS_MAX)));
        let used = self.reader.runs_by_day(Some(person), &(start..end)).map_err(stored)?;
        let own = self.idle(&everything(used))?.into_iter().filter(|flagged| flagged.of == FlaggedOf::Run(run));
        Ok(own.map(|flagged| self.show_flag(&flagged)).collect())
    }

    /// What was used that is flagged for a run or a key: each run's part of each such day, some of them twice.
    pub(crate) fn idle_load(&self, used: &FlaggableRuns) -> Result<Vec<RunOnDay>, Error> {
        let flags = self.idle(used)?;
        let is_of = |used: &RunOnDay, of: FlaggedOf| {
            let own = |flagged: &&Flagged| flagged.person == used.person && flagged.of == of;
            flags.iter().filter(own).any(|flagged| (flagged.flag.days.0..=flagged.flag.days.1).contains(&used.day.0))
        };
        let runs = used.runs.iter().filter(|used| is_of(used, FlaggedOf::Run(used.top)));
        let keys = used.keys.iter().filter(|used| is_of(used, FlaggedOf::Key(used.key)));
        Ok(runs.chain(keys).copied().collect())
    }

    /// What runs and keys spent with nobody there.
    fn idle(&self, used: &FlaggableRuns) -> Result<Vec<Flagged>, Error> {
        let outcomes = self.outcome_days(used)?;
        let mut runs = BTreeMap::<(PersonId, RunId), BTreeMap<i64, IdleDay>>::new();
        let mut keys = BTreeMap::<(PersonId, KeyId), BTreeMap<i64, IdleDay>>::new();
        let idle = |used: &RunOnDay| {
            let logged = |run| outcomes.contains(&(used.person, run, used.day.0));
            IdleDay { outcome: logged(Some(used.top)) || logged(None), ..idle_day(used) }
        };
        for used in &used.runs {
            add(runs.entry((used.person, used.top)).or_default(), &idle(used));
        }
        for used in &used.keys {
            add(keys.entry((used.person, used.key)).or_default(), &idle(used));
        }
        let mut flags = Vec::new();
        for ((person, run), days) in runs {
            let days: Vec<IdleDay> = days.into_values().collect();
            let found = flag::alone(&days).into_iter().chain(flag::repeated(&days));
            flags.extend(found.map(|flag| Flagged { person, of: FlaggedOf::Run(run), flag }));
        }
        for ((person, key), days) in keys {
            let days: Vec<IdleDay> = days.into_values().collect();
            let found = flag::around_the_clock(&days).into_iter();
            flags.extend(found.map(|flag| Flagged { person, of: FlaggedOf::Key(key), flag }));
        }
        Ok(flags)
    }

    /// On which of the days something was achieved, for which run or for none.
    fn outcome_days(&self, used: &FlaggableRuns) -> Result<BTreeSet<(PersonId, Option<RunId>, i64)>, Error> {
        let asked: HashSet<(PersonId, i64)> =
            used.runs.iter().chain(&used.keys).map(|used| (used.person, used.day.0)).collect();
        let of = asked.iter().map(|(_, day)| *day);
        let (Some(first), Some(last)) = (of.clone().min(), of.max()) else { return Ok(BTreeSet::new()) };
        // What was achieved today may be logged tomorrow.
        let before = |day: i64| [day, day.saturating_sub(1)];
        let wanted = |person, day| before(day).into_iter().any(|day| asked.contains(&(person, day)));
        let achieved =
            self.with_tallies(|tallies| tallies.days(first..last.saturating_add(2), wanted)).map_err(stored)?;
        let mut days = BTreeSet::new();
        for (person, run, day) in achieved {
            let known = before(day).into_iter().filter(|day| asked.contains(&(person, *day)));
            days.extend(known.map(|day| (person, run, day)));
        }
        let runs: BTreeSet<RunId> = days.iter().filter_map(|(_, run, _)| *run).collect();
        let tops = self.reader.tops_of(&runs).map_err(stored)?;
        let top = |run: RunId| tops.get(&run).copied().unwrap_or(run);
        Ok(days.into_iter().map(|(person, run, day)| (person, run.map(top), day)).collect())
    }

    /// Whose grants were burnt at the end of their periods.
    fn binges(
        &self,
        directory: &Directory,
        of: &dyn Fn(&Grant) -> bool,
        days: &Days,
        now: Instant,
    ) -> Result<Vec<Flagged>, Error> {
        let expiring = |grant: &&Arc<Grant>| {
            matches!(grant.cadence, Cadence::Month | Cadence::Quarter | Cadence::Year | Cadence::Once)
        };
        let all = directory.people().flat_map(|person| &person.grants);
        let grants: Vec<&Arc<Grant>> = all.filter(expiring).filter(|grant| of(grant)).collect();
        let ids: Vec<GrantId> = grants.iter().map(|grant| grant.id).collect();
        // What was paid in the first hours of a period may count for the last day of the one before.
        let all = Instant::from_micros(i64::MIN)..Day(days.end.0.saturating_add(BESIDE)).start();
        let paid = self.reader.paid_by_day(&ids, &all).map_err(stored)?;
        let mut flags = Vec::new();
        for (grant, periods) in grants.into_iter().zip(paid) {
            let carried = grant.rollover.as_ref().map_or(Nano::ZERO, |rollover| rollover.max);
            for period in &periods {
                let found = binge(&periods, period, carried, Day::of(now));
                let within = |flag: &flag::Flag| flag.days.1 >= days.start.0 && flag.days.0 < days.end.0;
                flags.extend(found.filter(within).map(|flag| Flagged {
                    person: grant.person,
                    of: FlaggedOf::Grant(grant.id),
                    flag,
                }));
            }
        }
        Ok(flags)
    }

    pub(crate) fn show_flag(&self, flagged: &Flagged) -> Flag {
        let Flagged { person, of, flag } = flagged;
        let day = |day: i64| date_of(Day(day));
        Flag {
            person: *person,
            name: self.names.read().person_name(*person),
            kind: flag.kind,
            first: day(flag.days.0),
            last: day(flag.days.1),
            cost: flag.cost,
            run: if let FlaggedOf::Run(run) = of { Some(*run) } else { None },
            key: if let FlaggedOf::Key(key) = of { Some(*key) } else { None },
            grant: if let FlaggedOf::Grant(grant) = of { Some(*grant) } else { None },
            seen: flag.seen.clone(),
            hint: FlagKind::hint(flag.kind).to_owned(),
        }
    }
}

fn idle_day(used: &RunOnDay) -> IdleDay {
    let count = |figure: i64| u64::try_from(figure).unwrap_or(0);
    IdleDay {
        day: used.day.0,
        calls: count(used.calls),
        human: count(used.human),
        hours: used.hours,
        input: count(used.input),
        squares: count(used.squares),
        output: count(used.output),
        cost: used.charge,
        outcome: false,
    }
}

/// Adds what was used on a day.
fn add(days: &mut BTreeMap<i64, IdleDay>, more: &IdleDay) {
    days.entry(more.day).or_insert(IdleDay { day: more.day, ..IdleDay::default() }).add(more);
}

/// All that was used, for runs and for keys.
fn everything(used: Vec<RunOnDay>) -> FlaggableRuns {
    FlaggableRuns { runs: used.clone(), keys: used }
}

/// Of a grant's periods one that was burnt at its end.
fn binge(periods: &[PaidDays], of: &PaidDays, carried: Nano, today: Day) -> Option<flag::Flag> {
    let PeriodDays { first, length } = PeriodDays::of(&of.period);
    let known = periods.first().map_or(first, |oldest| PeriodDays::of(&oldest.period).first);
    let since = known.max(first.saturating_sub(length.saturating_mul(PERIODS_BEFORE)));
    let until = today.0.saturating_add(1).min(first.saturating_add(length));
    let paid = |day: i64| {
        let paid = periods.iter().filter_map(|period| period.days.get(&Day(day)));
        paid.fold(Nano::ZERO, |sum, paid| sum.saturating_add(*paid))
    };
    let before: Vec<Nano> = (since..first).map(paid).collect();
    let period: Vec<Nano> = (first..until).map(paid).collect();
    flag::binge(&Paid {
        before: &before,
        period: &period,
        length: usize::try_from(length).ok()?,
        first,
        released: of.released,
        carried,
    })
}
