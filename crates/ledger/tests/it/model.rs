//! The ledger written slowly and obviously: lists of who put what where, every balance summed anew each time. It
//! shares no code with the ledger.

use std::collections::{BTreeMap, BTreeSet};

/// A call's or an item's name: its place in the history.
pub(crate) type Name = usize;

/// Something aside: how much on each grant, in burn order, and the whole of it on each ceiling.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    pub(crate) grants: Vec<(usize, i64)>,
    pub(crate) ceilings: Vec<usize>,
    pub(crate) amount: i64,
    /// Those of the grants that were guaranteed when the call was placed.
    pub(crate) guaranteed: Vec<usize>,
}

impl Aside {
    fn guaranteed_amount(&self) -> i64 {
        self.grants.iter().filter(|(grant, _)| self.guaranteed.contains(grant)).map(|(_, amount)| amount).sum()
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) limits: BTreeMap<usize, i64>,
    /// Grants that are guaranteed.
    pub(crate) guaranteed: BTreeSet<usize>,
    /// Ceilings that yield to them, and what each keeps.
    pub(crate) reserves: BTreeMap<usize, i64>,
    overruns: BTreeMap<usize, i64>,
    pub(crate) holds: BTreeMap<Name, Aside>,
    pub(crate) suspense: BTreeMap<Name, Aside>,
    pub(crate) paid: BTreeMap<Name, Aside>,
    closed: BTreeSet<usize>,
}

pub(crate) enum Placed {
    Amount(i64),
    /// `true`: the money is only held.
    Short(bool),
}

/// How a call would be shared over its grants: which of them pay how much.
type Shares = Vec<(usize, i64)>;

impl Model {
    fn on(list: &BTreeMap<Name, Aside>, account: usize) -> i64 {
        let mut sum = 0;
        for aside in list.values() {
            for (grant, amount) in &aside.grants {
                if *grant == account {
                    sum += amount;
                }
            }
            for ceiling in &aside.ceilings {
                if *ceiling == account {
                    sum += aside.amount;
                }
            }
        }
        sum
    }

    /// What guaranteed legs have on a ceiling that yields.
    fn guaranteed_on(&self, list: &BTreeMap<Name, Aside>, account: usize) -> i64 {
        if !self.reserves.contains_key(&account) {
            return 0;
        }
        list.values().filter(|aside| aside.ceilings.contains(&account)).map(Aside::guaranteed_amount).sum()
    }

    /// The part of what a ceiling keeps that guaranteed legs have not taken.
    fn kept(&self, account: usize, with_holds: bool) -> i64 {
        let mut taken = self.guaranteed_on(&self.paid, account) + self.guaranteed_on(&self.suspense, account);
        if with_holds {
            taken += self.guaranteed_on(&self.holds, account);
        }
        (self.reserves.get(&account).copied().unwrap_or(0) - taken).max(0)
    }

    /// What others than guaranteed legs have on a ceiling.
    pub(crate) fn others_on(&self, account: usize) -> i64 {
        [&self.paid, &self.holds, &self.suspense]
            .iter()
            .map(|list| Self::on(list, account) - self.guaranteed_on(list, account))
            .sum()
    }

    pub(crate) fn available(&self, account: usize) -> i64 {
        self.limits[&account]
            - Self::on(&self.paid, account)
            - Self::on(&self.holds, account)
            - Self::on(&self.suspense, account)
            - self.kept(account, true)
    }

    fn free(&self, account: usize) -> i64 {
        if self.closed.contains(&account) { 0 } else { self.available(account).max(0) }
    }

    fn free_if_all_released(&self, account: usize) -> i64 {
        let left = self.limits[&account] - Self::on(&self.paid, account) - Self::on(&self.suspense, account);
        (left - self.kept(account, false)).max(0)
    }

    /// limit, spent, held, suspense, overrun
    pub(crate) fn amounts(&self, account: usize) -> [i64; 5] {
        [
            self.limits[&account],
            Self::on(&self.paid, account),
            Self::on(&self.holds, account),
            Self::on(&self.suspense, account),
            self.overruns.get(&account).copied().unwrap_or(0),
        ]
    }

    /// What a ceiling keeps; and what guaranteed legs have spent, hold and have in suspense there.
    pub(crate) fn guarantees(&self, account: usize) -> [i64; 4] {
        [
            self.reserves.get(&account).copied().unwrap_or(0),
            self.guaranteed_on(&self.paid, account),
            self.guaranteed_on(&self.holds, account),
            self.guaranteed_on(&self.suspense, account),
        ]
    }

