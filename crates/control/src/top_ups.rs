//! Requests for more money: asked for by somebody's agent, decided by somebody else, and money at once when approved.
//!
//! A request and its decision are records of administration; the money is a grant like any other, whose id has the
//! request's bits. The grant is written first: what the directory has was approved, whatever became of the note about it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use purser_core::event::Event;
use purser_core::id::{GrantId, NoteId, TopUpId};
use purser_core::money::Nano;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use crate::access::{Actor, Party, Within, forbidden};
use crate::admins::AdminEvent;
use crate::agent::Agent;
use crate::change::{CommandName, Turn};
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::grants;
use crate::pages::Part;
use crate::people::known;
use crate::shape::{NewGrant, NewTopUp, Page, TopUp, TopUpState};

/// Letters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// Requests of one person that wait for a decision. An agent that asks again and again gets no further by it.
const OPEN_MAX: usize = 3;
/// Days for which it may be spent where nobody said: long enough for somebody to decide over a weekend.
const LASTS: i64 = 7;
/// The most days that may be asked for.
const LASTS_MAX: i64 = 366;

/// The requests of this ledger.
#[derive(Debug, Default)]
pub(crate) struct TopUps(BTreeMap<TopUpId, Asked>);

/// One request, as the journal knows it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: TopUpId,
    by: Party,
    amount: Nano,
    until: Date,
    at: Instant,
    decided: Option<(Party, bool, Instant)>,
}

impl TopUps {
    /// Takes in that one was asked for.
    pub(crate) fn asked(&mut self, id: TopUpId, by: Party, amount: Nano, until: Date, at: Instant) {
        self.0.insert(id, Asked { id, by, amount, until, at, decided: None });
    }

    /// Takes in what somebody decided.
    pub(crate) fn decided(&mut self, id: TopUpId, by: Party, granted: bool, at: Instant) {
        if let Some(asked) = self.0.get_mut(&id) {
            asked.decided = Some((by, granted, at));
        }
    }

    fn get(&self, id: TopUpId) -> Option<Asked> {
        self.0.get(&id).copied()
    }
}

impl Agent {
    /// Asks for more money for the person that this agent works for. Nothing is granted by it.
    ///
    /// # Errors
    /// An amount that is none, a reason that is missing or too long, a day that is over or far away, [`Code::Conflict`]
    /// while several requests wait for a decision; the journal.
    pub async fn request_top_up(&self, new: NewTopUp) -> Result<TopUp, Error> {
        let invalid = |message: String, hint: &str| Error::from(Refused::new(Code::Invalid, message).hint(hint));
        let reason = new.reason.trim().to_owned();
        if !new.amount.is_positive() {
            return Err(invalid(format!("{} is no amount to ask for", new.amount), "ask for more than zero"));
        }
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            let message = format!("a reason has between 1 and {REASON_CHARS_MAX} letters");
            return Err(invalid(message, "say in a sentence what the money is for: a human being decides by it"));
        }
        let person = self.person();
        self.doing("request_top_up")
            .change(None, move |turn| {
                let snapshot = turn.snapshot();
                let today = known(snapshot.directory.person(person), "person", &person)?.zone(turn.now).date(turn.now);
                let until = match new.until.as_deref() {
                    Some(day) => dates::day(day)?,
                    None => today.saturating_add(LASTS.days()),
                };
                if until < today || until > today.saturating_add(LASTS_MAX.days()) {
                    let hint = format!("name a day within {LASTS_MAX} days, or none for {LASTS} days");
                    return Err(invalid(format!("{until} is over or too far away: it is {today}"), &hint));
                }
                let open = {
                    let admins = turn.control().admins.read();
                    let own = admins.top_ups.0.values().filter(|asked| asked.by.person == Some(person));
                    own.filter(|asked| state(&snapshot, asked, turn.now) == TopUpState::Open).count()
                };
                if open >= OPEN_MAX {
                    let message = format!("{OPEN_MAX} requests of yours wait for a decision");
                    return Err(Refused::new(Code::Conflict, message)
                        .hint("go on with what is left, or stop here; whoever decides sees them all")
                        .into());
                }
                let (id, by, at) = (TopUpId::new(turn.command.get()), turn.acting().party(), turn.now);
                turn.control().private.put_note(NoteId::new(id.get()), &reason).map_err(stored)?;
                turn.touches(&id.to_string(), reason.as_bytes());
                turn.commit_admin(&AdminEvent::TopUpAsked { top_up: id, by, amount: new.amount, until, at })?;
                turn.control().top_up(&snapshot, id, at)
            })
            .await
    }
}

