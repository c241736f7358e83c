//! What a run has cost so far.

use std::time::Duration;

use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::run::IDLE_GAP;
use purser_store::{RunLine, RunsOf};

use super::{Agent, Now};
use crate::control::stored;
use crate::error::{Code, Error, Refused};
use crate::shape::{OfRun, RunCost, RunLimitsLeft};

/// How far back a run is looked for where none is named: as long as its money counts together.
const LOOK_BACK: [Duration; 2] = [Duration::from_hours(24), Duration::from_hours(30 * 24)];
/// Warnings shown.
const WARNINGS_MAX: usize = 5;

impl Agent {
    /// What a run of one's own has cost so far; the one that this key was last active in where none is named.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is no such run of this person's, [`Code::Invalid`] for what is no id; the projection.
    pub async fn run_cost(&self, of: OfRun) -> Result<RunCost, Error> {
        let id = match of.run {
            Some(id) => id,
            None => self.last_run().await?.map(|last| last.run.to_string()).ok_or_else(|| {
                Refused::new(Code::NotFound, "this key has paid for no run in the last thirty days")
                    .hint("a run shows here once its first call is settled")
            })?,
        };
        let lines = self.own_run(&id).await?;
        let Now { snapshot, .. } = self.now()?;
        let Some((run, children)) = lines.split_first() else { return Err(nothing()) };
        let total = run.total();
        let count = |figure: i64| u64::try_from(figure).unwrap_or(0);
        let limits = self.control.run_limits(&snapshot.directory, run.run, self.person);
        let money = self.control.inner.run_money(run);
        let warnings = self.control.warnings(|warning| warning.run == run.run);
        let stop = snapshot.directory.stop_of_run(run.run);
        Ok(RunCost {
            currency: snapshot.currency.code().to_owned(),
            run: run.run,
            tool: run.client.clone(),
            project: run.project.clone(),
            began: run.began,
            last: run.last,
            cost: total.charge,
            cost_with_children: children.iter().fold(total.charge, |sum, one| sum.saturating_add(one.total().charge)),
            children: u64::try_from(children.len()).unwrap_or(u64::MAX),
            calls: count(total.calls),
            attended_calls: run.human,
            retried_calls: run.retried,
            input_tokens: count(total.input),
            cached_tokens: count(total.cache_read),
            output_tokens: count(total.output),
            models: run.models.iter().map(crate::runs::model).collect(),
            limits: RunLimitsLeft {
                money: money.map(|funds| funds.limit).or(limits.money),
                money_left: money.map(|funds| funds.available.max(Nano::ZERO)),
                tokens: limits.tokens,
                calls: limits.requests,
                minutes: limits.minutes,
            },
            warnings: warnings.into_iter().take(WARNINGS_MAX).map(|one| format!("{}: {}", one.at, one.seen)).collect(),
            stopped: stop.map(|stop| match &stop.tripped {
                Some(tripped) => format!("paused since {}: {}", stop.at, tripped.seen),
                None => format!("stopped since {}", stop.at),
            }),
        })
    }

    /// A run of this person's, with those that it started behind it.
    pub(crate) async fn own_run(&self, id: &str) -> Result<Vec<RunLine>, Error> {
        let run: RunId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("leave it out for the run that this key works in")
        })?;
        let lines = self.control.report(move |inner| inner.reader.run(run).map_err(stored)).await?;
        match lines.first() {
            Some(line) if line.run == run && line.person == self.person => Ok(lines),
            _ => Err(nothing()),
        }
    }

    /// The run that this key works in now: the last one, unless it has been silent for so long that a new one begins.
    pub(crate) async fn present_run(&self) -> Result<Option<RunLine>, Error> {
        let now = self.control.inner.clock.now();
        Ok(self.last_run().await?.filter(|run| run.last.saturating_add(IDLE_GAP) > now))
    }

    /// The run that this key was last active in.
    async fn last_run(&self) -> Result<Option<RunLine>, Error> {
        let (now, person, key) = (self.control.inner.clock.now(), self.person, self.key);
        for back in LOOK_BACK {
            let of = RunsOf { person: Some(person), since: Some(now.saturating_sub(back)) };
            let last = self.control.report(move |inner| {
                let own = |runs: Vec<RunLine>| (runs.into_iter().find(|run| run.key == key).into_iter().collect(), ());
                inner.reader.runs(&of, own).map_err(stored)
            });
            let (mut found, ()) = last.await?;
            if let Some(run) = found.pop() {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }
}

fn nothing() -> Error {
    Refused::new(Code::NotFound, "no run of yours has that id")
        .hint("a run shows here once its first call is settled; leave the id out for the last one")
        .into()
}
