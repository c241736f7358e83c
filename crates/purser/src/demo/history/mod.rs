//! `purser demo company`: a company with fourteen months behind it, to look at and to serve.
//!
//! **Model.** The services and the ledger of every day, on a clock that is set day by day and random bits from a seed.
//! People come, move and leave, are offered, granted and denied; calls are held, rated and settled. Only the providers
//! are missing: what a call used is thrown by dice.
//!
//! **Invariants.** The same seed and last day give the same company: the same ids, offers, charges. (Which records
//! share a frame, and how far slices are ahead, is the machine's.) The folder is marked, and only a marked one is wiped.

mod bills;
mod boards;
mod calls;
mod logins;
mod mark;
mod offers;
mod outcomes;
mod staff;
mod top_ups;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use purser_control::shape::{
    Budget, ChangeGrant, ClosePeriod, FundPool, Grant, GrantChange, Key, MovePerson, NewGrant, NewKey, NewPerson,
    NewPool, NewUnit, Period, Person, Pool, Price, PricePoint, SetBudget, SetPrice, SetZone, Unit,
};
use purser_control::{Control, Random, jobs};
use purser_core::id::{GrantId, KeyId};
use purser_core::money::Nano;
use purser_core::role::{PolicyState, PolicyStep, RoleChange, Roles};
use purser_core::time::{Clock, Instant};
use purser_core::usage::Usage;
use purser_core::zone::Zone;
use purser_ledger::Options;
use serde::Serialize;
use serde_json::json;

pub(crate) use self::mark::{Mark, wipe};

use self::bills::Paid;
use self::calls::{Became, Call, Caller};
use self::offers::{Desks, EMPTY, ENGINEERING, POOL};
use self::staff::{FAMILIES, Habit, Member, everybody};
use super::desk::Desk;
use super::traffic::Dice;
use crate::clock::MachineClock;
use crate::engine::{Engine, Ground, boot};
use crate::failure::Failure;
use crate::output::{Output, say};
use crate::place::Place;

/// Months of history, where nothing else is said.
const MONTHS: i32 = 14;
/// The company's own zone.
const ZONE: &str = "Europe/Berlin";
/// The day of a month on which the month before is closed.
const CLOSES_ON: i8 = 9;
/// The numbers of whoever leads Engineering and of somebody there, who may sign in.
const LEAD: usize = 1;
const EMPLOYEE: usize = 7;
/// Microseconds of an hour and of a minute.
const HOUR_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;

