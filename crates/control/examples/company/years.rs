//! Months of a large company in which everything happens that lists and reports are about.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant as Stopwatch;

use axum::http::Method;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use purser_control::shape::{ImportPeople, NewUnit, SetBudget};
use purser_control::{Control, jobs};
use purser_core::id::KeyId;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_core::zone::Zone;
use purser_ledger::{FrameNo, Hold};
use purser_store::{DataDir, Denial, DenialLog, Mode, Snapshots};
use serde_json::{Value, json};

use crate::Failure;
use crate::calls::{Call, Calls, scattered, usage};
use crate::desk::Desk;
use crate::ground::{self, DAY_US, Ground, HandClock};

/// Units of the first rank, and of the second under each.
const DIVISIONS: usize = 12;
const TEAMS: usize = 9;
const ZONES: [&str; 4] = ["America/Los_Angeles", "Europe/Berlin", "Europe/London", "Asia/Kolkata"];
/// Of a hundred people, how many have a promise for good beside their daily money.
const GUARANTEED: usize = 25;
/// Of a hundred, how many came with an offer; of a hundred again, how many offers were written.
const HIRED: usize = 10;
const OFFERS: usize = 30;
/// Who signs in, by another's word for it.
const LOGINS: usize = 200;
const FAMILIES: [&str; 6] = ["engineering", "research", "finance", "operations", "sales", "support"];
/// What is asked for in the first half of the time, and in the second.
const MODELS: [[&str; 3]; 2] = [
    ["claude-sonnet-4-5", "claude-opus-4-7", "claude-haiku-4-5"],
    ["claude-sonnet-5-5", "claude-opus-4-7", "claude-sonnet-4-5"],
];
/// Every so many-th person is on boards.
const MEMBERS: usize = 4;
/// Calls under way at a time: those that wait for the disk share a sync.
const AT_ONCE: usize = 1_000;
/// Calls that are never heard of again.
const LOST: usize = 30;
/// Accounts that one look of the jobs closes, see `jobs`.
const CLOSED_AT_ONCE: usize = 1_000;
/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;

/// What is to be made.
pub(crate) struct Wanted {
    pub(crate) folder: PathBuf,
    pub(crate) people: usize,
    pub(crate) months: i64,
}

/// Makes it.
pub(crate) async fn make(wanted: &Wanted) -> Result<(), Failure> {
    let began = Stopwatch::now();
    let dir = Arc::new(DataDir::open(&wanted.folder, Mode::Exclusive)?);
    let until = Zone::UTC.date(Instant::from_micros(ground::now()?));
    let from = until.checked_sub(Span::new().months(wanted.months))?;
    let clock = Arc::new(HandClock::at(midnight(from)));
    let Ground { ledger, control, durable } = ground::open(&dir, &clock).await?;
    let log = DenialLog::open(&dir)?;
    let mut company = Company {
        people: Desk::of(&control, "people partner", "people").await?,
        second: Desk::of(&control, "second people partner", "people").await?,
        finance: Desk::of(&control, "finance", "finance").await?,
        auditor: Desk::of(&control, "auditor", "auditor").await?,
        control: control.clone(),
        calls: Calls { ledger: ledger.clone(), snapshot: control.snapshot(), clock: Arc::clone(&clock) },
        callers: Vec::new(),
        offers: 0,
        days: i64::from(from.until(until)?.get_days()).max(1),
        wanted_offers: wanted.people * OFFERS / 100,
    };
    company.found(wanted.people - wanted.people * HIRED / 100, from, until).await?;
    println!("{} people after {:.1?}", company.callers.len(), began.elapsed());
    let (mut day, mut number, mut paid) = (from, 0_i64, 0_u64);
    while day < until {
        clock.move_to(midnight(day));
        company.change(day, number).await?;
        let denials = company.call(day, number, &mut paid).await?;
        log.record(&denials)?;
        clock.move_to(midnight(day) + DAY_US - 1);
        for _ in 0..=company.callers.len() / CLOSED_AT_ONCE {
            jobs::once(&control).await;
        }
        day = day.tomorrow()?;
        number += 1;
    }
    let lost = company.lose().await?;
    clock.move_to(ground::now()?);
    let reached = ledger.watermarks().decided;
    ledger.durable(reached).await?;
    Snapshots::of(&dir).renew(&dir, FrameNo(durable.load(Ordering::Relaxed)))?;
    control.keep_directory()?;
    println!("{reached} entries, {paid} calls after {:.1?}", began.elapsed());
    drop((company, control, log));
    ledger.close()?;
    // The next start finds what was set aside for them.
    lost.into_iter().for_each(std::mem::forget);
    Ok(())
}

