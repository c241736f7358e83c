//! What the rules find at the moment, of everybody.

use purser_core::account::{AccountKey, Subject};
use purser_core::alarm::{AlarmOf, AlarmOn, Allowance, Found, Rules, Use, Window, runs_out, under_use, used};
use purser_core::budget::Budget;
use purser_core::calendar::{Cadence, CivilSpan};
use purser_core::directory::{Directory, Person};
use purser_core::grant::Grant;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::Day;

use crate::control::Inner;
use crate::error::Error;
use crate::forecasts::{Ceiling, Ending, Groups, Own, Today, Weeks, date_of, day_of, grant_now, is_main};
use crate::usage::running_grants;

/// Days of a year.
const YEAR: i64 = 365;

impl Inner {
    /// Everything that the rules find, muted or not, raised before or not. Whether anything is hardly used is worked out where
    /// it is asked for: it takes the longest and changes by the day. Blocks.
    pub(super) fn found(
        &self,
        directory: &Directory,
        rules: &Rules,
        with_under_use: bool,
        now: Instant,
    ) -> Result<Vec<Found>, Error> {
        let weeks = self.weeks(directory, now)?;
        let today = self.spent_today(now)?;
        let mut found = Vec::new();
        for person in directory.people().filter(|person| !person.has_left(now)) {
            self.found_of(person, rules, (&weeks, &today), now, &mut found);
            if with_under_use {
                found.extend(self.hardly_used(directory, person, rules, &weeks, now)?);
            }
        }
        let groups = Groups::of(directory, &weeks, &today, now);
        let company = directory.company().map(|company| (AlarmOn::Company, &company.budgets));
        let units = directory.units().filter(|unit| unit.closed_at.is_none());
        let units = units.map(|unit| (AlarmOn::Unit(unit.id), &unit.budgets));
        for (on, budgets) in company.into_iter().chain(units) {
            found.extend(budgets.iter().filter_map(|budget| used(rules, &self.ceiling(on, budget, now)?)));
            let (ceiling, group) = match on {
                AlarmOn::Unit(unit) => (Ceiling::of_unit(directory, unit, now), groups.unit(unit)),
                _ => (Ceiling::of_company(directory, now), Some(groups.company())),
            };
            if let (Some(ceiling), Some(group)) = (ceiling, group) {
                let ending = self.ceiling_ending(&ceiling, &weeks, group, now);
                found.extend(too_early(rules, on, &ending, group.burn.is_known(), now));
            }
        }
        Ok(found)
    }

    fn found_of(
        &self,
        person: &Person,
        rules: &Rules,
        (weeks, today): (&Weeks, &Today),
        now: Instant,
        found: &mut Vec<Found>,
    ) {
        let on = AlarmOn::Person(person.id);
        let running = running_grants(person, now);
        for (grant, period) in
            running.iter().filter(|(grant, _)| is_main(grant) && rules.shortest.includes(grant.cadence))
        {
            let funds = grant_now(self, person, grant, period, now);
            let allowance = Allowance {
                on,
                of: AlarmOf::Grant(grant.id),
                cadence: grant.cadence,
                window: Window { from: period.period.start, to: period.period.end },
                limit: funds.limit,
                used: funds.posted.saturating_add(funds.suspense),
            };
            found.extend(used(rules, &allowance));
        }
        if weeks.knows(person.id) {
            let ending = self.ending(&Own::of(person, now), weeks, today.of(person.id), now);
            found.extend(ending.and_then(|ending| too_early(rules, on, &ending, true, now)));
        }
    }

    /// A budget in its running period; `None` of one that is over, of one for some tools, and of one that has no period.
    fn ceiling(&self, on: AlarmOn, budget: &Budget, now: Instant) -> Option<Allowance> {
        if !budget.is_in_force(now) || budget.cadence == Cadence::Once {
            return None;
        }
        let period = budget.period_at(now);
        let account = AccountKey { subject: Subject::Budget(budget.id), period };
        let funds = self.funds(&account, budget.limit_at(now), Nano::ZERO);
        Some(Allowance {
            on,
            of: AlarmOf::Budget(budget.id),
            cadence: budget.cadence,
            window: Window { from: period.start, to: period.end },
            limit: funds.limit,
            used: funds.posted.saturating_add(funds.suspense),
        })
    }
}

