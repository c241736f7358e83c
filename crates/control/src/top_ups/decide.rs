//! Deciding about a request: who may, by what right, and the grant of an approval in the same change.

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::{Budget, BudgetOn};
use purser_core::directory::Directory;
use purser_core::event::{Event, TopUpEvent};
use purser_core::id::{NoteId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::top_up::{Decision, Desk, State, TopUp as Known, TopUpError};

use super::{checked_amount, checked_reason, covered};
use crate::access::{Acting, Actor, GivenRole, Party, Role, Within, forbidden};
use crate::change::{CommandName, Turn, refused};
use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::shape::{ApproveTopUp, DenyTopUp, TopUp};

/// A decision that is about to be made.
enum Asked {
    Approve(ApproveTopUp),
    Deny(String),
}

impl Control {
    /// Approves a request or a part of it, which makes its grant in the same change.
    ///
    /// # Errors
    /// No such request among those that are covered, [`Code::SelfApproval`] for one's own, [`Code::Forbidden`] where it is
    /// for somebody else to decide, [`Code::Conflict`] when it was decided otherwise or has closed, [`Code::PoolShort`] and
    /// [`Code::BudgetShort`] when what should pay has too little; the journal.
    pub(crate) async fn approve_top_up(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
        how: ApproveTopUp,
    ) -> Result<TopUp, Error> {
        how.amount.map_or(Ok(Nano::ZERO), checked_amount)?;
        self.decide(name, &within, id, Asked::Approve(how)).await
    }

    /// Denies a request, with a reason.
    ///
    /// # Errors
    /// As for [`Control::approve_top_up`]; no reason.
    pub(crate) async fn deny_top_up(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
        why: DenyTopUp,
    ) -> Result<TopUp, Error> {
        let why = checked_reason(&why.reason, "say why, in a sentence: whoever asked reads it")?;
        self.decide(name, &within, id, Asked::Deny(why)).await
    }

    async fn decide(&self, name: Option<CommandName>, within: &Within, id: &str, asked: Asked) -> Result<TopUp, Error> {
        let snapshot = self.snapshot();
        let id = covered(&snapshot, within, id)?;
        let open = known(snapshot.directory.top_up(id), "top-up", &id)?;
        let right = self.acting.right(&snapshot.directory, open, self.inner.clock.now());
        let mut acting = (*self.acting).clone();
        if let Ok(Right { for_absent: Some(absent), .. }) = right {
            // The trail says in whose stead.
            acting.on_behalf_of = Some(absent);
        }
        self.on_behalf(acting)
            .change(name, move |turn| {
                let snapshot = turn.snapshot();
                let open = known(snapshot.directory.top_up(id), "top-up", &id)?;
                if is_done(&asked, open, turn.now)? {
                    return turn.control().show_top_up(&snapshot, open, turn.now);
                }
                let action = if matches!(asked, Asked::Approve(_)) { "approve_top_up" } else { "deny_top_up" };
                let makers = makers(turn.acting(), open);
                turn.separate_duties(action, &id.to_string(), &makers)?;
                let Right { desk, for_absent } = right?;
                let said = match &asked {
                    Asked::Approve(how) => how.reason.as_deref().map(str::trim).filter(|text| !text.is_empty()),
                    Asked::Deny(why) => Some(why.as_str()),
                };
                let said = said.map(|text| checked_reason(text, "say it shorter")).transpose()?;
                let note = said.as_ref().map(|_| NoteId::new(turn.derived("top-up decision", 0)));
                let by = turn.acting().who();
                let decision = Decision { by, desk, for_absent, mandate: None, note, at: turn.now };
                let events = match asked {
                    Asked::Approve(how) => approval(turn, &snapshot.directory, open, &how, decision)?,
                    Asked::Deny(_) => vec![Event::TopUp(TopUpEvent::Denied { top_up: id, decision })],
                };
                if let (Some(note), Some(said)) = (note, &said) {
                    turn.preview_together(&events)?;
                    turn.control().private.put_note(note, said).map_err(stored)?;
                    turn.touches(&note.to_string(), said.as_bytes());
                }
                let written = turn.commit_together(events);
                if let (Some(note), Err(_)) = (note, &written) {
                    turn.control().private.erase_note(note).map_err(stored)?;
                }
                written?;
                turn.control().top_up(&turn.snapshot(), id, turn.now)
            })
            .await
    }
}

/// Was the same decided before? Another decision is refused.
fn is_done(asked: &Asked, open: &Known, now: Instant) -> Result<bool, Error> {
    let conflict = |hint: String| {
        let message = format!("{} is {}", open.id, open.state.word());
        Err(Refused::new(Code::Conflict, message).hint(hint).into())
    };
    match (&open.state, asked) {
        (State::Open, _) if now < open.closes => Ok(false),
        (State::Open, _) => Err(refused(&TopUpError::Late { id: open.id, closed: open.closes }.into())),
        (State::Approved { amount, .. }, Asked::Approve(how)) if how.amount.is_none_or(|asked| asked == *amount) => {
            Ok(true)
        }
        (State::Denied(_), Asked::Deny(_)) => Ok(true),
        (State::Approved { .. }, _) => {
            conflict(format!("what is decided stays so; `purser grant void {}` ends its grant", open.grant()))
        }
        _ => conflict("what is decided stays so; it can be asked for again".to_owned()),
    }
}

/// Who asked, and who would get the money: neither decides.
fn makers(acting: &Acting, open: &Known) -> [Party; 2] {
    let same = acting.actor.to_string() == open.by.actor.to_string();
    let asked = Party { actor: if same { acting.actor } else { Actor::Stranger }, person: open.by.person };
    [asked, Party { actor: Actor::Stranger, person: Some(open.person) }]
}

/// The grant of an approval, and the approval.
fn approval(
    turn: &Turn<'_>,
    directory: &Directory,
    open: &Known,
    how: &ApproveTopUp,
    decision: Decision,
) -> Result<Vec<Event>, Error> {
    let person = known(directory.person(open.person), "person", &open.person)?;
    let amount = how.amount.unwrap_or(open.amount);
    let pool = how.pool.as_deref().map(|pool| turn.control().find_pool(&turn.snapshot(), pool)).transpose()?;
    if pool.is_none() {
        fits_budgets(turn, directory, open, amount)?;
    }
    let made = Event::GrantMade(open.granted(amount, pool, person.zone(turn.now), turn.now));
    Ok(vec![made, Event::TopUp(TopUpEvent::Approved { top_up: open.id, amount, decision })])
}

/// Could all of it be spent under the budgets of unit and company? What is not guaranteed waits for a budget's next period,
/// but not longer than its own last day.
///
/// # Errors
/// [`Code::BudgetShort`] for a budget whose running period lasts as long and has less left.
pub(super) fn fits_budgets(turn: &Turn<'_>, directory: &Directory, open: &Known, amount: Nano) -> Result<(), Error> {
    let (control, now) = (turn.control(), turn.now);
    let person = known(directory.person(open.person), "person", &open.person)?;
    let over = open.until.tomorrow().map_or(Instant::FAR_FUTURE, |day| person.zone(now).first_instant(day));
    for budget in budgets_above(directory, open.person, now) {
        let period = budget.period_at(now);
        let account = AccountKey { subject: Subject::Budget(budget.id), period };
        let left = control.funds(&account, budget.limit_at(now), directory.reserve(budget, period)).available;
        if period.end >= over && left < amount {
            let on = match budget.on {
                BudgetOn::Unit(unit) => control.names.read().unit_name(unit).unwrap_or_else(|| unit.to_string()),
                _ => "the company".to_owned(),
            };
            let left = left.max(Nano::ZERO);
            let message = format!("the budget of {on} has {left} left until {} and this is {amount}", period.end);
            return Err(Refused::new(Code::BudgetShort, message)
                .hint("approve a part (`--amount`), let a pool pay (`--pool`), or raise the budget first")
                .into());
        }
    }
    Ok(())
}

/// Budgets in force over what somebody spends: their units' and the company's.
pub(super) fn budgets_above(directory: &Directory, person: PersonId, now: Instant) -> impl Iterator<Item = &Budget> {
    let unit = directory.person(person).map(|person| directory.unit_of(person, now));
    let units = unit.into_iter().flat_map(|unit| directory.units_above(unit)).flat_map(|unit| &unit.budgets);
    let company = directory.company().into_iter().flat_map(|company| &company.budgets);
    units.chain(company).map(|budget| &**budget).filter(move |budget| budget.is_in_force(now))
}

/// By what right somebody decides.
#[derive(Clone, Copy, Debug)]
struct Right {
    desk: Desk,
    for_absent: Option<PersonId>,
}

impl Acting {
    /// The right by which this one may decide: their own where that is enough, else that of somebody who is away.
    ///
    /// # Errors
    /// [`Code::Forbidden`] with whose decision it is.
    fn right(&self, directory: &Directory, open: &Known, now: Instant) -> Result<Right, Error> {
        let own = if self.holds_the_files() { Some(Desk::Admin) } else { desk_of(directory, &self.roles, open, now) };
        let mut highest = own;
        if let Some(desk) = own.filter(|desk| *desk >= open.desk) {
            return Ok(Right { desk, for_absent: None });
        }
        for lent in &self.lent {
            // What they asked for themselves is not decided in their name.
            let theirs = lent.person == open.person || open.by.person == Some(lent.person);
            let Some(desk) = desk_of(directory, &lent.roles, open, now).filter(|_| !theirs) else { continue };
            if desk >= open.desk {
                return Ok(Right { desk, for_absent: Some(lent.person) });
            }
            highest = highest.max(Some(desk));
        }
        let whose = match highest {
            Some(desk) => format!("{} can't", desk.people()),
            None => "you can't".to_owned(),
        };
        Err(forbidden(format!("a request for {} is for {} to decide by now; {whose}", open.amount, open.desk.people())))
    }
}

/// The highest desk at which somebody with these roles sits, where this request is concerned.
fn desk_of(directory: &Directory, roles: &[GivenRole], open: &Known, now: Instant) -> Option<Desk> {
    let desk = |given: &GivenRole| match (given.role, given.unit) {
        (Role::Admin, _) => Some(Desk::Admin),
        (Role::Finance, _) => Some(Desk::Finance),
        (Role::Manager, Some(unit)) => {
            let person = directory.person(open.person)?;
            let mut above = directory.units_above(directory.unit_of(person, now));
            above.any(|above| above.id == unit).then_some(Desk::Manager)
        }
        _ => None,
    };
    roles.iter().filter_map(desk).max()
}