    /// An amount in burn order, if it can be shared so that no ceiling is asked for more than it gives. `free` says
    /// what an account gives.
    fn shared(
        &self,
        grants: &[(usize, bool)],
        ceilings: &[usize],
        amount: i64,
        free: &dyn Fn(usize) -> i64,
    ) -> Option<Shares> {
        let mut shares = Shares::new();
        let (mut rest, mut others) = (amount, 0);
        for (grant, guaranteed) in grants {
            let mut part = rest.min(free(*grant));
            if !guaranteed {
                for ceiling in ceilings.iter().filter(|c| self.reserves.contains_key(c)) {
                    part = part.min((free(*ceiling) - others).max(0));
                }
                others += part;
            }
            rest -= part;
            shares.push((*grant, part));
        }
        if grants.is_empty() {
            others = amount;
            rest = 0;
        }
        for ceiling in ceilings {
            let asked = if self.reserves.contains_key(ceiling) { others } else { amount };
            if asked > free(*ceiling) {
                return None;
            }
        }
        (rest == 0).then_some(shares)
    }

    /// The most that can be shared, from `want` downwards; or whether `least` could be once all holds were released.
    fn fit(&self, grants: &[(usize, bool)], ceilings: &[usize], want: i64, least: i64) -> Result<(i64, Shares), bool> {
        let now = |account| self.free(account);
        for amount in (least..=want).rev() {
            if let Some(shares) = self.shared(grants, ceilings, amount, &now) {
                return Ok((amount, shares));
            }
        }
        Err(self.shared(grants, ceilings, least, &|account| self.free_if_all_released(account)).is_some())
    }

    pub(crate) fn place(&mut self, name: Name, grants: &[usize], ceilings: &[usize], want: i64, least: i64) -> Placed {
        let guaranteed: Vec<usize> = grants.iter().filter(|grant| self.guaranteed.contains(grant)).copied().collect();
        let terms: Vec<_> = grants.iter().map(|grant| (*grant, guaranteed.contains(grant))).collect();
        match self.fit(&terms, ceilings, want, least) {
            Err(only_held) => Placed::Short(only_held),
            Ok((amount, legs)) => {
                let ceilings = ceilings.to_vec();
                self.holds.insert(name, Aside { grants: legs, ceilings, amount, guaranteed });
                Placed::Amount(amount)
            }
        }
    }

    pub(crate) fn grow(&mut self, name: Name, want: i64, least: i64) -> Placed {
        let hold = self.holds[&name].clone();
        let terms: Vec<_> = hold.grants.iter().map(|(grant, _)| (*grant, hold.guaranteed.contains(grant))).collect();
        match self.fit(&terms, &hold.ceilings, want, least) {
            Err(only_held) => Placed::Short(only_held),
            Ok((amount, more)) => {
                let hold = self.holds.get_mut(&name).unwrap();
                for (leg, (_, part)) in hold.grants.iter_mut().zip(more) {
                    leg.1 += part;
                }
                hold.amount += amount;
                Placed::Amount(amount)
            }
        }
    }

    /// Adds an excess to what the call's grants pay: in burn order, others than guaranteed ones no more than the
    /// ceilings have for them; then in burn order whatever is there; then on the grant that paid last.
    fn share_excess(&self, legs: &mut [(usize, i64)], aside: &Aside, excess: i64) {
        let mut free: Vec<i64> = legs.iter().map(|(grant, _)| self.free(*grant)).collect();
        let yielding = aside.ceilings.iter().filter(|c| self.reserves.contains_key(c) && !self.closed.contains(c));
        let mut others = yielding.map(|ceiling| self.free(*ceiling)).min().unwrap_or(i64::MAX);
        let last = legs.iter().rposition(|(_, paid)| *paid > 0).or(legs.len().checked_sub(1));
        let mut rest = excess;
        for pass in 0..2 {
            for (leg, free) in legs.iter_mut().zip(&mut free) {
                let mut part = rest.min(*free);
                if pass == 0 && !aside.guaranteed.contains(&leg.0) {
                    part = part.min(others);
                    others -= part;
                }
                leg.1 += part;
                *free -= part;
                rest -= part;
            }
        }
        if let Some(last) = last {
            legs[last].1 += rest;
        }
    }

