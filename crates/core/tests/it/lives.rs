//! Lives of grants against a slow model that knows nothing but days: part-time from any day on, leave, moves between
//! zones, longer terms, advances, credits, rollover. What can be spent at any moment is the same to the nano, accounts
//! keep their names, and nothing is ever spent beyond what the pool has committed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use proptest::prelude::*;
use purser_core::account::Period;
use purser_core::calendar::{Cadence, CivilSpan, Days};
use purser_core::directory::{Directory, EventError, LifeError};
use purser_core::event::{Event, GrantChange, GrantEvent, PolicyOn, PoolEvent};
use purser_core::grant::{Grant, Rollover, WorkShare};
use purser_core::id::{CommandId, GrantId, MovementId, PersonId, PoolId};
use purser_core::money::Nano;
use purser_core::package::Remedy;
use purser_core::period::CivilPeriod;
use purser_core::policy::{Moving, Policy};
use purser_core::pool::{CommitmentOf, FiscalYear, Movement, PoolError, PoolOn};
use purser_core::time::Instant;

use crate::company::{ANALYST, TEAM, ZONES, any_days, cases, directory, grant, start, zone};

const POOL: PoolId = PoolId::new(70);
const FRIEND: PersonId = PersonId::new(11);
const GRANT: GrantId = GrantId::new(1);
const HOUR: i64 = 3_600_000_000;

/// What happens next, and how many hours later; in the very instant in which the next period begins where that is none.
#[derive(Clone, Copy, Debug)]
enum Step {
    Spend(i64),
    Share(u16, i64),
    Leave(i64),
    Back(i64),
    Extend(u16),
    Credit(i64),
    Advance(i64),
    /// The term is longer or more is credited, for a day so many days ago.
    Remedy(i64),
    /// Somebody else gets some of it.
    Give(i64),
    /// So much in all was observed in the running period.
    Observe(i64),
    Move(usize),
}

fn any_step() -> impl Strategy<Value = (Option<i64>, Step)> {
    let step = prop_oneof![
        8 => (1..60_000_000_i64).prop_map(Step::Spend),
        2 => (1..=10_000_u16, 0..40_i64).prop_map(|(share, ahead)| Step::Share(share, ahead)),
        1 => (0..20_i64).prop_map(Step::Leave),
        2 => (0..20_i64).prop_map(Step::Back),
        1 => (1..40_u16).prop_map(Step::Extend),
        1 => (1..20_000_000_i64).prop_map(Step::Credit),
        1 => (1..20_000_000_i64).prop_map(Step::Advance),
        1 => (-1..20_i64).prop_map(Step::Remedy),
        1 => (1..20_000_000_i64).prop_map(Step::Give),
        2 => (-1_000_000..20_000_000_i64).prop_map(Step::Observe),
        1 => (0..ZONES.len()).prop_map(Step::Move),
    ];
    (prop_oneof![2 => (0..30_i64).prop_map(Some), 2 => (0..900_i64).prop_map(Some), 1 => Just(None)], step)
}

fn day(n: i64) -> Date {
    "2027-12-01".parse::<Date>().unwrap().saturating_add(jiff::Span::new().days(n))
}

fn counts(days: Days, on: Date) -> bool {
    days == Days::All || on.weekday().to_monday_zero_offset() < 5
}

/// Days of a span, one by one.
fn each(span: CivilSpan) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(span.first), |day| day.tomorrow().ok()).take_while(move |day| *day < span.until)
}

/// When something was made known, and from which day on it is so.
type Told = (Instant, Date);

/// What the model knows: the changes in the order in which they were made known.
#[derive(Clone, Default)]
struct Known {
    shares: Vec<(Instant, Date, u16)>,
    /// Leave from, and back on.
    away: Vec<(Instant, Date, Option<Told>)>,
    shifts: Vec<(Instant, CivilSpan, i64)>,
}

struct Model {
    terms: Grant,
    known: Known,
    /// Days made good.
    remedied: Vec<Date>,
    /// What counts of what was observed, by the first day of the period.
    observed: BTreeMap<Date, i64>,
    /// By the start of the period: its days, what was spent of it while it ran, and what afterwards.
    periods: BTreeMap<Instant, (CivilPeriod, i128, i128)>,
}

