//! `purser price …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use purser_control::shape::{
    Explain as Question, Explained, ImportPrices, ImportReport, List as Items, Price, PricePoint, SetPrice,
};
use purser_core::price::{Bucket, Layer};
use purser_core::time::{Clock, Instant};
use serde_json::json;

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::clock::MachineClock;
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with the price book.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the prices in force
    List(List),
    /// Show one model's prices in full
    Show(Show),
    /// Publish a price from a date on
    Set(Set),
    /// Show what publishing a file of prices would change
    Diff(Import),
    /// Show every price a model has had
    History(Show),
    /// Publish a file of prices: rate cards, or one of the common public catalogues
    Import(Import),
    /// Publish what is really paid of a provider's list prices
    Discount(Discount),
    /// Publish what a currency that a provider bills in costs in the ledger's
    Exchange(Exchange),
    /// Show the working of a charge, line by line
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this provider's
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// The prices in force on this day [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Name of the model
    pub(crate) model: String,
    /// The provider, where several serve a model of that name
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// The prices in force on this day [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Name of the model
    pub(crate) model: String,
    /// The provider it is a price of
    #[arg(long)]
    pub(crate) provider: String,
    /// Prices per million, such as input_uncached=3.00 output=15 cache_read=0.30
    #[arg(required = true, value_name = "BUCKET=PRICE")]
    pub(crate) prices: Vec<String>,
    /// First day of the price (UTC) [default: now]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Where the figure is from: an address or a contract
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, or `-` for standard input
    pub(crate) file: PathBuf,
    /// First day of the prices (UTC), where the file names none [default: now]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// cards, csv, litellm, models.dev or openrouter [default: recognised by its shape]
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Of a catalogue: only this provider's models
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// Of a catalogue: take prices out of all proportion as they are written
    #[arg(long)]
    pub(crate) keep_unlikely: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Discount {
    /// The provider whose bills it is on
    pub(crate) provider: String,
    /// What is paid: 0.9 for ten per cent off
    pub(crate) times: String,
    /// First day (UTC) [default: now]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Exchange {
    /// The currency of the provider's bills, such as EUR
    pub(crate) of: String,
    /// The ledger's currency, such as USD
    pub(crate) to: String,
    /// What one of the former costs in the latter
    pub(crate) times: String,
    /// First day (UTC) [default: now]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Name of the model
    pub(crate) model: String,
    /// The provider
    #[arg(long)]
    pub(crate) provider: String,
    /// Counts by bucket: {"input_uncached": 1200, "output": 300}
    #[arg(long, value_name = "JSON")]
    pub(crate) usage: String,
    /// Price it as of this day or instant [default: now]
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
    /// Tier that served it: standard, batch, flex, priority or fast
    #[arg(long, default_value = "standard")]
    pub(crate) tier: String,
    /// Region that served it, where that changes the price
    #[arg(long)]
    pub(crate) geo: Option<String>,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Set(_) | Self::Import(_) | Self::Discount(_) | Self::Exchange(_) => Absent::Create,
            _ => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::List(list) => {
                let path = path(["prices"]).with("provider", list.provider.as_deref()).with("at", list.at.as_deref());
                let prices: Items<Price> = client.get(path).await?;
                out.show(&prices.items, |prices| table(prices));
            }
            Self::Show(show) => {
                let path = path(["prices", &show.model])
                    .with("provider", show.provider.as_deref())
                    .with("at", show.at.as_deref());
                let prices: Items<Price> = client.get(path).await?;
                out.show(&prices.items, |prices| prices.iter().map(card).collect::<Vec<_>>().join("\n\n"));
            }
            Self::History(show) => {
                let path = path(["prices", &show.model, "history"]).with("provider", show.provider.as_deref());
                let prices: Items<Price> = client.get(path).await?;
                out.show(&prices.items, |prices| table(prices));
            }
            Self::Set(set) => {
                let rates = set.prices.iter().map(|text| point(text)).collect::<Result<_, _>>()?;
                let body =
                    SetPrice { provider: set.provider, model: set.model, rates, from: set.from, source: set.source };
                let price: Price = client.post(path(["prices"]), &body).await?;
                out.show(&price, card);
            }
            Self::Discount(discount) => {
                let row =
                    json!({ "provider": discount.provider, "times": discount.times, "from": since(discount.from)? });
                publish(client, out, &json!({ "discounts": [row] })).await?;
            }
            Self::Exchange(exchange) => {
                let (of, to) = (exchange.of.to_uppercase(), exchange.to.to_uppercase());
                let row = json!({ "of": of, "to": to, "times": exchange.times, "from": since(exchange.from)? });
                publish(client, out, &json!({ "exchange": [row] })).await?;
            }
            Self::Diff(import) => send(client, out, import, true).await?,
            Self::Import(import) => send(client, out, import, false).await?,
            Self::Explain(explain) => {
                let usage = serde_json::from_str(&explain.usage).map_err(|error| {
                    Failure::usage(
                        format!("--usage is not understood: {error}"),
                        "write counts by bucket: {\"input_uncached\": 1200, \"output\": 300}",
                    )
                })?;
                let tier = serde_json::from_value(explain.tier.clone().into()).map_err(|_| {
                    Failure::usage(
                        format!("`{}` is not a tier", explain.tier),
                        "one of standard, batch, flex, priority, fast",
                    )
                })?;
                let question = Question {
                    provider: explain.provider,
                    model: explain.model,
                    usage,
                    at: explain.at,
                    tier,
                    geo: explain.geo,
                };
                let explained: Explained = client.post(path(["prices", "explain"]), &question).await?;
                out.show(&explained, working);
            }
        }
        Ok(())
    }
}