    /// Pays `charge` for what was aside. Returns the overrun over the grants, or over the ceilings where there are no
    /// grants.
    fn pay(&mut self, name: Name, aside: &Aside, charge: i64) -> i64 {
        let mut paid = Aside { grants: Vec::new(), amount: charge, ..aside.clone() };
        let mut rest = charge;
        for (grant, held) in &aside.grants {
            let part = rest.min(*held);
            rest -= part;
            paid.grants.push((*grant, part));
        }
        // As long as the call is not paid, what was aside for it is there for nobody else.
        self.holds.insert(name, aside.clone());
        if rest > 0 {
            self.share_excess(&mut paid.grants, aside, rest);
        }
        let (mut over_grants, mut over_ceilings) = (0, 0);
        let mut overs = Vec::new();
        for ((grant, amount), (_, own)) in paid.grants.iter().zip(&aside.grants) {
            let over = (amount - own - self.available(*grant).max(0)).max(0);
            overs.push((*grant, over));
            over_grants += over;
        }
        for ceiling in &paid.ceilings {
            let over = if self.reserves.contains_key(ceiling) {
                // Guaranteed legs have what is kept, and what they need above it competes with the others.
                let (own, now) = (aside.guaranteed_amount(), paid.guaranteed_amount());
                let above = ((now - own).max(0) - self.kept(*ceiling, true)).max(0);
                let others = (charge - now) - (aside.amount - own) + above;
                (others - self.available(*ceiling).max(0)).max(0)
            } else {
                (charge - aside.amount - self.available(*ceiling).max(0)).max(0)
            };
            overs.push((*ceiling, over));
            over_ceilings = over_ceilings.max(over);
        }
        self.holds.remove(&name);
        let has_grants = !paid.grants.is_empty();
        for (account, over) in overs {
            *self.overruns.entry(account).or_default() += over;
        }
        self.paid.insert(name, paid);
        if has_grants { over_grants } else { over_ceilings }
    }

    pub(crate) fn settle(&mut self, name: Name, charge: i64) -> i64 {
        let aside = self.holds.remove(&name).unwrap();
        self.pay(name, &aside, charge)
    }

    pub(crate) fn suspend_all(&mut self) {
        let holds = std::mem::take(&mut self.holds);
        self.suspense.extend(holds);
    }

    pub(crate) fn resolve(&mut self, name: Name, charge: Option<i64>) {
        let aside = self.suspense.remove(&name).unwrap();
        self.pay(name, &aside, charge.unwrap_or(0));
    }

    /// What was paid becomes `total`.
    pub(crate) fn adjust(&mut self, name: Name, total: i64) {
        let before = self.paid[&name].clone();
        let mut after = before.clone();
        after.amount = total;
        let mut more = total - before.amount;
        if more < 0 {
            for leg in after.grants.iter_mut().rev() {
                let back = leg.1.min(-more);
                leg.1 -= back;
                more += back;
            }
        } else {
            self.share_excess(&mut after.grants, &before, more);
        }
        let legs = before.grants.iter().zip(&after.grants).map(|(b, a)| (a.0, a.1 - b.1));
        let ceilings = before.ceilings.iter().map(|c| (*c, total - before.amount));
        for (account, delta) in legs.chain(ceilings) {
            if self.closed.contains(&account) {
                continue;
            }
            let over = self.overruns.get(&account).copied().unwrap_or(0);
            let over = if delta < 0 {
                let mut back = -delta;
                if self.reserves.contains_key(&account) {
                    // What guaranteed legs get back is kept again, but for what they took above it.
                    let guaranteed = before.guaranteed_amount() - after.guaranteed_amount();
                    let [kept, spent, held, suspense] = self.guarantees(account);
                    back = back - guaranteed + guaranteed.min((spent + held + suspense - kept).max(0));
                }
                over - over.min(back)
            } else {
                let mut more = delta;
                if self.reserves.contains_key(&account) {
                    let guaranteed = after.guaranteed_amount() - before.guaranteed_amount();
                    more -= guaranteed.min(self.kept(account, true));
                }
                over + (more - self.available(account).max(0)).max(0)
            };
            self.overruns.insert(account, over);
        }
        self.paid.insert(name, after);
    }

    pub(crate) fn is_used(&self, account: usize) -> bool {
        self.holds
            .values()
            .chain(self.suspense.values())
            .any(|aside| aside.grants.iter().any(|(grant, _)| *grant == account) || aside.ceilings.contains(&account))
    }

    pub(crate) fn close(&mut self, account: usize) {
        self.closed.insert(account);
    }

    pub(crate) fn is_closed(&self, account: usize) -> bool {
        self.closed.contains(&account)
    }
}
