//! Guarantees and the budgets above them: a change that does not fit is refused, one that does is kept from the moment it
//! is known.
//!
//! What is to be kept more of is told to the ledger before the change is written, what less after everybody sees the
//! change. So at no moment do calls find less kept than is guaranteed; a process that dies in between leaves too much
//! kept until the period ends.

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::BudgetOn;
use purser_core::directory::{Directory, ReserveShort};
use purser_core::event::Event;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{Ledger, LedgerError};

use crate::change::failed;
use crate::error::{Code, Error, Refused};

/// What budgets keep for guaranteed grants, before and after a change.
pub(crate) struct Reserves {
    grown: Vec<Kept>,
    shrunk: Vec<Kept>,
}

struct Kept {
    account: AccountKey,
    before: Nano,
    after: Nano,
}

impl Reserves {
    /// Checks that what the events guarantee fits the budgets above, and has the ledger keep it where calls draw on them
    /// already.
    ///
    /// # Errors
    /// A budget allows less than is guaranteed under it, or others have spent what would be. Nothing was changed then.
    pub(crate) fn keep<'a>(
        ledger: &Ledger,
        directories: (&Directory, &Directory),
        events: impl IntoIterator<Item = &'a Event>,
        now: Instant,
    ) -> Result<Self, Error> {
        let reserves = Self::checked(directories, events, now)?;
        ledger.reserve(&reserves.wanted()).map_err(spent)?;
        Ok(reserves)
    }

    /// The same checks, and nothing is kept.
    ///
    /// # Errors
    /// As for [`Reserves::keep`].
    pub(crate) fn check<'a>(
        ledger: &Ledger,
        directories: (&Directory, &Directory),
        events: impl IntoIterator<Item = &'a Event>,
        now: Instant,
    ) -> Result<(), Error> {
        ledger.can_reserve(&Self::checked(directories, events, now)?.wanted()).map_err(spent)
    }

    fn wanted(&self) -> Vec<(AccountKey, Nano)> {
        self.grown.iter().map(|kept| (kept.account, kept.after)).collect()
    }

    fn checked<'a>(
        (before, after): (&Directory, &Directory),
        events: impl IntoIterator<Item = &'a Event>,
        now: Instant,
    ) -> Result<Self, Error> {
        let (mut grown, mut shrunk) = (Vec::new(), Vec::new());
        for event in events {
            after.check_reserves(before, event, now).map_err(|short| refused(event, &short))?;
            for budget in after.reserves_touched(before, event, now) {
                let period = budget.period_at(now);
                let account = AccountKey { subject: Subject::Budget(budget.id), period };
                let is_known = |kept: &Kept| kept.account == account;
                if grown.iter().any(is_known) || shrunk.iter().any(is_known) {
                    continue;
                }
                let known = before.budget(budget.id).map_or(Nano::ZERO, |known| before.reserve(known, period));
                let kept = Kept { account, before: known, after: after.reserve(&budget, period) };
                match kept.after.cmp(&kept.before) {
                    std::cmp::Ordering::Greater => grown.push(kept),
                    std::cmp::Ordering::Less => shrunk.push(kept),
                    std::cmp::Ordering::Equal => {}
                }
            }
        }
        Ok(Self { grown, shrunk })
    }

    /// The change is seen by everybody: what is kept too much is given back.
    pub(crate) fn seen(self, ledger: &Ledger) {
        set(ledger, &self.shrunk.iter().map(|kept| (kept.account, kept.after)).collect::<Vec<_>>());
    }

    /// The change did not happen after all.
    pub(crate) fn given_up(self, ledger: &Ledger) {
        set(ledger, &self.grown.iter().map(|kept| (kept.account, kept.before)).collect::<Vec<_>>());
    }
}