impl Control {
    /// Requests of those who are covered, oldest first, in pages.
    pub(crate) fn top_ups_page(&self, within: &Within, who: Option<&str>, part: &Part) -> Result<Page<TopUp>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let whose = who.map(|who| self.inner.find_person(&snapshot, who)).transpose()?;
        let mut asked: Vec<Asked> = self.inner.admins.read().top_ups.0.values().copied().collect();
        asked.retain(|asked| {
            let person = asked.by.person;
            whose.is_none_or(|whose| person == Some(whose)) && is_covered(within, &snapshot, asked)
        });
        asked.sort_by_key(|asked| (asked.at, asked.id));
        part.of(&asked, |asked| asked.id.to_string(), |asked| self.inner.show_top_up(&snapshot, asked, now))
    }

    /// Approves a request, which makes its grant in the same change, or denies it.
    ///
    /// # Errors
    /// No such request among those that are covered, [`Code::SelfApproval`] for one's own, [`Code::Conflict`] when it was
    /// decided otherwise or its last day is over; the journal.
    pub(crate) async fn decide_top_up(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
        approve: bool,
    ) -> Result<TopUp, Error> {
        let id: Result<TopUpId, _> = id.trim().parse();
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let asked = id.as_ref().ok().and_then(|id| turn.control().admins.read().top_ups.get(*id));
            let Some(asked) = asked.filter(|asked| is_covered(&within, &snapshot, asked)) else {
                // To whom nobody else is covered, nobody else's are there.
                return Err(if within.is_everything() { unknown() } else { not_yours() });
            };
            let action = if approve { "approve_top_up" } else { "deny_top_up" };
            turn.separate_duties(action, &asked.id.to_string(), &[asked.by])?;
            match (state(&snapshot, &asked, turn.now), approve) {
                (TopUpState::Approved, true) | (TopUpState::Denied, false) => {}
                (TopUpState::Open | TopUpState::Expired, false) => decided(turn, &asked, false)?,
                (TopUpState::Open, true) => {
                    grant(turn, &snapshot, &asked)?;
                    decided(turn, &asked, true)?;
                }
                (TopUpState::Expired, true) => {
                    let message = format!("the money was asked for until {}, which is over", asked.until);
                    return Err(Refused::new(Code::Conflict, message).hint("a new request names another day").into());
                }
                (TopUpState::Approved, false) => {
                    let message = format!("{} is approved", asked.id);
                    let hint = format!("`purser grant void {}` ends its grant", GrantId::new(asked.id.get()));
                    return Err(Refused::new(Code::Conflict, message).hint(hint).into());
                }
                (TopUpState::Denied, true) => {
                    let message = format!("{} is denied", asked.id);
                    return Err(Refused::new(Code::Conflict, message).hint("it can be asked for again").into());
                }
            }
            turn.control().top_up(&turn.snapshot(), asked.id, turn.now)
        })
        .await
    }
}

/// The grant of a request: once, from today, until its last day is over.
fn grant(turn: &mut Turn<'_>, snapshot: &Snapshot, asked: &Asked) -> Result<(), Error> {
    let new = NewGrant {
        person: asked.by.person.map(|person| person.to_string()).unwrap_or_default(),
        amount: format!("{}/once", asked.amount),
        end: Some(asked.until.saturating_add(1.day()).to_string()),
        ..NewGrant::default()
    };
    let terms = grants::terms(turn, snapshot, GrantId::new(asked.id.get()), &new)?;
    turn.commit(&Event::GrantMade(terms))
}

fn decided(turn: &mut Turn<'_>, asked: &Asked, granted: bool) -> Result<(), Error> {
    let (by, at) = (turn.acting().party(), turn.now);
    turn.commit_admin(&AdminEvent::TopUpDecided { top_up: asked.id, by, granted, at })
}

fn is_covered(within: &Within, snapshot: &Snapshot, asked: &Asked) -> bool {
    within.is_everything() || asked.by.person.is_some_and(|person| within.person(&snapshot.directory, person))
}

fn unknown() -> Error {
    Refused::new(Code::NotFound, "there is no such request").hint("`purser top-up list` shows the ids").into()
}

fn not_yours() -> Error {
    forbidden("no request that you may decide about is called that")
}

/// What became of a request by now.
fn state(snapshot: &Snapshot, asked: &Asked, now: Instant) -> TopUpState {
    let directory = &snapshot.directory;
    let person = asked.by.person.and_then(|person| directory.person(person));
    let over = person.is_none_or(|person| person.zone(now).date(now) > asked.until);
    match asked.decided {
        _ if directory.grant(GrantId::new(asked.id.get())).is_some() => TopUpState::Approved,
        Some(_) => TopUpState::Denied,
        None if over => TopUpState::Expired,
        None => TopUpState::Open,
    }
}

impl Inner {
    fn top_up(&self, snapshot: &Snapshot, id: TopUpId, now: Instant) -> Result<TopUp, Error> {
        let asked = self.admins.read().top_ups.get(id).ok_or_else(unknown)?;
        self.show_top_up(snapshot, &asked, now)
    }

    fn show_top_up(&self, snapshot: &Snapshot, asked: &Asked, now: Instant) -> Result<TopUp, Error> {
        let person = known(asked.by.person, "person", &"of that request")?;
        let state = state(snapshot, asked, now);
        Ok(TopUp {
            id: asked.id,
            person,
            person_name: self.names.read().person_name(person),
            key: if let Actor::CallKey(key) = asked.by.actor { Some(key) } else { None },
            amount: asked.amount,
            reason: self.private.note(NoteId::new(asked.id.get())).map_err(stored)?,
            until: asked.until.to_string(),
            state,
            asked: asked.at,
            decided: asked.decided.map(|(_, _, at)| at),
            decided_by: asked.decided.map(|(by, _, _)| by.actor.to_string()),
            grant: (state == TopUpState::Approved).then(|| GrantId::new(asked.id.get())),
        })
    }
}
