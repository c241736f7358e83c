//! What is checked while everything goes on.

use std::collections::BTreeMap;

use std::rc::Rc;

use super::book::Book;
use super::company::Company;
use super::detail::Working;
use super::due::{CallOn, Due, told};
use super::entry::{DISPUTED, EXACT, Entry, HoldName, Key, Line};
use super::facts::{AllKnown, Asked, Check, Denied, Finding, Finish, Known, Report};
use super::frames::{End, Reader, Shape};
use super::happening::Happening;
use super::rating::{Counts, Prices, charge};

/// The auditor of one journal through all its crashes.
#[derive(Debug)]
pub struct Audit {
    prices: BTreeMap<u64, Prices>,
    pub(super) shape: Shape,
    pub(super) book: Book,
    pub(super) reader: Reader,
    promised: Reader,
    /// Every record the operating system has.
    pub(super) lines: Vec<Line>,
    pub(super) end: End,
    pub(super) known: AllKnown,
    /// What the events read so far have made of the company.
    pub(super) company: Company,
    /// The same as it was each time when a change was shown to everybody.
    pub(super) versions: Vec<Rc<Company>>,
    /// How much is promised below a limit, by version, limit and period: it is asked for again and again.
    promises: std::cell::RefCell<BTreeMap<(usize, Key), (i128, bool)>>,
    /// Kinds of records and events that were read.
    kinds: BTreeMap<&'static str, u64>,
    pub(super) denials: Vec<Denied>,
    pub(super) operations: BTreeMap<u128, u64>,
    pub(super) carried_out: BTreeMap<u64, u128>,
    pub(super) acknowledged: u64,
    pub(super) checked: u64,
    /// Denials that could be judged.
    pub(super) judged: u64,
    /// Acknowledgements that came after their syncs.
    told: u64,
}

pub(super) type Checked = Result<(), Finding>;

pub(super) fn must(holds: bool, check: Check, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Finding { check, what: what() }) }
}

impl Audit {
    /// Of an empty journal, given the price lists by version.
    #[must_use]
    pub fn new(prices: BTreeMap<u64, Prices>, shape: Shape) -> Self {
        Self {
            prices,
            shape,
            book: Book::default(),
            reader: Reader::new(shape),
            promised: Reader::new(shape),
            lines: Vec::new(),
            end: End::Clean,
            known: AllKnown::new(),
            company: Company::default(),
            versions: vec![Rc::default()],
            promises: std::cell::RefCell::default(),
            kinds: BTreeMap::new(),
            denials: Vec::new(),
            operations: BTreeMap::new(),
            carried_out: BTreeMap::new(),
            acknowledged: 0,
            checked: 0,
            judged: 0,
            told: 0,
        }
    }

    /// How many records were checked, how many denials, how many acknowledgements against the syncs before them.
    #[must_use]
    pub fn effort(&self) -> (u64, u64, u64) {
        (self.checked, self.judged, self.told)
    }

    /// Everybody knows of all events read so far, and of these, whose records may not be with the operating system yet;
    /// the number of this state.
    pub fn published(&mut self, ahead: &[(u64, Vec<u8>)]) -> usize {
        let mut company = self.company.clone();
        for (_, event) in ahead.iter().filter(|(lsn, _)| *lsn > self.book.lsn) {
            // What is wrong with it is found when it is read.
            if let Ok(happening) = Happening::read(event) {
                let _ = company.take(&happening);
            }
        }
        self.versions.push(Rc::new(company));
        self.versions.len() - 1
    }

    /// How often records and events of each kind were read.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.kinds.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Would this event, as bytes, keep to the rules where the journal is now?
    ///
    /// # Errors
    /// The bytes can't be read.
    pub fn would_take(&self, event: &[u8]) -> Result<Result<(), String>, Finding> {
        let happening = Happening::read(event).map_err(|what| Finding::new(Check::Promises, what))?;
        Ok(self.company.clone().take(&happening))
    }

