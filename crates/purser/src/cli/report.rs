//! `purser usage`, `purser balance`

use clap::{Args, ValueEnum};
use purser_control::shape::{
    Balance as Left, Charge, ChargePage, DenialPage, Denied, Flag, Funds, ObservedPage, ObservedTotals, Overview,
    Status,
};

use super::{money, or_dash};
use crate::client::{Client, Path, path};
use crate::failure::Failure;
use crate::output::{Output, Table, fold};

#[derive(Debug, Args)]
pub(crate) struct Usage {
    /// Only this person's (id or name)
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// One row per
    #[arg(long, value_enum, default_value_t = By::Model, conflicts_with = "charges")]
    pub(crate) by: By,
    /// First day (UTC) [default: the first of this month]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day not included (UTC) [default: tomorrow]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Every single charge, with what it was worked out from
    #[arg(long)]
    pub(crate) charges: bool,
    /// Calls that were refused, by minute, key and reason
    #[arg(long, conflicts_with_all = ["by", "charges", "observed"])]
    pub(crate) denials: bool,
    /// Spending that may be worth a word: much more than ever just before a budget's period ends, and what goes on with
    /// nobody there; of the last thirty days where none are named
    #[arg(long, conflicts_with_all = ["by", "charges", "denials", "observed"])]
    pub(crate) flags: bool,
    /// What was seen of calls that did not pass through the gateway, one row per
    #[arg(long, value_enum, value_name = "BY", conflicts_with_all = ["charges", "by"])]
    pub(crate) observed: Option<ObservedBy>,
}

/// What a row of observed usage stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ObservedBy {
    /// A tool
    Tool,
    /// A model
    Model,
    /// A day
    Day,
    /// A session of a tool
    Session,
    /// A person
    Person,
}

impl ObservedBy {
    const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Model => "model",
            Self::Day => "day",
            Self::Session => "session",
            Self::Person => "person",
        }
    }
}

/// What a row of usage stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// A model
    Model,
    /// A day
    Day,
    /// A key
    Key,
    /// A person
    Person,
    /// A unit: what people used while they were in it
    Unit,
    /// A tool: the program that called
    Tool,
    /// A project, by the header x-purser-project or the key
    Project,
}

#[derive(Debug, Args)]
pub(crate) struct Balance {
    /// Only this person's (id or name)
    pub(crate) person: Option<String>,
}

impl By {
    const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Day => "day",
            Self::Key => "key",
            Self::Person => "person",
            Self::Unit => "unit",
            Self::Tool => "tool",
            Self::Project => "project",
        }
    }
}

impl Usage {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        if self.flags {
            let path = path(["flags"])
                .with("person", self.person.as_deref())
                .with("from", self.from.as_deref())
                .with("to", self.to.as_deref());
            let flags: Vec<Flag> = client.list(path).await?;
            out.show(&flags, |flags| flag_table(flags));
            return Ok(());
        }
        let what = match (self.charges, self.denials, self.observed) {
            (true, ..) => "charges",
            (false, true, _) => "denials",
            (false, false, Some(_)) => "observed",
            (false, false, None) => "usage",
        };
        let path = path([what])
            .with("person", self.person.as_deref())
            .with("from", self.from.as_deref())
            .with("to", self.to.as_deref());
        if self.charges {
            let mut charges = all_charges(client, &path).await?;
            charges.reverse();
            out.show(&charges, |charges| charge_table(charges));
        } else if let Some(by) = self.observed {
            let join = |all: &mut ObservedPage, page: ObservedPage| {
                all.items.extend(page.items);
                all.next = page.next;
            };
            let next = |page: &ObservedPage| page.next.clone();
            let page = client.pages(path.with("by", Some(by.name())), next, join).await?;
            out.show(&page, |page| observed_table(by, page));
        } else if self.denials {
            let join = |all: &mut DenialPage, page: DenialPage| {
                all.items.extend(page.items);
                all.next = page.next;
            };
            let denials = client.pages(path, |page: &DenialPage| page.next.clone(), join).await?;
            out.show(&denials.items, |denials| denial_table(denials));
        } else {
            let join = |all: &mut Overview, page: Overview| {
                all.items.extend(page.items);
                all.next = page.next;
            };
            let next = |page: &Overview| page.next.clone();
            let overview = client.pages(path.with("by", Some(self.by.name())), next, join).await?;
            out.show(&overview, |overview| usage_table(self.by, overview));
        }
        Ok(())
    }
}

/// Each with what was seen and what may help.
fn flag_table(flags: &[Flag]) -> String {
    if flags.is_empty() {
        return "nothing stands out in this time; `--from 2026-01-31` looks further back\n".to_owned();
    }
    let mut text = String::new();
    for flag in flags {
        let of = [
            flag.run.map(|run| run.to_string()),
            flag.key.map(|key| key.to_string()),
            flag.grant.map(|grant| grant.to_string()),
        ];
        let who = flag.name.clone().unwrap_or_else(|| flag.person.to_string());
        let of = of.into_iter().flatten().next().unwrap_or_default();
        let said = format!("{who}, {of}: {}. {}", flag.seen, flag.hint);
        let days = if flag.first == flag.last { flag.first.clone() } else { format!("{}/{}", flag.first, flag.last) };
        fold(&mut text, &format!("{days:<23}"), &said);
    }
    text.push_str("\nNothing is stopped by this: it is there to be talked about.\n");
    text
}

