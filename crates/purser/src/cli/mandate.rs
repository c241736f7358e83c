//! `purser mandate …` and `purser absence …`

use clap::{Args, Subcommand};
use purser_control::shape::{Absence, Mandate, SetAbsence, SetMandate};
use purser_core::money::Nano;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with mandates.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let a manager's people have so much a month, and at once, without anybody being asked
    Set(Set),
    /// Show what managers give and what of it is left this month
    List,
    /// Let a manager's mandate give nothing any more
    End(Whose),
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Whose (id or name); they lead the unit
    pub(crate) manager: String,
    /// At most so much in a calendar month
    pub(crate) per_month: Nano,
    /// At most so much at once [default: as much as in a month]
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) per_request: Option<Nano>,
    /// For the people of this unit and of those below it (id or name) [default: the one of before]
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// The pool that pays (id or name) [default: the budgets of unit and company]
    #[arg(long)]
    pub(crate) pool: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Id or name
    pub(crate) manager: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let set = match self {
            Self::List => {
                let list: Vec<Mandate> = client.list(path(["mandates"])).await?;
                out.show(&list, |list| table(list));
                return Ok(());
            }
            Self::Set(Set { manager, per_month, per_request, unit, pool }) => {
                SetMandate { manager, unit, per_month, per_request, pool }
            }
            Self::End(Whose { manager }) => {
                SetMandate { manager, unit: None, per_month: Nano::ZERO, per_request: None, pool: None }
            }
        };
        let mandate: Mandate = client.post(path(["mandates"]), &set).await?;
        out.show(&mandate, |one| table(std::slice::from_ref(one)));
        Ok(())
    }
}

fn table(list: &[Mandate]) -> String {
    let headings = ["manager", "unit", ">per month", ">at once", ">given", ">left", "pool", "gives"];
    let mut table = Table::new(&headings);
    for one in list {
        table.row([
            one.manager_name.clone().unwrap_or_else(|| one.manager.to_string()),
            one.unit_name.clone().unwrap_or_else(|| one.unit.to_string()),
            money(one.per_month),
            money(one.per_request),
            money(one.given),
            money(one.left),
            or_dash(one.pool_name.as_deref()),
            if one.active { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.or("no manager has a mandate; `purser mandate set` gives one")
}

/// What can be said about being away.
#[derive(Debug, Subcommand)]
pub(crate) enum AbsenceCommand {
    /// Say who decides about top-ups while somebody is away
    Set(Away),
    /// Show who is or will be away
    List,
    /// End somebody's absence, or call it off
    End(Who),
}

#[derive(Debug, Args)]
pub(crate) struct Away {
    /// Who is away (id or name)
    pub(crate) person: String,
    /// Who decides (id or name)
    pub(crate) delegate: String,
    /// The last day
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
    /// The first day [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// Id or name
    pub(crate) person: String,
}

impl AbsenceCommand {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let absence: Absence = match self {
            Self::List => {
                let list: Vec<Absence> = client.list(path(["absences"])).await?;
                out.show(&list, |list| absences(list));
                return Ok(());
            }
            Self::Set(Away { person, delegate, until, from }) => {
                let set = SetAbsence { person: Some(person), delegate, from, until };
                client.post(path(["absences"]), &set).await?
            }
            Self::End(Who { person }) => client.delete(path(["absences", &person])).await?,
        };
        out.show(&absence, |one| absences(std::slice::from_ref(one)));
        Ok(())
    }
}

fn absences(list: &[Absence]) -> String {
    let mut table = Table::new(&["person", "decides instead", "from", "until", "now"]);
    for one in list {
        table.row([
            one.person_name.clone().unwrap_or_else(|| one.person.to_string()),
            one.delegate_name.clone().unwrap_or_else(|| one.delegate.to_string()),
            one.from.clone(),
            one.until.clone(),
            if one.away_now { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.or("nobody has said that they are away; `purser absence set` does")
}
