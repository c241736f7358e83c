//! What a statement is put together from: a person's grants by account, and what their charges add up to.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use purser_core::account::Period;
use purser_core::directory::Person;
use purser_core::grant::{Grant, Part};
use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::statement::{Seen, SpanOf, Tally, is_prior};
use purser_core::time::Instant;
use purser_ledger::HoldId;
use purser_store::{ChargeKind, StatementAsked, StatementCharge, StatementLeg};

use crate::control::Inner;
use crate::shape::{Funds, StatementAccount, StatementEntries, StatementGrant, StatementItem};
use crate::usage::kind;

/// The most periods of a grant that a year can have: its days, what lives on from before, seams and moves.
const PERIODS_MAX: usize = 800;
/// Items that a statement shows.
const ITEMS_MAX: usize = 1_000;
/// So long after its period something may still be charged to an account without naming a call: suspense is resolved, or
/// borne by the company, sooner.
const LATE: Duration = Duration::from_hours(24 * 100);

pub(super) fn tally_of(grant: &StatementGrant) -> Tally {
    let StatementGrant { opening, granted, moved, used, expired, voided, rolled, closing, .. } = *grant;
    Tally { opening, granted, moved, used, expired, voided, rolled, closing }
}

/// What some charges add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) calls: i64,
    pub(super) input: i64,
    pub(super) cached: i64,
    pub(super) output: i64,
    pub(super) charge: Nano,
    pub(super) overrun: Nano,
    pub(super) entries: StatementEntries,
}

impl Sums {
    fn add(&mut self, charge: &StatementCharge<'_>, amount: Nano) {
        self.calls = self.calls.saturating_add(charge.calls);
        self.input = self.input.saturating_add(charge.input);
        self.cached = self.cached.saturating_add(charge.cache_read);
        self.output = self.output.saturating_add(charge.output);
        self.charge = self.charge.saturating_add(amount);
        if charge.is_theirs {
            self.overrun = self.overrun.saturating_add(charge.overrun);
        }
        note(&mut self.entries, charge.lsn.0);
    }
}

fn note(entries: &mut StatementEntries, lsn: u64) {
    entries.count = entries.count.saturating_add(1);
    entries.first = Some(entries.first.map_or(lsn, |first| first.min(lsn)));
    entries.last = entries.last.max(Some(lsn));
}

/// A late charge or a correction.
pub(super) struct Correction {
    pub(super) lsn: u64,
    pub(super) kind: ChargeKind,
    pub(super) at: Instant,
    pub(super) amount: Nano,
    pub(super) hold: Option<HoldId>,
    pub(super) periods: Vec<Period>,
    pub(super) corrects: Option<Instant>,
}

impl Correction {
    /// Is there a charge that it corrects?
    pub(super) fn is_of_another(&self) -> bool {
        matches!(self.kind, ChargeKind::Adjustment | ChargeKind::Reversal)
    }

    fn shown(self, prior: bool) -> StatementItem {
        StatementItem {
            entry: self.lsn,
            kind: kind(self.kind).to_owned(),
            at: self.at,
            amount: self.amount,
            hold: self.hold.map(|hold| hold.to_string()),
            prior,
            corrects: self.corrects,
            periods: self.periods.iter().map(|period| period.start).collect(),
        }
    }
}

/// An account and what is known of it.
pub(super) struct SeenAccount {
    pub(super) seen: Seen,
    pub(super) no: Option<u32>,
    pub(super) entries: StatementEntries,
    /// Did its period begin in the span?
    pub(super) is_new: bool,
}

/// A grant and its accounts.
pub(super) struct GatheredGrant {
    pub(super) grant: GrantId,
    pub(super) known: Option<Arc<Grant>>,
    pub(super) accounts: Vec<SeenAccount>,
    pub(super) places: HashMap<Period, usize>,
    pub(super) counted: Nano,
}

/// One person's statement while it is put together.
pub(super) struct Gathered {
    pub(super) person: Arc<Person>,
    pub(super) of: SpanOf,
    pub(super) range: Range<Instant>,
    pub(super) as_of: Instant,
    pub(super) since: Instant,
    pub(super) grants: Vec<GatheredGrant>,
    pub(super) totals: Sums,
    pub(super) models: BTreeMap<String, Sums>,
    pub(super) tools: BTreeMap<String, Sums>,
    pub(super) days: BTreeMap<jiff::civil::Date, Sums>,
    pub(super) months: BTreeMap<SpanOf, Sums>,
    /// Which months begin when, of a year.
    pub(super) starts: Vec<(Instant, SpanOf)>,
    pub(super) corrections: Vec<Correction>,
    /// When holds were settled, for those that are corrected later.
    pub(super) settled: HashMap<HoldId, Instant>,
}

