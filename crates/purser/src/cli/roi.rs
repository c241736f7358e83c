//! `purser roi …`

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{
    Basis, Compared, OutcomeLine, PersonReturns, ReturnCase, ReturnReport, ReturnRow, WhatIf, WhatIfReport,
};
use purser_core::money::Nano;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be asked about the return on tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What people and their tokens cost, beside what came of it: assumed, as studies have it, and as it was counted
    Show(Show),
    /// What would come of some figures: `purser roi what-if --cost 500000 --tokens 100000 --multiplier 1.3`
    WhatIf(What),
    /// Show or say who may see the return on one person's tokens
    Policy {
        /// Those who may see that person's usage (true), or the person alone (false)
        #[arg(long, value_name = "BOOL")]
        open: Option<bool>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// About this person (id or name)
    #[arg(long, conflicts_with_all = ["unit", "family"])]
    pub(crate) person: Option<String>,
    /// About the people of this unit and of those below it (id or name)
    #[arg(long, conflicts_with = "family")]
    pub(crate) unit: Option<String>,
    /// About the people of this family of roles
    #[arg(long)]
    pub(crate) family: Option<String>,
    /// Only outcomes of this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// First day (UTC) [default: ninety days before the last]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day not included (UTC) [default: tomorrow]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// What outcomes are compared with
    #[arg(long, value_enum, default_value_t = Beside::Before)]
    pub(crate) against: Beside,
    /// First day of the time before [default: as many days right before]
    #[arg(long, value_name = "DATE")]
    pub(crate) before: Option<String>,
    /// First day after that time [default: --from]
    #[arg(long, value_name = "DATE")]
    pub(crate) before_to: Option<String>,
    /// An assumed multiplier such as 1.3, or the name of a study [default: none, and what studies measured is shown]
    #[arg(long)]
    pub(crate) multiplier: Option<String>,
    /// Rows by
    #[arg(long, value_enum)]
    pub(crate) by: Option<By>,
}

/// What outcomes are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Beside {
    /// The same people before
    Before,
    /// People who spent nothing on tokens
    Without,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// A unit
    Unit,
    /// A family of roles
    Family,
}

#[derive(Debug, Args)]
pub(crate) struct What {
    /// What people cost, fully loaded
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) cost: Nano,
    /// What their tokens cost in the same time
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) tokens: Nano,
    /// What their output is worth without tokens [default: what they cost]
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) output: Option<Nano>,
    /// An assumed multiplier, or the name of a study [default: all that studies measured]
    #[arg(long)]
    pub(crate) multiplier: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Show(show) => {
                let against = if show.against == Beside::Before { "before" } else { "without" };
                let by = show.by.map(|by| if by == By::Unit { "unit" } else { "family" });
                let asked = path(["roi"])
                    .with("person", show.person.as_deref())
                    .with("unit", show.unit.as_deref())
                    .with("family", show.family.as_deref())
                    .with("kind", show.kind.as_deref())
                    .with("from", show.from.as_deref())
                    .with("to", show.to.as_deref())
                    .with("against", Some(against))
                    .with("before", show.before.as_deref())
                    .with("before_to", show.before_to.as_deref())
                    .with("multiplier", show.multiplier.as_deref())
                    .with("by", by);
                let report: ReturnReport = client.get(asked).await?;
                out.show(&report, in_words);
            }
            Self::WhatIf(What { cost, tokens, output, multiplier }) => {
                let what = WhatIf { cost, tokens, output, multiplier };
                let report: WhatIfReport = client.post(path(["roi", "what-if"]), &what).await?;
                out.show(&report, what_if);
            }
            Self::Policy { open } => {
                let policy: PersonReturns = match open {
                    Some(open) => client.put(path(["roi", "policy"]), &PersonReturns { open }).await?,
                    None => client.get(path(["roi", "policy"])).await?,
                };
                out.show(&policy, |policy| {
                    let who = if policy.open { "those who may see that person's usage" } else { "that person alone" };
                    format!("the return on one person's tokens is for {who}")
                });
            }
        }
        Ok(())
    }
}

