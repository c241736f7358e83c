//! A grant: what its periods released, and what was paid of it.

use std::collections::{BTreeMap, HashMap};

use purser_core::account::Period;
use purser_core::grant::{Grant, Part};
use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::pool::CommitmentOf;
use purser_ledger::Lsn;
use purser_store::{AccountRow, PaidAccount};

use super::{Tracing, offer_of};
use crate::control::{Inner, stored};
use crate::error::Error;
use crate::shape::{Funds, TracedCommitment, TracedGrant, TracedPart, TracedPeriod, TracedSums};

/// Periods that are gone through: twenty years of days.
const PERIODS_MAX: usize = 7_400;

/// What is in the files of some grants, read at once: of one moment, and going through the newest charges only once.
pub(super) struct Books(HashMap<GrantId, Vec<PaidAccount>>);

impl Books {
    /// Of each grant, with the charges of the periods asked about (`None`: of all).
    pub(super) fn of(inner: &Inner, asked: &[(GrantId, Option<&[Period]>)]) -> Result<Self, Error> {
        let paid = inner.reader.paid(asked).map_err(stored)?;
        Ok(Self(asked.iter().map(|(grant, _)| *grant).zip(paid).collect()))
    }

    fn account(&self, grant: GrantId, period: &Period) -> Option<&PaidAccount> {
        // In the order in which their periods begin.
        let accounts = self.0.get(&grant)?;
        let first = accounts.partition_point(|paid| paid.account.period.start < period.start);
        let mut begun = accounts.get(first..)?.iter().take_while(|paid| paid.account.period.start == period.start);
        begun.find(|paid| paid.account.period == *period)
    }
}

impl Tracing<'_> {
    /// A grant as a link. Where accounts are named by their periods, only those are shown in full.
    pub(super) fn grant(
        &mut self,
        grant: &Grant,
        books: &Books,
        only: Option<&[Period]>,
    ) -> Result<TracedGrant, Error> {
        let person = self.person_of(grant)?;
        let rhythm = grant.rhythm(&person.zones);
        let mut sums = TracedSums::default();
        let mut periods = Vec::new();
        // What the grant paid, by charge: one may draw on several of its accounts.
        let mut paid = BTreeMap::<Lsn, Nano>::new();
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
                let known = books.account(grant.id, &part.period);
                let funds = self.funds_of(grant, part, known.map(|known| &known.account));
                let is_over = part.period.end.min(rhythm.ends_at()) <= self.now || grant.is_voided(self.now);
                count(&mut sums, &funds, is_over);
                let Some(PaidAccount { account, postings }) = known else { continue };
                if only.is_some_and(|only| !only.contains(&part.period)) {
                    continue;
                }
                let mut drawn = Nano::ZERO;
                for posting in postings {
                    drawn = drawn.saturating_add(posting.amount);
                    let of_charge = paid.entry(posting.lsn).or_default();
                    *of_charge = of_charge.saturating_add(posting.amount);
                }
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
                    charges: u64::try_from(postings.len()).unwrap_or(u64::MAX),
                });
            }
            if period.period.end <= at {
                break;
            }
            at = period.period.end;
        }
        periods.reverse();
        sums.charges = u64::try_from(paid.len()).unwrap_or(u64::MAX);
        let paid = if only.is_some() { Vec::new() } else { self.parts(&paid)? };
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

    /// The newest of them, newest first.
    fn parts(&self, paid: &BTreeMap<Lsn, Nano>) -> Result<Vec<TracedPart>, Error> {
        let mut parts = Vec::new();
        for (lsn, amount) in paid.iter().rev().take(self.shown) {
            let Some(row) = self.inner.reader.charge(*lsn).map_err(stored)? else { continue };
            parts.push(TracedPart {
                charge: row.hold.map_or_else(|| format!("entry {lsn}"), |hold| hold.to_string()),
                entry: lsn.0,
                at: row.at,
                model: row.model,
                amount: *amount,
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
