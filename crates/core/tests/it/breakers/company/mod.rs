//! A third traffic, written after the thresholds were frozen and itself frozen before it was first played: a company.
//!
//! It is put together from what is published about how people use agents, not from what the other two generators do:
//! most people use little and a tenth uses exponentially more; finance and operations use agents too; service keys of
//! builds and batches spend beside people; one demonstration costs $1,200 in two hours; usage doubles and more in a year;
//! months end in a rush; new people come at any time and have no past. What cost is made of follows the price lists: a
//! prompt cache that was left alone for five minutes is written anew, at more than the price of fresh input.
//!
//! [`session`] has what happens within one run: prompts, tools, builds that fail by themselves and are tried again,
//! waiting for a build, providers' bad hours.

mod session;

use super::dice::Dice;
use super::year::{Person, Run};
use session::{Habits, Model, Session};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 2026-01-01, a Thursday.
const FIRST_DAY: i64 = 1_767_225_600 * SECOND;

/// Nano-dollars per thousand tokens. The last one is the same model at its fast speed.
const SMALL: Model = Model { fresh: 1_000_000, output: 5_000_000 };
const MIDDLE: Model = Model { fresh: 2_000_000, output: 10_000_000 };
const LARGE: Model = Model { fresh: 4_000_000, output: 20_000_000 };
const FAST: Model = Model { fresh: 8_000_000, output: 40_000_000 };

/// What somebody does with agents.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Questions, documents, tables; finance has month ends.
    Office,
    /// One agent, sometimes a second one, spoken to all the time.
    Engineer,
    /// Several agents in copies of the source, on some days ten to twenty.
    Fleet,
    /// Starts something in the evening and looks in on it.
    Overnight,
    /// A service key: an agent looks at every change that is pushed.
    Builds,
    /// A service key: documents by the thousand, at night or when somebody starts it.
    Batch,
    /// Gives demonstrations and tries what can be done: the published $1,200 in two hours.
    Pioneer,
}

impl Role {
    fn of(number: u64) -> Self {
        match number % 1_000 {
            0..=419 => Self::Office,
            420..=819 => Self::Engineer,
            820..=899 => Self::Fleet,
            900..=929 => Self::Overnight,
            930..=969 => Self::Builds,
            970..=995 => Self::Batch,
            _ => Self::Pioneer,
        }
    }
}

/// What is the same for everybody on a day.
struct Today {
    morning: i64,
    /// In hundredths of an ordinary day's work.
    busy: u64,
    weekend: bool,
    /// When the provider has its bad time, and for how long.
    outage: (i64, i64),
}

/// What is the same for everybody, by day.
fn calendar(seed: u64, days: u64) -> Vec<Today> {
    let mut dice = Dice::new(seed.rotate_left(7) ^ 0x0c0a_1e4d_a7e5);
    let hackathon = dice.between(40, 320);
    (0..days)
        .map(|day| {
            let morning = FIRST_DAY + i64::try_from(day).unwrap() * DAY;
            // The first of January was a Thursday.
            let weekend = matches!((day + 3) % 7, 5 | 6);
            let growth = 100 + day * 130 / 365;
            let month_end = if day % 30 >= 27 { 140 } else { 100 };
            let gathering = if day / 2 == hackathon / 2 { 300 } else { 100 };
            let holiday = if (2..=355).contains(&day) { 100 } else { 10 };
            let busy = growth * month_end / 100 * gathering / 100 * holiday / 100;
            // Two or three times a month a provider is bad for minutes, a few times a year for hours.
            let from = morning + i64::try_from(dice.between(7 * 60, 20 * 60)).unwrap() * MINUTE;
            let long = match dice.between(0, 999) {
                0..=9 => dice.between(60, 240),
                10..=99 => dice.between(2, 25),
                _ => 0,
            };
            Today { morning, busy, weekend, outage: (from, from + i64::try_from(long).unwrap() * MINUTE) }
        })
        .collect()
}

/// Somebody's year, or a service key's, in the company that was played first.
pub(crate) fn person(seed: u64, number: u64, days: u64) -> Person {
    lived(Habits::FIRST, seed, number, days)
}

/// The same in another company, whose agents, builds and providers are as its seed has them. Written after the rules were
/// mended for what the first company showed, and frozen before it was first played.
pub(crate) fn person_elsewhere(seed: u64, number: u64, days: u64) -> Person {
    lived(Habits::drawn(seed), seed, number, days)
}

fn lived(habits: Habits, seed: u64, number: u64, days: u64) -> Person {
    let mut dice = Dice::new(seed.rotate_left(41) ^ number.wrapping_mul(0x6a09_e667_f3bc_c909));
    let role = Role::of(number);
    // One in eight joins during the year.
    let joins = if dice.in_thousand(125) { dice.between(0, days) } else { 0 };
    // How much of it all: a tenth uses several times what others do.
    let keen = dice.around(100).clamp(15, if dice.in_thousand(100) { 600 } else { 250 });
    let model = match (role, dice.between(0, 9)) {
        (Role::Pioneer, _) | (Role::Fleet, 0..=1) => FAST,
        (Role::Office | Role::Batch, 0..=5) => SMALL,
        (_, 0..=3) => MIDDLE,
        _ => LARGE,
    };
    let leave = [dice.between(0, 365), dice.between(0, 365)];
    let mut runs = Vec::new();
    for (day, today) in (0..).zip(calendar(seed, days)) {
        let away = leave.iter().any(|from| (*from..from + 12).contains(&day)) || dice.in_thousand(30);
        let service = matches!(role, Role::Builds | Role::Batch);
        if day < joins || (away && !service) {
            continue;
        }
        let mut someday = Someday { habits, dice: &mut dice, model, today: &today, keen, runs: &mut runs };
        match role {
            Role::Office => someday.office(),
            Role::Engineer => someday.engineer(),
            Role::Fleet => someday.fleet(),
            Role::Overnight => someday.overnight(),
            Role::Builds => someday.builds(),
            Role::Batch => someday.batch(),
            Role::Pioneer => someday.pioneer(),
        }
    }
    Person { runs }
}

