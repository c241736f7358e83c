//! What was used and charged, from the projection; what is left, from the ledger.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use purser_core::account::{AccountKey, Subject};
use purser_core::directory::Person;
use purser_core::grant::{Grant, Part as GrantPart};
use purser_core::id::{PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::period::CivilPeriod;
use purser_core::price::Bucket;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_core::zone::Zone;
use purser_ledger::{Lsn, Mark};
use purser_store::{
    Attribution, ChargeKind, ChargeRow, Day, DenialPlace, InUnit, Line, ObservedSums, PAGE_MAX, Reader, Scope,
};
use serde::Deserialize;

use crate::access::Within;
use crate::control::{Control, EVERYBODY, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::grants::{patterns_shown, word};
use crate::observed;
use crate::pages::{Part, whole};
use crate::shape::{
    Balance, Charge, ChargePage, DenialPage, Denied, Funds, GrantBalance, List, Overview, Page, UsageRow,
};

/// A question about usage or charges.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// One row per `model`, `day`, `key`, `person`, `unit`, `tool` or `project`; `model` where it is missing.
    pub by: Option<By>,
    /// First day or instant (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day or instant not included; the end of today where it is missing.
    pub to: Option<String>,
    /// Of charges: those before this one, the `next` of the page before.
    pub before: Option<u64>,
    /// Of usage and denials: how many rows at most; a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Of usage: the rows after the one of this key; of denials: those after this one. The `next` of the page before.
    pub after: Option<String>,
}

/// Where a page of denials ended, as it is handed out.
fn place_text(place: &DenialPlace) -> String {
    let DenialPlace { minute, key, reason, person, funded } = place;
    let funds = if *funded { FUNDED } else { NOT_FUNDED };
    format!("{minute}/{key}/{person}/{funds}/{reason}")
}

const FUNDED: &str = "funded";
const NOT_FUNDED: &str = "not-funded";

/// The same, as it comes back.
fn place(text: &str) -> Result<DenialPlace, Error> {
    let read = || {
        let mut parts = text.splitn(5, '/');
        let (minute, key, person) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let funded = match parts.next()? {
            FUNDED => true,
            NOT_FUNDED => false,
            _ => return None,
        };
        Some(DenialPlace { minute, key, person, funded, reason: parts.next()?.to_owned() })
    };
    read().ok_or_else(|| {
        Refused::new(Code::Invalid, format!("`{text}` is no place in a list of denials"))
            .hint("give `next` of the page before, or begin again without `after`")
            .into()
    })
}

/// What a row of usage stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A model.
    #[default]
    Model,
    /// A day (UTC).
    Day,
    /// A key.
    Key,
    /// A person.
    Person,
    /// A unit: what people used in calls that were admitted while they were in it.
    Unit,
    /// The program that called, by the name under which Purser knows it.
    Tool,
    /// What it was for, by the header `x-purser-project` or the key.
    Project,
}

/// `?person=`
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfPerson {
    /// Id or name; everybody where it is missing.
    pub person: Option<String>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// `?provider=&at=`
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfProvider {
    /// The provider; all of them where it is missing.
    pub provider: Option<String>,
    /// The day or instant; now where it is missing.
    pub at: Option<String>,
}

/// A question with its names and days looked up.
pub(crate) struct Understood {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) person: Option<PersonId>,
    pub(crate) range: Range<Instant>,
}

impl Control {
    /// Usage in days of UTC. Contains everything that was written when it is asked for.
    ///
    /// # Errors
    /// Nobody of that name, a day that can't be read, or the projection.
    pub async fn usage(&self, wanted: Wanted) -> Result<Overview, Error> {
        self.usage_page(wanted, (|_| true, |_| true), Part::ALL).await
    }

