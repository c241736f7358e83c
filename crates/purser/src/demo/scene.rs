//! One moment of the demonstration as an immutable value: everything the view draws, and nothing it has to ask for.

use std::time::Duration;

use purser_core::money::{Currency, Nano};

use super::board::Tally;

/// One moment.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// Of every amount here.
    pub(crate) currency: Currency,
    /// Where the gateway listens.
    pub(crate) gateway: String,
    /// Since the start.
    pub(crate) elapsed: Duration,
    /// Does nobody begin anything?
    pub(crate) paused: bool,
    /// The morning's work is still being made good.
    pub(crate) morning: bool,
    /// Everybody, in the order of the company's list.
    pub(crate) people: Vec<PersonLine>,
    /// Company and units.
    pub(crate) budgets: Vec<BudgetLine>,
    /// The journal.
    pub(crate) journal: JournalLine,
    /// What happened last, newest first.
    pub(crate) decisions: Vec<DecisionLine>,
    /// Everything together.
    pub(crate) totals: Totals,
    /// The agent that nobody watches.
    pub(crate) runaway: Runaway,
    /// The statement that was asked for.
    pub(crate) statement: Option<StatementLines>,
}

/// Money of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Purse {
    /// What the period has.
    pub(crate) limit: Nano,
    /// Paid.
    pub(crate) spent: Nano,
    /// Set aside by calls under way, or by a restart.
    pub(crate) held: Nano,
}

impl Purse {
    /// What can still be set aside; never below zero.
    pub(crate) fn left(self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.held).max(Nano::ZERO)
    }

    /// So many thousandths of the limit; a thousand where the limit is zero.
    pub(crate) fn per_mille(self, of: Nano) -> u16 {
        if !self.limit.is_positive() {
            return 1000;
        }
        let share = i128::from(of.get()).saturating_mul(1000) / i128::from(self.limit.get());
        u16::try_from(share.clamp(0, 1000)).unwrap_or(1000)
    }
}

/// Somebody.
#[derive(Clone, Debug)]
pub(crate) struct PersonLine {
    /// What they do, and in which unit.
    pub(crate) short: String,
    /// Where.
    pub(crate) city: String,
    /// Their money.
    pub(crate) purse: Purse,
    /// Of which period: `day`, `month`.
    pub(crate) per: String,
    /// What they would use in an hour at the pace of the last seconds.
    pub(crate) per_hour: Nano,
    /// How their calls ended.
    pub(crate) tally: Tally,
    /// Was their latest call denied because the money is gone?
    pub(crate) out: bool,
}

/// A budget of the company or a unit.
#[derive(Clone, Debug)]
pub(crate) struct BudgetLine {
    /// Whose.
    pub(crate) name: String,
    /// Its money.
    pub(crate) purse: Purse,
    /// Of which period.
    pub(crate) per: String,
}

/// Where the journal is.
#[derive(Clone, Debug, Default)]
pub(crate) struct JournalLine {
    /// Frames written.
    pub(crate) frames: u64,
    /// Hash of the last one, hexadecimal.
    pub(crate) hash: String,
    /// The last record on disk.
    pub(crate) durable: u64,
    /// The last record that reports know.
    pub(crate) projected: u64,
}

/// A call and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecisionLine {
    /// How long after the start.
    pub(crate) at: Duration,
    /// Who, and with which agent.
    pub(crate) who: String,
    /// What happened.
    pub(crate) kind: Kind,
    /// In a sentence.
    pub(crate) text: String,
}

/// What happened, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answered and paid.
    Paid,
    /// Answered, but cut down to fit.
    Cut,
    /// The client hung up.
    HungUp,
    /// Try again: the money is set aside by other calls.
    Held,
    /// No.
    Denied,
    /// The provider's fault.
    Fault,
    /// Ours.
    Lost,
}

impl Kind {
    /// The word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Cut => "cut",
            Self::HungUp => "left",
            Self::Held => "held",
            Self::Denied => "denied",
            Self::Fault => "provider",
            Self::Lost => "lost",
        }
    }
}