impl Model {
    /// How much of the day counts, by what was known at an instant.
    fn weight(&self, on: Date, at: Instant) -> i128 {
        if !counts(self.terms.days, on) {
            return 0;
        }
        for (known, from, back) in &self.known.away {
            let back = back.filter(|(known, _)| *known <= at).map_or(Date::MAX, |(_, on)| on);
            if *known <= at && *from <= on && on < back {
                return 0;
            }
        }
        // The latest day wins; of one day, what was made known last.
        let (mut share, mut since) = (self.terms.share.get(), Date::MIN);
        for (known, from, new) in &self.known.shares {
            if *known <= at && *from <= on && *from >= since {
                (share, since) = (*new, *from);
            }
        }
        i128::from(share)
    }

    fn allowance(&self, period: &CivilPeriod, at: Instant) -> i128 {
        let all: i128 = each(period.whole).filter(|on| counts(self.terms.days, *on)).count().try_into().unwrap();
        if all == 0 {
            return self.shifted(period, at).max(0);
        }
        let upto = |until: Date| {
            let weight: i128 = each(CivilSpan { first: period.whole.first, until }).map(|on| self.weight(on, at)).sum();
            i128::from(self.terms.amount.get()) * weight / (all * 10_000)
        };
        (upto(period.days.until) - upto(period.days.first) + self.shifted(period, at)).max(0)
    }

    fn shifted(&self, period: &CivilPeriod, at: Instant) -> i128 {
        let is_in = |days: &CivilSpan| period.days.first <= days.first && days.first < period.days.until;
        let shifts = self.known.shifts.iter().filter(|(known, days, _)| *known <= at && is_in(days));
        shifts.map(|(_, _, by)| i128::from(*by)).sum()
    }

    /// What is left of a period while it runs.
    fn left(&self, period: &CivilPeriod, at: Instant) -> i128 {
        let spent = self.periods.get(&period.period.start).map_or(0, |(_, spent, _)| *spent);
        (self.allowance(period, at) - spent).max(0)
    }

    /// What of a period that is over lives on: what it left, up to the cap, which what was added or taken meanwhile moves.
    fn lives_on(&self, period: &CivilPeriod, rollover: Rollover, at: Instant) -> i128 {
        // What is made known as it begins may come after the first call.
        let first = self.allowance(period, Instant::from_micros(period.period.start.as_micros() - 1));
        let cap = first.min(i128::from(rollover.max.get())) + self.allowance(period, at) - first;
        let after = self.periods.get(&period.period.start).map_or(0, |(_, _, after)| *after);
        (self.left(period, at).min(cap.max(0)) - after).max(0)
    }
}

/// Everything that can be spent, as what the system would draw on: account, limit, spent so far.
fn spendable(directory: &Directory, spent: &BTreeMap<Period, i128>, at: Instant) -> Vec<(Period, i128)> {
    let person = directory.person(ANALYST).unwrap();
    let grant = directory.grant(GRANT).unwrap();
    let parts = grant.parts_at(&grant.rhythm(&person.zones), at);
    let free = parts.iter().map(|part| {
        let spent = spent.get(&part.period).copied().unwrap_or_default();
        (part.period, (i128::from(part.limit.get()) - spent).max(0))
    });
    free.collect()
}

#[derive(Clone, Debug)]
struct Case {
    cadence: Cadence,
    days: Days,
    amount: i64,
    share: u16,
    rollover: Option<(i64, u8)>,
    remedy: Option<Remedy>,
    starts: i64,
    length: Option<i64>,
    steps: Vec<(Option<i64>, Step)>,
}

fn any_case() -> impl Strategy<Value = Case> {
    let cadence = prop::sample::select(vec![
        Cadence::Day,
        Cadence::Day,
        Cadence::Week,
        Cadence::Month,
        Cadence::Month,
        Cadence::Quarter,
        Cadence::Year,
    ]);
    let rollover = prop::option::of((1..60_000_000_i64, 1..4_u8));
    let rest = (rollover, prop::sample::select(vec![None, Some(Remedy::Extends), Some(Remedy::Credits)]));
    let terms = (cadence, any_days(), 1..50_000_000_i64, prop_oneof![Just(10_000_u16), 1..=10_000_u16], rest);
    let span = (0..45_i64, prop::option::of(1..400_i64), prop::collection::vec(any_step(), 1..24));
    (terms, span).prop_map(|((cadence, days, amount, share, (rollover, remedy)), (starts, length, steps))| Case {
        cadence,
        days,
        amount,
        share,
        rollover,
        remedy,
        starts,
        length,
        steps,
    })
}