    /// Does a change cut a grant below the floor of its letter, so that it needs its person's word?
    ///
    /// # Errors
    /// The bytes can't be read.
    pub fn is_below_floor(&self, event: &[u8], at: i64) -> Result<bool, Finding> {
        let happening = Happening::read(event).map_err(|what| Finding::new(Check::Promises, what))?;
        Ok(self.company.is_below_floor(&happening, at))
    }

    /// Pool, year, funds and what is set aside of them, as everybody knows it.
    #[must_use]
    pub fn pool_years(&self) -> Vec<(u128, i64, i128, i128)> {
        self.versions.last().map(|company| company.pool_years()).unwrap_or_default()
    }

    /// Whose role is known, with its family and level, as everybody knows it.
    #[must_use]
    pub fn roles(&self) -> Vec<(u128, (String, Option<String>))> {
        self.versions.last().map(|company| company.roles()).unwrap_or_default()
    }

    /// Money was set aside.
    pub fn asked(&mut self, hold: HoldName, asked: Asked) -> Checked {
        let twice = |known: &Known| (known.asked.call, known.asked.attempt) == (asked.call, asked.attempt);
        let before = self.known.iter().find(|(_, known)| twice(known)).map(|(name, _)| *name);
        must(before.is_none(), Check::Once, || {
            format!("attempt {} of call {} holds {hold:?} and {before:?}", asked.attempt, asked.call)
        })?;
        let known = Known {
            asked,
            sent: false,
            real: 0,
            safe: 0,
            report: None,
            finish: None,
            outgrew: false,
            seen: super::book::Aside::default(),
        };
        self.known.insert(hold, known);
        Ok(())
    }

    fn of(&mut self, hold: HoldName) -> Result<&mut Known, Finding> {
        self.known.get_mut(&hold).ok_or_else(|| Finding::new(Check::Once, format!("nobody asked for hold {hold:?}")))
    }

    /// The owner of a hold was told that so much of it may be spent, because the record is written or (`durable`) synced.
    pub fn cleared(&mut self, hold: HoldName, amount: i128, lsn: u64, durable: bool) -> Checked {
        let (written, promised) = (self.reader.last(), self.promised.last());
        must(lsn <= written, Check::Cleared, || {
            format!("{hold:?} is let out by record {lsn}, only {written} are with the operating system")
        })?;
        must(!durable || lsn <= promised, Check::Cleared, || {
            format!("{hold:?} is let out by record {lsn}, only {promised} are on disk")
        })?;
        let known = self.of(hold)?;
        known.safe = known.safe.max(amount);
        Ok(())
    }

    /// The provider has served so much by now.
    pub fn served(&mut self, hold: HoldName, card: u64, counts: Counts) -> Checked {
        let real = self.price(card, &counts)?;
        let known = self.of(hold)?;
        known.sent = true;
        known.real = known.real.max(real);
        let safe = known.safe;
        must(real <= safe, Check::Cleared, || format!("{hold:?} may spend {safe}, and {real} were served"))
    }

    /// The provider told, and the owner heard, what it served.
    pub fn reported(&mut self, hold: HoldName, card: u64, counts: Counts, believable: bool) -> Checked {
        self.of(hold)?.report = Some(Report { card, counts, believable });
        Ok(())
    }

    /// How the call must stand in the books in the end.
    pub fn finish(&mut self, hold: HoldName, finish: Finish) -> Checked {
        self.of(hold)?.finish = Some(finish);
        Ok(())
    }

    /// A dead call cost more than what is left of its hold, because the growth of it was lost.
    pub fn outgrew(&mut self, hold: HoldName) -> Checked {
        self.of(hold)?.outgrew = true;
        Ok(())
    }

    /// Somebody was refused.
    pub fn denied(&mut self, denied: Denied) -> Checked {
        if denied.lsn == self.book.lsn {
            return self.judge(&denied);
        }
        self.denials.push(denied);
        Ok(())
    }

    /// A command is given for an operation. Another command for the same one is a repetition that should have had the
    /// same id.
    pub fn commanded(&mut self, command: u128, operation: u64) {
        self.operations.insert(command, operation);
    }