fn in_words(report: &ReturnReport) -> String {
    let mut text = vec![format!("{}, {} to {}", report.about, report.from, report.to)];
    if !report.hidden {
        let count = |count: Option<usize>| count.unwrap_or_default();
        let is_known = report.cost_known.is_some_and(|known| known > 0);
        let hidden = if is_known { "hidden" } else { "not known" };
        let cost = report.cost.amount().copied().flatten().map_or_else(|| hidden.to_owned(), money);
        text.push(format!(
            "people {} (cost known of {}), cost {cost}, tokens {}",
            count(report.people),
            count(report.cost_known),
            money(report.tokens.unwrap_or_default()),
        ));
        if let Some(Some(at)) = report.break_even.amount() {
            text.push(format!("the tokens are paid for when × {at} as much gets done"));
        }
        if is_known {
            text.push(cases(&report.cases));
        }
        if !report.outcomes.is_empty() {
            text.push(outcomes(&report.outcomes));
        }
        text.extend(report.outcomes.iter().filter_map(|line| Some(compared(&line.kind, line.compared.as_ref()?))));
        if !report.rows.is_empty() {
            text.push(rows(&report.rows));
        }
    }
    text.extend(report.notes.iter().map(|note| format!("- {note}")));
    text.join("\n")
}

fn what_if(report: &WhatIfReport) -> String {
    let even = match &report.break_even {
        Some(at) => format!("the tokens are paid for when × {at} as much gets done"),
        None => "no multiplier pays for tokens where the output is worth nothing".to_owned(),
    };
    format!("{even}\n{}", cases(&report.cases))
}

fn cases(cases: &[ReturnCase]) -> String {
    let heads = ["basis", ">×", ">value", ">net", ">gain", ">less tokens", ">net per 1", ">a piece costs", "which"];
    let mut table = Table::new(&heads);
    for case in cases {
        let figures = case.figures.amount().and_then(Option::as_ref);
        let amount = |of: fn(&purser_control::shape::ReturnFigures) -> Nano| {
            figures.map_or_else(
                || if case.figures.amount().is_some() { "-" } else { "hidden" }.to_owned(),
                |it| money(of(it)),
            )
        };
        let source = case.source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
        table.row([
            basis(case.basis).to_owned(),
            case.multiplier.clone(),
            amount(|it| it.value),
            amount(|it| it.net),
            amount(|it| it.gain),
            amount(|it| it.gain_net),
            or_dash(figures.and_then(|it| it.net_per_token_unit.as_deref())),
            figures
                .and_then(|it| it.unit_cost_change_percent.as_deref())
                .map_or_else(|| "-".to_owned(), |it| format!("{it} %")),
            format!("{}{source}", case.label),
        ]);
    }
    table.or("")
}

const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Assumed => "assumed",
        Basis::Study => "study",
        Basis::Measured | Basis::MeasuredLow | Basis::MeasuredHigh => "measured",
    }
}

fn outcomes(lines: &[OutcomeLine]) -> String {
    let mut table = Table::new(&["kind", ">outcomes", ">taken back", ">worth", ">tokens each", ">all each"]);
    for line in lines {
        let each = |amount: Option<Nano>| amount.map_or_else(|| "-".to_owned(), money);
        table.row([
            line.kind.clone(),
            line.outcomes.to_string(),
            line.taken_back.to_string(),
            each(line.value),
            each(line.tokens_per_outcome),
            line.cost_per_outcome.amount().map_or_else(|| "hidden".to_owned(), |amount| each(*amount)),
        ]);
    }
    table.or("")
}

fn compared(kind: &str, it: &Compared) -> String {
    let ratio = match (&it.ratio, &it.low, &it.high) {
        (Some(ratio), Some(low), Some(high)) => format!(" × {ratio} (between {low} and {high}):"),
        _ => ":".to_owned(),
    };
    let made = it.made.as_ref().map_or_else(String::new, |made| format!("; interval of {made}"));
    format!(
        "{kind}{ratio} {}; {} in {} days beside {} in {}{made}",
        it.says, it.after, it.after_days, it.before, it.before_days
    )
}

fn rows(rows: &[ReturnRow]) -> String {
    let mut table = Table::new(&["of", ">people", ">tokens", ">outcomes", ">tokens each", ">paid for at ×"]);
    for row in rows {
        let told = |text: Option<String>| if row.hidden { "too few".to_owned() } else { or_dash(text.as_deref()) };
        table.row([
            row.name.clone().unwrap_or_else(|| row.of.clone()),
            told(row.people.map(|people| people.to_string())),
            told(row.tokens.map(money)),
            told(row.outcomes.map(|outcomes| outcomes.to_string())),
            told(row.tokens_per_outcome.map(money)),
            told(row.break_even.amount().cloned().flatten()),
        ]);
    }
    table.or("")
}
