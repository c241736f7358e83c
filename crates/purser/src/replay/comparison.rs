//! What came of it, as `--json` has it. Amounts are exact: decimal texts with as many of nine places as they need.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::breaker::{Act, Breaker};
use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::Serialize;

use super::curve::{self, Days, Minute};
use super::recorded::{Noted, exact};
use super::tally::{Burn, Count, Tally, Trip};
use super::world::Owner;
use crate::failure::Failure;

/// Runs that breakers held back, and people whose calls were refused, told one by one.
const LISTED_MAX: usize = 10;

/// One telling, still as it was added up.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) tally: Tally,
}

/// Everything.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    pub(super) source: Source,
    /// What was taken for granted.
    pub(super) assumptions: Vec<String>,
    pub(super) tellings: Vec<Telling>,
    /// Money by the day (week, month) of each telling, and as it was.
    pub(super) burn: Days,
    /// The minutes around the first stop of the last telling that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) around_stop: Option<Around>,
}

/// Minutes around a stop.
#[derive(Debug, Serialize)]
pub(super) struct Around {
    pub(super) telling: String,
    pub(super) minutes: Vec<Minute>,
}

/// What is told again.
#[derive(Debug, Default, Serialize)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) what: Option<String>,
    /// Where its figures are from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    /// When it goes astray.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) astray: Option<Instant>,
    pub(super) first: Option<Instant>,
    pub(super) last: Option<Instant>,
    pub(super) calls: u64,
    pub(super) tokens: u64,
    /// What all its calls cost.
    pub(super) cost: Nano,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded: Option<Recorded>,
}

/// Which kind of source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceKind {
    /// A company's own past.
    #[default]
    Recorded,
    /// A film.
    Film,
    /// A file from elsewhere.
    File,
}

/// How what was recorded adds up.
#[derive(Debug, Serialize)]
pub(super) struct Recorded {
    /// As `purser usage` has it: the calls and what belongs to none.
    pub(super) spent: Nano,
    /// Corrections of charges, and what came out of suspense.
    pub(super) corrections: Sum,
    /// Charges that say nothing of their call.
    pub(super) untold: Sum,
    /// Charges that the price book gives again, exact ones that it does not, and those that were never exact.
    pub(super) rated: u64,
    pub(super) unrated: u64,
    pub(super) guessed: u64,
}

/// So many, and their money.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sum {
    pub(super) calls: u64,
    pub(super) amount: Nano,
}

impl Recorded {
    pub(super) fn of(noted: &Noted, spent: Nano) -> Result<Self, Failure> {
        let Noted { rated, unrated, guessed, corrections, untold } = noted;
        let (corrections, untold) = (sum(corrections)?, sum(untold)?);
        Ok(Self { spent, corrections, untold, rated: *rated, unrated: *unrated, guessed: *guessed })
    }
}

fn sum(count: &Count) -> Result<Sum, Failure> {
    Ok(Sum { calls: count.calls, amount: exact(count.nano)? })
}

/// What one set of rules would have done.
#[derive(Debug, Serialize)]
pub(super) struct Telling {
    pub(super) name: String,
    /// What its ledger settled.
    pub(super) spent: Nano,
    /// What the source's calls cost beyond that.
    pub(super) saved: Nano,
    pub(super) made: u64,
    pub(super) tokens: u64,
    pub(super) refused: Sum,
    /// Answers that ended where the money did.
    pub(super) clamped: Sum,
    /// Calls that went out with a cheaper model.
    pub(super) switched: Sum,
    /// Calls that waited for money which others had set aside.
    pub(super) parked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_warning: Option<TripShown>,
    /// The first time that somebody could not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_stop: Option<Stopped>,
    pub(super) refusals: Vec<Refused>,
    pub(super) breakers: Vec<OfBreaker>,
    /// The largest, by what they went on with.
    pub(super) held_back: Vec<TripShown>,
}

/// The first time that somebody could not go on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Stopped {
    pub(super) at: Instant,
    /// A breaker's name, `budget`, or the code of another refusal.
    pub(super) by: String,
    pub(super) sentence: String,
    /// What was spent by then since it went astray (or began).
    pub(super) spent: Nano,
}

