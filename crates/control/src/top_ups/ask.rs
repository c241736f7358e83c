//! Asking for more, taking it back, and what a manager's mandate approves at once.

use std::time::Duration;

use jiff::ToSpan;
use purser_core::directory::Directory;
use purser_core::event::{Event, TopUpEvent};
use purser_core::id::{PersonId, RunId, TopUpId};
use purser_core::time::Instant;
use purser_core::top_up::{DAYS_MAX, Decision, Desk, Mandate, TopUp as Known};

use super::decide::fits_budgets;
use super::{checked_amount, checked_reason, covered};
use crate::access::{Acting, Within};
use crate::agent::Agent;
use crate::change::{CommandName, Turn, refused, reused};
use crate::control::{Control, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::{AskTopUp, NewTopUp, TopUp};

/// Days for which it may be spent where nobody said: long enough for somebody to decide over a weekend.
const LASTS: i64 = 7;

impl Agent {
    /// Asks for more money for the person that this agent works for. Where nobody has given a mandate for it, nothing is
    /// granted by it.
    ///
    /// # Errors
    /// An amount that is none, a reason that is missing or too long, a day that is over or far away, [`Code::Conflict`]
    /// while the same is open; the journal.
    pub async fn request_top_up(&self, new: NewTopUp) -> Result<TopUp, Error> {
        let run = self.present_run().await?.map(|run| run.run);
        self.doing("request_top_up").ask(None, self.person(), run, new).await
    }
}

impl Control {
    /// Asks for more, for oneself or for somebody who is covered.
    ///
    /// # Errors
    /// As for [`Agent::request_top_up`]; nobody of that name, or not somebody for whom one may ask.
    pub(crate) async fn ask_top_up(
        &self,
        name: Option<CommandName>,
        within: Within,
        new: AskTopUp,
    ) -> Result<TopUp, Error> {
        let AskTopUp { person, amount, reason, until, purpose } = new;
        let person = match (person, self.acting.person) {
            (Some(who), _) => self.covered_person(&within, &who)?,
            (None, Some(own)) => own,
            (None, None) => {
                let refused = Refused::new(Code::Invalid, "nobody is named who would get the money");
                return Err(refused.hint("name the person (`--person`)").into());
            }
        };
        let mut acting = (*self.acting).clone();
        if acting.person != Some(person) {
            acting.on_behalf_of = Some(person);
        }
        self.on_behalf(acting).ask(name, person, None, NewTopUp { amount, reason, until, purpose }).await
    }

    async fn ask(
        &self,
        name: Option<CommandName>,
        person: PersonId,
        run: Option<RunId>,
        new: NewTopUp,
    ) -> Result<TopUp, Error> {
        let amount = checked_amount(new.amount)?;
        let reason = checked_reason(&new.reason, "say in a sentence what the money is for: somebody decides by it")?;
        let invalid = |message: String, hint: &str| Error::from(Refused::new(Code::Invalid, message).hint(hint));
        let purpose = new.purpose.as_deref().map(str::trim).filter(|purpose| !purpose.is_empty());
        let purpose = purpose.map(str::parse).transpose().map_err(|error: purser_core::role::NameError| {
            invalid(error.to_string(), "a word says what it is for; the reason has room for sentences")
        })?;
        let by = self.who();
        self.change(name, move |turn| {
            let (snapshot, at) = (turn.snapshot(), turn.now);
            let (directory, top_up) = (&snapshot.directory, TopUpId::new(turn.command.get()));
            if let Some(made) = directory.top_up(top_up) {
                let same = made.person == person && made.amount == amount && made.purpose == purpose;
                return if same { turn.control().show_top_up(&snapshot, made, at) } else { Err(reused()) };
            }
            let zone = known(directory.person(person), "person", &person)?.zone(at);
            let today = zone.date(at);
            let until = match new.until.as_deref() {
                Some(day) => dates::day(day)?,
                None => today.saturating_add(LASTS.days()),
            };
            if until < today || until > today.saturating_add(i64::from(DAYS_MAX).days()) {
                let hint = format!("name a day within {DAYS_MAX} days, or none for {LASTS} days");
                return Err(invalid(format!("{until} is over or too far away: it is {today}"), &hint));
            }
            let waits = Duration::from_hours(u64::from(directory.policy_of(person).top_ups.closes_hours.max(1)));
            let over = until.tomorrow().map_or(Instant::FAR_FUTURE, |day| zone.first_instant(day));
            let closes = at.saturating_add(waits).min(over);
            let asked = TopUpEvent::Asked { top_up, person, purpose, amount, until, by, run, closes, at };
            let mut events = vec![Event::TopUp(asked)];
            let asked = directory.apply(&events[0]).map_err(|error| refused(&error))?;
            let open = known(asked.top_up(top_up), "top-up", &top_up)?;
            events.extend(by_mandate(turn, &asked, open));
            // What is personal comes before the events that refer to it, and nothing of it where they are refused.
            turn.control().private.put_note(open.reason(), &reason).map_err(stored)?;
            turn.touches(&top_up.to_string(), reason.as_bytes());
            let written = turn.commit_together(events);
            if written.is_err() {
                turn.control().private.erase_note(open.reason()).map_err(stored)?;
            }
            written?;
            turn.control().top_up(&turn.snapshot(), top_up, at)
        })
        .await
    }

    /// Takes a request back, by whoever may ask for its person.
    ///
    /// # Errors
    /// No such request among those that are covered, [`Code::Conflict`] when it was decided; the journal.
    pub(crate) async fn cancel_top_up(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
    ) -> Result<TopUp, Error> {
        let (id, by) = (covered(&self.snapshot(), &within, id)?, self.who());
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let is_done = snapshot.directory.top_up(id).is_some_and(|known| known.state.word() == "cancelled");
            if !is_done {
                turn.commit(&Event::TopUp(TopUpEvent::Cancelled { top_up: id, by, at: turn.now }))?;
            }
            turn.control().top_up(&turn.snapshot(), id, turn.now)
        })
        .await
    }
}