    /// The same in pages, of rows that are covered, and of what was observed of people who are. The sums are those of all
    /// pages.
    pub(crate) async fn usage_page(
        &self,
        wanted: Wanted,
        (covered, is_covered): (
            impl Fn(&UsageRow) -> bool + Send + 'static,
            impl Fn(PersonId) -> bool + Send + 'static,
        ),
        part: Part,
    ) -> Result<Overview, Error> {
        let Understood { snapshot, person, range } = self.understood(&wanted)?;
        self.report(move |inner| {
            let days = Day::of(range.start)..day_after(range.end);
            let (from, to) = (days.start.start(), days.end.start());
            let scope = person.map_or(Scope::Company, Scope::Person);
            let reader = &inner.reader;
            let mut all = match wanted.by.unwrap_or_default() {
                By::Model => rows(reader.usage_by_model(scope, days).map_err(stored)?, |model| (model, None)),
                By::Day => rows(reader.usage_by_day(scope, days).map_err(stored)?, |day| (date_of(day), None)),
                By::Person => {
                    let lines = reader.usage_by_person(scope, days).map_err(stored)?;
                    rows(lines, |id| (id.to_string(), inner.names.read().person_name(id)))
                }
                By::Unit => {
                    let lines = in_units(&snapshot, to, reader.usage_by_unit(scope, days).map_err(stored)?);
                    rows(lines, |id| (id.to_string(), inner.names.read().unit_name(id)))
                }
                By::Tool => attributed(reader, Attribution::Tool, person, scope, days)?,
                By::Project => attributed(reader, Attribution::Project, person, scope, days)?,
                By::Key => {
                    let lines = reader.usage_by_key(scope, days).map_err(stored)?;
                    rows(lines, |id| (id.to_string(), inner.key_name(&snapshot, id)))
                }
            };
            all.retain(&covered);
            let charge = all.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row.charge));
            let calls = all.iter().fold(0_u64, |sum, row| sum.saturating_add(row.calls));
            let Page { items, next, .. } = part.of(&all, |row| row.key.clone(), |row| Ok(row.clone()))?;
            let seen = reader.observed(person, &(from..to)).map_err(stored)?;
            let mut sums = ObservedSums::default();
            seen.iter().filter(|row| is_covered(row.person)).for_each(|row| sums.add(&row.sums));
            Ok(Overview { items, next, from, to, charge, calls, observed: observed::totals(&sums) })
        })
        .await
    }

    /// A page of single charges, newest first. Every one is acknowledged: its entry is on disk.
    ///
    /// # Errors
    /// Nobody of that name, a day that can't be read, or the projection.
    pub async fn charges(&self, wanted: Wanted) -> Result<ChargePage, Error> {
        let Understood { person, range, .. } = self.understood(&wanted)?;
        self.report(move |inner| {
            let cursor = wanted.before.map(Lsn);
            let page = match person {
                Some(person) => inner.reader.charges_of_person(person, range, cursor, PAGE_MAX),
                None => inner.reader.charges(range, cursor, PAGE_MAX),
            };
            let page = page.map_err(stored)?;
            let items = page.rows.iter().filter(|row| row.kind != ChargeKind::WrittenOff).map(charge).collect();
            Ok(ChargePage { items, next: page.next.map(|lsn| lsn.0) })
        })
        .await
    }

    /// A page of denials by key, reason and minute, newest first. They reach this list within about a second.
    ///
    /// # Errors
    /// Nobody of that name, a day or a place that can't be read, or the files.
    pub async fn denials(&self, wanted: Wanted) -> Result<DenialPage, Error> {
        let Understood { person, range, .. } = self.understood(&wanted)?;
        let after = wanted.after.as_deref().map(place).transpose()?;
        let limit = wanted.limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(PAGE_MAX);
        self.report(move |inner| {
            let page = inner.reader.denials(person, range, after.as_ref(), limit).map_err(stored)?;
            let names = inner.names.read();
            let items = page.rows.into_iter().map(|row| Denied {
                minute: row.minute,
                person: row.person,
                person_name: names.person_name(row.person),
                key: row.key,
                reason: row.reason,
                funded: row.funded,
                count: u64::try_from(row.count).unwrap_or(0),
            });
            Ok(DenialPage { items: items.collect(), next: page.next.as_ref().map(place_text) })
        })
        .await
    }

    /// What is left, for one person or everybody who is here.
    ///
    /// # Errors
    /// Nobody or several people are called that.
    pub fn balances(&self, who: Option<&str>) -> Result<List<Balance>, Error> {
        self.balances_page(&Within::Everything, who, &Part::ALL).map(whole)
    }

    /// The same, of those who are covered, in pages.
    pub(crate) fn balances_page(
        &self,
        within: &Within,
        who: Option<&str>,
        part: &Part,
    ) -> Result<Page<Balance>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let mut people: Vec<&Arc<Person>> = match who {
            Some(who) => {
                let id = self.inner.find_person(&snapshot, who)?;
                snapshot.directory.person(id).into_iter().collect()
            }
            None => snapshot.directory.people().filter(|person| !person.has_left(now)).collect(),
        };
        people.retain(|person| within.person(&snapshot.directory, person.id));
        people.sort_unstable_by_key(|person| (person.added_at, person.id));
        part.of(&people, |person| person.id.to_string(), |person| Ok(self.inner.balance(&snapshot, person, now)))
    }

    /// Whose, and from when to when.
    pub(crate) fn understood(&self, wanted: &Wanted) -> Result<Understood, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let person = wanted.person.as_deref().map(|who| self.inner.find_person(&snapshot, who)).transpose()?;
        let start = match &wanted.from {
            Some(from) => dates::instant(from)?,
            None => dates::month(&dates::month_of(now, &Zone::UTC), &Zone::UTC)?.start,
        };
        let end = wanted.to.as_deref().map_or_else(|| Ok(day_after(now).start()), dates::instant)?;
        if end <= start {
            return Err(Refused::new(Code::Invalid, format!("nothing lies between {start} and {end}"))
                .hint("`to` is the first day or instant that is not included")
                .into());
        }
        Ok(Understood { snapshot, person, range: start..end })
    }
}