    /// Somebody was told that this record is on disk.
    pub fn acknowledged(&mut self, lsn: u64) -> Checked {
        let promised = self.promised.last();
        must(lsn <= promised, Check::Acknowledged, || format!("record {lsn} is acknowledged, syncs cover {promised}"))?;
        self.acknowledged = self.acknowledged.max(lsn);
        self.told += 1;
        Ok(())
    }

    pub(super) fn price(&self, card: u64, counts: &Counts) -> Result<i128, Finding> {
        let prices = self.prices.get(&card);
        prices
            .map(|prices| charge(prices, counts))
            .ok_or_else(|| Finding::new(Check::Charge, format!("there is no price list of version {card:016x}")))
    }

    /// Reads what was written since, and checks it.
    pub fn look(&mut self, os: &[&[u8]], promised: &[&[u8]]) -> Checked {
        let found = self.reader.read(os);
        if let End::Damaged(what) = &found.end {
            return Err(Finding::new(Check::Bytes, what.clone()));
        }
        self.end = found.end;
        for line in &found.lines {
            self.take(line)?;
        }
        self.lines.extend(found.lines);
        if let End::Damaged(what) = self.promised.read(promised).end {
            return Err(Finding::new(Check::Bytes, what));
        }
        self.book.guarantees().map_err(|what| Finding::new(Check::Guarantee, what))?;
        self.covered()
    }

    /// From the first byte of promised bytes: after a crash.
    pub(super) fn forget_promises(&mut self) {
        self.promised = Reader::new(self.shape);
    }

    pub(super) fn take(&mut self, line: &Line) -> Checked {
        self.checked += 1;
        *self.kinds.entry(line.entry.kind()).or_default() += 1;
        self.before(line)?;
        self.book.take(line).map_err(|what| Finding::new(Check::Rules, what))?;
        self.after(line)?;
        let lsn = line.lsn;
        let due: Vec<Denied> = self.denials.iter().filter(|denied| denied.lsn == lsn).cloned().collect();
        self.denials.retain(|denied| denied.lsn > lsn);
        due.iter().try_for_each(|denied| self.judge(denied))
    }

    fn before(&self, line: &Line) -> Checked {
        match &line.entry {
            Entry::Hold { id, amount, legs, ceilings } => self.hold_is_due(*id, *amount, legs, ceilings),
            Entry::Settle { id, charge, mark, detail, .. } => self.charge_is_right(*id, *charge, *mark, detail),
            Entry::Release { id } => {
                let real = self.known.get(id).map_or(0, |known| known.real);
                must(real == 0, Check::Once, || format!("{id:?} is released, and {real} were served"))
            }
            Entry::Resolve { command, .. }
            | Entry::Adjust { command, .. }
            | Entry::Reverse { command, .. }
            | Entry::Event { command, .. } => {
                let operation = self.operations.get(command);
                let operation = operation.ok_or_else(|| {
                    Finding::new(Check::Once, format!("record {}: nobody gave command {command}", line.lsn))
                })?;
                let before = self.carried_out.get(operation);
                must(before.is_none(), Check::Once, || {
                    format!("operation {operation} is carried out by commands {before:?} and {command}")
                })
            }
            _ => Ok(()),
        }
    }

    fn after(&mut self, line: &Line) -> Checked {
        match &line.entry {
            Entry::Hold { id, .. } | Entry::Grow { id, .. } => {
                if let (Some(known), Some(aside)) = (self.known.get_mut(id), self.book.holds.get(id)) {
                    known.seen = aside.clone();
                }
            }
            Entry::Resolve { command, .. }
            | Entry::Adjust { command, .. }
            | Entry::Reverse { command, .. }
            | Entry::Event { command, .. } => {
                if let Some(operation) = self.operations.get(command) {
                    self.carried_out.insert(*operation, *command);
                }
            }
            _ => {}
        }
        match &line.entry {
            Entry::Event { payload, .. } => self.happened(line.lsn, payload),
            _ => Ok(()),
        }
    }