#[derive(Debug, Args)]
pub(crate) struct Company {
    /// Chooses who does what; the same seed makes the same company
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The first day after its history (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// How many months of history
    #[arg(long, value_name = "N", default_value_t = MONTHS, value_parser = clap::value_parser!(i32).range(1..=120))]
    months: i32,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    data: String,
    #[serde(flatten)]
    mark: Mark,
    people: usize,
    offers: BTreeMap<String, usize>,
    calls: u64,
    charged: Nano,
    denied: u64,
    in_suspense: usize,
    /// The last month that a bill came for: its first day, and the next month's.
    billed: Option<(String, String)>,
}

/// Makes the company in a new data folder.
///
/// # Errors
/// The folder holds something already, the day lies ahead, or a service fails.
pub(crate) async fn company(wanted: &Company, place: &Place, out: Output) -> Result<(), Failure> {
    let holds_something = std::fs::read_dir(&place.data).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something {
        return Err(Failure::new(
            format!("{} holds something already", place.data.display()),
            "name a new folder with --data DIR; `purser demo wipe` removes one that was made by this command",
        ));
    }
    let today = Zone::UTC.date(MachineClock.now());
    let until = wanted.until.unwrap_or(today);
    if until > today {
        return Err(Failure::usage(format!("{until} lies ahead"), "a history ends today or earlier"));
    }
    let from = until
        .checked_sub(Span::new().months(wanted.months))
        .map_err(|_| Failure::usage(format!("there is nothing before {until}"), "name a later day"))?;
    let mut mark = Mark { seed: wanted.seed, from: from.to_string(), until: until.to_string(), logins: Vec::new() };
    say(format_args!("a company lives through {from} to {until}…"));
    let zone = Zone::try_new(ZONE).map_err(|error| Failure::from_error("the company has no zone", &error))?;
    let place = Place { currency: purser_core::money::Currency::usd(), zone, ..place.clone() };
    let clock = Arc::new(HandClock(AtomicI64::new(Zone::UTC.first_instant(from).as_micros())));
    let options = Options { sync_pause: Duration::ZERO, ..Options::new(boot()?) };
    let random = Arc::new(Seeded(AtomicU64::new(0), wanted.seed));
    let shared: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
    let engine = Engine::open_on(&place, Ground { clock: shared, random, options }).await?;
    mark.write(&place.data)?;
    let life = Life {
        caller: Caller { ledger: engine.ledger().clone(), control: engine.control().clone() },
        desks: Desks {
            people: Desk::of(engine.control(), "people partner", "people").await?,
            second: Desk::of(engine.control(), "second people partner", "people").await?,
            finance: Desk::of(engine.control(), "finance", "finance").await?,
        },
        clock,
        members: everybody(wanted.seed),
        known: Mutex::default(),
        seed: wanted.seed,
        from,
        until,
    };
    let log = engine.denial_log()?;
    let lived = life.live(&log).await?;
    let control = engine.control();
    let id = |number: usize| life.known(number).map(|known| known.person);
    let (lead, employee) = (id(LEAD).unwrap_or_default(), id(EMPLOYEE).unwrap_or_default());
    mark.logins = logins::make(control, wanted.seed, &lead, &employee).await?;
    mark.write(&place.data)?;
    let mut offers = BTreeMap::new();
    for row in control.offers(None).await?.items {
        *offers.entry(row.state).or_insert(0) += 1;
    }
    let people = control.people().items.iter().filter(|person| person.active).count();
    drop(life);
    drop(log);
    engine.close()?;
    // Their calls are never heard of: the next start finds what was set aside for them.
    let in_suspense = lived.lost.len();
    lived.lost.into_iter().for_each(std::mem::forget);
    let made = Made {
        data: place.data.display().to_string(),
        mark,
        people,
        offers,
        calls: lived.calls,
        charged: lived.charged,
        denied: lived.denied,
        in_suspense,
        billed: bills::last(until)
            .filter(|(first, _)| first.last_of_month() >= from)
            .map(|(first, next)| (first.to_string(), next.to_string())),
    };
    out.show(&made, told);
    Ok(())
}

fn told(made: &Made) -> String {
    let bill = made.billed.as_ref();
    let bill =
        bill.map(|(from, to)| format!(",\n          bill reconcile --from {from} --to {to}")).unwrap_or_default();
    let offers: Vec<String> = made.offers.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let logins: Vec<String> = made.mark.logins.iter().map(logins::Entry::line).collect();
    format!(
        "made up, and marked so: {}\n{} people, {} to {}: {} calls for ${}, {} denied, {} in suspense\n\
         offers: {}\n\n\
         look      purser offer list --data {0}; also pool list, balance, suspense list,\n\
         \x20         trace \"Person 39\", statement \"Person 7\", rewards \"Person 39\", period list,\n\
         \x20         forecast, alarm list, board list,\n\
         \x20         roi show --from {2}{bill}\n\
         serve     purser serve --data {0}\nwipe      purser demo wipe --data {0}\n\n\
         sign in to its pages (demo data, no secrets):\n{}",
        made.data,
        made.people,
        made.mark.from,
        made.mark.until,
        made.calls,
        made.charged,
        made.denied,
        made.in_suspense,
        offers.join(", "),
        logins.join("\n")
    )
}

/// The company while it lives.
struct Life {
    caller: Caller,
    desks: Desks,
    clock: Arc<HandClock>,
    members: Vec<Member>,
    /// Ids by number.
    known: Mutex<BTreeMap<usize, Known>>,
    seed: u64,
    from: Date,
    until: Date,
}

/// Somebody's ids.
#[derive(Clone, Debug)]
struct Known {
    person: String,
    /// Their grant, where no offer made it.
    grant: Option<GrantId>,
    /// The day of their first call. Those who came with an offer try on the day before their grant begins.
    begins: Date,
    key: KeyId,
    agent: Option<KeyId>,
    /// Gone.
    left: bool,
}

/// What came of it all.
#[derive(Default)]
struct Lived {
    calls: u64,
    charged: Nano,
    denied: u64,
    lost: Vec<purser_ledger::Hold>,
}

impl Life {
    async fn live(&self, log: &purser_store::DenialLog) -> Result<Lived, Failure> {
        self.found().await?;
        let mut lived = Lived::default();
        let (mut denials, mut paid) = (Vec::new(), Paid::default());
        let mut day = self.from;
        while day < self.until {
            self.clock.set(Zone::UTC.first_instant(day));
            self.change(day).await?;
            self.achieved(day).await?;
            self.bill(day, &mut paid).await?;
            self.close_month(day).await?;
            let snapshot = self.caller.control.snapshot();
            for call in self.calls(day) {
                self.clock.set(call.at);
                match self.caller.call(&snapshot, &call).await? {
                    Became::Paid(charge) => {
                        lived.calls += 1;
                        paid.add(day, &call, charge);
                    }
                    Became::Denied(denial) => denials.push(denial),
                    Became::Lost(hold) => lived.lost.push(hold),
                }
            }
            lived.denied += u64::try_from(denials.len()).unwrap_or(0);
            log.record(&denials).map_err(|error| crate::engine::store(&error))?;
            denials.clear();
            let next = day.tomorrow().map_err(|_| Failure::new("the calendar ends", "name an earlier day"))?;
            self.clock.set(Zone::UTC.first_instant(next));
            jobs::once(&self.caller.control).await;
            day = next;
        }
        self.achieved(self.until).await?;
        let usage = self
            .caller
            .control
            .usage(purser_control::usage::Wanted {
                from: Some(self.from.to_string()),
                to: Some(self.until.to_string()),
                ..purser_control::usage::Wanted::default()
            })
            .await?;
        lived.charged = usage.charge;
        Ok(lived)
    }