/// Everything together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// How calls ended for their clients.
    pub(crate) tally: Tally,
    /// Prompt tokens, every cache bucket included.
    pub(crate) input: u64,
    /// Of them read from a cache.
    pub(crate) cached: u64,
    /// Answer tokens.
    pub(crate) output: u64,
    /// Charges, acknowledged.
    pub(crate) charged: Nano,
    /// What was spent beyond any limit; anything but zero is a defect.
    pub(crate) overspent: Nano,
}

/// The agent that nobody watches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runaway {
    /// What it is called.
    pub(crate) agent: String,
    /// Whose it is.
    pub(crate) owner: String,
    /// What it asks for.
    pub(crate) model: String,
    /// Its money.
    pub(crate) purse: Purse,
    /// How long it ran, until it was stopped or until now.
    pub(crate) ran: Duration,
    /// How long ago it was stopped; `None` while it runs.
    pub(crate) stopped: Option<Duration>,
    /// How often it has tried since.
    pub(crate) denied: u64,
    /// What it was told.
    pub(crate) sentence: String,
}

/// The hours of a month of thirty days, in which nobody looks.
const MONTH: Duration = Duration::from_hours(30 * 24);

impl Runaway {
    /// What it would have spent in `time` at the pace it was measured at.
    pub(crate) fn at_its_pace(&self, time: Duration) -> Nano {
        let ran = i128::try_from(self.ran.as_micros()).unwrap_or(i128::MAX);
        if ran == 0 {
            return Nano::ZERO;
        }
        let time = i128::try_from(time.as_micros()).unwrap_or(i128::MAX);
        let nano = i128::from(self.purse.spent.get()).saturating_mul(time) / ran;
        Nano::new(i64::try_from(nano).unwrap_or(i64::MAX))
    }

    /// In an hour.
    pub(crate) fn per_hour(&self) -> Nano {
        self.at_its_pace(Duration::from_hours(1))
    }

    /// In a month without a pause: an extrapolation, to be labelled so.
    pub(crate) fn per_month(&self) -> Nano {
        self.at_its_pace(MONTH)
    }

    /// What it has not spent since it was stopped.
    pub(crate) fn saved(&self) -> Nano {
        self.stopped.map_or(Nano::ZERO, |ago| self.at_its_pace(ago))
    }
}

/// Somebody's month.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatementLines {
    /// A place in the list of people.
    pub(crate) place: usize,
    /// Whose, and which month.
    pub(crate) title: String,
    /// Name and figure: granted, used, held, …
    pub(crate) sums: Vec<(String, String)>,
    /// Model, calls, charge; dearest first.
    pub(crate) models: Vec<(String, u64, Nano)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: i64) -> Nano {
        Nano::try_from_units(units).unwrap()
    }

    #[test]
    fn a_pace_is_what_was_spent_over_how_long_it_ran() {
        let purse = Purse { limit: units(2), spent: units(1), held: Nano::ZERO };
        let running = Runaway { purse, ran: Duration::from_secs(4), ..Runaway::default() };
        assert_eq!(running.per_hour(), units(900));
        assert_eq!(running.per_month(), units(648_000));
        assert_eq!(running.saved(), Nano::ZERO);
        let stopped = Runaway { stopped: Some(Duration::from_secs(8)), ..running };
        assert_eq!(stopped.saved(), units(2));
        assert_eq!(Runaway::default().per_hour(), Nano::ZERO);
    }

    #[test]
    fn shares_stay_between_nothing_and_all() {
        let purse = Purse { limit: units(3), spent: units(1), held: units(1) };
        assert_eq!(purse.per_mille(purse.left()), 333);
        assert_eq!(Purse { held: units(9), ..purse }.left(), Nano::ZERO);
        assert_eq!(purse.per_mille(units(9)), 1000);
        assert_eq!(Purse::default().per_mille(Nano::ZERO), 1000);
    }
}
