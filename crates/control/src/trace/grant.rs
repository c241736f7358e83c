//! A grant: what its periods released, and what was paid of it.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::account::{Period, Subject};
use purser_core::grant::{Grant, Part};
use purser_core::money::Nano;
use purser_core::pool::CommitmentOf;
use purser_core::time::Instant;
use purser_ledger::Lsn;
use purser_store::{AccountRow, PAGE_MAX};

use super::{Tracing, offer_of};
use crate::control::stored;
use crate::error::Error;
use crate::shape::{Funds, TracedCommitment, TracedGrant, TracedPart, TracedPeriod, TracedSums};

/// Periods that are gone through: twenty years of days.
const PERIODS_MAX: usize = 7_400;

/// What a grant paid, by charge: one may draw on several of its accounts.
#[derive(Default)]
struct Paid {
    seen: BTreeSet<Lsn>,
    /// The newest ones.
    last: BTreeMap<Lsn, Nano>,
}

impl Tracing<'_> {
    /// A grant as a link. Where accounts are named by their periods, only those are shown in full.
    pub(super) fn grant(&mut self, grant: &Grant, only: Option<&[Period]>) -> Result<TracedGrant, Error> {
        let person = self.person_of(grant)?;
        let all = Instant::from_micros(i64::MIN)..Instant::FAR_FUTURE;
        let accounts = self.inner.reader.accounts_of(Subject::Grant(grant.id), all).map_err(stored)?;
        let rhythm = grant.rhythm(&person.zones);
        let mut sums = TracedSums::default();
        let mut periods = Vec::new();
        let mut paid = Paid::default();
        let mut at = rhythm.starts_at().max(grant.created_at);
        for _ in 0..PERIODS_MAX {
            if at > self.now || grant.is_voided(at) {
                break;
            }
            let Some(period) = rhythm.period_at(at) else {
                match rhythm.next_reset(at) {
                    Some(next) => at = next,
                    None => break,
                }
                continue;
            };
            sums.periods = sums.periods.saturating_add(1);
            for part in grant.parts(&rhythm, &period).into_iter().flatten() {
                let account = accounts.iter().find(|account| account.period == part.period);
                let funds = self.funds_of(grant, part, account);
                let is_over = part.period.end.min(rhythm.ends_at()) <= self.now || grant.is_voided(self.now);
                count(&mut sums, &funds, is_over);
                let Some(account) = account else { continue };
                if only.is_some_and(|only| !only.contains(&part.period)) {
                    continue;
                }
                let (charges, drawn) = self.drawn(account, &mut paid)?;
                let day = person.zone(period.period.start).date(period.period.start);
                self.checks.equal(
                    format!("charges of the period from {day} are what the ledger posted on it"),
                    &drawn,
                    &funds.posted,
                );
                // The ledger learns of a change with the next call.
                if grant.life.is_none() {
                    self.checks.equal(
                        format!("the ledger released in the period from {day} what the grant promises"),
                        &account.limit,
                        &part.limit,
                    );
                }
                periods.push(TracedPeriod {
                    from: part.period.start,
                    to: part.period.end,
                    first_day: day.to_string(),
                    funds,
                    charges,
                });
            }
            if period.period.end <= at {
                break;
            }
            at = period.period.end;
        }
        periods.reverse();
        sums.charges = u64::try_from(paid.seen.len()).unwrap_or(u64::MAX);
        let paid = if only.is_some() { Vec::new() } else { self.parts(paid.last)? };
        Ok(TracedGrant {
            grant: self.inner.show_grant(self.snapshot, grant, self.now),
            offer: offer_of(grant),
            commitments: self.commitments(grant),
            sums,
            periods,
            paid,
        })
    }

    /// Where one of its accounts stands: what is open from the ledger, what was posted from the projection.
    fn funds_of(&mut self, grant: &Grant, part: Part, account: Option<&AccountRow>) -> Funds {
        let mut funds = self.inner.grant_funds(grant, &[part]);
        let Some(account) = account else { return funds };
        if let Some(balance) = self.inner.ledger.balance(account.no) {
            self.checks.equal(
                format!("account {} has the same charges in ledger and reports", account.no),
                &account.spent,
                &balance.spent,
            );
        }
        funds.posted = account.spent;
        funds.available =
            funds.limit.saturating_sub(funds.posted).saturating_sub(funds.held).saturating_sub(funds.suspense);
        funds
    }

    /// Goes through every charge that an account paid: how many there are, and what they come to.
    fn drawn(&self, account: &AccountRow, paid: &mut Paid) -> Result<(u64, Nano), Error> {
        let (mut charges, mut sum, mut cursor) = (0_u64, Nano::ZERO, None);
        loop {
            let page = self.inner.reader.postings(account.no, cursor, PAGE_MAX).map_err(stored)?;
            for row in &page.rows {
                charges = charges.saturating_add(1);
                sum = sum.saturating_add(row.amount);
                paid.seen.insert(row.lsn);
                let of_charge = paid.last.entry(row.lsn).or_default();
                *of_charge = of_charge.saturating_add(row.amount);
                if paid.last.len() > self.shown {
                    paid.last.pop_first();
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok((charges, sum)),
            }
        }
    }

    /// Newest first.
    fn parts(&self, paid: BTreeMap<Lsn, Nano>) -> Result<Vec<TracedPart>, Error> {
        let mut parts = Vec::new();
        for (lsn, amount) in paid.into_iter().rev() {
            let Some(row) = self.inner.reader.charge(lsn).map_err(stored)? else { continue };
            parts.push(TracedPart {
                charge: row.hold.map_or_else(|| format!("entry {lsn}"), |hold| hold.to_string()),
                entry: lsn.0,
                at: row.at,
                model: row.model,
                amount,
            });
        }
        Ok(parts)
    }

    fn commitments(&self, grant: &Grant) -> Vec<TracedCommitment> {
        let names = self.inner.names.read();
        let commitment = self.directory().commitment(CommitmentOf::Grant(grant.id));
        let shares = commitment.iter().flat_map(|commitment| commitment.shares.iter());
        shares
            .map(|share| TracedCommitment {
                pool: share.pool,
                pool_name: names.pool_name(share.pool),
                year: share.year.0,
                amount: share.amount,
            })
            .collect()
    }
}

fn count(sums: &mut TracedSums, funds: &Funds, is_over: bool) {
    sums.released = sums.released.saturating_add(funds.limit);
    sums.spent = sums.spent.saturating_add(funds.posted);
    sums.held = sums.held.saturating_add(funds.held);
    sums.suspense = sums.suspense.saturating_add(funds.suspense);
    let rest = funds.available.max(Nano::ZERO);
    if is_over {
        sums.lapsed = sums.lapsed.saturating_add(rest);
    } else {
        sums.left = sums.left.saturating_add(rest);
    }
}
