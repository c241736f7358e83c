//! `purser bill …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use purser_control::shape::{
    BillDay, BillImport, BillKeys, Bills, Difference, ImportBill, InvoiceChecked, NewInvoice, PullBill, Reconciliation,
    TrueUp, TrueUpOn, TrueUpPlan, WantedTrueUp,
};
use purser_core::bill::Format;
use purser_core::money::Nano;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done about providers' bills.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take in a report of usage or costs: Anthropic's, OpenAI's, or a spreadsheet
    ///
    /// The same report again changes nothing; a newer one of the same day replaces it.
    Import(Import),
    /// Fetch the reports of a provider with the administrator's key of the configuration
    Pull(Pull),
    /// Show which reports there are
    List(Only),
    /// Say which API keys of an account are Purser's, by their ids there: usage with others is shadow usage
    Keys(Keys),
    /// Enter an invoice and hold it against the costs of its days
    Invoice(Invoice),
    /// Hold the ledger against the reports, and name the cause of each difference
    ///
    /// Exits with 1 where something differs by more than roundings.
    Reconcile(Reconcile),
    /// Show what would make the ledger equal the bill; with `--propose`, propose it
    TrueUp(TrueUpArgs),
    /// Show what was proposed and made
    TrueUps,
    /// Approve what somebody else proposed, and make its entries
    Approve(Approve),
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The report, with all its pages one after the other; `-` for standard input
    pub(crate) file: PathBuf,
    /// Whose bill it is, by the name in the configuration [default: the one whose form it has]
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Its form, where nothing in it tells: anthropic_usage, anthropic_cost, openai_usage, openai_costs, csv
    #[arg(long, value_name = "FORM")]
    pub(crate) format: Option<Format>,
    /// What an OpenAI usage report is of, where nothing in it tells: completions, embeddings
    #[arg(long, value_name = "WHAT")]
    pub(crate) part: Option<String>,
    /// Only say what would be imported
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The provider, by its name in the configuration
    pub(crate) provider: String,
    /// First day (UTC) [default: a week before the last]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day not included (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Only {
    /// Only this provider's
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// The provider, by its name in the configuration
    pub(crate) provider: String,
    /// Ids as its reports have them (`apikey_…`); none forgets those that were set
    pub(crate) keys: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Invoice {
    /// The provider, by its name in the configuration
    pub(crate) provider: String,
    /// Its number
    pub(crate) number: String,
    /// What is to be paid, taxes included and credits taken off
    pub(crate) total: Nano,
    /// Its first day (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) from: String,
    /// The first day that is not in it (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) to: String,
    /// The currency [default: the ledger's]
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Taxes in it that no cost report has
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) tax: Option<Nano>,
    /// Credits taken off that no cost report has
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) credit: Option<Nano>,
}

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// Only this provider's
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// First day (UTC) [default: the first of the running month]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day not included (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only this cause: shadow_key, price_drift, estimates, suspense, timing, rounding, apart, unexplained
    #[arg(long, value_name = "CAUSE")]
    pub(crate) cause: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TrueUpArgs {
    /// The provider, by its name in the configuration [default: the only one with reports]
    pub(crate) provider: Option<String>,
    /// First day (UTC) [default: the first of the running month]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day not included (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Propose it, for somebody else to approve
    #[arg(long)]
    pub(crate) propose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The id that `true-ups` shows
    pub(crate) true_up: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(client, out).await,
            Self::Pull(Pull { provider, from, to }) => {
                let done: BillImport = client.post(path(["bills", "pull"]), &PullBill { provider, from, to }).await?;
                out.show(&done, imported);
                Ok(())
            }
            Self::List(only) => {
                let join = |all: &mut Bills, page: Bills| all.items.extend(page.items);
                let asked = path(["bills"]).with("provider", only.provider.as_deref());
                let bills = client.pages(asked, |page: &Bills| page.next.clone(), join).await?;
                out.show(&bills, |bills| days(&bills.items).or("no report was imported"));
                Ok(())
            }
            Self::Keys(Keys { provider, keys }) => {
                let set: BillKeys = client.put(path(["bills", "keys"]), &BillKeys { provider, keys }).await?;
                out.show(&set, |set| match set.keys.as_slice() {
                    [] => format!("no key of {} is known to be Purser's\n", set.provider),
                    keys => format!("{} of {} are Purser's\n", keys.join(", "), set.provider),
                });
                Ok(())
            }
            Self::Invoice(Invoice { provider, number, total, from, to, currency, tax, credit }) => {
                let new = NewInvoice { provider, number, from, to, total, currency, tax, credit };
                let checked: InvoiceChecked = client.post(path(["bills", "invoices"]), &new).await?;
                out.show(&checked, |checked| invoices(std::slice::from_ref(checked)));
                Ok(())
            }
            Self::Reconcile(reconcile) => reconcile.run(client, out).await,
            Self::TrueUp(TrueUpArgs { provider, from, to, propose }) => {
                let asked = path(["bills", "true-up"])
                    .with("provider", provider.as_deref())
                    .with("from", from.as_deref())
                    .with("to", to.as_deref());
                if propose {
                    let wanted = WantedTrueUp { provider, from, to };
                    let proposed: TrueUp = client.post(path(["bills", "true-ups"]), &wanted).await?;
                    out.show(&proposed, |proposed| true_ups(std::slice::from_ref(proposed)));
                } else {
                    let plan: TrueUpPlan = client.get(asked).await?;
                    out.show(&plan, planned);
                }
                Ok(())
            }
            Self::TrueUps => {
                let all: Vec<TrueUp> = client.list(path(["bills", "true-ups"])).await?;
                out.show(&all, |all| true_ups(all));
                Ok(())
            }
            Self::Approve(Approve { true_up }) => {
                let asked = path(["bills", "true-ups", &true_up, "approve"]);
                let made: TrueUp = client.post(asked, &serde_json::json!({})).await?;
                out.show(&made, |made| true_ups(std::slice::from_ref(made)));
                Ok(())
            }
        }
    }
}

