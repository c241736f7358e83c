//! Gifts: what is given away is set aside in the ledger first, so that no call spends it while it changes hands.

use purser_core::account::{AccountKey, Subject};
use purser_core::directory::Person;
use purser_core::grant::Grant;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{Guarantee, Hold, HoldOutcome, HoldRequest, Ledger, Terms};

use crate::change::{Turn, failed};
use crate::error::{Code, Error, Refused};

/// How often a hold is asked for while the journal waits for the disk.
const TRIES: usize = 64;

/// Does a grant's running period have so much that no call has spent or holds?
///
/// # Errors
/// It does not.
pub(crate) fn has(ledger: &Ledger, grant: &Grant, person: &Person, amount: Nano, now: Instant) -> Result<(), Error> {
    let left = accounts(grant, person, now).into_iter().map(|(account, terms)| {
        let used = ledger
            .find(&account)
            .map_or(Nano::ZERO, |balance| balance.spent.saturating_add(balance.held).saturating_add(balance.suspense));
        terms.limit.saturating_sub(used).max(Nano::ZERO)
    });
    let left = left.fold(Nano::ZERO, Nano::saturating_add);
    if amount <= left { Ok(()) } else { Err(too_little(grant, left)) }
}

/// Sets it aside.
///
/// # Errors
/// There is less, or the journal.
pub(crate) fn set_aside(turn: &Turn<'_>, grant: &Grant, person: &Person, amount: Nano) -> Result<Hold, Error> {
    let ledger = &turn.control().ledger;
    for _ in 0..TRIES {
        let (numbers, _) = ledger.accounts(&accounts(grant, person, turn.now)).map_err(failed)?;
        let request = HoldRequest { grants: &numbers, ceilings: &[], want: amount, least: amount };
        match ledger.hold(&request).map_err(failed)? {
            HoldOutcome::Placed(hold) => return Ok(hold),
            HoldOutcome::Short(short) => return Err(too_little(grant, short.available)),
            HoldOutcome::Wait(lsn) => turn.durable(lsn)?,
        }
    }
    Err(Refused::new(Code::Unavailable, "the disk is too slow just now").hint("try again").into())
}

/// Tells the ledger what the grant has after the change, and frees what was set aside for it.
///
/// # Errors
/// The journal.
pub(crate) fn hand_over(turn: &Turn<'_>, grant: &Grant, person: &Person, kept: Hold) -> Result<(), Error> {
    let told = turn.control().ledger.accounts(&accounts(grant, person, turn.now));
    let released = kept.release();
    told.map_err(failed)?;
    released.map(drop).map_err(failed)
}

/// The accounts of the running period, with what they have.
fn accounts(grant: &Grant, person: &Person, now: Instant) -> Vec<(AccountKey, Terms)> {
    let rhythm = grant.rhythm(&person.zones);
    let parts = rhythm.period_at(now).map(|running| grant.parts(&rhythm, &running));
    let guarantee = if grant.guaranteed { Guarantee::Guaranteed } else { Guarantee::Plain };
    let account = |period| AccountKey { subject: Subject::Grant(grant.id), period };
    let parts = parts.into_iter().flatten().flatten();
    parts.map(|part| (account(part.period), Terms { limit: part.limit, guarantee })).collect()
}

fn too_little(grant: &Grant, left: Nano) -> Error {
    let message = format!("the running period of grant {} has {left} that no call has spent or set aside", grant.id);
    Refused::new(Code::Conflict, message).hint("give less, or wait until running calls have ended").into()
}
