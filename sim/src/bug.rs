//! Bugs on purpose: what a careless hand could do to the journal, the disk, or a caller. None is in the product; each
//! sits in a wrapper of the simulation, and each must be caught.

use std::fmt;
use std::str::FromStr;

macro_rules! bugs {
    ($($name:ident = $text:literal, $what:literal, $($check:ident)|+;)*) => {
        /// A bug that can be switched on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Bug {
            $(#[doc = $what] $name,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it does.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }

            /// The checks that are expected to catch it.
            #[must_use]
            pub fn caught_by(self) -> &'static [crate::audit::Check] {
                match self { $(Self::$name => &[$(crate::audit::Check::$check),+],)* }
            }
        }
    };
}

bugs! {
    NoSync = "no-sync", "The journal says it synced and did not.", Acknowledged | Cleared;
    SometimesNoSync = "sometimes-no-sync", "The journal skips every fifth sync.", Acknowledged | Cleared;
    RetriedSync = "retried-sync", "A failed sync is tried again, and its success believed.", Acknowledged | Cleared;
    BufferedWrites = "buffered-writes", "Writes stay in the process until the next sync.", Cleared | Prefix;
    DroppedWrite = "dropped-write", "One write in forty never reaches the operating system.", Bytes | Cleared | Acknowledged | Prefix | Recovery | Conduct;
    SwappedBytes = "swapped-bytes", "Two bytes change places on their way to the disk.", Bytes | Prefix;
    DoubledWrite = "doubled-write", "One write in thirty reaches the file twice.", Bytes | Prefix | Conduct | Once;
    ShortWrite = "short-write", "A full disk takes a part of a write, and nobody looks.", Bytes | Cleared | Acknowledged;
    ForgottenFrame = "forgotten-frame", "A start cuts off the last whole frame.", Prefix;
    NoSalvage = "no-salvage", "A start drops the records of an unfinished frame, although only the process died.", Prefix;
    SameBoot = "same-boot", "After a power cut the ledger believes that only the process died.", Recovery;
    EarlyAck = "early-ack", "A charge is acknowledged when it is written, not when it is on disk.", Acknowledged;
    EarlyEvent = "early-event", "A change of a budget is acknowledged before it is on disk.", Acknowledged;
    NotCleared = "not-cleared", "A call goes out without waiting for its hold to be safe.", Cleared;
    GrowthNotCleared = "growth-not-cleared", "A stream spends what its hold grew by without waiting.", Cleared;
    SettledTwice = "settled-twice", "A repeated answer is charged with a second hold.", Once;
    ReleasedOnTimeout = "released-on-timeout", "A call without an answer gives its hold back.", Once;
    RoundsUp = "rounds-up", "Each line of a charge is rounded up.", Charge;
    RoundsHalfUp = "rounds-half-up", "A charge of half a unit is rounded up, not to the even one.", Charge;
    CacheTwice = "cache-twice", "Tokens read from a cache are counted as input as well.", Charge;
    WrongCard = "wrong-card", "The model asked for is charged, not the one served.", Charge;
    NoDiscount = "no-discount", "The negotiated discount is forgotten.", Charge;
    WrongPeriod = "wrong-period", "A call is planned for yesterday.", Plan | Denial;
    UtcPeriod = "utc-period", "Days begin at midnight in London, wherever the person lives.", Plan;
    StalePlan = "stale-plan", "A kept plan outlives its period.", Plan | Denial | Guarantee;
    OldLimit = "old-limit", "A changed budget is not noticed.", Plan;
    NoCeiling = "no-ceiling", "The company's budget is left out.", Plan;
    NoRunBudget = "no-run-budget", "What a run may cost is left out.", Plan;
    WrongOrder = "wrong-order", "Grants are burnt in reverse order.", Plan;
    UnderBound = "under-bound", "Half of what a call can cost is set aside.", Cleared | Charge | Covered;
    FalseDenial = "false-denial", "Money that is only set aside is called gone.", Denial;
    HastyDenial = "hasty-denial", "A call that fits is told that it does not.", Denial | Guarantee;
    NoReserve = "no-reserve", "Budgets keep nothing for guaranteed grants.", Guarantee;
    SmallReserve = "small-reserve", "Budgets keep for a guaranteed grant what half of its periods release.", Guarantee;
    BoundGuarantee = "bound-guarantee", "Budgets refuse guaranteed calls like any other.", Guarantee | Denial | Plan;
    EverythingGuaranteed = "everything-guaranteed", "All grants are taken as guaranteed.", Guarantee;
    CutBelowReserve = "cut-below-reserve", "A budget is set below what is guaranteed under it.", Guarantee;
    LeakedHold = "leaked-hold", "The hold of a call that failed is forgotten.", Quiet;
    DroppedHold = "dropped-hold", "The hold of a call that failed is dropped.", Once | Quiet | Charge;
    NewCommand = "new-command", "A command repeated for a lost acknowledgement gets a new id.", Once | Promises;
    CheapSuspense = "cheap-suspense", "What a dead call spent is resolved as nothing.", Quiet | Covered;
    UncommittedAcceptance = "uncommitted-acceptance", "The grant of an accepted offer is made without its pool.", Promises;
    AcceptanceWithoutGrant = "acceptance-without-grant", "An offer is accepted and its grant is not made.", Promises;
    SplitAcceptance = "split-acceptance", "The events of an acceptance are written one by one.", Promises;
    DoubledAcceptance = "doubled-acceptance", "An acceptance whose answer was lost is made again.", Promises | Once;
    KeptCommitment = "kept-commitment", "What was set aside for an offer stays so when it is declined or expires.", Promises;
    OverCommitted = "over-committed", "Offers are sent without a look at what their pool has left.", Promises;
    RolloverWithoutCap = "rollover-without-cap", "All that is unused of a period lives on.", Plan | Denial;
    PaidLeave = "paid-leave", "Days of leave release money.", Plan | Denial;
    VoidLeavesMoney = "void-leaves-money", "A voided grant, and one of somebody who left, still pays.", Plan | Denial | Guarantee;
    GiftFromNowhere = "gift-from-nowhere", "What is given away stays with the giver as well.", Plan | Denial | Guarantee;
    OldClock = "old-clock", "Whoever moves keeps the days of the place before.", Plan | Denial | Guarantee;
    LateGrants = "late-grants", "A grant opens a day after its first day.", Plan | Denial | Guarantee;
    WorkedHolidays = "worked-holidays", "Days that a place's calendar has off release money.", Plan | Denial | Guarantee;
    AnyTool = "any-tool", "What is for calls from one tool pays for all.", Plan | Denial;
    NoFloor = "no-floor", "Nobody asks for consent to a cut below a letter's floor.", Promises;
    ObservedIgnored = "observed-ignored", "What counts of observed usage is left out.", Plan | Denial;
    OverdrawnMandate = "overdrawn-mandate", "A manager's mandate gives on after it has given all.", Promises;
    TopUpWithoutGrant = "top-up-without-grant", "More money is approved and its grant is not made.", Promises;
    LastingRole = "lasting-role", "A role that was said of somebody stays when it is taken back.", Promises;
    HalfAChange = "half-a-change", "A start takes the parts of a change that was never finished.", Plan | Denial | Promises | Conduct;
    NotTruedUp = "not-trued-up", "The provider's late figures are ignored.", Quiet;
}

impl Bug {
    /// Does it show only in what is seen of the company: in how calls are planned, in who has which role?
    pub(crate) const fn is_about_plans(self) -> bool {
        matches!(
            self,
            Self::UtcPeriod
                | Self::RolloverWithoutCap
                | Self::PaidLeave
                | Self::VoidLeavesMoney
                | Self::GiftFromNowhere
                | Self::OldClock
                | Self::WorkedHolidays
                | Self::AnyTool
                | Self::ObservedIgnored
                | Self::LateGrants
                | Self::LastingRole
        )
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Bug {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|bug| bug.name() == text);
        found.copied().ok_or_else(|| format!("there is no bug `{text}`; --bugs names them"))
    }
}
