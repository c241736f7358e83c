//! The control plane's part: one change of the company at a time, checked, written, shown to everybody, and acknowledged
//! once it is on disk. Every answer of the directory is held against the auditor's own rules, which know nothing of it.

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::Budget;
use purser_core::directory::Directory;
use purser_core::event::{Event, OfferEvent};
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{LedgerError, Lsn};

use crate::audit::{Check, Finding};
use crate::bug::Bug;
use crate::operations::{EVENT, Given, What};
use crate::wishes::{Wish, names};
use crate::world::{Step, World, odd};

/// A change on its way into the journal.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    events: Vec<Event>,
    at: Instant,
    /// One for each record.
    records: Vec<(CommandId, Vec<u8>)>,
    written: usize,
    /// What was written, by record.
    ahead: Vec<(u64, Vec<u8>)>,
    /// The directory that it was checked against, and what that is once it is made; `None`: a careless desk does not know.
    before: Box<Directory>,
    next: Option<Box<Directory>>,
    shown: bool,
    /// What budgets keep less for guaranteed grants then.
    freed: Vec<(AccountKey, Nano)>,
    /// The process that wrote it is gone.
    again: bool,
}

impl World {
    /// Somebody wants a change, when none is on its way.
    pub(crate) fn wish_for_a_change(&mut self) -> Step {
        if self.operations.iter().any(|operation| matches!(operation.what, What::Change(_))) {
            return Ok(());
        }
        self.write()?;
        match self.wish() {
            Some(wish) => self.consider(wish),
            None => Ok(()),
        }
    }

    /// May it be? Then it is on its way.
    pub(crate) fn consider(&mut self, wish: Wish) -> Step {
        let Wish { events, at, careless } = wish;
        let whole = whole(&events);
        let allowed = self.company.directory.apply(&whole);
        let ruled = self.audit.would_take(&whole.to_bytes())?;
        match (&allowed, &ruled) {
            (Ok(_), Ok(())) | (Err(_), Err(_)) => {}
            (Ok(_), Err(_)) if careless => {}
            (Ok(_), Err(why)) => {
                let what = format!("the directory takes what it must not: {why}: {}", names(&events));
                return Err(Finding::new(Check::Promises, what));
            }
            (Err(why), Ok(())) => {
                let what = format!("the directory refuses what it must take: {why}: {}", names(&events));
                return Err(Finding::new(Check::Promises, what));
            }
        }
        if allowed.is_ok() && !careless && self.is_below_a_floor(&events, at)? && self.dice.per_mille(700) {
            // Its person does not agree.
            self.tally.note("changes: below a floor");
            return Ok(());
        }
        let mut freed = Vec::new();
        let next = match allowed {
            Ok(next) => {
                if !self.has(Bug::CutBelowReserve) {
                    match self.keep_reserves(&next, &events, at)? {
                        Some(less) => freed = less,
                        None => return Ok(()),
                    }
                }
                Some(Box::new(next))
            }
            Err(why) if careless && self.may_be_overlooked(&why) => None,
            Err(_) => {
                self.tally.note("changes: refused");
                return Ok(());
            }
        };
        self.tell(format!("a change at {at}: {}", names(&events)));
        let (records, before) = (Vec::new(), Box::new(self.company.directory.clone()));
        let mut change = Change {
            events,
            at,
            records,
            written: 0,
            ahead: Vec::new(),
            before,
            next,
            shown: false,
            freed,
            again: false,
        };
        self.cut(&mut change);
        self.give(What::Change(Box::new(change)));
        // It says when it is made, so its first record is written now.
        self.go_on_with(self.operations.len() - 1)
    }

    /// Does a change cut a grant below the floor of its letter? The directory and the auditor say the same.
    fn is_below_a_floor(&mut self, events: &[Event], at: Instant) -> Result<bool, Finding> {
        let mut is_below = false;
        for event in events {
            let told = self.company.directory.check_floor(event, at).is_err() && !self.has(Bug::NoFloor);
            let ruled = self.audit.is_below_floor(&event.to_bytes(), at.as_micros())?;
            if told != ruled {
                let what = format!("is it below a floor? The directory says {told}, by the letter it is {ruled}");
                return Err(Finding::new(Check::Promises, format!("{what}: {}", names(events))));
            }
            is_below |= ruled;
        }
        Ok(is_below)
    }

