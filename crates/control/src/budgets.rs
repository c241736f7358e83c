//! Budgets: set, listed with what is left, ended.

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::{Budget as Terms, BudgetOn};
use purser_core::event::Event;
use purser_core::id::{BudgetId, KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::scope::Pattern;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::access::Within;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::grants::{release, word};
use crate::pages::{Part, unrefused};
use crate::people::known;
use crate::shape::{Budget, Funds, List, Page, SetBudget};

impl Control {
    /// All budgets, running ones first, in the order they were set.
    pub fn budgets(&self) -> List<Budget> {
        unrefused(self.budgets_page(&Within::Everything, &Part::ALL))
    }

    /// The same, of those on what is covered, in pages.
    pub(crate) fn budgets_page(&self, within: &Within, part: &Part) -> Result<Page<Budget>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let covered = |on: BudgetOn| match on {
            _ if within.is_everything() => true,
            BudgetOn::Unit(unit) => within.unit(directory, unit),
            BudgetOn::Key(key) => directory.key_by_id(key).is_some_and(|key| within.person(directory, key.person)),
            BudgetOn::Person(person) => within.person(directory, person),
            BudgetOn::Company => false,
        };
        let mut budgets: Vec<_> = directory.budgets().filter(|budget| covered(budget.on)).collect();
        budgets.sort_unstable_by_key(|budget| (budget.ended_at.is_some(), budget.created_at, budget.id));
        let show = |budget: &&std::sync::Arc<Terms>| Ok(self.inner.show_budget(&snapshot, budget, now));
        part.of(&budgets, |budget| budget.id.to_string(), show)
    }

    /// Sets a budget. A running one of the same owner, period and days gets the amount anew and keeps what is spent.
    ///
    /// # Errors
    /// No such owner, an amount that makes no sense, or the journal.
    pub async fn set_budget(&self, name: Option<CommandName>, set: SetBudget) -> Result<Budget, Error> {
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let tools = set.tool.as_deref().map(pattern).transpose()?;
            let (on, zone) = owner(turn, &snapshot, &set.owner, tools.is_some())?;
            let release = release(&set.amount, set.days.as_deref())?;
            let new = Terms {
                id: BudgetId::new(turn.command.get()),
                on,
                tools,
                amount: release.amount,
                cadence: release.cadence,
                days: release.days,
                zone,
                created_at: turn.now,
                ended_at: None,
            };
            let alike = |old: &Terms| {
                (old.on, &old.tools, old.cadence, old.days) == (new.on, &new.tools, new.cadence, new.days)
            };
            if let Some(made) = snapshot.directory.budget(new.id) {
                let shown = turn.control().show_budget(&snapshot, made, turn.now);
                return if alike(made) && made.amount == new.amount { Ok(shown) } else { Err(reused()) };
            }
            let running = snapshot.directory.budgets().find(|old| old.ended_at.is_none() && alike(old));
            let budget = running.map_or(new.clone(), |old| Terms { amount: new.amount, ..Terms::clone(old) });
            let id = budget.id;
            if running.is_none_or(|old| old.amount != new.amount) {
                turn.commit(&Event::BudgetSet(budget))?;
            }
            shown(turn, id)
        })
        .await
    }

    /// Ends a budget. One that has ended stays as it is.
    ///
    /// # Errors
    /// No such budget, or the journal.
    pub async fn end_budget(&self, name: Option<CommandName>, id: &str) -> Result<Budget, Error> {
        let id: BudgetId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser budget list` shows the ids")
        })?;
        self.change(name, move |turn| {
            let ended = known(turn.snapshot().directory.budget(id), "budget", &id)?.ended_at;
            if ended.is_none() {
                turn.commit(&Event::BudgetEnded { budget: id, at: turn.now })?;
            }
            shown(turn, id)
        })
        .await
    }
}

impl Inner {
    fn show_budget(&self, snapshot: &Snapshot, budget: &Terms, now: Instant) -> Budget {
        let names = self.names.read();
        let (owner, owner_name) = match budget.on {
            BudgetOn::Company => ("company".to_owned(), None),
            BudgetOn::Unit(unit) => (unit.to_string(), names.unit_name(unit)),
            BudgetOn::Key(key) => {
                let person = snapshot.directory.key_by_id(key).map(|key| key.person);
                (
                    key.to_string(),
                    person.and_then(|person| names.person_name(person)).map(|name| format!("a key of {name}")),
                )
            }
            BudgetOn::Person(person) => (person.to_string(), names.person_name(person)),
        };
        let account = AccountKey { subject: Subject::Budget(budget.id), period: budget.period_at(now) };
        Budget {
            id: budget.id,
            owner,
            owner_name,
            tool: budget.tools.as_ref().map(|tools| tools.as_str().to_owned()),
            amount: budget.amount,
            per: word(budget.cadence),
            days: word(budget.days),
            since: budget.created_at,
            ended: budget.ended_at,
            funds: budget.is_in_force(now).then(|| {
                let reserve = snapshot.directory.reserve(budget, account.period);
                self.funds(&account, budget.limit_at(now), reserve)
            }),
        }
    }

    /// Where an account stands. One that no call has asked for yet is not open in the ledger and has all its limit. What
    /// it keeps in reserve for guaranteed grants is not available to others.
    pub(crate) fn funds(&self, account: &AccountKey, limit: Nano, reserve: Nano) -> Funds {
        match self.ledger.find(account) {
            // The limit that holds now, also where the ledger has not heard of it yet: it learns with the next call.
            Some(balance) => Funds {
                limit,
                posted: balance.spent,
                held: balance.held,
                suspense: balance.suspense,
                available: balance.available().saturating_add(limit.saturating_sub(balance.limit)),
            },
            None => Funds { limit, available: limit.saturating_sub(reserve), ..Funds::default() },
        }
    }
}

fn shown(turn: &Turn<'_>, id: BudgetId) -> Result<Budget, Error> {
    let snapshot = turn.snapshot();
    let budget = known(snapshot.directory.budget(id), "budget", &id)?;
    Ok(turn.control().show_budget(&snapshot, budget, turn.now))
}

/// Tools by name.
fn pattern(text: &str) -> Result<Pattern, Error> {
    text.parse()
        .map_err(|error: purser_core::scope::PatternError| Refused::new(Code::Invalid, error.to_string()).into())
}

/// What a budget is set on, and the zone that its periods follow: the company's or unit's own, a key's or person's that of
/// the person.
fn owner(turn: &Turn<'_>, snapshot: &Snapshot, text: &str, of_tools: bool) -> Result<(BudgetOn, Zone), Error> {
    let company = known(snapshot.directory.company(), "company", &"here")?;
    if of_tools {
        let person = turn.control().find_person(snapshot, text)?;
        let person = known(snapshot.directory.person(person), "person", &person)?;
        return Ok((BudgetOn::Person(person.id), person.zone(turn.now).clone()));
    }
    if text.trim().starts_with(PersonId::PREFIX) && text.trim().parse::<PersonId>().is_ok() {
        let why = "a person's money is in grants; a budget on a person is for a tool";
        return Err(Refused::new(Code::Invalid, why).hint("name the tool with `--tool`, or `purser grant add`").into());
    }
    if text.trim().eq_ignore_ascii_case("company") {
        return Ok((BudgetOn::Company, company.zone.clone()));
    }
    if let Ok(key) = text.trim().parse::<KeyId>() {
        let key = known(snapshot.directory.key_by_id(key), "key", &key)?;
        let zone = snapshot.directory.person(key.person).map_or(&company.zone, |person| person.zone(turn.now));
        return Ok((BudgetOn::Key(key.id), zone.clone()));
    }
    let unit = turn.control().find_unit(snapshot, text)?;
    let unit = known(snapshot.directory.unit(unit), "unit", &unit)?;
    Ok((BudgetOn::Unit(unit.id), unit.zone.clone()))
}
