//! Runs: who is in which, what each has used, and what holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use purser_core::account::{AccountKey, Subject};
use purser_core::directory::Directory;
use purser_core::id::{KeyId, PersonId, RunId, UnitId};
use purser_core::money::Nano;
use purser_core::run::{DEPTH_MAX, IDLE_GAP, budget_period};
use purser_core::snapshot::Snapshot;
use purser_core::stop::{Stop as InForce, Stoppable};
use purser_core::time::Instant;
use purser_store::{Line, RunLine, RunsOf};

use crate::access::{Within, forbidden};
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{Burning, BurningRun, Funds, LastMinutes, Page, Run, RunModel, RunTree, WantedRuns};

/// How far back a list goes where nobody says.
const LISTED_FOR: Duration = Duration::from_hours(24);
/// Minutes of "now" where nobody says.
const MINUTES: u32 = 5;
/// A day of them.
const MINUTES_MAX: u32 = 1_440;

/// Whose runs are, as far as it is known.
pub(crate) type Owners = BTreeMap<RunId, PersonId>;

/// A run by its id.
///
/// # Errors
/// The text is no id of a run.
pub(crate) fn run_id(text: &str) -> Result<RunId, Error> {
    text.trim().parse().map_err(|error: purser_core::id::IdError| {
        Refused::new(Code::Invalid, error.to_string()).hint("`purser runs` shows the ids").into()
    })
}

