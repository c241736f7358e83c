//! The auditor's own books: what the records add up to, kept in wide integers.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, HoldName, Key, Line, MarkCode, Part};

/// One account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) key: Key,
    pub(super) limit: i128,
    pub(super) spent: i128,
    pub(super) held: i128,
    pub(super) suspense: i128,
    pub(super) overrun: i128,
    pub(super) slice: i128,
    /// A limit that may not refuse guaranteed money.
    pub(super) yields: bool,
    /// What it keeps for that, used and unused together.
    pub(super) kept: i128,
    /// What guaranteed money has of it: spent, held, in suspense.
    pub(super) sure: i128,
    /// By how much it may be over its limit, because that was lowered, a slice was lost, or a call overran.
    excused: i128,
    users: i64,
}

impl Account {
    fn taken(&self) -> i128 {
        self.spent + self.held + self.suspense
    }

    fn unclaimed(&self) -> i128 {
        (self.kept - self.sure).max(0)
    }

    /// What is left for money that is not guaranteed.
    pub(super) fn left(&self) -> i128 {
        self.limit - self.taken() - self.unclaimed()
    }

    fn free(&self) -> i128 {
        self.left().max(0)
    }

    /// What would be left if every open hold cost nothing, of which guaranteed money holds so much.
    pub(super) fn if_all_released(&self, sure_held: i128) -> i128 {
        self.limit - self.spent - self.suspense - (self.kept - self.sure + sure_held).max(0)
    }

    /// By how much it can't be as it should: others took what is kept now.
    fn is_short(&self) -> i128 {
        (self.taken() - self.sure + self.kept.max(self.sure) - self.limit).max(0)
    }
}

/// What a call set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) amount: i128,
    pub(super) legs: Vec<Part>,
    pub(super) ceilings: Vec<u32>,
    /// Those of the legs that are guaranteed.
    pub(super) sure: Vec<u32>,
}

impl Aside {
    fn sure_of(&self, parts: &[Part]) -> i128 {
        parts.iter().filter(|(no, _)| self.sure.contains(no)).map(|(_, amount)| amount).sum()
    }

    /// Who bears an amount: the legs one after the other up to what each holds, every ceiling in full.
    pub(super) fn shares(&self, amount: i128) -> BTreeMap<u32, i128> {
        let mut shares: BTreeMap<u32, i128> = self.ceilings.iter().map(|no| (*no, amount)).collect();
        let mut rest = amount;
        for (no, held) in &self.legs {
            let part = rest.min(*held);
            rest -= part;
            shares.insert(*no, part);
        }
        shares
    }

    fn parts(&self) -> Vec<Part> {
        let ceilings = self.ceilings.iter().map(|no| (*no, self.amount));
        self.legs.iter().copied().chain(ceilings).collect()
    }
}

/// What is set aside and nobody accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) hold: Option<HoldName>,
    pub(super) aside: Aside,
}

/// A call that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) charge: i128,
    pub(super) paid: Vec<Part>,
    pub(super) aside: Aside,
    /// `None`: released, or resolved out of suspense.
    pub(super) mark: Option<MarkCode>,
    pub(super) written_off: bool,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) lsn: u64,
    pub(super) at: Option<i64>,
    epoch: u32,
    pub(super) boot: Option<u64>,
    pub(super) rested: bool,
    last_account: u32,
    last_hold: u64,
    pub(super) accounts: BTreeMap<u32, Account>,
    pub(super) holds: BTreeMap<HoldName, Aside>,
    pub(super) ended: BTreeMap<HoldName, Ended>,
    pub(super) items: BTreeMap<u64, Item>,
    /// By which record each command was carried out.
    pub(super) commands: BTreeMap<u128, u64>,
    pub(super) events: BTreeMap<u128, Vec<u8>>,
    /// Charged to slices in suspense so far, by account.
    pub(super) slices_charged: BTreeMap<u32, i128>,
    /// Numbers of accounts of guaranteed grants, closed ones too.
    pub(super) sure: BTreeSet<u32>,
    /// What guaranteed grants were charged that they did not have.
    sure_overrun: i128,
    /// Keys that were ever opened: each once.
    opened: BTreeSet<Key>,
}

type Checked = Result<(), String>;

