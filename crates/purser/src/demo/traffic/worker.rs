//! Somebody at work, or one of their agents: asks, reads, thinks, asks again; sometimes hangs up, sometimes meets a
//! provider that is overloaded, and takes no for an answer for a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::time::Clock;
use tokio::sync::watch;
use tokio::time::sleep;

use super::wire::Lost;
use super::{Dialect, Dice, Ended, Heard, Reply, Request, Talk, Wire};
use crate::demo::board::{Board, Caller, Outcome};
use crate::demo::company::{Manner, Unattended, Work};

/// Of a hundred live calls, how many meet an overloaded provider.
const OVERLOADED_PERCENT: u64 = 3;
/// Of a hundred live streams, how many are left by their client.
const HANG_UP_PERCENT: u64 = 4;
/// The stand-in reads it in the question and answers as an overloaded provider does.
const OVERLOADED: &str = "[[standin status=529+retry-after=1]] ";
/// How long a client waits that was told no.
const SULK_MS: (u64, u64) = (1_500, 3_500);
/// The same of an agent that nobody watches: it hardly waits.
const KNOCK_MS: (u64, u64) = (200, 300);
/// A call of the morning's: long answers without a pause, so that the day's work so far takes a second to make good.
const MORNING: Manner =
    Manner { stream: false, tools: false, context: 400, turn: 120, output_max: 32_768, pause: (0, 0), turns: 4 };
/// More calls than any morning here needs.
const MORNING_CALLS_MAX: u32 = 200;

/// What everybody is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Work.
    Going,
    /// Finish the call under way, begin no other.
    Paused,
    /// Finish the call under way and go home.
    Ending,
}

/// Where a worker sits.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// The gateway.
    pub(crate) gateway: SocketAddr,
    /// A place in the list of roles.
    pub(crate) role: usize,
    /// The key.
    pub(crate) key: String,
    /// Where the calls are written down.
    pub(crate) board: Arc<Board>,
    /// What everybody is to do.
    pub(crate) phase: watch::Receiver<Phase>,
}

/// Somebody at work.
pub(crate) struct Worker {
    seat: Seat,
    caller: Caller,
    dialect: Dialect,
    manner: Manner,
    dice: Dice,
    talk: Talk,
    wire: Wire,
    clock: Arc<dyn Clock>,
    /// For the stand-in, in every question.
    note: String,
    /// Pause after a refusal.
    sulk_ms: (u64, u64),
    /// Do hang-ups and overloaded providers happen?
    troubled: bool,
}

impl Worker {
    /// Work of everyday.
    pub(crate) fn new(seat: Seat, work: &Work, dice: Dice, clock: Arc<dyn Clock>) -> Self {
        Self {
            caller: Caller { role: seat.role, agent: work.agent, model: work.model },
            dialect: work.dialect,
            manner: work.manner,
            dice,
            talk: Talk::new(work.dialect, work.model, work.manner),
            wire: Wire::new(seat.gateway),
            clock,
            note: String::new(),
            sulk_ms: SULK_MS,
            troubled: true,
            seat,
        }
    }

    /// One lane of the agent that nobody watches.
    pub(crate) fn unattended(seat: Seat, agent: &Unattended, dice: Dice, clock: Arc<dyn Clock>) -> Self {
        let manner = Manner {
            stream: true,
            tools: false,
            context: 1_500,
            turn: 300,
            output_max: agent.output_max,
            pause: (0, 0),
            turns: 2,
        };
        let work = Work { agent: Some(agent.agent), dialect: Dialect::Messages, model: agent.model, manner };
        Self { note: agent.note.to_owned(), sulk_ms: KNOCK_MS, troubled: false, ..Self::new(seat, &work, dice, clock) }
    }

    /// Makes good what was used this morning: calls without a pause until they cost `worth`.
    pub(crate) async fn catch_up(&mut self, worth: Nano) {
        let mut talk = Talk::new(self.dialect, self.caller.model, MORNING);
        let mut spent = Nano::ZERO;
        for _ in 0..MORNING_CALLS_MAX {
            if spent >= worth || *self.seat.phase.borrow() == Phase::Ending {
                break;
            }
            let note = format!("[[standin output={}]] ", self.dice.between(14_000, 26_000));
            let body = talk.ask(&mut self.dice, &note);
            let answer = self.wire.exchange(self.request(body, MORNING.stream, None)).await;
            let paid = self.note(&answer);
            match answer {
                Ok(reply) if paid => {
                    talk.answered(Heard::default());
                    spent = spent.saturating_add(reply.amount("x-purser-charge").unwrap_or_default());
                }
                _ => break,
            }
        }
    }

    /// Works until told to go home.
    pub(crate) async fn work(mut self) {
        while self.may_go_on().await {
            let overloaded = self.troubled && self.dice.chance(OVERLOADED_PERCENT);
            let leaves = self.troubled && self.manner.stream && self.dice.chance(HANG_UP_PERCENT);
            let hang_up_after = leaves.then(|| usize::try_from(self.dice.between(2, 6)).unwrap_or(2));
            let note = if overloaded { OVERLOADED } else { self.note.as_str() };
            let body = self.talk.ask(&mut self.dice, note);
            let answer = self.wire.exchange(self.request(body, self.manner.stream, hang_up_after)).await;
            let paid = self.note(&answer);
            match answer {
                Ok(reply) if paid => {
                    self.talk.answered(Heard::read(self.dialect, &reply.body, self.manner.stream));
                    self.pause(self.manner.pause).await;
                }
                _ => {
                    self.talk.failed();
                    self.pause(self.sulk_ms).await;
                }
            }
        }
    }

    fn request(&self, body: Vec<u8>, stream: bool, hang_up_after: Option<usize>) -> Request {
        Request {
            path: self.dialect.path(self.caller.model, stream),
            credential: self.dialect.credential(&self.seat.key),
            body,
            hang_up_after,
        }
    }

    /// Writes the answer down. Was it one that the talk can go on from?
    fn note(&self, answer: &Result<Reply, Lost>) -> bool {
        let outcome = match answer {
            Err(why) => Outcome::Lost { why: why.to_string() },
            Ok(reply) => outcome(reply),
        };
        let paid = matches!(outcome, Outcome::Paid { .. });
        self.seat.board.note(self.clock.now(), self.caller, outcome);
        paid
    }

    /// Waits while paused. False: go home.
    async fn may_go_on(&mut self) -> bool {
        // An error means that whoever gives the word is gone.
        let word = self.seat.phase.wait_for(|phase| *phase != Phase::Paused).await;
        word.is_ok_and(|phase| *phase == Phase::Going)
    }

    /// Thinks for a while, or until told to go home.
    async fn pause(&mut self, (least, most): (u64, u64)) {
        let long = Duration::from_millis(self.dice.between(least, most));
        tokio::select! {
            () = sleep(long) => {}
            _ = self.seat.phase.wait_for(|phase| *phase == Phase::Ending) => {}
        }
    }
}

fn outcome(reply: &Reply) -> Outcome {
    match (reply.status, reply.header("x-purser-code")) {
        (200..=299, _) if reply.ended == Ended::HungUp => Outcome::HungUp,
        (200..=299, _) => Outcome::Paid {
            charge: reply.amount("x-purser-charge"),
            cut_to: reply.header("x-purser-max-output").map(str::to_owned),
        },
        (_, Some(code)) => Outcome::Denied { code: code.to_owned(), sentence: Heard::refusal(&reply.body) },
        (status, None) => Outcome::Fault { status },
    }
}
