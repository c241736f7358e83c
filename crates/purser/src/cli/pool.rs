//! `purser pool …`

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{
    FiscalMonth, FundPool, Liability as Owed, LiabilityRow, NewPool, Pool, PoolCommitment, PoolDetail, TransferPool,
};
use purser_core::money::Nano;

use super::{money, or_dash};
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with pools.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a pool of the company or a unit
    Add(Add),
    /// Show pools: funded, committed and free in each fiscal year
    List,
    /// Show one pool and what is committed from it
    Show(Show),
    /// Put funds into a pool, or take free ones out (a negative amount)
    ///
    /// The first funds of a fiscal year open it; they have to be enough for grants that go on in it.
    Fund(Fund),
    /// Move free funds from one pool to another
    Transfer(Transfer),
    /// Show what was promised and is not used yet
    Liability(Liability),
    /// Set the month in which fiscal years begin, before the first funds
    Calendar(Calendar),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// How it is called
    pub(crate) name: String,
    /// `company`, or a unit (id or name)
    #[arg(default_value = "company")]
    pub(crate) owner: String,
    /// Who grants from it (id or name), for a manager's pool inside a unit
    #[arg(long, value_name = "PERSON")]
    pub(crate) manager: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Id or name
    pub(crate) pool: String,
}

#[derive(Debug, Args)]
pub(crate) struct Fund {
    /// Id or name
    pub(crate) pool: String,
    /// How much, such as 500000; negative to take out
    #[arg(allow_negative_numbers = true)]
    pub(crate) amount: Nano,
    /// The fiscal year, by the calendar year in which it begins [default: the running one]
    #[arg(long)]
    pub(crate) year: Option<i16>,
}

#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// The pool that gives (id or name)
    pub(crate) from: String,
    /// The pool that gets (id or name)
    pub(crate) to: String,
    /// How much
    pub(crate) amount: Nano,
    /// The fiscal year [default: the running one]
    #[arg(long)]
    pub(crate) year: Option<i16>,
}

#[derive(Debug, Args)]
pub(crate) struct Liability {
    /// By what
    #[arg(long, value_enum, default_value = "pool")]
    pub(crate) by: By,
    /// The fiscal year [default: the running one]
    #[arg(long)]
    pub(crate) year: Option<i16>,
    /// Only people of this unit and below (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
}

/// By what a liability is told.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum By {
    Pool,
    Unit,
    Person,
}

#[derive(Debug, Args)]
pub(crate) struct Calendar {
    /// From 1 to 12
    pub(crate) month: i8,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) | Self::Calendar(_) => Absent::Create,
            Self::List | Self::Show(_) | Self::Fund(_) | Self::Transfer(_) | Self::Liability(_) => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let pool: Pool = match self {
            Self::Add(add) => {
                let new = NewPool { name: add.name, owner: add.owner, manager: add.manager };
                client.post(path(["pools"]), &new).await?
            }
            Self::List => {
                let list: Vec<Pool> = client.list(path(["pools"])).await?;
                out.show(&list, |pools| table(pools));
                return Ok(());
            }
            Self::Show(show) => {
                let join = |all: &mut PoolDetail, page: PoolDetail| {
                    all.commitments.extend(page.commitments);
                    all.next = page.next;
                };
                let next = |page: &PoolDetail| page.next.clone();
                let detail = client.pages(path(["pools", &show.pool]), next, join).await?;
                out.show(&detail, |detail| {
                    format!("{}\n{}", table(std::slice::from_ref(&detail.pool)), commitments(&detail.commitments))
                });
                return Ok(());
            }
            Self::Fund(fund) => {
                let funds = FundPool { amount: fund.amount, year: fund.year };
                client.post(path(["pools", &fund.pool, "funds"]), &funds).await?
            }
            Self::Transfer(transfer) => {
                let funds = TransferPool { to: transfer.to, amount: transfer.amount, year: transfer.year };
                client.post(path(["pools", &transfer.from, "transfers"]), &funds).await?
            }
            Self::Liability(wanted) => return liability(&wanted, client, out).await,
            Self::Calendar(calendar) => {
                let month = FiscalMonth { month: calendar.month };
                let set: FiscalMonth = client.put(path(["pools", "calendar"]), &month).await?;
                out.show(&set, |set| format!("fiscal years begin in month {}", set.month));
                return Ok(());
            }
        };
        out.show(&pool, |pool| table(std::slice::from_ref(pool)));
        Ok(())
    }
}