impl Control {
    /// Runs of whoever is covered, the last active first: of the ten thousand that were active last since an instant.
    ///
    /// # Errors
    /// Nobody of that name, a day that can't be read, or the projection.
    pub(crate) async fn runs(&self, within: Within, wanted: WantedRuns) -> Result<Page<Run>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let person = match &wanted.person {
            Some(who) => Some(self.covered_person(&within, who)?),
            None => within.own(),
        };
        let since = wanted.since.as_deref().map_or_else(|| Ok(now.saturating_sub(LISTED_FOR)), dates::instant)?;
        let since = if wanted.active == Some(true) { since.max(now.saturating_sub(IDLE_GAP)) } else { since };
        let part = Part::new(wanted.limit, wanted.after.clone());
        self.report(move |inner| {
            let wanted = |line: &RunLine| {
                within.person(&snapshot.directory, line.person)
                    && wanted.active.is_none_or(|active| active == is_active(line, now))
                    && wanted.tool.as_ref().is_none_or(|tool| tool.trim().eq_ignore_ascii_case(&line.client))
                    && wanted.project.as_deref().is_none_or(|project| line.project.as_deref() == Some(project.trim()))
            };
            let chosen = inner.reader.runs(&RunsOf { person, since: Some(since) }, |mut lines| {
                lines.retain(wanted);
                match part.cut(&lines, |line| line.run.to_string()) {
                    Ok((page, next)) => (page.to_vec(), Ok((next, lines.len(), parents(&lines)))),
                    Err(error) => (Vec::new(), Err(error)),
                }
            });
            let (lines, told) = chosen.map_err(stored)?;
            let (next, total, parents) = told?;
            let items = lines.iter().map(|line| inner.show_run(&snapshot, line, &parents, now)).collect();
            Ok(Page { items, next, total })
        })
        .await
    }

    /// Somebody says that a run is still watched over: what it did so far is fine, and breakers look at it anew. Where no
    /// call of it was made since the start, nothing waits for that answer.
    ///
    /// # Errors
    /// No such run, not what the right covers, or the journal.
    pub(crate) async fn confirm_run(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
    ) -> Result<RunTree, Error> {
        let run = self.run(within.clone(), id).await?.run.id;
        self.change(name, move |turn| {
            let by = turn.acting().party();
            turn.commit_admin(&AdminEvent::RunConfirmed { run, by, at: turn.now })
        })
        .await?;
        self.confirm(run);
        self.run(within, id).await
    }

    /// A run with all below it.
    ///
    /// # Errors
    /// No such run, not what the right covers, or the projection.
    pub(crate) async fn run(&self, within: Within, id: &str) -> Result<RunTree, Error> {
        let run = run_id(id)?;
        let (snapshot, now, control) = (self.snapshot(), self.inner.clock.now(), self.clone());
        self.report(move |inner| {
            let lines = inner.tree(&within, &snapshot.directory, run)?;
            let parents = parents(&lines);
            let mut shown: BTreeMap<Option<RunId>, Vec<Run>> = BTreeMap::new();
            let (mut tree_charge, mut tree_calls) = (Nano::ZERO, 0_u64);
            let mut top = None;
            for line in &lines {
                let one = inner.show_run(&snapshot, line, &parents, now);
                tree_charge = tree_charge.saturating_add(one.charge);
                tree_calls = tree_calls.saturating_add(one.calls);
                if line.run == run {
                    top = Some(one);
                } else {
                    shown.entry(line.parent).or_default().push(one);
                }
            }
            let mut below = Vec::new();
            under(run, &mut shown, &mut below);
            let run = top.ok_or_else(|| nothing_called(&within, run))?;
            let limits = control.run_limits(&snapshot.directory, run.id, run.person);
            let last = lines.iter().map(|line| line.last).max().unwrap_or(run.last);
            let flags = inner.flags_of_run(run.id, run.person, run.began..last)?;
            Ok(RunTree { run, below, limits, flags, tree_charge, tree_calls })
        })
        .await
    }

    /// What runs of whoever is covered were charged in the last minutes, dearest first.
    ///
    /// # Errors
    /// So many minutes make no sense, or the projection.
    pub(crate) async fn burning(&self, within: Within, of: LastMinutes) -> Result<Burning, Error> {
        let minutes = of.minutes.unwrap_or(MINUTES);
        if !(1..=MINUTES_MAX).contains(&minutes) {
            let message = format!("`minutes` is {minutes}; it is between 1 and {MINUTES_MAX}");
            return Err(Refused::new(Code::Invalid, message).hint("what was longer ago is in `purser runs`").into());
        }
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let since = now.saturating_sub(Duration::from_secs(u64::from(minutes).saturating_mul(60)));
        self.report(move |inner| {
            let per_minute = |charge: Nano| Nano::new(charge.get().checked_div(i64::from(minutes)).unwrap_or(0));
            let directory = &snapshot.directory;
            let names = inner.names.read();
            let burning = inner.reader.burning(since).map_err(stored)?;
            let covered = burning.into_iter().filter(|burn| within.person(directory, burn.person));
            let items: Vec<BurningRun> = covered
                .map(|burn| BurningRun {
                    run: burn.run,
                    parent: burn.parent,
                    person: burn.person,
                    name: names.person_name(burn.person),
                    tool: burn.client,
                    project: burn.project,
                    model: burn.model,
                    last: burn.last,
                    calls: burn.calls,
                    tokens: burn.tokens,
                    charge: burn.charge,
                    per_minute: per_minute(burn.charge),
                    stopped: stop_over(directory, [burn.run].into_iter().chain(burn.parent), burn.person, None, now)
                        .is_some(),
                })
                .collect();
            let charge = items.iter().fold(Nano::ZERO, |all, run| all.saturating_add(run.charge));
            Ok(Burning { items, minutes, at: now, charge, per_minute: per_minute(charge) })
        })
        .await
    }

    /// Whose these runs are. Asked of the projection; nothing is asked where there is none.
    ///
    /// # Errors
    /// The projection.
    pub(crate) async fn owners_of_runs(&self, runs: BTreeSet<RunId>) -> Result<Owners, Error> {
        if runs.is_empty() {
            return Ok(Owners::new());
        }
        self.report(move |inner| inner.reader.owners_of_runs(&runs).map_err(stored)).await
    }
}

impl Inner {
    /// A run with all below it, itself first.
    ///
    /// # Errors
    /// No such run, not what the right covers, or the projection.
    pub(crate) fn tree(&self, within: &Within, directory: &Directory, run: RunId) -> Result<Vec<RunLine>, Error> {
        let mut lines = self.reader.run(run).map_err(stored)?;
        let Some(line) = lines.first().filter(|line| within.person(directory, line.person)) else {
            return Err(nothing_called(within, run));
        };
        if line.run != run {
            // It has only started others: theirs are the only charges there are.
            let unspent = unspent(run, &lines, line);
            lines.insert(0, unspent);
        }
        Ok(lines)
    }

