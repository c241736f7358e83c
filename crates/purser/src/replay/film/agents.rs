//! Agents that call side by side, as one film.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::price::{PriceBook, RateCard, Ratio};
use purser_core::run::Named;
use purser_core::time::Instant;
use purser_core::usage::{Served, Usage};
use purser_providers::Tool;

use super::super::call::{Call, Needs};
use super::super::ground::Member;
use crate::demo::Dice;
use crate::failure::Failure;

/// Whatever calls again and again.
pub(super) trait Agent {
    /// The call that it makes at this instant, and when the next one comes, if one does.
    fn call(&mut self, at: Instant) -> Result<(Call, Option<Instant>), Failure>;
}

/// When a film ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    /// Once so much was spent from an instant on.
    Spent(Nano, Instant),
    /// Once so many tokens were used: the last call has as many as are missing.
    Tokens(u64),
}

/// The calls of all agents of a film, in order of time.
pub(in crate::replay) struct Calls {
    agents: Vec<Box<dyn Agent>>,
    next: BinaryHeap<Reverse<(Instant, usize)>>,
    ends: Ends,
    spent: i64,
    tokens: u64,
}

impl Calls {
    pub(super) fn new(agents: Vec<(Instant, Box<dyn Agent>)>, ends: Ends) -> Self {
        let next = agents.iter().enumerate().map(|(place, (at, _))| Reverse((*at, place))).collect();
        let agents = agents.into_iter().map(|(_, agent)| agent).collect();
        Self { agents, next, ends, spent: 0, tokens: 0 }
    }

    fn made(&mut self, mut call: Call) -> Result<Call, Failure> {
        match self.ends {
            Ends::Spent(_, from) if call.starts >= from => self.spent += call.charge.get(),
            Ends::Spent(..) => {}
            Ends::Tokens(most) => {
                let missing = most.saturating_sub(self.tokens);
                let of = |usage: &Usage| usage.prompt_tokens().saturating_add(usage.output_tokens());
                if of(&call.usage) > missing {
                    let others = of(&call.usage) - call.usage.cache_read;
                    call.usage = if others <= missing {
                        Usage { cache_read: missing - others, ..call.usage }
                    } else {
                        Usage { output: missing, ..Usage::default() }
                    };
                    call.charge = call.rate().map_err(|error| unpriced(&call.model, &error))?;
                }
                self.tokens += of(&call.usage);
            }
        }
        Ok(call)
    }

    fn is_over(&self) -> bool {
        match self.ends {
            Ends::Spent(most, _) => self.spent >= most.get(),
            Ends::Tokens(most) => self.tokens >= most,
        }
    }
}

impl Iterator for Calls {
    type Item = Result<Rc<Call>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over() {
            return None;
        }
        let Reverse((at, place)) = self.next.pop()?;
        let made = self.agents.get_mut(place)?.call(at);
        let made = made.and_then(|(call, next)| {
            if let Some(next) = next {
                self.next.push(Reverse((next.max(at.next()), place)));
            }
            self.made(call).map(Rc::new)
        });
        Some(made)
    }
}

/// Somebody's program with one model.
#[derive(Clone, Debug)]
pub(super) struct Program {
    provider: Arc<str>,
    model: Arc<str>,
    card: Arc<RateCard>,
    tool: Tool,
    /// How many tokens it asks for at most.
    output_max: u64,
}

/// What one call of a program is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    pub(super) run: Option<RunId>,
    pub(super) parent: Option<RunId>,
    pub(super) human: bool,
    pub(super) work: Option<u64>,
    pub(super) usage: Usage,
}

/// Tokens that come out of a model in a second: a judgement, between what large and small models do.
const TOKENS_A_SECOND: u64 = 120;
/// Until the first one does.
const FIRST_TOKEN: Duration = Duration::from_millis(1_500);

impl Program {
    pub(super) fn of(
        book: &PriceBook,
        (provider, model): (&str, &str),
        (tool, output_max): (Tool, u64),
        at: Instant,
    ) -> Result<Self, Failure> {
        let card = book.lookup(provider, model, at).map_err(|error| unpriced(model, &error))?;
        Ok(Self { provider: provider.into(), model: model.into(), card: Arc::clone(card), tool, output_max })
    }

    /// A call by the one person of a film.
    pub(super) fn call(&self, at: Instant, turn: Turn) -> Result<Call, Failure> {
        let member = Member::made_up(0);
        let key = member.keys.first().map(|(key, _)| *key);
        let key = key.ok_or_else(|| Failure::new("nobody in the film has a key", "report this, please"))?;
        let took = took(turn.usage.output);
        let mut call = Call {
            starts: at,
            ends: at.saturating_add(took),
            person: member.person,
            key,
            provider: Arc::clone(&self.provider),
            model: Arc::clone(&self.model),
            tool: self.tool,
            run: turn.run,
            parent: turn.parent,
            human: turn.human,
            retried: false,
            failed: false,
            work: turn.work,
            usage: turn.usage,
            served: Served::default(),
            card: Some(Arc::clone(&self.card)),
            terms: Ratio::ONE,
            charge: Nano::ZERO,
            needs: Needs::Bound { output_max: self.output_max },
        };
        call.charge = call.rate().map_err(|error| unpriced(&self.model, &error))?;
        Ok(call)
    }
}

/// How long an answer takes.
pub(in crate::replay) fn took(output: u64) -> Duration {
    FIRST_TOKEN + Duration::from_micros(output.saturating_mul(1_000_000) / TOKENS_A_SECOND)
}

/// The run of a session, and of an agent in it.
pub(super) fn run(session: &str, agent: Option<&str>) -> RunId {
    Named::of(&Member::hash(0), session, agent).run
}

/// How fast an agent goes: as fast as so much an hour is spent.
#[derive(Clone, Debug)]
pub(super) struct Speed {
    an_hour: Nano,
    /// When what was spent so far was to be spent.
    due: Option<Instant>,
}

impl Speed {
    pub(super) const fn of(an_hour: Nano) -> Self {
        Self { an_hour, due: None }
    }

    /// When the next call comes after this one: a third sooner or later than its share of the hour, and not before the
    /// answer is there. What is late by that is caught up with.
    pub(super) fn next(&mut self, dice: &mut Dice, call: &Call) -> Instant {
        const HOUR_US: i128 = 3_600_000_000;
        let jitter = i128::from(dice.between(700, 1_300));
        let us = i128::from(call.charge.get()) * HOUR_US * jitter / 1_000 / i128::from(self.an_hour.get().max(1));
        let share = Duration::from_micros(u64::try_from(us).unwrap_or(0));
        let due = self.due.unwrap_or(call.starts).saturating_add(share);
        self.due = Some(due);
        due.max(call.ends)
    }
}

fn unpriced(model: &str, error: &dyn std::error::Error) -> Failure {
    Failure::from_error(format!("{model}, which a film uses, can't be charged"), error)
}