impl Inner {
    /// What a person has now, as far as the budgets of units and company leave it.
    pub(crate) fn balance(&self, snapshot: &Snapshot, person: &Person, now: Instant) -> Balance {
        let mut funds = Funds::default();
        let mut guaranteed = Nano::ZERO;
        let mut grants = Vec::new();
        for (grant, period) in running_grants(person, now) {
            let parts = grant.parts_at(&grant.rhythm(&person.zones), now);
            let none = [GrantPart { period: period.period, limit: Nano::ZERO }];
            let one = self.grant_funds(grant, if parts.is_empty() { &none } else { &parts });
            add(&mut funds, &one);
            if grant.guaranteed {
                guaranteed = guaranteed.saturating_add(one.available.max(Nano::ZERO));
            }
            grants.push(GrantBalance {
                grant: grant.id,
                funds: one,
                observed: grant.observed(&period),
                resets_at: grant.next_release(&person.zones, now),
                models: patterns_shown(&grant.scope.models),
            });
        }
        let units =
            snapshot.directory.units_above(snapshot.directory.unit_of(person, now)).flat_map(|unit| &unit.budgets);
        let company = snapshot.directory.company().into_iter().flat_map(|company| &company.budgets);
        let above = units.chain(company).filter(|budget| budget.is_in_force(now)).map(|budget| {
            let account = AccountKey { subject: Subject::Budget(budget.id), period: budget.period_at(now) };
            let reserve = snapshot.directory.reserve(budget, account.period);
            self.funds(&account, budget.limit_at(now), reserve).available
        });
        // Budgets above limit only what is not guaranteed.
        let others = above.fold(funds.available.saturating_sub(guaranteed), Nano::min).max(Nano::ZERO);
        let spendable = guaranteed.saturating_add(others);
        let resets_at = person.grants.iter().filter_map(|grant| grant.next_release(&person.zones, now)).min();
        Balance {
            person: person.id,
            name: self.names.read().person_name(person.id),
            funds,
            spendable,
            resets_at,
            grants,
        }
    }

    /// Where a grant stands on some of its accounts, together.
    pub(crate) fn grant_funds(&self, grant: &Grant, parts: &[GrantPart]) -> Funds {
        let funds = |part: &GrantPart| {
            let account = AccountKey { subject: Subject::Grant(grant.id), period: part.period };
            self.funds(&account, part.limit, Nano::ZERO)
        };
        match parts {
            [only] => funds(only),
            parts => parts.iter().map(funds).fold(Funds::default(), |mut sum, one| {
                add(&mut sum, &one);
                sum
            }),
        }
    }

