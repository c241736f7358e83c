//! What is checked once everything has come to its end.

use super::checks::{Audit, Checked, must};
use super::facts::{Check, Finding, Finish};
use super::frames::End;

impl Audit {
    /// All calls have ended, all suspense is resolved, everything is synced. `dropped` and `open` are what the ledger says
    /// of holds dropped and open.
    pub fn quiet(&self, open: usize, dropped: u64) -> Checked {
        must(self.end == End::Clean, Check::Quiet, || format!("the journal ends so: {:?}", self.end))?;
        must(open == 0 && self.book.holds.is_empty(), Check::Quiet, || {
            format!("holds remain: {open}, {:?}", self.book.holds.keys().collect::<Vec<_>>())
        })?;
        must(dropped == 0, Check::Quiet, || format!("{dropped} holds were dropped"))?;
        must(self.book.items.is_empty(), Check::Quiet, || format!("suspense remains: {:?}", self.book.items))?;
        for (no, account) in &self.book.accounts {
            must((account.held, account.suspense) == (0, 0), Check::Quiet, || format!("account {no}: {account:?}"))?;
        }
        must(self.denials.is_empty(), Check::Quiet, || format!("denials of the future: {:?}", self.denials))?;
        self.lives()?;
        self.final_charges()
    }

    /// Every account of a grant is one that its life opens: no money was released twice, under another period. (That each
    /// had the amount that its life releases was seen whenever a call drew on it.)
    fn lives(&self) -> Checked {
        for key in self.book.of_grants() {
            let Some(grant) = self.company.grants.get(&key.id) else {
                return Err(Finding::new(Check::Promises, format!("{key:?} is the account of no grant")));
            };
            let tiles = grant.tiles(self.company.moves(grant.terms.person), key.start, 0);
            let parts = tiles.iter().find(|tile| tile.start == key.start).map(|tile| grant.parts(tile));
            let parts = parts.unwrap_or_default();
            let is_own = parts.iter().any(|(start, end, _)| (*start, *end) == (key.start, key.end));
            must(is_own, Check::Promises, || {
                format!("{key:?} is no account of {:?}, which has {parts:?}", grant.terms)
            })?;
        }
        Ok(())
    }

    fn final_charges(&self) -> Checked {
        for (id, known) in &self.known {
            let Some(ended) = self.book.ended.get(id) else { continue };
            if ended.written_off || known.outgrew {
                continue;
            }
            let expected = match known.finish {
                Some(Finish::Costs(card, counts)) => self.price(card, &counts)?,
                Some(Finish::Is(charge)) => charge,
                None if !known.sent => 0,
                None => {
                    return Err(Finding::new(Check::Quiet, format!("nobody knows what {id:?} costs: {ended:?}")));
                }
            };
            must(ended.charge == expected, Check::Quiet, || {
                format!("{id:?} stands at {} in the end, it is {expected}: {ended:?}", ended.charge)
            })?;
        }
        Ok(())
    }
}