impl Import {
    async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let Self { file, provider, format, part, preview } = self;
        let read = if file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&file)
        };
        let text = read.map_err(|error| Failure::from_error(format!("{} can't be read", file.display()), &error))?;
        let new = ImportBill { provider, format, part, text, preview };
        let done: BillImport = client.post(path(["bills", "import"]), &new).await?;
        out.show(&done, imported);
        Ok(())
    }
}

impl Reconcile {
    async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let asked = path(["bills", "reconciliation"])
            .with("provider", self.provider.as_deref())
            .with("from", self.from.as_deref())
            .with("to", self.to.as_deref())
            .with("cause", self.cause.as_deref());
        let join = |all: &mut Reconciliation, page: Reconciliation| all.items.extend(page.items);
        let all = client.pages(asked, |page: &Reconciliation| page.next.clone(), join).await?;
        out.show(&all, reconciled);
        let wrong = all.items.iter().filter(|item| item.cause != purser_core::bill::Cause::Rounding).count()
            + all.invoices.iter().filter(|invoice| !invoice.agrees).count();
        if wrong == 0 {
            return Ok(());
        }
        Err(Failure::new(
            format!("{wrong} differences between the ledger and what providers report"),
            "`purser bill true-up` shows what would make the ledger equal the bill",
        ))
    }
}

fn imported(done: &BillImport) -> String {
    let said = if done.written { "imported" } else { "nothing was written" };
    format!("{}{said}\n", days(&done.days).or(""))
}