/// Microseconds.
fn midnight(day: Date) -> i64 {
    Zone::UTC.first_instant(day).as_micros()
}

/// Somebody who calls.
#[derive(Clone, Copy)]
struct Caller {
    key: KeyId,
    /// From which day on.
    since: i64,
    /// On how many workdays of a hundred.
    eager: u64,
}

/// A day's calls, and what became of them.
struct Today {
    /// When, with which key, what; in order.
    due: Vec<(i64, KeyId, Call)>,
    next: Cell<usize>,
    paid: Cell<u64>,
    denials: RefCell<Vec<Denial>>,
}

struct Company {
    control: Control,
    people: Desk,
    second: Desk,
    finance: Desk,
    auditor: Desk,
    calls: Calls,
    callers: Vec<Caller>,
    /// Written until now.
    offers: usize,
    days: i64,
    wanted_offers: usize,
}

impl Company {
    /// Everything that is there on the first day.
    async fn found(&mut self, people: usize, from: Date, until: Date) -> Result<(), Failure> {
        let budget = |owner: String, amount: &str| {
            self.control.set_budget(None, SetBudget { owner, tool: None, amount: amount.to_owned(), days: None })
        };
        budget("company".to_owned(), "100000000/month").await?;
        self.people.post("roles/presets", &json!({})).await?;
        for division in 0..DIVISIONS {
            let name = format!("Division {division}");
            let zone = ZONES[division % ZONES.len()].to_owned();
            let new = NewUnit { name: name.clone(), parent: None, zone: zone.clone(), cost_centre: None };
            self.control.add_unit(None, new).await?;
            budget(name.clone(), "50000000/month").await?;
            for team in 0..TEAMS {
                let (parent, centre) = (Some(name.clone()), Some(format!("{}", 4_000 + division * 10 + team)));
                let new = NewUnit {
                    name: team_name(division * TEAMS + team),
                    parent,
                    zone: zone.clone(),
                    cost_centre: centre,
                };
                self.control.add_unit(None, new).await?;
                budget(team_name(division * TEAMS + team), "5000000/month").await?;
            }
        }
        for division in 0..DIVISIONS {
            let name = pool_name(division);
            self.finance.post("pools", &json!({"name": name, "owner": format!("Division {division}")})).await?;
            for year in from.year()..=until.year() + 1 {
                let funds = json!({"amount": "50000000", "year": year});
                self.finance.post(&format!("pools/{}/funds", name.replace(' ', "%20")), &funds).await?;
            }
        }
        let mut csv = "name,zone,unit,email,grant,days,key,budget\n".to_owned();
        for no in 0..people {
            let grant = match no % 25 {
                // Wants more than there is, on some days.
                0 => "0.1/day",
                1..15 => "20/day",
                15..20 => "400/month",
                _ => "12/day",
            };
            let (zone, team) = (ZONES[no % ZONES.len()], team_name(no % (DIVISIONS * TEAMS)));
            let budget = if no % 3 == 0 { "900/month" } else { "" };
            writeln!(csv, "Person {no},{zone},{team},person.{no}@example.com,{grant},workdays,laptop,{budget}")?;
        }
        let made = self.control.import_people(None, ImportPeople { csv, ..ImportPeople::default() }).await?.items;
        for (no, made) in (0_u64..).zip(&made) {
            let key = made.key_id.ok_or("nobody has no key")?;
            self.callers.push(Caller { key, since: 0, eager: 25 + scattered(no) % 40 });
        }
        for (no, made) in made.iter().enumerate().filter(|(no, _)| no % 100 < GUARANTEED) {
            let pool = pool_name(no % (DIVISIONS * TEAMS) / TEAMS);
            let grant = json!({"person": made.person, "amount": "8/workday", "guaranteed": true, "pool": pool});
            self.people.post("grants", &grant).await?;
            if no % 4 == 0 {
                self.people.post("keys", &json!({"person": made.person, "agent": "night agent"})).await?;
            }
        }
        Desk::local(&self.control, Method::PUT, "boards/settings", &json!({"on": true})).await?;
        for made in made.iter().step_by(MEMBERS) {
            Desk::local(&self.control, Method::POST, "boards/membership", &json!({"person": made.person})).await?;
        }
        let admin = Desk::of(&self.control, "administrator", "admin").await?;
        for login in 0..LOGINS {
            let new = json!({
                "email": format!("login.{login}@example.com"), "roles": ["auditor"],
                "issuer": "https://id.example.com", "subject": format!("subject {login}"),
            });
            admin.post("logins", &new).await?;
        }
        Ok(())
    }