/// One day of one person's.
struct Someday<'a> {
    habits: Habits,
    dice: &'a mut Dice,
    model: Model,
    today: &'a Today,
    keen: u64,
    runs: &'a mut Vec<Run>,
}

impl Someday<'_> {
    /// So many, more or less, by how busy the day and how keen the person is; few at weekends.
    fn many(&mut self, usual: u64) -> u64 {
        let hundredths = usual * self.today.busy * self.keen / 100;
        let hundredths = if self.today.weekend { hundredths / 15 } else { hundredths };
        let many = self.dice.around(hundredths.max(1));
        many / 100 + u64::from(self.dice.between(0, 99) < many % 100)
    }

    /// A time of the day, in minutes after midnight.
    fn between(&mut self, from: u64, to: u64) -> i64 {
        self.today.morning + i64::try_from(self.dice.between(from, to)).unwrap() * MINUTE
    }

    fn session(&mut self, at: i64) -> Session<'_> {
        Session::begun(self.habits, self.dice, self.model, at, self.today.outage)
    }

    fn office(&mut self) {
        for _ in 0..self.many(3).min(25) {
            let at = self.between(8 * 60, 18 * 60);
            let prompts = self.dice.around(3).min(20);
            let run = self.session(at).talked_to(prompts, 2);
            self.runs.push(run);
        }
    }

    /// One after the other, now and then a second one beside it.
    fn engineer(&mut self) {
        let mut at = self.between(8 * 60, 10 * 60);
        for _ in 0..self.many(4).min(20) {
            let prompts = self.dice.around(7).min(60);
            let run = self.session(at).talked_to(prompts, 9);
            let end = run.steps.last().map_or(at, |step| step.at.as_micros());
            self.runs.push(run);
            at = if self.dice.in_thousand(200) { at + 3 * MINUTE } else { end }
                + i64::try_from(self.dice.around(15)).unwrap() * MINUTE;
        }
    }

    /// Three to six at once, on one day in eight ten to twenty, each told once and then seldom.
    fn fleet(&mut self) {
        let many = self.dice.in_thousand(125);
        let mut at = self.between(8 * 60, 10 * 60);
        for _ in 0..self.many(3).min(8) {
            let beside = if many { self.dice.between(10, 20) } else { self.dice.between(3, 6) };
            let mut last = at;
            for _ in 0..beside {
                // They are started one by one, as fast as somebody can type.
                let begins = last + i64::try_from(self.dice.between(20, 150)).unwrap() * SECOND;
                let prompts = self.dice.between(1, 3);
                let run = self.session(begins).talked_to(prompts, 30);
                last = begins;
                self.runs.push(run);
            }
            at = last + i64::try_from(self.dice.around(75)).unwrap() * MINUTE;
        }
    }

    /// By day like others; twice a week a long piece of work goes through the evening or the night, and is looked in on.
    fn overnight(&mut self) {
        self.engineer();
        if self.dice.in_thousand(if self.today.weekend { 100 } else { 400 }) {
            let at = self.between(18 * 60, 22 * 60);
            let hours = self.dice.between(3, 11);
            // Somebody sleeps for seven hours at most; who stays up looks in more often.
            let looked_in_on = self.dice.between(1, 7);
            let run = self.session(at).left_alone(hours, looked_in_on);
            self.runs.push(run);
        }
    }

    /// Pushes come in bursts, most of them by day; nobody says anything but the first word, which a script does.
    fn builds(&mut self) {
        for _ in 0..self.many(12).min(200) {
            let at = if self.dice.in_thousand(850) { self.between(9 * 60, 19 * 60) } else { self.between(0, 1_439) };
            for _ in 0..self.dice.between(1, 4) {
                let steps = self.dice.around(18).min(150);
                let run = self.session(at).by_itself(steps);
                self.runs.push(run);
            }
        }
    }

    /// Up to a few thousand documents, one call each, several at a time, in one run.
    fn batch(&mut self) {
        let usual = if self.today.busy > 130 { 700 } else { 300 };
        if !self.dice.in_thousand(usual) {
            return;
        }
        let at = if self.dice.in_thousand(700) { self.between(20 * 60, 1_439) } else { self.between(9 * 60, 17 * 60) };
        let documents = self.dice.around(600 * self.keen / 100).clamp(20, 6_000);
        let beside = self.dice.between(2, 12);
        let run = self.session(at).documents(documents, beside);
        self.runs.push(run);
    }

    /// An engineer with a fleet, and twice a month a demonstration: twenty agents on the fastest model for two hours.
    fn pioneer(&mut self) {
        self.engineer();
        if !self.today.weekend && self.dice.in_thousand(90) {
            let at = self.between(10 * 60, 16 * 60);
            for place in 0..self.dice.between(12, 24) {
                let begins = at + i64::try_from(place * self.dice.between(20, 60)).unwrap() * SECOND;
                let run = self.session(begins).left_alone(2, 1);
                self.runs.push(run);
            }
        }
    }
}