fn company(case: &Case) -> (Directory, Grant) {
    let terms = Grant {
        cadence: case.cadence,
        days: case.days,
        amount: Nano::new(case.amount),
        share: WorkShare::try_new(case.share).unwrap(),
        rollover: case
            .rollover
            .map(|(max, periods)| Rollover { max: Nano::new(max), periods: periods.try_into().unwrap() }),
        remedy: case.remedy,
        starts: day(case.starts),
        ends: case.length.map(|length| day(case.starts + length)),
        guaranteed: true,
        pool: Some(POOL),
        created_at: zone("Europe/Berlin").first_instant(day(0)),
        ..grant(1)
    };
    let funds = |year: i16| {
        let id = MovementId::new(u128::from(year.unsigned_abs()));
        let amount = Nano::new(i64::MAX / 2);
        Event::Pool(PoolEvent::Moved(Movement {
            id,
            from: None,
            to: Some(POOL),
            year: FiscalYear(year),
            amount,
            at: start(),
        }))
    };
    let mut events =
        vec![Event::Pool(PoolEvent::Opened { pool: POOL, on: PoolOn::Company, manager: None, at: start() })];
    events.extend((2027..2035).map(funds));
    events.push(Event::GrantMade(terms.clone()));
    let zone = zone("Europe/Berlin");
    events.push(Event::PersonAdded { person: FRIEND, unit: TEAM, zone, at: start() });
    events.push(Event::GrantMade(Grant { person: FRIEND, ..grant(2) }));
    let policy = Policy { moving: Moving { advance_percent: 100, gift_percent: 100 }, ..Policy::default() };
    events.push(Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at: start() });
    (directory(&events), terms)
}

fn check(case: &Case) {
    let (mut directory, terms) = company(case);
    let mut at = terms.created_at;
    let mut model = Model {
        terms,
        known: Known::default(),
        remedied: Vec::new(),
        observed: BTreeMap::new(),
        periods: BTreeMap::new(),
    };
    let mut spent: BTreeMap<Period, i128> = BTreeMap::new();
    let mut names: BTreeMap<Instant, Vec<Instant>> = BTreeMap::new();
    for (hours, step) in &case.steps {
        at = if let Some(hours) = hours {
            Instant::from_micros(at.as_micros() + hours * HOUR)
        } else {
            // Not from year to year: so far ahead no pool is open.
            let soon = Instant::from_micros(at.as_micros() + 100 * 24 * HOUR);
            let zones = &directory.person(ANALYST).unwrap().zones;
            let next = directory.grant(GRANT).unwrap().rhythm(zones).next_reset(at);
            next.filter(|next| *next <= soon).unwrap_or(at)
        };
        act(&mut directory, &mut model, &mut spent, *step, at);
        compare(&directory, &model, &spent, &mut names, at);
        let spent_in: BTreeMap<FiscalYear, i128> = by_year(&directory, &model);
        let commitment = directory.commitment(CommitmentOf::Grant(GRANT)).unwrap();
        for (year, spent) in spent_in {
            let committed = commitment.share(POOL, year).map_or(0, |share| i128::from(share.amount.get()));
            assert!(spent <= committed, "{spent} spent of {committed} in {year}");
        }
    }
    // A directory read back from its bytes goes on alike.
    let stored = Directory::from_bytes(&directory.to_bytes(), directory.prices().clone()).unwrap();
    assert_eq!(stored, directory);
}

fn by_year(directory: &Directory, model: &Model) -> BTreeMap<FiscalYear, i128> {
    let mut years = BTreeMap::new();
    for (period, running, after) in model.periods.values() {
        let begins = period.days.first.max(model.terms.born());
        *years.entry(directory.fiscal_calendar().year(begins)).or_default() += running + after;
    }
    years
}