impl Balance {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let list: Vec<Left> = client.list(path(["balances"]).with("person", self.person.as_deref())).await?;
        out.show(&list, |balances| balance_table(balances));
        Ok(())
    }
}

/// Every page, newest first.
async fn all_charges(client: &mut Client, path: &Path) -> Result<Vec<Charge>, Failure> {
    let mut charges = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page: ChargePage = client.get(path.clone().with("before", before.as_deref())).await?;
        charges.extend(page.items);
        match page.next {
            Some(next) => before = Some(next.to_string()),
            None => return Ok(charges),
        }
    }
}

/// Whether all is well, in figures.
///
/// # Errors
/// Nobody answers.
pub(crate) async fn status(client: &mut Client, out: Output) -> Result<(), Failure> {
    let status: Status = client.get(path(["status"])).await?;
    out.show(&status, |status| {
        let gateway = status.gateway.as_deref().map_or_else(String::new, |at| format!(", gateway at {at}"));
        format!(
            "purser {}, {}{gateway}\n{} people, {} keys\njournal: {} records written, {} on disk, {} in reports",
            status.version,
            status.currency,
            status.people,
            status.keys,
            status.written,
            status.durable,
            status.projected
        )
    });
    Ok(())
}

fn usage_table(by: By, overview: &Overview) -> String {
    let heads = [by.name(), ">calls", ">input", ">of it cached", ">output", ">cost"];
    let mut table = Table::new(&heads);
    for row in &overview.items {
        table.row([
            row.name.clone().unwrap_or_else(|| row.key.clone()),
            row.calls.to_string(),
            row.input_tokens.to_string(),
            row.cached_tokens.to_string(),
            row.output_tokens.to_string(),
            money(row.charge),
        ]);
    }
    let span =
        format!("{} calls, {}, from {} to {}", overview.calls, money(overview.charge), overview.from, overview.to);
    format!("{}\n{span}{}", table.or("nothing was used"), observed_line(&overview.observed))
}

/// A line of its own for what was seen; none where nothing was.
pub(super) fn observed_line(of: &ObservedTotals) -> String {
    if of.requests == 0 && of.input_tokens == 0 && of.output_tokens == 0 && of.claimed_usd.is_zero() {
        return String::new();
    }
    let unpriced = if of.unpriced > 0 { format!(", {} without a price", of.unpriced) } else { String::new() };
    let claimed =
        if of.claimed_usd.is_zero() { String::new() } else { format!("; the tools say ${}", money(of.claimed_usd)) };
    format!(
        "\n{}: {} requests, {} tokens in and {} out, worth {} by the price book{unpriced}{claimed}",
        of.mark,
        of.requests,
        of.input_tokens,
        of.output_tokens,
        money(of.charge)
    )
}

fn observed_table(by: ObservedBy, page: &ObservedPage) -> String {
    let heads = [by.name(), ">requests", ">input", ">of it cached", ">output", ">price book", ">tool says $"];
    let mut table = Table::new(&heads);
    for row in &page.items {
        table.row([
            row.name.clone().unwrap_or_else(|| row.key.clone()),
            row.totals.requests.to_string(),
            row.totals.input_tokens.to_string(),
            row.totals.cached_tokens.to_string(),
            row.totals.output_tokens.to_string(),
            money(row.totals.charge),
            money(row.totals.claimed_usd),
        ]);
    }
    let span = format!("{}, from {} to {}", page.totals.mark, page.from, page.to);
    format!("{}\n{span}", table.or("nothing was observed"))
}

fn charge_table(charges: &[Charge]) -> String {
    let mut table = Table::new(&["at", "id", "provider", "model", ">input", ">output", ">cost", "mark"]);
    for charge in charges {
        table.row([
            charge.at.to_string(),
            charge.id.clone(),
            charge.provider.clone(),
            charge.served_model.clone().unwrap_or_else(|| charge.model.clone()),
            charge.usage.prompt_tokens().to_string(),
            charge.usage.output_tokens().to_string(),
            money(charge.charge),
            charge.mark.clone(),
        ]);
    }
    table.or("nothing was charged")
}

fn denial_table(denials: &[Denied]) -> String {
    let mut table = Table::new(&["minute", "person", "key", "reason", ">times", "money"]);
    for denial in denials {
        table.row([
            denial.minute.to_string(),
            denial.person_name.clone().unwrap_or_else(|| denial.person.to_string()),
            denial.key.to_string(),
            denial.reason.clone(),
            denial.count.to_string(),
            if denial.funded { "there, set aside" } else { "not there" }.to_owned(),
        ]);
    }
    table.or("nothing was refused")
}

fn balance_table(balances: &[Left]) -> String {
    let mut table = Table::new(&["person", ">left", ">granted", ">used", ">held", ">suspense", "renews"]);
    for balance in balances {
        let Funds { limit, posted, held, suspense, .. } = balance.funds;
        table.row([
            or_dash(balance.name.as_deref()),
            money(balance.spendable),
            money(limit),
            money(posted),
            money(held),
            money(suspense),
            balance.resets_at.map_or_else(|| "-".to_owned(), |at| at.to_string()),
        ]);
    }
    table.or("nobody yet; `purser person add NAME --zone Europe/Berlin` adds somebody")
}