    /// What people call a key: its person, and what uses it.
    fn key_name(&self, snapshot: &Snapshot, key: purser_core::id::KeyId) -> Option<String> {
        let key = snapshot.directory.key_by_id(key)?;
        let person = self.names.read().person_name(key.person)?;
        Some(match &key.agent {
            Some(agent) => format!("{person} ({agent})"),
            None => person,
        })
    }
}

/// A person's grants that have a period at the moment, in burn order.
pub(crate) fn running_grants(person: &Person, now: Instant) -> Vec<(&Grant, CivilPeriod)> {
    let mut running: Vec<(&Grant, CivilPeriod)> = person
        .grants
        .iter()
        .filter(|grant| !grant.is_voided(now))
        .filter_map(|grant| grant.rhythm(&person.zones).period_at(now).map(|period| (&**grant, period)))
        .collect();
    running.sort_by(|(a, a_period), (b, b_period)| Grant::burn_order((a, &a_period.period), (b, &b_period.period)));
    running
}

/// Adds funds up for a display; held at the ends of the range.
pub(crate) fn add(sum: &mut Funds, more: &Funds) {
    sum.limit = sum.limit.saturating_add(more.limit);
    sum.posted = sum.posted.saturating_add(more.posted);
    sum.held = sum.held.saturating_add(more.held);
    sum.suspense = sum.suspense.saturating_add(more.suspense);
    sum.available = sum.available.saturating_add(more.available.max(Nano::ZERO));
}

/// Lines of units, dearest first. Where a settlement did not say in which unit somebody was, it is the one they are in at
/// an instant.
fn in_units(snapshot: &Snapshot, at: Instant, lines: Vec<Line<InUnit>>) -> Vec<Line<UnitId>> {
    let mut units: BTreeMap<UnitId, Line<UnitId>> = BTreeMap::new();
    for line in lines {
        let of = match line.of {
            InUnit::Unit(unit) => unit,
            InUnit::Unsaid(person) => {
                snapshot.directory.person(person).map_or(EVERYBODY, |person| snapshot.directory.unit_of(person, at))
            }
        };
        let none = Line { of, calls: 0, input: 0, cache_read: 0, output: 0, charge: Nano::ZERO };
        let sum = units.entry(of).or_insert(none);
        sum.calls = sum.calls.saturating_add(line.calls);
        sum.input = sum.input.saturating_add(line.input);
        sum.cache_read = sum.cache_read.saturating_add(line.cache_read);
        sum.output = sum.output.saturating_add(line.output);
        sum.charge = sum.charge.saturating_add(line.charge);
    }
    let mut lines: Vec<_> = units.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.charge));
    lines
}

/// One row per tool or project, dearest first, and one without a key for all that names none. Charges that say nothing
/// about a run are in that one too, so that the rows add up to what was spent.
fn attributed(
    reader: &Reader,
    to: Attribution,
    person: Option<PersonId>,
    scope: Scope,
    days: Range<Day>,
) -> Result<Vec<UsageRow>, Error> {
    // First, so that a charge made meanwhile is not taken for one that names nothing.
    let all = reader.usage_by_model(scope, days.clone()).map_err(stored)?;
    let mut lines = reader.usage_by(to, person, &days).map_err(stored)?;
    let mut unsaid = Line { of: None, calls: 0, input: 0, cache_read: 0, output: 0, charge: Nano::ZERO };
    for line in &all {
        unsaid.calls = unsaid.calls.saturating_add(line.calls);
        unsaid.input = unsaid.input.saturating_add(line.input);
        unsaid.cache_read = unsaid.cache_read.saturating_add(line.cache_read);
        unsaid.output = unsaid.output.saturating_add(line.output);
        unsaid.charge = unsaid.charge.saturating_add(line.charge);
    }
    lines.retain(|line| line.of.is_some());
    for line in &lines {
        unsaid.calls = unsaid.calls.saturating_sub(line.calls).max(0);
        unsaid.input = unsaid.input.saturating_sub(line.input).max(0);
        unsaid.cache_read = unsaid.cache_read.saturating_sub(line.cache_read).max(0);
        unsaid.output = unsaid.output.saturating_sub(line.output).max(0);
        unsaid.charge = unsaid.charge.saturating_sub(line.charge);
    }
    if unsaid.calls > 0 || unsaid.charge.is_positive() {
        lines.push(unsaid);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.charge));
    let none = match to {
        Attribution::Tool => "(no tool named)",
        Attribution::Project => "(no project named)",
    };
    Ok(rows(lines, |of: Option<String>| match of {
        Some(name) => (name, None),
        None => (String::new(), Some(none.to_owned())),
    }))
}