fn act(directory: &mut Directory, model: &mut Model, spent: &mut BTreeMap<Period, i128>, step: Step, at: Instant) {
    let person = std::sync::Arc::clone(directory.person(ANALYST).unwrap());
    let before = std::sync::Arc::clone(directory.grant(GRANT).unwrap());
    let rhythm = before.rhythm(&person.zones);
    let running = rhythm.period_at(at);
    // A period begins by the old clock, when the new one may still show the day before.
    let today = running.map_or(person.zone(at).date(at), |running| {
        let shown = rhythm.zone_of(&running).date(at);
        shown.clamp(running.days.first, running.days.until.yesterday().unwrap())
    });
    let ahead = |days: i64| today.saturating_add(jiff::Span::new().days(days));
    let mut change = |change: GrantChange| happens(directory, &before, change, at);
    match step {
        Step::Spend(amount) => {
            let mut rest = i128::from(amount);
            for (account, free) in spendable(directory, spent, at) {
                let part = rest.min(free);
                rest -= part;
                *spent.entry(account).or_default() += part;
                // A period's accounts begin where it does.
                let period = rhythm.period_at(account.start).unwrap();
                let (_, running, after) = model.periods.entry(account.start).or_insert((period, 0, 0));
                *(if at < period.period.end { running } else { after }) += part;
            }
        }
        Step::Share(parts, days) => {
            let (share, from) = (WorkShare::try_new(parts).unwrap(), ahead(days));
            if change(GrantChange::ShareSet { share, from }) {
                model.known.shares.push((at, from, parts));
            }
        }
        Step::Leave(days) => {
            if change(GrantChange::LeaveBegun { from: ahead(days) }) {
                model.known.away.push((at, ahead(days), None));
            }
        }
        Step::Back(days) => {
            if change(GrantChange::LeaveEnded { on: ahead(days) }) {
                let leave = model.known.away.last_mut().unwrap();
                leave.2 = Some((at, ahead(days)));
                let longer = days_between(leave.1, ahead(days));
                let due = before
                    .term()
                    .ends
                    .filter(|ends| leave.1 < *ends)
                    .map(|ends| ends.saturating_add(jiff::Span::new().days(longer)));
                let now = directory.grant(GRANT).unwrap().term().ends;
                assert_eq!(now, due.or(before.term().ends), "as many days later as the leave had");
            }
        }
        Step::Extend(days) => {
            let done = change(GrantChange::Extended { days });
            let now = directory.grant(GRANT).unwrap().term().ends;
            let due = before
                .term()
                .ends
                .map(|ends| if done { ends.saturating_add(jiff::Span::new().days(i64::from(days))) } else { ends });
            assert_eq!(now, due);
        }
        Step::Credit(amount) => {
            let done = change(GrantChange::Credited { amount: Nano::new(amount) });
            assert_eq!(done, running.is_some());
            if let Some(running) = running {
                model.known.shifts.push((at, running.days, amount));
            }
        }
        Step::Advance(amount) => {
            if change(GrantChange::Advanced { amount: Nano::new(amount) }) {
                let next = before.next_release(&person.zones, at).and_then(|next| rhythm.period_at(next)).unwrap();
                assert!(model.allowance(&next, at) >= i128::from(amount), "no more than the next one has");
                model.known.shifts.push((at, running.unwrap().days, amount));
                model.known.shifts.push((at, next.days, -amount));
            }
        }
        Step::Remedy(ago) => remedy(directory, model, &before, (running, today), ahead(-ago), at),
        Step::Observe(amount) => {
            let counted = running.map_or(0, |running| model.observed.get(&running.days.first).copied().unwrap_or(0));
            let done = change(GrantChange::Observed { amount: Nano::new(amount) });
            assert_eq!(done, running.is_some() && amount >= 0 && amount != counted);
            if let Some(running) = running.filter(|_| done) {
                model.observed.insert(running.days.first, amount);
                model.known.shifts.push((at, running.days, counted - amount));
            }
        }
        Step::Give(amount) => give(directory, model, &before, running, amount, at),
        Step::Move(to) => {
            let event = Event::PersonZoneChanged { person: ANALYST, zone: zone(ZONES[to]), effective: at, at };
            directory.take(&event).unwrap();
        }
    }
}

