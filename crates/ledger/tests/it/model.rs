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
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) limits: BTreeMap<usize, i64>,
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

    pub(crate) fn available(&self, account: usize) -> i64 {
        self.limits[&account]
            - Self::on(&self.paid, account)
            - Self::on(&self.holds, account)
            - Self::on(&self.suspense, account)
    }

    fn free(&self, account: usize) -> i64 {
        if self.closed.contains(&account) { 0 } else { self.available(account).max(0) }
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

    fn fit(&self, grants: &[usize], ceilings: &[usize], want: i64, least: i64) -> Result<i64, bool> {
        let mut fits = want;
        let mut only_held = true;
        let money: i64 = grants.iter().map(|g| self.free(*g)).sum();
        let released = |a: usize| self.limits[&a] - Self::on(&self.paid, a) - Self::on(&self.suspense, a);
        if !grants.is_empty() {
            fits = fits.min(money);
            let all: i64 = grants.iter().map(|g| released(*g).max(0)).sum();
            only_held &= money >= least || all >= least;
        }
        for ceiling in ceilings {
            fits = fits.min(self.free(*ceiling));
            only_held &= self.free(*ceiling) >= least || released(*ceiling) >= least;
        }
        if fits >= least { Ok(fits) } else { Err(only_held) }
    }

    pub(crate) fn place(&mut self, name: Name, grants: &[usize], ceilings: &[usize], want: i64, least: i64) -> Placed {
        match self.fit(grants, ceilings, want, least) {
            Err(only_held) => Placed::Short(only_held),
            Ok(amount) => {
                let mut rest = amount;
                let mut legs = Vec::new();
                for grant in grants {
                    let part = rest.min(self.free(*grant));
                    rest -= part;
                    legs.push((*grant, part));
                }
                self.holds.insert(name, Aside { grants: legs, ceilings: ceilings.to_vec(), amount });
                Placed::Amount(amount)
            }
        }
    }

    pub(crate) fn grow(&mut self, name: Name, want: i64, least: i64) -> Placed {
        let hold = self.holds[&name].clone();
        let grants: Vec<usize> = hold.grants.iter().map(|(grant, _)| *grant).collect();
        match self.fit(&grants, &hold.ceilings, want, least) {
            Err(only_held) => Placed::Short(only_held),
            Ok(amount) => {
                let mut rest = amount;
                for (i, grant) in grants.iter().enumerate() {
                    let part = rest.min(self.free(*grant));
                    rest -= part;
                    self.holds.get_mut(&name).unwrap().grants[i].1 += part;
                }
                self.holds.get_mut(&name).unwrap().amount += amount;
                Placed::Amount(amount)
            }
        }
    }

    /// Pays `charge` for what was aside. Returns the overrun over the grants, or over the ceilings where there are no
    /// grants.
    fn pay(&mut self, name: Name, aside: &Aside, charge: i64) -> i64 {
        // What is aside for the call is there for it, whatever else is short.
        let there = |account: usize, own: i64| own + (self.available(account) - own).max(0);
        let mut paid = Aside { grants: Vec::new(), ceilings: aside.ceilings.clone(), amount: charge };
        let mut rest = charge;
        for (grant, held) in &aside.grants {
            let part = rest.min(*held);
            rest -= part;
            paid.grants.push((*grant, part));
        }
        // What was aside is free by now; a grant can give what is available beside what it pays already.
        for leg in &mut paid.grants {
            let part = rest.min((self.available(leg.0) - leg.1).max(0));
            rest -= part;
            leg.1 += part;
        }
        if let Some(last) = aside.grants.iter().rposition(|(_, held)| *held > 0).or(aside.grants.len().checked_sub(1)) {
            paid.grants[last].1 += rest;
        }
        let (mut over_grants, mut over_ceilings) = (0, 0);
        let mut overs = Vec::new();
        for ((grant, amount), (_, own)) in paid.grants.iter().zip(&aside.grants) {
            let over = (amount - there(*grant, *own)).max(0);
            overs.push((*grant, over));
            over_grants += over;
        }
        for ceiling in &paid.ceilings {
            let over = (charge - there(*ceiling, aside.amount)).max(0);
            overs.push((*ceiling, over));
            over_ceilings = over_ceilings.max(over);
        }
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
            for leg in &mut after.grants {
                let part = more.min(self.free(leg.0));
                more -= part;
                leg.1 += part;
            }
            let last = before.grants.iter().rposition(|(_, p)| *p > 0).or(before.grants.len().checked_sub(1));
            if let Some(last) = last {
                after.grants[last].1 += more;
            }
        }
        let legs = before.grants.iter().zip(&after.grants).map(|(b, a)| (a.0, a.1 - b.1));
        let ceilings = before.ceilings.iter().map(|c| (*c, total - before.amount));
        for (account, delta) in legs.chain(ceilings) {
            if self.closed.contains(&account) {
                continue;
            }
            let over = self.overruns.get(&account).copied().unwrap_or(0);
            let over = if delta < 0 {
                over - over.min(-delta)
            } else {
                over + (delta - self.available(account).max(0)).max(0)
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
