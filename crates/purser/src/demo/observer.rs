//! Looks at everything there is to see and makes a scene of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use purser_control::shape::{Balance, Budget, Funds, Statement};
use purser_control::usage::{By, Wanted};
use purser_control::{Control, Error};
use purser_core::money::{Currency, Nano};
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;
use purser_store::{DataDir, JournalReader, Mode};

use super::board::{Board, Decision, Outcome, Seen, Tally, Track};
use super::company::{COMPANY_ZONE, ROLES, RUNAWAY, UNITS};
use super::scene::{
    BudgetLine, DecisionLine, JournalLine, Kind, PersonLine, Purse, Runaway, Scene, StatementLines, Totals,
};
use super::staff::Staff;
use crate::engine::store;
use crate::failure::Failure;
use crate::place::Place;

/// A pace is measured over so long.
const PACE_OVER: Duration = Duration::from_secs(10);
/// Over less than this a pace says nothing.
const PACE_OVER_MIN: Duration = Duration::from_secs(2);

/// Looks.
pub(crate) struct Observer {
    control: Control,
    journal: JournalReader,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    staff: Arc<Staff>,
    gateway: String,
    began: Instant,
    /// What everybody had spent at earlier moments, oldest first.
    history: VecDeque<(Instant, Vec<Nano>)>,
}

/// What an observer looks at.
pub(crate) struct Sights {
    pub(crate) control: Control,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) staff: Arc<Staff>,
    pub(crate) gateway: String,
}

impl Observer {
    /// Of everything, from now on.
    ///
    /// # Errors
    /// The journal can't be read.
    pub(crate) fn new(sights: Sights, place: &Place) -> Result<Self, Failure> {
        let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
        let journal = JournalReader::open(&dir).map_err(|error| store(&error))?;
        let Sights { control, board, clock, staff, gateway } = sights;
        let began = clock.now();
        Ok(Self { control, journal, board, clock, staff, gateway, began, history: VecDeque::new() })
    }

    /// This moment. `wanted` is somebody whose statement is to be in it.
    ///
    /// # Errors
    /// The projection or the journal can't be read.
    pub(crate) async fn look(&mut self, paused: bool, wanted: Option<usize>) -> Result<Scene, Failure> {
        let usage = self.control.usage(Wanted { by: Some(By::Model), ..Wanted::default() }).await?;
        let statement = match wanted {
            Some(place) => self.statement(place).await?,
            None => None,
        };
        let now = self.clock.now();
        let seen = self.board.seen();
        let balances = self.control.balances(None)?.items;
        let budgets = self.control.budgets().items;
        let people = self.people(&seen, &balances, now);
        let runaway = self.runaway(&seen.track, &budgets, now);
        let sum = |count: fn(&purser_control::shape::UsageRow) -> u64| usage.items.iter().map(count).sum();
        let over = |funds: &Funds| funds.posted.saturating_sub(funds.limit).max(Nano::ZERO);
        let funds = balances.iter().flat_map(|balance| balance.grants.iter().map(|grant| grant.funds));
        let funds = funds.chain(budgets.iter().filter_map(|budget| budget.funds));
        Ok(Scene {
            currency: self.currency(),
            gateway: self.gateway.clone(),
            elapsed: now.since(self.began),
            paused,
            morning: seen.mornings > 0,
            people,
            budgets: budget_lines(&budgets),
            journal: self.journal()?,
            decisions: seen.decisions.iter().map(|decision| self.decision(decision)).collect(),
            totals: Totals {
                tally: seen.tallies.iter().copied().fold(Tally::default(), Tally::plus),
                input: sum(|row| row.input_tokens),
                cached: sum(|row| row.cached_tokens),
                output: sum(|row| row.output_tokens),
                charged: usage.charge,
                overspent: funds.fold(Nano::ZERO, |sum, funds| sum.saturating_add(over(&funds))),
            },
            runaway,
            statement,
        })
    }

    fn currency(&self) -> Currency {
        self.control.snapshot().currency.clone()
    }

    fn people(&mut self, seen: &Seen, balances: &[Balance], now: Instant) -> Vec<PersonLine> {
        let of = |place: usize| {
            let person = self.staff.people.get(place)?.person;
            balances.iter().find(|balance| balance.person == person)
        };
        let purses: Vec<Purse> = (0..ROLES.len())
            .map(|place| of(place).map_or_else(Purse::default, |balance| purse(&balance.funds)))
            .collect();
        let spent: Vec<Nano> = purses.iter().map(|purse| purse.spent).collect();
        while self.history.front().is_some_and(|(at, _)| now.since(*at) > PACE_OVER) {
            self.history.pop_front();
        }
        let earlier = self.history.front().cloned();
        // What is made good for the morning is no pace.
        if seen.mornings == 0 {
            self.history.push_back((now, spent));
        }
        let per_hour = |place: usize, spent: Nano| {
            let (at, before) = earlier.as_ref()?;
            let over = now.since(*at);
            let more = spent.saturating_sub(*before.get(place)?);
            (over >= PACE_OVER_MIN).then(|| pace(more, over))
        };
        let lines = ROLES.iter().zip(&purses).enumerate().map(|(place, (role, purse))| PersonLine {
            short: role.short(),
            city: role.city.to_owned(),
            purse: *purse,
            per: role.grant.split('/').nth(1).unwrap_or_default().to_owned(),
            per_hour: per_hour(place, purse.spent).unwrap_or_default(),
            tally: seen.tallies.get(place).copied().unwrap_or_default(),
            out: seen.out.get(place).copied().unwrap_or_default(),
        });
        lines.collect()
    }

