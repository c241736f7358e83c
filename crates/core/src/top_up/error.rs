//! Why requests for more money, and decisions about them, are refused.

use jiff::civil::Date;

use super::{Desk, OPEN_MAX};
use crate::id::{GrantId, PersonId, TopUpId};
use crate::money::Nano;
use crate::time::Instant;

/// Why an event about top-ups can't have happened. Nothing of it has been applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopUpError {
    /// No such request.
    #[error("there is no request {0}; take the id from the list of top-ups")]
    Unknown(TopUpId),
    /// Nothing, or less than nothing.
    #[error("{0} is no amount to ask for or to give; it must be above zero")]
    Amount(Nano),
    /// A day that is over.
    #[error("the money is asked for until {until}, and it is {today}; name a day that is still to come")]
    Over {
        /// The last day.
        until: Date,
        /// The day of asking.
        today: Date,
    },
    /// It would be closed before anybody could decide, or stay open after its last day.
    #[error("a request closes after it is made and before its last day is over, not at {0}")]
    Closes(Instant),
    /// The same is open.
    #[error(
        "{open} asks for {amount} for the same purpose since {at}, and nobody has decided yet; wait for that, or cancel it \
         and ask anew"
    )]
    AlreadyOpen {
        /// Which request.
        open: TopUpId,
        /// How much it asks for.
        amount: Nano,
        /// Since when.
        at: Instant,
    },
    /// Several others are open.
    #[error("{OPEN_MAX} requests of this person wait for a decision; wait for those, or cancel one")]
    TooMany,
    /// It is decided.
    #[error("request {id} is {state}, which is final; a new one can be made")]
    Final {
        /// Which one.
        id: TopUpId,
        /// Where it is, in a word.
        state: &'static str,
    },
    /// Nobody decided in time.
    #[error("request {id} closed at {closed} without a decision; a new one can be made")]
    Late {
        /// Which one.
        id: TopUpId,
        /// When it closed.
        closed: Instant,
    },
    /// It is still open.
    #[error("request {id} is open until {closes}; it can't have expired before")]
    StillOpen {
        /// Which one.
        id: TopUpId,
        /// Until when.
        closes: Instant,
    },
    /// By whoever asked, or whoever gets the money.
    #[error("nobody decides about money that they asked for or would get; somebody else must")]
    Own,
    /// By somebody at a lower desk.
    #[error("request {id} is for {} to decide; {} can't", .desk.people(), .by.people())]
    Desk {
        /// Which one.
        id: TopUpId,
        /// Where it lies.
        desk: Desk,
        /// Where the decider sits.
        by: Desk,
    },
    /// To a desk that is no higher.
    #[error("request {id} lies with {} and is passed upwards only", .desk.people())]
    Passed {
        /// Which one.
        id: TopUpId,
        /// Where it lies.
        desk: Desk,
    },
    /// More than was asked for.
    #[error("{asked} was asked for; {given} would be more than that")]
    More {
        /// What was asked for.
        asked: Nano,
        /// What would be given.
        given: Nano,
    },
    /// The grant is not there, or not the one that was approved.
    #[error("the approval of {0} must make exactly the grant that it approves, in the same change")]
    Grant(TopUpId),
    /// A grant that nobody approved.
    #[error("grant {0} comes of a top-up and must be made in the change that approves it")]
    Unapproved(GrantId),
    /// There is no such mandate.
    #[error("{0} has no mandate; set one first")]
    NoMandate(PersonId),
    /// It does not cover that person.
    #[error("the mandate of {0} is not for people of that unit, and not for whoever has it")]
    Elsewhere(PersonId),
    /// More than it gives at once, or a part.
    #[error("the mandate of {manager} gives what was asked for and at most {most} at once, not {amount}")]
    AtOnce {
        /// Whose.
        manager: PersonId,
        /// The most.
        most: Nano,
        /// What would be given.
        amount: Nano,
    },
    /// More than it has left.
    #[error("the mandate of {manager} has {left} left in this month; {amount} would be more")]
    Spent {
        /// Whose.
        manager: PersonId,
        /// What is left.
        left: Nano,
        /// What would be given.
        amount: Nano,
    },
    /// A mandate that can't be.
    #[error(
        "a mandate gives at most {request} at once and {month} in a month, which can't be: both are above zero and the first \
         is no more than the second; nothing in a month ends it"
    )]
    Mandate {
        /// At once.
        request: Nano,
        /// In a month.
        month: Nano,
    },
    /// Nobody is away.
    #[error("{0} is not away, or has not named that person to decide meanwhile")]
    NotAway(PersonId),
    /// Days or people that can't be.
    #[error(
        "somebody is away from a day to the same or a later one that is not over, and names somebody else: not {first} to {last}"
    )]
    Absence {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
}

impl TopUpError {
    /// Is it something that is not there?
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::NoMandate(_) | Self::NotAway(_))
    }

    /// Does the input make no sense whatever is there?
    pub const fn is_nonsense(&self) -> bool {
        matches!(
            self,
            Self::Amount(_)
                | Self::Over { .. }
                | Self::Closes(_)
                | Self::More { .. }
                | Self::Mandate { .. }
                | Self::Absence { .. }
        )
    }
}