    /// Finance closes the month before, once all that was in suspense of it is gone.
    async fn close_month(&self, day: Date) -> Result<(), Failure> {
        let before = day.first_of_month().yesterday().unwrap_or(day);
        if day.day() == CLOSES_ON && before >= self.from {
            let close = ClosePeriod { month: before.strftime("%Y-%m").to_string() };
            let _: Period = self.desks.finance.done(&["periods"], &close).await?;
        }
        Ok(())
    }

    fn control(&self) -> &Control {
        &self.caller.control
    }

    /// The first day: units, budgets, pools, bands, and everybody who is there.
    async fn found(&self) -> Result<(), Failure> {
        let Desks { people, finance, .. } = &self.desks;
        for family in FAMILIES {
            let new = NewUnit { name: family.unit.to_owned(), parent: None, zone: ZONE.to_owned(), cost_centre: None };
            let _: Unit = people.done(&["units"], &new).await?;
            self.budget(family.unit, family.budget).await?;
        }
        self.budget("company", "120000/month").await?;
        let _: Roles = people.done(&["roles", "presets"], &json!({})).await?;
        self.costs().await?;
        for (name, owner) in [(POOL, "company"), (EMPTY, "company"), (ENGINEERING, "Engineering")] {
            let new = NewPool { name: name.to_owned(), owner: owner.to_owned(), manager: None };
            let _: Pool = finance.done(&["pools"], &new).await?;
            for year in self.from.year()..=self.until.year().saturating_add(1) {
                let units = if name == EMPTY { 0 } else { 400_000 };
                let funds = FundPool { amount: Nano::try_from_units(units).unwrap_or_default(), year: Some(year) };
                if units > 0 {
                    let _: Pool = finance.done(&["pools", name, "funds"], &funds).await?;
                }
            }
        }
        for member in self.members.iter().filter(|member| member.hired.is_none()) {
            let new = NewPerson {
                name: member.name(),
                zone: member.zone.to_owned(),
                unit: Some(member.family.unit.to_owned()),
                email: None,
            };
            let person: Person = people.done(&["people"], &new).await?;
            let id = person.id.to_string();
            let _: Person = people.set(&["people", &id, "role"], &json!({ "family": member.family.word })).await?;
            let pool = if member.family.word == "engineering" { ENGINEERING } else { POOL };
            let grant = NewGrant {
                person: person.id.to_string(),
                amount: member.family.grant.to_owned(),
                share: (member.habit == Habit::PartTime).then(|| "60%".to_owned()),
                rollover: member.rolls_over.then(|| Nano::try_from_units(1).unwrap_or_default()),
                guaranteed: member.guaranteed,
                pool: member.guaranteed.then(|| pool.to_owned()),
                ..NewGrant::default()
            };
            let grant: Grant = people.done(&["grants"], &grant).await?;
            self.keys(member, person.id.to_string(), Some(grant.id), self.from).await?;
        }
        Ok(())
    }