/// The grant and the approval of a request that some manager's mandate covers; nothing where none does, or what should pay
/// has too little. `directory` is the one in which it was just asked for.
fn by_mandate(turn: &Turn<'_>, directory: &Directory, open: &Known) -> Vec<Event> {
    let (at, month) = (turn.now, directory.mandate_month(turn.now));
    let Some(person) = directory.person(open.person) else { return Vec::new() };
    let units: Vec<_> = directory.units_above(directory.unit_of(person, at)).map(|unit| unit.id).collect();
    let gives = |mandate: &&Mandate| {
        let enough = open.amount <= mandate.request && open.amount <= mandate.left_in(month);
        let asked = open.by.person != Some(mandate.manager);
        enough && asked && directory.is_mandate_for(mandate, open.person, at)
    };
    let mut mandates: Vec<&Mandate> = directory.mandates().map(|mandate| &**mandate).filter(gives).collect();
    // The nearest one first.
    mandates.sort_by_key(|mandate| (units.iter().position(|unit| *unit == mandate.unit), mandate.manager));
    let approval = |mandate: &Mandate| {
        let leads = turn.control().leads(directory, mandate.manager, mandate.unit);
        if !leads || (mandate.pool.is_none() && fits_budgets(turn, directory, open, open.amount).is_err()) {
            return None;
        }
        let made = Event::GrantMade(open.granted(open.amount, mandate.pool, person.zone(at), at));
        let by = Acting::purser().who();
        let decision =
            Decision { by, desk: Desk::Manager, for_absent: None, mandate: Some(mandate.manager), note: None, at };
        let approved = TopUpEvent::Approved { top_up: open.id, amount: open.amount, decision };
        let events = vec![made, Event::TopUp(approved)];
        turn.would_fit(directory, &events).is_ok().then_some(events)
    };
    mandates.into_iter().find_map(approval).unwrap_or_default()
}