    fn runaway(&self, track: &Track, budgets: &[Budget], now: Instant) -> Runaway {
        let key = self.staff.runaway.0.to_string();
        let funds = budgets.iter().find(|budget| budget.owner == key).and_then(|budget| budget.funds);
        // The pace is measured to the last answer that was paid: some were under way when it was stopped.
        let until = track.stopped.map_or(now, |stopped| track.paid_last.map_or(stopped, |paid| paid.max(stopped)));
        Runaway {
            agent: RUNAWAY.agent.to_owned(),
            owner: ROLES.get(RUNAWAY.owner).map_or("", |role| role.title).to_owned(),
            model: RUNAWAY.model.to_owned(),
            purse: funds.map_or_else(Purse::default, |funds| purse(&funds)),
            ran: track.began.map_or(Duration::ZERO, |began| until.since(began)),
            stopped: track.stopped.map(|_| now.since(until)),
            denied: track.denied,
            sentence: track.sentence.clone(),
        }
    }

    fn journal(&self) -> Result<JournalLine, Failure> {
        let head = self.journal.head().map_err(|error| Failure::from_error("the journal can't be read", &error))?;
        let status = self.control.status();
        Ok(JournalLine {
            frames: head.map_or(0, |head| head.no.0),
            hash: head.map_or_else(String::new, |head| head.hash.to_string()),
            durable: status.durable,
            projected: status.projected,
        })
    }

    fn decision(&self, decision: &Decision) -> DecisionLine {
        let title = ROLES.get(decision.caller.role).map_or("", |role| role.title);
        let who = match decision.caller.agent {
            Some(agent) => format!("{title}'s {agent}"),
            None => title.to_owned(),
        };
        let (kind, mut text) = told(&decision.outcome, decision.caller.model, &self.currency());
        if decision.times > 1 {
            text = format!("({} times) {text}", decision.times);
        }
        DecisionLine { at: decision.at.since(self.began), who, kind, text }
    }

    async fn statement(&self, place: usize) -> Result<Option<StatementLines>, Error> {
        let (Some(hired), Some(role)) = (self.staff.people.get(place), ROLES.get(place)) else { return Ok(None) };
        let person = hired.person.to_string();
        let statement = self.control.statement(&person, None).await?;
        let resets = self.control.balances(Some(&person))?.items.first().and_then(|balance| balance.resets_at);
        Ok(Some(lines(place, &role.name(), &statement, resets, &self.currency())))
    }
}

fn lines(
    place: usize,
    name: &str,
    statement: &Statement,
    resets: Option<Instant>,
    currency: &Currency,
) -> StatementLines {
    let amounts = [("granted", statement.granted), ("used", statement.used), ("held", statement.held)];
    let mut sums: Vec<(String, String)> =
        amounts.into_iter().map(|(name, amount)| (name.to_owned(), amount.for_people(currency))).collect();
    if let (Some(at), Ok(zone)) = (resets, Zone::try_new(&statement.zone)) {
        sums.push(("refills".to_owned(), format!("{} there", zone.wall(at).strftime("%-d %b %H:%M"))));
    }
    let models = statement.models.iter().map(|model| (model.model.clone(), model.calls, model.charge));
    StatementLines { place, title: format!("{name}, {}", statement.month), sums, models: models.collect() }
}

fn purse(funds: &Funds) -> Purse {
    Purse { limit: funds.limit, spent: funds.posted, held: funds.held.saturating_add(funds.suspense) }
}

/// Of the company first, then of units in the order of the company's list; keys have theirs elsewhere.
fn budget_lines(budgets: &[Budget]) -> Vec<BudgetLine> {
    let names = std::iter::once(COMPANY).chain(UNITS.iter().map(|unit| unit.name));
    let lines = names.filter_map(|name| {
        let of = |budget: &&Budget| budget.owner_name.as_deref().unwrap_or(&budget.owner).eq_ignore_ascii_case(name);
        let budget = budgets.iter().find(of)?;
        Some(BudgetLine { name: name.to_owned(), purse: purse(&budget.funds?), per: budget.per.clone() })
    });
    lines.collect()
}

/// What the company is called.
const COMPANY: &str = "Company";

/// In an hour, what was spent in some seconds.
fn pace(spent: Nano, over: Duration) -> Nano {
    let over = i128::try_from(over.as_micros()).unwrap_or(i128::MAX).max(1);
    let hour = i128::try_from(Duration::from_hours(1).as_micros()).unwrap_or(i128::MAX);
    Nano::new(i64::try_from(i128::from(spent.get()).saturating_mul(hour) / over).unwrap_or(i64::MAX))
}

fn told(outcome: &Outcome, model: &str, currency: &Currency) -> (Kind, String) {
    match outcome {
        Outcome::Paid { charge, cut_to } => {
            let charge = charge.map_or_else(|| "charged".to_owned(), |charge| charge.for_people(currency));
            match cut_to {
                None => (Kind::Paid, format!("{charge}, {model}")),
                Some(tokens) => {
                    (Kind::Cut, format!("{charge}, {model}, answer cut to {tokens} tokens to fit the budget"))
                }
            }
        }
        Outcome::HungUp => (Kind::HungUp, format!("hung up on {model}; the rest is read and charged exactly")),
        Outcome::Denied { code, sentence } if code == "budget_held" => (Kind::Held, sentence.clone()),
        Outcome::Denied { sentence, .. } => (Kind::Denied, sentence.clone()),
        Outcome::Fault { status } => (Kind::Fault, format!("{model} answered {status}; nothing is charged")),
        Outcome::Lost { why } => (Kind::Lost, format!("no answer: {why}")),
    }
}

/// Where the company's own periods begin and end.
pub(crate) fn company_zone() -> Result<Zone, Failure> {
    Zone::try_new(COMPANY_ZONE).map_err(|error| Failure::from_error("the company has no zone", &error))
}