    async fn budget(&self, owner: &str, amount: &str) -> Result<(), Failure> {
        let set = SetBudget { owner: owner.to_owned(), tool: None, amount: amount.to_owned(), days: None };
        let _: Budget = self.desks.finance.done(&["budgets"], &set).await?;
        Ok(())
    }

    async fn keys(&self, member: &Member, person: String, grant: Option<GrantId>, begins: Date) -> Result<(), Failure> {
        let key = |agent: Option<&str>| NewKey {
            person: person.clone(),
            agent: agent.map(str::to_owned),
            models: Vec::new(),
            providers: Vec::new(),
            tools: Vec::new(),
            tool: None,
            project: None,
            rpm: None,
            expires: None,
        };
        let own: Key = self.desks.people.done(&["keys"], &key(None)).await?;
        let has_agent = matches!(member.habit, Habit::AgentMonth | Habit::Runaway);
        let agent = if has_agent {
            let agent: Key = self.desks.people.done(&["keys"], &key(Some("night agent"))).await?;
            if member.habit == Habit::Runaway {
                self.budget(&agent.id.to_string(), "6/day").await?;
            }
            Some(agent.id)
        } else {
            None
        };
        let known = Known { person, grant, begins, key: own.id, agent, left: false };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(member.number, known);
        Ok(())
    }

    fn known(&self, number: usize) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// How many months have passed, and is it the first day of one?
    fn month(&self, day: Date) -> (u32, bool) {
        let months = (i32::from(day.year()) - i32::from(self.from.year())) * 12 + i32::from(day.month())
            - i32::from(self.from.month());
        (u32::try_from(months).unwrap_or(0), day.day() == 1)
    }

    /// What changes on a day.
    async fn change(&self, day: Date) -> Result<(), Failure> {
        let (month, first) = self.month(day);
        let days_left = self.until.since(day).map_or(0, |span| span.get_days());
        if first {
            for member in self.members.iter().filter(|member| member.hired == Some(month)) {
                // Written on the first of a month, begun two weeks later.
                let starts = day.checked_add(Span::new().days(14)).unwrap_or(day);
                let person = self.desks.hire(member, day, starts).await?;
                self.keys(member, person, None, starts.yesterday().unwrap_or(starts)).await?;
            }
            self.turning_points(month, day).await?;
            self.boards(month).await?;
        }
        match days_left {
            20 => self.desks.unanswered(day).await?,
            3 => self.desks.open_ones(day).await?,
            _ => {}
        }
        self.more_money(days_left).await
    }