    /// Reads an event and holds it to the rules.
    fn happened(&mut self, lsn: u64, payload: &[u8]) -> Checked {
        let bad = |what: String| Finding::new(Check::Promises, format!("record {lsn}: {what}"));
        let happening = Happening::read(payload).map_err(bad)?;
        let mut count = |kind| *self.kinds.entry(kind).or_default() += 1;
        count(happening.kind());
        if let Happening::Part { events, .. } = &happening {
            for event in events {
                count(event.kind());
            }
        }
        self.company.take(&happening).map_err(|what| bad(format!("{what}: {happening:?}")))
    }

    /// Does a hold name the accounts that were agreed, with the limits that were agreed, and take what fits?
    fn hold_is_due(&self, id: HoldName, amount: i128, legs: &[(u32, i128)], ceilings: &[u32]) -> Checked {
        let known = self.known.get(&id);
        let asked = known.map(|known| known.asked.clone());
        let asked = asked.ok_or_else(|| Finding::new(Check::Once, format!("nobody asked for hold {id:?}")))?;
        let due = self.versions[asked.version].due(asked.key, asked.on, asked.planned_at);
        let due = due
            .map(|due| due.in_run(asked.run))
            .ok_or_else(|| Finding::new(Check::Plan, format!("{id:?}: nothing pays for {asked:?}")))?;
        let named = |no: &u32| self.book.accounts.get(no).map(|account| (account.key, account.limit));
        let grants: Vec<Option<(Key, i128)>> = legs.iter().map(|(no, _)| named(no)).collect();
        let mut above: Vec<Option<(Key, i128)>> = ceilings.iter().map(named).collect();
        above.sort_unstable();
        let is_due = grants.iter().eq(due.grants.iter().map(|leg| Some(*leg)).collect::<Vec<_>>().iter())
            && above.iter().eq(due.ceilings.iter().map(|leg| Some(*leg)).collect::<Vec<_>>().iter());
        must(is_due, Check::Plan, || {
            format!(
                "{id:?} was planned at {} and draws on {grants:?} under {above:?}; due are {due:?}",
                asked.planned_at
            )
        })?;
        self.guarantees_are_due(id, legs, ceilings, &due, &asked)?;
        let (fits, _) = self.fits(&due, &asked.kept);
        let expected = asked.want.min(fits);
        must(amount == expected && amount >= asked.least, Check::Plan, || {
            format!("{id:?} takes {amount} where {} are wanted, at least {}, and {fits} fit", asked.want, asked.least)
        })
    }

    /// Are the grants that were promised for good taken as such, do the limits above keep what they must and can they,
    /// and do the others leave it alone, in burn order?
    fn guarantees_are_due(
        &self,
        id: HoldName,
        legs: &[(u32, i128)],
        ceilings: &[u32],
        due: &Due,
        asked: &Asked,
    ) -> Checked {
        let key = |no: &u32| self.book.accounts.get(no).map(|account| account.key);
        for (no, _) in legs {
            let promised = key(no).is_some_and(|key| due.sure.contains(&key));
            must(self.book.sure.contains(no) == promised, Check::Guarantee, || {
                format!("{id:?} takes account {no} as guaranteed or not, and it is agreed otherwise")
            })?;
        }
        let mut others = i128::MAX;
        for no in ceilings {
            let Some(account) = self.book.accounts.get(no) else { continue };
            let found = account.yields.then_some(account.kept);
            if due.yielding.contains(&account.key) {
                let (promised, all) = self.promised_below(asked.version, &account.key);
                let told = told(&asked.kept).get(&account.key).copied().unwrap_or(0);
                let kept = found.unwrap_or(0);
                // What was kept for others once is kept until it is said to be free.
                must(promised <= told && told <= kept && (!all || told == promised), Check::Guarantee, || {
                    format!(
                        "{id:?} is under account {no}, which keeps {found:?}; told were {told}, promised {promised}"
                    )
                })?;
            } else {
                must(found.is_none(), Check::Guarantee, || format!("account {no} yields, and binds everybody"))?;
            }
            must(account.limit >= account.kept || !self.was_kept(asked, account), Check::Guarantee, || {
                format!("account {no} allows {} and keeps {}", account.limit, account.kept)
            })?;
            if account.yields {
                others = others.min(account.left().max(0));
            }
        }
        let mut rest: i128 = legs.iter().map(|leg| leg.1).sum();
        for (no, amount) in legs {
            let mut part = rest.min(self.book.accounts.get(no).map_or(0, |account| account.left().max(0)));
            if !self.book.sure.contains(no) {
                part = part.min(others);
                others -= part;
            }
            rest -= part;
            must(*amount == part, Check::Guarantee, || {
                format!("{id:?} takes {amount} of account {no} where {part} are due: {legs:?}")
            })?;
        }
        Ok(())
    }

