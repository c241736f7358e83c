//! The command line: what can be said, and where it goes.
//!
//! Data goes to standard output, everything else to standard error. `--json` works on every command. Exit codes: 0
//! done, 1 refused or failed, 2 the command was not understood.

pub(crate) mod access;
pub(crate) mod activation;
pub(crate) mod alarm;
pub(crate) mod audit;
pub(crate) mod bill;
pub(crate) mod board;
pub(crate) mod budget;
pub(crate) mod cost;
pub(crate) mod data;
pub(crate) mod export;
pub(crate) mod forecast;
pub(crate) mod grant;
pub(crate) mod import;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod mandate;
pub(crate) mod offer;
pub(crate) mod outcome;
pub(crate) mod person;
pub(crate) mod pool;
pub(crate) mod price;
pub(crate) mod privacy;
pub(crate) mod report;
pub(crate) mod roi;
pub(crate) mod role;
pub(crate) mod runs;
pub(crate) mod statement;
pub(crate) mod stop;
pub(crate) mod suspense;
pub(crate) mod top_up;
pub(crate) mod trace;
pub(crate) mod unit;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use purser_core::money::Nano;
use purser_core::run::RunLimits;

/// Meters every LLM call in exact money and holds it within a person's budget before it is spent.
#[derive(Debug, Parser)]
#[command(name = "purser", version, arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = "Start with `purser serve`; it says what to do next.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The data folder [default: `data` of purser.toml, else ./purser-data]
    #[arg(long, global = true, env = "PURSER_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration [default: ./purser.toml where there is one]
    #[arg(long, global = true, env = "PURSER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write JSON to standard output instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Name this change: the same name with the same input a second time changes nothing and gives the first result
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) command_id: Option<String>,
    /// Why this is done, for the audit trail
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// Everything `purser` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway and the control API
    ///
    /// SIGTERM ends it in order, SIGHUP restarts it (see `purser restart`).
    Serve(crate::serve::Serve),
    /// Replace the running `serve` by the program and the configuration as they are on disk now
    ///
    /// Nobody is refused: new connections wait until the new program serves them, calls under way may end within
    /// `limits.restart_drain`. A configuration with a mistake or a data folder that the new program can't read is found
    /// before anything stops.
    Restart,
    /// Show a whole company at work: no key, no internet, nothing left behind
    Demo(crate::demo::Demo),
    /// Run one command under a budget: `purser run --budget 20/day -- claude`
    ///
    /// Starts a Purser for as long as the command runs and points the command at it: Claude Code, Codex, Gemini CLI, and
    /// whatever uses the SDKs of Anthropic, OpenAI or Google. The command gets a key of its own, never the real one.
    /// Data is kept with the user's other data, so that a day's budget is the day's. `purser.toml` of the working folder
    /// is not read; `--config` names another.
    Run(crate::run::Run),
    /// People with a budget
    #[command(subcommand)]
    Person(person::Command),
    /// Teams and departments
    #[command(subcommand)]
    Unit(unit::Command),
    /// Money limits on the company, a unit, a key, or what a person spends with a tool
    #[command(subcommand)]
    Budget(budget::Command),
    /// Funds from which guaranteed grants are paid
    #[command(subcommand)]
    Pool(pool::Command),
    /// Amounts promised to people
    #[command(subcommand)]
    Grant(grant::Command),
    /// Offers: linted, compared, drafted, negotiated, sent, accepted
    #[command(subcommand)]
    Offer(offer::Command),
    /// Families, bands, policies, calendars and approval rules
    #[command(subcommand)]
    Role(role::Command),
    /// What people cost in a year, fully loaded
    #[command(subcommand)]
    Cost(cost::Command),
    /// Credentials that calls are made with
    #[command(subcommand)]
    Key(key::Command),
    /// Links by which people make their first keys themselves
    #[command(subcommand)]
    Activation(activation::Command),
    /// Credentials of administrators and scripts for the control API
    #[command(subcommand)]
    AdminKey(key::AdminCommand),
    /// People who sign in, and their roles
    #[command(subcommand, visible_alias = "account")]
    Login(access::Command),
    /// Who did, tried or looked at what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Set a rule for two persons aside where there is one administrator
    #[command(subcommand)]
    BreakGlass(access::GlassCommand),
    /// Stop somebody, something or everything, at once
    #[command(subcommand)]
    Stop(stop::Command),
    /// Let go on what was stopped
    Resume(stop::Resume),
    /// Requests for more money
    #[command(subcommand)]
    TopUp(top_up::Command),
    /// What somebody should know of in time: money that goes too fast, or hardly at all
    #[command(subcommand)]
    Alarm(alarm::Command),
    /// What is going to be spent, and whether the money lasts
    Forecast(forecast::Forecasts),
    /// What managers give in top-ups without being asked
    #[command(subcommand)]
    Mandate(mandate::Command),
    /// Who decides about top-ups while somebody is away
    #[command(subcommand)]
    Absence(mandate::AbsenceCommand),
    /// What was achieved with the money
    #[command(subcommand)]
    Outcome(outcome::Command),
    /// Return on tokens: what they cost beside what came of them, assumed and counted
    #[command(subcommand)]
    Roi(roi::Command),
    /// Comparing people by what comes of their tokens, for those who want to be compared
    #[command(subcommand)]
    Board(board::Command),
    /// How much of single people is seen, and how long what is personal is kept
    #[command(subcommand)]
    Privacy(privacy::Command),
    /// Let an agent's program ask about its budget: an MCP server on standard input and output
    ///
    /// For programs that start MCP servers as processes. Whoever speaks HTTP goes to `/mcp` at the control address itself.
    Mcp(crate::mcp::Mcp),
    /// What was used and what it cost
    Usage(report::Usage),
    /// Agents' sessions: who is in which, what each has used, what holds it
    Runs(runs::Runs),
    /// Who spends what now, live: sort, filter, stop with a key
    Top(crate::top::Top),
    /// One person's month or year: granted, used, expired, by grant, model, tool and day, signed
    Statement(statement::Statement),
    /// Total rewards of a year: the four pillars, with and without the token budget, and what became of that
    Rewards(statement::RewardsOf),
    /// Close the months of the company, so that their statements never change
    #[command(subcommand)]
    Period(statement::PeriodCommand),
    /// Everything of a range of days, for other programs
    #[command(subcommand)]
    Export(export::Command),
    /// What was used without passing through the gateway
    #[command(subcommand)]
    Import(import::Command),
    /// What a policy would have done to a month: this company's own, one from elsewhere, or a film
    ///
    /// Tells the calls again, through the code that admits and settles them, and shows what was spent, what was refused
    /// and by what. Reads only, beside a running Purser or without one. Needs no Purser for a film.
    Replay(crate::replay::Replay),
    /// Walk a cent: from the clause that promised it to the call that it paid, and back
    Trace(trace::Trace),
    /// What is left right now
    Balance(report::Balance),
    /// The price book
    #[command(subcommand)]
    Price(price::Command),
    /// Money set aside by calls whose end is not known
    #[command(subcommand)]
    Suspense(suspense::Command),
    /// Providers' bills: imported, held against the ledger, and the ledger trued up to them
    #[command(subcommand)]
    Bill(bill::Command),
    /// How far journal and reports are, and how many people and keys there are
    Status,
    /// Prove that the journal is whole and the balances follow from it, of a data folder or a backup
    Verify(data::Verify),
    /// The files of the journal
    #[command(subcommand)]
    Journal(journal::Command),
    /// Copy the data folder to an empty folder, while it is in use, and verify the copy
    Backup(data::Backup),
    /// Bring a backup back into an empty folder and verify it
    Restore(data::Restore),
}

/// An instant to the second.
pub(crate) fn second(at: purser_core::time::Instant) -> String {
    let text = at.to_string();
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

/// A text, or a dash for none.
fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// An amount, exactly.
fn money(amount: Nano) -> String {
    amount.to_string()
}

/// What a run may use at most.
fn run_limits(limits: &RunLimits) -> String {
    let RunLimits { money: most, tokens, requests, minutes, depth, children } = *limits;
    let of = |most: Option<u64>, what: &str| most.map(|most| format!("{most} {what}"));
    let said: Vec<String> = [
        most.map(money),
        of(tokens, "tokens"),
        of(requests, "calls"),
        of(minutes, "minutes"),
        of(depth.map(u64::from), "levels of runs below"),
        of(children, "runs started"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: &str, shown: &str) {
        assert_eq!(second(at.parse().unwrap()), shown);
    }

    #[test]
    fn instants_are_shown_to_the_second() {
        check("2026-11-27T03:08:42.123456Z", "2026-11-27T03:08:42Z");
        check("2026-11-27T03:08:42Z", "2026-11-27T03:08:42Z");
    }
}