    /// Requests for more money, some weeks before the end.
    async fn more_money(&self, days_left: i32) -> Result<(), Failure> {
        let of = |word: &str, place: usize| {
            let here = self.members.iter().filter(|member| member.family.word == word && member.habit == Habit::Usual);
            let known = here.filter_map(|member| self.known(member.number)).filter(|known| !known.left).nth(place);
            known.map(|known| known.person).ok_or_else(|| Failure::new("nobody is there to ask", "look at the staff"))
        };
        match days_left {
            26 => self.desks.mandate(self.control(), &of("engineering", 0)?, "Engineering").await,
            25 => {
                let who = [of("engineering", 1)?, of("engineering", 2)?, of("engineering", 3)?];
                self.desks.decided_top_ups(&who, ENGINEERING).await
            }
            19 => self.desks.unanswered_top_up(&of("engineering", 4)?).await,
            3 => self.desks.open_top_up(&of("finance", 0)?, 90).await,
            1 => self.desks.open_top_up(&of("finance", 1)?, 45).await,
            _ => Ok(()),
        }
    }

    /// Something happens to somebody's grant, with their agreement.
    async fn lives(&self, known: &Known, change: GrantChange) -> Result<(), Failure> {
        let Some(grant) = known.grant else { return Ok(()) };
        let asked = ChangeGrant { change, preview: false, agreed: true };
        let _: Grant = self.desks.people.done(&["grants", &grant.to_string(), "changes"], &asked).await?;
        Ok(())
    }

    /// What happens once, at the beginning of a month.
    async fn turning_points(&self, month: u32, day: Date) -> Result<(), Failure> {
        let Desks { people, finance, .. } = &self.desks;
        for member in &self.members {
            let Some(known) = self.known(member.number) else { continue };
            match (member.habit, month) {
                (Habit::Moved, 7) => {
                    let zone = SetZone { zone: "Europe/Berlin".to_owned() };
                    let _: Person = self.control().set_zone(None, &known.person, zone).await?;
                }
                (Habit::Transferred, 7) => {
                    let unit = MovePerson { unit: "Research".to_owned(), from: None };
                    let _: Person = self.control().move_person(None, &known.person, unit).await?;
                }
                (Habit::Left, 10) => {
                    let _: Person = self.control().remove_person(None, &known.person).await?;
                    if let Some(known) =
                        self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&member.number)
                    {
                        known.left = true;
                    }
                }
                (Habit::Leave, 5) => self.lives(&known, GrantChange::Leave { from: Some(day.to_string()) }).await?,
                (Habit::Leave, 8) => self.lives(&known, GrantChange::Back { on: Some(day.to_string()) }).await?,
                (Habit::LessTime, 6) => {
                    let less = GrantChange::Share { share: "80%".to_owned(), from: Some(day.to_string()) };
                    self.lives(&known, less).await?;
                }
                _ => {}
            }
        }
        if month == 4 {
            // From an experiment to the standard, and later a rule.
            for (word, state) in [("engineering", PolicyState::Required), ("finance", PolicyState::Standard)] {
                let family = word.parse().map_err(|_| Failure::new("a family is missing", "look at the presets"))?;
                let step = PolicyStep { since: day, state };
                let _: Roles = people.done(&["roles"], &RoleChange::Policy { family, step }).await?;
            }
        }
        if month == 8 {
            let cut = |bucket: &str, price: &str| PricePoint { bucket: bucket.to_owned(), price: price.to_owned() };
            let price = SetPrice {
                provider: "anthropic".to_owned(),
                model: "claude-opus-4-7".to_owned(),
                rates: vec![cut("output", "20"), cut("input_uncached", "4")],
                from: None,
                source: Some("the company's contract".to_owned()),
            };
            let _: Price = finance.done(&["prices"], &price).await?;
        }
        Ok(())
    }

    /// All calls of a day (UTC), in order.
    fn calls(&self, day: Date) -> Vec<Call> {
        let mut calls = Vec::new();
        for member in &self.members {
            let Some(known) = self.known(member.number).filter(|known| !known.left && known.begins <= day) else {
                continue;
            };
            self.calls_of(member, &known, day, &mut calls);
        }
        calls.sort_by_key(|call| (call.at, call.key));
        calls
    }