/// Does it happen?
fn happens(directory: &mut Directory, before: &Grant, change: GrantChange, at: Instant) -> bool {
    // What is observed again and again is one change, so their number is no name.
    let last = before
        .life
        .as_ref()
        .map_or(0, |life| life.changes().iter().map(|lived| lived.command.get()).max().unwrap_or(0));
    let command = CommandId::new(last + 1);
    let event = Event::Grant(GrantEvent { grant: GRANT, command, change, at });
    let applied = directory.apply(&Event::from_bytes(&event.to_bytes()).unwrap());
    applied.map(|next| *directory = next).is_ok()
}

fn remedy(
    directory: &mut Directory,
    model: &mut Model,
    before: &Grant,
    (running, today): (Option<CivilPeriod>, Date),
    day: Date,
    at: Instant,
) {
    let done = happens(directory, before, GrantChange::Remedied { day }, at);
    let term = before.term();
    let inside = before.born() <= day && term.ends.is_none_or(|ends| day < ends);
    let whole: i128 =
        each(model.terms.cadence.span(day)).filter(|on| counts(model.terms.days, *on)).count().try_into().unwrap();
    let upto = |until: Date| {
        let span = CivilSpan { first: model.terms.cadence.span(day).first, until };
        let weight: i128 = each(span).map(|on| model.weight(on, at)).sum();
        if whole == 0 { 0 } else { i128::from(model.terms.amount.get()) * weight / (whole * 10_000) }
    };
    let worth = upto(day.tomorrow().unwrap()) - upto(day);
    let repeated = model.remedied.contains(&day);
    let can = inside && day <= today && worth > 0 && !repeated;
    match model.terms.remedy {
        None => assert!(!done),
        Some(Remedy::Extends) => {
            let goes_on = term.ends.is_some_and(|ends| today < ends);
            assert_eq!(done, can && goes_on);
            let next = |ends: Date| {
                let mut ends = ends;
                while !counts(model.terms.days, ends) {
                    ends = ends.tomorrow().unwrap();
                }
                ends.tomorrow().unwrap()
            };
            let now = directory.grant(GRANT).unwrap().term().ends;
            assert_eq!(now, if done { term.ends.map(next) } else { term.ends }, "one more day that counts");
        }
        Some(Remedy::Credits) => {
            assert_eq!(done, can && running.is_some());
            if let Some(running) = running.filter(|_| done) {
                model.known.shifts.push((at, running.days, i64::try_from(worth).unwrap()));
            }
        }
    }
    if done {
        model.remedied.push(day);
    }
}