    /// Does a limit keep no more than it must, and so no more than it was checked for? A period that is over is not looked
    /// at any more when a limit is lowered, and calls get back into it only where a clock goes back.
    fn was_kept(&self, asked: &Asked, account: &super::book::Account) -> bool {
        let is_over = self.book.at.is_some_and(|at| account.key.end <= at);
        !is_over && told(&asked.kept).get(&account.key).is_some_and(|told| *told == account.kept)
    }

    /// What is promised below a limit in a period, and whether that is all that can be drawn.
    fn promised_below(&self, version: usize, key: &Key) -> (i128, bool) {
        if let Some(known) = self.promises.borrow().get(&(version, *key)) {
            return *known;
        }
        let company = &self.versions[version];
        let promised = company.budgets.get(&key.id).map(|budget| company.promised(budget, key.start, key.end));
        let promised = promised.unwrap_or((0, true));
        self.promises.borrow_mut().insert((version, *key), promised);
        promised
    }

    /// What fits on all accounts now, and what would if every open hold cost nothing.
    fn fits(&self, due: &Due, kept: &[(Key, i128)]) -> (i128, i128) {
        let kept_by = told(kept);
        let account = |key: &Key| self.book.number(key).and_then(|no| self.book.accounts.get(&no));
        // First of guaranteed grants, then of others.
        let (mut now, mut released) = ([0, 0], [0, 0]);
        for (key, limit) in &due.grants {
            let place = usize::from(!due.sure.contains(key));
            now[place] += account(key).map_or(*limit, |account| account.left().max(0));
            released[place] += account(key).map_or(*limit, |account| account.if_all_released(0).max(0));
        }
        let mut bounds = [i128::MAX; 2];
        for (key, limit) in &due.ceilings {
            let kept = due.yielding.contains(key).then(|| kept_by.get(key).copied().unwrap_or(0));
            let new = limit - kept.unwrap_or(0);
            let sure_held = self.book.number(key).map_or(0, |no| self.book.sure_held(no));
            let left = account(key).map_or(new, super::book::Account::left).max(0);
            let left_then = account(key).map_or(new, |account| account.if_all_released(sure_held));
            if kept.is_some() {
                now[1] = now[1].min(left);
                released[1] = released[1].min(left_then.max(0));
            } else {
                bounds = [bounds[0].min(left), bounds[1].min(left_then)];
            }
        }
        ((now[0] + now[1]).min(bounds[0]), (released[0] + released[1]).min(bounds[1]))
    }

    /// What guaranteed grants alone have for a call.
    fn promised(&self, due: &Due, kept: &[(Key, i128)]) -> i128 {
        let sure = due.grants.iter().filter(|(key, _)| due.sure.contains(key)).copied().collect();
        let ceilings = due.ceilings.iter().filter(|(key, _)| !due.yielding.contains(key)).copied().collect();
        self.fits(&Due { grants: sure, ceilings, ..due.clone() }, kept).0
    }

    /// Nothing at all pays for a call, it was told.
    pub fn not_covered(&mut self, key: u128, on: CallOn<'_>, version: usize, planned_at: i64) -> Checked {
        self.judged += 1;
        let due = self.versions[version].due(key, on, planned_at);
        must(due.is_none(), Check::Denial, || {
            format!("key {key} is told that nothing pays for {on:?}; due are {due:?}")
        })
    }

