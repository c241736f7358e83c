//! `purser cost …`

use clap::{Args, Subcommand};
use purser_control::shape::{ChangeCosts, Costs, CostsRow, PersonCost};
use purser_core::cost::{CostRow, Extra, RowOf, RowPay};
use purser_core::money::Nano;
use purser_core::package::Percent;
use purser_core::role::{Family, Level};

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with costs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what is set: what people of a role cost, and what comes on top of pay
    List,
    /// Say what somebody of a family and level, of a family, or anybody costs in a year of full working time
    Set(Set),
    /// Take such a row out
    End(Of),
    /// Show what somebody costs in a year, and of what
    Of(Who),
}

#[derive(Debug, Args)]
pub(crate) struct Of {
    /// Of this family [default: everybody]
    #[arg(long)]
    pub(crate) family: Option<Family>,
    /// Of this level of the family, such as L4 [default: all]
    #[arg(long, requires = "family")]
    pub(crate) level: Option<Level>,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) of: Of,
    /// The salary of those whose own is not known here [default: the row says only what comes on top]
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) salary: Option<Nano>,
    /// Their bonus
    #[arg(long, value_name = "AMOUNT", requires = "salary")]
    pub(crate) bonus: Option<Nano>,
    /// A year's vesting of theirs
    #[arg(long, value_name = "AMOUNT", requires = "salary")]
    pub(crate) equity: Option<Nano>,
    /// Benefits as hundredths of the salary, such as 20
    #[arg(long, value_name = "PERCENT")]
    pub(crate) benefits: Option<Percent>,
    /// Benefits as an amount for each head, on top of that
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) benefits_per_year: Option<Nano>,
    /// Overhead as hundredths of the salary
    #[arg(long, value_name = "PERCENT")]
    pub(crate) overhead: Option<Percent>,
    /// Overhead as an amount for each head, on top of that
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) overhead_per_year: Option<Nano>,
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// Id or name
    pub(crate) person: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let costs: Costs = match self {
            Self::Of(Who { person }) => {
                let cost: PersonCost = client.get(path(["people", &person, "cost"])).await?;
                out.show(&cost, person_cost);
                return Ok(());
            }
            Self::List => client.get(path(["costs"])).await?,
            Self::Set(set) => client.post(path(["costs"]), &ChangeCosts::Set(set.row())).await?,
            Self::End(of) => client.post(path(["costs"]), &ChangeCosts::End(of.row_of())).await?,
        };
        out.show(&costs, table);
        Ok(())
    }
}

impl Of {
    fn row_of(self) -> RowOf {
        RowOf { family: self.family, level: self.level }
    }
}

impl Set {
    fn row(self) -> CostRow {
        let amount = |amount: Option<Nano>| amount.unwrap_or_default();
        let (bonus, equity) = (amount(self.bonus), amount(self.equity));
        let extra = |percent: Option<Percent>, per_year: Option<Nano>| Extra {
            of_salary: percent.unwrap_or(Percent::whole(0)),
            per_year: amount(per_year),
        };
        CostRow {
            of: self.of.row_of(),
            pay: self.salary.map(|salary| RowPay { salary, bonus, equity }),
            benefits: extra(self.benefits, self.benefits_per_year),
            overhead: extra(self.overhead, self.overhead_per_year),
        }
    }
}

fn table(costs: &Costs) -> String {
    let mut table = Table::new(&["family", "level", ">salary", ">bonus", ">equity", ">benefits", ">overhead"]);
    for CostsRow { of, has_pay, pay, benefits, overhead } in &costs.rows {
        // Redacted where the amount is not there at all.
        let pay = |part: fn(&RowPay) -> Nano| match pay.amount().and_then(Option::as_ref) {
            Some(pay) => money(part(pay)),
            None => if *has_pay { "hidden" } else { "-" }.to_owned(),
        };
        let extra = |extra: Option<&Extra>| match extra {
            None => "hidden".to_owned(),
            Some(Extra { of_salary, per_year }) => {
                let parts = [
                    (!of_salary.is_zero()).then(|| format!("{of_salary} %")),
                    (!per_year.is_zero()).then(|| money(*per_year)),
                ];
                or_dash(parts.into_iter().flatten().reduce(|left, right| format!("{left} + {right}")).as_deref())
            }
        };
        table.row([
            of.family.as_ref().map_or_else(|| "everybody".to_owned(), ToString::to_string),
            of.level.map_or_else(|| "-".to_owned(), |level| level.to_string()),
            pay(|pay| pay.salary),
            pay(|pay| pay.bonus),
            pay(|pay| pay.equity),
            extra(benefits.amount()),
            extra(overhead.amount()),
        ]);
    }
    table.or("nothing is set about costs; `purser cost set` says what people cost and what comes on top of their pay")
}

fn person_cost(cost: &PersonCost) -> String {
    let who = cost.person_name.clone().unwrap_or_else(|| cost.person.to_string());
    if !cost.known {
        return format!(
            "what {who} costs is not known: no offer of theirs says what they are paid, and no row of `purser cost list` is theirs"
        );
    }
    let mut table = Table::new(&["part", ">a year", ">share"]);
    for line in &cost.parts {
        let share = line.share.amount().and_then(Option::as_deref);
        table.row([
            line.part.word().to_owned(),
            line.per_year.amount().map_or_else(|| "hidden".to_owned(), |amount| money(*amount)),
            or_dash(share),
        ]);
    }
    let total = cost.per_year.amount().copied().flatten();
    table.row(["all".to_owned(), total.map_or_else(|| "hidden".to_owned(), money), String::new()]);
    let of = |row: &RowOf| match (&row.family, row.level) {
        (Some(family), Some(level)) => format!("{family} {level}"),
        (Some(family), None) => family.to_string(),
        (None, _) => "everybody".to_owned(),
    };
    let pay = cost.pay_row.as_ref().map_or_else(
        || "pay as in the offer that they accepted last".to_owned(),
        |row| format!("pay as usual for {}", of(row)),
    );
    let on_top = cost.on_top_row.as_ref().map_or_else(
        || "nothing on top, since nothing is set".to_owned(),
        |row| format!("on top what is set for {}", of(row)),
    );
    format!("{}\n{pay}; {on_top}", table.or(""))
}