fn give(
    directory: &mut Directory,
    model: &mut Model,
    before: &Grant,
    running: Option<CivilPeriod>,
    amount: i64,
    at: Instant,
) {
    let friend = |directory: &Directory| {
        let person = directory.person(FRIEND).unwrap();
        let rhythm = person.grants[0].rhythm(&person.zones);
        person.grants[0].allowance(&rhythm.period_at(at).unwrap())
    };
    let had = friend(directory);
    let to = GrantId::new(2);
    let change = GrantChange::Given { to, amount: Nano::new(amount) };
    let last = before
        .life
        .as_ref()
        .map_or(0, |life| life.changes().iter().map(|lived| lived.command.get()).max().unwrap_or(0));
    let command = CommandId::new(last + 1);
    let event = Event::Grant(GrantEvent { grant: GRANT, command, change, at });
    let applied = directory.apply(&event);
    let has = running.is_some_and(|running| model.allowance(&running, at) >= i128::from(amount));
    assert!(has || applied.is_err(), "nobody gives what they have not got");
    if let (Ok(next), Some(running)) = (applied, running) {
        *directory = next;
        model.known.shifts.push((at, running.days, -amount));
        assert_eq!(friend(directory), had.saturating_add(Nano::new(amount)), "what one gives the other gets");
    } else {
        assert_eq!(friend(directory), had);
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::try_from(each(CivilSpan { first: from, until: to }).count()).unwrap()
}

/// What can be spent is what the slow model says, and every account is one that was there or begins now.
fn compare(
    directory: &Directory,
    model: &Model,
    spent: &BTreeMap<Period, i128>,
    names: &mut BTreeMap<Instant, Vec<Instant>>,
    at: Instant,
) {
    let person = directory.person(ANALYST).unwrap();
    let grant = directory.grant(GRANT).unwrap();
    let rhythm = grant.rhythm(&person.zones);
    let found = spendable(directory, spent, at);
    for (period, _) in &found {
        let ends = names.entry(period.start).or_default();
        if !ends.contains(&period.end) {
            ends.push(period.end);
        }
        assert!(ends.len() <= 2, "a period has an account that lapses and one that lives on, and no other: {ends:?}");
    }
    let Some(running) = rhythm.period_at(at) else {
        assert!(found.is_empty());
        return;
    };
    let mut expected = model.left(&running, at);
    if let Some(rollover) = model.terms.rollover {
        // Back from period to period, those counted in which a day counts, until what they left has lapsed.
        let mut back = running;
        let mut lapsed = u32::from(rollover.periods.get());
        while lapsed > 0 {
            let before = Instant::from_micros(back.period.start.as_micros() - 1);
            let Some(period) = rhythm.period_at(before) else { break };
            // A move between zones or a seam can leave two periods in the same days: told apart by where they lapse.
            let ends = lapses(&model.terms, &period, rollover);
            if rhythm.zone_of(&period).first_instant(ends).max(period.period.end) > at {
                expected += model.lives_on(&period, rollover, at);
            }
            if each(period.whole).any(|on| counts(model.terms.days, on)) && period.days.first == period.whole.first {
                lapsed -= 1;
            }
            back = period;
        }
    }
    let sum: i128 = found.iter().map(|(_, free)| *free).sum();
    assert_eq!(sum, expected, "at {at} in {running:?}: {found:?}");
}

/// The day on which lapses what lives on from a period: after so many periods more in which a day counts.
fn lapses(terms: &Grant, period: &CivilPeriod, rollover: Rollover) -> Date {
    let mut day = period.whole.until;
    for _ in 0..rollover.periods.get() {
        while !each(terms.cadence.span(day)).any(|on| counts(terms.days, on)) {
            day = terms.cadence.span(day).until;
        }
        day = terms.cadence.span(day).until;
    }
    day
}

/// What a month of 500 releases when these things happen to it.
#[track_caller]
fn releases(month: &str, changes: &[GrantChange], amount: &str) {
    let terms = Grant { cadence: Cadence::Month, amount: "500".parse().unwrap(), starts: day(0), ..grant(1) };
    let berlin = zone("Europe/Berlin");
    let mut events = vec![Event::GrantMade(terms.clone())];
    events.extend(changes.iter().zip(1..).map(|(change, command)| {
        let command = CommandId::new(command);
        Event::Grant(GrantEvent { grant: GRANT, command, change: change.clone(), at: berlin.first_instant(day(0)) })
    }));
    let directory = directory(&events);
    let (grant, person) = (directory.grant(GRANT).unwrap(), directory.person(ANALYST).unwrap());
    let at = berlin.first_instant(month.parse().unwrap());
    let period = grant.rhythm(&person.zones).period_at(at).unwrap();
    assert_eq!(grant.allowance(&period).to_string(), amount);
}

#[test]
fn a_month_with_a_change_releases_both_parts() {
    let date = |text: &str| text.parse::<Date>().unwrap();
    let share = |parts, from| GrantChange::ShareSet { share: WorkShare::try_new(parts).unwrap(), from: date(from) };
    releases("2028-04-01", &[], "500.00");
    // Fifteen days whole, fifteen at four fifths.
    releases("2028-04-01", &[share(8_000, "2028-04-16")], "450.00");
    releases("2028-05-01", &[share(8_000, "2028-04-16")], "400.00");
    // The month of the leap day has twenty-nine.
    releases("2028-02-01", &[share(5_000, "2028-02-29")], "491.379310344");
    releases("2028-02-01", &[GrantChange::LeaveBegun { from: date("2028-02-29") }], "482.758620689");
    let away =
        [GrantChange::LeaveBegun { from: date("2028-04-10") }, GrantChange::LeaveEnded { on: date("2028-04-25") }];
    releases("2028-04-01", &away, "250.00");
    releases("2028-05-01", &away, "500.00");
    let one = GrantChange::Advanced { amount: "100".parse().unwrap() };
    let one = [one];
    releases("2027-12-01", &one, "600.00");
    releases("2028-01-01", &one, "400.00");
    releases("2028-02-01", &one, "500.00");
}

#[test]
fn what_is_moved_stays_within_policy() {
    let money = |text: &str| text.parse::<Nano>().unwrap();
    let terms = |id, person| Grant { cadence: Cadence::Month, amount: money("500"), person, ..grant(id) };
    let setup = |moving| {
        let policy = Policy { moving, ..Policy::default() };
        directory(&[
            Event::PersonAdded { person: FRIEND, unit: TEAM, zone: zone("Europe/Berlin"), at: start() },
            Event::GrantMade(terms(1, ANALYST)),
            Event::GrantMade(terms(2, ANALYST)),
            Event::GrantMade(terms(3, FRIEND)),
            Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at: start() },
        ])
    };
    let noon = Instant::from_micros(zone("Europe/Berlin").first_instant(day(9)).as_micros() + 12 * HOUR);
    let event =
        |command, change| Event::Grant(GrantEvent { grant: GRANT, command: CommandId::new(command), change, at: noon });
    let advance = |command, amount| event(command, GrantChange::Advanced { amount: money(amount) });
    let give = |command, to, amount| event(command, GrantChange::Given { to: GrantId::new(to), amount: money(amount) });
    let released = |directory: &Directory, id: u128| {
        let grant = directory.grant(GrantId::new(id)).unwrap();
        let person = directory.person(grant.person).unwrap();
        grant.allowance(&grant.rhythm(&person.zones).period_at(noon).unwrap())
    };

    // Half of the next month by default, in one go or in several; nothing is given away.
    let cautious = setup(Moving::default());
    let once = cautious.apply(&advance(1, "150")).unwrap();
    let (left, amount) = (money("100"), money("100.000000001"));
    let error = LifeError::AdvancePolicy { grant: GRANT, percent: 50, left, amount };
    assert_eq!(once.apply(&advance(2, "100.000000001")), Err(error.into()));
    let twice = once.apply(&advance(2, "100")).unwrap();
    assert_eq!(released(&twice, 1), money("750"));
    let (left, amount) = (Nano::ZERO, Nano::new(1));
    let error = LifeError::GiftPolicy { grant: GRANT, percent: 0, left, amount };
    assert_eq!(cautious.apply(&give(1, 3, "0.000000001")), Err(error.into()));

    // A fifth may be given, to somebody else.
    let open = setup(Moving { gift_percent: 20, ..Moving::default() });
    let given = open.apply(&give(1, 3, "80")).unwrap();
    assert_eq!((released(&given, 1), released(&given, 3)), (money("420"), money("580")));
    let error = LifeError::GiftPolicy { grant: GRANT, percent: 20, left: money("20"), amount: money("21") };
    assert_eq!(given.apply(&give(2, 3, "21")), Err(error.into()));
    let error = LifeError::GiftToOneself(GRANT, GrantId::new(2));
    assert_eq!(open.apply(&give(1, 2, "1")), Err(error.into()));
    let stranger = open.apply(&give(1, 99, "1"));
    assert_eq!(stranger, Err(EventError::UnknownGrant(GrantId::new(99))));
    // Where the one who gets it can't, the one who gives keeps it.
    let gone = open.apply(&Event::GrantVoided { grant: GrantId::new(3), at: noon }).unwrap();
    let error = EventError::AlreadyVoided { grant: GrantId::new(3), voided_at: noon };
    assert_eq!(gone.apply(&give(1, 3, "1")), Err(error));
    assert_eq!(released(&gone, 1), money("500"));
}

