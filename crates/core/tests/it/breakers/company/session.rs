//! One run of the company's.

use std::time::Duration;

use purser_core::breaker::Step;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::super::dice::Dice;
use super::super::year::Run;
use super::{HOUR, MINUTE, SECOND};

/// A model's prices, in nano-dollars per thousand tokens. Input from the cache costs a twentieth, writing it a quarter more.
#[derive(Clone, Copy)]
pub(super) struct Model {
    pub(super) fresh: u64,
    pub(super) output: u64,
}

/// A prompt cache is kept for so long.
const CACHED: i64 = 5 * MINUTE;

/// How agents and their tools are, where companies differ.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    /// Seconds between two looks at a build, and minutes that one takes: usual and longest.
    looks: (u64, u64),
    build: (u64, u64),
    /// Of ten thousand steps: tests that fail, builds that are waited for, things that are looked at again.
    odd: (u64, u64, u64),
    /// Of a thousand outputs, those with a time in them.
    timed: u64,
    /// Of a thousand tests that fail, the flaky ones; the most that one is tried; seconds that it takes.
    flaky: (u64, u64, u64),
    /// The most that something is looked at again.
    again: u64,
    /// Of a thousand, those with the window of a million tokens.
    wide: u64,
    /// Of a thousand calls of a provider that is down, those that are answered in part and cost something.
    cut: u64,
}

impl Habits {
    /// Those of the company that was played first.
    pub(super) const FIRST: Self = Self {
        looks: (30, 120),
        build: (8, 60),
        odd: (120, 30, 40),
        timed: 600,
        flaky: (250, 4, 45),
        again: 4,
        wide: 80,
        cut: 0,
    };

    /// Other ones, as wide apart as companies are.
    pub(super) fn drawn(seed: u64) -> Self {
        let mut dice = Dice::new(seed.rotate_left(23) ^ 0x00b5_e55e_d0dd);
        let often = dice.between(10, 90);
        Self {
            looks: (often, often * dice.between(2, 5)),
            build: (dice.between(3, 20), dice.between(45, 150)),
            odd: (dice.between(40, 300), dice.between(10, 60), dice.between(10, 90)),
            timed: dice.between(150, 850),
            flaky: (dice.between(100, 450), dice.between(3, 7), dice.between(8, 120)),
            again: dice.between(3, 6),
            wide: dice.between(20, 350),
            cut: dice.between(0, 60),
        }
    }
}

/// A run under way.
pub(super) struct Session<'a> {
    habits: Habits,
    dice: &'a mut Dice,
    model: Model,
    at: i64,
    outage: (i64, i64),
    context: u64,
    /// The context above which it is summed up.
    most: u64,
    last: i64,
    steps: Vec<Step>,
}

impl<'a> Session<'a> {
    pub(super) fn begun(habits: Habits, dice: &'a mut Dice, model: Model, at: i64, outage: (i64, i64)) -> Self {
        let context = dice.between(9_000, 25_000);
        // Some have the window of a million tokens switched on.
        let most =
            if dice.in_thousand(habits.wide) { dice.between(300_000, 700_000) } else { dice.between(150_000, 180_000) };
        Self { habits, dice, model, at, outage, context, most, last: 0, steps: Vec::new() }
    }

    /// So many prompts by a human being, each followed by about so many steps.
    pub(super) fn talked_to(mut self, prompts: u64, turns: u64) -> Run {
        for _ in 0..prompts.max(1) {
            self.wait(150, 2_400);
            let turns = self.dice.around(turns).min(400);
            self.prompt();
            self.work(turns);
        }
        self.ended()
    }

    /// So many hours of work, looked in on every so many hours.
    pub(super) fn left_alone(mut self, hours: u64, looked_in_on: u64) -> Run {
        let end = self.at + i64::try_from(hours).unwrap() * HOUR;
        let between = i64::try_from(looked_in_on).unwrap() * HOUR;
        let mut next = self.at;
        while self.at < end {
            if self.at >= next {
                self.prompt();
                next = self.at + between * i64::try_from(self.dice.between(60, 140)).unwrap() / 100;
            }
            self.work(3);
        }
        self.ended()
    }

    /// So many steps after one word.
    pub(super) fn by_itself(mut self, steps: u64) -> Run {
        self.prompt();
        self.work(steps);
        self.ended()
    }

    /// So many documents, so many at a time, each in a call of its own: for who reads the call, somebody asks anew.
    pub(super) fn documents(mut self, documents: u64, beside: u64) -> Run {
        let length = self.dice.between(1_500, 20_000);
        let answer = self.dice.between(40, 900);
        for document in 0..documents {
            if document % beside == 0 {
                self.wait(6, 60);
            }
            let (added, output) = (self.dice.around(length).min(150_000), self.dice.around(answer).min(8_000));
            let cost = (added * self.model.fresh + output * self.model.output) / 1_000;
            self.push(added, output, cost, None, true);
        }
        self.ended()
    }

    fn ended(self) -> Run {
        Run::of(self.steps)
    }