    /// What a bug lets pass is what it is about, not every other mistake.
    fn may_be_overlooked(&self, why: &purser_core::directory::EventError) -> bool {
        use purser_core::directory::EventError;
        use purser_core::offer::OfferError;
        use purser_core::top_up::TopUpError;
        match self.bug {
            Some(Bug::OverCommitted) => {
                matches!(why, EventError::Pool(purser_core::pool::PoolError::Overcommitted { .. }))
            }
            Some(Bug::OverdrawnMandate) => matches!(why, EventError::TopUp(TopUpError::Spent { .. })),
            Some(Bug::TopUpWithoutGrant) => matches!(why, EventError::TopUp(TopUpError::Grant(_))),
            Some(Bug::KeptCommitment) => matches!(why, EventError::Offer(OfferError::StillCommitted(_))),
            _ => matches!(why, EventError::Offer(OfferError::Grant)),
        }
    }

    /// Has the ledger keep what is guaranteed more by a change before it is written; gives what is kept less after it.
    /// `None`: it does not fit.
    fn keep_reserves(
        &mut self,
        next: &Directory,
        events: &[Event],
        at: Instant,
    ) -> Result<Option<Vec<(AccountKey, Nano)>>, Finding> {
        let before = &self.company.directory;
        let mut touched: Vec<std::sync::Arc<Budget>> = Vec::new();
        for event in events {
            if next.check_reserves(before, event, at).is_err() {
                self.tally.note("changes: no room for a guarantee");
                return Ok(None);
            }
            touched.extend(next.reserves_touched(before, event, at));
        }
        let (mut grown, mut freed) = (Vec::new(), Vec::new());
        for budget in touched {
            let period = budget.period_at(at);
            let account = AccountKey { subject: Subject::Budget(budget.id), period };
            let known = before.budget(budget.id).map_or(Nano::ZERO, |known| before.reserve(known, period));
            let kept = next.reserve(&budget, period);
            let is_known = |(known, _): &(AccountKey, Nano)| *known == account;
            if !grown.iter().chain(&freed).any(is_known) && kept != known {
                if kept > known { grown.push((account, kept)) } else { freed.push((account, kept)) }
            }
        }
        match self.ledger.reserve(&grown) {
            Ok(_) => Ok(Some(freed)),
            Err(LedgerError::ReserveTooLarge { .. }) => {
                self.tally.note("changes: no room for a guarantee");
                Ok(None)
            }
            Err(LedgerError::Busy(_)) => Ok(None),
            Err(why) => self.excuse(&why).map(|()| None),
        }
    }

    /// Cuts a change into records: one event is one record, several are parts that take effect together.
    fn cut(&mut self, change: &mut Change) {
        change.written = 0;
        change.records.clear();
        if self.has(Bug::SplitAcceptance) && change.events.len() > 1 {
            // The bug: each for itself.
            let events = change.events.clone();
            change.records = events.iter().map(|event| (self.next_command(), event.to_bytes())).collect();
            return;
        }
        if let [event] = &change.events[..] {
            change.records = vec![(self.next_command(), event.to_bytes())];
            return;
        }
        let id = self.next_command();
        let mut left = change.events.clone();
        while !left.is_empty() {
            let count = self.dice.between(1, left.len() as u64);
            let events: Vec<Event> = left.drain(..usize::try_from(count).unwrap_or(1)).collect();
            let part = Event::Part { change: id, last: left.is_empty(), events };
            change.records.push((self.next_command(), part.to_bytes()));
        }
        if change.records.len() > 1 {
            self.tally.note("changes: in several records");
        }
    }

    fn next_command(&mut self) -> CommandId {
        self.last_operation += 1;
        let command = CommandId::new(u128::from(self.last_operation));
        self.audit.commanded(command.get(), self.last_operation);
        command
    }