impl Gathered {
    pub(super) fn of(person: &Arc<Person>, of: SpanOf, now: Instant) -> Self {
        let range = of.bounds(&person.zones);
        let as_of = now.min(range.end).max(range.start);
        let mut since = range.start.saturating_sub(LATE);
        let grants = person.grants.iter().map(|grant| {
            let (gathered, begins) = GatheredGrant::of(person, grant, &range, as_of);
            since = since.min(begins);
            gathered
        });
        let grants = grants.collect();
        let starts = match of {
            SpanOf::Month(_) => Vec::new(),
            SpanOf::Year(_) => of.months().map(|month| (month.bounds(&person.zones).start, month)).collect(),
        };
        Self {
            person: Arc::clone(person),
            of,
            range,
            as_of,
            since,
            grants,
            totals: Sums::default(),
            models: BTreeMap::new(),
            tools: BTreeMap::new(),
            days: BTreeMap::new(),
            months: BTreeMap::new(),
            starts,
            corrections: Vec::new(),
            settled: HashMap::new(),
        }
    }

    pub(super) fn asked(&self) -> StatementAsked {
        StatementAsked {
            person: self.person.id,
            grants: self.grants.iter().map(|grant| grant.grant).collect(),
            since: self.since,
            range: self.range.clone(),
        }
    }

    pub(super) fn take(&mut self, charge: &StatementCharge<'_>) {
        // Of what names nobody only what their grants paid is theirs.
        let paid = charge.legs.iter().fold(Nano::ZERO, |sum, leg| sum.saturating_add(leg.amount));
        let amount = if charge.is_theirs { charge.charge } else { paid };
        self.totals.add(charge, amount);
        match self.models.get_mut(charge.model) {
            Some(sums) => sums.add(charge, amount),
            None => self.models.entry(charge.model.to_owned()).or_default().add(charge, amount),
        }
        match self.tools.get_mut(charge.tool) {
            Some(sums) => sums.add(charge, amount),
            None => self.tools.entry(charge.tool.to_owned()).or_default().add(charge, amount),
        }
        if self.starts.is_empty() {
            let day = self.person.zone(charge.at).date(charge.at);
            self.days.entry(day).or_default().add(charge, amount);
        } else {
            let place = self.starts.partition_point(|(start, _)| *start <= charge.at).saturating_sub(1);
            if let Some((_, month)) = self.starts.get(place) {
                self.months.entry(*month).or_default().add(charge, amount);
            }
        }
        for leg in charge.legs {
            self.grant(leg.grant).take(leg, charge);
        }
        if charge.kind == ChargeKind::Settlement
            && let Some(hold) = charge.hold
        {
            self.settled.entry(hold).or_insert(charge.at);
        }
        let is_late = charge.legs.iter().any(|leg| leg.period.end <= self.range.start);
        if is_late || charge.kind != ChargeKind::Settlement {
            self.corrections.push(Correction {
                lsn: charge.lsn.0,
                kind: charge.kind,
                at: charge.at,
                amount,
                hold: charge.hold,
                periods: charge.legs.iter().map(|leg| leg.period).collect(),
                corrects: None,
            });
        }
    }

    pub(super) fn grant(&mut self, id: GrantId) -> &mut GatheredGrant {
        let place = self.grants.iter().position(|grant| grant.grant == id).unwrap_or_else(|| {
            self.grants.push(GatheredGrant::unknown(id));
            self.grants.len().saturating_sub(1)
        });
        &mut self.grants[place]
    }
}

impl GatheredGrant {
    fn unknown(grant: GrantId) -> Self {
        Self { grant, known: None, accounts: Vec::new(), places: HashMap::new(), counted: Nano::ZERO }
    }

    /// A grant with every account that has money in the span, and when the first of them began.
    fn of(person: &Person, grant: &Arc<Grant>, range: &Range<Instant>, as_of: Instant) -> (Self, Instant) {
        let mut gathered = Self { known: Some(Arc::clone(grant)), ..Self::unknown(grant.id) };
        let rhythm = grant.rhythm(&person.zones);
        let living = grant.parts_at(&rhythm, range.start).iter().map(|part| part.period.start).min();
        let running = rhythm.period_at(range.start).map(|running| running.period.start);
        let begins = living.into_iter().chain(running).min();
        let mut next = begins.or_else(|| rhythm.next_reset(range.start));
        for _ in 0..PERIODS_MAX {
            let Some(at) = next.filter(|at| *at < range.end) else { break };
            let Some(period) = rhythm.period_at(at) else {
                next = rhythm.next_reset(at).filter(|later| *later > at);
                continue;
            };
            let began = period.period.start;
            if began > as_of || grant.is_voided(began) {
                break;
            }
            let is_new = began >= range.start;
            if is_new {
                gathered.counted = gathered.counted.saturating_add(grant.observed(&period));
            }
            let before = grant.parts_known(&rhythm, &period, range.start);
            for (part, before) in grant.parts(&rhythm, &period).into_iter().zip(before) {
                let Some(Part { period: span, limit }) = part else { continue };
                if span.end <= range.start {
                    continue;
                }
                let seen = gathered.seen(span, limit);
                seen.seen.limit = limit;
                seen.seen.limit_before = before.map_or(limit, |before| before.limit);
                seen.seen.voided_at = grant.voided_at;
                seen.seen.rolls_at = (span.end > period.period.end).then_some(period.period.end);
                seen.is_new = is_new;
            }
            next = Some(period.period.end);
        }
        (gathered, begins.unwrap_or(range.start))
    }

