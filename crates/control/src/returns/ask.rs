//! Who and which days a question is about, and whether whoever asks may be told.

use jiff::civil::Date;
use purser_core::directory::Person;
use purser_core::id::{PersonId, UnitId};
use purser_core::role::Family;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_store::Day;

use super::count::Days;
use super::what_if::{Multiplier, multipliers};
use crate::access::{Within, forbidden};
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::Control;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::outcomes::OutcomeEvent;
use crate::shape::{Against, PersonReturns, ReturnBy, ReturnReport, WantedReturn};
use crate::usage::day_after;

/// Days where nobody says.
const DAYS: i64 = 90;
/// Days of one question.
const DAYS_MAX: i64 = 1_100;

/// A question with its names and days looked up.
#[derive(Clone, Debug)]
pub(super) struct ReturnAsk {
    pub(super) of: Of,
    pub(super) days: Days,
    pub(super) before: Days,
    pub(super) kind: Option<String>,
    pub(super) against: Against,
    pub(super) multipliers: Vec<Multiplier>,
    pub(super) by: Option<ReturnBy>,
    /// Does somebody ask about themself?
    pub(super) own: bool,
}

/// Whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Everybody,
    Person(PersonId),
    Unit(UnitId),
    Family(Family),
}

impl Of {
    /// Is somebody one of them, where they are at last?
    pub(super) fn counts(&self, snapshot: &Snapshot, person: &Person, at: Instant) -> bool {
        let directory = &snapshot.directory;
        match self {
            Self::Everybody => true,
            Self::Person(one) => person.id == *one,
            Self::Unit(unit) => directory.units_above(directory.unit_of(person, at)).any(|above| above.id == *unit),
            Self::Family(family) => directory.role_of(person.id).is_some_and(|role| role.family == *family),
        }
    }
}

impl Control {
    /// What comes of tokens, of people who are covered.
    ///
    /// # Errors
    /// Nobody or nothing of that name, or not covered; days or a multiplier that make no sense; the projection or the files.
    pub(crate) async fn returns(&self, within: Within, wanted: WantedReturn) -> Result<ReturnReport, Error> {
        let (snapshot, ask) = (self.snapshot(), self.understood_return(&within, wanted)?);
        self.report(move |inner| inner.returns(&snapshot, &within, &ask)).await
    }

    fn understood_return(&self, within: &Within, wanted: WantedReturn) -> Result<ReturnAsk, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let WantedReturn { person, unit, family, kind, from, to, against, before, before_to, multiplier, by } = wanted;
        if usize::from(person.is_some()) + usize::from(unit.is_some()) + usize::from(family.is_some()) > 1 {
            let message = "a question is about a person, a unit or a family";
            return Err(Refused::new(Code::Invalid, message).hint("name one of them, or none for all").into());
        }
        let of = match (person, unit, family) {
            (Some(who), _, _) => Of::Person(self.covered_person(within, &who)?),
            (_, Some(unit), _) => {
                let found = self.inner.find_unit(&snapshot, &unit);
                match found {
                    Ok(unit) if within.unit(&snapshot.directory, unit) => Of::Unit(unit),
                    Err(error) if within.is_everything() => return Err(error),
                    _ => return Err(forbidden("no unit whose people you may ask about is called that")),
                }
            }
            (_, _, Some(family)) => Of::Family(
                family
                    .parse()
                    .map_err(|error: purser_core::role::NameError| Refused::new(Code::Invalid, error.to_string()))?,
            ),
            _ => within.own().map_or(Of::Everybody, Of::Person),
        };
        let own = matches!(of, Of::Person(one) if self.acting.person == Some(one));
        if matches!(of, Of::Person(_)) && !own && !self.inner.admins.read().hooks.person_returns {
            let message = "what comes of one person's tokens is for that person";
            let hint = "ask about their unit or family; `purser roi policy` lets those see it who see their usage";
            return Err(Refused::new(Code::Forbidden, message).hint(hint).into());
        }
        let end = to.as_deref().map_or_else(|| Ok(day_after(now)), day)?;
        let start = from.as_deref().map_or_else(|| Ok(Day(end.0.saturating_sub(DAYS))), day)?;
        let days = checked(start.0..end.0)?;
        let before_end = before_to.as_deref().map_or(Ok(start), day)?;
        let length = days.end.saturating_sub(days.start);
        let before = before.as_deref().map_or_else(|| Ok(Day(before_end.0.saturating_sub(length))), day)?;
        let before = checked(before.0..before_end.0)?;
        if before.end > days.start {
            let message = "the time before reaches into the days that are asked about";
            return Err(Refused::new(Code::Invalid, message).hint("`before_to` is not after `from`").into());
        }
        Ok(ReturnAsk {
            of,
            days,
            before,
            kind: kind.map(|kind| kind.trim().to_lowercase()).filter(|kind| !kind.is_empty()),
            against: against.unwrap_or_default(),
            multipliers: multipliers(multiplier.as_deref())?,
            by,
            own,
        })
    }

    /// Says who may see the return on one person's tokens.
    ///
    /// # Errors
    /// The journal.
    pub(crate) async fn set_person_returns(
        &self,
        name: Option<CommandName>,
        set: PersonReturns,
    ) -> Result<PersonReturns, Error> {
        self.change(name, move |turn| {
            if turn.control().admins.read().hooks.person_returns != set.open {
                let event = OutcomeEvent::PersonReturnsSet { open: set.open, at: turn.now };
                turn.commit_admin(&AdminEvent::Outcomes(event))?;
            }
            Ok(set)
        })
        .await
    }

    /// Who may see it.
    pub(crate) fn person_returns(&self) -> PersonReturns {
        PersonReturns { open: self.inner.admins.read().hooks.person_returns }
    }
}

fn day(text: &str) -> Result<Day, Error> {
    dates::instant(text).map(Day::of)
}

fn checked(days: Days) -> Result<Days, Error> {
    if (1..=DAYS_MAX).contains(&days.end.saturating_sub(days.start)) {
        return Ok(days);
    }
    let date =
        |day: i64| crate::usage::date_of(Day(day)).parse::<Date>().map_or_else(|_| "?".to_owned(), |it| it.to_string());
    let message = format!("between {} and {} are no days, or too many", date(days.start), date(days.end));
    let hint = format!("`to` is the first day that is not included; at most {DAYS_MAX} days are looked at");
    Err(Refused::new(Code::Invalid, message).hint(hint).into())
}