async fn liability(wanted: &Liability, client: &mut Client, out: Output) -> Result<(), Failure> {
    let by = match wanted.by {
        By::Pool => "pool",
        By::Unit => "unit",
        By::Person => "person",
    };
    let year = wanted.year.map(|year| year.to_string());
    let path = path(["pools", "liability"])
        .with("by", Some(by))
        .with("year", year.as_deref())
        .with("unit", wanted.unit.as_deref());
    let join = |all: &mut Owed, page: Owed| {
        all.items.extend(page.items);
        all.next = page.next;
    };
    let owed = client.pages(path, |page: &Owed| page.next.clone(), join).await?;
    out.show(&owed, |owed| {
        let mut table = Table::new(&[by, ">grants", ">granted", ">used", ">outstanding"]);
        let mut row = |name: &str, row: &LiabilityRow| {
            table.row([
                name.to_owned(),
                row.grants.to_string(),
                money(row.granted),
                money(row.used),
                money(row.outstanding),
            ]);
        };
        for item in &owed.items {
            row(item.name.as_deref().unwrap_or(&item.key), item);
        }
        row("total", &owed.total);
        row("of it unfunded", &owed.unfunded);
        format!("fiscal year {}, {} to {}\n{table}", owed.year, owed.from, owed.to)
    });
    Ok(())
}

/// A line per pool and year; the last one of a pool says what its next year takes.
fn table(pools: &[Pool]) -> String {
    let mut table =
        Table::new(&["id", "name", "owner", "manager", "year", ">funded", ">committed", ">free", "next year"]);
    for pool in pools {
        let next = format!("{} needs {}", pool.next.year, money(pool.next.needed));
        let mut row = |year: String, [funded, committed, free]: [String; 3], next: String| {
            table.row([
                pool.id.to_string(),
                or_dash(pool.name.as_deref()),
                pool.owner_name.clone().unwrap_or_else(|| pool.owner.clone()),
                or_dash(pool.manager_name.as_deref()),
                year,
                funded,
                committed,
                free,
                next,
            ]);
        };
        if pool.years.is_empty() {
            row("-".to_owned(), std::array::from_fn(|_| "-".to_owned()), next.clone());
        }
        for (place, year) in pool.years.iter().enumerate() {
            let figures = [money(year.funded), money(year.committed), money(year.free)];
            let is_last = place + 1 == pool.years.len();
            row(year.year.to_string(), figures, if is_last { next.clone() } else { String::new() });
        }
    }
    table.or("no pools yet; `purser pool add NAME` opens one of the company")
}

fn commitments(commitments: &[PoolCommitment]) -> String {
    let mut table = Table::new(&["for", "person", "year", ">committed", "state"]);
    for commitment in commitments {
        let grant = commitment.grant.map(|grant| grant.to_string());
        let offer = commitment.offer.map(|offer| offer.to_string());
        let state = match (&offer, commitment.accounted) {
            (Some(_), _) => "offered",
            (None, true) => "spent",
            (None, false) => "promised",
        };
        table.row([
            grant.or(offer).unwrap_or_default(),
            or_dash(commitment.person_name.as_deref()),
            commitment.year.to_string(),
            commitment.amount.amount().map_or_else(|| "hidden".to_owned(), |amount| money(*amount)),
            state.to_owned(),
        ]);
    }
    table.or("nothing is committed; `purser grant add PERSON AMOUNT --guaranteed --pool POOL` commits")
}