    /// The account of a period; made, where it is not known, with what the journal says was released to it.
    pub(super) fn seen(&mut self, period: Period, limit: Nano) -> &mut SeenAccount {
        let place = *self.places.entry(period).or_insert_with(|| {
            let seen = Seen {
                period,
                voided_at: self.known.as_ref().and_then(|grant| grant.voided_at),
                rolls_at: None,
                limit_before: limit,
                limit,
                spent_before: Nano::ZERO,
                postings: Vec::new(),
            };
            self.accounts.push(SeenAccount { seen, no: None, entries: StatementEntries::default(), is_new: false });
            self.accounts.len().saturating_sub(1)
        });
        &mut self.accounts[place]
    }

    fn take(&mut self, leg: &StatementLeg, charge: &StatementCharge<'_>) {
        let seen = self.seen(leg.period, Nano::ZERO);
        seen.no = Some(leg.no.0);
        seen.seen.postings.push((charge.at, leg.amount));
        note(&mut seen.entries, charge.lsn.0);
    }

    /// Its part of the statement; nothing where nothing was there.
    pub(super) fn shown(
        &mut self,
        inner: &Inner,
        range: &Range<Instant>,
        as_of: Instant,
        is_final: bool,
    ) -> Option<StatementGrant> {
        self.accounts.sort_by_key(|account| (account.seen.period.start, account.seen.period.end));
        let (mut sums, mut funds, mut accounts) = (Tally::default(), Funds::default(), Vec::new());
        for SeenAccount { seen, no, entries, is_new } in &self.accounts {
            let tally = seen.tally(range, as_of);
            sums.add(&tally);
            if *is_new {
                funds.limit = funds.limit.saturating_add(seen.limit);
                funds.posted = funds.posted.saturating_add(tally.used);
            }
            if let Some(grant) = self.known.as_ref().filter(|_| !is_final) {
                let part = Part { period: seen.period, limit: seen.limit };
                let now = inner.grant_funds(grant, &[part]);
                funds.held = funds.held.saturating_add(now.held);
                funds.suspense = funds.suspense.saturating_add(now.suspense);
            }
            if let Some(no) = no
                && entries.count > 0
            {
                let Period { start, end } = seen.period;
                accounts.push(StatementAccount {
                    account: *no,
                    from: start,
                    to: end,
                    paid: tally.used,
                    entries: *entries,
                });
            }
        }
        let aside = funds.held.saturating_add(funds.suspense);
        funds.available = sums.closing.saturating_sub(aside).max(Nano::ZERO);
        if sums == Tally::default() && funds == Funds::default() && accounts.is_empty() {
            return None;
        }
        let Tally { opening, granted, moved, used, expired, voided, rolled, closing } = sums;
        let grant = self.grant;
        Some(StatementGrant { grant, funds, opening, granted, moved, used, expired, voided, rolled, closing, accounts })
    }
}

/// Late charges and corrections, told and added up.
#[derive(Default)]
pub(super) struct Items {
    pub(super) shown: Vec<StatementItem>,
    pub(super) left_off: u64,
    /// What corrects, together.
    pub(super) adjusted: Nano,
    /// What belongs to earlier periods, together.
    pub(super) prior: Nano,
}

impl Items {
    pub(super) fn of(range: &Range<Instant>, corrections: Vec<Correction>) -> Self {
        let mut items = Self::default();
        for correction in corrections {
            let is_prior = is_prior(range, correction.periods.iter().copied(), correction.corrects);
            if correction.kind != ChargeKind::Settlement {
                items.adjusted = items.adjusted.saturating_add(correction.amount);
            }
            if is_prior {
                items.prior = items.prior.saturating_add(correction.amount);
            }
            if items.shown.len() < ITEMS_MAX {
                items.shown.push(correction.shown(is_prior));
            } else {
                items.left_off = items.left_off.saturating_add(1);
            }
        }
        items
    }
}