    /// Writes its next record.
    pub(crate) fn write_change(&mut self, change: &mut Change) -> Result<Given, Finding> {
        if std::mem::take(&mut change.again) {
            if !change.makes(&self.company.directory) {
                // Whoever asked hears nothing, and would ask with another moment. Half of it may be there.
                self.tally.note("changes: lost in a crash");
                return Ok(Given::Moot);
            }
            // It was made, and only the answer is missing: what it ended with is given again.
            (change.written, change.shown) = (change.records.len() - 1, true);
        }
        let (command, payload) = &change.records[change.written];
        match self.ledger.event(*command, EVENT, payload) {
            Ok(receipt) => {
                self.tally.note("commands: event");
                change.ahead.push((receipt.lsn.0, payload.clone()));
                if change.written + 1 == change.records.len() {
                    self.show_change(change, receipt.lsn)?;
                    return Ok(Given::Done(receipt.lsn, receipt.repeated));
                }
                change.written += 1;
                self.dies_next = self.dice.per_mille(150);
                Ok(Given::Later)
            }
            Err(LedgerError::Busy(_)) if change.written == 0 && !change.shown => Ok(Given::Moot),
            Err(why) => self.later(&why),
        }
    }

    /// The answer was lost: it is given again, all of it.
    pub(crate) fn forget_answer(&mut self, change: &mut Change) {
        let accepts = change.events.iter().any(|event| matches!(event, Event::Offer(OfferEvent::Accepted { .. })));
        if self.has(Bug::DoubledAcceptance) && accepts {
            self.cut(change);
            return;
        }
        change.written = 0;
        if self.has(Bug::NewCommand) {
            self.cut(change);
        }
    }

    /// It is written: everybody sees it. That is before it is on disk: whatever is done with it comes after it in the
    /// journal, and is lost with it or not at all.
    fn show_change(&mut self, change: &mut Change, lsn: Lsn) -> Step {
        if std::mem::replace(&mut change.shown, true) {
            return Ok(());
        }
        if change.next.is_none() {
            // The auditor says what is wrong with it.
            return self.sync();
        }
        // A start that found it in the journal has it.
        let taken =
            if change.makes(&self.company.directory) { Ok(()) } else { self.company.take(&whole(&change.events)) };
        if taken.is_err() {
            return Err(odd(format!("record {lsn} was checked, and can't be taken: {}", names(&change.events))));
        }
        self.changed = self.changed.max(change.at.as_micros());
        self.show_everybody(&change.ahead)?;
        match self.ledger.reserve(&change.freed) {
            // An account whose opening the full queue cut short is told with the next call.
            Ok(_) | Err(LedgerError::Busy(_) | LedgerError::ReserveTooLarge { .. }) => Ok(()),
            Err(why) => self.excuse(&why),
        }
    }

    /// The directory is what everybody goes by now; the auditor's books of pools and its list of roles agree.
    pub(crate) fn show_everybody(&mut self, ahead: &[(u64, Vec<u8>)]) -> Step {
        self.version = self.audit.published(ahead);
        self.tally.note("limits changed");
        let mut own: Vec<(u128, i64, i128, i128)> = Vec::new();
        for pool in self.company.directory.pools() {
            for year in &pool.years {
                own.push((pool.id.get(), year.year.0.into(), year.funded.get().into(), year.committed.get().into()));
            }
        }
        own.sort_unstable();
        let theirs = self.audit.pool_years();
        if own != theirs {
            let what = format!("the directory's pools are {own:?}, by the journal {theirs:?}");
            return Err(Finding::new(Check::Promises, what));
        }
        // As whoever decides by them sees them.
        let seen = if self.has(Bug::LastingRole) { &self.company.seen } else { &self.company.directory };
        let role = |id| seen.role_of(id).map(|role| (role.family.to_string(), role.level.map(|l| l.to_string())));
        let mut own: Vec<_> = seen.people().filter_map(|person| Some((person.id.get(), role(person.id)?))).collect();
        own.sort_unstable();
        let theirs = self.audit.roles();
        if own != theirs {
            let what = format!("people's roles are {own:?} by the directory, by the journal {theirs:?}");
            return Err(Finding::new(Check::Promises, what));
        }
        Ok(())
    }
}

impl Change {
    /// The process that was writing it is gone.
    pub(crate) fn ask_again(&mut self) {
        (self.written, self.again) = (0, true);
    }

    fn makes(&self, directory: &Directory) -> bool {
        self.next.as_deref() == Some(directory)
    }

    /// Is this what a start may make of the journal, with all of it, nothing of it, or parts of it there?
    pub(crate) fn allows(&self, directory: &Directory) -> bool {
        self.records.len() > 1 || self.makes(directory) || *self.before == *directory
    }
}

/// All events as one.
fn whole(events: &[Event]) -> Event {
    match events {
        [event] => event.clone(),
        _ => Event::Part { change: CommandId::new(0), last: true, events: events.to_vec() },
    }
}