    fn calls_of(&self, member: &Member, known: &Known, day: Date, calls: &mut Vec<Call>) {
        let (month, _) = self.month(day);
        let since = self.from.until(day).map_or(0, |span| span.get_days());
        let since = u64::try_from(since).unwrap_or(0);
        let place = u64::try_from(member.number).unwrap_or(0) * 1_000 + since;
        let mut dice = Dice::new(self.seed, place);
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let is_away = match member.habit {
            Habit::Leave => (5..8).contains(&month),
            Habit::PartTime => matches!(day.weekday(), Weekday::Thursday | Weekday::Friday),
            Habit::LessTime => month >= 6 && day.weekday() == Weekday::Friday,
            Habit::Under => !dice.chance(6),
            _ => false,
        };
        let family = member.family;
        let model = if month < 6 { family.models[0] } else { family.models[1] };
        let midnight = Zone::UTC.first_instant(day).as_micros();
        let mut add = |key: KeyId, number: u64, dice: &mut Dice, whole_day: bool| {
            for _ in 0..number {
                let (first, last) = if whole_day { (0, 23 * 60) } else { (8 * 60, 17 * 60) };
                let minute = i64::try_from(dice.between(first, last)).unwrap_or(0);
                let second = i64::try_from(dice.between(0, 59_999_999)).unwrap_or(0);
                let [read, written, out] = family.tokens;
                let usage = Usage {
                    input_uncached: dice.between(200, 4_000),
                    cache_read: dice.between(read / 8, read),
                    cache_write_5m: dice.between(written / 8, written),
                    output: dice.between(out / 8, out),
                    ..Usage::default()
                };
                let at = Instant::from_micros(midnight + minute * MINUTE_US + second);
                calls.push(Call { at, key, provider: family.provider, model, usage, lost: false });
            }
        };
        if !is_weekend && !is_away {
            // More towards the end of a month, when reports are due.
            let rush = if day.day() >= 28 { 17 } else { 10 };
            let eager = if member.habit == Habit::Over { 420 } else { member.eager };
            let number = family.calls * eager * rush / 1_000;
            let number = dice.between(number / 2, number + number / 2);
            add(known.key, number, &mut dice, false);
        }
        if let Some(agent) = known.agent {
            match member.habit {
                Habit::AgentMonth if month == 9 => add(agent, 40, &mut dice, true),
                Habit::Runaway if month == 11 && day.day() <= 5 => add(agent, 60, &mut dice, true),
                _ => {}
            }
        }
        // Two days before the end, three calls are under way when the machine dies.
        let ends_in = self.until.since(day).map_or(0, |span| span.get_days());
        if ends_in == 2 && matches!(member.number, 2 | 9 | 17) {
            let at = Instant::from_micros(midnight + 23 * HOUR_US + i64::try_from(place).unwrap_or(0));
            let usage = Usage { input_uncached: 3_000, output: 9_000, ..Usage::default() };
            calls.push(Call { at, key: known.key, provider: family.provider, model, usage, lost: true });
        }
    }
}

/// A clock that stands until it is set, forward only.
#[derive(Debug)]
struct HandClock(AtomicI64);

impl HandClock {
    fn set(&self, at: Instant) {
        self.0.fetch_max(at.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Bits from a seed: a made-up company has nothing to keep secret.
#[derive(Debug)]
struct Seeded(AtomicU64, u64);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), purser_control::Error> {
        for chunk in bytes.chunks_mut(8) {
            let place = self.0.fetch_add(1, Ordering::Relaxed);
            let mut dice = Dice::new(self.1, place.wrapping_add(1 << 40));
            let word = dice.between(0, u64::MAX - 1).to_le_bytes();
            chunk.iter_mut().zip(word).for_each(|(byte, bits)| *byte = bits);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_seed() {
        let bits = |seed| {
            let mut bytes = [0; 20];
            Seeded(AtomicU64::new(0), seed).fill(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(bits(1), bits(1));
        assert_ne!(bits(1), bits(2));
    }
}