/// Calls that were refused for one reason.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) calls: u64,
    pub(super) amount: Nano,
    /// When it was first said, to whom and what.
    pub(super) first: Instant,
    pub(super) person: String,
    pub(super) sentence: String,
    /// How many people's calls they are.
    pub(super) people: usize,
    /// Those whose calls would have cost most.
    pub(super) most: Vec<OfPerson>,
}

/// Somebody's refused calls.
#[derive(Debug, Serialize)]
pub(super) struct OfPerson {
    pub(super) person: String,
    #[serde(flatten)]
    pub(super) sum: Sum,
}

/// What one breaker did.
#[derive(Debug, Serialize)]
pub(super) struct OfBreaker {
    pub(super) breaker: Breaker,
    pub(super) act: Act,
    /// How often.
    pub(super) times: u64,
    pub(super) runs: usize,
    pub(super) people: usize,
    /// What the runs that were held back could not go on with.
    pub(super) beyond: Sum,
}

/// A warning, or a run that was held back.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TripShown {
    pub(super) at: Instant,
    pub(super) person: String,
    pub(super) run: RunId,
    pub(super) breaker: Breaker,
    pub(super) act: Act,
    pub(super) seen: String,
    /// What the run had cost by then.
    pub(super) cost: Nano,
    /// What it, with the runs below it, went on with afterwards.
    pub(super) beyond: Sum,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beyond_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lifted: Option<Instant>,
}

impl Comparison {
    /// Puts it together.
    ///
    /// # Errors
    /// A sum is beyond the ledger's range.
    pub(super) fn of(
        source: Source,
        told: &[Told],
        baseline: Option<&Burn>,
        names: &BTreeMap<PersonId, String>,
        owner: Owner,
    ) -> Result<Self, Failure> {
        let who = |person: PersonId| names.get(&person).cloned().unwrap_or_else(|| person.to_string());
        let mut tellings = Vec::new();
        for told in told {
            tellings.push(telling(told, &source, &who)?);
        }
        let stopped = tellings.iter().zip(told).rev().find_map(|(telling, told)| {
            let stop = telling.first_stop.as_ref()?;
            Some((telling, told, stop))
        });
        let was = baseline.or(told.first().map(|told| &told.tally.burn));
        let around_stop = stopped.zip(was).map(|((telling, told, stop), was)| Around {
            telling: telling.name.clone(),
            minutes: curve::around(was, &told.tally, stop.at),
        });
        let burns = told.iter().map(|told| (told.name.as_str(), &told.tally.burn));
        let as_it_was = baseline.into_iter().map(|burn| ("as it was", burn));
        let burn = Days::of(as_it_was.chain(burns).collect::<Vec<_>>().as_slice())?;
        let assumptions = assumptions(&source, owner);
        Ok(Self { source, assumptions, tellings, burn, around_stop })
    }
}

fn telling(told: &Told, source: &Source, who: &dyn Fn(PersonId) -> String) -> Result<Telling, Failure> {
    let Told { name, tally } = told;
    let spent = exact(tally.made.nano)?;
    let mut refusals = Vec::new();
    for (code, of) in &tally.refused {
        let mut people: Vec<_> = of.people.iter().collect();
        people.sort_by_key(|(_, count)| std::cmp::Reverse(count.nano));
        let most = people.iter().take(LISTED_MAX).map(|(person, count)| {
            let sum = sum(count)?;
            Ok(OfPerson { person: who(**person), sum })
        });
        refusals.push(Refused {
            people: people.len(),
            most: most.collect::<Result<_, Failure>>()?,
            code,
            calls: of.count.calls,
            amount: exact(of.count.nano)?,
            first: of.first,
            person: who(of.person),
            sentence: of.sentence.clone(),
        });
    }
    refusals.sort_by_key(|refused| std::cmp::Reverse(refused.amount));
    let mut largest: Vec<&Trip> = tally.trips.iter().filter(|trip| trip.act > Act::Warn).collect();
    largest.sort_by_key(|trip| (std::cmp::Reverse(trip.beyond.nano), trip.at, trip.run));
    let held_back = largest.into_iter().take(LISTED_MAX).map(|trip| shown(trip, who)).collect::<Result<_, _>>()?;
    Ok(Telling {
        name: name.clone(),
        spent,
        saved: source.cost.saturating_sub(spent),
        made: tally.made.calls,
        tokens: u64::try_from(tally.tokens).unwrap_or(u64::MAX),
        refused: sum(&tally.all_refused())?,
        clamped: sum(&tally.clamped)?,
        switched: sum(&tally.switched)?,
        parked: tally.parked,
        first_warning: tally.first_warning().map(|trip| shown(trip, who)).transpose()?,
        first_stop: first_stop(tally, source)?,
        refusals,
        breakers: breakers(tally)?,
        held_back,
    })
}