fn too_early(rules: &Rules, on: AlarmOn, ending: &Ending, is_known: bool, now: Instant) -> Option<Found> {
    let Ending { of, cadence, window, limit, used, gone, .. } = *ending;
    let allowance = Allowance { on, of, cadence, window, limit, used };
    runs_out(rules, &allowance, gone.filter(|_| is_known), now)
}

impl Inner {
    /// Does somebody hardly use what they were given?
    fn hardly_used(
        &self,
        directory: &Directory,
        person: &Person,
        rules: &Rules,
        weeks: &Weeks,
        now: Instant,
    ) -> Result<Option<Found>, Error> {
        let own = Own::of(person, now);
        // Nobody is asked about money that they don't have now.
        let Some(main) = own.main else { return Ok(None) };
        let (today, since) = (weeks.today(), own.since());
        let looked = i64::from(rules.under_use.weeks).saturating_mul(7);
        let quarter = Cadence::Quarter.span(date_of(today));
        let cost = if rules.under_use.critical_per_mille == 0 { None } else { self.loaded_cost(directory, person.id)? };
        let of = Use {
            person: person.id,
            family: directory.role_of(person.id).map(|role| &role.family),
            days: u32::try_from(today.saturating_sub(since)).unwrap_or(0),
            away: main.is_away(date_of(today)),
            used: weeks.spent_in(person.id, looked),
            released: released(person, last(today, looked)),
            used_in_year: weeks.spent_in_year(person.id),
            cost: cost.and_then(|cost| cost.total().round()),
            present: present(directory, &own, main, last(today, YEAR), since),
            window: Window { from: day_of(quarter.first).start(), to: day_of(quarter.until).start() },
        };
        Ok(under_use(rules, &of))
    }
}

/// What was released to somebody for some days, by all of their grants that are no top-ups.
fn released(person: &Person, span: CivilSpan) -> Nano {
    let grants = person.grants.iter().filter(|grant| is_main(grant));
    let amounts = grants.map(|grant| {
        let voided = grant.voided_at.map_or(span.until, |at| Zone::UTC.date(at));
        let span = CivilSpan { first: span.first.max(grant.born()), until: span.until.min(voided) };
        if span.is_empty() { Nano::ZERO } else { grant.released_over(span) }
    });
    amounts.fold(Nano::ZERO, Nano::saturating_add)
}

/// How much of a year somebody was there for, in ten-thousandths, as a part of what their cost is of: that of an accepted
/// offer is at their working share, so of that share.
fn present(directory: &Directory, own: &Own<'_>, main: &Grant, year: CivilSpan, since: i64) -> u32 {
    let here = CivilSpan { first: year.first.max(date_of(since)), until: year.until };
    let parts = u64::from(main.present(here)).saturating_mul(days(here)).checked_div(days(year)).unwrap_or(0);
    let share = match directory.accepted_by(own.person.id) {
        Some(_) => u64::from(main.share_on(year.until).get()),
        None => 10_000,
    };
    let parts = parts.saturating_mul(10_000).checked_div(share).unwrap_or(0);
    u32::try_from(parts.min(10_000)).unwrap_or(10_000)
}

/// So many days before today.
fn last(today: i64, days: i64) -> CivilSpan {
    CivilSpan { first: date_of(today.saturating_sub(days)), until: date_of(today) }
}

fn days(span: CivilSpan) -> u64 {
    u64::try_from(day_of(span.until).0.saturating_sub(day_of(span.first).0)).unwrap_or(0)
}

/// The day (UTC) that something is told of once.
pub(super) fn day_of_now(now: Instant) -> Window {
    let today = Day::of(now);
    Window { from: today.start(), to: Day(today.0.saturating_add(1)).start() }
}