fn rows<G>(lines: Vec<Line<G>>, named: impl Fn(G) -> (String, Option<String>)) -> Vec<UsageRow> {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let row = |line: Line<G>| {
        let (key, name) = named(line.of);
        UsageRow {
            key,
            name,
            calls: count(line.calls),
            input_tokens: count(line.input),
            cached_tokens: count(line.cache_read),
            output_tokens: count(line.output),
            charge: line.charge,
        }
    };
    lines.into_iter().map(row).collect()
}

pub(crate) fn charge(row: &ChargeRow) -> Charge {
    let record = row.record();
    Charge {
        id: row.hold.map_or_else(|| format!("entry {}", row.lsn), |hold| hold.to_string()),
        entry: row.lsn.0,
        kind: kind(row.kind).to_owned(),
        at: row.at,
        person: row.person,
        key: row.key,
        provider: row.provider.clone(),
        model: row.model.clone(),
        served_model: row.served_model.clone(),
        dialect: record.as_ref().map(|record| word(record.dialect)),
        tier: record.as_ref().map(|record| record.tier).unwrap_or_default(),
        geo: record.as_ref().and_then(|record| record.geo.clone()),
        usage: record.as_ref().map_or_else(|| counted(row), |record| record.usage),
        charge: row.charge,
        overrun: row.overrun,
        mark: mark(row.mark).to_owned(),
        card: record.as_ref().map(|record| record.card),
        terms: record.as_ref().map(|record| record.terms),
        attempt: record.as_ref().map_or(0, |record| record.attempt),
        client: record.as_ref().map(|record| record.client.clone()).unwrap_or_default(),
        beside: record.map(|record| record.beside).unwrap_or_default(),
    }
}

/// What the row's own columns say, where the settlement kept no record.
fn counted(row: &ChargeRow) -> Usage {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let mut usage = Usage { reasoning: count(row.counts.reasoning()), ..Usage::default() };
    for bucket in Bucket::ALL {
        *bucket.of_mut(&mut usage) = count(row.counts.of(bucket));
    }
    usage
}

pub(crate) const fn kind(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Settlement => "settlement",
        ChargeKind::Adjustment => "adjustment",
        ChargeKind::Reversal => "reversal",
        ChargeKind::Resolution => "resolution",
        ChargeKind::WrittenOff => "written_off",
    }
}

const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Exact => "exact",
        Mark::Estimated => "estimated",
        Mark::Presumed => "presumed",
        Mark::Disputed => "disputed",
    }
}

/// The first day that begins at or after an instant.
pub(crate) fn day_after(at: Instant) -> Day {
    let day = Day::of(at);
    if day.start() == at { day } else { Day(day.0.saturating_add(1)) }
}

pub(crate) fn date_of(day: Day) -> String {
    Zone::UTC.date(day.start()).to_string()
}

#[cfg(test)]
mod tests {
    use purser_core::id::KeyId;

    use super::*;

    #[test]
    fn a_place_among_denials_comes_back_as_it_was() {
        let minute = Instant::from_micros(1_774_000_000_000_000 / 60_000_000 * 60_000_000);
        for (reason, funded) in [("budget_exhausted", false), ("held", true), ("a/b/", false), ("", true)] {
            let (key, person) = (KeyId::new(u128::MAX), PersonId::new(17));
            let here = DenialPlace { minute, key, reason: reason.to_owned(), person, funded };
            assert_eq!(place(&place_text(&here)).unwrap(), here, "{reason}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let good = place_text(&DenialPlace {
            minute: Instant::EPOCH,
            key: KeyId::new(1),
            reason: "held".to_owned(),
            person: PersonId::new(1),
            funded: true,
        });
        for text in
            ["", "/", "////", &good.replace("/funded/", "/perhaps/"), &good.replace("/funded/held", ""), &good[1..]]
        {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