fn must(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// What one record does to one account.
#[derive(Clone, Copy, Default)]
struct Change {
    funded: i128,
    charged: i128,
    held: i128,
    suspense: i128,
    /// Of what is charged, and of what is held or in suspense: the guaranteed part.
    sure_charged: i128,
    sure_aside: i128,
    /// Only growing holds are bounded by what is left.
    takes: bool,
}

impl Book {
    /// Every account that a grant ever had.
    pub(super) fn of_grants(&self) -> impl Iterator<Item = Key> {
        self.opened.iter().filter(|key| key.kind == 1).copied()
    }

    pub(super) fn number(&self, key: &Key) -> Option<u32> {
        self.accounts.iter().find(|(_, account)| account.key == *key).map(|(no, _)| *no)
    }

    /// Takes the next record, or says what is wrong with it.
    pub(super) fn take(&mut self, line: &Line) -> Checked {
        self.take_in(line).map_err(|what| format!("record {} ({:?}): {what}", line.lsn, line.entry))
    }

    fn take_in(&mut self, line: &Line) -> Checked {
        must(line.lsn == self.lsn + 1, || format!("record {} must follow", self.lsn + 1))?;
        must(self.at.is_none_or(|at| at <= line.at), || "its time is before that of the record before".to_owned())?;
        self.lsn = line.lsn;
        self.at = Some(line.at);
        let rested = matches!(line.entry, Entry::Rest);
        match &line.entry {
            Entry::Boot { epoch, boot } => {
                must(*epoch == self.epoch + 1, || format!("epoch {} must follow", self.epoch + 1))?;
                must(self.holds.is_empty(), || "a start leaves holds open whose owners are gone".to_owned())?;
                (self.epoch, self.boot, self.last_hold) = (*epoch, Some(*boot), 0);
                self.accounts.values_mut().for_each(|account| account.slice = 0);
            }
            Entry::Rest => self.accounts.values_mut().for_each(|account| account.slice = 0),
            Entry::Open { no, key } => self.open(*no, *key, line.at)?,
            Entry::Fund { no, delta } => self.change(*no, Change { funded: *delta, ..Change::default() }).map(drop)?,
            Entry::Slice { no, amount } => {
                must(*amount >= 0, || "a slice is negative".to_owned())?;
                self.account(*no)?.slice = *amount;
            }
            Entry::Hold { id, amount, legs, ceilings } => {
                must(*id == (self.epoch, self.last_hold + 1), || "it is not the next hold".to_owned())?;
                self.last_hold += 1;
                let sure = legs.iter().map(|leg| leg.0).filter(|no| self.sure.contains(no)).collect();
                let aside = Aside { amount: *amount, legs: legs.clone(), ceilings: ceilings.clone(), sure };
                self.set_aside(&aside)?;
                self.use_by(&aside, 1);
                self.holds.insert(*id, aside);
            }
            Entry::Grow { id, amount, legs } => {
                let hold = self.holds.get(id).ok_or("it grows a hold that is not open")?.clone();
                self.set_aside(&Aside { amount: *amount, legs: legs.clone(), ..hold })?;
                let hold = self.holds.get_mut(id).ok_or("it grows a hold that is not open")?;
                hold.amount += amount;
                for (no, more) in legs {
                    let leg = hold.legs.iter_mut().find(|(known, _)| known == no).ok_or("it grows a strange leg")?;
                    leg.1 += more;
                }
            }
            Entry::Settle { id, charge, legs, overrun, mark, .. } => {
                self.end(*id, *charge, legs, *overrun, Some(*mark))?;
            }
            Entry::Release { id } => self.end(*id, 0, &[], 0, None)?,
            Entry::Suspend { id } => {
                let aside = self.holds.remove(id).ok_or("it suspends a hold that is not open")?;
                for (no, amount) in aside.parts() {
                    self.change(no, Change { held: -amount, suspense: amount, ..Change::default() })?;
                }
                self.items.insert(line.lsn, Item { hold: Some(*id), aside });
            }
            Entry::SuspendSlice { no, amount } => self.suspend_slice(line.lsn, *no, *amount)?,
            Entry::Resolve { command, item, written_off, charge, legs, overrun } => {
                self.command(*command, line.lsn)?;
                self.resolve(*item, *written_off, *charge, legs, *overrun)?;
            }
            Entry::Adjust { command, id, delta, legs, ceilings } => {
                self.command(*command, line.lsn)?;
                self.adjust(*id, *delta, legs, ceilings)?;
            }
            Entry::Reverse { command, id } => {
                self.command(*command, line.lsn)?;
                let ended = self.ended.get(id).ok_or("it reverses a call that has not ended")?;
                let legs: Vec<Part> = ended.paid.iter().map(|(no, amount)| (*no, -amount)).collect();
                let (delta, ceilings) = (-ended.charge, ended.aside.ceilings.clone());
                self.adjust(*id, delta, &legs, &ceilings)?;
            }
            Entry::Close { no } => {
                let account = *self.account(*no)?;
                must(account.users == 0 && account.key.end <= line.at, || "it closes an account in use".to_owned())?;
                self.accounts.remove(no);
            }
            Entry::Reserve { no, amount } => {
                must(*amount >= 0, || "it keeps less than nothing".to_owned())?;
                let account = self.account(*no)?;
                must(account.key.kind != 1, || "a grant keeps nothing for others".to_owned())?;
                let (yields, unused) = (account.yields, account.taken() == 0);
                // What others took is told apart from nothing.
                let told = yields || unused || !self.has_sure(*no);
                must(told, || "it tells guaranteed money apart after it was spent".to_owned())?;
                let account = self.account(*no)?;
                (account.yields, account.kept) = (true, *amount);
                account.excused = account.is_short();
            }
            Entry::Guarantee { no } => {
                let account = self.account(*no)?;
                must(account.key.kind == 1, || "only grants are guaranteed".to_owned())?;
                self.sure.insert(*no);
            }
            Entry::Event { command, payload } => {
                self.command(*command, line.lsn)?;
                self.events.insert(*command, payload.clone());
            }
        }
        self.rested = rested;
        Ok(())
    }

    fn open(&mut self, no: u32, key: Key, at: i64) -> Checked {
        must(no == self.last_account + 1, || format!("account {} must follow", self.last_account + 1))?;
        must(at < key.end, || "its period is over".to_owned())?;
        must(self.opened.insert(key), || "its money was given before".to_owned())?;
        self.last_account = no;
        let (limit, spent, held, suspense, overrun, slice, users) = (0, 0, 0, 0, 0, 0, 0);
        let (yields, kept, sure, excused) = (false, 0, 0, 0);
        let account = Account { key, limit, spent, held, suspense, overrun, slice, yields, kept, sure, excused, users };
        self.accounts.insert(no, account);
        Ok(())
    }

    fn account(&mut self, no: u32) -> Result<&mut Account, String> {
        self.accounts.get_mut(&no).ok_or_else(|| format!("account {no} is not open"))
    }

    fn command(&mut self, command: u128, lsn: u64) -> Checked {
        match self.commands.insert(command, lsn) {
            Some(before) => Err(format!("its command was carried out by record {before}")),
            None => Ok(()),
        }
    }

    fn use_by(&mut self, aside: &Aside, by: i64) {
        for (no, _) in aside.parts() {
            if let Some(account) = self.accounts.get_mut(&no) {
                account.users += by;
            }
        }
    }

    fn set_aside(&mut self, aside: &Aside) -> Checked {
        must(aside.amount >= 0 && aside.legs.iter().all(|leg| leg.1 >= 0), || "it holds less than nothing".to_owned())?;
        let of_legs: i128 = aside.legs.iter().map(|leg| leg.1).sum();
        must(aside.legs.is_empty() || of_legs == aside.amount, || "its legs are not its amount".to_owned())?;
        let sure_aside = aside.sure_of(&aside.legs);
        for (no, amount) in aside.parts() {
            self.change(no, Change { held: amount, sure_aside, takes: true, ..Change::default() })?;
        }
        Ok(())
    }

    /// Does it, and gives what of the charge was not there.
    fn change(&mut self, no: u32, change: Change) -> Result<i128, String> {
        let account = self.account(no)?;
        let before = *account;
        // Grants and other limits know of no parts.
        let (sure_charged, sure_aside) = if before.yields { (change.sure_charged, change.sure_aside) } else { (0, 0) };
        let freed = (-(change.held + change.suspense - sure_aside)).max(0);
        let excess = (sure_charged + sure_aside.min(0)).max(0);
        let above = (excess - before.unclaimed()).max(0);
        let over = (change.charged - sure_charged + above - before.free() - freed).max(0);
        // What guaranteed money gets back is kept again, but for what it took above that.
        let above_kept = (before.sure - before.kept).max(0);
        let back = (sure_charged - change.charged).max(0) + (-sure_charged).max(0).min(above_kept);
        let excused = if change.charged < 0 { back.min(before.overrun) } else { 0 };
        account.limit += change.funded;
        account.spent += change.charged;
        account.held += change.held;
        account.suspense += change.suspense;
        account.overrun += over - excused;
        account.sure += sure_charged + sure_aside;
        if change.funded == 0 {
            account.excused += over + change.suspense.max(0);
        } else {
            account.excused = account.is_short();
        }
        let after = *account;
        let all = [after.limit, after.spent, after.held, after.suspense, after.overrun, after.sure];
        must(all.iter().all(|amount| *amount >= 0), || format!("account {no} would hold less than nothing: {all:?}"))?;
        let over_limit = || format!("account {no} is over its limit: {all:?}");
        let others = change.held - sure_aside;
        must(!change.takes || others <= 0 || others <= before.free(), over_limit)?;
        // A lowered limit and a lost slice may leave less than nothing; nothing else may make it worse, but an overrun
        // that says so.
        let may_fall = change.funded < 0 || change.suspense > 0 || sure_charged + sure_aside > 0;
        let floor = (before.left() + before.overrun).min(0);
        must(may_fall || after.left() + after.overrun >= floor, over_limit)?;
        if self.sure.contains(&no) {
            self.sure_overrun += over;
        }
        Ok(over - excused)
    }

    /// A call is paid out of what it held, or out of suspense.
    fn pay(&mut self, aside: &Aside, charge: i128, legs: &[Part], from_suspense: bool) -> Result<i128, String> {
        must(charge >= 0 && legs.iter().all(|leg| leg.1 >= 0), || "it charges less than nothing".to_owned())?;
        let sum: i128 = legs.iter().map(|leg| leg.1).sum();
        must(sum == charge || aside.legs.is_empty(), || "its legs do not add up".to_owned())?;
        if charge <= aside.amount {
            let owed = aside.shares(charge);
            let all_right = legs.iter().all(|(no, paid)| owed.get(no) == Some(paid));
            must(all_right, || format!("its legs are not in burn order: {owed:?}"))?;
        }
        let mut over = 0;
        for (no, held) in &aside.legs {
            let charged = legs.iter().filter(|leg| leg.0 == *no).map(|leg| leg.1).sum();
            over += self.change(*no, freeing(*held, charged, from_suspense))?;
        }
        let (sure_charged, sure_aside) = (aside.sure_of(legs), -aside.sure_of(&aside.legs));
        for no in &aside.ceilings {
            self.change(*no, Change { sure_charged, sure_aside, ..freeing(aside.amount, charge, from_suspense) })?;
        }
        self.use_by(aside, -1);
        Ok(over)
    }

    fn end(&mut self, id: HoldName, charge: i128, legs: &[Part], stated: i128, mark: Option<MarkCode>) -> Checked {
        must(!self.ended.contains_key(&id), || "the call ended before".to_owned())?;
        let aside = self.holds.remove(&id).ok_or("it ends a hold that is not open")?;
        let over = self.pay(&aside, charge, legs, false)?;
        must(over == stated, || format!("{over} of it was not there, it states {stated}"))?;
        self.ended.insert(id, Ended { charge, paid: legs.to_vec(), aside, mark, written_off: false });
        Ok(())
    }

    fn suspend_slice(&mut self, lsn: u64, no: u32, amount: i128) -> Checked {
        let account = self.account(no)?;
        must(amount > 0 && amount == account.slice, || format!("the slice is {}", account.slice))?;
        account.slice = 0;
        account.users += 1;
        let mut aside = Aside { amount, ..Aside::default() };
        if account.key.kind == 1 {
            aside.legs.push((no, amount));
        } else {
            aside.ceilings.push(no);
        }
        self.change(no, Change { suspense: amount, ..Change::default() })?;
        self.items.insert(lsn, Item { hold: None, aside });
        Ok(())
    }

    fn resolve(&mut self, item: u64, written_off: bool, charge: i128, legs: &[Part], stated: i128) -> Checked {
        let Item { hold, aside } = self.items.remove(&item).ok_or("it resolves what is not in suspense")?;
        let over = self.pay(&aside, charge, legs, true)?;
        must(over == stated, || format!("{over} of it was not there, it states {stated}"))?;
        must(!written_off || charge == 0, || "it charges what it writes off".to_owned())?;
        match hold {
            Some(id) => {
                drop(self.ended.insert(id, Ended { charge, paid: legs.to_vec(), aside, mark: None, written_off }));
            }
            None => {
                // What is written off stands for what was lost as well as a charge does.
                let accounted = if written_off { aside.amount } else { charge };
                for (no, _) in aside.parts() {
                    *self.slices_charged.entry(no).or_default() += accounted;
                }
            }
        }
        Ok(())
    }

    fn adjust(&mut self, id: HoldName, delta: i128, legs: &[Part], ceilings: &[u32]) -> Checked {
        let ended = self.ended.get(&id).ok_or("it corrects a call that has not ended")?.clone();
        must(ended.charge + delta >= 0, || "a charge would be less than nothing".to_owned())?;
        must(ended.aside.ceilings == ceilings, || "it corrects other ceilings".to_owned())?;
        let sum: i128 = legs.iter().map(|leg| leg.1).sum();
        must(sum == delta || ended.aside.legs.is_empty(), || "its legs do not add up".to_owned())?;
        if delta < 0 {
            let mut back = -delta;
            for (no, _) in ended.aside.legs.iter().rev() {
                let paid: i128 = ended.paid.iter().filter(|leg| leg.0 == *no).map(|leg| leg.1).sum();
                let part = back.min(paid);
                back -= part;
                let given: i128 = legs.iter().filter(|leg| leg.0 == *no).map(|leg| -leg.1).sum();
                must(given == part, || "what is given back does not go to the last grant first".to_owned())?;
            }
        }
        let mut paid = ended.paid;
        for (no, amount) in legs {
            match paid.iter_mut().find(|(known, _)| known == no) {
                Some(leg) => leg.1 += amount,
                None => paid.push((*no, *amount)),
            }
        }
        let sure_charged = ended.aside.sure_of(legs);
        for (no, amount) in legs.iter().copied().chain(ceilings.iter().map(|no| (*no, delta))) {
            // An account closed since bears nothing any more.
            if self.accounts.contains_key(&no) {
                self.change(no, Change { charged: amount, sure_charged, ..Change::default() })?;
            } else if self.sure.contains(&no) {
                self.sure_overrun += amount.max(0);
            }
        }
        let ended = self.ended.get_mut(&id).ok_or("it corrects a call that has not ended")?;
        (ended.charge, ended.paid) = (ended.charge + delta, paid);
        Ok(())
    }

    /// Has guaranteed money gone under a limit?
    fn has_sure(&self, no: u32) -> bool {
        let items = self.items.values().map(|item| &item.aside);
        let all = self.holds.values().chain(self.ended.values().map(|ended| &ended.aside)).chain(items);
        all.filter(|aside| aside.ceilings.contains(&no)).any(|aside| !aside.sure.is_empty())
    }

    /// What guaranteed money holds of a limit that yields to it.
    pub(super) fn sure_held(&self, no: u32) -> i128 {
        if !self.accounts.get(&no).is_some_and(|account| account.yields) {
            return 0;
        }
        let named = self.holds.values().filter(|aside| aside.ceilings.contains(&no));
        named.map(|aside| aside.sure_of(&aside.legs)).sum()
    }

    /// Does every limit above keep its promise: guaranteed money took no more than was kept for it, and all together no
    /// more than the limit, but for what is excused?
    pub(super) fn guarantees(&self) -> Checked {
        for (no, account) in self.accounts.iter().filter(|(_, account)| account.yields) {
            must(account.sure <= account.kept + self.sure_overrun, || {
                format!("account {no} keeps {} for guaranteed money, which took {}", account.kept, account.sure)
            })?;
            must(account.taken() <= account.limit + account.excused + self.sure_overrun, || {
                format!("account {no} is over its limit of {}: {account:?}", account.limit)
            })?;
        }
        Ok(())
    }

    /// Do the parts agree: what is held on each account is what the open holds say, and so on.
    pub(super) fn agrees(&self) -> Checked {
        let mut held: BTreeMap<u32, i128> = BTreeMap::new();
        let mut suspense: BTreeMap<u32, i128> = BTreeMap::new();
        for (no, amount) in self.holds.values().flat_map(Aside::parts) {
            *held.entry(no).or_default() += amount;
        }
        for (no, amount) in self.items.values().flat_map(|item| item.aside.parts()) {
            *suspense.entry(no).or_default() += amount;
        }
        for (no, account) in &self.accounts {
            let of_parts = (held.get(no).copied().unwrap_or(0), suspense.get(no).copied().unwrap_or(0));
            must((account.held, account.suspense) == of_parts, || {
                format!(
                    "account {no} has {} held and {} in suspense, its parts say {of_parts:?}",
                    account.held, account.suspense
                )
            })?;
        }
        Ok(())
    }
}

fn freeing(amount: i128, charged: i128, from_suspense: bool) -> Change {
    if from_suspense {
        Change { charged, suspense: -amount, ..Change::default() }
    } else {
        Change { charged, held: -amount, ..Change::default() }
    }
}