    /// Was it right to refuse? The books are as they were then.
    fn judge(&mut self, denied: &Denied) -> Checked {
        self.judged += 1;
        let due = self.versions[denied.version].due(denied.key, denied.on, denied.planned_at);
        let Some(due) = due.map(|due| due.in_run(denied.run)) else { return Ok(()) };
        let (now, released) = self.fits(&due, &denied.kept);
        let promised = self.promised(&due, &denied.kept);
        must(promised < denied.least, Check::Guarantee, || {
            format!("{denied:?}, and {promised} of guaranteed money were there")
        })?;
        must(now < denied.least, Check::Denial, || format!("{denied:?}, and {now} were there"))?;
        must(!denied.is_final || released < denied.least, Check::Denial, || {
            format!("{denied:?} for good, and {released} would be there if all holds were released")
        })
    }

    fn charge_is_right(&self, id: HoldName, charged: i128, mark: u8, detail: &[u8]) -> Checked {
        let Some(known) = self.known.get(&id) else { return Ok(()) };
        let held = self.book.holds.get(&id).map_or(0, |aside| aside.amount);
        must(known.sent || charged == 0, Check::Once, || format!("{id:?} was never sent and costs {charged}"))?;
        let bad = |what: String| Finding { check: Check::Charge, what };
        let working = Working::read(detail).map_err(|what| bad(format!("{id:?}: {what}")))?;
        must(working.mark == mark, Check::Charge, || format!("{id:?} is marked {mark} and {}", working.mark))?;
        if mark == DISPUTED {
            let doubted = known.report.is_some_and(|report| !report.believable);
            return must(doubted && charged == held, Check::Charge, || {
                format!("{id:?} is disputed at {charged}, its bound is {held}, its report {:?}", known.report)
            });
        }
        if mark != EXACT {
            let excused = known.report.is_none() && charged <= held;
            return must(excused, Check::Charge, || {
                format!("{id:?} is estimated at {charged} of {held}, its report {:?}", known.report)
            });
        }
        let Some(report) = known.report else {
            return Err(bad(format!("{id:?} is charged {charged} exactly, and nobody reported anything")));
        };
        let right = report.believable && working.card == report.card && working.counts == report.counts;
        must(right && working.others == 0, Check::Charge, || {
            format!("{id:?} is charged for {working:?}, reported were {report:?}")
        })?;
        let terms = self.prices.get(&report.card).map_or((1, 1), |prices| prices.terms);
        must(working.terms == terms, Check::Charge, || format!("{id:?} is charged at terms {:?}", working.terms))?;
        let expected = self.price(report.card, &report.counts)?;
        must(charged == expected, Check::Charge, || format!("{id:?} is charged {charged}, it costs {expected}"))
    }

    /// Is every bit of real money counted?
    pub(super) fn covered(&self) -> Checked {
        let mut under_way: BTreeMap<u32, i128> = BTreeMap::new();
        let mut lost: BTreeMap<u32, i128> = BTreeMap::new();
        for (id, known) in &self.known {
            let has_ended = self.book.ended.contains_key(id);
            for (no, share, lost_of_it) in self.lost_shares(*id, known) {
                *under_way.entry(no).or_default() += if has_ended { lost_of_it } else { share };
                *lost.entry(no).or_default() += lost_of_it;
            }
        }
        let mut slices: BTreeMap<u32, i128> = self.book.slices_charged.clone();
        for item in self.book.items.values().filter(|item| item.hold.is_none()) {
            item.aside.shares(item.aside.amount).into_iter().for_each(|(no, amount)| {
                *slices.entry(no).or_default() += amount;
            });
        }
        for (no, real) in &under_way {
            let settled = self.book.slices_charged.get(no).copied().unwrap_or(0);
            let aside = self.book.accounts.get(no).map_or(0, |account| account.held + account.suspense);
            must(*real <= aside + settled, Check::Covered, || {
                let calls: Vec<_> = self
                    .known
                    .iter()
                    .filter(|(id, known)| {
                        self.lost_shares(**id, known).iter().any(|share| share.0 == *no && share.1 > 0)
                    })
                    .collect();
                format!(
                    "account {no}: {real} were served and not charged, {aside} set aside, {settled} resolved: {calls:?}"
                )
            })?;
        }
        for (no, lost) in lost {
            let covered = slices.get(&no).copied().unwrap_or(0);
            must(lost <= covered, Check::Covered, || {
                format!(
                    "account {no}: {lost} were served by calls that nobody knows of, {covered} are set aside for them"
                )
            })?;
        }
        Ok(())
    }