    pub(crate) fn show_run(&self, snapshot: &Snapshot, line: &RunLine, parents: &Parents, now: Instant) -> Run {
        let total = line.total();
        let percent = |part: u64, whole: u64| part.saturating_mul(100).checked_div(whole).unwrap_or(0);
        let (calls, input, cached) = (count(total.calls), count(total.input), count(total.cache_read));
        let above = std::iter::successors(Some(line.run), |run| parents.get(run).copied());
        let stop = stop_over(
            &snapshot.directory,
            above.take(usize::from(DEPTH_MAX).saturating_add(1)),
            line.person,
            Some(line.key),
            now,
        );
        let confirmed = self.admins.read().confirmed.of(line.run);
        Run {
            id: line.run,
            person: line.person,
            name: self.names.read().person_name(line.person),
            key: line.key,
            unit: line.unit,
            parent: line.parent,
            tool: line.client.clone(),
            version: line.version.clone(),
            project: line.project.clone(),
            began: line.began,
            last: line.last,
            active: is_active(line, now),
            spoken: line.spoken,
            confirmed: confirmed.map(|(_, at)| at),
            confirmed_by: confirmed.map(|(by, _)| by.actor.to_string()),
            calls,
            retried_calls: line.retried,
            human_calls: line.human,
            attended_percent: percent(line.human, calls),
            input_tokens: input,
            cached_tokens: cached,
            cached_percent: percent(cached, input),
            output_tokens: count(total.output),
            charge: total.charge,
            not_exact: line.not_exact,
            models: line.models.iter().map(model).collect(),
            budget: self.run_money(line),
            stop: stop.map(|stop| self.show_stop(stop, true, Some(line.person))),
        }
    }

    /// Where the money of a run stands, when it is limited. Its account counts from the day of its first call, which may be
    /// the day before its first charge; of one begun anew after a restart only the gateway knows.
    pub(crate) fn run_money(&self, run: &RunLine) -> Option<Funds> {
        const DAY: Duration = Duration::from_hours(24);
        [run.began, run.began.saturating_sub(DAY)].into_iter().find_map(|began| {
            let account = AccountKey { subject: Subject::Run(run.run), period: budget_period(began) };
            let limit = self.ledger.find(&account)?.limit;
            Some(self.funds(&account, limit, Nano::ZERO))
        })
    }
}

/// The run that started each.
pub(crate) type Parents = BTreeMap<RunId, RunId>;

pub(crate) fn parents(lines: &[RunLine]) -> Parents {
    lines.iter().filter_map(|line| Some((line.run, line.parent?))).collect()
}

/// A run that has only started others, as far as those tell.
fn unspent(run: RunId, below: &[RunLine], like: &RunLine) -> RunLine {
    RunLine {
        run,
        parent: None,
        client: String::new(),
        version: None,
        project: None,
        began: below.iter().map(|line| line.began).min().unwrap_or(like.began),
        last: below.iter().map(|line| line.last).max().unwrap_or(like.last),
        spoken: None,
        human: 0,
        retried: 0,
        models: Vec::new(),
        not_exact: Nano::ZERO,
        ..like.clone()
    }
}

/// The runs below one, each followed by those below it.
fn under(run: RunId, shown: &mut BTreeMap<Option<RunId>, Vec<Run>>, below: &mut Vec<Run>) {
    // Taken out, so that it ends whatever the charges say about who started whom.
    for child in shown.remove(&Some(run)).unwrap_or_default() {
        let id = child.id;
        below.push(child);
        under(id, shown, below);
    }
}

fn is_active(line: &RunLine, now: Instant) -> bool {
    line.last.saturating_add(IDLE_GAP) > now
}

/// The stop that holds a run: its own or that of one above it, else one that everything of its key or person is under.
fn stop_over(
    directory: &Directory,
    line: impl IntoIterator<Item = RunId>,
    person: PersonId,
    key: Option<KeyId>,
    now: Instant,
) -> Option<&InForce> {
    if let Some(stop) = line.into_iter().find_map(|run| directory.stop_of_run(run)) {
        return Some(stop);
    }
    let unit = directory.person(person).map(|person| directory.unit_of(person, now));
    let units: Vec<UnitId> =
        unit.into_iter().flat_map(|unit| directory.units_above(unit)).map(|unit| unit.id).collect();
    let key = key.unwrap_or(KeyId::new(0));
    let call = Stoppable { key, person, units: &units, provider: "", model: "" };
    directory.stops().find(|stop| stop.on.covers(&call))
}

fn nothing_called(within: &Within, run: RunId) -> Error {
    if !within.is_everything() {
        return forbidden("no run that you may see is called that");
    }
    Refused::new(Code::NotFound, format!("nothing was charged in a run {run}"))
        .hint("`purser runs` shows those of the last day, `--since` older ones")
        .into()
}

pub(crate) fn model(line: &Line<String>) -> RunModel {
    RunModel {
        model: line.of.clone(),
        calls: count(line.calls),
        input_tokens: count(line.input),
        cached_tokens: count(line.cache_read),
        output_tokens: count(line.output),
        charge: line.charge,
    }
}

fn count(figure: i64) -> u64 {
    u64::try_from(figure).unwrap_or(0)
}
