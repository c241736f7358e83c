//! What agents say was achieved, of themselves.

use std::time::Duration;

use purser_core::id::OutcomeId;
use purser_store::OutcomeRow;

use super::{checked_count, checked_kind, checked_link, checked_value, kinds};
use crate::access::Actor;
use crate::agent::Agent;
use crate::control::stored;
use crate::error::{Code, Error, Refused};
use crate::shape::{self, NewOutcome};

/// The source of what agents say.
pub(super) const SOURCE: &str = "agent";
/// Outcomes that one person's agents log in a day: a loop must not fill the disk.
const DAY_MAX: usize = 1_000;
const DAY: Duration = Duration::from_hours(24);

impl Agent {
    /// Puts on record what was achieved.
    ///
    /// # Errors
    /// [`Code::Invalid`] for a kind that is not known (with those that are), a count of nothing, a negative value, a link
    /// that is none; [`Code::NotFound`] for a run that is not one's own; [`Code::TooMany`] when a day has too many; the
    /// projection, the files or the journal.
    pub async fn log_outcome(&self, new: NewOutcome) -> Result<shape::Outcome, Error> {
        let count = checked_count(new.count)?;
        let (value, link) = (checked_value(new.value)?, checked_link(new.link)?);
        let run = match &new.run {
            Some(id) => self.own_run(id).await?.first().map(|run| run.run),
            None => self.present_run().await?.map(|run| run.run),
        };
        let person = self.person();
        self.doing("log_outcome")
            .change(None, move |turn| {
                let directory = &turn.snapshot().directory;
                let kind = checked_kind(directory, &kinds(directory), Some(person), &new.kind)?;
                let since = turn.now.saturating_sub(DAY);
                let lately = turn.control().reader.outcomes_told_since(person, SOURCE, since).map_err(stored)?;
                if lately >= DAY_MAX {
                    let message = format!("{DAY_MAX} outcomes were logged within a day");
                    return Err(Refused::new(Code::TooMany, message).hint("log several at once with `count`").into());
                }
                let key = if let Actor::CallKey(key) = turn.acting().actor { Some(key) } else { None };
                let row = OutcomeRow {
                    outcome: OutcomeId::new(turn.command.get()),
                    person,
                    at: turn.now,
                    told: turn.now,
                    kind,
                    count,
                    value,
                    source: SOURCE.to_owned(),
                    key,
                    run,
                    link,
                    back: None,
                };
                turn.put_outcomes(std::slice::from_ref(&row), &[])?;
                Ok(turn.control().show_outcome(&row))
            })
            .await
    }
}