fn shown(trip: &Trip, who: &dyn Fn(PersonId) -> String) -> Result<TripShown, Failure> {
    Ok(TripShown {
        at: trip.at,
        person: who(trip.person),
        run: trip.run,
        breaker: trip.tripped.breaker,
        act: trip.act,
        seen: trip.tripped.seen.clone(),
        cost: exact(trip.cost)?,
        beyond: sum(&trip.beyond)?,
        beyond_until: trip.beyond_until,
        lifted: trip.lifted,
    })
}

/// A breaker's trip or the first refusal, whichever came first.
fn first_stop(tally: &Tally, source: &Source) -> Result<Option<Stopped>, Failure> {
    let by_breaker = tally.first_stop().map(|trip| (trip.at, name_of(trip.tripped.breaker), trip.tripped.seen.clone()));
    let by_refusal = tally.refused.iter().map(|(code, of)| {
        // That of what is spent and that of what others have set aside.
        let by = if code.starts_with("budget_") { "budget" } else { code };
        (of.first, by, of.sentence.clone())
    });
    let Some((at, by, sentence)) = by_breaker.into_iter().chain(by_refusal).min_by_key(|(at, ..)| *at) else {
        return Ok(None);
    };
    let since = source.astray.or(source.first).unwrap_or(at);
    let by_then = tally.burn.minutes().filter(|(minute, _)| minute.saturating_add(MINUTE) > since && *minute <= at);
    let spent = exact(by_then.fold(0_i128, |sum, (_, nano)| sum + i128::from(nano)))?;
    Ok(Some(Stopped { at, by: by.to_owned(), sentence, spent }))
}

const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);

/// As the configuration names it.
pub(super) const fn name_of(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::Spend => "spend",
        Breaker::Repeat => "repeat",
        Breaker::Errors => "errors",
        Breaker::Growth => "growth",
        Breaker::Unattended => "unattended",
    }
}

fn breakers(tally: &Tally) -> Result<Vec<OfBreaker>, Failure> {
    let mut groups = BTreeMap::<(Breaker, Act), Vec<&Trip>>::new();
    for trip in &tally.trips {
        groups.entry((trip.tripped.breaker, trip.act)).or_default().push(trip);
    }
    let mut shown = Vec::new();
    for ((breaker, act), trips) in groups {
        let beyond = trips.iter().fold(Count::default(), |all, trip| Count {
            calls: all.calls + trip.beyond.calls,
            nano: all.nano + trip.beyond.nano,
        });
        shown.push(OfBreaker {
            breaker,
            act,
            times: u64::try_from(trips.len()).unwrap_or(u64::MAX),
            runs: trips.iter().map(|trip| trip.run).collect::<BTreeSet<_>>().len(),
            people: trips.iter().map(|trip| trip.person).collect::<BTreeSet<_>>().len(),
            beyond: sum(&beyond)?,
        });
    }
    Ok(shown)
}

fn assumptions(source: &Source, owner: Owner) -> Vec<String> {
    let mut all = vec![match owner {
        Owner::Away => "nobody answers a breaker: a run that it holds back stays where it is".to_owned(),
        Owner::Answers(after) => {
            let minutes = after.as_secs() / 60;
            format!("a run that a breaker holds back goes on after {minutes} minutes, when its owner says so")
        }
    }];
    all.push("what is refused never happened, and every other call comes as it did".to_owned());
    match source.kind {
        SourceKind::Film | SourceKind::File => {
            all.push("each person has a daily allowance from midnight UTC and no other money".to_owned());
        }
        SourceKind::Recorded => {
            all.push("a call sets aside what it came to cost, since what was held is not kept".to_owned());
            all.push("a call began as long before its charge as such an answer takes".to_owned());
            all.push("what agents did is not recorded, so `repeat` never trips here".to_owned());
            all.push("grants and budgets are those of each day; policies and stops those of today".to_owned());
        }
    }
    all
}
