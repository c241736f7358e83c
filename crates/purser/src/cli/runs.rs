//! `purser runs`

use std::fmt::Write as _;

use clap::Args;
use purser_control::shape::{Run, RunTree};
use purser_core::run::RunLimits;

use super::{money, or_dash, run_limits, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::figures::compact;
use crate::output::{Output, Table, fold};

#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// One run by its id, with all that it started
    #[arg(conflicts_with_all = ["person", "since", "active", "tool", "project"])]
    pub(crate) run: Option<String>,
    /// Say that this run is still watched over, so that breakers look at it anew
    #[arg(long, requires = "run")]
    pub(crate) confirm: bool,
    /// Only this person's (id or name)
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Those that were charged something since this day or instant (UTC) [default: a day ago]
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// Only those that were charged something in the last half an hour
    #[arg(long)]
    pub(crate) active: bool,
    /// Only this tool's
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// Only those for this project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
}

impl Runs {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        if let Some(run) = &self.run {
            let tree: RunTree = if self.confirm {
                client.post(path(["runs", run, "confirm"]), &()).await?
            } else {
                client.get(path(["runs", run])).await?
            };
            out.show(&tree, detail);
            return Ok(());
        }
        let path = path(["runs"])
            .with("person", self.person.as_deref())
            .with("since", self.since.as_deref())
            .with("active", self.active.then_some("true"))
            .with("tool", self.tool.as_deref())
            .with("project", self.project.as_deref());
        let runs: Vec<Run> = client.list(path).await?;
        out.show(&runs, |runs| table(runs));
        Ok(())
    }
}

fn table(runs: &[Run]) -> String {
    let mut table =
        Table::new(&["run", "who", "tool", "project", ">calls", ">attended", ">cached", ">cost", "last", "state"]);
    for run in runs {
        table.row([
            run.id.to_string(),
            or_dash(run.name.as_deref()),
            tool(run),
            or_dash(run.project.as_deref()),
            run.calls.to_string(),
            format!("{} %", run.attended_percent),
            format!("{} %", run.cached_percent),
            money(run.charge),
            second(run.last),
            state(run).to_owned(),
        ]);
    }
    table.or("no such run in this time; `--since 2026-01-31` looks further back")
}

fn detail(tree: &RunTree) -> String {
    let run = &tree.run;
    let mut text = format!("{}\n", run.id);
    let mut line = |head: &str, said: String| fold(&mut text, &format!("{head:<10}"), &said);
    line("whose", run.name.clone().unwrap_or_else(|| run.person.to_string()));
    let version = run.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    line("tool", format!("{}{version}", tool(run)));
    line("project", or_dash(run.project.as_deref()));
    if let Some(parent) = run.parent {
        line("started by", format!(" {parent}"));
    }
    line("time", format!("{} to {}, {}", second(run.began), second(run.last), state(run)));
    if let Some(attended) = attended(run) {
        line("human", attended);
    }
    if let Some(stop) = &run.stop {
        let by = stop.by.as_deref().map_or_else(String::new, |by| format!(" by {by}"));
        let why = stop.seen.as_deref().map_or_else(String::new, |seen| format!(": {seen}"));
        line("stop", format!("since {}{by}{why}; `purser resume {}` lets it go on", second(stop.since), stop.id));
    }
    line(
        "calls",
        format!(
            "{}; a human being asked for {} of them ({} %), {} were made again",
            run.calls, run.human_calls, run.attended_percent, run.retried_calls
        ),
    );
    line(
        "tokens",
        format!(
            "{} in, of which {} from a cache ({} %); {} out",
            run.input_tokens, run.cached_tokens, run.cached_percent, run.output_tokens
        ),
    );
    let estimated = if run.not_exact.is_zero() {
        String::new()
    } else {
        format!(", of which {} are not the provider's own figure", money(run.not_exact))
    };
    line("cost", format!("{}{estimated}", money(run.charge)));
    if let Some(budget) = &run.budget {
        line(
            "budget",
            format!("{} of {} left, {} held", money(budget.available), money(budget.limit), money(budget.held)),
        );
    }
    if tree.limits != RunLimits::NONE {
        line("limits", run_limits(&tree.limits));
    }
    for flag in &tree.flags {
        line("flag", format!("{} to {}: {}. {}", flag.first, flag.last, flag.seen, flag.hint));
    }
    let mut models = Table::new(&["model", ">calls", ">input", ">of it cached", ">output", ">cost"]);
    for model in &run.models {
        models.row([
            model.model.clone(),
            model.calls.to_string(),
            compact(model.input_tokens),
            compact(model.cached_tokens),
            compact(model.output_tokens),
            money(model.charge),
        ]);
    }
    if !run.models.is_empty() {
        _ = write!(text, "\n{models}");
    }
    if !tree.below.is_empty() {
        _ = write!(text, "\n{}", below(tree));
    }
    text
}

/// When somebody was last there, as far as it shows.
fn attended(run: &Run) -> Option<String> {
    let spoken = run.spoken.map(|at| format!("last spoke at {}", second(at)));
    let confirmed = run.confirmed.map(|at| {
        let by = run.confirmed_by.as_deref().unwrap_or("somebody");
        format!("watched over, {by} said at {}", second(at))
    });
    let said: Vec<String> = spoken.into_iter().chain(confirmed).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The runs below, each under the one that started it.
fn below(tree: &RunTree) -> String {
    let mut table = Table::new(&["run", "tool", ">calls", ">cost", "last", "state"]);
    let mut above = vec![tree.run.id];
    let shown = std::iter::once((0, &tree.run)).chain(tree.below.iter().map(|run| {
        while above.last().is_some_and(|last| Some(*last) != run.parent) && above.len() > 1 {
            above.pop();
        }
        let depth = above.len();
        above.push(run.id);
        (depth, run)
    }));
    for (depth, run) in shown {
        table.row([
            format!("{}{}", "  ".repeat(depth), run.id),
            tool(run),
            run.calls.to_string(),
            money(run.charge),
            second(run.last),
            state(run).to_owned(),
        ]);
    }
    table.row(["together".to_owned(), String::new(), tree.tree_calls.to_string(), money(tree.tree_charge)]);
    table.to_string()
}

fn tool(run: &Run) -> String {
    if run.tool.is_empty() { "-".to_owned() } else { run.tool.clone() }
}

fn state(run: &Run) -> &'static str {
    match (&run.stop, run.active) {
        (Some(stop), _) if stop.seen.is_some() => "paused",
        (Some(_), _) => "stopped",
        (None, true) => "active",
        (None, false) => "ended",
    }
}