/// Keeping less can only fail as everything does when the ledger has stopped.
fn set(ledger: &Ledger, reserves: &[(AccountKey, Nano)]) {
    if let Err(error) = ledger.reserve(reserves) {
        tracing::warn!(error = %error, "budgets keep more for guaranteed grants than they need, until their period ends");
    }
}

fn refused(event: &Event, short: &ReserveShort) -> Error {
    let (code, hint) = match event {
        Event::BudgetSet(_) => (
            Code::Guaranteed,
            format!("set it to at least {}, or void guaranteed grants under it first", short.reserve),
        ),
        _ => (Code::BudgetShort, format!("raise the budget of {} to at least {}", owner(short), short.reserve)),
    };
    Refused::new(code, short.to_string()).hint(hint).into()
}

fn owner(short: &ReserveShort) -> String {
    match short.on {
        BudgetOn::Company => "the company".to_owned(),
        BudgetOn::Unit(unit) => format!("unit {unit}"),
        BudgetOn::Key(key) => format!("key {key}"),
        BudgetOn::Person(person) => format!("person {person}"),
    }
}

fn spent(error: LedgerError) -> Error {
    match error {
        LedgerError::ReserveTooLarge { key, reserve, room } => {
            let budget = match key.subject {
                Subject::Budget(budget) => budget.to_string(),
                Subject::Grant(grant) => grant.to_string(),
                Subject::Run(run) => run.to_string(),
            };
            let message = format!(
                "others have spent so much of budget {budget} in this period that {reserve} can't be guaranteed under \
                 it any more, {room} can"
            );
            Refused::new(Code::BudgetShort, message)
                .hint("raise the budget, or guarantee it from the next period on")
                .into()
        }
        other => failed(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use purser_core::budget::Budget;
    use purser_core::calendar::{Cadence, Days};
    use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
    use purser_core::id::{BudgetId, GrantId, PersonId, UnitId};
    use purser_core::money::Currency;
    use purser_core::scope::Scope;
    use purser_core::time::Clock;
    use purser_core::zone::Zone;
    use purser_ledger::{BootId, Guarantee, HoldOutcome, HoldRequest, MemoryJournal, Options, Terms};

    use super::*;

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Instant {
            "2026-11-24T12:00:00Z".parse().unwrap()
        }
    }

    fn money(text: &str) -> Nano {
        text.parse().unwrap()
    }

    fn budget(amount: &str) -> Event {
        Event::BudgetSet(Budget {
            id: BudgetId::new(5),
            on: BudgetOn::Company,
            tools: None,
            amount: money(amount),
            cadence: Cadence::Month,
            days: Days::All,
            zone: Zone::UTC,
            created_at: Instant::EPOCH,
            ended_at: None,
        })
    }

    fn promise(id: u128, amount: &str) -> Event {
        Event::GrantMade(Grant {
            id: GrantId::new(id),
            person: PersonId::new(2),
            amount: money(amount),
            cadence: Cadence::Month,
            days: Days::All,
            zone: Zone::UTC,
            starts: "2026-01-01".parse().unwrap(),
            ends: None,
            priority: Priority::default(),
            scope: Scope::EVERYTHING.into(),
            guaranteed: true,
            pool: None,
            source: GrantSource::Manual,
            note: None,
            created_at: Noon.now(),
            voided_at: None,
            share: WorkShare::FULL,
            rollover: None,
            remedy: None,
            calendar: None,
            life: None,
        })
    }

    /// A company that may spend 1,000 a month, of which 300 are guaranteed; and its ledger, in which others have a grant.
    fn company() -> (Directory, Ledger) {
        let (unit, person, zone, at) = (UnitId::new(1), PersonId::new(2), Zone::UTC, Instant::EPOCH);
        let events = [
            Event::CompanyFounded { currency: Currency::usd(), zone: zone.clone(), at },
            Event::UnitAdded { unit, parent: None, zone: zone.clone(), at },
            Event::PersonAdded { person, unit, zone, at },
            budget("1000"),
            promise(1, "300"),
        ];
        let directory = events.iter().fold(Directory::new(), |directory, event| directory.apply(event).unwrap());
        let journal = Box::new(MemoryJournal::new());
        let (ledger, ..) = Ledger::open(journal, None, Options::new(BootId(1)), Arc::new(Noon), None).unwrap();
        (directory, ledger)
    }

    fn account(directory: &Directory) -> AccountKey {
        let budget = directory.budget(BudgetId::new(5)).unwrap();
        AccountKey { subject: Subject::Budget(budget.id), period: budget.period_at(Noon.now()) }
    }

    /// Others spend so much under the budget.
    fn spend(directory: &Directory, ledger: &Ledger, amount: &str) -> AccountKey {
        let above = account(directory);
        let reserve = directory.reserve(directory.budget(BudgetId::new(5)).unwrap(), above.period);
        let terms = Terms { limit: money("1000"), guarantee: Guarantee::Yields { reserve } };
        let own = AccountKey { subject: Subject::Grant(GrantId::new(99)), ..above };
        let (numbers, _) = ledger.accounts(&[(own, Terms::from(money("5000"))), (above, terms)]).unwrap();
        let want = money(amount);
        let request = HoldRequest { grants: &numbers[..1], ceilings: &numbers[1..], want, least: want };
        let HoldOutcome::Placed(hold) = ledger.hold(&request).unwrap() else { panic!("{amount} does not fit") };
        let detail = purser_ledger::Detail::new();
        hold.settle(purser_ledger::Settlement { charge: want, mark: purser_ledger::Mark::Exact, detail }).unwrap();
        above
    }

    fn keep(directory: &Directory, ledger: &Ledger, event: &Event) -> Result<(Directory, Reserves), Code> {
        let next = directory.apply(event).unwrap();
        match Reserves::keep(ledger, (directory, &next), [event], Noon.now()) {
            Ok(reserves) => Ok((next, reserves)),
            Err(Error::Refused(refused)) => Err(refused.code),
            Err(failed) => panic!("{failed:?}"),
        }
    }

    #[test]
    fn what_is_promised_is_kept_before_it_is_written_and_given_back_after_it_is_seen() {
        let (directory, ledger) = company();
        let above = spend(&directory, &ledger, "600");
        let kept = || ledger.find(&above).unwrap().reserve;
        assert_eq!(kept(), money("300"));
        let (more, reserves) = keep(&directory, &ledger, &promise(2, "100")).unwrap();
        assert_eq!(kept(), money("400"));
        reserves.seen(&ledger);
        assert_eq!(kept(), money("400"));
        // One that can't be written leaves nothing behind.
        let start = Event::GrantVoided { grant: GrantId::new(1), at: "2026-11-01T00:00:00Z".parse().unwrap() };
        let (less, reserves) = keep(&more, &ledger, &start).unwrap();
        assert_eq!(kept(), money("400"), "as long as somebody may not have seen it");
        reserves.seen(&ledger);
        assert_eq!(kept(), money("100"));
        let (_, reserves) = keep(&less, &ledger, &promise(3, "50")).unwrap();
        assert_eq!(kept(), money("150"));
        reserves.given_up(&ledger);
        assert_eq!(kept(), money("100"));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_code() {
        let (directory, ledger) = company();
        // By the budget alone.
        assert_eq!(keep(&directory, &ledger, &promise(2, "700.01")).err(), Some(Code::BudgetShort));
        assert_eq!(keep(&directory, &ledger, &budget("299.99")).err(), Some(Code::Guaranteed));
        assert!(keep(&directory, &ledger, &budget("300")).is_ok());
        // By what others have spent already.
        let above = spend(&directory, &ledger, "600");
        assert_eq!(keep(&directory, &ledger, &promise(2, "100.01")).err(), Some(Code::BudgetShort));
        assert_eq!(ledger.find(&above).unwrap().reserve, money("300"));
    }
}