    /// What happens on a day beside calls.
    async fn change(&mut self, day: Date, number: i64) -> Result<(), Failure> {
        let due = usize::try_from((number + 1) * i64::try_from(self.wanted_offers)? / self.days)?;
        while self.offers < due {
            self.offer(day, number).await?;
            self.offers += 1;
        }
        let place = scattered(u64::try_from(number)?);
        let snapshot = self.control.snapshot();
        for turn in 0..3 {
            let caller = self.callers[usize::try_from((place >> (turn * 8)) % u64::try_from(self.callers.len())?)?];
            let person = snapshot.directory.key_by_id(caller.key).ok_or("a key is gone")?.person;
            let to = team_name(usize::try_from(place % 97)?);
            // Who has a promise from their own division's pool may be kept where they are.
            let moved = json!({"unit": to});
            if snapshot
                .directory
                .person(person)
                .is_some_and(|person| person.grants.iter().all(|grant| !grant.guaranteed))
            {
                self.people.put(&format!("people/{person}/unit"), &moved).await?;
            }
        }
        if number % 2 == 0 {
            let unit = json!({"name": "A unit of my own", "zone": "UTC"});
            self.auditor.refused("units", &unit).await?;
        }
        Ok(())
    }

    /// One offer, to one of its ends.
    async fn offer(&mut self, day: Date, number: i64) -> Result<(), Failure> {
        let no = self.offers;
        let ahead = |days: i64| day.checked_add(Span::new().days(days));
        let starts = ahead(21)?;
        let mut package = json!({"currency": "USD", "salary": (60_000 + 9_000 * (no % 12)).to_string()});
        if no % 9 != 8 {
            package["tokens"] = json!({
                "amount": "6/workday", "guaranteed": true, "floor": "6/workday", "term": "12 months",
                "remedy": "extends", "sharing": "own", "rollover": "lapses", "purpose": "work_tool",
                "activation": "start_date", "pool": pool_name(no % DIVISIONS),
            });
        }
        let (candidate, zone) = (format!("Candidate {no}"), ZONES[no % ZONES.len()]);
        let content = json!({
            "candidate": {"name": candidate}, "role": {"family": FAMILIES[no % FAMILIES.len()]}, "zone": zone,
            "starts": starts, "expires": ahead(14)?, "package": package,
        });
        let unit = team_name(no % DIVISIONS * TEAMS + no % TEAMS);
        let offer = self.people.post("offers", &json!({"unit": unit, "content": content})).await?;
        let id = offer["id"].as_str().ok_or("an offer has no id")?.to_owned();
        if no % 9 == 8 {
            return Ok(());
        }
        let submitted = self.people.post(&format!("offers/{id}/submit"), &Value::Null).await?;
        for duty in submitted["missing"].as_array().into_iter().flatten() {
            let by = if duty == "finance" { &self.finance } else { &self.second };
            by.post(&format!("offers/{id}/approve"), &json!({"duty": duty})).await?;
        }
        self.people.post(&format!("offers/{id}/send"), &Value::Null).await?;
        match no % 9 {
            0..3 => {
                let yes = json!({"version": 1, "signed": candidate});
                let accepted = self.people.post(&format!("offers/{id}/accept"), &yes).await?;
                let person = accepted["person"].as_str().ok_or("an accepted offer made nobody")?;
                let key = self.people.post("keys", &json!({"person": person})).await?;
                let key = key["id"].as_str().ok_or("a key has no id")?.parse()?;
                self.callers.push(Caller { key, since: number + 22, eager: 40 });
            }
            3 | 4 => {
                let no = json!({"reason": "token_budget", "note": "half of what I have now"});
                self.people.post(&format!("offers/{id}/decline"), &no).await?;
            }
            5 => {
                self.people.post(&format!("offers/{id}/withdraw"), &json!({"note": "the position is gone"})).await?;
            }
            // Nobody answers.
            _ => {}
        }
        Ok(())
    }