#[test]
fn a_day_that_could_not_be_used_is_made_good_by_the_terms_once() {
    let with = |remedy| {
        let days = Days::Workdays;
        directory(&[Event::GrantMade(Grant { days, remedy, ends: Some(day(30)), ..grant(1) })])
    };
    // Wednesday 8 December 2027; the term ends on Friday the 31st, so that day is the first without.
    let noon = Instant::from_micros(zone("Europe/Berlin").first_instant(day(7)).as_micros() + 12 * HOUR);
    let remedy = |command, on| {
        let (command, change) = (CommandId::new(command), GrantChange::Remedied { day: on });
        Event::Grant(GrantEvent { grant: GRANT, command, change, at: noon })
    };
    let extends = with(Some(Remedy::Extends));
    let ends = |directory: &Directory| directory.grant(GRANT).unwrap().term().ends;
    let longer = extends.apply(&remedy(1, day(6))).unwrap();
    assert_eq!(ends(&longer), Some(day(31)));
    assert_eq!(longer.apply(&remedy(2, day(6))), Err(LifeError::Remedied(day(6)).into()));
    // The next day that counts is a Monday.
    assert_eq!(ends(&longer.apply(&remedy(2, day(5))).unwrap()), Some(day(34)));
    for wrong in [day(8), day(4), day(3)] {
        assert_eq!(extends.apply(&remedy(1, wrong)), Err(LifeError::NoSuchDay { grant: GRANT, day: wrong }.into()));
    }
    let credits = with(Some(Remedy::Credits)).apply(&remedy(1, day(6))).unwrap();
    let (grant, person) = (credits.grant(GRANT).unwrap(), credits.person(ANALYST).unwrap());
    let today = grant.rhythm(&person.zones).period_at(noon).unwrap();
    assert_eq!(grant.allowance(&today).to_string(), "40.00");
    assert_eq!(with(None).apply(&remedy(1, day(6))), Err(LifeError::NoRemedy(GRANT).into()));
}