    /// By account: what a call really cost that is not charged yet, and what of it the hold itself does not cover.
    fn lost_shares(&self, id: HoldName, known: &Known) -> Vec<(u32, i128, i128)> {
        // Once somebody decided what a call costs, that is what counts.
        let is_decided = !known.outgrew || matches!(known.finish, Some(Finish::Is(_)));
        if known.real == 0 || (self.book.ended.contains_key(&id) && is_decided) {
            return Vec::new();
        }
        let own = self.own(id);
        let shares = known.seen.shares(known.real).into_iter();
        shares.map(|(no, share)| (no, share, (share - own.get(&no).copied().unwrap_or(0)).max(0))).collect()
    }

    /// What a hold has set aside by itself, open or in suspense, or has paid.
    fn own(&self, id: HoldName) -> BTreeMap<u32, i128> {
        if let Some(ended) = self.book.ended.get(&id) {
            let ceilings = ended.aside.ceilings.iter().map(|no| (*no, ended.charge));
            return ended.paid.iter().copied().chain(ceilings).collect();
        }
        let in_suspense = || self.book.items.values().find(|item| item.hold == Some(id)).map(|item| &item.aside);
        let aside = self.book.holds.get(&id).or_else(in_suspense);
        aside.map(|aside| aside.shares(aside.amount)).unwrap_or_default()
    }

    /// What was really served on an account by calls that are lost, beyond what was resolved so far.
    #[must_use]
    pub fn lost_on(&self, account: u32) -> i128 {
        let shares = self.known.iter().flat_map(|(id, known)| self.lost_shares(*id, known));
        let lost: i128 = shares.filter(|(no, _, _)| *no == account).map(|(_, _, lost)| lost).sum();
        lost - self.book.slices_charged.get(&account).copied().unwrap_or(0)
    }

    /// What the provider served for a hold so far.
    #[must_use]
    pub fn real_of(&self, hold: HoldName) -> i128 {
        self.known.get(&hold).map_or(0, |known| known.real)
    }

    /// How much of a hold was safe to spend when that was last asked.
    #[must_use]
    pub fn safe_of(&self, hold: HoldName) -> i128 {
        self.known.get(&hold).map_or(0, |known| known.safe)
    }

    /// How the call must stand in the books in the end, as far as is known.
    #[must_use]
    pub fn finish_of(&self, hold: HoldName) -> Option<Finish> {
        self.known.get(&hold).and_then(|known| known.finish)
    }

    /// The ledger's own balances: number, then limit, spent, held, suspense, overrun, what is kept for guaranteed money,
    /// what that has taken. Compared where the books are as far
    /// as the ledger is.
    pub fn balances(&self, decided: u64, balances: &[(u32, [i64; 7])]) -> Checked {
        if decided != self.book.lsn {
            return Ok(());
        }
        let own = self
            .book
            .accounts
            .iter()
            .map(|(no, a)| (*no, [a.limit, a.spent, a.held, a.suspense, a.overrun, a.kept, a.sure]));
        let theirs = balances.iter().map(|(no, amounts)| (*no, amounts.map(i128::from)));
        let differs = own.clone().zip(theirs.clone()).find(|(own, theirs)| own != theirs);
        must(differs.is_none() && own.count() == balances.len(), Check::Balances, || {
            format!("record {decided}: the books say and the ledger says {differs:?}")
        })?;
        self.book.agrees().map_err(|what| Finding::new(Check::Balances, what))
    }
}