    /// A pause of about so many seconds.
    fn wait(&mut self, seconds: u64, most: u64) {
        self.at += i64::try_from(self.dice.around(seconds).min(most)).unwrap() * SECOND;
    }

    /// Somebody says something.
    fn prompt(&mut self) {
        let added =
            if self.dice.in_thousand(100) { self.dice.between(2_000, 30_000) } else { self.dice.between(20, 800) };
        self.call(added, None, true);
    }

    /// So many steps of the agent's.
    fn work(&mut self, steps: u64) {
        for _ in 0..steps {
            self.wait(11, 300);
            let (fails, waits, again) = self.habits.odd;
            match self.dice.between(0, 9_999) {
                place if place < fails => self.build_that_fails(),
                place if place < fails + waits => self.wait_for_a_build(),
                place if place < fails + waits + again => self.look_again(),
                _ => {
                    // Most reads and searches are short, some bring whole files.
                    let added = if self.dice.in_thousand(80) {
                        self.dice.between(4_000, 25_000)
                    } else {
                        self.dice.around(500)
                    };
                    let work = Some(self.dice.next());
                    self.call(added, work, false);
                }
            }
        }
    }

    /// A test fails. Mostly something is edited before it runs again; a flaky one is just run again. The same output comes
    /// twice only where no times stand in it.
    fn build_that_fails(&mut self) {
        let (flaky, tries, seconds) = self.habits.flaky;
        let (run, flaky) = (self.dice.next(), self.dice.in_thousand(flaky));
        let timed = self.dice.in_thousand(self.habits.timed);
        let tries = if flaky { self.dice.between(1, tries) } else { self.dice.around(3).min(25) };
        for _ in 0..tries {
            if !flaky {
                for _ in 0..self.dice.between(1, 4) {
                    self.wait(14, 200);
                    let edit = Some(self.dice.next());
                    self.call(300, edit, false);
                }
            }
            self.wait(seconds, 900);
            let work = if timed { self.dice.next() } else { run };
            self.call(2_500, Some(work), false);
        }
    }

    /// A build or a deployment takes its time: asked about every half minute to two, for up to an hour. Most tools print
    /// how long it has been.
    fn wait_for_a_build(&mut self) {
        let ((least, most), (usual, longest)) = (self.habits.looks, self.habits.build);
        let (ask, pause) = (self.dice.next(), self.dice.between(least, most));
        let until = self.at + i64::try_from(self.dice.around(usual).min(longest)).unwrap() * MINUTE;
        let timed = self.dice.in_thousand(self.habits.timed);
        while self.at < until {
            self.wait(pause, 240);
            let work = if timed { self.dice.next() } else { ask };
            self.call(180, Some(work), false);
        }
    }

    /// The agent does something a second or third time: reads the same file, lists the same folder.
    fn look_again(&mut self) {
        let work = self.dice.next();
        for _ in 0..self.dice.between(2, self.habits.again) {
            self.wait(9, 60);
            self.call(900, Some(work), false);
            if self.dice.in_thousand(500) {
                let other = Some(self.dice.next());
                self.call(400, other, false);
            }
        }
    }

    /// A call of the agent's; while the provider is bad, it is tried again with growing pauses until the tool gives up,
    /// and somebody tries once more, and goes away for a while.
    fn call(&mut self, added: u64, work: Option<u64>, human: bool) {
        let mut rounds = 0;
        while (self.outage.0..self.outage.1).contains(&self.at) && self.dice.in_thousand(800) {
            let mut pause = 1;
            for _ in 0..self.dice.between(2, 10) {
                self.at += pause * SECOND;
                pause = (pause * 2).min(33);
                let half = self.habits.cut > 0 && self.dice.in_thousand(self.habits.cut);
                let cost = if half { self.context * self.model.fresh / 20 / 1_000 } else { 0 };
                self.push(self.context + added, 0, cost, None, false);
                if let Some(failed) = self.steps.last_mut() {
                    failed.failed = true;
                }
            }
            rounds += 1;
            self.at += if rounds % 2 == 0 { 20 * MINUTE } else { 40 * SECOND };
        }
        let output = match self.dice.between(0, 99) {
            0..=2 => self.dice.between(2_000, 14_000),
            3..=14 => self.dice.between(400, 2_000),
            _ => self.dice.between(45, 400),
        };
        let cached = self.at - self.last < CACHED && self.dice.in_thousand(985);
        let (read, written) = if cached { (self.context, added) } else { (0, self.context + added) };
        let input = read * self.model.fresh / 20 + written * self.model.fresh * 5 / 4;
        self.push(self.context + added, output, (input + output * self.model.output) / 1_000, work, human);
        self.last = self.at;
        self.context += added + output;
        if self.context > self.most {
            self.context = self.dice.between(12_000, 40_000);
        }
    }

    fn push(&mut self, input: u64, output: u64, cost: u64, work: Option<u64>, human: bool) {
        let (at, cost) = (Instant::from_micros(self.at), Nano::new(i64::try_from(cost).unwrap()));
        let waited = Duration::ZERO;
        self.steps.push(Step { at, waited, cost, input, output, failed: false, work, human });
    }
}