    /// The calls of a day; those that were refused.
    async fn call(&mut self, day: Date, number: i64, paid: &mut u64) -> Result<Vec<Denial>, Failure> {
        self.calls.snapshot = self.control.snapshot();
        let is_off = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let (mut due, begins) = (Vec::new(), midnight(day));
        for (no, caller) in (0_u64..).zip(&self.callers) {
            let thrown = scattered(u64::try_from(number)? * 1_000_003 + no);
            if is_off || caller.since > number || (thrown >> 8) % 100 >= caller.eager {
                continue;
            }
            for call in 0..=thrown % 3 {
                let at = begins + 8 * HOUR_US + i64::try_from(scattered(thrown + call) % 36_000)? * 1_000_000;
                let model = MODELS[usize::from(number * 2 > self.days)][usize::try_from((no + call) % 3)?];
                due.push((
                    at,
                    caller.key,
                    Call { model, usage: usage(scattered(thrown ^ call) >> 20), session: thrown },
                ));
            }
        }
        due.sort_unstable_by_key(|(at, key, _)| (*at, *key));
        let today = Rc::new(Today { due, next: Cell::new(0), paid: Cell::new(0), denials: RefCell::default() });
        let calls = Rc::new(Calls {
            ledger: self.calls.ledger.clone(),
            snapshot: Arc::clone(&self.calls.snapshot),
            clock: Arc::clone(&self.calls.clock),
        });
        let makers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (today, calls) = (Rc::clone(&today), Rc::clone(&calls));
                tokio::task::spawn_local(async move {
                    while let Some((at, key, call)) = today.due.get(today.next.replace(today.next.get() + 1)) {
                        calls.clock.move_to(*at);
                        let key = calls.snapshot.directory.key_by_id(*key).ok_or("a key is gone")?;
                        if calls.make(key, call).await.map_err(|why| why.to_string())? {
                            today.paid.set(today.paid.get() + 1);
                        } else {
                            let (at, reason) = (calls.clock.now(), "budget_exhausted".to_owned());
                            let denial =
                                Denial { at, key: key.id, person: key.person, reason, funded: false, count: 1 };
                            today.denials.borrow_mut().push(denial);
                        }
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        for maker in makers {
            maker.await??;
        }
        *paid += today.paid.get();
        Ok(today.denials.take())
    }

    /// Calls that are never heard of again.
    async fn lose(&self) -> Result<Vec<Hold>, Failure> {
        let mut lost = Vec::new();
        for caller in self.callers.iter().skip(1).step_by(7).take(LOST) {
            let key = self.calls.snapshot.directory.key_by_id(caller.key).ok_or("a key is gone")?;
            lost.extend(self.calls.hold(key, MODELS[1][0], Nano::ZERO).await?);
        }
        Ok(lost)
    }
}

fn team_name(number: usize) -> String {
    format!("Team {number}")
}

fn pool_name(division: usize) -> String {
    format!("Promises {division}")
}