#[test]
fn what_cannot_happen_to_a_grant_is_refused() {
    let (directory, _) = company(&Case {
        cadence: Cadence::Month,
        days: Days::All,
        amount: 500_000,
        share: 10_000,
        rollover: None,
        remedy: None,
        starts: 0,
        length: None,
        steps: vec![],
    });
    let noon = Instant::from_micros(zone("Europe/Berlin").first_instant(day(9)).as_micros() + 12 * HOUR);
    let refuses = |change, error: LifeError| {
        let event = Event::Grant(GrantEvent { grant: GRANT, command: CommandId::new(1), change, at: noon });
        assert_eq!(directory.apply(&event), Err(error.into()));
    };
    let (today, yesterday) = (day(9), day(8));
    refuses(GrantChange::LeaveBegun { from: yesterday }, LifeError::InThePast { today, day: yesterday });
    refuses(GrantChange::LeaveEnded { on: today }, LifeError::LeaveOrder(today));
    refuses(GrantChange::Extended { days: 3 }, LifeError::OpenEnd(GRANT));
    refuses(GrantChange::Extended { days: 0 }, LifeError::Nothing);
    refuses(GrantChange::Credited { amount: Nano::ZERO }, LifeError::Nothing);
    let (left, amount) = (Nano::new(500_000), Nano::new(500_001));
    refuses(GrantChange::Advanced { amount }, LifeError::AdvanceTooLarge { grant: GRANT, left, amount });
    // What the pool has not got is refused as it is for a new grant.
    let poor = directory
        .apply(&Event::Pool(PoolEvent::Moved(Movement {
            id: MovementId::new(9_999),
            from: Some(POOL),
            to: None,
            year: FiscalYear(2027),
            amount: Nano::new(i64::MAX / 2 - 500_000),
            at: noon,
        })))
        .unwrap();
    let change = GrantChange::Credited { amount: Nano::new(1) };
    let credit = Event::Grant(GrantEvent { grant: GRANT, command: CommandId::new(1), change, at: noon });
    let free = Nano::ZERO;
    let short = PoolError::Overcommitted { pool: POOL, year: FiscalYear(2027), free, needed: Nano::new(1) };
    assert_eq!(poor.apply(&credit), Err(EventError::Pool(short)));
    let twice = directory.apply(&credit).unwrap().apply(&credit);
    assert_eq!(twice, Err(EventError::Duplicate(CommandId::new(1).to_string())));
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn what_can_be_spent_is_what_a_slow_model_says(case in any_case()) {
        check(&case);
    }
}