/// `output=15` as bucket and price.
fn point(text: &str) -> Result<PricePoint, Failure> {
    match text.split_once('=') {
        Some((bucket, price)) => Ok(PricePoint { bucket: bucket.trim().to_owned(), price: price.trim().to_owned() }),
        None => Err(Failure::usage(format!("`{text}` is not BUCKET=PRICE"), "write it like output=15.00")),
    }
}

/// The first instant of a day, or now.
fn since(day: Option<String>) -> Result<String, Failure> {
    let Some(day) = day else { return Ok(MachineClock.now().to_string()) };
    let instant = format!("{}T00:00:00Z", day.trim());
    match instant.parse::<Instant>() {
        Ok(_) => Ok(instant),
        Err(_) => Err(Failure::usage(format!("`{day}` is not a day"), "write it like 2026-11-24")),
    }
}

/// Publishes a list of our own form.
async fn publish(client: &mut Client, out: Output, list: &serde_json::Value) -> Result<(), Failure> {
    let body = ImportPrices { text: list.to_string(), ..ImportPrices::default() };
    let report: ImportReport = client.post(path(["prices", "import"]), &body).await?;
    out.show(&report, |report| {
        format!("published {} discounts, {} exchange rates", report.discounts.len(), report.exchange.len())
    });
    Ok(())
}

async fn send(client: &mut Client, out: Output, import: Import, dry_run: bool) -> Result<(), Failure> {
    let read = if import.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(&import.file)
    };
    let text = read.map_err(|error| Failure::from_error(import.file.display(), &error))?;
    let Import { from, format, provider, keep_unlikely, .. } = import;
    let body = ImportPrices { text, from, format, provider, keep_unlikely, dry_run };
    let report: ImportReport = client.post(path(["prices", "import"]), &body).await?;
    out.show(&report, changes);
    Ok(())
}

fn table(prices: &[Price]) -> String {
    let mut table = Table::new(&["provider", "model", ">input", ">cached", ">output", "from", "whose"]);
    for price in prices {
        let rate = |bucket| price.card.rates.get(&bucket).map_or_else(|| "-".to_owned(), ToString::to_string);
        table.row([
            price.card.provider.clone(),
            price.card.model.clone(),
            rate(Bucket::InputUncached),
            rate(Bucket::CacheRead),
            rate(Bucket::Output),
            price.effective_from.to_string(),
            whose(price.layer).to_owned(),
        ]);
    }
    table.or("no prices")
}

const fn whose(layer: Layer) -> &'static str {
    match layer {
        Layer::Bundled => "public",
        Layer::Company => "company",
    }
}

/// A card in full. JSON is the form that cards are written in, and nothing is left out of it.
fn card(price: &Price) -> String {
    let card = serde_json::to_string_pretty(&price.card).unwrap_or_default();
    format!("version {} ({}), in force from {}\n{card}", price.version, whose(price.layer), price.effective_from)
}

fn changes(report: &ImportReport) -> String {
    let mut table = Table::new(&["provider", "model", "what", ">was", ">is"]);
    for change in &report.changes {
        let mut row = |what: &str, was: Option<&str>, is: Option<&str>| {
            table.row([change.provider.clone(), change.model.clone(), what.to_owned(), or_dash(was), or_dash(is)]);
        };
        if change.rates.is_empty() {
            row("new", None, None);
        }
        for rate in &change.rates {
            row(&rate.what, rate.was.as_deref(), rate.is.as_deref());
        }
    }
    let verb = if report.published { "published" } else { "would be published" };
    let mut lines = vec![
        table.or("no price differs"),
        format!(
            "{} prices {verb}, {} as they were, {} skipped ({})",
            report.changes.len(),
            report.unchanged,
            report.skipped.len(),
            report.format
        ),
    ];
    for change in &report.changes {
        let warnings = change.warnings.iter();
        lines.extend(warnings.map(|warning| format!("look twice: {}/{}: {warning}", change.provider, change.model)));
    }
    lines.extend(report.skipped.iter().map(|skipped| format!("skipped: {skipped}")));
    lines.join("\n")
}

fn working(explained: &Explained) -> String {
    let mut table = Table::new(&["bucket", ">count", ">per million", ">times", ">amount"]);
    for line in &explained.lines {
        table.row([
            line.bucket.clone(),
            line.count.to_string(),
            line.rate.clone(),
            line.times.clone(),
            line.amount.clone(),
        ]);
    }
    let mut text = table.or("nothing was used");
    if explained.terms != "1" {
        text = format!("{text}times {} (discount, exchange rate)\n", explained.terms);
    }
    format!("{text}charge {}, rounded once, half to even; card {}", explained.charge, explained.version)
}
