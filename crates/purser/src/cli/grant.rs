//! `purser grant …`

use clap::{Args, Subcommand};
use purser_control::shape::{Grant, List as Items, NewGrant};

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with grants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Grant somebody an amount per period
    Add(Add),
    /// Show grants
    List(List),
    /// Void a grant: it releases nothing more, its history stays
    Void(Void),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Id or name
    pub(crate) person: String,
    /// Amount and period: 20/day, 500/month, 6000/year
    pub(crate) amount: String,
    /// Which days release the amount: all or workdays
    #[arg(long, default_value = "all")]
    pub(crate) days: String,
    /// First day, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) start: Option<String>,
    /// First day on which it releases nothing more
    #[arg(long, value_name = "DATE")]
    pub(crate) end: Option<String>,
    /// Lower burns first
    #[arg(long)]
    pub(crate) priority: Option<u16>,
    /// Models it pays for, such as claude-*,gpt-5* [default: every model]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) models: Vec<String>,
    /// Providers it pays for [default: every provider]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) providers: Vec<String>,
    /// No later cut can eat it; a pool pays for it
    #[arg(long)]
    pub(crate) guaranteed: bool,
    /// The pool that pays for the guarantee (id or name) [default: the company's only one]
    #[arg(long, requires = "guaranteed")]
    pub(crate) pool: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this person's (id or name)
    pub(crate) person: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Void {
    /// Id of the grant
    pub(crate) grant: String,
    /// The person agrees to lose what was guaranteed
    #[arg(long)]
    pub(crate) agreed: bool,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let grant: Grant = match self {
            Self::Add(add) => {
                let new = NewGrant {
                    person: add.person,
                    amount: add.amount,
                    days: Some(add.days),
                    start: add.start,
                    end: add.end,
                    priority: add.priority,
                    models: add.models,
                    providers: add.providers,
                    guaranteed: add.guaranteed,
                    pool: add.pool,
                };
                client.post(path(["grants"]), &new).await?
            }
            Self::List(list) => {
                let path = path(["grants"]).with("person", list.person.as_deref());
                let list: Items<Grant> = client.get(path).await?;
                out.show(&list.items, |grants| table(grants));
                return Ok(());
            }
            Self::Void(void) => {
                let agreed = void.agreed.then_some("true");
                client.delete(path(["grants", &void.grant]).with("agreed", agreed)).await?
            }
        };
        out.show(&grant, |grant| table(std::slice::from_ref(grant)));
        Ok(())
    }
}

fn table(grants: &[Grant]) -> String {
    let heads = ["id", "person", ">amount", "per", "days", "from", "to", ">priority", "models", "pool", "state"];
    let mut table = Table::new(&heads);
    for grant in grants {
        table.row([
            grant.id.to_string(),
            or_dash(grant.person_name.as_deref()),
            money(grant.amount),
            grant.per.clone(),
            grant.days.clone(),
            grant.start.to_string(),
            grant.end.map_or_else(|| "-".to_owned(), |end| end.to_string()),
            grant.priority.to_string(),
            if grant.models.is_empty() { "all".to_owned() } else { grant.models.join(",") },
            match (grant.guaranteed, &grant.pool_name, grant.pool) {
                (false, ..) => "-".to_owned(),
                (true, Some(name), _) => name.clone(),
                (true, None, Some(pool)) => pool.to_string(),
                (true, None, None) => "unfunded".to_owned(),
            },
            if grant.voided.is_none() { "running" } else { "void" }.to_owned(),
        ]);
    }
    table.or("no grants yet; `purser grant add PERSON 20/day` makes one")
}
