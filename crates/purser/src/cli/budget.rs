//! `purser budget …`

use clap::{Args, Subcommand};
use purser_control::shape::{Budget, SetBudget};

use super::{money, or_dash};
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with budgets.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set a budget, replacing the running one of the same owner and period
    Set(Set),
    /// Show budgets and what is left of them
    List,
    /// End a budget
    End(End),
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// `company`, or a unit or key (id or name); with `--tool` a person
    pub(crate) owner: String,
    /// Amount and period: 1000/month, 50/day, 20000/year
    pub(crate) amount: String,
    /// What this person spends with this tool: claude-code, codex, gemini-*, …
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// Which days count: all or workdays
    #[arg(long, default_value = "all")]
    pub(crate) days: String,
}

#[derive(Debug, Args)]
pub(crate) struct End {
    /// Id of the budget
    pub(crate) budget: String,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Set(_) => Absent::Create,
            Self::List | Self::End(_) => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let budget: Budget = match self {
            Self::Set(set) => {
                let set = SetBudget { owner: set.owner, tool: set.tool, amount: set.amount, days: Some(set.days) };
                client.post(path(["budgets"]), &set).await?
            }
            Self::List => {
                let list: Vec<Budget> = client.list(path(["budgets"])).await?;
                out.show(&list, |budgets| table(budgets));
                return Ok(());
            }
            Self::End(end) => client.delete(path(["budgets", &end.budget])).await?,
        };
        out.show(&budget, |budget| table(std::slice::from_ref(budget)));
        Ok(())
    }
}

fn table(budgets: &[Budget]) -> String {
    let mut table = Table::new(&["id", "owner", "tool", ">amount", "per", "days", ">spent", ">held", ">left", "state"]);
    for budget in budgets {
        let figure = |pick: fn(&purser_control::shape::Funds) -> purser_core::money::Nano| {
            budget.funds.as_ref().map_or_else(|| "-".to_owned(), |funds| money(pick(funds)))
        };
        table.row([
            budget.id.to_string(),
            or_dash(budget.owner_name.as_deref().or(Some(&budget.owner))),
            or_dash(budget.tool.as_deref()),
            money(budget.amount),
            budget.per.clone(),
            budget.days.clone(),
            figure(|funds| funds.posted),
            figure(|funds| funds.held),
            figure(|funds| funds.available),
            if budget.ended.is_none() { "running" } else { "ended" }.to_owned(),
        ]);
    }
    table.or("no budgets yet; `purser budget set company 1000/month` sets one")
}