fn days(days: &[BillDay]) -> Table {
    let mut table = Table::new(&["provider", "report", "day", ">lines", ">amount", "state", "hash"]);
    for day in days {
        let amounts: Vec<String> =
            day.amounts.iter().map(|(code, amount)| format!("{} {code}", money(*amount))).collect();
        let tokens: u64 = day.usage.values().fold(0, |sum, count| sum.saturating_add(*count));
        let amount = if amounts.is_empty() { format!("{tokens} counted") } else { amounts.join(", ") };
        let state = format!("{:?}{}", day.state, if day.whole { "" } else { ", not a whole day" }).to_lowercase();
        let hash = day.hash.chars().take(12).collect();
        table.row([
            day.provider.clone(),
            day.report.clone(),
            day.day.clone(),
            day.lines.to_string(),
            amount,
            state,
            hash,
        ]);
    }
    table
}

fn invoices(all: &[InvoiceChecked]) -> String {
    let mut table = Table::new(&["invoice", "days", ">total", ">reported", ">difference", "agrees"]);
    for of in all {
        let agrees = match (of.agrees, of.missing.len()) {
            (true, _) => "yes".to_owned(),
            (false, 0) => "no".to_owned(),
            (false, missing) => format!("no, {missing} days have no cost report"),
        };
        let number = format!("{} {}", of.provider, of.number);
        let days = format!("{} to {}", of.from, of.to);
        table.row([number, days, money(of.total), money(of.reported), money(of.difference), agrees]);
    }
    table.or("")
}

fn reconciled(all: &Reconciliation) -> String {
    let mut table = Table::new(&["provider", ">usage days", ">cost days", ">ledger", ">bill", ">difference"]);
    for of in &all.providers {
        table.row([
            of.provider.clone(),
            of.usage_days.to_string(),
            of.cost_days.to_string(),
            money(of.ledger),
            money(of.bill),
            money(of.difference),
        ]);
    }
    let mut text = table.or("no provider was used, and no report is there");
    if !all.invoices.is_empty() {
        text.push('\n');
        text.push_str(&invoices(&all.invoices));
    }
    let mut table = Table::new(&["day", "cause", ">amount", "what"]);
    for item in &all.items {
        let Difference { day, cause, amount, sentence, .. } = item;
        let cause = serde_json::to_value(cause).ok().and_then(|word| word.as_str().map(str::to_owned));
        table.row([
            day.clone(),
            cause.unwrap_or_default(),
            amount.map_or_else(|| "-".to_owned(), money),
            sentence.clone(),
        ]);
    }
    text.push('\n');
    text.push_str(&table.or("the ledger agrees with what was reported"));
    text
}

fn planned(plan: &TrueUpPlan) -> String {
    let mut table = Table::new(&["day", "on", "model", "key or call", ">amount"]);
    for entry in &plan.entries {
        let on = match entry.on {
            TrueUpOn::Call => "the call",
            TrueUpOn::Company => "the company",
            TrueUpOn::Payers => "back to payers",
            TrueUpOn::Suspense => "out of suspense",
        };
        let of = entry.key.as_deref().or(entry.hold.as_deref());
        table.row([
            entry.day.clone(),
            on.to_owned(),
            or_dash(entry.model.as_deref()),
            or_dash(of),
            money(entry.amount),
        ]);
    }
    let rows = table.or("there is nothing to true up");
    format!(
        "{rows}\nthe ledger would have {} more: the company {}, calls {}, given back {}\n",
        money(plan.amount),
        money(plan.company),
        money(plan.calls),
        money(plan.given_back)
    )
}

fn true_ups(all: &[TrueUp]) -> String {
    let mut table = Table::new(&["id", "provider", "days", ">entries", ">amount", "proposed by", "made by"]);
    for of in all {
        table.row([
            of.id.to_string(),
            of.provider.clone(),
            format!("{} to {}", of.from, of.to),
            of.entries.to_string(),
            money(of.amount),
            of.proposed_by.clone(),
            or_dash(of.made_by.as_deref()),
        ]);
    }
    table.or("nothing was proposed")
}
