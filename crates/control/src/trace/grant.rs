//! A grant: what its periods released, and what was paid of it.

use std::collections::VecDeque;

use purser_core::account::Subject;
use purser_core::grant::{Grant, Part};
use purser_core::money::Nano;
use purser_core::pool::CommitmentOf;
use purser_core::time::Instant;
use purser_store::{AccountRow, PAGE_MAX};

use super::{Tracing, offer_of};
use crate::control::stored;
use crate::error::Error;
use crate::shape::{Funds, TracedCommitment, TracedGrant, TracedPart, TracedPeriod, TracedSums};

/// Periods that are gone through: twenty years of days.
const PERIODS_MAX: usize = 7_400;

/// What a period was drawn for.
#[derive(Default)]
struct Drawn {
    charges: u64,
    sum: Nano,
    /// The last ones, newest last.
    last: VecDeque<(purser_ledger::Lsn, Nano)>,
}

impl Tracing<'_> {
    /// A grant as a link. Where a period is named, only that one is shown in full.
    pub(super) fn grant(&mut self, grant: &Grant, only: Option<Instant>) -> Result<TracedGrant, Error> {
        let person = self.person_of(grant)?;
        let all = Instant::from_micros(i64::MIN)..Instant::FAR_FUTURE;
        let accounts = self.inner.reader.accounts_of(Subject::Grant(grant.id), all).map_err(stored)?;
        let rhythm = grant.rhythm(&person.zones);
        let mut sums = TracedSums::default();
        let mut periods = Vec::new();
        let mut paid: VecDeque<(purser_ledger::Lsn, Nano)> = VecDeque::new();
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
                let wanted = only.is_none_or(|from| from == period.period.start);
                if !wanted {
                    continue;
                }
                let drawn = self.drawn(account)?;
                let day = person.zone(period.period.start).date(period.period.start);
                self.checks.equal(
                    format!("charges of the period from {day} are what the ledger posted on it"),
                    &drawn.sum,
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
                sums.charges = sums.charges.saturating_add(drawn.charges);
                periods.push(TracedPeriod {
                    from: part.period.start,
                    to: part.period.end,
                    first_day: day.to_string(),
                    funds,
                    charges: drawn.charges,
                });
                paid.extend(drawn.last);
                while paid.len() > self.shown {
                    paid.pop_front();
                }
            }
            if period.period.end <= at {
                break;
            }
            at = period.period.end;
        }
        periods.reverse();
        let paid = if only.is_some() { Vec::new() } else { self.parts(paid)? };
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

    /// Goes through every charge that an account paid.
    fn drawn(&self, account: &AccountRow) -> Result<Drawn, Error> {
        let mut drawn = Drawn::default();
        let mut cursor = None;
        loop {
            let page = self.inner.reader.postings(account.no, cursor, PAGE_MAX).map_err(stored)?;
            for row in &page.rows {
                drawn.charges = drawn.charges.saturating_add(1);
                drawn.sum = drawn.sum.saturating_add(row.amount);
                drawn.last.push_back((row.lsn, row.amount));
                if drawn.last.len() > self.shown {
                    drawn.last.pop_front();
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(drawn),
            }
        }
    }

    fn parts(&self, paid: VecDeque<(purser_ledger::Lsn, Nano)>) -> Result<Vec<TracedPart>, Error> {
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
        parts.sort_by_key(|part| std::cmp::Reverse(part.entry));
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
